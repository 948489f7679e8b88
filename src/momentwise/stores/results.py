"""The folder that an audit leaves: whole or not there.

Everything is written beside its final place first and moved there at the end, `run.json` last; a run that stops half-way
leaves the folder as it was. `Results` reads such a folder back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from momentwise.define.document import nearest
from momentwise.define.evaluate import quote
from momentwise.errors import DefinitionError, IntakeError, Place
from momentwise.stores.spill import full_disk

TABLES = ("occurrences", "signals", "scores", "rejected")
RUN = "run.json"


class ResultFolder:
    """A folder under construction; use as a context, and call `publish` when everything is written."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = Path()

    def __enter__(self) -> Self:
        """The folder, with a place for unfinished files.

        Raises:
            StoreError: The folder cannot be made.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self.partial = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self.out))
        except OSError as error:
            raise full_disk(self.out, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove whatever was not published."""
        shutil.rmtree(self.partial, ignore_errors=True)

    def write_tables(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        """Write the batches as one Parquet table; returns how many rows there were.

        Raises:
            StoreError: The disk is full.
        """
        rows = 0
        try:
            with self.writer(name, schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
                    rows += batch.num_rows
        except OSError as error:
            raise full_disk(self.out, error) from error
        return rows

    def writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        """A writer of one table; words are written once per row group, and times and numbers are packed."""
        return pq.ParquetWriter(
            self.partial / f"{name}.parquet",
            schema,
            compression="zstd",
            compression_level=1,
            write_statistics=True,
        )

    def write_text(self, name: str, text: str) -> None:
        """Write a text file.

        Raises:
            StoreError: The disk is full.
        """
        try:
            (self.partial / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise full_disk(self.out, error) from error

    def write_json(self, name: str, value: object) -> None:
        """Write a value as indented JSON."""
        self.write_text(name, msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")

    def publish(self) -> None:
        """Move every file to its place, `run.json` last: a folder that holds one is whole.

        Raises:
            StoreError: A file cannot be moved.
        """
        names = sorted((path.name for path in self.partial.iterdir()), key=lambda name: name == RUN)
        try:
            (self.out / RUN).unlink(missing_ok=True)
            for name in names:
                os.replace(self.partial / name, self.out / name)
        except OSError as error:
            raise full_disk(self.out, error) from error


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
        """What `run.json` says."""
        found: dict[str, object] = msgspec.json.decode((self.out / RUN).read_bytes())
        return found

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection with a view per table."""
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        for table in TABLES:
            path = self.out / f"{table}.parquet"
            if path.is_file():
                connection.execute(f"CREATE VIEW {table} AS FROM read_parquet({quote(str(path))})")
        return connection

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
                found = connection.sql(f"SELECT * FROM {self._relation(name)} WHERE {where}{limited}")
                return found.to_arrow_table()
            except duckdb.Error as error:
                raise DefinitionError(
                    f"The condition `{where}` cannot be used: {str(error).splitlines()[0]}",
                    right=f"Columns of {name}: {', '.join(pq.read_schema(self.out / f'{name}.parquet').names)}.",
                ) from error

    def count(self, name: str, where: str) -> int:
        """How many rows of a table fulfil an SQL condition that `rows` has taken."""
        with self.connect() as connection:
            row = connection.execute(f"SELECT count(*) FROM {self._relation(name)} WHERE {where}").fetchone()
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
