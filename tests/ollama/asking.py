"""What the fixtures of these tests hand out."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    """A whole answer, as bytes and read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        assert self.body.endswith(b"\n")
        return [json.loads(line) for line in self.body.split(b"\n")[:-1]]

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.value["error"]


Ask = Callable[..., Answer]
Depart = Callable[[str, dict[str, Any]], socket.socket]
