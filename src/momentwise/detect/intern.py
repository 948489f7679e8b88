"""Numbers texts in the order in which they first appear: customers, keys, pages and elements become small integers.

Exact: a text is compared byte by byte, never by its hash alone. The bytes of the distinct texts are kept once, in one
growing buffer, so that the numbers turn back into texts at the end. An entry of the hash table is half a cache line: it
holds the first sixteen bytes of its text, so that a look-up of a short text costs one miss of the cache and no more.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from momentwise.detect.borrow import borrowed
from momentwise.detect.compiling import compiled, inlined
from momentwise.detect.plan import Int64s

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
T = TypeVar("T", bound=np.generic)

# Places of the single numbers of an interner.
_COUNT, _USED = range(2)

# Columns of an entry of the table: its number (0: free) and its text's length, the hash, and the first sixteen bytes.
_NUMBER, _HASH, _FIRST, _SECOND = range(4)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)
_LOWEST = np.uint64(0xFF)
_FACTOR, _OTHER_FACTOR = np.uint64(0x9E37_79B9_7F4A_7C15), np.uint64(0xC2B2_AE3D_27D4_EB4F)

# What of a word counts where so many of its eight bytes belong to the text.
_KEPT = np.array([(1 << (8 * length)) - 1 for length in range(9)], dtype=np.uint64)


class Interner:
    """A growing, exact dictionary from texts to numbers from 1; 0 is the missing text."""

    def __init__(self, capacity: int = 1 << 12) -> None:
        self._table = np.zeros((2 * capacity, 4), dtype=np.uint64)
        self._starts = np.zeros(capacity + 1, dtype=np.int64)
        self._bytes = np.zeros(16 * capacity, dtype=np.uint8)
        # Number 0 is missing: an empty text at the head of the buffer.
        self._meta = np.array([1, 0], dtype=np.int64)

    def __len__(self) -> int:
        """How many distinct texts were met, the missing one included."""
        return int(self._meta[_COUNT])

    def numbers(self, column: pa.Array) -> Int64s:
        """The number of each text of a column; 0 where it is null.

        Args:
            column: Texts (utf8).

        Returns:
            As many numbers as texts, in their order.
        """
        offsets, data, valid = text_buffers(column)
        words = _words(data)
        codes = np.empty(len(column), dtype=np.int64)
        row = 0
        while row < len(codes):
            self._make_room(int(offsets[-1] - offsets[row]))
            row = _encode(offsets, words, valid, row, self._table, self._starts, self._bytes, self._meta, codes)
        return codes

    def add(self, text: str) -> int:
        """The number of one text."""
        return int(self.numbers(pa.array([text], pa.string()))[0])

    def texts(self) -> pa.Array:
        """The distinct texts by number (large_string); the missing one at 0 is null."""
        count, used = int(self._meta[_COUNT]), int(self._meta[_USED])
        offsets = pa.py_buffer(np.ascontiguousarray(self._starts[: count + 1]))
        valid = np.full(count // 8 + 1, 255, dtype=np.uint8)
        valid[0] = 254
        buffers = [pa.py_buffer(valid), offsets, pa.py_buffer(self._bytes[:used])]
        return pa.Array.from_buffers(pa.large_string(), count, buffers)

    def _make_room(self, incoming: int) -> None:
        """Room for more texts and bytes: the arrays double, and the table is entered anew."""
        count, used = int(self._meta[_COUNT]), int(self._meta[_USED])
        if used + incoming > len(self._bytes):
            self._bytes = _grown(self._bytes, max(2 * len(self._bytes), used + incoming))
        if 4 * count >= 3 * (len(self._starts) - 1):
            self._starts = _grown(self._starts, 2 * len(self._starts) - 1)
            table = np.zeros((2 * (len(self._starts) - 1), 4), dtype=np.uint64)
            _enter_anew(self._table, table)
            self._table = table


def text_buffers(column: pa.Array) -> tuple[npt.NDArray[np.int32], Bytes, Bytes]:
    """Offsets (one more than texts), bytes, and validity bits (empty where all are there) of a column of texts."""
    if column.type != pa.string():
        column = column.cast(pa.string())
    if column.offset:
        column = pa.concat_arrays([column])
    valid, offsets, data = column.buffers()
    none = np.zeros(0, dtype=np.uint8)
    return (
        np.frombuffer(offsets, dtype=np.int32, count=len(column) + 1) if offsets else np.zeros(1, dtype=np.int32),
        np.frombuffer(data, dtype=np.uint8) if data else none,
        np.frombuffer(valid, dtype=np.uint8) if valid and column.null_count else none,
    )


def _words(data: Bytes) -> Words:
    """The eight bytes from every position on, as one number each, as if zeros followed the last byte."""
    padded = np.zeros(len(data) + 24, dtype=np.uint8)
    padded[: len(data)] = data
    return np.ndarray((len(data) + 17,), dtype="<u8", buffer=padded, strides=(1,))


def _grown(array: npt.NDArray[T], size: int) -> npt.NDArray[T]:
    larger = np.zeros(size, dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@compiled
def _encode(
    offsets: npt.NDArray[np.int32], words: Words, valid: Bytes, row: int,
    table: Words, starts: Int64s, store: Bytes, meta: Int64s, codes: Int64s,
) -> int:  # fmt: skip
    """Number texts from `row` on; returns the row at which there was no more room, or their count."""
    words, table, starts, store = borrowed(words), borrowed(table), borrowed(starts), borrowed(store)
    meta = borrowed(meta)
    any_missing = len(valid) > 0
    for index in range(row, len(codes)):
        if any_missing and not (valid[index >> 3] >> (index & 7)) & 1:
            codes[index] = 0
            continue
        start = np.int64(offsets[index])
        length = np.int64(offsets[index + 1]) - start
        first, second, mixed = _mix(words, start, length)
        place = _find(words, start, length, first, second, mixed, table, starts, store)
        if table[place, _NUMBER] == 0:
            if meta[_COUNT] >= len(starts) - 1:
                return index
            _insert(words, start, length, starts, store, meta)
            table[place, _NUMBER] = np.uint64(meta[_COUNT] - 1) | (np.uint64(length) << _HALF)
            table[place, _HASH], table[place, _FIRST], table[place, _SECOND] = mixed, first, second
        codes[index] = np.int64(table[place, _NUMBER] & _LOW)
    return len(codes)


@inlined
def _mix(words: Words, start: np.int64, length: np.int64) -> tuple[np.uint64, np.uint64, np.uint64]:
    """The first and the second eight bytes of a text, and its hash.

    The hash multiplies and shifts words of eight bytes; the table uses its low bits, so the high ones come down last.
    """
    none, eight = np.int64(0), np.int64(8)
    first = words[start] & _KEPT[min(length, eight)]
    second = words[start + 8] & _KEPT[max(none, min(length - eight, eight))]
    mixed = (first ^ (np.uint64(length) * _OTHER_FACTOR)) * _FACTOR
    mixed = (mixed ^ (mixed >> _HALF) ^ second) * _FACTOR
    position = np.int64(16)
    while position < length:
        word = words[start + position] & _KEPT[min(length - position, eight)]
        mixed = (mixed ^ (mixed >> _HALF) ^ word) * _FACTOR
        position += 8
    return first, second, mixed ^ (mixed >> _HALF)


@inlined
def _find(
    words: Words,
    start: np.int64,
    length: np.int64,
    first: np.uint64,
    second: np.uint64,
    mixed: np.uint64,
    table: Words,
    starts: Int64s,
    store: Bytes,
) -> np.int64:
    """The place of a text in the table, or the free place where it belongs."""
    mask = np.int64(len(table) - 1)
    place = np.int64(mixed & np.uint64(mask))
    while table[place, _NUMBER] != 0:
        known = table[place, _NUMBER]
        if (
            table[place, _HASH] == mixed
            and table[place, _FIRST] == first
            and table[place, _SECOND] == second
            and known >> _HALF == np.uint64(length)
            and (length <= 16 or _same_rest(words, start, length, store, starts[np.int64(known & _LOW)]))
        ):
            break
        place = (place + 1) & mask
    return place


@inlined
def _same_rest(words: Words, start: np.int64, length: np.int64, store: Bytes, first: np.int64) -> bool:
    """Whether a text equals a stored one from its seventeenth byte on."""
    equal = True
    for offset in range(16, length):
        if np.uint8(words[start + offset] & _LOWEST) != store[first + offset]:
            equal = False
    return equal


@inlined
def _insert(words: Words, start: np.int64, length: np.int64, starts: Int64s, store: Bytes, meta: Int64s) -> None:
    """Keep a new text's bytes."""
    count, used = meta[_COUNT], meta[_USED]
    for offset in range(length):
        store[used + offset] = np.uint8(words[start + offset] & _LOWEST)
    starts[count], starts[count + 1] = used, used + length
    meta[_COUNT], meta[_USED] = count + 1, used + length


@compiled
def _enter_anew(table: Words, larger: Words) -> None:
    mask = np.uint64(len(larger) - 1)
    for index in range(len(table)):
        if table[index, _NUMBER] == 0:
            continue
        place = table[index, _HASH] & mask
        while larger[place, _NUMBER] != 0:
            place = (place + np.uint64(1)) & mask
        for column in range(4):
            larger[place, column] = table[index, column]
