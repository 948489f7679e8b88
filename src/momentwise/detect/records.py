"""Events as fixed-width records of integers, put together by customer without a sort.

Logs arrive in time order, so a *counting placement* (count each customer's events, add up, place each event at its
customer's next free row) keeps that order and beats any sort. It is done twice: records go to buckets by customer as
they arrive, so that no step needs all customers in memory; then each bucket is placed. Only the customers whose events
did not arrive in time order are sorted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from momentwise.detect.compiling import compiled
from momentwise.detect.plan import Int64s

# Columns of a record. WHO holds customer, symbol and channel; SPOT page and element; PLACE the context (what is known of
# the customer), x and y; keys and then measured times follow, one column each.
AT, IDENTITY, WHO, SPOT, PLACE = range(5)
FIXED = 5

SYMBOL_BITS, CHANNEL_BITS = 20, 6
MOST_SYMBOLS, MOST_CHANNELS = 1 << SYMBOL_BITS, 62
LOW_SYMBOL, LOW_CHANNEL = MOST_SYMBOLS - 1, (1 << CHANNEL_BITS) - 1
HALF_BITS, LOW_HALF = 32, (1 << 32) - 1
X_BITS, LOW_X = 16, (1 << 16) - 1
CONTEXT_SHIFT = 2 * X_BITS

BUCKETS = 256


def record_width(keys: int, measures: int = 0) -> int:
    """How many 64-bit integers a record has, with so many key fields and measured times."""
    return FIXED + keys + measures


@compiled
def count_buckets(customers: Int64s, reasons: npt.NDArray[np.uint8], counts: Int64s) -> None:
    """Add to `counts` how many fine rows each bucket gets; a row with a reason against it gets none."""
    for row in range(len(customers)):
        if reasons[row] == 0:
            counts[customers[row] % BUCKETS] += 1


@compiled
def place_in_buckets(
    columns: Int64s, reasons: npt.NDArray[np.uint8], customers: Int64s, starts: Int64s, out: Int64s
) -> tuple[int, int]:
    """Write the fine rows as records, bucket after bucket, in order of arrival within each.

    Args:
        columns: One row per field of a record, one column per event.
        reasons: Not 0 where the row is set aside.
        customers: The customers' numbers.
        starts: First row of each bucket in `out`; moved to its end.
        out: Records.

    Returns:
        The earliest and the latest event time that were written.
    """
    width = len(columns)
    earliest, latest = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    for row in range(len(customers)):
        if reasons[row] != 0:
            continue
        bucket = customers[row] % BUCKETS
        target = starts[bucket]
        starts[bucket] = target + 1
        for column in range(width):
            out[target, column] = columns[column, row]
        earliest = min(earliest, columns[AT, row])
        latest = max(latest, columns[AT, row])
    return earliest, latest


def put_together(records: Int64s, customers: int, bucket: int) -> tuple[Int64s, Int64s]:
    """The records of one bucket by customer and event time; ties keep their order of arrival.

    Args:
        records: In order of arrival.
        customers: How many numbers of customers there are in all, the missing one included.
        bucket: Its number.

    Returns:
        The records, and the first row per customer of the bucket (one more than customers).
    """
    placed = np.empty_like(records)
    members = max(0, -(-(customers - bucket) // BUCKETS))
    starts = np.zeros(members + 1, dtype=np.int64)
    if not place_customers(records, placed, starts):
        sort_customers(placed, starts)
    return placed, starts


@compiled
def place_customers(records: Int64s, placed: Int64s, starts: Int64s) -> bool:
    """Put the records of one bucket together by customer, keeping their order.

    Args:
        records: One bucket's records, in order of arrival.
        placed: As many records, to be filled.
        starts: First row per customer of the bucket; one more than customers; to be filled.

    Returns:
        Whether every customer's records are in order of event time.
    """
    shift = SYMBOL_BITS + CHANNEL_BITS
    starts[:] = 0
    for row in range(len(records)):
        starts[(records[row, WHO] >> shift) // BUCKETS + 1] += 1
    for index in range(1, len(starts)):
        starts[index] += starts[index - 1]
    free = starts.copy()
    in_order = True
    width = records.shape[1]
    for row in range(len(records)):
        customer = (records[row, WHO] >> shift) // BUCKETS
        target = free[customer]
        free[customer] = target + 1
        for column in range(width):
            placed[target, column] = records[row, column]
        if target > starts[customer] and placed[target - 1, AT] > records[row, AT]:
            in_order = False
    return in_order


@compiled
def sort_customers(placed: Int64s, starts: Int64s) -> None:
    """Sort the records of each customer whose events did not arrive in order; ties keep their order of arrival."""
    width = placed.shape[1]
    for customer in range(len(starts) - 1):
        first, stop = starts[customer], starts[customer + 1]
        sorted_already = True
        for row in range(first + 1, stop):
            if placed[row, AT] < placed[row - 1, AT]:
                sorted_already = False
                break
        if sorted_already:
            continue
        order = np.argsort(placed[first:stop, AT].copy(), kind="mergesort")
        rows = placed[first:stop].copy()
        for row in range(stop - first):
            for column in range(width):
                placed[first + row, column] = rows[order[row], column]


@compiled
def drop_duplicates(placed: Int64s, starts: Int64s) -> int:
    """Keep the first of a customer's events of one identity, in order of time and arrival.

    Args:
        placed: Records by customer and time; moved together in place.
        starts: First row per customer; changed to match.

    Returns:
        How many records were dropped.
    """
    longest = 0
    for customer in range(len(starts) - 1):
        longest = max(longest, starts[customer + 1] - starts[customer])
    size = 16
    while size < 2 * longest:
        size *= 2
    seen = np.zeros(size, dtype=np.int64)
    stamps = np.zeros(size, dtype=np.int64)
    width, target = placed.shape[1], 0
    first = starts[0]
    for customer in range(len(starts) - 1):
        stop = starts[customer + 1]
        mask = 15
        while mask + 1 < 2 * (stop - first):
            mask = 2 * mask + 1
        kept = target
        for row in range(first, stop):
            identity = placed[row, IDENTITY]
            place = (identity ^ (identity >> 29)) & mask
            while stamps[place] == customer + 1 and seen[place] != identity:
                place = (place + 1) & mask
            if stamps[place] == customer + 1:
                continue
            stamps[place], seen[place] = customer + 1, identity
            if target != row:
                for column in range(width):
                    placed[target, column] = placed[row, column]
            target += 1
        first = stop
        starts[customer] = kept
    dropped: int = starts[len(starts) - 1] - target
    starts[len(starts) - 1] = target
    return dropped
