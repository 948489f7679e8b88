"""The rage click as an automaton: a ring of the last clicks and the burst that is under way.

Its meaning stands with the shape *burst* in `define.signal.SignalRule`. The ring lies in the rule's rows of
`waiting.Watch.entries`, a row per click; the last of these rows holds the first click of the burst under way.
"""

from __future__ import annotations

from momentwise.define.signal import MOST_WAITING
from momentwise.detect.compiling import inlined
from momentwise.detect.plan import U_COUNT, U_RADIUS, U_WITHIN, Int64s
from momentwise.detect.waiting import (
    E_AT,
    E_CHANNEL,
    E_ELEMENT,
    E_KEY,
    E_PAGE,
    E_X,
    E_Y,
    W_AT,
    W_CHANNEL,
    W_ELEMENT,
    W_KEY,
    W_PAGE,
    WAITING_WIDTH,
    Watch,
    emit_entry,
)

# The position of a click, where other entries have a deadline and a name.
W_X, W_Y = 7, 8

# The burst under way, in the rule's row of `pace`: its clicks so far (0 for none) and the time of the last.
B_COUNT, B_LAST = 0, 1

# A position that the click does not carry, and the farthest one that counts.
NO_POSITION, FARTHEST = -32_768, 32_767


def whole_pixels(x: float | None, y: float | None) -> tuple[int, int]:
    """Whole pixels, halves rounded up, kept within ±32,767; `NO_POSITION` twice unless both coordinates are there."""
    if x is None or y is None:
        return NO_POSITION, NO_POSITION
    across, down = (int(max(-FARTHEST, min(FARTHEST, (value + 0.5) // 1))) for value in (x, y))
    return across, down


@inlined
def click(rules: Int64s, rule: int, watch: Watch, out: Int64s) -> None:
    """One click happens (`watch.event`); a burst that it does not continue is emitted."""
    clicks, first, pace = rules[rule, U_COUNT], rule * MOST_WAITING, watch.pace
    _enter(watch, first + watch.counts[rule] % clicks)
    watch.counts[rule] += 1
    seen = watch.counts[rule]
    if not _is_raging(rules, rule, watch, seen):
        end_burst(rule, watch, out)
        return
    if pace[rule, B_COUNT] == 0:
        oldest, kept = first + seen % clicks, first + MOST_WAITING - 1
        for column in range(watch.entries.shape[1]):
            watch.entries[kept, column] = watch.entries[oldest, column]
        pace[rule, B_COUNT] = clicks - 1
    pace[rule, B_COUNT] += 1
    pace[rule, B_LAST] = watch.event[E_AT]


@inlined
def end_burst(rule: int, watch: Watch, out: Int64s) -> None:
    """Emit the burst under way, if there is one."""
    pace, kept = watch.pace, rule * MOST_WAITING + MOST_WAITING - 1
    if pace[rule, B_COUNT] == 0:
        return
    end = pace[rule, B_LAST]
    emit_entry(watch, rule, kept, end, pace[rule, B_COUNT], end - watch.entries[kept, W_AT], out)
    pace[rule, B_COUNT] = 0


@inlined
def _enter(watch: Watch, row: int) -> None:
    entries, event = watch.entries, watch.event
    entries[row, W_AT], entries[row, W_PAGE], entries[row, W_ELEMENT] = event[E_AT], event[E_PAGE], event[E_ELEMENT]
    entries[row, W_KEY], entries[row, W_CHANNEL] = event[E_KEY], event[E_CHANNEL]
    entries[row, W_X], entries[row, W_Y] = event[E_X], event[E_Y]
    for column in range(WAITING_WIDTH, entries.shape[1]):
        entries[row, column] = watch.held[column - WAITING_WIDTH]


@inlined
def _is_raging(rules: Int64s, rule: int, watch: Watch, seen: int) -> bool:
    clicks, first = rules[rule, U_COUNT], rule * MOST_WAITING
    if seen < clicks:
        return False
    oldest, newest = first + seen % clicks, first + (seen - 1) % clicks
    if watch.entries[newest, W_AT] - watch.entries[oldest, W_AT] > rules[rule, U_WITHIN]:
        return False
    for row in range(first, first + clicks):  # noqa: SIM110  a generator is dear in compiled code
        if not _is_same_spot(watch.entries, oldest, row, rules[rule, U_RADIUS]):
            return False
    return True


@inlined
def _is_same_spot(entries: Int64s, one: int, other: int, radius: int) -> bool:
    if entries[one, W_PAGE] != entries[other, W_PAGE]:
        return False
    if entries[one, W_X] != NO_POSITION and entries[other, W_X] != NO_POSITION:
        across = entries[one, W_X] - entries[other, W_X]
        down = entries[one, W_Y] - entries[other, W_Y]
        return bool(across * across + down * down <= radius * radius)
    return bool(entries[one, W_ELEMENT] != 0 and entries[one, W_ELEMENT] == entries[other, W_ELEMENT])
