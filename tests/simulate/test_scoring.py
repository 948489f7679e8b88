"""The score of an audit against the truth, on findings written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from momentwise.simulate.expected import CONSEQUENCES, SIGNS
from momentwise.simulate.plans import PLAN_NAMES
from momentwise.simulate.scoring import fits, hold_figures, score_findings

Json = dict[str, Any]


def finding(kind: str, standing: str = "priority", moment: str = "checkout", **where: Any) -> Json:
    """A finding as findings.json has it."""
    return {"id": f"{moment}/{kind}", "kind": kind, "moment": moment, "standing": standing, "where": where}


def thing(name: str, kind: str = "friction", **parts: Any) -> Json:
    """A planted thing as truth.json has it."""
    return {"name": name, "kind": kind, "signs": [], "consequences": [], "figures": {}, **parts}


ID = thing("id", signs=[{"kinds": ["friction"], "page": "/id"}], consequences=[{"kinds": ["segment"], "step": "left"}])
STEPPER = thing("stepper", "innocent", signs=[{"kinds": ["friction"], "element": "plus"}])


def test_a_matching_finding_with_standing_is_found() -> None:
    """With its rank among all findings, also those without standing."""
    told = [finding("target_missed", "observed"), finding("friction", page="/id")]
    score = score_findings({"planted": [ID]}, told)
    assert (1, 2, "priority") == (score.found, score.planted[0].rank, score.planted[0].standing)
    assert ((), (), 1.0) == (score.false, score.accused, score.recall)


def test_a_finding_without_standing_finds_nothing() -> None:
    """What is merely observed, or not established, does not count, neither for nor against."""
    told = [finding("friction", "not established", page="/id"), finding("friction", "observed", element="plus")]
    score = score_findings({"planted": [ID, STEPPER]}, told)
    assert (0, 0, (), ()) == (score.found, score.firm, score.accused, score.false)


def test_a_consequence_is_not_false_and_finds_nothing() -> None:
    """What a planted thing brings with it is honest, but is not the thing."""
    score = score_findings({"planted": [ID]}, [finding("segment", step="left")])
    assert (0, ()) == (score.found, score.false)


def test_what_nothing_planted_explains_is_false() -> None:
    """And stands in the way of what comes after it."""
    score = score_findings({"planted": [ID]}, [finding("spike"), finding("friction", page="/id")])
    assert (("checkout/spike",), ("id",)) == (score.false, score.wrong_order)


def test_an_innocent_that_is_raised_is_accused_and_false() -> None:
    """Below what is planted it is accused all the same, but the order is right."""
    score = score_findings(
        {"planted": [ID, STEPPER]}, [finding("friction", page="/id"), finding("friction", element="plus")]
    )
    assert (("stepper",), 1, ()) == (score.accused, len(score.false), score.wrong_order)


def test_the_truth_is_held_against_the_intervals() -> None:
    """Bounds count as inside; what one side does not state is left out."""
    figures = {"seconds": {"realised": 9.0}, "completion": {"realised": -0.08}, "emotion": {"realised": None}}
    told = {
        "seconds": {"value": 8.9, "low": 8.4, "high": 9.0},
        "completion": {"value": -0.2, "low": -0.3, "high": -0.1},
        "returning": {"value": 0.1, "low": 0.0, "high": 0.2},
        "emotion": {"value": -1, "low": -2, "high": 0},
    }
    assert {"seconds": True, "completion": False} == hold_figures(figures, told)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ({}, False),
        ({"locale": "pt"}, True),
        ({"locale": "pt", "version": "4"}, True),
        ({"locale": "pt", "device": "phone"}, False),
        ({"locale": "de"}, False),
    ],
)
def test_a_segment_fits_where_it_names_nothing_beside_the_signs(segment: dict[str, str], expected: bool) -> None:
    """Some of the sign's properties, with the sign's values, and no others."""
    sign = {"kinds": ["segment"], "segment": {"locale": "pt", "version": "4"}}
    assert expected == fits(sign, finding("segment", segment=segment))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(None, None, True), (0, 10, False), (0, 11, True), (20, 30, False), (19, None, True)],
)
def test_a_period_must_touch_that_of_the_sign(since: int | None, until: int | None, expected: bool) -> None:
    """The end of a period is not part of it; no period means all the time."""
    sign = {"kinds": ["spike"], "since": 10, "until": 20}
    assert expected == fits(sign, finding("spike", since=since, until=until))


def test_a_sign_may_name_several_values() -> None:
    """One of them must be the finding's."""
    sign = {"kinds": ["friction"], "moment": ["a", "b"], "signal": ["x", "y"]}
    assert fits(sign, finding("friction", moment="b", signal="x"))
    assert not fits(sign, finding("friction", moment="c", signal="x"))


def test_every_plan_has_signs() -> None:
    """And consequences belong to plans that there are."""
    assert set(PLAN_NAMES) == set(SIGNS)
    assert set(CONSEQUENCES) <= set(PLAN_NAMES)
