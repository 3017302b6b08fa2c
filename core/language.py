"""Which language a text is in, by its script, its small words and its letters. Some microseconds per passage.

Good for prose in European languages from a few words on; for names, numbers and code it says that it does not know.
Nothing is loaded for it, unlike a trained model, which takes two seconds and 80 MB at start and then a millisecond
each time.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

LONGEST = 1500  # characters that are looked at
LEAST = 0.9  # score below which nothing is claimed
EXPECTATION = 2.0  # score that the expected language has in advance
MARGIN = 1.25  # how far ahead of the second language the first has to be

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_SMALL_WORDS = {
    "en": "the of and to is was were are be been has have had that this these those with for from by on at as it its "
    "he she they we you his her their our not which who what when where why how does did will would can could "
    "should an or if there than then but into about after before between during each other such also more most "
    "any all some only may must do i my your a in no so over under because while both whose whom",
    "de": "der die das und ist war waren sind sein wird wurde wurden werden hat haben hatte dass dieser diese dieses "
    "mit für von vom zum zur bei auf aus als auch es er sie wir ihr ihre ihren ihrem seine seinen seiner nicht "
    "kein keine welche welcher welches wer was wann wo warum wie wieviel ein eine einen einem einer eines dem "
    "den des im am an in zu nach vor über unter durch gegen ohne um wenn oder aber noch nur so man sich kann "
    "können soll muss müssen mehr bis seit während zwischen sowie bzw wem wen wessen woher wohin dort hier dann "
    "beim ins ich du mein dein ja nein",
    "fr": "le la les des du de un une et est sont était étaient être été a ont avait que qui quoi dans par pour avec "
    "sur pas ne ce cette ces il elle ils elles nous vous leur leurs son sa ses au aux en où quand comment "
    "pourquoi plus ou mais si se comme tout tous sans sous entre aussi cela dont y je c'est l' d' n'est qu'il "
    "quel quelle",
    "es": "el la los las de del un una unos y es son era eran fue fueron ser ha han había que quien qué quién en por "
    "para con sobre no este esta estos estas su sus lo se al como cuando cuándo dónde donde más pero o si entre "
    "también muy sin hasta desde todo todos hay ya le les porque cómo está están cuál",
    "it": "il lo la i gli le di del della dei delle degli un uno una e è sono era erano stato essere ha hanno aveva "
    "che chi cosa in nel nella per con su sul sulla non questo questa questi queste suo sua si al alla come "
    "quando dove più ma o se anche da dal dalla tra perché ed ad sia quale",
    "pt": "o a os as de do da dos das um uma e é são era foi foram ser tem têm tinha que quem em no na nos nas por "
    "para com sobre não este esta estes estas seu sua se ao à como quando onde mais mas ou também pelo pela "
    "entre até já há muito qual isso pelos",
    "nl": "de het een en van is was waren zijn wordt werd werden heeft hebben had dat die dit deze met voor door op "
    "te ten ter aan bij als ook hij zij wij niet geen welke wie wat wanneer waar waarom hoe in om naar over uit "
    "tot maar of nog er ze je hun haar zich kan moet meer tussen tijdens",
    "sv": "och att det som en ett är var för med på av till den de inte om har hade han hon vi ni jag från men eller "
    "när vad vem var hur varför också sig sin sina kan ska skulle blev bli detta dessa under mellan efter över "
    "mycket",
    "da": "og at det som en et er var for med på af til den de ikke om har havde han hun vi jeg fra men eller når "
    "hvad hvem hvor hvorfor også sig sin sine kan skal skulle blev blive dette disse under mellem efter over "
    "meget bliver",
    "no": "og at det som en et er var for med på av til den de ikke om har hadde han hun vi jeg fra men eller når hva "
    "hvem hvor hvorfor også seg sin sine kan skal skulle ble bli dette disse under mellom etter over mye blir",
    "fi": "ja on ei se että oli ovat olivat joka jotka mutta myös kun niin tai hän he me mitä kuka missä miksi miten "
    "kanssa sekä jos vain nyt tämä tämän nämä ole ollut sen ovat voi mukaan",
    "pl": "i w z na do nie się jest są był była było że to jak co kto gdzie kiedy dlaczego dla od po przez ale lub "
    "oraz jego jej ich tym tego który która które przy może tak za o czy ma",
    "cs": "a v z na do ne se je jsou byl byla bylo že to jak co kdo kde kdy proč pro od po přes ale nebo jeho její "
    "jejich tím toho který která které při může tak za o s k má také již",
    "hu": "a az és hogy nem is egy van volt voltak lesz ez ezt azt aki ami mi ki hol mikor miért hogyan de vagy meg "
    "már csak mint el be ha szerint között után alatt kell lehet",
    "ro": "și în de la cu pe nu este sunt era au a fost fi că ce cine unde când cum pentru din sau dar mai prin care "
    "acest această acești lui ei lor se un o al ale după",
    "tr": "ve bir bu da de için ile mi ne kim nerede zaman nasıl niçin değil çok daha olan olarak var yok gibi kadar "
    "sonra önce ama veya her o şu ise en olduğu tarafından",
}
_LETTERS = {
    "ß": "de",
    "ä": "de sv fi",
    "ö": "de sv fi hu tr",
    "ü": "de tr hu",
    "ñ": "es",
    "¿": "es",
    "ã": "pt",
    "õ": "pt",
    "ç": "fr pt tr",
    "ê": "fr pt",
    "è": "fr it",
    "à": "fr it",
    "ò": "it",
    "ù": "it fr",
    "œ": "fr",
    "å": "sv da no",
    "ø": "da no",
    "æ": "da no",
    "ł": "pl",
    "ą": "pl",
    "ę": "pl",
    "ż": "pl",
    "ř": "cs",
    "ě": "cs",
    "ů": "cs",
    "ő": "hu",
    "ű": "hu",
    "ğ": "tr",
    "ı": "tr",
    "ş": "tr",
    "ț": "ro",
    "ș": "ro",
    "ă": "ro",
}
_GERMAN_ENDING = re.compile(
    r"(?:ungen|ung|keit|heit|lich|liche[rsnm]?|ische[rsnm]?|schaft|chen|tion(?:en)|ierte?|ieren)$"
)
_ENGLISH_ENDING = re.compile(r"(?:ing|ed|ness|ment|ments|ly|ship|ful|ous|ity|ies|tions?)$")
_GERMAN_ARTICLES = frozenset(
    (
        "der",
        "die",
        "das",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "einen",
        "einem",
        "einer",
        "im",
        "am",
        "vom",
        "zum",
        "zur",
    )
)
_SCRIPTS = (
    (re.compile(r"[\u3040-\u30ff]"), "ja"),
    (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u4e00-\u9fff]"), "zh"),
    (re.compile(r"[іїєґІЇЄҐ]"), "uk"),
    (re.compile(r"[\u0400-\u04ff]"), "ru"),
    (re.compile(r"[\u0370-\u03ff]"), "el"),
    (re.compile(r"[\u0590-\u05ff]"), "he"),
    (re.compile(r"[\u0600-\u06ff]"), "ar"),
    (re.compile(r"[\u0900-\u097f]"), "hi"),
    (re.compile(r"[\u0b80-\u0bff]"), "ta"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th"),
)


def _weigh() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each small word's languages; a word of few languages weighs more than one of many."""
    languages: dict[str, list[str]] = defaultdict(list)
    for language, words in _SMALL_WORDS.items():
        for word in dict.fromkeys(words.split()):
            if len(word) > 1:  # single letters are initials, list marks and variables as often as words
                languages[word].append(language)
    return {word: tuple((code, 1 / len(codes) ** 0.7) for code in codes) for word, codes in languages.items()}


_WEIGHTS = _weigh()


def detect(text: str, expected: str = "") -> str:
    """The ISO 639-1 code of the text's language, or an empty string when it is not clear.

    `expected` is the language of what stands before it, if known: a table or a list of names is then not taken for
    another language because of a few words.
    """
    text = text[:LONGEST]
    words = _WORD.findall(text)
    if not words:
        return ""
    if not text.isascii():
        letters = sum(map(len, words))
        for script, code in _SCRIPTS:
            if len(script.findall(text)) * (4 if code == "ja" else 2) > letters:
                return code
    scores: defaultdict[str, float] = defaultdict(float)
    _score_words(words, scores)
    if not text.isascii():
        _score_letters(text, scores)
    if not scores:
        return ""
    if expected:
        scores[expected] += EXPECTATION
    first, *others = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    if first[1] < LEAST or (others and first[1] < others[0][1] * MARGIN):
        return ""
    return first[0]


def _score_words(words: list[str], scores: defaultdict[str, float]) -> None:
    """Small words for all languages; endings and capitals for the two that have to be told apart in few words."""
    # A word counts twice at most: a variable `nu` or a standard `EN` on every line says nothing about the language.
    for word, found in Counter(words).items():
        times = min(found, 2)
        for code, weight in _WEIGHTS.get(word.lower(), ()) if not word.isupper() else ():
            scores[code] += weight * times
        if len(word) > 4:
            if _GERMAN_ENDING.search(word):
                scores["de"] += 0.5
            elif _ENGLISH_ENDING.search(word):
                scores["en"] += 0.4
    for before, word in pairwise(words):
        if before.lower() in _GERMAN_ARTICLES and word[0].isupper() and word[1:].islower():
            scores["de"] += 0.3  # "die Pumpe": nouns have capitals


def _score_letters(text: str, scores: defaultdict[str, float]) -> None:
    """Letters that few languages have."""
    for letter, codes in _LETTERS.items():
        found = min(text.count(letter), 5)
        if found:
            named = codes.split()
            for code in named:
                scores[code] += 0.6 * found / len(named)
