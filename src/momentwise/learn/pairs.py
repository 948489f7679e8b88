"""Pairs of events of which one leads to the other: measured against chance, against the reverse, and by key."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from momentwise.learn.log import Log, group_by, shuffle_names
from momentwise.learn.waits import EDGES_US, Waits, measure_waits, reverse

_SATURATED = 0.97  # of the largest excess over chance: later hits are mostly chance
_WAITING = 0.004  # what a window longer by a third of an octave must bring: who comes back days later starts anew
_LEAST_EXCESS = 0.10  # a goal that comes after fewer than this more than chance is none
_LEAST_NEED = 0.20
_LEAST_CUSTOMERS = 20
_ALPHA = 0.01  # chance of one false pair among all, by Bonferroni
_DIRECTION = 1.5  # it must follow this much more often than it precedes
_EXCLUSIVE = 0.98  # share of a key's values that belong to one customer
_TOGETHER = 0.8  # share of what follows that bears the same value, where the field is the right one
_CARRIED = 0.9  # share of an event's rows that carry the key


@dataclass(frozen=True)
class Pair:
    """A start that leads to a goal.

    Args:
        start: Index of the starting event's name.
        goal: Index of the goal's name.
        by: The field by which passes are told apart; empty for the customer.
        window_us: The time within which most goals come that are no chance.
        starts: How many starts there are.
        ends: How many goals there are.
        people: How many customers have the start.
        share: Share (0–1) of starts after which the goal came within the window.
        chance: The same with the customer's event names dealt out at random.
        before: Share of starts before which the goal had come within the window.
        need: Share of goals before which the start had come within the window.
        need_chance: The same with the names dealt out at random.
        repeat: Share of starts before which another such start had come within the window.
        is_one_thing: Whether both are about the same thing, as one order is; not so where only the goal has a number.
    """

    start: int
    goal: int
    by: str
    window_us: int
    starts: int
    ends: int
    people: int
    share: float
    chance: float
    before: float
    need: float
    need_chance: float
    repeat: float
    is_one_thing: bool

    @property
    def lift(self) -> float:
        """How many times more often than by chance the goal comes."""
        return self.share / max(self.chance, 1e-3)

    @property
    def strength(self) -> float:
        """How much start and goal belong together beyond chance, 0–1: the geometric mean of both directions."""
        forth = (self.share - self.chance) / max(1 - self.chance, 1e-9)
        back = (self.need - self.need_chance) / max(1 - self.need_chance, 1e-9)
        return math.sqrt(max(forth, 0.0) * max(back, 0.0))


@dataclass(frozen=True)
class Tables:
    """Waits forwards, backwards and by chance, for the customers and for each field that tells passes apart.

    Args:
        forward: Waits to what comes after.
        backward: Waits back to what came before.
        chance: Waits to what comes after, with the names dealt out at random.
        chance_backward: The same backwards.
        keyed: Per field, forwards and backwards within one value of it.
        carried: Per field, the share of each event's rows that carry it.
        born: Per field, the share of each event's rows that are the first of their value.
        distinct: Per field, how many values each event's rows have, per row.
    """

    forward: Waits
    backward: Waits
    chance: Waits
    chance_backward: Waits
    keyed: dict[str, tuple[Waits, Waits]]
    carried: dict[str, np.ndarray]
    born: dict[str, np.ndarray]
    distinct: dict[str, np.ndarray]


def measure_tables(log: Log, rng: np.random.Generator) -> Tables:
    """All waits that pairs are judged by."""
    dealt = shuffle_names(log, rng)
    keyed, carried, born, distinct = {}, {}, {}, {}
    counts = np.maximum(log.count(), 1)
    for name in useful_keys(log):
        groups = group_by(log, name)
        keyed[name] = (measure_waits(groups), measure_waits(reverse(groups)))
        carried[name] = groups.count() / counts
        first = np.concatenate([[True], np.diff(groups.customer) != 0])
        born[name] = np.bincount(groups.event[first], minlength=len(log.names)) / counts
        distinct[name] = groups.count_customers() / counts
    return Tables(
        measure_waits(log), measure_waits(reverse(log)), measure_waits(dealt), measure_waits(reverse(dealt)), keyed,
        carried, born, distinct,
    )  # fmt: skip


def useful_keys(log: Log) -> list[str]:
    """Fields whose values belong to one customer each, join several events, and of which some customers have several."""
    found = []
    for name, codes in log.keys.items():
        kept = codes >= 0
        if not kept.any():
            continue
        width = int(log.customer.max()) + 1
        pairs = np.unique(codes[kept] * width + log.customer[kept])
        values = len(np.unique(pairs // width))
        people = len(np.unique(pairs % width))
        joins = len(np.unique(codes[kept] * len(log.names) + log.event[kept])) / values
        if values >= _EXCLUSIVE * len(pairs) and joins >= 1.2 and values >= 1.02 * people:
            found.append(name)
    return found


def find_pairs(log: Log, tables: Tables) -> list[Pair]:
    """Every pair that is more than chance, in no particular order."""
    people = log.count_customers()
    judged = [pair for pair in _pairs(tables, people) if pair.share - pair.chance > 0]
    limit = _critical(max(len(judged), 1))
    return [pair for pair in judged if _holds(pair, limit)]


def _pairs(tables: Tables, people: np.ndarray) -> Iterator[Pair]:
    many = np.flatnonzero(people >= _LEAST_CUSTOMERS)
    for a in many:
        for b in many:
            if a != b:
                yield measure_pair(tables, int(a), int(b), int(people[a]))


def measure_pair(tables: Tables, a: int, b: int, people: int) -> Pair:
    """One pair, by the field that both events carry where there is one."""
    place = _saturated(tables.forward.share[a, b] - tables.chance.share[a, b])
    by = choose_key(tables, a, b, place)
    forward, backward = tables.keyed[by] if by else (tables.forward, tables.backward)
    if by:  # what bears the same number is no chance, however late it comes
        place = _saturated(forward.share[a, b])
    return Pair(
        start=a,
        goal=b,
        by=by,
        window_us=int(EDGES_US[place]),
        starts=int(forward.starts[a]),
        ends=int(forward.starts[b]),
        people=people,
        share=float(forward.share[a, b, place]),
        chance=float(tables.chance.share[a, b, place]),
        before=float(backward.share[a, b, place]),
        need=float(backward.share[b, a, place]),
        need_chance=float(tables.chance_backward.share[b, a, place]),
        repeat=float(backward.share[a, a, place]),
        is_one_thing=bool(by) or not any(carried[b] >= _CARRIED for carried in tables.carried.values()),
    )


def _saturated(excess: np.ndarray) -> int:
    """The first bin in which nearly all of the excess is reached that is worth its waiting."""
    best = int(np.argmax(excess - _WAITING * np.arange(len(excess))))
    return int(np.argmax(excess >= _SATURATED * excess[best])) if excess[best] > 0 else best


def choose_key(tables: Tables, a: int, b: int, place: int) -> str:
    """The field by which passes from a to b are told apart; empty where none is carried by both and keeps them together.

    Args:
        tables: All waits.
        a: Index of the start's name.
        b: Index of the goal's name.
        place: The bin of the window within which the two belong together.
    """
    best, chosen = 0.0, ""
    for name, (forward, _) in tables.keyed.items():
        if min(tables.carried[name][a], tables.carried[name][b]) < _CARRIED:
            continue
        if forward.share[a, b, place] < _TOGETHER * tables.forward.share[a, b, place]:
            continue
        value = 1 + tables.born[name][a] + tables.distinct[name][a]
        if value > best:
            best, chosen = value, name
    return chosen


def _holds(pair: Pair, limit: float) -> bool:
    if pair.share - pair.chance < _LEAST_EXCESS or pair.need - pair.need_chance < _LEAST_NEED:
        return False
    if pair.share < _DIRECTION * pair.before:
        return False
    return min(_z(pair.share, pair.chance, pair.people), _z(pair.share, pair.before, pair.people)) > limit


def _z(share: float, other: float, people: int) -> float:
    """How many standard errors lie between two shares; customers are counted, since their passes are not independent."""
    spread = share * (1 - share) + other * (1 - other)
    return (share - other) / math.sqrt(max(spread, 0.25 / people) / people)


def _critical(judged: int) -> float:
    """The standard errors beyond which one of so many pairs lies by chance with a probability of `_ALPHA` at most.

    Source: the bound of Gauss's tail, P(Z > z) < exp(-z²/2) / 2 for z > 0.
    """
    return math.sqrt(2 * math.log(judged / (2 * _ALPHA)))
