"""Spans: the durations, waits, seconds per step and steps of every moment, read once and laid out by way of ending.

An interval of a quantile asks for ranks that depend on how many numbers there are, and a query gives one list of ranks
for all groups; so the numbers come here. Numpy sorts millions of them faster than the engine scans its table once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from momentwise.rank import queries
from momentwise.rank.intervals import Sample
from momentwise.rank.queries import Ask
from momentwise.rank.scores import Way

Numbers = npt.NDArray[np.float64]
# Runs a query and gives its columns as arrays, batch after batch; a missing number is not a number.
Scan = Callable[[str], Iterable[Sequence[npt.NDArray[Any]]]]


@dataclass(frozen=True)
class Spans:
    """The numbers of one moment, each kind sorted; missing ones are not among them.

    Args:
        of_span: By the names of `queries.SPANS`, seconds.
        of_way: Durations by outcome and ending, seconds.
        median_steps: Steps of the median completed occurrence: of an even count the lower one, which somebody took.
        excess: Steps of completed occurrences beyond the median.
    """

    of_span: dict[str, Numbers]
    of_way: dict[Way, Numbers] = field(default_factory=dict)
    median_steps: float | None = None
    excess: Sample = field(default_factory=lambda: Sample(0))


NO_SPANS = Spans({span: np.zeros(0) for span in queries.SPANS})  # of a moment of which nothing has ended


def read_spans(ways: dict[str, dict[Way, int]], scan: Scan) -> Iterator[Spans]:
    """The spans of each moment, in the order of `ways`, one at a time.

    Args:
        ways: By moment: how many occurrences ended in each way.
        scan: Runs a query over the audit's tables.
    """
    layout = _Layout(ways)
    durations, waits = np.empty(layout.rows), np.empty(layout.rows)
    steps = np.empty(layout.rows, np.int32)
    for codes, *columns in scan(layout.sql()):
        rows, places = layout.place(codes)
        durations[places], waits[places], steps[places] = (column[rows] for column in columns)
    return (_spans(layout, moment, durations, waits, steps) for moment in ways)


def scan_by(ask: Ask) -> Scan:
    """A scan that takes the rows of a query; for few."""

    def scan(sql: str) -> Iterable[Sequence[npt.NDArray[Any]]]:
        rows = ask(sql)
        if rows:
            yield [np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)]

    return scan


class _Layout:
    """Where each row goes: those of a moment stand together, its completed ones first, and each way in one piece."""

    def __init__(self, ways: dict[str, dict[Way, int]]) -> None:
        self._moments = list(ways)
        self._endings = sorted({ending for counts in ways.values() for _, ending in counts} - {""})
        ordered = [(m, way) for m in ways for way in sorted(ways[m], key=lambda way: (way[0] != "completed", way))]
        counts = [ways[moment][way] for moment, way in ordered]
        ends = np.cumsum([0, *counts])
        self.rows = int(ends[-1])
        self._pieces = {key: slice(int(ends[n]), int(ends[n + 1])) for n, key in enumerate(ordered)}
        self._group = np.zeros(len(ways) * len(queries.ENDS) * (len(self._endings) + 1), np.int32)
        for number, (moment, way) in enumerate(ordered):
            self._group[self._code(moment, way)] = number
        # Below 65,536 of them numpy sorts by counting, which takes a tenth of the time.
        self._group = self._group.astype(np.uint16) if len(ordered) < 1 << 16 else self._group
        self._next = ends[:-1].copy()

    def _code(self, moment: str, way: Way) -> int:
        ending = self._endings.index(way[1]) + 1 if way[1] else 0
        outcome = queries.ENDS.index(way[0])
        return (self._moments.index(moment) * len(queries.ENDS) + outcome) * (len(self._endings) + 1) + ending

    def sql(self) -> str:
        """The query whose rows are laid out."""
        return queries.spans_sql(self._moments, self._endings)

    def place(self, codes: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The rows of a batch in the order of their groups, and where each of them goes."""
        groups = self._group[codes.astype(np.int32, copy=False)]
        rows = np.argsort(groups, kind="stable")
        counts = np.bincount(groups, minlength=len(self._next))
        places = np.arange(len(rows)) + np.repeat(self._next - (np.cumsum(counts) - counts), counts)
        self._next += counts
        return rows, places

    def ways(self, moment: str) -> dict[Way, slice]:
        """Where the rows of each way of a moment are."""
        return {way: piece for (name, way), piece in self._pieces.items() if name == moment}


def _spans(layout: _Layout, moment: str, durations: Numbers, waits: Numbers, steps: npt.NDArray[np.int32]) -> Spans:
    pieces = layout.ways(moment)
    if not pieces:
        return NO_SPANS
    ended = _joined(list(pieces.values()))
    completed = _joined([piece for (outcome, _), piece in pieces.items() if outcome == "completed"])
    walked = steps[ended] > 0
    of_span = {"wait": _sorted(waits[ended]), "step": _sorted(durations[ended][walked] / steps[ended][walked])}
    of_way = {way: _sorted(durations[piece]) for way, piece in pieces.items()}
    of_span["duration"] = _sorted(durations[completed].copy())  # each way keeps its own order
    return Spans(of_span, of_way, *_excess(steps[completed]))


def _joined(pieces: list[slice]) -> slice:
    """From the first to the last of neighbouring pieces."""
    return slice(pieces[0].start, pieces[-1].stop) if pieces else slice(0, 0)


def _sorted(values: Numbers) -> Numbers:
    """The numbers sorted in their place; those that are missing come last and are left out."""
    values.sort()
    return values[: len(values) - int(np.count_nonzero(np.isnan(values)))]


def _excess(steps: npt.NDArray[np.int32]) -> tuple[float | None, Sample]:
    n = len(steps)
    if not n:
        return None, Sample(0)
    middle = (n - 1) // 2
    median = float(np.partition(steps, middle)[middle])
    excess = steps - median
    return median, Sample(n, float(excess.mean()), float(excess.var(ddof=1)) if n > 1 else 0.0)
