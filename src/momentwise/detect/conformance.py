"""What every host of the pass must satisfy; it ships with the package, so that whoever writes a host runs it.

Random definitions × random streams, drawn to be nasty: many ties of event time, exact deadlines, events that arrive out
of order, events without a key, versions that change in the middle, rules of signals of every shape. A host is a function
from a `Case` (a playbook, events in order of arrival, the end of the data, learned limits, properties) to occurrences and
signals; `check` holds it to `reference` and `reference_signals`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from momentwise.define.evaluate import FieldValue, Kind, read_as, read_number, read_text
from momentwise.define.event import Event
from momentwise.define.occurrence import Occurrence, Signal
from momentwise.define.span import LONGEST_US, SECOND_US
from momentwise.detect.batch import X_OFFSET, run_bucket, tables_of
from momentwise.detect.cases import Case, draw_case
from momentwise.detect.flow import new_flow
from momentwise.detect.intern import Interner
from momentwise.detect.learned import limit_tables
from momentwise.detect.plan import Measure, Plan, bits_of, compile_plan
from momentwise.detect.rage import whole_pixels
from momentwise.detect.records import (
    BUCKETS,
    CHANNEL_BITS,
    CONTEXT_SHIFT,
    HALF_BITS,
    SYMBOL_BITS,
    WHO,
    X_BITS,
    count_buckets,
    drop_duplicates,
    place_in_buckets,
    put_together,
    record_width,
)
from momentwise.detect.reference import detect_occurrences, in_order
from momentwise.detect.reference_signals import detect_signals
from momentwise.detect.results import Names, occurrence_batch, signal_batch
from momentwise.detect.signals import NO_MEASURE
from momentwise.detect.single import SingleEventPass
from momentwise.detect.symbols import MOST_NAMES, Symbols

Found = tuple[list[Occurrence], list[Signal]]
Host = Callable[[Case], Found]


def reference_host(case: Case) -> Found:
    """The meaning itself."""
    given = (case.playbook, case.events, case.data_end)
    occurrences = detect_occurrences(*given, case.kinds, properties=case.properties)
    signals = detect_signals(*given, case.limits, case.kinds, case.properties)
    return occurrences, signals


def single_event_host(case: Case) -> Found:
    """The automata, one event at a time, the clock passing between the events."""
    return run_single(compile_plan(case.playbook, case.properties), case)


def run_single(plan: Plan, case: Case) -> Found:
    """The automata over a compiled plan, one event at a time."""
    running = SingleEventPass(plan, case.kinds, case.limits)
    found: Found = ([], [])
    for event in in_order(case.events):
        _extend(found, running.pass_time(event.at))
        _extend(found, running.step(event))
    _extend(found, running.finish(case.data_end))
    return found


def _extend(found: Found, more: Found) -> None:
    found[0].extend(more[0])
    found[1].extend(more[1])


def compiled_host(case: Case) -> Found:
    """The automata compiled over records that were put together by customer, as the batch hosts run it."""
    plan = compile_plan(case.playbook, case.properties)
    numbering = _Numbering(plan, case.kinds)
    columns = np.array([numbering.record(event) for event in case.events], dtype=np.int64)
    columns = columns.reshape(-1, record_width(len(plan.keys), len(plan.measures))).T.copy()
    customers = columns[WHO] >> (SYMBOL_BITS + CHANNEL_BITS)
    fine = np.zeros(len(customers), dtype=np.uint8)
    counts, starts = np.zeros(BUCKETS, dtype=np.int64), np.zeros(BUCKETS + 1, dtype=np.int64)
    count_buckets(customers, fine, counts)
    np.cumsum(counts, out=starts[1:])
    records = np.empty((len(customers), len(columns)), dtype=np.int64)
    place_in_buckets(columns, fine, customers, starts[:-1].copy(), records)
    names = numbering.names()
    limits = limit_tables(plan, case.limits, names.spots, pa.array(names.events))
    tables = tables_of(plan, numbering.symbols.tables(), limits, numbering.contexts(), case.data_end)
    found: Found = ([], [])
    flow = new_flow()
    for bucket in np.flatnonzero(counts).tolist():
        part = records[starts[bucket] : starts[bucket + 1]]
        placed, of_customer = put_together(part, len(names.customers), bucket)
        drop_duplicates(placed, of_customer)
        emitted = run_bucket(tables, placed, of_customer, bucket, flow)
        found[0].extend(read_occurrences(pa.table(occurrence_batch(emitted.occurrences, names))))
        found[1].extend(read_signals(pa.table(signal_batch(emitted.signals, names))))
    return found


class _Numbering:
    """Numbers the fields of events one at a time, as a host numbers them by columns."""

    def __init__(self, plan: Plan, kinds: Mapping[str, Kind]) -> None:
        self.symbols = Symbols(plan)
        self._plan, self._kinds = plan, kinds
        self._customers, self._texts, self._spots, self._channels = (Interner() for _ in range(4))
        self._events: dict[str, int] = {"": 0}
        self._values: list[dict[str | None, int]] = [{None: 0} for _ in plan.properties]
        self._contexts: list[list[int]] = [[0] * len(plan.properties)]

    def record(self, event: Event) -> list[int]:
        """One event as a record; its place in the order of arrival tells it from its likes."""
        fields = event.read()
        name = min(self._events.setdefault(event.event, len(self._events)), MOST_NAMES)
        symbol = self.symbols.number(bits_of(self._plan, fields, self._kinds), name)
        customer = self._customers.add(event.customer)
        who = (
            customer << (SYMBOL_BITS + CHANNEL_BITS)
            | symbol << CHANNEL_BITS
            | self._text(self._channels, fields, "channel")
        )
        page, element = self._text(self._spots, fields, "page"), self._text(self._spots, fields, "element")
        x, y = whole_pixels(read_number(fields.get("x")), read_number(fields.get("y")))
        place = self._context(fields) << CONTEXT_SHIFT | (x + X_OFFSET) << X_BITS | (y + X_OFFSET)
        keys = [self._text(self._texts, fields, key) for key in self._plan.keys]
        measures = [_measured(measure, fields, self._kinds) for measure in self._plan.measures]
        return [event.at, event.arrival, who, page << HALF_BITS | element, place, *keys, *measures]

    def contexts(self) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """Per context the number of each property's value."""
        return np.array(self._contexts, dtype=np.int64).reshape(len(self._contexts), -1 if self._plan.properties else 0)

    def names(self) -> Names:
        """What the numbers stand for."""
        channels = self._channels.texts().cast(pa.string()).to_pylist()[1:]
        return Names(
            self._plan,
            self._customers.texts(),
            self._texts.texts(),
            self._spots.texts(),
            tuple(channels),
            tuple(self._events),
            tuple(tuple(known) for known in self._values),
        )

    def _context(self, fields: dict[str, FieldValue]) -> int:
        texts = [read_text(fields.get(name)) for name in self._plan.properties]
        row = [known.setdefault(text, len(known)) for known, text in zip(self._values, texts, strict=True)]
        if not any(row):
            return 0
        self._contexts.append(row)
        return len(self._contexts) - 1

    @staticmethod
    def _text(texts: Interner, fields: dict[str, FieldValue], name: str) -> int:
        text = read_text(fields.get(name))
        return 0 if text is None else texts.add(text)


def _measured(measure: Measure, fields: dict[str, FieldValue], kinds: Mapping[str, Kind]) -> int:
    value = read_as(fields.get(measure.field), kinds.get(measure.field), measure.kind)
    if not isinstance(value, int | float) or (measure.kind == "number" and value < 0):
        return NO_MEASURE
    return int(value) if measure.kind == "instant" else min(int(value * SECOND_US + 0.5), LONGEST_US)


def read_occurrences(table: pa.Table) -> list[Occurrence]:
    """The rows of an `OCCURRENCE_SCHEMA` table as values."""
    found = []
    for row in _whole_times(table, ("started_at", "ended_at")).to_pylist():
        row["channels"] = tuple(row["channels"].split("+")) if row["channels"] else ()
        row["longest_wait"] = round(row.pop("longest_wait_seconds") * SECOND_US)
        row["properties"] = _known(row.pop("properties", None))
        del row["duration_seconds"]
        found.append(Occurrence(**row))
    return found


def read_signals(table: pa.Table) -> list[Signal]:
    """The rows of a `SIGNAL_SCHEMA` table as values."""
    found = []
    for row in _whole_times(table, ("at", "ended_at")).to_pylist():
        row["took"] = round(row.pop("seconds") * SECOND_US)
        row["properties"] = _known(row.pop("properties", None))
        found.append(Signal(**row))
    return found


def _known(values: dict[str, str | None] | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in (values or {}).items() if text is not None)


def _whole_times(table: pa.Table, names: tuple[str, ...]) -> pa.Table:
    for name in names:
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()))
    return table


@dataclass(frozen=True)
class Difference:
    """A case in which a host says something else than the reference."""

    case: Case
    missing: list[Occurrence | Signal]
    extra: list[Occurrence | Signal]

    def __str__(self) -> str:
        """The seed and the first rows that differ."""
        rows = [f"  missing {row}" for row in self.missing[:3]] + [f"  extra   {row}" for row in self.extra[:3]]
        return "\n".join([f"seed {self.case.seed}: draw it again with draw_case({self.case.seed})", *rows])


def differences(host: Host, seeds: range) -> Iterator[Difference]:
    """Every case of some seeds in which a host differs from the reference."""
    for seed in seeds:
        case = draw_case(seed)
        wanted = _rows(reference_host(case))
        found = _rows(host(case))
        if wanted != found:
            yield Difference(case, _without(wanted, found), _without(found, wanted))


def check(host: Host, cases: int = 10_000, first: int = 0) -> None:
    """Hold a host to the meaning.

    Raises:
        AssertionError: A case differs; the message has its seed and its rows.
    """
    for difference in differences(host, range(first, first + cases)):
        raise AssertionError(str(difference))


def _rows(found: Found) -> list[Occurrence | Signal]:
    return sorted([*found[0], *found[1]], key=repr)


def _without(rows: list[Occurrence | Signal], others: list[Occurrence | Signal]) -> list[Occurrence | Signal]:
    left = list(others)
    kept = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            kept.append(row)
    return kept
