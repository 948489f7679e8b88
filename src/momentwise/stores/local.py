"""The local host of the pass.

DuckDB reads and evaluates conditions as columns, customers are put together, and the compiled pass runs over them.

Reading and numbering overlap (DuckDB's threads run ahead of this one), buckets run on all cores, and only small numbers
cross between the steps.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Event as Flag
from threading import Thread

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from momentwise.define.evaluate import Column, read_sql
from momentwise.define.signal import Limits
from momentwise.define.span import LONGEST_US, SECOND_US
from momentwise.detect.batch import X_OFFSET, Tables, run_bucket, tables_of
from momentwise.detect.flow import merge_flows, new_flow
from momentwise.detect.intern import Interner
from momentwise.detect.learned import learn_limits, limit_tables, read_examples
from momentwise.detect.plan import Int64s, Measure, Plan, bits_sql, mask_of
from momentwise.detect.records import (
    BUCKETS,
    CHANNEL_BITS,
    CONTEXT_SHIFT,
    FIXED,
    HALF_BITS,
    MOST_CHANNELS,
    SYMBOL_BITS,
    X_BITS,
    count_buckets,
    drop_duplicates,
    place_in_buckets,
    put_together,
    record_width,
)
from momentwise.detect.results import Names, flow_table, occurrence_batch, signal_batch
from momentwise.detect.signals import NO_MEASURE
from momentwise.detect.symbols import MOST_NAMES, SymbolColumns
from momentwise.stores.contexts import Contexts
from momentwise.stores.spill import Spill

# Half of what the pass may hold at once, the other half being the buckets in work and the texts.
DEFAULT_MEMORY_BYTES = 1 << 30
OTHER_CHANNELS = "other"
_BATCH_ROWS = 1 << 17
_AHEAD = 4
_PART_EVENTS = 1 << 16  # fewer events than that are not worth tables of their own
_LEARNING_EVENTS = 2_000_000  # of so many events of whole buckets, that is of customers drawn by their number
OTHER_EVENTS = "other events"

Progress = Callable[[int], None]

_ENVELOPE = {
    "customer": Column("customer", "text"),
    "at": Column('"at"', "instant"),
    "event": Column("event", "text"),
}


@dataclass
class Counted:
    """What reading one source counted.

    Args:
        candidates: Rows that could have become an event.
        events: Events.
        rejected: Rows set aside, by the number of the reason.
        names: Names of the events.
    """

    candidates: int = 0
    events: int = 0
    rejected: dict[int, int] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass
class Part:
    """What the pass found for some customers, and how long the automaton took.

    Args:
        occurrences: Rows of `OCCURRENCE_SCHEMA`.
        signals: Rows of `SIGNAL_SCHEMA`.
        customers: Customers that have an event.
        events: Events that the pass saw.
        duplicates: Events that were dropped before.
        match_seconds: Processor time of the automaton alone.
    """

    occurrences: pa.RecordBatch
    signals: pa.RecordBatch
    customers: int
    events: int
    duplicates: int
    match_seconds: float


class LocalPass:
    """One pass over some sources: `read` each of them, then take the `results`.

    Args:
        plan: What to look for.
        scratch: A folder for records that do not fit in memory.
        memory_bytes: How many bytes of records stay in memory.
    """

    def __init__(self, plan: Plan, scratch: Path, memory_bytes: int = DEFAULT_MEMORY_BYTES) -> None:
        self.plan = plan
        self.earliest: int | None = None
        self.latest: int | None = None
        self._customers, self._texts, self._spots = Interner(), Interner(), Interner()
        self._channels, self._events = Interner(64), Interner(1 << 10)
        self._event_counts = np.zeros(1 << 10, dtype=np.int64)
        self._symbols = SymbolColumns(plan)
        self._contexts = Contexts(len(plan.properties))
        self._width = record_width(len(plan.keys), len(plan.measures))
        self._spill = Spill(self._width, scratch, memory_bytes)
        # One per thread at work; they are as large as a bucket, so that they are used again and again.
        self._flows: deque[tuple[Int64s, Int64s]] = deque()
        self.limits = Limits()

    @property
    def events(self) -> int:
        """How many events were read, duplicates included."""
        return self._spill.rows

    def close(self) -> None:
        """Give memory and disk back."""
        self._spill.__exit__()

    def query(self, events_sql: str, columns: Mapping[str, Column]) -> str:
        """The SELECT that turns a query of events into what the pass numbers.

        Args:
            events_sql: Gives `customer`, `at`, `event`, `reason`, `identity` and the columns below.
            columns: How each further field is read.
        """
        plan = self.plan
        bits = bits_sql(plan, "event", {**columns, **_ENVELOPE})
        inner = ", ".join(f"{sql} AS b{word}" for word, sql in enumerate(bits))
        parts = ["customer", '"at"', "identity", "reason", "event", _text(columns.get("channel"))]
        parts += [_text(columns.get(key)) for key in plan.keys]
        heard = {bit for bit, _, _ in plan.hearing}
        if self._has_spots(columns):
            is_heard = _any_bit(plan, heard)
            parts += [f"CASE WHEN {is_heard} THEN {_text(columns.get(name))} END" for name in ("page", "element")]
            parts.append(f"CASE WHEN {is_heard} THEN {_place_sql(columns)} ELSE 0 END")
        parts += [_measure_sql(plan, measure, columns) for measure in plan.measures]
        if plan.properties:
            values = [_text(columns.get(name)) for name in plan.properties]
            known = " AND ".join(f"{value} IS NULL" for value in values)
            parts += [f"CASE WHEN {known} THEN 0 ELSE hash({', '.join(values)}) END", *values]
        parts += [f"b{word}" for word in range(plan.words)]
        named = [f"{sql} AS c{index}" for index, sql in enumerate(parts)]
        return f"SELECT {', '.join(named)} FROM (SELECT *, {inner} FROM ({events_sql}))"

    def _has_spots(self, columns: Mapping[str, Column]) -> bool:
        return bool(self.plan.rules) and bool({"page", "element", "x"} & set(columns))

    def read(
        self,
        connection: duckdb.DuckDBPyConnection,
        events_sql: str,
        columns: Mapping[str, Column],
        progress: Progress,
    ) -> Counted:
        """Read every event of a query.

        Args:
            connection: Where the query runs.
            events_sql: See `query`.
            columns: See `query`.
            progress: Called with the number of rows of every batch.

        Raises:
            StoreError: The disk is full.
            DetectionError: There are more combinations of conditions than the pass can hold.
        """
        counted = Counted()
        reader = connection.sql(self.query(events_sql, columns)).to_arrow_reader(_BATCH_ROWS)
        has_spots, before = self._has_spots(columns), dict(self.event_counts())
        for batch in _ahead(reader):
            self.take(batch, counted, has_spots=has_spots)
            progress(batch.num_rows)
        counted.names = tuple(name for name, count in self.event_counts() if count > before.get(name, 0))
        return counted

    def take(self, batch: pa.RecordBatch, counted: Counted, *, has_spots: bool) -> None:
        """Turn one batch of what `query` gives into records, and keep them by customer.

        Args:
            batch: Rows.
            counted: Counts are added to it.
            has_spots: Whether pages, elements and places are among the columns.
        """
        customers = self._customers.numbers(batch.column(0))
        reasons = batch.column(3).to_numpy(zero_copy_only=False)
        counted.candidates += len(reasons)
        if reasons.any():
            numbers, counts = np.unique(reasons[reasons > 0], return_counts=True)
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                counted.rejected[number] = counted.rejected.get(number, 0) + count
        names = self._events.numbers(batch.column(4))
        self._count_events(names, reasons)
        columns = self._columns(batch, customers, names, has_spots=has_spots)
        counts = np.zeros(BUCKETS, dtype=np.int64)
        count_buckets(customers, reasons, counts)
        starts = np.zeros(BUCKETS + 1, dtype=np.int64)
        np.cumsum(counts, out=starts[1:])
        records = np.empty((int(starts[-1]), len(columns)), dtype=np.int64)
        earliest, latest = place_in_buckets(columns, reasons, customers, starts[:-1].copy(), records)
        counted.events += len(records)
        if len(records):
            self.earliest = int(min(earliest, latest if self.earliest is None else self.earliest))
            self.latest = int(max(latest, earliest if self.latest is None else self.latest))
            self._spill.add(records, starts)

    def _count_events(self, numbers: Int64s, reasons: npt.NDArray[np.uint8]) -> None:
        while len(self._events) > len(self._event_counts):
            self._event_counts = np.concatenate([self._event_counts, np.zeros_like(self._event_counts)])
        counts = np.bincount(numbers if not reasons.any() else numbers[reasons == 0])
        self._event_counts[: len(counts)] += counts

    def event_counts(self, most: int | None = None) -> list[tuple[str, int]]:
        """The most frequent events' names with their counts, duplicates included; most frequent first."""
        names = self._events.texts()
        order = np.argsort(-self._event_counts[: len(names)], kind="stable")[:most]
        return [(names[int(n)].as_py(), int(self._event_counts[n])) for n in order if n and self._event_counts[n]]

    def _columns(self, batch: pa.RecordBatch, customers: Int64s, names: Int64s, *, has_spots: bool) -> Int64s:
        """The fields of the records, one row each."""
        plan, rows = self.plan, batch.num_rows
        columns = np.zeros((self._width, rows), dtype=np.int64)
        keys, measures = len(plan.keys), len(plan.measures)
        words = [_ints(batch.column(batch.num_columns - plan.words + word)) for word in range(plan.words)]
        symbols = self._symbols.number(words, np.minimum(names, MOST_NAMES))
        channels = np.minimum(self._channels.numbers(batch.column(5)), MOST_CHANNELS)
        columns[0] = _ints(batch.column(1))
        columns[1] = batch.column(2).fill_null(0).to_numpy(zero_copy_only=False).view(np.int64)
        columns[2] = (customers << (SYMBOL_BITS + CHANNEL_BITS)) | (symbols << CHANNEL_BITS) | channels
        for key in range(keys):
            columns[FIXED + key] = self._texts.numbers(batch.column(6 + key))
        following = 6 + keys
        if has_spots:
            pages, elements = (self._spots.numbers(batch.column(following + part)) for part in range(2))
            columns[3] = (pages << HALF_BITS) | elements
            columns[4] = _ints(batch.column(following + 2))
            following += 3
        for measure in range(measures):
            columns[FIXED + keys + measure] = _ints(batch.column(following + measure), NO_MEASURE)
        if plan.properties:
            first = following + measures
            values = [batch.column(first + 1 + place) for place in range(len(plan.properties))]
            hashes = batch.column(first).fill_null(0).to_numpy(zero_copy_only=False).view(np.int64)
            columns[4] |= self._contexts.numbers(hashes, values) << CONTEXT_SHIFT
        return columns

    def learn(self) -> Limits:
        """Learn what is usual from the events that were read; `results` goes by it.

        Of very many events those of some customers are taken, drawn by their number, until there are
        `_LEARNING_EVENTS`.
        """
        plan, symbols = self.plan, self._symbols.symbols
        silent = symbols.silent()
        examples = [np.zeros((0, 3), dtype=np.int64)]
        if any(rule.learned for rule in plan.rules):
            tables, seen = symbols.tables(), 0
            for numbers in self._spill.groups(_PART_EVENTS):
                for number in numbers:
                    placed, starts = put_together(self._spill.bucket(number), len(self._customers), number)
                    drop_duplicates(placed, starts)
                    examples.append(read_examples(plan, tables, placed, starts))
                    seen += int(starts[-1])
                if seen >= _LEARNING_EVENTS:
                    break
        self.limits = learn_limits(np.concatenate(examples), self._spots.texts(), self._events.texts(), silent)
        return self.limits

    def flow(self) -> pa.Table:
        """What came after what, of the parts that were taken from `results`; see `FLOW_SCHEMA`."""
        return flow_table(merge_flows(rows for _, rows in self._flows), self._names())

    def results(self, data_end: int) -> Iterator[Part]:
        """Run the pass over every customer; parts come in order, worked on all cores.

        Args:
            data_end: The instant up to which the data are complete, microseconds.
        """
        names = self._names()
        limits = limit_tables(self.plan, self.limits, self._spots.texts(), self._events.texts())
        symbols = self._symbols.symbols.tables()
        tables = tables_of(self.plan, symbols, limits, self._contexts.table(), data_end)
        customers = len(self._customers)
        with ThreadPoolExecutor() as pool:
            waiting: deque[Future[Part]] = deque()
            try:
                for numbers in self._spill.groups(_PART_EVENTS):
                    waiting.append(pool.submit(self._part, tables, names, customers, numbers))
                    if len(waiting) > _AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _names(self) -> Names:
        channels = self._channels.texts().cast(pa.string()).to_pylist()
        if len(channels) > MOST_CHANNELS + 1:
            channels = [*channels[:MOST_CHANNELS], OTHER_CHANNELS]
        events = [text or "" for text in self._events.texts().cast(pa.string()).to_pylist()]
        if len(events) > MOST_NAMES:
            events = [*events[:MOST_NAMES], OTHER_EVENTS]
        return Names(
            self.plan,
            self._customers.texts(),
            self._texts.texts(),
            self._spots.texts(),
            tuple(channels[1:]),
            tuple(events),
            self._contexts.values(),
        )

    def _take_flow(self) -> tuple[Int64s, Int64s]:
        try:
            return self._flows.pop()
        except IndexError:
            return new_flow()

    def _part(self, tables: Tables, names: Names, customers: int, numbers: list[int]) -> Part:
        emitted = []
        flow = self._take_flow()
        people = events = duplicates = 0
        match_seconds = 0.0
        for number in numbers:
            placed, starts = put_together(self._spill.bucket(number), customers, number)
            duplicates += int(drop_duplicates(placed, starts))
            # This thread's own time: with as many threads as cores, wall time would count the others' turns.
            started = time.thread_time()
            emitted.append(run_bucket(tables, placed, starts, number, flow))
            match_seconds += time.thread_time() - started
            people += int(np.count_nonzero(np.diff(starts)))
            events += int(starts[-1])
        self._flows.append(flow)
        return Part(
            occurrence_batch(np.concatenate([one.occurrences for one in emitted]), names),
            signal_batch(np.concatenate([one.signals for one in emitted]), names),
            people,
            events,
            duplicates,
            match_seconds,
        )


def _text(column: Column | None) -> str:
    return "NULL::VARCHAR" if column is None else read_sql(column, "text")


def _ints(column: pa.Array, missing: int = 0) -> Int64s:
    numbers: Int64s = column.fill_null(missing).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return numbers


def _any_bit(plan: Plan, bits: Collection[int]) -> str:
    """Whether an event has one of some bits, in SQL over the columns `b0`, `b1`, …."""
    masks = mask_of(plan, bits)
    return " OR ".join(f"(b{word} & {mask}) <> 0" for word, mask in enumerate(masks) if mask) or "false"


def _measure_sql(plan: Plan, measure: Measure, columns: Mapping[str, Column]) -> str:
    """A measured time in microseconds where the event has one, else null."""
    if measure.field not in columns:
        return "NULL::BIGINT"
    value = read_sql(columns[measure.field], measure.kind)
    if measure.kind == "number":
        value = (
            f"(CASE WHEN {value} >= 0 THEN floor(least({value}, {LONGEST_US // SECOND_US}) * 1e6 + 0.5)::BIGINT END)"
        )
    return f"CASE WHEN {_any_bit(plan, measure.bits)} THEN {value} END"


def _place_sql(columns: Mapping[str, Column]) -> str:
    """Whole pixels of a click as one number; 0 where it carries no position."""
    if not {"x", "y"} <= set(columns):
        return "0::BIGINT"
    x, y = (read_sql(columns[axis], "number") for axis in ("x", "y"))
    across, down = (f"(greatest(-32767, least(32767, floor({v} + 0.5))) + {X_OFFSET})::BIGINT" for v in (x, y))
    # The engine's least and greatest pass over nulls, so a missing coordinate must be asked for.
    return f"(CASE WHEN {x} IS NULL OR {y} IS NULL THEN 0 ELSE {across} * {1 << X_BITS} + {down} END)"


def _ahead(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The batches of a reader, read by a thread of their own a few ahead of who takes them."""
    queue: Queue[pa.RecordBatch | BaseException | None] = Queue(_AHEAD)
    stop = Flag()
    thread = Thread(target=_fill, args=(reader, queue, stop), daemon=True)
    thread.start()
    try:
        while (batch := queue.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        stop.set()
        while thread.is_alive():
            _drain(queue)
            thread.join(0.01)


def _fill(reader: pa.RecordBatchReader, queue: Queue[pa.RecordBatch | BaseException | None], stop: Flag) -> None:
    try:
        for batch in reader:
            if stop.is_set():
                return
            queue.put(batch)
        queue.put(None)
    except Exception as error:  # noqa: BLE001  whoever waits for a batch must hear of it, whatever it is
        queue.put(error)


def _drain(queue: Queue[pa.RecordBatch | BaseException | None]) -> None:
    while not queue.empty():
        queue.get_nowait()
