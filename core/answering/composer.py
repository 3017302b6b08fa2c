"""The built-in answerer as a composer: from question and passages to drafts, with our few own phrases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.answering.checking import Draft
from core.answering.extract import Encode, Extract, SentenceVectors, Statement, extract, together
from core.answering.followup import Turn, complete
from core.answering.markdown import escape, marked
from core.answering.questions import parse, parts
from core.records import Passage

MODEL = "built-in"

REFUSAL = {"en": "The documents do not answer this.", "de": "Die Dokumente beantworten das nicht."}
NEAR = {
    "en": "The documents do not say this outright. Closest to it:",
    "de": "Die Dokumente sagen das nicht ausdrücklich. Am nächsten kommt:",
}
EMPTY = {
    "en": "There is nothing to answer from: no document that could be searched matches.",
    "de": "Es gibt nichts, woraus eine Antwort käme: Kein durchsuchbares Dokument passt dazu.",
}


@dataclass(slots=True)
class Composition:
    """An answer in the making. Iterate `drafts` to its end; then `answered` and `details` (for the trace) hold."""

    drafts: Iterator[Draft]
    answered: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


class ExtractiveComposer:
    """Answers in the documents' own words. Thread-safe; `encode` gives unit vectors for sentences."""

    model = MODEL

    def __init__(self, encode: Encode) -> None:
        self._vectors = SentenceVectors(encode)

    def compose(self, question: str, passages: Sequence[Passage]) -> Composition:
        """The answer to one question from the passages, as drafts."""
        parsed = parse(question)
        if not passages:
            return Composition(iter((Draft(EMPTY[parsed.language], claim=False),)), False, {"units": 0})
        found = self._extract(question, passages)
        details = {
            "shape": parsed.shape.value,
            "asks_for": [want.value for want in parsed.wants],
            "language": parsed.language,
            **_details(found, passages),
        }
        if not found.statements:
            return Composition(iter((Draft(REFUSAL[parsed.language], claim=False),)), False, details)
        drafts = [draft(statement) for statement in found.statements]
        if not found.answered:  # nothing is marked as if it were the answer
            drafts = [draft(replace(statement, bold=())) for statement in found.statements]
            drafts.insert(0, Draft(NEAR[parsed.language], claim=False))
        return Composition(iter(drafts), found.answered, details)

    def _extract(self, question: str, passages: Sequence[Passage]) -> Extract:
        """A question that asks for several things is answered one by one; the parts lean on what came before."""
        asked = parts(question)
        found = [extract(parse(asked[0]), passages, self._vectors)]
        turns = [Turn(asked[0])]
        for part in asked[1:]:
            turns.append(Turn(complete(part, turns)))
            found.append(extract(parse(turns[-1].question), passages, self._vectors))
        return together(found)


def draft(statement: Statement) -> Draft:
    """One statement as Markdown: the documents' words escaped, the phrases asked for in bold."""
    text = marked(statement.text, statement.bold)
    if statement.topic:
        text = f"{escape(statement.topic)}: {text}"
    return Draft(text, statement.sources)


def _details(found: Extract, passages: Sequence[Passage]) -> dict[str, Any]:
    return {
        "units": found.units,
        "candidates": [
            {
                "text": item.unit.text[:200],
                "document": passages[item.unit.passage].document,
                "score": round(item.score, 3),
                "similar": round(item.similar, 3),
                "cover": round(item.cover, 3),
                "asked_for_is_there": item.typed > 0,
            }
            for item in found.candidates[:8]
        ],
        "kept": [statement.text[:200] for statement in found.statements],
        "dropped": [{"text": text[:200], "reason": reason} for text, reason in found.dropped[:8]],
        "confidence": round(found.confidence, 3),
    }
