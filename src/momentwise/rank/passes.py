"""Passes: the ended occurrences as numbers, in memory, so that every finder counts from them and none reads the files again.

Two temporary tables: `_passes`, one row per ended occurrence (number of the moment, hash of the customer, key, start, end,
whether completed, whether it began early enough to be decided, last step unless completed, seconds as they were and as cut,
part of the time, and a number per property) and `_scored`, one row per score and the occurrence that it is about.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from momentwise.define.evaluate import quote
from momentwise.rank.evidence import Evidence
from momentwise.rank.score_rows import ABOUT_ANOTHER
from momentwise.rank.strata import PARTS, Property, read_properties

# Longer than 99 in 100 counts as that long, so that a forgotten tab does not drown a second.
CAPPED_SHARE = 0.01

# Those that began so late that they may still be open are left out where at least this part of the time is left: of the
# late ones only the quick have ended.
LEAST_DECIDED = 0.5

# So many values of a property are told apart at most.
MOST_SEGMENTS = 40

# Customers are drawn (by hash, whole customers) until about so many occurrences are left, for what needs each customer.
SAMPLED = 50_000


@dataclass(frozen=True)
class Cap:
    """Above how many seconds a moment's completed occurrences are cut, and what share of them is not."""

    seconds: float
    below: float
    median: float


@dataclass(frozen=True)
class Passes:
    """What is known of the table `_passes`.

    Args:
        caps: Per moment with completed occurrences.
        properties: By their places: the columns `part_0`, `part_1`, …
        many: How many rows it has.
    """

    caps: Mapping[str, Cap]
    properties: tuple[Property, ...]
    many: int

    @property
    def one_in(self) -> int:
        """Of so many customers one is drawn for what needs each customer."""
        return max(1, math.ceil(self.many / SAMPLED))


def lay_passes(evidence: Evidence) -> Passes:
    """Lays down the tables, and says what is in them."""
    caps = read_caps(evidence)
    properties = read_properties(evidence.properties, evidence.ask, MOST_SEGMENTS)
    evidence.ask(_passes_sql(evidence, caps, properties))
    evidence.ask(_scored_sql(evidence))
    return Passes(caps, properties, whole(evidence.ask("SELECT count(*) FROM _passes")[0][0]))


# No scale goes further; beyond it squares are no numbers any more.
LARGEST_SCORE = 1_000_000


def moment_names(evidence: Evidence) -> list[str]:
    """The moments' names, by their number."""
    return list(dict.fromkeys(moment.name for moment in evidence.moments))


def whole(value: object) -> int:
    """The whole number that a query gave."""
    return int(str(value))


def number(value: object) -> float:
    """The number that a query gave; 0 where it gave none."""
    return float(str(value)) if value is not None else 0.0


def decided_before(evidence: Evidence, name: str) -> int | None:
    """The start, microseconds, before which each occurrence of a moment is decided; `None` where too little time is left."""
    last = evidence.until_us - evidence.moment(name).final_after_us
    return last if last - evidence.since_us >= LEAST_DECIDED * (evidence.until_us - evidence.since_us) else None


def read_caps(evidence: Evidence) -> dict[str, Cap]:
    """Per moment with completed occurrences: the duration that all but one in a hundred stay below, and the median.

    Counted in bins of a sixteenth of a doubling, so that it needs no sorting and comes out the same every time.
    """
    rows = evidence.ask(
        "SELECT moment::VARCHAR AS name, floor(16 * log2(greatest(duration_seconds, 0.001)))::INTEGER AS bin, "
        "count(*) FROM occurrences WHERE outcome = 'completed' AND duration_seconds IS NOT NULL "
        "GROUP BY ALL ORDER BY name, bin"
    )
    bins: dict[str, list[tuple[int, int]]] = {}
    for name, bin_, n in rows:
        bins.setdefault(str(name), []).append((whole(bin_), whole(n)))
    return {name: _cap(found) for name, found in bins.items()}


def _cap(bins: Sequence[tuple[int, int]]) -> Cap:
    many = sum(n for _, n in bins)
    below, median, passed = 0, 0.0, 0
    for bin_, n in bins:
        if passed < many / 2:
            median = 2.0 ** ((bin_ + 0.5) / 16)
        passed += n
        below = passed
        if passed >= (1 - CAPPED_SHARE) * many:
            break
    return Cap(2.0 ** ((bin_ + 1) / 16), below / many, median)


def _passes_sql(evidence: Evidence, caps: Mapping[str, Cap], properties: Sequence[Property]) -> str:
    names = moment_names(evidence)
    listed = ", ".join(map(quote, names))
    limits = ", ".join(repr(caps[name].seconds) if name in caps else "1e300" for name in names)
    decided = ", ".join(str(decided_before(evidence, name) or 1 << 62) for name in names)
    parts = "".join(f", ({one.sql})::UTINYINT AS part_{place}" for place, one in enumerate(properties))
    span = max(1, evidence.until_us - evidence.since_us)
    time = f"least(greatest((epoch_us(started_at) - {evidence.since_us}) * {PARTS} // {span}, 0), {PARTS - 1})"
    return (
        "CREATE OR REPLACE TEMP TABLE _passes AS "
        f"SELECT (list_position([{listed}], moment::VARCHAR) - 1)::USMALLINT AS moment, hash(customer) AS who, key, "
        "started_at, ended_at, outcome = 'completed' AS completed, "
        "CASE WHEN outcome <> 'completed' THEN last_step::VARCHAR END AS last_step, duration_seconds AS lasted, "
        f"least(duration_seconds, [{limits}][list_position([{listed}], moment::VARCHAR)]) AS seconds, "
        f"epoch_us(started_at) < [{decided}][list_position([{listed}], moment::VARCHAR)] AS decided, "
        f"({time})::UTINYINT AS time{parts} FROM occurrences WHERE outcome <> 'open' AND moment IN ({listed})"
    )


def _scored_sql(evidence: Evidence) -> str:
    """Lays down `_scored`: every score beside the occurrence that it belongs to, and whether it names another."""
    numbers = " ".join(f"WHEN {quote(name)} THEN {index}" for index, name in enumerate(moment_names(evidence)))
    return (
        "CREATE OR REPLACE TEMP TABLE _scored AS SELECT pass, score, about_another FROM (SELECT CASE moment::VARCHAR "
        f"{numbers} END AS moment, hash(customer) AS who, coalesce(key, '') AS key, \"at\" AS given, score, "
        f"coalesce({ABOUT_ANOTHER}, false) AS about_another FROM scores "
        f"WHERE isfinite(score) AND abs(score) <= {LARGEST_SCORE} AND outcome <> 'open') AS said ASOF JOIN "
        "(SELECT rowid AS pass, moment, who, coalesce(key, '') AS key, started_at FROM _passes "
        "WHERE who IN (SELECT hash(customer) FROM scores)) AS passed ON said.moment = passed.moment "
        "AND said.who = passed.who AND said.key = passed.key AND said.given >= passed.started_at"
    )
