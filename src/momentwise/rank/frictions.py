"""Frictions: those that go together with harm, and those that are small but many.

How each measure comes about stands in `effects`; here is what is believed of it, and in `friction_words` how it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from momentwise.define.finding import Estimate, Finding, Where
from momentwise.rank.discoveries import FALSE_SHARE, adjust
from momentwise.rank.effects import Effect, Key, measure_effects
from momentwise.rank.evidence import Evidence
from momentwise.rank.friction_words import say_detail, say_next, say_small, say_title
from momentwise.rank.ledger import Ledger, Part, measure_ledger
from momentwise.rank.passes import number, whole
from momentwise.rank.spots import is_pause
from momentwise.rank.survey import Survey, survey_frictions

# Below these a difference may be real, but nobody acts on it: a second (Nielsen's limit of an unbroken thought), one
# completion in a hundred, a tenth of a point, one returning customer in a hundred.
LEAST = {"seconds": 1.0, "completion": 0.01, "emotion": 0.1, "returning": 0.01}

# A friction of fewer seconds than this, and of no other harm, is small: nobody opens a ticket for it. It is raised where
# it takes 10 hours of customers' time over the data, more than a working day, from at least 500 customers. Ours; two
# seconds on 50,000 sessions are 28 hours.
SMALL_SECONDS, MANY_HOURS, MANY_PEOPLE = 3.0, 10.0, 500

_OBSERVED = "Beside comparable occurrences, not in an experiment: it goes together with this, whatever the cause."


def find_frictions(evidence: Evidence, survey: Survey | None = None) -> list[Finding]:
    """Frictions that go together with harm, and those that are small but many; the most expensive in time first.

    Every friction is tested in every measure, and at most one in twenty of what is reported may be false. A friction whose
    people complete more often than others is none, whatever else it costs; and a pause that only takes time is none either.

    Args:
        evidence: The audit's.
        survey: What `survey_frictions` gave, where it was asked for already.
    """
    survey = survey or survey_frictions(evidence)
    if not survey.frictions:
        return []
    ledgers = {ledger.moment: ledger for ledger in measure_ledger(evidence, survey)}
    effects = measure_effects(survey, list(ledgers.values()))
    harms = {key: found for key, found in keep_harms(effects).items() if not is_better(effects[key])}
    harms = {key: found for key, found in harms.items() if not _only_restates(survey, key, found)}
    people = _people(survey, harms)
    told = (_Told(survey, key, effects[key], harms[key], people[key], ledgers.get(key[0])) for key in harms)
    findings = [finding for one in told for finding in one.findings()]
    return sorted(findings, key=lambda one: (-_weekly(one), one.id))


def keep_harms(effects: dict[Key, list[Effect]]) -> dict[Key, list[Effect]]:
    """The effects that are harm after false-discovery control over all frictions and measures.

    Source:
        Benjamini-Yekutieli, as frictions and measures depend on one another in any way; both directions are tested and only
        harm is kept, so on pure noise the chance of any is half of 5 %.
    """
    tests = [(key, effect) for key, found in effects.items() for effect in found]
    chances = adjust([effect.chance for _, effect in tests], dependent=True)
    kept: dict[Key, list[Effect]] = {}
    for (key, effect), chance in zip(tests, chances, strict=True):
        if chance <= FALSE_SHARE and effect.harm > 0:
            kept.setdefault(key, []).append(effect)
    return kept


def is_better(effects: Iterable[Effect]) -> bool:
    """Whether those who met it complete more often: then it marks keen customers, not a friction."""
    return any(one.measure == "completion" and (one.estimate.low or 0.0) > 0 for one in effects)


def _only_restates(survey: Survey, key: Key, harms: Sequence[Effect]) -> bool:
    """Whether all that was found is that slow customers are slow: pauses by chance take time too, and are no friction."""
    spots, settings = survey.frictions[key[0]][key[1]].spots, survey.evidence.signals
    return all(is_pause(settings.rule(spot.signal)) for spot in spots) and all(
        one.measure == "seconds" for one in harms
    )


def _weekly(finding: Finding) -> float:
    return (finding.weekly_seconds.value or 0.0) if finding.weekly_seconds else 0.0


def _people(survey: Survey, keys: Iterable[Key]) -> dict[Key, int]:
    """Customers that met each friction."""
    if not (wanted := list(keys)):
        return {}
    listed = ", ".join(f"({survey.names.index(moment)}, {friction})" for moment, friction in wanted)
    rows = survey.evidence.ask(
        "SELECT met.moment, met.friction, count(DISTINCT who) FROM _met AS met JOIN _passes ON _passes.rowid = met.pass "
        f"WHERE (met.moment, met.friction) IN ({listed}) GROUP BY ALL"
    )
    return {(survey.names[whole(moment)], whole(friction)): int(number(n)) for moment, friction, n in rows}


@dataclass(frozen=True)
class _Told:
    """One friction with all that was measured, and what of it is harm."""

    survey: Survey
    key: Key
    effects: Sequence[Effect]
    harms: Sequence[Effect]
    people: int
    ledger: Ledger | None

    def findings(self) -> list[Finding]:
        """One finding, or none where all harm is too small to act on."""
        told = [effect for effect in self.harms if effect.harm >= LEAST[effect.measure]]
        small = next((effect for effect in self.harms if effect.measure == "seconds"), None)
        if any(effect.measure != "seconds" or effect.harm >= SMALL_SECONDS for effect in told):
            return [self._finding(told)]
        if small is not None and self.part is not None and self._is_many(self.part):
            return [self._small(small, self.part)]
        return []

    @property
    def part(self) -> Part | None:
        """Its line in the ledger."""
        parts = self.ledger.parts if self.ledger else ()
        return next((part for part in parts if part.friction.number == self.key[1]), None)

    def _is_many(self, part: Part) -> bool:
        hours = (part.weekly_seconds.value or 0.0) * self.survey.evidence.weeks / 3600
        return hours >= MANY_HOURS and self.people * self.survey.evidence.parts >= MANY_PEOPLE

    def _finding(self, told: Sequence[Effect]) -> Finding:
        friction = self.survey.frictions[self.key[0]][self.key[1]]
        title = say_title(friction, [(effect.measure, effect.estimate) for effect in told])
        order = ("completion", "seconds", "emotion", "returning")
        carrying = min(told, key=lambda effect: order.index(effect.measure))
        return self._fill("friction", title, carrying.estimate, any(one.measure == "emotion" for one in told))

    def _small(self, small: Effect, part: Part) -> Finding:
        title = say_small(part.friction, small.estimate, part.weekly_seconds, self.people)
        return self._fill("small_many", title, small.estimate, survey=False)

    def _fill(self, kind: str, title: str, estimate: Estimate, survey: bool) -> Finding:
        friction = self.survey.frictions[self.key[0]][self.key[1]]
        known = {effect.measure: effect.estimate for effect in self.effects}
        part, strata = self.part, self.survey.strata[self.key[0]]
        names = [self.survey.passes.properties[place].name for place in strata.matched]
        beside = {effect.measure: (effect.estimate, effect.spared) for effect in self.effects}
        return Finding(
            id=f"{friction.moment}/{kind}/{friction.id}",
            moment=friction.moment,
            kind=kind,
            title=title,
            detail=say_detail(beside, names, strata.left_out, self.survey.passes.one_in),
            estimate=estimate,
            grade="C",
            grade_reason=_OBSERVED,
            people=self.people,
            sources=("behaviour", "survey") if survey else ("behaviour",),
            standing="established",
            where=Where(signal=friction.signal, page=friction.page, element=friction.element),
            seconds=known.get("seconds"),
            weekly_seconds=part.weekly_seconds if part else None,
            completion=known.get("completion"),
            emotion=known.get("emotion"),
            returning=known.get("returning"),
            splits=(self.ledger.split,) if self.ledger and part else (),
            next_step=say_next(friction),
        )
