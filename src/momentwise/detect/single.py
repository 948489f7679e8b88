"""The pass over one event at a time: the same automaton as in batch, fed by whoever receives events.

Events of one customer must come in order of event time, then arrival; a caller that receives them late sorts them first
(within its lateness bound) or replays the customer from the log.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from momentwise.define.evaluate import FieldValue, Kind, read_as, read_number, read_text
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.moment import OUTCOMES
from momentwise.define.occurrence import Occurrence, Signal
from momentwise.define.signal import MOST_WAITING, OVERDRAWN, Limits
from momentwise.define.span import LONGEST_US, SECOND_US
from momentwise.detect import automaton, friction, rage, signals, waiting
from momentwise.detect.flow import new_flow
from momentwise.detect.plan import (
    CHAIN,
    D_MOMENT,
    FIRST,
    LULL,
    NEVER,
    OVERDUE,
    U_DECISION,
    U_KEY,
    U_MEASURE,
    U_SHAPE,
    Plan,
    bits_of,
)
from momentwise.detect.records import MOST_CHANNELS
from momentwise.detect.results import SAID
from momentwise.detect.symbols import MOST_NAMES, Symbols

_FIRST_SLOTS, _ROWS = 16, 64


class SingleEventPass:
    """The open occurrences and signals of some customers, and what each next event does to them.

    Args:
        plan: What to look for.
        kinds: What the events' fields are.
        limits: What was learned from past data.
    """

    def __init__(self, plan: Plan, kinds: Mapping[str, Kind] = FIELD_KINDS, limits: Limits | None = None) -> None:
        self._plan, self._kinds, self._limits = plan, kinds, limits or Limits()
        self._symbols = Symbols(plan)
        self._tables = self._symbols.tables()
        self._known = len(self._symbols.rows)
        self._flow = new_flow()
        self._states: dict[str, automaton.State] = {}
        self._watches: dict[str, waiting.Watch] = {}
        # Texts by number and numbers by text; number 0 is the missing text.
        self._texts: list[str | None] = [None]
        self._numbers: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._events: dict[str, int] = {}
        shapes = plan.rule_rows[:, U_SHAPE]
        self._waits = (shapes >= CHAIN) & (shapes <= OVERDUE) | (shapes == LULL)
        width = len(plan.properties)
        self._out = np.zeros((_ROWS, automaton.OUT_WIDTH + width), dtype=np.int64)
        rows = (len(plan.rules) + 1) * (MOST_WAITING + 1)
        self._signal_out = np.zeros((rows, waiting.SIGNAL_WIDTH + width), dtype=np.int64)
        self._examples = _LimitsByNumber(self._limits, [rule.name in self._limits.silent for rule in plan.rules])
        self._values: list[list[str | None]] = [[None] for _ in plan.properties]
        self._frictions: dict[str, list[list[int]]] = {}

    def step(self, event: Event) -> tuple[list[Occurrence], list[Signal]]:
        """What becomes final when an event happens.

        Args:
            event: Not earlier than the customer's event before it.
        """
        fields = event.read()
        symbol = self._symbol(fields)
        state, watch = self._room(event.customer), self._watch(event.customer)
        self._hold(watch, fields)
        tables = self._tables
        texts = [self._number(read_text(fields.get(key))) for key in self._plan.keys]
        keys = np.array(texts or [0], dtype=np.int64)
        first, last = int(tables.offsets[symbol]), int(tables.offsets[symbol + 1])
        channel, name = self._channel(fields), int(tables.names[symbol])
        automaton.step(
            self._plan.definitions, tables.actions, first, last, int(tables.flags[symbol]), state, event.at, keys, channel,
            name, watch.held, self._out,
        )  # fmt: skip
        self._hear(symbol, event, fields, texts, channel, name)
        watch.meta[waiting.N_BEFORE], watch.meta[waiting.N_SEEN] = event.at, 1
        return self._emitted(event.customer)

    def pass_time(self, now: int) -> tuple[list[Occurrence], list[Signal]]:
        """What becomes final because the clock has passed its deadline; `now` in microseconds."""
        occurrences: list[Occurrence] = []
        found: list[Signal] = []
        for customer in self._states:
            automaton.expire(self._plan.definitions, self._room(customer), now, self._out)
            watch = self._watch(customer)
            for rule in np.flatnonzero(self._waits).tolist():
                signals.expire_rule(self._plan.rule_rows, rule, watch, now, self._signal_out)
            more, signalled = self._emitted(customer)
            occurrences.extend(more)
            found.extend(signalled)
        return occurrences, found

    def finish(self, data_end: int) -> tuple[list[Occurrence], list[Signal]]:
        """The data end: everything that is left, as abandoned or open, and the signals under way."""
        occurrences: list[Occurrence] = []
        found: list[Signal] = []
        for customer in self._states:
            automaton.finish(self._plan.definitions, self._room(customer), data_end, self._out)
            limits, watch = self._examples.tables(), self._watch(customer)
            signals.finish_signals(self._plan.rule_rows, limits, watch, data_end, self._signal_out)
            more, signalled = self._emitted(customer)
            occurrences.extend(more)
            found.extend([*signalled, *self._overdrawn(customer)])
        return occurrences, found

    def _overdrawn(self, customer: str) -> list[Signal]:
        """The signals that the customer's frictions make together."""
        rows = self._frictions.pop(customer, [])
        settings, plan = self._plan.playbook.signals.friction, self._plan
        weights = [rule.weight if rule.archetype == "friction" else 0.0 for rule in plan.rules]
        out = np.zeros((2 * len(rows) + 1, self._signal_out.shape[1]), dtype=np.int64)
        out[: len(rows)] = np.array(rows, dtype=np.int64).reshape(len(rows), out.shape[1])
        watch = waiting.new_watch(0, 0)
        watch.meta[waiting.N_EMITTED] = len(rows)
        friction.add_up(
            np.array([*weights, 0.0]),
            float(settings.half_life_us),
            float(settings.limit),
            len(plan.rules),
            watch,
            0,
            out,
        )
        return [self._signal(customer, row) for row in out[len(rows) : watch.meta[waiting.N_EMITTED]].tolist()]

    def _symbol(self, fields: Mapping[str, FieldValue]) -> int:
        name = read_text(fields.get("event")) or ""
        number = min(self._events.setdefault(name, len(self._events) + 1), MOST_NAMES)
        self._examples.learn_name(number, name)
        symbol = self._symbols.number(bits_of(self._plan, fields, self._kinds), number)
        if len(self._symbols.rows) > self._known:
            self._known = len(self._symbols.rows)
            self._tables = self._symbols.tables()
        return symbol

    def _room(self, customer: str) -> automaton.State:
        """The customer's state, with room for what one event may open and emit."""
        opens, properties = len(self._plan.definitions), len(self._plan.properties)
        state = self._states.get(customer)
        if state is None:
            state = automaton.new_state(opens, max(_FIRST_SLOTS, 2 * opens), properties, self._flow)
        while state.meta[automaton.M_ACTIVE] + opens > len(state.slots):
            state = automaton.grow_state(state)
        self._states[customer] = state
        if len(self._out) < len(state.slots):
            self._out = np.zeros((len(state.slots), self._out.shape[1]), dtype=np.int64)
        return state

    def _watch(self, customer: str) -> waiting.Watch:
        known = self._watches.get(customer)
        if known is None:
            known = waiting.new_watch(len(self._plan.rules), len(self._plan.properties))
            self._watches[customer] = known
        return known

    def _hold(self, watch: waiting.Watch, fields: Mapping[str, FieldValue]) -> None:
        """Keep what the event says of the customer."""
        for place, name in enumerate(self._plan.properties):
            text = read_text(fields.get(name))
            if text is not None:
                if text not in self._values[place]:
                    self._values[place].append(text)
                watch.held[place] = self._values[place].index(text)

    def _hear(
        self, symbol: int, event: Event, fields: Mapping[str, FieldValue], keys: list[int], channel: int, name: int
    ) -> None:
        """Every rule that hears of the event does."""
        tables, watch, parts = self._tables, self._watches[event.customer], self._watches[event.customer].event
        page, element = (self._number(read_text(fields.get(part))) for part in ("page", "element"))
        parts[waiting.E_AT], parts[waiting.E_NAME], parts[waiting.E_CHANNEL] = event.at, name, channel + 1
        parts[waiting.E_PAGE], parts[waiting.E_ELEMENT] = page, element
        x, y = rage.whole_pixels(read_number(fields.get("x")), read_number(fields.get("y")))
        parts[waiting.E_X], parts[waiting.E_Y] = x, y
        rows, definitions = self._plan.rule_rows, self._plan.definitions
        for rule, roles in tables.heard[tables.heard_offsets[symbol] : tables.heard_offsets[symbol + 1]].tolist():
            key = int(rows[rule, U_KEY])
            parts[waiting.E_KEY] = keys[key] if key >= 0 else 0
            is_counted = not (rows[rule, U_DECISION] and roles & FIRST) or automaton.is_deciding(
                definitions, self._states[event.customer]
            )
            measured = self._measured(int(rows[rule, U_MEASURE]), fields)
            signals.hear(rows, self._examples.tables(), rule, roles, measured, is_counted, watch, self._signal_out)

    def _measured(self, column: int, fields: Mapping[str, FieldValue]) -> int:
        """A measured time in microseconds; `NO_MEASURE` where the event carries none."""
        if column < 0:
            return signals.NO_MEASURE
        measure = self._plan.measures[column]
        value = read_as(fields.get(measure.field), self._kinds.get(measure.field), measure.kind)
        if not isinstance(value, int | float) or (measure.kind == "number" and value < 0):
            return signals.NO_MEASURE
        return int(value) if measure.kind == "instant" else min(int(value * SECOND_US + 0.5), LONGEST_US)

    def _number(self, text: str | None) -> int:
        if text is None:
            return 0
        number = self._numbers.setdefault(text, len(self._texts))
        if number == len(self._texts):
            self._texts.append(text)
            self._examples.learn_page(number, text)
        return number

    def _channel(self, fields: Mapping[str, FieldValue]) -> int:
        text = read_text(fields.get("channel"))
        if text is None:
            return -1
        return min(self._channels.setdefault(text, len(self._channels)), MOST_CHANNELS - 1)

    def _emitted(self, customer: str) -> tuple[list[Occurrence], list[Signal]]:
        meta, watch = self._states[customer].meta, self._watch(customer)
        rows = self._out[: meta[automaton.M_EMITTED]].tolist()
        signalled = self._signal_out[: watch.meta[waiting.N_EMITTED]].tolist()
        meta[automaton.M_EMITTED] = watch.meta[waiting.N_EMITTED] = 0
        self._frictions.setdefault(customer, []).extend(signalled)
        return [self._occurrence(customer, row) for row in rows], [self._signal(customer, row) for row in signalled]

    def _known_of(self, numbers: list[int]) -> tuple[tuple[str, str], ...]:
        texts = [(name, self._values[place][numbers[place]]) for place, name in enumerate(self._plan.properties)]
        return tuple((name, text) for name, text in texts if text is not None)

    def _occurrence(self, customer: str, row: list[int]) -> Occurrence:
        moment = self._plan.playbook.moments[row[automaton.O_DEFINITION]]
        outcome = row[automaton.O_OUTCOME]
        ending, said, mask = row[automaton.O_ENDING], row[automaton.O_SAID], row[automaton.O_CHANNELS]
        return Occurrence(
            customer=customer,
            moment=self._plan.moments[int(self._plan.definitions[row[automaton.O_DEFINITION], D_MOMENT])],
            version=moment.version,
            key=self._texts[row[automaton.O_KEY]],
            started_at=row[automaton.O_START],
            ended_at=None if outcome == automaton.STILL_OPEN else row[automaton.O_END],
            outcome=OUTCOMES[outcome],  # type: ignore[arg-type]  # the words of the Literal
            ending=self._plan.endings[ending] if ending >= 0 else None,
            steps=row[automaton.O_STEPS],
            retries=row[automaton.O_RETRIES],
            errors=row[automaton.O_ERRORS],
            channels=tuple(sorted(name for name, bit in self._channels.items() if mask >> bit & 1)),
            longest_wait=row[automaton.O_WAIT],
            comprehension=SAID[said - 1] if said else None,
            last_step=self._name(row[automaton.O_NAME]),
            is_returning=bool(row[automaton.O_RETURNING]),
            properties=self._known_of(row[automaton.OUT_WIDTH :]),
        )

    def _name(self, number: int) -> str:
        return next(name for name, known in self._events.items() if known == number)

    def _signal(self, customer: str, row: list[int]) -> Signal:
        rules, channel = self._plan.rules, row[waiting.S_CHANNEL]
        number = row[waiting.S_RULE]
        return Signal(
            customer=customer,
            signal=rules[number].name if number < len(rules) else OVERDRAWN,
            at=row[waiting.S_AT],
            ended_at=row[waiting.S_END],
            count=row[waiting.S_COUNT],
            page=self._texts[row[waiting.S_PAGE]],
            element=self._texts[row[waiting.S_ELEMENT]],
            key=self._texts[row[waiting.S_KEY]],
            took=row[waiting.S_TOOK],
            channel=list(self._channels)[channel - 1] if channel else None,
            properties=self._known_of(row[waiting.SIGNAL_WIDTH :]),
        )


class _LimitsByNumber:
    """The limits under the numbers that texts are given as they are met."""

    def __init__(self, limits: Limits, silent: list[bool]) -> None:
        self._limits = limits
        pages = [np.full(_ROWS, NEVER, dtype=np.int64) for _ in range(2)]
        gaps = np.full(MOST_NAMES + 1, NEVER, dtype=np.int64)
        self._tables = signals.LimitTables(pages[0], pages[1], gaps, np.array(silent or [False], dtype=np.int64))

    def tables(self) -> signals.LimitTables:
        """The limits as the automaton reads them."""
        return self._tables

    def learn_page(self, number: int, text: str) -> None:
        """Note the number of a page."""
        if number >= len(self._tables.answers):
            more = np.full(number, NEVER, dtype=np.int64)
            answers, dwells = (np.concatenate([known, more]) for known in self._tables[:2])
            self._tables = self._tables._replace(answers=answers, dwells=dwells)
        self._tables.answers[number] = self._limits.answers.get(text, NEVER)
        self._tables.dwells[number] = self._limits.dwells.get(text, NEVER)

    def learn_name(self, number: int, name: str) -> None:
        """Note the number of an event's name."""
        self._tables.gaps[number] = self._limits.gaps.get(name, NEVER)
