"""Records by bucket, in memory while they are few and in one unnamed file when they are many.

Every batch arrives sorted by bucket. A bucket is read back as the pieces that each batch holds of it, in the order in
which the batches came.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np

from momentwise.detect.plan import Int64s
from momentwise.detect.records import BUCKETS
from momentwise.errors import Place, StoreError

# A full disk, a full share of it, a file as large as may be.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Spill:
    """All records of a pass.

    Args:
        width: Integers per record.
        folder: Where the file may be made; it has no name there, so that nothing is left behind however this ends.
        memory_bytes: How much is kept in memory before the file is used.
    """

    def __init__(self, width: int, folder: Path, memory_bytes: int) -> None:
        self._width = width
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._batches: list[Int64s] = []
        self._starts: list[Int64s] = []
        self._file: int | None = None
        self._first_row: list[int] = []
        self._rows = 0

    def __enter__(self) -> Self:
        """The spill itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the file's space back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._batches.clear()

    @property
    def is_on_disk(self) -> bool:
        """Whether there were too many records for memory."""
        return self._file is not None

    @property
    def rows(self) -> int:
        """How many records there are."""
        return self._rows

    def add(self, records: Int64s, starts: Int64s) -> None:
        """Keep one batch.

        Args:
            records: Sorted by bucket.
            starts: First row per bucket; one more than buckets.

        Raises:
            StoreError: The disk is full.
        """
        self._first_row.append(self._rows)
        self._starts.append(starts)
        self._rows += len(records)
        if self._file is None and self._rows * self._width * 8 <= self._memory_bytes:
            self._batches.append(records)
            return
        if self._file is None:
            self._file = _unnamed_file(self._folder)
            for batch in self._batches:
                self._write(batch)
            self._batches.clear()
        self._write(records)

    def groups(self, least: int) -> Iterator[list[int]]:
        """The buckets that hold a record, in order, in groups of at least so many records where there are enough."""
        sizes = sum((np.diff(starts) for starts in self._starts), start=np.zeros(BUCKETS, dtype=np.int64))
        group: list[int] = []
        held = 0
        for number in np.flatnonzero(sizes).tolist():
            group.append(number)
            held += int(sizes[number])
            if held >= least:
                yield group
                group, held = [], 0
        if group:
            yield group

    def bucket(self, number: int) -> Int64s:
        """All records of one bucket, in order of arrival."""
        sizes = [int(starts[number + 1] - starts[number]) for starts in self._starts]
        records = np.empty((sum(sizes), self._width), dtype=np.int64)
        row = 0
        for batch, (starts, size) in enumerate(zip(self._starts, sizes, strict=True)):
            target = records[row : row + size]
            first = int(starts[number])
            if self._file is None:
                target[:] = self._batches[batch][first : first + size]
            elif size:
                self._read(target, self._first_row[batch] + first)
            row += size
        return records

    def _write(self, records: Int64s) -> None:
        assert self._file is not None
        left = records.data.cast("B")
        while left:
            try:
                left = left[os.write(self._file, left) :]
            except OSError as error:
                raise failed_write(self._folder, error) from error

    def _read(self, target: Int64s, row: int) -> None:
        assert self._file is not None
        left, offset = target.data.cast("B"), row * self._width * 8
        while left:
            got = os.preadv(self._file, [left], offset)
            assert got > 0, "the spill file holds what was written to it"
            left, offset = left[got:], offset + got


def failed_write(folder: Path | None, error: OSError) -> StoreError:
    """The error for a write that failed: a full disk, which may have room again, or a place that takes no files."""
    place = Place(str(folder)) if folder else Place()
    if isinstance(error, FileExistsError | NotADirectoryError):
        return StoreError(
            "There is a file where a folder is needed.", place=place, right="Choose another folder with --out."
        )
    if error.errno in _FULL:
        return StoreError(
            f"Nothing more can be written: {os.strerror(error.errno)}.",
            place=place,
            right="Free some space, or choose another folder with --out or the TMPDIR variable.",
            permanent=False,
        )
    return StoreError(
        f"Nothing can be written here: {error.strerror or error}.",
        place=place,
        right="Choose another folder with --out, or with the TMPDIR variable for temporary files.",
    )


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder for temporary files, gone afterwards however this ends.

    Args:
        parent: Where to make it; `None` for the system's place.

    Raises:
        StoreError: No folder can be made there.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="momentwise-", dir=parent))
    except OSError as error:
        raise failed_write(parent, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unnamed_file(folder: Path) -> int:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.dup(file.fileno())
    except OSError as error:
        raise failed_write(folder, error) from error
