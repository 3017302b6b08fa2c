"""How the workbench is, in one value that costs a few small queries and never waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Status:
    """`health` is `healthy`, `degraded` (something is not ready or failed) or `unhealthy` (search cannot work).

    `components` maps a name to {"state": "ok" | "starting" | "failed", "detail": sentence}; `queue` maps a document
    status to a count and has `waiting_to_embed` and `waiting_to_index`; `models` maps a purpose to {"name", "state"}.
    """

    health: str
    components: Mapping[str, Mapping[str, str]]
    documents: int
    chunks: int
    entities: int
    relations: int
    queue: Mapping[str, int]
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
