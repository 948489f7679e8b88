"""Broken promises: how much of what was promised came after its time, what that does to scores, when and to whom.

A promise is broken where the rule `broken_promise` says so; it is late where the moment was completed all the same. The
share is of the completed ones, since of the others nobody knows whether they would have come. What was never completed is
said beside it.
"""

from __future__ import annotations

from typing import NamedTuple

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.finding import Estimate, Finding, Split, Standing, Where
from momentwise.define.moment import Moment
from momentwise.define.span import DAY_US, SECOND_US
from momentwise.rank.contrasts import FEWEST, compare_means, compare_shares, mean_of, share_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Sample, pool
from momentwise.rank.measures import read_sample, read_whole
from momentwise.rank.phrases import say_label, say_span
from momentwise.rank.queries import of_moment

RULE = "broken_promise"

# Lateness in days, from and up to; the last has no end.
DOSES: tuple[tuple[int, int | None], ...] = ((0, 3), (3, 7), (7, 14), (14, None))

# A month or a segment with fewer says little by itself, and the worst of many small ones is the smallest.
FEWEST_IN_PART = 100
MOST_PARTS = 8

# Who came back: another start of the same moment within this time, as far as the data reach.
RETURN_US = 90 * DAY_US

# The part of the counts that is no property.
_MONTH = "the month"

_REASON = (
    "Promise and arrival are your own times. What else delays what was promised may trouble customers, too: it goes "
    "together, and is not shown to cause it."
)


class _Late(NamedTuple):
    """How a moment's completed occurrences, or some of them, stand to their promises; `seconds` are those of the late."""

    completed: int
    late: int
    people: int
    seconds: Sample


def find_promises(evidence: Evidence) -> list[Finding]:
    """One finding per moment that keeps promises and has broken one; none where nothing was promised."""
    rule = evidence.signals.rule(RULE)
    if rule is None or rule.by is None or not evidence.ask(f"FROM signals WHERE signal = {quote(RULE)} LIMIT 1"):
        return []
    kept_by = {name for trigger in rule.then for name in trigger.events}
    moments = [
        moment
        for moment in evidence.moments
        if moment.by == rule.by and kept_by & {name for trigger in moment.complete for name in trigger.events}
    ]
    return [finding for moment in moments for finding in _of_moment(evidence, moment)]


def _of_moment(evidence: Evidence, moment: Moment) -> list[Finding]:
    counted = _count_late(evidence, moment)
    late = counted.get(("", ""), _Late(0, 0, 0, Sample(0)))
    if not late.late:
        return []
    share = share_of(late.late, late.completed, _late_rows(moment))
    doses, emotion = _doses(evidence, moment)
    returning = _returning(evidence, moment)
    months = _parts(moment, counted, _MONTH, "month", _month_of(evidence))
    segments = [
        split
        for name in evidence.properties
        if (split := _parts(moment, counted, name, say_label(name), f"properties.{quote_name(name)}"))
    ]
    standing, why = _standing(late, emotion, returning)
    return [
        Finding(
            id=f"{moment.name}/{RULE}",
            moment=moment.name,
            kind=RULE,
            title=_title(late, doses, emotion),
            detail=_detail(evidence, moment, late),
            estimate=share,
            people=late.people,
            grade="C",
            grade_reason=_REASON,
            sources=("behaviour", "survey") if emotion else ("behaviour",),
            standing=standing,
            standing_reason=why,
            where=Where(signal=RULE),
            seconds=mean_of(late.seconds, "seconds", _late_rows(moment)),
            emotion=emotion,
            returning=returning,
            splits=tuple(split for split in (doses, months, *segments) if split),
            next_step=_next_step(share, months, segments),
        )
    ]


def _broken() -> str:
    """Customer, key and the time that passed of each broken promise; the first one counts."""
    return (
        "(SELECT customer, key, min(ended_at) AS due FROM signals "
        f"WHERE signal = {quote(RULE)} AND key IS NOT NULL GROUP BY ALL)"
    )


def _completed(moment: Moment) -> str:
    return f"{of_moment(moment.name)} AND outcome = 'completed'"


def _late_rows(moment: Moment, lateness: tuple[int, int | None] | None = None) -> str:
    """The condition that gives the completed occurrences, or their scores, that came late (by so many days)."""
    broken = f"SELECT customer, key FROM signals WHERE signal = {quote(RULE)}"
    if lateness is not None:
        broken = (
            f"SELECT o.customer, o.key FROM occurrences AS o JOIN {_broken()} AS b ON b.customer = o.customer AND "
            f"b.key = o.key WHERE {of_moment(moment.name)} AND o.outcome = 'completed' AND {_between(lateness)}"
        )
    return f"{_completed(moment)} AND (customer, key) IN ({broken})"


def _between(dose: tuple[int, int | None]) -> str:
    least, most = dose
    lateness = "(epoch_us(o.ended_at) - epoch_us(b.due))"
    upper = "" if most is None else f" AND {lateness} < {most * DAY_US}"
    return f"{lateness} >= {least * DAY_US}{upper}"


def _joined(moment: Moment) -> str:
    """Each completed occurrence of a moment beside the promise that it broke, if it broke one."""
    return (
        f"(SELECT o.*, b.due FROM (SELECT * FROM occurrences WHERE {_completed(moment)}) AS o "
        f"LEFT JOIN {_broken()} AS b ON b.customer = o.customer AND b.key = o.key)"
    )


def _month_of(evidence: Evidence) -> str:
    """The month of the start as a number, as in 201803, in the customers' zone."""
    at = "started_at" if evidence.zone == "UTC" else f"(started_at AT TIME ZONE {quote(evidence.zone)})"
    return f"(year({at}) * 100 + month({at}))"


def _count_late(evidence: Evidence, moment: Moment) -> dict[tuple[str, str], _Late]:
    """How many came late of all (`("", "")`), per month and per property's value, in one pass over the occurrences."""
    fields = [f"properties.{quote_name(name)}" for name in evidence.properties]
    named = " ".join(
        f"WHEN grouping({field}) = 0 THEN {quote(name)}"
        for name, field in zip(evidence.properties, fields, strict=True)
    )
    seconds = f"(epoch_us(ended_at) - epoch_us(due)) / {SECOND_US}.0"
    sets = ", ".join(["()", "(month)", *(f"({field})" for field in fields)])
    rows = evidence.ask(
        f"SELECT CASE WHEN grouping(month) = 0 THEN '{_MONTH}' {named} ELSE '' END AS name, "
        f"coalesce({', '.join(['month::VARCHAR', *fields])}) AS part, count(*), count(due), "
        f"count(DISTINCT CASE WHEN due IS NOT NULL THEN customer END), count({seconds}), avg({seconds}), "
        f"var_samp({seconds}) FROM (SELECT *, {_month_of(evidence)} AS month FROM {_joined(moment)}) "
        f"GROUP BY GROUPING SETS ({sets})"
    )
    return {
        (str(name), str(part or "")): _Late(
            read_whole(n), read_whole(late), read_whole(people), read_sample(seconds_of)
        )
        for name, part, n, late, people, *seconds_of in rows
        if part is not None or name == ""
    }


def _doses(evidence: Evidence, moment: Moment) -> tuple[Split | None, Estimate | None]:
    """Mean score by lateness, in time first, and the difference that lateness makes."""
    bins = " ".join(f"WHEN {_between(dose)} THEN {place}" for place, dose in enumerate(DOSES))
    rows = evidence.ask(
        f"SELECT CASE WHEN b.due IS NULL THEN -1 {bins} END AS dose, count(s.score), avg(s.score), var_samp(s.score) "
        f"FROM (SELECT * FROM scores WHERE {_scored(moment)}) AS s "
        f"JOIN (SELECT customer, key, ended_at FROM occurrences WHERE {_completed(moment)}) AS o "
        f"ON o.customer = s.customer AND o.key = s.key "
        f"LEFT JOIN {_broken()} AS b ON b.customer = o.customer AND b.key = o.key GROUP BY 1"
    )
    samples = {read_whole(row[0]): read_sample(row[1:4]) for row in rows}
    late, in_time = pool(samples[place] for place in samples if place >= 0), samples.get(-1, Sample(0))
    if not late.n:
        return None, None
    parts = [("in time", mean_of(in_time, "score", f"{_scored(moment)} AND NOT ({_late_rows(moment)})", "scores"))]
    for place, dose in enumerate(DOSES):
        rows_of_dose = f"{_scored(moment)} AND {_late_rows(moment, dose)}"
        parts.append((_say_dose(dose), mean_of(samples.get(place, Sample(0)), "score", rows_of_dose, "scores")))
    split = Split(title="Mean score by lateness", parts=tuple(part for part in parts if part[1].n))
    found = compare_means(late, in_time) if min(late.n, in_time.n) >= FEWEST else None
    return split, found.estimate(late.n + in_time.n, "score", _scored(moment), "scores") if found else None


def _scored(moment: Moment) -> str:
    return f"{_completed(moment)} AND score IS NOT NULL"


def _returning(evidence: Evidence, moment: Moment) -> Estimate | None:
    """Share of the late ones that start again within `RETURN_US` minus that of the others, where so much is seen."""
    seen = evidence.until_us - RETURN_US
    if seen <= evidence.since_us:
        return None
    again = (
        f"(SELECT customer, key, outcome, ended_at, lead(started_at) OVER (PARTITION BY customer ORDER BY started_at) "
        f"AS next_at FROM occurrences WHERE {of_moment(moment.name)})"
    )
    back = f"coalesce(epoch_us(next_at) <= epoch_us(ended_at) + {RETURN_US} AND next_at > ended_at, false)"
    rows = evidence.ask(
        f"SELECT b.due IS NOT NULL AS late, count(*), count(*) FILTER ({back}) FROM {again} AS o LEFT JOIN {_broken()} "
        "AS b ON b.customer = o.customer AND b.key = o.key "
        f"WHERE outcome = 'completed' AND epoch_us(ended_at) < {seen} GROUP BY 1"
    )
    counts = {bool(late): (read_whole(n), read_whole(count)) for late, n, count in rows}
    (n, count), (other_n, other_count) = counts.get(True, (0, 0)), counts.get(False, (0, 0))
    if min(n, other_n) < FEWEST:
        return None
    found = compare_shares((count, n), (other_count, other_n))
    period = f"{_completed(moment)} AND epoch_us(ended_at) < {seen}"
    return found.estimate(n + other_n, "share", period)


def _parts(moment: Moment, counted: dict[tuple[str, str], _Late], name: str, said: str, field: str) -> Split | None:
    """The share that came late by month or by a property's value, the worst first."""
    own = [(part, late) for (of, part), late in counted.items() if of == name and late.completed >= FEWEST_IN_PART]
    own.sort(key=lambda one: (-one[1].late / one[1].completed, one[0]))
    parts = tuple(
        (
            f"{part[:4]}-{part[4:]}" if name == _MONTH else part,
            share_of(late.late, late.completed, f"{_late_rows(moment)} AND {field} = {quote(part)}"),
        )
        for part, late in own[:MOST_PARTS]
    )
    return Split(title=f"Share late by {said}, the worst first", parts=parts) if len(parts) > 1 else None


def _say_dose(dose: tuple[int, int | None]) -> str:
    least, most = dose
    return f"{least} days late or more" if most is None else f"{least}–{most} days late"


def _title(late: _Late, doses: Split | None, emotion: Estimate | None) -> str:
    said = f"{late.late:,} of {late.completed:,} promises ({100 * late.late / late.completed:.2f} %) were kept too late"
    in_time = dict(doses.parts).get("in time") if doses else None
    if in_time is None or in_time.value is None or emotion is None or emotion.value is None:
        return f"{said}."
    return (
        f"{said}; their customers' scores average {in_time.value + emotion.value:.2f} instead of {in_time.value:.2f}."
    )


def _detail(evidence: Evidence, moment: Moment, late: _Late) -> str:
    said = f"They came {say_span(late.seconds.mean)} late on average."
    never = read_whole(
        evidence.ask(
            f"SELECT count(*) FROM occurrences WHERE {of_moment(moment.name)} AND outcome <> 'completed' AND "
            f"(customer, key) IN (SELECT customer, key FROM signals WHERE signal = {quote(RULE)})"
        )[0][0]
    )
    if never:
        said += (
            f" Of what else was promised, {never:,} had not come when its time passed, and never did or were cancelled."
        )
    return said


def _standing(late: _Late, emotion: Estimate | None, returning: Estimate | None) -> tuple[Standing, str]:
    """Established where late customers score lower or come back less, beyond chance; else no more than observed."""
    if min(late.late, late.completed - late.late) < FEWEST:
        return "observed", f"Fewer than {FEWEST} were late or in time, too few to compare."
    for harm in (emotion, returning):
        if harm is not None and harm.high is not None and harm.high < 0:
            return "established", ""
    return "observed", "Neither scores nor returns show harm: what a late one does to customers is not known."


# Properties by which a promise can be made otherwise: where it goes and what it is, not with what it was ordered.
_WHERE = (
    "region",
    "state",
    "country",
    "city",
    "province",
    "district",
    "store",
    "branch",
    "carrier",
    "category",
    "depot",
)


def _next_step(share: Estimate, months: Split | None, segments: list[Split]) -> str:
    said = "Tell customers before the promised time passes, and promise a later one"
    for split in segments:
        if not any(word in split.title.lower() for word in _WHERE):
            continue
        worst = [name for name, part in split.parts if (part.low or 0.0) > (share.value or 0.0)]
        if worst:
            return f"{said} where most comes late: {', '.join(worst[:3])}."
    return f"{said}; {months.parts[0][0]} was the worst month." if months else f"{said}."
