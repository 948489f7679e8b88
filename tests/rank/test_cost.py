"""Tests of `rank.cost`: four factors in money per month, by hand."""

from __future__ import annotations

import pytest

from momentwise.define.finding import Cost, Estimate, Finding
from momentwise.define.moment import Value
from momentwise.define.span import DAY_US
from momentwise.rank.cost import DAYS_OF_MONTH, measure_cost, price_finding
from momentwise.rank.evidence import Evidence
from tests.rank.made_findings import between, make_finding
from tests.rank.small_audits import make_moment

VALUE = Value("EUR", failure_cost=10.0, deflection=0.5, lifetime_value=100.0, contact_cost=8.0)


def harmful(**changes: object) -> Finding:
    """A thousand people; ten in a hundred complete less, four ask more, two do not come back."""
    facts: dict[str, object] = {
        "people": 1_000,
        "completion": between(-0.10, -0.15, -0.05),
        "contacts": between(0.04, 0.02, 0.06),
        "returning": between(-0.02, -0.03, -0.01),
    }
    return make_finding(**(facts | changes))


def parts(cost: Cost) -> list[float | None]:
    """The value of each factor and of the total."""
    factors = (cost.frequency, cost.failure, cost.deflection, cost.lifetime, cost.total)
    return [None if factor is None else factor.value for factor in factors]


@pytest.mark.req("R01")
def test_the_golden_table() -> None:
    """By hand, over two months.

    1,000 people in 2 months are 500 a month. Failures: 500 · 0.10 · 10 = 500. Deflection: 500 · 0.04 · 0.5 · 8 = 80.
    Lifetime: 500 · 0.02 · 100 = 1,000. Together 1,580.
    """
    cost = measure_cost(harmful(), VALUE, 2.0)
    assert pytest.approx([500.0, 500.0, 80.0, 1_000.0, 1_580.0]) == parts(cost)
    assert ("EUR", ()) == (cost.currency, cost.missing)


@pytest.mark.req("R01")
def test_intervals_of_the_golden_table() -> None:
    """By hand, for the failures.

    Garwood's interval of 1,000 is 939.0 to 1,064.0, so 500 a month has an error of 62.5 / 3.92 = 15.9; 0.10 has one of
    0.10 / 3.92 = 0.0255. Goodman: √((500 · 0.0255)² + (0.10 · 15.9)² + (15.9 · 0.0255)²) = 12.86; times 10 and 1.96, 252.
    """
    cost = measure_cost(harmful(), VALUE, 2.0)
    assert cost.failure is not None
    assert pytest.approx((500 - 252.1, 500 + 252.1), abs=0.6) == (cost.failure.low, cost.failure.high)
    assert (469.5, 532.0) == pytest.approx((cost.frequency.low, cost.frequency.high), abs=0.1)


@pytest.mark.req("R01")
@pytest.mark.parametrize(
    ("value", "moved"),
    [
        (Value("EUR", 20.0, 0.5, 100.0, 8.0), 1),
        (Value("EUR", 10.0, 0.25, 100.0, 8.0), 2),
        (Value("EUR", 10.0, 0.5, 100.0, 16.0), 2),
        (Value("EUR", 10.0, 0.5, 50.0, 8.0), 3),
    ],
    ids=["failure cost", "deflection", "contact cost", "lifetime value"],
)
def test_one_input_moves_its_factor_alone(value: Value, moved: int) -> None:
    """Twice or half the price is twice or half its factor, and the total follows; all else stays."""
    before, after = parts(measure_cost(harmful(), VALUE, 2.0)), parts(measure_cost(harmful(), value, 2.0))
    assert [moved, 4] == [place for place in range(5) if after[place] != pytest.approx(before[place])]
    assert after[moved] in (pytest.approx(2 * (before[moved] or 0)), pytest.approx((before[moved] or 0) / 2))


@pytest.mark.req("R01")
def test_without_prices_it_says_what_is_missing() -> None:
    """People per month are known, money is not; each missing price is named by its key."""
    cost = measure_cost(harmful(), None, 2.0)
    assert [500.0, None, None, None, None] == parts(cost)
    assert ["failure_cost", "contact_cost", "deflection", "lifetime_value"] == [
        words.split("`")[1] for words in cost.missing
    ]


@pytest.mark.req("R13")
def test_a_difference_that_may_be_none_has_no_price() -> None:
    """Of the three only the completion leaves out zero: it alone is money."""
    finding = harmful(contacts=between(0.04, -0.01, 0.09), returning=between(-0.02, -0.05, 0.01))
    assert [500.0, 500.0, None, None, 500.0] == pytest.approx(parts(measure_cost(finding, VALUE, 2.0)))


def test_people_who_do_better_cost_nothing() -> None:
    """Rage-clickers who complete more often are no gain to be booked either."""
    assert parts(measure_cost(harmful(completion=between(0.1, 0.05, 0.15)), VALUE, 2.0))[1] is None


def test_frequency_of_a_friction_follows_from_its_seconds() -> None:
    """700 seconds a week at 7 each are 100 a week, which is 434.8 a month."""
    finding = harmful(
        people=10, seconds=between(7.0, 6.0, 8.0, "seconds"), weekly_seconds=between(700.0, 600.0, 800.0, "seconds")
    )
    frequency = measure_cost(finding, VALUE, 2.0).frequency
    assert pytest.approx(100 * DAYS_OF_MONTH / 7) == frequency.value


def test_every_failure_is_a_failure_and_every_escalation_a_contact() -> None:
    """10 of 100 in a month at 10 are 100; 10 escalations, of which half at 8 could be answered, are 40."""
    share = Estimate(0.1, 100, "share", 0.055, 0.174)
    failed = make_finding(kind="failure_rate", estimate=share, people=4)
    assert [10.0, 100.0, None, None, 100.0] == pytest.approx(parts(measure_cost(failed, VALUE, 1.0)))
    asked = make_finding(kind="escalation_rate", estimate=share, people=4)
    assert [10.0, None, 40.0, None, 40.0] == pytest.approx(parts(measure_cost(asked, VALUE, 1.0)))


@pytest.mark.req("R13")
def test_what_is_not_established_has_no_cost() -> None:
    """Neither per month nor over the period."""
    evidence = Evidence(lambda _: [], until_us=30 * DAY_US)
    finding = price_finding(harmful(standing="not established"), make_moment(value=VALUE), evidence)
    assert (None, None) == (finding.cost, finding.money)


def test_money_over_the_period_is_the_months_times_the_cost() -> None:
    """With its interval."""
    evidence = Evidence(lambda _: [], until_us=round(2 * DAYS_OF_MONTH * DAY_US))
    finding = price_finding(harmful(), make_moment(value=VALUE), evidence)
    assert finding.money is not None
    assert pytest.approx(2 * 1_580.0) == finding.money.value
    assert finding.money.low is not None
