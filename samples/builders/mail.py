"""Write the e-mails of the library as RFC 5322 files with fixed boundaries."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from samples.builders.markdown import Source


def write(source: Source, attachments: Path, out: Path) -> Path:
    """Write one message into the folder; its attachment, if the front matter names one, is read from attachments."""
    meta = source.meta
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"], message["To"], message["Cc"] = meta["from"], meta["to"], meta["cc"]
    message["Date"], message["Subject"], message["Message-ID"] = meta["date"], meta["subject"], meta["id"]
    message["Content-Language"] = meta["language"]
    message.set_content(source.body, cte="quoted-printable")
    if name := meta.get("attachment"):
        text = (attachments / name).read_text(encoding="utf-8")
        message.add_attachment(text, filename=name, cte="base64")
        message.set_boundary("=_quellwerk_samples_" + meta["date"][5:16].replace(" ", "_"))
    path = out / meta["file"]
    path.write_bytes(message.as_bytes())
    return path
