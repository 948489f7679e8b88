"""Summaries: everything that an audit says about one moment, each number with its n, its interval and its rows.

The functions here turn rows of `queries` into values of `define.finding`; whoever calls them passes `ask`, which runs a
query and gives its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from momentwise.define.evaluate import quote
from momentwise.define.finding import EndingSummary, Estimate, MomentSummary, TrendPoint
from momentwise.define.moment import Moment
from momentwise.rank import queries
from momentwise.rank.intervals import Sample
from momentwise.rank.measures import measure_mean, measure_quantile, measure_quantiles, measure_share, rows_of
from momentwise.rank.qualify import qualities
from momentwise.rank.queries import Ask
from momentwise.rank.scores import Scored, Way, find_gaps, measure_nps, measure_overall, read_scored
from momentwise.rank.spans import Scan, Spans, read_spans, scan_by
from momentwise.rank.tallies import Tally, read_tallies, read_trends
from momentwise.rank.targets import check_targets

Row = tuple[object, ...]

# Where any event may end a moment there can be as many endings as event names; the rare ones get no interval.
MOST_TIMED = 50


def summarize(
    moments: Sequence[Moment], ask: Ask, scan: Scan | None = None, is_scored: Callable[[], object] | None = None
) -> list[MomentSummary]:
    """One summary per moment, in the order of the playbook; versions of a moment are summed up together.

    Args:
        moments: Of the playbook.
        ask: Runs a query over the audit's tables.
        scan: Gives the columns of a query as arrays, which many occurrences need; without it `ask` gives its rows.
        is_scored: Waits for the table `scores`, where it may not be there yet.
    """
    latest = {moment.name: moment for moment in moments}
    tallies = read_tallies(list(latest), ask)
    spans = read_spans({name: tally.ways for name, tally in tallies.items()}, scan or scan_by(ask))
    trends = read_trends(ask)
    if is_scored is not None:
        is_scored()
    scores = _grouped(ask(queries.scores_sql()))
    found = []
    for (name, moment), numbers in zip(latest.items(), spans, strict=True):
        scored, trend = read_scored(scores.get(name, [])), trends.get(name, ((), "week"))
        found.append(_summary(moment, tallies[name], numbers, scored, trend))
    return found


def _summary(
    moment: Moment, tally: Tally, spans: Spans, scored: dict[Way, Scored], trend: tuple[tuple[TrendPoint, ...], str]
) -> MomentSummary:
    name = moment.name
    shares = {
        outcome: measure_share(name, count, tally.ended, f"outcome = {quote(outcome)}")
        for outcome, count in tally.of_outcome.items()
    }
    seconds = {span: measure_quantiles(name, span, values) for span, values in spans.of_span.items()}
    endings = _endings(name, tally, spans, scored)
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
        volume=tally.volume,
        people=tally.people,
        open=tally.open,
        shares=shares,
        durations=seconds["duration"],
        waits=seconds["wait"],
        step_seconds=seconds["step"],
        **_effort(name, tally, spans),
        endings=endings,
        gaps=gaps,
        trend=trend[0],
        trend_unit=trend[1],
        targets=check_targets(moment, shares, seconds["duration"], scores, tally.open),
        qualifies=qualities(moment, shares, tally.ended, gaps),
    )


def _effort(name: str, tally: Tally, spans: Spans) -> dict[str, Estimate]:
    """What it took: the fields of a summary about steps, retries, errors, channels and comprehension."""
    ended, completed = queries.ENDED, "outcome = 'completed'"
    understood = f"{queries.SAID} AND comprehension = 'understood'"
    several = f"{ended} AND contains(channels, '+')"
    return {
        "median_steps": Estimate(spans.median_steps, spans.excess.n, "steps", rows=rows_of(name, completed)),
        "excess_steps": measure_mean(name, spans.excess, "steps", completed),
        "retries": measure_mean(name, tally.retries, "count", ended),
        "errors": measure_share(name, tally.with_errors, tally.ended, f"{ended} AND errors > 0"),
        "multichannel": measure_share(name, tally.multichannel, tally.channelled, several),
        "understood": measure_share(name, tally.understood, tally.said, understood),
    }


def _endings(moment: str, tally: Tally, spans: Spans, scored: dict[Way, Scored]) -> tuple[EndingSummary, ...]:
    of_outcome, ended = tally.of_outcome, tally.ended
    found = []
    for place, (way, count) in enumerate(tally.ways.items()):
        condition = queries.of_way(*way)
        rows = rows_of(moment, condition)
        sample = scored[way].score if way in scored else Sample(0)
        found.append(
            EndingSummary(
                outcome=way[0],
                ending=way[1],
                count=count,
                share=measure_share(moment, count, ended, condition),
                of_outcome=measure_share(moment, count, of_outcome[way[0]], condition),
                score=measure_mean(moment, sample, "score", condition, "scores"),
                duration=measure_quantile(spans.of_way[way], 0.5, rows, has_interval=place < MOST_TIMED),
                rows=rows,
            )
        )
    return tuple(found)


def _grouped(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[0]), []).append(row)
    return found
