"""Example questions that fit what is in the library."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from components.escape import in_markdown, shorten
from core.errors import QuellwerkError
from core.records import Document, DocumentStatus
from core.samples import FOLDER

if TYPE_CHECKING:
    from core.workbench import Workbench

WANTED = 3
LABEL = 90
LOOKED_AT = 12  # documents whose headings are looked at
ASKABLE = (DocumentStatus.DONE, DocumentStatus.PARTIAL, DocumentStatus.SEARCHABLE)


@dataclass(frozen=True, slots=True)
class Example:
    """A question, and its label on a button."""

    question: str
    label: str


def example_questions(workbench: Workbench, documents: Iterable[Document]) -> list[Example]:
    """At most three questions: those of the samples that are here, else about what documents say under a heading."""
    ready = [item for item in documents if item.status in ASKABLE]
    names = {item.name for item in ready}
    questions = [question for question, needed in _of_samples() if names.issuperset(needed)][:WANTED]
    for document in ready[:LOOKED_AT]:
        if len(questions) >= WANTED:
            break
        question = _about(workbench, document)
        if question and question not in questions:
            questions.append(question)
    return [Example(question, in_markdown(shorten(question, LABEL))) for question in questions]


@st.cache_data(show_spinner=False)
def _of_samples() -> list[tuple[str, tuple[str, ...]]]:
    """The samples' questions with the documents that answer them, English and German taking turns."""
    file = FOLDER.parent / "questions.jsonl"
    if not file.is_file():
        return []
    by_language: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for line in file.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry.get("kind") == "single":
            found = (str(entry["question"]), tuple(entry["relevant"]))
            by_language.setdefault(str(entry.get("language", "")), []).append(found)
    turns = max(map(len, by_language.values()), default=0)
    return [found[turn] for turn in range(turns) for found in by_language.values() if turn < len(found)]


def _about(workbench: Workbench, document: Document) -> str:
    try:
        chunks = workbench.library.chunks(document.id, limit=8)
    except QuellwerkError:
        return ""
    for chunk in chunks:
        topic = chunk.heading.split(" › ")[-1].strip()
        if 4 <= len(topic) <= 70 and topic != document.title:
            return f"Was steht zu „{topic}“?" if document.language == "de" else f"What is said about “{topic}”?"
    return ""
