"""Documents' text as HTML that we build ourselves: every character of it escaped, reading direction found by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from components.escape import in_html
from core.records import Block, BlockKind, Chunk

_CELL = re.compile(r"(?<!\\)\|")
_NUMBERED = re.compile(r"\s*[(\[]?(\d{1,3}|[a-z])[.)\]]\s")
_RULE = re.compile(r"\s*:?-+:?\s*")
_WHOLE = re.compile(r"(?=\S*[-–/])\S{1,14}")  # dates and numbers of invoices: broken at their hyphens they read badly


def blocks_html(blocks: Iterable[Block | Chunk], quote: str = "") -> str:
    """Blocks as HTML, the quote marked where it is found (white space does not matter)."""
    body = "".join(_block(block.kind, block.text, getattr(block, "level", 0), quote) for block in blocks)
    return f'<div class="qw-reading">{body}</div>'


def context_html(
    before: Sequence[Block], passage: Sequence[Block], after: Sequence[Block], quote: str, anchor: str
) -> str:
    """A passage in its context: the passage stands out, the quote in it is marked. `anchor` is the element's id."""
    inner = "".join(_block(block.kind, block.text, block.level, quote) for block in passage)
    return (
        f'<div class="qw-reading" id="{in_html(anchor)}">'
        f'<div class="qw-around">{"".join(_block(item.kind, item.text, item.level, "") for item in before)}</div>'
        f'<div class="qw-passage">{inner}</div>'
        f'<div class="qw-around">{"".join(_block(item.kind, item.text, item.level, "") for item in after)}</div>'
        "</div>"
    )


def quote_html(quote: str) -> str:
    """A quote on its own."""
    return f'<div class="qw-reading"><div class="qw-passage"><p dir="auto">{in_html(quote)}</p></div></div>'


def _block(kind: BlockKind, text: str, level: int, quote: str) -> str:
    if kind in (BlockKind.TITLE, BlockKind.HEADING):
        return f'<p class="qw-heading" dir="auto">{marked(text, quote)}</p>'
    if kind == BlockKind.TABLE and "|" in text:
        return _table(text, quote)
    if kind == BlockKind.CODE:
        return f"<pre><code>{marked(text, quote)}</code></pre>"
    if kind == BlockKind.LIST_ITEM:
        indent = max(0, level - 1)
        shape = "qw-item qw-numbered" if _NUMBERED.match(text) else "qw-item"
        return (
            f'<p class="{shape}" dir="auto" style="margin-inline-start:{1.2 * indent:.1f}em">{marked(text, quote)}</p>'
        )
    shape = ' class="qw-aside"' if kind in (BlockKind.CAPTION, BlockKind.PICTURE) else ""
    return f'<p{shape} dir="auto">{marked(text, quote)}</p>'


def marked(text: str, quote: str) -> str:
    """Escaped text with the quote inside `<mark>`; when only a part of the quote is in this text, that part."""
    found = _find(text, quote)
    if found is None:
        return in_html(text)
    start, end = found
    return f"{in_html(text[:start])}<mark>{in_html(text[start:end])}</mark>{in_html(text[end:])}"


def _find(text: str, quote: str) -> tuple[int, int] | None:
    words = quote.split()
    if not words or not text.strip():
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    if found:
        return found.span()
    own = text.split()
    if len(own) >= 4 and " ".join(own) in " ".join(words):
        return 0, len(text)
    return None


def _table(text: str, quote: str) -> str:
    rows = [[cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip().strip("|"))]
            for line in text.splitlines() if "|" in line]  # fmt: skip
    rows = [row for row in rows if not all(_RULE.fullmatch(cell) for cell in row)]
    if not rows:
        return f'<p dir="auto">{marked(text, quote)}</p>'
    flat = " ".join(re.sub(r"[|\s]+", " ", quote).split())
    head = "".join(f'<th dir="auto">{in_html(cell)}</th>' for cell in rows[0])
    body = "".join(_table_row(row, flat) for row in rows[1:])
    return f'<div class="qw-table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _table_row(cells: list[str], quote: str) -> str:
    filled = [cell for cell in cells if cell]
    hit = bool(quote) and bool(filled) and all(" ".join(cell.split()) in quote for cell in filled)
    body = "".join(f'<td{_shape(cell)} dir="auto">{marked(cell, "" if hit else quote)}</td>' for cell in cells)
    return f'<tr class="qw-hit">{body}</tr>' if hit else f"<tr>{body}</tr>"


def _shape(cell: str) -> str:
    return ' class="qw-whole"' if _WHOLE.fullmatch(cell) else ""
