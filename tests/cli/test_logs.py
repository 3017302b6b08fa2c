"""What is logged, and how, follows the settings."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.logs import configure
from core.settings import Settings


@pytest.fixture(autouse=True)
def root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    root.setLevel(level)


def test_lines_for_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(Settings(data=tmp_path, log_level="warning"))
    configure(Settings(data=tmp_path, log_level="warning"))  # again: still one line each
    logging.getLogger("core.test").warning("the %s is open", "door")
    logging.getLogger("core.test").info("not this")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("WARNING core.test: the door is open\n")


def test_lines_for_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(Settings(data=tmp_path, log_format="json"))
    try:
        raise ValueError("Größe\nand more")
    except ValueError:
        logging.getLogger("core.test").exception("broken")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == ("error", "core.test", "broken")
    assert "Größe" in told["error"]


def test_what_libraries_say_stays_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(Settings(data=tmp_path))
    logging.getLogger("httpx").info("GET http://127.0.0.1")
    logging.getLogger("chromadb.telemetry").warning("hello")
    assert capsys.readouterr().err == ""
