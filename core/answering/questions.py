"""What a question asks for: its language, the kinds of thing that would answer it, and the words it turns on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.answering.vocabulary import PERSON_TITLES, word_set
from core.answering.words import concepts, fold, telling, words


class Want(StrEnum):
    """A kind of exact phrase that a question may ask for."""

    PERSON = "person"
    DATE = "date"
    PLACE = "place"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DURATION = "duration"
    ORGANISATION = "organisation"
    NAME = "name"


class Shape(StrEnum):
    """How long an answer the question calls for."""

    FACT = "fact"  # one phrase: who, when, where, how many
    DEFINITION = "definition"  # what is, who is
    EXPLANATION = "explanation"  # why, how
    LISTING = "listing"  # which ones, list, what are the
    YES_NO = "yes or no"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, taken apart. `keywords` keep their spelling and order, `names` are those that look like names."""

    text: str
    language: str  # en or de
    shape: Shape
    wants: tuple[Want, ...]
    keywords: tuple[str, ...]
    names: tuple[str, ...]


_GERMAN = word_set(
    """
    wer wen wem wessen was wann wo woher wohin wie wieviel wieviele welche welcher welches welchem welchen warum
    weshalb wieso wozu der die das den dem des ein eine einer einem einen und oder ist sind war waren wird wurde
    wurden hat haben hatte nicht mit von für auf im am zum zur bei nach aus seit gibt es sie er ihr ihre kann
    können soll muss dort damals nenne erkläre beschreibe dieser diese dieses worum wofür womit wodurch worin
    gehört heißt liegt kostet
    """
)
_ENGLISH = word_set(
    """
    who whom whose what when where which why how the a an of and or is are was were does did do has have had in
    on at for with by from to it its he she they his her their can could should will would list explain describe
    tell there this that these those about many much
    """
)

_ROLE = "|".join(sorted(PERSON_TITLES - {"saint", "major", "general"}, key=len, reverse=True))
_TIME_NOUN = r"years?|dates?|days?|months?|century|decade|time|deadline|birthday"
_ZEIT = r"jahr(?:e|es)?|jahrhundert|jahrzehnt|datum|tag(?:e|en)?|monat|uhrzeit|zeitpunkt|frist|termin"
_PLACE_NOUN = (
    r"(?:city|cities|town|village|country|countries|state|county|region|place|location|street|room|river|continent"
    r"|building|province|district|island|municipality|address)"
)
_ORT = (
    r"(?:stadt|städten?|ort|dorf|land|ländern?|region|gemeinde|straße|raum|fluss|gebäude|bundesland|landkreis|insel"
    r"|adresse|hafen|halle)"
)
_BODY = (
    r"(?:company|companies|firm|organi[sz]ation|institution|university|agency|manufacturer|supplier|publisher|bank"
    r"|foundation|institute|association|employer|contractor|airline|team|party|school|office)"
)
_KÖRPER = (
    r"(?:firma|unternehmen|organisation|institution|universität|hochschule|behörde|hersteller|lieferant|verlag|bank"
    r"|stiftung|institut|verein|verband|arbeitgeber|partei|büro|ministerium|amt|schule|gesellschaft)"
)
_MONEY = (
    r"(?:cost|costs|price|budget|revenue|turnover|profit|salary|fee|fees|fine|grant|funding|worth|paid|pay|sum|money|rent"
    r"|loan|investment|donation|prize money|amount|debt)"
)
_GELD = (
    r"\w*(?:kosten|kostete?|preis|budget|haushalt|umsatz|jahresumsatz|gewinn|gehalt|gebühr(?:en)?|förderung|fördersumme|betrag"
    r"|summe|miete|darlehen|investition|spende|geld|zahlt|bezahlt|wert|honorar|kaufpreis|zuschuss)\w*"
)
_MEASURE = (
    r"(?:tall|high|long|wide|deep|heavy|large|big|far|fast|old|hot|cold|thick|powerful)"
    r"|(?:hoch|lang|breit|tief|schwer|groß|weit|schnell|alt|heiß|kalt|dick|stark)"
)

_PATTERNS: tuple[tuple[re.Pattern[str], tuple[Want, ...]], ...] = tuple(
    (re.compile(pattern, re.I), wants)
    for pattern, wants in (
        (r"\b(?:who|whom|whose|wer|wen|wem|wessen)\b", (Want.PERSON, Want.ORGANISATION)),
        (rf"\bwh(?:ich|at)\s+(?:\w+\s+)?(?:person|people|man|woman|{_ROLE})\b|\bwelche[rsnm]?\s+(?:\w+\s+)?(?:person|personen|mensch|mann|frau|{_ROLE})\b", (Want.PERSON,)),  # noqa: E501
        (r"\b(?:until|by)\s+when\b|\bbis\s+wann\b", (Want.DATE, Want.DURATION)),
        (r"\bhow\s+long\b|\bwie\s+lang(?:e)?\b|\bhow\s+old\b|\bwie\s+alt\b", (Want.DURATION, Want.NUMBER)),
        (rf"\bwhen\b(?!\s+\w+ing)|\bwann\b|\b(?:which|what)\s+(?:\w+\s+)?(?:{_TIME_NOUN})\b|\b(?:date|year|deadline)\s+(?:of|for)\b|\bwelche[rsnm]?\s+(?:\w+\s+)?(?:{_ZEIT})\b|\bseit\s+wann\b|\bam\s+wievielten\b", (Want.DATE,)),  # noqa: E501
        (r"\bpercent(?:age)?\b|\bwhat\s+(?:share|proportion|fraction)\b|\bprozent\w*\b|\bwelcher\s+anteil\b|\bwie\s+hoch\b[^?]*\b(?:anteil|quote|rate|satz)\b", (Want.PERCENT, Want.NUMBER)),  # noqa: E501
        (rf"\bhow\s+(?:much|high|large|big)\b[^?]*\b{_MONEY}\b|\b(?:what|which)\b[^?]*\b(?:the|a|an|its|total|annual)\b[^?]*\b{_MONEY}\b|\bhow\s+much\s+(?:did|does|do|is|was|were|will|has|have)\b", (Want.MONEY, Want.NUMBER)),  # noqa: E501
        (rf"\bwie\s*(?:viel|hoch|groß|teuer)\b[^?]*\b{_GELD}\b|\b(?:was|welche[rnms]?)\b[^?]*\b{_GELD}\b|\bwie\s+teuer\b", (Want.MONEY, Want.NUMBER)),  # noqa: E501
        (r"\bwas\s+kostete?n?\b|\bwhat\s+(?:did|does|do)\b[^?]*\bcost\b", (Want.MONEY, Want.NUMBER)),
        (rf"\bhow\s+(?:many|much|often|{_MEASURE})\b|\bwie\s*(?:viele?n?|oft|{_MEASURE})\b|\bhow\s+big\b|\b(?:the|total)\s+number\s+of\b|\bwhat\s+(?:is|was|are)\s+the\s+(?:\w+\s+){0,2}(?:mean|average|discharge|volume|rate|level|pressure|number|population|area|height|length|width|capacity|temperature|speed|distance|weight|depth|size|power|score|phone number|telephone number)\b|\b(?:die\s+anzahl|einwohnerzahl|telefonnummer|temperatur|kapazität|leistung|fläche|länge|höhe|entfernung)\b|\bwelche[rns]?\s+\w*(?:menge|nummer|zahl|höhe|dauer|wert|betrag)\b|\b(?:which|what)\s+(?:\w+\s+)?(?:amount|quantity|number|level|value)\b", (Want.NUMBER,)),  # noqa: E501
        (rf"\bwhere\b|\bwo\b|\bwoher\b|\bwohin\b|\b(?:which|what)\s+(?:\w+\s+)?{_PLACE_NOUN}\b|\bwelche[rsnm]?\s+(?:\w+\s+)?{_ORT}\b|\bwhat\s+is\s+the\s+(?:capital|address|location)\b|\b(?:hauptstadt|firmensitz)\b", (Want.PLACE,)),  # noqa: E501
        (rf"\b(?:which|what)\s+(?:\w+\s+)?{_BODY}\b|\bwelche[rsnm]?\s+(?:\w+\s+)?{_KÖRPER}\b", (Want.ORGANISATION, Want.NAME)),  # noqa: E501
        (r"\bwhat\s+(?:is|was|are|were)\s+the\s+(?:\w+\s+)?(?:names?|title)\b|\bhow\s+is\s+[^?]*\bcalled\b|\bwhat\s+is\s+[^?]*\bcalled\b|\bwie\s+heiß(?:t|en)\b|\bwie\s+lautet\s+der\s+(?:name|titel)\b|\bname\s+(?:of|des|der|von)\b", (Want.NAME,)),  # noqa: E501
    )
)  # fmt: skip

_SHAPES: tuple[tuple[re.Pattern[str], Shape], ...] = tuple(
    (re.compile(pattern, re.I), shape)
    for pattern, shape in (
        (r"\b(?:why|warum|weshalb|wieso|wozu)\b|^\W*(?:how|wie)\s+(?!(?:heiß\w*|lautet\w*|many|much|long|often|old|big|large|high|tall|far|viele?|hoch|lange?|oft|alt|groß|heiß|teuer)\b)|\bexplain\b|\berkläre?\b|\bhow\s+(?:does|do|did|can|is|are)\b", Shape.EXPLANATION),  # noqa: E501
        (r"^\W*(?:list|name all|nenne|zähle|enumerate)\b|\bwhat\s+are\s+(?:the|all)\b|\bwhich\s+\w+s\s+(?:are|were|do|have|did|does|can)\b|\bwas\s+sind\s+(?:die|alle)\b|\bwelche\s+\w+(?:en|er|e|n|s)\s+(?:sind|waren|gibt|haben|hat|wurden|werden)\b|\bwho\s+are\b|\bwer\s+sind\b", Shape.LISTING),  # noqa: E501
        (r"^\W*(?:what|who)\s*(?:is|are|was|were|'s)\s+(?:an?\s+|the\s+)?[^?]{1,60}\??\s*$|^\W*(?:was|wer)\s+(?:ist|sind|war|waren)\s+[^?]{1,60}\??\s*$|\bwas\s+(?:bedeutet|versteht)\b|\bwhat\s+does\s+.*\bmean\b|\bdefine\b|\bdefinition\b", Shape.DEFINITION),  # noqa: E501
        (r"^\W*(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|should|must|may)\b|^\W*(?:ist|sind|war|waren|hat|haben|hatte|wird|werden|wurde|wurden|kann|können|darf|muss|müssen|soll|gibt|liegt|gehört)\b", Shape.YES_NO),  # noqa: E501
    )
)  # fmt: skip

_SOMEBODY = re.compile(r"^\W*(?:who|wer)\s+(?:is|was|ist|war)\s+([^?]{2,60}?)\s*\??\s*$", re.I)
_NAME = re.compile(r"[A-ZÄÖÜ][\w’'&.-]*\w|\b\w*\d[\w./-]*\b|[A-ZÄÖÜ]{2,}")
_RUN = re.compile(r"\b[A-ZÄÖÜ][\w-]+(?:\s+(?:von\s+|van\s+|zu\s+)?[A-ZÄÖÜ][\w-]+)+")
_WHO = (Want.PERSON, Want.ORGANISATION)
_QUOTED = re.compile(r"[\"“„»«'‘]([^\"“”„»«'’]{2,60})[\"”“»«'’]")


def language_of(text: str) -> str:
    """`de` or `en`, by the small words; English when neither shows."""
    found = [word.casefold() for word in words(text)]
    german = sum(word in _GERMAN for word in found) + sum(any(sign in "äöüß" for sign in word) for word in found)
    english = sum(word in _ENGLISH for word in found)
    return "de" if german > english else "en"


_FURTHER = re.compile(
    r"[,;]?\s+(?:and|und)\s+(?=(?:(?:on|in|at|by|from|until|since|to|for|bis|seit|in|an|am|von|zu|mit)\s+)?"
    r"(?:who|whom|whose|when|where|why|how|what|which|wer|wen|wem|wann|wo|warum|wie|was|welche[rsmn]?)\b)",
    re.IGNORECASE,
)


def parts(text: str) -> list[str]:
    """The questions in a question: "Which seal is on it, and who keeps it?" is two. A bare "and when?" stays where it
    is, since one sentence may answer both."""
    found: list[str] = []
    for part in _FURTHER.split(" ".join(text.split())):
        if found and len(telling(part)) < 2 and not re.search(r"\b(?:it|they|he|she|sie|er|es|ihn)\b", part):
            found[-1] = f"{found[-1]} and {part}"
        else:
            found.append(part)
    return found


_BARE_REASON = re.compile(r",?\s+(?:and|und)\s+(?:why|how|warum|weshalb|wieso|wie)\s*\??$", re.IGNORECASE)


def parse(text: str) -> Question:
    """Take a question apart. Any text is a question; a bare list of keywords is an open one."""
    text = " ".join(text.split())
    language = language_of(text)
    wants: list[Want] = []
    somebody = _is_about_somebody(text)
    for pattern, kinds in _PATTERNS:
        if pattern.search(text):
            wants.extend(kind for kind in kinds if kind not in wants and not (somebody and kind in _WHO))
    main = _BARE_REASON.sub("", text)  # "Who voted against it, and why?" asks for a person
    shapes = (shape for pattern, shape in _SHAPES if pattern.search(main))
    shape = next((found for found in shapes if not _was(text, language, found)), None)
    if shape in (None, Shape.DEFINITION) and wants:
        shape = Shape.FACT
    keywords = telling(text)
    return Question(
        text=text,
        language=language,
        shape=shape or Shape.OPEN,
        wants=tuple(wants) if shape is not Shape.EXPLANATION else (),
        keywords=tuple(keywords),
        names=_names(text, keywords, language),
    )


def _is_about_somebody(text: str) -> bool:
    """ "Who is Anna Weber?" asks what the documents say about her; "Who is the mayor?" asks for a name."""
    asked = _SOMEBODY.match(text)
    named = words(asked[1]) if asked else []
    return bool(named) and all(word[:1].isupper() and fold(word) not in PERSON_TITLES for word in named)


def _was(text: str, language: str, shape: Shape) -> bool:
    """Whether a German "Was …" was taken for the English verb."""
    return shape is Shape.YES_NO and language == "de" and text.casefold().lstrip(" \"'¿").startswith("was ")


def _names(text: str, keywords: list[str], language: str) -> tuple[str, ...]:
    """The keywords an answer can hardly do without: names and numbers; in German, where every noun has a capital
    letter, only numbers, quoted words, words with unusual capitals, and runs of capitalised words."""
    first = next(iter(words(text)), "")
    runs = {word for match in _RUN.finditer(text) if match.start() for word in words(match[0])}
    quoted = {word for match in _QUOTED.finditer(text) for word in words(match[1])}
    capital = {word for match in _NAME.finditer(text) for word in words(match[0])}
    titled = sum(word[:1].isupper() for word in words(text)) >= max(4, 0.8 * len(words(text)))
    names = []
    for word in keywords:
        unusual = any(sign.isdigit() for sign in word) or sum(sign.isupper() for sign in word) > 1
        proper = word in capital and word != first and (language == "en" or word in runs)
        if titled and not unusual:
            continue  # "What Is The Budget Of The Project?"
        if (proper or unusual or word in quoted) and fold(word) not in PERSON_TITLES and not concepts(word):
            names.append(word)
    return tuple(dict.fromkeys(names))
