"""SIGKILL at random moments: every document ends as if nothing had happened, nothing is lost and nothing doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.library import Upload
from core.settings import Settings
from core.workbench import Workbench
from tests.ingest import stores
from tests.ingest.printing import pdf

HERE = Path(__file__).parent
CHILD = HERE / "crash_child.py"
SEED = int(os.environ.get("CRASH_SEED", "20261120"))


def make_files(folder: Path) -> list[Path]:
    folder.mkdir()
    pages = [
        "\n".join(f"On page {page} line {line} the ledger of Marn notes {page * line} barrels." for line in range(40))
        for page in range(25)
    ]
    (folder / "ledger.pdf").write_bytes(pdf(pages))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Barrels"
    mail.set_content("The list of barrels is attached.")
    mail.add_attachment(
        b"# Barrels\n\nForty barrels of tar were sold.\n", maintype="text", subtype="markdown", filename="barrels.md"
    )
    (folder / "barrels.eml").write_bytes(mail.as_bytes())
    for number in range(6):
        sections = "\n\n".join(f"## Part {part}\n\nIn part {part} of {number} the mill turned." for part in range(12))
        (folder / f"mill-{number}.md").write_text(f"# Mill {number}\n\n{sections}\n", encoding="utf-8")
    records = "\n".join(f'{{"id": "note {n}", "text": "Note {n} counts {n * n} sacks."}}' for n in range(80))
    (folder / "notes.jsonl").write_text(records, encoding="utf-8")
    return sorted(folder.iterdir())


def undisturbed(settings: Settings, files: list[Path]):
    workbench = Workbench.open(settings)
    workbench.library.add([Upload(path.name, path) for path in files])
    ids = [document.id for document in workbench.library.documents()]
    assert workbench.jobs.wait(ids, timeout=300)
    workbench.close()
    return stores.holdings(settings)


def run_and_kill(data: Path, files: list[Path], after: float) -> bool:
    """Start the child and kill it with SIGKILL `after` seconds past its first word; False if it finished before."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(data), *map(str, files)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    timer = threading.Timer(after, child.send_signal, [signal.SIGKILL])
    timer.start()
    said = child.stdout.read()
    timer.cancel()
    code = child.wait(timeout=60)
    child.stdout.close()
    if "finished" in said:
        return False
    assert code == -signal.SIGKILL, said
    return True


def killed_and_resumed(tmp_path: Path, kills: int) -> None:
    files = make_files(tmp_path / "files")
    expected = undisturbed(Settings(data=tmp_path / "calm", samples=False), files)
    chance = random.Random(SEED)
    settings = Settings(data=tmp_path / "stormy", samples=False)
    done = 0
    while done < kills:
        # The files are dropped again each time, as a person would who saw the window vanish.
        if run_and_kill(settings.data, files, after=chance.uniform(0.02, 4.0)):
            done += 1
        else:  # it got through: start over, so that every kill hits work
            workbench = Workbench.open(settings)
            workbench.library.delete([document.id for document in workbench.library.documents()])
            workbench.close()
    assert not run_and_kill(settings.data, files, after=300)
    found = stores.holdings(settings)
    assert found == expected
    assert found.chunks == found.vectors == found.keywords
    workbench = Workbench.open(settings)
    try:
        assert all(check.ok for check in workbench.doctor()), workbench.doctor()
    finally:
        workbench.close()


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_ten_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, 10)


@pytest.mark.crash
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_fifty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, 50)
