"""Names in a text and what links them, found by capitals alone: simple, and the same every time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from tests.ollama.answers import Read, sentences
from tests.ollama.vectors import COMMON

NAME = re.compile(
    r"\b[A-ZÄÖÜ][\w’'&-]*(?:\.(?=\w)[\w]+)*(?:\s+(?:(?:of|the|de|der|van|von|and|&)\s+)?[A-ZÄÖÜ][\w’'&-]*){0,4}"
)
DATE = re.compile(r"\b(?:\d{1,2}\.?\s+)?(?:[A-Z][a-zä]+\s+)?(?:1[5-9]|20)\d\d\b|\b\d{4}-\d\d-\d\d\b")
STARTERS = frozenset(
    re.findall(
        r"\w+",
        """
        the a an this that these those it he she they we i in on at for from with by as and but or if when while after
        before since there here his her their its our my your who what which where how one two some many most all each
        however also then thus der die das ein eine er sie es wir ich im am für von mit als und aber oder wenn nach vor
        seit hier dort sein ihr dieser diese dieses
        """,
    )
)
ORGANISATION = re.compile(
    r"\b(?:Inc|Ltd|LLC|GmbH|AG|SE|Corp|Company|University|Institute|Ministry|Bank|Group|Council|Committee|Museum|"
    r"Universität|Institut|Verein|Foundation|Society|Association|Works|Werke?)\b"
)
PLACE_BEFORE = re.compile(r"\b(?:in|at|from|near|to|nach|aus|bei)\s+(?:the\s+|der\s+|dem\s+)?$")
TYPE_WORDS = {
    "person": ("person", "people", "human", "author"),
    "organisation": ("organi", "company", "institution", "org", "group"),
    "place": ("place", "location", "city", "country", "geo", "ort"),
    "date": ("date", "time", "year", "event", "datum"),
    "concept": ("concept", "thing", "topic", "term", "other", "misc"),
}
AT_MOST = 24


@dataclass(frozen=True)
class Entity:
    name: str
    kind: str
    sentence: str
    passage: int


@dataclass(frozen=True)
class Link:
    source: Entity
    target: Entity
    verb: str
    sentence: str
    passage: int


@dataclass(frozen=True)
class Found:
    entities: tuple[Entity, ...]
    links: tuple[Link, ...]
    sentences: tuple[tuple[int, str], ...]


QUOTED = (
    re.compile(r"<(text|passage|document|chunk|source|content|input)\b[^>]*>(?P<text>.*?)</\1>", re.DOTALL | re.I),
    re.compile(r"\"\"\"(?P<text>.*?)\"\"\"", re.DOTALL),
    re.compile(r"^-{3,}[^\n]*\n(?P<text>.*?)\n-{3,}", re.DOTALL | re.MULTILINE),
    re.compile(r"^\W*(?:text|passage|document|chunk|content|input)\W{0,3}:\s*(?P<text>.+)", re.DOTALL | re.M | re.I),
)


def subject(told: Read) -> list[tuple[int, str]]:
    """The texts to read, with their passage numbers (1 where there are none): marked passages first, then what is
    tagged, in triple quotes, between dashes or after "Text:", then the whole last message without its JSON."""
    if told.passages:
        return [(passage.number, passage.text) for passage in told.passages]
    for pattern in QUOTED:
        found = [match["text"].strip() for match in pattern.finditer(told.last)]
        if found:
            return [(1, _without_json(text)) for text in found]
    return [(1, _without_json(told.last))]


def _without_json(text: str) -> str:
    return re.sub(r"```.*?```|\{[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}", " ", text, flags=re.DOTALL)


def find(told: Read) -> Found:
    pool = [(number, one) for number, text in subject(told) for one in sentences(text)]
    entities: dict[str, Entity] = {}
    links: list[Link] = []
    for number, one in pool:
        spans = []
        for name, start, end in _names(one):
            key = name.lower()
            if key not in entities:
                if len(entities) >= AT_MOST:
                    continue
                entities[key] = Entity(name, _kind(name, one[:start]), one, number)
            spans.append((entities[key], start, end))
        for (left, _, end), (right, start, _) in pairwise(spans):
            if left is not right:
                links.append(Link(left, right, _verb(one[end:start]), one, number))
    return Found(tuple(entities.values()), tuple(links), tuple(pool))


def _names(sentence: str) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for match in [*NAME.finditer(sentence), *DATE.finditer(sentence)]:
        name, start = match.group(), match.start()
        words = name.split()
        while words and words[0].lower() in STARTERS:
            start += len(words[0]) + 1
            words = words[1:]
        name = " ".join(words)
        if len(name) > 1 and not any(start < end and begin < match.end() for _, begin, end in found):
            found.append((name, start, match.end()))
    return sorted(found, key=lambda entry: entry[1])


def _kind(name: str, before: str) -> str:
    if DATE.fullmatch(name):
        return "date"
    if ORGANISATION.search(name) or (name.isupper() and len(name) > 1):
        return "organisation"
    if PLACE_BEFORE.search(before):
        return "place"
    return "person" if 2 <= len(name.split()) <= 3 else "concept"


def _verb(between: str) -> str:
    words = [word for word in re.findall(r"[\w-]+", between) if word.lower() not in COMMON - {"is", "was", "of", "in"}]
    return " ".join(words[:4]) if 0 < len(words) <= 8 else "is related to"


def fitting(kind: str, choices: list[str]) -> str:
    """The one of `choices` that means `kind`, or the catch-all, or the first."""
    for wanted in (kind, "concept"):
        for choice in choices:
            if any(word in choice.lower() for word in TYPE_WORDS.get(wanted, (wanted.lower(),))):
                return choice
    return choices[0]
