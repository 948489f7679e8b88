"""Findings as the page shows them: those that are shown, those that are only levels, those that could not be shown.

Each becomes a card with its number, its breakdowns, its effects and its money, in the order in which `rank` gave them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from momentwise.charts.splits import SplitView, view_split
from momentwise.charts.wording import has_value, write_day, write_name
from momentwise.define.finding import Cost, Estimate, Finding, Where

MOST_SPLITS = 3
MOST_QUOTES = 3

SHOWN = ("priority", "established")


class Effect(msgspec.Struct, frozen=True):
    """One number of a card with its label and how it is written: `change`, `hours`, `money` or as it is."""

    label: str
    estimate: Estimate
    form: str = ""


class CardView(msgspec.Struct, frozen=True):
    """One finding with what its card needs beside it."""

    finding: Finding
    number: int
    anchor: str
    place: str
    effects: tuple[Effect, ...]
    factors: tuple[Effect, ...]
    splits: tuple[SplitView, ...]
    more_splits: tuple[SplitView, ...]
    pale_since: int | None


class Cards(msgspec.Struct, frozen=True):
    """All cards, apart by how firmly they stand.

    Args:
        shown: The harm is shown; these are numbered from one and open the page.
        levels: How things are, with nothing to compare with.
        doubtful: Too few, or an interval that holds no harm.
    """

    shown: tuple[CardView, ...]
    levels: tuple[CardView, ...]
    doubtful: tuple[CardView, ...]

    @property
    def all(self) -> tuple[CardView, ...]:
        """Every card, in the order of the page."""
        return self.shown + self.levels + self.doubtful

    def of_moment(self, moment: str) -> list[CardView]:
        """The cards that speak of a moment."""
        return [card for card in self.all if card.finding.moment == moment]


def deal_cards(findings: Sequence[Finding]) -> Cards:
    """The findings as cards, apart by how firmly they stand, numbered through."""
    piles: dict[str, list[Finding]] = {"shown": [], "observed": [], "not established": []}
    for finding in findings:
        piles["shown" if finding.standing in SHOWN else finding.standing].append(finding)
    ordered = [finding for pile in piles.values() for finding in pile]
    cards = tuple(_card(finding, number) for number, finding in enumerate(ordered, start=1))
    shown, levels = len(piles["shown"]), len(piles["shown"]) + len(piles["observed"])
    return Cards(shown=cards[:shown], levels=cards[shown:levels], doubtful=cards[levels:])


def say_place(where: Where) -> str:
    """The place of a finding in words; empty where nothing narrows it.

    Example:
        >>> say_place(Where(page="/checkout", element="id_number", segment={"device": "mobile"}))
        'Id number on /checkout, device mobile'
    """
    things = [write_name(where.element)] if where.element and "/" not in where.element else [where.element]
    spot = " on ".join(part for part in (*things, where.page) if part)
    parts = [spot] if spot else []
    if where.step:
        parts.append(f"after {write_name(where.step).lower()}")
    parts += [f"{write_name(name).lower()} {value}" for name, value in where.segment.items()]
    if where.since is not None and where.until is not None:
        parts.append(f"from {write_day(where.since)} to {write_day(where.until)}")
    elif where.since is not None:
        parts.append(f"since {write_day(where.since)}")
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]


def _card(finding: Finding, number: int) -> CardView:
    views = [view for split in finding.splits if (view := view_split(split, finding.where.since))]
    return CardView(
        finding=finding,
        number=number,
        anchor=f"finding-{number}",
        place=say_place(finding.where),
        effects=tuple(_effects(finding)),
        factors=tuple(_factors(finding.cost)) if finding.cost else (),
        splits=tuple(views[:MOST_SPLITS]),
        more_splits=tuple(views[MOST_SPLITS:]),
        pale_since=finding.where.since if any(view.form == "columns" for view in views) else None,
    )


def _effects(finding: Finding) -> list[Effect]:
    """What it does to those that it touches, without what the card's main number says already."""
    named = [
        Effect("Adds to each time", finding.seconds, "change") if finding.seconds else None,
        Effect("Takes in a week", finding.weekly_seconds, "hours") if finding.weekly_seconds else None,
        Effect("Completed, beside others", finding.completion, "change") if finding.completion else None,
        Effect("Score, beside others", finding.emotion, "change") if finding.emotion else None,
        Effect("Contacted, beside others", finding.contacts, "change") if finding.contacts else None,
        Effect("Came back, beside others", finding.returning, "change") if finding.returning else None,
    ]
    main = finding.estimate
    found = [effect for effect in named if effect and has_value(effect.estimate)]
    return [e for e in found if e.form == "hours" or (e.estimate.value, e.estimate.unit) != (main.value, main.unit)]


def _factors(cost: Cost) -> list[Effect]:
    named = [
        ("Touched in a month", cost.frequency, ""),
        ("Failures", cost.failure, "money"),
        ("Contacts", cost.deflection, "money"),
        ("Customers lost", cost.lifetime, "money"),
    ]
    return [Effect(label, estimate, form) for label, estimate, form in named if estimate and has_value(estimate)]
