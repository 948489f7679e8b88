"""Pairs: what leads where more than by chance, by which key, and that chance alone leads nowhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from momentwise.learn.log import Log, shuffle_names
from momentwise.learn.pairs import Pair, find_pairs, measure_tables, useful_keys
from tests.learn.small_logs import DAY, draw_shop, log_of


def found_in(log: Log) -> dict[tuple[str, str], Pair]:
    """The pairs of a log by the names of their events."""
    pairs = find_pairs(log, measure_tables(log, np.random.default_rng(1)))
    return {(log.names[pair.start], log.names[pair.goal]): pair for pair in pairs}


def test_a_pair() -> None:
    """Seven of ten checkouts lead to an order, each order comes from a checkout, and chance would be far less."""
    pair = found_in(draw_shop())["checkout_started", "order_placed"]
    assert 0.7 == pytest.approx(pair.share, abs=0.05)
    assert 1.0 == pytest.approx(pair.need, abs=0.01)
    assert pair.chance < 0.4
    assert pair.lift > 1.8
    assert pair.before < 0.05
    assert not pair.by
    assert not pair.is_one_thing


def test_a_pair_by_order() -> None:
    """What bears an order's number is told apart by it."""
    pair = found_in(draw_shop())["order_placed", "order_delivered"]
    assert "order_id" == pair.by
    assert pair.is_one_thing
    assert pair.share > 0.85


def test_no_pair_leads_backwards() -> None:
    """An order does not lead to the checkout that it came from."""
    assert ("order_placed", "checkout_started") not in found_in(draw_shop())


@pytest.mark.parametrize("seed", range(5))
def test_no_pair_by_chance(seed: int) -> None:
    """Where every customer's names are dealt out anew, nothing leads anywhere."""
    assert {} == found_in(shuffle_names(draw_shop(), np.random.default_rng(seed)))


@pytest.mark.parametrize("seed", range(5))
def test_no_pair_between_shuffled_times(seed: int) -> None:
    """Where events keep their orders and lose their times, nothing leads anywhere."""
    log = draw_shop()
    at_us = np.random.default_rng(seed).permutation(log.at_us)
    order = np.lexsort((at_us, log.customer))
    keys = {name: codes[order] for name, codes in log.keys.items()}
    assert {} == found_in(replace(log, at_us=at_us[order], event=log.event[order], keys=keys))


def test_few_customers_make_no_pair() -> None:
    """Nineteen customers are too few for any start."""
    rows = [(f"c{n}", at, event, "") for n in range(19) for at, event in ((0.0, "a"), (9.0, "b"), (DAY, "c"))]
    assert {} == found_in(log_of(rows))


def test_which_fields_tell_passes_apart() -> None:
    """Orders do; a field with one value per customer, one that customers share, and one that is empty do not."""
    log = draw_shop(customers=60)
    keys = {
        **log.keys,
        "person": log.customer.copy(),
        "page": np.arange(len(log)) % 7,
        "nothing": np.full(len(log), -1),
        "row": np.arange(len(log)),
    }
    assert ["order_id"] == useful_keys(replace(log, keys=keys))
