"""Of very many customers some are read: which ones, and what that does to what is found.

A customer is in the sample or not by a hash of the name, so that every table holds all or nothing of a customer.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from momentwise.define.finding import Estimate, Finding

T = TypeVar("T")

# More occurrences than this are read in parts; see docs/decisions/0010-sampled-findings.md.
MOST_READ = 500_000
_TABLES = ("occurrences", "signals", "scores")


def count_parts(occurrences: int) -> int:
    """Of how many parts of the customers one is read.

    Example:
        >>> count_parts(500_000), count_parts(500_001)
        (1, 2)
    """
    return max(1, -(-occurrences // MOST_READ))


def sampled(parts: int) -> str:
    """The SQL condition that picks the customers of the part that is read."""
    return f"hash(customer) % {parts} = 0" if parts > 1 else "true"


def scale_finding(finding: Finding, parts: int) -> Finding:
    """A finding of the sample: its people are scaled up, and its rows are those of the sample."""
    if parts == 1:
        return finding
    return msgspec.structs.replace(narrow(finding, parts), people=finding.people * parts, parts=parts)


def narrow(value: T, parts: int) -> T:
    """A value in which the rows of every estimate are those of the sample."""
    if parts == 1:
        return value
    if isinstance(value, Estimate):
        if value.table not in _TABLES or sampled(parts) in value.rows:
            return value
        return msgspec.structs.replace(value, rows=f"({value.rows}) AND {sampled(parts)}")
    if isinstance(value, msgspec.Struct):
        fields = {name: narrow(getattr(value, name), parts) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, tuple):
        return tuple(narrow(part, parts) for part in value)  # type: ignore[return-value]  # a tuple of the same kinds
    return value
