"""Map against reality: what happens often and is in no moment, what a moment names and never arrives, and who asked for it.

The map is the playbook: stage, moment, touchpoint (the name of an event that a trigger waits for). Reality is what the data
hold: the names of events, and in the table `flow` which of them follow one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, Split, Where
from momentwise.define.moment import Moment
from momentwise.define.span import DAY_US
from momentwise.rank.contrasts import FEWEST, share_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_number, read_whole
from momentwise.rank.phrases import say_label, say_span
from momentwise.rank.queries import of_moment

# Gestures: what customers do with a screen all the time. They are the ink of the map and no place on it.
GESTURES = frozenset(
    "page_viewed page_view page_loaded page_left screen_view click tap scroll reaction mutation request request_started "
    "request_finished field_focused field_changed field_edited field_left field_refused validation_failed form_left form_sent "
    "control_opened control_closed dialog_opened dialog_closed accordion_toggled selection_changed focus_changed "
    "visibility_changed answer_shown results_shown no_results_shown why_shown js_error file_chosen choice_shown choice_made".split()
)

# Frequent: at least so many, and so many of all events that are no gestures.
LEAST_EVENTS, LEAST_SHARE = FEWEST, 0.005

# Two events belong together where the rarer one is followed or led by the other one so often.
LEAST_TIES = 0.2
MOST_CLUSTERS = 5

ROLES = ("start", "complete", "escalate", "fail", "understood", "confused")

# Who says that they have this need, before or while they have it.
SOURCES = ("search queries", "help-centre logs", "chat transcripts", "agent notes")
_CHATS = ("chat_message", "chat_started")
_NOTES = ("call_noted", "agent_noted", "note_added", "agent_note")
BEFORE_US = DAY_US


class Touchpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a moment waits for.

    Args:
        stage: Of the moment.
        moment: Its name.
        event: The event's name.
        roles: What it does there: start, complete, escalate, fail, understood or confused.
        count: How many such events arrived.
        sources: The sources that they came from.
    """

    stage: str
    moment: str
    event: str
    roles: tuple[str, ...]
    count: int
    sources: tuple[str, ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether there are any."""
        return self.count > 0


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the map is instrumented: every touchpoint, in the order of the playbook."""

    touchpoints: tuple[Touchpoint, ...]

    @property
    def arriving(self) -> int:
        """How many touchpoints have events."""
        return sum(one.arrives for one in self.touchpoints)

    @property
    def share(self) -> float | None:
        """Of all touchpoints; `None` where the map is empty."""
        return self.arriving / len(self.touchpoints) if self.touchpoints else None

    @property
    def missing(self) -> tuple[Touchpoint, ...]:
        """The touchpoints whose events never arrive."""
        return tuple(one for one in self.touchpoints if not one.arrives)


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """How often customers who had a moment said before or during it that they need it, by one of `SOURCES`."""

    moment: str
    source: str
    count: Estimate


def measure_coverage(evidence: Evidence) -> Coverage:
    """Every touchpoint of every moment, with how many of its events arrive."""
    found = []
    for moment in evidence.moments:
        roles: dict[str, list[str]] = {}
        for role in ROLES:
            for trigger in getattr(moment, role):
                for event in trigger.events:
                    roles.setdefault(event, []).append(role)
        for event, own in roles.items():
            found.append(
                Touchpoint(
                    stage=moment.stage,
                    moment=moment.name,
                    event=event,
                    roles=tuple(dict.fromkeys(own)),
                    count=evidence.events.get(event, 0),
                    sources=tuple(evidence.event_sources.get(event, ())),
                )
            )
    return Coverage(touchpoints=tuple(found))


def count_demand(evidence: Evidence) -> list[Demand]:
    """Per moment one of each source: what its customers said from a day before its start until its end, with the rows."""
    rules = [evidence.signals.rule(name) for name in ("repeated_search", "contact_after_self_service")]
    searches, helps = (
        tuple(sorted({event for trigger in rule.first for event in trigger.events})) if rule else () for rule in rules
    )
    asked = {
        "search queries": ("words", searches),
        "help-centre logs": ("exposures", helps),
        "chat transcripts": ("words", _CHATS),
        "agent notes": ("words", _NOTES),
    }
    counts = _count_said(evidence, asked)
    found = []
    for moment in evidence.moments:
        for source in SOURCES:
            table, events = asked[source]
            n = counts.get((moment.name, source), 0)
            rows, said = f"{_named(events)} AND {_during(moment, table)}", float(n * evidence.parts)
            found.append(
                Demand(moment=moment.name, source=source, count=Estimate(said, n, "count", rows=rows, table=table))
            )
    return found


def _count_said(evidence: Evidence, asked: Mapping[str, tuple[str, tuple[str, ...]]]) -> dict[tuple[str, str], int]:
    """How many rows of each source lie in each moment; one pass per table that holds any."""
    found: dict[tuple[str, str], int] = {}
    for table in ("words", "exposures"):
        own = {source: events for source, (of, events) in asked.items() if of == table and events}
        every = tuple(event for events in own.values() for event in events)
        if not every or not evidence.ask(f"FROM {table} WHERE {_named(every)} LIMIT 1"):
            continue
        cases = " ".join(f"WHEN {_named(events)} THEN {quote(source)}" for source, events in own.items())
        rows = evidence.ask(
            f'SELECT moment, source, count(*) FROM (SELECT DISTINCT o.moment, t.place, t.source FROM (SELECT customer, "at", '
            f"CASE {cases} END AS source, row_number() OVER () AS place FROM {table} WHERE {_named(every)}) AS t "
            f"JOIN occurrences AS o ON o.customer = t.customer AND {_around('t')}) GROUP BY ALL"
        )
        found |= {(str(moment), str(source)): read_whole(n) for moment, source, n in rows}
    return found


def _named(events: Sequence[str]) -> str:
    return f"event IN ({', '.join(map(quote, events))})" if events else "false"


def _around(table: str) -> str:
    at = f'epoch_us({table}."at")'
    return f'{at} >= epoch_us(o.started_at) - {BEFORE_US} AND (o.ended_at IS NULL OR {table}."at" <= o.ended_at)'


def _during(moment: Moment, table: str) -> str:
    return (
        f'(customer, "at") IN (SELECT t.customer, t."at" FROM {table} AS t JOIN occurrences AS o '
        f"ON o.customer = t.customer AND {_around('t')} WHERE o.{of_moment(moment.name)})"
    )


def find_unmapped(evidence: Evidence) -> list[Finding]:
    """One finding per group of frequent events that follow one another and are in no moment: observed, not mapped."""
    counts = _unmapped(evidence)
    if not counts:
        return []
    paths = _paths(evidence, counts)
    groups = _group(counts, paths)
    groups.sort(key=lambda group: (-sum(counts[event] for event in group), group))
    return [_finding(evidence, group, counts, paths) for group in groups[:MOST_CLUSTERS]]


def _unmapped(evidence: Evidence) -> dict[str, int]:
    """Frequent events that no trigger names, with how many; gestures and what signals begin with are none."""
    mapped = {event for moment in evidence.moments for trigger in moment.triggers for event in trigger.events}
    if any(not trigger.events for moment in evidence.moments for trigger in moment.triggers):
        return {}  # a trigger that takes any event maps them all
    watched = {event for rule in evidence.signals.rules for trigger in rule.first for event in trigger.events}
    own = {event: n for event, n in evidence.events.items() if event not in GESTURES}
    least = max(LEAST_EVENTS, LEAST_SHARE * sum(own.values()))
    return {event: n for event, n in own.items() if n >= least and event not in mapped and event not in watched}


Paths = dict[tuple[str, str], tuple[int, float]]


def _paths(evidence: Evidence, counts: Mapping[str, int]) -> Paths:
    """How often one of these events directly follows another, and after how many seconds in the middle."""
    listed = ", ".join(map(quote, counts))
    rows = evidence.ask(
        f"SELECT event, next, sum(count)::BIGINT, max(p50_seconds) FROM flow WHERE moment IS NULL AND event IN ({listed}) "
        f"AND next IN ({listed}) AND event <> next GROUP BY ALL ORDER BY 3 DESC, event, next"
    )
    return {
        (str(event), str(following)): (read_whole(n), read_number(half) or 0.0) for event, following, n, half in rows
    }


def _group(counts: Mapping[str, int], paths: Paths) -> list[tuple[str, ...]]:
    """Events that are tied together by frequent paths, each group in the order of the paths, then of frequency."""
    leader = {event: event for event in counts}

    def lead(event: str) -> str:
        while leader[event] != event:
            event = leader[event]
        return event

    for (event, following), (n, _) in paths.items():
        if n >= LEAST_TIES * min(counts[event], counts[following]):
            leader[lead(following)] = lead(event)
    groups: dict[str, list[str]] = {}
    for event in counts:
        groups.setdefault(lead(event), []).append(event)
    return [_in_order(group, counts, paths) for group in groups.values()]


def _in_order(group: Sequence[str], counts: Mapping[str, int], paths: Paths) -> tuple[str, ...]:
    """The events of a group, what leads before what follows."""

    def leads(event: str) -> int:
        after = sum(n for (one, other), (n, _) in paths.items() if one == event and other in group)
        before = sum(n for (one, other), (n, _) in paths.items() if other == event and one in group)
        return before - after

    return tuple(sorted(group, key=lambda event: (leads(event), -counts[event], event)))


def _finding(evidence: Evidence, group: tuple[str, ...], counts: Mapping[str, int], paths: Paths) -> Finding:
    total = sum(counts[event] for event in group)
    everything = sum(n for event, n in evidence.events.items() if event not in GESTURES)
    listed = ", ".join(map(quote, group))
    rows = f"moment IS NULL AND event IN ({listed})"
    said = " → ".join(f"'{say_label(event)}'" for event in group)
    parts = tuple(
        (
            say_label(event),
            Estimate(
                float(counts[event]),
                counts[event],
                "count",
                rows=f"moment IS NULL AND event = {quote(event)}",
                table="flow",
            ),
        )
        for event in group
    )
    return Finding(
        id=f"unmapped/{'+'.join(group)}",
        moment="",
        kind="unmapped",
        title=f"Observed, not mapped: {said} happened {total:,} times, and no moment knows of it.",
        detail=_ways(group, paths),
        estimate=share_of(total, everything, rows, "flow"),
        people=0,
        grade="C",
        grade_reason="Counted in your own events. Whether it matters to customers is for you to say.",
        sources=("behaviour",),
        standing="observed",
        standing_reason="It is missing from the map; that says nothing of harm.",
        where=Where(step=group[0]),
        splits=(Split(title="How often each happened", parts=parts),),
        next_step="Declare a moment for it, or add its events to the one that it belongs to.",
    )


def _ways(group: Sequence[str], paths: Paths) -> str:
    """The paths inside a group as sentences."""
    inside = [(one, other, *how) for (one, other), how in paths.items() if one in group and other in group]
    return " ".join(
        f"'{say_label(one)}' was followed by '{say_label(other)}' {n:,} times, after {say_span(half)} in the middle."
        for one, other, n, half in inside[:3]
    )
