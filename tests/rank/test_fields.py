"""Which field of a form ranks first, by hand and in a seeded form."""

from __future__ import annotations

from datetime import timedelta

import pytest

from momentwise.define.moment import Trigger
from momentwise.define.signal import SignalRule, SignalSettings
from momentwise.rank.fields import rank_fields
from momentwise.rank.intervals import wilson
from tests.rank.journey_tables import START, Row, Tables, declare, happen

WEIGHTS = {
    "field_rework": 1,
    "premature_ask": 1,
    "hesitation": 1,
    "field_left_blank": 0.5,
    "error_seen": 1,
    "dead_click": 9,
}
RULES = SignalSettings(
    rules=tuple(
        SignalRule(name=name, shape="each", first=(Trigger(("x",)),), weight=weight) for name, weight in WEIGHTS.items()
    )
)
CHECKOUT = declare("check-out", stage="decision")


def tables(**facts: object) -> Tables:
    """An audit of one moment of the decision stage."""
    return Tables(**({"signals": RULES, "moments": (CHECKOUT,)} | facts))


def trouble(customer: str, name: str, element: str | None, minute: float = 0.0, seconds: float = 0.0) -> Row:
    """One signal at a field of the form."""
    at = START + timedelta(minutes=minute)
    ended_at = at + timedelta(seconds=seconds)
    page = "/form" if element else None
    row = {"customer": customer, "signal": name, "at": at, "ended_at": ended_at, "count": 1, "seconds": seconds}
    return row | {"page": page, "element": element}


def abandon(customer: str, **changes: object) -> Row:
    """A check-out that was given up within the hour."""
    facts = {"moment": "check-out", "outcome": "abandoned", "ending": None, "ended_at": START + timedelta(hours=1)}
    return happen(customer, **(facts | changes))


@pytest.mark.req("D03")
def test_the_seeded_bad_field_ranks_first() -> None:
    """Of five fields the one at which half of a hundred people stumble, and a third give up."""
    signals, occurrences = [], []
    for number in range(100):
        who = f"c{number}"
        for place, element in enumerate(("name", "zip", "city", "phone")):
            if number % 17 == place:
                signals.append(trouble(who, "hesitation", element, place, 6))
        if number % 2 == 0:
            signals += [trouble(who, "field_rework", "iban", 9, 40), trouble(who, "hesitation", "iban", 8, 12)]
        if number % 3 == 0:
            occurrences.append(abandon(who))
    first, *others = rank_fields(tables().open(signals=signals, occurrences=occurrences))
    assert ("/form", "iban", 50, 40.0, 100.0) == (
        first.page, first.element, first.people, first.seconds, first.friction,
    )  # fmt: skip
    assert {"name", "zip", "city", "phone"} == {row.element for row in others}
    assert (17, 34, wilson(17, 34)) == (first.given_up, first.abandoned, first.share_interval)
    assert all((row.share or 0) < (first.share or 0) for row in others)


def test_a_field_s_numbers_are_those_of_its_signals() -> None:
    """Each counts by its rule's weight; an error counts at a field alone; the longest signal of each customer is told."""
    signals = [
        trouble("ann", "hesitation", "iban", 0, 10),
        trouble("ann", "field_rework", "iban", 1, 30),
        trouble("bob", "field_left_blank", "iban", 0),
        trouble("bob", "error_seen", "iban", 2),
        trouble("bob", "error_seen", "pay-button", 3),
        trouble("cy", "error_seen", None, 3),
        trouble("cy", "dead_click", "iban", 3),
    ]
    [row] = rank_fields(tables().open(signals=signals))
    assert {"error_seen": 1, "field_left_blank": 1, "field_rework": 1, "hesitation": 1} == row.counts
    assert (3.5, 2, 15.0, 0, None, None) == (
        row.friction, row.people, row.seconds, row.abandoned, row.share, row.share_interval,
    )  # fmt: skip


def test_the_last_trouble_of_an_abandoned_decision_counts() -> None:
    """Within the occurrence, at its bounds too; what was completed or belongs to another stage does not count."""
    signals = [
        trouble("ann", "hesitation", "zip", 0, 5), trouble("ann", "hesitation", "iban", 60, 5),
        trouble("bob", "hesitation", "iban", -1, 5), trouble("cy", "hesitation", "zip", 0, 5),
        trouble("dan", "hesitation", "zip", 2, 5), trouble("dan", "hesitation", "iban", 61, 5),
        trouble("eve", "field_rework", "zip", 3, 5), trouble("eve", "hesitation", "iban", 3, 4),
    ]  # fmt: skip
    occurrences = [
        abandon("ann"), abandon("bob"), abandon("dan"), abandon("eve"),
        abandon("cy", outcome="completed"), abandon("cy", moment="browse"),
    ]  # fmt: skip
    moments = (CHECKOUT, declare("browse", stage="awareness"))
    found = rank_fields(tables(moments=moments).open(signals=signals, occurrences=occurrences))
    assert {"iban": (1, 4), "zip": (2, 4)} == {row.element: (row.given_up, row.abandoned) for row in found}


def test_without_rules_of_fields_there_is_nothing_to_rank() -> None:
    """Nor without signals."""
    signals = [trouble("ann", "hesitation", "zip")]
    assert [] == rank_fields(tables(signals=SignalSettings()).open(signals=signals))
    assert [] == rank_fields(tables().open())
