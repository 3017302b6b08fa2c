"""Names as they are shown: whatever was given, nothing that misleads."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reading.names import MAX_NAME, display_name


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Angebot für Zoë.docx", "Angebot für Zoë.docx"),
        ("folder/sub/", "sub"),
        ("..", "unnamed"),
        ("", "unnamed"),
        (" \t\r\n ", "unnamed"),
        ("a\x00b\x1b[31m.txt", "ab[31m.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("two\nlines.txt", "two lines.txt"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("console.txt", "console.txt"),
        ("отчёт 報告書 تقرير.pdf", "отчёт 報告書 تقرير.pdf"),
        ("nami\u200cخواهم.txt", "nami\u200cخواهم.txt"),
        ("e\u0301.txt", "é.txt"),
        ("bad\udcff.txt", "bad?.txt"),
        ("<script>alert(1)</script>.html", "script>.html"),
    ],
)
def test_names(given_name: str, shown: str) -> None:
    assert display_name(given_name) == shown


def test_a_long_name_keeps_its_beginning_and_extension() -> None:
    shown = display_name("ä" * 5000 + ".pdf")
    assert len(shown) == MAX_NAME
    assert shown.startswith("ää")
    assert shown.endswith("….pdf")


@given(st.text())
def test_any_name_becomes_one_that_can_be_shown(name: str) -> None:
    shown = display_name(name)
    assert 0 < len(shown) <= MAX_NAME + 1
    assert "/" not in shown
    assert "\\" not in shown
    assert shown.strip(" .")
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert display_name(shown) == shown
