"""Tests of `rank.order`: what comes first, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest

from momentwise.define.finding import Finding
from momentwise.define.judgement import Judgement, Judgements
from momentwise.rank.differences import Number
from momentwise.rank.evidence import Evidence
from momentwise.rank.order import by_emotion, by_money, measure_stability, order_findings, weigh
from tests.rank.made_findings import between, costing, make_finding
from tests.rank.small_audits import make_moment


def ordered(*found: Finding, judgements: Judgements | None = None, effort: str = "") -> list[Finding]:
    """The findings in order, of one moment whose fixes take so much effort."""
    moments = (make_moment("pay", effort=effort),)
    evidence = Evidence(lambda _: [], moments, judgements=judgements or Judgements())
    return order_findings(found, evidence, np.random.default_rng(1))


def names(found: list[Finding]) -> list[str]:
    """What they are called."""
    return [finding.id.partition("/")[2] for finding in found]


def test_tiers() -> None:
    """Priorities, then what is established, failures of critical moments, other levels, and what is not established."""
    found = ordered(
        make_finding("e-none", standing="not established"),
        make_finding("d-level", standing="observed", people=10**6),
        make_finding("c-critical", standing="observed", kind="critical_failure", people=1),
        make_finding("b-established", cost=costing(9e9)),
        make_finding("a-priority", standing="priority", cost=costing(1.0)),
    )
    assert ["a-priority", "b-established", "c-critical", "d-level", "e-none"] == names(found)


def test_by_money_where_all_state_it() -> None:
    """The dearest first; people do not matter then."""
    found = ordered(
        make_finding("cheap", cost=costing(10.0), people=900), make_finding("dear", cost=costing(20.0), people=1)
    )
    assert ["dear", "cheap"] == names(found)


def test_by_people_and_harm_where_one_states_no_money() -> None:
    """900 who complete a tenth less are 90, two who lose an hour are 2; the money of one of them moves nothing."""
    many = make_finding("many", people=900, completion=between(-0.1, -0.15, -0.05))
    few = make_finding("few", people=2, seconds=between(3600.0, 3000.0, 4000.0, "seconds"), cost=costing(1e9))
    assert ["many", "few"] == names(ordered(few, many))


def test_two_currencies_are_not_compared() -> None:
    """Then it goes by people, too."""
    many = make_finding("many", people=900, completion=between(-0.1, -0.2, -0.05), cost=costing(1.0))
    few = make_finding("few", people=2, completion=between(-0.1, -0.2, -0.05), cost=costing(1e9, currency="JPY"))
    assert ["many", "few"] == names(ordered(few, many))


@pytest.mark.req("R06")
def test_quick_wins_come_first() -> None:
    """Among priorities one that is worth much and takes little comes before a dearer one that takes much."""
    dear = make_finding("dear", standing="priority", cost=costing(900.0))
    quick = make_finding("quick", standing="priority", cost=costing(800.0))
    cheap = make_finding("cheap", standing="priority", cost=costing(10.0))
    said = Judgements(
        efforts={
            "pay/dear": Judgement("high", "A new supplier."),
            "pay/quick": Judgement("low", "One text."),
            "pay/cheap": Judgement("low"),
        }
    )
    found = ordered(cheap, dear, quick, judgements=said)
    assert [("quick", True), ("dear", False), ("cheap", False)] == [
        (name, finding.quick_win) for name, finding in zip(names(found), found, strict=True)
    ]
    assert found[0].judged == "Effort low: One text."
    assert ["dear", "quick", "cheap"] == names(ordered(cheap, dear, quick))


@pytest.mark.req("R05")
@pytest.mark.parametrize(
    ("effort", "high", "low"),
    [
        ("low", "quick win", "fill-in"),
        ("medium", "big bet", "not now"),
        ("high", "big bet", "not now"),
        ("", "", ""),
    ],
)
def test_quadrants(effort: str, high: str, low: str) -> None:
    """Of three findings the dearest two reach the median; without an effort there is no quadrant."""
    moments = {"pay": make_moment("pay", effort=effort)}
    found = [make_finding(name, cost=costing(price)) for name, price in (("a", 30.0), ("b", 20.0), ("c", 10.0))]
    weighed = weigh(found, moments, Judgements())
    assert [("high", high), ("high", high), ("low", low)] == [(one.impact, one.quadrant) for one in weighed]


@pytest.mark.req("R05")
def test_an_impact_that_people_know_better_is_kept_with_its_reason() -> None:
    """The computed one stands beside it."""
    said = Judgements(impacts={"pay/c": Judgement("high", "The regulator asked.")})
    found = [make_finding(name, cost=costing(price)) for name, price in (("a", 30.0), ("b", 20.0), ("c", 10.0))]
    moved = weigh(found, {"pay": make_moment("pay", effort="low")}, said)[2]
    assert ("high", "quick win", True) == (moved.impact, moved.quadrant, moved.quick_win)
    assert moved.judged == "Impact high, computed low: The regulator asked."


def test_an_observed_level_is_never_a_quick_win() -> None:
    """Its impact is low until harm is shown."""
    (level,) = ordered(make_finding(standing="observed", people=10**6), effort="low")
    assert ("low", "fill-in", False) == (level.impact, level.quadrant, level.quick_win)


@pytest.mark.req("R11")
def test_a_broken_product_comes_first_and_polish_of_its_journey_last() -> None:
    """Forty in a hundred complain of the product: the button of the same moment waits, that of another does not."""
    fault = make_finding("product", kind="product_fault", people=40, estimate=between(0.4, 0.36, 0.44))
    button = make_finding("button", standing="priority", people=9_000, completion=between(-0.5, -0.6, -0.4))
    other = make_finding("other", people=10, moment="search", completion=between(-0.1, -0.2, -0.05))
    found = ordered(button, other, fault)
    assert ["product", "other", "button"] == names(found)
    assert found[2].standing_reason.startswith("Mend the product first")


@pytest.mark.req("R11")
def test_a_broken_promise_comes_before_other_priorities() -> None:
    """Where scores agree that it hurt; without them it stands with what is established."""
    late = make_finding("late", kind="broken_promise", standing="priority", people=40)
    button = make_finding("button", standing="priority", people=9_000, completion=between(-0.5, -0.6, -0.4))
    assert ["late", "button"] == names(ordered(button, late))
    alone = make_finding("late", kind="broken_promise", people=40)
    assert ["button", "late"] == names(ordered(alone, button))


def test_a_score_gap_comes_after_what_has_a_place() -> None:
    """It says that an ending hurts and not where it comes from, so even a priority of many people comes after that."""
    gap = make_finding("gap", kind="score_gap", standing="priority", people=9_000)
    assert ["button", "gap", "level"] == names(
        ordered(gap, make_finding("level", standing="observed"), make_finding("button"))
    )


@pytest.mark.req("R10")
def test_money_and_emotion_order_differently() -> None:
    """Two axes: what costs most is not what hurts most, and neither is hidden in the other."""
    dear = make_finding("dear", cost=costing(900.0), emotion=between(-0.1, -0.2, -0.05, "score"))
    sad = make_finding("sad", cost=costing(5.0), emotion=between(-2.0, -2.2, -1.8, "score"))
    assert ["dear", "sad"] == names(by_money([sad, dear]))
    assert ["sad", "dear"] == names(by_emotion([dear, sad]))
    assert all(finding.cost and finding.emotion for finding in ordered(sad, dear))


@pytest.mark.req("R01")
def test_rank_stability() -> None:
    """Far apart, each keeps its place; all alike, each of ten is within one place in about three of ten draws.

    A place at either end has one neighbour, so 2 of 10; one inside has two, so 3 of 10.
    """
    rng = np.random.default_rng(3)
    apart = measure_stability([1, 1, 1, 1], [Number(v, 1.0) for v in (400.0, 300.0, 200.0, 100.0)], rng)
    assert [1.0] * 4 == apart
    alike = measure_stability([1] * 10, [Number(5.0, 1.0)] * 10, rng)
    assert pytest.approx([0.2, *[0.3] * 8, 0.2], abs=0.09) == alike
    assert [1.0] * 3 == measure_stability([0, 4, 8], [Number(5.0, 9.0)] * 3, rng)  # tiers keep them apart


def test_two_runs_agree() -> None:
    """The same seed gives the same stability, and what is equal is ordered by name."""
    found = [make_finding(name, cost=costing(10.0, 5.0)) for name in "bca"]
    assert ["a", "b", "c"] == names(ordered(*found))
    assert ordered(*found) == ordered(*reversed(found))
