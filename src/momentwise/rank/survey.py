"""The survey: which occurrence met which friction, when, and beside whom it is compared; shared by ledger and frictions.

It lays down two temporary tables beside those of `passes`, so that signals and occurrences are joined once: `_met` (one row
per occurrence and friction: seconds from start to the first meeting) and `_masks` (one per occurrence that met any: its
frictions as bits). Everything else is counted from these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from momentwise.define.evaluate import quote
from momentwise.rank.evidence import Evidence
from momentwise.rank.fitting import Groups, read_groups
from momentwise.rank.passes import Passes, lay_passes, moment_names, number, whole
from momentwise.rank.spots import Friction, Spot, is_waiting, name_frictions, read_spots
from momentwise.rank.strata import MOST_PERIODS, Property, Strata, choose_strata

# A moment of one sitting: every second of it is the customer's, and what they meet on a page belongs to it. In a longer one
# much else happens meanwhile; there only signals that wait for somebody, or name the same order or ticket, belong to it.
LONGEST_SITTING = 3600.0


@dataclass(frozen=True)
class Survey:
    """What was found out about frictions before anything is measured.

    Args:
        evidence: The audit's.
        frictions: Per moment that has any.
        strata: What its occurrences are matched on.
        passes: The occurrences.
        periods: Into how many parts the time is cut for matching.
    """

    evidence: Evidence
    frictions: Mapping[str, tuple[Friction, ...]]
    strata: Mapping[str, Strata]
    passes: Passes
    periods: int = 1

    @property
    def names(self) -> list[str]:
        """The moments' names, by their number."""
        return moment_names(self.evidence)

    @property
    def stratum_sql(self) -> str:
        """The number of an occurrence's stratum over `_passes`."""
        names = self.names
        whens = " ".join(
            f"WHEN {names.index(name)} THEN {strata.sql(self.passes.properties, self.periods)}"
            for name, strata in self.strata.items()
        )
        return f"CASE moment {whens} ELSE 0 END"

    def groups(self, measure: str, kept: str, joined: str = "", one_in: int = 0, ended: str = "") -> dict[str, Groups]:
        """Per moment, the groups of its ended occurrences by stratum, frictions and, if asked, customer.

        Args:
            measure: An expression over `_passes` and what is joined to it.
            kept: A condition over them.
            joined: A further JOIN.
            one_in: Of so many customers one is drawn, and every group is of one customer; 0 for all, whoever they are.
            ended: A truth that must also be alike within a stratum.
        """
        if not self.frictions:
            return {}
        stratum = f"2 * ({self.stratum_sql}) + ({ended})::INTEGER" if ended else self.stratum_sql
        who, drawn = (", who", f" AND who % {one_in} = 0") if one_in else ("", "")
        numbers = ", ".join(str(self.names.index(name)) for name in self.frictions)
        rows = self.evidence.ask(
            f"SELECT moment, {stratum} AS stratum, coalesce(mask, 0) AS mask, count(*), avg({measure}), "
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


def survey_frictions(evidence: Evidence, passes: Passes | None = None) -> Survey:
    """The frictions of every moment, and who met them; lays down the temporary tables.

    Args:
        evidence: The audit's.
        passes: What `lay_passes` gave, where it was asked for already.
    """
    spots = read_spots(evidence.signals, evidence.ask)
    if not spots or not evidence.moments:
        return Survey(evidence, {}, {}, passes or Passes({}, (), 0))
    passes = passes or lay_passes(evidence)
    periods = min(MOST_PERIODS, max(1, int(evidence.weeks // 2)))
    evidence.ask(_meetings_sql(evidence, spots))
    frictions = _name(evidence, passes, spots)
    numbers = _numbered(evidence, frictions)
    if not numbers:
        return Survey(evidence, {}, {}, passes, periods)
    evidence.ask(
        "CREATE OR REPLACE TEMP TABLE _met AS SELECT pass, moment, friction, min(after) AS after FROM _touches "
        f"JOIN (VALUES {', '.join(numbers)}) AS named(moment, spot, friction) USING (moment, spot) GROUP BY ALL"
    )
    evidence.ask("DROP TABLE _touches")  # the largest of them, and all of it is in the other
    evidence.ask(
        "CREATE OR REPLACE TEMP TABLE _masks AS SELECT pass, bit_or(1::UBIGINT << friction) AS mask FROM _met GROUP BY 1"
    )
    strata = _choose(evidence, frictions, passes.properties, periods)
    return Survey(evidence, frictions, strata, passes, periods)


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


def is_sitting(passes: Passes, moment: str) -> bool:
    """Whether the middle customer completes a moment in one sitting."""
    return moment in passes.caps and passes.caps[moment].median <= LONGEST_SITTING


def _belongs(evidence: Evidence, moment: str, spot: Spot) -> bool:
    """Whether a signal belongs to a moment that is longer than one sitting."""
    return is_waiting(evidence.signals.rule(spot.signal)) or bool(spot.by and spot.by == evidence.moment(moment).by)


def _name(evidence: Evidence, passes: Passes, spots: Sequence[Spot]) -> dict[str, tuple[Friction, ...]]:
    names = moment_names(evidence)
    touched: dict[str, dict[int, int]] = {}
    for moment, spot, n in evidence.ask("SELECT moment, spot, count(*) FROM _touches GROUP BY ALL"):
        name = names[whole(moment)]
        if is_sitting(passes, name) or _belongs(evidence, name, spots[whole(spot)]):
            touched.setdefault(name, {})[whole(spot)] = whole(n)
    joint: dict[str, dict[tuple[int, int], int]] = {}
    rows = evidence.ask(
        "SELECT one.moment, one.spot, other.spot, count(*) FROM _touches AS one JOIN _touches AS other "
        "ON one.pass = other.pass AND one.spot < other.spot GROUP BY ALL HAVING count(*) >= 15"
    )
    for moment, one, other, n in rows:
        name, pair = names[whole(moment)], (whole(one), whole(other))
        if all(spot in touched.get(name, {}) for spot in pair):
            joint.setdefault(name, {})[pair] = whole(n)
    many = {
        names[whole(row[0])]: whole(row[1]) for row in evidence.ask("SELECT moment, count(*) FROM _passes GROUP BY 1")
    }
    found = {
        name: name_frictions(name, spots, touched[name], joint.get(name, {}), many[name])
        for name in names
        if name in touched
    }
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
    coarse = ", ".join(f"{one.coarse(place)} AS part_{place}" for place, one in enumerate(properties))
    crossed = f"SELECT moment, {coarse}, count(*) AS n, count(*) FILTER (completed) AS done, "
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
        f"WITH crossed AS MATERIALIZED (SELECT _met.moment AS moment, friction, {coarse}, count(*) AS n "
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
