"""The survey: which occurrence met which friction, when, and beside whom it is compared; shared by ledger and frictions.

It lays down three temporary tables, so that 20 million events are joined once: `_passes` (one row per ended occurrence),
`_met` (one per occurrence and friction: seconds from start to the first meeting) and `_masks` (one per occurrence that
met any: its frictions as bits). Everything else is counted from these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from momentwise.define.evaluate import quote
from momentwise.rank.evidence import Evidence
from momentwise.rank.fitting import Groups, read_groups
from momentwise.rank.spots import Friction, Spot, name_frictions, read_spots
from momentwise.rank.strata import MOST_PERIODS, Property, Strata, choose_strata, read_properties

# A moment of one sitting: every second of it is the customer's. Of longer ones half is waiting, and the silences say so.
LONGEST_SITTING = 4 * 3600.0

# Longer than 99 in 100 counts as that long, so that a forgotten tab does not drown a second.
CAPPED_SHARE = 0.01

# Customers are drawn (by hash, whole customers) until about so many occurrences are left, for what needs each customer.
SAMPLED = 50_000


@dataclass(frozen=True)
class Cap:
    """Above how many seconds a moment's completed occurrences are cut, and what share of them is not."""

    seconds: float
    below: float
    median: float


@dataclass(frozen=True)
class Survey:
    """What was found out about frictions before anything is measured.

    Args:
        evidence: The audit's.
        frictions: Per moment that has any.
        strata: What its occurrences are matched on.
        caps: Per moment.
        properties: What can be matched on.
        periods: Into how many parts the time is cut.
        one_in: Of so many customers one is drawn for what needs each customer.
    """

    evidence: Evidence
    frictions: Mapping[str, tuple[Friction, ...]]
    strata: Mapping[str, Strata]
    caps: Mapping[str, Cap]
    properties: tuple[Property, ...] = ()
    periods: int = 1
    one_in: int = 1

    @property
    def names(self) -> list[str]:
        """The moments' names, by their number."""
        return moment_names(self.evidence)

    @property
    def stratum_sql(self) -> str:
        """The number of an occurrence's stratum over `_passes`."""
        names = self.names
        whens = " ".join(
            f"WHEN {names.index(name)} THEN {strata.sql(self.properties, self.periods)}"
            for name, strata in self.strata.items()
        )
        return f"CASE moment {whens} ELSE 0 END"

    def groups(self, measure: str, kept: str, joined: str = "", one_in: int = 0) -> dict[str, Groups]:
        """Per moment, the groups of its ended occurrences by stratum, frictions and, if asked, customer.

        Args:
            measure: An expression over `_passes` and what is joined to it.
            kept: A condition over them.
            joined: A further JOIN.
            one_in: Of so many customers one is drawn, and every group is of one customer; 0 for all, whoever they are.
        """
        if not self.frictions:
            return {}
        who, drawn = (", who", f" AND who % {one_in} = 0") if one_in else ("", "")
        numbers = ", ".join(str(self.names.index(name)) for name in self.frictions)
        rows = self.evidence.ask(
            f"SELECT moment, {self.stratum_sql} AS stratum, coalesce(mask, 0) AS mask, count(*), avg({measure}), "
            f"coalesce(var_samp({measure}), 0){who} FROM _passes {joined} "
            "LEFT JOIN _masks ON _passes.rowid = _masks.pass "
            f"WHERE moment IN ({numbers}) AND {kept} AND ({measure}) IS NOT NULL{drawn} "
            f"GROUP BY moment, stratum, mask{who} ORDER BY moment, stratum, mask{who}"
        )
        names = self.names
        by_moment: dict[str, list[tuple[object, ...]]] = {}
        for row in rows:
            by_moment.setdefault(names[whole(row[0])], []).append(row[1:])
        return {name: read_groups(found, len(self.frictions[name])) for name, found in by_moment.items()}


def moment_names(evidence: Evidence) -> list[str]:
    """The moments' names, by their number."""
    return list(dict.fromkeys(moment.name for moment in evidence.moments))


def whole(value: object) -> int:
    """The whole number that a query gave."""
    return int(str(value))


def number(value: object) -> float:
    """The number that a query gave; 0 where it gave none."""
    return float(str(value)) if value is not None else 0.0


def survey_frictions(evidence: Evidence) -> Survey:
    """The frictions of every moment, and who met them; lays down the temporary tables."""
    spots = read_spots(evidence.signals, evidence.ask)
    if not spots or not evidence.moments:
        return Survey(evidence, {}, {}, {})
    caps = read_caps(evidence)
    properties = read_properties(evidence.properties, evidence.ask)
    periods = min(MOST_PERIODS, max(1, int(evidence.weeks // 2)))
    evidence.ask(_passes_sql(evidence, caps, properties, periods))
    evidence.ask(_meetings_sql(evidence, spots))
    frictions = _name(evidence, spots)
    numbers = _numbered(evidence, frictions)
    if not numbers:
        return Survey(evidence, {}, {}, caps, properties, periods)
    evidence.ask(
        "CREATE OR REPLACE TEMP TABLE _met AS SELECT pass, moment, friction, min(after) AS after FROM _touches "
        f"JOIN (VALUES {', '.join(numbers)}) AS named(moment, spot, friction) USING (moment, spot) GROUP BY ALL"
    )
    evidence.ask(
        "CREATE OR REPLACE TEMP TABLE _masks AS SELECT pass, bit_or(1::UBIGINT << friction) AS mask FROM _met GROUP BY 1"
    )
    strata = _choose(evidence, frictions, properties, periods)
    passes = whole(evidence.ask("SELECT count(*) FROM _passes")[0][0])
    return Survey(evidence, frictions, strata, caps, properties, periods, max(1, math.ceil(passes / SAMPLED)))


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


def _passes_sql(evidence: Evidence, caps: Mapping[str, Cap], properties: Sequence[Property], periods: int) -> str:
    names = moment_names(evidence)
    listed = ", ".join(map(quote, names))
    limits = ", ".join(repr(caps[name].seconds) if name in caps else "1e300" for name in names)
    parts = "".join(f", ({one.sql})::UTINYINT AS part_{place}" for place, one in enumerate(properties))
    span = max(1, evidence.until_us - evidence.since_us)
    period = f"least(greatest((epoch_us(started_at) - {evidence.since_us}) * {periods} // {span}, 0), {periods - 1})"
    return (
        "CREATE OR REPLACE TEMP TABLE _passes AS "
        f"SELECT list_position([{listed}], moment::VARCHAR) - 1 AS moment, hash(customer) AS who, key, "
        "started_at, ended_at, outcome = 'completed' AS completed, "
        "CASE WHEN outcome <> 'completed' THEN last_step::VARCHAR END AS last_step, "
        "duration_seconds AS lasted, "
        f"least(duration_seconds, [{limits}][list_position([{listed}], moment::VARCHAR)]) AS seconds, "
        f"({period})::UTINYINT AS period{parts} "
        f"FROM occurrences WHERE outcome <> 'open' AND moment IN ({listed})"
    )


def _meetings_sql(evidence: Evidence, spots: Sequence[Spot]) -> str:
    """Every pair of an occurrence and a spot that its customer met while it was open."""
    values = ", ".join(
        f"({quote(spot.signal)}, {quote(spot.page or '')}, {quote(spot.element or '')}, {spot.number}, {quote(spot.by)})"
        for spot in spots
    )
    bys = ", ".join(quote(evidence.moment(name).by or "-") for name in moment_names(evidence))
    return (
        "CREATE OR REPLACE TEMP TABLE _touches AS WITH told AS ("
        'SELECT hash(customer) AS who, met."at" AS since, met.ended_at AS until, met.key, spot, spots."by" FROM signals AS met '
        f'JOIN (VALUES {values}) AS spots(signal, page, element, spot, "by") ON met.signal = spots.signal '
        "AND coalesce(met.page, '') = spots.page AND coalesce(met.element, '') = spots.element) "
        "SELECT _passes.rowid AS pass, moment, spot, "
        "min(greatest(epoch_us(told.since) - epoch_us(started_at), 0)) / 1e6 AS after "
        "FROM told JOIN _passes ON told.who = _passes.who AND told.since <= _passes.ended_at "
        "AND told.until >= _passes.started_at "
        "WHERE told.key IS NULL OR _passes.key IS NULL OR told.key = _passes.key "
        f'OR told."by" <> [{bys}][moment + 1] GROUP BY ALL'
    )


def _name(evidence: Evidence, spots: Sequence[Spot]) -> dict[str, tuple[Friction, ...]]:
    names = moment_names(evidence)
    touched: dict[str, dict[int, int]] = {}
    for moment, spot, n in evidence.ask("SELECT moment, spot, count(*) FROM _touches GROUP BY ALL"):
        touched.setdefault(names[whole(moment)], {})[whole(spot)] = whole(n)
    joint: dict[str, dict[tuple[int, int], int]] = {}
    rows = evidence.ask(
        "SELECT one.moment, one.spot, other.spot, count(*) FROM _touches AS one JOIN _touches AS other "
        "ON one.pass = other.pass AND one.spot < other.spot GROUP BY ALL HAVING count(*) >= 15"
    )
    for moment, one, other, n in rows:
        joint.setdefault(names[whole(moment)], {})[whole(one), whole(other)] = whole(n)
    found = {name: name_frictions(name, spots, touched[name], joint.get(name, {})) for name in names if name in touched}
    return {name: frictions for name, frictions in found.items() if frictions}


def _numbered(evidence: Evidence, frictions: Mapping[str, tuple[Friction, ...]]) -> list[str]:
    names = moment_names(evidence)
    return [
        f"({names.index(name)}, {spot.number}, {friction.number})"
        for name, found in frictions.items()
        for friction in found
        for spot in friction.spots
    ]


def _choose(
    evidence: Evidence, frictions: Mapping[str, tuple[Friction, ...]], properties: Sequence[Property], periods: int
) -> dict[str, Strata]:
    """What each moment is matched on."""
    names = moment_names(evidence)
    parts = [f"part_{place}" for place in range(len(properties))]
    sets = ", ".join(f"({part})" for part in parts)
    marks = ", ".join(f"grouping({part})" for part in parts)
    crossed = f"SELECT moment, {', '.join(parts)}, count(*) AS n, count(*) FILTER (completed) AS done, "
    profile: dict[str, list[tuple[int, int, float, float, float]]] = {}
    for row in evidence.ask(
        f"WITH crossed AS MATERIALIZED ({crossed} sum(seconds) FILTER (completed) AS took FROM _passes GROUP BY ALL) "
        f"SELECT moment, {marks}, {', '.join(parts)}, sum(n), sum(done) / sum(n), sum(took) / nullif(sum(done), 0) "
        f"FROM crossed GROUP BY GROUPING SETS ({_with('moment', sets)})"
    ):
        place, value = _part_of(row[1:], len(parts))
        profile.setdefault(names[whole(row[0])], []).append((place, value, *map(number, row[-3:])))  # type: ignore[arg-type]  # three numbers
    met: dict[str, list[tuple[int, int, int, float]]] = {}
    for row in evidence.ask(
        f"WITH crossed AS MATERIALIZED (SELECT _met.moment, friction, {', '.join(parts)}, count(*) AS n "
        "FROM _met JOIN _passes ON _passes.rowid = _met.pass GROUP BY ALL) "
        f"SELECT moment, friction, {marks}, {', '.join(parts)}, sum(n) FROM crossed "
        f"GROUP BY GROUPING SETS ({_with('moment, friction', sets)})"
    ):
        place, value = _part_of(row[2:], len(parts))
        met.setdefault(names[whole(row[0])], []).append((whole(row[1]), place, value, number(row[-1])))
    return {name: choose_strata(profile[name], met.get(name, ()), properties, periods) for name in frictions}


def _with(first: str, sets: str) -> str:
    return sets.replace("(", f"({first}, ")


def _part_of(row: Sequence[object], many: int) -> tuple[int, int]:
    """Which property a grouped row is of, and its value's number: the one whose mark is 0."""
    place = next(index for index in range(many) if whole(row[index]) == 0)
    return place, whole(row[many + place])
