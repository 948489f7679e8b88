"""Signals: pieces of evidence at a time about a customer. What each means stands here; `detect` finds them.

A signal is a small automaton of one of ten shapes. Its settings are what a playbook may change; the rules that come with
Momentwise stand in `define.signals`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from momentwise.define.moment import Archetype, Trigger
from momentwise.define.predicate import Predicate
from momentwise.define.span import DAY_US, MINUTE_US

Shape = Literal["each", "chain", "follow", "missing", "overdue", "turn", "lone", "pause", "lull", "burst"]
SHAPES: dict[str, str] = {
    "each": "every event of this kind",
    "chain": "several in a row at one place, each soon after the one before",
    "follow": "one event, and soon after it another",
    "missing": "one event, and no answer to it in time",
    "overdue": "a stated time that passed before what was promised for it",
    "turn": "a page, another one, and straight back",
    "lone": "one event with nothing before or after it",
    "pause": "a long wait before the first action, measured by the customer's own pace",
    "lull": "a longer gap than is usual after this step, ended by a contact or an exit",
    "burst": "many clicks on one spot within a short time",
}

Part = Literal["page", "element", "channel"]
Learned = Literal["", "answer", "dwell", "gap"]


class SignalRule(msgspec.Struct, frozen=True, kw_only=True):
    """One signal: its shape, which events it is made of, and its limits.

    An event may fulfil several of `first`, `then` and `clear`; it does, in this order, *clear*, *then*, *first*. Of a
    trigger its names and its condition count; a label or a `within` of its own does not. Deadlines that lie before an
    event pass before it does anything. All bounds are inclusive: an answer exactly at the limit came in time.

    An event's *place* are its `same` parts and its key, each compared as a text; missing equals missing. An event
    *matches* what waits where its `same` parts are equal (missing equals missing), its `other` parts are there on both
    and differ, and their keys are equal or one of them has none. What waits is kept per customer and rule, at most
    `MOST_WAITING`; one more, and the one that began first is forgotten without a signal. Data that end leave what waits
    without a signal, except where a shape says otherwise. A setting that a shape does not speak of has no effect there.

    - *each*: every event that fulfils `first` and whose measured time, where the rule has a `measure`, is above `limit`,
      or above both the learned limit of its page and `least`. Without a measured time it is none.
    - *chain*: events that fulfil `first` at one place, each at most `within` after the one before there, `count` or more
      of them. It ends where the next is later than that, at a `clear` event that carries no other key, wherever that was,
      and with the data; each of these ends leaves a signal if it was long enough.
    - *follow*: `first`, then `then` that matches, at least `least` and at most `within` later, with no `clear` that
      matches in between. A later `first` at the same place takes the place of the earlier one. A `then` ends every wait
      that it matches, and the one that began last decides: it is the signal, or came sooner than `least`, and none is.
      With `clear_ahead` an event that fulfils `first` at most `within` after the customer's last `clear`, whatever the two
      carry, is no `first`.
    - *missing*: `first`, and by `within` later no `then` that matches (a `clear` takes it back without an answer). A
      `first` at a place where one waits already adds to its count and does not move the deadline. It is a signal when
      the clock is beyond the deadline, or the data end later than it. Looked for only in data that hold an event that
      fulfils `then`, of whomever.
    - *overdue*: `first` states a time in its measured field; no `then` that matches comes by then. A later promise at
      the same place takes the place of the earlier one, where that was not overdue yet. An event that states no time, or
      one before itself, promises nothing. `clear`, the end of the data and where it is looked for: as with *missing*.
    - *turn*: of the events that fulfil `first` and carry a page, three in a row on pages A, B, A where the stay on B is
      at most the lesser of `within` and the learned limit of B, and that on A before it at most `LONGEST_STAY_US`. An
      event that fulfils `clear`, wherever, makes all pages before it forgotten. The return may begin another turn; the
      stay on B may not.
    - *lone*: an event that fulfils `first`, with no other event of the customer, of whatever kind, in the `within`
      before it or after it; the data must end later than that.
    - *pause*: `first`, and then the next event that fulfils `then` and matches, at least `least` and at most `within`
      later, and at least `count` times the customer's own usual pause: the mean of the earlier ones of this rule, each
      counted as at most `within`, in whole microseconds rounded down. The first two pauses of a customer only teach the
      pace. One wait at a time: another `first` at the same place leaves it as it is, a `first` elsewhere takes its
      place, a `clear` that matches ends it.
    - *lull*: `first` (a step or a message of the company), then `then` (a contact, an exit) that matches, at most
      `within` and at least the greater of `least` and the learned limit of the first event's name later. A `first` that
      matches takes the place of what waits, a `clear` that matches ends it. A `then` ends every wait that it matches,
      and the one that began last decides, as with *follow*.
    - *burst*: clicks; see `radius`. A click is raging when it and the `count - 1` clicks before it, all on the same spot,
      fall within `within`. Raging clicks that follow one another make one signal. Two clicks are on the same spot when
      they share a page and lie at most `radius` apart; where a click has no position, when they share a page and an
      element. A click with neither has no spot. An event that fulfils `clear`, wherever,
      answers the clicks before it: they count no more. Clicks under way when the data end are a signal if they rage.

    A signal has the time, page, element, channel and key of its first event, of a *turn* that is the arrival on B. It
    ends with its last event; a *missing* one and an *overdue* one end at the deadline that passed. It counts the events
    of `first` in it (*chain*, *missing*, *burst*), one (*each*, *overdue*, *lone*) or two (*follow*, *turn*, *pause*,
    *lull*). Its measured time is the event's (*each* with a `measure`) or the time from beginning to end. What is known
    of the customer is what was known at its first event, that event included.

    A measured time is a number of seconds, rounded to the nearest microsecond, halves up; a negative one is none, one
    above 1,000 years counts as that.

    Args:
        name: Words joined by underscores; how tables call it.
        shape: See above.
        archetype: What it is evidence of.
        about: What it is, in one plain sentence.
        source: Where its limits come from.
        first: What begins it, any of them.
        then: What ends or answers it.
        clear: What undoes it.
        ignore: Events that fulfil this are no `first`.
        same: Parts of an event that must be equal.
        other: Parts that must differ.
        by: The field whose value must be equal where both events carry one; it is the signal's key.
        measure: The field that holds a time in seconds (*each*) or an instant (*overdue*).
        count: How many; see the shapes.
        within_us: The longest time, microseconds.
        least_us: The least time, microseconds.
        limit_us: The measured time above which *each* is one, microseconds.
        learned: What limit is learned from the data: of an *answer* per page (p95), of a *dwell* per page (p10), of a
            *gap* after an event's name (p95); empty for none.
        radius: CSS pixels.
        in_decision: A `first` counts only while an occurrence of a moment of the decision stage is open, as the
            occurrences stand after the event: one that opens an occurrence counts, one that ends the last one does not.
            What completes a moment of that stage, whenever it comes, is its `then`.
        clear_ahead: A `clear` also holds for what comes after it (*follow*).
        weight: How much one adds to the customer's friction (`FrictionSettings`); 0 for none.
        only_where_answered: Whether the rule is silent in data that hold no event that fulfils `then`.
    """

    name: str
    shape: Shape
    archetype: Archetype = "friction"
    about: str = ""
    source: str = ""
    first: tuple[Trigger, ...]
    then: tuple[Trigger, ...] = ()
    clear: tuple[Trigger, ...] = ()
    ignore: Predicate | None = None
    same: tuple[Part, ...] = ()
    other: tuple[Part, ...] = ()
    by: str | None = None
    measure: str = ""
    count: int = 1
    within_us: int = 30 * MINUTE_US
    least_us: int = 0
    limit_us: int = 0
    learned: Learned = ""
    radius: int = 0
    in_decision: bool = False
    clear_ahead: bool = False
    weight: float = 1.0

    @property
    def only_where_answered(self) -> bool:
        """Whether the rule is silent in data that hold no event that fulfils `then`."""
        return self.shape in ("missing", "overdue")


MOST_WAITING = 32


class FrictionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How small frictions add up for one customer: each counts its rule's weight, halved with every `half_life`.

    Where the sum reaches `limit` it is a signal of its own, `friction_overdrawn`, once until the sum has fallen below
    half of the limit. With the defaults five small frictions within a week are one; the same five over a year are not.

    Frictions are the signals of rules of the archetype friction with a weight above 0, each counted when it ended; those
    that ended in the same instant count together. The signal begins when the first friction ended that came after the
    last such signal (or the first at all), ends when the limit was reached, and counts the frictions since. It has no
    page, element, channel or key, and tells nothing of what is known of the customer.

    Args:
        half_life_us: Microseconds after which one counts half, at least 1.
        limit: The sum at which a customer deserves an answer; 0 switches it off.

    Source:
        Ours: with a half-life of 30 days five within a week count at least 4.4, five over a year at most 1.2.
    """

    half_life_us: int = 30 * DAY_US
    limit: float = 4.2


OVERDRAWN = "friction_overdrawn"

# What is learned from the data needs so many examples; with fewer there is no learned limit.
FEWEST_ANSWERS, FEWEST_DWELLS, FEWEST_GAPS = 100, 30, 30
# A longer stay is no stay: the customer went away; 30 minutes without an event end a visit.
LONGEST_STAY_US = 30 * MINUTE_US


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned from the data, for every host alike: a table computed once, never on the way.

    All rules that ask for a table add to it, by the events that fulfil their `first`. A percentile is the nearest rank:
    of n values in order the p95 is the one at place ceil(0.95 n), counted from 1.

    Args:
        answers: p95 of the measured time per page, microseconds.
        dwells: p10 of the stay per page, microseconds: from one such event that carries a page to the customer's next
            one, on whatever page, where that is `LONGEST_STAY_US` or sooner.
        gaps: p95 of the gap after an event's name, microseconds: to the customer's next event that fulfils the rule's
            `first` or `clear` and matches; of a customer the latest `MOST_WAITING` wait for it.
        silent: Names of the rules that have nothing to go by in these data (`only_where_answered`).
    """

    answers: dict[str, int] = {}
    dwells: dict[str, int] = {}
    gaps: dict[str, int] = {}
    silent: frozenset[str] = frozenset()


class SignalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals a playbook looks for, and how.

    Args:
        rules: In the order of their numbers; a rule that is switched off is not here.
        errors: The names of the events that count as an error the customer met.
        friction: How small frictions add up.
    """

    rules: tuple[SignalRule, ...] = ()
    errors: tuple[str, ...] = ("error",)
    friction: FrictionSettings = FrictionSettings()

    def rule(self, name: str) -> SignalRule | None:
        """The rule of that name; `None` where it is switched off."""
        return next((rule for rule in self.rules if rule.name == name), None)
