"""Stories of customers in words, and the hosts that are told them; the tests of the signals share both.

A story is a list of lines, an event each: `2s click page=/cart element=pay`. The first word is when: a span since the
beginning, `0s+250ms*4` for four events a quarter of a second apart. `who=bob` names another customer, `@3d` is an
instant three days after the beginning.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from momentwise.define.evaluate import FieldValue, Kind
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.moment import Moment, Trigger
from momentwise.define.occurrence import Signal
from momentwise.define.playbook import Playbook
from momentwise.define.reading_signals import standard_signals
from momentwise.define.signal import Limits, SignalRule, SignalSettings
from momentwise.define.span import DAY_US, parse_span
from momentwise.detect.cases import Case
from momentwise.detect.conformance import Host, compiled_host, reference_host, single_event_host
from momentwise.detect.reference_limits import learn_limits

# What a log's columns are, besides the named fields: places on the screen are numbers.
KINDS: dict[str, Kind] = {**FIELD_KINDS, "y": "number", "viewport_height": "number"}

BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEGINNING_US = int(BEGINNING.timestamp()) * 1_000_000

CHECKOUT = Moment(
    name="check-out",
    intent="buy",
    stage="decision",
    archetype="friction",
    start=(Trigger(("checkout_started",)),),
    complete=(Trigger(("order_placed",)),),
)
EVERYTHING = Playbook((CHECKOUT,), standard_signals())

_WHEN = re.compile(r"(?P<at>[^+*]+)(\+(?P<step>[^*]+)\*(?P<times>\d+))?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def tell(lines: Iterable[str]) -> list[Event]:
    """The events that a story's lines say, in the order in which they stand."""
    events: list[Event] = []
    for line in lines:
        for event in _tell_line(line):
            events.append(msgspec.structs.replace(event, arrival=len(events)))
    return events


def _tell_line(line: str) -> Iterator[Event]:
    when, name, *words = shlex.split(line)
    match = _WHEN.fullmatch(when)
    assert match, line
    fields = {key: _value(text) for key, text in (word.split("=", 1) for word in words)}
    who = str(fields.pop("who", "ann"))
    for number in range(int(match["times"] or 1)):
        at = parse_span(match["at"]) + number * parse_span(match["step"] or "0s")
        yield Event(who, BEGINNING_US + at, name, dict(fields))


def _value(text: str) -> FieldValue:
    if text in ("true", "false"):
        return text == "true"
    if text.startswith("@"):
        return (BEGINNING + timedelta(microseconds=parse_span(text[1:]))).isoformat()
    return float(text) if _NUMBER.fullmatch(text) else text


HOSTS: list[Host] = [reference_host, single_event_host, compiled_host]


def find(
    lines: Iterable[str],
    *,
    playbook: Playbook = EVERYTHING,
    end: str = "",
    limits: Limits | None = None,
    host: Host = reference_host,
) -> list[Signal]:
    """The signals of a story, times counted from its beginning.

    Args:
        lines: The story.
        playbook: What to look for.
        end: When the data end; a year after the last event where nothing is said.
        limits: What was learned; what the story itself teaches where nothing is said.
        host: Who looks.
    """
    events = tell(lines)
    last = max((event.at for event in events), default=BEGINNING_US)
    data_end = BEGINNING_US + parse_span(end) if end else last + 365 * DAY_US
    learned = learn_limits(playbook, events, KINDS)
    if limits is not None:
        learned = msgspec.structs.replace(limits, silent=learned.silent | limits.silent)
    return [
        msgspec.structs.replace(signal, at=signal.at - BEGINNING_US, ended_at=signal.ended_at - BEGINNING_US)
        for signal in host(Case(0, playbook, events, data_end, learned, kinds=KINDS))[1]
    ]


def only(*rules: SignalRule) -> Playbook:
    """A playbook with some rules and nothing else that could add to them."""
    return Playbook((CHECKOUT,), SignalSettings(rules=rules, friction=msgspec.structs.replace(_FRICTION, limit=0)))


_FRICTION = standard_signals().friction
