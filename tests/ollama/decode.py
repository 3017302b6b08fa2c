"""Reads what a client sends as encoding/json and Ollama's own types do, with their words for what is wrong."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from tests.ollama.wire import ApiError, go_quote, write

GO_TYPES = {
    "model": "string",
    "name": "string",
    "prompt": "string",
    "suffix": "string",
    "system": "string",
    "template": "string",
    "stream": "bool",
    "raw": "bool",
    "truncate": "bool",
    "shift": "bool",
    "logprobs": "bool",
    "verbose": "bool",
    "insecure": "bool",
    "top_logprobs": "int",
    "dimensions": "int",
    "messages": "[]api.Message",
    "tools": "api.Tools",
    "context": "[]int",
    "options": "map[string]interface {}",
    "role": "string",
    "content": "string",
    "thinking": "string",
}
KINDS = {str: "string", bool: "bool", int: "number", float: "number", dict: "object", list: "array"}
WANTED = {"string": str, "bool": bool, "int": int, "map[string]interface {}": dict}

INTEGERS = {
    "num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "draft_num_predict", "num_keep", "seed", "num_predict",
    "top_k", "repeat_last_n",
}  # fmt: skip
FLOATS = {
    "top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty", "frequency_penalty",
}  # fmt: skip
LOAD_TIME = ("num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict")
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"([0-9]*\.?[0-9]+|[0-9]+\.)([^0-9.]*)")
THINK = ("low", "medium", "high", "max")


def _constant(name: str) -> None:
    raise ValueError(name)


def body_object(body: bytes, kind: str) -> dict[str, Any]:
    """The first JSON value of `body`, which is to be an object. `kind` is the Go type that errors name."""
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        raise ApiError(400, "missing request body")
    try:
        value, _ = json.JSONDecoder(parse_constant=_constant).raw_decode(text)
    except json.JSONDecodeError as error:
        raise ApiError(400, go_syntax(text, error)) from None
    except ValueError:
        raise ApiError(400, "invalid character 'N' looking for beginning of value") from None
    if not isinstance(value, dict):
        raise ApiError(400, f"json: cannot unmarshal {KINDS[type(value)]} into Go value of type api.{kind}")
    _check(value, kind)
    for message in value.get("messages") or []:
        if isinstance(message, dict):
            _check(message, "Message")
    return value


def _check(value: dict[str, Any], kind: str) -> None:
    for name, item in value.items():
        wanted = GO_TYPES.get(name)
        if wanted is None or item is None:
            continue
        fits = isinstance(item, WANTED.get(wanted, list)) and (wanted == "bool" or not isinstance(item, bool))
        if not fits:
            got = f"number {write(item)}" if wanted == "int" and isinstance(item, float) else KINDS[type(item)]
            raise ApiError(400, f"json: cannot unmarshal {got} into Go struct field {kind}.{name} of type {wanted}")


def go_syntax(text: str, error: json.JSONDecodeError) -> str:
    place, said = error.pos, error.msg
    if place >= len(text) or said.startswith("Unterminated"):
        return "unexpected EOF"
    char = text[place]
    shown = {"'": r"'\''", '"': "'\"'", "\n": r"'\n'", "\t": r"'\t'", "\r": r"'\r'"}.get(char, f"'{char}'")
    for start, literal in (("t", "true"), ("f", "false"), ("n", "null")):
        if said.startswith("Expecting value") and char == start:
            for offset, wanted in enumerate(literal):
                if place + offset >= len(text):
                    return "unexpected EOF"
                if text[place + offset] != wanted:
                    return f"invalid character '{text[place + offset]}' in literal {literal} (expecting '{wanted}')"
    if said.startswith("Expecting value"):
        where = "looking for beginning of value"
    elif said.startswith("Expecting property"):
        where = "looking for beginning of object key string"
    elif said.startswith("Expecting ':'"):
        where = "after object key"
    elif said.startswith("Invalid control"):
        where = "in string literal"
    elif said.startswith("Invalid \\"):
        shown, where = f"'{text[place + 1 : place + 2]}'", "in string escape code"
    else:
        where = "after array element" if _innermost(text[:place]) == "[" else "after object key:value pair"
    return f"invalid character {shown} {where}"


def _innermost(text: str) -> str:
    """The bracket that is still open at the end of `text`."""
    open_brackets = []
    for char in re.sub(r'"(?:\\.|[^"\\])*"', "", text):
        if char in "[{":
            open_brackets.append(char)
        elif char in "]}" and open_brackets:
            open_brackets.pop()
    return open_brackets[-1] if open_brackets else ""


def options(given: dict[str, Any] | None, parameters: dict[str, Any]) -> dict[str, Any]:
    """The request's options over the model's own. Unknown ones fall away. Raises ApiError 500 for a wrong type."""
    merged = dict(parameters)
    for name, value in (given or {}).items():
        if value is None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name in INTEGERS:
            if not number:
                raise ApiError(500, f'option "{name}" must be of type integer')
            merged[name] = int(value)
        elif name in FLOATS:
            if not number:
                raise ApiError(500, f'option "{name}" must be of type float32')
            merged[name] = float(value)
        elif name == "use_mmap":
            if not isinstance(value, bool):
                raise ApiError(500, f'option "{name}" must be of type boolean')
            merged[name] = value
        elif name == "stop":
            if not isinstance(value, list):
                raise ApiError(500, f'option "{name}" must be of type array')
            if not all(isinstance(item, str) for item in value):
                raise ApiError(500, f'option "{name}" must be of an array of strings')
            merged[name] = value
    return merged


def keep_alive(value: Any) -> float | None:
    """Seconds; below zero for ever; None = not said. Raises ApiError 400."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        kind = {bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}[type(value)]
        raise ApiError(400, f"Unsupported type: '{kind}'")
    return duration(value) if isinstance(value, str) else float(value)


def duration(text: str) -> float:
    """A Go duration in seconds ("1h30m", "-1s", "0")."""
    rest = text.lstrip("+-") if len(text) - len(text.lstrip("+-")) <= 1 else ""
    if rest == "0":
        return 0.0
    total, place = 0.0, 0
    for match in DURATION.finditer(rest):
        if match.start() != place:
            break
        number, unit = match.groups()
        if not unit:
            raise ApiError(400, f"time: missing unit in duration {go_quote(text)}")
        if unit not in UNITS:
            raise ApiError(400, f"time: unknown unit {go_quote(unit)} in duration {go_quote(text)}")
        total += float(number) * UNITS[unit]
        place = match.end()
    if place != len(rest) or not rest:
        raise ApiError(400, f"time: invalid duration {go_quote(text)}")
    return -total if text.startswith("-") else total


def thinking(value: Any) -> bool | str | None:
    """Raises ApiError 400 for anything but a boolean or a known level."""
    if value is None or isinstance(value, bool) or value in THINK:
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        text = f'invalid think value: {go_quote(value)} (must be "high", "medium", "low", "max", true, or false)'
        raise ApiError(400, text)
    raise ApiError(400, "think must be a boolean or string")


def images(value: Any) -> list[bytes]:
    """Raises ApiError 400 for what is not standard base64."""
    found = []
    for item in value or []:
        if not isinstance(item, str):
            raise ApiError(400, f"json: cannot unmarshal {KINDS[type(item)]} into Go value of type api.ImageData")
        bad = re.search(r"[^A-Za-z0-9+/=]", item)
        try:
            found.append(base64.b64decode(item, validate=True))
        except binascii.Error:
            place = bad.start() if bad else len(item) // 4 * 4
            raise ApiError(400, f"illegal base64 data at input byte {place}") from None
    return found


def output_format(value: Any, modern: bool) -> dict[str, Any] | str:
    """ "" = free text, "json", or the schema. Raises ApiError 500, or 400 from llama-server's grammar."""
    if value in (None, "", "json"):
        return value or ""
    if not isinstance(value, dict):
        shown = go_quote(write(value))
        raise ApiError(500, f'invalid format: {shown}; expected "json" or a valid JSON Schema object', late=True)
    kinds = {"object", "array", "string", "number", "integer", "boolean", "null"}
    kind = value.get("type")
    known = kind is None or (kind in kinds if isinstance(kind, str) else isinstance(kind, list))
    if not known:
        if modern:
            raise ApiError(400, "failed to parse grammar", late=True)
        raise ApiError(500, "invalid JSON schema in format", late=True)
    return value
