"""Passes from a start to a goal, taken as an audit would take them, and what else happens on the way.

A pass opens at a start while none is open; starts that follow are tries of the same pass; the goal within the window ends
it. A pass that the data end too early for is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from momentwise.learn.log import Bools, Int64s, Log, group_by

_MOST_ROWS = 200_000  # starts and goals that are enough for a proposal's evidence
_MS = 1_000


@dataclass(frozen=True)
class Passes:
    """Passes of one start and goal; arrays with one entry per pass.

    Args:
        group: The customer, or the customer and value of the field, as codes of the log that was walked.
        customer: The customer.
        start_us: When it began.
        stop_us: When the goal came, or the window ended.
        came: Whether the goal came.
        tries: How often the start happened.
    """

    group: Int64s
    customer: Int64s
    start_us: Int64s
    stop_us: Int64s
    came: Bools
    tries: Int64s

    def __len__(self) -> int:
        """How many passes there are."""
        return len(self.came)

    @property
    def people(self) -> int:
        """How many customers there are."""
        return len(np.unique(self.customer))

    @property
    def share(self) -> float:
        """Share (0–1) of passes whose goal came."""
        return float(self.came.mean()) if len(self) else 0.0

    def which_came(self) -> Passes:
        """Those that reached the goal, the goal itself on the way."""
        came = self.came
        stop_us = self.stop_us[came] + _MS
        return Passes(self.group[came], self.customer[came], self.start_us[came], stop_us, came[came], self.tries[came])

    def quantile_us(self, q: float) -> float:
        """The q-th part of the passes that reached the goal took no longer; NaN where none did."""
        waited = (self.stop_us - self.start_us)[self.came]
        return float(np.quantile(waited, q)) if len(waited) else float("nan")


@dataclass(frozen=True)
class OnTheWay:
    """One event on the way from start to goal.

    Args:
        event: Index of its name.
        passes: Passes in which it came, before the goal and within the window.
        goal_after: Share (0–1) of those whose goal still came.
        inside: Share (0–1) of all such events that lie in a pass.
        rise: How many times more often it comes in a pass than at any time.
        within_us: 95 of 100 came within this time of the start.
    """

    event: int
    passes: int
    goal_after: float
    inside: float
    rise: float
    within_us: float


def walk_passes(log: Log, start: int, goal: int, by: str, window_us: int) -> Passes:
    """Every pass whose end is known."""
    groups = group_by(log, by) if by else log
    # The customer of a group, as the log itself calls them.
    owners = _owners(log, by) if by else log.customer
    kept = np.flatnonzero((groups.event == start) | (groups.event == goal))
    if len(kept) > _MOST_ROWS:
        kept = kept[groups.customer[kept] < groups.customer[kept[_MOST_ROWS]]]
    found = _walk(groups, kept, start, window_us)
    places, stops, came, tries = (np.array(column, dtype=np.int64) for column in found)
    known = (came > 0) | (groups.at_us[places] + window_us <= log.end_us) if len(places) else np.zeros(0, dtype=bool)
    places = places[known]
    return Passes(
        groups.customer[places], owners[places], groups.at_us[places], stops[known], came[known] > 0, tries[known]
    )


def _owners(log: Log, by: str) -> Int64s:
    codes = log.keys[by]
    kept = np.flatnonzero(codes >= 0)
    return log.customer[kept][np.lexsort((np.arange(len(kept)), codes[kept], log.customer[kept]))]


def _walk(groups: Log, kept: Int64s, start: int, window_us: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """Rows of the starts, times of the stops, whether the goal came, and tries, one entry per pass."""
    rows: list[int] = []
    stops: list[int] = []
    came: list[int] = []
    tries: list[int] = []
    group, until, is_open = -1, 0, False
    steps = zip(
        kept.tolist(), groups.customer[kept].tolist(), groups.at_us[kept].tolist(), (groups.event[kept] == start).tolist(),
        strict=True,
    )  # fmt: skip
    for row, whose, at, is_start in steps:
        if whose != group or at > until:
            group, is_open = whose, False
        if is_start and is_open:
            tries[-1] += 1
        elif is_start:
            is_open, until = True, at + window_us
            rows.append(row)
            stops.append(until)
            came.append(0)
            tries.append(1)
        elif is_open:
            is_open = False
            stops[-1], came[-1] = at, 1
    return rows, stops, came, tries


def find_on_the_way(log: Log, passes: Passes, by: str) -> list[OnTheWay]:
    """Every event between start and goal; those that carry the field count for their own pass, others for all of the customer.

    Args:
        log: The events that the passes were walked over.
        passes: From `walk_passes`.
        by: The field by which the passes were told apart.
    """
    names = len(log.names)
    if by:
        own = _between(group_by(log, by), passes.group, passes)
        rest = _between(log.where(log.keys[by] < 0), passes.customer, passes)
        which, event, waited = (np.concatenate(pair) for pair in zip(own, rest, strict=True))
    else:
        which, event, waited = _between(log, passes.customer, passes)
    order = np.lexsort((waited, event, which))
    which, event, waited = which[order], event[order], waited[order]
    first = np.ones(len(which), dtype=bool)
    first[1:] = (np.diff(which) != 0) | (np.diff(event) != 0)
    totals = log.count()
    exposed = float((passes.stop_us - passes.start_us).sum())
    whole = max(len(np.unique(log.customer)) * float(log.end_us - log.begin_us), 1.0)
    found = []
    for number in np.unique(event):
        these = event == number
        firsts = these & first
        inside = min(float(these.sum() / totals[number]), 1.0)
        expected = totals[number] * exposed / whole
        found.append(
            OnTheWay(
                event=int(number),
                passes=int(firsts.sum()),
                goal_after=float(passes.came[which[firsts]].mean()),
                inside=inside,
                rise=float(these.sum() / max(expected, 1e-9)),
                within_us=float(np.quantile(waited[firsts], 0.95)),
            )
        )
    assert len(found) <= names
    return found


def _between(log: Log, whose: Int64s, passes: Passes) -> tuple[Int64s, Int64s, Int64s]:
    """Pass, event and time since the start of every event strictly between start and stop."""
    if not len(log) or not len(passes):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    begin = min(log.begin_us, int(passes.start_us.min()))
    # Customer and time as one number, in milliseconds so that it stays far below 64 bits.
    span = (max(log.end_us, int(passes.stop_us.max())) - begin) // _MS + 2
    line = log.customer * span + (log.at_us - begin) // _MS
    low = np.searchsorted(line, whose * span + (passes.start_us - begin) // _MS, side="right")
    high = np.searchsorted(line, whose * span + (passes.stop_us - begin) // _MS, side="left")
    lengths = np.maximum(high - low, 0)
    which = np.repeat(np.arange(len(passes)), lengths)
    rows = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(low, lengths)
    return which, log.event[rows], log.at_us[rows] - passes.start_us[which]


def find_longest_wait(log: Log, passes: Passes, by: str) -> tuple[int, float] | None:
    """After which event those who reached the goal most often waited longest, and how long at the median, in microseconds."""
    groups = group_by(log, by) if by else log
    reached = passes.which_came()
    which, event, since = _between(groups, reached.group if by else reached.customer, reached)
    if not len(which):
        return None
    same = np.concatenate([[False], np.diff(which) == 0])
    gap = np.where(same, np.diff(since, prepend=0), since)
    order = np.lexsort((-gap, which))
    first = np.concatenate([[True], np.diff(which[order]) != 0])
    longest = order[first]
    before = np.where(same[longest], event[longest - 1], -1)
    values, counts = np.unique(before, return_counts=True)
    most = int(values[np.argmax(counts)])
    return None if most < 0 else (most, float(np.median(gap[longest][before == most])))
