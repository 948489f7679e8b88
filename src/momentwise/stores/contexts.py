"""Contexts: the combinations of properties (device, version, region, …) that events carry, as small numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from momentwise.detect.plan import Int64s
from momentwise.detect.symbols import Numbers


class Contexts:
    """Every combination that was met; number 0 is the one in which nothing is known.

    Combinations are told apart by a 64-bit hash of their values, as duplicates are.

    Args:
        properties: How many properties there are.
    """

    def __init__(self, properties: int) -> None:
        self._properties = properties
        self._numbers = Numbers()
        self._rows: list[list[int]] = [[0] * properties]
        self._values: list[dict[str | None, int]] = [{None: 0} for _ in range(properties)]
        self._numbers.enter(0, 0)

    def numbers(self, hashes: Int64s, values: list[pa.Array]) -> Int64s:
        """The number of every row's combination.

        Args:
            hashes: Of the values; 0 where all are missing.
            values: A column per property.
        """
        out = np.empty(len(hashes), dtype=np.int64)
        row = 0
        while (row := self._numbers.look_up(hashes, out, row)) < len(hashes):
            self._numbers.enter(int(hashes[row]), len(self._rows))
            self._rows.append([self._value(place, column[row].as_py()) for place, column in enumerate(values)])
        return out

    def _value(self, place: int, text: str | None) -> int:
        known = self._values[place]
        return known.setdefault(text, len(known))

    def table(self) -> npt.NDArray[np.int64]:
        """Per combination the number of each property's value."""
        return np.array(self._rows, dtype=np.int64).reshape(len(self._rows), self._properties)

    def values(self) -> tuple[tuple[str | None, ...], ...]:
        """Per property its values by number."""
        return tuple(tuple(known) for known in self._values)
