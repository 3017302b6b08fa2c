"""Agreement between the stores: what must hold, whether it does, and mending it from the truth, the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from core.ingest.stores import Stores
from core.library import Library
from core.records import Check
from core.splitting.splitter import embedding_text, heading_prefix
from storage.database import Database
from storage.keywords import KeywordEntry

STEP = 256

Encode = Callable[[list[str]], np.ndarray]


class Doctor:
    """Checks one data folder. Run it while nothing is being ingested for exact answers."""

    def __init__(self, database: Database, stores: Stores, library: Library, fingerprint: str, encode: Encode) -> None:
        self._database = database
        self._stores = stores
        self._library = library
        self._fingerprint = fingerprint
        self._encode = encode

    def examine(self, repair: bool = False) -> list[Check]:
        """All checks, in order; with `repair` each is mended where possible and then says so."""
        return list(self._checks(repair))

    def _checks(self, repair: bool) -> Iterator[Check]:
        sound = self._database.check()
        yield Check("catalog", sound == "ok", "The database is sound." if sound == "ok" else sound)
        yield self._deletes(repair)
        yield self._superseded(repair)
        yield from self._indexes(repair)
        yield self._missing_files()
        yield self._stray_files(repair)
        yield self._leftovers(repair)

    def refill(self) -> bool:
        """Fill indexes that hold less than the catalog says, as after one was lost. True if something was missing."""
        due = self._stores.chunks.indexed_count()
        if min(self._stores.indexes.vectors().count(), self._stores.indexes.keywords().count()) >= due:
            return False
        return any(check.repaired for check in list(self._indexes(repair=True)))

    def _indexes(self, repair: bool) -> Iterator[Check]:
        indexed = set(self._indexed())
        yield from self._index("vectors", indexed, set(self._stores.indexes.vectors().ids()), repair)
        yield from self._index("keywords", indexed, set(self._stores.indexes.keywords().ids()), repair)

    def _deletes(self, repair: bool) -> Check:
        buried = self._stores.removal.buried()
        if buried and repair:
            self._library.erase(buried)
        detail = f"{len(buried)} deletes were not finished." if buried else "Every delete is finished."
        return Check("deletes", not buried or repair, detail, bool(buried) and repair)

    def _superseded(self, repair: bool) -> Check:
        old = self._stores.removal.superseded()
        if old and repair:
            self._stores.indexes.forget(self._stores.chunks.ids_of(version_ids=old))
            self._stores.removal.clear_chunks(old)
        detail = f"{len(old)} old versions still have passages." if old else "Only current versions have passages."
        return Check("versions", not old or repair, detail, bool(old) and repair)

    def _index(self, name: str, indexed: set[str], there: set[str], repair: bool) -> Iterator[Check]:
        missing, extra = indexed - there, there - indexed - self._under_way()
        if repair and missing:
            self._index_again(name, sorted(missing))
        if repair and extra:
            self._stores.indexes.forget(sorted(extra))
        well = not missing and not extra
        detail = f"{len(indexed)} passages agree with the catalog."
        if not well:
            detail = f"{len(missing)} passages are missing, {len(extra)} are in no document."
        yield Check(name, well or repair, detail, not well and repair)

    def _index_again(self, name: str, chunk_ids: list[str]) -> None:
        for first in range(0, len(chunk_ids), STEP):
            found = [self._stores.chunks.get(chunk_id) for chunk_id in chunk_ids[first : first + STEP]]
            chunks = [chunk for chunk in found if chunk is not None]
            titles = {c.version_id: self._title(c.version_id) for c in chunks}
            if name == "keywords":
                entries = [(c, heading_prefix(titles[c.version_id], c.heading)) for c in chunks]
                self._stores.indexes.keywords().upsert(
                    [KeywordEntry(c.chunk_id, c.document_id, c.text, heading, c.language) for c, heading in entries]
                )
                self._stores.indexes.keywords().commit()
                continue
            kept = self._stores.cache.vectors([chunk.text_hash for chunk in chunks], self._fingerprint)
            texts = [embedding_text(c, titles[c.version_id]) for c in chunks if c.text_hash not in kept]
            fresh = iter(self._encode(texts)) if texts else iter(())
            vectors = [
                np.frombuffer(kept[c.text_hash], dtype="<f4") if c.text_hash in kept else next(fresh) for c in chunks
            ]
            self._stores.indexes.vectors().upsert(
                [c.chunk_id for c in chunks], np.stack(vectors), [c.document_id for c in chunks]
            )

    def _title(self, version_id: str) -> str:
        version = self._stores.catalog.version(version_id)
        return version.title or version.name

    def _missing_files(self) -> Check:
        needed = self._stores.removal.version_files()
        missing = [content_hash for content_hash in needed if not self._stores.files.has(content_hash)]
        detail = f"{len(missing)} originals are missing: add them again." if missing else "Every original is there."
        return Check("originals", not missing, detail)

    def _stray_files(self, repair: bool) -> Check:
        referenced = self._stores.removal.referenced_files()
        stray = [content_hash for content_hash in self._stores.files.hashes() if content_hash not in referenced]
        if repair:
            for content_hash in stray:
                self._stores.files.remove(content_hash)
        detail = f"{len(stray)} files belong to no document." if stray else "No file is left over."
        return Check("files", not stray or repair, detail, bool(stray) and repair)

    def _leftovers(self, repair: bool) -> Check:
        count = self._stores.removal.orphans(remove=repair)
        detail = f"{count} cached results belong to no document." if count else "No cached result is left over."
        return Check("cache", not count or repair, detail, bool(count) and repair)

    def _under_way(self) -> set[str]:
        """Chunks of versions that are being worked on: an index may have them a moment before the catalog says so."""
        versions = [version.id for version in self._stores.catalog.unfinished()]
        return set(self._stores.chunks.ids_of(version_ids=versions)) if versions else set()

    def _indexed(self) -> Iterator[str]:
        after = ""
        while batch := self._stores.chunks.indexed_ids(after):
            yield from batch
            after = batch[-1]
