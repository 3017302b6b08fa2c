"""Conversations and their messages, in the catalog. An assistant's message keeps its whole answer as JSON."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, Row, String, Table, Text, func, select

from storage.database import Database
from storage.errors import RowNotFound
from storage.records import Answer, Citation, Conversation, Message
from storage.schema import metadata

conversations = Table(
    "conversations",
    metadata,
    Column("id", String, primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", String, nullable=False),
    Column("updated_at", String, nullable=False),
    Column(
        "activity", Integer, nullable=False
    ),  # grows with every message: the order of lists, whatever the clock does
)
Index("conversations_by_activity", conversations.c.activity)

messages = Table(
    "messages",
    metadata,
    Column("id", String, primary_key=True),
    Column("conversation_id", String, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("role", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", String, nullable=False),
    Column("answer", JSON),
)
Index("messages_by_conversation", messages.c.conversation_id, messages.c.ordinal, unique=True)


Messages = list[Message]  # inside the class, `list` is a method


class ConversationStore:
    """The tables' reader and writer. Every write is one transaction. Thread-safe as the database is.

    Import this module before `Database.create`, so that its tables are made. All methods raise CatalogError when the
    catalog cannot be used, and RowNotFound for a conversation that does not exist.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, title: str) -> Conversation:
        """A new, empty conversation."""
        now = _now()
        row = Conversation(uuid.uuid4().hex, title, now, now, 0)
        with self._database.write() as connection:
            connection.execute(
                conversations.insert().values(
                    id=row.id, title=title, created_at=now, updated_at=now, activity=_next_activity()
                )
            )
        return row

    def list(self, text: str = "", limit: int = 500) -> list[Conversation]:
        """The latest activity first; with `text`, those whose title or messages contain it (capitals aside)."""
        query = _listing().order_by(conversations.c.activity.desc()).limit(limit)
        if text.strip():
            like = "%" + text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            inside = select(messages.c.conversation_id).where(messages.c.text.ilike(like, escape="\\"))
            query = query.where(conversations.c.title.ilike(like, escape="\\") | conversations.c.id.in_(inside))
        with self._database.read() as connection:
            return [_conversation(row) for row in connection.execute(query)]

    def get(self, conversation_id: str) -> Conversation:
        """One conversation."""
        with self._database.read() as connection:
            row = connection.execute(_listing().where(conversations.c.id == conversation_id)).first()
        if row is None:
            raise RowNotFound("There is no such conversation.")
        return _conversation(row)

    def messages(self, conversation_id: str, last: int | None = None) -> Messages:
        """The turns in order; only the last ones if asked."""
        query = select(messages).where(messages.c.conversation_id == conversation_id)
        query = query.order_by(messages.c.ordinal.desc()).limit(-1 if last is None else last)
        with self._database.read() as connection:
            rows = list(connection.execute(query))
            if not rows and not _exists(connection, conversation_id):
                raise RowNotFound("There is no such conversation.")
        return [_message(row) for row in reversed(rows)]

    def append(
        self, conversation_id: str, role: str, text: str, answer: Answer | None = None, title_if_empty: str = ""
    ) -> Message:
        """Add a turn at the end; `title_if_empty` becomes the title of a conversation that has none."""
        now = _now()
        row = Message(uuid.uuid4().hex, conversation_id, role, text, now, answer)
        with self._database.write() as connection:
            values: dict[str, Any] = {"updated_at": now, "activity": _next_activity()}
            found = connection.execute(
                conversations.update().where(conversations.c.id == conversation_id).values(**values)
            )
            if not found.rowcount:
                raise RowNotFound("There is no such conversation.")
            if title_if_empty:
                connection.execute(
                    conversations.update()
                    .where(conversations.c.id == conversation_id, conversations.c.title == "")
                    .values(title=title_if_empty)
                )
            last = select(func.coalesce(func.max(messages.c.ordinal), -1) + 1)
            connection.execute(
                messages.insert().values(
                    id=row.id,
                    conversation_id=conversation_id,
                    ordinal=last.where(messages.c.conversation_id == conversation_id).scalar_subquery(),
                    role=role,
                    text=text,
                    created_at=now,
                    answer=None if answer is None else asdict(answer),
                )
            )
        return row

    def rename(self, conversation_id: str, title: str) -> Conversation:
        """Give it another title; its place in lists stays."""
        with self._database.write() as connection:
            found = connection.execute(
                conversations.update().where(conversations.c.id == conversation_id).values(title=title)
            )
            if not found.rowcount:
                raise RowNotFound("There is no such conversation.")
        return self.get(conversation_id)

    def delete(self, conversation_id: str) -> None:
        """Remove it and its messages."""
        with self._database.write() as connection:
            connection.execute(messages.delete().where(messages.c.conversation_id == conversation_id))
            found = connection.execute(conversations.delete().where(conversations.c.id == conversation_id))
            if not found.rowcount:
                raise RowNotFound("There is no such conversation.")


def _listing() -> Any:
    count = select(func.count()).where(messages.c.conversation_id == conversations.c.id).scalar_subquery()
    return select(conversations, count.label("turns"))


def _next_activity() -> Any:
    return select(func.coalesce(func.max(conversations.c.activity), 0) + 1).scalar_subquery()


def _exists(connection: Any, conversation_id: str) -> bool:
    found = connection.execute(select(conversations.c.id).where(conversations.c.id == conversation_id)).first()
    return found is not None


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(row.id, row.title, row.created_at, row.updated_at, row.turns)


def _message(row: Row[Any]) -> Message:
    return Message(row.id, row.conversation_id, row.role, row.text, row.created_at, _answer(row.answer))


def _answer(kept: Mapping[str, Any] | None) -> Answer | None:
    """The answer as it was. Fields that a later version added take their defaults; fields it does not know are left."""
    if kept is None:
        return None
    citations = tuple(Citation(**_known(item, Citation)) for item in kept.get("citations", ()))
    trace = tuple(kept.get("trace", ()))
    return Answer(**{**_known(kept, Answer), "citations": citations, "trace": trace})


def _known(kept: Mapping[str, Any], record: type) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name in record.__dataclass_fields__}  # type: ignore[attr-defined]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
