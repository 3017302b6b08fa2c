"""The errors of the storage layer.

StorageError
├── FolderLocked        another process has the data folder
├── RowNotFound         no row under that id
├── CatalogError        the catalog could not be read or written
├── VectorStoreError    Chroma refused, or a vector is not what the collection holds
├── KeywordIndexError   tantivy refused
└── FileStoreError      an original could not be written or is gone
"""

from __future__ import annotations


class StorageError(Exception):
    """Any failure of a store. The message is one sentence; the cause is chained."""


class FolderLocked(StorageError):
    """Another process has the data folder open. `pid` and `address` say which, as far as is known."""

    def __init__(self, folder: str, pid: int | None = None, address: str | None = None) -> None:
        owner = f" by process {pid}" if pid else ""
        super().__init__(f"The data folder {folder} is in use{owner}.")
        self.folder = folder
        self.pid = pid
        self.address = address


class RowNotFound(StorageError):
    """No row under that id."""


class CatalogError(StorageError):
    """The catalog could not be read or written."""


class VectorStoreError(StorageError):
    """Chroma refused, or a vector is not what the collection holds."""


class KeywordIndexError(StorageError):
    """tantivy refused."""


class FileStoreError(StorageError):
    """An original could not be written or is gone."""
