"""What is used wrongly, set wrongly or locked by somebody else ends in words and the promised exit code."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def locked(data: Path) -> Iterator[Path]:
    """A folder whose owner is alive and does not answer."""
    data.mkdir()
    with FileLock(data / ".lock"):
        yield data


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("search", "bridge", "--mode", "telepathy"), "telepathy"),
        (("search", "bridge", "--top-k", "0"), "top-k"),
        (("search",), "QUESTION"),
        (("ask", "Who?", "--agent", "nobody"), "nobody"),
        (("ingest", "/there/is/nothing.pdf"), "/there/is/nothing.pdf"),
        (("eval", "/there/is/nothing.jsonl"), "nothing.jsonl"),
        (("bench", "nonsense"), None),
        (("juggle",), "juggle"),
    ],
)
def test_wrong_usage_is_code_2(command, data: Path, words: tuple[str, ...], sentence: str | None) -> None:
    done = command(*words, data=data, code=2)
    assert "Traceback" not in done.err
    if sentence is not None:
        assert sentence in done.json["error"]["sentence"]
        assert sentence in done.err


def test_a_folder_without_files_is_wrong_usage_and_leaves_no_data_folder(command, data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty" / "below").mkdir(parents=True)
    (tmp_path / "empty" / "below" / "file.txt").write_text("Below.")
    assert "--recursive" in command("ingest", tmp_path / "empty", data=data, code=2).json["error"]["next_step"]
    assert not data.exists()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("QUELLWERK_FOO", "1", "QUELLWERK_DATA"),
        ("QUELLWERK_PARALLEL_DOCUMENTS", "none", "a whole number from 1 to 64"),
        ("QUELLWERK_LOG_FORMAT", "xml", "text, json"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(command, data, name, value, allowed) -> None:
    for words in (["documents"], ["serve", "--port", "1"]) if name == "QUELLWERK_FOO" else (["documents"],):
        error = command(*words, data=data, code=2, **{name: value}).json["error"]
        assert error["type"] == "SettingsError"
        assert f"{name}={value!r}" in error["sentence"]
        assert allowed in error["next_step"]


def test_a_folder_that_cannot_be_used_is_told(command, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    told = command("documents", data=file, code=1).json["error"]
    assert str(file) in told["sentence"]
    assert "--data" in told["next_step"]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "catalog.sqlite").write_text("this is no database " * 100)
    assert command("documents", data=tmp_path / "broken", code=1).json["error"]["sentence"]


def test_a_locked_folder_is_code_3(command, locked: Path) -> None:
    error = command("documents", data=locked, code=3).json["error"]
    assert error["type"] == "FolderInUse"
    assert str(locked) in error["sentence"]
    assert error["next_step"]
    told = command("serve", "--port", "1", data=locked, code=3).json["error"]
    assert told["type"] == "FolderInUse"


def test_an_owner_that_has_gone_silent_is_code_3(command, locked: Path) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        (locked / "owner.json").write_text(json.dumps({"pid": 1, "address": address}))
        assert command("status", data=locked, code=3).json["error"]["type"] == "FolderInUse"


def test_a_port_that_is_taken_is_told(command, data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in command("serve", "--port", port, data=data, code=1).json["error"]["sentence"]
