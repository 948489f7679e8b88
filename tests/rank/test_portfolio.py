"""Tests of `rank.portfolio`, `rank.social` and `rank.losses`: all moments side by side, and what bad ones cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentwise.define.finding import Finding
from momentwise.define.moment import Trigger, Value
from momentwise.define.signal import SignalRule, SignalSettings
from momentwise.rank.evidence import Evidence
from momentwise.rank.losses import Loss, measure_losses
from momentwise.rank.portfolio import PortfolioRow, baskets_of, build_portfolio, disproportion, sum_rows
from momentwise.rank.social import SocialLink, link_social
from momentwise.rank.summary import summarize
from tests.rank.journey_tables import Row, Tables, declare, happen, score, signal
from tests.rank.made_findings import costing, make_finding

PAY = declare("pay", by=None, intent="buy", stage="decision", value=Value("EUR", failure_cost=10.0))
TRACK = declare(value=Value("EUR", failure_cost=10.0))
SOCIAL = SignalSettings(
    rules=tuple(
        SignalRule(name=name, shape="each", archetype="social", first=(Trigger(("x",)),))
        for name in ("share", "review")
    )
)


def open_evidence(occurrences: list[Row], **tables: list[Row]) -> Evidence:
    """Evidence over two moments, summed up."""
    evidence = Tables(moments=(TRACK, PAY), signals=SOCIAL).open(occurrences=occurrences, **tables)
    return replace(evidence, summaries=summarize(evidence.moments, evidence.ask))


def two_moments() -> list[Row]:
    """Ninety deliveries of which nine fail, and ten payments of which six do."""
    rows = [happen(f"a{i}", outcome="failed" if i < 9 else "completed", day=i) for i in range(90)]
    return rows + [happen(f"b{i}", moment="pay", outcome="failed" if i < 6 else "completed", day=i) for i in range(10)]


def of_moment(moment: str, name: str, price: float, **changes: object) -> Finding:
    """An established finding of a moment with a price, give or take a tenth."""
    return make_finding(id=f"{moment}/{name}", moment=moment, cost=costing(price, price / 10), **changes)


def rows_of(*findings: Finding) -> dict[str, PortfolioRow]:
    """The portfolio of the two moments by name."""
    return {row.moment: row for row in build_portfolio(open_evidence(two_moments()), findings)}


@pytest.mark.req("R02")
def test_sums_equal_the_cards() -> None:
    """A moment's money is that of its counted findings, the whole is that of the moments, and intervals add as errors."""
    found = [of_moment("pay", "a", 30.0), of_moment("pay", "b", 40.0), of_moment("track-delivery", "c", 10.0)]
    rows = rows_of(*found)
    pay, track = rows["pay"].money, rows["track-delivery"].money
    assert pay is not None
    assert track is not None
    assert (70.0, 10.0) == (pay.value, track.value)
    assert pytest.approx((65.0, 75.0)) == (pay.low, pay.high)  # √(3² + 4²) = 5
    assert ("pay/a", "pay/b") == rows["pay"].counted
    total = sum_rows(list(rows.values()))["EUR"]
    assert pytest.approx(80.0) == total.value


@pytest.mark.req("R02")
def test_nothing_is_counted_twice() -> None:
    """A segment is some of the people of the friction; levels count only where nothing is established."""
    segment = of_moment("pay", "phones", 99.0, kind="segment")
    level = of_moment("pay", "failed", 500.0, kind="failure_rate", standing="observed")
    rows = rows_of(segment, of_moment("pay", "button", 30.0), level)
    assert (("pay/button",), False) == (rows["pay"].counted, rows["pay"].is_level)
    rows = rows_of(level)
    assert (("pay/failed",), True) == (rows["pay"].counted, rows["pay"].is_level)
    assert rows["track-delivery"].money is None


@pytest.mark.req("R02")
def test_a_row_says_how_the_moment_stands() -> None:
    """Volume, the worst standing, and whose it is."""
    rows = rows_of(of_moment("pay", "a", 1.0), of_moment("pay", "b", 1.0, standing="priority"))
    assert (10, 10, 2, "priority", "pay/b", "EUR") == (
        rows["pay"].volume,
        rows["pay"].people,
        rows["pay"].findings,
        rows["pay"].standing,
        rows["pay"].worst,
        rows["pay"].currency,
    )
    assert ("", "") == (rows["track-delivery"].standing, rows["track-delivery"].worst)


def test_the_score_of_a_moment() -> None:
    """The mean of its scores; nothing where it has none."""
    evidence = open_evidence(two_moments(), scores=[score("a1", 2.0), score("a2", 4.0)])
    track, pay = build_portfolio(evidence, [])
    assert (3.0, 2, None) == (track.score.value, track.score.n, pay.score.value)


def test_the_trend_is_the_last_whole_period_beside_the_one_before() -> None:
    """By weeks: all complete in one, half in the next; the last, which is not over, and one of few before it are left out."""
    rows = [
        happen(f"a{w}{i}", day=7 * w + 1, outcome="failed" if w == 6 and i % 2 else "completed")
        for w in range(9)
        for i in range(5 if w == 7 else 40)
    ]
    evidence = open_evidence(rows)
    change = build_portfolio(evidence, [])[0].trend
    assert change is not None
    assert ("week", 0.5, 1.0, -0.5) == (change.unit, change.now, change.before, change.difference.value)
    assert change.difference.high is not None
    assert change.difference.high < 0


@pytest.mark.req("D20")
def test_disproportion() -> None:
    """Six of fifteen failures on a tenth of all occurrences: 0.4 / 0.1 = 4; the others 0.6 / 0.9."""
    rows = rows_of()
    assert pytest.approx(4.0) == rows["pay"].disproportion
    assert pytest.approx(2 / 3) == rows["track-delivery"].disproportion
    assert {} == disproportion({"pay": 0.0}, {"pay": 10})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"intent": "buy", "stage": "decision"}, ("revenue",)),
        ({"intent": "do", "stage": "assistance", "critical": True}, ("cost to serve", "risk")),
        ({"intent": "feel-seen", "stage": "assistance"}, ("retention", "cost to serve")),
        ({"intent": "buy", "stage": "decision", "baskets": ("risk",)}, ("risk",)),
    ],
)
def test_baskets(changes: dict[str, object], expected: tuple[str, ...]) -> None:
    """By intent and stage, risk where it is critical, unless declared."""
    assert expected == baskets_of(declare(**changes))


@pytest.mark.req("D23")
def test_social_signals_belong_to_the_moment_that_ended_last() -> None:
    """Within thirty days; what came before any ending, or later, belongs to none."""
    happened = [happen("ann", 0, 1), happen("ann", 3, 1, moment="pay", outcome="failed"), happen("bob", 0, 1)]
    signals = [
        signal("ann", "share", 2),
        signal("ann", "review", 5),
        signal("bob", "share", 0.5),
        signal("bob", "share", 32),
        signal("bob", "review", 31),
    ]
    links = link_social(open_evidence(happened, signals=signals))
    assert [
        SocialLink(moment="pay", outcome="failed", signal="review", count=1, people=1),
        SocialLink(moment="track-delivery", outcome="completed", signal="review", count=1, people=1),
        SocialLink(moment="track-delivery", outcome="completed", signal="share", count=1, people=1),
    ] == links


def losses(occurrences: list[Row], *findings: Finding, **tables: list[Row]) -> dict[str, Loss]:
    """The five losses by name."""
    evidence = open_evidence(occurrences, **tables)
    return {loss.name: loss for loss in measure_losses(evidence, build_portfolio(evidence, findings))}


@pytest.mark.req("M25")
def test_five_losses_each_with_a_measure() -> None:
    """Forty of a hundred payments fail; sixty of a hundred never return; the unhurt share more; twenty of fifty reviews low."""
    people = [f"c{i}" for i in range(100)]
    rows = [happen(one, moment="pay", outcome="failed" if i < 40 else "completed") for i, one in enumerate(people)]
    rows += [happen(one, day=150) for one in people[60:]]
    signals = [signal(one, "share", 2) for one in people[50:80]]
    signals += [signal(one, "review", 3) for one in people[:50]] + [signal(one, "low_score", 3) for one in people[:20]]
    found = losses(rows, of_moment("pay", "a", 30.0), signals=signals)
    values = {name: loss.estimate.value for name, loss in found.items() if loss.estimate}
    assert {
        "conversions": 0.4,
        "repeat usage": 0.6,
        "advocacy": 0.5,
        "brand credibility": 0.4,
        "revenue": 30.0,
    } == pytest.approx(values)
    for loss in found.values():
        assert loss.estimate is not None
        assert loss.estimate.low is not None
        assert loss.because == ""
    assert found["revenue"].currency == "EUR"


@pytest.mark.req("M25")
def test_what_is_not_in_the_data_is_said() -> None:
    """A reason for each, and no number."""
    found = losses([happen("ann")])
    assert all(loss.estimate is None for loss in found.values())
    assert {
        "conversions": "no moment in which customers decide or buy has ended",
        "repeat usage": "there are only 1",
        "advocacy": "they hold nothing that customers shared, and no referral",
        "brand credibility": "they hold no reviews",
        "revenue": "no moment states what a failure costs or what a customer brings",
    } == {
        name: loss.because.removeprefix("Not measurable from these data, because ")[:-1] for name, loss in found.items()
    }
