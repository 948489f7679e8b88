"""The conformance suite catches faults: each is planted into a copy of the pass's own source and must be found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from momentwise.define.event import Event
from momentwise.define.playbook import Playbook
from momentwise.detect.conformance import Found, Host, differences
from momentwise.detect.plan import compile_plan
from momentwise.detect.single import SingleEventPass

CASES = range(1_500)


@dataclass(frozen=True)
class Fault:
    """A change of one line of the pass.

    Args:
        name: What it gets wrong.
        module: Of `momentwise.detect`.
        right: The text as it is.
        wrong: The text with the fault.
    """

    name: str
    module: str
    right: str
    wrong: str


FAULTS = [
    Fault("a window excludes its bound", "automaton", "> actions[row, A_WITHIN]", ">= actions[row, A_WITHIN]"),
    Fault("a deadline passes at its own instant", "automaton", "START] + abandon < now", "START] + abandon <= now"),
    Fault("open is taken for abandoned", "automaton", "_emit(state, slot, STILL_OPEN", "_emit(state, slot, ABANDONED"),
    Fault("a retry starts the clock again", "automaton", "slots[slot, RETRIES] += 1", "slots[slot, START] = at"),
    Fault("a retry is not counted", "automaton", "slots[slot, RETRIES] += 1", "pass"),
    Fault("keys are not told apart", "automaton", "keys[column] if column >= 0 else 0", "0"),
    Fault("a keyless event reaches nobody", "automaton", "    if key == 0:\n        for row_of", "    if False:\n        for row_of"),
    Fault("a keyless start opens beside an open one", "automaton", "    if key == 0:\n        for version", "    if False:\n        for version"),
    Fault("the new version begins too late", "automaton", "at >= definitions[definition, D_UNTIL]", "at > definitions[definition, D_UNTIL]"),
    Fault("versions are ignored", "automaton", "if at < definitions[definition, D_SINCE] or", "if"),
    Fault("a late escalation is forgotten", "automaton", "if final > abandon:", "if False:"),
    Fault("a new start does not close the tail", "automaton", "        _unlink(state, known)\n        _emit(state, known, ABANDONED, -1, out)", "        return"),
    Fault("the wait counts from the start", "automaton", "at - slots[slot, LAST])", "at - slots[slot, START])"),
    Fault("the start's channel is lost", "automaton", "1 << channel if channel >= 0 else 0", "0"),
    Fault("an end is not a step", "automaton", "        _touch_all(definitions, state, at, keys, channel, flags & FLAG_ERROR)", "        pass"),
    Fault("fail goes before complete", "plan", "met.sort(key=lambda a: (int(moment_of[a.definition]), a.role))", "met.sort(key=lambda a: (int(moment_of[a.definition]), {COMPLETE: FAIL, FAIL: COMPLETE}.get(a.role, a.role)))"),
    Fault("an event starts before it ends", "plan", "met.sort(key=lambda a: (int(moment_of[a.definition]), a.role))", "met.sort(key=lambda a: (int(moment_of[a.definition]), -a.role))"),
    Fault("two starts of one event are two retries", "plan", "if action.role not in (RETRY, OPEN) or row not in rows:", "if True:"),
    Fault("rage excludes its span", "rage", "> within_us:", ">= within_us:"),
    Fault("rage excludes its radius", "rage", "<= radius * radius", "< radius * radius"),
    Fault("rage ignores the page", "rage", "if ring[one, C_PAGE] != ring[other, C_PAGE]:", "if False:"),
    Fault("a burst never ends", "rage", "        end_burst(burst, out)\n        return", "        return"),
]  # fmt: skip


def load(module: str, right: str = "", wrong: str = "") -> ModuleType:
    """A copy of one module of the pass, not compiled, with one text replaced."""
    name = f"momentwise.detect.{module}"
    source = Path(str(import_module(name).__file__)).read_text(encoding="utf-8")
    assert right in source, f"the fault's text has left {module}: {right}"
    source = source.replace("@inlined\n", "").replace(right, wrong) if right else source
    copy = ModuleType(name)
    copy.__dict__["__file__"] = f"{module} with a fault"
    sys.modules[f"{name}_copy"] = copy
    copy.__dict__["__name__"] = f"{name}_copy"
    exec(compile(source, copy.__file__, "exec"), copy.__dict__)
    return copy


def host_with(fault: Fault) -> Host:
    """The single-event host with a fault in it."""
    single = load("single")
    faulty = load(fault.module, fault.right, fault.wrong)
    if fault.module == "plan":
        single.__dict__["Symbols"] = faulty.__dict__["Symbols"]
    else:
        single.__dict__[fault.module] = faulty

    return fed_by(single.__dict__["SingleEventPass"], lambda event: (event.at, event.arrival))


def fed_by(single: type[SingleEventPass], order: Callable[[Event], object]) -> Host:
    """A host that feeds a single-event pass in some order."""

    def host(playbook: Playbook, events: list[Event], data_end: int) -> Found:
        running = single(compile_plan(playbook))
        found: Found = ([], [])
        for event in sorted(events, key=order):  # type: ignore[arg-type]  # whatever can be sorted
            for kept, more in zip(found, running.step(event), strict=True):
                kept.extend(more)  # type: ignore[arg-type]  # occurrences to occurrences, signals to signals
        for kept, more in zip(found, running.finish(data_end), strict=True):
            kept.extend(more)  # type: ignore[arg-type]
        return found

    return host


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_caught(fault: Fault) -> None:
    """Some case tells the faulty pass from the meaning."""
    assert next(differences(host_with(fault), CASES), None) is not None


def test_the_copy_without_a_fault_is_right() -> None:
    """It is the fault that is caught, not the copying."""
    untouched = Fault("nothing", "automaton", "def step(", "def step(")
    assert next(differences(host_with(untouched), range(150)), None) is None


ORDERS = {
    "late events are taken as they come": lambda event: event.arrival,
    "ties are taken backwards": lambda event: (event.at, -event.arrival),
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_wrong_order_is_caught(order: Callable[[Event], object]) -> None:
    """Order is part of the meaning: event time, then arrival."""
    assert next(differences(fed_by(SingleEventPass, order), CASES), None) is not None
