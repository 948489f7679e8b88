"""Tests of `rank.delights`: who may be delighted, and who had better be left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentwise.define.finding import Finding
from momentwise.define.moment import Trigger
from momentwise.rank.delights import find_delights
from momentwise.rank.summary import summarize
from tests.rank.journey_tables import Row, Tables, declare, happen, signal

REWARD = declare("reward-earned", by=None, archetype="delight", intent="feel-seen")
ASK = declare("ask", by=None, start=(Trigger(("ticket_opened",)),))
PEOPLE = [f"c{i}" for i in range(40)]


def reward(customer: str, day: float = 170, **changes: object) -> Row:
    """A reward that a returning customer took, ten days before the end of the data."""
    return happen(customer, day, **({"moment": "reward-earned", "is_returning": True} | changes))


def found(extra: list[Row] | None = None, *, signals: list[Row] | None = None, **changes: object) -> list[Finding]:
    """What is found where forty took their reward, and some more happened."""
    properties = ("consent",) if "properties" in changes else ()
    tables = Tables(moments=(REWARD, ASK), properties=properties)
    rows = [reward(one, **changes) for one in PEOPLE] + (extra or [])
    evidence = tables.open(occurrences=rows, signals=signals or [])
    return find_delights(replace(evidence, summaries=summarize(evidence.moments, evidence.ask)))


@pytest.mark.req("D22")
def test_an_opportunity() -> None:
    """Expectation met, personal, unexpected, and allowed: an observation with its people and what to do."""
    (finding,) = found()
    assert ("delight_opportunity", "observed", 40, 40) == (
        finding.kind,
        finding.standing,
        finding.people,
        finding.estimate.n,
    )
    assert finding.next_step


@pytest.mark.req("D22")
def test_nobody_with_an_open_complaint() -> None:
    """Five have a ticket that is open, five wrote and were not answered: thirty are left, and with one more none."""
    asked = [happen(one, 165, moment="ask", outcome="open", ended_at=None) for one in PEOPLE[:5]]
    waiting = [signal(one, "unanswered_query", 172) for one in PEOPLE[5:10]]
    (finding,) = found(asked, signals=waiting)
    assert 30 == finding.people
    assert [] == found(asked, signals=[*waiting, signal(PEOPLE[10], "broken_promise", 160, 15)])


@pytest.mark.req("D22")
@pytest.mark.parametrize(
    "changes",
    [
        {"is_returning": False},
        {"outcome": "failed"},
        {"day": 100},
        {"properties": {"consent": "denied"}},
    ],
    ids=["not personal", "not met", "long ago", "not allowed"],
)
def test_no_opportunity(changes: dict[str, object]) -> None:
    """Each rule alone is enough to leave them in peace."""
    assert [] == found(**changes)


@pytest.mark.req("D22")
def test_what_is_expected_is_no_surprise() -> None:
    """Who was delighted in the three months before is not, now."""
    assert [] == found([reward(one, 120) for one in PEOPLE])
    assert [] == found(signals=[signal(one, "fast_resolution", 130) for one in PEOPLE])
