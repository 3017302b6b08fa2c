"""The real program as a process of its own, and a small library for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Done:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        assert "Traceback" not in self.err, self.err
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture(scope="module")
def command(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """`command("documents", data=folder)` runs it with --json, somewhere else than in the project's folder."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: object, data: Path | None = None, code: int = 0, as_json: bool = True, **env: str) -> Done:
        words = [*map(str, arguments), *(["--data", str(data)] if data else []), *(["--json"] if as_json else [])]
        done = subprocess.run(
            [sys.executable, str(root / "cli.py"), *words],
            cwd=elsewhere,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Done(done.returncode, done.stdout, done.stderr)

    return run


MAIL_TEXT = "Dear Otto, the tally of the winter stores is attached. Ruth"
TALLY = b"# Tally\n\nIn the winter of 1911 the store at Gresk held 340 sacks of rye.\n"


def mail() -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "ruth@example.org", "otto@example.org", "Winter stores"
    letter.set_content(MAIL_TEXT)
    letter.add_attachment(TALLY, maintype="text", subtype="markdown", filename="tally.md")
    return letter.as_bytes()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with namesakes, a hidden file, odd names, records, a copy, an empty file, and a folder below."""
    folder = tmp_path_factory.mktemp("files")
    below = folder / "below"
    below.mkdir()
    (folder / "bridge.md").write_text(
        "# The bridge\n\nThe Halden bridge was opened in 1931 by the engineer Ruth Amsel.\n"
    )
    (folder / "copy of bridge.md").write_bytes((folder / "bridge.md").read_bytes())
    (below / "bridge.md").write_text("# Another bridge\n\nThe Tarn bridge fell into the river in 1902.\n")
    (folder / 'straße "Ω", 50% of it.txt').write_text("Die Straße nach Omega wurde 1874 von Karl Enders gebaut.\n")
    (folder / "notes.jsonl").write_text(
        '{"id": "note one", "text": "The mill of Sorn grinds barley."}\n'
        '{"id": "note two", "text": "The mill of Verl grinds oats."}\n'
    )
    (folder / "winter.eml").write_bytes(mail())
    (folder / "nothing.txt").write_bytes(b"")
    (folder / ".hidden.md").write_text("# Hidden\n\nThis is not to be found.\n")
    return folder


def write_questions(folder: Path) -> Path:
    asked = folder / "questions.jsonl"
    rows = [
        {"question": "Who opened the Halden bridge?", "relevant": ["bridge.md"], "answer": "Ruth Amsel"},
        {"question": "Which mill grinds oats?", "relevant": ["note two"]},
    ]
    asked.write_text("\n".join(json.dumps(row) for row in rows))
    return asked


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_questions(tmp_path_factory.mktemp("questions"))
