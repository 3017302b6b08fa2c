"""Kept conversations: listed, read, continued, renamed, deleted, exported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial

from core.answering.markdown import escape
from core.errors import InvalidRequest, NotFound
from core.records import Answer, Citation, Conversation, Message
from storage.conversations import ConversationStore
from storage.database import Database
from storage.errors import RowNotFound

TITLE_LENGTH = 80  # characters of a title made from the first question
LONGEST_TITLE = 200
_MARKER = re.compile(r"(?<!\\)\[(\d{1,3})\]")
ROLES = frozenset({"user", "assistant"})


Messages = list[Message]  # inside the class, `list` is a method


class Chats:
    """The conversations of one data folder. Thread-safe.

    Methods raise NotFound for a conversation that does not exist, and StorageError when the catalog cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._store = ConversationStore(database)

    def create(self, title: str = "") -> Conversation:
        """A new conversation. Without a title its first question becomes the title."""
        return self._store.create(_one_line(title)[:LONGEST_TITLE])

    def list(self, text: str = "") -> list[Conversation]:
        """The latest activity first; with `text`, those that contain it in title or messages."""
        return self._store.list(text)

    def get(self, conversation_id: str) -> Conversation:
        """One conversation."""
        with _translated():
            return self._store.get(conversation_id)

    def messages(self, conversation_id: str, last: int | None = None) -> Messages:
        """Its turns in order, answers with their citations included; only the last ones if asked."""
        with _translated():
            return self._store.messages(conversation_id, last)

    def append(self, conversation_id: str, role: str, text: str, answer: Answer | None = None) -> Message:
        """Add a turn. The first question gives an untitled conversation its title. Raises InvalidRequest."""
        if role not in ROLES:
            raise InvalidRequest(f"{role!r} is not a role.", "Roles: user, assistant.")
        with _translated():
            return self._store.append(conversation_id, role, text, answer, title_from(text) if role == "user" else "")

    def rename(self, conversation_id: str, title: str) -> Conversation:
        """Give it another title. Raises InvalidRequest for an empty one."""
        title = _one_line(title)[:LONGEST_TITLE]
        if not title:
            raise InvalidRequest("A conversation needs a title.", "Type at least one letter.")
        with _translated():
            return self._store.rename(conversation_id, title)

    def delete(self, conversation_id: str) -> None:
        """Remove it for good."""
        with _translated():
            self._store.delete(conversation_id)

    def export(self, conversation_id: str, form: str = "markdown") -> str:
        """The whole conversation as `markdown` (sources as footnotes) or `json`. Raises InvalidRequest."""
        conversation, turns = self.get(conversation_id), self.messages(conversation_id)
        if form in ("markdown", "md"):
            return _as_markdown(conversation, turns)
        if form == "json":
            kept = {**asdict(conversation), "messages": [asdict(turn) for turn in turns]}
            return json.dumps(kept, ensure_ascii=False, indent=2)
        raise InvalidRequest(f"There is no export as {form!r}.", "Exports: markdown, json.")


def title_from(question: str) -> str:
    """A title from a question: one line, cut at a word."""
    line = _one_line(question)
    if len(line) <= TITLE_LENGTH:
        return line
    return line[: TITLE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;:-–") + "…"


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RowNotFound as error:
        raise NotFound("There is no such conversation.", "It may have been deleted; pick another one.") from error


def _footnote(turn: int, citations: Mapping[int, Citation], match: re.Match[str]) -> str:
    return f"[^{turn}-{match[1]}]" if int(match[1]) in citations else match[0]


def _as_markdown(conversation: Conversation, turns: Messages) -> str:
    lines = [
        f"# {escape(conversation.title) or 'Conversation'}",
        "",
        f"Exported from Quellwerk. Begun {conversation.created_at}.",
    ]
    notes: list[str] = []
    for number, turn in enumerate(turns, 1):
        if turn.role == "user":
            lines += ["", f"## {escape(turn.text)}"]
            continue
        citations = {citation.n: citation for citation in turn.answer.citations} if turn.answer else {}
        text = _MARKER.sub(partial(_footnote, number, citations), turn.text)
        lines += ["", text]
        for citation in citations.values():
            place = escape(citation.document)
            place += f", page {citation.page}" if citation.page is not None else ""
            place += f", {escape(citation.heading)}" if citation.heading else ""
            notes.append(f"[^{number}-{citation.n}]: {place}: “{escape(citation.quote)}”")
    if notes:
        lines += ["", *notes]
    return "\n".join(lines) + "\n"
