"""Halves: each moment's recent half beside the half before: scores, who came back, who completed, who asked for help.

Per moment and per value of each property. Three queries read all of it; of very many occurrences only some customers' are
read, the same in every run. What follows from the halves stands in `contradictions`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.moment import Moment
from momentwise.define.span import DAY_US
from momentwise.rank.contrasts import FEWEST, Ratio
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Sample
from momentwise.rank.measures import read_number, read_sample, read_whole
from momentwise.rank.queries import of_moment

# Coming back: after a start that followed no other one so recently, another start of the same moment within so long; of a
# short period within a sixth. What a customer's later visits do is left out: their share among all visits grows with the
# log itself, and would look like a change.
RETURN_US, PERIODS = 30 * DAY_US, 6

# More occurrences than these are not read: a share of the customers says as much.
MOST_READ = 400_000

RETURNING, COMPLETION, CONTACTS = "returning", "completion", "contacts"
Segment = tuple[str, str] | None  # a property and its value; none for the whole moment


class Halves(NamedTuple):
    """Both halves of one moment in one segment, the earlier one first: scores, and a ratio per behaviour."""

    moment: Moment
    segment: Segment
    scores: tuple[Sample, Sample]
    ratios: dict[str, tuple[Ratio, Ratio]]


class Frame(NamedTuple):
    """What bounds the reading.

    Args:
        evidence: That is read.
        moments: With enough scores.
        return_us: How long coming back may take.
        one_in: One customer in how many is read.
    """

    evidence: Evidence
    moments: tuple[Moment, ...]
    return_us: int
    one_in: int

    def span(self, moment: Moment, behaviour: str) -> tuple[int, int, int]:
        """Begin and end of the period in which a behaviour is surely known, with the middle of the data between them."""
        since, until = self.evidence.since_us, self.evidence.until_us
        middle = (since + until) // 2
        if behaviour == RETURNING:
            since, until = since + self.return_us, until - self.return_us
        else:
            until -= moment.final_after_us
        return since, middle, until

    @property
    def middle(self) -> int:
        """Where the halves part."""
        return (self.evidence.since_us + self.evidence.until_us) // 2

    @property
    def sampled(self) -> str:
        """The condition that keeps the customers who are read, to be put behind another one."""
        return f" AND hash(customer) % {self.one_in} = 0" if self.one_in > 1 else ""

    @property
    def scored(self) -> str:
        """The condition that keeps the moments with enough scores."""
        return f"moment IN ({', '.join(quote(moment.name) for moment in self.moments)})"


def open_frame(evidence: Evidence) -> Frame | None:
    """The bounds for the moments that have enough scores; `None` where none has."""
    rows = evidence.ask(f"SELECT moment FROM scores GROUP BY moment HAVING count(score) >= {2 * FEWEST}")
    names = {row[0] for row in rows}
    moments = tuple(moment for moment in evidence.moments if moment.name in names)
    if not moments:
        return None
    volume = read_whole(evidence.ask("SELECT count(*) FROM occurrences")[0][0])
    return_us = min(RETURN_US, (evidence.until_us - evidence.since_us) // PERIODS)
    return Frame(evidence, moments, return_us, max(1, math.ceil(volume / MOST_READ)))


def read_halves(frame: Frame) -> list[Halves]:
    """The halves of every moment and segment in which both have enough scores."""
    scores, ratios = _read_scores(frame), _read_ratios(frame)
    moments = {moment.name: moment for moment in frame.moments}
    return [
        Halves(moments[name], segment, halves, ratios.get((name, segment), {}))
        for (name, segment), halves in scores.items()
        if min(half.n for half in halves) >= FEWEST
    ]


def _grouping(evidence: Evidence, keys: Sequence[str], *, whole: bool) -> tuple[str, str]:
    """Columns that name the segment of a row, and the grouping: of all (`whole`) and of each property's values."""
    fields = [f"properties.{quote_name(name)}" for name in evidence.properties]
    if not fields:
        return "NULL AS which, NULL AS part", f"GROUP BY {', '.join(keys)}"
    named = " ".join(
        f"WHEN grouping({field}) = 0 THEN {quote(name)}"
        for name, field in zip(evidence.properties, fields, strict=True)
    )
    sets = [[*keys], *([*keys, field] for field in fields)]
    listed = ", ".join(f"({', '.join(one)})" for one in (sets if whole else sets[1:]))
    return f"CASE {named} END AS which, coalesce({', '.join(fields)}) AS part", f"GROUP BY GROUPING SETS ({listed})"


def _read_scores(frame: Frame) -> dict[tuple[str, Segment], tuple[Sample, Sample]]:
    """Scores by moment and segment; a customer's segment is that of their last occurrence of the moment."""
    half = f'epoch_us("at") >= {frame.middle} AS half'
    sample = "count(score), avg(score), var_samp(score)"
    rows = frame.evidence.ask(
        f"SELECT moment, half, NULL, NULL, {sample} FROM (SELECT moment, score, {half} FROM scores WHERE {frame.scored}) "
        "GROUP BY moment, half"
    )
    if frame.evidence.properties:
        named, grouping = _grouping(frame.evidence, ("moment", "half"), whole=False)
        rows += frame.evidence.ask(
            f"SELECT moment, half, {named}, {sample} FROM (SELECT moment, customer, score, {half} FROM scores "
            f"WHERE {frame.scored}{frame.sampled}) JOIN (SELECT moment, customer, arg_max(properties, started_at) AS "
            f"properties FROM occurrences WHERE {frame.scored}{frame.sampled} AND customer IN (SELECT customer FROM scores) "
            f"GROUP BY moment, customer) USING (moment, customer) {grouping}"
        )
    found: dict[tuple[str, Segment], dict[bool, Sample]] = {}
    for moment, later, which, part, *numbers in rows:
        if which is None or part is not None:
            found.setdefault((str(moment), _segment(which, part)), {})[bool(later)] = read_sample(numbers)
    return {key: (halves.get(False, Sample(0)), halves.get(True, Sample(0))) for key, halves in found.items()}


def _read_ratios(frame: Frame) -> dict[tuple[str, Segment], dict[str, tuple[Ratio, Ratio]]]:
    """The ratios of every behaviour; a customer's occurrences are added up first, so that each counts as one."""
    found: dict[tuple[str, Segment], dict[str, dict[bool, Ratio]]] = {}
    for span, moment, half, which, part, people, n, nn, *counted in frame.evidence.ask(_ratios_sql(frame)):
        if which is not None and part is None:
            continue
        behaviours = (RETURNING,) if span == RETURNING else (COMPLETION, CONTACTS)
        for place, name in enumerate(behaviours):
            count, cc, nc = (read_number(number) or 0.0 for number in counted[3 * place : 3 * place + 3])
            ratio = Ratio(read_whole(people), read_number(n) or 0.0, count, read_number(nn) or 0.0, cc, nc)
            own = found.setdefault((str(moment), _segment(which, part)), {})
            own.setdefault(name, {})[bool(half)] = ratio
    return {
        key: {name: (halves[False], halves[True]) for name, halves in ratios.items() if len(halves) == 2}
        for key, ratios in found.items()
    }


def _ratios_sql(frame: Frame) -> str:
    named, grouping = _grouping(frame.evidence, ("span", "moment", "half"), whole=True)
    properties = ", properties" if frame.evidence.properties else ""
    begin, middle, end = frame.span(frame.moments[0], RETURNING)
    at = "epoch_us(started_at)"
    ended = {moment.name: frame.span(moment, COMPLETION) for moment in frame.moments}
    half_of, end_of = (
        f"CASE moment {' '.join(f'WHEN {quote(name)} THEN {span[place]}' for name, span in ended.items())} END"
        for place in (1, 2)
    )
    people = (
        f"SELECT '{RETURNING}' AS span, moment, customer{properties}, {at} >= {middle} AS half, count(*)::DOUBLE AS n, "
        f"count(*) FILTER ({back(frame)})::DOUBLE AS one, 0.0::DOUBLE AS two FROM visits "
        f"WHERE {fresh(frame)} AND {at} >= {begin} AND {at} < {end} GROUP BY ALL "
        f"UNION ALL SELECT '{COMPLETION}', moment, customer{properties}, {at} >= {half_of}, count(*)::DOUBLE, "
        "count(*) FILTER (outcome = 'completed')::DOUBLE, count(*) FILTER (outcome = 'escalated')::DOUBLE FROM visits "
        f"WHERE outcome <> 'open' AND {at} < {end_of} GROUP BY ALL"
    )
    sums = ", ".join(f"sum({name}), sum({name} * {name}), sum(n * {name})" for name in ("one", "two"))
    return (
        f"WITH visits AS MATERIALIZED {visits(f'{frame.scored}{frame.sampled}', properties)} "
        f"SELECT span, moment, half, {named}, count(*), sum(n), sum(n * n), {sums} FROM ({people}) {grouping}"
    )


def visits(condition: str, properties: str = "") -> str:
    """Occurrences with the start before and the start after of the same customer and moment.

    Args:
        condition: Which; of a customer and moment all or none.
        properties: Further columns, each with a comma before it.
    """
    return (
        f"(SELECT moment, customer, started_at, outcome{properties}, lag(started_at) OVER own AS before_at, "
        f"lead(started_at) OVER own AS next_at FROM occurrences WHERE {condition} "
        "WINDOW own AS (PARTITION BY moment, customer ORDER BY started_at))"
    )


def fresh(frame: Frame) -> str:
    """Of `visits`: whether no other start came shortly before."""
    return f"(before_at IS NULL OR epoch_us(started_at) - epoch_us(before_at) > {frame.return_us})"


def back(frame: Frame) -> str:
    """Of `visits`: whether the next start comes in the time for coming back; one in the same instant is none."""
    return f"(next_at > started_at AND epoch_us(next_at) <= epoch_us(started_at) + {frame.return_us})"


def rows_of_period(frame: Frame, halves: Halves, behaviour: str) -> str:
    """The condition that gives every occurrence of both halves that a behaviour is counted on."""
    begin, _, end = frame.span(halves.moment, behaviour)
    kept = _among_visits(halves.moment, fresh(frame)) if behaviour == RETURNING else "outcome <> 'open'"
    segment = halves.segment
    narrowed = f" AND properties.{quote_name(segment[0])} = {quote(segment[1])}" if segment else ""
    return (
        f"{of_moment(halves.moment.name)}{frame.sampled}{narrowed} AND epoch_us(started_at) >= {begin} AND "
        f"epoch_us(started_at) < {end} AND {kept}"
    )


def rows_counted(frame: Frame, halves: Halves, behaviour: str) -> tuple[str, str]:
    """The conditions that give the occurrences that were counted, of the earlier half and of the later one."""
    _, middle, _ = frame.span(halves.moment, behaviour)
    if behaviour == RETURNING:
        counted = _among_visits(halves.moment, f"{fresh(frame)} AND {back(frame)}")
    else:
        counted = f"outcome = {quote('completed' if behaviour == COMPLETION else 'escalated')}"
    base = rows_of_period(frame, halves, behaviour)
    earlier, later = (f"{base} AND epoch_us(started_at) {sign} {middle} AND {counted}" for sign in ("<", ">="))
    return earlier, later


def rows_scored(frame: Frame, halves: Halves) -> tuple[str, str]:
    """The conditions that give the scores of the earlier half and of the later one."""
    name, segment = of_moment(halves.moment.name), halves.segment
    narrowed = ""
    if segment:
        narrowed = (
            f"{frame.sampled} AND customer IN (SELECT customer FROM (SELECT customer, arg_max(properties, started_at) AS "
            f"properties FROM occurrences WHERE {name} GROUP BY customer) "
            f"WHERE properties.{quote_name(segment[0])} = {quote(segment[1])})"
        )
    earlier, later = (
        f'{name} AND score IS NOT NULL AND epoch_us("at") {sign} {frame.middle}{narrowed}' for sign in ("<", ">=")
    )
    return earlier, later


def _among_visits(moment: Moment, condition: str) -> str:
    return f"(customer, started_at) IN (SELECT customer, started_at FROM {visits(of_moment(moment.name))} WHERE {condition})"


def _segment(which: object, part: object) -> Segment:
    return None if which is None else (str(which), str(part))
