"""Citations checked against what was retrieved: a quote must be a run of its passage's text, or it is dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.answering.extract import Source
from core.answering.words import fold, likeness, telling
from core.records import Citation, Passage
from core.splitting.sentences import sentences

_ENOUGH = 0.5  # share of a sentence's words that a run must say to be taken as its source


@dataclass(frozen=True, slots=True)
class Draft:
    """A piece of an answer as a synthesizer gives it: Markdown without markers, and the sources it claims.

    A source with an empty quote names the passage only; the run that backs the text is then looked for. `claim` is
    False for our own words (a refusal, a lead-in), which need no source.
    """

    text: str
    sources: tuple[Source, ...] = ()
    claim: bool = True


@dataclass(slots=True)
class Referee:
    """Numbers the citations of one answer and counts how much of it is backed. One per run."""

    passages: Sequence[Passage]
    citations: list[Citation] = field(default_factory=list)
    sentences: int = 0
    backed: int = 0
    refused: list[str] = field(default_factory=list)  # quotes that are not in what was retrieved

    def admit(self, draft: Draft) -> tuple[str, tuple[Citation, ...]]:
        """The draft's text with its `[n]` markers, and the citations that are new."""
        known = len(self.citations)
        numbers = []
        for source in draft.sources:
            number = self._number(source, draft.text)
            if number and number not in numbers:
                numbers.append(number)
        if draft.claim:
            count = max(1, len(sentences(draft.text)))
            self.sentences += count
            self.backed += count if numbers else 0
        text = draft.text
        if numbers:
            text += " " + "".join(f"[{number}]" for number in sorted(numbers))
        return text, tuple(self.citations[known:])

    @property
    def grounded(self) -> float:
        """The share of claimed sentences that a checked citation backs, 0 to 1; 0 when nothing is claimed."""
        return self.backed / self.sentences if self.sentences else 0.0

    def _number(self, source: Source, text: str) -> int:
        if not 0 <= source.passage < len(self.passages):
            self.refused.append(source.quote)
            return 0
        passage = self.passages[source.passage]
        quote = run(source.quote, passage.chunk.text) if source.quote.strip() else backing(text, passage.chunk.text)
        if not quote:
            self.refused.append(source.quote)
            return 0
        for citation in self.citations:
            if citation.chunk_id == passage.chunk.chunk_id and citation.quote == quote:
                return citation.n
        self.citations.append(
            Citation(
                n=len(self.citations) + 1,
                document_id=passage.chunk.document_id,
                document=passage.document,
                page=page_of(passage, quote),
                chunk_id=passage.chunk.chunk_id,
                quote=quote,
                heading=passage.chunk.heading,
            )
        )
        return len(self.citations)


def run(quote: str, text: str) -> str:
    """The run of `text` that `quote` is, white space aside; empty if there is none."""
    parts = quote.split()
    if not parts:
        return ""
    if quote in text:
        return quote.strip()
    found = re.search(r"\s+".join(map(re.escape, parts)), text)
    return found[0] if found else ""


def backing(claim: str, text: str) -> str:
    """The sentence of `text` that says most of what `claim` says; empty if none says half of it."""
    wanted = telling(claim)
    best, quote = 0.0, ""
    for start, end in sentences(text):
        words = telling(text[start:end])
        share = sum(max((likeness(one, other) for other in words), default=0.0) for one in wanted) / max(1, len(wanted))
        figures = {fold(word) for word in wanted if word[:1].isdigit()} - {fold(word) for word in words}
        share -= 0.2 * len(figures)
        if share > best:
            best, quote = share, text[start:end]
    return quote if best >= _ENOUGH else ""


def page_of(passage: Passage, quote: str) -> int | None:
    """The page a quote is on. A chunk that spans two pages is cited by the page its quote most likely stands on."""
    chunk = passage.chunk
    if chunk.page is None or chunk.page_end in (None, chunk.page) or chunk.page_end is None:
        return chunk.page
    at = chunk.text.find(quote)
    share = (at + len(quote) / 2) / max(1, len(chunk.text)) if at >= 0 else 0.0
    return min(chunk.page_end, chunk.page + int(share * (chunk.page_end - chunk.page + 1)))
