"""Broken promises: their share, what lateness does to scores, when and where; on a small table and on real orders."""

from __future__ import annotations

import pytest

from momentwise.define.finding import Finding
from momentwise.define.moment import Trigger
from momentwise.rank.promises import find_promises
from tests.rank.journey_tables import (
    Row,
    Tables,
    counts_its_rows,
    declare,
    happen,
    open_olist,
    part,
    score,
    signal,
)

olist = pytest.fixture(scope="module", name="olist")(open_olist)


def order(customer: str, day: float, late: float | None, given: float | None = None) -> dict[str, list[Row]]:
    """An order of ten days that came late by so many days, or in time, and the score that was given."""
    key = {"key": customer, "properties": {"state": "north" if late else "south"}}
    found: dict[str, list[Row]] = {"occurrences": [happen(customer, day, 10, **key)], "signals": [], "scores": []}
    if late is not None:
        found["signals"] = [signal(customer, "broken_promise", day, 10 - late, **key)]
    if given is not None:
        found["scores"] = [score(customer, given, day + 11, key=customer)]
    return found


def find(orders: list[dict[str, list[Row]]], **facts: object) -> tuple[Tables, list[Finding]]:
    """The findings, and the tables that they are in."""
    tables = Tables(properties=("state",), **facts)
    rows = {name: [row for one in orders for row in one[name]] for name in ("occurrences", "signals", "scores")}
    return tables, find_promises(tables.open(**rows))


def some_orders() -> list[dict[str, list[Row]]]:
    """300 orders from day 0 on, three a day.

    260 in time, scored 5 and 4 in turn (mean 4.5); 20 late by a day, scored 4 and 3 (3.5); 20 late by five days, scored 2
    and 1 (1.5). All late: mean 2.5. Of 300 completed 40 are late, 13.33 %.
    """
    kinds: list[tuple[int, float | None, float]] = [(260, None, 5.0), (20, 1.0, 4.0), (20, 5.0, 2.0)]
    found, place = [], 0
    for count, late, best in kinds:
        for _ in range(count):
            found.append(order(f"c{place}", place // 3, late, best - place % 2))
            place += 1
    return found


def test_share_and_dose() -> None:
    """The golden table of `some_orders`: the share, the mean by lateness, and the difference, each with its rows."""
    tables, found = find(some_orders())
    (finding,) = found
    assert ("broken_promise", "established", ("behaviour", "survey")) == (
        finding.kind,
        finding.standing,
        finding.sources,
    )
    assert (40 / 300, 300, 40) == (finding.estimate.value, finding.estimate.n, finding.people)
    assert counts_its_rows(tables, finding.estimate)
    doses = part(finding.splits, "Mean score by lateness")
    assert {"in time": (4.5, 260), "0–3 days late": (3.5, 20), "3–7 days late": (1.5, 20)} == {
        name: (mean.value, mean.n) for name, mean in doses.items()
    }
    assert all(counts_its_rows(tables, mean) for mean in doses.values())
    assert finding.emotion is not None
    assert -2.0 == pytest.approx(finding.emotion.value)
    assert finding.seconds is not None
    assert 3 * 86_400 == pytest.approx(finding.seconds.value)


def test_never_came() -> None:
    """What never came is said, and is none of the share."""
    lost = order("lost", 0, 5.0)
    lost["occurrences"][0] |= {"outcome": "abandoned", "ending": None}
    _, found = find([*some_orders(), lost])
    assert 300 == found[0].estimate.n
    assert "1 had not come" in found[0].detail


def test_without_scores() -> None:
    """A mere level is observed: without scores or returns nobody knows what it does."""
    orders = some_orders()
    for one in orders:
        one["scores"] = []
    (finding,) = find(orders)[1]
    assert ("observed", None) == (finding.standing, finding.emotion)


def test_who_came_back() -> None:
    """Of the late ones fewer come back within 90 days: 10 of 40 against 130 of 260."""
    orders = some_orders()
    again = [*range(130), *range(260, 270)]
    for place in again:
        orders[place]["occurrences"].append(
            happen(f"c{place}", place // 3 + 30, 5, key=f"again{place}", outcome="open")
        )
    (finding,) = find(orders, until_us=1_704_067_200_000_000 + 300 * 86_400_000_000)[1]
    assert finding.returning is not None
    assert (10 / 40 - 130 / 260, 300) == (pytest.approx(finding.returning.value), finding.returning.n)
    assert finding.returning.high is not None
    assert finding.returning.high < 0


def test_no_promises() -> None:
    """Nothing is said where none was broken, where no moment keeps any, and where the rule is off."""
    assert [] == find([order("ann", 0, None)])[1]
    assert [] == find(some_orders(), moments=(declare(complete=(Trigger(("order_paid",)),)),))[1]
    assert [] == find(some_orders(), moments=(declare(by=None),))[1]


@pytest.fixture
def late_orders(olist: Tables) -> Finding:
    """What is found in the orders of a Brazilian shop."""
    (finding,) = find_promises(olist.evidence())
    return finding


def test_olist(olist: Tables, late_orders: Finding) -> None:
    """7.94 % of the deliveries came late, and every number has its rows."""
    assert (0.0794, 14_552, 1_152) == (
        pytest.approx(late_orders.estimate.value, abs=5e-5),
        late_orders.estimate.n,
        late_orders.people,
    )
    assert all(counts_its_rows(olist, one) for split in late_orders.splits for _, one in split.parts)


def test_olist_dose(late_orders: Finding) -> None:
    """The later, the lower the score: 3.78, 2.32, 1.69."""
    doses = part(late_orders.splits, "Mean score by lateness")
    assert [4.28, 3.78, 2.32, 1.69, 1.82] == [round(mean.value or 0, 2) for mean in doses.values()]
    assert [13_383, 402, 266, 255, 212] == [mean.n for mean in doses.values()]


def test_olist_months_and_states(late_orders: Finding) -> None:
    """The worst months and the worst states of those with at least a hundred deliveries."""
    months = part(late_orders.splits, "Share late by month")
    states = part(late_orders.splits, "Share late by state")
    assert [("2018-03", 19.7), ("2018-02", 15.3), ("2017-11", 14.6)] == [
        (name, round(100 * (share.value or 0), 1)) for name, share in list(months.items())[:3]
    ]
    assert [("CE", 15.4), ("RJ", 13.1)] == [
        (name, round(100 * (share.value or 0), 1)) for name, share in list(states.items())[:2]
    ]
    assert "CE, RJ" in late_orders.next_step
