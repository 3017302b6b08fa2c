"""Pages in, chunks out, as a stream: a chunk leaves as soon as it is full, long before the last page is read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from core.language import detect
from core.splitting.outline import Outline, squeeze
from core.splitting.packing import Packer, shared_path
from core.splitting.units import CHARACTERS_A_TOKEN, Unit, without_rules
from storage.records import BlockKind, Chunk, Page

SEPARATOR = " › "  # between the headings of a path
LONGEST_PREFIX = 120  # bytes of the heading path that are embedded with each chunk; a byte is at most a token
LONGEST_GAP = 16  # characters of white space that are kept within a block
SMALLEST_LIMIT = 160  # tokens; below this a heading path and a sentence do not fit


def split(
    pages: Iterable[Page],
    *,
    document_id: str,
    version_id: str,
    title: str,
    paged: bool,
    count_tokens: Callable[[str], int],
    limit: int,
) -> Iterator[Chunk]:
    """The chunks of a document, in reading order, while its pages are still coming.

    `count_tokens` counts as the embedding model does, its special tokens included; `limit` is the most it sees.
    `embedding_text` of a chunk never has more. No text is lost and none is doubled, but for the head of a table that
    had to be cut, which each part begins with. Headings stand in the path of the chunks below them; a heading with
    nothing below it, or one that a chunk of several tiny sections spans, stands in the text. The same pages give the
    same chunks, ids included. `paged` says whether the sections are pages that a person could turn to.
    Raises ValueError when `limit` is below 160 tokens.
    """
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"A limit of {limit} tokens is too small to split for.")
    special = count_tokens("")

    longest = limit * CHARACTERS_A_TOKEN

    def count(text: str) -> int:
        # What is too long by its characters alone is taken apart anyway: no need to tokenize megabytes.
        return len(text) if len(text) > longest else count_tokens(text) - special

    prefixes: dict[tuple[str, ...], int] = {}

    def prefix_tokens(path: tuple[str, ...]) -> int:
        if path not in prefixes:
            prefixes[path] = count(heading_prefix(title, SEPARATOR.join(path)))
        return prefixes[path]

    rooms: dict[tuple[str, ...], int] = {}

    def room(path: tuple[str, ...]) -> int:
        if path not in rooms:  # a chunk that spans several sections is headed by what their paths begin with
            rooms[path] = limit - special - max(prefix_tokens(path[:size]) for size in range(len(path) + 1))
        return rooms[path]

    language = ""
    packer = Packer(count, room, paged=paged)
    for ordinal, units in enumerate(packer.pack(Outline(title, count).units(pages))):
        chunk = _chunk(units, document_id, version_id, ordinal, title, paged=paged, language=language)
        language = chunk.language
        written = _written(units)
        tokens = special + prefix_tokens(_heading(units)) + written[0].header_tokens
        yield replace(chunk, tokens=tokens + sum(unit.tokens for unit in written))


def embedding_text(chunk: Chunk, title: str) -> str:
    """What the model embeds for a chunk: the end of its heading path, the document's title first, and its text."""
    prefix = heading_prefix(title, chunk.heading)
    text = without_rules(chunk.text)
    return f"{prefix}\n{text}" if prefix else text


def heading_prefix(title: str, heading: str) -> str:
    """Title and heading path on one line of at most 120 bytes; what is outermost is dropped first."""
    parts = [squeeze(title), *(squeeze(part) for part in heading.split(SEPARATOR))]
    if len(parts) > 1 and parts[0].casefold() == parts[1].casefold():
        del parts[0]
    parts = [part for part in parts if part]
    while len(parts) > 1 and len(SEPARATOR.join(parts).encode(errors="replace")) > LONGEST_PREFIX:
        del parts[0]
    joined = SEPARATOR.join(parts)
    if len(joined.encode(errors="replace")) <= LONGEST_PREFIX:
        return joined
    kept = joined.encode(errors="replace")[:LONGEST_PREFIX].decode(errors="ignore")
    return kept.rpartition(" ")[0] or kept


def _heading(units: Sequence[Unit]) -> tuple[str, ...]:
    """The path that all of a chunk's text stands below."""
    body = [unit.path for unit in units if not unit.is_heading]
    return shared_path(body or [unit.path[:-1] for unit in units])


def _written(units: Sequence[Unit]) -> list[Unit]:
    """The units that appear in the chunk's text: all but the headings that its path already names."""
    path = _heading(units)
    bare = not any(not unit.is_heading for unit in units)
    return [
        unit for unit in units if not unit.is_heading or unit.path != path[: len(unit.path)] or (bare and not unit.path)
    ]


def _chunk(
    units: Sequence[Unit], document_id: str, version_id: str, ordinal: int, title: str, *, paged: bool, language: str
) -> Chunk:
    """The chunk of these units. `language` is that of the chunk before, for a text too short to tell."""
    written = _written(units)
    text = _text(written)
    section, start = written[0].run.place(written[0].begin, closing=False)
    section_end, end = written[-1].run.place(written[-1].end, closing=True)
    heading = SEPARATOR.join(_heading(units))
    chunk = Chunk(
        chunk_id=hashlib.sha256(f"{version_id}\n{ordinal}\n{text}".encode(errors="replace")).hexdigest()[:32],
        document_id=document_id,
        version_id=version_id,
        ordinal=ordinal,
        text=text,
        text_hash="",
        heading=heading,
        kind=_kind(written),
        language=detect(text, language) or language,
        section=section,
        section_end=section_end,
        start=start,
        end=end,
        page=section if paged else None,
        page_end=section_end if paged else None,
    )
    embedded = embedding_text(chunk, title)
    return replace(chunk, text_hash=hashlib.sha256(embedded.encode(errors="replace")).hexdigest())


def _text(units: Sequence[Unit]) -> str:
    """The units as they stand in the document; a table that begins in its middle gets its head."""
    parts = [f"{units[0].header}\n"] if units[0].header else []
    before: Unit | None = None
    for unit in units:
        if before is not None:
            parts.append(_gap(before, unit))
        parts.append(unit.text)
        before = unit
    return "".join(parts)


def _gap(before: Unit, unit: Unit) -> str:
    """What stands between two units: what the document has there, or a blank line between blocks."""
    if before.run is unit.run:
        gap = unit.run.text[before.end : unit.begin]
        if len(gap) <= LONGEST_GAP:
            return gap
        return "\n\n" if "\n" in gap else " "
    close = before.is_heading or (before.kind is BlockKind.LIST_ITEM and unit.kind is BlockKind.LIST_ITEM)
    return "\n" if close else "\n\n"


def _kind(units: Sequence[Unit]) -> BlockKind:
    """The kind of most of the text; prose of several kinds is a paragraph."""
    if all(unit.is_heading for unit in units):
        return BlockKind.HEADING
    weights: Counter[BlockKind] = Counter()
    for unit in (unit for unit in units if not unit.is_heading):
        weights[unit.kind] += max(unit.weight, 1)
    kind, weight = weights.most_common(1)[0]
    return kind if weight * 2 > weights.total() else BlockKind.PARAGRAPH
