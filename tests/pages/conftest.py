"""Pages are run from the router, as in the product, over a real workbench with three small documents."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from streamlit.testing.v1 import AppTest

from components import services
from core.library import Upload
from core.records import Receipt
from core.settings import Settings
from core.workbench import Workbench

ROUTER = Path(__file__).resolve().parents[2] / "components" / "router.py"
WAIT_S = 90

LETTER = """# Lighthouse of Norrholm

## Keeper

The keeper of the lighthouse is Ragna Ulvestad. She took over on 3 May 1987.

## Lamp

The lamp was built in Hamburg and cost 4,200 crowns.
"""
VERTRAG = """# Pachtvertrag

## Laufzeit

Der Vertrag über die Weide am Nordhang endet am 31. Dezember 2031. Die Pacht beträgt 1.200 Euro im Jahr.
"""
HOSTILE = "<img src=x onerror=alert(1)> The code word of the vault is marmalade. ![x](http://tracker.invalid/p.png)\n"
HOSTILE_NAME = "*vault* [note](http://tracker.invalid) <b>x.txt"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench with three documents, all of them read."""
    workbench = Workbench.open(Settings(data=tmp_path_factory.mktemp("data"), samples=False, embedding_threads=1))
    try:
        receipts = workbench.library.add(
            [
                Upload("lighthouse.md", LETTER.encode()),
                Upload("pachtvertrag.md", VERTRAG.encode()),
                Upload(HOSTILE_NAME, HOSTILE.encode()),
            ]
        )
        assert workbench.ready(WAIT_S)
        assert workbench.jobs.wait(ids(receipts), WAIT_S)
        yield workbench
    finally:
        workbench.close()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench with nothing in it."""
    workbench = Workbench.open(Settings(data=tmp_path_factory.mktemp("bare"), samples=False), lazy=True)
    try:
        yield workbench
    finally:
        workbench.close()


@pytest.fixture
def visit() -> Iterator[Callable[..., AppTest]]:
    """Open a page over a workbench, with query parameters: `visit(workbench, "library", document=…)`."""

    def opened(workbench: Workbench, page: str = "home", **parameters: str) -> AppTest:
        services.provide(workbench)
        test = AppTest.from_file(str(ROUTER), default_timeout=60)
        for name, value in parameters.items():
            test.query_params[name] = value
        if page != "home":
            test.switch_page(str(ROUTER.parents[1] / "pages" / f"{page}.py"))
        test.run()
        assert not test.exception, test.exception
        return test

    yield opened
    services.provide(None)
    st.cache_data.clear()


def ids(receipts: list[Receipt]) -> list[str]:
    """The documents that receipts are about."""
    return [receipt.document_id for receipt in receipts if receipt.document_id]


def markup(test: AppTest) -> list[str]:
    """The HTML that the page sends, its own style sheet left out."""
    return [element.proto.body for element in test.get("html") if not element.proto.body.startswith("<style")]


@pytest.fixture(scope="session")
def words() -> Callable[[AppTest], str]:
    """Everything a page says, as it was sent to the browser."""

    def said(test: AppTest) -> str:
        kinds = ("title", "subheader", "markdown", "caption", "text", "warning", "error")
        spoken = [str(element.value) for kind in kinds for element in test.get(kind)]
        return "\n".join([*spoken, *markup(test)])

    return said


@pytest.fixture(scope="session")
def router() -> str:
    """The router script's path."""
    return str(ROUTER)


@pytest.fixture(scope="session")
def locked_pdf() -> bytes:
    """A PDF of one page that opens with the password `sesame`."""
    file = io.BytesIO()
    page = Canvas(file, encrypt=StandardEncryption("sesame", strength=128))
    page.drawString(72, 720, "The combination of the safe in the boathouse is seven, four, one.")
    page.save()
    return file.getvalue()
