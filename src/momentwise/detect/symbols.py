"""Symbols: small numbers for what distinct events are to a plan; one at a time, and by columns of millions of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from momentwise.detect.compiling import compiled
from momentwise.detect.plan import (
    ANY,
    D_MOMENT,
    FLAG_ERROR,
    LONE,
    OPEN,
    RETRY,
    THEN,
    U_SHAPE,
    Int64s,
    Plan,
    has_bit,
)
from momentwise.detect.records import MOST_SYMBOLS
from momentwise.errors import DetectionError

_TABLE = 1 << 16
_FACTOR = np.uint64(0x9E37_79B9_7F4A_7C15)


# Names of events that are told apart; what comes later is the last of them.
MOST_NAMES = 255


class SymbolTables(NamedTuple):
    """What the compiled code needs of the symbols.

    Args:
        offsets: First action of each symbol, one more than symbols.
        actions: Columns `A_…`.
        flags: `FLAG_…` of each symbol.
        names: The number of each symbol's event name.
        heard_offsets: First row of `heard` of each symbol, one more than symbols.
        heard: Rule, and what the event is to it.
    """

    offsets: Int64s
    actions: Int64s
    flags: Int64s
    names: Int64s
    heard_offsets: Int64s
    heard: Int64s


@dataclass
class Symbols:
    """Numbers what distinct events are to the plan, and holds what the automata do at each.

    A symbol stands for the words of bits that an event fulfils and for its name, which has a small number of its own.
    The tables are rebuilt only when a new symbol was met.
    """

    plan: Plan
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)
    rows: list[list[list[int]]] = field(default_factory=list)
    heard: list[list[list[int]]] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    names: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The event that fulfils nothing and has no name comes first."""
        self.number((0,) * self.plan.words, 0)

    def number(self, words: tuple[int, ...], name: int) -> int:
        """The symbol of some words of bits and the number of a name."""
        known = self.numbers.get((*words, name))
        if known is not None:
            return known
        self.numbers[(*words, name)] = len(self.rows)
        self.rows.append(self._rows(words))
        self.heard.append(self._heard(words))
        self.flags.append(FLAG_ERROR * has_bit(words, self.plan.error_bit))
        self.names.append(name)
        return len(self.rows) - 1

    def silent(self) -> frozenset[str]:
        """The rules that need an answer to be seen anywhere, where none of the symbols that were met is one."""
        answered = {rule for heard in self.heard for rule, roles in heard if roles & THEN}
        return frozenset(r.name for n, r in enumerate(self.plan.rules) if r.only_where_answered and n not in answered)

    def _heard(self, words: tuple[int, ...]) -> list[list[int]]:
        """What the event is to each rule that hears of it: rows of rule and roles, by rule."""
        roles: dict[int, int] = {n: ANY for n, row in enumerate(self.plan.rule_rows) if row[U_SHAPE] == LONE}
        for bit, rule, role in self.plan.hearing:
            if has_bit(words, bit):
                roles[rule] = roles.get(rule, 0) | role
        return [[rule, roles[rule]] for rule in sorted(roles)]

    def _rows(self, words: tuple[int, ...]) -> list[list[int]]:
        """Actions in the order in which one event does them: by moment, then by role; starts after all ends."""
        moment_of = self.plan.definitions[:, D_MOMENT]
        met = [action for action in self.plan.actions if has_bit(words, action.condition)]
        met.sort(key=lambda a: (int(moment_of[a.definition]), a.role))
        rows: list[list[int]] = []
        for action in met:
            row = [action.role, action.definition, action.within_us, action.ending]
            # An event is one retry and one start, however many of the moment's starts it fulfils.
            if action.role not in (RETRY, OPEN) or row not in rows:
                rows.append(row)
        return rows

    def tables(self) -> SymbolTables:
        """What the compiled code needs of the symbols that were met."""
        return SymbolTables(
            _offsets(self.rows),
            np.array([row for rows in self.rows for row in rows], dtype=np.int64).reshape(-1, 4),
            np.array(self.flags, dtype=np.int64),
            np.array(self.names, dtype=np.int64),
            _offsets(self.heard),
            np.array([row for rows in self.heard for row in rows], dtype=np.int64).reshape(-1, 2),
        )


def _offsets(rows: list[list[list[int]]]) -> Int64s:
    """The first row of each symbol, one more than symbols."""
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in rows], out=offsets[1:])
    return offsets


class Numbers:
    """An exact hash table from integers to small numbers, filled on demand."""

    def __init__(self) -> None:
        self._keys = np.zeros(_TABLE, dtype=np.int64)
        self._values = np.full(_TABLE, -1, dtype=np.int64)
        self.count = 0

    def look_up(self, values: Int64s, out: Int64s, row: int) -> int:
        """Number values from `row` on; returns the row of the first unknown value, or their count."""
        return int(_look_up(values, self._keys, self._values, out, row))

    def enter(self, value: int, number: int) -> None:
        """Note the number of a value."""
        self.count += 1
        if 2 * self.count > len(self._keys):
            known = self._values >= 0
            keys, values = self._keys[known], self._values[known]
            self._keys = np.zeros(2 * len(self._keys), dtype=np.int64)
            self._values = np.full(len(self._keys), -1, dtype=np.int64)
            for one, other in zip(keys.tolist(), values.tolist(), strict=True):
                _enter(self._keys, self._values, one, other)
        _enter(self._keys, self._values, value, number)


@dataclass
class SymbolColumns:
    """The symbols of a plan, numbered as columns of bits arrive."""

    plan: Plan
    symbols: Symbols = field(init=False)
    _levels: list[Numbers] = field(init=False)

    def __post_init__(self) -> None:
        """One table per word: the first maps a word, each next one maps a pair of number so far and word."""
        self.symbols = Symbols(self.plan)
        self._levels = [Numbers() for _ in range(2 * self.plan.words)]

    def number(self, words: list[Int64s], names: Int64s) -> Int64s:
        """The symbol of every row.

        Args:
            words: The plan's columns of bits.
            names: The numbers of the events' names, at most `MOST_NAMES`.

        Raises:
            DetectionError: More distinct combinations of conditions occur than the pass can hold.
        """
        columns = [*words, names]
        so_far = np.empty(len(names), dtype=np.int64)
        self._level(0, words[0], so_far)
        for place in range(1, len(words)):
            of_word = np.empty_like(so_far)
            self._level(2 * place - 1, words[place], of_word)
            self._level(2 * place, (so_far << 31) | of_word, so_far)
        # Names have small numbers of their own.
        self._level(2 * len(words) - 1, (so_far << 8) | names, so_far, columns)
        return so_far

    def _level(self, level: int, values: Int64s, out: Int64s, columns: list[Int64s] | None = None) -> None:
        """Number one level; the last one, which is given the columns, gives the symbols themselves."""
        numbers = self._levels[level]
        row = 0
        while (row := numbers.look_up(values, out, row)) < len(values):
            if columns is not None:
                *words, name = (int(column[row]) for column in columns)
                number = self.symbols.number(tuple(words), name)
            else:
                number = numbers.count
            if number >= MOST_SYMBOLS:
                raise DetectionError(
                    f"More than {MOST_SYMBOLS:,} combinations of conditions occur in the events.",
                    right="Split the playbook into several.",
                )
            numbers.enter(int(values[row]), number)


@compiled
def _look_up(values: Int64s, keys: Int64s, numbers: Int64s, out: Int64s, row: int) -> int:
    mask = len(keys) - 1
    for index in range(row, len(values)):
        value = values[index]
        place = np.int64((np.uint64(value) * _FACTOR) >> np.uint64(33)) & mask
        while numbers[place] >= 0 and keys[place] != value:
            place = (place + 1) & mask
        if numbers[place] < 0:
            return index
        out[index] = numbers[place]
    return len(values)


@compiled
def _enter(keys: Int64s, numbers: Int64s, value: int, number: int) -> None:
    mask = len(keys) - 1
    place = np.int64((np.uint64(value) * _FACTOR) >> np.uint64(33)) & mask
    while numbers[place] >= 0:
        place = (place + 1) & mask
    keys[place], numbers[place] = value, number
