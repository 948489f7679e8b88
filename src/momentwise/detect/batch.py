"""Runs the pass compiled over the records of one bucket: the local host's and the cluster's inner loop.

The kernel stops when the table of slots or of emitted rows is full; the caller makes room and it goes on at the same
event, so that no limit on open occurrences or results is built in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from momentwise.detect.automaton import (
    M_ACTIVE,
    M_EMITTED,
    O_CUSTOMER,
    OUT_WIDTH,
    State,
    finish,
    grow_state,
    is_deciding,
    new_state,
    step,
)
from momentwise.detect.borrow import borrowed
from momentwise.detect.compiling import compiled, inlined
from momentwise.detect.friction import Floats, add_up
from momentwise.detect.plan import FIRST, U_DECISION, U_KEY, U_MEASURE, Int64s, Plan
from momentwise.detect.records import (
    AT,
    BUCKETS,
    CHANNEL_BITS,
    CONTEXT_SHIFT,
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
from momentwise.detect.signals import NO_MEASURE, LimitTables, finish_signals, hear
from momentwise.detect.symbols import SymbolTables
from momentwise.detect.waiting import (
    E_AT,
    E_CHANNEL,
    E_ELEMENT,
    E_KEY,
    E_NAME,
    E_PAGE,
    E_X,
    E_Y,
    N_BEFORE,
    N_EMITTED,
    N_SEEN,
    S_CUSTOMER,
    SIGNAL_WIDTH,
    Watch,
    new_watch,
)

_FIRST_SLOTS, _ROWS = 256, 1 << 10
X_OFFSET = 32_768

# Where a run of the kernel stands: customer of the bucket, its next event, why it stopped, and the first row of signals
# that the customer at hand has emitted since the last stop.
_CUSTOMER, _EVENT, _WHY, _SIGNAL = range(4)
_DONE, _FULL_OUT, _FULL_SLOTS = range(3)


class Tables(NamedTuple):
    """What the kernel needs of a plan.

    Args:
        definitions: Columns `D_…`.
        rules: Columns `U_…`.
        symbols: Of every symbol that occurs.
        limits: What was learned.
        contexts: Per context the number of each property's value; 0 for none.
        weights: Per rule, how much one adds to the customer's friction.
        half_life_us: Of friction, microseconds.
        friction_limit: The sum that is too much.
        keys: How many key columns a record has.
        data_end: The instant up to which the data are complete, microseconds.
    """

    definitions: Int64s
    rules: Int64s
    symbols: SymbolTables
    limits: LimitTables
    contexts: Int64s
    weights: Floats
    half_life_us: float
    friction_limit: float
    keys: int
    data_end: int


def tables_of(plan: Plan, symbols: SymbolTables, limits: LimitTables, contexts: Int64s, data_end: int) -> Tables:
    """The tables of a plan whose symbols and limits are all known."""
    friction = plan.playbook.signals.friction
    weights = [rule.weight if rule.archetype == "friction" else 0.0 for rule in plan.rules]
    return Tables(
        definitions=plan.definitions,
        rules=plan.rule_rows,
        symbols=symbols,
        limits=limits,
        contexts=contexts,
        weights=np.array([*weights, 0.0], dtype=np.float64),
        half_life_us=float(friction.half_life_us),
        friction_limit=float(friction.limit),
        keys=len(plan.keys),
        data_end=data_end,
    )


@dataclass(frozen=True)
class Emitted:
    """What the pass over a bucket gave, by customer.

    Args:
        occurrences: Columns `O_…`.
        signals: Columns `S_…`; the rule after the last one is friction that was too much.
    """

    occurrences: Int64s
    signals: Int64s


def run_bucket(tables: Tables, placed: Int64s, starts: Int64s, bucket: int, flow: tuple[Int64s, Int64s]) -> Emitted:
    """Every occurrence and every signal of one bucket's customers.

    Args:
        tables: The plan.
        placed: Records by customer and time.
        starts: First row per customer of the bucket.
        bucket: Which bucket it is; with the customer's place in it this gives the customer's number.
        flow: What came after what is added to it; see `flow.new_flow`.
    """
    properties = tables.contexts.shape[1]
    state = new_state(len(tables.definitions), _FIRST_SLOTS, properties, flow)
    watch = new_watch(len(tables.rules), properties)
    # Room for as many rows as the events are likely to give: memory that is not written to costs nothing.
    out = np.empty((_ROWS + len(placed) // 2, OUT_WIDTH + properties), np.int64)
    signal_out = np.empty((_room_for_signals(tables, placed), SIGNAL_WIDTH + properties), np.int64)
    position = np.zeros(4, dtype=np.int64)
    found: list[Int64s] = []
    while True:
        _run(tables, placed, starts, bucket, state, watch, out, signal_out, position)
        found.append(out[: state.meta[M_EMITTED]])
        if position[_WHY] == _DONE:
            return Emitted(_joined(found), signal_out[: watch.meta[N_EMITTED]])
        state.meta[M_EMITTED] = 0
        out = np.empty_like(out)
        if position[_WHY] == _FULL_SLOTS:
            state = grow_state(state)
        if state.meta[M_ACTIVE] + len(tables.definitions) >= len(out):
            out = np.empty((4 * len(out), OUT_WIDTH + properties), np.int64)


def _room_for_signals(tables: Tables, placed: Int64s) -> int:
    """Rows for every signal that there can be: no event is the first of more than one per rule that hears of it.

    The pages of memory behind the rows that are not written to are never touched, so that this costs nothing.
    """
    symbols = (placed[:, WHO] >> CHANNEL_BITS) & LOW_SYMBOL
    hearing = np.diff(tables.symbols.heard_offsets)
    # Besides, friction that was too much, at most once for each of them.
    return 16 + int(hearing[symbols].sum()) * 2


def _joined(parts: list[Int64s]) -> Int64s:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@compiled
def _run(
    tables: Tables, placed: Int64s, starts: Int64s, bucket: int, state: State, watch: Watch, out: Int64s,
    signal_out: Int64s, position: Int64s,
) -> None:  # fmt: skip
    """Customer by customer, event by event, from `position` on; see `borrow` for the first line."""
    tables, state, watch = _borrow_tables(tables), _borrow_state(state), _borrow_watch(watch)
    definitions, rules, symbols, limits = tables.definitions, tables.rules, tables.symbols, tables.limits
    placed, out, signal_out = borrowed(placed), borrowed(out), borrowed(signal_out)
    owned = np.zeros(max(1, tables.keys), dtype=np.int64)
    keys = borrowed(owned)
    opens = len(definitions)
    room_slots, room_out = len(state.slots) - opens, len(out) - opens
    event, first_signal = position[_EVENT], position[_SIGNAL]
    for customer in range(position[_CUSTOMER], len(starts) - 1):
        first_out = state.meta[M_EMITTED]
        number = customer * BUCKETS + bucket
        if event <= starts[customer]:
            first_signal = watch.meta[N_EMITTED]
        event = max(event, starts[customer])
        while event < starts[customer + 1]:
            active = state.meta[M_ACTIVE]
            if active > room_slots or state.meta[M_EMITTED] + active > room_out:
                _name(out, O_CUSTOMER, first_out, state.meta[M_EMITTED], number)
                position[_CUSTOMER], position[_EVENT], position[_SIGNAL] = customer, event, first_signal
                position[_WHY] = _FULL_SLOTS if active > room_slots else _FULL_OUT
                return
            who, at = placed[event, WHO], placed[event, AT]
            symbol = (who >> CHANNEL_BITS) & LOW_SYMBOL
            for column in range(tables.keys):
                keys[column] = placed[event, FIXED + column]
            _hold(tables.contexts, placed[event, PLACE] >> CONTEXT_SHIFT, watch)
            step(
                definitions, symbols.actions, symbols.offsets[symbol], symbols.offsets[symbol + 1], symbols.flags[symbol],
                state, at, keys, (who & LOW_CHANNEL) - 1, symbols.names[symbol], watch.held, out,
            )  # fmt: skip
            if symbols.heard_offsets[symbol] < symbols.heard_offsets[symbol + 1]:
                _hear_all(definitions, rules, symbols, limits, placed, event, tables.keys, state, watch, signal_out)
            watch.meta[N_BEFORE], watch.meta[N_SEEN] = at, 1
            event += 1
        finish(definitions, state, tables.data_end, out)
        finish_signals(rules, limits, watch, tables.data_end, signal_out)
        add_up(tables.weights, tables.half_life_us, tables.friction_limit, len(rules), watch, first_signal, signal_out)
        _name(out, O_CUSTOMER, first_out, state.meta[M_EMITTED], number)
        _name(signal_out, S_CUSTOMER, first_signal, watch.meta[N_EMITTED], number)
    position[_WHY] = _DONE
    owned[0] = 0


@inlined
def _borrow_tables(tables: Tables) -> Tables:
    symbols, limits = tables.symbols, tables.limits
    return Tables(
        borrowed(tables.definitions),
        borrowed(tables.rules),
        SymbolTables(
            borrowed(symbols.offsets), borrowed(symbols.actions), borrowed(symbols.flags), borrowed(symbols.names),
            borrowed(symbols.heard_offsets), borrowed(symbols.heard),
        ),
        LimitTables(borrowed(limits.answers), borrowed(limits.dwells), borrowed(limits.gaps), borrowed(limits.silent)),
        borrowed(tables.contexts),
        borrowed(tables.weights),
        tables.half_life_us,
        tables.friction_limit,
        tables.keys,
        tables.data_end,
    )  # fmt: skip


@inlined
def _borrow_state(state: State) -> State:
    return State(
        borrowed(state.slots), borrowed(state.lists), borrowed(state.table), borrowed(state.meta),
        borrowed(state.flow_table), borrowed(state.flow_rows),
    )  # fmt: skip


@inlined
def _borrow_watch(watch: Watch) -> Watch:
    return Watch(
        borrowed(watch.entries), borrowed(watch.counts), borrowed(watch.pace), borrowed(watch.held),
        borrowed(watch.event), borrowed(watch.meta),
    )  # fmt: skip


@inlined
def _hold(contexts: Int64s, context: int, watch: Watch) -> None:
    """Keep what an event says of the customer."""
    if context:
        for column in range(contexts.shape[1]):
            if contexts[context, column]:
                watch.held[column] = contexts[context, column]


@inlined
def _hear_all(
    definitions: Int64s, rules: Int64s, symbols: SymbolTables, limits: LimitTables, placed: Int64s, event: int, keys: int,
    state: State, watch: Watch, out: Int64s,
) -> None:  # fmt: skip
    """Every rule that hears of an event does."""
    who, spot, place = placed[event, WHO], placed[event, SPOT], placed[event, PLACE]
    symbol = (who >> CHANNEL_BITS) & LOW_SYMBOL
    parts = watch.event
    parts[E_AT], parts[E_NAME], parts[E_CHANNEL] = placed[event, AT], symbols.names[symbol], who & LOW_CHANNEL
    parts[E_PAGE], parts[E_ELEMENT] = spot >> HALF_BITS, spot & LOW_HALF
    parts[E_X], parts[E_Y] = ((place >> X_BITS) & LOW_X) - X_OFFSET, (place & LOW_X) - X_OFFSET
    for row in range(symbols.heard_offsets[symbol], symbols.heard_offsets[symbol + 1]):
        rule, roles = symbols.heard[row, 0], symbols.heard[row, 1]
        key, measure = rules[rule, U_KEY], rules[rule, U_MEASURE]
        parts[E_KEY] = placed[event, FIXED + key] if key >= 0 else 0
        measured = placed[event, FIXED + keys + measure] if measure >= 0 else NO_MEASURE
        counts = not (rules[rule, U_DECISION] and roles & FIRST) or is_deciding(definitions, state)
        hear(rules, limits, rule, roles, measured, counts, watch, out)


@inlined
def _name(rows: Int64s, column: int, first: int, last: int, customer: int) -> None:
    """Write the customer's number beside the rows that were emitted for them."""
    for row in range(first, last):
        rows[row, column] = customer
