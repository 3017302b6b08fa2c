"""The sample library says what its questions rely on, and the build script still makes it."""

from __future__ import annotations

import csv
import email
import email.policy
import hashlib
import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pypdfium2
import pytest
from docx import Document
from PIL import Image
from pptx import Presentation

from samples.build import build
from samples.builders import scan
from samples.builders.series import daily, monthly, total

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
LIBRARY = SAMPLES / "library"
BUILT = (".pdf", ".docx", ".pptx", ".xlsx", ".eml")


def read(path: Path) -> str:
    """Return a file's text with single spaces; hyphens at line ends are undone."""
    reader = READERS.get(path.suffix, lambda p: p.read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", reader(path))


def read_pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        text = "\n".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    finally:
        document.close()
    return text.replace("\ufffe", "")


def read_docx(path: Path) -> str:
    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def read_pptx(path: Path) -> str:
    lines: list[str] = []
    for slide in Presentation(str(path)).slides:
        shapes: Any = slide.shapes
        lines += [shape.text_frame.text for shape in shapes if shape.has_text_frame]
        lines += [c.text for shape in shapes if shape.has_table for row in shape.table.rows for c in row.cells]
        lines.append(slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else "")
    return "\n".join(lines)


def read_xlsx(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    return "\n".join(str(value) for sheet in book for row in sheet.values for value in row if value is not None)


def read_eml(path: Path) -> str:
    message: Any = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return "\n".join([message["subject"], message["from"], message["to"], message.get_body().get_content()])


def read_attachments(path: Path) -> dict[str, str]:
    """Return the texts of a message's attachments under their own names, as they are imported."""
    message: Any = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return {part.get_filename(): part.get_content() for part in message.iter_attachments()}


def read_html(path: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")))


@cache
def read_png(path: Path) -> str:
    from rapidocr import RapidOCR

    found: Any = RapidOCR()(str(path))
    return "\n".join(found.txts or ())


READERS: dict[str, Any] = {
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".pptx": read_pptx,
    ".xlsx": read_xlsx,
    ".eml": read_eml,
    ".html": read_html,
    ".png": read_png,
}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    found = {path.name: read(path) for path in sorted(LIBRARY.iterdir())}
    for path in LIBRARY.glob("*.eml"):
        found |= read_attachments(path)
    return found


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    build(folder)
    return folder


def questions(name: str = "questions.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines()]


def test_the_library_holds_every_format_and_stays_small() -> None:
    files = list(LIBRARY.iterdir())
    assert {f.suffix for f in files} == {*BUILT, ".html", ".md", ".csv", ".png"}
    assert 14 <= len(files) <= 18
    assert sum(f.stat().st_size for f in files) < 3_000_000
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert {f.name for f in files} == set(re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE))


@pytest.mark.parametrize("question", questions(), ids=lambda q: q["question"][:48])
def test_a_question_rests_on_what_its_documents_say(question: dict[str, Any], texts: dict[str, str]) -> None:
    assert question["relevant"] and set(question["relevant"]) == set(question["evidence"])
    for name, words in question["evidence"].items():
        assert words in texts[name], f"{name} does not say: {words}"
    if question["kind"] != "single":
        assert len(question["relevant"]) >= 2


def test_the_readme_lists_every_question() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    every = questions() + questions("unanswerable.jsonl")
    assert [q["question"] for q in every if q["question"] not in readme] == []
    assert {q["language"] for q in every} == {"en", "de"}
    assert sum(q["kind"] == "multi-hop" for q in every) >= 5


def test_what_is_called_unanswerable_is_nowhere(texts: dict[str, str]) -> None:
    assert len(questions("unanswerable.jsonl")) >= 3
    everything = " ".join(texts.values()).lower()
    for word in ("salary", "gehalt", "wage", "fish", "fisch", "verurteilt", "sentenced", "foundation was founded"):
        assert not re.search(rf"\b{word}", everything), word


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("Orthofer", 8), ("Thaller", 8), ("Moosbrugger", 8), ("Wimbacher", 5), ("Wilk", 8), ("Salvisberg", 5),
        ("Ashcombe", 5), ("Reitmayr", 5), ("Pfleghaar", 3), ("Staudinger", 3), ("Thurnhof", 5), ("KQW", 13),
        ("Valdrun", 6), ("VIH", 6), ("IWS", 6), ("Altenkest", 12), ("Kesterau", 9), ("Auwiese", 8), ("Hinterau", 5),
        ("WLV-2009-117", 7), ("IWS-19-0147", 6), ("KQW-2019-0208", 4), ("2217", 6), ("36.9 million", 3),
    ],
)  # fmt: skip
def test_names_and_numbers_recur(name: str, least: int, texts: dict[str, str]) -> None:
    assert sum(name in text for text in texts.values()) >= least


def test_the_figures_agree_across_files(texts: dict[str, str]) -> None:
    series = daily()
    below = [day for day, values in series.items() if total(values) < 38]
    assert len(series) == 182
    assert len(below) == (below[-1] - below[0]).days + 1 == 23
    assert min((total(v), d.isoformat()) for d, v in series.items()) == (31.2, "2019-01-24")
    with (LIBRARY / "messreihe-drei-brueder-2018-2019.csv").open(encoding="utf-8", newline="") as file:
        assert sum(row["Unter 38 l/s"] == "ja" for row in csv.DictReader(file, delimiter=";")) == 23
    report = texts["due-diligence-AB-2023-061.pdf"]
    for year, month, (a, _, c), _recovered in monthly():
        assert f"{year} {a:.1f} " in report and f" {c:.1f} " in report, (year, month)


def test_the_timeline_names_files_of_the_library() -> None:
    with (LIBRARY / "timeline.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert {row["source"] for row in rows} <= {path.name for path in LIBRARY.iterdir()}


def test_the_ledger_adds_up() -> None:
    book: Any = openpyxl.load_workbook(LIBRARY / "kqw-ledger-and-budget.xlsx")
    days = [row for row in book["Standby supply 2019"].values if hasattr(row[0], "year")]
    assert len(days) == 22
    assert sum(row[2] for row in days) == 137
    assert sum(row[5] for row in days) == 48_312.50
    invoices = {row[1]: row[5] for row in book["Invoices 2018-19"].values}
    assert sum(invoices[f"TT-0{n}"] for n in (114, 121, 128, 204)) == sum(row[3] for row in days)
    budget = [row for row in book["Budget 2023-2026"].values if str(row[0]).startswith("Auwiese well:")]
    assert sum(row[5] for row in budget) == 3_400


def test_the_report_gives_a_pdf_reader_work() -> None:
    document = pypdfium2.PdfDocument(LIBRARY / "due-diligence-AB-2023-061.pdf")
    pages = [document[n].get_textpage().get_text_range() for n in range(len(document))]
    document.close()
    assert 8 <= len(pages) <= 12
    assert all("Ashcombe & Brandt · AB-2023-061" in page for page in pages[1:])
    assert sum("Q1 Antonius Q2 Benedikt Q3 Cyrill Total" in page for page in pages) == 3
    assert sum(page.count("\ufffe") for page in pages) > 10


def test_the_build_script_makes_the_same_texts(rebuilt: Path, texts: dict[str, str]) -> None:
    built = [path for path in rebuilt.iterdir() if path.suffix != ".png"]
    assert {p.name for p in LIBRARY.iterdir() if p.suffix in BUILT} <= {p.name for p in built}
    assert [path.name for path in built if read(path) != texts[path.name]] == []


def test_a_second_build_gives_the_same_bytes(rebuilt: Path, tmp_path: Path) -> None:
    again = build(tmp_path)
    assert [p.name for p in again if _digest(p) != _digest(rebuilt / p.name)] == []


def test_the_scan_is_painted_from_its_source(rebuilt: Path, texts: dict[str, str]) -> None:
    heard = texts["messblatt-2019-03.png"]
    for words in ("MESSBLATT Nr. 2019-03", "17. Januar 2019", "11,6 l/s", "35,1 l/s", "LT-40 Nr. 2217", "K. Thaller"):
        assert words in scan.SOURCE.read_text(encoding="utf-8") and words in heard, words
    if not scan.FONTS.is_dir():
        pytest.skip("the DejaVu fonts are not installed here, the committed scan was read")
    old, new = (np.asarray(Image.open(folder / "messblatt-2019-03.png"), dtype=float) for folder in (LIBRARY, rebuilt))
    assert np.abs(old - new).mean() < 4


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
