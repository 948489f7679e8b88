"""Tests of `rank.qualify`: what makes a touchpoint a moment."""

from __future__ import annotations

import pytest

from momentwise.define.finding import Estimate, ScoreGap
from momentwise.define.moment import Trigger, Value
from momentwise.define.predicate import parse_predicate
from momentwise.rank.measures import measure_share
from momentwise.rank.qualify import qualities
from tests.rank.small_audits import make_moment


def shares_of(completed: int, ended: int) -> dict[str, Estimate]:
    """The only share that is looked at."""
    return {"completed": measure_share("pay", completed, ended, "outcome = 'completed'")}


def gap_of(value: float, half: float) -> ScoreGap:
    """A gap whose interval reaches half to both sides."""
    mean = Estimate(3.0, 50, "score")
    return ScoreGap("on time", "late", mean, mean, Estimate(value, 100, "score", value - half, value + half))


def test_an_ordinary_touchpoint_has_no_reason() -> None:
    """Nearly all complete, nobody feels a difference, and nobody stated a price."""
    assert qualities(make_moment(), shares_of(990, 1000), 1000, ()) == ()


@pytest.mark.parametrize(
    ("completed", "ended", "expected"), [(900, 1000, ("friction",)), (94, 100, ()), (0, 1, ("friction",)), (0, 0, ())]
)
def test_friction_needs_the_whole_interval(completed: int, ended: int, expected: tuple[str, ...]) -> None:
    """Ten percent of a thousand is friction; six of a hundred may be chance."""
    assert expected == qualities(make_moment(), shares_of(completed, ended), ended, ())


@pytest.mark.parametrize(("value", "half", "expected"), [(-0.8, 0.3, ("emotion",)), (-0.8, 0.31, ())])
def test_emotion_needs_half_a_point_with_the_whole_interval(
    value: float, half: float, expected: tuple[str, ...]
) -> None:
    """The end that is nearer to zero decides."""
    assert expected == qualities(make_moment(), shares_of(99, 100), 100, (gap_of(value, half),))


@pytest.mark.parametrize(
    "changes",
    [
        {"critical": True},
        {"value": Value("EUR", failure_cost=1.0)},
        {"value": Value("EUR", lifetime_value=99.0)},
    ],
)
def test_influence_is_stated_by_people(changes: dict[str, object]) -> None:
    """Critical, priced, or worth keeping; once it has happened at all."""
    assert qualities(make_moment(**changes), shares_of(990, 1000), 1000, ()) == ("influence",)
    assert qualities(make_moment(**changes), shares_of(0, 0), 0, ()) == ()


def test_a_value_without_money_is_no_influence() -> None:
    """Only a deflection was stated."""
    assert qualities(make_moment(value=Value("EUR", deflection=0.4)), shares_of(990, 1000), 1000, ()) == ()


def test_all_reasons_at_once() -> None:
    """In a fixed order."""
    found = qualities(make_moment(critical=True), shares_of(50, 100), 100, (gap_of(-2.0, 0.1),))
    assert found == ("friction", "emotion", "influence")


@pytest.mark.req("D19")
def test_an_ordinary_page_view_never_qualifies() -> None:
    """Whatever its numbers, and whatever anybody states of it; a certain page may be a moment."""
    seen, priced = Trigger(("page_viewed",)), Value("EUR", failure_cost=9.0)
    view = make_moment(start=(seen,), complete=(Trigger(("page_view", "screen_view")),), value=priced, critical=True)
    assert qualities(view, shares_of(10, 1000), 1000, (gap_of(-2.0, 0.1),)) == ()
    certain = make_moment(start=(Trigger(("page_viewed",), where=parse_predicate("page = 'claim'")),), complete=(seen,))
    assert qualities(certain, shares_of(10, 1000), 1000, ()) == ("friction",)
    assert qualities(make_moment(start=(seen,)), shares_of(10, 1000), 1000, ()) == ("friction",)
