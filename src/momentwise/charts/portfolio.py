"""All moments side by side, what the data cover of them, and which customers have it harder.

Sums here are sums of what the cards say, so that a reader who adds the cards comes to the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from momentwise.charts.cards import CardView
from momentwise.charts.facts import CoverageRow, PortfolioRow
from momentwise.charts.splits import DotRow, place_dot
from momentwise.charts.tree import add_estimates, add_money
from momentwise.charts.wording import write_name
from momentwise.define.finding import Estimate, MomentSummary, Unit
from momentwise.define.moment import STAGES

SEGMENT = "segment"  # the kind of a finding that compares one part of the customers with the others

_MEASURES: tuple[tuple[Unit, str, str], ...] = (
    ("share", "Share completed", "left"),
    ("score", "Score", "left"),
    ("seconds", "Time taken", "right"),
)


class PortfolioLine(msgspec.Struct, frozen=True):
    """One moment in the portfolio, with its findings."""

    summary: MomentSummary
    row: PortfolioRow
    cards: tuple[CardView, ...]


class Portfolio(msgspec.Struct, frozen=True):
    """Every moment, and the money of all by currency: the sum of the cards that count."""

    lines: tuple[PortfolioLine, ...]
    sums: dict[str, Estimate]


class CoverageLine(msgspec.Struct, frozen=True):
    """One moment's touchpoints, and how many of them have events."""

    stage: str
    moment: str
    rows: tuple[CoverageRow, ...]
    seen: int


class SegmentRow(msgspec.Struct, frozen=True):
    """One segment and how far it lies from all others, on a scale with its zero in the middle."""

    card: CardView
    name: str
    dot: DotRow


class Comparison(msgspec.Struct, frozen=True):
    """Segments that were found by the same measure: what it is, on which side it is worse, and the segments, worst first."""

    measure: str
    worse: str
    rows: tuple[SegmentRow, ...]


def list_portfolio(
    summaries: Sequence[MomentSummary],
    rows: Sequence[PortfolioRow],
    sums: Mapping[str, Estimate],
    cards: Sequence[CardView],
) -> Portfolio:
    """Every moment as a line; where nobody has reckoned one, with the money of its cards.

    Args:
        summaries: The moments, in the order to show them.
        rows: What was reckoned of each.
        sums: The money of all, by currency; where nobody has reckoned it, the lines are added.
        cards: Findings whose harm is shown.
    """
    given = {row.moment: row for row in rows}
    lines = []
    for summary in summaries:
        own = [card for card in cards if card.finding.moment == summary.moment]
        row = given.get(summary.moment)
        if row is None:
            money, currency = add_money(own)
            row = PortfolioRow(moment=summary.moment, money=money, currency=currency)
        lines.append(PortfolioLine(summary, row, tuple(own)))
    return Portfolio(tuple(lines), dict(sums) or _add(lines))


def count_ids(rows: Sequence[PortfolioRow]) -> frozenset[str] | None:
    """Ids of the findings whose money the portfolio counts; `None` where nobody has reckoned one."""
    return frozenset(name for row in rows for name in row.counted) if rows else None


def cover(rows: Sequence[CoverageRow], summaries: Sequence[MomentSummary]) -> list[CoverageLine]:
    """Stage, moment, touchpoint: which of them the data speak of; what no moment speaks of comes last."""
    stages = {summary.moment: summary.stage for summary in summaries}
    names = list(dict.fromkeys(row.moment for row in rows))
    names.sort(key=lambda name: STAGES.index(stages[name]) if name in stages else len(STAGES))
    lines = []
    for name in names:
        own = tuple(row for row in rows if row.moment == name)
        lines.append(CoverageLine(stages.get(name, ""), name, own, sum(1 for row in own if row.count)))
    return lines


def compare_segments(cards: Sequence[CardView]) -> list[Comparison]:
    """Findings about one kind of customer, by the measure that each was found by."""
    found = []
    for unit, measure, worse in _MEASURES:
        own = [card for card in cards if card.finding.kind == SEGMENT and card.finding.estimate.unit == unit]
        sign = -1 if worse == "right" else 1
        own.sort(key=lambda card: (sign * (card.finding.estimate.value or 0.0), card.number))
        ends = [abs(end) for card in own for end in _ends(card.finding.estimate)]
        most = max(ends, default=0.0) or 1.0
        rows = [SegmentRow(card, _say_segment(card), place_dot("", card.finding.estimate, -most, most)) for card in own]
        if rows:
            found.append(Comparison(measure, worse, tuple(rows)))
    return found


def _ends(estimate: Estimate) -> list[float]:
    return [end for end in (estimate.value, estimate.low, estimate.high) if end is not None]


def _add(lines: Sequence[PortfolioLine]) -> dict[str, Estimate]:
    found: dict[str, list[Estimate]] = {}
    for line in lines:
        if line.row.money is not None:
            found.setdefault(line.row.currency, []).append(line.row.money)
    sums = {currency: add_estimates(money) for currency, money in found.items()}
    return {currency: total for currency, total in sums.items() if total is not None}


def _say_segment(card: CardView) -> str:
    parts = [f"{write_name(name).lower()} {value}" for name, value in card.finding.where.segment.items()]
    said = ", ".join(parts)
    return f"{said[:1].upper()}{said[1:]}"
