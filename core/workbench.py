"""The one object that holds everything: built here, passed as an argument, closed in reverse order.

Opening returns as soon as the folder is locked and the catalog answers, so that a page can be shown at once. The
indexes, the model and the job engine open in a thread of their own; what needs them waits for it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.chats import Chats
from core.errors import QuellwerkError
from core.folder import take
from core.ingest.jobs import Jobs
from core.ingest.stores import Indexes, Stores, sound_index
from core.library import Library
from core.reading.pool import ReaderPool
from core.records import FINAL, Check, DocumentStatus
from core.settings import Settings
from core.sources import Sources
from core.status import Status
from storage.cache import ResultCache
from storage.catalog import Catalog
from storage.chunks import ChunkStore
from storage.database import Database
from storage.errors import StorageError
from storage.files import FileStore
from storage.lock import FolderLock
from storage.removal import Removal

if TYPE_CHECKING:
    from core.answering.asker import Asker
    from core.doctor import Doctor
    from core.ingest.stages import Stages
    from core.models.minilm import MiniLM
    from core.retrieval.search import Search
    from storage.keywords import KeywordIndex
    from storage.vectors import VectorCollection

log = logging.getLogger(__name__)

OPEN_WAIT_S = 120.0
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """What opens in the background."""

    vectors: VectorCollection
    keywords: KeywordIndex
    model: MiniLM
    stages: Stages
    search: Search
    asker: Asker


class Workbench:
    """The product without its pages. One a process and a data folder; `close` it."""

    def __init__(self, settings: Settings, lock: FolderLock, offer_samples: bool, warms: bool = True) -> None:
        """Use `open`."""
        folder = settings.folder
        self.settings = settings
        self._lock = lock
        self._database = Database(folder / "catalog.sqlite")
        self.chats = Chats(self._database)
        self._database.create()
        self._stores = Stores(
            Catalog(self._database),
            ChunkStore(self._database),
            ResultCache(self._database),
            Removal(self._database),
            FileStore(folder / "files"),
            Indexes(lambda: self._wait().vectors, lambda: self._wait().keywords),
        )
        self._stores.files.sweep()
        self._readers = ReaderPool(settings, settings.parallel_documents)
        self._opened: Future[Opened] = Future()
        self._closing = threading.Event()
        self._cleanups = contextlib.ExitStack()
        self._cleanups.callback(self._lock.release)
        self._cleanups.callback(self._database.close)
        self._cleanups.callback(self._readers.close)
        self.jobs = Jobs(self._stores.catalog, self._stores.chunks)
        self.library = Library(self._stores, self.jobs, self._readers, settings.max_file_mb * MEGABYTE)
        self.sources = Sources(self.library, self._stores, self._readers)
        self._offers_samples = offer_samples
        self._warms = warms
        self._opener = threading.Thread(target=self._open_rest, name="opener", daemon=True)
        self._opener_lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, *, address: str = "", samples: bool = False, lazy: bool = False) -> Workbench:
        """Open the data folder; with `samples`, offer them to an empty one (if the settings allow it).

        `address` is where this process answers, for others that find the folder locked. With `lazy` the indexes and
        the job engine open when something first needs them, and nothing is warmed. Raises FolderInUse, QuellwerkError.
        """
        lock = take(settings, address)
        try:
            workbench = cls(settings, lock, samples and settings.samples, warms=not lazy)
        except (StorageError, OSError) as error:
            lock.release()
            raise QuellwerkError(
                f"The data folder cannot be opened. {error}", "Look at it, or choose another."
            ) from error
        except BaseException:
            lock.release()
            raise
        if not lazy:
            workbench._start_opening()
        return workbench

    def start(self) -> None:
        """Open and warm in the background what `lazy` left for later. Repeatable."""
        self._warms = True
        self._start_opening()

    @property
    def search(self) -> Search:
        """Search, as soon as the indexes are open. Raises QuellwerkError if they cannot be opened."""
        return self._wait().search

    @property
    def asker(self) -> Asker:
        """The agents, as soon as the indexes are open. Raises QuellwerkError if they cannot be opened."""
        return self._wait().asker

    def ready(self, timeout: float = 60.0) -> bool:
        """Whether search and jobs work, waiting up to `timeout` seconds."""
        if timeout > 0:
            self._start_opening()
        try:
            self._opened.result(timeout=timeout)
        except (FutureTimeoutError, QuellwerkError):
            return False
        return True

    def status(self) -> Status:
        """How everything is, now."""
        counts = self.jobs.counts()
        components = {"catalog": {"state": "ok", "detail": "The catalog answers."}} | self._background_state()
        states = {component["state"] for component in components.values()}
        health = "unhealthy" if "failed" in states else "degraded" if "starting" in states else "healthy"
        opened = self._opened.result() if self.ready(0) else None
        figures = opened.stages.figures() if opened is not None else None
        model = {
            "name": opened.model.fingerprint if opened else "minilm",
            "state": "built in",
            "texts": figures.embedded if figures else 0,  # the model's work since the start, without what was cached
        }
        return Status(
            health=health,
            components=components,
            documents=sum(counts.values()),
            chunks=self._stores.chunks.live_count(),
            entities=0,
            relations=0,
            queue={
                **counts,
                "unfinished": sum(count for status, count in counts.items() if DocumentStatus(status) not in FINAL),
                "waiting_to_embed": figures.waiting_to_embed if figures else 0,
                "waiting_to_index": figures.waiting_to_index if figures else 0,
            },
            models={"embedding": model, "chat": {"name": "extractive", "state": "built in"}},
        )

    def doctor(self, repair: bool = False) -> list[Check]:
        """Check that all stores agree, and with `repair` mend what can be mended."""
        return self._doctor(self._wait(), self._stores).examine(repair)

    def close(self) -> None:
        """Finish what is in flight within a limit, leave the rest to the next start, close everything. Repeatable."""
        self._closing.set()
        if self._opener.is_alive():
            self._opener.join(timeout=OPEN_WAIT_S)
        self._cleanups.close()

    # -- the part that opens in the background ---------------------------------------------------------------------

    def _start_opening(self) -> None:
        with self._opener_lock:
            if self._opener.ident is None and not self._closing.is_set():
                self._opener.start()

    def _wait(self) -> Opened:
        self._start_opening()
        try:
            return self._opened.result(timeout=OPEN_WAIT_S)
        except FutureTimeoutError:
            raise QuellwerkError("The workbench is still starting.", "Try again in a moment.") from None

    def _background_state(self) -> dict[str, dict[str, str]]:
        if not self._opened.done():
            return {"indexes": {"state": "starting", "detail": "The indexes and the job engine are opening."}}
        error = self._opened.exception()
        if error is not None:
            return {"indexes": {"state": "failed", "detail": str(error)}}
        stages = self._opened.result().stages.figures()
        pipeline = {"state": "ok", "detail": "Documents can be worked on."}
        if not stages.alive:
            pipeline = {"state": "failed", "detail": "A stage has stopped. Restart the workbench."}
        return {"indexes": {"state": "ok", "detail": "Search works."}, "pipeline": pipeline}

    def _open_rest(self) -> None:
        try:
            opened = self._build()
            stores = replace(self._stores, indexes=Indexes(lambda: opened.vectors, lambda: opened.keywords))
            self._tidy(stores)
            if self._doctor(opened, stores).refill():
                log.warning("An index had lost passages; they were put back from the catalog.")
            self._start_jobs(opened, stores)
            self._opened.set_result(opened)
        except QuellwerkError as error:
            self._opened.set_exception(error)
        except Exception as error:
            log.exception("opening failed")
            self._opened.set_exception(
                QuellwerkError(f"The indexes could not be opened: {error}.", "Run “doctor --repair”; see the log.")
            )
        else:
            self._offer_samples()
            if self._warms and not self._closing.is_set():
                opened.asker.warm()
                self._readers.warm()

    def _build(self) -> Opened:
        from core.answering.asker import Asker
        from core.ingest.stages import Stages
        from core.models.minilm import MiniLM
        from core.retrieval.search import Search
        from storage.keywords import KeywordIndex
        from storage.vectors import VectorStore

        folder = self.settings.folder
        model = MiniLM(threads=self.settings.embedding_threads, batch=self.settings.embedding_batch_size)
        self._cleanups.callback(model.close)
        vectors, collection = sound_index(
            VectorStore, folder / "chroma", lambda store: store.collection(model.fingerprint, model.dimension)
        )
        self._cleanups.callback(vectors.close)
        keywords, _ = sound_index(KeywordIndex, folder / "keywords", lambda index: index)
        self._cleanups.callback(keywords.close)
        stages = Stages(self._stores.chunks, self._stores.cache, collection, keywords, model)
        self._cleanups.callback(stages.close)
        search = Search(self._stores.chunks, collection, keywords, model)
        self._cleanups.callback(search.close)
        asker = Asker(search, self.chats, model.encode)
        return Opened(collection, keywords, model, stages, search, asker)

    def _doctor(self, opened: Opened, stores: Stores) -> Doctor:
        from core.doctor import Doctor

        model = opened.model
        return Doctor(self._database, stores, self.library, model.fingerprint, model.encode)

    def _tidy(self, stores: Stores) -> None:
        """Finish deletes and switches of version that a killed process left half-done."""
        if buried := stores.removal.buried():
            self.library.erase(buried, stores)
        if old := stores.removal.superseded():
            stores.indexes.forget(stores.chunks.ids_of(version_ids=old))
            stores.removal.clear_chunks(old)

    def _start_jobs(self, opened: Opened, stores: Stores) -> None:
        from core.ingest.run import Runner

        model = opened.model
        runner = Runner(stores, self._readers, opened.stages, model.count_tokens, model.limit, self.library.adopt)
        self._cleanups.callback(self.jobs.close)
        self.jobs.start(self.settings.folder / "jobs.sqlite", runner, self.settings.parallel_documents)

    def _offer_samples(self) -> None:
        from core.samples import offer_samples

        if self._offers_samples and not self._closing.is_set():
            offer_samples(self._stores.catalog, self.library)
