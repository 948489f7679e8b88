"""The event: one thing that a customer or the company did, at a time, on a channel."""

from __future__ import annotations

from typing import Literal

import msgspec

from momentwise.define.evaluate import FieldValue, Kind

Channel = Literal[
    "web",
    "app",
    "chat",
    "email",
    "voice",
    "agent",
    "social",
    "review",
    "survey",
    "backend",
    "physical",
]
CHANNELS: tuple[str, ...] = Channel.__args__  # type: ignore[attr-defined]  # a Literal's words

# The named fields of every event, besides its free properties, and what each is.
FIELD_KINDS: dict[str, Kind] = {
    "id": "text",
    "customer": "text",
    "at": "instant",
    "event": "text",
    "channel": "text",
    "key": "text",
    "session": "text",
    "text": "text",
    "duration": "number",  # seconds
    "amount": "number",  # in the currency's main unit
    "score": "number",
}


class Event(msgspec.Struct, frozen=True):
    """One event.

    Args:
        customer: Who; never empty.
        at: Event time, microseconds since 1970-01-01T00:00Z.
        event: What happened, one name.
        fields: Every further field by name: those of `FIELD_KINDS` and free properties.
        arrival: Place in the order of arrival; it breaks ties of event time.
    """

    customer: str
    at: int
    event: str
    fields: dict[str, FieldValue] = msgspec.field(default_factory=dict)
    arrival: int = 0

    def __post_init__(self) -> None:
        """An event without a customer or a name is none."""
        assert self.customer, "an event has a customer"
        assert self.event, "an event has a name"

    def read(self) -> dict[str, FieldValue]:
        """All fields by name, the named ones included, as conditions read them."""
        return {**self.fields, "customer": self.customer, "at": self.at, "event": self.event}
