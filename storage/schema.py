"""The tables of `catalog.sqlite`. Other modules of this layer add theirs to the same `metadata`.

A document is one row of `documents` and its history the rows of `versions`. Chunks hang on versions. Everything that
was expensive is kept by content: `parsed_heads` and `parsed_pages` by (file hash, reader), `embeddings` by (text hash,
model fingerprint).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA_VERSION = 1

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("parent_id", String),
    Column("current_version_id", String),  # the one that is retrieved
    Column("latest_version_id", String),  # the one that is shown
    Column("added_at", String, nullable=False),
    Column(
        "deleting", Boolean, nullable=False, default=False
    ),  # a tombstone: gone for readers, rows still to be removed
)
Index("documents_by_name", documents.c.name)
Index("documents_by_parent", documents.c.parent_id, sqlite_where=documents.c.parent_id.is_not(None))

versions = Table(
    "versions",
    metadata,
    Column("id", String, primary_key=True),
    Column("document_id", String, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("readable_hash", String, nullable=False),  # the file that is read: the original, or its unlocked copy
    Column("size", Integer, nullable=False),
    Column("kind", String, nullable=False, default=""),
    Column("title", String, nullable=False, default=""),
    Column("language", String, nullable=False, default=""),
    Column("status", String, nullable=False),
    Column("stage", String, nullable=False, default=""),
    Column("pages", Integer),
    Column("pages_done", Integer, nullable=False, default=0),
    Column("chunks_total", Integer, nullable=False, default=0),
    Column("chunks_done", Integer, nullable=False, default=0),
    Column("chunks_failed", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("bundle", String, nullable=False, default=""),  # versions of one import share a job
    Column("seconds", Float, nullable=False, default=0.0),
    Column("error", Text),
    Column("error_type", String),
    Column("metadata", JSON, nullable=False, default=dict),
    Column("added_at", String, nullable=False),
)
Index("versions_by_document", versions.c.document_id, versions.c.number)
Index("versions_by_hash", versions.c.content_hash)
Index("versions_by_readable", versions.c.readable_hash)
Index("versions_by_status", versions.c.status)

chunks = Table(
    "chunks",
    metadata,
    Column("chunk_id", String, primary_key=True),
    Column("document_id", String, nullable=False),
    Column("version_id", String, ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", String, nullable=False),
    Column("heading", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("language", String, nullable=False),
    Column("section", Integer, nullable=False),
    Column("section_end", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("page_end", Integer),
    Column("tokens", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
)
Index("chunks_by_version", chunks.c.version_id, chunks.c.ordinal)
Index("chunks_by_document", chunks.c.document_id)
Index("chunks_by_text", chunks.c.text_hash)
Index("chunks_waiting", chunks.c.state, sqlite_where=chunks.c.state != "indexed")

parsed_heads = Table(
    "parsed_heads",
    metadata,
    Column("content_hash", String, primary_key=True),
    Column("reader", String, primary_key=True),
    Column("head", JSON, nullable=False),
    Column("attachments", JSON, nullable=False, default=list),  # [name, content hash] of what was found inside
    Column("complete", Boolean, nullable=False, default=False),
)

parsed_pages = Table(
    "parsed_pages",
    metadata,
    Column("content_hash", String, primary_key=True),
    Column("reader", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("page", LargeBinary, nullable=False),  # zlib over JSON
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("text_hash", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little endian
)
