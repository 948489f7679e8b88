"""What the tests of `rank` share: an engine, and a function that opens a small audit on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pytest

from momentwise.define.evaluate import quote_name
from momentwise.define.moment import Moment
from momentwise.define.occurrence import OCCURRENCE_SCHEMA, SIGNAL_SCHEMA
from momentwise.rank import queries
from tests.rank.small_audits import OpenAudit, Row, SmallAudit, make_moment


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose instants are UTC, as an audit's is."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'; SET threads = 1").fetchall()
        yield con


@pytest.fixture(scope="module")
def open_audit(engine: duckdb.DuckDBPyConnection) -> OpenAudit:
    """A function: occurrences, scores as given, moments and key fields → the audit's tables."""

    def open_(
        occurrences: Sequence[Row],
        given: Sequence[Row] = (),
        moments: Sequence[Moment] = (make_moment(),),
        keys: tuple[str, ...] = (),
        signals: Sequence[Row] = (),
    ) -> SmallAudit:
        audit = SmallAudit(engine, tuple(moments))
        engine.register("_occurrences", pa.Table.from_pylist(list(occurrences), OCCURRENCE_SCHEMA))
        engine.register("_signals", pa.Table.from_pylist(list(signals), SIGNAL_SCHEMA))
        engine.execute("CREATE OR REPLACE TABLE occurrences AS FROM _occurrences").fetchall()
        engine.execute("CREATE OR REPLACE TABLE signals AS FROM _signals").fetchall()
        fields = [("customer", pa.string()), ("at", pa.timestamp("us", tz="UTC")), ("score", pa.float64())]
        schema = pa.schema([*fields, *((key, pa.string()) for key in keys)])
        engine.register("_given", pa.Table.from_pylist(list(given), schema))
        listed = ", ".join(quote_name(name) for name in schema.names)
        engine.execute(f"CREATE OR REPLACE TABLE given AS SELECT {listed} FROM _given").fetchall()
        scored = queries.scored_sql(audit.moments, keys)
        engine.execute(f"CREATE OR REPLACE TABLE scores AS {scored}").fetchall()
        return audit

    return open_
