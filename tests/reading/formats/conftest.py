"""What the tests of the readers share: a document read from its first to its last finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.reading.protocol import Limits, ReadContext, found_to_message, message_to_found, pack
from core.reading.registry import reader_for
from core.reading.sniff import sniff
from core.records import Attachment, Block, BlockKind, DocumentHead, Page


@dataclass(frozen=True)
class Reading:
    head: DocumentHead
    pages: tuple[Page, ...]
    attachments: tuple[Attachment, ...]

    @property
    def blocks(self) -> list[Block]:
        return [block for page in self.pages for block in page.blocks]

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)

    def of(self, kind: BlockKind) -> list[str]:
        return [block.text for block in self.blocks if block.kind is kind]


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Reading]:
    """Reads a file by its content and checks what holds for every reader: the order of findings, numbers, ranges."""

    def read(path: Path, start_page: int = 1, name: str = "") -> Reading:
        findings = tmp_path / "findings"
        findings.mkdir(exist_ok=True)
        reader = reader_for(sniff(path, name or path.name))
        found = list(reader(path, name or path.name, ReadContext(Limits(), None, start_page, findings)))
        head, rest = found[0], found[1:]
        assert isinstance(head, DocumentHead)
        pages = tuple(item for item in rest if isinstance(item, Page))
        assert [page.number for page in pages] == list(range(start_page, start_page + len(pages)))
        for page in pages:
            assert all(page.text[block.start : block.end] == block.text for block in page.blocks)
        for item in found:  # everything can travel between processes
            assert pack(found_to_message(item))
            assert message_to_found(found_to_message(item)) == item
        return Reading(head, pages, tuple(item for item in rest if isinstance(item, Attachment)))

    return read
