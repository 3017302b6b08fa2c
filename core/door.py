"""A data folder's door for other programs: opened here, or answered by the process that has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.client import Client
from core.errors import FolderInUse
from core.service import Service
from core.settings import Settings
from core.workbench import Workbench

Door = Service | Client


@contextmanager
def opened_door(settings: Settings) -> Iterator[Door]:
    """The service over the folder, or a client of the workbench that runs on it.

    Raises FolderInUse when another process has the folder and does not answer.
    """
    try:
        workbench = Workbench.open(settings, lazy=True)
    except FolderInUse as error:
        client = Client(error.address, settings.api_key) if error.address else None
        if client is None or not client.alive():
            raise
        try:
            yield client
        finally:
            client.close()
        return
    try:
        yield Service(workbench)
    finally:
        workbench.close()
