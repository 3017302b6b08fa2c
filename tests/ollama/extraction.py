"""A value that is valid for a JSON schema, filled with what the text says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.ollama.answers import answer, read
from tests.ollama.entities import DATE, Entity, Found, Link, find, fitting

DEEPEST = 8
ENDS = (("source", "target"), ("subject", "object"), ("head", "tail"), ("from", "to"), ("src", "tgt"), ("a", "b"))
NAMES = ("name", "entity", "title", "label", "mention", "term")
ANSWERS = ("answer", "response", "reply", "text", "content", "result")
QUOTES = ("description", "evidence", "quote", "sentence", "summary", "reason", "context", "explanation", "fact")
TYPES = ("type", "category", "kind", "class", "label")
VERBS = ("relation", "predicate", "relationship", "verb", "label", "type", "kind", "keywords")
NUMBERS = ("passage", "chunk", "source", "index", "citation", "document", "id")


@dataclass(frozen=True)
class Place:
    """What a value is about: an entity, a link, one sentence, or (none of them) the whole text."""

    prompt: str
    found: Found
    entity: Entity | None = None
    link: Link | None = None
    sentence: str = ""
    passage: int = 1

    def about(self, thing: Any) -> Place:
        if isinstance(thing, Entity):
            return Place(self.prompt, self.found, thing, None, thing.sentence, thing.passage)
        if isinstance(thing, Link):
            return Place(self.prompt, self.found, None, thing, thing.sentence, thing.passage)
        return Place(self.prompt, self.found, None, None, thing[1], thing[0])


def extract(schema: dict[str, Any], prompt: str) -> Any:
    """A value for `schema`: entities where an item has a name, links where it has two ends, sentences otherwise."""
    return _value(schema, schema, "", Place(prompt, find(read(prompt))), 0)


def _resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    for _ in range(DEEPEST):
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            target: Any = root
            for step in str(schema["$ref"]).lstrip("#/").split("/"):
                target = target.get(step, {}) if isinstance(target, dict) else {}
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        elif schema.get("anyOf") or schema.get("oneOf"):
            choices = schema.get("anyOf") or schema.get("oneOf") or []
            schema = next((one for one in choices if one.get("type") != "null"), choices[0])
        elif schema.get("allOf"):
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            schema = {**_resolved(schema["allOf"][0], root), **rest}
        else:
            return schema
    return {}


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return str(kind) if kind else ("object" if "properties" in schema else "array" if "items" in schema else "string")


def _value(given: Any, root: dict[str, Any], name: str, place: Place, depth: int) -> Any:
    schema = _resolved(given, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _chosen(schema["enum"], name, place)
    kind = _kind(schema)
    if kind == "object":
        return _object(schema, root, place, depth)
    if kind == "array":
        return _array(schema, root, name, place, depth)
    if kind in ("integer", "number"):
        return _number(schema, kind, name, place)
    if kind == "boolean":
        return True
    return None if kind == "null" else _string(schema, name, place)


def _object(schema: dict[str, Any], root: dict[str, Any], place: Place, depth: int) -> dict[str, Any]:
    required = schema.get("required", [])
    properties: dict[str, Any] = schema.get("properties") or {}
    wanted = [name for name in properties if depth < DEEPEST or name in required]
    return {name: _value(properties[name], root, name, place, depth + 1) for name in wanted}


def _array(schema: dict[str, Any], root: dict[str, Any], name: str, place: Place, depth: int) -> list[Any]:
    least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", 24))
    items = _resolved(schema.get("items", {}), root)
    if depth >= DEEPEST:
        return [_value(items, root, name, place, depth + 1) for _ in range(least)]
    kind = _kind(items)
    things: list[Any]
    if kind == "object" and _ends(items):
        things = list(place.found.links)
    elif (kind == "object" and _has(items, NAMES)) or (kind == "string" and not items.get("enum")):
        things = [place.entity] if place.entity else list(place.found.entities)
        things = things if kind == "object" or not _is(name, QUOTES) else list(place.found.sentences)
    elif kind in ("integer", "number"):
        cited = sorted({int(number) for number in re.findall(r"\[(\d+)\]", answer(place.prompt))}) or [place.passage]
        return cited[:most]
    else:
        things = list(place.found.sentences)[:1] if items.get("enum") else list(place.found.sentences)
    things = things[:most]
    while len(things) < least:
        things.append((1, "nothing"))
    made = [_value(items, root, name, place.about(thing), depth + 1) for thing in things]
    return list(dict.fromkeys(made)) if kind == "string" and len(things) > least else made


def _ends(schema: dict[str, Any]) -> tuple[str, str] | None:
    names = list(schema.get("properties") or {})
    for left, right in ENDS:
        first = next((name for name in names if _is(name, (left,))), None)
        second = next((name for name in names if _is(name, (right,)) and name != first), None)
        if first and second:
            return first, second
    return None


def _has(schema: dict[str, Any], words: tuple[str, ...]) -> bool:
    return any(_is(name, words) for name in schema.get("properties") or {})


def _is(name: str, words: tuple[str, ...]) -> bool:
    parts = re.split(r"[_\s-]+|(?<=[a-z])(?=[A-Z])", name)
    return any(part.lower().removesuffix("s") == word.removesuffix("s") for part in parts for word in words)


def _chosen(choices: list[Any], name: str, place: Place) -> Any:
    texts = [choice for choice in choices if isinstance(choice, str)]
    if not texts:
        return choices[0]
    if place.entity:
        return fitting(place.entity.kind, texts)
    if place.link:
        words = place.link.verb.lower().replace(" ", "_")
        return next((text for text in texts if text.lower() in words or words in text.lower()), texts[0])
    return texts[0]


def _number(schema: dict[str, Any], kind: str, name: str, place: Place) -> int | float:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    value: float = place.passage if _is(name, NUMBERS) else (1 if kind == "integer" else 0.9)
    found = re.search(r"\b1\d{3}\b|\b20\d\d\b", place.sentence) if _is(name, ("year",)) else None
    if found:
        value = int(found.group())
    elif not _is(name, NUMBERS) and high is not None and high > 1:
        value = high * 0.8
    if low is not None:
        value = max(value, low + (1 if "exclusiveMinimum" in schema else 0))
    if high is not None:
        value = min(value, high)
    return int(value) if kind == "integer" else value


def _string(schema: dict[str, Any], name: str, place: Place) -> str:
    text = _text(schema, name, place)
    pattern = schema.get("pattern")
    if pattern and not re.search(pattern, text):
        text = re.sub(r"\W+", "_", text).strip("_").lower() or "none"
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    text = text.ljust(least, "x")
    return text[: int(most)] if most is not None else text


def _text(schema: dict[str, Any], name: str, place: Place) -> str:
    if schema.get("format") in ("date", "date-time") or _is(name, ("date", "year", "when")):
        found = DATE.search(place.sentence)
        plain = found.group() if found else ""
        if schema.get("format") == "date":
            return plain if re.fullmatch(r"\d{4}-\d\d-\d\d", plain) else f"{plain[-4:] or '2000'}-01-01"
        return plain
    link, entity = place.link, place.entity
    if link:
        if _is(name, tuple(left for left, _ in ENDS)):
            return link.source.name
        if _is(name, tuple(right for _, right in ENDS)):
            return link.target.name
        return link.verb if _is(name, VERBS) else link.sentence
    if entity:
        if _is(name, TYPES):
            return entity.kind
        return entity.sentence if _is(name, QUOTES) else entity.name
    if _is(name, ANSWERS) and not place.sentence:
        return answer(place.prompt)
    if place.sentence:
        return place.sentence
    return place.found.sentences[0][1] if place.found.sentences else ""
