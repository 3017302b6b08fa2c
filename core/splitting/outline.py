"""From pages to units: the heading path over each block, and paragraphs that run over a page break."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from core.splitting.units import BLOCK, HEADINGS, ITEM, NEVER, Run, Span, Unit, compact_table, without_rules
from storage.records import Block, BlockKind, Page

LONGEST_HEADING = 200  # characters; anything longer that claims to be a heading is read as a paragraph
_NUMBERED = re.compile(r"[\W\d_]*[ivxlcdm]*[\W\d_]*", re.IGNORECASE)  # a label that is only a page number
_ENDED = re.compile(r"[.!?:;…。！？][\"'”’“‘»«›)\]]*$")
_SHORTEST_RUNNING = 40  # characters; a shorter paragraph without a full stop is a label, not a sentence running over
_KEPT_HYPHEN = re.compile(r"(?:and|or|und|oder|bis|to|sowie|bzw)\b", re.IGNORECASE)


def squeeze(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


class Outline:
    """Turns the blocks of pages into units, in order, each with its heading path. One per document."""

    def __init__(self, title: str, count: Callable[[str], int]) -> None:
        self._title = squeeze(title).casefold()
        self._count = count
        self._headings: list[tuple[int, str]] = []
        self._label = ""
        self._opens = False
        self._previous: BlockKind | None = None
        self._leads_in = False  # the block before ends in a colon, or is a caption

    def units(self, pages: Iterable[Page]) -> Iterator[Unit]:
        """One unit per block. A page's last paragraph waits for the next page, in case its sentence goes on there."""
        waiting: Run | None = None
        for page in pages:
            blocks = [block for block in page.blocks if block.text.strip()]
            if not blocks:
                continue
            if waiting is not None:
                if blocks[0].kind is BlockKind.PARAGRAPH and not self._new_label(page) and _runs_on(waiting, blocks[0]):
                    waiting = _join(waiting, blocks[0], page.number)
                    blocks = blocks[1:]
                if blocks:
                    yield self._unit(waiting, BlockKind.PARAGRAPH)
                    waiting = None
            self._enter(page)
            for number, block in enumerate(blocks):
                run = _run(block, page.number)
                last = number == len(blocks) - 1
                if last and block.kind is BlockKind.PARAGRAPH and not _ENDED.search(run.text):
                    waiting = run
                else:
                    yield self._block(run, block)
        if waiting is not None:
            yield self._unit(waiting, BlockKind.PARAGRAPH)

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above the place that was reached, outermost first."""
        return tuple(text for _, text in self._headings)

    def _new_label(self, page: Page) -> bool:
        """Whether another sheet begins. A page with a size has a printed number for a label ("iv", "T-1"), no name."""
        return not page.width and page.label != self._label and not _NUMBERED.fullmatch(page.label)

    def _enter(self, page: Page) -> None:
        """A sheet's name stands above all that is on it."""
        if self._new_label(page):
            self._headings = [(-1, squeeze(page.label)[:LONGEST_HEADING])]
            self._opens = True
        self._label = page.label

    def _block(self, run: Run, block: Block) -> Unit:
        if block.kind in HEADINGS and len(run.text) <= LONGEST_HEADING:
            level = 0 if block.kind is BlockKind.TITLE else max(block.level, 1)
            while self._headings and self._headings[-1][0] >= level:
                self._headings.pop()
            text = squeeze(run.text)
            if block.kind is not BlockKind.TITLE or text.casefold() != self._title:
                self._headings.append((level, text))
            return self._unit(run, block.kind)
        return self._unit(run, BlockKind.PARAGRAPH if block.kind in HEADINGS else block.kind)

    def _unit(self, run: Run, kind: BlockKind) -> Unit:
        rank = ITEM if kind is BlockKind.LIST_ITEM and self._previous is BlockKind.LIST_ITEM else BLOCK
        if self._leads_in or (kind is BlockKind.CAPTION and self._previous in (BlockKind.TABLE, BlockKind.PICTURE)):
            rank = NEVER
        opens, self._opens = self._opens, False
        self._previous = kind
        self._leads_in = kind not in HEADINGS and (
            run.text.endswith((":", "：")) or (kind is BlockKind.CAPTION and rank is not NEVER)
        )
        tokens = self._count(without_rules(run.text))
        return Unit(run, 0, len(run.text), tokens, kind, self.path, rank, opens=opens)


def _run(block: Block, section: int) -> Run:
    """The block's text without the white space around it, and where it stands."""
    if block.kind is BlockKind.CODE:
        text = block.text.strip("\r\n").rstrip()
        dropped = len(block.text) - len(block.text.lstrip("\r\n"))
    elif block.kind is BlockKind.TABLE:
        text, dropped = compact_table(block.text), 0
    else:
        text, dropped = block.text.strip(), len(block.text) - len(block.text.lstrip())
    start, end = block.start, max(block.end, block.start)
    if end - start == len(block.text) and block.kind is not BlockKind.TABLE:
        start, end = start + dropped, start + dropped + len(text)
    return Run(text, (Span(0, len(text), section, start, end),))


def _runs_on(run: Run, block: Block) -> bool:
    """Whether the sentence at the end of the run goes on in the block, the first one of the next page."""
    text = block.text.lstrip()
    if text[:1].islower():
        return True
    return (
        len(run.text) >= _SHORTEST_RUNNING and text[:1].isalnum() and (run.text[-1].isalnum() or run.text[-1] in ",-–")
    )


def _join(run: Run, block: Block, section: int) -> Run:
    """One paragraph of two. A word that was hyphenated at the page's end is put together again."""
    after = _run(block, section)
    text, between = run.text, " "
    if text.endswith(("-", "\u00ad")) and text[-2:-1].isalpha() and after.text[:1].islower():
        between = ""
        if not _KEPT_HYPHEN.match(after.text):
            text = text[:-1]
        else:
            between = " "
    offset = len(text) + len(between)
    span = after.spans[0]
    return Run(text + between + after.text, (*run.spans, Span(offset, span.length, span.section, span.start, span.end)))
