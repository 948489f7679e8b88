"""What is proposed: moments with their evidence and doubts, as frozen values."""

from __future__ import annotations

import msgspec

from momentwise.define.moment import Archetype, Intent, Stage


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """An event that ends passes in another way than by the goal.

    Args:
        event: Its name.
        passes: In how many passes it came.
        share: In what share (0–1) of them.
        goal_after: Share (0–1) of those whose goal still came.
        rise: How many times more often it comes during a pass than at any time.
        within_us: 95 of 100 came within this time of the start, microseconds.
    """

    event: str
    passes: int
    share: float
    goal_after: float
    rise: float
    within_us: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a proposed moment, in the customers that were read.

    Args:
        passes: Passes whose end is known: n of every share.
        people: Customers with such a pass.
        share: Share (0–1) of passes that reached the goal.
        chance: What share would by chance, with each customer's event names dealt out again among their times.
        need: Share (0–1) of goals that the start came before.
        median_seconds: Half of those who reached the goal took no longer.
        p90_seconds: Ninety of a hundred took no longer.
        tried_again: Share (0–1) of passes in which the start came more than once.
        waits_after: After which step the longest wait mostly lies; empty where there is none between.
        wait_seconds: How long that wait is at the median.
        strength: How much start and goal belong together beyond chance, 0–1.
    """

    passes: int
    people: int
    share: float
    chance: float
    need: float
    median_seconds: float
    p90_seconds: float
    tried_again: float
    waits_after: str = ""
    wait_seconds: float = 0.0
    strength: float = 0.0


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A moment that the data propose; a person decides.

    Args:
        name: Lower-case words joined by hyphens.
        about: What was seen, in one plain sentence.
        intent: A guess from the names.
        stage: A guess from the names.
        archetype: A guess from the names.
        by: The field that tells passes of one customer apart; empty for the customer.
        start: The name of the event that begins it.
        complete: The name of the event that completes it.
        within_us: The window of the goal, microseconds.
        escalate: What looks like asking a person for help.
        fail: After which the goal hardly ever comes.
        seen: What else stood out on the way, and was not made part of the moment.
        evidence: What was seen.
        doubts: What a person should check, one sentence each.
        is_return: Whether it is about coming back rather than going on.
        stake: Ranks the proposals: strength, people and failing share together.
    """

    name: str
    about: str
    intent: Intent
    stage: Stage
    archetype: Archetype
    by: str
    start: str
    complete: str
    within_us: int
    escalate: tuple[Ending, ...] = ()
    fail: tuple[Ending, ...] = ()
    seen: tuple[str, ...] = ()
    evidence: Evidence
    doubts: tuple[str, ...] = ()
    is_return: bool = False
    stake: float = 0.0

    @property
    def abandon_after_us(self) -> int:
        """When to stop waiting."""
        return self.within_us


class NotProposed(msgspec.Struct, frozen=True):
    """A pair of events that follow one another more than by chance, and why no moment is made of it."""

    start: str
    complete: str
    reason: str
    share: float
    starts: int


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was found.

    Args:
        proposals: Most at stake first.
        not_proposed: Seen and not proposed, clearest first.
        unused: Events that are in no proposal, with how many there are in the sample, most frequent first.
        customers: How many customers were read.
        events: How many events were read.
        sampled: Share (0–1) of all customers that were read.
    """

    proposals: tuple[Proposal, ...]
    not_proposed: tuple[NotProposed, ...] = ()
    unused: tuple[tuple[str, int], ...] = ()
    customers: int = 0
    events: int = 0
    sampled: float = 1.0
