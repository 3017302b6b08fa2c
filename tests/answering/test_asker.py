"""Asking through the one door: pieces, citations, trace, failures, cancelling, tables, twins."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest

from core.answering.asker import Asker
from core.answering.checking import Draft, Referee
from core.answering.extract import Source
from core.answering.markdown import plain
from core.chats import Chats
from core.errors import InvalidRequest, NotFound, QuellwerkError
from core.records import Answer, Passage
from storage.errors import VectorStoreError

Ask = Callable[..., Answer]
Make = Callable[..., Passage]
Over = Callable[..., Asker]

HISTORY = (
    "Acme Hydro was founded in 1998 by Anna Weber and Tom Baker. It is based in Springfield, Illinois. "
    "The company employs 1,250 people."
)


def test_the_pieces_come_in_order_and_their_texts_are_the_answer(asker_over: Over, make_passage: Make) -> None:
    asker = asker_over(make_passage(HISTORY, page=3, heading="Acme Hydro"))
    pieces = list(asker.ask("Where is Acme Hydro based?"))
    assert [piece.type for piece in pieces][-2:] == ["sources", "done"]
    assert {piece.type for piece in pieces[:-2]} == {"chunk"}
    answer = pieces[-1].answer
    assert answer is not None
    assert "".join(piece.text for piece in pieces if piece.type == "chunk") == answer.text
    assert pieces[-2].citations == answer.citations
    assert "**Springfield, Illinois**" in answer.text
    assert answer.model == "built-in" and answer.agent == "hybrid" and answer.answered


def test_every_quote_is_a_run_of_its_chunk_and_every_marker_has_its_citation(
    asker_over: Over, make_passage: Make, ask: Ask
) -> None:
    wrapped = "The dam was built by\nGeorg Stein and his   crew\nbetween 1931 and 1934 after the great flood."
    found = [make_passage(wrapped, chunk="a", page=7), make_passage(HISTORY, chunk="b", rank=2)]
    answer = ask(asker_over(*found), "Who built the dam?")
    texts = {item.chunk.chunk_id: item.chunk.text for item in found}
    assert answer.citations
    for citation in answer.citations:
        assert citation.quote in texts[citation.chunk_id]
        assert f"[{citation.n}]" in answer.text
    assert answer.citations[0].page == 7
    assert "**Georg Stein**" in answer.text
    assert answer.grounded == 1.0


def test_a_pronoun_brings_the_sentence_before_it_or_the_heading(asker_over: Over, make_passage: Make, ask: Ask) -> None:
    with_predecessor = ask(asker_over(make_passage(HISTORY)), "Where is Acme Hydro based?")
    assert plain(with_predecessor.text).startswith("Acme Hydro was founded")
    alone = make_passage("It is based in Springfield, Illinois.", heading="Firms › Acme Hydro")
    assert "Acme Hydro: It is based in" in plain(ask(asker_over(alone), "Where is Acme Hydro based?").text)


def test_a_table_row_reads_well_and_quotes_the_row(asker_over: Over, make_passage: Make, ask: Ask) -> None:
    table = (
        "| Part | Price | Supplier |\n| --- | --- | --- |\n| Rotor | 4.500 € | Stahl AG |\n| Pump | 120 € | Nord KG |"
    )
    answer = ask(asker_over(make_passage(table, kind="table", heading="Preisliste")), "Was kostet der Rotor?")
    assert plain(answer.text) == "Part: Rotor · Price: 4.500 € · Supplier: Stahl AG [1]"
    assert "**4.500 €**" in answer.text
    assert answer.citations[0].quote == "| Rotor | 4.500 € | Stahl AG |"


def test_two_documents_that_say_the_same_are_both_cited_once_said(
    asker_over: Over, make_passage: Make, ask: Ask
) -> None:
    found = [
        make_passage("The bridge was opened on 4 May 1931.", chunk="a", document="chronicle.pdf"),
        make_passage("On 4 May 1931 the bridge was opened by the mayor.", chunk="b", document="letter.eml", rank=2),
        make_passage("The bridge was opened on 4 May 1931.", chunk="c", document="chronicle.pdf", rank=3),
    ]
    answer = ask(asker_over(*found), "When was the bridge opened?")
    assert answer.text.count("1931") == 1
    assert answer.text.endswith("[1][2]")
    assert {citation.document for citation in answer.citations} == {"chronicle.pdf", "letter.eml"}


def test_documents_that_disagree_are_both_heard(asker_over: Over, make_passage: Make, ask: Ask) -> None:
    found = [
        make_passage("The bridge cost 2.1 million dollars.", chunk="a", document="report.pdf"),
        make_passage("The bridge cost 2.9 million dollars.", chunk="b", document="letter.eml", rank=2),
    ]
    answer = ask(asker_over(*found), "How much did the bridge cost?")
    assert "**2.1 million dollars**" in answer.text and "**2.9 million dollars**" in answer.text


def test_several_things_asked_for_are_all_marked(asker_over: Over, make_passage: Make, ask: Ask) -> None:
    answer = ask(asker_over(make_passage(HISTORY)), "Who founded Acme Hydro and when?")
    for phrase in ("**1998**", "**Anna Weber**", "**Tom Baker**"):
        assert phrase in answer.text


def test_the_trace_tells_what_was_searched_found_and_chosen(asker_over: Over, make_passage: Make, ask: Ask) -> None:
    answer = ask(asker_over(make_passage(HISTORY)), "Who founded Acme Hydro?", agent="keywords")
    steps = {step["step"]: step for step in answer.trace}
    assert list(steps) == ["search", "selection", "answer"]
    assert all(step["ms"] >= 0 for step in answer.trace)
    assert steps["search"]["mode"] == "keyword"
    assert steps["search"]["hits"][0]["document"] == "notes.md"
    assert steps["selection"]["asks_for"] == ["person", "organisation"]
    assert steps["selection"]["candidates"][0]["score"] >= 0.3
    assert steps["answer"]["backed"] == steps["answer"]["sentences"] == 1


def test_agents_search_in_their_own_way(make_passage: Make, asker_over: Over, ask: Ask) -> None:
    asked: list[tuple[str, tuple[str, ...]]] = []

    class Listening:
        def search(self, query: str, mode: str, top_k: int, document_ids: Collection[str]) -> Any:
            asked.append((mode, tuple(document_ids)))
            return type("Found", (), {"passages": [make_passage(HISTORY)], "ms": 1.0})()

    asker = asker_over(search=Listening())
    for agent in ("hybrid", "Passages", "keywords", "dense"):
        ask(asker, "Who founded Acme Hydro?", agent=agent, document_ids=["d1"])
    assert asked == [(mode, ("d1",)) for mode in ("hybrid", "dense", "keyword", "dense")]
    assert [card.name for card in asker.agents()] == ["hybrid", "passages", "keywords"]
    assert not any(card.needs_model for card in asker.agents())


@pytest.mark.parametrize(
    ("question", "more"),
    [("", {}), (" ?! ", {}), ("x" * 5000, {}), ("Who?", {"agent": "oracle"}), ("Who?", {"model": "llama"})],
)
def test_what_cannot_be_asked_is_refused_at_once(asker_over: Over, question: str, more: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        asker_over().ask(question, **more)


def test_an_unknown_conversation_is_refused_at_once(asker_over: Over) -> None:
    with pytest.raises(NotFound):
        asker_over().ask("Who?", conversation_id="nowhere")


def test_nothing_found_is_said(asker_over: Over, ask: Ask) -> None:
    answer = ask(asker_over(), "Wer hat Acme gegründet?")
    assert not answer.answered and answer.citations == ()
    assert answer.text.startswith("Es gibt nichts")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (VectorStoreError("The vectors could not be read."), "The vectors could not be read."),
        (QuellwerkError("The search is not ready.", "Wait a little."), "The search is not ready. Wait a little."),
        (RuntimeError("secret detail"), "The answer could not be finished."),
    ],
)
def test_a_failing_search_ends_in_a_sentence_and_the_conversation_keeps_it(
    asker_over: Over, chats: Chats, error: Exception, said: str
) -> None:
    class Broken:
        def search(self, query: str, mode: str, top_k: int, document_ids: Collection[str]) -> Any:
            raise error

    conversation = chats.create()
    pieces = list(asker_over(search=Broken()).ask("Who founded Acme?", conversation_id=conversation.id))
    assert [piece.type for piece in pieces] == ["error"]
    assert pieces[0].text.startswith(said) and "secret" not in pieces[0].text
    turns = chats.messages(conversation.id)
    assert [turn.role for turn in turns] == ["user", "assistant"]
    assert turns[1].text.startswith(said)
    assert turns[1].answer is not None and not turns[1].answer.answered


def test_closing_the_iterator_keeps_what_was_said(asker_over: Over, make_passage: Make, chats: Chats) -> None:
    conversation = chats.create()
    pieces = asker_over(make_passage(HISTORY)).ask("Where is Acme Hydro based?", conversation_id=conversation.id)
    first = next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    turns = chats.messages(conversation.id)
    assert [turn.text for turn in turns] == ["Where is Acme Hydro based?", first.text]
    assert turns[1].answer is not None and turns[1].answer.citations == first.citations


def test_a_conversation_that_is_deleted_meanwhile_ends_in_a_sentence(
    asker_over: Over, make_passage: Make, chats: Chats
) -> None:
    conversation = chats.create()
    pieces = asker_over(make_passage(HISTORY)).ask("Where is Acme Hydro based?", conversation_id=conversation.id)
    next(pieces)
    chats.delete(conversation.id)
    assert list(pieces)[-1].type == "error"


def test_citations_that_were_not_retrieved_are_dropped(make_passage: Make) -> None:
    referee = Referee([make_passage("The tower is 38 metres tall.\nIt was built in 1871.")])
    told, new = referee.admit(Draft("It was built in 1871.", (Source(0, "tall. It was built in 1871."),)))
    assert told == "It was built in 1871. [1]"
    assert new[0].quote == "tall.\nIt was built in 1871."
    told, new = referee.admit(Draft("It is made of gold.", (Source(0, "It is made of gold."), Source(9, "x"))))
    assert told == "It is made of gold." and new == ()
    told, new = referee.admit(Draft("The height of the tower is 38 metres.", (Source(0, ""),)))
    assert new[0].quote == "The tower is 38 metres tall."
    assert referee.admit(Draft("The tower is 83 metres tall and blue.", (Source(0, ""),)))[1] == ()
    assert referee.grounded == 0.5
    assert len(referee.refused) == 3


def test_llamaindex_gets_the_same_answer(model: Any) -> None:
    from llama_index.core.response_synthesizers import BaseSynthesizer
    from llama_index.core.schema import NodeWithScore, TextNode

    from core.answering.synthesizer import ExtractiveSynthesizer

    synthesizer = ExtractiveSynthesizer(model.encode, streaming=False)
    assert isinstance(synthesizer, BaseSynthesizer)
    nodes = [NodeWithScore(node=TextNode(text=HISTORY), score=1.0)]
    response = synthesizer.synthesize("Who founded Acme Hydro?", nodes)
    assert str(response) == "Acme Hydro was founded in 1998 by **Anna Weber** and **Tom Baker**. [1]"
    streaming = ExtractiveSynthesizer(model.encode).synthesize("Who founded Acme Hydro?", nodes)
    assert "".join(streaming.response_gen) == str(response)  # type: ignore[union-attr]


def test_the_work_for_one_question_is_bounded(model: Any, chats: Chats, make_passage: Make, ask: Ask) -> None:
    seen: list[int] = []

    def counting(texts: list[str]) -> Any:
        seen.append(sum(map(len, texts)))
        return model.encode(texts)

    class Plenty:
        def search(self, query: str, mode: str, top_k: int, document_ids: Collection[str]) -> Any:
            text = " ".join(f"Pump {number} was built in {1900 + number} by team {number}." for number in range(60))
            found: Sequence[Passage] = [make_passage(f"{at}. {text}", chunk=str(at)) for at in range(10)]
            return type("Found", (), {"passages": found, "ms": 1.0})()

    asker = Asker(Plenty(), chats, counting)
    first = ask(asker, "When was pump 17 built?")
    assert "**1917**" in first.text
    assert sum(seen) < 6000 and max(seen) <= 1000
    spent = sum(seen)
    ask(asker, "When was pump 17 built?")
    assert sum(seen) == spent  # the vectors are remembered
