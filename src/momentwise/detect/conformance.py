"""What every host of the pass must satisfy; it ships with the package, so that whoever writes a host runs it.

Random definitions × random streams, drawn to be nasty: many ties of event time, exact deadlines, events that arrive out
of order, events without a key, versions that change in the middle. A host is a function from a playbook, events in order
of arrival and the end of the data to occurrences and signals; `check` holds it to `reference`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import msgspec
import numpy as np
import pyarrow as pa

from momentwise.define.evaluate import FieldValue, read_number, read_text
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.moment import Moment, Trigger
from momentwise.define.occurrence import Occurrence, Signal
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import parse_predicate
from momentwise.define.signal import RageClick, SignalSettings
from momentwise.define.span import SECOND_US
from momentwise.detect.batch import X_OFFSET, Tables, run_bucket
from momentwise.detect.intern import Interner
from momentwise.detect.plan import Plan, Symbols, bits_of, compile_plan
from momentwise.detect.rage import whole_pixels
from momentwise.detect.records import (
    BUCKETS,
    CHANNEL_BITS,
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
from momentwise.detect.reference import detect_occurrences, detect_rage_clicks, in_order
from momentwise.detect.results import Names, occurrence_batch, signal_batch
from momentwise.detect.single import SingleEventPass

Found = tuple[list[Occurrence], list[Signal]]
Host = Callable[[Playbook, list[Event], int], Found]

_NAMES = ("a", "b", "c", "d", "error", "click")
_CHANNELS = (None, "web", "app", "chat", "voice")
_CONDITIONS = (
    "amount > 1",
    "amount <= 1 and channel = 'web'",
    "channel in ['app', 'chat'] or amount is missing",
    "not (channel = 'web')",
    "text contains 'Yes'",
)
_STEP_US = SECOND_US // 2
_BLANK = Moment(name="blank", intent="do", stage="decision", archetype="friction", start=(), complete=())


@dataclass(frozen=True)
class Case:
    """One playbook and one stream.

    Args:
        seed: Draws the same case again.
        playbook: Some moments.
        events: In order of arrival.
        data_end: The instant up to which the stream is complete.
    """

    seed: int
    playbook: Playbook
    events: list[Event]
    data_end: int


def draw_case(seed: int) -> Case:
    """The case of a seed: up to four moments, some in two versions, and up to forty events of three customers."""
    random = Random(seed)
    moments = [moment for number in range(random.randint(1, 4)) for moment in _draw_moment(random, number)]
    playbook = Playbook(tuple(moments), _draw_signals(random))
    length = random.choice((0, 3, 12, 25, 40))
    clicks = ("click",) * random.choice((1, 1, 12))
    events = [_draw_event(random, arrival, clicks) for arrival in range(length)]
    random.shuffle(events)
    events = [msgspec.structs.replace(event, arrival=arrival) for arrival, event in enumerate(events)]
    latest = max((event.at for event in events), default=0)
    return Case(seed, playbook, events, latest + random.choice((0, 0, 1, 4, 40)) * _STEP_US)


def _draw_moment(random: Random, number: int) -> list[Moment]:
    by = random.choice((None, None, "order", "session"))
    versions = []
    for version in range(1, random.choice((1, 1, 1, 2)) + 1):
        abandon = random.randint(1, 10) * _STEP_US
        roles = {
            role: _draw_triggers(random, least, abandon if role != "start" else None)
            for role, least in (
                ("start", 1),
                ("complete", 1),
                ("escalate", 0),
                ("fail", 0),
                ("understood", 0),
                ("confused", 0),
            )
        }
        if random.random() < 0.4:
            roles["escalate"] = (Trigger(("d",), None, abandon + random.randint(1, 8) * _STEP_US),)
        since = random.randint(3, 18) * _STEP_US if version > 1 else None
        base = msgspec.structs.replace(_BLANK, name=f"moment-{number}", version=version, since_us=since, by=by)
        versions.append(msgspec.structs.replace(base, abandon_after_us=abandon, **roles))
    return versions


def _draw_triggers(random: Random, least: int, longest: int | None) -> tuple[Trigger, ...]:
    triggers = []
    for _ in range(random.choice((least, least, 1, 2))):
        names = tuple(random.sample(_NAMES, random.choice((1, 1, 1, 2))))
        where = parse_predicate(random.choice(_CONDITIONS)) if random.random() < 0.3 else None
        if where is not None and random.random() < 0.2:
            names = ()
        within = None
        if longest is not None and random.random() < 0.5:
            within = random.randint(0, longest // _STEP_US) * _STEP_US
        triggers.append(Trigger(names, where, within, random.choice(("", "", "one", "two"))))
    return tuple(triggers)


def _draw_signals(random: Random) -> SignalSettings:
    if random.random() < 0.2:
        return SignalSettings(rage_click=None)
    ignore = parse_predicate("element = 'stepper'") if random.random() < 0.5 else None
    rage = RageClick(
        clicks=random.choice((2, 3, 4)), within_us=random.choice((0, 1, 2, 4)) * _STEP_US, radius=30, ignore=ignore
    )
    return SignalSettings(rage_click=rage, errors=random.choice((("error",), ("error", "c"), ())))


def _draw_event(random: Random, arrival: int, clicks: tuple[str, ...]) -> Event:
    fields: dict[str, str | float | int | bool | None] = {
        "channel": random.choice(_CHANNELS),
        "order": random.choice((None, None, "A", "B", "C")),
        "session": random.choice((None, "s1", "s2")),
        "amount": random.choice((None, 0, 1, 1.5, 2)),
        "text": random.choice((None, "", "oh YES", "no")),
        "page": random.choice((None, "/cart", "/cart", "/cart")),
        "element": random.choice((None, "button", "button", "stepper")),
        "x": random.choice((None, 100, 130, 130, 130.5)),
        "y": random.choice((None, 50, 50.5)),
    }
    return Event(
        customer=random.choice(("ana", "bo", "cy")),
        at=random.randint(0, 20) * _STEP_US,
        event=random.choice((*_NAMES, *clicks, "other")),
        fields=fields,
        arrival=arrival,
    )


def reference_host(playbook: Playbook, events: list[Event], data_end: int) -> Found:
    """The meaning itself."""
    return detect_occurrences(playbook, events, data_end), detect_rage_clicks(playbook, events)


def single_event_host(playbook: Playbook, events: list[Event], data_end: int) -> Found:
    """The automaton, one event at a time, the clock passing between the events."""
    return run_single(compile_plan(playbook), events, data_end)


def run_single(plan: Plan, events: list[Event], data_end: int) -> Found:
    """The automaton over a compiled plan, one event at a time."""
    running = SingleEventPass(plan)
    occurrences: list[Occurrence] = []
    signals: list[Signal] = []
    for event in in_order(events):
        occurrences.extend(running.pass_time(event.at))
        more, raged = running.step(event)
        occurrences.extend(more)
        signals.extend(raged)
    more, raged = running.finish(data_end)
    return [*occurrences, *more], [*signals, *raged]


def compiled_host(playbook: Playbook, events: list[Event], data_end: int) -> Found:
    """The automaton compiled over records that were put together by customer, as the batch hosts run it."""
    plan = compile_plan(playbook)
    numbering = _Numbering(plan)
    columns = np.array([numbering.record(event) for event in events], dtype=np.int64)
    columns = columns.reshape(-1, record_width(len(plan.keys))).T.copy()
    customers = columns[WHO] >> (SYMBOL_BITS + CHANNEL_BITS)
    fine = np.zeros(len(customers), dtype=np.uint8)
    counts, starts = np.zeros(BUCKETS, dtype=np.int64), np.zeros(BUCKETS + 1, dtype=np.int64)
    count_buckets(customers, fine, counts)
    np.cumsum(counts, out=starts[1:])
    records = np.empty((len(customers), len(columns)), dtype=np.int64)
    place_in_buckets(columns, fine, customers, starts[:-1].copy(), records)
    tables = Tables.of(plan, numbering.symbols.tables(), data_end)
    names = numbering.names()
    found: Found = ([], [])
    for bucket in np.flatnonzero(counts).tolist():
        part = records[starts[bucket] : starts[bucket + 1]]
        placed, of_customer = put_together(part, len(names.customers), bucket)
        drop_duplicates(placed, of_customer)
        emitted, raged = run_bucket(tables, placed, of_customer, bucket)
        found[0].extend(read_occurrences(pa.table(occurrence_batch(emitted, names))))
        found[1].extend(read_signals(pa.table(signal_batch(raged, names))))
    return found


class _Numbering:
    """Numbers the fields of events one at a time, as a host numbers them by columns."""

    def __init__(self, plan: Plan) -> None:
        self.symbols = Symbols(plan)
        self._plan = plan
        self._customers, self._texts, self._spots, self._channels = (Interner() for _ in range(4))

    def record(self, event: Event) -> list[int]:
        """One event as a record; its place in the order of arrival tells it from its likes."""
        fields = event.read()
        symbol = self.symbols.number(bits_of(self._plan, fields, FIELD_KINDS))
        customer = self._customers.add(event.customer)
        who = (
            customer << (SYMBOL_BITS + CHANNEL_BITS)
            | symbol << CHANNEL_BITS
            | self._text(self._channels, fields, "channel")
        )
        page, element = self._text(self._spots, fields, "page"), self._text(self._spots, fields, "element")
        x, y = whole_pixels(read_number(fields["x"]), read_number(fields["y"]))
        place = (x + X_OFFSET) << X_BITS | (y + X_OFFSET)
        keys = [self._text(self._texts, fields, key) for key in self._plan.keys]
        return [event.at, event.arrival, who, page << HALF_BITS | element, place, *keys]

    def names(self) -> Names:
        """What the numbers stand for."""
        channels = self._channels.texts().cast(pa.string()).to_pylist()[1:]
        return Names(self._plan, self._customers.texts(), self._texts.texts(), self._spots.texts(), tuple(channels))

    @staticmethod
    def _text(texts: Interner, fields: dict[str, FieldValue], name: str) -> int:
        text = read_text(fields.get(name))
        return 0 if text is None else texts.add(text)


def read_occurrences(table: pa.Table) -> list[Occurrence]:
    """The rows of an `OCCURRENCE_SCHEMA` table as values."""
    found = []
    for row in _whole_times(table, ("started_at", "ended_at")).to_pylist():
        row["channels"] = tuple(row["channels"].split("+")) if row["channels"] else ()
        row["longest_wait"] = round(row.pop("longest_wait_seconds") * SECOND_US)
        del row["duration_seconds"]
        found.append(Occurrence(**row))
    return found


def read_signals(table: pa.Table) -> list[Signal]:
    """The rows of a `SIGNAL_SCHEMA` table as values."""
    return [Signal(**row) for row in _whole_times(table, ("at", "ended_at")).to_pylist()]


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
        wanted = _rows(reference_host(case.playbook, case.events, case.data_end))
        found = _rows(host(case.playbook, case.events, case.data_end))
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
