"""The rage click as an automaton: a ring of the last clicks and the burst that is under way.

Its meaning and its defaults stand in `define.signal.RageClick`; its slow, obvious twin in `reference`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from momentwise.detect.compiling import inlined
from momentwise.detect.plan import Int64s

# Columns of the ring of clicks.
C_AT, C_PAGE, C_ELEMENT, C_X, C_Y = range(5)

# Places of the single numbers of a burst, and columns of an emitted row (which has the customer last).
B_START, B_LAST, B_COUNT, B_PAGE, B_ELEMENT, B_SEEN, B_EMITTED = range(7)
R_START, R_LAST, R_COUNT, R_PAGE, R_ELEMENT, R_CUSTOMER = range(6)
RAGE_WIDTH = 6

# A position that the click does not carry, and the farthest one that counts.
NO_POSITION, FARTHEST = -32_768, 32_767


class Burst(NamedTuple):
    """The state of one customer's clicks.

    Args:
        ring: The last `clicks` clicks, columns `C_…`.
        meta: The burst under way (`B_COUNT` 0 for none), how many clicks were seen, and rows emitted.
    """

    ring: Int64s
    meta: Int64s


def new_burst(clicks: int) -> Burst:
    """An empty state for rage clicks of so many clicks."""
    return Burst(np.zeros((clicks, 5), dtype=np.int64), np.zeros(7, dtype=np.int64))


def whole_pixels(x: float | None, y: float | None) -> tuple[int, int]:
    """Whole pixels, halves rounded up, kept within ±32,767; `NO_POSITION` twice unless both coordinates are there."""
    if x is None or y is None:
        return NO_POSITION, NO_POSITION
    across, down = (int(max(-FARTHEST, min(FARTHEST, (value + 0.5) // 1))) for value in (x, y))
    return across, down


@inlined
def click(
    within_us: int, radius: int, burst: Burst, at: int, page: int, element: int, x: int, y: int, out: Int64s
) -> None:
    """One click happens; a burst that it does not continue is emitted."""
    ring, meta = burst.ring, burst.meta
    clicks = len(ring)
    place = meta[B_SEEN] % clicks
    ring[place, C_AT], ring[place, C_PAGE], ring[place, C_ELEMENT] = at, page, element
    ring[place, C_X], ring[place, C_Y] = x, y
    meta[B_SEEN] += 1
    if not _is_raging(within_us, radius, ring, meta[B_SEEN], clicks):
        end_burst(burst, out)
        return
    if meta[B_COUNT] == 0:
        oldest = meta[B_SEEN] % clicks
        meta[B_START], meta[B_COUNT] = ring[oldest, C_AT], clicks - 1
        meta[B_PAGE], meta[B_ELEMENT] = ring[oldest, C_PAGE], ring[oldest, C_ELEMENT]
    meta[B_COUNT] += 1
    meta[B_LAST] = at


@inlined
def end_burst(burst: Burst, out: Int64s) -> None:
    """Emit the burst under way, if there is one."""
    meta = burst.meta
    if meta[B_COUNT] == 0:
        return
    row = meta[B_EMITTED]
    out[row, R_START], out[row, R_LAST], out[row, R_COUNT] = meta[B_START], meta[B_LAST], meta[B_COUNT]
    out[row, R_PAGE], out[row, R_ELEMENT] = meta[B_PAGE], meta[B_ELEMENT]
    meta[B_EMITTED] = row + 1
    meta[B_COUNT] = 0


@inlined
def finish_clicks(burst: Burst, out: Int64s) -> None:
    """The customer's clicks end: the burst under way is emitted and the state is empty."""
    end_burst(burst, out)
    burst.meta[B_SEEN] = 0


@inlined
def _is_raging(within_us: int, radius: int, ring: Int64s, seen: int, clicks: int) -> bool:
    if seen < clicks:
        return False
    oldest, newest = seen % clicks, (seen - 1) % clicks
    if ring[newest, C_AT] - ring[oldest, C_AT] > within_us:
        return False
    for place in range(clicks):  # noqa: SIM110  a generator is dear in compiled code
        if not _same_spot(ring, oldest, place, radius):
            return False
    return True


@inlined
def _same_spot(ring: Int64s, one: int, other: int, radius: int) -> bool:
    if ring[one, C_PAGE] != ring[other, C_PAGE]:
        return False
    if ring[one, C_X] != NO_POSITION and ring[other, C_X] != NO_POSITION:
        across = ring[one, C_X] - ring[other, C_X]
        down = ring[one, C_Y] - ring[other, C_Y]
        return bool(across * across + down * down <= radius * radius)
    return bool(ring[one, C_ELEMENT] != 0 and ring[one, C_ELEMENT] == ring[other, C_ELEMENT])
