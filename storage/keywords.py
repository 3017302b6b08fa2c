"""The keyword index: BM25 over chunks with tantivy, stemmed by each chunk's language.

One process, one writer. A chunk is kept as its id, its document's id and three runs of words: `body` (stemmed by the
chunk's own language, all languages in one field, so that BM25's statistics are those of the whole library), `exact` (as
written but for case and accents, with positions: identifiers, quotations) and `heading`. The first two hold the heading
too: a passage is about what its heading says.

Questions are never parsed as query syntax: they are cut into words, and the query is built from those.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import KeywordIndexError
from storage.keyword_query import KeywordQuery
from storage.words import STEMMERS, Words, normal

if TYPE_CHECKING:
    import tantivy

log = logging.getLogger(__name__)

LAYOUT = "v1"  # the subfolder; a new schema takes a new one and `doctor` fills it from the catalog
WRITER_MEMORY = 50_000_000  # bytes; before a segment is cut
NO_LANGUAGE = "none"


@dataclass(frozen=True, slots=True)
class KeywordEntry:
    """A chunk as it is indexed. `heading` may be empty; `language` is ISO 639-1, "" if unknown."""

    chunk_id: str
    document_id: str
    text: str
    heading: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Chunks as (chunk id, BM25 score > 0), best first. A score divided by `ceiling` (0 when nothing was asked for) is
    the share of the question's information that a chunk holds: 0 to 1, a little more for whole identifiers and words in
    the heading. `language` is the question's, "" if unknown."""

    hits: tuple[tuple[str, float], ...]
    ceiling: float
    language: str


class KeywordIndex:
    """The index in a folder. Queries come from any thread and see the last commit; writes queue behind one lock.

    Raises KeywordIndexError when the folder cannot be opened, also when another process writes there.
    After a SIGKILL it opens at its last commit: tantivy's lock is the kernel's and dies with the process.
    """

    def __init__(self, folder: Path) -> None:
        import tantivy

        self.folder = folder / LAYOUT
        self._words = Words()
        self._keyword_writing = threading.Lock()
        self._schema = _schema()
        with _translated("open the keyword index"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema, path=str(self.folder))
            self._index.register_tokenizer("exact", self._words.analyzer(""))
            self._index.config_reader("manual")
            self._index.reload()
            self._writer: tantivy.IndexWriter | None = self._index.writer(WRITER_MEMORY, 1)
        self._languages: tuple[str, ...] = ()
        self._changed = False
        self._look_up_languages()

    def upsert(self, entries: Sequence[KeywordEntry]) -> None:
        """Take entries in, replacing those under the same chunk ids. Found after the next `commit`, kept by it.

        Repeating an upsert changes nothing. Not atomic over the batch: `commit` is.
        """
        import tantivy

        latest = {entry.chunk_id: entry for entry in entries}
        documents = []
        for entry in latest.values():  # cutting is the costly part and needs no lock
            analyzer = self._words.analyzer(entry.language)
            heading = normal(entry.heading)
            text = f"{heading}\n{normal(entry.text)}"
            document = tantivy.Document()
            document.add_text("chunk_id", entry.chunk_id)
            document.add_text("document_id", entry.document_id)
            document.add_text("language", entry.language if entry.language in STEMMERS else NO_LANGUAGE)
            document.add_pre_tokenized_text("body", analyzer.pre_tokenize(text))
            document.add_text("exact", text)
            if heading:
                document.add_pre_tokenized_text("heading", analyzer.pre_tokenize(heading))
            documents.append((entry.chunk_id, document))
        with self._keyword_writing, _translated("write the keyword index"):
            writer = self._open_writer()
            for chunk_id, document in documents:
                writer.delete_documents_by_term("chunk_id", chunk_id)
                writer.add_document(document)
            self._changed = self._changed or bool(documents)

    def commit(self) -> None:
        """Make every write so far durable and visible, all at once. 10 to 100 ms; free when nothing changed."""
        with self._keyword_writing, _translated("commit the keyword index"):
            self._commit()

    def delete(self, chunk_ids: Collection[str]) -> int:
        """Remove chunks and commit. Returns how many of them were visible; unknown ids are no error."""
        import tantivy

        wanted = sorted(set(chunk_ids))
        if not wanted:
            return 0
        query = tantivy.Query.term_set_query(self._schema, "chunk_id", wanted)
        with self._keyword_writing, _translated("delete from the keyword index"):
            found = int(getattr(self._index.searcher().search(query, 1), "count", 0))  # not in tantivy's stubs
            writer = self._open_writer()
            for chunk_id in wanted:
                writer.delete_documents_by_term("chunk_id", chunk_id)
            self._changed = True
            self._commit()
        return found

    def clear(self) -> None:
        """Remove everything and commit."""
        with self._keyword_writing, _translated("clear the keyword index"):
            self._open_writer().delete_all_documents()
            self._changed = True
            self._commit()

    def query(
        self, text: str, k: int, document_ids: Collection[str] = (), language: str = ""
    ) -> list[tuple[str, float]]:
        """The `k` chunks that hold the question's words best, as (chunk id, BM25 score > 0), best first.

        `document_ids` limits the search to those documents (empty: all). `language` says what the question is written
        in, if that is known. Any text is a valid question; one without words finds nothing. Equal scores are ordered
        by chunk id.
        """
        return list(self.ranked(text, k, document_ids, language).hits)

    def ranked(self, text: str, k: int, document_ids: Collection[str] = (), language: str = "") -> Ranked:
        """As `query`, with what is needed to compare the scores with those of another retriever."""
        import tantivy

        searcher = self._index.searcher()
        languages = (language,) if language else self._languages
        with _translated("search the keyword index"):
            question = KeywordQuery(self._schema, self._words, languages, text)
            query = question.build()
            if query is None or k < 1:
                return Ranked((), 0.0, question.language)
            if document_ids:
                only = tantivy.Query.term_set_query(self._schema, "document_id", sorted(set(document_ids)))
                must = tantivy.Occur.Must
                query = tantivy.Query.boolean_query([(must, query), (must, tantivy.Query.const_score_query(only, 0.0))])
            hits = searcher.search(query, k, count=False).hits
            found = [(str(searcher.doc(address)["chunk_id"][0]), float(score)) for score, address in hits]
            ceiling = question.ceiling(searcher)
        return Ranked(tuple(sorted(found, key=lambda hit: (-hit[1], hit[0]))), ceiling, question.language)

    def ids(self) -> list[str]:
        """Every visible chunk id, sorted. For `doctor`; takes about 3 µs a chunk."""
        import tantivy

        searcher = self._index.searcher()
        total = searcher.num_docs
        if not total:
            return []
        with _translated("list the keyword index"):
            hits = searcher.search(tantivy.Query.all_query(), total, count=False).hits
            return sorted(str(searcher.doc(address)["chunk_id"][0]) for _, address in hits)

    def count(self) -> int:
        """How many chunks are visible."""
        return int(self._index.searcher().num_docs)

    def languages(self) -> tuple[str, ...]:
        """The languages of the visible chunks that are stemmed, sorted; "" among them when some are not stemmed."""
        return self._languages

    def close(self) -> None:
        """Drop what is not committed and stop the writer's threads. Closing twice is no error."""
        with self._keyword_writing:
            writer, self._writer = self._writer, None
            if writer is not None:
                try:
                    with _translated("close the keyword index"):
                        writer.wait_merging_threads()
                except KeywordIndexError as error:  # what is committed is safe; an earlier error must not be hidden
                    log.warning("%s", error)

    @staticmethod
    def remove(folder: Path) -> None:
        """Remove an index from disk, one that no longer opens too. It must not be open."""
        shutil.rmtree(folder / LAYOUT, ignore_errors=True)

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise KeywordIndexError("The keyword index is closed.")
        return self._writer

    def _commit(self) -> None:
        if not self._changed:
            return
        self._open_writer().commit()
        self._changed = False
        self._index.reload()
        self._look_up_languages()

    def _look_up_languages(self) -> None:
        searcher = self._index.searcher()
        here = [name for name in sorted(STEMMERS) if searcher.doc_freq("language", name)]
        self._languages = (*here, "") if searcher.doc_freq("language", NO_LANGUAGE) else tuple(here)


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("document_id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", index_option="freq")
    builder.add_text_field("heading", index_option="freq")
    builder.add_text_field("exact", tokenizer_name="exact", index_option="position")
    return builder.build()


@contextmanager
def _translated(task: str) -> Iterator[None]:
    """Turn tantivy's errors (ValueError, OSError, and panics, which are no Exception) into ours."""
    try:
        yield
    except KeywordIndexError:
        raise
    except (ValueError, OSError, RuntimeError) as error:
        raise KeywordIndexError(f"Could not {task}: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise KeywordIndexError(f"Could not {task}: {error}") from error
