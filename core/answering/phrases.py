"""The exact phrase in a sentence: dates, numbers, amounts, places and names, in English and German.

Names are read from capital letters. German gives one to every noun, so there a name needs more: a title before it, a
known first name, a legal form, or two capitalised words that no article announces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.answering.questions import Want
from core.answering.vocabulary import (
    FIRST_NAMES,
    MONTHS_DE,
    MONTHS_EN,
    NUMBER_WORDS,
    ORGANISATION_WORDS,
    PERSON_TITLES,
    PLACE_WORDS,
    STOP_WORDS,
    WEEKDAYS,
    word_set,
)
from core.answering.words import fold

Span = tuple[int, int]

_MONTH = "(?:" + "|".join(dict.fromkeys((MONTHS_EN + " " + MONTHS_DE).split())) + r"|(?:Jan|Feb|Mar|Mär|Apr|Jun|Jul|Aug|Sept?|Okt|Oct|Nov|Dez|Dec)\.?)"  # noqa: E501  # fmt: skip
_YEAR = r"(?:1[0-9]{3}|20[0-9]{2})"
_DATE = re.compile(
    "|".join(
        (
            r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2})?\b",
            r"\b\d{1,2}\.\s?\d{1,2}\.\s?(?:\d{4}|\d{2})\b",
            r"\b\d{1,2}/\d{1,2}/\d{2,4}\b",
            rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?\b",
            rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+{_YEAR})?\b(?!\d)",
            rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
            rf"\b(?:(?:early|late|mid|spring|summer|autumn|fall|winter|Anfang|Mitte|Ende|Frühjahr|Frühling|Sommer|Herbst|Winter)[\s-]+(?:of\s+|in\s+|des\s+Jahres\s+)?){_YEAR}\b",
            rf"\bQ[1-4](?:\s*/?\s*{_YEAR})?\b|\b[1-4]\.\s+Quartal(?:\s+{_YEAR})?",
            r"\b(?:1[0-9]|20|21|[1-9])(?:st|nd|rd|th)\s+century\b|\b\d{1,2}\.\s+Jahrhundert\b",
            rf"\b{_YEAR}s\b|\b{_YEAR}er[- ]Jahre\b",
            rf"(?<![\d.,/-]){_YEAR}(?:\s?[–-]\s?{_YEAR})?(?![\d%€$/]|[.,]\d|\s?(?:%|€|EUR|m²|kg|km|[Mm]eters?|[Ee]uro|[Ss]quare|[Ll]iter|employees|people|Mitarbeiter))",
            r"\b(?:[01]?\d|2[0-3])[:.][0-5]\d\s?(?:Uhr|h|[ap]\.?m\.?)\b|\b(?:[01]?\d|2[0-3]):[0-5]\d\b",
            r"(?<![\d.,])\b(?:[01]?\d|2[0-3])\s?(?:Uhr|[ap]\.?m\.?)(?!\w)",
            rf"\b{_MONTH}\b(?!\s+[A-Z])",
            r"\b(?:" + "|".join(WEEKDAYS.split()) + r")s?\b",
        )
    )
)  # fmt: skip
_FIGURE = r"\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
_WORD_NUMBER = "(?:" + "|".join(NUMBER_WORDS.split()) + ")"
_SCALE = (
    r"(?:\s?(?:thousand|million|billion|trillion|bn|m|k|Tsd\.?|Tausend|Mio\.?|Millionen?|Mrd\.?|Milliarden?)(?!\w))"
)
_CURRENCY = r"(?:€|\$|£|¥|EUR|USD|GBP|CHF|Euros?|euros?|[Dd]ollars?|[Pp]ounds?|Franken|francs?|[Cc]ents?|D-Mark|Mark|DM|kroner|[Yy]en)"  # noqa: E501
_MONEY = re.compile(
    rf"(?:US|CA|A)?[€$£¥]\s?(?:{_FIGURE}){_SCALE}?|\b(?:EUR|USD|GBP|CHF|DM)\s?(?:{_FIGURE}){_SCALE}?"
    rf"|(?:{_FIGURE}|\b{_WORD_NUMBER}){_SCALE}?\s?(?:US-|US\s)?{_CURRENCY}(?!\w)"
)
_PERCENT = re.compile(
    rf"(?:{_FIGURE}|\b{_WORD_NUMBER})\s?(?:%|‰|per\s?cent\b|percent(?:age points)?\b|Prozent(?:punkte)?\b)"
)
_DURATION = re.compile(
    rf"(?:\b(?:every|each|alle|jede[ns]?)\s+)?(?:(?:{_FIGURE})(?:\s?[–-]\s?\d+)?"
    rf"|\b(?:{_WORD_NUMBER}|an?|eine?[nrm]?|one|half an?)\b)[\s-]+(?:and a half\s+)?"
    r"(?:working |calendar |volle[n]? )?"
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)|nights?|Sekunden?|Minuten?|Stunden?"
    r"|Tagen?|Tage|Werktagen?|Wochen?|Monaten?|Monate|Jahren?|Jahre|Jahrzehnten?|Nächten?|min|h)\b"
    r"|\b(?:daily|weekly|fortnightly|monthly|bimonthly|quarterly|annually|yearly|täglich|wöchentlich|monatlich"
    r"|vierteljährlich|jährlich)\b"
    rf"|\b(?:from|since|until|between|von|seit|bis|zwischen)\s+(?:\w+\s+)?{_YEAR}(?:\s+(?:to|until|and|bis|und)\s+(?:\w+\s+)?{_YEAR})?",
    re.IGNORECASE,
)
_UNIT = (
    r"(?:\s?(?:%|°\s?[CF]?|m²|km²|m³|km/h|kWh|MWh|GWh|kW|MW|GW|mm|cm|km|kg|mg|ha|dB|Hz|kHz|MHz|GHz|GB|MB|TB|ml|l/s|m|g|t|l|V|A|W)(?![\w/])"
    r"|[\s-](?:square |cubic |metric |nautical )?(?:[a-zäöü]{3,}|[A-ZÄÖÜ][a-zäöüß]{2,})(?=\W|$))"
)
_NUMBER = re.compile(
    rf"(?<![\w.,])(?:{_FIGURE}){_SCALE}?(?:{_UNIT})?|\b{_WORD_NUMBER}(?:[\s-](?:{_WORD_NUMBER}|[a-zäöüß]{{3,}}|[A-ZÄÖÜ][a-zäöüß]{{2,}}))?\b",
    re.IGNORECASE,
)
_AFTER_NUMBER = re.compile(
    r"[\s-](?:of|and|und|in|on|by|from|for|the|der|die|das|des|den|dem|im|am|mit|von|with|were|was|are|is|to|per|pro|sind|waren|wurden|wird|werden|had|have|has|hat|haben|or|oder|that|when|at|as|bei|zu|nach|aus|auf|für|an)$",
    re.IGNORECASE,
)

_CAP = r"(?:(?:Mc|Mac|O['’]|D['’])?[A-ZÄÖÜÁÉÍÓÚÀÈÇŁŠŽÅØÆ][\w’'-]*[^\W\d_]|[A-ZÄÖÜ]\.(?:\s?[A-Z]\.)*)"
_LINK = (
    r"(?:\s+(?:of(?:\s+the)?|de(?:\s+la|\s+los)?|da|del|di|du|van(?:\s+de[rn])?|von(?:\s+der)?|zu|zur|la|le|el|al|bin|ten"
    r"|&|am|an\s+der|für|for))"
)
_SEQUENCE = re.compile(rf"{_CAP}(?:(?:\s+|-){_CAP}|{_LINK}\s+{_CAP}|\s+\d{{1,4}}(?!\d))*")
_PERSON_LINKS = word_set("de da del der di du van von zu vom la le el al bin ten")
_NOT_NAMES = frozenset(fold(word) for word in (MONTHS_EN + " " + MONTHS_DE + " " + WEEKDAYS).split()) | STOP_WORDS
_PREPOSITION = re.compile(
    r"\b(?:in|at|near|from|to|into|of|around|outside|between|through|bei|aus|nach|im|am|an der|an dem|zwischen|auf"
    r"|auf der|nahe|through|towards|über)\s+(?:the\s+|der\s+|die\s+|das\s+|dem\s+|den\s+)?"
    r"(?:(?:fishing |small |former )?(?:city|town|village) of\s+|[a-z]+\s+)?$"
)
_ARTICLE = re.compile(
    r"\b(?:der|die|das|des|dem|den|ein|eine[nmrs]?|ihre?[nmrs]?|seine?[nmrs]?|kein\w*)\s+(?:\w+[en]\s+)?$", re.I
)
_STREET = re.compile(
    r"\b[A-ZÄÖÜ][\w-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm|ring)\s+\d+\s?[a-z]?"
    r"|\b\d{1,5}\s+(?:[A-Z]\w+\s){1,3}(?:Street|Road|Avenue|Lane|Square|Drive|Way)\b|\b(?:[A-Z]\w+-)?(?:A|D|CH)?-?\d{4,5}\s+[A-ZÄÖÜ]\w+"
)


def find(text: str, want: Want, german: bool) -> list[Span]:
    """The phrases of that kind in a text, as half-open ranges, longest reading first where two overlap."""
    found = sorted(set(_FINDERS[want](text, german)), key=lambda span: (span[0], -span[1]))
    kept: list[Span] = []
    for span in found:
        if span[1] > span[0] and (not kept or span[0] >= kept[-1][1]):
            kept.append(span)
    return kept


def _by(pattern: re.Pattern[str]) -> Callable[[str, bool], Iterator[Span]]:
    def spans(text: str, _german: bool) -> Iterator[Span]:
        for match in pattern.finditer(text):
            stripped = match[0].rstrip()
            yield match.start() + len(match[0]) - len(match[0].lstrip()), match.start() + len(stripped)

    return spans


def _numbers(text: str, german: bool) -> Iterator[Span]:
    """Numbers with what they count, but not those inside dates."""
    yield from _by(_MONEY)(text, german)
    yield from _by(_PERCENT)(text, german)
    dates = [match.span() for match in _DATE.finditer(text)]
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if not any(first < end and start < last for first, last in dates):
            trailing = _AFTER_NUMBER.search(text, start, end)
            yield start, trailing.start() if trailing else end


def _sequences(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Runs of capitalised words, without leading articles, titles of sentences and days."""
    for match in _SEQUENCE.finditer(text):
        start, end = match.span()
        parts = list(re.finditer(r"\S+", text[start:end]))
        while parts and fold(parts[0][0].strip(".,")) in _NOT_NAMES:
            parts.pop(0)
        while parts and (fold(parts[-1][0].strip(".,")) in _NOT_NAMES or not parts[-1][0][:1].isupper()):
            if parts[-1][0].isdigit() and len(parts) > 1 and len(parts[-1][0]) < 4:
                break  # "Windows 11", "Kraftwerk 2"
            parts.pop()
        if parts and (len(parts) > 1 or not parts[0][0].endswith(".")):
            yield start + parts[0].start(), start + parts[-1].end(), [part[0] for part in parts]


def _persons(text: str, german: bool) -> Iterator[Span]:
    for match in _WHO.finditer(text):
        yield match.span(1)
    for start, _, names in _sequences(text):
        while names and _is_title(names[0], german):
            start = text.index(names[0], start) + len(names[0])
            names = names[1:]
            start += len(text[start:]) - len(text[start:].lstrip())
        titled = _titled(text, start)
        plain = [name for name in names if name.lower() not in _PERSON_LINKS]
        if not plain or any(fold(name.strip(".,")) in _IMPERSONAL for name in names):
            continue
        end = text.index(names[0], start) + sum(len(name) for name in names) + len(names) - 1
        known = fold(plain[0]) in _FIRST or re.fullmatch(r"(?:[A-Z]\.)+", plain[0]) is not None
        several = 2 <= len(plain) <= 4 and not any(name.isupper() and len(name) > 2 for name in plain)
        free = not german or not _ARTICLE.search(text[max(0, start - 40) : start])
        if (several and (known or titled or (free and not german) or (german and free and _strange(plain)))) or (
            titled and len(plain) == 1 and plain[0].isalpha()
        ):
            yield start, min(end, len(text))


_WHO = re.compile(r"\b([A-Z][a-z]{2,}),\s+who\b")
_FIRST = frozenset(fold(name) for name in FIRST_NAMES)
_IMPERSONAL = ORGANISATION_WORDS | PLACE_WORDS | {"of", "&", "fur", "for", "am", "an"}
_BODY_ENDINGS = (
    "werke",
    "werk",
    "verein",
    "verband",
    "institut",
    "stiftung",
    "amt",
    "schule",
    "fabrik",
    "bank",
    "betriebe",
)
_COMMON_ENDINGS = (
    "ung",
    "keit",
    "heit",
    "schaft",
    "tion",
    "ismus",
    "ment",
    "anlage",
    "werk",
    "plan",
    "bericht",
    "kosten",
)


def _strange(names: list[str]) -> bool:
    """German: two capitalised words in a row that do not end like common nouns are a name more often than not."""
    return len(names) == 2 and not any(fold(name).endswith(_COMMON_ENDINGS) for name in names)


def _is_title(word: str, german: bool) -> bool:
    bare = word.strip(".,").casefold()
    last = re.split(r"-", bare)[-1]
    return (
        bare in PERSON_TITLES
        or (german and last in PERSON_TITLES)
        or (german and bare.endswith(("leiterin", "leiter", "meisterin", "meister", "direktorin", "direktor")))
    )


def _titled(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start].rstrip().split()
    return bool(before) and _is_title(before[-1], True) and before[-1][:1].isupper()


def _organisations(text: str, german: bool) -> Iterator[Span]:
    persons = list(_persons(text, german))
    for start, end, names in _sequences(text):
        formed = any(fold(name.strip(".,")) in ORGANISATION_WORDS for name in names)
        compound = german and any(fold(name).endswith(_BODY_ENDINGS) for name in names)
        initials = len(names) == 1 and names[0].isupper() and 2 <= len(names[0]) <= 6
        if (
            (formed or compound or initials)
            and (start, end) not in persons
            and (len(names) > 1 or compound or initials)
        ):
            yield start, end


def _places(text: str, german: bool) -> Iterator[Span]:
    yield from _by(_STREET)(text, german)
    for start, end, names in _sequences(text):
        if fold(names[0]) in _FIRST or _titled(text, start) or _is_title(names[0], german):
            continue
        if len(names) == 1 and names[0].isupper():
            continue  # "of KQW"
        before = _PREPOSITION.search(text[max(0, start - 40) : start])
        sited = any(fold(name.strip(".,")) in PLACE_WORDS for name in names) and len(names) > 1
        plain = not german or not fold(names[-1]).endswith(_COMMON_ENDINGS)
        if sited or (before and plain and not any(name.isdigit() for name in names[:1])):
            further = re.match(rf",\s+{_CAP}(?:\s+{_CAP})?(?=[\s.,;)]|$)", text[end:]) if before else None
            yield start, end + (further.end() if further and not german else 0)


def _any_names(text: str, german: bool) -> Iterator[Span]:
    for match in re.finditer(r"[\"“„»]([^\"“”„»«]{2,60})[\"”“«]", text):
        yield match.start(1), match.end(1)
    persons = list(_persons(text, german))
    yield from _organisations(text, german)
    for start, end, names in _sequences(text):
        opening = not text[:start].strip(" \"'“„(*")
        unusual = any(sign.isupper() for name in names for sign in name[1:]) or any(name.isdigit() for name in names)
        if not opening and (not german or unusual) and not any(first <= start < last for first, last in persons):
            yield start, end
    yield from persons


_FINDERS: dict[Want, Callable[[str, bool], Iterator[Span]]] = {
    Want.PERSON: _persons,
    Want.ORGANISATION: _organisations,
    Want.PLACE: _places,
    Want.NAME: _any_names,
    Want.DATE: _by(_DATE),
    Want.MONEY: _by(_MONEY),
    Want.PERCENT: _by(_PERCENT),
    Want.DURATION: _by(_DURATION),
    Want.NUMBER: _numbers,
}
