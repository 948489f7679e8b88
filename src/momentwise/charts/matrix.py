"""What to do first: how much a finding takes against what its fix takes. What customers feel is another axis, never added.

Effort is what a person stated; nothing here guesses it. Which quadrant a finding is in, `rank` says; how high it stands in
it follows its money where that is known, else its time, else its people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from momentwise.charts.cards import CardView
from momentwise.charts.splits import DotRow, place_dot
from momentwise.charts.wording import has_value
from momentwise.define.finding import Estimate

_BANDS = {"low": 22.0, "medium": 62.0, "high": 86.0}
_STAGGER = (0.0, 6.0, -6.0)
_UPPER, _LOWER, _ALL = (56.0, 88.0), (12.0, 44.0), (12.0, 88.0)  # percent from below

MEASURES = {
    "money": "money per month",
    "hours": "customers' time in a week",
    "people": "customers that it touches",
}


class MatrixPoint(msgspec.Struct, frozen=True):
    """One finding in its quadrant: places in percent from the left and from below."""

    card: CardView
    across: float
    up: float


class OrderRow(msgspec.Struct, frozen=True):
    """One finding in the order of its impact; `width` in percent of the largest."""

    card: CardView
    impact: Estimate
    width: float


class Matrix(msgspec.Struct, frozen=True):
    """The 2×2 and the order behind it.

    Args:
        measure: `money`, `hours` or `people`.
        points: Findings whose effort somebody stated.
        order: Every finding with an impact, largest first.
        unstated: Findings without a stated effort.
        unmeasured: Findings without this measure.
    """

    measure: str
    points: tuple[MatrixPoint, ...]
    order: tuple[OrderRow, ...]
    unstated: tuple[CardView, ...]
    unmeasured: tuple[CardView, ...]


class FeltRow(msgspec.Struct, frozen=True):
    """One finding in the order of what customers feel: its difference in score on a scale with zero in the middle."""

    card: CardView
    emotion: Estimate
    dot: DotRow


def lay_matrix(cards: Sequence[CardView]) -> Matrix | None:
    """The findings by impact and effort; `None` without findings."""
    if not cards:
        return None
    measure = next((name for name in ("money", "hours") if any(_impact(card, name) for card in cards)), "people")
    known = [(card, impact) for card in cards if (impact := _impact(card, measure))]
    known.sort(key=lambda pair: (-(pair[1].value or 0.0), pair[0].number))
    largest = max((impact.value or 0.0 for _, impact in known), default=1.0) or 1.0
    unmeasured = [card for card in cards if not _impact(card, measure)]
    order = [OrderRow(card, e, round(100 * max(e.value or 0.0, 0.0) / largest, 2)) for card, e in known]
    return Matrix(
        measure=measure,
        points=tuple(_points(order, unmeasured)),
        order=tuple(order),
        unstated=tuple(card for card in cards if card.finding.effort not in _BANDS),
        unmeasured=tuple(unmeasured),
    )


def order_by_emotion(cards: Sequence[CardView]) -> list[FeltRow]:
    """Findings by what they do to the score, worst first; those without a measured score are left out."""
    felt = [(card, card.finding.emotion) for card in cards]
    known = [(card, emotion) for card, emotion in felt if emotion is not None and has_value(emotion)]
    most = max((abs(end) for _, e in known for end in (e.value, e.low, e.high) if end is not None), default=0.0) or 1.0
    known.sort(key=lambda pair: (pair[1].value or 0.0, pair[0].number))
    return [FeltRow(card, emotion, place_dot("", emotion, -most, most)) for card, emotion in known]


def _impact(card: CardView, measure: str) -> Estimate | None:
    finding = card.finding
    found = {
        "money": finding.cost.total if finding.cost else None,
        "hours": finding.weekly_seconds,
        "people": Estimate(finding.people, finding.people, "count", rows=finding.estimate.rows),
    }[measure]
    return found if found is not None and has_value(found) else None


def _points(order: Sequence[OrderRow], unknown: Sequence[CardView]) -> list[MatrixPoint]:
    """Heights on a scale of factors, since findings differ by them; neighbours of a band stand beside one another."""
    sizes = {row.card.number: math.log(size) for row in order if (size := row.impact.value or 0.0) > 0}
    low, high = (min(sizes.values()), max(sizes.values())) if sizes else (0.0, 0.0)
    placed: dict[str, int] = {}
    points = []
    for card in [*(row.card for row in order), *unknown]:
        effort = card.finding.effort
        if effort not in _BANDS:
            continue
        index = placed.get(effort, 0)
        placed[effort] = index + 1
        share = (sizes.get(card.number, low) - low) / (high - low) if high > low else 0.5
        foot, head = {"high": _UPPER, "low": _LOWER}.get(card.finding.impact, _ALL)
        points.append(MatrixPoint(card, _BANDS[effort] + _STAGGER[index % 3], round(foot + share * (head - foot), 2)))
    return points
