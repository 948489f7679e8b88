"""The moment: a declared, intent-rich interaction; how it starts, completes, escalates and fails.

Values only. How a moment is read from YAML stands in `define.reading`, what it means in `detect.reference`.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from momentwise.define.predicate import Predicate, write_predicate
from momentwise.define.span import DAY_US
from momentwise.errors import Place

Intent = Literal["know", "go", "do", "buy", "feel-seen"]
Stage = Literal["discovery", "assistance", "decision", "feedback", "retention"]
Archetype = Literal["friction", "delight", "social"]
Outcome = Literal["completed", "escalated", "failed", "abandoned", "open"]

INTENTS: tuple[str, ...] = Intent.__args__  # type: ignore[attr-defined]  # a Literal's words
STAGES: tuple[str, ...] = Stage.__args__  # type: ignore[attr-defined]  # a Literal's words
ARCHETYPES: tuple[str, ...] = Archetype.__args__  # type: ignore[attr-defined]  # a Literal's words
OUTCOMES: tuple[str, ...] = Outcome.__args__  # type: ignore[attr-defined]  # a Literal's words
BASKETS = ("revenue", "cost to serve", "retention", "risk")

# Without any stated span a start would wait for ever; product analytics gives a funnel a window of weeks by default.
DEFAULT_ABANDON_US = 30 * DAY_US


class Trigger(msgspec.Struct, frozen=True):
    """What one event must be to start, end or mark an occurrence.

    Args:
        events: The event's name is one of these; empty for any event.
        where: A condition over the event's fields.
        within_us: Longest time since the start, in microseconds, bound included; `None` for no bound of its own.
        label: What this way of ending is called; empty where nobody named it.
    """

    events: tuple[str, ...]
    where: Predicate | None = None
    within_us: int | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """The label, or else the event's name."""
        return self.label or " or ".join(self.events) or "any event"


class Target(msgspec.Struct, frozen=True):
    """What the owner wants the moment to reach; shares are 0–1, spans are microseconds, scores are as asked."""

    shares: dict[str, float] = {}
    spans_us: dict[str, int] = {}
    scores: dict[str, float] = {}


class Value(msgspec.Struct, frozen=True):
    """What the moment is worth, as people of the company state it.

    Args:
        currency: ISO 4217 code.
        failure_cost: Money lost when one occurrence fails, in the currency's main unit.
        deflection: Share (0–1) of escalations that self-service could have answered.
        lifetime_value: Money that a kept customer brings.
        contact_cost: Money that answering one contact takes.
    """

    currency: str
    failure_cost: float | None = None
    deflection: float | None = None
    lifetime_value: float | None = None
    contact_cost: float | None = None


class Owner(msgspec.Struct, frozen=True):
    """Who answers for the moment: one named owner, and the functions that act with them."""

    name: str
    operations: str = ""
    marketing: str = ""
    functions: tuple[str, ...] = ()


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one declared moment.

    Args:
        name: Lower-case words joined by hyphens.
        version: Counts from 1.
        since_us: Occurrences that start at this instant or later follow this version; `None` for the first.
        by: The field that tells occurrences of one customer apart; `None` for one at a time per customer.
        abandon_after_us: Microseconds after the start at which an unended occurrence counts as abandoned.
        critical: One failure of one customer is worth an alert, whatever the rate.
        effort: What a fix takes here, as people say: low, medium or high; empty where nobody did.
        baskets: What it moves: some of `BASKETS`; empty to go by intent and stage.
        place: Where it is declared.
    """

    name: str
    version: int = 1
    since_us: int | None = None
    about: str = ""
    intent: Intent
    stage: Stage
    archetype: Archetype
    by: str | None = None
    start: tuple[Trigger, ...]
    complete: tuple[Trigger, ...]
    escalate: tuple[Trigger, ...] = ()
    fail: tuple[Trigger, ...] = ()
    understood: tuple[Trigger, ...] = ()
    confused: tuple[Trigger, ...] = ()
    abandon_after_us: int = DEFAULT_ABANDON_US
    target: Target = Target()
    value: Value | None = None
    owner: Owner | None = None
    critical: bool = False
    effort: str = ""
    baskets: tuple[str, ...] = ()
    place: Place = Place()

    @property
    def ends(self) -> tuple[tuple[Outcome, tuple[Trigger, ...]], ...]:
        """The ways to end by an event, in order of precedence where one event fits several."""
        return (("completed", self.complete), ("escalated", self.escalate), ("failed", self.fail))

    @property
    def final_after_us(self) -> int:
        """Microseconds after the start at which no event can change the outcome any more.

        An escalation whose window is longer than `abandon_after_us` still turns an abandoned occurrence.
        """
        return max([self.abandon_after_us, *(t.within_us or 0 for t in self.escalate)])

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """Every trigger of the moment."""
        return self.start + self.complete + self.escalate + self.fail + self.understood + self.confused

    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change when the meaning does, and not when prose or price do."""
        roles = (self.start, self.complete, self.escalate, self.fail, self.understood, self.confused)
        meaning = [self.name, self.version, self.since_us, self.by, self.abandon_after_us]
        meaning += [[_trigger_meaning(trigger) for trigger in role] for role in roles]
        return hashlib.sha256(msgspec.json.encode(meaning)).hexdigest()[:16]


def _trigger_meaning(trigger: Trigger) -> list[object]:
    where = write_predicate(trigger.where) if trigger.where else None
    return [list(trigger.events), where, trigger.within_us, trigger.label]
