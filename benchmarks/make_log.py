"""Makes the log that the benchmark reads: one Parquet file in time order, from a plausible shop, any size.

    python benchmarks/make_log.py --events 20_000_000 --customers 500_000 --out benchmarks/.data/log.parquet

What happens in the shop is drawn in `shop.py`. Slot after slot is written while the next is drawn, so that
memory stays below 1 GB at any size. Same arguments, same bytes.

One row per event, ordered by `at`; rows that share an instant stand in order of arrival.

| column | type | what |
|---|---|---|
| event_id | BIGINT | 0, 1, 2 … in file order |
| at | TIMESTAMP, microseconds, UTC | event time |
| customer | VARCHAR | who, like c000123456 |
| event | VARCHAR | one of `EVENTS` |
| channel | VARCHAR | one of `CHANNELS` |
| order_id | VARCHAR or NULL | on order events, and on four of five tickets about an order |
| page | VARCHAR or NULL | on page_viewed and click |
| element | VARCHAR or NULL | on three of five clicks |
| x, y | SMALLINT or NULL | CSS pixels, on clicks |
| amount | DOUBLE or NULL | main unit of the currency; product_viewed to order_placed, order_cancelled |
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from shop import CHANNELS, ELEMENTS, EVENTS, PAGES, Rows, make_slots

# DuckDB's own size: it read as fast as 245,760 rows, and shares out between threads better than 1,000,000.
ROW_GROUP_ROWS = 122_880

SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.int64(), nullable=False),
        pa.field("at", pa.timestamp("us"), nullable=False),
        pa.field("customer", pa.string(), nullable=False),
        pa.field("event", pa.string(), nullable=False),
        pa.field("channel", pa.string(), nullable=False),
        pa.field("order_id", pa.string()),
        pa.field("page", pa.string()),
        pa.field("element", pa.string()),
        pa.field("x", pa.int16()),
        pa.field("y", pa.int16()),
        pa.field("amount", pa.float64()),
    ]
)


def make_log(path: Path, events: int, customers: int, seed: int) -> None:
    """Writes a log of exactly `events` rows; the file appears whole or not at all.

    Args:
        path: Parquet file to write; its folder is made.
        events: Rows.
        customers: How many people there are; with few events some of them never come.
        seed: Same seed, same bytes (with the same versions of numpy and pyarrow).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with _open_writer(unfinished) as writer, ThreadPoolExecutor(1) as pool:
        written: Future[None] | None = None
        first_id = 0
        for rows in make_slots(events, customers, seed):
            if written:
                written.result()
            written = pool.submit(_write_slot, writer, rows, first_id)
            first_id += len(rows)
        if written:
            written.result()
    unfinished.replace(path)


def _open_writer(path: Path) -> pq.ParquetWriter:
    """Numbers that only rise are stored as differences, names as dictionaries: about 9.5 bytes an event."""
    return pq.ParquetWriter(
        path,
        SCHEMA,
        store_schema=False,
        compression="zstd",
        compression_level=3,
        use_dictionary=["customer", "event", "channel", "page", "element", "x", "y", "amount"],
        dictionary_pagesize_limit=4 << 20,
        column_encoding={
            "event_id": "DELTA_BINARY_PACKED",
            "at": "DELTA_BINARY_PACKED",
            "order_id": "DELTA_BYTE_ARRAY",
        },
    )


def _write_slot(writer: pq.ParquetWriter, rows: Rows, first_id: int) -> None:
    columns = [
        pa.array(np.arange(first_id, first_id + len(rows))),
        pa.array(np.ascontiguousarray(rows["at"])).view(pa.timestamp("us")),
        _number_texts("c", rows["customer"], 9),
        _words(EVENTS, rows["event"]),
        _words(CHANNELS, rows["channel"]),
        _order_ids(rows["order"]),
        _words(PAGES, rows["page"]),
        _words(ELEMENTS, rows["element"]),
        pa.array(np.ascontiguousarray(rows["x"]), mask=rows["x"] < 0),
        pa.array(np.ascontiguousarray(rows["y"]), mask=rows["y"] < 0),
        pa.array(np.ascontiguousarray(rows["amount"]), mask=np.isnan(rows["amount"])),
    ]
    writer.write_table(pa.table(columns, schema=SCHEMA), row_group_size=ROW_GROUP_ROWS)


def _words(words: tuple[str, ...], codes: npt.NDArray[np.int8]) -> pa.StringArray:
    """The word of each code, null for a negative one."""
    return pa.array(words).take(pa.array(codes.astype(np.int32), mask=codes < 0))


def _order_ids(orders: npt.NDArray[np.int64]) -> pa.StringArray:
    """An order's id like o0000012345, null for a negative number."""
    has_order = orders >= 0
    places = np.where(has_order, np.cumsum(has_order) - 1, 0).astype(np.int32)
    return _number_texts("o", orders[has_order], 10).take(pa.array(places, mask=~has_order))


def _number_texts(prefix: str, numbers: npt.NDArray[np.integer], width: int) -> pa.StringArray:
    """Each number with leading zeros behind a letter, made in Arrow's own layout without a Python loop."""
    letters = np.empty((len(numbers), width + 1), np.uint8)
    letters[:, 0] = ord(prefix)
    rest = numbers.astype(np.uint32)
    for column in range(width, 0, -1):
        rest, digit = np.divmod(rest, np.uint32(10))
        letters[:, column] = digit + ord("0")
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * np.int32(width + 1)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(letters))


def _main() -> None:
    parser = argparse.ArgumentParser(description="Makes the benchmark's log.")
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    began = time.perf_counter()
    make_log(asked.out, asked.events, asked.customers, asked.seed)
    seconds = time.perf_counter() - began
    size = asked.out.stat().st_size
    rate = asked.events / seconds / 1e6
    print(f"{asked.events:,} events in {seconds:.1f} s ({rate:.2f} M/s), {size / 1e6:,.0f} MB")


if __name__ == "__main__":
    _main()
