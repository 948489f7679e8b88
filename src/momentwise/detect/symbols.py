"""Turns columns of bits into the symbols of `plan.Symbols`, millions of rows at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from momentwise.detect.compiling import compiled
from momentwise.detect.plan import Int64s, Plan, Symbols
from momentwise.detect.records import MOST_SYMBOLS
from momentwise.errors import DetectionError

_TABLE = 1 << 16
_FACTOR = np.uint64(0x9E37_79B9_7F4A_7C15)


class _Numbers:
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
    _levels: list[_Numbers] = field(init=False)
    _prefixes: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """One table per word: the first maps a word, each next one maps a pair of number so far and word."""
        self.symbols = Symbols(self.plan)
        self._levels = [_Numbers() for _ in range(2 * self.plan.words - 1)]
        self._prefixes = [0] * self.plan.words

    def number(self, words: list[npt.NDArray[np.int64]]) -> Int64s:
        """The symbol of every row.

        Args:
            words: The plan's columns of bits.

        Raises:
            DetectionError: More distinct combinations of conditions occur than the pass can hold.
        """
        so_far = np.empty(len(words[0]), dtype=np.int64)
        self._level(0, words[0], so_far, words, 1)
        for word in range(1, self.plan.words):
            of_word = np.empty_like(so_far)
            self._level(2 * word - 1, words[word], of_word, words, 0)
            paired = (so_far << 31) | of_word
            self._level(2 * word, paired, so_far, words, word + 1)
        return so_far

    def _level(self, level: int, values: Int64s, out: Int64s, words: list[Int64s], upto: int) -> None:
        """Number one level; the last one gives the symbols themselves."""
        numbers = self._levels[level]
        row = 0
        while (row := numbers.look_up(values, out, row)) < len(values):
            if upto == self.plan.words:
                number = self.symbols.number(tuple(int(word[row]) for word in words))
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
