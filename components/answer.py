"""One turn of a conversation: the question, or the answer with its numbered sources."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components import state
from components.escape import answer_markdown, in_markdown, shorten
from components.source import OpenSource
from components.wording import duration, printed_page
from core.records import Answer, Citation, Message

ASKER = ":material/person:"
ANSWERER = ":material/water_drop:"
QUOTE_LENGTH = 160
NAME_LENGTH = 44
DETAIL_LENGTH = 160


def question_view(text: str) -> None:
    """Draw a question, as it was typed."""
    with st.chat_message("user", avatar=ASKER):
        st.text(text)


def stream_markdown(text: str) -> str:
    """The Markdown of an answer in the making: numbers are there, but lead nowhere yet."""
    return answer_markdown(text, lambda n: f":gray-badge[{n}]")


def answer_view(message: Message) -> None:
    """Draw an answer: text with chips, its sources, and quietly how well it is grounded."""
    answer = message.answer
    with st.chat_message("assistant", avatar=ANSWERER), st.container(key=f"answer_{message.id}", gap="small"):
        if answer is None:
            st.markdown(answer_markdown(message.text, lambda n: f"\\[{n}\\]"))
            return
        errors = [str(step["error"]) for step in answer.trace if step.get("step") == "error"]
        if not answer.answered and not answer.citations and not errors and _finished(answer):
            _refusal(answer)
            return
        known = {citation.n: citation for citation in answer.citations}
        st.markdown(answer_markdown(answer.text, lambda n: _chip(message.id, n, known.get(n))))
        for error in errors:
            st.warning(in_markdown(error), icon=":material/info:")
        if answer.text:
            _sources(message, answer)
        _quietly(answer)


def _chip(message_id: str, n: int, citation: Citation | None) -> str:
    """A link that `components.chips` catches; its tooltip names the source."""
    if citation is None:
        return ""
    place = " · ".join(part for part in (citation.document, printed_page(citation.page)) if part)
    return f'[{n}](#cite-{message_id}-{n} "{in_markdown(shorten(place, 120))}")'


def _refusal(answer: Answer) -> None:
    st.markdown(answer_markdown(answer.text, lambda _: ""))
    scope = state.kept(state.CHAT_SCOPE, list[str])
    if scope:
        st.caption(f"Only {len(scope):,} of the documents were asked. Widen the choice below to ask all of them.")
    else:
        st.caption("Other words may help; or the document that knows it is not in the library yet.")
    _trace(answer)


def _sources(message: Message, answer: Answer) -> None:
    opened = st.session_state.get(state.CHAT_SOURCE)
    with st.container(key=f"sources_{message.id}", horizontal=True, gap="xsmall"):
        for citation in answer.citations:
            place = printed_page(citation.page)
            label = f"**{citation.n}** {in_markdown(shorten(citation.document, NAME_LENGTH))}" + f" · {place}" * bool(
                place
            )
            here = isinstance(opened, OpenSource) and opened.citation == citation
            if st.button(
                label,
                key=f"source_{message.id}_{citation.n}",
                type="secondary" if here else "tertiary",
                help=in_markdown(shorten(citation.quote, QUOTE_LENGTH)) or None,
            ):
                open_source(message, citation.n)
                st.rerun()


def open_source(message: Message, n: int) -> None:
    """Let the citation with this number be open beside the answer."""
    for citation in message.answer.citations if message.answer else ():
        if citation.n == n:
            state.keep(state.CHAT_SOURCE, OpenSource(message.conversation_id, message.id, citation))


def _finished(answer: Answer) -> bool:
    return any(step.get("step") == "answer" for step in answer.trace)


def _quietly(answer: Answer) -> None:
    grounded = f"{answer.grounded:.0%} of the sentences have a source"
    words = [grounded if _finished(answer) else "Stopped before it was finished"]
    words.append(duration(answer.ms / 1000))
    words += [answer.model] if answer.model else []
    _trace(answer, " · ".join(words))


def _trace(answer: Answer, label: str = "How this was searched") -> None:
    with st.expander(in_markdown(label), type="compact"):
        for step in answer.trace:
            st.caption(_step(step))
        if not answer.trace:
            st.caption("No steps were recorded.")


def _step(step: Mapping[str, object]) -> str:
    ms = step.get("ms")
    took = f" · {float(ms):.1f} ms" if isinstance(ms, int | float) else ""
    details = [
        f"{in_markdown(key.replace('_', ' '))} {_detail(step[key])}" for key in step if key not in ("step", "ms")
    ]
    return " · ".join([f"**{in_markdown(str(step.get('step', '')).capitalize())}**{took}", *details])


def _detail(value: object) -> str:
    """A figure or a few words of a step; of a list how many, and which documents when it is one of passages."""
    if not isinstance(value, list | tuple):
        return in_markdown(shorten(str(value), DETAIL_LENGTH))
    documents = dict.fromkeys(
        str(item["document"]) for item in value if isinstance(item, Mapping) and "document" in item
    )
    names = ", ".join(documents)
    return f"{len(value):,}" + (f" from {in_markdown(shorten(names, DETAIL_LENGTH))}" if names else "")
