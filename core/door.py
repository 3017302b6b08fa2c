"""A data folder's door for other programs: opened here, or answered by the process that has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from core.errors import FolderInUse
from core.folder import check_free
from core.settings import Settings

if TYPE_CHECKING:
    from core.client import Client
    from core.service import Service

Door: TypeAlias = "Service | Client"


@contextmanager
def opened_door(settings: Settings) -> Iterator[Door]:
    """The service over the folder, or a client of the workbench that runs on it.

    Each side is imported only where it is needed. Raises FolderInUse when another process has the folder and does not
    answer.
    """
    try:
        check_free(settings)
        from core.service import Service
        from core.workbench import Workbench

        workbench = Workbench.open(settings, lazy=True)
    except FolderInUse as error:
        client = _answering(error, settings)
        try:
            yield client
        finally:
            client.close()
        return
    try:
        yield Service(workbench)
    finally:
        workbench.close()


def _answering(error: FolderInUse, settings: Settings) -> Client:
    """A client of the process that has the folder. Raises the error if it does not answer."""
    if not error.address:
        raise error
    from core.client import Client

    client = Client(error.address, settings.api_key)
    if not client.alive():
        client.close()
        raise error
    return client
