"""Tables in databases: SQLite files and PostgreSQL. A table that is used is copied once, as a stream, to Parquet."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from momentwise.define.evaluate import quote_name
from momentwise.errors import IntakeError, Place, StoreError

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Connection

_BATCH = 20_000
_SCHEMES = ("postgresql://", "postgres://")
# Types of PostgreSQL that reach Arrow as they are; every other one is read as text.
_ARROW_TYPES = frozenset(
    "smallint,integer,bigint,real,double precision,boolean,text,character varying,date,timestamp without time zone,"
    "timestamp with time zone".split(",")
)


@dataclass(frozen=True)
class DatabaseTable:
    """A table of a database.

    Args:
        format: Which sort of database.
        address: The SQLite file or the PostgreSQL URL.
        what: The SQLite table's name, or the SELECT that reads the PostgreSQL one.
    """

    format: Literal["sqlite", "postgresql"]
    address: str
    what: str

    @property
    def origin(self) -> str:
        """The database, for people."""
        return shown_url(self.address)


def copy_table(table: DatabaseTable, target: Path) -> None:
    """Copy a table to a Parquet file, as a stream.

    Raises:
        IntakeError: The database cannot be read.
        StoreError: The copy cannot be written.
    """
    if table.format == "sqlite":
        _copy_sqlite(Path(table.address), table.what, target)
    else:
        _copy_postgres(table.address, table.what, target)


def is_database_url(text: str) -> bool:
    """Whether a path is the address of a PostgreSQL database."""
    return text.startswith(_SCHEMES)


def shown_url(url: str) -> str:
    """The address without its password, for people.

    Example:
        >>> shown_url("postgresql://ann:secret@host/shop")
        'postgresql://ann@host/shop'
    """
    without = re.sub(r"(//[^:/@]*):[^@/]*@", r"\1@", url)
    return re.sub(r"([?&])password=[^&]*&?", r"\1", without).rstrip("?&")


def sqlite_tables(path: Path) -> list[str]:
    """The names of the tables and views of a SQLite file.

    Raises:
        IntakeError: The file cannot be read.
    """
    try:
        with closing(_open_sqlite(path)) as con:
            rows = con.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
            return [str(name) for (name,) in rows]
    except sqlite3.Error as error:
        raise _sqlite_trouble(error, path) from error


def _copy_sqlite(path: Path, table: str, target: Path) -> None:
    """Every value as text: SQLite's columns may hold anything, whatever their type says."""
    try:
        with closing(_open_sqlite(path)) as con:
            cursor = con.execute(f"SELECT * FROM {quote_name(table)}")
            schema = pa.schema([(str(column[0]), pa.string()) for column in cursor.description])
            _write(target, schema, _sqlite_batches(cursor, schema))
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise _sqlite_trouble(error, path) from error


def _open_sqlite(path: Path) -> sqlite3.Connection:
    con = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    con.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return con


def _sqlite_batches(cursor: sqlite3.Cursor, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(_BATCH):
        columns = zip(*rows, strict=True)
        arrays = [pa.array([_as_text(value) for value in column], pa.string()) for column in columns]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _as_text(value: str | float | bytes | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)


def _sqlite_trouble(error: sqlite3.Error, path: Path) -> IntakeError:
    return IntakeError("The SQLite database cannot be read.", place=Place(str(path)), right=f"SQLite says: {error}.")


def postgres_tables(url: str) -> dict[str, str]:
    """The tables and views of a PostgreSQL database: name in queries to the SELECT that reads it.

    Tables of the schema `public` go by their own name, others by `schema.table`.

    Raises:
        IntakeError: The extra is not installed, or the database refuses.
    """
    listing = (
        "SELECT table_schema::text, table_name::text, column_name::text, data_type::text FROM information_schema.columns "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, ordinal_position"
    )
    columns: dict[tuple[str, str], list[str]] = {}
    with closing(_connect(url)) as con, closing(con.cursor()) as cursor:
        cursor.execute(listing)
        for schema, table, column, data_type in cursor.fetchall():
            name = quote_name(str(column))
            plain = str(data_type) in _ARROW_TYPES
            cast = "double precision" if data_type == "numeric" else "text"
            columns.setdefault((str(schema), str(table)), []).append(name if plain else f"{name}::{cast} AS {name}")
    return {
        table if schema == "public" else f"{schema}.{table}": (
            f"SELECT {', '.join(names)} FROM {quote_name(schema)}.{quote_name(table)}"
        )
        for (schema, table), names in columns.items()
    }


def _copy_postgres(url: str, select: str, target: Path) -> None:
    from adbc_driver_manager import Error as AdbcError  # noqa: PLC0415  # an optional extra

    try:
        with closing(_connect(url)) as con, closing(con.cursor()) as cursor:
            cursor.execute(select)
            reader = cursor.fetch_record_batch()
            _write(target, reader.schema, reader)
    except AdbcError as error:
        target.unlink(missing_ok=True)
        raise _postgres_trouble(error, url) from error


def _connect(url: str) -> Connection:
    try:
        from adbc_driver_manager import Error as AdbcError  # noqa: PLC0415  # an optional extra
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise IntakeError(
            "Reading PostgreSQL needs a driver that is not installed.",
            place=Place(shown_url(url)),
            right="Run: pip install 'momentwise[postgres]'",
        ) from error
    try:
        return dbapi.connect(url)
    except AdbcError as error:
        raise _postgres_trouble(error, url) from error


def _postgres_trouble(error: Exception, url: str) -> IntakeError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = " ".join(lines)[-240:] or type(error).__name__
    return IntakeError(
        "The PostgreSQL database refuses.",
        place=Place(shown_url(url)),
        right=f"It says: {re.sub(r'://[^@ ]*@', '://', said)}",
    )


def _write(target: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch] | pa.RecordBatchReader) -> None:
    try:
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise StoreError(
            "A copy of the database's table cannot be written.",
            place=Place(str(target)),
            right=f"The system says: {error}.",
        ) from error
