"""What waits in a customer's signals: first events that may still be answered, followed or joined by others.

Every rule has a short list of entries, oldest first. Integers and fixed arrays only, as in `automaton`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from momentwise.define.signal import MOST_WAITING
from momentwise.detect.compiling import inlined
from momentwise.detect.plan import SAME_CHANNEL, SAME_ELEMENT, SAME_PAGE, U_OTHER, U_SAME, Int64s

# Columns of an entry; the customer's properties at its first event follow.
W_AT, W_LAST, W_COUNT, W_PAGE, W_ELEMENT, W_KEY, W_CHANNEL, W_DUE, W_NAME = range(9)
WAITING_WIDTH = 9

# Columns of an emitted signal; the properties follow. The host fills in the customer.
S_RULE, S_AT, S_END, S_COUNT, S_PAGE, S_ELEMENT, S_KEY, S_CHANNEL, S_TOOK, S_CUSTOMER = range(10)
SIGNAL_WIDTH = 10

# Parts of the event at hand.
E_AT, E_PAGE, E_ELEMENT, E_KEY, E_CHANNEL, E_NAME, E_X, E_Y = range(8)
EVENT_WIDTH = 8

# Places of the single numbers of a customer's signals.
N_EMITTED, N_BEFORE, N_SEEN = range(3)


class Watch(NamedTuple):
    """The state of one customer's signals, reused for the next.

    Args:
        entries: `MOST_WAITING` rows per rule, columns above.
        counts: How many entries each rule has.
        pace: Per rule the sum and the number of the customer's earlier pauses.
        held: What was last known of the customer: the number of each property's value, 0 for none.
        event: Parts of the event at hand.
        meta: Single numbers `N_…`: rows emitted, time of the customer's event before, whether there was one.
    """

    entries: Int64s
    counts: Int64s
    pace: Int64s
    held: Int64s
    event: Int64s
    meta: Int64s


def new_watch(rules: int, properties: int) -> Watch:
    """An empty state."""
    return Watch(
        entries=np.zeros((max(1, rules) * MOST_WAITING, WAITING_WIDTH + properties), dtype=np.int64),
        counts=np.zeros(max(1, rules), dtype=np.int64),
        pace=np.zeros((max(1, rules), 2), dtype=np.int64),
        held=np.zeros(max(1, properties), dtype=np.int64),
        event=np.zeros(EVENT_WIDTH, dtype=np.int64),
        meta=np.zeros(3, dtype=np.int64),
    )


@inlined
def add_entry(watch: Watch, rule: int) -> int:
    """The row of a new entry made of the event at hand; where too many wait, the oldest is forgotten."""
    if watch.counts[rule] == MOST_WAITING:
        drop_entry(watch, rule, 0)
    row: int = rule * MOST_WAITING + watch.counts[rule]
    watch.counts[rule] += 1
    entries, event = watch.entries, watch.event
    entries[row, W_AT], entries[row, W_LAST], entries[row, W_COUNT] = event[E_AT], event[E_AT], 1
    entries[row, W_PAGE], entries[row, W_ELEMENT] = event[E_PAGE], event[E_ELEMENT]
    entries[row, W_KEY], entries[row, W_CHANNEL] = event[E_KEY], event[E_CHANNEL]
    entries[row, W_DUE], entries[row, W_NAME] = 0, event[E_NAME]
    for column in range(WAITING_WIDTH, entries.shape[1]):
        entries[row, column] = watch.held[column - WAITING_WIDTH]
    return row


@inlined
def drop_entry(watch: Watch, rule: int, place: int) -> None:
    """Take one entry out; those behind it move up."""
    first, entries = rule * MOST_WAITING, watch.entries
    for row in range(first + place, first + watch.counts[rule] - 1):
        for column in range(entries.shape[1]):
            entries[row, column] = entries[row + 1, column]
    watch.counts[rule] -= 1


@inlined
def is_same_place(rules: Int64s, rule: int, watch: Watch, row: int) -> bool:
    """Whether the event at hand lies at an entry's place: its compared parts and its key are equal."""
    return has_same_parts(rules, rule, watch, row) and bool(watch.entries[row, W_KEY] == watch.event[E_KEY])


@inlined
def is_match(rules: Int64s, rule: int, watch: Watch, row: int) -> bool:
    """Whether the event at hand matches an entry: equal parts, other parts that differ, and no other key."""
    if has_other_key(watch, row):
        return False
    entries, event, other = watch.entries, watch.event, rules[rule, U_OTHER]
    if other & SAME_PAGE and not _differ(entries[row, W_PAGE], event[E_PAGE]):
        return False
    if other & SAME_ELEMENT and not _differ(entries[row, W_ELEMENT], event[E_ELEMENT]):
        return False
    if other & SAME_CHANNEL and not _differ(entries[row, W_CHANNEL], event[E_CHANNEL]):
        return False
    return has_same_parts(rules, rule, watch, row)


@inlined
def has_other_key(watch: Watch, row: int) -> bool:
    """Whether the event at hand and an entry both have a key, and not the same."""
    return _differ(watch.entries[row, W_KEY], watch.event[E_KEY])


@inlined
def has_same_parts(rules: Int64s, rule: int, watch: Watch, row: int) -> bool:
    """Whether the event at hand and an entry are equal in the parts that the rule compares; missing equals missing."""
    entries, event, same = watch.entries, watch.event, rules[rule, U_SAME]
    if same & SAME_PAGE and entries[row, W_PAGE] != event[E_PAGE]:
        return False
    if same & SAME_ELEMENT and entries[row, W_ELEMENT] != event[E_ELEMENT]:
        return False
    return not (same & SAME_CHANNEL and entries[row, W_CHANNEL] != event[E_CHANNEL])


@inlined
def _differ(one: int, other: int) -> bool:
    """Whether both are there and are not the same."""
    return one != 0 and other not in (0, one)


@inlined
def emit_entry(watch: Watch, rule: int, row: int, end: int, count: int, took: int, out: Int64s) -> None:
    """Write the signal that an entry has become."""
    entries, target = watch.entries, watch.meta[N_EMITTED]
    out[target, S_RULE], out[target, S_AT], out[target, S_END] = rule, entries[row, W_AT], end
    out[target, S_COUNT], out[target, S_TOOK] = count, took
    out[target, S_PAGE], out[target, S_ELEMENT] = entries[row, W_PAGE], entries[row, W_ELEMENT]
    out[target, S_KEY], out[target, S_CHANNEL] = entries[row, W_KEY], entries[row, W_CHANNEL]
    for column in range(WAITING_WIDTH, entries.shape[1]):
        out[target, SIGNAL_WIDTH + column - WAITING_WIDTH] = entries[row, column]
    watch.meta[N_EMITTED] = target + 1
