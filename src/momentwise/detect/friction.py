"""Small frictions of one customer added up: each counts its rule's weight, halved with every half-life.

What that means stands in `define.signal.FrictionSettings`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from momentwise.detect.compiling import inlined
from momentwise.detect.plan import Int64s
from momentwise.detect.waiting import (
    N_EMITTED,
    S_AT,
    S_CHANNEL,
    S_COUNT,
    S_ELEMENT,
    S_END,
    S_KEY,
    S_PAGE,
    S_RULE,
    S_TOOK,
    SIGNAL_WIDTH,
    Watch,
)

Floats = npt.NDArray[np.float64]


@inlined
def add_up(
    weights: Floats, half_life_us: float, limit: float, overdrawn: int, watch: Watch, first: int, out: Int64s
) -> None:
    """Emit a row each time that the frictions emitted from row `first` on reach the limit.

    Signals that end in the same instant count together.

    Args:
        weights: Per rule; 0 where it does not count.
        half_life_us: Microseconds.
        limit: 0 or less for none.
        overdrawn: The number under which the rows are emitted: the one after the last rule.
        watch: Of the customer.
        first: The customer's first row.
        out: Emitted rows, in no order.
    """
    last = watch.meta[N_EMITTED]
    if limit <= 0 or last == first:
        return
    order = np.argsort(out[first:last, S_END].copy(), kind="mergesort")
    total, count, begun, before, armed = 0.0, 0, np.int64(0), np.int64(0), True
    place = 0
    while place < len(order):
        at, weight, found = out[first + order[place], S_END], 0.0, 0
        while place < len(order) and out[first + order[place], S_END] == at:
            own = weights[out[first + order[place], S_RULE]]
            if own > 0:
                weight += own
                found += 1
            place += 1
        if found == 0:
            continue
        total = total * 2.0 ** (-float(at - before) / half_life_us) if total > 0 else 0.0
        armed = armed or total < limit / 2
        begun = at if count == 0 else begun
        before, total, count = at, total + weight, count + found
        if armed and total >= limit:
            _emit(watch, overdrawn, begun, at, count, out)
            armed, count = False, 0


@inlined
def _emit(watch: Watch, overdrawn: int, begun: np.int64, at: int, count: int, out: Int64s) -> None:
    row = watch.meta[N_EMITTED]
    out[row, S_RULE], out[row, S_AT], out[row, S_END] = overdrawn, begun, at
    out[row, S_COUNT], out[row, S_TOOK] = count, at - begun
    out[row, S_PAGE], out[row, S_ELEMENT], out[row, S_KEY], out[row, S_CHANNEL] = 0, 0, 0, 0
    for column in range(SIGNAL_WIDTH, out.shape[1]):
        out[row, column] = 0
    watch.meta[N_EMITTED] = row + 1
