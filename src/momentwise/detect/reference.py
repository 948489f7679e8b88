"""What the moments of a playbook mean, in the slowest and most obvious code; every host of the pass is held to it.

It walks one customer and one moment at a time, keeps whole events and looks back over them, so that each sentence of
the meaning stands in one place. It shares nothing with `automaton` but the nouns. What signals mean stands in
`reference_signals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from momentwise.define.evaluate import Kind, matches, read_text
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.moment import Moment, Outcome, Trigger
from momentwise.define.occurrence import RETURNING_US, Occurrence
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import write_predicate

Kinds = Mapping[str, Kind]


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events of all customers by event time, then by arrival."""
    return sorted(events, key=lambda event: (event.at, event.arrival))


def by_customer(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Each customer's events, in order."""
    found: dict[str, list[Event]] = {}
    for event in in_order(events):
        found.setdefault(event.customer, []).append(event)
    return found


def fulfils(trigger: Trigger, event: Event, kinds: Kinds = FIELD_KINDS) -> bool:
    """Whether an event is one of the trigger's names and fulfils its condition."""
    named = not trigger.events or event.event in trigger.events
    return named and matches(trigger.where, event.read(), kinds)


@dataclass
class _Running:
    """An occurrence that is not final yet.

    Args:
        moment: The version by whose rules it runs.
        key: Its key.
        start: The event that opened it.
        steps: The events after the start that reached it while it was open.
        is_over: Whether `abandon_after` has passed, so that only an escalation can still turn it.
        said: What the customer said about understanding.
        retries: Starts that came again.
    """

    moment: Moment
    key: str | None
    start: Event
    steps: list[Event] = field(default_factory=list)
    is_over: bool = False
    said: str | None = None
    retries: int = 0


def detect_occurrences(
    playbook: Playbook,
    events: Iterable[Event],
    data_end: int,
    kinds: Kinds = FIELD_KINDS,
    properties: tuple[str, ...] = (),
) -> list[Occurrence]:
    """Every occurrence of every moment.

    Args:
        playbook: The moments.
        events: In any order; no event twice.
        data_end: The instant up to which the events are complete, microseconds.
        kinds: What the events' fields are.
        properties: The fields whose last known value an occurrence tells.

    Returns:
        Occurrences sorted by customer, moment, version, key and start.
    """
    families: dict[str, list[Moment]] = {}
    for moment in playbook.moments:
        families.setdefault(moment.name, []).append(moment)
    found: list[Occurrence] = []
    for history in by_customer(events).values():
        for versions in families.values():
            walked = _walk(versions, history, playbook.signals.errors, data_end, kinds)
            found.extend(_with_past(one, start, history, properties) for one, start in walked)
    return sorted(found, key=lambda o: (o.customer, o.moment, o.version, o.key or "", o.started_at))


def _walk(
    versions: Sequence[Moment], history: Sequence[Event], errors: tuple[str, ...], data_end: int, kinds: Kinds
) -> Iterator[tuple[Occurrence, Event]]:
    """One customer's history, with the events that started its occurrences, through all versions of one moment."""
    running: list[_Running] = []
    for event in history:
        yield from _let_time_pass(running, event.at, errors)
        for one in [one for one in running if _reaches(event, one)]:
            if not one.is_over:
                one.steps.append(event)
                _mark(one, event, kinds)
            ended = _ending(one, event, kinds)
            if ended is not None:
                running.remove(one)
                yield _close(one, ended[0], ended[1], event, errors)
            elif not one.is_over and any(fulfils(t, event, kinds) for t in one.moment.start):
                one.retries += 1
        for version in versions:
            yield from _open(version, versions, event, running, errors, kinds)
    yield from _let_time_pass(running, data_end, errors)
    for one in running:
        yield _close(one, "open", None, None, errors)


def _let_time_pass(running: list[_Running], now: int, errors: tuple[str, ...]) -> Iterator[tuple[Occurrence, Event]]:
    """A deadline is passed when the clock is beyond it; at the deadline itself there is still time."""
    for one in list(running):
        waited = now - one.start.at
        if waited > one.moment.abandon_after_us:
            one.is_over = True
        if waited > one.moment.final_after_us:
            running.remove(one)
            yield _close(one, "abandoned", None, None, errors)


def _key(moment: Moment, event: Event) -> str | None:
    return read_text(event.read().get(moment.by)) if moment.by else None


def _reaches(event: Event, one: _Running) -> bool:
    """An event reaches an occurrence of its key; one that carries no key reaches all of the customer's."""
    key = _key(one.moment, event)
    return key is None or key == one.key


def _mark(one: _Running, event: Event, kinds: Kinds) -> None:
    waited = event.at - one.start.at
    for said, triggers in (("understood", one.moment.understood), ("confused", one.moment.confused)):
        if any(_in_time(t, waited) and fulfils(t, event, kinds) for t in triggers):
            one.said = said


def _in_time(trigger: Trigger, waited: int) -> bool:
    return trigger.within_us is None or waited <= trigger.within_us


def _ending(one: _Running, event: Event, kinds: Kinds) -> tuple[Outcome, str] | None:
    """The outcome and its name, if the event ends the occurrence: complete before escalate before fail."""
    waited = event.at - one.start.at
    for outcome, triggers in one.moment.ends:
        if one.is_over and outcome != "escalated":
            continue
        for trigger in triggers:
            if _in_time(trigger, waited) and fulfils(trigger, event, kinds):
                return outcome, _ending_name(trigger, event)
    return None


def _ending_name(trigger: Trigger, event: Event) -> str:
    if trigger.label:
        return trigger.label
    if trigger.events:
        return event.event
    return write_predicate(trigger.where) if trigger.where else "any event"


def _open(
    version: Moment,
    versions: Sequence[Moment],
    event: Event,
    running: list[_Running],
    errors: tuple[str, ...],
    kinds: Kinds,
) -> Iterator[tuple[Occurrence, Event]]:
    """A start opens an occurrence under the version of its time, unless one that it reaches is open."""
    if _version_at(versions, event.at) is not version:
        return
    if not any(fulfils(trigger, event, kinds) for trigger in version.start):
        return
    if any(_reaches(event, one) and not one.is_over for one in running):
        return
    key = _key(version, event)
    for one in [one for one in running if one.key == key]:
        running.remove(one)
        yield _close(one, "abandoned", None, None, errors)
    running.append(_Running(version, key, event))


def _version_at(versions: Sequence[Moment], at: int) -> Moment | None:
    current = None
    for version in versions:
        if version.since_us is None or at >= version.since_us:
            current = version
    return current


def _close(
    one: _Running, outcome: Outcome, ending: str | None, last: Event | None, errors: tuple[str, ...]
) -> tuple[Occurrence, Event]:
    """The finished record of an occurrence, counted from its events, and the event that started it."""
    steps = one.steps if last is None or last in one.steps else [*one.steps, last]
    path = [one.start, *steps]
    channels = {str(event.fields["channel"]) for event in path if read_text(event.fields.get("channel"))}
    waits = [after.at - before.at for before, after in pairwise(path)]
    # An escalation that comes after the abandonment is a step, but no error that was met on the way.
    closed = Occurrence(
        customer=one.start.customer,
        moment=one.moment.name,
        version=one.moment.version,
        key=one.key,
        started_at=one.start.at,
        ended_at=None if outcome == "open" else path[-1].at,
        outcome=outcome,
        ending=ending,
        steps=len(steps),
        retries=one.retries,
        errors=sum(event.event in errors for event in one.steps),
        channels=tuple(sorted(channels)),
        longest_wait=max(waits, default=0),
        comprehension=one.said,
        last_step=path[-1].event,
    )
    return closed, one.start


def _with_past(one: Occurrence, start: Event, history: Sequence[Event], properties: tuple[str, ...]) -> Occurrence:
    """The occurrence with what was known of the customer when it started, the event that started it included."""
    known: dict[str, str] = {}
    for event in history:
        known |= {name: text for name in properties if (text := read_text(event.read().get(name))) is not None}
        if event is start:
            break
    return msgspec.structs.replace(
        one,
        is_returning=one.started_at - history[0].at > RETURNING_US,
        properties=tuple((name, known[name]) for name in properties if name in known),
    )
