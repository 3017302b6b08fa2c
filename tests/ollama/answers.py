"""What the model says: sentences of the passages it was given, each with the passage's number. Always the same."""

from __future__ import annotations

import hashlib
import math
import re
import struct
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from tests.ollama.vectors import COMMON, stem

ROLE = re.compile(r"<\|(system|user|assistant|tool|end)\|>|<s>")
MARKED = re.compile(r"^\s*(?:[-*>#]\s*)?\[(\d{1,4})\]:?\s*", re.MULTILINE)
TAGGED = re.compile(r"<\w+[^>]*?\b(?:id|n|number|index)=\"?(\d{1,4})\"?[^>]*>(.*?)</\w+>", re.DOTALL)
ASKED = re.compile(r"^\W*(?:the )?(?:user'?s )?(?:question|query|frage)\W{0,3}:\W*(.+)$", re.IGNORECASE | re.MULTILINE)
SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s)[^.!?\n]*)*[.!?]*")
ASKING = frozenset(
    re.findall(
        r"\w+",
        """
        what who when where why how which whom whose did does do can could would is are was were the a wer was wann wo
        warum wie welche welcher welches wem wen hat haben kann
        """,
    )
)
GERMAN = re.compile(r"\b(?:der|die|das|und|ist|wer|wie|wann|welche[rs]?|nicht|ein|eine|für)\b", re.IGNORECASE)
AT_MOST = 3  # sentences in an answer


@dataclass(frozen=True)
class Passage:
    number: int
    text: str


@dataclass(frozen=True)
class Read:
    """A prompt taken apart."""

    passages: tuple[Passage, ...]
    question: str
    rest: str  # the last message of the person, without its passages
    last: str  # the same, whole


@lru_cache(maxsize=64)
def read(prompt: str) -> Read:
    """Passages are lines that begin with `[n]`, or numbered tags; the question follows "Question:" or has a "?"."""
    pieces = ROLE.split(prompt)
    parts: list[tuple[str, str]] = []
    role = "user"
    for place, piece in enumerate(pieces):
        if place % 2:
            role = piece if piece and piece != "end" else role
        elif piece.strip():
            parts.append((role, piece))
    last = next((text for role, text in reversed(parts) if role != "assistant"), "")
    passages: dict[int, str] = {}
    for role, text in parts:
        if role != "assistant":
            passages |= _passages(text)
    found = ASKED.findall(last)
    rest = MARKED.split(last)[0] if passages and not found else last
    question = found[-1].strip() if found else _question(last, rest)
    return Read(tuple(Passage(number, text) for number, text in sorted(passages.items())), question, rest, last)


def _passages(text: str) -> dict[int, str]:
    tagged = {int(number): inner.strip() for number, inner in TAGGED.findall(text)}
    pieces = MARKED.split(text)
    marked = {int(pieces[i]): _until_question(pieces[i + 1]) for i in range(1, len(pieces) - 1, 2)}
    return tagged | {number: inner for number, inner in marked.items() if inner}


def _until_question(text: str) -> str:
    asked = ASKED.search(text)
    return re.split(r"\n\s*\n\s*(?=\S[^\n]*\?\s*$)", text[: asked.start()] if asked else text)[0].strip()


def _question(last: str, rest: str) -> str:
    asking = [found.strip() for found in SENTENCE.findall(last) if found.rstrip().endswith("?")]
    lines = [line.strip() for line in (rest or last).splitlines() if line.strip()]
    return asking[-1] if asking else (lines[-1] if lines else "")


def sentences(text: str) -> list[str]:
    return [found.strip() for found in SENTENCE.findall(text) if len(found.strip()) > 2]


def content_words(text: str) -> list[str]:
    return [stem(word) for word in re.findall(r"\w+", text.lower()) if word not in COMMON and word not in ASKING]


@lru_cache(maxsize=512)
def answer(prompt: str) -> str:
    """The sentences that share most with the question, or that there are none; a summary where nothing is asked."""
    told = read(prompt)
    if not told.passages:
        return summary(told.last)
    pool = [(passage.number, one) for passage in told.passages for one in sentences(passage.text)]
    words = {place: set(content_words(one)) for place, (_, one) in enumerate(pool)}
    spread = Counter(word for found in words.values() for word in found)
    asked = set(content_words(told.question))
    weight = {word: math.log(1 + len(pool) / spread[word]) for word in asked if word in spread}
    score = {
        place: sum(weight[word] for word in found & weight.keys()) * (1.0 if pool[place][1][-1:] in ".!?" else 0.6)
        for place, found in words.items()
    }
    best = max(score.values(), default=0.0)
    covered = max((len(found & asked) for found in words.values()), default=0)
    if not best or covered * 3 < len(asked):
        german = len(GERMAN.findall(told.question)) >= 2
        return "Die Dokumente beantworten das nicht." if german else "The documents do not answer this."
    chosen = sorted(score, key=lambda place: (-score[place], place))[:AT_MOST]
    lines: list[str] = []
    for place in sorted(place for place in chosen if score[place] >= 0.6 * best):
        number, one = pool[place]
        line = f"{one.rstrip('.!?').rstrip()} [{number}]."
        if line not in lines:
            lines.append(line)
    return " ".join(lines)


def summary(text: str) -> str:
    """The sentences with the most frequent words, in their order."""
    pool = [one for one in sentences(text) if not one.endswith((":", "?"))]
    if not pool:
        return f"You said: {text.strip()}" if text.strip() else "There is nothing to answer."
    spread = Counter(word for one in pool for word in set(content_words(one)))

    def score(place: int) -> float:
        found = content_words(pool[place])
        return sum(spread[word] for word in found) / math.sqrt(len(found) + 1)

    chosen = sorted(sorted(range(len(pool)), key=lambda place: -score(place))[:AT_MOST])
    return " ".join(pool[place] if pool[place][-1] in ".!?" else pool[place] + "." for place in chosen)


def thoughts(prompt: str) -> str:
    told = read(prompt)
    count = len(told.passages)
    return f"The question is: {told.question[:200]} I have {count} passages and look for the words it shares with them."


def picture(image: bytes, prompt: str) -> str:
    """A description of an image: what its first bytes say, and the words that came with it."""
    kind, size = "picture", ""
    if image.startswith(b"\x89PNG") and len(image) >= 24:
        kind, size = "PNG picture", " of {} by {} pixels".format(*struct.unpack(">II", image[16:24]))
    elif image.startswith(b"\xff\xd8"):
        kind = "JPEG photograph"
    elif image.startswith(b"GIF8") and len(image) >= 10:
        kind, size = "GIF picture", " of {} by {} pixels".format(*struct.unpack("<HH", image[6:10]))
    mark = hashlib.sha256(image).hexdigest()[:8]
    words = [
        word for word in dict.fromkeys(re.findall(r"[^\W\d_]{4,}", read(prompt).last)) if word.lower() not in COMMON
    ]
    shown = f" It shows {', '.join(words[-6:])}." if words else ""
    return f"A {kind}{size}, known as {mark}.{shown}"
