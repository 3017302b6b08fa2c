"""One door to every agent's answers: retrieval, synthesis, checked citations, trace, conversation."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.answering.agents import AGENTS, Agent, AgentCard, find_agent
from core.answering.checking import Draft, Referee
from core.answering.extract import Encode
from core.answering.followup import Turn, complete
from core.chats import Chats
from core.errors import InvalidRequest, QuellwerkError
from core.records import Answer, AnswerPiece, Passage
from storage.errors import StorageError

if TYPE_CHECKING:
    from core.answering.synthesizer import CitedSynthesizer

LONGEST_QUESTION = 4000  # characters
TRACED = 12  # passages shown in the trace
REMEMBERED = 12  # turns of a conversation that a follow-up question may lean on
_log = logging.getLogger(__name__)


class Found(Protocol):
    """What a search returns: the passages, best first, and how long it took in milliseconds."""

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages."""
        ...

    @property
    def ms(self) -> float:
        """Milliseconds."""
        ...


class Searcher(Protocol):
    """What an asker needs of a search."""

    def search(self, query: str, mode: str, top_k: int, document_ids: Collection[str]) -> Found:
        """The best passages."""
        ...


@dataclass(slots=True)
class _Run:
    """One question on its way to one answer. Owned by the generator that makes it."""

    agent: Agent
    asked: str
    question: str
    model: str
    started: float
    document_ids: Collection[str]
    said: list[str] = field(default_factory=list)
    referee: Referee = field(default_factory=lambda: Referee(()))
    trace: list[dict[str, Any]] = field(default_factory=list)
    answered: bool = True

    def answer(self) -> Answer:
        """The answer as far as it has come."""
        return Answer(
            agent=self.agent.card.name,
            text="".join(self.said),
            model=self.model,
            grounded=round(self.referee.grounded, 4),
            ms=round((time.perf_counter() - self.started) * 1000, 2),
            citations=tuple(self.referee.citations),
            trace=tuple(self.trace),
            answered=self.answered,
        )


class Asker:
    """Answers questions with any agent. Thread-safe; holds no thread and no connection of its own.

    `encode` gives unit vectors (float32, n × dimension) for sentences. Without `chats` nothing is remembered.
    """

    def __init__(
        self, search: Searcher, chats: Chats | None, encode: Encode, agents: tuple[Agent, ...] = AGENTS
    ) -> None:
        self._search = search
        self._chats = chats
        self._encode = encode
        self._agents = agents
        self._synthesizers: dict[str, CitedSynthesizer] = {}

    def agents(self) -> list[AgentCard]:
        """The agents that can be asked."""
        return [agent.card for agent in self._agents]

    def warm(self) -> None:
        """Load what the first answer needs (LlamaIndex, seconds), so that it does not wait. Safe to call any time."""
        for agent in self._agents:
            self._synthesizer(agent)

    def ask(
        self,
        question: str,
        *,
        agent: str = "hybrid",
        model: str | None = None,
        document_ids: Collection[str] = (),
        conversation_id: str | None = None,
    ) -> Iterator[AnswerPiece]:
        """The answer in pieces: `chunk`…, `sources`, `done`; or, when something fails, an `error` as the last piece.

        The texts of all chunks joined are the answer's text. With `conversation_id` the question completes itself from
        the conversation, and both turns are kept, the answer also when it breaks off. Closing the iterator cancels.
        Raises, before anything is done: InvalidRequest (empty or too long a question, unknown agent or model) and
        NotFound (no such conversation).
        """
        asked = " ".join(question.split())
        if not any(sign.isalnum() for sign in asked):
            raise InvalidRequest("The question is empty.", "Type what you want to know.")
        if len(asked) > LONGEST_QUESTION:
            raise InvalidRequest(
                f"The question is longer than {LONGEST_QUESTION} characters.", "Ask for one thing at a time."
            )
        chosen = find_agent(agent, self._agents)
        if model is not None and model.casefold() not in ("built-in", "builtin", ""):
            raise InvalidRequest(f"There is no model named {model!r}.", "Leave it out to use the built-in answerer.")
        history: list[Turn] = []
        if conversation_id is not None:
            if self._chats is None:
                raise InvalidRequest("No conversations are kept here.", "Ask without a conversation.")
            history = _turns(self._chats, conversation_id)
            self._chats.append(conversation_id, "user", question.strip())
        run = _Run(chosen, asked, complete(asked, history), "", time.perf_counter(), tuple(document_ids))
        return self._pieces(run, conversation_id)

    def _pieces(self, run: _Run, conversation_id: str | None) -> Iterator[AnswerPiece]:
        kept = False
        try:
            yield from self._said(run)
            answer = run.answer()
            self._keep(conversation_id, answer)
            kept = True
            yield AnswerPiece("sources", citations=answer.citations)
            yield AnswerPiece("done", text=answer.text, citations=answer.citations, answer=answer)
        except (QuellwerkError, StorageError) as error:
            yield self._failed(run, str(error))
        except Exception:
            _log.exception("answering failed")
            yield self._failed(
                run, "The answer could not be finished. Ask again; if that does not help, look at the log."
            )
        finally:
            if not kept and (run.said or any(step["step"] == "error" for step in run.trace)):
                self._keep_quietly(conversation_id, run)

    def _said(self, run: _Run) -> Iterator[AnswerPiece]:
        """Search, compose, check, and say piece by piece."""
        if run.question != run.asked:
            run.trace.append({"step": "question", "ms": 0.0, "asked": run.asked, "rewritten": run.question})
        mark = time.perf_counter()
        retrieval = run.agent.card.retrieval
        passages = self._search.search(run.question, retrieval, run.agent.passages, run.document_ids).passages
        run.trace.append({"step": "search", "ms": _since(mark), "mode": retrieval, "hits": _hits(passages[:TRACED])})
        mark = time.perf_counter()
        synthesizer = self._synthesizer(run.agent)
        run.model = synthesizer.model
        run.referee = Referee(passages)
        composition = synthesizer.compose(run.question, passages)
        run.trace.append({"step": "selection", "ms": _since(mark), **composition.details})
        mark = time.perf_counter()
        run.answered = composition.answered
        drafts = composition.drafts
        try:
            for draft in drafts:
                piece = self._piece(run, draft)
                run.said.append(piece.text)
                yield piece
        finally:
            close = getattr(drafts, "close", None)
            if close is not None:
                close()
        run.answered = composition.answered
        run.trace.append(
            {
                "step": "answer",
                "ms": _since(mark),
                "model": run.model,
                "sentences": run.referee.sentences,
                "backed": run.referee.backed,
                "citations": len(run.referee.citations),
                "citations_refused": [quote[:200] for quote in run.referee.refused],
                **({} if composition.details.get("units") is not None else composition.details),
            }
        )

    def _piece(self, run: _Run, draft: Draft) -> AnswerPiece:
        text, citations = run.referee.admit(draft)
        return AnswerPiece("chunk", text=(" " if run.said else "") + text, citations=citations)

    def _synthesizer(self, agent: Agent) -> CitedSynthesizer:
        """What words this agent's answers. LlamaIndex is loaded here, at the first question or by `warm`."""
        made = self._synthesizers.get(agent.synthesizer)
        if made is None:
            from core.answering.synthesizer import ExtractiveSynthesizer

            made = self._synthesizers.setdefault(agent.synthesizer, ExtractiveSynthesizer(self._encode))
        return made

    def _failed(self, run: _Run, sentence: str) -> AnswerPiece:
        run.answered = False
        run.trace.append({"step": "error", "ms": _since(run.started), "error": sentence})
        return AnswerPiece("error", text=sentence, citations=tuple(run.referee.citations), answer=run.answer())

    def _keep(self, conversation_id: str | None, answer: Answer) -> None:
        if self._chats is not None and conversation_id is not None:
            self._chats.append(conversation_id, "assistant", answer.text, answer)

    def _keep_quietly(self, conversation_id: str | None, run: _Run) -> None:
        """Keep what was said of an answer that broke off. A second failure only goes to the log."""
        answer = run.answer()
        errors = [str(step["error"]) for step in run.trace if step["step"] == "error"]
        text = "\n\n".join(part for part in (answer.text, *errors) if part)
        try:
            if self._chats is not None and conversation_id is not None:
                self._chats.append(conversation_id, "assistant", text, answer)
        except (QuellwerkError, StorageError):
            _log.warning("an unfinished answer could not be kept", exc_info=True)


def _turns(chats: Chats, conversation_id: str) -> list[Turn]:
    """The latest questions, as they were understood, with their answers."""
    turns: list[Turn] = []
    for message in chats.messages(conversation_id, REMEMBERED):
        if message.role == "user":
            turns.append(Turn(message.text))
        elif turns and message.answer is not None:
            rewritten = [str(step["rewritten"]) for step in message.answer.trace if step.get("step") == "question"]
            turns[-1] = Turn(rewritten[0] if rewritten else turns[-1].question, message.answer.text)
    return turns


def _hits(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    return [
        {
            "rank": passage.rank,
            "score": round(passage.score, 4),
            "document": passage.document,
            "page": passage.chunk.page,
            "heading": passage.chunk.heading,
            "chunk_id": passage.chunk.chunk_id,
            "found_by": dict(passage.found_by),
        }
        for passage in passages
    ]


def _since(mark: float) -> float:
    return round((time.perf_counter() - mark) * 1000, 2)
