"""The demo shop's orders: from placed to delivered, some late, some cancelled. Pure: all chance comes from `random`."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_NEVER_PAID, _CANCELLED, _LATE = 0.015, 0.02, 0.09
_PROMISED_DAYS = 6


@dataclass(frozen=True)
class Order:
    """One order; all times are seconds since the epoch, `None` for what never happens.

    Args:
        id: The shop's number for it.
        customer: Who.
        created: When it was placed.
        paid: When it was paid.
        shipped: When the parcel left.
        delivered: When the parcel arrived.
        cancelled: When it was cancelled.
        promised: By when the shop said that it would be there.
        total_cents: What it cost, in euro cents.
    """

    id: str
    customer: str
    created: int
    paid: int | None
    shipped: int | None
    delivered: int | None
    cancelled: int | None
    promised: int
    total_cents: int

    @property
    def is_late(self) -> bool:
        """Whether it arrived after the promised day."""
        return self.delivered is not None and self.delivered > self.promised


def draw_order(random: Random, order_id: str, customer: str, created: int) -> Order:
    """One order's whole life.

    Args:
        random: All chance.
        order_id: The shop's number for it.
        customer: Who.
        created: When it was placed, seconds since the epoch.
    """
    promised = (created // DAY + _PROMISED_DAYS + 1) * DAY - 1
    total_cents = round(random.lognormvariate(3.9, 0.6) * 100)
    fate = random.random()
    if fate < _NEVER_PAID:
        cancelled = created + random.randint(2 * DAY, 3 * DAY)
        return Order(order_id, customer, created, None, None, None, cancelled, promised, total_cents)
    paid = created + random.randint(20, 20 * MINUTE)
    if fate < _NEVER_PAID + _CANCELLED:
        cancelled = paid + random.randint(HOUR, 2 * DAY)
        return Order(order_id, customer, created, paid, None, None, cancelled, promised, total_cents)
    shipped = paid + random.randint(4 * HOUR, 2 * DAY)
    if random.random() < _LATE:
        delivered = promised + random.randint(6 * HOUR, 8 * DAY)
        return Order(order_id, customer, created, paid, shipped, delivered, None, promised, total_cents)
    delivered = min(shipped + random.randint(18 * HOUR, 4 * DAY), promised - random.randint(0, 12 * HOUR))
    return Order(order_id, customer, created, paid, shipped, delivered, None, promised, total_cents)
