"""How long it takes from any event to the next of any other: one table for every ordered pair of names.

Waits are counted in bins of equal width on the logarithm of time, three to an octave, so that one pass per name serves all
quantiles and windows. Starts after which the data end too early are censored, not failed: shares are those of Kaplan
and Meier.

Source: Kaplan & Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from momentwise.learn.log import Int64s, Log

Floats = npt.NDArray[np.float64]

_SHORTEST_US = 100_000  # a tenth of a second: below it, two events are as good as one
_PER_OCTAVE = 3
BINS = 100  # up to 30 years
# Upper bound of each bin.
EDGES_US: Floats = _SHORTEST_US * 2.0 ** (np.arange(BINS) / _PER_OCTAVE)


@dataclass(frozen=True)
class Waits:
    """Waits between the events of one grouping.

    Args:
        starts: Events per name: n of every share.
        share: `share[a, b, i]`: share (0–1) of a's after which b came within `EDGES_US[i]`.
        hits: `hits[a, b]`: a's after which b came at all.
    """

    starts: Int64s
    share: Floats
    hits: Int64s

    def share_within(self, window_us: int) -> Floats:
        """`[a, b]`: share (0–1) of a's after which b came within a window."""
        return self.share[:, :, bin_of(window_us)]


def bin_of(span_us: float) -> int:
    """The first bin whose upper bound is not below a span."""
    return min(int(np.searchsorted(EDGES_US, span_us * (1 - 1e-9))), BINS - 1)


def measure_waits(log: Log) -> Waits:
    """Waits from every event to the next of every name, among the events of one customer."""
    size, names = len(log), len(log.names)
    happened = np.zeros((names, names, BINS))
    censored = np.zeros((names, names, BINS))
    left = _bins(log.end_us - log.at_us)
    cells = log.event * BINS
    for b in range(names):
        after = _next(log, b)
        found = after < size
        after[~found] = 0
        found &= log.customer[after] == log.customer
        waited = _bins(log.at_us[after[found]] - log.at_us[found])
        happened[:, b] = np.bincount(cells[found] + waited, minlength=names * BINS).reshape(names, BINS)
        censored[:, b] = np.bincount(cells[~found] + left[~found], minlength=names * BINS).reshape(names, BINS)
    return Waits(log.count(), _kaplan_meier(happened, censored), happened.sum(axis=2).astype(np.int64))


def reverse(log: Log) -> Log:
    """The log with time running backwards: what came before becomes what comes after."""
    flipped = {name: codes[::-1] for name, codes in log.keys.items()}
    return Log(
        log.customer[::-1],
        log.begin_us + log.end_us - log.at_us[::-1],
        log.event[::-1],
        log.names,
        flipped,
        log.channels,
    )


def _next(log: Log, b: int) -> Int64s:
    """Per event the place of the next b after it; the length of the log where there is none."""
    places = np.flatnonzero(log.event == b)
    spans = np.diff(np.concatenate([[0], places, [len(log)]]))
    return np.repeat(np.concatenate([places, [len(log)]]), spans)


def _bins(waits_us: Int64s) -> Int64s:
    octaves = np.log2(np.maximum(waits_us, 1) / _SHORTEST_US)
    return np.clip(np.ceil(octaves * _PER_OCTAVE - 1e-9), 0, BINS - 1).astype(np.int64)


def _kaplan_meier(happened: Floats, censored: Floats) -> Floats:
    leaving = happened + censored
    at_risk = np.cumsum(leaving[:, :, ::-1], axis=2)[:, :, ::-1]
    hazard = np.divide(happened, at_risk, out=np.zeros_like(happened), where=at_risk > 0)
    return 1 - np.cumprod(1 - hazard, axis=2)
