"""What goes wrong, and for whom: by rule, or by rate and seed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

BEFORE = {"refuse", "hang", "delay", "reset_before", "close_before", "status", "busy", "runner_died", "out_of_memory",
          "bad_gateway", "rate_limited", "html", "missing", "vanish"}  # fmt: skip
WIRE = {"reset_after", "cut", "no_done", "error_line", "stall", "half_line", "blank_line", "error_200"}
WRITING = {"invalid_json", "half_json", "whitespace", "repetition", "thinking", "thinking_in_content", "length", "nel",
           "empty", "slow"}  # fmt: skip
VECTORS = {"no_vectors", "fewer_vectors", "nan", "other_dimension", "swapped_vectors", "zero_vectors"}
KINDS = BEFORE | WIRE | WRITING | VECTORS
STREAM_ONLY = {"no_done", "half_line", "blank_line", "error_line"}
WHOLE_ONLY = {"error_200"}
JSON_ONLY = {"invalid_json", "half_json"}
WRITERS = {"/api/chat", "/api/generate"}
EMBEDDERS = {"/api/embed", "/api/embeddings"}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `after` counts the pieces of a stream that are still sent."""

    kind: str
    after: int = 1
    seconds: float = 0.0
    status: int = 500
    text: str = ""
    body: str | None = None
    content_type: str = "application/json; charset=utf-8"
    in_slot: bool = False  # hang: while holding a slot
    guard: bool | None = None  # whitespace, repetition: whether the server's own repeat guard ends it; None = by model

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind}")


@dataclass
class Rule:
    """A fault for the calls that match. `nth` counts matching calls from 1; None means every one, `times` at most.

    Without a path it is for all that need a model to run, with "*" for all there are.
    """

    fault: Fault
    path: str = ""
    model: str = ""
    contains: str = ""  # regular expression, searched in the body
    nth: tuple[int, ...] | None = None
    every: int = 1
    times: int | None = None
    seen: int = 0
    fired: int = 0

    def strikes(self, path: str, model: str, body: str) -> bool:
        paths = {self.path} if self.path else WRITERS | EMBEDDERS
        if (path not in paths and self.path != "*") or (
            self.model and self.model not in (model, model.removesuffix(":latest"))
        ):
            return False
        if self.contains and not re.search(self.contains, body):
            return False
        self.seen += 1
        due = self.seen in self.nth if self.nth is not None else self.seen % self.every == 0
        if not due or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        return True


@dataclass
class Mix:
    """Faults for a share of all model calls. The same seed and the same bodies meet the same faults in any order."""

    rate: float
    seed: int = 0
    faults: list[Fault] = field(default_factory=list)
    paths: tuple[str, ...] = ()
    again: bool = True  # whether a repeated body (a retry) can be struck again

    def choose(self, path: str, body: dict[str, Any], raw: bytes, occurrence: int) -> Fault | None:
        if self.paths and path not in self.paths:
            return None
        if occurrence > 1 and not self.again:
            return None
        text = hashlib.sha256(b"%d/%s/%d/" % (self.seed, path.encode(), occurrence) + raw).digest()
        if int.from_bytes(text[:8], "big") >= self.rate * 2**64:
            return None
        fitting = [fault for fault in self.faults if suits(fault, path, body)]
        return fitting[int.from_bytes(text[8:16], "big") % len(fitting)] if fitting else None


def suits(fault: Fault, path: str, body: dict[str, Any]) -> bool:
    """Whether the fault can show in such a call."""
    if fault.kind in VECTORS:
        return path in EMBEDDERS
    if fault.kind in WRITING or fault.kind in STREAM_ONLY:
        streams = path in WRITERS and (body.get("stream") is not False or fault.kind not in STREAM_ONLY)
        return streams and (fault.kind not in JSON_ONLY or bool(body.get("format")))
    return fault.kind not in WHOLE_ONLY or path not in WRITERS or body.get("stream") is False


class Plan:
    """All faults that are set."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.mix: Mix | None = None
        self.struck: Counter[str] = Counter()
        self._bodies: Counter[bytes] = Counter()

    def choose(self, path: str, model: str, body: dict[str, Any], raw: bytes) -> Fault | None:
        text = raw.decode("utf-8", "replace") if any(rule.contains for rule in self.rules) else ""
        struck = [rule for rule in self.rules if rule.strikes(path, model, text)]
        fault = struck[0].fault if struck else None
        if fault is None and self.mix and path in WRITERS | EMBEDDERS:
            key = hashlib.sha256(path.encode() + raw).digest()
            self._bodies[key] += 1
            fault = self.mix.choose(path, body, raw, self._bodies[key])
        if fault:
            self.struck[fault.kind] += 1
        return fault

    def set(self, given: dict[str, Any]) -> None:
        """`{"rules": [{"fault": kind, ...}]}` is added, `{"rate":, "seed":, "faults": [...]}` replaces the mix."""
        rules = [rule(entry) for entry in given.get("rules", [])]
        if "rate" in given:
            faults = [fault(entry) for entry in given.get("faults", [])]
            paths, again = tuple(given.get("paths", ())), bool(given.get("again", True))
            self.mix = Mix(float(given["rate"]), int(given.get("seed", 0)), faults, paths, again)
            self._bodies.clear()
        self.rules += rules

    def shown(self) -> dict[str, Any]:
        rules = [{"fault": rule.fault.kind, "seen": rule.seen, "fired": rule.fired} for rule in self.rules]
        return {"rules": rules, "struck": dict(self.struck)}


def fault(given: str | dict[str, Any]) -> Fault:
    """A fault from its kind alone or `{"fault": kind, "after": 2, ...}`. Raises ValueError."""
    if isinstance(given, str):
        return Fault(given)
    names = {part.name for part in fields(Fault)} - {"kind"}
    return Fault(str(given["fault"]), **{name: value for name, value in given.items() if name in names})


def rule(given: dict[str, Any]) -> Rule:
    """Raises ValueError for a word that is neither a fault's nor a rule's."""
    of_rule = {"path", "model", "contains", "nth", "every", "times"}
    of_fault = {part.name for part in fields(Fault)} - {"kind"} | {"fault"}
    unknown = set(given) - of_rule - of_fault
    if unknown:
        raise ValueError(f"unknown in a fault rule: {', '.join(sorted(unknown))}")
    chosen = {name: value for name, value in given.items() if name in of_rule}
    nth = chosen.get("nth")
    if nth is not None:
        chosen["nth"] = (nth,) if isinstance(nth, int) else tuple(nth)
    return Rule(fault(given), **chosen)
