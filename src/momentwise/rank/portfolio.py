"""The portfolio: one row per moment with what an executive asks of it, and sums that are those of its findings (R02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise

import msgspec

from momentwise.define.finding import STANDINGS, Cost, Estimate, Finding, MomentSummary, TrendPoint
from momentwise.define.moment import Moment
from momentwise.rank.cost import months_of
from momentwise.rank.differences import Number, number_of, share_difference
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import measure_mean, read_sample, rows_of
from momentwise.rank.order import FIRM
from momentwise.rank.queries import ENDED
from momentwise.rank.targets import MOST_OPEN

# A segment is a part of the people whom the frictions and outcomes of its moment already count.
PARTS = ("segment", "contradiction", "spike", "unmapped", "target_missed", "delight_opportunity")
FEWEST_OF_PERIOD = 30
LEVELS = ("failure_rate", "abandonment_rate", "escalation_rate")

_OF_INTENT = {"buy": "revenue", "feel-seen": "retention"}
_OF_STAGE = {
    "discovery": "revenue",
    "decision": "revenue",
    "assistance": "cost to serve",
    "retention": "retention",
    "feedback": "retention",
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The completed share of one period beside the one before; the difference has Newcombe's interval."""

    unit: str
    now: float
    before: float
    difference: Estimate


class PortfolioRow(msgspec.Struct, frozen=True, kw_only=True):
    """One moment among all.

    Args:
        moment: Its name; `stage`, `intent`, `archetype` and `owner` as declared.
        volume: Occurrences over the period of the data.
        per_month: Occurrences per month.
        people: Customers.
        completed: Completed share.
        score: Mean score of those that ended.
        standing: Of its worst finding; empty without any.
        worst: Id of that finding.
        trend: The last whole period beside the one before; `None` where there are not two.
        baskets: What it moves, some of `define.moment.BASKETS`.
        currency: Of the money.
        money: Per month: the sum of its counted findings; `None` where none states any.
        counted: Ids of the findings in that sum, none of which counts what another counts.
        is_level: Whether the sum is all that goes wrong, since nothing of it is shown to be avoidable.
        findings: How many findings it has.
        disproportion: Its share of all outcomes that went wrong over its share of all occurrences.
    """

    moment: str
    stage: str
    intent: str
    archetype: str
    owner: str
    volume: int
    per_month: float
    people: int
    completed: Estimate
    score: Estimate
    standing: str
    worst: str
    trend: Change | None
    baskets: tuple[str, ...]
    currency: str
    money: Estimate | None
    counted: tuple[str, ...]
    is_level: bool
    findings: int
    disproportion: float | None


def build_portfolio(evidence: Evidence, findings: Sequence[Finding]) -> list[PortfolioRow]:
    """One row per moment, in the order of the playbook.

    Args:
        evidence: With the moments and their summaries.
        findings: In their order, with standing and cost.
    """
    scores = {str(row[0]): read_sample(row[1:4]) for row in evidence.ask(_scores_sql())}
    disproportions = _disproportions(evidence)
    rows = []
    for summary in evidence.summaries:
        moment = evidence.moment(summary.moment)
        own = [finding for finding in findings if finding.moment == summary.moment]
        worst = min(own, key=lambda finding: list(STANDINGS).index(finding.standing), default=None)
        counted, is_level = count_once(own)
        rows.append(
            PortfolioRow(
                moment=summary.moment,
                stage=summary.stage,
                intent=summary.intent,
                archetype=summary.archetype,
                owner=summary.owner,
                volume=summary.volume,
                per_month=summary.volume / months_of(evidence),
                people=summary.people,
                completed=summary.shares["completed"],
                score=measure_mean(
                    summary.moment, scores.get(summary.moment, read_sample((0, 0, 0))), "score", ENDED, "scores"
                ),
                standing=worst.standing if worst else "",
                worst=worst.id if worst else "",
                trend=measure_change(summary, evidence.until_us),
                baskets=baskets_of(moment),
                currency=moment.value.currency if moment.value else "",
                money=sum_money([finding.cost for finding in counted if finding.cost]),
                counted=tuple(finding.id for finding in counted),
                is_level=is_level,
                findings=len(own),
                disproportion=disproportions.get(summary.moment),
            )
        )
    return rows


def count_once(own: Sequence[Finding]) -> tuple[list[Finding], bool]:
    """The findings of one moment whose money may be added up, and whether they are levels.

    Of those that are established with money, kinds that only part the people of others are left out, unless there are no
    others. Without any, all that failed, was abandoned or escalated counts: these exclude one another.
    """
    firm = [one for one in own if one.standing in FIRM and one.cost is not None and one.cost.total is not None]
    whole = [one for one in firm if one.kind not in PARTS]
    if firm:
        return whole or firm[:1], False
    levels = [one for one in own if one.kind in LEVELS and one.cost is not None and one.cost.total is not None]
    return levels, bool(levels)


def sum_money(costs: Sequence[Cost]) -> Estimate | None:
    """The sum of some costs per month, with the interval of a sum of independent numbers; `None` without money."""
    totals = [cost.total for cost in costs if cost.total is not None]
    if not totals:
        return None
    number = reduce(Number.plus, map(number_of, totals))
    low, high = number.bounds
    rows = " OR ".join(dict.fromkeys(f"({total.rows})" for total in totals if total.table == "occurrences")) or "true"
    return Estimate(number.value, sum(total.n for total in totals), "money", max(0.0, low), high, rows)


def sum_rows(rows: Sequence[PortfolioRow]) -> dict[str, Estimate]:
    """The money per month of some rows, by currency: the sum of the cards, never across currencies."""
    found: dict[str, list[Number]] = {}
    count: dict[str, int] = {}
    for row in rows:
        if row.money is not None:
            found.setdefault(row.currency, []).append(number_of(row.money))
            count[row.currency] = count.get(row.currency, 0) + row.money.n
    sums = {currency: reduce(Number.plus, numbers) for currency, numbers in found.items()}
    return {
        currency: Estimate(number.value, count[currency], "money", max(0.0, number.bounds[0]), number.bounds[1])
        for currency, number in sums.items()
    }


def baskets_of(moment: Moment) -> tuple[str, ...]:
    """What a moment moves: as declared, or else by its intent, its stage, and risk where it is critical."""
    if moment.baskets:
        return moment.baskets
    named = (_OF_INTENT.get(moment.intent), _OF_STAGE[moment.stage], "risk" if moment.critical else None)
    return tuple(dict.fromkeys(name for name in named if name))


def measure_change(summary: MomentSummary, until_us: int) -> Change | None:
    """The last whole period of the trend beside the one before; `None` where either has none that ended.

    A period is whole where the next one has begun in the data. One of fewer than `FEWEST_OF_PERIOD` that ended, or with
    more than `MOST_OPEN` of them open, is still coming in, or the data fade out; then the pair before counts.
    """
    whole = [point for point in summary.trend[:-1] if point.at <= until_us]
    pairs = [(before, now) for before, now in pairwise(whole) if _is_told(before) and _is_told(now)]
    if not pairs:
        return None
    before, now = pairs[-1]
    value, low, high = share_difference(_counts(now), _counts(before))
    return Change(
        unit=summary.trend_unit,
        now=now.completed / now.ended,
        before=before.completed / before.ended,
        difference=Estimate(value, now.ended + before.ended, "share", low, high, rows_of(summary.moment, ENDED)),
    )


def _is_told(point: TrendPoint) -> bool:
    return point.ended >= FEWEST_OF_PERIOD and point.open <= MOST_OPEN * point.ended


def _counts(point: TrendPoint) -> tuple[int, int]:
    return point.completed, point.ended


def disproportion(impacts: Mapping[str, float], volumes: Mapping[str, float]) -> dict[str, float]:
    """Each one's share of all impact over its share of all volume (D20); above 1 it weighs more than it is frequent.

    Args:
        impacts: What each brings, in one unit; at least 0.
        volumes: How often each happens.

    Example:
        >>> round(disproportion({"pay": 60.0, "search": 40.0}, {"pay": 10, "search": 90})["pay"], 6)
        6.0
    """
    impact, volume = sum(impacts.values()), sum(volumes.values())
    if not impact or not volume:
        return {}
    return {name: impacts.get(name, 0.0) / impact / (of / volume) for name, of in volumes.items() if of}


def _disproportions(evidence: Evidence) -> dict[str, float]:
    """By what went wrong, times the price of a failure where every moment states one in one currency."""
    prices = {moment.name: moment.value for moment in evidence.moments}
    stated = {value.currency for value in prices.values() if value and value.failure_cost}
    priced = len(stated) == 1 and all(value and value.failure_cost for value in prices.values())
    impacts = {}
    for summary in evidence.summaries:
        value = prices[summary.moment]
        wrong = sum((share.value or 0.0) * share.n for name, share in summary.shares.items() if name != "completed")
        impacts[summary.moment] = wrong * (value.failure_cost or 0.0) if priced and value else wrong
    return disproportion(impacts, {summary.moment: summary.volume for summary in evidence.summaries})


def _scores_sql() -> str:
    """One row per moment: scores of those that ended as count, mean and variance."""
    return f"SELECT moment, count(score), avg(score), var_samp(score) FROM scores WHERE {ENDED} GROUP BY moment"
