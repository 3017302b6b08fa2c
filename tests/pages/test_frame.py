"""What is around the pages: the start, failures, the front page on its way out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from components import services
from components.front_door import FrontDoor, Later
from core.errors import FolderInUse, QuellwerkError
from core.workbench import Workbench


def test_before_the_start_a_page_is_calm(visit: Callable[..., AppTest]) -> None:
    page = visit(None)
    assert page.title[0].value == "Starting"
    assert not page.warning


def test_a_folder_in_use_is_explained(visit: Callable[..., AppTest], router: str) -> None:
    visit(None)
    services.door().settle(None, FolderInUse("The data folder is in use by process 7.", "Stop it first."))
    page = AppTest.from_file(router, default_timeout=60).run()
    assert "in use by process 7" in page.warning[0].value
    assert "Stop it first" in page.warning[0].value
    with pytest.raises(FolderInUse):
        services.get_workbench()


def test_a_surprise_shows_no_traceback(
    filled: Workbench, visit: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(filled.library, "documents", broken)
    page = visit(filled)
    assert "Something went wrong" in page.error[0].value
    assert "secret detail" not in page.error[0].value


def test_the_status_line_is_on_every_page(
    filled: Workbench, visit: Callable[..., AppTest], words: Callable[[AppTest], str]
) -> None:
    for name in ("home", "upload", "library", "chat"):
        said = words(visit(filled, name))
        assert "Built-in models" in said
        assert "3 documents" in said


def test_a_closed_door_opens_again(filled: Workbench) -> None:
    services.provide(None)
    with pytest.raises(QuellwerkError):
        services.get_workbench()
    services.provide(filled)
    assert services.get_workbench() is filled
    services.provide(None)


def test_the_front_page_is_completed_and_nothing_else() -> None:
    html = "<html><head><title>Streamlit</title></head></html>"

    async def front(_: object) -> HTMLResponse:
        await asyncio.sleep(0)
        return HTMLResponse(html, headers={"etag": "x"})

    async def api(_: object) -> JSONResponse:
        return JSONResponse({"html": html})

    app = Starlette(
        routes=[Route("/chat", front), Route("/api/v1/x", front), Route("/data", api)],
        middleware=[Middleware(FrontDoor)],
    )
    client = TestClient(app)
    page = client.get("/chat", headers={"if-none-match": "x"})
    assert "BACKEND_BASE_URL" in page.text
    assert "<title>Quellwerk</title>" in page.text
    assert "etag" not in page.headers
    assert int(page.headers["content-length"]) == len(page.content)
    assert client.get("/api/v1/x").text == html
    assert client.get("/data").json() == {"html": html}


def test_an_application_is_made_once_when_it_is_needed() -> None:
    made: list[int] = []

    def make() -> Starlette:
        made.append(1)
        return Starlette(routes=[Route("/x", lambda _: JSONResponse("here"))])

    client = TestClient(Starlette(routes=[Mount("/api", Later(make))]))
    assert made == []
    with client:
        assert [client.get("/api/x").json() for _ in range(3)] == ["here"] * 3
    assert made == [1]
