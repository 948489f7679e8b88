"""Summaries: everything that an audit says about one moment, each number with its n, its interval and its rows.

The functions here turn rows of `queries` into values of `define.finding`; whoever calls them passes `ask`, which runs a
query and gives its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from momentwise.define.evaluate import quote
from momentwise.define.finding import EndingSummary, Estimate, MomentSummary, TrendPoint
from momentwise.define.moment import Moment
from momentwise.define.span import DAY_US
from momentwise.rank import queries
from momentwise.rank.intervals import Sample
from momentwise.rank.measures import (
    measure_mean,
    measure_medians,
    measure_quantiles,
    measure_share,
    read_number,
    read_sample,
    read_whole,
    rows_of,
)
from momentwise.rank.qualify import qualities
from momentwise.rank.queries import Ask
from momentwise.rank.scores import Scored, Way, find_gaps, measure_nps, measure_overall, read_scored
from momentwise.rank.targets import check_targets

Row = tuple[object, ...]

# Where any event may end a moment there can be as many endings as event names; the rare ones get no interval.
MOST_TIMED = 50


class _Totals(NamedTuple):
    """One row of `queries.totals_sql`, in its order."""

    moment: str
    version: int
    volume: int
    people: int
    completed: int
    escalated: int
    failed: int
    abandoned: int
    open: int
    with_errors: int
    multichannel: int
    channelled: int
    understood: int
    said: int
    excess_n: int
    excess_mean: float | None
    excess_variance: float | None
    retries_n: int
    retries_mean: float | None
    retries_variance: float | None

    @property
    def of_outcome(self) -> dict[str, int]:
        """How many ended so, by outcome."""
        return {
            "completed": self.completed,
            "escalated": self.escalated,
            "failed": self.failed,
            "abandoned": self.abandoned,
        }

    @property
    def ended(self) -> int:
        """How many have ended."""
        return sum(self.of_outcome.values())


_NOTHING = _Totals("", *(0,) * 13, 0, None, None, 0, None, None)  # a moment that never happened


def summarize(moments: Sequence[Moment], ask: Ask) -> list[MomentSummary]:
    """One summary per moment, in the order of the playbook; versions of a moment are summed up together.

    Args:
        moments: Of the playbook.
        ask: Runs a query over the audit's tables.
    """
    latest = {moment.name: moment for moment in moments}
    totals = {str(row[0]): _Totals(*row) for row in ask(queries.totals_sql())}  # type: ignore[arg-type]  # see _Totals
    counts = {str(row[0]): row[1:] for row in ask(queries.span_counts_sql())}
    medians = {str(row[0]): read_number(row[1]) for row in ask(queries.median_steps_sql())}
    endings = _grouped(ask(queries.endings_sql()))
    scores = _grouped(ask(queries.scores_sql()))
    spreads = {str(row[0]): row[1:] for row in ask(queries.spread_sql())}
    found = []
    for name, moment in latest.items():
        row = totals.get(name) or _NOTHING
        spans = dict(zip(queries.SPANS, (read_whole(n) for n in counts.get(name, (0, 0, 0))), strict=True))
        quantiles = {span: measure_quantiles(name, span, n, ask) for span, n in spans.items()}
        scored = read_scored(scores.get(name, []))
        ways = _endings(name, endings.get(name, []), row, scored, ask)
        trend, unit = _trend(name, spreads.get(name), ask)
        found.append(_summary(moment, row, quantiles, medians.get(name), ways, scored, trend, unit))
    return found


def _summary(
    moment: Moment,
    row: _Totals,
    spans: dict[str, dict[str, Estimate]],
    median_steps: float | None,
    endings: tuple[EndingSummary, ...],
    scored: dict[Way, Scored],
    trend: tuple[TrendPoint, ...],
    trend_unit: str,
) -> MomentSummary:
    name = moment.name
    shares = {
        outcome: measure_share(name, count, row.ended, f"outcome = {quote(outcome)}")
        for outcome, count in row.of_outcome.items()
    }
    gaps = find_gaps(name, [(ending.outcome, ending.ending) for ending in endings], scored)
    said = list(scored.values())
    scores = {"score": measure_overall(name, said), "nps": measure_nps(name, said)}
    return MomentSummary(
        moment=name,
        version=moment.version,
        about=moment.about,
        intent=moment.intent,
        stage=moment.stage,
        archetype=moment.archetype,
        owner=moment.owner.name if moment.owner else "",
        critical=moment.critical,
        volume=row.volume,
        people=row.people,
        open=row.open,
        shares=shares,
        durations=spans["duration"],
        waits=spans["wait"],
        step_seconds=spans["step"],
        **_effort(name, row, median_steps),
        endings=endings,
        gaps=gaps,
        trend=trend,
        trend_unit=trend_unit,
        targets=check_targets(moment, shares, spans["duration"], scores, row.open),
        qualifies=qualities(moment, shares, row.ended, gaps),
    )


def _effort(name: str, row: _Totals, median_steps: float | None) -> dict[str, Estimate]:
    """What it took: the fields of a summary about steps, retries, errors, channels and comprehension."""
    ended, completed = queries.ENDED, "outcome = 'completed'"
    excess = read_sample((row.excess_n, row.excess_mean, row.excess_variance))
    retries = read_sample((row.retries_n, row.retries_mean, row.retries_variance))
    understood = f"{queries.SAID} AND comprehension = 'understood'"
    return {
        "median_steps": Estimate(median_steps, row.excess_n, "steps", rows=rows_of(name, completed)),
        "excess_steps": measure_mean(name, excess, "steps", completed),
        "retries": measure_mean(name, retries, "count", ended),
        "errors": measure_share(name, row.with_errors, row.ended, f"{ended} AND errors > 0"),
        "multichannel": measure_share(name, row.multichannel, row.channelled, f"{ended} AND contains(channels, '+')"),
        "understood": measure_share(name, row.understood, row.said, understood),
    }


def _endings(
    moment: str, rows: Sequence[Row], totals: _Totals, scored: dict[Way, Scored], ask: Ask
) -> tuple[EndingSummary, ...]:
    timed = [(str(row[1]), str(row[2]), read_whole(row[4])) for row in rows[:MOST_TIMED]]
    medians = measure_medians(moment, timed, ask)
    for row in rows[MOST_TIMED:]:
        condition = rows_of(moment, queries.of_way(str(row[1]), str(row[2])))
        medians.append(Estimate(read_number(row[5]), read_whole(row[4]), "seconds", rows=condition))
    return tuple(_ending(moment, row, totals, scored, median) for row, median in zip(rows, medians, strict=True))


def _ending(moment: str, row: Row, totals: _Totals, scored: dict[Way, Scored], median: Estimate) -> EndingSummary:
    outcome, ending, count = str(row[1]), str(row[2]), read_whole(row[3])
    condition = queries.of_way(outcome, ending)
    sample = scored[outcome, ending].score if (outcome, ending) in scored else Sample(0)
    return EndingSummary(
        outcome=outcome,
        ending=ending,
        count=count,
        share=measure_share(moment, count, totals.ended, condition),
        of_outcome=measure_share(moment, count, totals.of_outcome[outcome], condition),
        score=measure_mean(moment, sample, "score", condition, "scores"),
        duration=median,
        rows=rows_of(moment, condition),
    )


def _trend(moment: str, spread: Row | None, ask: Ask) -> tuple[tuple[TrendPoint, ...], str]:
    if spread is None:
        return (), "week"
    days = (read_whole(spread[1]) - read_whole(spread[0])) / DAY_US
    unit = "day" if days <= 31 else "week" if days <= 370 else "month"
    points = [TrendPoint(*(read_whole(value) for value in row)) for row in ask(queries.trend_sql(moment, unit))]
    return tuple(points), unit


def _grouped(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[0]), []).append(row)
    return found
