"""Words of a text as the keyword index keeps them: cut the same way for documents and questions, stemmed by language.

A word is a run of letters and digits of any script, one ideograph (so that phrases find longer runs), or one of the
signs that change a meaning (`§ 12`, `C++`, `C#`, `R&D`). Everything else separates. Accents are folded on both sides,
after stemming, so that "Häuser", "Haeuser" and "Hauser" meet.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tantivy

STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
"""ISO 639-1 → tantivy's name. A language that is not here is indexed unstemmed."""

WITHOUT_STOP_WORDS = frozenset({"ar", "el", "ro", "ta", "tr"})

_ENGLISH = """
what which who whom whose when where why how do does did done has have had i me my we our you your can could would
should may he she his her its from were been being am so than about any some
"""
_GERMAN = """
was wer wem wen wessen wann wo woher wohin warum wieso weshalb wie welche welcher welches welchem welchen gibt kann
können könnte soll sollte ich wir uns unser mein
"""
QUESTION_WORDS = {"en": frozenset(_ENGLISH.split()), "de": frozenset(_GERMAN.split())}
"""What a question adds to its language's own stop words: these ask, they do not name."""

_IDEOGRAPH = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
_WORD = rf"[\p{{Alphabetic}}\p{{N}}\p{{M}}--{_IDEOGRAPH}]+"
_SIGN = r"[§+#@$€£¥%&]"
PATTERN = f"{_IDEOGRAPH}|{_WORD}|{_SIGN}"
LONGEST = 80  # bytes; longer runs are encoded data, not words


class Words:
    """Cuts and stems texts. Owned by one index; its analyzers are built at first use. Callers hold the GIL, no more
    is needed to call it from several threads."""

    def __init__(self) -> None:
        self._analyzers: dict[str, tantivy.TextAnalyzer] = {}
        self._stop: dict[str, tantivy.TextAnalyzer] = {}

    def analyzer(self, language: str) -> tantivy.TextAnalyzer:
        """The analyzer of a language (ISO 639-1); without stemming for "" and for languages that have no stemmer."""
        name = STEMMERS.get(language, "")
        if name not in self._analyzers:
            import tantivy

            builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(PATTERN))
            builder = builder.filter(tantivy.Filter.remove_long(LONGEST)).filter(tantivy.Filter.lowercase())
            if name:
                builder = builder.filter(tantivy.Filter.stemmer(name))
            self._analyzers[name] = builder.filter(tantivy.Filter.ascii_fold()).build()
        return self._analyzers[name]

    def cut(self, text: str, language: str = "") -> list[str]:
        """The index words of a text, in order, repeats kept."""
        return list(self.analyzer(language).analyze(normal(text)))

    def is_stop_word(self, word: str, language: str) -> bool:
        """Whether a word (as written) says nothing in a language. An acronym (`IT`, `US`, `WHO`) does say something."""
        if len(word) > 1 and word.isupper():
            return False
        lowered = word.lower()
        if lowered in QUESTION_WORDS.get(language, ()):
            return True
        if language not in STEMMERS or language in WITHOUT_STOP_WORDS:
            return False
        if language not in self._stop:
            import tantivy

            builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).filter(tantivy.Filter.lowercase())
            self._stop[language] = builder.filter(tantivy.Filter.stopword(STEMMERS[language])).build()
        return not self._stop[language].analyze(lowered)


def normal(text: str) -> str:
    """A text in the form that is indexed: composed letters, compatibility forms unfolded, soft hyphens gone.

    NUL and lone surrogates, which cannot be stored as UTF-8, become spaces.
    """
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    if "\0" in text or not text.isascii():
        text = "".join(" " if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    return text
