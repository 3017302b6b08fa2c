"""PDFs with a text layer, one text a page."""

from __future__ import annotations

import io


def pdf(pages: list[str], password: str | None = None) -> bytes:
    """A PDF with one text a page."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    target = io.BytesIO()
    encryption = StandardEncryption(password, canPrint=1) if password else None
    sheet = canvas.Canvas(target, pagesize=A4, encrypt=encryption, invariant=1)
    for text in pages:
        line = sheet.beginText(72, 760)
        for row in text.split("\n"):
            line.textLine(row)
        sheet.drawText(line)
        sheet.showPage()
    sheet.save()
    return target.getvalue()
