"""Segment cells: counts and sums of every moment by property, pair of properties and time, on which segments are compared.

They are laid down once as the temporary table `_cells` (one row per moment, combination of values and period), so that a
segment can be taken out and the rest counted again without reading the occurrences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from momentwise.define.evaluate import quote, quote_name
from momentwise.rank.evidence import Evidence
from momentwise.rank.passes import MOST_SEGMENTS, Passes, moment_names, number, whole
from momentwise.rank.strata import PARTS, RETURNING, Property

Floats = npt.NDArray[np.float64]

# So many combinations of values are told apart at most; where there are more, each property keeps fewer values.
MOST_CELLS = 20_000

# What is summed, over ended occurrences that are old enough to be decided: how many; completed ones; those of them whose
# duration is known, their seconds, the squares, the logarithms and the squares of those; and of all that ended, scores, their
# sum and their squares.
SUMS = ("n", "done", "took", "s1", "s2", "l1", "l2", "said", "c1", "c2")

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


def lay_cells(evidence: Evidence, passes: Passes) -> Cells:
    """The cells; lays down their table.

    Args:
        evidence: The audit's.
        passes: What `lay_passes` gave.
    """
    for most in (MOST_SEGMENTS, 12, 6, 3, 2):
        cut = tuple(Property(one.name, one.values[:most]) for one in passes.properties)
        if np.prod([float(one.levels) for one in cut]) <= MOST_CELLS:
            break
    kept: list[int] = []
    for place in range(len(cut)):  # of very many properties the first ones that the playbook names
        if np.prod([float(cut[other].levels) for other in (*kept, place)]) <= MOST_CELLS:
            kept.append(place)
    parts = ", ".join(f"{passes.properties[place].coarse(place, most)} AS part_{new}" for new, place in enumerate(kept))
    evidence.ask(_cells_sql(parts))
    return Cells(evidence, tuple(cut[place] for place in kept))


def _cells_sql(parts: str) -> str:
    took = "greatest(seconds, 0.001)"
    kept = "FILTER (completed AND decided AND seconds IS NOT NULL)"
    sums = f"sum({took}) {kept}, sum({took} ** 2) {kept}, sum(ln({took})) {kept}, sum(ln({took}) ** 2) {kept}"
    counts = f"count(*) FILTER (decided), count(*) FILTER (completed AND decided), count(*) {kept}"
    return (
        "CREATE OR REPLACE TEMP TABLE _cells AS FROM (SELECT moment, time, "
        f"{parts}, {counts}, {sums}, 0, 0.0, 0.0 FROM _passes GROUP BY ALL "
        f"UNION ALL SELECT moment, time, {parts}, 0, 0, 0, NULL, NULL, NULL, NULL, count(*), sum(score), sum(score ** 2) "
        "FROM _passes JOIN _scored ON _passes.rowid = _scored.pass WHERE NOT about_another GROUP BY ALL) "
        f"AS cells(moment, time, {_columns(parts)}, {', '.join(SUMS)})"
    )


def _columns(parts: str) -> str:
    """The names of the property columns."""
    return ", ".join(f"part_{index}" for index in range(parts.count(" AS part_")))


def read_sameness(passes: Passes, evidence: Evidence) -> dict[int, float]:
    """Per moment, how many times larger a variance of completed shares is because customers come more than once.

    Measured on customers drawn by hash; at least 1.

    Source:
        The design effect: Kish, L. (1965). Survey Sampling, section 5.4, from the customers' sums.
    """
    rows = evidence.ask(
        "WITH drawn AS (SELECT moment, who, completed::INTEGER AS done FROM _passes "
        f"WHERE who % {passes.one_in} = 0), "
        "average AS (SELECT moment, avg(done) AS mean FROM drawn GROUP BY moment), "
        "summed AS (SELECT moment, sum(done - mean) AS off, sum((done - mean) ** 2) AS squares FROM drawn JOIN average "
        "USING (moment) GROUP BY moment, who) "
        "SELECT moment, sum(off ** 2) / nullif(sum(squares), 0) FROM summed GROUP BY moment"
    )
    return {whole(moment): max(1.0, number(size)) for moment, size in rows}
