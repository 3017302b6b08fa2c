"""Lines joined to text: what happens at a line's end."""

from __future__ import annotations

import pytest

from core.reading.wording import cleaned, joined


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["a light-", "house keeper"], "a lighthouse keeper"),
        (["a light\ufffehouse"], "a lighthouse"),
        (["a light\xad", "house"], "a lighthouse"),
        (["twenty-", "eight lamps, Zug-", "based and car-", "free"], "twenty-eight lamps, Zug-based and car-free"),
        (["the direct-", "or of two-", "or three lamps"], "the director of two- or three lamps"),
        (["Ein-", "und Ausgang"], "Ein- und Ausgang"),
        (["COVID-", "19 in Nord-", "Süd"], "COVID-19 in Nord-Süd"),
        (["https://example.org/", "lamps"], "https://example.org/lamps"),
        (["a dash \u2013", "and more"], "a dash \u2013 and more"),
        (["o\ufb03ce \ufb02ame"], "office flame"),
        (["one", "", "two"], "one two"),
        ([], ""),
    ],
)
def test_joined(lines: list[str], text: str) -> None:
    assert joined(lines) == text


def test_words_of_the_document_decide() -> None:
    assert joined(["a well-", "known keeper"], {"wellknown"}) == "a wellknown keeper"
    assert joined(["the over-", "flow"], {"over-flow"}) == "the over-flow"
    assert joined(["the over-", "flow"], {"overflow", "over-flow"}) == "the overflow"


def test_cleaned() -> None:
    assert cleaned("a\x00b\u200b c\xa0 d\u202ee") == "ab c de"
    assert cleaned("Chapter one . . . . . . . . 12") == "Chapter one … 12"
    assert cleaned("Chapter one ........ 12") == "Chapter one … 12"
