"""Compiles a playbook into a plan: a small, closed, printable table that every host of the pass shares.

A plan holds the distinct conditions (each event gets a bit for each), and per condition what it does to which moment.
Hosts find an event's bits their own way (columns in SQL, `bits_of` for one event); `Symbols` turns bits into the rows of
actions that `automaton` follows. Nothing here runs anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from momentwise.define.evaluate import Column, FieldValue, Kind, matches, quote, to_sql
from momentwise.define.moment import Moment, Trigger
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import All, Not, Predicate, fields_of, write_predicate
from momentwise.define.signal import SHAPES, SignalRule
from momentwise.define.span import write_span

Int64s = npt.NDArray[np.int64]

# What a condition does, in the order in which one event does it: marks before ends, ends by precedence, then starts.
UNDERSTOOD, CONFUSED, COMPLETE, ESCALATE, FAIL, RETRY, OPEN = range(7)
ROLE_NAMES = ("understood", "confused", "complete", "escalate", "fail", "retry", "start")

# Columns of the tables of a compiled plan.
A_ROLE, A_DEFINITION, A_WITHIN, A_ENDING = range(4)
D_MOMENT, D_KEY, D_ABANDON, D_FINAL, D_SINCE, D_UNTIL, D_FIRST, D_STOP, D_DECISION = range(9)
DEFINITION_WIDTH = 9

FLAG_ERROR = 1

# What an event is to a signal's rule, as bits; a rule that must hear of every event has `ANY` for each.
FIRST, THEN, CLEAR, ANY = 1, 2, 4, 8

# Numbers of the shapes, in the order of `define.signal.SHAPES`.
EACH, CHAIN, FOLLOW, MISSING, OVERDUE, TURN, LONE, PAUSE, LULL, BURST = range(10)

# Columns of the table of rules.
(
    U_SHAPE, U_SAME, U_OTHER, U_KEY, U_MEASURE, U_COUNT, U_WITHIN, U_LEAST, U_LIMIT, U_LEARNED, U_RADIUS, U_DECISION,
    U_AHEAD,
) = range(13)  # fmt: skip
RULE_WIDTH = 13

# Bits of the parts of an event that a rule compares, and numbers of what is learned.
SAME_PAGE, SAME_ELEMENT, SAME_CHANNEL = 1, 2, 4
_PARTS = {"page": SAME_PAGE, "element": SAME_ELEMENT, "channel": SAME_CHANNEL}
LEARNED = ("", "answer", "dwell", "gap")
LEARNED_ANSWER, LEARNED_DWELL, LEARNED_GAP = 1, 2, 3

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
class Measure:
    """A column of the records that holds a time: seconds as microseconds, or an instant.

    Args:
        field: The event's field.
        kind: number for seconds, instant for an instant.
        bits: Conditions; the column holds the field of the events that fulfil one of them.
    """

    field: str
    kind: Kind
    bits: tuple[int, ...]


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
        rules: The signals' rules that can be found at all.
        rule_rows: One row per rule, columns `U_…`.
        hearing: Each condition that a rule asks for: the condition, the rule, and what the event is to it.
        measures: Columns of measured times.
        properties: What is kept of a customer from event to event.
    """

    playbook: Playbook
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    moments: tuple[str, ...]
    keys: tuple[str, ...]
    endings: tuple[str, ...]
    definitions: Int64s
    error_bit: int
    rules: tuple[SignalRule, ...] = ()
    rule_rows: Int64s = field(default_factory=lambda: np.zeros((0, RULE_WIDTH), dtype=np.int64))
    hearing: tuple[tuple[int, int, int], ...] = ()
    measures: tuple[Measure, ...] = ()
    properties: tuple[str, ...] = ()

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
        wanted.update(measure.field for measure in self.measures)
        wanted.update(self.properties)
        if self.rules:
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

    def bits(self, triggers: tuple[Trigger, ...], ignore: Predicate | None) -> list[int]:
        """The bits of some triggers' conditions, less what is ignored."""
        found = []
        for trigger in triggers:
            parts = [part for part in (trigger.where, Not(ignore) if ignore is not None else None) if part is not None]
            where = None if not parts else parts[0] if len(parts) == 1 else All(tuple(parts))
            found.append(self.condition(trigger.events, where))
        return found

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


def compile_plan(playbook: Playbook, properties: tuple[str, ...] = (), had: Collection[str] | None = None) -> Plan:
    """The plan of a playbook.

    Args:
        playbook: What to look for.
        properties: Fields that are kept of a customer from event to event.
        had: The fields that the data have; `None` where that is not known. A signal's key or measure that no data have
            costs nothing.
    """
    compiler = _Compiler()
    rows: list[list[int]] = []
    names: dict[str, int] = {}
    for _, versions in groupby(playbook.moments, key=lambda moment: moment.name):
        of_one = list(versions)
        first = len(rows)
        for position, moment in enumerate(of_one):
            following = of_one[position + 1].since_us if position + 1 < len(of_one) else None
            row = _definition_row(moment, names, compiler, following)
            rows.append([*row, first, first + len(of_one), moment.stage == "decision"])
            _add_actions(moment, len(rows) - 1, compiler)
    error_bit = compiler.condition(playbook.signals.errors, None) if playbook.signals.errors else -1
    watching = _compile_rules(playbook, compiler, had)
    return Plan(
        playbook=playbook,
        conditions=tuple(compiler.conditions),
        actions=tuple(compiler.actions),
        moments=tuple(names),
        keys=tuple(compiler.keys),
        endings=tuple(compiler.endings),
        definitions=np.array(rows, dtype=np.int64).reshape(-1, DEFINITION_WIDTH),
        error_bit=error_bit,
        properties=properties,
        **watching,
    )


def _compile_rules(playbook: Playbook, compiler: _Compiler, had: Collection[str] | None) -> dict[str, Any]:
    """The fields of a plan that are about signals."""
    rules: list[SignalRule] = []
    rows: list[list[int]] = []
    hearing: list[tuple[int, int, int]] = []
    measures: list[Measure] = []
    for rule in playbook.signals.rules:
        if rule.measure and had is not None and rule.measure not in had:
            continue
        firsts = compiler.bits(rule.first, rule.ignore)
        hearing += [(bit, len(rules), FIRST) for bit in firsts]
        for role, triggers in ((THEN, _answers(rule, playbook)), (CLEAR, rule.clear)):
            hearing += [(bit, len(rules), role) for bit in compiler.bits(triggers, None)]
        key = -1
        if rule.by and (had is None or rule.by in had):
            key = compiler.keys.setdefault(rule.by, len(compiler.keys))
        rows.append(_rule_row(rule, key, _measure_column(rule, firsts, measures)))
        rules.append(rule)
    table = np.array(rows, dtype=np.int64).reshape(-1, RULE_WIDTH)
    return {"rules": tuple(rules), "rule_rows": table, "hearing": tuple(hearing), "measures": tuple(measures)}


def _answers(rule: SignalRule, playbook: Playbook) -> tuple[Trigger, ...]:
    """What answers a rule: of one that counts within decisions, whatever completes one."""
    if not rule.in_decision:
        return rule.then
    return tuple(t for moment in playbook.moments if moment.stage == "decision" for t in moment.complete)


def _measure_column(rule: SignalRule, firsts: list[int], measures: list[Measure]) -> int:
    """The number of the column that holds a rule's measured time; -1 for a rule without one."""
    if not rule.measure:
        return -1
    kind: Kind = "instant" if rule.shape == "overdue" else "number"
    for number, known in enumerate(measures):
        if (known.field, known.kind) == (rule.measure, kind):
            measures[number] = Measure(known.field, kind, tuple(dict.fromkeys((*known.bits, *firsts))))
            return number
    measures.append(Measure(rule.measure, kind, tuple(firsts)))
    return len(measures) - 1


def _rule_row(rule: SignalRule, key: int, measure: int) -> list[int]:
    same, other = (sum(_PARTS[part] for part in set(parts)) for parts in (rule.same, rule.other))
    return [
        list(SHAPES).index(rule.shape), same, other, key, measure, rule.count, rule.within_us, rule.least_us,
        rule.limit_us, LEARNED.index(rule.learned), rule.radius, rule.in_decision,
        rule.clear_ahead and rule.shape == "follow",
    ]  # fmt: skip


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


def has_bit(words: tuple[int, ...], bit: int) -> bool:
    """Whether an event fulfils a condition; none is fulfilled where there is none (-1)."""
    return bit >= 0 and bool(words[bit // BITS_PER_WORD] >> (bit % BITS_PER_WORD) & 1)


def mask_of(plan: Plan, bits: Collection[int]) -> list[int]:
    """Per word of bits the integer that holds some of them."""
    masks = [0] * plan.words
    for bit in bits:
        masks[bit // BITS_PER_WORD] |= 1 << (bit % BITS_PER_WORD)
    return masks
