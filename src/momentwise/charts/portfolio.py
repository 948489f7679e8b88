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
from momentwise.charts.wording import has_value, write_name
from momentwise.define.finding import Estimate, MomentSummary
from momentwise.define.moment import STAGES


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
    """One segment that has it harder: how much, beside all others, on a scale with its zero in the middle."""

    card: CardView
    name: str
    estimate: Estimate
    dot: DotRow


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


def find_segments(cards: Sequence[CardView]) -> list[SegmentRow]:
    """Findings about one kind of customer, with how far their completed share lies from the others', worst first."""
    known = [
        (card, card.finding.completion)
        for card in cards
        if card.finding.where.segment and card.finding.completion and has_value(card.finding.completion)
    ]
    pairs = [(card, estimate) for card, estimate in known if estimate is not None]
    most = max((abs(end) for _, e in pairs for end in (e.value, e.low, e.high) if end is not None), default=0.0) or 1.0
    pairs.sort(key=lambda pair: (pair[1].value or 0.0, pair[0].number))
    return [
        SegmentRow(card, _say_segment(card), estimate, place_dot("", estimate, -most, most)) for card, estimate in pairs
    ]


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
