"""The API over a real workbench, asked in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_api
from core.errors import QuellwerkError
from core.settings import Settings
from core.workbench import Workbench

HERE = "http://127.0.0.1:8501"
KEY = "opensesame-äß"

BRIDGE = ("bridge.md", b"# The bridge\n\nThe Halden bridge was opened in 1931 by the engineer Ruth Amsel.\n")
RIVER = ("river.md", b"# The river\n\nThe river Orle floods every spring and carries gravel from the hills.\n")


def pdf(text: str) -> bytes:
    import io

    from reportlab.pdfgen import canvas

    target = io.BytesIO()
    sheet = canvas.Canvas(target, invariant=1)
    sheet.drawString(72, 700, text)
    sheet.save()
    return target.getvalue()


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    settings = Settings(data=tmp_path_factory.mktemp("api") / "data", samples=False, max_file_mb=1)
    opened = Workbench.open(settings)
    try:
        assert opened.ready(60)
        yield opened
    finally:
        opened.close()


def asking(get_workbench: Callable[[], Workbench], **more: Any) -> TestClient:
    """A client at an API that answers on this machine's own address."""
    client = TestClient(create_api(get_workbench), base_url=HERE, raise_server_exceptions=False, **more)
    client.headers["host"] = "127.0.0.1:8501"
    return client


@pytest.fixture(scope="module")
def client(workbench: Workbench) -> TestClient:
    return asking(lambda: workbench)


@pytest.fixture(scope="module")
def with_key(workbench: Workbench) -> TestClient:
    class Locked:
        settings = workbench.settings.model_copy(update={"api_key": KEY})

        def __getattr__(self, name: str) -> Any:
            return getattr(workbench, name)

    return asking(Locked)


@pytest.fixture
def starting() -> TestClient:
    def nothing() -> Workbench:
        raise QuellwerkError("The workbench is not open.", "It is starting; try again in a moment.")

    return asking(nothing)


Send = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def send(client: TestClient) -> Send:
    """Uploads (name, bytes) pairs, waits until they have ended, and gives their documents in the same order."""

    def upload(*files: tuple[str, bytes]) -> list[dict[str, Any]]:
        answer = client.post("/v1/documents", files=[("files", file) for file in files])
        assert answer.status_code == 200, answer.text
        given = answer.json()["documents"]
        ids = [found["id"] for found in given if found["id"]]
        ended = {}
        while ids:
            waited = client.post("/v1/documents/wait", json={"ids": ids, "seconds": 20}).json()
            ended = {found["id"]: found for found in waited["documents"]}
            if waited["ended"]:
                break
        return [found if found["duplicate_of"] else ended.get(found["id"], found) for found in given]

    return upload


@pytest.fixture(scope="module")
def library(send: Send) -> dict[str, dict[str, Any]]:
    """Documents by name."""
    found = send(BRIDGE, RIVER, ("harbour.pdf", pdf("The harbour of Tarn has four cranes.")))
    return {document["name"]: document for document in found}


def error(answer: Any, status: int) -> dict[str, str]:
    """The error of an answer, which must have this status and our shape."""
    assert answer.status_code == status, answer.text
    told: dict[str, str] = json.loads(answer.content)["error"]
    assert set(told) == {"type", "sentence", "next_step"}
    assert told["sentence"].endswith((".", "?"))
    return told


@pytest.fixture(scope="session")
def error_of() -> Callable[[Any, int], dict[str, str]]:
    return error


@pytest.fixture
def big(tmp_path: Path) -> bytes:
    """A text larger than the largest file that is accepted here."""
    return b"Too much of it. " * 70_000
