"""What the report says beside the moments: facts of the run, of each source, and the signals that were seen.

Values only; `loop` fills them in, `charts.report` shows them.
"""

from __future__ import annotations

import msgspec

from momentwise.define.finding import Estimate


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from one source and what was set aside.

    Args:
        name: As the mapping calls it.
        rows: Rows read.
        events: Events that they became, duplicates and rejected ones left out.
        rejected: Rows set aside, by reason.
        files: Where it was read from, as the user wrote it.
        note: One sentence that a reader should know, as in "times without a zone were read as UTC".
    """

    name: str
    rows: int
    events: int
    rejected: dict[str, int] = {}
    files: tuple[str, ...] = ()
    note: str = ""


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one audit looked at and how it was run.

    Args:
        title: The playbook's name as people say it.
        customers: Customers with at least one event.
        events: Events, duplicates and rejected ones left out.
        duplicates: Events that came more than once; each counts once.
        sources: Every source, in the order of the mapping.
        first_at: Event time of the first event, microseconds since the epoch; `None` without events.
        last_at: Event time of the last event.
        as_of: The instant up to which the data count as complete; what had not ended by then is open.
        event_names: Event names with their counts, most frequent first; the report names the first few.
        starts: Per moment, what must come for it to start, in words; used where a moment never started.
        seconds: Stage of the run and its seconds, in order.
        versions: Program and library versions.
        command: What was typed.
    """

    title: str
    customers: int
    events: int
    duplicates: int = 0
    sources: tuple[SourceFacts, ...] = ()
    first_at: int | None = None
    last_at: int | None = None
    as_of: int | None = None
    event_names: tuple[tuple[str, int], ...] = ()
    starts: dict[str, str] = {}
    seconds: tuple[tuple[str, float], ...] = ()
    versions: dict[str, str] = {}
    command: str = ""


class SignalPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where one kind of signal was seen.

    Args:
        page: The page; empty where the events carry none.
        element: The element on it; empty where the events carry none.
        count: How many signals; `unit` is count, `table` is signals.
        people: Customers.
    """

    page: str
    element: str
    count: Estimate
    people: int


class SignalSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How often one kind of signal was seen, and where.

    Args:
        signal: Its kind, as in `rage_click`.
        about: What it is, one plain sentence; empty for the report's own words.
        count: How many; `unit` is count, `table` is signals.
        people: Customers.
        places: Pages and elements, most frequent first; the report shows the first ten.
    """

    signal: str
    about: str = ""
    count: Estimate
    people: int
    places: tuple[SignalPlace, ...] = ()
