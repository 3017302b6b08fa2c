"""The built-in answerer: picks, merges and orders the units of the retrieved passages that answer a question.

No language model. What it says is said by the documents; when nothing scores above the calibrated threshold it says
that they do not answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.answering import evidence as evidences
from core.answering.evidence import Evidence, Surroundings, assess, surroundings
from core.answering.phrases import Span
from core.answering.questions import Question, Shape
from core.answering.units import Unit, context_of, units
from core.answering.words import fold, telling
from core.records import Passage

Vectors = npt.NDArray[np.float32]
Encode = Callable[[list[str]], Vectors]

THRESHOLD = 0.28  # from here on it is an answer; both are calibrated, see docs/answering.md
NEAR = 0.10  # from here on a sentence is worth showing as close to an answer
MOST_NEAR = 3
CANDIDATES = 12  # units whose sentence vectors are computed; bounds the work per question
READ = 12  # passages that are read for sentences, of those found
OF_EACH = 2  # and as many of each retriever's best, wherever the other puts them
CALL_LENGTH = 1000  # characters in one call of the embedding model
CACHED = 4096  # sentence vectors kept: 6 MB at 384 dimensions
_MOST = {Shape.FACT: 2, Shape.DEFINITION: 3, Shape.YES_NO: 2, Shape.EXPLANATION: 4, Shape.LISTING: 5, Shape.OPEN: 4}
_SHARE = {Shape.FACT: 0.75, Shape.DEFINITION: 0.6, Shape.YES_NO: 0.7}
_SAME = 0.93  # cosine from which two sentences say the same


@dataclass(frozen=True, slots=True)
class Source:
    """A run of a passage's text. `passage` is the position in the list of passages, `quote` the run itself."""

    passage: int
    quote: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing the answer says: a unit's text, the phrases to be marked in it, and every source that says it."""

    text: str
    bold: tuple[Span, ...]
    sources: tuple[Source, ...]
    topic: str = ""  # the heading to be said first, when the sentence does not name its subject
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Extract:
    """The built-in answer. Without `answered` the statements are only what comes closest, and none means that nothing
    does; `confidence` is 0 to 1."""

    answered: bool
    statements: tuple[Statement, ...]
    confidence: float
    units: int
    candidates: tuple[Evidence, ...]
    dropped: tuple[tuple[str, str], ...]  # text, reason


def together(found: Sequence[Extract]) -> Extract:
    """The answers to the parts of a question as one; what two of them say is said once, marked for both. The first
    part decides whether it is an answer; what only comes close to a further part is then left out."""
    if len(found) == 1:
        return found[0]
    answered = found[0].answered
    merged: dict[str, Statement] = {}
    for statement in (statement for one in found if one.answered or not answered for statement in one.statements):
        earlier = merged.get(statement.text)
        if earlier is not None:
            statement = replace(earlier, bold=tuple(dict.fromkeys(earlier.bold + statement.bold)))
        merged[statement.text] = statement
    candidates = sorted((item for one in found for item in one.candidates), key=lambda item: -item.score)
    statements = tuple(merged.values())
    return Extract(
        answered,
        statements if answered else statements[:MOST_NEAR],
        max(one.confidence for one in found),
        found[0].units,
        tuple(candidates),
        tuple(drop for one in found for drop in one.dropped),
    )


class SentenceVectors:
    """Sentence vectors by text, the least recently used forgotten first. Thread-safe by `sentence_vectors`."""

    def __init__(self, encode: Encode, size: int = CACHED) -> None:
        self._encode = encode
        self._size = size
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()  # named sentence_vectors in the docs

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32, shape (len(texts), dimension)."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
            for text in known:
                self._kept.move_to_end(text)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            for few in _short_calls(missing):
                known.update(zip(few, self._encode(few), strict=True))
            with self._lock:
                self._kept.update((text, known[text]) for text in missing)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, 1), dtype=np.float32)


def _short_calls(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in calls so short that the embedding model answers them at once, also while documents are coming in."""
    few: list[str] = []
    for text in texts:
        if few and sum(map(len, few)) + len(text) > CALL_LENGTH:
            yield few
            few = []
        few.append(text)
    if few:
        yield few


def extract(
    question: Question, passages: Sequence[Passage], vectors: SentenceVectors, threshold: float = THRESHOLD
) -> Extract:
    """Answer from the passages. Deterministic; work is bounded by CANDIDATES sentence vectors."""
    pieces = units(passages, reading(passages))
    candidates, embedded = rank(question, passages, pieces, vectors)
    best = candidates[0].score if candidates else 0.0
    if best < NEAR:
        reasons = tuple((item.unit.text, "not near the question") for item in candidates[:5])
        return Extract(False, (), best, len(pieces), tuple(candidates), reasons)
    answered = best >= threshold
    chosen, dropped = _choose(question, passages, candidates, embedded, threshold if answered else None)
    statements = _ordered(question, passages, pieces, chosen)
    return Extract(answered, tuple(statements), best, len(pieces), tuple(candidates), tuple(dropped))


def reading(passages: Sequence[Passage]) -> list[int]:
    """The positions of the passages to be read: the best READ, and the best few of each retriever that found them."""
    return [
        at
        for at, passage in enumerate(passages)
        if at < READ or min(passage.found_by.values(), default=READ) <= OF_EACH
    ]


def rank(
    question: Question, passages: Sequence[Passage], pieces: Sequence[Unit], vectors: SentenceVectors
) -> tuple[list[Evidence], Vectors]:
    """The candidates by score, best first, and their vectors in the same order."""
    texts = [f"{context_of(passage)}\n{passage.chunk.text}" for passage in passages]
    weight = evidences.weights(question, texts)
    around = _around(question, passages, texts)
    assessed: list[Evidence] = []
    before: Unit | None = None
    for piece in pieces:
        piece.telling = tuple(telling(piece.text))
        if before is not None and before.passage != piece.passage:
            before = None
        if piece.telling:
            assessed.append(assess(question, piece, before, around[piece.passage], weight))
        before = piece
    evidences.mark_alike(question, assessed)
    assessed.sort(key=lambda item: (-_promise(item), item.unit.passage, item.unit.ordinal))
    kept = assessed[:CANDIDATES]
    if not kept:
        return [], np.zeros((0, 1), dtype=np.float32)
    embedded = vectors.encode([question.text, *(f"{item.unit.context}: {item.unit.text}" for item in kept)])
    for item, vector in zip(kept, embedded[1:], strict=True):
        item.similar = float(vector @ embedded[0])
        item.score = evidences.score(item)
    order = sorted(range(len(kept)), key=lambda at: (-kept[at].score, kept[at].unit.passage, kept[at].unit.ordinal))
    return [kept[at] for at in order], embedded[1:][order]


def _around(question: Question, passages: Sequence[Passage], texts: Sequence[str]) -> list[Surroundings]:
    """What surrounds the units of each passage. Passages that are not read themselves still tell what their document
    is about."""
    spoken = [telling(text) for text in texts]
    of_document: dict[str, set[str]] = {}
    for passage, found in zip(passages, spoken, strict=True):
        of_document.setdefault(passage.chunk.document_id, set()).update(found)
    return [
        surroundings(
            question, passage.chunk.heading, passage.document, found, tuple(of_document[passage.chunk.document_id])
        )
        for passage, found in zip(passages, spoken, strict=True)
    ]


def _promise(item: Evidence) -> float:
    """What decides whether a unit is looked at closely: its words, its kind of phrase, its passage's rank."""
    return item.cover + 0.25 * item.typed + 0.3 / (1 + 0.5 * item.unit.passage) - 0.01 * item.unit.ordinal


@dataclass(slots=True)
class _Choice:
    item: Evidence
    vector: Vectors
    sources: list[Source]


def _choose(
    question: Question,
    passages: Sequence[Passage],
    candidates: Sequence[Evidence],
    embedded: Vectors,
    threshold: float | None,
) -> tuple[list[_Choice], list[tuple[str, str]]]:
    """The units to say, best first; what says the same becomes a further source of what is said already. Without a
    threshold they are only to come close."""
    near = threshold is None
    most = MOST_NEAR if near else _MOST[question.shape]
    share = 0.4 if near else _SHARE.get(question.shape, 0.5)
    floor = max(NEAR if threshold is None else threshold, share * candidates[0].score)
    chosen: list[_Choice] = []
    dropped: list[tuple[str, str]] = []
    for item, vector in zip(candidates, embedded, strict=True):
        if item.score < floor:
            dropped.append((item.unit.text, "weaker than what is said"))
            continue
        twin = next((choice for choice in chosen if _same(question, choice, item, vector)), None)
        if twin is not None:
            documents = {passages[source.passage].chunk.document_id for source in twin.sources}
            if passages[item.unit.passage].chunk.document_id in documents:
                dropped.append((item.unit.text, "repeats what is said"))
            else:
                twin.sources.append(_source(passages, item.unit))
                dropped.append((item.unit.text, "says the same: cited as a further source"))
        elif len(chosen) >= most:
            dropped.append((item.unit.text, "the answer is long enough"))
        elif chosen and not near and not _adds(question, chosen, item):
            dropped.append((item.unit.text, "adds nothing that is asked for"))
        else:
            chosen.append(_Choice(item, vector, [_source(passages, item.unit)]))
    return chosen, dropped


def _source(passages: Sequence[Passage], unit: Unit) -> Source:
    return Source(unit.passage, passages[unit.passage].chunk.text[unit.start : unit.end])


def _same(question: Question, choice: _Choice, item: Evidence, vector: Vectors) -> bool:
    """Whether the unit says what the chosen one says: nearly the same sentence, or the same answer to a question for
    one fact."""
    other = choice.item
    if fold(other.unit.text) == fold(item.unit.text):
        return True
    ours, theirs = set(map(fold, other.unit.telling)), set(map(fold, item.unit.telling))
    figures = {word for word in ours ^ theirs if word[:1].isdigit()}
    alike = len(ours & theirs) / max(1, len(ours | theirs))
    if not figures and (float(vector @ choice.vector) >= _SAME or alike >= 0.8):
        return True
    return question.shape is Shape.FACT and bool(_phrases(other)) and _phrases(other) == _phrases(item)


def _phrases(item: Evidence) -> frozenset[str]:
    return frozenset(fold(item.unit.text[start:end]) for start, end in item.spans)


def _adds(question: Question, chosen: Sequence[_Choice], item: Evidence) -> bool:
    """Whether a further unit is worth saying: a fact needs a phrase of the kind asked for, anything else new words."""
    if question.shape is Shape.FACT:
        return item.typed > 0 or not question.wants
    said = {fold(word) for choice in chosen for word in choice.item.unit.telling}
    fresh = [word for word in item.unit.telling if fold(word) not in said]
    return len(fresh) >= max(2, len(item.unit.telling) // 4)


def _ordered(
    question: Question, passages: Sequence[Passage], pieces: Sequence[Unit], chosen: Sequence[_Choice]
) -> list[Statement]:
    """The best unit's passage first, units of one passage in reading order, each with the predecessor it leans on."""
    at = {(piece.passage, piece.ordinal): piece for piece in pieces}
    said = {(choice.item.unit.passage, choice.item.unit.ordinal) for choice in chosen}
    rank_of: dict[int, int] = {}
    for choice in chosen:
        rank_of.setdefault(choice.item.unit.passage, len(rank_of))
    if question.shape is not Shape.FACT:
        chosen = sorted(chosen, key=lambda one: (rank_of[one.item.unit.passage], one.item.unit.ordinal))
    statements = []
    for choice in chosen:
        unit = choice.item.unit
        topic = ""
        before = at.get((unit.passage, unit.ordinal - 1))
        if unit.leaning and (unit.passage, unit.ordinal - 1) not in said:
            if before is not None and not before.row:
                statements.append(Statement(before.text, (), (_source(passages, before),), _topic(before), 0.0))
                said.add((unit.passage, unit.ordinal - 1))
            else:
                topic = unit.context
        bold = choice.item.spans if question.wants else ()
        statements.append(Statement(unit.text, bold, tuple(choice.sources), topic, choice.item.score))
    return statements


def _topic(unit: Unit) -> str:
    return unit.context if unit.leaning else ""
