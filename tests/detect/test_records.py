"""Putting customers together by counting is a stable sort by customer and time, without duplicates."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from momentwise.detect.records import (
    AT,
    BUCKETS,
    CHANNEL_BITS,
    IDENTITY,
    PLACE,
    SYMBOL_BITS,
    WHO,
    drop_duplicates,
    put_together,
)

events = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 6), st.integers(0, 5)), max_size=60)


@given(events)
def test_a_bucket_is_sorted_by_customer_and_time_and_loses_duplicates(drawn: list[tuple[int, int, int]]) -> None:
    """The records are those of a stable sort; of one identity of a customer only the first stays."""
    rows = np.zeros((len(drawn), 5), dtype=np.int64)
    for place, (customer, at, identity) in enumerate(drawn):
        # All customers of the test fall into bucket 0.
        rows[place, WHO] = (customer * BUCKETS) << (SYMBOL_BITS + CHANNEL_BITS)
        rows[place, AT], rows[place, IDENTITY], rows[place, PLACE] = at, identity, place
    placed, starts = put_together(rows, 4 * BUCKETS + 1, 0)
    dropped = drop_duplicates(placed, starts)

    wanted, seen = [], set()
    for place, (customer, at, identity) in sorted(enumerate(drawn), key=lambda one: (one[1][0], one[1][1], one[0])):
        if (customer, identity) not in seen:
            seen.add((customer, identity))
            wanted.append((customer, at, place))
    found = [
        (customer, int(placed[row, AT]), int(placed[row, PLACE]))
        for customer in range(len(starts) - 1)
        for row in range(starts[customer], starts[customer + 1])
    ]
    assert wanted == found
    assert len(drawn) - len(wanted) == dropped
