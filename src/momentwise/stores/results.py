"""The folder that an audit leaves: whole or not there.

Everything is written beside its final place first and moved there at the end, `run.json` last; a run that stops half-way
leaves the folder as it was. What a killed run left is swept away by the next one, which knows by a lock that it is
dead. `Results` reads such a folder back.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from momentwise.define.document import nearest
from momentwise.define.evaluate import quote
from momentwise.errors import DefinitionError, IntakeError, Place, StoreError
from momentwise.stores.spill import failed_write

TABLES = ("occurrences", "signals", "scores", "flow", "words", "exposures", "rejected")
RUN = "run.json"
SOURCES = "sources.yaml"
_OPTIONAL = ("report.html",)
_UNFINISHED = ".unfinished-"
_PLACE = "mw_place"  # where a row stands in its file; a join may turn rows about


class ResultFolder:
    """A folder under construction; use as a context, and call `publish` when everything is written."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = Path()
        self._is_new = False
        self._claim: int | None = None

    def __enter__(self) -> Self:
        """The folder, with a place for unfinished files.

        Raises:
            StoreError: The folder cannot be made, or holds files of somebody else that would be written over.
        """
        try:
            self._refuse_unfit()
            self._is_new = not self.out.exists()
            self.out.mkdir(parents=True, exist_ok=True)
            with _alone_in(self.out):
                self._sweep()
                self.partial = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.out))
                self._claim = _lock(self.partial)
        except OSError as error:
            raise failed_write(self.out, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove whatever was not published, and the folder where nothing else is in it."""
        shutil.rmtree(self.partial, ignore_errors=True)
        if self._claim is not None:
            os.close(self._claim)
        if self._is_new:
            with suppress(OSError):
                self.out.rmdir()

    def _refuse_unfit(self) -> None:
        """A mapping that lies here without the tables of an audit is a person's own; the engine knows only UTF-8 paths."""
        try:
            str(self.out).encode()
        except UnicodeEncodeError as error:
            raise StoreError(
                "The folder's path is no UTF-8 text.",
                place=Place(str(self.out)),
                right="Choose another folder with --out.",
            ) from error
        if (self.out / SOURCES).exists() and not (self.out / "occurrences.parquet").exists():
            raise StoreError(
                f"The folder holds a {SOURCES} that no audit wrote and that the results would replace.",
                place=Place(str(self.out)),
                right="Choose another folder with --out.",
            )

    def _sweep(self) -> None:
        """Take away what runs left that were killed; a run that is alive holds the lock of its folder."""
        for left in self.out.glob(f"{_UNFINISHED}*"):
            claim = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            except OSError:
                continue
            finally:
                os.close(claim)

    @contextmanager
    def writer(self, name: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
        """A writer of one table.

        Half of the time to write a table goes into looking for repeated values where there are none, so only columns of
        words are searched; instants are packed as differences, and LZ4 costs a third less than Zstandard.

        Raises:
            StoreError: The disk is full.
        """
        words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
        instants = [field.name for field in schema if pa.types.is_timestamp(field.type)]
        try:
            with pq.ParquetWriter(
                self.partial / f"{name}.parquet",
                schema,
                compression="lz4",
                use_dictionary=words,
                column_encoding=dict.fromkeys(instants, "DELTA_BINARY_PACKED"),
            ) as writer:
                yield writer
        except OSError as error:
            raise failed_write(self.out, error) from error

    def write_text(self, name: str, text: str) -> None:
        """Write a text file.

        Raises:
            StoreError: The disk is full.
        """
        try:
            (self.partial / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise failed_write(self.out, error) from error

    def write_json(self, name: str, value: object) -> None:
        """Write a value as indented JSON."""
        self.write_text(name, msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")

    def publish(self) -> None:
        """Move every file to its place, `run.json` last: a folder that holds one is whole, and of one run.

        Raises:
            StoreError: A file cannot be moved.
        """
        # Ctrl-C reaches the main thread only, so that another one moves all files or none.
        with ThreadPoolExecutor(1) as mover:
            mover.submit(self._move).result()

    def _move(self) -> None:
        names = sorted((path.name for path in self.partial.iterdir()), key=lambda name: name == RUN)
        try:
            with _alone_in(self.out):
                for name in (RUN, *_OPTIONAL):
                    (self.out / name).unlink(missing_ok=True)
                for name in names:
                    (self.partial / name).replace(self.out / name)
        except OSError as error:
            raise failed_write(self.out, error) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While this lasts, no other run publishes into the folder or sweeps it."""
    lock = _lock(folder)
    try:
        yield
    finally:
        os.close(lock)


def _lock(folder: Path) -> int:
    """A file number that holds the folder's lock until it is closed."""
    lock = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # some network file systems have no locks
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


class Results:
    """A finished audit's folder.

    Args:
        out: The folder.

    Raises:
        IntakeError: There is no finished audit in it.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        if not (out / RUN).is_file():
            raise IntakeError(
                "There is no finished audit here.",
                place=Place(str(out)),
                right="Name the folder that `momentwise audit … --out DIR` wrote.",
            )

    def run(self) -> dict[str, object]:
        """What `run.json` says.

        Raises:
            IntakeError: It cannot be read.
        """
        try:
            return msgspec.json.decode((self.out / RUN).read_bytes(), type=dict[str, object])
        except (OSError, msgspec.DecodeError) as error:
            raise self._damaged(RUN) from error

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection with a view per table, in which `mw_place` numbers the rows as they stand.

        Raises:
            IntakeError: A table cannot be read.
        """
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        for table in TABLES:
            path = self.out / f"{table}.parquet"
            if not path.is_file():
                continue
            try:
                numbered = f"FROM read_parquet({quote(str(path))}, file_row_number = true)"
                connection.execute(f"CREATE VIEW {table} AS SELECT * RENAME (file_row_number AS {_PLACE}) {numbered}")
            except duckdb.Error as error:
                raise self._damaged(path.name) from error
        return connection

    def _damaged(self, name: str) -> IntakeError:
        return IntakeError(
            "The results are damaged.", place=Place(str(self.out / name)), right="Run the audit again into this folder."
        )

    def table(self, name: str) -> pa.Table:
        """One whole table.

        Raises:
            DefinitionError: There is no such table.
        """
        self._check(name)
        return pq.read_table(self.out / f"{name}.parquet")

    def rows(self, name: str, where: str, limit: int | None = None) -> pa.Table:
        """The rows of a table that fulfil an SQL condition, in the order in which they stand.

        Occurrences have besides `excess_steps`: steps beyond those of the moment's median completed occurrence.

        Args:
            name: One of `TABLES`.
            where: As every number of the report gives it.
            limit: How many at most.

        Raises:
            DefinitionError: There is no such table, or the condition is no SQL over its columns.
        """
        self._check(name)
        limited = f" LIMIT {limit}" if limit is not None else ""
        with self.connect() as connection:
            try:
                found = connection.sql(
                    f"SELECT * EXCLUDE ({_PLACE}) FROM {self._relation(name)} AS {name} WHERE ({where}\n) ORDER BY {_PLACE}{limited}"
                )
                return found.to_arrow_table()
            except duckdb.Error as error:
                raise DefinitionError(
                    f"The condition `{where}` cannot be used: {str(error).splitlines()[0]}",
                    right=f"Columns of {name}: {', '.join(pq.read_schema(self.out / f'{name}.parquet').names)}.",
                ) from error

    def count(self, name: str, where: str) -> int:
        """How many rows of a table fulfil an SQL condition that `rows` has taken."""
        with self.connect() as connection:
            row = connection.execute(
                f"SELECT count(*) FROM {self._relation(name)} AS {name} WHERE ({where}\n)"
            ).fetchone()
        return int(row[0]) if row else 0

    @staticmethod
    def _relation(name: str) -> str:
        if name != "occurrences":
            return name
        return (
            "(SELECT o.*, steps - median_steps AS excess_steps FROM occurrences AS o LEFT JOIN (SELECT moment, "
            "quantile_disc(steps, 0.5) AS median_steps FROM occurrences WHERE outcome = 'completed' GROUP BY moment) "
            "USING (moment))"
        )

    def _check(self, name: str) -> None:
        if name not in TABLES or not (self.out / f"{name}.parquet").is_file():
            raise DefinitionError(f"There is no table '{name}'.", right=nearest(name, list(TABLES)))
