"""Logs: groups by a field, runs, and names dealt out by chance."""

from __future__ import annotations

import numpy as np

from momentwise.learn.log import group_by, join_runs, shuffle_names
from tests.learn.small_logs import HOUR, draw_shop, log_of


def test_groups_are_customers_and_values() -> None:
    """Events of one value of a field stand together, in order of time; events without one are left out."""
    log = log_of([("a", 1, "placed", "1"), ("a", 2, "placed", "2"), ("a", 3, "paid", "1"), ("a", 4, "click", "")])
    groups = group_by(log, "order_id")
    assert [(0, "placed"), (0, "paid"), (1, "placed")] == [
        (group, log.names[event]) for group, event in zip(groups.customer.tolist(), groups.event.tolist(), strict=True)
    ]
    assert [1, 3, 2] == (groups.at_us // 1_000_000).tolist()


def test_equal_values_of_two_customers_are_two_groups() -> None:
    """The same order number of two customers is no common order."""
    groups = group_by(log_of([("a", 1, "placed", "1"), ("b", 2, "placed", "1")]), "order_id")
    assert [0, 1] == groups.customer.tolist()


def test_an_empty_log_has_no_groups() -> None:
    """Nothing in, nothing out."""
    log = log_of([("a", 1, "placed", "1")])
    nothing = log.where(np.zeros(1, dtype=bool))
    assert 0 == len(group_by(nothing, "order_id"))
    assert 0 == len(join_runs(nothing, 1))
    assert (0, 0) == (nothing.begin_us, nothing.end_us)


def test_dealing_names_keeps_times_and_counts() -> None:
    """By chance every customer has the same events at the same times, in another order."""
    log = draw_shop(customers=50)
    dealt = shuffle_names(log, np.random.default_rng(1))
    assert log.at_us.tolist() == dealt.at_us.tolist()
    assert log.event.tolist() != dealt.event.tolist()
    for customer in range(50):
        mine = log.customer == customer
        assert sorted(log.event[mine].tolist()) == sorted(dealt.event[mine].tolist())


def test_a_run_is_one_event() -> None:
    """Repeats within the time and with nothing between count once; another event or a pause parts them."""
    looks = [
        ("a", 1, "look", ""),
        ("a", 2, "look", ""),
        ("a", 3, "add", ""),
        ("a", 4, "look", ""),
        ("a", HOUR, "look", ""),
    ]
    joined = join_runs(log_of(looks), 60_000_000)
    assert [1, 3, 4, 3600] == (joined.at_us // 1_000_000).tolist()


def test_another_order_is_no_repeat() -> None:
    """Two orders in a row are two events."""
    log = log_of([("a", 1, "placed", "1"), ("a", 2, "placed", "2")])
    assert 2 == len(join_runs(log, 60_000_000))
