"""How well a unit of text answers a question: a few features, and one calibrated score from them.

The weights were fitted (logistic regression) on labelled question-sentence pairs, English and German, with answerable
and unanswerable questions; `docs/answering.md` says how, and what it measured.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.answering.phrases import Span, find
from core.answering.questions import Question, Shape, Want
from core.answering.units import Unit
from core.answering.vocabulary import word_set
from core.answering.words import fold, likeness, telling, words

_TYPE_NOUNS = frozenset(
    fold(word)
    for word in word_set(
        """
    year years date day time month century person people man woman city town village country state place
    location region company firm organisation organization institution number amount percentage percent share
    name names title kind type long much many high big old far often total jahr datum tag monat uhrzeit zeit
    zeitpunkt jahrhundert person personen stadt ort dorf land firma unternehmen organisation zahl anzahl betrag
    prozent anteil hoch lang lange groß teuer alt weit oft insgesamt genau exactly currently aktuell called
    genannt located befindet liegt happen happened located
    """
    )
)


@dataclass(slots=True)
class Evidence:
    """A unit as a possible answer. `score` is the estimated probability (0 to 1) that it answers the question."""

    unit: Unit
    cover: float = 0.0  # share of the question's weighted words that the unit and its context say
    named: float = 1.0  # share of the question's names that the passage says
    related: float = 1.0  # how far it says what is asked about them: the words that are no names
    defines: float = 0.0  # 1: the question asks what something is, and the unit begins by saying so
    typed: float = 0.0  # 1: a phrase of the kind asked for is there; -1: missing; 0: none is asked for
    alike: float = 0.0  # 1: a table row that says no more of the question than its neighbours do
    similar: float = 0.0  # cosine of the sentence vectors, -1 to 1
    score: float = 0.0
    spans: tuple[Span, ...] = ()  # phrases of the kind asked for, in `unit.text`, best first
    said: dict[str, float] = field(default_factory=dict)  # question word -> how far it is said here


_ASIDE = re.compile(
    r"\b(?:while|whilst|before|after|although|because|during|according|bevor|nachdem|während|obwohl|weil|dass|laut)\b(.*)$"
)


_TURNING = frozenset(("against", "gegen", "dagegen", "except", "ausser", "refused", "rejected", "abgelehnt"))
"""Words that turn a sentence into its opposite: without them it hardly says what is asked."""


def weights(question: Question, texts: Sequence[str]) -> dict[str, float]:
    """The weight of each word of the question: rare among the retrieved texts counts more, names most, the noun that
    only names the kind of answer ("year", "company") little."""
    split = [frozenset(telling(text)) for text in texts]
    vocabulary = frozenset().union(*split)
    result: dict[str, float] = {}
    clause = _ASIDE.search(question.text)
    aside = set(words(clause[1])) - set(words(question.text[: clause.start()])) if clause else set()
    for word in question.keywords:
        alike = {other for other in vocabulary if likeness(word, other) >= 0.75}
        holding = sum(1 for found in split if not alike.isdisjoint(found))
        weight = 0.4 + math.log((len(split) + 1) / (holding + 0.5)) / math.log(2 * len(split) + 2)
        if word in question.names:
            weight *= 1.4
        if _only_kind(question, word):
            weight *= 0.25
        if word in aside:
            weight *= 0.5
        result[word] = weight
    return result


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How far a passage says each word of the question outside of the unit that is looked at, each 0 to 1."""

    near: dict[str, float]  # its headings
    title: dict[str, float]  # its document's name
    passage: dict[str, float]
    document: dict[str, float]  # every passage of the document that was found


def surroundings(
    question: Question, heading: str, title: str, passage: Sequence[str], document: Sequence[str]
) -> Surroundings:
    """What the units of one passage have in common."""
    near, named = telling(heading), telling(title)
    return Surroundings(
        {word: _best(word, near) for word in question.keywords},
        {word: _best(word, named) for word in question.keywords},
        {word: _best(word, passage) for word in question.keywords},
        {word: _best(word, document) for word in question.names},
    )


def assess(
    question: Question, unit: Unit, before: Unit | None, around: Surroundings, weight: dict[str, float]
) -> Evidence:
    """The features of one unit that need no model, from its own words, its neighbour's, its passage's, and those of its
    document."""
    evidence = Evidence(unit)
    lean = 0.85 if unit.leaning else 0.45
    cover = 0.0
    for word, value in weight.items():
        name = word in question.names
        evidence.said[word] = said = max(
            _best(word, unit.telling),
            0.8 * around.near[word],
            (0.9 if name else 0.4) * around.title[word],
            lean * _best(word, before.telling if before is not None else ()),
            _carried(question, word) * around.passage[word],
            0.4 * around.document[word] if name else 0.0,
        )
        cover += value * said
    evidence.cover = cover / (sum(weight.values()) or 1.0)
    predicates = [word for word in question.keywords if word not in question.names and not _only_kind(question, word)]
    if predicates:
        counted = sum(weight[word] for word in predicates)
        evidence.related = sum(weight[word] * evidence.said[word] for word in predicates) / counted
        if any(fold(word) in _TURNING and _best(word, unit.telling) < 0.75 for word in predicates):
            evidence.related *= 0.3
    if question.shape is Shape.DEFINITION and question.keywords:
        evidence.defines = float(_defines(question, unit))
    if question.names:
        evidence.named = sum(
            max(evidence.said[name], 0.9 * around.passage[name], around.title[name], 0.9 * around.document[name])
            for name in question.names
        ) / len(question.names)
    evidence.spans = answers(question, unit)
    if question.wants:
        evidence.typed = 1.0 if evidence.spans else -1.0
    return evidence


def mark_alike(question: Question, found: Sequence[Evidence]) -> None:
    """Set `alike` on rows of a table whose cells say nothing of the question that tells them from three others. A row
    of totals is never one of many."""
    said = {id(item): _cells_say(question, item.unit) for item in found if item.unit.row}
    for item in found:
        if item.unit.row and not _TOTAL.search(item.unit.text):
            ours = said[id(item)]
            others = (said[id(other)] for other in found if other.unit.row and other.unit.context == item.unit.context)
            item.alike = float(sum(ours <= theirs for theirs in others) > 3)


_TOTAL = re.compile(r"(?:^|: )(?:[\w-]+ )?(?:total|sum|summe|gesamt|insgesamt|overall)\b(?=$| ·|[ :]*·)", re.IGNORECASE)


def _cells_say(question: Question, row: Unit) -> frozenset[str]:
    """The question's words that the cells of a row say, headers aside."""
    cells = telling(" ".join(cell.partition(": ")[2] or cell for cell in row.text.split(" · ")))
    return frozenset(word for word in question.keywords if _best(word, cells) >= 0.75)


def _only_kind(question: Question, word: str) -> bool:
    """Whether the word only names the kind of answer: "year", "company"."""
    return bool(question.wants) and fold(word) in _TYPE_NOUNS


_COPULA = re.compile(r"\b(?:is|are|was|were|means|ist|sind|war|waren|bezeichnet|bedeutet|heißt)\b", re.IGNORECASE)


def _defines(question: Question, unit: Unit) -> bool:
    copula = _COPULA.search(unit.text, 0, 80)
    opening = telling(unit.text[: copula.start()]) if copula else []
    return 0 < len(opening) <= 6 and all(_best(word, opening) >= 0.75 for word in question.keywords)


def _carried(question: Question, word: str) -> float:
    """How far a word said elsewhere in the passage still holds here: a subject does more than a predicate."""
    return 0.7 if word in question.names else 0.5 if word[:1].isupper() else 0.3


def _best(word: str, among: Sequence[str]) -> float:
    return max((likeness(word, other) for other in among), default=0.0)


def answers(question: Question, unit: Unit) -> tuple[Span, ...]:
    """The phrases of the kinds asked for, best first, without those that only repeat the question."""
    german = question.language == "de" or _looks_german(unit.text)
    chosen: list[Span] = []
    for want in question.wants:
        if want in _FALLBACK and any(_kind_found(question, unit, other, german) for other in _FALLBACK[want]):
            continue
        spans = [span for span in find(unit.text, want, german) if not _repeats(question, unit.text[slice(*span)])]
        if want is Want.NAME and Want.ORGANISATION in question.wants:  # a body is asked for, not a person
            persons = find(unit.text, Want.PERSON, german)
            spans = [span for span in spans if span not in persons]
        if want is Want.ORGANISATION and Want.PERSON in question.wants:  # "a technician of KQW" is not KQW
            spans = [span for span in spans if not _BELONGING.search(unit.text, 0, span[0])]
        if want is Want.DATE:
            spans = _of_life(question, unit.text, spans)
        if want is Want.NUMBER and (Want.MONEY in question.wants or Want.PERCENT in question.wants):
            spans = [span for span in spans if any(sign.isdigit() for sign in unit.text[slice(*span)])]
        if spans:
            chosen.extend(_in_column(question, unit.text, spans) if unit.row else _nearest(question, unit.text, spans))
    return tuple(dict.fromkeys(chosen))


_BELONGING = re.compile(r"\b(?:of|at|for|to|in|bei|für|in)\s+(?:the\s+|der\s+|die\s+|dem\s+)?$")
_FALLBACK = {
    Want.ORGANISATION: (Want.PERSON,),
    Want.NAME: (Want.ORGANISATION,),
    Want.NUMBER: (Want.MONEY, Want.PERCENT, Want.DURATION),
}
"""A looser kind is tried only when the stricter ones, also asked for, are not there."""


def _kind_found(question: Question, unit: Unit, want: Want, german: bool) -> bool:
    return want in question.wants and any(
        not _repeats(question, unit.text[slice(*span)]) for span in find(unit.text, want, german)
    )


def _repeats(question: Question, phrase: str) -> bool:
    said = [fold(word) for word in telling(phrase)]
    asked = {fold(word) for word in question.keywords}
    return bool(said) and all(word in asked for word in said)


_BORN = re.compile(r"\b(?:born|birth|birthday|geboren|geburt)\b", re.IGNORECASE)
_DIED = re.compile(r"\b(?:did\b.*\bdie|died|death|starb|gestorben|tod)\b", re.IGNORECASE)
_LIFE = re.compile(r"\([^()]*?(\d{4})\s*[–-]\s*(?:[^()]*?)(\d{4})[^()]*\)")


def _of_life(question: Question, text: str, spans: list[Span]) -> list[Span]:
    """ "(1867 – 12 August 1949)": the first date is asked for by "born", the second by "died"."""
    life = _LIFE.search(text)
    died = _DIED.search(question.text) is not None
    if life is None or not (died or _BORN.search(question.text)):
        return spans
    within = [span for span in spans if life.start() <= span[0] < life.end()]
    return [within[-1] if died else within[0]] if within else spans


_LIST_GAP = re.compile(
    r"^(?:,\s*|\s*,?\s+(?:and|und|sowie|or|oder|&)\s+(?:(?:Mr|Mrs|Ms|Dr|Prof|Frau|Herr)\.?\s+)?|\s*/\s*)$"
)


def _in_column(question: Question, row: str, spans: list[Span]) -> list[Span]:
    """In a table row the column decides: the cell whose header the question names, else the closest one."""

    def header(span: Span) -> float:
        cell = row.rfind(" · ", 0, span[0]) + 1
        return max((_best(word, telling(row[cell : span[0]])) for word in question.keywords), default=0.0)

    spans = [span for span in spans if not _of_key(question, row, span)] or spans
    best = max(header(span) for span in spans)
    return [span for span in spans if header(span) == best][:1] if best >= 0.75 else _nearest(question, row, spans)


def _of_key(question: Question, row: str, span: Span) -> bool:
    """Whether a phrase stands in the cell that names the row: "Conductivity at 25 °C" is not a conductivity."""
    start, end = row.rfind(" · ", 0, span[0]) + 1, row.find(" · ", span[1])
    cell = row[start : end if end >= 0 else len(row)]
    value = telling(cell.partition(": ")[2] or cell)
    return any(word not in question.names and _best(word, value) >= 0.75 for word in question.keywords)


def _nearest(question: Question, text: str, spans: list[Span]) -> list[Span]:
    """The phrase closest to the question's words, and those joined to it by a comma or "and"."""
    if len(spans) == 1:
        return spans
    asked = [word for word in question.keywords if fold(word) not in _TYPE_NOUNS]
    places = []
    for match in re.finditer(r"[^\W_]+", text):
        value = _best(match[0], asked)
        if value >= 0.6:
            places.append((match.start(), value * (0.5 if match[0] in question.names else 1.0)))

    def closeness(span: Span) -> float:
        total = sum(value / (12 + min(abs(span[0] - place), abs(place - span[1]))) for place, value in places)
        cue = re.search(r"\b(?:is|was|ist|war|heißt|called|named)\s+(?:\w+\.?\s+){0,2}$", text[: span[0]])
        made = re.search(r"\b(?:by|von|durch)\s+(?:\w+\.?\s+){0,3}$", text[: span[0]])
        return total * (2.2 if made else 1.3 if cue else 1.0)

    best = max(spans, key=lambda span: (closeness(span), -span[0]))
    chosen = [best]
    position = spans.index(best)
    for step in (1, -1):
        at = position
        while 0 <= at + step < len(spans):
            first, second = sorted((spans[at], spans[at + step]))
            if not _LIST_GAP.match(text[first[1] : second[0]]):
                break
            at += step
            chosen.append(spans[at])
    return chosen


def _looks_german(text: str) -> bool:
    return (
        re.search(r"\b(?:der|die|das|und|ist|war|wurden?|für|mit|von|nicht|eine?[nmrs]?|des|dem|den|im)\b", text)
        is not None
    )


@dataclass(frozen=True, slots=True)
class Weights:
    """Coefficients of the logistic score."""

    bias: float = -12.0
    similar: float = 4.0
    cover: float = 1.38
    named: float = 6.76
    related: float = 3.82
    missing: float = -2.54
    alike: float = -5.28
    defines: float = 1.0  # set by hand: it only orders the sentences about one thing


WEIGHTS = Weights()


def score(evidence: Evidence, weights: Weights = WEIGHTS) -> float:
    """The estimated probability that the unit answers the question, 0 to 1."""
    total = (
        weights.bias
        + weights.similar * evidence.similar
        + weights.cover * evidence.cover
        + weights.named * evidence.named
        + weights.related * evidence.related
        + weights.missing * max(-evidence.typed, 0.0)
        + weights.alike * evidence.alike
        + weights.defines * evidence.defines
    )
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
