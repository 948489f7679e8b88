"""Spikes: days on which a score, or how many customers show a signal, is far from what the same weekdays usually are.

Scores both ways: what hurt suddenly, and what delighted; of signals only rises. A day counts people and not rows, so one
person's storm is one voice; days that follow one another are one spike; and all days of all series are controlled together
for false discoveries.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from scipy import stats

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, Split, Where
from momentwise.define.span import DAY_US
from momentwise.rank.contrasts import FEWEST, compare_means, mean_of
from momentwise.rank.discoveries import adjust
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Sample, pool
from momentwise.rank.measures import read_number, read_whole
from momentwise.rank.phrases import say_label
from momentwise.rank.queries import of_moment

# Fewer say too little for a day to be judged by.
LEAST_ROWS, LEAST_PEOPLE = 10, 5

# The same weekdays of so many weeks before and after are what is usual; of fewer than three nobody knows.
WEEKS, LEAST_WEEKS = 8, 3

MOST_FALSE = 0.01

# Of one series and direction no more spikes are told, those of the most people; more are a pattern and not a surprise.
MOST_RUNS = 3

# Of a score that belongs to several moments the one that it surely belongs to is told, where it holds enough of the people.
NEARLY = 0.5

# Half a standard deviation of the scores, or half as many people again: less is no spike.
LEAST_MOVE, LEAST_RISE = 0.5, 1.5

# So many days that are nearly as usual, or of which nothing is known, do not end a spike.
PAUSE_DAYS = 2

# Signals that are scores by another name; the scores say it better.
_SCORED = ("low_score", "high_score")
_EPOCH = date(1970, 1, 1)
_REASON = (
    "What happened on these days is not in the data; look for it beside their date. Not shown to be anything's effect."
)


class _Day(NamedTuple):
    """One day of a series.

    Args:
        day: Its number since 1970, in the customers' zone.
        rows: Scores or signals.
        people: Customers behind them.
        value: Mean score of a person, or people with the signal per start of a moment.
        base: What the value is a mean over: people, or starts.
        variance: Between people; 0 for a signal, where it follows from the value.
    """

    day: int
    rows: int
    people: int
    value: float
    base: int
    variance: float = 0.0


class _Peak(NamedTuple):
    """A day that may be off: how many standard errors, by how much, from what, and the chance of it."""

    series: str
    day: _Day
    usual: float
    off: float
    large: bool


class _Run(NamedTuple):
    """A spike: the peaks of one series and direction that follow one another."""

    peaks: tuple[_Peak, ...]

    @property
    def series(self) -> str:
        """The moment or the signal."""
        return self.peaks[0].series

    @property
    def rises(self) -> bool:
        """Whether the values lie above what is usual."""
        return self.peaks[0].off > 0

    @property
    def first(self) -> int:
        """Number of its first day."""
        return self.peaks[0].day.day

    @property
    def last(self) -> int:
        """Number of its last day."""
        return self.peaks[-1].day.day

    @property
    def people(self) -> int:
        """Customers, counted once a day."""
        return sum(peak.day.people for peak in self.peaks)


def find_spikes(evidence: Evidence) -> list[Finding]:
    """One finding per spike, a lasting one once; those of scores before those of signals."""
    scored, counted = _score_days(evidence), _signal_days(evidence)
    of_scores = [peak for series, days in scored.items() for peak in _peaks(series, days)]
    of_signals = [peak for series, days in counted.items() for peak in _peaks(series, days)]
    chances = adjust([float(2 * stats.norm.sf(abs(peak.off))) for peak in of_scores + of_signals])
    shown = [p < MOST_FALSE for p in chances]
    scores = [peak for peak, is_shown in zip(of_scores, shown, strict=False) if is_shown and peak.large]
    signals = [
        peak for peak, is_shown in zip(of_signals, shown[len(of_scores) :], strict=True) if is_shown and peak.large
    ]
    return [
        *(_score_finding(evidence, run, scored[run.series]) for run in _lone(_runs(scores), [*scored])),
        *(_signal_finding(evidence, run) for run in _runs(signals)),
    ]


def _local_day(evidence: Evidence, column: str) -> str:
    """Number of the day since 1970, in the customers' own zone; UTC needs no calendar, which is dear."""
    if evidence.zone == "UTC":
        return f"(epoch_us({column}) // {DAY_US})"
    return f"date_diff('day', DATE '1970-01-01', ({column} AT TIME ZONE {quote(evidence.zone)})::DATE)"


def _score_days(evidence: Evidence) -> dict[str, list[_Day]]:
    """Days with enough scores, per moment: those whose scores name their key first, then as declared.

    A customer's scores of a day are one.
    """
    rows = evidence.ask(
        "SELECT moment, day, sum(n)::BIGINT, count(*), avg(score), coalesce(var_samp(score), 0) FROM "
        f"(SELECT moment, {_local_day(evidence, AT)} AS day, customer, count(score) AS n, avg(score) AS score FROM scores "
        "WHERE score IS NOT NULL GROUP BY ALL) GROUP BY moment, day "
        f"HAVING sum(n) >= {LEAST_ROWS} AND count(*) >= {LEAST_PEOPLE} ORDER BY moment, day"
    )
    found: dict[str, list[_Day]] = defaultdict(list)
    for moment, day, n, people, mean, variance in rows:
        count = read_whole(people)
        one = _Day(read_whole(day), read_whole(n), count, read_number(mean) or 0.0, count, read_number(variance) or 0.0)
        found[str(moment)].append(one)
    order = [moment.name for moment in sorted(evidence.moments, key=lambda moment: moment.by is None)]
    return {name: found[name] for name in sorted(found, key=lambda name: _place(name, order))}


def _place(name: str, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order)), name


AT = '"at"'


def _signal_days(evidence: Evidence) -> dict[str, list[_Day]]:
    """People with a signal per start of a day, per signal that hurts or delights; days without any are none of it."""
    names = [
        rule.name
        for rule in evidence.signals.rules
        if rule.name not in _SCORED
        and (rule.archetype == "delight" or (rule.archetype == "friction" and rule.weight > 0))
    ]
    if not names or not evidence.ask("FROM signals LIMIT 1"):
        return {}
    rows = evidence.ask(
        f"WITH starts AS (SELECT {_local_day(evidence, 'started_at')} AS day, count(*) AS starts FROM occurrences GROUP BY 1), "
        f"hit AS (SELECT signal, day, count(*) AS people, sum(n)::BIGINT AS n FROM (SELECT signal, "
        f"{_local_day(evidence, AT)} AS day, customer, count(*) AS n FROM signals "
        f"WHERE signal IN ({', '.join(map(quote, names))}) GROUP BY ALL) GROUP BY ALL) "
        "SELECT signal, starts.day, coalesce(n, 0), coalesce(people, 0), starts FROM (SELECT DISTINCT signal FROM hit) "
        "CROSS JOIN starts LEFT JOIN hit USING (signal, day) ORDER BY signal, starts.day"
    )
    found: dict[str, list[_Day]] = defaultdict(list)
    for name, day, n, people, starts in rows:
        count, base = read_whole(people), read_whole(starts)
        found[str(name)].append(_Day(read_whole(day), read_whole(n), count, count / base, base))
    return found


def _peaks(series: str, days: Sequence[_Day]) -> list[_Peak]:
    """Every day of a series beside what the same weekdays usually are.

    The usual value is the median of those days, so that a lasting spike does not become usual; what days differ by beyond
    their sampling is the spread of all days' distances, by the median too (Rousseeuw and Croux 1993).
    """
    within = pool(Sample(day.base, 0.0, day.variance) for day in days if day.variance).variance
    at = {day.day: day for day in days}
    steps = [7 * week for week in range(-WEEKS, WEEKS + 1) if week]
    found = []
    for day in days:
        same = [at[day.day + step] for step in steps if day.day + step in at]
        if len(same) >= LEAST_WEEKS:
            usual = float(np.median([one.value for one in same]))
            found.append((day, usual, _off(day, usual, sum(one.base for one in same), within)))
    spread = max(1.0, 1.4826 * float(np.median([abs(off) for _, _, off in found]))) if found else 1.0
    return [_peak(series, day, usual, off / spread, within) for day, usual, off in found]


def _off(day: _Day, usual: float, base: int, within: float) -> float:
    """How many standard errors a day lies from what is usual; the usual is a median over `base` people or starts.

    Source:
        Anscombe, F. J. (1948). The transformation of Poisson, binomial and negative-binomial data. Biometrika 35, 246–254:
        of a count, twice its root is about normal with variance 1, in the tails, too.
    """
    doubt = math.sqrt(1 + math.pi / 2 * day.base / base)
    if within:
        return (day.value - usual) / math.sqrt(within / day.base) / doubt
    return 2 * (math.sqrt(day.people + 3 / 8) - math.sqrt(usual * day.base + 3 / 8)) / doubt


def _peak(series: str, day: _Day, usual: float, off: float, within: float) -> _Peak:
    if within:
        large = abs(day.value - usual) >= LEAST_MOVE * math.sqrt(within)
    else:
        large = day.value >= LEAST_RISE * usual and day.rows >= LEAST_ROWS and day.people >= LEAST_PEOPLE
    return _Peak(series, day, usual, off, large)


def _same_weekday(one: int, other: int) -> bool:
    return (one - other) % 7 == 0 and abs(one - other) <= 7 * WEEKS


def _runs(peaks: Sequence[_Peak]) -> list[_Run]:
    """Peaks of one series and direction at most `PAUSE_DAYS` apart, together."""
    found: list[list[_Peak]] = []
    for peak in sorted(peaks, key=lambda one: (one.series, one.off > 0, one.day.day)):
        last = found[-1][-1] if found else None
        if (
            last
            and last.series == peak.series
            and (last.off > 0) == (peak.off > 0)
            and peak.day.day - last.day.day <= 1 + PAUSE_DAYS
        ):
            found[-1].append(peak)
        else:
            found.append([peak])
    kept: dict[tuple[str, bool], list[_Run]] = {}
    for run in sorted((_Run(tuple(run)) for run in found), key=lambda one: -one.people):
        kept.setdefault((run.series, run.rises), []).append(run)
    return sorted((run for runs in kept.values() for run in runs[:MOST_RUNS]), key=lambda one: (one.series, one.first))


def _lone(runs: Sequence[_Run], moments: Sequence[str]) -> list[_Run]:
    """Of spikes of several moments on the same days and in the same direction one; a score may belong to several.

    Args:
        runs: The spikes.
        moments: Names, the likeliest to be meant first.
    """
    found: list[_Run] = []
    for run in sorted(runs, key=lambda one: -one.people):
        same = [place for place, other in enumerate(found) if _overlap(run, other)]
        if not same:
            found.append(run)
            continue
        other = found[same[0]]
        if run.people >= NEARLY * other.people and moments.index(run.series) < moments.index(other.series):
            found[same[0]] = run
    return sorted(found, key=lambda one: (one.rises, -one.people))


def _overlap(one: _Run, other: _Run) -> bool:
    return one.rises == other.rises and one.first <= other.last and other.first <= one.last


def _between(evidence: Evidence, run: _Run) -> str:
    day = _local_day(evidence, AT)
    return f"{day} BETWEEN {run.first} AND {run.last}"


def _days(run: _Run) -> str:
    """The days as words."""
    first, last = (_EPOCH + timedelta(days=day) for day in (run.first, run.last))
    return f"on {first:%Y-%m-%d}" if first == last else f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _where(evidence: Evidence, run: _Run, name: str = "") -> Where:
    """The instants of the days, as the engine's calendar has them."""
    bounds = [
        f"epoch_us((DATE '1970-01-01' + {day})::TIMESTAMP AT TIME ZONE {quote(evidence.zone)})"
        for day in (run.first, run.last + 1)
    ]
    since, until = (read_whole(part) for part in evidence.ask(f"SELECT {', '.join(bounds)}")[0])
    return Where(signal=name, since=since, until=until)


def _score_finding(evidence: Evidence, run: _Run, days: Sequence[_Day]) -> Finding:
    rows = f"{of_moment(run.series)} AND score IS NOT NULL AND {_between(evidence, run)}"
    n, mean, variance, people = evidence.ask(
        f"SELECT count(*), avg(score), var_samp(score), count(DISTINCT customer) FROM scores WHERE {rows}"
    )[0]
    sample = Sample(read_whole(n), read_number(mean) or 0.0, read_number(variance) or 0.0)
    inside = range(run.first, run.last + 1)
    others = [
        day for day in days if day.day not in inside and any(_same_weekday(day.day, peak.day.day) for peak in run.peaks)
    ]
    usual = pool(Sample(day.people, day.value, day.variance) for day in others)
    spiking = pool(Sample(peak.day.people, peak.day.value, peak.day.variance) for peak in run.peaks)
    change = compare_means(spiking, usual)
    hurts = not run.rises
    shown = hurts and change is not None and change.high < 0 and min(spiking.n, usual.n) >= FEWEST
    name = say_label(run.series).replace("-", " ")
    return Finding(
        id=f"{run.series}/spike/score/{'up' if run.rises else 'down'}/{_EPOCH + timedelta(days=run.first)}",
        moment=run.series,
        kind="spike",
        title=(
            f"Scores of {name} {'rose' if run.rises else 'fell'} to {spiking.mean:.2f} {_days(run)}; on these weekdays "
            f"they are usually {usual.mean:.2f}."
        ),
        detail="" if hurts else "A good surprise: find out what it was, and keep it.",
        estimate=mean_of(sample, "score", rows, "scores"),
        people=read_whole(people),
        grade="C",
        grade_reason=_REASON,
        sources=("survey",),
        standing="established" if shown else "observed",
        standing_reason="" if shown else _why_not(hurts, spiking),
        where=_where(evidence, run),
        emotion=change.estimate(sample.n, "score", rows, "scores") if change else None,
        next_step=f"Ask what happened {_days(run)}{', and read what customers wrote then' if hurts else ''}.",
    )


def _why_not(hurts: bool, sample: Sample) -> str:
    if not hurts:
        return "It went well: nothing here asks to be mended."
    return f"{sample.n:,} people are too few to establish harm."


def _signal_finding(evidence: Evidence, run: _Run) -> Finding:
    name = run.series
    rows = f"signal = {quote(name)} AND {_between(evidence, run)}"
    n, people = (
        read_whole(part)
        for part in evidence.ask(f"SELECT count(*), count(DISTINCT customer) FROM signals WHERE {rows}")[0]
    )
    rule = evidence.signals.rule(name)
    hurts = rule is None or rule.archetype == "friction"
    share = sum(peak.day.people for peak in run.peaks) / sum(peak.day.base for peak in run.peaks)
    usual = sum(peak.usual * peak.day.base for peak in run.peaks) / sum(peak.day.base for peak in run.peaks)
    times = f"{share / usual:.1f} times as many customers as usual" if usual else "many customers, and usually none,"
    return Finding(
        id=f"spike/{name}/{_EPOCH + timedelta(days=run.first)}",
        moment="",
        kind="spike",
        title=f"{times[0].upper()}{times[1:]} showed '{say_label(name)}' {_days(run)}.",
        detail=(
            f"{n:,} times, {people:,} customers; against the same weekdays of the {WEEKS} weeks before and after, for as many starts."
            + ("" if hurts else " A good surprise: find out what it was, and keep it.")
        ),
        estimate=Estimate(float(n), n, "count", rows=rows, table="signals"),
        people=people,
        grade="C",
        grade_reason=_REASON,
        sources=("behaviour",),
        standing="observed",
        standing_reason="How often it happened; what it did to customers is another finding's matter."
        if hurts
        else "It went well.",
        where=_where(evidence, run, name),
        splits=(_daily(evidence, run),),
        next_step=f"Ask what happened {_days(run)}.",
    )


def _daily(evidence: Evidence, run: _Run) -> Split:
    day, of_signal = _local_day(evidence, AT), f"signal = {quote(run.series)}"
    parts = tuple(
        (
            f"{_EPOCH + timedelta(days=peak.day.day)}",
            Estimate(
                float(peak.day.rows),
                peak.day.rows,
                "count",
                rows=f"{of_signal} AND {day} = {peak.day.day}",
                table="signals",
            ),
        )
        for peak in run.peaks
    )
    return Split(title="How often, day by day", parts=parts)
