"""What comes after what: counts of steps that follow one another, with a histogram of the time between.

Filled by the pass on its way. Pairs are told apart by moment, event and what came next: another event, or an outcome.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from momentwise.define.span import SECOND_US
from momentwise.detect.compiling import inlined
from momentwise.detect.plan import Int64s

# Places of a pair's row; the histogram follows. Time is counted in bins of a quarter of an octave from a millisecond on.
F_PAIR, F_COUNT, F_SUM = range(3)
_FIRST_BIN, _BINS = 3, 180
FLOW_WIDTH = _FIRST_BIN + _BINS
_UNIT_US = 1_024

# A pair as one number: moment (0: all events), event, what came next (0: nothing), outcome (0: none). Names stay below
# 2^8, moments below 2^20.
_NAME_BITS, _OUTCOME_BITS = 8, 3
_TABLE, _MOST_PAIRS = 1 << 15, 1 << 14


def new_flow() -> tuple[Int64s, Int64s]:
    """An empty hash table of pairs, and the rows behind it; the first row counts what found no place."""
    table = np.zeros(_TABLE, dtype=np.int64)
    rows = np.zeros((_MOST_PAIRS, FLOW_WIDTH), dtype=np.int64)
    rows[0, F_PAIR] = 1
    return table, rows


@inlined
def pair_of(moment: int, event: int, following: int, outcome: int) -> int:
    """The number of a pair; `moment` is one more than the moment's number, `outcome` likewise."""
    names = (moment << _NAME_BITS | event) << _NAME_BITS | following
    pair: int = names << _OUTCOME_BITS | outcome
    return pair


@inlined
def tally(table: Int64s, rows: Int64s, pair: int, gap: int) -> None:
    """Count a pair; `gap` in microseconds."""
    mask = len(table) - 1
    place = (pair * 40_503) & mask
    while table[place] != 0 and rows[table[place], F_PAIR] != pair:
        place = (place + 1) & mask
    row = table[place]
    if row == 0:
        used = rows[0, F_PAIR]
        if used < len(rows):
            rows[0, F_PAIR] = used + 1
            table[place] = row = used
            rows[row, F_PAIR] = pair
    rows[row, F_COUNT] += 1
    rows[row, F_SUM] += gap
    rows[row, _FIRST_BIN + _bin(gap)] += 1


@inlined
def _bin(gap: int) -> int:
    units = gap // _UNIT_US
    if units < 1:
        return 0
    mantissa, exponent = math.frexp(float(units))
    found = 1 + (exponent - 1) * 4 + int((mantissa - 0.5) * 8)
    return min(found, _BINS - 1)


def merge_flows(parts: Iterable[Int64s]) -> dict[int, Int64s]:
    """The used rows of several flows, added up by pair."""
    found: dict[int, Int64s] = {}
    for rows in parts:
        for row in rows[1 : rows[0, F_PAIR]]:
            pair = int(row[F_PAIR])
            if pair in found:
                found[pair][F_COUNT:] += row[F_COUNT:]
            else:
                found[pair] = row.copy()
    return found


def split_pair(pair: int) -> tuple[int, int, int, int]:
    """Moment, event, what came next, and outcome; see `pair_of`."""
    names, outcome = pair >> _OUTCOME_BITS, pair & ((1 << _OUTCOME_BITS) - 1)
    name = (1 << _NAME_BITS) - 1
    return names >> (2 * _NAME_BITS), names >> _NAME_BITS & name, names & name, outcome


def gap_quantile(row: Int64s, share: float) -> float:
    """A quantile of the time between, in seconds, to a tenth of itself: even within a bin.

    Args:
        row: A pair's row.
        share: 0–1.
    """
    counts = row[_FIRST_BIN:]
    wanted = share * float(counts.sum())
    passed = 0.0
    for number, count in enumerate(counts.tolist()):
        if count and passed + count >= wanted:
            low, high = _bounds(number)
            return float(low + (high - low) * max(0.0, wanted - passed) / count) / SECOND_US
        passed += count
    return 0.0


def _bounds(number: int) -> tuple[float, float]:
    if number == 0:
        return 0.0, float(_UNIT_US)
    low, high = (float(_UNIT_US) * 2.0 ** ((n - 1) // 4) * (1 + (n - 1) % 4 / 4) for n in (number, number + 1))
    return low, high
