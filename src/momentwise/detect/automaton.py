"""The pass: the state of one customer + one event → new state and what it emits.

Integers and fixed arrays only, so that the same functions run compiled over sorted arrays and on a single live event.
What they mean is said in the slowest, most obvious way in `reference`; neither reads the other. State is a set of slots
(one per occurrence that is not yet final), threaded into a first-in-first-out list per definition and phase, so that
deadlines pass from the head, and found by key through a small hash table.

A caller makes room first: `step` may open one slot per moment and emit one row per slot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from momentwise.define.occurrence import RETURNING_US
from momentwise.detect.compiling import inlined
from momentwise.detect.flow import new_flow, pair_of, tally
from momentwise.detect.plan import (
    A_DEFINITION,
    A_ENDING,
    A_ROLE,
    A_WITHIN,
    COMPLETE,
    CONFUSED,
    D_ABANDON,
    D_DECISION,
    D_FINAL,
    D_FIRST,
    D_KEY,
    D_MOMENT,
    D_SINCE,
    D_STOP,
    D_UNTIL,
    ESCALATE,
    FAIL,
    FLAG_ERROR,
    NEVER,
    OPEN,
    RETRY,
    UNDERSTOOD,
    Int64s,
)

# Outcomes as the pass numbers them, in the order of `define.moment.OUTCOMES`.
COMPLETED, ESCALATED, FAILED, ABANDONED, STILL_OPEN = range(5)

# Columns of a slot.
(
    DEFINITION, MOMENT, KEY, PHASE, START, LAST, STEPS, RETRIES, ERRORS, CHANNELS, WAIT, SAID, NAME, NEXT, PREVIOUS,
) = range(15)  # fmt: skip
SLOT_WIDTH = 15  # the customer's properties at the start follow

# Phases: nothing; open; and over but for an escalation whose window is longer than the abandonment.
FREE, LIVE, TAIL = range(3)

# Columns of an emitted row; the properties follow. The customer is filled in by the host.
(
    O_DEFINITION, O_KEY, O_OUTCOME, O_ENDING, O_START, O_END, O_STEPS, O_RETRIES, O_ERRORS, O_CHANNELS, O_WAIT, O_SAID,
    O_NAME, O_RETURNING, O_CUSTOMER,
) = range(15)  # fmt: skip
OUT_WIDTH = 15

# Places of the single numbers of a state.
M_FREE, M_DEADLINE, M_ACTIVE, M_EMITTED, M_FIRST, M_LAST, M_NAME = range(7)


class State(NamedTuple):
    """The state of one customer, reused for the next when every slot is free.

    Args:
        slots: One row per slot, columns above.
        lists: First and last slot per definition and phase: live ones first, then tails, a row per definition; -1
            for none.
        table: Hash table from moment and key to a slot's number plus one; a power of two, at least twice the slots.
        meta: Single numbers `M_…`: the first free slot, the next deadline, slots in use, rows emitted; time of the
            customer's first event (`NEVER` before it), time and name of the last one.
        flow_table: See `flow`.
        flow_rows: See `flow`.
    """

    slots: Int64s
    lists: Int64s
    table: Int64s
    meta: Int64s
    flow_table: Int64s
    flow_rows: Int64s


def new_state(definitions: int, slots: int, properties: int = 0, flow: tuple[Int64s, Int64s] | None = None) -> State:
    """An empty state with room for so many slots; states may share a flow."""
    rows = np.zeros((slots, SLOT_WIDTH + properties), dtype=np.int64)
    rows[:, NEXT] = np.arange(1, slots + 1)
    rows[-1, NEXT] = -1
    lists = np.full((max(1, 2 * definitions), 2), -1, dtype=np.int64)
    table = np.zeros(1 << (2 * slots - 1).bit_length(), dtype=np.int64)
    meta = np.array([0, NEVER, 0, 0, NEVER, 0, 0], dtype=np.int64)
    return State(rows, lists, table, meta, *(flow or new_flow()))


def grow_state(state: State) -> State:
    """The same state with twice the slots."""
    had = len(state.slots)
    properties = state.slots.shape[1] - SLOT_WIDTH
    grown = new_state(len(state.lists) // 2, 2 * had, properties, (state.flow_table, state.flow_rows))
    grown.slots[:had] = state.slots
    grown.lists[:] = state.lists
    grown.meta[:] = state.meta
    # The new half is chained in front of what was free.
    grown.slots[-1, NEXT] = state.meta[M_FREE]
    grown.meta[M_FREE] = had
    for slot in range(had):
        if state.slots[slot, PHASE] != FREE:
            _put(grown.slots, grown.table, slot)
    return grown


@inlined
def step(
    definitions: Int64s, actions: Int64s, first: int, last: int, flags: int,
    state: State, at: int, keys: Int64s, channel: int, name: int, held: Int64s, out: Int64s,
) -> None:  # fmt: skip
    """One event of the state's customer happens.

    Args:
        definitions: The plan's table, columns `D_…`.
        actions: The plan's actions, columns `A_…`.
        first: Row of the event's first action.
        last: Row after its last action.
        flags: `FLAG_…` of the event.
        state: Changed in place.
        at: Event time, microseconds; never less than that of the event before.
        keys: Code per key field of the plan; 0 where the event carries none.
        channel: Number of the event's channel, 0–61; -1 for none.
        name: Number of the event's name.
        held: What is known of the customer, this event included.
        out: Rows are appended at `meta[M_EMITTED]`.
    """
    if at > state.meta[M_DEADLINE]:
        expire(definitions, state, at, out)
    meta = state.meta
    if meta[M_FIRST] == NEVER:
        meta[M_FIRST] = at
    else:
        tally(state.flow_table, state.flow_rows, pair_of(0, meta[M_NAME], name, 0), at - meta[M_LAST])
    meta[M_LAST], meta[M_NAME] = at, name
    if meta[M_ACTIVE] > 0:
        _touch_all(definitions, state, at, keys, channel, name, flags & FLAG_ERROR)
    for row in range(first, last):
        role = actions[row, A_ROLE]
        definition = actions[row, A_DEFINITION]
        column = definitions[definition, D_KEY]
        key = keys[column] if column >= 0 else 0
        if role == OPEN:
            _open(definitions, state, definition, key, at, channel, name, held, out)
        elif meta[M_ACTIVE] > 0:
            _act(definitions, actions, row, state, key, at, channel, name, out)


@inlined
def expire(definitions: Int64s, state: State, now: int, out: Int64s) -> None:
    """Every deadline that lies before `now` passes; one that falls on `now` does not."""
    slots, lists, meta = state.slots, state.lists, state.meta
    nearest = NEVER
    for definition in range(len(definitions)):
        abandon, final = definitions[definition, D_ABANDON], definitions[definition, D_FINAL]
        slot = lists[definition, 0]
        while slot >= 0 and slots[slot, START] + abandon < now:
            _unlink(state, slot)
            if final > abandon:
                slots[slot, PHASE] = TAIL
                _link(state, slot)
            else:
                _emit(state, slot, ABANDONED, -1, out)
            slot = lists[definition, 0]
        if slot >= 0:
            nearest = min(nearest, slots[slot, START] + abandon)
        slot = lists[len(definitions) + definition, 0]
        while slot >= 0 and slots[slot, START] + final < now:
            _unlink(state, slot)
            _emit(state, slot, ABANDONED, -1, out)
            slot = lists[len(definitions) + definition, 0]
        if slot >= 0:
            nearest = min(nearest, slots[slot, START] + final)
    meta[M_DEADLINE] = nearest


@inlined
def finish(definitions: Int64s, state: State, data_end: int, out: Int64s) -> None:
    """The data end: what is past its deadline is abandoned, the rest is emitted as open, and the state is empty."""
    expire(definitions, state, data_end, out)
    for row in range(2 * len(definitions)):
        while state.lists[row, 0] >= 0:
            slot = state.lists[row, 0]
            _unlink(state, slot)
            _emit(state, slot, STILL_OPEN, -1, out)
    state.meta[M_DEADLINE] = state.meta[M_FIRST] = NEVER


@inlined
def is_deciding(definitions: Int64s, state: State) -> bool:
    """Whether an occurrence of a moment of the decision stage is open."""
    if state.meta[M_ACTIVE] == 0:
        return False
    for definition in range(len(definitions)):
        if definitions[definition, D_DECISION] and state.lists[definition, 0] >= 0:
            return True
    return False


@inlined
def _touch_all(definitions: Int64s, state: State, at: int, keys: Int64s, channel: int, name: int, error: int) -> None:
    """The event is a step of every open occurrence that it reaches: its key's, or all where it carries none."""
    slots, lists = state.slots, state.lists
    for definition in range(len(definitions)):
        slot = lists[definition, 0]
        if slot < 0:
            continue
        column = definitions[definition, D_KEY]
        key = keys[column] if column >= 0 else 0
        if key == 0:
            while slot >= 0:
                _touch(state, slot, at, channel, name, error)
                slot = slots[slot, NEXT]
        else:
            slot = _find(slots, state.table, definitions[definition, D_MOMENT], key)
            if slot >= 0 and slots[slot, DEFINITION] == definition and slots[slot, PHASE] == LIVE:
                _touch(state, slot, at, channel, name, error)


@inlined
def _touch(state: State, slot: int, at: int, channel: int, name: int, error: int) -> None:
    slots = state.slots
    gap = at - slots[slot, LAST]
    tally(state.flow_table, state.flow_rows, pair_of(slots[slot, MOMENT] + 1, slots[slot, NAME], name, 0), gap)
    slots[slot, NAME] = name
    slots[slot, WAIT] = max(slots[slot, WAIT], gap)
    slots[slot, LAST] = at
    slots[slot, STEPS] += 1
    slots[slot, ERRORS] += error
    if channel >= 0:
        slots[slot, CHANNELS] |= 1 << channel


@inlined
def _act(
    definitions: Int64s, actions: Int64s, row: int, state: State, key: int, at: int, channel: int, name: int,
    out: Int64s,
) -> None:  # fmt: skip
    """An action reaches the occurrences of its definition: its key's, or all where the event carries none."""
    slots, lists = state.slots, state.lists
    definition = actions[row, A_DEFINITION]
    if key == 0:
        for row_of_list in (definition, len(definitions) + definition):
            slot = lists[row_of_list, 0]
            while slot >= 0:
                following = slots[slot, NEXT]
                _apply(actions, row, state, slot, at, channel, name, out)
                slot = following
    else:
        slot = _find(slots, state.table, definitions[definition, D_MOMENT], key)
        if slot >= 0 and slots[slot, DEFINITION] == definition:
            _apply(actions, row, state, slot, at, channel, name, out)


@inlined
def _apply(actions: Int64s, row: int, state: State, slot: int, at: int, channel: int, name: int, out: Int64s) -> None:
    """One action meets one occurrence."""
    slots = state.slots
    role = actions[row, A_ROLE]
    if at - slots[slot, START] > actions[row, A_WITHIN]:
        return
    if slots[slot, PHASE] == TAIL:
        if role == ESCALATE:
            _touch(state, slot, at, channel, name, 0)
            _end(state, slot, ESCALATED, actions[row, A_ENDING], out)
    elif role == RETRY:
        slots[slot, RETRIES] += 1
    elif role == UNDERSTOOD:
        slots[slot, SAID] = 1
    elif role == CONFUSED:
        slots[slot, SAID] = 2
    elif role == COMPLETE:
        _end(state, slot, COMPLETED, actions[row, A_ENDING], out)
    elif role == ESCALATE:
        _end(state, slot, ESCALATED, actions[row, A_ENDING], out)
    elif role == FAIL:
        _end(state, slot, FAILED, actions[row, A_ENDING], out)


@inlined
def _open(
    definitions: Int64s, state: State, definition: int, key: int, at: int, channel: int, name: int, held: Int64s,
    out: Int64s,
) -> None:  # fmt: skip
    """A start opens an occurrence, unless one of the moment is open that the event reaches."""
    if at < definitions[definition, D_SINCE] or at >= definitions[definition, D_UNTIL]:
        return
    slots, meta, moment = state.slots, state.meta, definitions[definition, D_MOMENT]
    if key == 0:
        for version in range(definitions[definition, D_FIRST], definitions[definition, D_STOP]):
            if state.lists[version, 0] >= 0:
                return
    known = _find(slots, state.table, moment, key)
    if known >= 0:
        if slots[known, PHASE] == LIVE:
            return
        _unlink(state, known)
        _emit(state, known, ABANDONED, -1, out)
    slot = meta[M_FREE]
    meta[M_FREE] = slots[slot, NEXT]
    meta[M_ACTIVE] += 1
    slots[slot, DEFINITION], slots[slot, MOMENT], slots[slot, KEY] = definition, moment, key
    slots[slot, PHASE], slots[slot, START], slots[slot, LAST] = LIVE, at, at
    slots[slot, STEPS], slots[slot, RETRIES], slots[slot, ERRORS] = 0, 0, 0
    slots[slot, CHANNELS] = 1 << channel if channel >= 0 else 0
    slots[slot, WAIT], slots[slot, SAID], slots[slot, NAME] = 0, 0, name
    for column in range(SLOT_WIDTH, slots.shape[1]):
        slots[slot, column] = held[column - SLOT_WIDTH]
    _link(state, slot)
    _put(slots, state.table, slot)
    meta[M_DEADLINE] = min(meta[M_DEADLINE], at + definitions[definition, D_ABANDON])


@inlined
def _end(state: State, slot: int, outcome: int, ending: int, out: Int64s) -> None:
    _unlink(state, slot)
    _emit(state, slot, outcome, ending, out)


@inlined
def _emit(state: State, slot: int, outcome: int, ending: int, out: Int64s) -> None:
    """Write an unlinked slot's occurrence and free the slot."""
    slots, meta = state.slots, state.meta
    row = meta[M_EMITTED]
    out[row, O_DEFINITION], out[row, O_KEY] = slots[slot, DEFINITION], slots[slot, KEY]
    out[row, O_OUTCOME], out[row, O_ENDING] = outcome, ending
    out[row, O_START], out[row, O_END] = slots[slot, START], slots[slot, LAST]
    out[row, O_STEPS], out[row, O_RETRIES] = slots[slot, STEPS], slots[slot, RETRIES]
    out[row, O_ERRORS], out[row, O_CHANNELS] = slots[slot, ERRORS], slots[slot, CHANNELS]
    out[row, O_WAIT], out[row, O_SAID], out[row, O_NAME] = slots[slot, WAIT], slots[slot, SAID], slots[slot, NAME]
    out[row, O_RETURNING] = slots[slot, START] - meta[M_FIRST] > RETURNING_US
    for column in range(SLOT_WIDTH, slots.shape[1]):
        out[row, OUT_WIDTH + column - SLOT_WIDTH] = slots[slot, column]
    pair = pair_of(slots[slot, MOMENT] + 1, slots[slot, NAME], 0, outcome + 1)
    tally(state.flow_table, state.flow_rows, pair, slots[slot, LAST] - slots[slot, START])
    meta[M_EMITTED] = row + 1
    _take(slots, state.table, slot)
    slots[slot, PHASE] = FREE
    slots[slot, NEXT] = meta[M_FREE]
    meta[M_FREE] = slot
    meta[M_ACTIVE] -= 1


@inlined
def _link(state: State, slot: int) -> None:
    """Append a slot to the list of its definition and phase."""
    slots, lists = state.slots, state.lists
    row = slots[slot, DEFINITION] + (slots[slot, PHASE] - 1) * (len(lists) >> 1)
    end = lists[row, 1]
    slots[slot, PREVIOUS], slots[slot, NEXT] = end, -1
    if end >= 0:
        slots[end, NEXT] = slot
    else:
        lists[row, 0] = slot
    lists[row, 1] = slot


@inlined
def _unlink(state: State, slot: int) -> None:
    """Take a slot out of its list."""
    slots, lists = state.slots, state.lists
    row = slots[slot, DEFINITION] + (slots[slot, PHASE] - 1) * (len(lists) >> 1)
    before, after = slots[slot, PREVIOUS], slots[slot, NEXT]
    if before >= 0:
        slots[before, NEXT] = after
    else:
        lists[row, 0] = after
    if after >= 0:
        slots[after, PREVIOUS] = before
    else:
        lists[row, 1] = before


@inlined
def _home(moment: int, key: int, mask: int) -> int:
    # Keys are numbered in the order in which they appear, so an odd factor spreads them; the product stays below 2^63.
    home: int = (key * 40_503 + moment * 7_919) & mask
    return home


@inlined
def _find(slots: Int64s, table: Int64s, moment: int, key: int) -> int:
    """The slot of a moment and key; -1 for none."""
    mask = len(table) - 1
    place = _home(moment, key, mask)
    while table[place] != 0:
        slot: int = table[place] - 1
        if slots[slot, KEY] == key and slots[slot, MOMENT] == moment:
            return slot
        place = (place + 1) & mask
    return -1


@inlined
def _put(slots: Int64s, table: Int64s, slot: int) -> None:
    """Enter a slot into the hash table."""
    mask = len(table) - 1
    place = _home(slots[slot, MOMENT], slots[slot, KEY], mask)
    while table[place] != 0:
        place = (place + 1) & mask
    table[place] = slot + 1


@inlined
def _take(slots: Int64s, table: Int64s, slot: int) -> None:
    """Remove a slot from the hash table; the entries behind it move up, so that no gap hides one of them."""
    mask = len(table) - 1
    gap = _home(slots[slot, MOMENT], slots[slot, KEY], mask)
    while table[gap] != slot + 1:
        gap = (gap + 1) & mask
    place = gap
    while True:
        place = (place + 1) & mask
        if table[place] == 0:
            break
        other = table[place] - 1
        home = _home(slots[other, MOMENT], slots[other, KEY], mask)
        if ((place - home) & mask) >= ((place - gap) & mask):
            table[gap] = table[place]
            gap = place
    table[gap] = 0
