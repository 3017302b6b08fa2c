"""Read the small Markdown dialect of samples/source: front matter, headings, paragraphs, lists, tables, notes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """One block: kind is heading, paragraph, bullets, numbers, table, note or directive."""

    kind: str
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Source:
    """A text with its front matter (``key: value`` lines before the first other line) and its blocks."""

    meta: dict[str, str]
    blocks: tuple[Block, ...]
    body: str = field(repr=False, default="")


def load(*paths: Path) -> Source:
    """Read one text, kept in one file or several; raises ValueError when the first has no front matter."""
    lines = "\n".join(path.read_text(encoding="utf-8") for path in paths).splitlines()
    meta: dict[str, str] = {}
    while lines and (found := re.match(r"([a-z]+): (.*)", lines[0])):
        meta[found[1]] = found[2].strip()
        lines.pop(0)
    if not meta:
        raise ValueError(f"{paths[0].name} has no front matter")
    return Source(meta, tuple(_blocks(lines)), "\n".join(lines).strip() + "\n")


def _blocks(lines: list[str]) -> list[Block]:
    blocks: list[Block] = []
    for group in _groups(lines):
        first = group[0]
        if found := re.match(r"(#+) (.*)", first):
            blocks.append(Block("heading", found[2], len(found[1])))
        elif first.startswith("@"):
            blocks.append(Block("directive", first[1:]))
        elif first.startswith("|"):
            cells = [tuple(c.strip() for c in line.strip().strip("|").split("|")) for line in group]
            blocks.append(Block("table", rows=(cells[0], *cells[2:])))
        elif first.startswith("- "):
            blocks.append(Block("bullets", rows=tuple((line[2:],) for line in group)))
        elif re.match(r"\d+\. ", first):
            blocks.append(Block("numbers", rows=tuple((re.sub(r"^\d+\. ", "", line),) for line in group)))
        elif first.startswith("> "):
            blocks.append(Block("note", " ".join(line[2:] for line in group)))
        else:
            blocks.append(Block("paragraph", "\n".join(group)))
    return blocks


def _groups(lines: list[str]) -> list[list[str]]:
    """Split at blank lines and wherever the kind of line changes; a heading always stands alone."""
    groups: list[list[str]] = []
    last = ""
    for line in lines:
        kind = _kind(line)
        if kind != "blank":
            if kind == last and kind not in ("heading", "directive"):
                groups[-1].append(line)
            else:
                groups.append([line])
        last = kind
    return groups


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if re.match(r"\d+\. ", line):
        return "numbers"
    return {"#": "heading", "@": "directive", "|": "table", "-": "bullets", ">": "note"}.get(line[0], "paragraph")


def runs(text: str) -> list[tuple[str, bool]]:
    """Split inline text into (words, bold) at ``**``."""
    return [(part, index % 2 == 1) for index, part in enumerate(text.split("**")) if part]
