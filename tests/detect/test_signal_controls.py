"""Every signal is found where it is, and not found in what only looks like it; every host of the pass agrees."""

from __future__ import annotations

from collections import Counter

import pytest

from momentwise.define.reading_signals import standard_signals
from momentwise.define.signal import OVERDRAWN
from tests.detect.controls import CONTROLS, Control
from tests.detect.stories import HOSTS, Host, find

NAMES = [*(rule.name for rule in standard_signals().rules), OVERDRAWN]


@pytest.mark.req("D12")
@pytest.mark.req("D28")
@pytest.mark.req("D29")
@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.__name__)
@pytest.mark.parametrize("control", CONTROLS, ids=str)
def test_a_control(control: Control, host: Host) -> None:
    """The signal is found as often as the story has it."""
    signals = find(control.lines, end=control.end, limits=control.limits, host=host)
    assert control.count == sum(signal.signal == control.signal for signal in signals), signals


def test_every_signal_has_controls() -> None:
    """At least three stories in which it is found, and three in which it is not; no control is of a signal unknown."""
    positive = Counter(control.signal for control in CONTROLS if control.count)
    negative = Counter(control.signal for control in CONTROLS if not control.count)
    assert set(NAMES) == set(positive) | set(negative)
    assert {name: (positive[name], negative[name]) for name in NAMES if min(positive[name], negative[name]) < 3} == {}


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.__name__)
def test_no_innocent_click_is_a_rage_click_or_a_dead_one(host: Host) -> None:
    """In none of the stories about innocent clicks is there either of the two: zero false alarms."""
    pair = ("rage_click", "dead_click")
    innocent = [control for control in CONTROLS if control.signal in pair and not control.count]
    assert len(innocent) > 40
    for control in innocent:
        signals = find(control.lines, end=control.end, host=host)
        assert [] == [signal for signal in signals if signal.signal in pair], str(control)


@pytest.mark.parametrize("name", NAMES)
def test_precision_and_recall_of_a_signal(name: str) -> None:
    """Over its own stories both are 1: whatever is found is true, and whatever is true is found."""
    controls = [control for control in CONTROLS if control.signal == name]
    found = [sum(s.signal == name for s in find(c.lines, end=c.end, limits=c.limits)) for c in controls]
    true = sum(min(control.count, count) for control, count in zip(controls, found, strict=True))
    assert (1.0, 1.0) == (true / sum(found), true / sum(control.count for control in controls))
