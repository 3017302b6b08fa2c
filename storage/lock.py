"""One process has the data folder. The lock file says who, and where it answers."""

from __future__ import annotations

import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

from storage.errors import FolderLocked


class FolderLock:
    """An exclusive lock on a data folder, freed by the operating system when its process dies.

    `owner.json` beside the lock names the process and its address, so that a second one can ask the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / ".lock")
        self._owner = folder / "owner.json"

    def acquire(self, address: str = "") -> None:
        """Take the lock at once, or raise FolderLocked with the owner's pid and address."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            pid, where = owner(self._folder)
            raise FolderLocked(str(self._folder), pid, where) from None
        self._owner.write_text(json.dumps({"pid": os.getpid(), "address": address}), encoding="utf-8")

    def release(self) -> None:
        """Give the lock back. Safe to call twice."""
        if self._lock.is_locked:
            self._owner.unlink(missing_ok=True)
            self._lock.release()


def owner(folder: Path) -> tuple[int | None, str | None]:
    """The pid and address that the lock's owner wrote; (None, None) if nothing is there or it cannot be read."""
    try:
        found = json.loads((folder / "owner.json").read_text(encoding="utf-8"))
        return int(found["pid"]), str(found["address"]) or None
    except (OSError, ValueError, KeyError, TypeError):
        return None, None
