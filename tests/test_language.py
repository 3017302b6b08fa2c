"""Languages are told apart from a few words on, and what has none is not given one."""

from __future__ import annotations

import pytest

from core.language import detect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Where is the pump?"),
        ("en", "Who signed it?"),
        ("en", "How much did the rebuild cost?"),
        ("en", "In 1962 a flood destroyed the harbour."),
        ("de", "Wo ist die Pumpe?"),
        ("de", "Wer unterschrieb den Vertrag?"),
        ("de", "Wann wurde Projekt Heron genehmigt?"),
        ("de", "Protokoll der Vorstandssitzung"),
        ("de", "Der Vorstand beschloss."),
        ("de", "The Board genannt, tagte das Gremium am 3. Mai und beschloss die Sanierung der Anlage."),
        ("fr", "Quel est le prix de la pompe ?"),
        ("es", "¿Dónde está la bomba?"),
        ("it", "La pompa è stata riparata dalla ditta nel 1962."),
        ("pt", "Onde fica a bomba?"),
        ("nl", "Waar is de pomp?"),
        ("sv", "Var är pumpen?"),
        ("pl", "Gdzie jest pompa?"),
        ("ru", "Где насос?"),
        ("el", "Πού είναι η αντλία;"),
        ("ja", "ポンプはどこですか"),
        ("zh", "泵在哪里"),
        ("ko", "펌프는 어디에 있습니까"),
        ("ar", "أين المضخة؟"),
    ],
)
def test_few_words_are_enough(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", " \n", "12.3 | 45", "pump", "Rechnung 2024", "def foo(x): return x"])
def test_unsure_is_said(text: str) -> None:
    assert detect(text) == ""


def test_a_table_keeps_the_language_of_its_document() -> None:
    table = "| Q2 | 12,5 | ne | Wilk |\n| Q3 | 9,1 | ne | Weber |"
    assert detect(table, "de") == "de"
    assert detect("The pump was installed in May and it has worked since then.", "de") == "en"
