"""Segment cells: counts and sums of every moment by property, pair of properties and time, on which segments are compared.

They are laid down once as the temporary table `_cells` (one row per moment, combination of values and period), so that a
segment can be taken out and the rest counted again without reading the occurrences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from momentwise.define.evaluate import quote, quote_name
from momentwise.rank.evidence import Evidence
from momentwise.rank.strata import RETURNING, Property, read_properties
from momentwise.rank.survey import SAMPLED, Cap, moment_names, number, whole

Floats = npt.NDArray[np.float64]

# So many values of a property are told apart at most, and so many combinations of them; where there are more, each
# property keeps fewer values.
MOST_SEGMENTS, MOST_CELLS = 40, 20_000

# The time is cut into so many parts, to see from when on a segment is worse.
PARTS = 8

# What is summed, over ended occurrences: how many; completed ones; seconds of these, their squares, their logarithms and the
# squares of those; scores, their sum and their squares.
SUMS = ("n", "done", "s1", "s2", "l1", "l2", "said", "c1", "c2")

Terms = tuple[tuple[int, int], ...]  # a property's place and a value's number, one or two of them


@dataclass(frozen=True)
class Cells:
    """What the segments are counted by.

    Args:
        evidence: The audit's.
        properties: By their places.
    """

    evidence: Evidence
    properties: tuple[Property, ...]

    @property
    def names(self) -> list[str]:
        """The moments' names, by their number."""
        return moment_names(self.evidence)

    def count(self, moment: int | None = None, gone: Sequence[Terms] = ()) -> dict[int, dict[Terms, Floats]]:
        """Per moment and segment, a table: one row per part of the time, one column per sum; the empty segment is all.

        Args:
            moment: Only this one.
            gone: Segments that are left out.
        """
        parts = [f"part_{place}" for place in range(len(self.properties))]
        sets = [(), *((part,) for part in parts), *combinations(parts, 2)]
        grouping = ", ".join(f"({', '.join(('moment', 'time', *one))})" for one in sets)
        marks = ", ".join(f"grouping({part})" for part in parts)
        sums = ", ".join(f"sum({name})" for name in SUMS)
        kept = "".join(f" AND NOT ({_is_in(terms)})" for terms in gone) + (
            f" AND moment = {moment}" if moment is not None else ""
        )
        found: dict[int, dict[Terms, Floats]] = {}
        for row in self.evidence.ask(
            f"SELECT moment, time, {marks}, {', '.join(parts)}, {sums} FROM _cells WHERE true{kept} "
            f"GROUP BY GROUPING SETS ({grouping})"
        ):
            many = len(parts)
            terms = tuple((place, whole(row[2 + many + place])) for place in range(many) if whole(row[2 + place]) == 0)
            if all(value or self.properties[place].name == RETURNING for place, value in terms):
                table = found.setdefault(whole(row[0]), {}).setdefault(terms, np.zeros((PARTS, len(SUMS))))
                table[whole(row[1])] = [number(value) for value in row[2 + 2 * many :]]
        return found

    def say(self, terms: Terms) -> dict[str, str]:
        """The properties of a segment with their values."""
        return {self.properties[place].name: self._value(place, value) for place, value in terms}

    def _value(self, place: int, value: int) -> str:
        if self.properties[place].name == RETURNING:
            return "true" if value else "false"
        return self.properties[place].values[value - 1]

    def rows(self, terms: Terms, since: int | None = None) -> str:
        """The condition over `occurrences` that picks a segment, perhaps from a time on (microseconds)."""
        parts = []
        for name, value in self.say(terms).items():
            if name == RETURNING:
                parts.append("is_returning" if value == "true" else "NOT is_returning")
            else:
                parts.append(f"properties.{quote_name(name)} = {quote(value)}")
        if since is not None:
            parts.append(f"epoch_us(started_at) >= {since}")
        return " AND ".join(parts)

    def start_of(self, part: int) -> int:
        """When a part of the time begins, microseconds since the epoch."""
        span = self.evidence.until_us - self.evidence.since_us
        return self.evidence.since_us + -(-part * span // PARTS)


def _is_in(terms: Terms) -> str:
    return " AND ".join(f"part_{place} = {value}" for place, value in terms)


def lay_cells(evidence: Evidence, caps: Mapping[str, Cap]) -> Cells:
    """The cells; lays down their table.

    Args:
        evidence: The audit's.
        caps: Above how many seconds each moment's durations are cut.
    """
    properties = read_properties(evidence.properties, evidence.ask, MOST_SEGMENTS)
    for most in (MOST_SEGMENTS, 12, 6, 3, 2):
        cut = tuple(Property(one.name, one.values[:most]) for one in properties)
        if np.prod([float(one.levels) for one in cut]) <= MOST_CELLS:
            break
    kept: list[Property] = []
    for one in cut:  # of very many properties the first ones that the playbook names
        if np.prod([float(other.levels) for other in (*kept, one)]) <= MOST_CELLS:
            kept.append(one)
    evidence.ask(_cells_sql(evidence, caps, kept))
    return Cells(evidence, tuple(kept))


def _cells_sql(evidence: Evidence, caps: Mapping[str, Cap], properties: Sequence[Property]) -> str:
    names = moment_names(evidence)
    listed = ", ".join(map(quote, names))
    limits = ", ".join(repr(caps[name].seconds) if name in caps else "1e300" for name in names)
    span = max(1, evidence.until_us - evidence.since_us)
    time = (
        f"least(greatest((epoch_us(started_at) - {evidence.since_us}) * {PARTS} // {span}, 0), {PARTS - 1})::UTINYINT"
    )
    parts = ", ".join(f"({one.sql})::UTINYINT AS part_{place}" for place, one in enumerate(properties))
    keys = ", ".join(f"part_{place}" for place in range(len(properties)))
    moment = f"list_position([{listed}], moment::VARCHAR) - 1"
    kept = f"outcome <> 'open' AND moment IN ({listed})"
    took = "CASE WHEN done THEN greatest(took, 0.001) END"
    scored = (
        "SELECT said.score, passed.* FROM (SELECT moment::VARCHAR AS of, customer AS whose, coalesce(key, '') AS same, "
        f'"at" AS given, score FROM scores WHERE isfinite(score) AND {kept}) AS said ASOF JOIN '
        f"(SELECT moment::VARCHAR AS of, customer AS whose, coalesce(key, '') AS same, started_at AS begun, {moment} AS moment, "
        f"{time} AS time, {parts} FROM occurrences WHERE {kept} AND customer IN (SELECT customer FROM scores)) AS passed "
        "ON said.of = passed.of AND said.whose = passed.whose AND said.same = passed.same AND said.given >= passed.begun"
    )
    return (
        "CREATE OR REPLACE TEMP TABLE _cells AS "
        f"SELECT moment, time, {keys}, count(*) AS n, count(*) FILTER (done) AS done, sum({took}) AS s1, "
        f"sum(({took}) ** 2) AS s2, sum(ln({took})) AS l1, sum(ln({took}) ** 2) AS l2, 0 AS said, 0.0 AS c1, 0.0 AS c2 FROM ("
        f"SELECT {moment} AS moment, {time} AS time, {parts}, outcome = 'completed' AS done, "
        f"least(duration_seconds, [{limits}][{moment} + 1]) AS took FROM occurrences WHERE {kept}) GROUP BY ALL "
        f"UNION ALL SELECT moment, time, {keys}, 0, 0, NULL, NULL, NULL, NULL, count(*), sum(score), sum(score ** 2) "
        f"FROM ({scored}) GROUP BY ALL"
    )


def read_sameness(evidence: Evidence) -> dict[int, float]:
    """Per moment, how many times larger a variance of completed shares is because customers come more than once.

    Measured on customers drawn by hash; at least 1.

    Source:
        The design effect: Kish, L. (1965). Survey Sampling, section 5.4, from the customers' sums.
    """
    names = moment_names(evidence)
    listed = ", ".join(map(quote, names))
    ended = whole(evidence.ask("SELECT count(*) FROM occurrences WHERE outcome <> 'open'")[0][0])
    rows = evidence.ask(
        "WITH drawn AS (SELECT moment::VARCHAR AS moment, customer, (outcome = 'completed')::INTEGER AS done FROM occurrences "
        f"WHERE outcome <> 'open' AND moment IN ({listed}) AND hash(customer) % {max(1, ended // SAMPLED)} = 0), "
        "whole AS (SELECT moment, avg(done) AS mean FROM drawn GROUP BY moment), "
        "summed AS (SELECT moment, sum(done - mean) AS off, sum((done - mean) ** 2) AS squares FROM drawn JOIN whole "
        "USING (moment) GROUP BY moment, customer) "
        "SELECT moment, sum(off ** 2) / nullif(sum(squares), 0) FROM summed GROUP BY moment"
    )
    return {names.index(str(name)): max(1.0, number(size)) for name, size in rows}
