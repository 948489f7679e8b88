"""Observed, not mapped: frequent steps and proposals that no declared moment has."""

from __future__ import annotations

import numpy as np
import pytest

from momentwise.define.reading import parse_playbook
from momentwise.learn.paths import find_hidden_steps, tell_hidden_step, undeclared
from momentwise.learn.propose import discover_moments
from tests.learn.small_logs import draw_shop, log_of

CHECKOUT = """\
moment: checkout
intent: buy
stage: decision
archetype: friction
start: checkout_started
complete: order_placed
fail: order_cancelled
"""
DECLARED = parse_playbook([("book", CHECKOUT)]).moments


@pytest.mark.req("C07")
def test_a_hidden_stage() -> None:
    """A stage that every order passes and that no moment names is found, with the way that leads through it."""
    rows = [
        (f"c{n}", n + at, event, "")
        for n in range(40)
        for at, event in ((0.0, "checkout_started"), (1.0, "click"), (5.0, "fraud_checked"), (9.0, "order_placed"))
    ]
    found = find_hidden_steps(log_of(rows), DECLARED)
    assert ["fraud_checked"] == [step.event for step in found]
    assert ("checkout_started", 1.0, "order_placed", 1.0) == (
        found[0].after, found[0].after_share, found[0].before, found[0].before_share,
    )  # fmt: skip
    assert (
        "fraud_checked: 40 times, 40 customers; mostly checkout_started → fraud_checked → order_placed "
        "(100% come from there, 100% go there)"
    ) == tell_hidden_step(found[0])


def test_a_rare_step_is_not_listed() -> None:
    """What fewer than twenty customers have is left out."""
    rows = [(f"c{n}", float(at), event, "") for n in range(19) for at, event in enumerate(("checkout_started", "odd"))]
    assert [] == find_hidden_steps(log_of(rows), DECLARED)


def test_a_step_with_nothing_round_it() -> None:
    """A step that is mostly a customer's only one has nothing before and after."""
    found = find_hidden_steps(log_of([(f"c{n}", 0.0, "visit", "") for n in range(30)]), DECLARED)
    assert ("", "") == (found[0].after, found[0].before)
    assert "(nothing) → visit → (nothing)" in tell_hidden_step(found[0])


@pytest.mark.req("C07")
def test_declared_moments_are_no_news() -> None:
    """A proposal that is declared already is left out of what is new; all others stay."""
    proposals = discover_moments(draw_shop(), np.random.default_rng(7)).proposals
    new = undeclared(proposals, DECLARED)
    assert {("checkout_started", "order_placed")} == {(one.start, one.complete) for one in proposals if one not in new}
    assert len(new) == len(proposals) - 1
