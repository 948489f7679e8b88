"""What the data themselves say is usual: answers and stays per page, gaps per step. Learned once, before the pass.

The result is a value (`define.signal.Limits`) that every host is given alike; nothing is learned on the way.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from momentwise.define.signal import (
    FEWEST_ANSWERS,
    FEWEST_DWELLS,
    FEWEST_GAPS,
    LONGEST_STAY_US,
    MOST_WAITING,
    Limits,
)
from momentwise.detect.borrow import borrowed
from momentwise.detect.compiling import compiled
from momentwise.detect.plan import (
    CLEAR,
    FIRST,
    LEARNED_ANSWER,
    LEARNED_DWELL,
    LEARNED_GAP,
    NEVER,
    U_KEY,
    U_LEARNED,
    U_MEASURE,
    Int64s,
    Plan,
)
from momentwise.detect.records import (
    AT,
    CHANNEL_BITS,
    FIXED,
    HALF_BITS,
    LOW_CHANNEL,
    LOW_HALF,
    LOW_SYMBOL,
    SPOT,
    WHO,
)
from momentwise.detect.signals import NO_MEASURE, LimitTables
from momentwise.detect.symbols import MOST_NAMES, SymbolTables
from momentwise.detect.waiting import (
    E_AT,
    E_CHANNEL,
    E_ELEMENT,
    E_KEY,
    E_NAME,
    E_PAGE,
    W_AT,
    W_NAME,
    Watch,
    add_entry,
    drop_entry,
    is_match,
    new_watch,
)

# Columns of an example.
X_KIND, X_OF, X_VALUE = range(3)


def read_examples(plan: Plan, symbols: SymbolTables, placed: Int64s, starts: Int64s) -> Int64s:
    """Every measured answer, stay and gap of some customers: what it is, of which page or name, and microseconds.

    Args:
        plan: The plan.
        symbols: All of them.
        placed: Records by customer and time.
        starts: First row per customer.
    """
    most = len(placed) * max(1, int(np.count_nonzero(plan.rule_rows[:, U_LEARNED])))
    out = np.empty((most, 3), dtype=np.int64)
    watch = new_watch(len(plan.rules), 0)
    found = _read(plan.rule_rows, symbols.names, symbols.heard_offsets, symbols.heard, placed, starts, len(plan.keys), watch, out)  # fmt: skip
    return out[:found]


def learn_limits(examples: Int64s, pages: pa.Array, names: pa.Array, silent: frozenset[str]) -> Limits:
    """The limits that examples teach, by the names of pages and events.

    p95 and p10 are nearest-rank quantiles; a page or a name with too few examples has none.

    Args:
        examples: Columns `X_…`.
        pages: Pages by number.
        names: Events' names by number.
        silent: See `Limits`.
    """
    return Limits(
        answers=_quantiles(examples, LEARNED_ANSWER, 0.95, FEWEST_ANSWERS, pages),
        dwells=_quantiles(examples, LEARNED_DWELL, 0.10, FEWEST_DWELLS, pages),
        gaps=_quantiles(examples, LEARNED_GAP, 0.95, FEWEST_GAPS, names),
        silent=silent,
    )


def limit_tables(plan: Plan, limits: Limits, pages: pa.Array, names: pa.Array) -> LimitTables:
    """The limits by number.

    Args:
        plan: The plan.
        limits: By text.
        pages: Pages by number; null at 0.
        names: Events' names by number.
    """
    silent = [rule.name in limits.silent for rule in plan.rules] or [False]
    return LimitTables(
        _by_number(limits.answers, pages),
        _by_number(limits.dwells, pages),
        _by_number(limits.gaps, names[:MOST_NAMES]),
        np.array(silent, dtype=np.int64),
    )


def _by_number(limits: dict[str, int], texts: pa.Array) -> Int64s:
    found = np.full(max(len(texts), MOST_NAMES + 1), NEVER, dtype=np.int64)
    places = pc.index_in(pa.array(list(limits), pa.string()), value_set=texts.cast(pa.string()))
    for place, limit in zip(places.to_pylist(), limits.values(), strict=True):
        if place is not None:
            found[place] = limit
    return found


def _quantiles(examples: Int64s, kind: int, share: float, fewest: int, texts: pa.Array) -> dict[str, int]:
    kept = examples[examples[:, X_KIND] == kind]
    if not len(kept):
        return {}
    order = np.lexsort((kept[:, X_VALUE], kept[:, X_OF]))
    of, values = kept[order, X_OF], kept[order, X_VALUE]
    numbers, firsts, counts = np.unique(of, return_index=True, return_counts=True)
    found = {}
    for number, first, count in zip(numbers.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        if count >= fewest and number:
            rank = int(np.ceil(share * count)) - 1
            found[str(texts[number].as_py())] = int(values[first + rank])
    return found


@compiled
def _read(
    rules: Int64s, names: Int64s, heard_offsets: Int64s, heard: Int64s, placed: Int64s, starts: Int64s, keys: int,
    watch: Watch, out: Int64s,
) -> int:  # fmt: skip
    """Fill `out` and say how many rows were written."""
    placed, out = borrowed(placed), borrowed(out)
    found = 0
    for customer in range(len(starts) - 1):
        page_before, page_at = 0, 0
        watch.counts[:] = 0
        for event in range(starts[customer], starts[customer + 1]):
            symbol = (placed[event, WHO] >> CHANNEL_BITS) & LOW_SYMBOL
            at, page = placed[event, AT], placed[event, SPOT] >> HALF_BITS
            viewed = False
            for row in range(heard_offsets[symbol], heard_offsets[symbol + 1]):
                rule, roles = heard[row, 0], heard[row, 1]
                learned = rules[rule, U_LEARNED]
                if learned == LEARNED_GAP:
                    _look_at(rules, rule, placed, event, names[symbol], watch)
                    found = _read_gap(rules, rule, roles, watch, out, found)
                elif learned == LEARNED_DWELL and roles & FIRST:
                    viewed = page != 0
                elif learned == LEARNED_ANSWER and roles & FIRST and page != 0:
                    measured = placed[event, FIXED + keys + rules[rule, U_MEASURE]]
                    if measured != NO_MEASURE:
                        found = _note(LEARNED_ANSWER, page, measured, out, found)
            if viewed:
                if page_before != 0 and at - page_at <= LONGEST_STAY_US:
                    found = _note(LEARNED_DWELL, page_before, at - page_at, out, found)
                page_before, page_at = page, at
    return found


@compiled
def _note(kind: int, of: int, value: int, out: Int64s, found: int) -> int:
    """Write one example; returns how many there are."""
    out[found, X_KIND], out[found, X_OF], out[found, X_VALUE] = kind, of, value
    return found + 1


@compiled
def _look_at(rules: Int64s, rule: int, placed: Int64s, event: int, name: int, watch: Watch) -> None:
    """Hand an event's parts to what compares them."""
    parts, who, spot, key = watch.event, placed[event, WHO], placed[event, SPOT], rules[rule, U_KEY]
    parts[E_AT], parts[E_NAME], parts[E_CHANNEL] = placed[event, AT], name, who & LOW_CHANNEL
    parts[E_PAGE], parts[E_ELEMENT] = spot >> HALF_BITS, spot & LOW_HALF
    parts[E_KEY] = placed[event, FIXED + key] if key >= 0 else 0


@compiled
def _read_gap(rules: Int64s, rule: int, roles: int, watch: Watch, out: Int64s, found: int) -> int:
    """The gap from each step that matches to the event at hand, which, if it is a step, then waits in their place."""
    place = 0
    while place < watch.counts[rule] and roles & (FIRST | CLEAR):
        row = rule * MOST_WAITING + place
        if is_match(rules, rule, watch, row):
            gap = watch.event[E_AT] - watch.entries[row, W_AT]
            found = _note(LEARNED_GAP, watch.entries[row, W_NAME], gap, out, found)
            drop_entry(watch, rule, place)
        else:
            place += 1
    if roles & FIRST:
        add_entry(watch, rule)
    return found
