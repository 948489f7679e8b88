"""Spans of time as people write them (`30d`, `1h30m`, `500ms`) and as the engine counts them: whole microseconds."""

from __future__ import annotations

import re

from momentwise.errors import DefinitionError

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

UNITS_US = {
    "ms": 1_000,
    "s": SECOND_US,
    "m": MINUTE_US,
    "h": HOUR_US,
    "d": DAY_US,
    "w": 7 * DAY_US,
}

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")

# A span is added to an instant in 64-bit microseconds; 1,000 years keep every sum far from overflow.
LONGEST_US = 1_000 * 365 * DAY_US


def parse_span(text: str) -> int:
    """The span in microseconds.

    Args:
        text: One or more numbers with a unit: `ms`, `s`, `m` (minutes), `h`, `d` (24 hours) or `w`.

    Raises:
        DefinitionError: The text is no span, or is longer than 1,000 years.

    Example:
        >>> parse_span("1h30m")
        5400000000
    """
    compact = text.strip().lower()
    total = sum(float(number) * UNITS_US[unit] for number, unit in _PART.findall(compact))
    if not compact or _PART.sub("", compact).strip():
        raise DefinitionError(
            f"'{text}' is not a span of time.",
            right="Write a number and a unit, as in 30d, 12h, 90m, 45s or 500ms.",
        )
    if total > LONGEST_US:
        raise DefinitionError(f"'{text}' is longer than 1,000 years.", right="Choose a shorter span.")
    return round(total)


def format_span(span_us: float) -> str:
    """The span in the one or two largest units that say it, for people.

    Example:
        >>> format_span(5_400_000_000), format_span(10.127 * DAY_US), format_span(0)
        ('1h 30m', '10.1 days', '0s')
    """
    seconds = span_us / SECOND_US
    if seconds < 0:
        return "-" + format_span(-span_us)
    if seconds < 10:
        return f"{seconds:.2g}s"
    if seconds < 90:
        return f"{seconds:.0f}s"
    if seconds < 90 * 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}m {rest}s" if rest else f"{minutes}m"
    if seconds < 48 * 3600:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours}h {rest}m" if rest else f"{hours}h"
    return f"{seconds / 86400:.1f} days"


def write_span(span_us: int) -> str:
    """The span as a playbook writes it, in the largest single unit that is exact.

    Example:
        >>> write_span(30 * DAY_US), write_span(90 * MINUTE_US)
        ('30d', '90m')
    """
    for unit in ("d", "h", "m", "s", "ms"):
        if span_us % UNITS_US[unit] == 0:
            return f"{span_us // UNITS_US[unit]}{unit}"
    return f"{span_us / 1000}ms"
