"""Instants: whole microseconds since 1970-01-01T00:00Z inside, ISO 8601 outside.

Nothing here reads a clock or a time zone of the machine; a text without a zone is UTC unless the caller says otherwise.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The one form that a field's text may have to be compared as an instant. Batch and live hold texts to this same
# pattern before they convert, since every engine's own parser is lenient in its own way.
ISO_PATTERN = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?(Z|[+-]\d{2}(:?\d{2})?)?"
_ISO = re.compile(ISO_PATTERN)


def parse_instant(text: str) -> int | None:
    """Microseconds since the epoch that an ISO 8601 text says; `None` where it says none.

    Example:
        >>> parse_instant("1970-01-01T00:00:01Z"), parse_instant("soon")
        (1000000, None)
    """
    if not _ISO.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return to_micros(found)


def to_micros(when: datetime) -> int:
    """Microseconds since the epoch of an aware instant, exact."""
    return (when - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The aware UTC instant of so many microseconds since the epoch, exact."""
    return EPOCH + timedelta(microseconds=micros)


def format_instant(micros: int) -> str:
    """The instant for people, to the second, in UTC.

    Example:
        >>> format_instant(0)
        '1970-01-01 00:00:00'
    """
    return f"{from_micros(micros):%Y-%m-%d %H:%M:%S}"
