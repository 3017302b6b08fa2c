"""Upload gives one receipt per file, live, and keeps them over a page change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import PasswordNeeded
from core.workbench import Workbench

PAGES = Path(__file__).resolve().parents[2] / "pages"
NOTE = b"The harbour master of Norrholm is called Halvard Brekke."


def badges(page: AppTest) -> list[str]:
    """The states that are shown."""
    return [item.value for item in page.markdown if "badge[" in item.value]


def test_each_file_has_its_receipt(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(filled, "upload")
    page.file_uploader[0].set_value(
        [("harbour.txt", NOTE, "text/plain"), ("again.txt", NOTE, "text/plain"), ("void.txt", b"", "text/plain")]
    ).run()
    assert not page.exception
    wanted = [item.document_id for item in page.session_state["upload_receipts"] if item.document_id]
    assert len(page.session_state["upload_receipts"]) == 3
    assert filled.jobs.wait(wanted, 60)
    page.run()
    assert any("3 of 3 files finished" in item.value for item in page.caption)
    shown = " ".join(badges(page))
    assert "Ready" in shown
    assert "Already here" in shown
    assert "Failed" in shown
    assert any("empty" in item.value for item in page.markdown)
    for name in ("library", "upload"):
        page.switch_page(str(PAGES / f"{name}.py")).run()
    assert any("3 of 3 files finished" in item.value for item in page.caption)
    page.button(key="upload_clear").click().run()
    assert not badges(page)
    filled.library.delete([item.id for item in filled.library.documents() if item.name in ("harbour.txt", "void.txt")])


def test_an_encrypted_pdf_asks_for_its_password(
    filled: Workbench, visit: Callable[..., AppTest], locked_pdf: bytes
) -> None:
    page = visit(filled, "upload")
    page.file_uploader[0].set_value([("locked.pdf", locked_pdf, "application/pdf")]).run()
    (receipt,) = page.session_state["upload_receipts"]
    assert filled.jobs.wait([receipt.document_id], 60)
    page.run()
    field = f"receipt_0_password_{receipt.document_id}"
    page.text_input(key=field).set_value("wrong")
    send = next(item for item in page.button if item.label == "Unlock")
    send.click().run()
    assert page.warning
    with pytest.raises(PasswordNeeded):
        filled.library.unlock(receipt.document_id, "wrong")
    page.text_input(key=field).set_value("sesame")
    next(item for item in page.button if item.label == "Unlock").click().run()
    assert filled.jobs.wait([receipt.document_id], 60)
    page.run()
    assert "Ready" in badges(page)[0]
    filled.library.delete([receipt.document_id])
