"""Words as the answerer compares them: folded, without endings, in English and German, compounds and synonyms included.

Retrieval has its own stemmers; these are for the few dozen sentences that retrieval found, where it matters that
"gegründet" meets "Gründung", "Jahresumsatz" meets "Umsatz" and "CEO" meets "managing director".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from core.answering.vocabulary import CONCEPTS, STOP_WORDS

WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\W_]+")

_ENGLISH = (
    ("ational", "ate"), ("ization", "ize"), ("isation", "ize"), ("fulness", "ful"), ("iveness", "ive"),
    ("ements", ""), ("ement", ""), ("ments", ""), ("ment", ""), ("ations", ""), ("ation", ""), ("ities", ""),
    ("ness", ""), ("ings", ""), ("ing", ""), ("ions", ""), ("ion", ""), ("ity", ""), ("ers", ""), ("ies", "y"),
    ("ied", "y"), ("ors", ""), ("ed", ""), ("er", ""), ("or", ""), ("es", ""), ("ly", ""), ("al", ""), ("s", ""),
    ("e", ""), ("y", ""),
)  # fmt: skip
_GERMAN = (
    "ierungen", "ierung", "innen", "ungen", "keiten", "heiten", "schaft", "ierte", "ieren", "iert", "ungs", "ung",
    "keit", "heit", "erin", "eten", "enen", "ende", "ete", "est", "tem", "ten", "ter", "tes", "ern", "ens", "end",
    "isch", "ige", "ig", "in", "em", "en", "er", "es", "et", "st", "te", "e", "n", "s", "t",
)  # fmt: skip
_SHORTEST = 3
_UMLAUTS = re.compile(r"(?<=[^aeoq])(?:ae|oe|ue)(?=[^aeiouy])")
_IRREGULAR = {"found": "find", "foundation": "stiftung", "foundations": "stiftung", "kept": "keep", "sold": "sell"}


def fold(text: str) -> str:
    """Lower case without accents; German umlauts become their base letter, ß becomes ss."""
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    return "".join(sign for sign in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(sign))


@lru_cache(maxsize=20_000)
def stems(word: str) -> frozenset[str]:
    """The stems a word may have: unchanged digits, an English and a German reading of anything else."""
    folded = fold(word).replace("’", "'")
    if folded.endswith("'s"):
        folded = folded[:-2]
    folded = _UMLAUTS.sub(lambda match: match[0][0], _IRREGULAR.get(folded, folded))  # "Brueder" is "Brüder"
    if folded[:1].isdigit() or len(folded) <= _SHORTEST:
        return frozenset((folded,))
    return frozenset((_english(folded), _german(folded)))


def _english(word: str) -> str:
    for ending, instead in _ENGLISH:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST and not word.endswith("ss"):
            left = word[: -len(ending)] + instead
            return left[:-1] if len(left) > _SHORTEST and left[-1:] == left[-2:-1] and left[-1] not in "aeiou" else left
    return word


def _german(word: str) -> str:
    if word.startswith("ge") and len(word) > 6 and word.endswith(("t", "en")):
        word = word[2:]
    for ending in _GERMAN:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST + 1:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=20_000)
def concepts(word: str) -> frozenset[int]:
    """The numbers of the synonym groups the word belongs to."""
    return frozenset(number for stem in stems(word) for number in _GROUPS.get(stem, ()))


@lru_cache(maxsize=100_000)
def likeness(asked: str, found: str) -> float:
    """How far two words say the same, 0 to 1: 1 the same stem, less for compounds, relatives and synonyms."""
    ours, theirs = stems(asked), stems(found)
    if ours & theirs:
        return 1.0
    if asked[0].isdigit() or found[0].isdigit():
        return 0.0
    best = 0.75 if concepts(asked) & concepts(found) else 0.0
    compound = asked[0].isupper() and found[0].isupper()  # as German nouns are: "Mindestmenge" is a "Menge"
    for one in ours:
        for other in theirs:
            short, long = (one, other) if len(one) <= len(other) else (other, one)
            size = len(short)
            if size < 4:
                continue
            if short in long:
                if size >= 5:
                    best = max(best, 0.8 if long.startswith(short) or long.endswith(short) else 0.6)
                elif compound and len(long) - size >= 4 and long.endswith(short):
                    best = max(best, 0.75)
            elif size >= 5 and one[:5] == other[:5]:
                if one[:6] == other[:6] and size >= 6:
                    best = max(best, 0.5)
                if _shared(one, other) >= 0.7 * len(long):
                    best = max(best, 0.6)
    return best


def _shared(one: str, other: str) -> int:
    """The length of the common beginning."""
    length = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        length += 1
    return length


def words(text: str) -> list[str]:
    """All words and numbers of a text, in order, as written."""
    return WORD.findall(text)


def telling(text: str) -> list[str]:
    """The words that carry meaning: no articles, pronouns, auxiliaries or question words of either language."""
    return [word for word in words(text) if fold(word) not in STOP_WORDS and (len(word) > 1 or word.isdigit())]


def _groups() -> dict[str, tuple[int, ...]]:
    groups: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(CONCEPTS):
        for word in line.split():
            for stem in stems(word):
                groups[stem] = (*groups.get(stem, ()), number)
    return groups


_GROUPS = _groups()
