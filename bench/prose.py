"""Endless prose that no two paragraphs of are the same, and that is always the same for the same seed.

It is made to weigh what real text weighs: sentences of 8 to 30 words, words as unevenly frequent as in a report, names,
dates and amounts that recur, one subject for a section. What it says means nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

SUBJECTS = """harbour dredging, tidal turbines, grain storage, tram lines, flood barriers, archive restoration, salt
marshes, ferry timetables, heat networks, timber bridges, seed banks, lighthouse keeping, peat bogs, canal locks, rail
signalling, drinking water, street lighting, oyster beds, cable cars, weather stations, quarry blasting, sheep farming,
paper mills, glass furnaces, mountain huts, postal routes, river ferries, mining shafts, observatory domes, bell
foundries, wind measurement, cheese cellars, moorland roads, hydraulic presses, map printing, snow fences"""
PEOPLE = """Adler, Brandt, Castellan, Dunmore, Eide, Falk, Gruber, Hallam, Ivarsen, Jansen, Keller, Lindqvist, Moreau,
Novak, Okafor, Petrov, Quist, Rasmussen, Sorensen, Thorne, Ulrich, Vogel, Whitlock, Yilmaz, Zander"""
FIRST = (
    "Agnes, Bruno, Clara, David, Edda, Frida, Gustav, Helene, Ines, Jonas, Klara, Leon, Marta, Nils, Olga, Paul, Ruth"
)
PLACES = """Altenfeld, Birkhaven, Carrow, Dornbach, Eastmoor, Felsund, Grauwik, Hollerstedt, Inverlane, Jorsholm,
Kestrel Bay, Langwiek, Marschtal, Nordeck, Oxley, Pellworth, Quendorf, Rothesand, Saltby, Tannegg"""
BODIES = """the harbour board, the survey office, the regional council, the works committee, the engineering society,
the county archive, the supervisory board, the fishing cooperative, the insurers, the construction firm, the museum"""
NOUNS = """report, meeting, estimate, survey, contract, schedule, foundation, gauge, pump, channel, drawing, budget,
permit, inspection, measurement, section, beam, valve, sample, record, ledger, letter, proposal, repair, delay, deposit,
crew, storm, boundary, tender, invoice, pillar, drainage, cable, reading, winter, method, model, sediment, pressure"""
ADJECTIVES = """careful, seasonal, provisional, unexpected, northern, complete, annual, partial, costly, early,
reliable, narrow, independent, detailed, temporary, underground, repeated, local, doubtful, heavy, modest, urgent"""
VERBS = """confirmed, rejected, measured, postponed, described, repaired, replaced, compared, questioned, recorded,
approved, extended, reduced, inspected, financed, abandoned, restored, tested, calculated, reported"""
MONTHS = """January, February, March, April, May, June, July, August, September, October, November, December"""
SENTENCES = (
    "In {month} {year}, {person} {verb} the {adj} {noun} for {subject} at {place}.",
    "The {noun} of {subject} {verb} by {body} cost {amount} euros, {percent} per cent above the {adj} {noun}.",
    "According to {person}, the {noun} near {place} depends on a {adj} {noun} and on the {noun} of {subject}.",
    "After the {adj} {noun} of {year}, {body} {verb} every {noun} between {place} and {place2}.",
    "{person} wrote to {body} that the {noun} could not be {verb} before {month}, because the {noun} was {adj}.",
    "A {adj} {noun} was {verb} at {place}, where {subject} had been neglected since {year}.",
    "When the {noun} failed for the {count} time, {person} and {person2} {verb} the {noun} without waiting for {body}.",
    "Of {count} {noun}s taken from {place}, only {small} showed the {adj} {noun} that {body} had {verb}.",
    "The {adj} {noun} remained in use until {year}; its {noun} was {verb} twice, and its {noun} was never {adj} again.",
    "{body} {verb} {amount} euros for {subject}, on condition that {person} complete the {noun} by {month} {year}.",
    "Neither the {noun} nor the {adj} {noun} explains why {subject} at {place} took {count} days longer than planned.",
    "It follows that a {noun} of {small} metres is {adj}, provided that the {noun} is {verb} once a year.",
)


def words(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", " ").split(",")]


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


class Writer:
    """Writes about one subject after another. The same seed writes the same words."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._lists = {
            "noun": words(NOUNS),
            "adj": words(ADJECTIVES),
            "verb": words(VERBS),
            "place": words(PLACES),
            "body": words(BODIES),
            "month": words(MONTHS),
        }
        self._people = [f"{first} {last}" for last in words(PEOPLE) for first in words(FIRST)]
        self._subjects = words(SUBJECTS)

    def _pick(self, values: list[str]) -> str:
        """Uneven on purpose: the first words of a list come far more often than the last."""
        return values[int(len(values) * self._random.random() ** 1.8)]

    def sentence(self, subject: str, place: str) -> str:
        """One sentence about `subject`, mostly at `place`."""
        chance = self._random
        text = chance.choice(SENTENCES)
        for slot in ("noun", "adj", "verb", "body", "month"):
            while "{" + slot + "}" in text:
                text = text.replace("{" + slot + "}", self._pick(self._lists[slot]), 1)
        text = text.format(
            subject=subject,
            place=place if chance.random() < 0.7 else self._pick(self._lists["place"]),
            place2=self._pick(self._lists["place"]),
            person=self._pick(self._people),
            person2=self._pick(self._people),
            year=chance.randint(1890, 2025),
            amount=f"{chance.randint(2, 900)},{chance.randint(0, 999):03d}",
            percent=chance.randint(2, 95),
            count=chance.randint(3, 400),
            small=chance.randint(2, 48),
        )
        return text[0].upper() + text[1:]

    def paragraph(self, subject: str, place: str, sentences: int) -> str:
        return " ".join(self.sentence(subject, place) for _ in range(sentences))

    def subject(self) -> tuple[str, str]:
        """A subject and a place for it."""
        return self._random.choice(self._subjects), self._pick(self._lists["place"])

    def sections(self) -> Iterator[Section]:
        """Sections of two to six paragraphs, without end."""
        while True:
            subject, place = self.subject()
            count = self._random.randint(2, 6)
            yield Section(
                f"{subject.capitalize()} at {place}",
                tuple(self.paragraph(subject, place, self._random.randint(3, 7)) for _ in range(count)),
            )

    def question(self) -> str:
        """A question as somebody might ask it of such a text."""
        subject, place = self.subject()
        noun, adjective = self._pick(self._lists["noun"]), self._pick(self._lists["adj"])
        return self._random.choice(
            (
                f"Who confirmed the {noun} for {subject} at {place}?",
                f"How much did the {adjective} {noun} of {subject} cost?",
                f"When was the {noun} at {place} repaired?",
                f"Why was {subject} at {place} delayed by the {adjective} {noun}?",
                f"What did {self._pick(self._people)} write about the {noun}?",
            )
        )
