"""Writes the demo shop's files: four tables as four tools would export them, each with column habits of its own.

The same seed gives the same bytes, whenever and wherever. Nothing is planted here to be proved: see `simulate` for the
purpose. A few rows are unreadable, as in every real export.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

from momentwise.simulate.browsing import DESKTOP, PHONE, Row, draw_order_check, draw_shopping
from momentwise.simulate.orders import DAY, HOUR, Order, draw_order
from momentwise.simulate.voices import Review, Ticket, draw_review, draw_ticket

BEGIN = 1_746_057_600  # 2025-05-01T00:00:00Z: a summer without a change of clocks in Berlin, whose time the desk writes
_BERLIN = timezone(timedelta(hours=2))
_VISIT_CHANCE = 0.037  # per customer and day, before the customer's own liking
_LIKINGS = (0.3, 0.6, 1.0, 1.0, 1.4, 2.2)

ORDER_COLUMNS = (
    "order_id", "customer_id", "created_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at", "promised_at",
    "total", "currency",
)  # fmt: skip
WEB_COLUMNS = ("user_id", "ts", "type", "page", "element", "x", "y", "device")
TICKET_COLUMNS = (
    "Ticket number", "Customer", "Order", "Opened", "First answer", "Answered by", "Closed", "Channel", "Subject",
)  # fmt: skip
REVIEW_COLUMNS = ("order", "customer", "stars", "written at", "text")


@dataclass
class Shop:
    """Everything that happened in the shop, up to and with what lies beyond the end of the data."""

    visits: list[Row] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)


def make_shop(folder: Path, customers: int = 2_000, days: int = 90, seed: int = 7) -> None:
    """Four CSV files in a folder: orders, web_events, tickets and reviews.

    Args:
        folder: Where to; it is made if it is not there.
        customers: How many people visit the shop.
        days: How long; what would happen later is not in the files, so that some orders are still under way.
        seed: The same seed gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shop = draw_shop(Random(seed), customers, days)
    end = BEGIN + days * DAY
    _write(folder / "orders.csv", ORDER_COLUMNS, _order_rows(shop.orders, end))
    _write(folder / "web_events.csv", WEB_COLUMNS, _web_rows(shop.visits, end))
    _write(folder / "tickets.csv", TICKET_COLUMNS, _ticket_rows(shop.tickets, end))
    _write(folder / "reviews.csv", REVIEW_COLUMNS, _review_rows(shop.reviews, end))


def draw_shop(random: Random, customers: int, days: int) -> Shop:
    """What some customers do in some days, in no particular order."""
    shop = Shop()
    for number in range(1, customers + 1):
        _live(shop, random, f"C{number:05d}", days)
    return shop


def _live(shop: Shop, random: Random, customer: str, days: int) -> None:
    """One customer's days. Who was let down by a late parcel comes back half as often."""
    device = PHONE if random.random() < 0.62 else DESKTOP
    chance = _VISIT_CHANCE * random.choice(_LIKINGS)
    let_down_at, orders = BEGIN + 2 * days * DAY, 0
    for day in range(days):
        if random.random() >= chance:
            continue
        at = BEGIN + day * DAY + random.randint(7 * HOUR, 22 * HOUR)
        if at > let_down_at and random.random() < 0.5:
            continue
        visit = draw_shopping(random, customer, at * 1000 + random.randint(0, 999), device)
        shop.visits.extend(visit.rows)
        if visit.ordered_at_ms is not None:
            orders += 1
            order = draw_order(random, f"{customer[1:]}-{orders}", customer, visit.ordered_at_ms // 1000)
            _follow(shop, random, order, device)
            if order.is_late:
                let_down_at = order.promised


def _follow(shop: Shop, random: Random, order: Order, device: str) -> None:
    """What follows an order: a look at where it is, a ticket, a review."""
    shop.orders.append(order)
    if order.shipped is not None and order.delivered is not None and random.random() < (0.7 if order.is_late else 0.3):
        at = random.randint(order.shipped, order.delivered)
        chance_of_date = 0.3 if order.is_late else 0.93
        shop.visits.extend(draw_order_check(random, order.customer, at * 1000, device, chance_of_date).rows)
    ticket = draw_ticket(random, order)
    if ticket is not None:
        shop.tickets.append(ticket)
    review = draw_review(random, order, ticket)
    if review is not None:
        shop.reviews.append(review)


def _order_rows(orders: Iterable[Order], end: int) -> list[tuple[str, ...]]:
    """The shop system writes UTC, ISO 8601; where its old database had no date, it writes zeros."""
    rows: list[tuple[str, ...]] = []
    for place, order in enumerate(sorted(orders, key=lambda o: (o.created, o.id))):
        if order.created >= end:
            continue
        steps = (order.created, order.paid, order.shipped, order.delivered, order.cancelled)
        times = [_utc(at) if at is not None and at < end else "" for at in steps]
        if place % 700 == 350:
            times[0] = "0000-00-00T00:00:00Z"
        total = f"{order.total_cents // 100}.{order.total_cents % 100:02d}"
        rows.append((order.id, order.customer, *times, _utc(order.promised), total, "EUR"))
    return rows


def _web_rows(visits: Iterable[Row], end: int) -> list[tuple[str, ...]]:
    """The tracker writes milliseconds since the epoch; once in a while it loses who it was."""
    rows: list[tuple[str, ...]] = []
    for place, row in enumerate(sorted(visits, key=lambda row: (row[1], row[0]))):
        if row[1] < end * 1000:
            who = "" if place % 20_000 == 10_000 else row[0]
            rows.append((who, str(row[1]), *row[2:]))
    return rows


def _ticket_rows(tickets: Iterable[Ticket], end: int) -> list[tuple[str, ...]]:
    """The service desk writes Berlin time, day first; one clerk typed a day that no month has."""
    rows: list[tuple[str, ...]] = []
    for place, ticket in enumerate(sorted(tickets, key=lambda t: (t.opened, t.order.id))):
        if ticket.opened >= end:
            continue
        times = (ticket.opened, ticket.answered, ticket.closed)
        opened, answered, closed = (_berlin(at) if at is not None and at < end else "" for at in times)
        opened = "31.06.2025 10:00" if place % 150 == 75 else opened
        by = ticket.answered_by if answered else ""
        number = f"T{place + 1:06d}"
        order = ticket.order
        rows.append((number, order.customer, order.id, opened, answered, by, closed, ticket.channel, ticket.subject))
    return rows


def _review_rows(reviews: Iterable[Review], end: int) -> list[tuple[str, ...]]:
    """The review site writes local time with its offset."""
    kept = sorted((r for r in reviews if r.written < end), key=lambda r: (r.written, r.order.id))
    return [
        (r.order.id, r.order.customer, str(r.stars), datetime.fromtimestamp(r.written, _BERLIN).isoformat(" "), r.text)
        for r in kept
    ]


def _utc(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _berlin(at: int) -> str:
    return datetime.fromtimestamp(at, _BERLIN).strftime("%d.%m.%Y %H:%M")


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
