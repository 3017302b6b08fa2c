"""Extraction that is valid for its schema and true to its text; answers from prompts of other shapes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ollama.answers import answer, read, summary
from tests.ollama.extraction import extract
from tests.ollama.vectors import vector

TEXT = (
    "Ada Lovelace founded Quellwerk GmbH in Bonn in 1987. Karl Meier runs Quellwerk GmbH since 2004. "
    "The company sells pumps."
)
GRAPH: dict[str, Any] = {
    "$defs": {
        "Entity": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "type": {"enum": ["person", "organization", "location", "date", "other"]},
                "description": {"type": "string", "maxLength": 80},
            },
            "required": ["name", "type"],
        },
        "Relation": {
            "type": "object",
            "properties": {
                "source": {"type": "string"},
                "target": {"type": "string"},
                "relation": {"type": "string"},
                "weight": {"type": "integer", "minimum": 1, "maximum": 10},
                "passage": {"type": "integer"},
            },
        },
    },
    "type": "object",
    "properties": {
        "entities": {"type": "array", "items": {"$ref": "#/$defs/Entity"}, "maxItems": 30},
        "relations": {"type": "array", "items": {"$ref": "#/$defs/Relation"}},
    },
}


def valid(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """A small validator of the words that the tests use."""
    if "$ref" in schema:
        return valid(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root)
    if "anyOf" in schema:
        return any(valid(one, value, root) for one in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema["type"]
    if kind == "object":
        properties = schema.get("properties", {})
        fits = isinstance(value, dict) and set(schema.get("required", [])) <= set(value)
        return fits and all(valid(properties[name], item, root) for name, item in value.items())
    if kind == "array":
        bounds = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10_000)
        return isinstance(value, list) and bounds and all(valid(schema["items"], one, root) for one in value)
    if kind == "string":
        return isinstance(value, str) and schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10_000)
    wanted: Any = {"integer": int, "number": int | float, "boolean": bool, "null": type(None)}[kind]
    low, high = schema.get("minimum", -1e9), schema.get("maximum", 1e9)
    return isinstance(value, wanted) and (kind in ("boolean", "null") or low <= value <= high)


@pytest.mark.parametrize(
    "prompt",
    [
        f"<|user|>Extract.\n<text>\n{TEXT}\n</text><|end|>",
        f'<|user|>Extract as {{"entities": [{{"name": "Foo Bar"}}]}}.\n"""{TEXT}"""<|end|>',
        f"<|user|>Extract entities and relations.\nText: {TEXT}<|end|>",
        f"<|user|>Extract.\n[1] {TEXT}\n<|end|>",
        f"<|system|>Extract.<|end|><|user|>{TEXT}<|end|><|assistant|>",
    ],
)
def test_a_graph_of_the_text(prompt: str) -> None:
    found = extract(GRAPH, prompt)
    assert valid(GRAPH, found, GRAPH)
    kinds = {entity["name"]: entity["type"] for entity in found["entities"]}
    assert kinds["Ada Lovelace"] == "person"
    assert kinds["Quellwerk GmbH"] == "organization"
    assert kinds["Bonn"] == "location"
    assert kinds["1987"] == "date"
    assert "Foo Bar" not in kinds
    links = [(link["source"], link["relation"], link["target"]) for link in found["relations"]]
    assert ("Ada Lovelace", "founded", "Quellwerk GmbH") in links
    assert all(link["source"] in kinds and link["target"] in kinds for link in found["relations"])


def test_passages_keep_their_numbers() -> None:
    found = extract(GRAPH, "<|user|>[3] Ada Lovelace met Karl Meier.\n[7] Karl Meier left Bonn.<|end|>")
    assert [(link["source"], link["passage"]) for link in found["relations"]] == [
        ("Ada Lovelace", 3),
        ("Karl Meier", 7),
    ]


def test_years_are_read() -> None:
    item = {"type": "object", "properties": {"name": {"type": "string"}, "year": {"type": "integer"}}}
    found = extract({"type": "array", "items": item}, f"<|user|>{TEXT}<|end|>")
    assert {"name": "Karl Meier", "year": 2004} in found


def test_nothing_is_found_in_nothing() -> None:
    assert extract(GRAPH, "<|user|><text>the rain fell softly.</text><|end|>") == {"entities": [], "relations": []}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"ok": {"type": "boolean"}, "score": {"type": "number", "maximum": 1}}},
        {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 3},
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 9}]}}},
        {"type": "object", "properties": {"b": {"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 1}}},
        {"type": "string", "maxLength": 5},
        {
            "$defs": {"N": {"type": "object", "properties": {"name": {"type": "string"}, "to": {"$ref": "#/$defs/N"}}}},
            "type": "object",
            "properties": {"first": {"$ref": "#/$defs/N"}},
        },
    ],
)  # fmt: skip
def test_any_schema_is_met(schema: dict[str, Any]) -> None:
    for prompt in (f"<|user|>{TEXT}<|end|>", "<|user|><|end|>"):
        made = extract(schema, prompt)
        assert valid(schema, made, schema)
        assert made == extract(schema, prompt)


def test_the_parts_of_a_prompt() -> None:
    told = read(
        "<|system|>Be brief.<|end|><|user|>Context:\n[1] One.\n[2] Two.\nMore of two.\n\nQuestion: Which?<|end|>"
    )
    assert [(passage.number, passage.text) for passage in told.passages] == [(1, "One."), (2, "Two.\nMore of two.")]
    assert told.question == "Which?"
    told = read('<|user|><source id="4">Four.</source>\nWhat is four?<|end|>')
    assert [(passage.number, passage.text) for passage in told.passages] == [(4, "Four.")]
    assert told.question == "What is four?"


def test_several_sentences_are_cited_each() -> None:
    told = answer(
        "<|user|>[1] The dam holds water. The dam was built by Anna Weber.\n[2] The dam was built in 1931.\n"
        "Question: When was the dam built, and by whom?<|end|>"
    )
    assert "[1]" in told
    assert "[2]" in told
    assert "1931" in told


def test_without_passages_it_sums_up() -> None:
    told = summary("Pumps move water. The weather was fine. Old pumps lose water. Pumps and water belong together.")
    assert "weather" not in told
    assert told == summary(
        "Pumps move water. The weather was fine. Old pumps lose water. Pumps and water belong together."
    )


def test_vectors_are_near_for_texts_that_share_words() -> None:
    def near(a: str, b: str) -> float:
        return sum(x * y for x, y in zip(vector(a, 384), vector(b, 384), strict=True))

    question = "How tall is the water tower?"
    assert (
        near(question, "The water tower is 90 metres tall.") > near(question, "Ada Lovelace founded the company.") + 0.3
    )
    assert near("Same words here", "here same words") == pytest.approx(1)
