"""Effects: every measure of every friction, those that met it against comparable others, each with its error.

Seconds come from `ledger`, completion from `landmarks`; scores and coming back are fitted here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from momentwise.define.finding import Estimate, Unit
from momentwise.define.span import DAY_US
from momentwise.rank.discoveries import chance_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.fitting import Fit, Floats, Groups, anonymous, fit, fit_clustered, stretch
from momentwise.rank.intervals import Z
from momentwise.rank.landmarks import Difference, measure_completion
from momentwise.rank.ledger import Ledger
from momentwise.rank.passes import SAMPLED, whole
from momentwise.rank.score_rows import rows_of_scores
from momentwise.rank.spots import FEWEST_TOUCHED, Friction, rows_of_friction
from momentwise.rank.survey import Survey

# Coming back is starting again so soon after the end at the earliest, and at the latest.
SOONEST_DAYS, LATEST_DAYS = 1, 30

UNITS: dict[str, Unit] = {"seconds": "seconds", "completion": "share", "emotion": "score", "returning": "share"}

Key = tuple[str, int]  # a moment's name and a friction's number


@dataclass(frozen=True)
class Effect:
    """What goes together with meeting a friction, in one measure.

    Args:
        measure: seconds, completion, emotion or returning.
        estimate: Those that met it minus comparable others.
        spared: Comparable others.
        chance: The p value.
    """

    measure: str
    estimate: Estimate
    spared: int
    chance: float

    @property
    def harm(self) -> float:
        """How much worse it is for those who met it; negative where it is better."""
        value = self.estimate.value or 0.0
        return value if self.measure == "seconds" else -value


def measure_effects(survey: Survey, ledgers: Sequence[Ledger]) -> dict[Key, list[Effect]]:
    """Per moment and friction, every measure with at least 30 occurrences on either side."""
    found: dict[Key, list[Effect]] = {}
    for ledger in ledgers:
        for part in ledger.parts:
            chance = chance_of(part.seconds.value or 0.0, part.error)
            key = ledger.moment, part.friction.number
            found.setdefault(key, []).append(Effect("seconds", part.seconds, part.spared, chance))
    wider = _widths(survey)
    for (name, place), one in measure_completion(survey).items():
        if not restates(survey.evidence, survey.frictions[name][place]):
            stretched = float(wider[name][place]) if name in wider else 1.0
            _add(found, survey, (name, place), "completion", replace(one, error=one.error * stretched))
    for measure, fits in (("emotion", _fit_scores(survey)), ("returning", _fit_returning(survey))):
        for name, fitted in fits.items():
            for place in range(fitted.value.size):
                value, error = float(fitted.value[place]), float(fitted.error[place])
                counts = int(fitted.touched[place]), int(fitted.spared[place])
                _add(found, survey, (name, place), measure, Difference(value, error, *counts))
    return found


def _add(found: dict[Key, list[Effect]], survey: Survey, key: Key, measure: str, one: Difference) -> None:
    """Add an effect, where value and error are known and both sides are large enough."""
    if min(one.touched, one.spared) < FEWEST_TOUCHED or not (math.isfinite(one.value) and one.error > 0):
        return
    low, high = one.value - Z * one.error, one.value + Z * one.error
    table = "scores" if measure == "emotion" else "occurrences"
    rows = _rows(survey, survey.frictions[key[0]][key[1]], measure)
    estimate = Estimate(one.value, one.touched, UNITS[measure], low, high, rows, table)
    chance = max(chance_of(one.value, one.error), one.chance if measure == "completion" else 0.0)
    found.setdefault(key, []).append(Effect(measure, estimate, one.spared, chance))


def _rows(survey: Survey, friction: Friction, measure: str) -> str:
    """The condition that gives the rows of those who met a friction that a measure was taken on."""
    by, until = survey.evidence.moment(friction.moment).by, survey.evidence.until_us
    if measure == "emotion":
        return rows_of_scores(friction.moment, rows_of_friction(friction, by))
    if measure == "completion":
        return rows_of_friction(friction, by)
    drawn = f" AND hash(customer) % {survey.passes.one_in} = 0" if survey.passes.one_in > 1 else ""
    return rows_of_friction(friction, by, f"epoch_us(ended_at) <= {until - LATEST_DAYS * DAY_US}{drawn}")


def restates(evidence: Evidence, friction: Friction) -> bool:
    """Whether a friction's signal is itself a way of ending the moment, so that its completion would be circular."""
    ends = {event for _, ways in evidence.moment(friction.moment).ends for way in ways for event in way.events}
    rule = evidence.signals.rule(friction.signal)
    return rule is not None and any(ends.intersection(trigger.events) for trigger in (*rule.first, *rule.then))


def _widths(survey: Survey) -> dict[str, Floats]:
    """Per moment and friction, how many times wider an error of completion is once customers count as one."""
    drawn = survey.groups("completed::INTEGER", "true", one_in=survey.passes.one_in)
    return {name: stretch(fit(anonymous(groups)), fit(groups)) for name, groups in drawn.items()}


def _fit_all(groups: Mapping[str, Groups], drawn: Mapping[str, Groups]) -> dict[str, Fit]:
    return {name: fit_clustered(one, drawn.get(name), range(one.met.shape[1])) for name, one in groups.items()}


def _fit_returning(survey: Survey) -> dict[str, Fit]:
    """What goes together with meeting each friction in coming back, of the customers drawn.

    Compared among those who completed, and among those who did not: whoever has bought comes back less soon anyway.
    """
    survey.evidence.ask(_returned_sql(survey))
    joined = "JOIN _returned ON _passes.rowid = _returned.pass"
    drawn = survey.groups("returned::INTEGER", "true", joined, survey.passes.one_in, "completed")
    return _fit_all(drawn, drawn)


def _fit_scores(survey: Survey) -> dict[str, Fit]:
    """What goes together with meeting each friction in the score that was given."""
    scored = whole(survey.evidence.ask("SELECT count(*) FROM _scored")[0][0])
    joined = "JOIN _scored ON _passes.rowid = _scored.pass"
    one_in = max(1, math.ceil(scored / SAMPLED))
    return _fit_all(survey.groups("score", "true", joined), survey.groups("score", "true", joined, one_in))


def _returned_sql(survey: Survey) -> str:
    """Lays down `_returned`: of the customers drawn, whether they came back, where 30 days of data follow the end.

    Coming back is starting a moment that no moment's end starts: a delivery that follows an order is the company's doing.
    """
    evidence, names = survey.evidence, survey.names
    ends = {event for moment in evidence.moments for _, ways in moment.ends for way in ways for event in way.events}
    own = [
        one.name for one in evidence.moments if not ends.intersection(e for start in one.start for e in start.events)
    ]
    listed = ", ".join(str(names.index(name)) for name in dict.fromkeys(own or names))
    last = evidence.until_us - LATEST_DAYS * DAY_US
    drawn = f"who % {survey.passes.one_in} = 0"
    return (
        "CREATE OR REPLACE TEMP TABLE _returned AS WITH ended AS (SELECT rowid AS pass, who, ended_at FROM _passes "
        f"WHERE {drawn} AND epoch_us(ended_at) <= {last}), "
        f"starts AS (SELECT who, started_at FROM _passes WHERE {drawn} AND moment IN ({listed})), "
        "back AS (SELECT DISTINCT pass FROM ended JOIN starts ON ended.who = starts.who "
        f"AND starts.started_at BETWEEN ended.ended_at + INTERVAL {SOONEST_DAYS} DAY "
        f"AND ended.ended_at + INTERVAL {LATEST_DAYS} DAY) "
        "SELECT pass, pass IN (SELECT pass FROM back) AS returned FROM ended"
    )
