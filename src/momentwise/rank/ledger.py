"""The seconds ledger: per moment, the time that frictions add to an occurrence, named, with intervals, summing to the total.

Completed occurrences of the same stratum are compared, all frictions of the moment at once, so that two which come
together are told apart. Only moments of one sitting have a ledger: in longer ones the time is waiting, not the customer's.
Signals that exist only because hours passed are left out, as they would restate the duration. A signal that needs a slow
customer to be seen at all (a hesitation) makes its seconds an upper bound.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from momentwise.define.finding import Estimate, Split
from momentwise.rank.evidence import Evidence
from momentwise.rank.fitting import Fit, Floats, Groups, Ints, fit_clustered
from momentwise.rank.intervals import Z
from momentwise.rank.passes import number
from momentwise.rank.spots import FEWEST_TOUCHED, Friction, is_waiting, rows_of_friction
from momentwise.rank.survey import Survey, is_sitting, survey_frictions


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One friction's line in the ledger.

    Args:
        friction: Which.
        seconds: What it adds to one occurrence that meets it; `n` counts the completed ones that met it.
        share: Its part of the ledger's total: `seconds` spread over all occurrences that met any friction.
        weekly_seconds: What it takes from all customers in a week.
        spared: Completed occurrences beside them that did not meet it.
        error: Standard error of `seconds`.
    """

    friction: Friction
    seconds: Estimate
    share: Estimate
    weekly_seconds: Estimate
    spared: int
    error: float


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """A moment's seconds.

    Args:
        moment: The moment's name.
        total: Seconds that the frictions together add to the average completed occurrence that met any of them.
        together: Seconds that they add to one that meets all of them.
        weekly_seconds: What they take from all customers in a week.
        parts: One per friction, the most expensive first; their `share` sums to `total`, their `seconds` to `together`.
        not_matched: Properties that could not be matched on, because they decide who meets a friction.
    """

    moment: str
    total: Estimate
    together: Estimate
    weekly_seconds: Estimate
    parts: tuple[Part, ...]
    not_matched: tuple[str, ...] = ()

    @property
    def split(self) -> Split:
        """What each friction adds, and all of them together to one that meets them all."""
        parts = tuple((say_place(part.friction), part.seconds) for part in self.parts)
        return Split(title="Seconds by friction", parts=parts, total=self.together)


def say_place(friction: Friction) -> str:
    """A friction's name in a table, as in `premature ask at id-upload on /checkout`."""
    said = friction.signal.replace("_", " ")
    if friction.element:
        said += f" at {friction.element}"
    return f"{said} on {friction.page}" if friction.page else said


def measure_ledger(evidence: Evidence, survey: Survey | None = None) -> list[Ledger]:
    """One ledger per moment of one sitting in which frictions were met, the most expensive first.

    Args:
        evidence: The audit's.
        survey: What `survey_frictions` gave, where it was asked for already.

    Source:
        Ours; the estimates are those of `fitting.fit`. Durations are cut at the 99th percentile, and an estimate is divided
        by the share of occurrences below the cut: of a delay that is the same for all, cutting hides just that share.
    """
    survey = survey or survey_frictions(evidence)
    found = survey.groups("seconds", "completed")
    drawn = survey.groups("seconds", "completed", one_in=survey.passes.one_in)
    counts = count_met(survey)
    ledgers = [
        _ledger(survey, name, found[name], drawn.get(name), counts[name])
        for name in found
        if is_sitting(survey.passes, name)
    ]
    return sorted((one for one in ledgers if one), key=lambda one: (-(one.weekly_seconds.value or 0.0), one.moment))


def count_met(survey: Survey) -> dict[str, Floats]:
    """Per moment, how many ended occurrences met each friction."""
    found = {name: np.zeros(len(frictions)) for name, frictions in survey.frictions.items()}
    if found:
        names = survey.names
        for moment, friction, n in survey.evidence.ask("SELECT moment, friction, count(*) FROM _met GROUP BY ALL"):
            found[names[int(number(moment))]][int(number(friction))] = number(n)
    return found


def _ledger(survey: Survey, moment: str, groups: Groups, drawn: Groups | None, met: Floats) -> Ledger | None:
    frictions = survey.frictions[moment]
    settings = survey.evidence.signals
    kept = [f.number for f in frictions if not all(is_waiting(settings.rule(spot.signal)) for spot in f.spots)]
    if not kept:
        return None
    found = fit_clustered(groups, drawn, kept, survey.passes.caps[moment].below)
    able = [
        index
        for index in range(len(kept))
        if np.isfinite(found.value[index]) and min(found.touched[index], found.spared[index]) >= FEWEST_TOUCHED
    ]
    if not able:
        return None
    any_met = groups.met[:, [kept[index] for index in able]].max(axis=1)
    affected = float(np.sum(groups.n * any_met))
    lines = _Lines(survey, [frictions[kept[index]] for index in able], met[[kept[index] for index in able]], affected)
    return lines.ledger(found, np.asarray(able))


class _Lines:
    """Turns estimates into the ledger's lines."""

    def __init__(self, survey: Survey, frictions: Sequence[Friction], met: Floats, affected: float) -> None:
        self.survey, self.frictions, self.met, self.affected = survey, frictions, met, affected
        self.moment = frictions[0].moment
        by = survey.evidence.moment(self.moment).by
        self.rows = [rows_of_friction(friction, by, "outcome = 'completed'") for friction in frictions]

    def ledger(self, found: Fit, able: Ints) -> Ledger:
        """The whole ledger, from the estimates in the places `able`."""
        value, spread, touched = found.value[able], found.spread[np.ix_(able, able)], found.touched[able]
        weeks = self.survey.evidence.weeks_read
        share, weekly = touched / self.affected, self.met / weeks
        parts = [
            Part(
                friction=friction,
                seconds=self._estimate(value[i], spread[i, i], int(touched[i]), self.rows[i]),
                share=self._estimate(share[i] * value[i], share[i] ** 2 * spread[i, i], int(touched[i]), self.rows[i]),
                weekly_seconds=self._estimate(
                    weekly[i] * value[i], weekly[i] ** 2 * spread[i, i], int(touched[i]), self.rows[i]
                ),
                spared=int(found.spared[able[i]]),
                error=float(np.sqrt(spread[i, i])),
            )
            for i, friction in enumerate(self.frictions)
        ]
        strata = self.survey.strata[self.moment]
        return Ledger(
            moment=self.moment,
            total=self._sum(share, value, spread),
            together=self._sum(np.ones(len(parts)), value, spread),
            weekly_seconds=self._sum(weekly, value, spread),
            parts=tuple(sorted(parts, key=lambda part: (-(part.share.value or 0.0), part.friction.number))),
            not_matched=strata.left_out,
        )

    def _sum(self, weight: Floats, value: Floats, spread: Floats) -> Estimate:
        rows = " OR ".join(f"({one})" for one in self.rows)
        return self._estimate(float(weight @ value), float(weight @ spread @ weight), int(self.affected), f"({rows})")

    def _estimate(self, value: float, variance: float, n: int, rows: str) -> Estimate:
        half = Z * float(np.sqrt(variance))
        return Estimate(float(value), n, "seconds", float(value) - half, float(value) + half, rows)
