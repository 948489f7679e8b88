"""An order's life: paid, sent, delivered in time or late, or cancelled. Pure: all chance is handed in."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from momentwise.simulate import plans as p
from momentwise.simulate.world import DAY, HOUR, MINUTE, SECOND, World

ORDER_COLUMNS = (
    "order_id", "customer_id", "created_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at", "promised_at",
    "total", "currency", "category",
)  # fmt: skip
ASSEMBLY, PREORDER = "assembly", "pre-order"
_CATEGORIES = (ASSEMBLY, PREORDER, "home", "garden")
_CATEGORY_SHARES = tuple(accumulate((0.17, 0.13, 0.36, 0.34)))
_CANCELLED = 0.02
_PROMISED_DAYS, _PROMISED_DAYS_PREORDER = 6, 14
_LATE_MEAN_DAYS, _LATE_MOST_DAYS = 4.0, 14.0


@dataclass(frozen=True)
class Order:
    """One order; all times are milliseconds since the epoch, `None` for what never happens.

    Args:
        id: The shop's number for it.
        customer: Who.
        category: What was bought.
        created: When it was placed.
        paid: When it was paid.
        promised: By when the shop said that it would be there.
        shipped: When the parcel left.
        delivered: When the parcel arrived.
        cancelled: When it was cancelled.
        total_cents: What it cost, in euro cents.
        template: The wording of its confirmation.
        is_faulty: Whether a part is broken or missing.
    """

    id: str
    customer: str
    category: str
    created: int
    paid: int
    promised: int
    shipped: int | None
    delivered: int | None
    cancelled: int | None
    total_cents: int
    template: str
    is_faulty: bool

    @property
    def late_days(self) -> float:
        """Days after the promised time; 0 for what came in time."""
        return max(0.0, ((self.delivered or 0) - self.promised) / DAY)


def draw_order(random: Random, order_id: str, customer: str, created: int, world: World) -> Order:
    """One order's whole life.

    Args:
        random: All chance.
        order_id: The shop's number for it.
        customer: Who.
        created: When it was placed, milliseconds since the epoch.
        world: The shop.
    """
    category = _CATEGORIES[bisect(_CATEGORY_SHARES, random.random(), hi=len(_CATEGORIES) - 1)]
    days = _PROMISED_DAYS_PREORDER if category == PREORDER else _PROMISED_DAYS
    promised = (created // DAY + days + 1) * DAY - SECOND
    paid = created + MINUTE + int(9 * MINUTE * random.random())
    is_vague = "vague-confirmation" in world.plans and random.random() < p.VAGUE_SHARE
    is_faulty = "broken-part" in world.plans and category == ASSEMBLY and random.random() < p.FAULTY
    total = int(random.lognormvariate(8.5, 0.6))
    template = p.VAGUE_TEMPLATE if is_vague else p.CLEAR_TEMPLATE
    shipped: int | None
    delivered: int | None
    if random.random() < _CANCELLED:
        shipped, delivered, cancelled = None, None, paid + int(HOUR * (1 + 30 * random.random()))
    else:
        cancelled = None
        shipped, delivered = _draw_transport(random, category, paid, promised, world)
    return Order(
        order_id, customer, category, created, paid, promised, shipped, delivered, cancelled, total, template, is_faulty
    )


def _draw_transport(random: Random, category: str, paid: int, promised: int, world: World) -> tuple[int, int]:
    """When the parcel leaves and when it arrives."""
    if category == PREORDER:
        span = p.SILENT_MOST_DAYS - p.SILENT_LEAST_DAYS
        shipped = paid + int(DAY * (p.SILENT_LEAST_DAYS + span * random.random()))
        return shipped, shipped + int(DAY * (1 + 2 * random.random()))
    shipped = paid + int(HOUR * (4 + 32 * random.random()))
    if "late-period" in world.plans:
        in_period = world.late_since <= promised < world.late_until
        if random.random() < (p.LATE_SHARE if in_period else p.LATE_USUAL):
            days = min(_LATE_MOST_DAYS, 0.25 + random.expovariate(1 / _LATE_MEAN_DAYS))
            return shipped, promised + int(DAY * days)
    return shipped, shipped + int(DAY * (0.8 + 2.4 * random.random()))
