"""Random definitions and random streams for the conformance suite, drawn to be nasty.

Many ties of event time, exact deadlines, events that arrive out of order, events without a key, versions that change in
the middle, rules of every shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import msgspec

from momentwise.define.evaluate import Kind
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.instant import from_micros
from momentwise.define.moment import Moment, Trigger
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import parse_predicate
from momentwise.define.signal import (
    SHAPES,
    FrictionSettings,
    Learned,
    Limits,
    Part,
    Shape,
    SignalRule,
    SignalSettings,
)
from momentwise.define.span import DAY_US, MINUTE_US, SECOND_US

_NAMES = ("a", "b", "c", "d", "error", "click")
_CHANNELS = (None, "web", "app", "chat", "voice")
_CONDITIONS = (
    "amount > 1",
    "amount <= 1 and channel = 'web'",
    "channel in ['app', 'chat'] or amount is missing",
    "not (channel = 'web')",
    "text contains 'Yes'",
)
_PAGES = ("/cart", "/pay", "/home")
_STEP_US = SECOND_US // 2
_BLANK = Moment(name="blank", intent="do", stage="decision", archetype="friction", start=(), complete=())


@dataclass(frozen=True)
class Case:
    """One playbook and one stream.

    Args:
        seed: Draws the same case again.
        playbook: Some moments.
        events: In order of arrival.
        data_end: The instant up to which the stream is complete.
        limits: What was learned, if anything was.
        properties: Fields that are kept of a customer.
        kinds: What the events' fields are.
    """

    seed: int
    playbook: Playbook
    events: list[Event]
    data_end: int
    limits: Limits = field(default_factory=Limits)
    properties: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=lambda: FIELD_KINDS)


def draw_case(seed: int) -> Case:
    """The case of a seed: up to four moments, some in two versions, and some tens of events of three customers."""
    random = Random(seed)
    moments = [moment for number in range(random.randint(1, 4)) for moment in _draw_moment(random, number)]
    playbook = Playbook(tuple(moments), _draw_signals(random))
    length = random.choice((0, 3, 12, 25, 40))
    clicks = ("click",) * random.choice((1, 1, 12))
    events = [_draw_event(random, arrival, clicks) for arrival in range(length)]
    if random.random() < 0.05:
        # So many keys of one customer that more wait than are kept.
        crowd = [_draw_event(random, length + number, clicks) for number in range(80)]
        events += [
            msgspec.structs.replace(one, customer="ana", fields={**one.fields, "order": str(number)})
            for number, one in enumerate(crowd)
        ]
        playbook = msgspec.structs.replace(playbook, signals=_told_apart(playbook.signals))
    if random.random() < 0.2:
        # Visits of several hours and days, beside those of seconds.
        shifts = [random.choice((0, 0, 40 * MINUTE_US, 2 * DAY_US)) for _ in events]
        events = [msgspec.structs.replace(e, at=e.at + shift) for e, shift in zip(events, shifts, strict=True)]
    random.shuffle(events)
    events = [msgspec.structs.replace(event, arrival=arrival) for arrival, event in enumerate(events)]
    latest = max((event.at for event in events), default=0)
    return Case(
        seed,
        playbook,
        events,
        latest + random.choice((0, 0, 1, 4, 40)) * _STEP_US,
        _draw_limits(random, playbook.signals.rules),
        random.choice(((), ("device",), ("device", "session"))),
    )


def _draw_moment(random: Random, number: int) -> list[Moment]:
    by = random.choice((None, None, "order", "session"))
    versions = []
    for version in range(1, random.choice((1, 1, 1, 2)) + 1):
        abandon = random.randint(1, 10) * _STEP_US
        roles = {
            role: _draw_triggers(random, least, abandon if role != "start" else None)
            for role, least in (
                ("start", 1),
                ("complete", 1),
                ("escalate", 0),
                ("fail", 0),
                ("understood", 0),
                ("confused", 0),
            )
        }
        if random.random() < 0.4:
            roles["escalate"] = (Trigger(("d",), None, abandon + random.randint(1, 8) * _STEP_US),)
        since = random.randint(3, 18) * _STEP_US if version > 1 else None
        stage = random.choice(("decision", "retention"))
        base = msgspec.structs.replace(
            _BLANK, stage=stage, name=f"moment-{number}", version=version, since_us=since, by=by
        )
        versions.append(msgspec.structs.replace(base, abandon_after_us=abandon, **roles))
    return versions


def _draw_triggers(random: Random, least: int, longest: int | None) -> tuple[Trigger, ...]:
    triggers = []
    for _ in range(random.choice((least, least, 1, 2))):
        names = tuple(random.sample(_NAMES, random.choice((1, 1, 1, 2))))
        where = parse_predicate(random.choice(_CONDITIONS)) if random.random() < 0.3 else None
        if where is not None and random.random() < 0.2:
            names = ()
        within = None
        if longest is not None and random.random() < 0.5:
            within = random.randint(0, longest // _STEP_US) * _STEP_US
        triggers.append(Trigger(names, where, within, random.choice(("", "", "one", "two"))))
    return tuple(triggers)


def _draw_signals(random: Random) -> SignalSettings:
    errors = random.choice((("error",), ("error", "c"), ()))
    known: list[Shape] = list(SHAPES)  # type: ignore[arg-type]  # the words of the Literal
    shapes = random.sample(known, random.choice((0, 1, 2, 4, 10)))
    rules = tuple(_draw_rule(random, number, shape) for number, shape in enumerate(shapes))
    friction = FrictionSettings(half_life_us=random.choice((1, 4, 40)) * _STEP_US, limit=random.choice((0, 1.5, 3)))
    return SignalSettings(rules=rules, errors=errors, friction=friction)


def _told_apart(signals: SignalSettings) -> SignalSettings:
    """The rules with a wait for each order, so long that many go on side by side."""
    longer = (msgspec.structs.replace(rule, by="order", within_us=4 * rule.within_us) for rule in signals.rules)
    return msgspec.structs.replace(signals, rules=tuple(longer))


def _draw_rule(random: Random, number: int, shape: Shape) -> SignalRule:
    measures = {"each": random.choice(("", "amount")), "overdue": "due"}
    learned: dict[Shape, Learned] = {"each": "answer", "turn": "dwell", "lull": "gap"}
    parts: list[Part] = ["page", "element", "channel"]
    # A pause counts after two others only; without wide rules there would hardly be any.
    is_pause, is_ahead = shape == "pause", shape == "follow" and random.random() < 0.5
    return SignalRule(
        name=f"rule_{number}",
        shape=shape,
        archetype=random.choice(("friction", "friction", "delight")),
        first=(Trigger(()),) if random.random() < (0.7 if is_pause else 0.3) else _draw_triggers(random, 1, None),
        then=(Trigger(()),)
        if random.random() < (0.7 if is_pause else 0.2)
        else _draw_triggers(random, random.choice((0, 1)), None),
        clear=_draw_triggers(random, is_ahead, None) if is_ahead or random.random() < 0.5 else (),
        ignore=parse_predicate("element = 'stepper'") if random.random() < 0.3 else None,
        same=tuple(random.sample(parts, random.choice((0, 0, 1, 2)))),
        other=("channel",) if random.random() < 0.2 else (),
        by=random.choice((None, "order", "session")),
        measure=measures.get(shape, ""),
        count=random.choice((2, 3, 4)) if not is_pause else random.choice((1, 2, 3)),
        within_us=random.choice((2, 4, 12) if is_pause or is_ahead else (0, 1, 2, 4, 12)) * _STEP_US,
        least_us=random.choice((0, 0, 1, 2)) * _STEP_US,
        limit_us=random.choice((0, 1, 2)) * _STEP_US,
        learned=random.choice(("", learned.get(shape, ""))),
        radius=30,
        in_decision=shape in ("missing", "each") and random.random() < 0.3,
        clear_ahead=is_ahead,
        weight=random.choice((0, 0.5, 1, 2)),
    )


def _draw_limits(random: Random, rules: tuple[SignalRule, ...]) -> Limits:
    def some(names: tuple[str, ...]) -> dict[str, int]:
        return {name: random.choice((0, 1, 3)) * _STEP_US for name in names if random.random() < 0.5}

    silent = frozenset(rule.name for rule in rules if random.random() < 0.1)
    return Limits(answers=some(_PAGES), dwells=some(_PAGES), gaps=some(_NAMES), silent=silent)


def _draw_event(random: Random, arrival: int, clicks: tuple[str, ...]) -> Event:
    fields: dict[str, str | float | int | bool | None] = {
        "channel": random.choice(_CHANNELS),
        "order": random.choice((None, None, "A", "B", "C")),
        "session": random.choice((None, "s1", "s2")),
        "amount": random.choice((None, 0, 1, 1.5, 2)),
        "text": random.choice((None, "", "oh YES", "no")),
        "page": random.choice((None, "/cart", "/cart", "/pay", "/home")),
        "device": random.choice((None, None, "phone", "desktop")),
        "due": random.choice((None, from_micros(random.randint(0, 24) * _STEP_US).isoformat())),
        "element": random.choice((None, "button", "button", "stepper")),
        "x": random.choice((None, 100, 130, 130, 130.5)),
        "y": random.choice((None, 50, 50.5)),
    }
    return Event(
        customer=random.choice(("ana", "bo", "cy")),
        at=random.randint(0, 20) * _STEP_US,
        event=random.choice((*_NAMES, *clicks, "other")),
        fields=fields,
        arrival=arrival,
    )
