"""The occurrence: one customer's pass through one moment; and the tables of occurrences and signals.

The columns below are stable: a name, a type or a unit changes only with a new major version.
"""

from __future__ import annotations

import msgspec
import pyarrow as pa

from momentwise.define.moment import Outcome
from momentwise.define.span import DAY_US

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
        last_step: Name of the last event that was a step; of the start where none was.
        is_returning: Whether the customer's first event lies more than `RETURNING_US` before the start.
        properties: What was last known of the customer at the start, by the name of the property; without missing ones.
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
    last_step: str = ""
    is_returning: bool = False
    properties: tuple[tuple[str, str], ...] = ()


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
        pa.field("last_step", WORD, metadata={"about": "name of the last event that was a step; of the start if none was"}),
        pa.field("is_returning", pa.bool_(), metadata={"about": "the customer was first seen over a day before the start"}),
    ]
)  # fmt: skip


class Signal(msgspec.Struct, frozen=True, order=True):
    """One signal, as the reference and the conformance suite speak of it; times are microseconds since the epoch.

    Args:
        customer: Who.
        signal: The rule's name.
        at: Event time of its first event.
        ended_at: Event time of its last event, or of the deadline that passed.
        count: Events in it.
        page: Of its first event.
        element: Of its first event.
        key: Value of the rule's `by` field at its first event.
        took: The measured time, where the rule has one (*each*); otherwise `ended_at - at`.
        channel: Of its first event.
        properties: What was last known of the customer, as with occurrences.
    """

    customer: str
    signal: str
    at: int
    ended_at: int
    count: int
    page: str | None
    element: str | None
    key: str | None = None
    took: int = 0
    channel: str | None = None
    properties: tuple[tuple[str, str], ...] = ()


SIGNAL_SCHEMA = pa.schema(
    [
        pa.field("customer", pa.string(), metadata={"about": "who"}),
        pa.field("signal", WORD, metadata={"about": "its kind, as in rage_click"}),
        pa.field("at", INSTANT, metadata={"about": "event time of its first event, UTC"}),
        pa.field("ended_at", INSTANT, metadata={"about": "event time of its last event, UTC"}),
        pa.field("count", pa.int32(), metadata={"about": "events in it"}),
        pa.field("page", pa.string(), metadata={"about": "page of its first event; null where it carries none"}),
        pa.field("element", pa.string(), metadata={"about": "element of its first event; null where it carries none"}),
        pa.field("key", pa.string(), metadata={"about": "value of the rule's `by` field; null where it has none"}),
        pa.field("seconds", pa.float64(), metadata={"about": "what was measured, or first event to last, seconds"}),
        pa.field("channel", WORD, metadata={"about": "channel of its first event; null where it carries none"}),
    ]
)

# A customer who was first seen longer ago than this is a returning one.
RETURNING_US = DAY_US


def with_properties(schema: pa.Schema, properties: tuple[str, ...]) -> pa.Schema:
    """A table's schema with the column `properties`: what was last known of the customer, a text per property.

    The column is a struct with one field per property, so `properties.device = 'mobile'` picks rows; without properties
    there is no such column.
    """
    if not properties:
        return schema
    kind = pa.struct([pa.field(name, pa.string()) for name in properties])
    return schema.append(pa.field("properties", kind, metadata={"about": "what was last known of the customer"}))


# One row per moment, event and event that came next among the steps of its occurrences, and per moment, last event and
# outcome of those that no event ended; and the same over all events of a customer, with no moment.
FLOW_SCHEMA = pa.schema(
    [
        pa.field("moment", WORD, metadata={"about": "the moment's name; null for all events of a customer"}),
        pa.field("event", WORD, metadata={"about": "an event's name"}),
        pa.field("next", WORD, metadata={"about": "name of the event that came next; null where none did"}),
        pa.field("outcome", WORD, metadata={"about": "how the occurrence ended at this step; null where it went on"}),
        pa.field("count", pa.int64(), metadata={"about": "how often"}),
        pa.field("p10_seconds", pa.float64(), metadata={"about": "10th percentile of the time between, to a tenth"}),
        pa.field("p50_seconds", pa.float64(), metadata={"about": "median time between, to a tenth of itself"}),
        pa.field("p90_seconds", pa.float64(), metadata={"about": "90th percentile of the time between, to a tenth"}),
        pa.field("p95_seconds", pa.float64(), metadata={"about": "95th percentile of the time between, to a tenth"}),
        pa.field("mean_seconds", pa.float64(), metadata={"about": "mean time between"}),
    ]
)
