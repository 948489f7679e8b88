"""The automaton's own machinery: slots, lists and the hash table, beside what conformance shows of its meaning."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from momentwise.detect import automaton
from momentwise.detect.automaton import KEY, MOMENT, PHASE, grow_state, new_state

operations = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 40)), max_size=80)


@given(operations)
def test_the_hash_table_is_a_dictionary(changes: list[tuple[int, int]]) -> None:
    """Entering and removing keys in any order leaves exactly those that a dictionary would hold."""
    state = new_state(1, 16)
    known: dict[tuple[int, int], int] = {}
    free = list(range(16))
    for moment, key in changes:
        # Multiples of the table's size share a home, so that every run of entries is long.
        place = (moment, key * len(state.table))
        if place in known:
            slot = known.pop(place)
            automaton._take(state.slots, state.table, slot)
            free.append(slot)
        elif free:
            slot = free.pop()
            state.slots[slot, MOMENT], state.slots[slot, KEY] = place
            automaton._put(state.slots, state.table, slot)
            known[place] = slot
        for (of_moment, of_key), slot in known.items():
            assert slot == automaton._find(state.slots, state.table, of_moment, of_key)
    assert len(known) == np.count_nonzero(state.table)


def test_a_grown_state_keeps_what_it_held() -> None:
    """Growing in the middle of a customer changes no occurrence that is open."""
    definitions = np.array([[0, 0, 100, 100, -(1 << 62), 1 << 62, 0, 1, 0]], dtype=np.int64)
    actions = np.array([[6, 0, 100, -1]], dtype=np.int64)
    out = np.zeros((64, automaton.OUT_WIDTH), dtype=np.int64)
    state = new_state(1, 4)
    for key in range(1, 4):
        automaton.step(
            definitions, actions, 0, 1, 0, state, key, np.array([key]), -1, 1, np.zeros(1, dtype=np.int64), out
        )
    grown = grow_state(state)
    assert [automaton._find(grown.slots, grown.table, 0, key) for key in (1, 2, 3)] == [0, 1, 2]
    for key in range(4, 9):
        automaton.step(
            definitions, actions, 0, 1, 0, grown, key, np.array([key]), -1, 1, np.zeros(1, dtype=np.int64), out
        )
    automaton.finish(definitions, grown, 10, out)
    rows = out[: grown.meta[automaton.M_EMITTED]]
    assert list(range(1, 9)) == sorted(rows[:, automaton.O_KEY].tolist())
    assert not grown.slots[:, PHASE].any()
    assert not grown.table.any()
