"""The headline: seconds lost, people hurt and promises broken in the last seven days, in words; and how frictions add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding
from momentwise.define.instant import from_micros
from momentwise.define.moment import STAGES
from momentwise.define.signal import OVERDRAWN
from momentwise.define.span import DAY_US
from momentwise.rank.agreement import place_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_whole
from momentwise.rank.merging import FRICTIONS
from momentwise.rank.order import FIRM
from momentwise.rank.phrases import say_label

WEEK_US = 7 * DAY_US

# Signals that hurt by themselves, whatever is found: a promise that was broken, and one friction too many.
HURTING = ("broken_promise", OVERDRAWN)

_HOUR, _MINUTE = 3600.0, 60.0


class Week(NamedTuple):
    """What seven days brought, each with the rows behind it.

    Args:
        seconds: That frictions with a measured time took from customers; `None` where none has one.
        people: Customers with an occurrence that failed, was escalated, or was abandoned at a decision, with a broken
            promise, or with an established friction; the rows are their occurrences.
        promises: Stated times that passed in the week.
    """

    seconds: Estimate | None
    people: Estimate
    promises: Estimate


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The last seven days with a usual number of starts, beside the seven before.

    Args:
        since: Start of the last seven days, microseconds since the epoch.
        until: Their end: where the data end, or whole weeks before that where the last ones thin out (`find_end`).
        now: What they brought.
        before: What the seven days before brought; `None` where the data begin later.
        sentences: The same in one or two plain sentences.
    """

    since: int
    until: int
    now: Week
    before: Week | None
    sentences: tuple[str, ...]


def measure_headline(evidence: Evidence, findings: Sequence[Finding]) -> Headline:
    """What the last week that has a usual number of starts brought, beside the week before it.

    Seconds are those of the established frictions with a measured time: what each takes per week on average, in proportion
    to its signals of these weeks. Promises count in the week in which the stated time passed.

    Args:
        evidence: The tables and the period.
        findings: With standing.
    """
    until = find_end(evidence)
    frictions = [
        (finding, place)
        for finding in findings
        if finding.standing in FIRM and _is_lasting(finding)
        if (place := place_of(finding, evidence)) is not None and place.table == "signals"
    ]
    deciding = tuple(moment.name for moment in evidence.moments if moment.stage == "decision")
    signals = tuple(dict.fromkeys(finding.where.signal for finding, _ in frictions))
    asked = _Asked(tuple(place.rows for _, place in frictions), signals, deciding, until)
    [counts] = evidence.ask(_signals_sql(asked))
    people = evidence.ask(_people_sql(asked))[0]
    weeks = []
    for back in (0, 1):
        lost = [
            _seconds(
                finding, read_whole(counts[2 + 3 * place + back]), read_whole(counts[4 + 3 * place]), evidence.weeks
            )
            for place, (finding, _) in enumerate(frictions)
        ]
        weeks.append(_week([part for part in lost if part is not None], people[back], counts[back], asked, back))
    now, before = weeks[0], weeks[1] if until - 2 * WEEK_US >= evidence.since_us else None
    when = (
        "last 7 days"
        if until == evidence.until_us
        else f"7 days to {from_micros(until):%d %B %Y}, after which data thin out,"
    )
    sentences = say_headline(now, before, when)
    return Headline(since=until - WEEK_US, until=until, now=now, before=before, sentences=sentences)


def find_end(evidence: Evidence) -> int:
    """The end of the last week that has at least a quarter of the usual starts, microseconds.

    Many exports thin out at their end: what started last has not been written yet, or is not in the sample. A quiet week
    there says nothing.
    """
    rows = evidence.ask(
        f"SELECT (({evidence.until_us} - epoch_us(started_at)) // {WEEK_US})::BIGINT AS back, count(*) FROM occurrences GROUP BY 1"
    )
    counts = {read_whole(back): read_whole(count) for back, count in rows}
    usual = sum(counts.values()) / max(1.0, evidence.weeks)
    busy = [back for back, count in counts.items() if 4 * count >= usual]
    return evidence.until_us - WEEK_US * max(0, min(busy, default=0))


def _is_lasting(finding: Finding) -> bool:
    """Whether it is a friction at a place, all the time and for all customers."""
    where = finding.where
    return bool(where.signal) and not where.segment and where.since is None and where.until is None


class _Asked(NamedTuple):
    """What the two weeks are asked about: the frictions' rows and signals, moments of decision, the end of the data."""

    places: tuple[str, ...]
    signals: tuple[str, ...]
    deciding: tuple[str, ...]
    until: int


def _week(lost: Sequence[tuple[float, int]], people: object, promises: object, asked: _Asked, back: int) -> Week:
    touching = " OR ".join(f"({place})" for place in asked.places) or "false"
    lasted = f"({touching}) AND {_within('at', asked.until, back)}"
    seconds = sum(part for part, _ in lost), sum(signals for _, signals in lost)
    broken, hurt = read_whole(promises), read_whole(people)
    kept = f"signal = 'broken_promise' AND {_within('ended_at', asked.until, back)}"
    whom = f"customer IN ({_hurt_sql(asked, back)})"
    return Week(
        Estimate(seconds[0], seconds[1], "seconds", rows=lasted, table="signals") if lost else None,
        Estimate(float(hurt), hurt, "count", rows=whom),
        Estimate(float(broken), broken, "count", rows=kept, table="signals"),
    )


def _seconds(finding: Finding, signals: int, all_signals: int, weeks: float) -> tuple[float, int] | None:
    """The seconds that a friction took in a week, and its signals of that week."""
    weekly = finding.weekly_seconds
    if weekly is None or weekly.value is None or not all_signals:
        return None
    return weekly.value * weeks * signals / all_signals, signals


def _within(column: str, until: int, back: int) -> str:
    """The condition that picks one of the last weeks: 0 the last, 1 the one before."""
    low, high = (f"make_timestamptz({until - weeks * WEEK_US})" for weeks in (back + 1, back))
    last = "<=" if back == 0 else "<"  # the end of the data is the instant of their last event
    return f'"{column}" >= {low} AND "{column}" {last} {high}'


def _signals_sql(asked: _Asked) -> str:
    """One row: broken promises of the two weeks; then per place its signals of these weeks, and all of them.

    Signals are counted by place first, so that each place's condition is asked of few rows.
    """
    first, second = (_within("at", asked.until, back) for back in (0, 1))
    names = ", ".join(map(quote, asked.signals)) or "''"
    grouped = (
        f"SELECT signal, page, element, CASE WHEN {first} THEN 0 WHEN {second} THEN 1 END AS week, count(*) AS n "
        f"FROM signals WHERE signal IN ({names}) GROUP BY ALL"
    )
    promised = "SELECT count(*) FROM signals WHERE signal = 'broken_promise' AND"
    counts = [f"({promised} {_within('ended_at', asked.until, back)})" for back in (0, 1)]
    for condition in asked.places:
        counts += [f"sum(n) FILTER ({condition} AND week = {back})" for back in (0, 1)]
        counts.append(f"sum(n) FILTER ({condition})")
    return f"SELECT {', '.join(counts)}, count(*) FROM ({grouped})"  # one aggregate at least, so that there is a row


def _people_sql(asked: _Asked) -> str:
    """One row: customers who were hurt, in the last week and in the one before; each table is read once for both."""
    first, second = (_within("ended_at", asked.until, back) for back in (0, 1))
    ill, harm = _hurting(asked)
    weeks = f"CASE WHEN {first} THEN 1 WHEN {second} THEN 2 END"
    rows = " UNION ALL ".join(
        f"SELECT customer, {weeks} AS week FROM {table} WHERE ({kept}) AND ({first} OR {second})"
        for table, kept in (("occurrences", ill), ("signals", harm))
    )
    counts = (f"count(*) FILTER (weeks & {week} <> 0)" for week in (1, 2))
    return f"SELECT {', '.join(counts)} FROM (SELECT customer, bit_or(week) AS weeks FROM ({rows}) GROUP BY customer)"


def _hurt_sql(asked: _Asked, back: int) -> str:
    """The customers who were hurt in a week, each once."""
    ill, harm = _hurting(asked)
    week = _within("ended_at", asked.until, back)
    return f"SELECT customer FROM occurrences WHERE ({ill}) AND {week} UNION SELECT customer FROM signals WHERE ({harm}) AND {week}"


def _hurting(asked: _Asked) -> tuple[str, str]:
    """What hurts, as conditions over occurrences and signals. Who leaves before they decide may only have looked round."""
    places = [f"signal IN ({', '.join(map(quote, HURTING))})", *(f"({condition})" for condition in asked.places)]
    named = ", ".join(map(quote, asked.deciding))
    left = f" OR (outcome = 'abandoned' AND moment IN ({named}))" if named else ""
    return f"outcome IN ('failed', 'escalated'){left}", " OR ".join(places)


def say_headline(now: Week, before: Week | None, when: str = "last 7 days") -> tuple[str, ...]:
    """The two weeks in one or two sentences; a quiet week is said, too.

    Args:
        now: The last seven days.
        before: The seven before; `None` where unknown.
        when: Which days these are.
    """
    people, promises = (round(part.value or 0.0) for part in (now.people, now.promises))
    seconds = now.seconds.value if now.seconds else None
    if not (people or promises or seconds):
        first = f"In the {when} nobody was hurt as far as the data show: no bad ending and no broken promise."
    else:
        lost = f"customers lost {say_time(seconds)} to frictions, " if seconds else ""
        broken = f"{promises:,} promise{_plural(promises)} broken" if promises else "no promise was broken"
        first = f"In the {when} {lost}{people:,} {_people(people)} hurt and {broken}."
    if before is None:
        return (first,)
    hurt, late = (round(part.value or 0.0) for part in (before.people, before.promises))
    parts = [say_time(before.seconds.value)] if before.seconds is not None and now.seconds is not None else []
    parts += [f"{hurt:,} {'person' if hurt == 1 else 'people'}", f"{late:,} broken promise{'' if late == 1 else 's'}"]
    return first, f"The week before: {', '.join(parts)}."


def _people(count: int) -> str:
    return "person was" if count == 1 else "people were"


def _plural(count: int) -> str:
    return " was" if count == 1 else "s were"


def say_time(seconds: float | None) -> str:
    """A sum of time as people say it.

    Example:
        >>> [say_time(seconds) for seconds in (40.0, 600.0, 7200.0, 360000.0)]
        ['40 seconds', '10 minutes', '2 hours', '100 hours']
    """
    if not seconds:
        return "no time"
    for unit, least, name in ((_HOUR, 1.5 * _HOUR, "hour"), (_MINUTE, 1.5 * _MINUTE, "minute"), (1.0, 0.0, "second")):
        if seconds >= least:
            count = round(seconds / unit)
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    raise AssertionError("every time is at least none")


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """The small frictions of one stage of the journey on top of one another.

    Args:
        stage: Of `define.moment.STAGES`.
        parts: Names and seconds per week, most first.
        weekly_seconds: Their sum; `None` where no friction has a measured time.
        overdrawn: Customers whose frictions added up past the limit, of those in a moment of the stage.
    """

    stage: str
    parts: tuple[tuple[str, Estimate], ...]
    weekly_seconds: float | None
    overdrawn: int


def stack_frictions(evidence: Evidence, findings: Sequence[Finding]) -> list[Stack]:
    """One per stage of the journey that has frictions with a measured time, or customers with too many of them (U10).

    Args:
        evidence: The tables.
        findings: With `weekly_seconds` where they are measured.
    """
    stages = {moment.name: moment.stage for moment in evidence.moments}
    overdrawn: dict[str, int] = {}
    for stage, people in evidence.ask(_overdrawn_sql(stages)) if stages else ():
        overdrawn[str(stage)] = read_whole(people) * evidence.parts
    found = []
    for stage in STAGES:
        parts = [
            (_name(finding), finding.weekly_seconds)
            for finding in findings
            if finding.kind in FRICTIONS and stages.get(finding.moment) == stage and finding.weekly_seconds is not None
        ]
        parts.sort(key=lambda part: (-(part[1].value or 0.0), part[0]))
        if parts or overdrawn.get(stage):
            total = sum(part.value or 0.0 for _, part in parts) if parts else None
            found.append(
                Stack(stage=stage, parts=tuple(parts), weekly_seconds=total, overdrawn=overdrawn.get(stage, 0))
            )
    return found


def _name(finding: Finding) -> str:
    where = finding.where
    spot = " ".join(part for part in (where.page, where.element) if part)
    return f"{say_label(where.signal or finding.kind)}{f' on {spot}' if spot else ''}"


def _overdrawn_sql(stages: Mapping[str, str]) -> str:
    """One row per stage: customers with too many frictions who were in one of its moments."""
    named = " ".join(f"WHEN {quote(moment)} THEN {quote(stage)}" for moment, stage in stages.items())
    return (
        f"SELECT CASE moment {named} END AS stage, count(DISTINCT customer) FROM occurrences "
        f"WHERE customer IN (SELECT customer FROM signals WHERE signal = {quote(OVERDRAWN)}) GROUP BY stage"
    )
