"""Compiles a playbook into a plan: a small, closed, printable table that every host of the pass shares.

A plan holds the distinct conditions (each event gets a bit for each), and per condition what it does to which moment.
Hosts find an event's bits their own way (columns in SQL, `bits_of` for one event); `Symbols` turns bits into the rows of
actions that `automaton` follows. Nothing here runs anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import numpy.typing as npt

from momentwise.define.evaluate import Column, FieldValue, Kind, matches, quote, to_sql
from momentwise.define.moment import Moment, Trigger
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import All, Not, Predicate, fields_of, write_predicate
from momentwise.define.span import write_span

Int64s = npt.NDArray[np.int64]

# What a condition does, in the order in which one event does it: marks before ends, ends by precedence, then starts.
UNDERSTOOD, CONFUSED, COMPLETE, ESCALATE, FAIL, RETRY, OPEN = range(7)
ROLE_NAMES = ("understood", "confused", "complete", "escalate", "fail", "retry", "start")

# Columns of the tables of a compiled plan.
A_ROLE, A_DEFINITION, A_WITHIN, A_ENDING = range(4)
D_MOMENT, D_KEY, D_ABANDON, D_FINAL, D_SINCE, D_UNTIL, D_FIRST, D_STOP = range(8)

FLAG_ERROR, FLAG_CLICK = 1, 2

# A word of bits must stay a positive 64-bit integer in every engine.
BITS_PER_WORD = 62
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Condition:
    """What an event must be: one of some names (none: any name), and a predicate over its fields."""

    events: tuple[str, ...]
    where: Predicate | None

    def __str__(self) -> str:
        """The condition as a playbook would say it."""
        name = " or ".join(self.events) or "any event"
        return f"{name} where {write_predicate(self.where)}" if self.where else name


@dataclass(frozen=True)
class Action:
    """What an event does that fulfils a condition.

    Args:
        condition: Index of the condition.
        role: One of the role constants.
        definition: Index of the moment's version in the plan.
        within_us: Longest time since the start, bound included.
        ending: Index into the plan's `endings`; -1 where the action ends nothing.
    """

    condition: int
    role: int
    definition: int
    within_us: int
    ending: int


@dataclass(frozen=True)
class Plan:
    """A compiled playbook.

    Args:
        playbook: What it was compiled from.
        conditions: Distinct conditions; the index is the bit.
        actions: What they do.
        moments: Names of the moments; versions share one.
        keys: Fields by which occurrences are told apart.
        endings: Names of the ways of ending.
        definitions: One row per moment's version, columns `D_…`; those of one moment stand side by side.
        error_bit: Bit of the condition for an error.
        click_bit: Bit of the condition for a click; -1 where rage clicks are switched off.
    """

    playbook: Playbook
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    moments: tuple[str, ...]
    keys: tuple[str, ...]
    endings: tuple[str, ...]
    definitions: Int64s
    error_bit: int
    click_bit: int

    @property
    def words(self) -> int:
        """How many integers hold the bits of one event."""
        return max(1, -(-len(self.conditions) // BITS_PER_WORD))

    def fields(self) -> set[str]:
        """Every field that the pass needs to see, besides customer, time and event."""
        wanted = set(self.keys) | {"channel"}
        for condition in self.conditions:
            if condition.where is not None:
                wanted.update(fields_of(condition.where))
        if self.click_bit >= 0:
            wanted |= {"page", "element", "x", "y"}
        return wanted - {"customer", "at", "event"}

    def describe(self) -> list[str]:
        """The plan in lines for people: each moment, and what each condition does in it."""
        lines = []
        for index, moment in enumerate(self.playbook.moments):
            by = f", one at a time per customer and {moment.by}" if moment.by else ", one at a time per customer"
            lines.append(f"{moment.name} (version {moment.version}){by}")
            for action in self.actions:
                if action.definition == index and action.role != RETRY:
                    window = f", within {write_span(action.within_us)}" if action.role != OPEN else ""
                    condition = str(self.conditions[action.condition])
                    ending = self.endings[action.ending] if action.ending >= 0 else ""
                    label = f" as '{ending}'" if ending and ending != condition else ""
                    lines.append(f"  {ROLE_NAMES[action.role]:<10} {condition}{window}{label}")
            lines.append(f"  {'abandon':<10} after {write_span(moment.abandon_after_us)}")
        return lines


@dataclass
class _Compiler:
    """Collects distinct conditions, keys and endings while a playbook is walked."""

    conditions: dict[Condition, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    endings: dict[str, int] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)

    def condition(self, events: tuple[str, ...], where: Predicate | None) -> int:
        """The bit of a condition."""
        condition = Condition(tuple(sorted(set(events))), where)
        return self.conditions.setdefault(condition, len(self.conditions))

    def add(self, trigger: Trigger, role: int, definition: int, longest_us: int) -> None:
        """Note what a trigger does."""
        within = min(longest_us, trigger.within_us if trigger.within_us is not None else NEVER)
        if role in (COMPLETE, ESCALATE, FAIL) and not trigger.label:
            for name in trigger.events or ("",):
                ending = name or (write_predicate(trigger.where) if trigger.where else "any event")
                events = (name,) if name else ()
                self._append(Trigger(events, trigger.where), role, definition, within, self._ending(ending))
        else:
            ending_index = self._ending(trigger.label) if role in (COMPLETE, ESCALATE, FAIL) else -1
            self._append(trigger, role, definition, within, ending_index)

    def _append(self, trigger: Trigger, role: int, definition: int, within: int, ending: int) -> None:
        bit = self.condition(trigger.events, trigger.where)
        self.actions.append(Action(bit, role, definition, within, ending))

    def _ending(self, name: str) -> int:
        return self.endings.setdefault(name, len(self.endings))


def compile_plan(playbook: Playbook) -> Plan:
    """The plan of a playbook."""
    compiler = _Compiler()
    rows: list[list[int]] = []
    names: dict[str, int] = {}
    for _, versions in groupby(playbook.moments, key=lambda moment: moment.name):
        of_one = list(versions)
        first = len(rows)
        for position, moment in enumerate(of_one):
            following = of_one[position + 1].since_us if position + 1 < len(of_one) else None
            rows.append([*_definition_row(moment, names, compiler, following), first, first + len(of_one)])
            _add_actions(moment, len(rows) - 1, compiler)
    signals = playbook.signals
    error_bit = compiler.condition(signals.errors, None) if signals.errors else -1
    click_bit = -1
    if signals.rage_click is not None:
        rage = signals.rage_click
        kept = Not(rage.ignore) if rage.ignore is not None else None
        parts = [part for part in (rage.trigger.where, kept) if part is not None]
        click_bit = compiler.condition(rage.trigger.events, _both(parts))
    return Plan(
        playbook=playbook,
        conditions=tuple(compiler.conditions),
        actions=tuple(compiler.actions),
        moments=tuple(names),
        keys=tuple(compiler.keys),
        endings=tuple(compiler.endings),
        definitions=np.array(rows, dtype=np.int64).reshape(-1, 8),
        error_bit=error_bit,
        click_bit=click_bit,
    )


def _both(parts: list[Predicate]) -> Predicate | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _definition_row(moment: Moment, names: dict[str, int], compiler: _Compiler, following: int | None) -> list[int]:
    return [
        names.setdefault(moment.name, len(names)),
        compiler.keys.setdefault(moment.by, len(compiler.keys)) if moment.by else -1,
        moment.abandon_after_us,
        moment.final_after_us,
        moment.since_us if moment.since_us is not None else -NEVER,
        following if following is not None else NEVER,
    ]


def _add_actions(moment: Moment, definition: int, compiler: _Compiler) -> None:
    open_us = moment.abandon_after_us
    by_role = (
        (UNDERSTOOD, moment.understood, open_us),
        (CONFUSED, moment.confused, open_us),
        (COMPLETE, moment.complete, open_us),
        (ESCALATE, moment.escalate, moment.final_after_us),
        (FAIL, moment.fail, open_us),
        (RETRY, moment.start, open_us),
        (OPEN, moment.start, open_us),
    )
    for role, triggers, longest in by_role:
        for trigger in triggers:
            compiler.add(trigger, role, definition, longest)


def bits_of(plan: Plan, event: Mapping[str, FieldValue], kinds: Mapping[str, Kind]) -> tuple[int, ...]:
    """The words of bits of one event: which conditions of the plan it fulfils."""
    words = [0] * plan.words
    name = event.get("event")
    for bit, condition in enumerate(plan.conditions):
        if (not condition.events or name in condition.events) and matches(condition.where, event, kinds):
            words[bit // BITS_PER_WORD] |= 1 << (bit % BITS_PER_WORD)
    return tuple(words)


def bits_sql(plan: Plan, event_sql: str, columns: Mapping[str, Column]) -> list[str]:
    """One BIGINT expression per word of bits, over the columns of a query.

    One look-up by name leads to the bits that follow from the name alone and to the conditions that this event may fulfil,
    so that no condition is evaluated for an event that it does not ask for.
    """
    expressions = []
    for word in range(plan.words):
        first = word * BITS_PER_WORD
        by_name: dict[str, list[str]] = {}
        always = ["0::BIGINT"]
        for bit, condition in enumerate(plan.conditions[first : first + BITS_PER_WORD]):
            part = _bit_sql(condition, 1 << bit, columns)
            for name in condition.events:
                by_name.setdefault(name, []).append(part)
            if not condition.events:
                always.append(part)
        expressions.append(" + ".join([_name_sql(by_name, event_sql), *always]))
    return expressions


def _name_sql(by_name: dict[str, list[str]], event_sql: str) -> str:
    if not by_name:
        return "0::BIGINT"
    cases = " ".join(f"WHEN {quote(name)} THEN {' + '.join(parts)}" for name, parts in by_name.items())
    return f"(CASE {event_sql} {cases} ELSE 0 END)::BIGINT"


def _bit_sql(condition: Condition, value: int, columns: Mapping[str, Column]) -> str:
    if condition.where is None:
        return f"{value}::BIGINT"
    return f"(CASE WHEN {to_sql(condition.where, columns)} THEN {value}::BIGINT ELSE 0 END)"


@dataclass
class Symbols:
    """Numbers the distinct words of bits that were met, and holds what the automaton does at each.

    Symbol 0 is the event that fulfils no condition. The tables are rebuilt only when a new symbol was met.
    """

    plan: Plan
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)
    rows: list[list[list[int]]] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The event that fulfils nothing comes first."""
        self.number((0,) * self.plan.words)

    def number(self, words: tuple[int, ...]) -> int:
        """The symbol of some words of bits."""
        known = self.numbers.get(words)
        if known is not None:
            return known
        self.numbers[words] = len(self.rows)
        self.rows.append(self._rows(words))
        self.flags.append(FLAG_ERROR * _has(words, self.plan.error_bit) + FLAG_CLICK * _has(words, self.plan.click_bit))
        return len(self.rows) - 1

    def _rows(self, words: tuple[int, ...]) -> list[list[int]]:
        """Actions in the order in which one event does them: by moment, then by role; starts after all ends."""
        moment_of = self.plan.definitions[:, D_MOMENT]
        met = [action for action in self.plan.actions if _has(words, action.condition)]
        met.sort(key=lambda a: (int(moment_of[a.definition]), a.role))
        rows: list[list[int]] = []
        for action in met:
            row = [action.role, action.definition, action.within_us, action.ending]
            # An event is one retry and one start, however many of the moment's starts it fulfils.
            if action.role not in (RETRY, OPEN) or row not in rows:
                rows.append(row)
        return rows

    def tables(self) -> tuple[Int64s, Int64s, Int64s]:
        """Offsets per symbol (one more than symbols), the actions' rows (columns `A_…`), and flags per symbol."""
        offsets = np.zeros(len(self.rows) + 1, dtype=np.int64)
        np.cumsum([len(rows) for rows in self.rows], out=offsets[1:])
        actions = np.array([row for rows in self.rows for row in rows], dtype=np.int64).reshape(-1, 4)
        return offsets, actions, np.array(self.flags, dtype=np.int64)


def _has(words: tuple[int, ...], bit: int) -> bool:
    return bit >= 0 and bool(words[bit // BITS_PER_WORD] >> (bit % BITS_PER_WORD) & 1)
