"""Originals by content hash, below `files/`. A name from outside is never part of a path."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from storage.errors import FileStoreError

BLOCK = 1024 * 1024


class FileStore:
    """Write-once files: `files/ab/abcdef…`. A file is complete when it has its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def put(self, source: BinaryIO, limit: int) -> tuple[str, int]:
        """Copy `source` in and return (sha256 in hex, size in bytes). Repeating it changes nothing.

        Raises FileStoreError when more than `limit` bytes come or the disk refuses; nothing stays behind then.
        """
        arriving = self._incoming / uuid.uuid4().hex
        digest = hashlib.sha256()
        size = 0
        try:
            with arriving.open("xb") as target:
                while block := source.read(BLOCK):
                    size += len(block)
                    if size > limit:
                        raise FileStoreError(f"The file is larger than {limit // 1_000_000} MB.")
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            name = digest.hexdigest()
            place = self.path(name)
            place.parent.mkdir(exist_ok=True)
            arriving.replace(place)
        except OSError as error:
            raise FileStoreError(f"The file could not be stored: {error.strerror}.") from error
        finally:
            arriving.unlink(missing_ok=True)
        return name, size

    def path(self, content_hash: str) -> Path:
        """Where the file of that hash is, or would be."""
        return self._folder / content_hash[:2] / content_hash

    def has(self, content_hash: str) -> bool:
        """Whether the file is there."""
        return self.path(content_hash).is_file()

    def remove(self, content_hash: str) -> bool:
        """Remove a file; False if it was not there."""
        try:
            self.path(content_hash).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FileStoreError(f"A file could not be removed: {error.strerror}.") from error
        return True

    def hashes(self) -> Iterator[str]:
        """The hashes of all files."""
        for folder in self._folder.iterdir():
            if folder.is_dir() and len(folder.name) == 2:
                yield from (file.name for file in folder.iterdir())

    def sweep(self) -> None:
        """Remove uploads that never finished. Call it only while nobody writes."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, exist_ok=True)
