"""Kinds of text told apart: encoding first, then what the lines look like, the name only where that leaves a choice."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePath

MAX_RECORD = 8 * 1024 * 1024
"""Bytes of a JSON file that is looked at as a single record; longer ones are shown as code."""

_CODE_SUFFIXES = """
py pyi js mjs ts tsx jsx java kt kts c h cc cpp hpp cs go rs rb php pl pm r rmd jl lua sh bash zsh ps1 bat sql
swift scala clj ex exs erl hs ml fs vb m mm groovy gradle dart zig nim tf proto css scss less vue svelte
json xml xsd xsl svg yaml yml toml ini cfg conf properties env dockerfile makefile cmake tex bib
"""
_BY_NAME = {
    "markdown": ("md", "markdown", "mkd", "mdown"),
    "asciidoc": ("adoc", "asciidoc", "asc"),
    "html": ("html", "htm", "xhtml"),
    "csv": ("csv", "tsv"),
    "email": ("eml",),
    "jsonl": ("jsonl", "ndjson"),
    "code": tuple(_CODE_SUFFIXES.split()),
}
NAMED = {suffix: kind for kind, suffixes in _BY_NAME.items() for suffix in suffixes}

_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_HTML_TAG = re.compile(
    r"</?(p|div|span|a|h[1-6]|ul|ol|li|table|tr|td|br|img|section|article|title)\b[^>]*>", re.IGNORECASE
)
_XML = re.compile(r"\s*<(\?xml\b|!doctype\b|[a-z][\w:.-]*(\s[^<>]*)?>)", re.IGNORECASE)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]")
_HEADERS = """
from to cc subject date message-id received mime-version content-type return-path reply-to delivered-to
dkim-signature in-reply-to references sender
"""
_MAIL_HEADERS = frozenset(_HEADERS.split())
_MARKDOWN = re.compile(
    r"^(#{1,6} \S|```|~~~|[*+-] \[[ xX]\] |> \S|\|.*\|\s*$|!\[[^\]]*\]\([^)]+\)|(={3,}|-{3,})\s*$)|"
    r"\[[^\]\n]+\]\([^)\s]+\)|\*\*[^*\n]+\*\*",
    re.MULTILINE,
)
_MARKDOWN_STRONG = re.compile(r"^(#{1,6} \S|```|\|? ?:?-{3,}:? ?\|)|\[[^\]\n]+\]\(https?://[^)\s]+\)", re.MULTILINE)
_ASCIIDOC = re.compile(
    r"^(={1,5} \S|:[a-z][\w-]*:( |$)|\[(source|NOTE|TIP|quote)[^\]]*\]$|={4,}$|-{4,}$|\|={3,}$)", re.MULTILINE
)
_CODE = re.compile(
    r"^\s*(#!/|#include\b|import [\w.{]|from [\w.]+ import|package [\w.]+;?$|using [\w.]+;"
    r"|(public|private|static|final) |def \w+\(|class \w+.*[:{]$|func \w*\(|fn \w+|function \w*\("
    r"|(const|let|var) \w+ ?=|return\b.*;$|[})\]]+;?$"
    r"|(if|for|while) ?\(.*\) ?\{?$|(SELECT|CREATE TABLE|INSERT INTO)\b|//|/\*|\w[\w.\[\]]* ?=[^=].*;$)",
    re.MULTILINE,
)


def decode(head: bytes, whole: bool) -> str | None:
    """The text of these bytes, None for binary. `whole`: they are the entire file, not its beginning."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return _printable(_decoded(head, encoding, whole))
    if b"\x00" in head:
        return _printable(_decoded(head, _wide(head), whole)) if _wide(head) else None
    text = _decoded(head, "utf-8", whole)
    if text is None:
        text = head.decode("cp1252", "replace").replace("\ufffd", "\x80")
    return _printable(text)


def text_kind(text: str, name: str, whole: bool, path: Path) -> str:
    """The kind of a text by its beginning. `path` is read again only for JSON."""
    said = NAMED.get(PurePath(name.lower()).suffix.lstrip("."), "")
    if PurePath(name).name.lower() in ("dockerfile", "makefile"):
        said = "code"
    sample = text.lstrip("\ufeff")
    kind = _json_kind(sample, said, whole, path) or _tagged_kind(sample, said)
    if kind:
        return kind
    lines = [line for line in sample.splitlines() if line.strip()]
    if not whole:
        lines = lines[:-1] or lines
    if _is_mail(sample):
        return "email"
    code = len(_CODE.findall(sample)) / max(1, len(lines))
    if said == "code" and (code > 0 or len(lines) < 5 or not _is_prose(lines)):
        return "code"
    if _is_table(lines, said):
        return "csv"
    if _is_asciidoc(sample, said):
        return "asciidoc"
    if sample.startswith("#!") or (code > 0.3 and said not in ("markdown", "asciidoc")):
        return "code"
    if said == "markdown" or len(_MARKDOWN_STRONG.findall(sample)) >= 2 or len(_MARKDOWN.findall(sample)) >= 4:
        return "markdown"
    return "asciidoc" if said == "asciidoc" else "text"


def _is_asciidoc(sample: str, said: str) -> bool:
    """By its marks. Rules of dashes alone are not enough: plain text and Markdown underline headings with them."""
    if said == "markdown" or re.search(r"^#{1,6} ", sample, re.MULTILINE):
        return False
    marks = [mark.group() for mark in _ASCIIDOC.finditer(sample)]
    if said == "asciidoc":
        return bool(marks)
    return len(marks) >= 3 and any(mark.strip("=-") for mark in marks)


def _decoded(head: bytes, encoding: str, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    except UnicodeDecodeError:
        return None


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte is mostly zero, for text that is mostly Latin."""
    sample = head[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if odd / half > 0.6 and even / half < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even / half > 0.6 and odd / half < 0.05 else ""


def _printable(text: str | None) -> str | None:
    """The text unless control characters betray that it is none."""
    if text is None:
        return None
    odd = sum(
        1 for character in text if (character < " " and character not in "\t\n\r\f\x1b") or "\x7f" <= character < "\xa0"
    )
    return text if odd <= len(text) * 0.005 + (1 if len(text) > 200 else 0) else None


def _json_kind(text: str, said: str, whole: bool, path: Path) -> str:
    first = text.lstrip()[:1]
    if first not in ("{", "["):
        return ""
    lines = [line for line in text.splitlines() if line.strip()]
    complete = lines if whole else lines[:-1]
    several = len(complete) >= 2 or (len(complete) == 1 and (said == "jsonl" or not whole))
    if first == "{" and several and all(_is_object(line) for line in complete[:20]):
        return "jsonl"
    if first == "{" and path.stat().st_size <= MAX_RECORD:
        try:
            value = json.loads(path.read_bytes().decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return "code" if said in ("code", "jsonl") else ""
        return "record" if isinstance(value, dict) and isinstance(value.get("text"), str) else "code"
    return "code" if said == "code" or re.match(r"[\[{]\s*[\[{\"]", text.lstrip()) else ""


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _tagged_kind(text: str, said: str) -> str:
    if _HTML.match(text):
        return "html"
    if not text.lstrip().startswith("<"):
        return ""
    if said not in ("markdown", "code", "asciidoc") and len(_HTML_TAG.findall(text)) >= 3:
        return "html"
    return "code" if _XML.match(text) and said not in ("markdown", "asciidoc", "html") else ""


def _is_mail(text: str) -> bool:
    """At least two well-known headers among the lines before the first empty one, and nothing else there."""
    seen: set[str] = set()
    for line in text.splitlines()[:200]:
        if not line.strip():
            break
        if line[0] in " \t" or (not seen and line.startswith("From ")):
            continue
        header = _HEADER.match(line + " ")
        if header is None:
            return False
        seen.add(header.group(1).lower())
    return len(seen & _MAIL_HEADERS) >= 2 and bool(seen & {"from", "received", "message-id", "return-path"})


def _is_table(lines: Sequence[str], said: str) -> bool:
    """Every line has the same number of cells, at least two; prose with commas has not."""
    sample = list(lines[:200])
    if not sample or (said != "csv" and len(sample) < 3):
        return False
    for delimiter in ",;\t|":
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter, strict=True)]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count) if widths else 0
        if usual < 2 or (delimiter == "|" and any(line.lstrip().startswith("|") for line in sample)):
            continue
        share = widths.count(usual) / len(widths)
        if said == "csv" and share >= 0.6:
            return True
        if share >= 0.95 and usual >= 3 and not _is_prose(sample):
            return True
    return False


def _is_prose(lines: Sequence[str]) -> bool:
    """Most lines are sentences or parts of them."""
    spoken = sum(1 for line in lines[:100] if re.search(r"[a-zß-ÿ]{2,}[,;]? [a-zß-ÿ]+ [a-zß-ÿ]+", line))
    return spoken > 0.6 * min(len(lines), 100)
