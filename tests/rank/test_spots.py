"""Which signals are one friction, and what it is called."""

from __future__ import annotations

import pytest

from momentwise.rank.spots import Friction, Spot, name_frictions
from momentwise.rank.strata import Property, choose_strata


def _spots(*places: tuple[str, str | None, str | None]) -> list[Spot]:
    return [Spot(number, *place) for number, place in enumerate(places)]


def _names(found: tuple[Friction, ...]) -> list[str]:
    return [friction.id for friction in found]


def test_signals_at_one_element_are_one_friction_named_by_the_most_telling() -> None:
    """A field that asks too early is called so, though more people hesitate there."""
    spots = _spots(("hesitation", "/pay", "id"), ("premature_ask", "/pay", "id"), ("rage_click", "/pay", "go"))
    found = name_frictions("checkout", spots, {0: 900, 1: 500, 2: 100}, {}, 2000)
    assert ["premature_ask/pay/id", "rage_click/pay/go"] == _names(found)


def test_a_rare_name_does_not_name_the_whole() -> None:
    """Where 2 in 100 of those who hesitate were asked too early, the friction is a hesitation."""
    spots = _spots(("hesitation", "/pay", "id"), ("premature_ask", "/pay", "id"))
    assert ["hesitation/pay/id"] == _names(name_frictions("checkout", spots, {0: 900, 1: 20}, {}, 2000))


def test_what_nearly_the_same_occurrences_meet_is_one() -> None:
    """Two places that 97 of 100 meet together cannot be told apart, and are one."""
    spots = _spots(("dead_click", "/a", "x"), ("rage_click", "/b", "y"))
    assert 1 == len(name_frictions("checkout", spots, {0: 985, 1: 985}, {(0, 1): 970}, 5000))


@pytest.mark.req("D07")
def test_two_frictions_that_often_come_together_stay_two() -> None:
    """A field and a button on one page that 9 in 10 meet together are still two frictions."""
    spots = _spots(("premature_ask", "/pay", "id"), ("out_of_reach", "/pay", "go"))
    assert 2 == len(name_frictions("checkout", spots, {0: 950, 1: 950}, {(0, 1): 900}, 5000))


def test_a_signal_of_the_page_is_one_with_the_element_it_always_comes_with() -> None:
    """Taps beside a button carry no element; they are the button's."""
    spots = _spots(("out_of_reach", "/pay", "go"), ("near_miss", "/pay", None))
    assert ["out_of_reach/pay/go"] == _names(name_frictions("checkout", spots, {0: 900, 1: 200}, {(0, 1): 190}, 5000))


def test_a_signal_of_the_page_stays_its_own_where_all_meet_the_element() -> None:
    """Where 9 in 10 of all occurrences meet the element, coming with it is chance."""
    spots = _spots(("premature_ask", "/pay", "id"), ("slow_answer", "/pay", None))
    assert 2 == len(name_frictions("checkout", spots, {0: 4500, 1: 500}, {(0, 1): 452}, 5000))


def test_strata_match_on_what_matters_most_first() -> None:
    """Of two properties the one with which completion differs is matched on first; one that decides is left out."""
    properties = (Property("a", ("x", "y")), Property("b", ("x", "y")), Property("c", ("x", "y")))
    profile = [(0, 1, 500, 0.8, 30.0), (0, 2, 500, 0.8, 30.0), (1, 1, 500, 0.9, 30.0), (1, 2, 500, 0.7, 30.0)]
    profile += [(2, 1, 500, 0.8, 30.0), (2, 2, 500, 0.8, 30.0)]
    meetings = [(0, 0, 1, 200.0), (0, 0, 2, 200.0), (0, 1, 1, 100.0), (0, 1, 2, 300.0), (0, 2, 1, 490.0)]
    found = choose_strata(profile, meetings, properties, 1)
    assert ((1, 0), ("c",)) == (found.matched, found.left_out)
