"""What frictions that add up mean, in the slowest and most obvious code; see `define.signal.FrictionSettings`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import exp2

from momentwise.define.occurrence import Signal
from momentwise.define.playbook import Playbook
from momentwise.define.signal import OVERDRAWN, FrictionSettings


def add_up_frictions(playbook: Playbook, signals: Iterable[Signal]) -> Iterator[Signal]:
    """The signals that one customer's frictions make together; see `define.signal.FrictionSettings`."""
    settings: FrictionSettings = playbook.signals.friction
    weights = {rule.name: rule.weight for rule in playbook.signals.rules if rule.archetype == "friction"}
    frictions = sorted(
        (signal for signal in signals if weights.get(signal.signal, 0) > 0), key=lambda signal: signal.ended_at
    )
    if not frictions or settings.limit <= 0:
        return
    total, before, is_armed = 0.0, frictions[0].ended_at, True
    since: list[Signal] = []
    for at, together in groupby(frictions, key=lambda signal: signal.ended_at):
        group = list(together)
        total *= exp2(-(at - before) / settings.half_life_us)
        is_armed = is_armed or total < settings.limit / 2
        total, before = total + sum(weights[signal.signal] for signal in group), at
        since += group
        if is_armed and total >= settings.limit:
            begun = since[0].ended_at
            yield Signal(group[0].customer, OVERDRAWN, begun, at, len(since), None, None, took=at - begun)
            is_armed, since = False, []
