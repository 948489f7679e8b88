"""The occurrence: one customer's pass through one moment; and the tables of occurrences and signals.

The columns below are stable: a name, a type or a unit changes only with a new major version.
"""

from __future__ import annotations

import msgspec
import pyarrow as pa

from momentwise.define.moment import Outcome

INSTANT = pa.timestamp("us", tz="UTC")
WORD = pa.dictionary(pa.int32(), pa.string())


class Occurrence(msgspec.Struct, frozen=True, order=True):
    """One occurrence, as the reference and the conformance suite speak of it.

    Args:
        customer: Who.
        moment: The moment's name.
        version: The version of the moment by whose rules it ran.
        key: Value of the moment's `by` field at the start; `None` where the moment has none or the event carried none.
        started_at: Event time of the start, microseconds since the epoch.
        ended_at: Event time of the end; for an abandoned one the last activity; `None` while open.
        outcome: completed, escalated, failed, abandoned or open.
        ending: The label of the trigger that ended it, or its event's name; `None` for abandoned and open ones.
        steps: Events of the same customer (and key) after the start, up to and with the end.
        retries: Starts that came again while it was open.
        errors: Error events among the steps.
        channels: Every channel that was used, sorted.
        longest_wait: Longest time between two neighbouring steps, microseconds.
        comprehension: `understood` or `confused`, the last that a customer said; `None` where nobody said.
    """

    customer: str
    moment: str
    version: int
    key: str | None
    started_at: int
    ended_at: int | None
    outcome: Outcome
    ending: str | None
    steps: int
    retries: int
    errors: int
    channels: tuple[str, ...]
    longest_wait: int
    comprehension: str | None


OCCURRENCE_SCHEMA = pa.schema(
    [
        pa.field("customer", pa.string(), metadata={"about": "who"}),
        pa.field("moment", WORD, metadata={"about": "the moment's name"}),
        pa.field("version", pa.int16(), metadata={"about": "version of the moment by whose rules it ran"}),
        pa.field("key", pa.string(), metadata={"about": "value of the moment's `by` field; null where it has none"}),
        pa.field("started_at", INSTANT, metadata={"about": "event time of the start, UTC"}),
        pa.field("ended_at", INSTANT, metadata={"about": "event time of the end; last activity if abandoned; null if open"}),
        pa.field("outcome", WORD, metadata={"about": "completed, escalated, failed, abandoned or open"}),
        pa.field("ending", WORD, metadata={"about": "what ended it: the trigger's label or event; null if abandoned or open"}),
        pa.field("duration_seconds", pa.float64(), metadata={"about": "start to end, seconds; null if open"}),
        pa.field("steps", pa.int32(), metadata={"about": "events after the start, up to and with the end"}),
        pa.field("retries", pa.int32(), metadata={"about": "starts that came again while it was open"}),
        pa.field("errors", pa.int32(), metadata={"about": "error events among the steps"}),
        pa.field("channels", WORD, metadata={"about": "channels used, sorted, joined by '+'"}),
        pa.field("longest_wait_seconds", pa.float64(), metadata={"about": "longest time between two steps, seconds"}),
        pa.field("comprehension", WORD, metadata={"about": "understood or confused, the last said; null if nobody said"}),
    ]
)  # fmt: skip


class Signal(msgspec.Struct, frozen=True, order=True):
    """One signal, as the reference and the conformance suite speak of it; times are microseconds since the epoch."""

    customer: str
    signal: str
    at: int
    ended_at: int
    count: int
    page: str | None
    element: str | None


SIGNAL_SCHEMA = pa.schema(
    [
        pa.field("customer", pa.string(), metadata={"about": "who"}),
        pa.field("signal", WORD, metadata={"about": "its kind, as in rage_click"}),
        pa.field("at", INSTANT, metadata={"about": "event time of its first event, UTC"}),
        pa.field("ended_at", INSTANT, metadata={"about": "event time of its last event, UTC"}),
        pa.field("count", pa.int32(), metadata={"about": "events in it"}),
        pa.field("page", pa.string(), metadata={"about": "page of its first event; null where it carries none"}),
        pa.field("element", pa.string(), metadata={"about": "element of its first event; null where it carries none"}),
    ]
)
