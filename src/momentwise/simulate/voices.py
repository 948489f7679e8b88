"""What the demo shop's customers say: tickets and reviews. Pure: all chance comes from `random`.

A late parcel brings a ticket in one case of three and costs about two stars; some tickets only ever get a machine's reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from momentwise.simulate.orders import DAY, HOUR, MINUTE, Order

AGENT, MACHINE = "agent", "auto-reply"
_TICKETS_LATE, _TICKETS_ON_TIME, _ONLY_MACHINE, _REVIEWS = 0.34, 0.07, 0.16, 0.42
_CHANNELS = ("email", "email", "chat", "voice")
_SUBJECTS_LATE = ("Where is my order?", "Order still not arrived", "Second time I ask: where is my parcel")
_SUBJECTS = ("Wrong size", "Invoice please", "Item damaged", "How do I return this?", "Change of address")
_TEXTS = {
    1: ("Never again.", "Came far too late and nobody answered.", "I had to write twice."),
    2: ("Too late for the birthday.", "Nobody could tell me where it was.", "Disappointing."),
    3: ("Fine in the end.", "It is okay, the delivery took long.", ""),
    4: ("Good.", "Nice quality, box a little dented.", ""),
    5: ("Love it!", "Arrived before the promised day, thank you!", "Perfect, as always.", ""),
}
_STARS_LATE = (1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
_STARS_ON_TIME = (1, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5)
_STARS_UNANSWERED = (1, 1, 1, 2, 2, 3)


@dataclass(frozen=True)
class Ticket:
    """One ticket about an order; times are seconds since the epoch, `None` for what never happens.

    Args:
        order: What it is about.
        opened: When the customer wrote or called.
        answered: When the first answer went out.
        answered_by: `agent` or `auto-reply`; empty without an answer.
        closed: When it was closed.
        channel: How the customer came.
        subject: Its first line.
    """

    order: Order
    opened: int
    answered: int | None
    answered_by: str
    closed: int | None
    channel: str
    subject: str


@dataclass(frozen=True)
class Review:
    """One review of an order, written at `written`, seconds since the epoch."""

    order: Order
    stars: int
    written: int
    text: str


def draw_ticket(random: Random, order: Order) -> Ticket | None:
    """The ticket that an order brings; `None` for most."""
    if order.delivered is None or random.random() >= (_TICKETS_LATE if order.is_late else _TICKETS_ON_TIME):
        return None
    if order.is_late:
        opened = random.randint(order.promised, order.delivered)
    else:
        opened = order.delivered + random.randint(HOUR, 5 * DAY)
    channel = random.choice(_CHANNELS)
    subject = random.choice(_SUBJECTS_LATE if order.is_late else _SUBJECTS)
    if channel != "voice" and random.random() < _ONLY_MACHINE:
        closed = opened + random.randint(3 * DAY, 6 * DAY) if random.random() < 0.5 else None
        return Ticket(order, opened, opened + MINUTE, MACHINE, closed, channel, subject)
    waited = {"voice": 2 * MINUTE, "chat": 6 * MINUTE, "email": 7 * HOUR}[channel]
    answered = opened + MINUTE + round(random.expovariate(1 / waited))
    closed = answered + round(random.expovariate(1 / DAY)) + MINUTE
    return Ticket(order, opened, answered, AGENT, closed, channel, subject)


def draw_review(random: Random, order: Order, ticket: Ticket | None) -> Review | None:
    """The review that a delivered order gets; `None` where the customer writes none."""
    if order.delivered is None or random.random() >= _REVIEWS:
        return None
    stars: tuple[int, ...] = _STARS_LATE if order.is_late else _STARS_ON_TIME
    if ticket is not None and ticket.answered_by == MACHINE:
        stars = _STARS_UNANSWERED
    given = random.choice(stars)
    written = order.delivered + random.randint(2 * HOUR, 12 * DAY)
    return Review(order, given, written, random.choice(_TEXTS[given]))
