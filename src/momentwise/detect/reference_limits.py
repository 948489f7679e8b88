"""What is usual in the data, in the slowest and most obvious code; see `define.signal.Limits`.

The hosts learn the same from columns (`learned`); what the limits are for stands in `reference_signals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from momentwise.define.evaluate import read_text
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.playbook import Playbook
from momentwise.define.signal import (
    FEWEST_ANSWERS,
    FEWEST_DWELLS,
    FEWEST_GAPS,
    LONGEST_STAY_US,
    MOST_WAITING,
    Limits,
    SignalRule,
)
from momentwise.detect.reference import by_customer
from momentwise.detect.reference_signals import (
    Kinds,
    Met,
    answers_of,
    counts_as_first,
    is_any,
    is_match,
    measured_time,
    meet,
)

# What is measured, and of which page or event's name.
Example = tuple[str, int]


def learn_limits(playbook: Playbook, events: Iterable[Event], kinds: Kinds = FIELD_KINDS) -> Limits:
    """What is usual in some events, and which rules have nothing to go by in them.

    Args:
        playbook: The rules.
        events: In any order; no event twice.
        kinds: What the events' fields are.
    """
    histories = list(by_customer(events).values())
    rules = playbook.signals.rules
    answers = [x for rule in rules if rule.learned == "answer" for h in histories for x in _answers(rule, h, kinds)]
    viewing = [rule for rule in rules if rule.learned == "dwell"]
    dwells = [x for history in histories for x in _dwells(viewing, history, kinds)]
    learning = [rule for rule in rules if rule.learned == "gap"]
    gaps = [x for r in learning for h in histories for x in _gaps(r, meet(playbook, r, h, kinds, ()), kinds)]
    return Limits(
        answers=_percentiles(answers, 95, FEWEST_ANSWERS),
        dwells=_percentiles(dwells, 10, FEWEST_DWELLS),
        gaps=_percentiles(gaps, 95, FEWEST_GAPS),
        silent=frozenset(
            rule.name
            for rule in rules
            if rule.only_where_answered
            and not any(is_any(answers_of(playbook, rule), event, kinds) for event in chain.from_iterable(histories))
        ),
    )


def _answers(rule: SignalRule, history: Sequence[Event], kinds: Kinds) -> Iterator[Example]:
    for event in history:
        page, took = read_text(event.fields.get("page")), measured_time(rule, event, kinds)
        if page is not None and took is not None and counts_as_first(rule, event, kinds):
            yield page, took


def _dwells(rules: Sequence[SignalRule], history: Sequence[Event], kinds: Kinds) -> Iterator[Example]:
    views = [
        (page, event.at)
        for event in history
        if any(counts_as_first(rule, event, kinds) for rule in rules)
        and (page := read_text(event.fields.get("page"))) is not None
    ]
    for (page, at), (_, left_at) in pairwise(views):
        if left_at - at <= LONGEST_STAY_US:
            yield page, left_at - at


def _gaps(rule: SignalRule, history: Sequence[Met], kinds: Kinds) -> Iterator[Example]:
    waiting: list[Met] = []
    for met in history:
        is_first = counts_as_first(rule, met.event, kinds)
        for one in list(waiting):
            if (is_first or met.is_clear) and is_match(rule, one, met):
                waiting.remove(one)
                yield one.event.event, met.at - one.at
        if is_first:
            waiting = [*waiting, met][-MOST_WAITING:]


def _percentiles(examples: Iterable[Example], percent: int, fewest: int) -> dict[str, int]:
    """The nearest-rank percentile by name, where there are enough examples."""
    values: dict[str, list[int]] = {}
    for name, value in examples:
        values.setdefault(name, []).append(value)
    return {
        name: sorted(some)[-(-percent * len(some) // 100) - 1] for name, some in values.items() if len(some) >= fewest
    }
