"""A finding's breakdowns: what is stacked, what is a history, and where each number lies on its scale."""

from __future__ import annotations

import re

import pytest
from rich_audits import instant, late_delivery, ledger

from fake_audits import around, share_of
from momentwise.charts.splits import MOST_ROWS, find_scale, view_split, write_part, write_sum
from momentwise.define.finding import Estimate, Split


@pytest.mark.req("U10")
def test_nine_and_five_seconds_stack_to_fourteen() -> None:
    """The parts lie side by side, each with its interval around its end, and the sum is said in words."""
    view = view_split(ledger())
    assert view is not None
    assert view.total is not None
    assert view.form == "stack"
    assert write_sum(view.rows, view.total) == "9.0s + 5.0s = 14.0s"
    first, second = view.rows
    assert first.low == 0
    assert first.high == pytest.approx(second.low)
    assert first.at / second.at == pytest.approx(9.02 / 4.97, rel=1e-3)
    assert all(row.reach and row.reach[0] < row.high < row.reach[1] for row in view.rows)


def test_sum_adds_up_as_it_is_read() -> None:
    """8.6 and 4.6 make 13.2, however wide the intervals: 9 and 5 would make 13."""
    parts = (("a", around(8.6, 1.6, 90, "seconds")), ("b", around(4.6, 1.5, 90, "seconds")))
    view = view_split(Split(title="seconds", parts=parts, total=around(13.2, 1.7, 90, "seconds")))
    assert view is not None
    assert view.total is not None
    assert write_sum(view.rows, view.total) == "8.6s + 4.6s = 13.2s"


def test_parts_with_a_negative_one_are_not_stacked() -> None:
    """A friction that saves time has no width; dots on a line with zero in it say so."""
    parts = (("a", around(4.0, 1.0, 90, "seconds")), ("b", around(-2.0, 1.0, 90, "seconds")))
    view = view_split(Split(title="seconds", parts=parts, total=around(2.0, 1.4, 90, "seconds")))
    assert view is not None
    assert view.form == "dots"
    assert view.zero == pytest.approx(100 * 4 / 10)


def test_months_are_columns_with_the_worst_named() -> None:
    """Four periods in order are a history; the highest is named, those before the finding's start are pale."""
    view = view_split(late_delivery().splits[1], since=instant(2017, 11, 1))
    assert view is not None
    assert view.picture is not None
    assert view.form == "columns"
    assert "highest in Mar 2018 with 20%" in view.picture.words
    assert view.picture.wide.count('class="col pale"') == 8
    assert ">20%</text>" in view.picture.wide


def test_columns_take_colour_and_font_from_the_page() -> None:
    """Light, dark and print are the page's business."""
    view = view_split(late_delivery().splits[1])
    assert view is not None
    assert view.picture is not None
    assert not re.search("(?:fill|stroke|font)[a-z-]*=", view.picture.wide)


def test_months_out_of_order_are_rows() -> None:
    """The three worst months by name are no history, and stand in the order given."""
    parts = tuple((month, share_of(count, 100)) for month, count in (("2018-03", 20), ("2018-02", 15), ("2017-11", 14)))
    view = view_split(Split(title="worst months", parts=parts))
    assert view is not None
    assert view.form == "dots"
    assert [write_part(row.name) for row in view.rows] == ["Mar 2018", "Feb 2018", "Nov 2017"]


def test_long_lists_are_folded_and_few_cases_are_hollow() -> None:
    """No part is dropped: those beyond the first few stand behind a fold."""
    parts = tuple((f"state {index}", share_of(index, 20 + index)) for index in range(1, 12))
    view = view_split(Split(title="states", parts=parts))
    assert view is not None
    assert (MOST_ROWS, 3) == (len(view.rows), len(view.more))
    assert view.rows[0].thin
    assert not view.more[-1].thin


def test_counts_without_intervals_are_bars() -> None:
    """What was counted, and not estimated, begins at nothing."""
    parts = tuple((name, Estimate(count, count, "count")) for name, count in (("web", 300.0), ("app", 120.0)))
    view = view_split(Split(title="by channel", parts=parts))
    assert view is not None
    assert view.form == "bars"


def test_nothing_measured_draws_nothing() -> None:
    """A split without a number is left out."""
    assert view_split(Split(title="none", parts=(("a", Estimate(None, 0, "share")),))) is None


@pytest.mark.parametrize(
    ("estimates", "scale"),
    [
        ([share_of(1156, 14552)], (0.0, 0.1)),
        ([around(4.28, 0.02, 90, "score"), around(1.62, 0.4, 90, "score")], (1.0, 5.0)),
        ([around(-0.1, 0.05, 90, "share")], (-0.15, 0.0)),
        ([Estimate(0.0, 9, "count")], (0.0, 1.0)),
    ],
)
def test_scale_is_round_and_holds_every_interval(estimates: list[Estimate], scale: tuple[float, float]) -> None:
    """Shares, times and counts begin at zero; scores have none."""
    assert scale == pytest.approx(find_scale(estimates))


@pytest.mark.parametrize(("name", "said"), [("2018-03-05", "5 Mar 2018"), ("small_phone", "small phone"), ("CE", "CE")])
def test_part_is_named_as_people_say_it(name: str, said: str) -> None:
    """Periods by their month, snake case as words, everything else as it is."""
    assert said == write_part(name)
