"""Small logs whose truth is known: written by hand, or drawn from a seed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from momentwise.learn.log import Log

SECOND, HOUR, DAY = 1.0, 3_600.0, 86_400.0

Row = tuple[str, float, str, str]  # customer, seconds, event, value of the field `order_id` or nothing


def log_of(rows: Iterable[Row]) -> Log:
    """The log of some rows, in order of customer and time."""
    ordered = sorted(rows, key=lambda row: (row[0], row[1]))
    customers = {name: place for place, name in enumerate(dict.fromkeys(row[0] for row in ordered))}
    names = tuple(sorted({row[2] for row in ordered}))
    values = {name: place for place, name in enumerate(dict.fromkeys(row[3] for row in ordered if row[3]))}
    keys = {"order_id": np.array([values.get(row[3], -1) for row in ordered], dtype=np.int64)} if values else {}
    return Log(
        np.array([customers[row[0]] for row in ordered], dtype=np.int64),
        np.array([round(row[1] * 1e6) for row in ordered], dtype=np.int64),
        np.array([names.index(row[2]) for row in ordered], dtype=np.int64),
        names,
        keys,
    )


def draw_shop(seed: int = 3, customers: int = 400) -> Log:
    """A shop with four journeys: help is looked for and mostly found, an order is placed, paid, shipped and mostly delivered.

    One order in ten is cancelled after it was paid; who waits for a cancelled one calls in half of the cases. Three
    tracker events of each kind surround every step, and people order again after some weeks.
    """
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for number in range(customers):
        who, at = f"c{number}", float(rng.uniform(0, 10 * DAY))
        for order in range(int(rng.integers(1, 5))):
            rows += _draw_order(rng, who, at, f"{number}-{order}")
            at += float(rng.uniform(12 * DAY, 20 * DAY))
    return log_of(row for row in rows if row[1] < 90 * DAY)


def _draw_order(rng: np.random.Generator, who: str, at: float, order: str) -> list[Row]:
    rows: list[Row] = [(who, at - float(rng.uniform(1, 300)), "page_view", "") for _ in range(3)]
    if rng.random() < 0.5:
        rows.append((who, at, "help_searched", ""))
        if rng.random() < 0.8:
            rows.append((who, at + float(rng.uniform(5, 40)), "help_shown", ""))
    at += HOUR
    rows.append((who, at, "checkout_started", ""))
    rows += [(who, at + float(rng.uniform(1, 60)), "click", "") for _ in range(3)]
    if rng.random() < 0.3:
        return rows
    at += float(rng.uniform(60, 300))
    rows.append((who, at, "order_placed", order))
    rows.append((who, at + 600 * float(rng.uniform(0.5, 1)), "order_paid", order))
    shipped = at + DAY * float(rng.uniform(1, 2))
    if rng.random() < 0.08:
        rows.append((who, at + DAY / 2, "order_cancelled", order))
        if rng.random() < 0.5:
            rows.append((who, at + DAY, "call_started", ""))
        return rows
    rows.append((who, shipped, "order_shipped", order))
    rows.append((who, shipped + DAY * float(rng.uniform(2, 5)), "order_delivered", order))
    return rows
