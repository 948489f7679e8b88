"""What the tests of `collect` share: running built SQL, since what it means shows only in an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest

RunSql = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose instants are UTC, as `stores` opens it."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def run_sql(con: duckdb.DuckDBPyConnection) -> RunSql:
    """A function that gives the rows of a query."""
    return lambda sql: con.execute(sql).fetchall()
