"""What the rules of the signals mean, in the slowest and most obvious code; every host of the pass is held to it.

Shape by shape it does what the docstring of `define.signal.SignalRule` says, one customer and one rule at a time. It
keeps whole events, and shares nothing with the automata but the nouns. What moments mean stands in `reference`, what is
learned from the data in `reference_limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor

from momentwise.define.evaluate import Kind, matches, read_as, read_number, read_text
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.moment import Moment, Trigger
from momentwise.define.occurrence import Signal
from momentwise.define.playbook import Playbook
from momentwise.define.signal import (
    LONGEST_STAY_US,
    MOST_WAITING,
    Limits,
    SignalRule,
)
from momentwise.define.span import LONGEST_US, SECOND_US
from momentwise.detect.reference import by_customer, detect_occurrences, fulfils
from momentwise.detect.reference_friction import add_up_frictions

Kinds = Mapping[str, Kind]

# So many of a customer's pauses only teach the pace.
_TEACHING = 2


@dataclass(frozen=True, eq=False)
class Met:
    """One event as one rule meets it.

    Args:
        event: The event.
        is_first: Whether it counts as one of the rule's `first`.
        is_then: Whether it fulfils a `then`.
        is_clear: Whether it fulfils a `clear`.
        key: Value of the rule's `by` field.
        known: What is known of the customer, this event included.
    """

    event: Event
    is_first: bool
    is_then: bool
    is_clear: bool
    key: str | None
    known: tuple[tuple[str, str], ...]

    @property
    def at(self) -> int:
        """Event time, microseconds."""
        return self.event.at

    def part(self, name: str) -> str | None:
        """A part of the event as a text."""
        return read_text(self.event.fields.get(name))


@dataclass(eq=False)
class _Wait:
    """What waits: its first event, the last that joined it, how many they are, and the deadline of *overdue*."""

    first: Met
    last: Met
    count: int = 1
    due: int = 0


@dataclass(frozen=True)
class _Scene:
    """What a shape looks at: one customer's events as one rule meets them, and what goes for all of them."""

    rule: SignalRule
    history: Sequence[Met]
    data_end: int
    limits: Limits
    kinds: Kinds


def detect_signals(
    playbook: Playbook,
    events: Iterable[Event],
    data_end: int,
    limits: Limits,
    kinds: Kinds = FIELD_KINDS,
    properties: tuple[str, ...] = (),
) -> list[Signal]:
    """Every signal of every customer.

    Args:
        playbook: The rules, and the moments of the decision stage.
        events: In any order; no event twice.
        data_end: The instant up to which the events are complete, microseconds.
        limits: What was learned from the data.
        kinds: What the events' fields are.
        properties: The fields whose last known value a signal tells.

    Returns:
        Signals sorted by customer, name and time.
    """
    found: list[Signal] = []
    for history in by_customer(events).values():
        mine: list[Signal] = []
        for rule in playbook.signals.rules:
            if rule.name not in limits.silent:
                met = meet(playbook, rule, history, kinds, properties)
                mine.extend(_SHAPES[rule.shape](_Scene(rule, met, data_end, limits, kinds)))
        found.extend([*mine, *add_up_frictions(playbook, mine)])
    return sorted(
        found, key=lambda s: (s.customer, s.signal, s.at, s.ended_at, s.page or "", s.element or "", s.key or "")
    )


def meet(
    playbook: Playbook, rule: SignalRule, history: Sequence[Event], kinds: Kinds, properties: tuple[str, ...]
) -> list[Met]:
    """One customer's events, in order, as a rule meets them."""
    found: list[Met] = []
    known: dict[str, str] = {}
    for number, event in enumerate(history):
        fields = event.read()
        known |= {name: text for name in properties if (text := read_text(fields.get(name))) is not None}
        is_first = counts_as_first(rule, event, kinds)
        if is_first and rule.in_decision:
            is_first = _is_deciding(playbook, history[: number + 1], kinds)
        found.append(
            Met(
                event,
                is_first=is_first,
                is_then=is_any(answers_of(playbook, rule), event, kinds),
                is_clear=is_any(rule.clear, event, kinds),
                key=read_text(fields.get(rule.by)) if rule.by else None,
                known=tuple((name, known[name]) for name in properties if name in known),
            )
        )
    return found


def counts_as_first(rule: SignalRule, event: Event, kinds: Kinds) -> bool:
    """Whether an event is one of a rule's `first`, and none that it ignores."""
    is_ignored = rule.ignore is not None and matches(rule.ignore, event.read(), kinds)
    return is_any(rule.first, event, kinds) and not is_ignored


def is_any(triggers: Iterable[Trigger], event: Event, kinds: Kinds) -> bool:
    """Whether an event fulfils one of some triggers."""
    return any(fulfils(trigger, event, kinds) for trigger in triggers)


def _decisions(playbook: Playbook) -> tuple[Moment, ...]:
    return tuple(moment for moment in playbook.moments if moment.stage == "decision")


def answers_of(playbook: Playbook, rule: SignalRule) -> tuple[Trigger, ...]:
    """What answers a rule: of one that counts within decisions, whatever completes one."""
    if rule.in_decision:
        return tuple(trigger for moment in _decisions(playbook) for trigger in moment.complete)
    return rule.then


def _is_deciding(playbook: Playbook, so_far: Sequence[Event], kinds: Kinds) -> bool:
    """Whether an occurrence of a moment of the decision stage is open, now that the last of these events has happened."""
    now = so_far[-1].at
    decisions = {(moment.name, moment.version): moment for moment in _decisions(playbook)}
    # Another version of such a moment may be none, and takes its place from its own time on.
    names = {name for name, _ in decisions}
    versions = tuple(moment for moment in playbook.moments if moment.name in names)
    occurrences = detect_occurrences(Playbook(versions, playbook.signals), so_far, now, kinds)
    open_ones = [(one, decisions.get((one.moment, one.version))) for one in occurrences if one.outcome == "open"]
    return any(moment and now - one.started_at <= moment.abandon_after_us for one, moment in open_ones)


def _is_place(rule: SignalRule, first: Met, met: Met) -> bool:
    """Whether an event lies at the place of another one: equal parts, the same key or none."""
    return all(first.part(part) == met.part(part) for part in rule.same) and first.key == met.key


def _has_other_key(first: Met, met: Met) -> bool:
    return first.key is not None and met.key is not None and first.key != met.key


def is_match(rule: SignalRule, first: Met, met: Met) -> bool:
    """Whether an event matches what waits: equal parts, other parts that differ, and no other key."""
    if _has_other_key(first, met):
        return False
    for part in rule.other:
        here, there = first.part(part), met.part(part)
        if here is None or there is None or here == there:
            return False
    return all(first.part(part) == met.part(part) for part in rule.same)


def _matching(rule: SignalRule, waiting: list[_Wait], met: Met) -> list[_Wait]:
    return [one for one in waiting if is_match(rule, one.first, met)]


def _at_place(rule: SignalRule, waiting: list[_Wait], met: Met) -> _Wait | None:
    return next((one for one in waiting if _is_place(rule, one.first, met)), None)


def _remember(waiting: list[_Wait], one: _Wait) -> None:
    """One more waits; if they are too many, the one that began first is forgotten."""
    waiting.append(one)
    del waiting[:-MOST_WAITING]


def _forget(waiting: list[_Wait], some: Iterable[_Wait]) -> None:
    for one in some:
        waiting.remove(one)


def measured_time(rule: SignalRule, event: Event, kinds: Kinds) -> int | None:
    """What a rule measures at an event, in microseconds: of *overdue* an instant, otherwise a number of seconds."""
    wanted: Kind = "instant" if rule.shape == "overdue" else "number"
    value = read_as(event.read().get(rule.measure), kinds.get(rule.measure), wanted)
    if not isinstance(value, int | float):
        return None
    if wanted == "instant":
        return int(value)
    return min(floor(value * SECOND_US + 0.5), LONGEST_US) if value >= 0 else None


def _signal(rule: SignalRule, first: Met, ended_at: int, count: int, took: int | None = None) -> Signal:
    return Signal(
        customer=first.event.customer,
        signal=rule.name,
        at=first.at,
        ended_at=ended_at,
        count=count,
        page=first.part("page"),
        element=first.part("element"),
        key=first.key,
        took=ended_at - first.at if took is None else took,
        channel=first.part("channel"),
        properties=first.known,
    )


def _each(scene: _Scene) -> Iterator[Signal]:
    for met in scene.history:
        if not met.is_first:
            continue
        if not scene.rule.measure:
            yield _signal(scene.rule, met, met.at, 1)
            continue
        took = measured_time(scene.rule, met.event, scene.kinds)
        if took is not None and _is_long(scene, met, took):
            yield _signal(scene.rule, met, met.at, 1, took)


def _is_long(scene: _Scene, met: Met, took: int) -> bool:
    if took > scene.rule.limit_us:
        return True
    own = scene.limits.answers.get(met.part("page") or "") if scene.rule.learned == "answer" else None
    return own is not None and took > own and took > scene.rule.least_us


def _chain(scene: _Scene) -> Iterator[Signal]:
    rule = scene.rule
    waiting: list[_Wait] = []
    for met in scene.history:
        ended = [one for one in waiting if met.at > one.last.at + rule.within_us]
        if met.is_clear:
            ended += [one for one in waiting if one not in ended and not _has_other_key(one.first, met)]
        yield from _long_enough(rule, ended)
        _forget(waiting, ended)
        known = _at_place(rule, waiting, met)
        if met.is_first and known is not None:
            known.last, known.count = met, known.count + 1
        elif met.is_first:
            _remember(waiting, _Wait(met, met))
    yield from _long_enough(rule, waiting)


def _long_enough(rule: SignalRule, chains: Iterable[_Wait]) -> Iterator[Signal]:
    for one in chains:
        if one.count >= rule.count:
            yield _signal(rule, one.first, one.last.at, one.count)


def _follow(scene: _Scene) -> Iterator[Signal]:
    rule = scene.rule
    waiting: list[_Wait] = []
    cleared_until: int | None = None
    for met in scene.history:
        _forget(waiting, [one for one in waiting if met.at > one.first.at + rule.within_us])
        if met.is_clear:
            _forget(waiting, _matching(rule, waiting, met))
            cleared_until = met.at + rule.within_us if (rule.shape, rule.clear_ahead) == ("follow", True) else None
        if met.is_then:
            yield from _end_last(scene, waiting, met)
        if met.is_first and (cleared_until is None or met.at > cleared_until):
            # After a step that is told anew (follow) or after any further word (lull) the wait begins again.
            known = _at_place(rule, waiting, met)
            over = _matching(rule, waiting, met) if rule.shape == "lull" else [known] if known else []
            _forget(waiting, over)
            _remember(waiting, _Wait(met, met))


def _end_last(scene: _Scene, waiting: list[_Wait], met: Met) -> Iterator[Signal]:
    """A `then` ends every wait that it matches; the one that began last decides whether that is a signal."""
    ended = _matching(scene.rule, waiting, met)
    _forget(waiting, ended)
    if ended and met.at - ended[-1].first.at >= _least(scene, ended[-1].first):
        yield _signal(scene.rule, ended[-1].first, met.at, 2)


def _least(scene: _Scene, first: Met) -> int:
    rule = scene.rule
    usual = scene.limits.gaps.get(first.event.event, 0) if (rule.shape, rule.learned) == ("lull", "gap") else 0
    return max(rule.least_us, usual)


def _missing(scene: _Scene) -> Iterator[Signal]:
    rule = scene.rule
    waiting: list[_Wait] = []
    for met in scene.history:
        yield from _let_time_pass(rule, waiting, met.at)
        if met.is_clear or met.is_then:
            _forget(waiting, _matching(rule, waiting, met))
        if not met.is_first:
            continue
        known = _at_place(rule, waiting, met)
        if rule.shape == "missing" and known is not None:
            known.count += 1
        elif rule.shape == "missing":
            _remember(waiting, _Wait(met, met, due=met.at + rule.within_us))
        else:
            _promise(scene, waiting, known, met)
    yield from _let_time_pass(rule, waiting, scene.data_end)


def _promise(scene: _Scene, waiting: list[_Wait], known: _Wait | None, met: Met) -> None:
    due = measured_time(scene.rule, met.event, scene.kinds)
    if due is None or due < met.at:
        return
    if known is not None:
        waiting.remove(known)
    _remember(waiting, _Wait(met, met, due=due))


def _let_time_pass(rule: SignalRule, waiting: list[_Wait], now: int) -> Iterator[Signal]:
    """A deadline is passed when the clock is beyond it; at the deadline itself there is still time."""
    for one in [one for one in waiting if now > one.due]:
        waiting.remove(one)
        yield _signal(rule, one.first, one.due, one.count)


def _turn(scene: _Scene) -> Iterator[Signal]:
    rule = scene.rule
    pages: list[Met] = []
    for met in scene.history:
        if met.is_clear:
            pages = []
        if not met.is_first or met.part("page") is None:
            continue
        pages.append(met)
        if len(pages) < 3:
            continue
        before, left, back = pages[-3:]
        is_back = back.part("page") == before.part("page") != left.part("page")
        is_back = is_back and left.at - before.at <= LONGEST_STAY_US
        if is_back and back.at - left.at <= _longest_stay(scene, left):
            yield _signal(rule, left, back.at, 2)
            pages = [back]


def _longest_stay(scene: _Scene, left: Met) -> int:
    usual = scene.limits.dwells.get(left.part("page") or "") if scene.rule.learned == "dwell" else None
    return scene.rule.within_us if usual is None else min(scene.rule.within_us, usual)


def _lone(scene: _Scene) -> Iterator[Signal]:
    rule, history = scene.rule, scene.history
    for number, met in enumerate(history):
        others = [*history[:number], *history[number + 1 :]]
        is_near = any(abs(other.at - met.at) <= rule.within_us for other in others)
        if met.is_first and not is_near and scene.data_end > met.at + rule.within_us:
            yield _signal(rule, met, met.at, 1)


def _pause(scene: _Scene) -> Iterator[Signal]:
    rule = scene.rule
    first: Met | None = None
    pauses: list[int] = []
    for met in scene.history:
        if first is not None and met.is_clear and is_match(rule, first, met):
            first = None
        if first is not None and met.is_then and is_match(rule, first, met):
            took = met.at - first.at
            if _is_hesitant(rule, pauses, took):
                yield _signal(rule, first, met.at, 2)
            pauses.append(min(took, rule.within_us))
            first = None
        if met.is_first and (first is None or not _is_place(rule, first, met)):
            first = met


def _is_hesitant(rule: SignalRule, earlier: Sequence[int], took: int) -> bool:
    if len(earlier) < _TEACHING or not rule.least_us <= took <= rule.within_us:
        return False
    return took >= rule.count * (sum(earlier) // len(earlier))


def _burst(scene: _Scene) -> Iterator[Signal]:
    rule = scene.rule
    for clicks in _unanswered(scene):
        yield from _bursts_of(rule, clicks)


def _unanswered(scene: _Scene) -> Iterator[list[Met]]:
    """The clicks between one answer and the next."""
    clicks: list[Met] = []
    for met in scene.history:
        if met.is_clear:
            yield clicks
            clicks = []
        if met.is_first:
            clicks.append(met)
    yield clicks


def _bursts_of(rule: SignalRule, clicks: Sequence[Met]) -> Iterator[Signal]:
    raging = [_is_raging(rule, clicks[: number + 1]) for number in range(len(clicks))]
    for is_raging, group in groupby(range(len(clicks)), key=lambda number: raging[number]):
        if is_raging:
            numbers = list(group)
            begun = clicks[numbers[0] - rule.count + 1]
            yield _signal(rule, begun, clicks[numbers[-1]].at, len(numbers) + rule.count - 1)


def _is_raging(rule: SignalRule, so_far: Sequence[Met]) -> bool:
    group = so_far[-rule.count :]
    if len(group) < rule.count or group[-1].at - group[0].at > rule.within_us:
        return False
    return all(_is_same_spot(group[0], met, rule.radius) for met in group)


def _is_same_spot(one: Met, other: Met, radius: int) -> bool:
    if one.part("page") != other.part("page"):
        return False
    here, there = _position(one.event), _position(other.event)
    if here is not None and there is not None:
        return (here[0] - there[0]) ** 2 + (here[1] - there[1]) ** 2 <= radius**2
    return one.part("element") is not None and one.part("element") == other.part("element")


def _position(event: Event) -> tuple[int, int] | None:
    """Whole pixels, halves rounded up, kept within ±32,767; `None` unless both coordinates are there."""
    x, y = (read_number(event.fields.get(axis)) for axis in ("x", "y"))
    if x is None or y is None:
        return None
    return _pixel(x), _pixel(y)


def _pixel(value: float) -> int:
    return int(max(-32_767.0, min(32_767.0, (value + 0.5) // 1)))


_SHAPES: dict[str, Callable[[_Scene], Iterator[Signal]]] = {
    "each": _each,
    "chain": _chain,
    "follow": _follow,
    "missing": _missing,
    "overdue": _missing,
    "turn": _turn,
    "lone": _lone,
    "pause": _pause,
    "lull": _follow,
    "burst": _burst,
}
