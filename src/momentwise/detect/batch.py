"""Runs the pass compiled over the records of one bucket: the local host's and the cluster's inner loop.

The kernel stops when the table of slots or of emitted rows is full; the caller makes room and it goes on at the same
event, so that no limit on open occurrences or results is built in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from momentwise.detect.automaton import (
    M_ACTIVE,
    M_EMITTED,
    O_CUSTOMER,
    OUT_WIDTH,
    State,
    finish,
    grow_state,
    new_state,
    step,
)
from momentwise.detect.borrow import borrowed
from momentwise.detect.compiling import compiled, inlined
from momentwise.detect.plan import FLAG_CLICK, Int64s, Plan
from momentwise.detect.rage import (
    B_EMITTED,
    R_CUSTOMER,
    RAGE_WIDTH,
    Burst,
    click,
    finish_clicks,
    new_burst,
)
from momentwise.detect.records import (
    AT,
    BUCKETS,
    CHANNEL_BITS,
    FIXED,
    HALF_BITS,
    LOW_CHANNEL,
    LOW_HALF,
    LOW_SYMBOL,
    LOW_X,
    PLACE,
    SPOT,
    WHO,
    X_BITS,
)

_FIRST_SLOTS, _ROWS = 256, 1 << 10
X_OFFSET = 32_768

# Where a run of the kernel stands: customer of the bucket, its next event, and why it stopped.
_CUSTOMER, _EVENT, _WHY = range(3)
_DONE, _FULL_OUT, _FULL_SLOTS = range(3)


@dataclass(frozen=True)
class Tables:
    """What the kernel needs of a plan.

    Args:
        definitions: Columns `D_…`.
        offsets: First action of each symbol.
        actions: Columns `A_…`.
        flags: `FLAG_…` of each symbol.
        clicks: Clicks of a rage click; 0 where it is switched off.
        within_us: Its span.
        radius: Its radius.
        data_end: The instant up to which the data are complete, microseconds.
    """

    definitions: Int64s
    offsets: Int64s
    actions: Int64s
    flags: Int64s
    clicks: int
    within_us: int
    radius: int
    data_end: int

    @classmethod
    def of(cls, plan: Plan, symbols: tuple[Int64s, Int64s, Int64s], data_end: int) -> Tables:
        """The tables of a plan whose symbols are all known."""
        offsets, actions, flags = symbols
        rage = plan.playbook.signals.rage_click
        settings = (rage.clicks, rage.within_us, rage.radius) if rage else (0, 0, 0)
        return cls(plan.definitions, offsets, actions, flags, *settings, data_end)


def run_bucket(tables: Tables, placed: Int64s, starts: Int64s, bucket: int) -> tuple[Int64s, Int64s]:
    """Every occurrence and every rage click of one bucket's customers.

    Args:
        tables: The plan.
        placed: Records by customer and time.
        starts: First row per customer of the bucket.
        bucket: Which bucket it is; with the customer's place in it this gives the customer's number.

    Returns:
        Emitted occurrences (columns `O_…`) and rage clicks (columns `R_…`), by customer.
    """
    state = new_state(len(tables.definitions), _FIRST_SLOTS)
    burst = new_burst(max(2, tables.clicks))
    # Room for as many rows as the events are likely to give: memory that is not written to costs nothing.
    out = np.empty((_ROWS + len(placed) // 2, OUT_WIDTH), np.int64)
    rage_out = np.empty((_ROWS, RAGE_WIDTH), np.int64)
    position = np.zeros(3, dtype=np.int64)
    found: list[Int64s] = []
    raged: list[Int64s] = []
    while True:
        _run(
            tables.definitions, tables.offsets, tables.actions, tables.flags, tables.clicks, tables.within_us,
            tables.radius, tables.data_end, placed, starts, bucket, state, burst, out, rage_out, position,
        )  # fmt: skip
        found.append(out[: state.meta[M_EMITTED]])
        raged.append(rage_out[: burst.meta[B_EMITTED]])
        if position[_WHY] == _DONE:
            return _joined(found), _joined(raged)
        state.meta[M_EMITTED] = burst.meta[B_EMITTED] = 0
        out, rage_out = np.empty_like(out), np.empty_like(rage_out)
        if position[_WHY] == _FULL_SLOTS:
            state = grow_state(state)
        if state.meta[M_ACTIVE] + len(tables.definitions) >= len(out):
            out = np.empty((4 * len(out), OUT_WIDTH), np.int64)


def _joined(parts: list[Int64s]) -> Int64s:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@compiled
def _run(
    definitions: Int64s, offsets: Int64s, actions: Int64s, flags: Int64s, clicks: int, within_us: int, radius: int,
    data_end: int, placed: Int64s, starts: Int64s, bucket: int, state: State, burst: Burst, out: Int64s,
    rage_out: Int64s, position: Int64s,
) -> None:  # fmt: skip
    """Customer by customer, event by event, from `position` on; see `borrow` for the first lines."""
    definitions, actions, placed = borrowed(definitions), borrowed(actions), borrowed(placed)
    out, rage_out = borrowed(out), borrowed(rage_out)
    state = State(borrowed(state.slots), borrowed(state.lists), borrowed(state.table), borrowed(state.meta))
    burst = Burst(borrowed(burst.ring), borrowed(burst.meta))
    held = np.zeros(max(1, placed.shape[1] - FIXED), dtype=np.int64)
    keys = borrowed(held)
    opens = len(definitions)
    room_slots, room_out, room_rage = len(state.slots) - opens, len(out) - opens, len(rage_out) - 1
    event = position[_EVENT]
    for customer in range(position[_CUSTOMER], len(starts) - 1):
        first_out, first_rage = state.meta[M_EMITTED], burst.meta[B_EMITTED]
        event = max(event, starts[customer])
        while event < starts[customer + 1]:
            active = state.meta[M_ACTIVE]
            if (
                active > room_slots
                or state.meta[M_EMITTED] + active > room_out
                or burst.meta[B_EMITTED] > room_rage - 1
            ):
                _name(state, burst, first_out, first_rage, customer * BUCKETS + bucket, out, rage_out)
                position[_CUSTOMER], position[_EVENT] = customer, event
                position[_WHY] = _FULL_SLOTS if active > room_slots else _FULL_OUT
                return
            who = placed[event, WHO]
            symbol = (who >> CHANNEL_BITS) & LOW_SYMBOL
            channel = (who & LOW_CHANNEL) - 1
            for column in range(FIXED, placed.shape[1]):
                keys[column - FIXED] = placed[event, column]
            step(
                definitions, actions, offsets[symbol], offsets[symbol + 1], flags[symbol], state, placed[event, AT],
                keys, channel, out,
            )  # fmt: skip
            if clicks > 0 and flags[symbol] & FLAG_CLICK:
                spot, place = placed[event, SPOT], placed[event, PLACE]
                click(
                    within_us, radius, burst, placed[event, AT], spot >> HALF_BITS, spot & LOW_HALF,
                    (place >> X_BITS) - X_OFFSET, (place & LOW_X) - X_OFFSET, rage_out,
                )  # fmt: skip
            event += 1
        finish(definitions, state, data_end, out)
        finish_clicks(burst, rage_out)
        _name(state, burst, first_out, first_rage, customer * BUCKETS + bucket, out, rage_out)
    position[_WHY] = _DONE
    held[0] = 0


@inlined
def _name(
    state: State, burst: Burst, first_out: int, first_rage: int, customer: int, out: Int64s, rage_out: Int64s
) -> None:
    """Write the customer's number beside the rows that were emitted for them."""
    for row in range(first_out, state.meta[M_EMITTED]):
        out[row, O_CUSTOMER] = customer
    for row in range(first_rage, burst.meta[B_EMITTED]):
        rage_out[row, R_CUSTOMER] = customer
