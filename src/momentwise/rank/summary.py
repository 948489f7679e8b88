"""Summaries: everything that an audit says about one moment, each number with its n, its interval and its rows.

The functions here turn rows of `queries` into values of `define.finding`; whoever calls them passes `ask`, which runs a
query and gives its rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from momentwise.define.evaluate import quote
from momentwise.define.finding import (
    EndingSummary,
    Estimate,
    MomentSummary,
    ScoreGap,
    TargetCheck,
    TrendPoint,
    Unit,
)
from momentwise.define.moment import Moment
from momentwise.define.span import DAY_US, SECOND_US
from momentwise.rank import queries
from momentwise.rank.intervals import Sample, mean_interval, quantile_ranks, welch, wilson
from momentwise.rank.qualify import qualities
from momentwise.rank.queries import Ask

Row = tuple[object, ...]

QUANTILES = {"p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}

# Two groups are compared only where both hold enough scores for the mean to be about normal.
FEWEST_SCORES = 30


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
    understood: int
    said: int
    excess_n: int
    excess_mean: float | None
    excess_variance: float | None
    retries_n: int
    retries_mean: float | None
    retries_variance: float | None

    @property
    def ended(self) -> int:
        """How many have ended."""
        return self.completed + self.escalated + self.failed + self.abandoned


def summarize(moments: Sequence[Moment], ask: Ask) -> list[MomentSummary]:
    """One summary per moment, in the order of the playbook; versions of a moment are summed up together.

    Args:
        moments: Of the playbook.
        ask: Runs a query over the audit's tables.
    """
    latest = {moment.name: moment for moment in moments}
    totals = {str(row[0]): _Totals(*row) for row in ask(queries.totals_sql())}  # type: ignore[arg-type]  # see _Totals
    counts = {str(row[0]): row[1:] for row in ask(queries.span_counts_sql())}
    medians = {str(row[0]): _number(row[1]) for row in ask(queries.median_steps_sql())}
    endings = _grouped(ask(queries.endings_sql()))
    scores = _grouped(ask(queries.scores_sql()))
    spreads = {str(row[0]): row[1:] for row in ask(queries.spread_sql())}
    found = []
    for name, moment in latest.items():
        row = totals.get(name) or _Totals(name, moment.version, *(0,) * 11, 0, None, None, 0, None, None)
        spans = dict(zip(queries.SPANS, (_whole(n) for n in counts.get(name, (0, 0, 0))), strict=True))
        of_scores = {(str(r[1]), str(r[2])): _sample(r[3:6]) for r in scores.get(name, [])}
        ways = tuple(_ending(name, r, row, of_scores) for r in endings.get(name, []))
        trend, unit = _trend(name, spreads.get(name), ask)
        found.append(
            _summary(
                moment,
                row,
                {span: _quantiles(name, span, n, ask) for span, n in spans.items()},
                medians.get(name),
                ways,
                _gaps(name, of_scores),
                trend,
                unit,
            )
        )
    return found


def _summary(
    moment: Moment,
    row: _Totals,
    spans: dict[str, dict[str, Estimate]],
    median_steps: float | None,
    endings: tuple[EndingSummary, ...],
    gaps: tuple[ScoreGap, ...],
    trend: tuple[TrendPoint, ...],
    trend_unit: str,
) -> MomentSummary:
    name, ended = moment.name, queries.ENDED
    shares = {
        outcome: _share(name, count, row.ended, f"outcome = {quote(outcome)}")
        for outcome, count in zip(("completed", "escalated", "failed", "abandoned"), row[4:8], strict=True)
    }
    said = "comprehension IS NOT NULL"
    durations = spans["duration"]
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
        durations=durations,
        waits=spans["wait"],
        step_seconds=spans["step"],
        excess_steps=_mean(
            name, Sample(row.excess_n, row.excess_mean or 0.0, row.excess_variance or 0.0), "steps", "outcome = 'completed'"
        ),
        median_steps=Estimate(
            median_steps, row.completed, "steps", rows=_rows(name, "outcome = 'completed'")
        ),
        retries=_mean(name, Sample(row.retries_n, row.retries_mean or 0.0, row.retries_variance or 0.0), "count", ended),
        errors=_share(name, row.with_errors, row.ended, f"{ended} AND errors > 0", ended),
        multichannel=_share(name, row.multichannel, row.ended, f"{ended} AND contains(channels, '+')", ended),
        understood=_share(name, row.understood, row.said, "comprehension = 'understood'", said),
        endings=endings,
        gaps=gaps,
        trend=trend,
        trend_unit=trend_unit,
        targets=_targets(moment, shares, durations, gaps, endings),
        qualifies=qualities(moment, shares, row.ended, gaps),
    )


def _rows(moment: str, condition: str) -> str:
    return f"{queries.of_moment(moment)} AND {condition}"


def _share(moment: str, count: int, n: int, rows: str, among: str = queries.ENDED) -> Estimate:
    """A share with Wilson's interval; `rows` are the ones counted, out of those that fulfil `among`."""
    if n == 0:
        return Estimate(None, 0, "share", rows=_rows(moment, among))
    low, high = wilson(count, n)
    return Estimate(count / n, n, "share", low, high, _rows(moment, rows))


def _mean(moment: str, sample: Sample, unit: Unit, rows: str, table: str = "occurrences") -> Estimate:
    if sample.n == 0:
        return Estimate(None, 0, unit, rows=_rows(moment, rows), table=table)
    low, high = mean_interval(sample) or (None, None)
    return Estimate(sample.mean, sample.n, unit, low, high, _rows(moment, rows), table)


def _quantiles(moment: str, span: str, n: int, ask: Ask) -> dict[str, Estimate]:
    """The quantiles of a span in seconds, each with a distribution-free interval where n allows one."""
    _, kept = queries.SPANS[span]
    rows = _rows(moment, kept)
    if n == 0:
        return {name: Estimate(None, 0, "seconds", rows=rows) for name in QUANTILES}
    wanted: list[float] = []
    for share in QUANTILES.values():
        low, high = quantile_ranks(n, share) or (share, share)
        wanted += [share, low, high]
    (values,) = ask(queries.quantiles_sql(moment, span, wanted))[0]
    assert isinstance(values, list), "DuckDB gives a list for a list of quantiles"
    found = {}
    for index, (name, share) in enumerate(QUANTILES.items()):
        value, low, high = values[3 * index : 3 * index + 3]
        has_interval = quantile_ranks(n, share) is not None
        found[name] = Estimate(
            value, n, "seconds", low if has_interval else None, high if has_interval else None, rows
        )
    return found


def _ending(moment: str, row: Row, totals: _Totals, scores: dict[tuple[str, str], Sample]) -> EndingSummary:
    outcome, ending, count = str(row[1]), str(row[2]), _whole(row[3])
    condition = f"outcome = {quote(outcome)} AND coalesce(ending, '') = {quote(ending)}"
    sample = scores.get((outcome, ending), Sample(0))
    of_outcome = {"completed": totals.completed, "escalated": totals.escalated, "failed": totals.failed}
    return EndingSummary(
        outcome=outcome,
        ending=ending,
        count=count,
        share=_share(moment, count, totals.ended, condition),
        of_outcome=_share(moment, count, of_outcome.get(outcome, totals.abandoned), condition),
        score=_mean(moment, sample, "score", condition, "scores"),
        duration=Estimate(_number(row[5]), _whole(row[4]), "seconds", rows=_rows(moment, condition)),
        rows=_rows(moment, condition),
    )


def _gaps(moment: str, scores: dict[tuple[str, str], Sample]) -> tuple[ScoreGap, ...]:
    """Endings whose mean score lies below that of the usual completed ending beyond chance, widest gap first."""
    enough = {way: sample for way, sample in scores.items() if sample.n >= FEWEST_SCORES}
    completed = [way for way in enough if way[0] == "completed"]
    if not completed:
        return ()
    usual = max(completed, key=lambda way: enough[way].n)
    found = []
    for way, sample in enough.items():
        difference = welch(sample, enough[usual])
        if way == usual or difference is None or difference[2] >= 0:
            continue
        both = f"({_way_sql(way)} OR {_way_sql(usual)})"
        n = sample.n + enough[usual].n
        found.append(
            ScoreGap(
                better=_way(usual),
                worse=_way(way),
                better_mean=_mean(moment, enough[usual], "score", _way_sql(usual), "scores"),
                worse_mean=_mean(moment, sample, "score", _way_sql(way), "scores"),
                difference=Estimate(
                    difference[0], n, "score", difference[1], difference[2], _rows(moment, both), "scores"
                ),
            )
        )
    return tuple(sorted(found, key=lambda gap: gap.difference.value or 0.0))


def _way(way: tuple[str, str]) -> str:
    return way[1] or way[0]


def _way_sql(way: tuple[str, str]) -> str:
    return f"outcome = {quote(way[0])} AND coalesce(ending, '') = {quote(way[1])}"


def _trend(moment: str, spread: Row | None, ask: Ask) -> tuple[tuple[TrendPoint, ...], str]:
    if spread is None:
        return (), "week"
    days = (_whole(spread[1]) - _whole(spread[0])) / DAY_US
    unit = "day" if days <= 31 else "week" if days <= 370 else "month"
    points = [TrendPoint(*(_whole(value) for value in row)) for row in ask(queries.trend_sql(moment, unit))]
    return tuple(points), unit


def _targets(
    moment: Moment,
    shares: dict[str, Estimate],
    durations: dict[str, Estimate],
    gaps: tuple[ScoreGap, ...],
    endings: tuple[EndingSummary, ...],
) -> tuple[TargetCheck, ...]:
    """Each target beside what was measured; an interval that holds the target leaves it undecided."""
    names = {
        "completion_rate": "completed",
        "escalation_rate": "escalated",
        "failure_rate": "failed",
        "abandonment_rate": "abandoned",
    }
    found = []
    for name, wanted in moment.target.shares.items():
        estimate = shares[names[name]]
        found.append(TargetCheck(name, wanted, estimate, _met(estimate, wanted, name == "completion_rate")))
    for name, span in moment.target.spans_us.items():
        estimate = durations[name.removesuffix("_duration")]
        found.append(TargetCheck(name, span / SECOND_US, estimate, _met(estimate, span / SECOND_US, False)))
    for name, wanted in moment.target.scores.items():
        estimate = _overall_score(moment.name, endings)
        found.append(TargetCheck(name, wanted, estimate, _met(estimate, wanted, True)))
    return tuple(found)


def _met(estimate: Estimate, wanted: float, more_is_better: bool) -> bool | None:
    if estimate.low is None or estimate.high is None:
        return None
    if more_is_better:
        return True if estimate.low >= wanted else False if estimate.high < wanted else None
    return True if estimate.high <= wanted else False if estimate.low > wanted else None


def _overall_score(moment: str, endings: tuple[EndingSummary, ...]) -> Estimate:
    """The mean score over all endings, weighted by their scores; without an interval of its own."""
    scores = [(e.score.n, e.score.value) for e in endings if e.score.value is not None]
    n = sum(count for count, _ in scores)
    mean = sum(count * value for count, value in scores) / n if n else None
    return Estimate(mean, n, "score", rows=queries.of_moment(moment), table="scores")


def _grouped(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[0]), []).append(row)
    return found


def _sample(row: Row) -> Sample:
    return Sample(_whole(row[0]), _number(row[1]) or 0.0, _number(row[2]) or 0.0)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
