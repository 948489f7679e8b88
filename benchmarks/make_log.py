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
| duration | FLOAT or NULL | seconds until the page was there, on page_viewed |
| viewport_width, viewport_height | SMALLINT or NULL | CSS pixels, on what is done on a screen |
| target_width, target_height | SMALLINT or NULL | CSS pixels, on clicks on an element |
| sensitive | BOOLEAN or NULL | whether the field asks for something private, on field_focused |
| results | SMALLINT or NULL | how many, on search |
| ticket_id | VARCHAR or NULL | on ticket_opened and ticket_answered |
| topic | VARCHAR or NULL | on ticket_opened |
| answered_by | VARCHAR or NULL | agent or auto-reply, on ticket_answered |
| promised_at | TIMESTAMP or NULL | by when the order will be there, on order_placed |
| score | TINYINT or NULL | 1 to 5, on survey_answered |
| text | VARCHAR or NULL | on ticket_opened, and on a fifth of survey_answered |
| device, app_version, locale | VARCHAR or NULL | on what customers do themselves; the version in the app alone |

Some of these follow from the customer, the time or the number of the ticket and are not drawn.
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
from screens import DEVICES, LOCALES, VERSIONS, Screens, scatter
from shop import (
    ANSWER,
    CHANNELS,
    ELEMENTS,
    EVENTS,
    FOCUSED,
    PAGES,
    PLACED,
    SEARCH,
    SURVEY,
    TICKET,
    Rows,
    make_slots,
)

# DuckDB's own size: it read as fast as 245,760 rows, and shares out between threads better than 1,000,000.
ROW_GROUP_ROWS = 122_880

TOPICS = ("delivery", "invoice", "return", "product", "account")
ANSWERERS = ("auto-reply", "agent")
TEXTS = (
    "Where is my parcel?",
    "As I said last week, the invoice is wrong.",
    "Thanks, that was quick.",
    "The box was damaged, please send another one.",
    "I would like to change my address.",
    "All fine.",
)

WORD = pa.dictionary(pa.int8(), pa.string())  # written as texts: every other program reads them so
SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.int64(), nullable=False),
        pa.field("at", pa.timestamp("us"), nullable=False),
        pa.field("customer", pa.string(), nullable=False),
        pa.field("event", WORD, nullable=False),
        pa.field("channel", WORD, nullable=False),
        pa.field("order_id", pa.string()),
        pa.field("page", WORD),
        pa.field("element", WORD),
        pa.field("x", pa.int16()),
        pa.field("y", pa.int16()),
        pa.field("amount", pa.float64()),
        pa.field("duration", pa.float32()),
        pa.field("viewport_width", pa.int16()),
        pa.field("viewport_height", pa.int16()),
        pa.field("target_width", pa.int16()),
        pa.field("target_height", pa.int16()),
        pa.field("sensitive", pa.bool_()),
        pa.field("results", pa.int16()),
        pa.field("ticket_id", pa.string()),
        pa.field("topic", WORD),
        pa.field("answered_by", WORD),
        pa.field("promised_at", pa.timestamp("us")),
        pa.field("score", pa.int8()),
        pa.field("text", WORD),
        pa.field("device", WORD),
        pa.field("app_version", WORD),
        pa.field("locale", WORD),
    ]
)


_RISING = {"ticket_id": "DELTA_BYTE_ARRAY", "promised_at": "DELTA_BINARY_PACKED"}


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
        use_dictionary=[
            name for name in SCHEMA.names if name not in ("event_id", "at", "order_id", "duration", *_RISING)
        ],
        dictionary_pagesize_limit=4 << 20,
        column_encoding={
            "event_id": "DELTA_BINARY_PACKED",
            "at": "DELTA_BINARY_PACKED",
            "order_id": "DELTA_BYTE_ARRAY",
            **_RISING,
        },
    )


def _write_slot(writer: pq.ParquetWriter, rows: Rows, first_id: int) -> None:
    screen = Screens.of(rows)
    columns = [
        pa.array(np.arange(first_id, first_id + len(rows))),
        pa.array(np.ascontiguousarray(rows["at"])).view(pa.timestamp("us")),
        _number_texts("c", rows["customer"], 9),
        _words(EVENTS, rows["event"]),
        _words(CHANNELS, rows["channel"]),
        _ids("o", rows["order"]),
        _words(PAGES, rows["page"]),
        _words(ELEMENTS, rows["element"]),
        pa.array(screen.x, mask=rows["x"] < 0),
        pa.array(screen.y, mask=rows["y"] < 0),
        pa.array(np.ascontiguousarray(rows["amount"]), mask=np.isnan(rows["amount"])),
        pa.array(np.round(rows["duration"], 3), mask=np.isnan(rows["duration"])),
        *screen.sizes(),
        *_asked(rows),
        _ids("t", rows["ticket"]),
        *_told(rows),
        _words(DEVICES, screen.devices),
        _words(VERSIONS, screen.versions),
        _words(LOCALES, screen.locales),
    ]
    writer.write_table(pa.table(columns, schema=SCHEMA), row_group_size=ROW_GROUP_ROWS)


def _asked(rows: Rows) -> list[pa.Array]:
    """What `sensitive` and `results` hold."""
    searched = rows["event"] == SEARCH
    results = np.where(scatter(rows["at"], 16) == 0, 0, 1 + scatter(rows["at"], 40)).astype(np.int16)
    is_private = rows["element"] == ELEMENTS.index("birthday-field")
    return [pa.array(is_private, mask=rows["event"] != FOCUSED), pa.array(results, mask=~searched)]


def _told(rows: Rows) -> list[pa.Array]:
    """What `topic`, `answered_by`, `promised_at`, `score` and `text` hold."""
    event, ticket = rows["event"], rows["ticket"]
    said = (event == TICKET) | ((event == SURVEY) & (scatter(rows["at"], 5) == 0))
    texts = np.where(said, scatter(rows["at"] + 1, len(TEXTS)), -1)
    answerers = (ticket % 7 > 0).astype(np.int8)
    promised = rows["at"] + (4 + rows["order"] % 4) * 86_400_000_000
    return [
        _words(TOPICS, np.where(event == TICKET, ticket % len(TOPICS), -1)),
        _words(ANSWERERS, np.where(event == ANSWER, answerers, -1)),
        pa.array(promised, mask=event != PLACED).view(pa.timestamp("us")),
        pa.array(np.ascontiguousarray(rows["score"]), mask=rows["score"] < 0),
        _words(TEXTS, texts),
    ]


def _words(words: tuple[str, ...], codes: npt.NDArray[np.integer]) -> pa.DictionaryArray:
    """The word of each code, null for a negative one."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8), mask=codes < 0), pa.array(words))


def _ids(letter: str, numbers: npt.NDArray[np.int64]) -> pa.StringArray:
    """An order's or a ticket's id like o0000012345, null for a negative number."""
    has_id = numbers >= 0
    places = np.where(has_id, np.cumsum(has_id) - 1, 0).astype(np.int32)
    return _number_texts(letter, numbers[has_id], 10).take(pa.array(places, mask=~has_id))


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
