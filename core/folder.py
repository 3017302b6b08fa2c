"""Who has the data folder: one process at a time. Light to import, since `serve` asks before it becomes the server."""

from __future__ import annotations

from core.errors import FolderInUse, QuellwerkError
from core.settings import Settings
from storage.errors import FolderLocked
from storage.lock import FolderLock


def take(settings: Settings, address: str = "") -> FolderLock:
    """Make the folder if it is missing, and lock it. `address` is where this process answers.

    Raises FolderInUse, and QuellwerkError when the folder cannot be made or written to.
    """
    lock = FolderLock(settings.folder)
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(address)
    except FolderLocked as error:
        next_step = "Use the running workbench, or stop it first, or choose another folder."
        raise FolderInUse(str(error), next_step, error.address) from error
    except OSError as error:
        reason = f"The data folder {settings.folder} cannot be used: {error.strerror or error}."
        raise QuellwerkError(reason, "Choose another with --data or QUELLWERK_DATA.") from error
    return lock


def check_free(settings: Settings) -> None:
    """Raise FolderInUse if another process has the data folder."""
    take(settings).release()
