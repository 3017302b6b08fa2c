"""The discharge figures of the story, from one model, so that every file tells the same numbers.

All values are litres per second, rounded to one decimal, in the order Q1 (Antonius), Q2 (Benedikt), Q3 (Cyrill).
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

Triple = tuple[float, float, float]

GUARANTEED = 38.0
FIRST_DAY = date(2018, 10, 1)
LAST_DAY = date(2019, 3, 31)

# Days on which other documents name a figure; between them the model interpolates.
ANCHORS: tuple[tuple[date, Triple], ...] = (
    (date(2018, 10, 1), (17.4, 24.1, 14.7)),
    (date(2018, 11, 1), (15.9, 19.7, 13.2)),
    (date(2018, 12, 1), (14.8, 16.1, 12.0)),
    (date(2018, 12, 24), (15.2, 17.0, 12.3)),
    (date(2019, 1, 8), (13.8, 13.3, 11.2)),
    (date(2019, 1, 9), (13.7, 12.9, 11.0)),
    (date(2019, 1, 17), (13.1, 11.6, 10.4)),
    (date(2019, 1, 24), (12.4, 8.9, 9.9)),
    (date(2019, 1, 31), (13.3, 12.7, 11.2)),
    (date(2019, 2, 1), (13.6, 13.5, 11.5)),
    (date(2019, 2, 15), (15.0, 17.6, 13.0)),
    (date(2019, 3, 1), (16.8, 22.4, 14.4)),
    (date(2019, 3, 31), (20.9, 31.0, 17.3)),
)

# Wet and dry years against the mean, and how far each spring swings with the season.
YEARS = {2016: 1.06, 2017: 0.98, 2018: 0.97, 2019: 1.01, 2020: 1.02, 2021: 1.05, 2022: 0.88}
SPRINGS = ((19.6, 0.13), (27.3, 0.20), (16.1, 0.12))


def daily() -> dict[date, Triple]:
    """Return the recovered series: one triple per day from FIRST_DAY to LAST_DAY."""
    series: dict[date, Triple] = {}
    for (start, low), (end, high) in pairwise(ANCHORS):
        days = (end - start).days
        for step in range(days + 1):
            share = step / days
            # A ripple that is zero on the anchors keeps the stated figures exact.
            ripple = 0.25 * math.sin(math.pi * share) * math.sin(2.3 * step) if days > 10 else 0.0
            a, b, c = (
                round(x + (y - x) * share + ripple * weight, 1)
                for x, y, weight in zip(low, high, (0.7, 1.2, 0.6), strict=True)
            )
            series[start + timedelta(days=step)] = (a, b, c)
    return series


def total(values: Triple) -> float:
    """Return the yield of all three springs together."""
    return round(sum(values), 1)


def monthly() -> list[tuple[int, int, Triple, bool]]:
    """Return (year, month, means, recovered) for 2016 to 2022; the recovered months are means of the daily series."""
    days = daily()
    rows: list[tuple[int, int, Triple, bool]] = []
    for year, wetness in YEARS.items():
        for month in range(1, 13):
            inside = [v for d, v in days.items() if (d.year, d.month) == (year, month)]
            if inside:
                a, b, c = (round(sum(v[i] for v in inside) / len(inside), 1) for i in range(3))
            else:
                a, b, c = (_modelled(mean, swing, year, month, wetness) for mean, swing in SPRINGS)
            rows.append((year, month, (a, b, c), bool(inside)))
    return rows


def _modelled(mean: float, swing: float, year: int, month: int, wetness: float) -> float:
    season = 1 + swing * math.cos(2 * math.pi * (month - 5.4) / 12)
    weather = 1 + 0.025 * math.sin(1.7 * month + 0.9 * year)
    return round(mean * wetness * season * weather, 1)
