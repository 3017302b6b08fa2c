"""What the command line and the REST API offer, as plain calls that return JSON-ready values."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import wire
from core.errors import InvalidRequest, QuellwerkError
from core.library import Upload
from core.reading.names import display_name, suffix
from core.records import FINAL, AnswerPiece, Document, Receipt
from core.wire import Json

if TYPE_CHECKING:
    from core.workbench import Workbench

Progress = Callable[[Sequence[Json]], None]

DEFAULT_AGENT = "hybrid"


def files_in(paths: Sequence[Path], recursive: bool) -> list[tuple[str, Path]]:
    """(name, path) of every file named, and of those in named folders (below them too, if `recursive`).

    Upper folders come first. Namesakes from different folders stay apart: the later one has its folder's name, then a
    number, behind its own. Hidden files in folders are left out, and links that lead out of the folder.
    Raises InvalidRequest for a path that is not there and when nothing is found.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_file():
            found.append(path)
        elif path.is_dir():
            inside = sorted(path.rglob("*") if recursive else path.iterdir(), key=lambda file: (len(file.parts), file))
            found += [file for file in inside if _belongs(file, path)]
        else:
            raise InvalidRequest(f"There is no file or folder “{path}”.", "Check the path.")
    if not found:
        raise InvalidRequest("There is no file in these folders.", "Add --recursive to look in the folders below.")
    taken: dict[str, Path] = {}
    return [(_name_apart(file, taken), file) for file in found]


def _belongs(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and file.is_file() and file.resolve().is_relative_to(folder.resolve())


def _name_apart(file: Path, taken: dict[str, Path]) -> str:
    place = file.resolve()
    name = candidate = display_name(file.name)
    end = suffix(name)
    for mark in itertools.chain([place.parent.name], itertools.count(2)):
        if taken.setdefault(candidate, place) == place:
            break
        candidate = display_name(f"{name.removesuffix(end)} ({mark}){end}")
    return candidate


class Service:
    """One workbench, spoken to in JSON. `core.client.Client` offers the same calls against a running server."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    # -- documents -------------------------------------------------------------------------------------------------

    def ingest(self, files: Sequence[tuple[str, Path]], *, wait: bool = True, progress: Progress | None = None) -> Json:
        """Take files in; with `wait`, until they have ended. One entry per document, in order."""
        began = time.monotonic()
        receipts = self.add([Upload(name, path) for name, path in files])
        ids = [item.document_id for item in receipts if item.document_id is not None]
        if wait:
            self._work_on(ids, progress)
        return {"documents": self.outcome(receipts), "seconds": round(time.monotonic() - began, 3)}

    def add(self, uploads: Sequence[Upload]) -> list[Receipt]:
        """Take files in and queue them."""
        return self._workbench.library.add(uploads)

    def outcome(self, receipts: Sequence[Receipt]) -> list[Json]:
        """Each receipt's document as it stands now, and after them what was found inside."""
        new = [item.document_id for item in receipts if item.document_id and not item.duplicate_of]
        known = [item.duplicate_of for item in receipts if item.duplicate_of]
        found = {item.id: item for item in self._workbench.library.with_children(new)}
        originals = {item.id: item for item in self._workbench.library.documents(known)}
        entries = []
        for item in receipts:
            document = found.get(item.document_id or "")
            original = originals.get(item.duplicate_of or "")
            if original is not None:
                entries.append(wire.duplicate(original, item))
            else:
                entries.append(wire.document(document) if document is not None else wire.receipt(item))
        return entries + [wire.document(item) for item in found.values() if item.id not in new]

    def wait(self, document_ids: Sequence[str], seconds: float) -> Json:
        """Wait until these documents and what was found inside them have ended, at most so long."""
        ended = self._workbench.jobs.wait(document_ids, timeout=seconds)
        found = self._workbench.library.with_children(document_ids)
        return {"ended": ended, "documents": [wire.document(item) for item in found]}

    def documents(self) -> Json:
        """All documents, newest first."""
        return {"documents": [wire.document(item) for item in self._workbench.library.documents()]}

    def document(self, document_id: str) -> Json:
        """One document. Raises NotFound."""
        return wire.document(self._workbench.library.document(document_id))

    def chunks(self, document_id: str, offset: int = 0, limit: int = 50) -> Json:
        """A document's chunks. Raises NotFound."""
        found = self._workbench.library.chunks(document_id, offset, limit)
        return {"chunks": [wire.chunk(item) for item in found]}

    def versions(self, document_id: str) -> Json:
        """A document's versions, newest first. Raises NotFound."""
        return {"versions": [wire.document(item) for item in self._workbench.library.versions(document_id)]}

    def delete(self, document_ids: Sequence[str]) -> Json:
        """Delete documents from every store. Raises NotFound."""
        deleted, removed = self._workbench.library.delete(document_ids)
        return {"deleted": deleted, "removed": wire.removed(removed)}

    # -- asking ----------------------------------------------------------------------------------------------------

    def search(self, query: str, mode: str = "hybrid", top_k: int = 10, document_ids: Sequence[str] = ()) -> Json:
        """Passages for a query. Raises InvalidRequest."""
        if not 1 <= top_k <= 200:
            raise InvalidRequest(f"top_k={top_k} cannot be used.", "Ask for 1 to 200 passages.")
        return wire.search_result(self._workbench.search.search(query, mode, top_k, document_ids))

    def ask(
        self,
        question: str,
        agents: Sequence[str] = (),
        model: str | None = None,
        document_ids: Sequence[str] = (),
        conversation_id: str | None = None,
    ) -> Json:
        """The answers of the named agents (the default one if none is named), one after the other."""
        answers = []
        for agent in agents or (DEFAULT_AGENT,):
            for piece in self.pieces(question, agent, model, document_ids, conversation_id):
                if piece.type == "error":
                    raise QuellwerkError(piece.text)
                if piece.answer is not None:
                    answers.append(wire.answer(piece.answer))
        return {"question": question, "answers": answers}

    def pieces(
        self,
        question: str,
        agent: str = DEFAULT_AGENT,
        model: str | None = None,
        document_ids: Sequence[str] = (),
        conversation_id: str | None = None,
    ) -> Iterator[AnswerPiece]:
        """One agent's answer while it is made."""
        return self._workbench.asker.ask(
            question, agent=agent, model=model, document_ids=document_ids, conversation_id=conversation_id
        )

    def agents(self) -> Json:
        """Who can be asked."""
        return {
            "agents": [
                {"name": a.name, "purpose": a.purpose, "retrieval": a.retrieval, "needs_model": a.needs_model}
                for a in self._workbench.asker.agents()
            ]
        }

    # -- running it ------------------------------------------------------------------------------------------------

    def health(self) -> Json:
        """How the workbench is at this moment, perhaps still starting."""
        return wire.status(self._workbench.status())

    def status(self) -> Json:
        """How the workbench is once it has started (or has failed to)."""
        self._workbench.ready()
        return self.health()

    def jobs(self, failed: bool = False) -> Json:
        """The jobs, newest first."""
        return {"jobs": [wire.job(item) for item in self._workbench.jobs.list(failed)]}

    def job(self, job_id: str) -> Json:
        """One job. Raises NotFound."""
        return wire.job(self._workbench.jobs.job(job_id))

    def retry(self, job_id: str, *, wait: bool = False) -> Json:
        """Do a job again; with `wait`, until it has ended. Raises NotFound, InvalidRequest."""
        job = self._workbench.jobs.retry(job_id)
        if wait:
            self._work_on([job.document_id])
            job = self._workbench.jobs.job(job_id)
        return {"jobs": [wire.job(job)]}

    def cancel(self, job_id: str) -> Json:
        """Stop a job. Raises NotFound."""
        return {"jobs": [wire.job(self._workbench.jobs.cancel(job_id))]}

    def doctor(self, repair: bool = False) -> Json:
        """Whether all stores agree."""
        checks = self._workbench.doctor(repair)
        return {"ok": all(item.ok for item in checks), "checks": [wire.check(item) for item in checks]}

    def evaluate(self, questions: Sequence[Any], modes: Sequence[str]) -> Json:
        """Recall and rank figures of retrieval modes over questions with known sources."""
        from core.evaluate import evaluate

        return dict(evaluate(questions, self._workbench.search, modes))

    def _work_on(self, document_ids: Sequence[str], progress: Progress | None = None) -> None:
        """Have the engine running and wait for these. Raises QuellwerkError when it cannot run."""
        pending = [item for item in self._workbench.library.documents(document_ids) if item.status not in FINAL]
        if not pending:
            return
        if not self._workbench.ready():
            details = [part["detail"] for part in self._workbench.status().components.values() if part["state"] != "ok"]
            raise QuellwerkError("The documents are stored, but cannot be worked on.", " ".join(details))
        self._workbench.jobs.wait(document_ids, progress=self._reporter(progress))

    def _reporter(self, progress: Progress | None) -> Callable[[Sequence[Document]], None] | None:
        if progress is None:
            return None
        return lambda found: progress([wire.document(item) for item in found])
