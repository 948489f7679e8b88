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
from momentwise.detect.cases import Case
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
    Fault("the wait counts from the start", "automaton", "gap = at - slots[slot, LAST]", "gap = at - slots[slot, START]"),
    Fault("the start's channel is lost", "automaton", "1 << channel if channel >= 0 else 0", "0"),
    Fault("an end is not a step", "automaton", "        _touch_all(definitions, state, at, keys, channel, name, flags & FLAG_ERROR)", "        pass"),
    Fault("fail goes before complete", "symbols", "met.sort(key=lambda a: (int(moment_of[a.definition]), a.role))", "met.sort(key=lambda a: (int(moment_of[a.definition]), {2: 4, 4: 2}.get(a.role, a.role)))"),
    Fault("an event starts before it ends", "symbols", "met.sort(key=lambda a: (int(moment_of[a.definition]), a.role))", "met.sort(key=lambda a: (int(moment_of[a.definition]), -a.role))"),
    Fault("two starts of one event are two retries", "symbols", "if action.role not in (RETRY, OPEN) or row not in rows:", "if True:"),
    Fault("rage excludes its span", "rage", "> rules[rule, U_WITHIN]:", ">= rules[rule, U_WITHIN]:"),
    Fault("rage excludes its radius", "rage", "<= radius * radius", "< radius * radius"),
    Fault("rage ignores the page", "rage", "if entries[one, W_PAGE] != entries[other, W_PAGE]:", "if False:"),
    Fault("a burst never ends", "rage", "        end_burst(rule, watch, out)\n        return", "        return"),
    Fault("the last step is the start", "automaton", "    slots[slot, NAME] = name\n    slots[slot, WAIT]", "    slots[slot, WAIT]"),
    Fault("properties are those of the end", "waiting", "entries[row, column] = watch.held[column - WAITING_WIDTH]", "pass"),
    Fault("a key that is missing differs", "waiting", "_differ(watch.entries[row, W_KEY], watch.event[E_KEY])", "bool(watch.entries[row, W_KEY] != watch.event[E_KEY])"),
    Fault("other parts need not differ", "waiting", "other & SAME_CHANNEL and not _differ(", "False and not _differ("),
    Fault("the newest is forgotten", "waiting", "drop_entry(watch, rule, 0)", "drop_entry(watch, rule, MOST_WAITING - 1)"),
    Fault("a limit counts as above it", "signals", "if measured <= rules[rule, U_LIMIT] and", "if measured < rules[rule, U_LIMIT] and"),
    Fault("a page's own limit is ignored", "signals", "own = limits.answers[watch.event[E_PAGE]] if", "own = NEVER if"),
    Fault("a turn needs no other page", "signals", "and watch.event[E_PAGE] != before", ""),
    Fault("two turns share a page", "signals", "at, 2, stay, out)\n            before = 0\n", "at, 2, stay, out)\n"),
    Fault("a turn goes on after hours", "signals", "        if stay > LONGEST_STAY_US:\n            before = 0\n", ""),
    Fault("a stay at the limit is too long", "signals", "stay <= rules[rule, U_WITHIN] and stay <= longest", "stay < rules[rule, U_WITHIN] and stay <= longest"),
    Fault("what is near after does not count", "signals", "if at - watch.entries[row, W_AT] > within:", "if True:"),
    Fault("what is near before does not count", "signals", "alone = watch.meta[N_SEEN] == 0 or at - watch.meta[N_BEFORE] > within", "alone = True"),
    Fault("a pause has no pace", "signals", "if took >= rules[rule, U_COUNT] * usual:", "if True:"),
    Fault("the first pauses count", "signals", "if pace[rule, 1] >= _TEACHING and", "if pace[rule, 1] >= 1 and"),
    Fault("a deadline passes too early", "signals", "is_over = entries[row, W_DUE] < now", "is_over = entries[row, W_DUE] <= now"),
    Fault("a second question moves the deadline", "signals", "        watch.entries[row, W_LAST] = at\n        return", "        watch.entries[row, W_LAST] = at\n        watch.entries[row, W_DUE] = at + rules[rule, U_WITHIN]\n        return"),
    Fault("a promise before itself counts", "signals", "measured == NO_MEASURE or measured < at", "measured == NO_MEASURE"),
    Fault("a chain is broken at its bound", "signals", "entries[row, W_LAST] + within < now", "entries[row, W_LAST] + within <= now"),
    Fault("a short chain counts", "signals", "if entries[row, W_COUNT] >= rules[rule, U_COUNT]:", "if True:"),
    Fault("clear does nothing", "signals", "    if roles & CLEAR:\n        _clear(rules, rule, watch, out)\n", ""),
    Fault("a clear does not hold ahead", "signals", "if not rules[rule, U_AHEAD] or watch", "if True or watch"),
    Fault("a clear holds ahead too briefly", "signals", "watch.pace[rule, C_AT] <= rules[rule, U_WITHIN]", "watch.pace[rule, C_AT] < rules[rule, U_WITHIN]"),
    Fault("a chain is cleared at its place alone", "signals", "(is_chain and not has_other_key(watch, row)) or (not is_chain and is_match(rules, rule, watch, row))", "is_match(rules, rule, watch, row)"),
    Fault("an earlier wait follows too", "signals", "            is_latest = False\n", ""),
    Fault("a usual gap is a lull", "signals", "if rules[rule, U_LEARNED] == LEARNED_GAP and", "if False and"),
    Fault("silent rules speak", "signals", "    if limits.silent[rule]:\n        return\n", ""),
    Fault("friction does not fade", "friction", "total = total * 2.0 ** (-float(at - before) / half_life_us) if total > 0 else 0.0", "total = total + 0.0"),
    Fault("friction is told again and again", "friction", "armed, count = False, 0", "armed, count = True, 0"),
]  # fmt: skip


def load(module: str, right: str = "", wrong: str = "") -> ModuleType:
    """A copy of one module of the pass, not compiled, with one text replaced."""
    name = f"momentwise.detect.{module}"
    source = Path(str(import_module(name).__file__)).read_text(encoding="utf-8")
    assert right in source, f"the fault's text has left {module}: {right}"
    source = source.replace("@inlined\n", "").replace("@compiled\n", "")
    source = source.replace(right, wrong) if right else source
    copy = ModuleType(name)
    copy.__dict__["__file__"] = f"{module} with a fault"
    sys.modules[f"{name}_copy"] = copy
    copy.__dict__["__name__"] = f"{name}_copy"
    exec(compile(source, copy.__file__, "exec"), copy.__dict__)
    return copy


# In order of import: a module finds the copies of those before it.
_COPIED = ("flow", "waiting", "rage", "signals", "friction", "automaton", "symbols", "single")


def host_with(fault: Fault) -> Host:
    """The single-event host with a fault in it."""
    copies: dict[str, ModuleType] = {}
    for module in _COPIED:
        texts = (fault.right, fault.wrong) if module == fault.module else ("", "")
        copies[module] = load(module, *texts)
        for name, value in list(copies[module].__dict__.items()):
            origin = getattr(getattr(value, "py_func", value), "__module__", None) or ""
            known = copies.get(str(origin).removeprefix("momentwise.detect."))
            if isinstance(value, ModuleType):
                known = copies.get(value.__name__.removeprefix("momentwise.detect."))
                copies[module].__dict__[name] = known or value
            elif known is not None and known is not copies[module] and name in known.__dict__:
                copies[module].__dict__[name] = known.__dict__[name]
    return fed_by(copies["single"].__dict__["SingleEventPass"], lambda event: (event.at, event.arrival))


def fed_by(single: type[SingleEventPass], order: Callable[[Event], object]) -> Host:
    """A host that feeds a single-event pass in some order."""

    def host(case: Case) -> Found:
        running = single(compile_plan(case.playbook, case.properties), limits=case.limits)
        found: Found = ([], [])
        for event in sorted(case.events, key=order):  # type: ignore[arg-type]  # whatever can be sorted
            for kept, more in zip(found, running.step(event), strict=True):
                kept.extend(more)  # type: ignore[arg-type]  # occurrences to occurrences, signals to signals
        for kept, more in zip(found, running.finish(case.data_end), strict=True):
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
