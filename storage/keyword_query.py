"""From a question to a tantivy query, built from its words and never parsed, so that no question is a syntax error.

Every word that says something is an optional clause: its stems in the languages of the library, in the body and, with
more weight, in the heading. What is written as one piece (`QX-4471/b`, `data.frame`, `§ 12`, `東京`) or between
quotation marks is also searched as a phrase in the unstemmed text, so the exact identifier comes before its parts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.words import Words, normal

if TYPE_CHECKING:
    import tantivy

MOST_WORDS = 64  # of a question; a pasted page must not become a query of a thousand clauses
BM25_K1 = 1.2  # tantivy's
LONGEST_PHRASE = 16  # words
HEADING = 0.5  # weight of a hit in the heading beside the same hit in the body
PHRASE = 1.0  # weight of a whole identifier or quotation beside its words
QUOTED = re.compile(r'"([^"]{2,400})"|„([^“”"]{2,400})[“”"]|“([^”]{2,400})”|«([^»]{2,400})»|»([^«]{2,400})«')


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two spaces of a question: as written, and cut into index words."""

    written: str
    parts: tuple[str, ...]


class KeywordQuery:
    """The query of one question against one schema. `languages` are those of the chunks ("" is unstemmed).

    `language` is the question's own, as far as its stop words tell ("" if they do not).
    """

    def __init__(self, schema: tantivy.Schema, words: Words, languages: Sequence[str], question: str) -> None:
        self._schema = schema
        self._words = words
        self._languages = tuple(languages) or ("",)
        text = normal(question)
        pieces = self._pieces(text)
        self.language = self._question_language(pieces)
        self._forms = self._terms(pieces)
        self._sequences = list(self._phrases(text, pieces))

    def build(self) -> tantivy.Query | None:
        """The query, or None when the question has no words."""
        import tantivy

        clauses = [self._term(forms) for forms in self._forms]
        clauses += [self._phrase(phrase) for phrase in self._sequences]
        if not clauses:
            return None
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])

    def ceiling(self, searcher: tantivy.Searcher) -> float:
        """What BM25 could give a chunk's body at most, if it held every word of the question countless times; above 0
        if there are words. A score divided by this says how much of what the question asks a chunk holds."""
        chunks = searcher.num_docs
        total = 0.0
        for forms in self._forms:
            holding = min(chunks, max(searcher.doc_freq("body", form) for form in forms))
            total += math.log(1 + (chunks - holding + 0.5) / (holding + 0.5))
        return total * (1 + BM25_K1)

    def _pieces(self, text: str) -> list[Piece]:
        """The question's pieces in order; a sign that stands alone belongs to what follows it (`§ 12`)."""
        pieces: list[Piece] = []
        held: tuple[str, ...] = ()
        for written in text.split()[: 4 * MOST_WORDS]:
            parts = tuple(self._words.cut(written))
            if not parts:
                continue
            if all(len(part) == 1 and not part.isalnum() for part in parts):
                held += parts
                continue
            pieces.append(Piece(written.strip(".,;:!?()[]{}\"'„“”«»‚‘’"), held + parts))
            held = ()
        if held:
            pieces.append(Piece("", held))
        return pieces

    def _terms(self, pieces: Sequence[Piece]) -> list[tuple[str, ...]]:
        """For each word worth looking for, its forms in the languages of the library, distinct, in the question's
        order. Stop words stay only when there is nothing else."""
        telling = [piece for piece in pieces if not self._words.is_stop_word(piece.written, self.language)]
        terms: dict[tuple[str, ...], None] = {}
        for piece in telling or pieces:
            for part in piece.parts:
                if len(part) == 1 and not part.isalnum() and len(piece.parts) > 1:
                    continue  # a sign counts within its phrase
                forms = {stem for language in self._languages for stem in self._stems(part, language)}
                terms[tuple(sorted(forms))] = None
                if len(terms) >= MOST_WORDS:
                    return list(terms)
        return list(terms)

    def _stems(self, part: str, language: str) -> list[str]:
        return self._words.cut(part, language) if language else [part]

    def _question_language(self, pieces: Sequence[Piece]) -> str:
        """The language whose stop words the question uses most; "" when it uses none."""
        counts = {
            language: sum(self._words.is_stop_word(piece.written, language) for piece in pieces)
            for language in self._languages
            if language
        }
        best = max(counts, key=lambda language: counts[language], default="")
        return best if best and counts[best] else ""

    def _phrases(self, text: str, pieces: Sequence[Piece]) -> Iterator[tuple[str, ...]]:
        seen = {piece.parts[:LONGEST_PHRASE] for piece in pieces if len(piece.parts) > 1}
        for match in QUOTED.finditer(text):
            quoted = tuple(self._words.cut(next(group for group in match.groups() if group)))
            if len(quoted) > 1:
                seen.add(quoted[:LONGEST_PHRASE])
        yield from sorted(seen)[:MOST_WORDS]

    def _term(self, forms: tuple[str, ...]) -> tantivy.Query:
        import tantivy

        query = tantivy.Query
        in_body = self._best_of([query.term_query(self._schema, "body", form, "freq") for form in forms])
        in_heading = self._best_of([query.term_query(self._schema, "heading", form, "freq") for form in forms])
        should = tantivy.Occur.Should
        return query.boolean_query([(should, in_body), (should, query.boost_query(in_heading, HEADING))])

    def _best_of(self, queries: list[tantivy.Query]) -> tantivy.Query:
        import tantivy

        return queries[0] if len(queries) == 1 else tantivy.Query.disjunction_max_query(queries, 0.0)

    def _phrase(self, phrase: tuple[str, ...]) -> tantivy.Query:
        import tantivy

        words: list[str | tuple[int, str]] = list(phrase)
        return tantivy.Query.boost_query(tantivy.Query.phrase_query(self._schema, "exact", words), PHRASE)
