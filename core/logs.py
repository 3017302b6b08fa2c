"""Logging as the settings say: to standard error, as lines for a person or as one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from core.settings import Settings

NOISY = ("chromadb", "docling", "httpcore", "httpx", "llama_index", "PIL", "RapidOCR", "watchdog")
"""Libraries whose chatter stays out, unless everything is asked for."""


class JsonLines(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, and `error` with the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def configure(settings: Settings) -> None:
    """Let this process log as the settings say. Calling it again replaces what it did before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.name = "quellwerk"
    lines = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if settings.log_format == "json" else lines)
    root = logging.getLogger()
    for known in [known for known in root.handlers if known.name == handler.name]:
        root.removeHandler(known)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.DEBUG if settings.log_level == "debug" else logging.ERROR)
