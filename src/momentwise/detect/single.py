"""The pass over one event at a time: the same automaton as in batch, fed by whoever receives events.

Events of one customer must come in order of event time, then arrival; a caller that receives them late sorts them first
(within its lateness bound) or replays the customer from the log.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from momentwise.define.evaluate import FieldValue, Kind, read_number, read_text
from momentwise.define.event import FIELD_KINDS, Event
from momentwise.define.moment import OUTCOMES
from momentwise.define.occurrence import Occurrence, Signal
from momentwise.detect import automaton, rage
from momentwise.detect.plan import D_MOMENT, FLAG_CLICK, Plan, Symbols, bits_of
from momentwise.detect.records import MOST_CHANNELS
from momentwise.detect.results import SAID

_FIRST_SLOTS, _ROWS = 16, 64


class SingleEventPass:
    """The open occurrences of some customers, and what each next event does to them.

    Args:
        plan: What to look for.
        kinds: What the events' fields are.
    """

    def __init__(self, plan: Plan, kinds: Mapping[str, Kind] = FIELD_KINDS) -> None:
        self._plan, self._kinds = plan, kinds
        self._symbols = Symbols(plan)
        self._tables = self._symbols.tables()
        self._known = len(self._symbols.rows)
        self._states: dict[str, automaton.State] = {}
        self._bursts: dict[str, rage.Burst] = {}
        # Texts by number and numbers by text; number 0 is the missing text.
        self._texts: list[str | None] = [None]
        self._numbers: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._out = np.zeros((_ROWS, automaton.OUT_WIDTH), dtype=np.int64)
        self._rage_out = np.zeros((_ROWS, rage.RAGE_WIDTH), dtype=np.int64)

    def step(self, event: Event) -> tuple[list[Occurrence], list[Signal]]:
        """What becomes final when an event happens.

        Args:
            event: Not earlier than the customer's event before it.
        """
        fields = event.read()
        symbol = self._symbol(fields)
        state = self._room(event.customer)
        offsets, actions, flags = self._tables
        keys = np.array([self._number(read_text(fields.get(key))) for key in self._plan.keys] or [0], dtype=np.int64)
        automaton.step(
            self._plan.definitions, actions, int(offsets[symbol]), int(offsets[symbol + 1]), int(flags[symbol]),
            state, event.at, keys, self._channel(fields), self._out,
        )  # fmt: skip
        if flags[symbol] & FLAG_CLICK:
            self._click(event.customer, event.at, fields)
        return self._emitted(event.customer)

    def pass_time(self, now: int) -> list[Occurrence]:
        """What becomes final because the clock has passed its deadline; `now` in microseconds."""
        found = []
        for customer in self._states:
            automaton.expire(self._plan.definitions, self._room(customer), now, self._out)
            found.extend(self._emitted(customer)[0])
        return found

    def finish(self, data_end: int) -> tuple[list[Occurrence], list[Signal]]:
        """The data end: everything that is left, as abandoned or open, and the bursts under way."""
        occurrences: list[Occurrence] = []
        signals: list[Signal] = []
        for customer in self._states:
            automaton.finish(self._plan.definitions, self._room(customer), data_end, self._out)
            if customer in self._bursts:
                rage.finish_clicks(self._bursts[customer], self._rage_out)
            more, raged = self._emitted(customer)
            occurrences.extend(more)
            signals.extend(raged)
        return occurrences, signals

    def _symbol(self, fields: Mapping[str, FieldValue]) -> int:
        symbol = self._symbols.number(bits_of(self._plan, fields, self._kinds))
        if len(self._symbols.rows) > self._known:
            self._known = len(self._symbols.rows)
            self._tables = self._symbols.tables()
        return symbol

    def _room(self, customer: str) -> automaton.State:
        """The customer's state, with room for what one event may open and emit."""
        opens = len(self._plan.definitions)
        state = self._states.get(customer) or automaton.new_state(opens, max(_FIRST_SLOTS, 2 * opens))
        while state.meta[automaton.M_ACTIVE] + opens > len(state.slots):
            state = automaton.grow_state(state)
        self._states[customer] = state
        if len(self._out) < len(state.slots):
            self._out = np.zeros((len(state.slots), automaton.OUT_WIDTH), dtype=np.int64)
        return state

    def _number(self, text: str | None) -> int:
        if text is None:
            return 0
        number = self._numbers.setdefault(text, len(self._texts))
        if number == len(self._texts):
            self._texts.append(text)
        return number

    def _channel(self, fields: Mapping[str, FieldValue]) -> int:
        text = read_text(fields.get("channel"))
        if text is None:
            return -1
        return min(self._channels.setdefault(text, len(self._channels)), MOST_CHANNELS - 1)

    def _click(self, customer: str, at: int, fields: Mapping[str, FieldValue]) -> None:
        settings = self._plan.playbook.signals.rage_click
        assert settings is not None, "a click is a condition only where rage clicks are looked for"
        if customer not in self._bursts:
            self._bursts[customer] = rage.new_burst(settings.clicks)
        x, y = rage.whole_pixels(read_number(fields.get("x")), read_number(fields.get("y")))
        page, element = (self._number(read_text(fields.get(name))) for name in ("page", "element"))
        rage.click(settings.within_us, settings.radius, self._bursts[customer], at, page, element, x, y, self._rage_out)

    def _emitted(self, customer: str) -> tuple[list[Occurrence], list[Signal]]:
        meta = self._states[customer].meta
        rows = self._out[: meta[automaton.M_EMITTED]].tolist()
        meta[automaton.M_EMITTED] = 0
        signals: list[Signal] = []
        if customer in self._bursts:
            burst = self._bursts[customer].meta
            signals = [self._signal(customer, row) for row in self._rage_out[: burst[rage.B_EMITTED]].tolist()]
            burst[rage.B_EMITTED] = 0
        return [self._occurrence(customer, row) for row in rows], signals

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
        )

    def _signal(self, customer: str, row: list[int]) -> Signal:
        return Signal(
            customer=customer,
            signal="rage_click",
            at=row[rage.R_START],
            ended_at=row[rage.R_LAST],
            count=row[rage.R_COUNT],
            page=self._texts[row[rage.R_PAGE]],
            element=self._texts[row[rage.R_ELEMENT]],
        )
