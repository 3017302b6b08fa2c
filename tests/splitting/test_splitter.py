"""Chunks, measured with the real tokenizer: within the limit, nothing lost or doubled, cut where it makes sense."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models.minilm import LIMIT, MODEL_FOLDER, MiniLM
from core.splitting.splitter import embedding_text, heading_prefix, split
from storage.records import Block, BlockKind, Chunk, Page

Count = Callable[[str], int]
TITLE = "Annual report"


@pytest.fixture(scope="module")
def count() -> Iterator[Count]:
    model = MiniLM(MODEL_FOLDER, threads=1)
    yield model.count_tokens
    model.close()


def page(number: int, *blocks: tuple[str, str] | tuple[str, str, int], label: str = "") -> Page:
    """A page whose blocks stand as in `Page.text`."""
    made, position = [], 0
    for kind, text, *level in blocks:
        made.append(Block(BlockKind(kind), text, position, position + len(text), level[0] if level else 0))
        position += len(text) + 2
    return Page(number, tuple(made), label=label)


def chunks(
    pages: list[Page], count: Count, *, title: str = TITLE, paged: bool = True, limit: int = LIMIT
) -> list[Chunk]:
    return list(
        split(pages, document_id="d", version_id="v", title=title, paged=paged, count_tokens=count, limit=limit)
    )


def bare(text: str) -> str:
    """Without white space, and without what a table's layout consists of."""
    return re.sub(r"\s|-{3,}", "", text).replace("|", "")


PUMP = "The pump was installed by Dr. Weber on 3 May 2024. It cost 3.5 million euros, i.e. far more than planned. "


def prose(seed: int, sentences: int) -> str:
    """Different sentences for different seeds."""
    chance = random.Random(seed)
    words = ["pump", "valve", "flood", "board", "harbour", "contract", "engineer", "report", "decided", "old", "new"]
    return " ".join(
        " ".join(chance.choices(words, k=chance.randint(6, 16))).capitalize() + "." for _ in range(sentences)
    )


# --- properties ---------------------------------------------------------------------------------------------------

word = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Z")), min_size=1, max_size=12) | st.sampled_from(
    [
        "pump",
        "Dr.",
        "3.",
        "Mai",
        "z. B.",
        "end.",
        "Why?",
        "語",
        "今日は晴れです。明日も",
        "한국어문장",
        "x" * 150,
        "ab" * 900,
    ]
)
sentence = st.lists(word, min_size=1, max_size=40).map(" ".join)
text = st.lists(sentence, min_size=1, max_size=8).map(". ".join) | st.text(max_size=300)
kind = st.sampled_from(["paragraph", "list_item", "caption", "picture"])
plain = st.tuples(kind, text)
code = st.tuples(st.just("code"), st.lists(sentence, min_size=1, max_size=30).map("\n    ".join))
cell = st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=8)
body = st.lists(st.one_of(plain, plain, code, st.just(("table", "")), st.just(("heading", ""))), max_size=7)


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[Page], list[str], list[str]]:
    """Pages, the heads of their tables, their headings. Heads and headings are recognisable."""
    pages, heads, headings = [], [], []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        blocks: list[tuple[str, str] | tuple[str, str, int]] = []
        for kind, content in draw(body):
            if kind == "table":
                width = draw(st.integers(1, 9))
                head = "| " + " | ".join(f"Kopf{len(heads)}q{n}" for n in range(width)) + " |\n" + "|---" * width + "|"
                rows = ["| " + " | ".join(draw(cell) for _ in range(width)) + " |"] * draw(st.integers(0, 30))
                heads.append(head)
                blocks.append(("table", "\n".join([head, *rows])))
            elif kind == "heading":
                headings.append(f"Zzheading{len(headings)}zz" + " long" * draw(st.sampled_from([0, 2, 30])))
                blocks.append(("heading", headings[-1], draw(st.integers(0, 4))))
            else:
                blocks.append((kind, content))
        pages.append(page(number, *blocks))
    return pages, heads, headings


CAREFUL = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


@given(document=documents(), title=st.sampled_from(["", TITLE, "Ein sehr langer Titel " * 20, "年次報告書" * 30]))
@CAREFUL
def test_never_above_the_limit(count: Count, document: tuple[list[Page], list[str], list[str]], title: str) -> None:
    for chunk in chunks(document[0], count, title=title):
        assert count(embedding_text(chunk, title)) <= LIMIT
        assert chunk.tokens <= LIMIT
        assert chunk.text.strip()


@given(document=documents())
@CAREFUL
def test_nothing_lost_nothing_doubled(count: Count, document: tuple[list[Page], list[str], list[str]]) -> None:
    pages, heads, headings = document
    found = chunks(pages, count)
    written = bare("\n".join(block.text for page in pages for block in page.blocks))
    told = bare("\n".join(chunk.text for chunk in found))
    for head in map(bare, heads):
        first, marker, rest = told.partition(head)
        told = first + marker + rest.replace(head, "")
    for heading in headings:
        in_path = any(heading in chunk.heading.split(" › ") for chunk in found)
        assert in_path or bare(heading) in told
        written, told = written.replace(bare(heading), ""), told.replace(bare(heading), "")
    # A word that was hyphenated at the end of a page is put together again.
    assert told.replace("-", "").replace("\u00ad", "") == written.replace("-", "").replace("\u00ad", "")


@given(document=documents())
@CAREFUL
def test_deterministic_and_in_order(count: Count, document: tuple[list[Page], list[str], list[str]]) -> None:
    found = chunks(document[0], count)
    assert found == chunks(document[0], count)
    assert [chunk.ordinal for chunk in found] == list(range(len(found)))
    assert len({chunk.chunk_id for chunk in found}) == len(found)
    for before, after in pairwise(found):
        assert (before.section, before.start) <= (after.section, after.start)
        assert (before.section_end, before.end) <= (after.section_end, after.end)


@given(document=documents())
@CAREFUL
def test_ranges_lead_back_to_the_text(count: Count, document: tuple[list[Page], list[str], list[str]]) -> None:
    pages = {page.number: page.text for page in document[0]}
    for chunk in chunks(document[0], count):
        assert (chunk.page, chunk.page_end) == (chunk.section, chunk.section_end)
        assert 0 <= chunk.start <= len(pages[chunk.section])
        assert 0 <= chunk.end <= len(pages[chunk.section_end])
        if chunk.section == chunk.section_end and "|" not in chunk.text and "Zzheading" not in pages[chunk.section]:
            assert bare(pages[chunk.section][chunk.start : chunk.end]) == bare(chunk.text)


# --- structure ----------------------------------------------------------------------------------------------------


def test_headings_make_the_path_and_end_the_chunk(count: Count) -> None:
    found = chunks(
        [
            page(
                1,
                ("title", TITLE),
                ("heading", "1 Pumps", 1),
                ("paragraph", PUMP * 2),
                ("heading", "1.1 Old ones", 2),
                ("paragraph", PUMP * 2),
                ("heading", "2 Valves", 1),
                ("paragraph", PUMP * 2),
            )
        ],
        count,
    )
    assert [chunk.heading for chunk in found] == ["1 Pumps", "1 Pumps › 1.1 Old ones", "2 Valves"]
    assert embedding_text(found[1], TITLE).startswith("Annual report › 1 Pumps › 1.1 Old ones\nThe pump was")
    assert all(chunk.text == (PUMP * 2).strip() for chunk in found)
    assert all(chunk.tokens == count(embedding_text(chunk, TITLE)) for chunk in found)
    assert {chunk.language for chunk in found} == {"en"}
    assert len({chunk.text_hash for chunk in found}) == 3


def test_headings_without_text_are_kept(count: Count) -> None:
    (found,) = chunks([page(1, ("title", TITLE)), page(2, ("heading", "Thanks", 1))], count)
    assert found.text == "Annual report\nThanks"
    assert found.kind is BlockKind.HEADING


def test_tiny_sections_below_one_heading_share_a_chunk(count: Count) -> None:
    blocks = [("heading", "abline", 1)]
    for name in ("Usage", "Value", "Author"):
        blocks += [("heading", name, 2), ("paragraph", f"See {name.lower()} above.")]
    blocks += [("heading", "acf", 1), ("paragraph", "Something else.")]
    first, second = chunks([page(1, *blocks)], count)
    assert first.heading == "abline"
    assert first.text == "Usage\nSee usage above.\n\nValue\nSee value above.\n\nAuthor\nSee author above."
    assert second.heading == "acf"


def test_no_sentence_is_cut_and_no_crumb_left(count: Count) -> None:
    for seed in range(20):
        text = prose(seed, 60)
        found = chunks([page(1, ("paragraph", text), ("paragraph", "And a last word."))], count)
        assert len(found) > 2
        assert all(chunk.text.endswith(".") and chunk.text[0].isupper() for chunk in found)
        assert min(chunk.tokens for chunk in found) > 32


def test_paragraphs_are_kept_whole_where_they_fit(count: Count) -> None:
    paragraphs = [prose(seed, 4) for seed in range(30)]
    found = chunks([page(1, *[("paragraph", text) for text in paragraphs])], count)
    assert [text for chunk in found for text in chunk.text.split("\n\n")] == paragraphs


def test_a_table_repeats_its_head(count: Count) -> None:
    rows = [f"| Pump {n} | {n * 37} euros |" for n in range(60)]
    table = "| Name     | Amount   |\n|----------|---------:|\n" + "\n".join(rows)
    found = chunks([page(1, ("table", table))], count)
    assert len(found) > 2
    told = []
    for chunk in found:
        head, rule, *lines = chunk.text.split("\n")
        assert (head, rule) == ("| Name | Amount |", "|---|---|")
        assert chunk.kind is BlockKind.TABLE
        told += lines
    assert told == rows
    assert "---" not in embedding_text(found[0], TITLE)


def test_a_small_table_stays_with_the_text_that_leads_to_it(count: Count) -> None:
    text = prose(1, 12)
    found = chunks(
        [page(1, ("paragraph", text), ("paragraph", "The costs:"), ("table", "| a | b |\n|---|---|\n| 1 | 2 |"))], count
    )
    assert found[-1].text.endswith("The costs:\n\n| a | b |\n|---|---|\n| 1 | 2 |")


def test_code_is_cut_between_definitions(count: Count) -> None:
    body = "\n".join(f"    value_{n} = compute(value_{n - 1}, {n})" for n in range(1, 9))
    code = "\n\n\n".join(f"def step_{n}(value_0):\n{body}\n\n    return value_8" for n in range(6))
    found = chunks([page(1, ("code", code))], count)
    assert len(found) > 3
    assert all(chunk.text.startswith("def step_") and chunk.kind is BlockKind.CODE for chunk in found)
    assert "\n\n\n".join(chunk.text for chunk in found) == code


def test_a_sentence_runs_over_the_page_break(count: Count) -> None:
    found = chunks(
        [
            page(1, ("paragraph", "In the end the board of the water company decided that the whole docu-")),
            page(2, ("paragraph", "mentation had to be written anew.")),
        ],
        count,
    )
    assert [chunk.text for chunk in found] == [
        "In the end the board of the water company decided that the whole documentation had to be written anew."
    ]
    assert (found[0].page, found[0].page_end) == (1, 2)
    assert (found[0].start, found[0].end) == (0, 33)


def test_sheets_are_kept_apart_under_their_names(count: Count) -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    found = chunks(
        [page(1, ("table", table), label="Costs"), page(2, ("table", table), label="Income")], count, paged=False
    )
    assert [chunk.heading for chunk in found] == ["Costs", "Income"]
    assert found[0].page is None


def test_printed_page_numbers_are_not_headings(count: Count) -> None:
    (found,) = chunks([page(1, ("paragraph", "One."), label="iv"), page(2, ("paragraph", "Two."), label="5")], count)
    assert found.text == "One.\n\nTwo."


def test_chunks_leave_while_pages_still_come(count: Count) -> None:
    asked = []

    def pages() -> Iterator[Page]:
        for number in range(1, 51):
            asked.append(number)
            yield page(number, *[("paragraph", prose(number * 10 + n, 5)) for n in range(5)])

    stream = split(pages(), document_id="d", version_id="v", title="", paged=True, count_tokens=count, limit=LIMIT)
    assert next(stream).page == 1
    assert asked[-1] <= 2


def test_an_edit_changes_only_chunks_near_it(count: Count) -> None:
    """A text of some 400 pages without a heading, 1 % of its paragraphs rewritten."""
    chance = random.Random(7)
    paragraphs = [prose(n, chance.randint(3, 9)) for n in range(1200)]
    edited = [prose(5000 + n, 5) if n % 100 == 50 else text for n, text in enumerate(paragraphs)]

    def hashes(paragraphs: list[str]) -> dict[str, int]:
        pages = [
            page(n + 1, *[("paragraph", text) for text in paragraphs[start : start + 8]])
            for n, start in enumerate(range(0, len(paragraphs), 8))
        ]
        return {chunk.text_hash: chunk.tokens for chunk in chunks(pages, count)}

    before, after = hashes(paragraphs), hashes(edited)
    fresh = sum(tokens for text_hash, tokens in after.items() if text_hash not in before)
    assert 0 < fresh <= 0.03 * sum(after.values())


@pytest.mark.parametrize(
    "text", ["x9" * 50_000, "今日語本" * 5_000, "a" + " " * 50_000 + "b", "|a" * 20_000, ". " * 9_000]
)
@pytest.mark.parametrize("kind", ["paragraph", "table", "code"])
def test_no_text_is_too_odd(count: Count, kind: str, text: str) -> None:
    found = chunks([page(1, (kind, text))], count)
    assert "".join(bare(chunk.text) for chunk in found) == bare(text)
    assert all(count(embedding_text(chunk, TITLE)) <= LIMIT and len(chunk.text) < 2500 for chunk in found)


def test_long_paths_are_shortened_from_the_front() -> None:
    assert heading_prefix("Report", "Report › Pumps") == "Report › Pumps"
    assert heading_prefix("", "") == ""
    short = heading_prefix("A title", " › ".join(f"{n} A heading of some length" for n in range(9)))
    assert short.endswith("8 A heading of some length")
    assert "A title" not in short
    assert len(short.encode()) <= 120
    assert len(heading_prefix("年次報告書" * 30, "").encode()) <= 120


def test_too_small_a_limit_is_refused(count: Count) -> None:
    with pytest.raises(ValueError, match="too small"):
        chunks([page(1, ("paragraph", "One."))], count, limit=100)


def test_no_pages_no_chunks(count: Count) -> None:
    assert chunks([], count) == []
    assert chunks([page(1), page(2, ("paragraph", "  \n "))], count) == []


def test_a_model_file_is_where_the_project_says() -> None:
    assert (Path(MODEL_FOLDER) / "LICENSE").is_file()


def test_a_printed_page_number_is_no_heading() -> None:
    pages = [
        Page(
            number,
            (Block(BlockKind.PARAGRAPH, f"Preface part {number} says a few words.", 0, 36),),
            595.0,
            842.0,
            label,
        )
        for number, label in enumerate(("T-1", "T-2"), start=1)
    ]
    chunks = list(
        split(
            pages,
            document_id="d",
            version_id="v",
            title="Book",
            paged=True,
            count_tokens=lambda t: len(t.split()),
            limit=256,
        )
    )
    assert {chunk.heading for chunk in chunks} == {""}
