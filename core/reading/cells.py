"""A spreadsheet cell's value as a person sees it: number formats without a spreadsheet program."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

_QUOTED = re.compile(r'"([^"]*)"|\\(.)')
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[0-9A-Fa-f]+)?\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_PADDING = re.compile(r"_.|\*.")
_DIGITS = re.compile(r"[#0?][#0?,.]*")


class _Number(NamedTuple):
    """What a number format says: text before and after, decimals (None: as many as there are), thousands, percent."""

    before: str = ""
    after: str = ""
    decimals: int | None = None
    thousands: bool = False
    percent: bool = False
    scale: int = 0  # commas after the last digit, each divides by 1000
    pad: int = 0  # digits before the decimal point, filled with zeros
    exponent: bool = False


@lru_cache(maxsize=1024)
def _number_format(code: str) -> _Number:
    section = code.split(";")[0]
    if section in ("", "General", "@", "Standard"):
        return _Number()
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group(1) if match.group(1) is not None else match.group(2))
        return chr(0xE000 + len(kept) - 1)  # a private character stands for the literal until the digits are found

    section = _CURRENCY.sub(lambda match: f'"{match.group(1)}"', section)
    section = _BRACKETS.sub("", _PADDING.sub("", _QUOTED.sub(keep, section)))
    digits = _DIGITS.search(section)
    if digits is None or "/" in section:  # text only, or a fraction
        return _Number()
    whole, _, decimals = digits.group().rstrip(",").partition(".")

    def literal(text: str) -> str:
        return "".join(
            kept[ord(char) - 0xE000] if 0xE000 <= ord(char) < 0xE000 + len(kept) else char for char in text
        ).replace("General", "")

    after = section[digits.end() :]
    exponent = after[:2].upper() in ("E+", "E-")
    if exponent:
        after = re.sub(r"^[eE][+-][0#?]*", "", after)
    return _Number(
        literal(section[: digits.start()]),
        literal(after),
        sum(char in "0#?" for char in decimals),
        "," in whole,
        "%" in section,
        len(digits.group()) - len(digits.group().rstrip(",")),
        whole.replace(",", "").count("0"),
        exponent,
    )


def shown(value: Any, code: str = "General") -> str:
    """The value as a spreadsheet shows it under the number format `code`; dates in the order year-month-day.

    Decimal point and thousands comma are the international ones, because the file does not say which country's are
    meant. A fraction or a format that is not understood shows the plain number.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, _number_format(code))
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value, code)
    return str(value)


def _number(value: int | float, form: _Number) -> str:
    if form.decimals is None:
        return str(value) if isinstance(value, int) else format(value, ".15g")
    value = value * 100 if form.percent else value
    value = value / 1000**form.scale if form.scale else value
    if form.exponent:
        digits = format(abs(value), f".{form.decimals}E")
    else:
        digits = format(abs(value), f"{',' if form.thousands else ''}.{form.decimals}f")
        digits = digits.rjust(form.pad, "0") if form.pad > 1 and not form.decimals else digits
    sign = "-" if value < 0 and any(char in "123456789" for char in digits) else ""
    return f"{sign}{form.before}{digits}{form.after}".strip()


def _moment(value: datetime | date | time | timedelta, code: str) -> str:
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if not isinstance(value, datetime):
        return value.isoformat()
    lowered = _QUOTED.sub("", code).lower()
    has_time = bool(value.hour or value.minute or value.second)
    if ("h" in lowered or code == "General") and (has_time or "s" in lowered):
        return value.isoformat(" ", "seconds" if value.second else "minutes")
    if not any(letter in lowered for letter in "hs") or not has_time:
        return value.date().isoformat()
    return value.isoformat(" ", "minutes")
