"""The splitter as a LlamaIndex component. Import this lazily: LlamaIndex takes seconds to load."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode, MetadataMode, NodeRelationship, TextNode, TransformComponent

from core.splitting.splitter import heading_prefix, split
from core.splitting.units import without_rules
from storage.records import Block, BlockKind, Chunk, Page

_FENCE = re.compile(r"```|~~~")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s")


class StructureSplitter(TransformComponent):
    """Nodes in, `TextNode`s out: one per chunk, and what LlamaIndex embeds of it is what Quellwerk embeds.

    `count_tokens` and `limit` are those of the embedding model, see `split`. A node's metadata `title`, `file_name` or
    its id heads its chunks. Each chunk's metadata holds `heading`, `kind`, `language`, `start`, `end`, `tokens` and
    `text_hash`; the node it comes from is its source.
    """

    _count: Callable[[str], int] = PrivateAttr()
    _limit: int = PrivateAttr()

    def __init__(self, count_tokens: Callable[[str], int], limit: int, **values: Any) -> None:
        super().__init__(**values)
        self._count = count_tokens
        self._limit = limit

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex lists it."""
        return "StructureSplitter"

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:
        """The chunks of all the nodes, in their order."""
        return [chunk for node in nodes for chunk in self._split(node)]

    def _split(self, node: BaseNode) -> Iterator[BaseNode]:
        title = str(node.metadata.get("title") or node.metadata.get("file_name") or "")
        chunks = split(
            [Page(1, tuple(markdown_blocks(node.get_content(metadata_mode=MetadataMode.NONE))))],
            document_id=node.ref_doc_id or node.node_id,
            version_id=node.hash,
            title=title,
            paged=False,
            count_tokens=self._count,
            limit=self._limit,
        )
        for chunk in chunks:
            yield text_node(chunk, title, node)


def text_node(chunk: Chunk, title: str, source: BaseNode | None = None) -> TextNode:
    """The chunk as LlamaIndex knows it. Its content for embedding is `embedding_text`, for reading the bare text.

    A table's rule (`|---|`) is left out, since LlamaIndex has one text for both.
    """
    prefix = heading_prefix(title, chunk.heading)
    node = TextNode(
        id_=chunk.chunk_id,
        text=without_rules(chunk.text),
        metadata={
            **(source.metadata if source else {}),
            "heading": chunk.heading,
            "kind": chunk.kind.value,
            "language": chunk.language,
            "start": chunk.start,
            "end": chunk.end,
            "tokens": chunk.tokens,
            "text_hash": chunk.text_hash,
            "embedded_prefix": prefix,
        },
        metadata_template="{value}",
        text_template="{metadata_str}\n{content}",
    )
    node.excluded_llm_metadata_keys = list(node.metadata)
    node.excluded_embed_metadata_keys = [key for key in node.metadata if key != "embedded_prefix" or not prefix]
    if source is not None:
        node.relationships[NodeRelationship.SOURCE] = source.as_related_node_info()
    return node


def markdown_blocks(text: str) -> Iterator[Block]:
    """The blocks of plain text or Markdown, roughly: a reader of the file's own format knows better."""
    for start, end in _paragraphs(text):
        part = text[start:end]
        first = part.lstrip().split("\n", 1)[0]
        heading = _HEADING.fullmatch(first.strip())
        if heading and "\n" not in part.strip():
            yield Block(BlockKind.HEADING, heading[2], start, end, len(heading[1]))
        elif _FENCE.match(first):
            lines = part.split("\n")
            yield Block(BlockKind.CODE, "\n".join(lines[1:-1] if _FENCE.match(lines[-1]) else lines[1:]), start, end)
        elif first.startswith("|"):
            yield Block(BlockKind.TABLE, part, start, end)
        else:
            yield Block(BlockKind.LIST_ITEM if _ITEM.match(part) else BlockKind.PARAGRAPH, part, start, end)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Ranges between blank lines; a heading or a list item is one of its own, a fenced block is not broken."""
    begin, position, fenced = 0, 0, False
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        fence = bool(_FENCE.match(bare))
        starts = not fenced and (fence or not bare or bool(_HEADING.fullmatch(bare)) or bool(_ITEM.match(line)))
        if starts and text[begin:position].strip():
            yield begin, _trimmed(text, begin, position)
            begin = position
        position += len(line)
        if (fenced and fence) or (not fenced and bare and _HEADING.fullmatch(bare)):
            yield begin, _trimmed(text, begin, position)
            begin = position
        elif not bare and not fenced:
            begin = position
        fenced = fenced != fence
    if text[begin:].strip():
        yield begin, _trimmed(text, begin, len(text))


def _trimmed(text: str, begin: int, end: int) -> int:
    """The end without the line breaks before it."""
    return begin + len(text[begin:end].rstrip())
