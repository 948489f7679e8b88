"""Order: which finding comes first, and how sure that is; impact against effort, and quick wins before the rest.

Money and emotion are two axes and are never added up: the order is by money where every finding of a tier states it, and
otherwise by people and harm; `by_emotion` is the other axis by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from momentwise.define.finding import Finding
from momentwise.define.judgement import Judgements
from momentwise.define.moment import Moment
from momentwise.rank.differences import Number, number_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.product import find_down_ranked

FIRM = ("priority", "established")

# The product or the core promise is broken: polishing anything else of that journey comes after it (R11).
# So does a promise that was broken, where a second kind of source says that it hurt: it is the company's own word.
MACRO, BROKEN_PROMISE, SCORE_GAP = "product_fault", "broken_promise", "score_gap"
POLISH = ("friction", "small_many", "segment", "slow_tail", "contact_cause")

# Tiers in their order.
(
    FAULT, PROMISE, PRIORITY_WIN, PRIORITY, ESTABLISHED_WIN, ESTABLISHED, GAP, POLISHING, CRITICAL, OBSERVED, NOT_ESTABLISHED,
) = range(11)  # fmt: skip

QUADRANTS = {
    ("high", "low"): "quick win",
    ("high", "medium"): "big bet",
    ("high", "high"): "big bet",
    ("low", "low"): "fill-in",
    ("low", "medium"): "not now",
    ("low", "high"): "not now",
}

# A second of a customer counts as this share of losing them: an hour is as bad as a failure. Ours.
SECONDS_OF_HARM = 3600.0
SCORE_WIDTH = 4.0  # of a scale from 1 to 5

DRAWS = 400
_FIRST_POLISH = "Mend the product first: polishing this helps little while that is broken."


def order_findings(found: Sequence[Finding], evidence: Evidence, rng: np.random.Generator) -> list[Finding]:
    """The findings in order, each with effort, impact, quadrant and rank stability.

    Product faults that dominate a journey come first, then broken promises that are priorities. Then the other priorities,
    quick wins before the others; then what is established, quick wins first; then gaps between the scores of two endings,
    which say that an ending hurts and not where it comes from; then polish of a journey whose product is broken; then failures
    of critical moments; then other levels; then what is not established. Inside a tier the order is by money per month where
    each of its findings has it in one currency, otherwise by people times harm (`harm_of`), otherwise by name.

    Args:
        found: With standing and cost.
        evidence: For the moments' efforts and what people judged.
        rng: Draws the estimates anew within their intervals, for the stability.
    """
    moments = {moment.name: moment for moment in evidence.moments}
    weighed = weigh(found, moments, evidence.judgements)
    faults = [finding for finding in weighed if finding.kind == MACRO and finding.standing in FIRM]
    broken = find_down_ranked(faults, moments)
    weighed = [_after_product(finding, broken) for finding in weighed]
    tiers = [tier_of(finding, broken) for finding in weighed]
    values = _values(weighed, tiers)
    places = sorted(range(len(weighed)), key=lambda i: (tiers[i], -values[i].value, weighed[i].id))
    stability = measure_stability([tiers[i] for i in places], [values[i] for i in places], rng)
    return [
        msgspec.structs.replace(weighed[i], rank_stability=share) for i, share in zip(places, stability, strict=True)
    ]


def by_money(found: Sequence[Finding]) -> list[Finding]:
    """The findings by money per month alone, dearest first; those without money last."""
    return sorted(found, key=lambda one: (-(_money(one).value if _has_money(one) else -1.0), one.id))


def by_emotion(found: Sequence[Finding]) -> list[Finding]:
    """The findings by emotion alone: how far the scores of their people lie below the others', times the people."""
    return sorted(found, key=lambda one: (-_hurt(one), one.id))


def _hurt(finding: Finding) -> float:
    lower = -(finding.emotion.value or 0.0) if finding.emotion else 0.0
    return max(0.0, lower) * finding.people


def weigh(found: Sequence[Finding], moments: dict[str, Moment], judgements: Judgements) -> list[Finding]:
    """The findings with effort, impact and quadrant.

    The effort is what people said of the finding, or else of its moment. The impact is high where a finding that is at
    least established is worth at least as much as the median of those; people may say otherwise, with their reason.
    Without an effort there is no quadrant, and nothing is a quick win.
    """
    firm = [finding for finding in found if finding.standing in FIRM]
    priced = _is_priced(firm)
    worth = {finding.id: _value(finding, priced).value for finding in firm}
    median = float(np.median(list(worth.values()))) if worth else 0.0
    return [_weigh(finding, worth.get(finding.id), median, moments, judgements) for finding in found]


def _weigh(
    finding: Finding, worth: float | None, median: float, moments: dict[str, Moment], judgements: Judgements
) -> Finding:
    said, stated = judgements.efforts.get(finding.id), judgements.impacts.get(finding.id)
    effort = said.word if said else moments[finding.moment].effort if finding.moment in moments else ""
    computed = "high" if worth is not None and worth >= median else "low"
    impact = stated.word if stated else computed
    quadrant = QUADRANTS.get((impact, effort), "")
    reasons = []
    if said and said.because:
        reasons.append(f"Effort {effort}: {said.because}")
    if stated:
        reasons.append(f"Impact {impact}, computed {computed}: {stated.because}")
    return msgspec.structs.replace(
        finding,
        effort=effort,
        impact=impact,
        quadrant=quadrant,
        quick_win=quadrant == "quick win" and finding.standing in FIRM,
        judged=" ".join(reasons),
    )


def _after_product(finding: Finding, broken: Sequence[str]) -> Finding:
    if not _is_polish(finding, broken):
        return finding
    return msgspec.structs.replace(finding, standing_reason=f"{finding.standing_reason} {_FIRST_POLISH}".strip())


def _is_polish(finding: Finding, broken: Sequence[str]) -> bool:
    return finding.kind in POLISH and finding.standing in FIRM and finding.moment in broken


def tier_of(finding: Finding, broken: Sequence[str]) -> int:
    """The tier of a finding; the lower, the earlier.

    Args:
        finding: With its standing and `quick_win`.
        broken: Moments whose product is at fault.
    """
    if finding.standing == "not established":
        return NOT_ESTABLISHED
    if finding.standing == "observed":
        return CRITICAL if finding.kind == "critical_failure" else OBSERVED
    if finding.kind == MACRO and not finding.where.segment:
        return FAULT
    if _is_polish(finding, broken):
        return POLISHING
    if finding.kind == SCORE_GAP:
        return GAP
    if finding.standing == "priority" and finding.kind == BROKEN_PROMISE:
        return PROMISE
    if finding.standing == "priority":
        return PRIORITY_WIN if finding.quick_win else PRIORITY
    return ESTABLISHED_WIN if finding.quick_win else ESTABLISHED


def harm_of(finding: Finding) -> Number:
    """What a finding does to one customer it touches, 0–1: the worst of its harms, each as a share of losing them.

    Of completion, return and contacts it is the difference itself; of a score the difference over the width of a scale
    from 1 to 5; of time the seconds over an hour. They are not added up, since one brings the other. A level counts as 1:
    it is only as large as its people are many.
    """
    if finding.standing not in FIRM:
        return Number(1.0)
    harms = [
        number_of(estimate).scaled(scale)
        for estimate, scale in (
            (finding.completion, -1.0),
            (finding.returning, -1.0),
            (finding.contacts, 1.0),
            (finding.emotion, -1.0 / SCORE_WIDTH),
            (finding.seconds, 1.0 / SECONDS_OF_HARM),
        )
        if estimate is not None and estimate.value is not None
    ]
    worst = max(harms, key=lambda harm: harm.value, default=Number(0.0))
    return Number(min(1.0, max(0.0, worst.value)), worst.error)


def _values(found: Sequence[Finding], tiers: Sequence[int]) -> list[Number]:
    priced = {
        tier: _is_priced([one for one, of in zip(found, tiers, strict=True) if of == tier]) for tier in set(tiers)
    }
    return [_value(finding, priced[tier]) for finding, tier in zip(found, tiers, strict=True)]


def _value(finding: Finding, priced: bool) -> Number:
    if priced:
        return _money(finding)
    people = Number(float(finding.people), math.sqrt(finding.people))
    return people.times(harm_of(finding))


def _is_priced(found: Sequence[Finding]) -> bool:
    """Whether all of them state money, in one currency: money and people are not compared."""
    return all(map(_has_money, found)) and len({one.cost.currency for one in found if one.cost}) == 1


def _has_money(finding: Finding) -> bool:
    return finding.cost is not None and finding.cost.total is not None


def _money(finding: Finding) -> Number:
    assert finding.cost is not None, "asked only where money is stated"
    assert finding.cost.total is not None, "asked only where money is stated"
    return number_of(finding.cost.total)


def measure_stability(tiers: Sequence[int], values: Sequence[Number], rng: np.random.Generator) -> list[float]:
    """How often each keeps its place, or one next to it, where the values are drawn anew within their intervals.

    Values are drawn as independent normal numbers; tiers stay, since they do not rest on the values.

    Args:
        tiers: In the order of the ranking.
        values: In the same order.
        rng: A generator with a seed of its own, so that two runs agree.

    Source:
        Goldstein, H. and Spiegelhalter, D. (1996). League tables and their limitations. JRSS A 159, 385–443, section 5.
    """
    if not values:
        return []
    means = np.array([number.value for number in values])
    errors = np.array([number.error for number in values])
    drawn = rng.normal(means, errors, size=(DRAWS, len(values)))
    order = np.lexsort((-drawn, np.broadcast_to(np.array(tiers), drawn.shape)), axis=1)
    places = np.argsort(order, axis=1)
    kept = np.abs(places - np.arange(len(values))) <= 1
    return [float(share) for share in kept.mean(axis=0)]
