"""One visit to the demo shop's site: what is seen, searched, clicked and bought. Pure: all chance comes from `random`.

Two habits are drawn on purpose. The coupon button does not work on phones: people hammer it and half of them leave. The
quantity stepper is pressed many times in a row as well, and nothing is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS

PHONE, DESKTOP = "mobile", "desktop"
_PRODUCTS = 240
_BROKEN_LEAVES, _USUAL_LEAVES = 0.5, 0.14
# Where things stand on the page, in CSS pixels from its upper left corner, per device.
_SPOTS = {
    ("apply-coupon", PHONE): (188, 604),
    ("apply-coupon", DESKTOP): (1012, 431),
    ("quantity-plus", PHONE): (322, 512),
    ("quantity-plus", DESKTOP): (884, 377),
}

Row = tuple[str, int, str, str, str, str, str, str]


@dataclass
class Visit:
    """A visit while it is walked through.

    Args:
        customer: Who.
        now_ms: The clock of the visit, milliseconds since the epoch.
        device: `mobile` or `desktop`.
        rows: What the site's tracker wrote: user, time, type, page, element, x, y, device.
        ordered_at_ms: When an order was placed; `None` for none.
    """

    customer: str
    now_ms: int
    device: str
    rows: list[Row] = field(default_factory=list)
    ordered_at_ms: int | None = None

    def note(self, kind: str, page: str, element: str = "", x: str = "", y: str = "") -> None:
        """Write one row at the visit's clock."""
        self.rows.append((self.customer, self.now_ms, kind, page, element, x, y, self.device))

    def wait(self, random: Random, least_ms: int, most_ms: int) -> None:
        """Let some time pass."""
        self.now_ms += random.randint(least_ms, most_ms)

    def hammer(self, random: Random, page: str, element: str, clicks: int) -> None:
        """Click one spot several times within a second."""
        x, y = _SPOTS[element, self.device]
        for _ in range(clicks):
            self.wait(random, 90, 140)
            self.note("click", page, element, str(x + random.randint(-4, 4)), str(y + random.randint(-3, 3)))


def draw_shopping(random: Random, customer: str, at_ms: int, device: str) -> Visit:
    """A visit of somebody who looks for something, and perhaps buys it.

    Args:
        random: All chance.
        customer: Who.
        at_ms: When it begins, milliseconds since the epoch.
        device: `mobile` or `desktop`.
    """
    visit = Visit(customer, at_ms, device)
    visit.note("page_view", "/")
    if random.random() < 0.7:
        _search(visit, random)
    for _ in range(random.randint(1, 5)):
        visit.wait(random, 6 * SECOND_MS, 70 * SECOND_MS)
        visit.note("view_item", f"/p/{random.randint(1, _PRODUCTS)}")
    if random.random() < 0.60:
        _fill_basket(visit, random)
        visit.wait(random, 10 * SECOND_MS, 90 * SECOND_MS)
        if random.random() < 0.78:
            _check_out(visit, random)
    return visit


def _search(visit: Visit, random: Random) -> None:
    visit.wait(random, 3 * SECOND_MS, 25 * SECOND_MS)
    visit.note("search", "/search", "search-box")
    if random.random() < 0.11:
        visit.wait(random, SECOND_MS, 2 * SECOND_MS)
        visit.note("search_empty", "/search")


def _fill_basket(visit: Visit, random: Random) -> None:
    page = visit.rows[-1][3]
    visit.wait(random, 4 * SECOND_MS, 40 * SECOND_MS)
    visit.note("click", page, "add-to-basket")
    visit.wait(random, 80, 300)
    visit.note("add_to_cart", page)
    visit.wait(random, 2 * SECOND_MS, 10 * SECOND_MS)
    visit.note("page_view", "/basket")
    if random.random() < 0.16:
        visit.wait(random, SECOND_MS, 5 * SECOND_MS)
        visit.hammer(random, "/basket", "quantity-plus", random.randint(4, 7))


def _check_out(visit: Visit, random: Random) -> None:
    """From the basket to the order, unless the coupon button or something else drives the customer away."""
    visit.note("begin_checkout", "/checkout")
    leaves = _USUAL_LEAVES
    visit.wait(random, 8 * SECOND_MS, 40 * SECOND_MS)
    if random.random() < 0.24:
        is_broken = visit.device == PHONE
        visit.hammer(random, "/checkout", "apply-coupon", random.randint(5, 8) if is_broken else 1)
        leaves = _BROKEN_LEAVES if is_broken else _USUAL_LEAVES
        if not is_broken:
            visit.wait(random, 200, 600)
            visit.note("coupon_applied", "/checkout")
    if random.random() < leaves:
        return
    visit.wait(random, 20 * SECOND_MS, 4 * MINUTE_MS)
    visit.note("click", "/checkout", "place-order")
    visit.wait(random, SECOND_MS, 3 * SECOND_MS)
    visit.ordered_at_ms = visit.now_ms
    visit.wait(random, SECOND_MS, 2 * SECOND_MS)
    visit.note("page_view", "/thank-you")


def draw_order_check(random: Random, customer: str, at_ms: int, device: str, chance_of_date: float) -> Visit:
    """A visit of somebody who asks where the order is.

    Args:
        random: All chance.
        customer: Who.
        at_ms: When it begins, milliseconds since the epoch.
        device: `mobile` or `desktop`.
        chance_of_date: How likely (0–1) the page is to show a day of delivery.
    """
    visit = Visit(customer, at_ms, device)
    visit.note("page_view", "/account")
    visit.wait(random, 4 * SECOND_MS, 30 * SECOND_MS)
    visit.note("view_order", "/account/orders")
    if random.random() < chance_of_date:
        visit.wait(random, 500, 2 * SECOND_MS)
        visit.note("delivery_date", "/account/orders", "delivery-date")
    return visit
