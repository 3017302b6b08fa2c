"""Where sentences begin and end, for English and German prose and, more roughly, for any other script.

A rule-based reader: a full stop ends a sentence unless what stands around it (an abbreviation, an initial, an ordinal
such as "3. Mai", a lower-case continuation) says otherwise. When in doubt it does not cut: two sentences kept together
cost little, half a sentence in a citation costs trust.
"""

from __future__ import annotations

import re

_CLOSERS = "\"'”’“‘»«›‹)]}」』】）》〉*_"
_OPENERS = "\"'“„‚‘”«»‹›([{「『【（《〈¿¡*_#"

_CANDIDATE = re.compile(
    r"(?P<stop>[.!?…‽؟۔।॥]+)(?:[" + re.escape(_CLOSERS) + r"]|\[\d{1,3}\])*(?=\s|$)"  # spaced scripts
    r"|(?P<wide>[。！？｡．]+)[" + re.escape(_CLOSERS) + r"]*"  # Chinese and Japanese: no space follows
    r"|(?P<gap>\n[ \t\r\f\v]*\n)"  # a blank line always ends a sentence
    r"|(?P<line>\n)(?=[ \t]*(?:[|•▪◦‣·]|[-*+–][ \t]|\(?\d{1,3}[.)][ \t]))"  # so does the start of a row or list item
)
_NEXT = re.compile(r"\s*[" + re.escape(_OPENERS) + r"]*")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"\S+$")
_LETTER_DOTS = re.compile(r"(?:(?<=\s)|(?<=[(\[„“\"'])|^)(?:[^\W\d_]\.[ \u00a0\u202f]?){1,4}$")
_GERMAN = re.compile(
    r"\b(?:und|der|das|ist|nicht|wurden?|vom|zum|zur|eine[rmns]?|des|dem|den|für|mit|von|im|bis|sich|auf|auch)\b"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the end of a sentence: something always follows.
_NEVER = _words(
    """
    mr mrs ms messrs mmes dr prof rev hon st mt ft gen col lt sgt capt cmdr adm maj brig gov sen rep pres supt insp
    e.g i.e eg ie cf vs viz ca approx al.g resp op.cit n.b a.k.a
    hr hrn fr frl dipl ing med phil jur habil priv doz geb verh gest sog u.a.m z.b z.t z.zt z.hd d.h i.d.r i.a i.v
    i.s.v u.u u.a v.a s.o s.u o.g o.ä m.e m.w v.chr n.chr u.ä vgl bzw bspw insb insbes ggf evtl lt zzgl inkl exkl
    einschl abzgl bzgl hrsg verf übers jh jhd jhdt mio mrd tsd tel str zw betr ehem ev kath dt engl frz lat griech
    m.a.w a.d
    """
)
# Never the end when a number (or a Roman numeral) follows; otherwise judged by what follows.
_BEFORE_NUMBER = _words(
    """
    no nos nr nrn nro p pp pg vol vols ch chap sec sect art arts fig figs eq eqs tab tabs app ex ver v s bd bde abs abb
    kap anm aufl ziff rn rdnr rz lit ss par para pos anl ca um chapt bl sp jg heft seite zeile hs gz az
    """
)
# The end only when the next word is one that usually begins a sentence.
_MAYBE = _words(
    """
    inc ltd co corp bros llc plc dept univ assn jr sr esq ph.d b.a m.a b.sc m.sc a.m p.m etc al ibid et.al usw usf u.s
    u.k u.n e.u u.s.a d.c ave blvd rd jan feb mär febr apr jun jul aug sep sept okt oct nov dez dec gmbh
    e.v e.k a.g z.k mind max min mag gem
    """
)
_MONTHS = _words(
    """
    january february march april may june july august september october november december januar jänner februar feber
    märz mai juni juli oktober dezember jan feb mär apr jun jul aug sep sept okt oct nov dez dec
    """
)
# Words that open a sentence far more often than they follow a dot within one.
_STARTERS = _words(
    """
    the this that these those it its he she they we you i a an in on at by for from to with as if when while after
    before although because since but and or so then there here what who which why how where our their his her my your
    however moreover therefore thus also no not yes one some many most all each every both another such today later
    der die das dieser diese dieses dies ein eine einer einem einen es er sie wir ihr ich man im am an auf aus bei mit
    nach von vor zu zum zur für durch gegen ohne um unter über wenn weil obwohl da dass als wie wo was wer warum aber
    und oder doch denn so dann danach dort hier heute später auch nur noch nicht kein keine jeder jede jedes alle beide
    viele manche einige seine ihre unser unsere mein meine sein ihr dabei dazu damit daher deshalb außerdem jedoch
    """
)


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as half-open character ranges, in order.

    Ranges do not overlap, are never empty, neither begin nor end with white space, and leave nothing but white space
    between them. A text without sentence marks is one range; a blank one has none.
    """
    ranges: list[tuple[int, int]] = []
    german: bool | None = None
    start = 0
    for match in _CANDIDATE.finditer(text):
        if match.lastgroup == "stop":
            if german is None:
                german = _GERMAN.search(text) is not None
            if not _ends(text, start, match, german):
                continue
        _append(ranges, text, start, match.end())
        start = match.end()
    _append(ranges, text, start, len(text))
    return ranges


def _append(ranges: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    """Add the range without the white space around it, if anything is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        ranges.append((start, end))


def _ends(text: str, start: int, match: re.Match[str], german: bool) -> bool:
    """Whether the stop found by `match` ends the sentence that began at `start`."""
    gap = _NEXT.match(text, match.end())
    following = gap.end() if gap else match.end()
    if following >= len(text):
        return True
    after = text[following]
    if after.islower():
        return False  # "e.g. this", "Yahoo! is", "“Stop!” he said"
    if match["stop"] != ".":
        return True
    found = _TOKEN.search(text, max(start, match.start("stop") - 40), match.start("stop"))
    if found is None:
        return True
    token = found.group().lstrip(_OPENERS + "-–—/§")
    if not token:
        return True
    first = _FIRST_WORD.match(text, following)
    word = first.group() if first else ""
    if token.isdigit():
        return _number_ends(text, start, found.start(), token, after, word, german)
    return _word_ends(text, start, match.start("stop"), token, after, word)


def _number_ends(text: str, start: int, at: int, token: str, after: str, word: str, german: bool) -> bool:
    """A number before the stop: an ordinal, a list marker, or the end of a sentence."""
    if after.isdigit() or word.lower() in _MONTHS:
        return False  # "3. 5. 2024", "3. Mai"
    before = text[start:at]
    if not before.strip() or "\n" in before[len(before.rstrip(" \t")) - 1 :]:
        return False  # the marker of a list item or a numbered heading
    if german and len(token) <= 2:
        return word.lower() in _STARTERS  # "im 19. Jahrhundert", but "Es waren 12. Die anderen"
    return True


def _word_ends(text: str, start: int, stop: int, token: str, after: str, word: str) -> bool:
    """A word before the stop: an abbreviation, an initial, or the end of a sentence."""
    key = token.lower()
    tail = key.rpartition("-")[2]  # "Dipl.-Ing."
    starter = word.lower() in _STARTERS
    dots = _LETTER_DOTS.search(text, max(start, stop - 16), stop + 1)
    if dots:  # "z. B.", "U.S.", "J. R. R."
        key = re.sub(r"\s", "", dots.group().lower()).rstrip(".")
    if key in _NEVER or tail in _NEVER:
        return False
    if after.isdigit() and (key in _BEFORE_NUMBER or key.endswith("str")):
        return False
    if dots or key in _MAYBE or key.strip("ivxlc") == "":
        if key == "i" and text[max(start, stop - 3) : stop - 1].strip().islower():
            return True  # "So did I."
        return starter
    return True
