"""What a route needs of the process: the workbench that `create_api` was given, as a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from core.service import Service
from core.workbench import Workbench

GetWorkbench = Callable[[], Workbench]


def workbench_of(request: Request) -> Workbench:
    """The open workbench. Raises QuellwerkError while there is none."""
    found: Workbench = request.app.state.get_workbench()
    return found


def service_of(request: Request) -> Service:
    """The service over it."""
    return Service(workbench_of(request))


Bench = Annotated[Workbench, Depends(workbench_of)]
Called = Annotated[Service, Depends(service_of)]
