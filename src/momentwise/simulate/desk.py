"""How the shop's tools write down what happened beside the site: orders, messages, tickets, calls, reviews, surveys.

Each tool has habits of its own: the shop writes UTC in ISO 8601, the mailing tool UTC without saying so, the service desk
Berlin time with the day first, the telephone seconds since the epoch, the review site local time with its offset.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random

from momentwise.simulate.orders import Order
from momentwise.simulate.voices import AGENT, ASKS, EMAIL, MACHINE, VOICE, draw_channel
from momentwise.simulate.world import DAY, HOUR, MINUTE, SECOND, Records, World

MESSAGE_COLUMNS = ("recipient", "template", "order", "sent_at")
TICKET_COLUMNS = (
    "Ticket number", "Customer", "Order", "Opened", "First answer", "Answered by", "Closed", "Channel", "Subject", "Topic",
)  # fmt: skip
CONTACT_COLUMNS = ("customer", "time", "what", "topic", "order", "note")
REVIEW_COLUMNS = ("order", "customer", "stars", "written at", "text")
SURVEY_COLUMNS = ("respondent", "order", "score", "answered", "comment")
LONGEST_ANSWER = 20 * HOUR

_BERLIN = timezone(timedelta(hours=2))
_ONLY_MACHINE = 0.03


def utc(at: int) -> str:
    """ISO 8601 with a Z."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def berlin(at: int) -> str:
    """Berlin time to the minute, the day first."""
    return datetime.fromtimestamp(at // SECOND, _BERLIN).strftime("%d.%m.%Y %H:%M")


def quoted(text: str) -> str:
    """A text as a CSV field."""
    return f'"{text}"' if "," in text else text


def write_order(order: Order, world: World, records: Records) -> None:
    """The shop system's row; what lies after the end of the data is not in it yet."""

    def known(at: int | None) -> str:
        return utc(at) if at is not None and at < world.end else ""

    if order.created >= world.end:
        return
    total = f"{order.total_cents // 100}.{order.total_cents % 100:02d}"
    times = f"{known(order.paid)},{known(order.shipped)},{known(order.delivered)},{known(order.cancelled)}"
    records.orders.append(
        f"{order.id},{order.customer},{utc(order.created)},{times},{utc(order.promised)},{total},EUR,{order.category}\n"
    )


def write_message(at: int, template: str, order: Order, world: World, records: Records) -> None:
    """A message of the company."""
    if at < world.end:
        sent = datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")
        records.messages.append(f"{order.customer},{template},{order.id},{sent}\n")


def write_review(at: int, stars: int, words: str, order: Order, records: Records) -> None:
    """A review of an order."""
    written = datetime.fromtimestamp(at // SECOND, _BERLIN).isoformat(" ")
    records.reviews.append(f"{order.id},{order.customer},{stars},{written},{quoted(words)}\n")


def write_survey(at: int, score: int, words: str, order: Order, records: Records) -> None:
    """An answered survey."""
    records.surveys.append(f"{order.customer},{order.id},{score},{at // SECOND},{quoted(words)}\n")


def write_contact(at: int, what: str, topic: str, order: Order, note: str, records: Records) -> None:
    """A line of the telephone and chat system."""
    records.contacts.append(f"{order.customer},{at // SECOND},{what},{topic},{order.id},{quoted(note)}\n")


class Desk:
    """Where one customer's questions arrive.

    Args:
        random: All chance.
        world: The shop.
        records: Where the rows go.
    """

    def __init__(self, random: Random, world: World, records: Records) -> None:
        self._random, self._world, self._records, self._tickets = random, world, records, 0

    def ask(self, at: int, topic: str, order: Order) -> None:
        """A customer asks by mail, chat or telephone, and is answered: nearly always by a person and within the day."""
        random = self._random
        channel = draw_channel(random)
        words = random.choice(ASKS[topic])
        delay = HOUR * 5 if channel == EMAIL else MINUTE * 6
        answered = at + MINUTE + int(min(LONGEST_ANSWER, random.expovariate(1 / delay)))
        by, closed = AGENT, answered + MINUTE + int(random.expovariate(1 / DAY))
        if random.random() < _ONLY_MACHINE:
            answered, by = at + MINUTE, MACHINE
        if at >= self._world.end:
            return
        if channel == EMAIL:
            self._open_ticket(at, answered, by, closed, channel, words, topic, order)
            return
        is_call = channel == VOICE
        write_contact(at, "call" if is_call else "chat", topic, order, "" if is_call else words, self._records)
        if is_call and at + 5 * MINUTE < self._world.end:
            write_contact(at + 5 * MINUTE, "note", topic, order, f"Customer says: {words}", self._records)

    def _open_ticket(
        self, at: int, answered: int, by: str, closed: int, channel: str, words: str, topic: str, order: Order
    ) -> None:
        known: Callable[[int], str] = lambda when: berlin(when) if when < self._world.end else ""  # noqa: E731
        self._tickets += 1
        number = f"T{order.customer[1:]}{self._tickets:02d}"
        who = by if answered < self._world.end else ""
        self._records.tickets.append(
            f"{number},{order.customer},{order.id},{berlin(at)},{known(answered)},{who},{known(closed)},{channel},"
            f"{quoted(words)},{topic}\n"
        )
