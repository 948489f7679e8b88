"""Tests of `define.reading_judgements`: what people say of findings, and of efforts, baskets and prices of a moment."""

from __future__ import annotations

import pytest

from momentwise.define.judgement import Judgement
from momentwise.define.playbook import Playbook
from momentwise.define.reading import parse_playbook
from momentwise.errors import DefinitionErrors

MOMENT = """
moment: pay
intent: buy
stage: decision
archetype: friction
start: payment_started
complete: payment_succeeded
"""


def read(text: str) -> Playbook:
    """The playbook of a moment and a text."""
    return parse_playbook([("book.yaml", f"{MOMENT}{text}")], "book")


@pytest.mark.req("R05")
def test_efforts_and_impacts() -> None:
    """By the finding's id, with the reason; an effort may be one word."""
    book = read(
        "---\nefforts:\n  pay/failed: low\n  pay/slow: {effort: high, because: A new gateway.}\n"
        "---\nimpact:\n  pay/slow: {impact: high, because: The regulator asked.}\n"
    )
    assert {"pay/failed": Judgement("low"), "pay/slow": Judgement("high", "A new gateway.")} == book.judgements.efforts
    assert {"pay/slow": Judgement("high", "The regulator asked.")} == book.judgements.impacts


def test_a_judgement_changes_no_meaning() -> None:
    """Nor do effort, basket and price: the fingerprint stays."""
    told = read("effort: low\nbasket: risk\nvalue: {currency: EUR, contact_cost: 8}\n---\nefforts: {pay/failed: low}\n")
    assert read("").fingerprint() == told.fingerprint()
    moment = told.moments[0]
    assert ("low", ("risk",)) == (moment.effort, moment.baskets)
    assert moment.value is not None
    assert 8.0 == moment.value.contact_cost


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("---\nefforts: {pay/failed: tiny}\n", "The effort of 'pay/failed' is 'tiny'."),
        ("---\nefforts: {pay/failed: {effort: low, why: so}}\n", "'why' is not known here."),
        ("---\nimpact: {pay/failed: {impact: high}}\n", "The impact of 'pay/failed' has no reason."),
        ("---\nimpact: {pay/failed: {because: so}}\n", "The impact of 'pay/failed' is ''."),
        ("effort: tiny\n", "The effort is 'tiny'."),
        ("basket: [risk, joy]\n", "The basket is 'joy'."),
        ("value: {currency: EUR, contact_cost: -1}\n", "`contact_cost` is '-1'."),
    ],
)
def test_mistakes_are_named(text: str, wrong: str) -> None:
    """Each where it stands."""
    with pytest.raises(DefinitionErrors) as caught:
        read(text)
    assert [wrong] == [mistake.wrong for mistake in caught.value.mistakes]
