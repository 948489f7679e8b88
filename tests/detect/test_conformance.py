"""Every host that runs here says what the reference says, on thousands of random cases each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentwise.define.occurrence import Signal
from momentwise.define.signal import SHAPES
from momentwise.detect.cases import Case, draw_case
from momentwise.detect.conformance import (
    Host,
    check,
    compiled_host,
    differences,
    reference_host,
    single_event_host,
)


# A call of compiled code from Python costs more than what it does, so that one event at a time is the slower host.
@pytest.mark.parametrize(("host", "cases"), [(compiled_host, 5_000), (single_event_host, 1_000)])
def test_a_host_says_what_the_reference_says(host: Host, cases: int) -> None:
    """Reference, compiled pass and single-event pass give identical occurrences and signals."""
    check(host, cases)


def test_the_cases_are_nasty_enough() -> None:
    """Every outcome, ties, retries, late escalations, second versions and rage clicks all occur often."""
    seen: dict[str, int] = {}
    for seed in range(600):
        case = draw_case(seed)
        occurrences, signals = reference_host(case)
        instants = [(event.customer, event.at) for event in case.events]
        arrivals = [event.at for event in case.events]
        found = {
            "ties": len(set(instants)) < len(instants),
            "late arrivals": arrivals != sorted(arrivals),
            "properties": any(s.properties for s in signals) and any(o.properties for o in occurrences),
            "cleared ahead": any(_is_cleared_ahead(case, signal) for signal in signals),
            "returning": any(o.is_returning for o in occurrences),
            "overdrawn": any(s.signal == "friction_overdrawn" for s in signals),
            **dict.fromkeys(_shapes_of(case, signals), True),
            "retries": any(o.retries for o in occurrences),
            "keyed": any(o.key for o in occurrences),
            "second version": any(o.version == 2 for o in occurrences),
            "comprehension": any(o.comprehension for o in occurrences),
            **{o.outcome: True for o in occurrences},
        }
        for name, is_met in found.items():
            seen[name] = seen.get(name, 0) + is_met
    assert {name: count for name, count in seen.items() if count < 8} == {}
    assert {"completed", "escalated", "failed", "abandoned", "open", *SHAPES} <= set(seen)


def _is_cleared_ahead(case: Case, signal: Signal) -> bool:
    """Whether a signal is one of a rule whose `clear` holds ahead."""
    rule = case.playbook.signals.rule(signal.signal)
    return rule is not None and rule.shape == "follow" and rule.clear_ahead and rule.clear != ()


def _shapes_of(case: Case, signals: list[Signal]) -> set[str]:
    """The shapes of the rules that gave a signal."""
    names = {signal.signal for signal in signals}
    return {rule.shape for rule in case.playbook.signals.rules if rule.name in names}


def test_the_same_seed_draws_the_same_case() -> None:
    """A difference can be looked at again."""
    assert draw_case(11) == draw_case(11)


def test_a_difference_names_its_seed_and_its_rows() -> None:
    """A host that finds nothing is told what is missing, and how to see it again."""
    found = next(differences(lambda _: ([], []), range(50)))
    assert f"draw_case({found.case.seed})" in str(found)
    assert "missing Occurrence" in str(found)


def test_an_event_twice_counts_once_and_order_of_arrival_does_not_matter_without_ties() -> None:
    """Reversing the arrival of events that share no instant changes nothing."""
    for seed in range(200):
        case = draw_case(seed)
        instants = [event.at for event in case.events]
        if len(set(instants)) < len(instants):
            continue
        found = compiled_host(replace(case, events=list(reversed(case.events))))
        assert sorted(reference_host(case)[0], key=repr) == sorted(found[0], key=repr)
