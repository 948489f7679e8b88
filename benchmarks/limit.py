"""The limit: DuckDB's own time to sort the columns of the pass by customer and time, and to hand them over.

    python benchmarks/limit.py benchmarks/.data/log.parquet

No program that puts customers together by sorting in DuckDB can be faster. The rows leave as Arrow record
batches, as the pass would take them, and are let go at once. `preserve_insertion_order` stays on, its
default: DuckDB 2.0.0 with it off hands rows over in the wrong order.

Prints one line of JSON: `seconds` and `cpu_seconds` without the start of Python and the imports, `rows`,
`columns`, `duckdb`. With `--check` every row is held against the one before it, which costs time: for a run
that is not counted.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

# Everything that the ten moments, their conditions, the keys, the channels of an occurrence, the signals, their measured
# times and the properties of customers read, and the id by which duplicates are known.
COLUMNS = (
    "customer", "at", "event", "channel", "order_id", "page", "element", "x", "y", "amount", "event_id", "duration",
    "viewport_width", "viewport_height", "target_width", "target_height", "sensitive", "results", "ticket_id", "topic",
    "answered_by", "promised_at", "score", "text", "device", "app_version", "locale",
)  # fmt: skip


def sort_query(log: Path) -> str:
    """The query of the limit. `at` is a keyword of DuckDB, hence the quotes."""
    columns = ", ".join(f'"{column}"' for column in COLUMNS)
    return f"SELECT {columns} FROM read_parquet('{_escape(log)}') ORDER BY customer, \"at\""


def drain_sorted(log: Path, check: bool) -> int:
    """Sorts the log, takes every batch and returns how many rows came.

    Args:
        log: The Parquet file.
        check: Compare every row with the one before; otherwise the ends of each batch alone.
    """
    con = duckdb.connect()
    con.execute(f"SET temp_directory = '{_escape(log.parent / 'duckdb.tmp')}'")
    rows = 0
    last: pa.RecordBatch | None = None
    for batch in con.sql(sort_query(log)).to_arrow_reader():
        if not batch.num_rows:
            continue
        pairs = [(last, batch.slice(0, 1))] if last else []
        pairs += [(batch.slice(0, 1), batch.slice(batch.num_rows - 1))]
        pairs += [(batch.slice(0, batch.num_rows - 1), batch.slice(1))] if check else []
        assert all(_is_in_order(before, after) for before, after in pairs), "DuckDB's rows are out of order"
        last = batch.slice(batch.num_rows - 1)
        rows += batch.num_rows
    return rows


def _is_in_order(before: pa.RecordBatch, after: pa.RecordBatch) -> bool:
    """Whether no row of `after` sorts before its partner in `before`."""
    customers = (before.column("customer"), after.column("customer"))
    same = pc.and_(pc.equal(*customers), pc.less_equal(before.column("at"), after.column("at")))
    return bool(pc.all(pc.or_(pc.less(*customers), same), min_count=0).as_py())


def _escape(path: Path) -> str:
    return str(path).replace("'", "''")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _main() -> None:
    parser = argparse.ArgumentParser(description="Times DuckDB's sort of the log.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    began, cpu_began = time.perf_counter(), _cpu_seconds()
    rows = drain_sorted(asked.log, asked.check)
    found = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": _cpu_seconds() - cpu_began,
        "rows": rows,
        "columns": COLUMNS,
        "duckdb": duckdb.__version__,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _main()
