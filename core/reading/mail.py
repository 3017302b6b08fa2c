"""E-mail: headers, body and attachments, through Python's own parser.

Not through docling: it gives headers as loose paragraphs, flattens an HTML body to Markdown text and keeps no
attachment. An HTML body is read like any other HTML, by docling.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from core.errors import CorruptDocument
from core.reading.conversion import translated
from core.reading.encoding import decoded
from core.reading.plaintext import text_pieces
from core.reading.protocol import Found, ReadContext
from core.reading.sections import Piece, clean, one_line, pages_from, sections
from storage.records import Attachment, BlockKind, DocumentHead

MOST_ATTACHMENTS = 200
"""More are left out; `metadata["attachments_left_out"]` says how many."""

_OUTLOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADERS = ("From", "To", "Cc", "Date", "Subject")


class _Enclosed(NamedTuple):
    name: str
    data: bytes


def read_mail(path: Path, name: str, ctx: ReadContext) -> Iterator[Found]:  # noqa: ARG001 (as every reader)
    """Read a message (.eml, or Outlook's .msg): headers and body as sections, then its attachments.

    Attachments are written below `ctx.findings` under generated names. Raises CorruptDocument.
    """
    data = path.read_bytes()
    with translated("email"):
        message = _from_outlook(data) if data.startswith(_OUTLOOK) else _parsed(data)
        headers = {header: text for header in _HEADERS if (text := _header(message, header))}
        if not headers:
            raise CorruptDocument(
                "This message has neither sender, recipient, date nor subject.",
                "Save the message again from the mail program and add that file.",
            )
        enclosed: list[_Enclosed] = []
        body = list(_body(message, enclosed, False))
    kept = enclosed[:MOST_ATTACHMENTS]
    metadata: dict[str, Any] = {header.lower(): text for header, text in headers.items()}
    metadata["attachments"] = [each.name for each in kept]
    if len(enclosed) > len(kept):
        metadata["attachments_left_out"] = len(enclosed) - len(kept)
    yield DocumentHead("email", headers.get("Subject", ""), None, metadata)
    yield from pages_from(sections(_letter(headers, body, kept)), ctx.start_page, "message")
    for number, each in enumerate(kept, start=1):
        target = ctx.findings / f"attachment-{number:03d}"
        target.write_bytes(each.data)
        yield Attachment(each.name, str(target))


def _letter(headers: dict[str, str], body: list[Piece], enclosed: list[_Enclosed]) -> Iterator[Piece]:
    if "Subject" in headers:
        yield Piece(BlockKind.TITLE, headers["Subject"], 1)
    lines = [f"{header}: {text}" for header, text in headers.items() if header != "Subject"]
    if enclosed:
        lines.append("Attachments: " + ", ".join(each.name for each in enclosed))
    yield Piece(BlockKind.PARAGRAPH, "\n".join(lines))
    for piece in body:
        yield piece._replace(kind=BlockKind.HEADING) if piece.kind is BlockKind.TITLE else piece


def _parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _header(message: EmailMessage, name: str) -> str:
    """A header as text, decoded; a date as ISO 8601. Headers that cannot be parsed are given as they are."""
    try:
        text = str(message.get(name) or "")
    except Exception:  # the standard parser raises many things on broken headers; all mean the same
        text = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    if name == "Date" and text:
        try:
            return parsedate_to_datetime(text).isoformat(" ", "minutes")
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
    return one_line(text)


def _body(part: EmailMessage, enclosed: list[_Enclosed], related: bool) -> Iterator[Piece]:
    """The readable pieces of a part and what is below it. Everything else is added to `enclosed`."""
    kind = part.get_content_type()
    if kind == "message/rfc822":
        inner = part.get_payload()
        letter = inner[0] if isinstance(inner, list) and inner else None
        if isinstance(letter, EmailMessage):
            enclosed.append(_Enclosed(_name(part, len(enclosed) + 1, _header(letter, "Subject")), letter.as_bytes()))
    elif kind == "multipart/alternative":
        yield from _alternative(part, enclosed)
    elif part.is_multipart():
        for child in part.iter_parts():
            if isinstance(child, EmailMessage):
                yield from _body(child, enclosed, related or kind == "multipart/related")
    elif kind.startswith("multipart/"):  # announced, but without parts: its text is all there is
        yield from _text(part, "text/plain")
    elif kind in ("text/plain", "text/html") and not part.is_attachment() and not part.get_filename():
        yield from _text(part, kind)
    elif not (related and part.get_content_maintype() == "image" and not part.is_attachment()):
        data = part.get_payload(decode=True)  # pictures that a body shows (logos) are no documents
        if isinstance(data, bytes) and data:
            enclosed.append(_Enclosed(_name(part, len(enclosed) + 1), data))


def _alternative(part: EmailMessage, enclosed: list[_Enclosed]) -> Iterator[Piece]:
    """The first version with text, the plain one before the others; attachments of all of them."""
    children = [child for child in part.iter_parts() if isinstance(child, EmailMessage)]
    children.sort(key=lambda child: child.get_content_type() != "text/plain")
    shown = False
    for child in children:
        pieces = [] if shown and not child.is_multipart() else list(_body(child, enclosed, False))
        if not shown:
            yield from pieces
        shown = shown or any(piece.text.strip() for piece in pieces)


def _text(part: EmailMessage, kind: str) -> Iterator[Piece]:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        data = str(part.get_payload()).encode("utf-8", "surrogateescape")
    try:
        text = data.decode(part.get_content_charset() or "ascii")
    except (LookupError, ValueError):
        text = decoded(data)
    text = clean(text)
    if kind == "text/html" and text.strip():
        from core.reading.hypertext import html_pieces, simplified

        yield from html_pieces(simplified(text), "email")
    else:
        yield from text_pieces(text.split("\n"), headings=False)


def _name(part: EmailMessage, number: int, subject: str = "") -> str:
    """The name an attachment was given, for showing only; a made-up one if it has none."""
    given = one_line(part.get_filename() or "")
    if given:
        return PurePath(given.replace("\\", "/")).name[:255] or f"attachment {number}"
    if part.get_content_type() == "message/rfc822":
        return f"{subject[:120] or f'message {number}'}.eml"
    return f"attachment {number}{mimetypes.guess_extension(part.get_content_type()) or ''}"


def _from_outlook(data: bytes) -> EmailMessage:
    """An Outlook message as a standard one."""
    from oxmsg import Message

    outlook = Message.load(data)
    message = EmailMessage()
    sent = outlook.message_headers
    for header in _HEADERS:
        text = one_line(sent.get(header, ""))
        if text:
            message[header] = text
    if "Subject" not in message and outlook.subject:
        message["Subject"] = one_line(outlook.subject)
    if "From" not in message and outlook.sender:
        message["From"] = one_line(outlook.sender)
    if "To" not in message and outlook.recipients:
        people = (one_line(f"{person.name} <{person.email_address}>") for person in outlook.recipients)
        message["To"] = ", ".join(people)
    if "Date" not in message and outlook.sent_date:
        message["Date"] = outlook.sent_date
    if outlook.body or not outlook.html_body:
        message.set_content(outlook.body or "")
    else:
        message.set_content(outlook.html_body, subtype="html")
    for attachment in outlook.attachments:
        if attachment.file_bytes:
            message.add_attachment(
                attachment.file_bytes, "application", "octet-stream", filename=one_line(attachment.file_name or "")
            )
    return message
