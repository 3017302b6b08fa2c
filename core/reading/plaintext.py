"""Plain text and source code, streamed: paragraphs by blank lines, code by its top-level definitions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import TypeVar

from core.reading.encoding import opened
from core.reading.protocol import Found, ReadContext
from core.reading.sections import Piece, clean, one_line, pages_from, prose, sections
from storage.records import BlockKind, DocumentHead

_T = TypeVar("_T")

_LONGEST_PARAGRAPH = 4_000  # characters; a log without blank lines is cut at its line ends
_LONGEST_LINE = 8_000
_CODE_LINES = 120
_LONGEST_SIGNATURE = 200  # characters of a line that are looked at for a definition, so that no line costs much
_WRAPPED = (45, 160)  # lines of such and similar lengths were wrapped by a program: one paragraph, not several lines

_UNDERLINE = re.compile(r"(={3,}|-{3,}|~{3,})\s*")
_NUMBERED = re.compile(r"((\d{1,2}(\.\d{1,2}){0,3}\.?)|([IVXL]{1,5}\.))\s+[^\W\d_].{1,78}")
_CHAPTER = re.compile(
    r"(chapter|part|section|appendix|kapitel|teil|abschnitt|anhang)\s+([\dIVXL]+|[A-Z])\b.{0,70}", re.I
)
_BULLET = re.compile(r"(\s*)(?:[-*•–▪◦]|(\d{1,3}[.)]|[a-z]\)))\s+(?=\S)")

_LANGUAGES = {
    "py": "python", "pyi": "python", "js": "javascript", "mjs": "javascript", "ts": "typescript", "tsx": "typescript",
    "jsx": "javascript", "java": "java", "kt": "kotlin", "c": "c", "h": "c", "cc": "c++", "cpp": "c++", "hpp": "c++",
    "cs": "c#", "go": "go", "rs": "rust", "rb": "ruby", "php": "php", "pl": "perl", "r": "r", "jl": "julia",
    "lua": "lua", "sh": "shell", "bash": "shell", "zsh": "shell", "ps1": "powershell", "bat": "batch", "sql": "sql",
    "swift": "swift", "scala": "scala", "css": "css", "scss": "css", "json": "json", "xml": "xml", "yaml": "yaml",
    "yml": "yaml", "toml": "toml", "ini": "ini", "cfg": "ini", "tex": "latex", "proto": "protobuf", "hs": "haskell",
}  # fmt: skip
_SHEBANGS = {"python": "python", "node": "javascript", "bash": "shell", "sh": "shell", "perl": "perl", "ruby": "ruby"}

_DEFINITION = re.compile(
    r"(?:export\s+|default\s+|public\s+|private\s+|protected\s+|internal\s+|static\s+|abstract\s+|final\s+|async\s+"
    r"|unsafe\s+|pub(?:\([^)]*\))?\s+|extern\s+|inline\s+|virtual\s+)*"
    r"(?:def|class|function|func|fn|fun|sub|interface|struct|enum|trait|impl|module|namespace|object|record|type|macro"
    r"|CREATE|create|INSERT|\w[\w.]*\s*(?:<-|=)\s*function)\b"
    r"|[\w:<>*&\[\],\s]+\s\**\w+\s*\([^;]*\)\s*(?:const\s*)?\{?\s*$|\w+\s*\(\)\s*\{"
    r"|(?:export\s+)?(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:\(|function\b)"
)
_LEADING = re.compile(r"(@|#(?!include|define|if|end|pragma)|//|--|/\*|\*)")


def read_text(path: Path, name: str, ctx: ReadContext) -> Iterator[Found]:  # noqa: ARG001 (as every reader)
    """Read a plain text file in sections. Raises EmptyDocument when there is only white space."""
    with opened(path) as file:
        pieces = text_pieces(_lines(file))
        first = next(pieces, None)
        title = first.text if first and first.kind is BlockKind.HEADING else ""
        yield DocumentHead("text", title)
        yield from pages_from(sections(_after(first, pieces)), ctx.start_page, "text file")


def read_code(path: Path, name: str, ctx: ReadContext) -> Iterator[Found]:
    """Read source code in sections, a block per top-level definition. `metadata["language"]` names the language."""
    with opened(path) as file:
        lines = _lines(file)
        first = next(lines, "")
        language = _language(name, first)
        yield DocumentHead("code", "", None, {"language": language} if language else {})
        yield from pages_from(sections(code_pieces(_after(first, lines))), ctx.start_page, "source file")


def text_pieces(lines: Iterable[str], headings: bool = True) -> Iterator[Piece]:
    """Paragraphs, list items and (cautiously) headings of plain text. `headings` False: none are looked for."""
    waiting: list[str] = []
    size = 0
    for line in lines:
        if line.strip():
            waiting.append(line)
            size += len(line)
            if size < _LONGEST_PARAGRAPH:
                continue
        yield from _paragraph(waiting, headings)
        waiting, size = [], 0
    yield from _paragraph(waiting, headings)


def code_pieces(lines: Iterable[str]) -> Iterator[Piece]:
    """Blocks of code, cut before top-level definitions together with the comments above them."""
    waiting: list[str] = []
    size = 0
    for line in lines:
        if waiting and line[:1].strip() and _DEFINITION.match(line[:_LONGEST_SIGNATURE]):
            lead = len(waiting)
            while lead and _LEADING.match(waiting[lead - 1]):
                lead -= 1
            yield from _code(waiting[:lead])
            waiting = waiting[lead:]
            size = sum(map(len, waiting))
        full = len(waiting) >= _CODE_LINES or size >= _LONGEST_PARAGRAPH
        if full and (not line.strip() or len(waiting) >= 2 * _CODE_LINES or size >= 2 * _LONGEST_PARAGRAPH):
            yield from _code(waiting)
            waiting, size = [], 0
        waiting.append(line)
        size += len(line)
    yield from _code(waiting)


def _lines(file: Iterable[str]) -> Iterator[str]:
    """Cleaned lines without their ends; endless ones are cut at blanks."""
    for raw in file:
        for line in clean(raw.rstrip("\r\n").replace("\f", "\n\n")).split("\n"):
            rest = line
            while len(rest) > _LONGEST_LINE:
                cut = rest.rfind(" ", _LONGEST_LINE // 2, _LONGEST_LINE)
                cut = cut if cut > 0 else _LONGEST_LINE
                yield rest[:cut]
                rest = rest[cut:]
            yield rest


def _after(first: _T | None, rest: Iterator[_T]) -> Iterator[_T]:
    if first is not None:
        yield first
    yield from rest


def _paragraph(lines: list[str], headings: bool) -> Iterator[Piece]:
    if not lines:
        return
    if headings and len(lines) >= 2 and (rule := _UNDERLINE.fullmatch(lines[1])) and len(lines[0].strip()) <= 100:
        yield Piece(BlockKind.HEADING, one_line(lines[0]), 1 if rule.group(1)[0] == "=" else 2)
        yield from _paragraph(lines[2:], headings)
    elif headings and len(lines) == 1 and (level := _heading_level(lines[0].strip())):
        yield Piece(BlockKind.HEADING, one_line(lines[0]), level)
    elif _BULLET.match(lines[0]):
        yield from _list(lines)
    else:
        before = next((at for at, line in enumerate(lines) if at and _BULLET.match(line)), len(lines))
        if len(lines) - before < 2 or not all(_BULLET.match(line) or line[:1] in " \t" for line in lines[before:]):
            before = len(lines)
        yield Piece(BlockKind.PARAGRAPH, _unwrapped(lines[:before]))
        if before < len(lines):
            yield from _list(lines[before:])


def _heading_level(line: str) -> int:
    """The level of a heading that stands alone on its line; 0 for a line that is none, in case of doubt too."""
    if len(line) > 90 or line[-1] in ".,;:!?" or not any(char.isalpha() for char in line):
        return 0
    if _CHAPTER.fullmatch(line):
        return 1
    if _NUMBERED.fullmatch(line):
        return min(6, 1 + line.split()[0].rstrip(".").count("."))
    letters = [char for char in line if char.isalpha()]
    return 1 if len(letters) >= 4 and all(char.isupper() for char in letters) and len(line) <= 70 else 0


def _list(lines: list[str]) -> Iterator[Piece]:
    indents: list[int] = []
    item: list[str] = []
    level, number = 1, 0
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet is None or (item and _is_wrapped(item, bullet, number)):
            item.append(line)
            continue
        number = int(bullet.group(2)[:-1]) if (bullet.group(2) or "")[:-1].isdecimal() else 0
        if item:
            yield Piece(BlockKind.LIST_ITEM, prose(" ".join(item)), level)
        indent = len(bullet.group(1).expandtabs(4))
        while indents and indents[-1] > indent:
            indents.pop()
        if not indents or indents[-1] < indent:
            indents.append(indent)
        level = len(indents)
        item = [f"{bullet.group(2)} " if bullet.group(2) else "", line[bullet.end() :]]
    yield Piece(BlockKind.LIST_ITEM, prose(" ".join(item)), level)


def _is_wrapped(item: list[str], bullet: re.Match[str], number: int) -> bool:
    """Whether a number that begins a line is a part of the sentence before: "on the\\n1. January"."""
    found = (bullet.group(2) or "")[:-1]
    return found.isdecimal() and int(found) != number + 1 and item[-1].rstrip()[-1:] not in (*".:;!?", "")


def _unwrapped(lines: list[str]) -> str:
    """The paragraph; lines that were wrapped by a program are joined, others (addresses, logs, verse) are kept."""
    short, long = _WRAPPED
    short = max(short, int(0.6 * max(map(len, lines))))
    wrapped = all(short <= len(line.rstrip()) <= long for line in lines[:-1]) and len(lines[-1]) <= long
    quoted = any(line.lstrip().startswith(">") for line in lines)
    return prose((" " if wrapped and not quoted else "\n").join(lines))


def _code(lines: list[str]) -> Iterator[Piece]:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    if text.strip():
        yield Piece(BlockKind.CODE, text)


def _language(name: str, first_line: str) -> str:
    if first_line.startswith("#!"):
        for word, language in _SHEBANGS.items():
            if word in first_line:
                return language
    return _LANGUAGES.get(PurePath(name).suffix.lower().lstrip("."), "")
