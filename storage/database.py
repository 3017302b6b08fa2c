"""`catalog.sqlite`: one SQLAlchemy engine, many readers, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from storage.errors import CatalogError
from storage.schema import SCHEMA_VERSION, facts, metadata

WRITE_WAIT_S = 60.0


class Database:
    """The catalog's connections.

    Readers see a consistent snapshot (write-ahead log) and never wait for a writer. Writers take `catalog_writer` in
    turn, so that SQLite is never asked to arbitrate between our own threads. A killed process loses only transactions
    that had not committed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer_lock = threading.Lock()  # named catalog_writer in the docs
        self._engine: Engine = create_engine(
            f"sqlite:///{path}", pool_size=16, max_overflow=16, pool_timeout=30, connect_args={"timeout": 30}
        )
        event.listen(self._engine, "connect", _configure)
        event.listen(self._engine, "begin", _begin)

    def create(self) -> None:
        """Make the tables that are missing. Call it once all tables are declared. Raises CatalogError."""
        try:
            with self.write() as connection:
                metadata.create_all(connection)
                found = connection.execute(facts.select().where(facts.c.name == "schema")).first()
                if found is None:
                    connection.execute(facts.insert().values(name="schema", value=str(SCHEMA_VERSION)))
                elif int(found.value) > SCHEMA_VERSION:
                    raise CatalogError(f"The data folder was written by a newer Quellwerk (schema {found.value}).")
        except SQLAlchemyError as error:
            raise CatalogError(f"The catalog {self.path} cannot be opened: it is damaged or not writable.") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot. Raises CatalogError."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise CatalogError(f"The catalog could not be read: {_reason(error)}.") from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises. Raises CatalogError."""
        if not self._writer_lock.acquire(timeout=WRITE_WAIT_S):
            raise CatalogError(f"The catalog was busy for {WRITE_WAIT_S:.0f} s.")
        try:
            with self._engine.connect().execution_options(immediate=True) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise CatalogError(f"The catalog could not be written: {_reason(error)}.") from error
        finally:
            self._writer_lock.release()

    def check(self) -> str:
        """`ok`, or what SQLite's own quick check says."""
        with self.read() as connection:
            return str(connection.execute(text("PRAGMA quick_check(1)")).scalar())

    def close(self) -> None:
        """Close all connections. Safe to call twice."""
        self._engine.dispose()


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own habit breaks read snapshots
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _reason(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None)
    return str(cause) if isinstance(cause, sqlite3.Error) else type(error).__name__
