"""Looking at some rows of a view, so that `collect.profile` can judge what its columns hold."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import msgspec

from momentwise.collect.profile import profile_column
from momentwise.collect.times import day_order_sql, swap_day_and_month
from momentwise.define.evaluate import quote_name
from momentwise.define.source import ColumnFacts

_FIRST_ROWS = 8_000
_SPREAD_ROWS = 8_000
_WHOLE = 256 << 20  # bytes up to which the spread rows are drawn from the whole table


def sample_columns(con: duckdb.DuckDBPyConnection, view: str, size: int) -> tuple[ColumnFacts, ...]:
    """What the columns of a view hold, from its first rows and, where it is not large, from rows spread through it.

    Where the sample leaves open whether day or month comes first, all rows are asked.

    Args:
        con: The connection that has the view.
        view: Its name.
        size: Bytes on disk; 0 where unknown.
    """
    types = {str(row[0]): str(row[1]) for row in con.execute(f"DESCRIBE {quote_name(view)}").fetchall()}
    sample = _sample(con, view, list(types), whole=size <= _WHOLE)
    columns = tuple(profile_column(name, types[name], values) for name, values in sample.items())
    unsettled = [column for column in columns if column.ambiguous]
    if not unsettled:
        return columns
    orders = ", ".join(day_order_sql(quote_name(column.name)) for column in unsettled)
    row = con.execute(f"SELECT {orders} FROM {quote_name(view)}").fetchall()[0]
    found = dict(zip((column.name for column in unsettled), row, strict=True))
    return tuple(_with_order(column, found.get(column.name)) for column in columns)


def _sample(
    con: duckdb.DuckDBPyConnection, view: str, columns: Sequence[str], *, whole: bool
) -> dict[str, list[str | None]]:
    texts = ", ".join(f"CAST({quote_name(column)} AS VARCHAR)" for column in columns)
    rows = con.execute(f"SELECT {texts} FROM {quote_name(view)} LIMIT {_FIRST_ROWS}").fetchall()
    if whole and len(rows) == _FIRST_ROWS:
        rest = f"(FROM {quote_name(view)} OFFSET {_FIRST_ROWS})"
        drawn = f"SELECT {texts} FROM {rest} USING SAMPLE reservoir({_SPREAD_ROWS} ROWS) REPEATABLE (7)"
        rows += con.execute(drawn).fetchall()
    return {column: [row[place] for row in rows] for place, column in enumerate(columns)}


def _with_order(column: ColumnFacts, order: dict[str, int | None] | None) -> ColumnFacts:
    if order is None:
        return column
    day_first, month_first = (order["first"] or 0) > 12, (order["second"] or 0) > 12
    if day_first == month_first:
        return column
    written = column.time_format if day_first else swap_day_and_month(column.time_format)
    return msgspec.structs.replace(column, time_format=written, ambiguous=False)
