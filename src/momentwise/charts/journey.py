"""The journey: moments in the order of their stages, with what customers met and felt in each, and the long silences.

Three readings stand apart and are never one number. A reading is a share of a moment's occurrences; which signals make it
stands in `READINGS`, for whoever counts them and for the page alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from momentwise.charts.cards import CardView
from momentwise.charts.facts import JourneyFacts, Stretch
from momentwise.charts.wording import has_value
from momentwise.define.finding import Estimate, MomentSummary
from momentwise.define.moment import STAGES

READINGS: dict[str, tuple[str, ...]] = {
    "anxiety": (
        "silence", "unanswered_query", "hesitation", "premature_ask", "broken_promise", "repeat_contact",
        "contact_after_message", "unresolved_at_exit",
    ),
    "frustration": (
        "rage_click", "dead_click", "error_click", "error_seen", "field_rework", "slow_answer", "repeated_search",
        "empty_search", "repeated_authentication", "retold_story", "channel_hop", "low_score",
    ),
    "excitement": ("high_score", "thanks", "fast_resolution", "share", "review", "referral", "mention"),
}  # fmt: skip


class Reading(msgspec.Struct, frozen=True):
    """One reading of one moment: its share, its depth of colour in percent, and whether it is the highest of all."""

    name: str
    estimate: Estimate | None
    tint: float
    is_hot: bool


class Station(msgspec.Struct, frozen=True):
    """One moment on the journey.

    Args:
        summary: The moment.
        facts: What was measured in it; `None` where nothing was.
        width: Its volume in percent of the largest.
        readings: Anxiety, frustration and excitement.
        stretches: Its long silences.
        cards: Its findings.
        is_hot: Whether it has more frictions per occurrence than any other.
    """

    summary: MomentSummary
    facts: JourneyFacts | None
    width: float
    readings: tuple[Reading, ...]
    stretches: tuple[Stretch, ...]
    cards: tuple[CardView, ...]
    is_hot: bool


class Leg(msgspec.Struct, frozen=True):
    """One stage of the journey with its moments."""

    stage: str
    stations: tuple[Station, ...]


def map_journey(
    summaries: Sequence[MomentSummary], journey: Sequence[JourneyFacts], cards: Sequence[CardView]
) -> list[Leg]:
    """The stages in order with their moments; stages without a moment are left out.

    Args:
        summaries: The moments.
        journey: What was measured in each.
        cards: Findings; where a moment's silences were not measured apart, those of its findings stand in.
    """
    facts = {one.moment: one for one in journey}
    most = max((summary.volume for summary in summaries), default=0) or 1
    hottest = _find_hottest(summaries, facts)
    highest = {name: _highest([getattr(one, name) for one in journey]) for name in READINGS}
    legs = []
    for stage in STAGES:
        stations = [
            Station(
                summary=summary,
                facts=facts.get(summary.moment),
                width=round(100 * summary.volume / most, 2),
                readings=tuple(_read(name, facts.get(summary.moment), highest[name]) for name in READINGS),
                stretches=_find_stretches(facts.get(summary.moment), cards, summary.moment),
                cards=tuple(card for card in cards if card.finding.moment == summary.moment),
                is_hot=summary.moment == hottest,
            )
            for summary in summaries
            if summary.stage == stage
        ]
        if stations:
            legs.append(Leg(stage, tuple(stations)))
    return legs


def _read(name: str, facts: JourneyFacts | None, highest: float) -> Reading:
    estimate: Estimate | None = getattr(facts, name) if facts else None
    if estimate is None or not has_value(estimate):
        return Reading(name, None, 0.0, is_hot=False)
    value = estimate.value or 0.0
    tint = round(22 * value / highest, 1) if highest else 0.0
    return Reading(name, estimate, tint, is_hot=bool(highest) and value == highest)


def _highest(estimates: Sequence[Estimate | None]) -> float:
    return max((e.value or 0.0 for e in estimates if e is not None and has_value(e)), default=0.0)


def _find_hottest(summaries: Sequence[MomentSummary], facts: dict[str, JourneyFacts]) -> str:
    """The moment with the most frictions per occurrence; empty where none was counted."""
    rates = {
        s.moment: (one.frictions.value or 0.0) / s.volume
        for s in summaries
        if s.volume and (one := facts.get(s.moment)) and one.frictions and has_value(one.frictions)
    }
    return max(rates, key=lambda name: rates[name]) if any(rates.values()) else ""


def _find_stretches(facts: JourneyFacts | None, cards: Sequence[CardView], moment: str) -> tuple[Stretch, ...]:
    if facts and facts.stretches:
        return facts.stretches
    silences = [card.finding for card in cards if card.finding.moment == moment and "silen" in card.finding.kind]
    return tuple(
        Stretch(after=finding.where.step, seconds=finding.estimate)
        for finding in silences
        if finding.estimate.unit == "seconds"
    )
