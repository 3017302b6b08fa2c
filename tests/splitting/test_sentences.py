"""Sentences are found as a reader would find them, and nothing between them is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.splitting.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Smith met Mrs. Jones at 3.15 p.m. on Friday.", "They spoke for an hour."],
        ["The U.S. Army paid $3.5 million.", "It was late."],
        ["He lives in the U.S.", "The house is old."],
        ["J. R. R. Tolkien wrote it.", "It is long."],
        ["“Stop!” he said.", "Nobody stopped."],
        ["She asked: “Why?”", "Nobody knew."],
        ["See e.g. Fig. 3 and p. 12.", "The rest follows."],
        ["Acme Inc. Chairman Bob left.", "The board met."],
        ["It ended in 1999.", "Results followed."],
        ["So did I.", "Then we left."],
        ["Wait... what happened?", "Nothing…", "Really."],
        ["It was true.[12]", "Others disagree."],
        ["Visit www.example.com today.", "Node.js is there, too."],
        ["(This is inside.)", "This is outside."],
    ],
)
def test_english(parts: list[str]) -> None:
    assert cut(" ".join(parts)) == parts


@pytest.mark.parametrize(
    "parts",
    [
        ["Am 3. Mai 2024 traf Dr. Weber die Geschäftsführung.", "Sie sprachen über das Werk."],
        ["Im 19. Jahrhundert wurde die Mühle gebaut.", "Sie steht noch."],
        ["Es waren nur 12.", "Die anderen fehlten und schwiegen."],
        ["Das gilt z. B. Für Pumpen, d. h. Maschinen, und für Ventile.", "Mehr steht in Abs. 2 und Nr. 7."],
        ["Das gilt z.B. für Pumpen bzw. Ventile.", "Vgl. Abb. 3 und S. 12."],
        ["„Das reicht nicht.“", "Er ging."],
        ["»Kommen Sie?«, fragte sie.", "Niemand kam."],
        ["Die Quellwerk GmbH zahlte 3,5 Mio. Euro.", "Das war viel."],
        ["Der Vertrag vom 01.02.2024 endet am 3. 5. 2026.", "Er wird nicht verlängert."],
        ["Dipl.-Ing. Meier prüfte das Rohr.", "Es war dicht."],
        ["Kaiser Wilhelm II. war nicht da.", "Er schrieb."],
    ],
)
def test_german(parts: list[str]) -> None:
    assert cut(" ".join(parts)) == parts


def test_lines_of_lists_and_tables_are_their_own() -> None:
    assert cut("Needed:\n- a pump\n- a valve\n\nThen start") == ["Needed:", "- a pump", "- a valve", "Then start"]
    assert cut("| a | b |\n|---|---|\n| 1 | 2 |") == ["| a | b |", "|---|---|", "| 1 | 2 |"]
    assert cut("1. Introduction\n2. Method") == ["1. Introduction", "2. Method"]


def test_scripts_without_spaces() -> None:
    assert cut("今日は晴れです。明日は雨でしょう！「本当？」はい。") == [
        "今日は晴れです。",
        "明日は雨でしょう！",
        "「本当？」",
        "はい。",
    ]


@pytest.mark.parametrize("text", ["", "   \n\t ", "\u00a0"])
def test_blank_has_none(text: str) -> None:
    assert sentences(text) == []


@given(st.text(alphabet=st.sampled_from('aZß3.!? \n\t„“"(|-。語…'), max_size=80) | st.text(max_size=80))
def test_only_white_space_lies_between(text: str) -> None:
    ranges = sentences(text)
    position = 0
    for start, end in ranges:
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()
