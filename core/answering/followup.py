"""Follow-up questions, completed from the conversation: "And in 2021?", "Who founded it?", "Und wo liegt das?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.answering.phrases import find
from core.answering.questions import Want, language_of, parse
from core.answering.vocabulary import PERSON_TITLES, word_set
from core.answering.words import fold, telling, words

_ELLIPTIC = re.compile(
    r"^\W*(?:(?:and|und|or|oder|but|aber|also|so|then|what\s+about|how\s+about|was\s+ist\s+mit|wie\s+(?:sieht|steht)\s+es"
    r"(?:\s+(?:mit|um|bei))?|same\s+for|what\s+of|auch|nur)\b[\s,]*)+(?:aus\s+)?(?:mit\s+)?",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|wer|wen|wem|wessen|was|wann|wo|woher|wohin|welche[rsmn]?|warum"
    r"|weshalb|wieso|wie|wieviel)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|did|does|do|has|have|had|will|can|could|should|would|ist|sind|war|waren|hat|haben|hatte|wird"
    r"|werden|wurde|wurden|kann|soll|muss|liegt|heißt|gibt|kostet|kam|ging|founded|built|wrote|leads|owns|works?)\b",
    re.IGNORECASE,
)
_PERSON = r"he|she|him|er|ihn|ihm"
_THING = r"it|they|them|this|that|these|those|das|dies|diese[rsmn]?|sie|es|ihnen"
_PRONOUN = re.compile(rf"\b(?P<word>{_PERSON}|{_THING})\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?P<word>his|her|its|their)\b(?=\s+\w)", re.IGNORECASE)
_GERMAN_POSSESSIVE = re.compile(r"\b(?:sein|seine[nmrs]?|ihr|ihre[nmrs]?|deren|dessen)\b", re.IGNORECASE)
_THERE = re.compile(
    r"\b(?:there|dort|da|davon|dafür|damit|dazu|darin|daran|dabei|damals|darüber|hier)\b", re.IGNORECASE
)
_EMPTY_SUBJECT = re.compile(
    r"\b(?:gibt\s+es|es\s+gibt|is\s+it\s+(?:true|possible)|is\s+there|are\s+there|was\s+there|were\s+there|there\s+(?:is|are)"
    r"|it\s+takes?|does\s+it\s+take)\b",
    re.IGNORECASE,
)
_ARTICLE_DAS = re.compile(
    r"\b(?:das|diese[rsmn]?|dies|this|that|these|those)\s+(?=\w)(?!(?:ist|war|liegt|heißt|kostet|is|was|are|were|cost|did|do|mean|happen)\b)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d{2}\b")
_RUN = re.compile(
    r"(?:\b[A-ZÄÖÜ][\w’'&.-]*\w|\b[A-ZÄÖÜ]\b)(?:\s+(?:of|the|de|von|van|der|am|für|for|&)?\s?(?:[A-ZÄÖÜ][\w’'&.-]*\w|\d{1,4}\b))*"
)
_BOLD = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question, as it was understood, and the answer's Markdown."""

    question: str
    answer: str = ""


def complete(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked without the conversation; itself when it stands alone.

    `history` is in order; only its last turns matter.
    """
    text = " ".join(question.split())
    if not history or not text:
        return text
    last = history[-1]
    fragment = _ELLIPTIC.sub("", text, count=1).strip(" ?!.,") if _ELLIPTIC.match(text) else text.strip(" ?!.,")
    if not fragment:
        return last.question
    elliptic = _ELLIPTIC.match(text) is not None or len(words(fragment)) <= 3
    pointing = _PRONOUN.search(fragment) or _POSSESSIVE.search(fragment) or _GERMAN_POSSESSIVE.search(fragment)
    if elliptic and not pointing and not _VERB.search(fragment):
        if not _QUESTION_WORD.search(fragment):
            return _substituted(fragment, last.question)
        if len(telling(fragment)) <= 1 and not _proper(fragment):
            return _with_topic(fragment, last.question)
    return _resolved(text, history)


def _proper(text: str) -> list[str]:
    """Runs of capitalised words, the first word of the text aside; the longest ones last."""
    german = language_of(text) == "de"
    first = next(iter(words(text)), "")
    runs = []
    for match in _RUN.finditer(text):
        found = match[0]
        if found.split()[0] == first and match.start() <= 2:
            found = found[len(first) :].strip()
        if found and fold(found.split()[0]) not in _NOT_TOPICS and fold(found) not in PERSON_TITLES:
            runs.append(found)
    return sorted(runs, key=lambda run: (len(run.split()) > 1 or not german, not run.isdigit()))


_NOT_TOPICS = frozenset(fold(word) for word in word_set("I Ich Sie Ihr Wer Was Wann Wo Wie Who What When Where"))


def _substituted(fragment: str, before: str) -> str:
    """ "And in 2021?": the earlier question with the year, place or name exchanged."""
    years = _YEAR.findall(fragment)
    stem = before.rstrip(" ?")
    if years and _YEAR.search(stem):
        return _YEAR.sub(years[0], stem, count=1) + "?"
    names = _runs(fragment)
    earlier = _proper(stem)
    if names and earlier and not years:
        german = language_of(before) == "de"
        bare = fragment if not re.match(r"(?i)(?:in|for|at|of|from|für|bei|im|aus|von)\b", fragment) else names[-1]
        bare = re.sub(r"(?i)^(?:the|der|die|das|dem|den)\s+(?=[A-ZÄÖÜ])", "", bare)
        target = earlier[-1]
        if re.match(r"(?i)(?:in|at|im)\b", fragment):
            places = [stem[slice(*span)] for span in find(stem, Want.PLACE, german)]
            if not places:
                return f"{stem} {fragment}?"
            target = places[-1]
        return stem.replace(target, bare, 1) + "?"
    return f"{stem} {fragment}?"


def _runs(text: str) -> list[str]:
    return [match[0] for match in _RUN.finditer(text) if fold(match[0]) not in _NOT_TOPICS]


def _with_topic(fragment: str, before: str) -> str:
    """ "And why?": the new question word with what the earlier question was about."""
    parsed = parse(before)
    dull = {"year", "jahr", "date", "time", "many", "much", "datum"}
    topic = [word for word in parsed.keywords if fold(word) not in dull]
    return f"{fragment[:1].upper()}{fragment[1:]} {' '.join(topic)}?"


def _resolved(text: str, history: Sequence[Turn]) -> str:
    """The question with its pronouns replaced by what the conversation is about."""
    bare = _EMPTY_SUBJECT.sub(lambda match: " " * len(match[0]), text)
    bare = _ARTICLE_DAS.sub(lambda match: " " * len(match[0]), bare)
    german = language_of(text) == "de"
    own = [name for name in _proper(bare) if not german or _unusual(name)]
    pronoun = None if own and _named_subject(bare, own) else _PRONOUN.search(bare)
    possessive = None if german else _POSSESSIVE.search(bare)
    if possessive is not None:
        topic = _topic(history, person=fold(possessive["word"]) in ("his", "her"))
        return _put(text, possessive, f"{topic}’s" if topic else "")
    if pronoun is not None:
        word = fold(pronoun["word"])
        person = word in ("he", "she", "him", "er", "ihn", "ihm") or (word == "sie" and _person_answer(history) != "")
        return _put(text, pronoun, _topic(history, person=person))
    if _THERE.search(bare) or (german and not own and _GERMAN_POSSESSIVE.search(bare)):
        topic = _topic(history, person=False, place=re.search(r"(?i)\b(?:there|dort)\b", bare) is not None)
        return f"{text.rstrip(' ?!.')} ({topic})?" if topic else text
    return text


def _unusual(name: str) -> bool:
    """German: whether a capitalised run looks like a name and not like any noun."""
    return len(name.split()) > 1 or any(sign.isupper() or sign.isdigit() for sign in name[1:])


def _named_subject(text: str, own: list[str]) -> bool:
    """Whether the pronoun comes after a name of the same question and most likely means that."""
    pronoun = _PRONOUN.search(text)
    return pronoun is not None and any(text.find(name) < pronoun.start() and len(name) > 2 for name in own)


def _put(text: str, match: re.Match[str], topic: str) -> str:
    return text[: match.start()] + topic + text[match.end() :] if topic else text


def _topic(history: Sequence[Turn], *, person: bool, place: bool = False) -> str:
    """What the conversation is about: the person or place last answered, else the last name asked about, else the
    words of the last question."""
    if person:
        found = _person_answer(history) or _person_asked(history)
        if found:
            return found
    if place:
        german = language_of(history[-1].question) == "de"
        spans = find(history[-1].question, Want.PLACE, german)
        if spans:
            return history[-1].question[slice(*spans[-1])]
    for turn in reversed(history[-4:]):
        names = _proper(turn.question)
        if names:
            return names[-1]
    return " ".join(parse(history[-1].question).keywords[:6])


def _person_answer(history: Sequence[Turn]) -> str:
    """The person an earlier answer marked, the latest first."""
    for turn in reversed(history[-3:]):
        for match in _BOLD.finditer(turn.answer):
            phrase = match[1].replace("\\", "")
            named = find(f"Frau {phrase}", Want.PERSON, True) and not any(sign.isdigit() for sign in phrase)
            if named and Want.PERSON in parse(turn.question).wants:
                return phrase
        if _person_asked([turn]):
            return ""
    return ""


def _person_asked(history: Sequence[Turn]) -> str:
    for turn in reversed(history[-3:]):
        german = language_of(turn.question) == "de"
        spans = find(turn.question, Want.PERSON, german)
        if spans:
            return turn.question[slice(*spans[-1])]
    return ""
