"""Who has the data folder: one process at a time. Light to import, since `serve` asks before it becomes the server."""

from __future__ import annotations

from core.errors import FolderInUse
from core.settings import Settings
from storage.errors import FolderLocked
from storage.lock import FolderLock


def take(settings: Settings, address: str = "") -> FolderLock:
    """Make the folder if it is missing, and lock it. `address` is where this process answers. Raises FolderInUse."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(settings.folder)
    try:
        lock.acquire(address)
    except FolderLocked as error:
        next_step = "Use the running workbench, or stop it first, or choose another folder."
        raise FolderInUse(str(error), next_step, error.address) from error
    return lock


def check_free(settings: Settings) -> None:
    """Raise FolderInUse if another process has the data folder."""
    take(settings).release()
