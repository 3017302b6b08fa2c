"""Build the binary files of samples/library from samples/source: ``python -m samples.build [--out FOLDER]``.

Dates and ids in the files are fixed, so that a rebuild with the same libraries gives the same bytes. The other text
files of the library (Markdown, HTML, the timeline) are written by hand and live only there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from samples.builders import mail, office, pdf, scan, sheets
from samples.builders.markdown import Source, load

HERE = Path(__file__).resolve().parent


def source(*names: str) -> Source:
    """Read a text of samples/source by the names of its files, without the suffix."""
    return load(*(HERE / "source" / f"{name}.md" for name in names))


def build(out: Path) -> list[Path]:
    """Write the built files into the folder, which is made when missing, and return the paths of what lies there.

    Without the DejaVu fonts the scan is left as it is.
    """
    out.mkdir(parents=True, exist_ok=True)
    pdf.report(source("due-diligence-1", "due-diligence-2"), out / "due-diligence-AB-2023-061.pdf")
    pdf.article(source("foreland-water-review"), out / "foreland-water-review-2023-3.pdf")
    pdf.laboratory(source("laborbericht"), out / "laborbericht-IWS-19-0147.pdf")
    office.document(source("wasserlieferungsvertrag"), out / "wasserlieferungsvertrag-WLV-2009-117.docx")
    office.document(source("data-room-meeting"), out / "data-room-meeting-2023-04-04.docx")
    office.document(source("spa-key-terms"), out / "spa-key-terms.docx")
    office.slides(source("project-heron"), out / "project-heron-board-2023-06-07.pptx")
    sheets.ledger(out / "kqw-ledger-and-budget.xlsx")
    sheets.daily_csv(out / "messreihe-drei-brueder-2018-2019.csv")
    for name in ("mail-wilk", "mail-wimbacher"):
        mail.write(source(name), HERE / "source", out)
    if scan.FONTS.is_dir():
        scan.field_sheet(out / "messblatt-2019-03.png")
    return sorted(out.iterdir())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "library", help="where the files go")
    for path in build(parser.parse_args().out):
        print(f"{path.stat().st_size:>9,}  {path.name}")
