"""One customer's days in the shop: visits, orders, what follows an order, and whether the customer comes back. Pure.

Every customer's chance comes from a stream of their own, so that nobody's days depend on how many others there are, in
which order they are drawn, or by how many processes.
"""

from __future__ import annotations

from math import exp, prod
from random import Random

from momentwise.simulate import plans as p
from momentwise.simulate.aftermath import follow_order
from momentwise.simulate.checkout import walk_through_checkout
from momentwise.simulate.desk import Desk, write_order
from momentwise.simulate.orders import Order, draw_order
from momentwise.simulate.people import Person, draw_person
from momentwise.simulate.shopping import look, walk_to_basket
from momentwise.simulate.visit import Visit
from momentwise.simulate.world import BEGIN, DAY, HOUR, Records, World

_BACK, _BACK_AFTER_ORDER = 0.52, 0.80
_GAP_DAYS, _GAP_DAYS_AFTER_ORDER, _GAP_SIGMA = 5.0, 6.0, 0.6
_LOOKS = 0.55
REPEAT_DAYS = 30
_OPEN_FROM, _OPEN_FOR = 7 * HOUR, 15 * HOUR


def live(number: int, world: World, records: Records) -> None:
    """Everything that one customer does, into the records.

    Args:
        number: Which customer, from 1.
        world: The shop.
        records: Where the rows and the tally go.
    """
    random = Random(f"{world.seed}:{number}")
    person = draw_person(random, number, world.plans)
    desk = Desk(random, world, records)
    at = _hour(random, BEGIN + int(DAY * world.days * random.random()))
    is_rare = number in world.rare_customers()
    if is_rare:
        at = _hour(random, BEGIN + DAY * (world.days // 2))
    orders: list[Order] = []
    while at < world.end:
        visit = Visit(random, person, at, world, records.web)
        if random.random() < _LOOKS and not is_rare:
            look(visit, records)
            at = _hour(random, at + DAY * (1 + int(3 * random.random())))
            continue
        hurts: list[tuple[str, float]] = []
        ordered = _shop(visit, records, is_rare, hurts)
        is_rare, order = False, None
        if ordered is not None and ordered < world.end:
            order = draw_order(random, f"{number:06d}-{len(orders) + 1}", person.name, ordered, world)
            write_order(order, world, records)
            hurts += follow_order(order, random, person, desk, world, records)
            orders.append(order)
        at = _next_visit(visit, order, hurts, records)
    _tell_repeats(orders, person, world, records)
    records.close_customer()


def _shop(visit: Visit, records: Records, is_rare: bool, hurts: list[tuple[str, float]]) -> int | None:
    """One visit; when the order was placed, `None` where there was none. Adds what keeps the visitor from coming back."""
    if not walk_to_basket(visit, records, is_rare):
        return None
    ordered = walk_through_checkout(visit, records)
    if visit.asked_for_id:
        hurts.append(("id-field", p.ID_BACK))
    if visit.is_reaching:
        hurts.append(("thumb-reach", 1.0))
    return ordered


def _next_visit(visit: Visit, order: Order | None, hurts: list[tuple[str, float]], records: Records) -> int:
    """When the customer comes back; the end of the data where never.

    Whether somebody comes back is one draw against a chance that each friction multiplies, so that the same draw says what
    would have been without it. Who was driven away from an order would have had the chance of those who ordered.
    """
    random, world = visit.random, visit.world
    base, anchor, days = _BACK, visit.now, _GAP_DAYS
    if order is not None:
        base, days = _BACK_AFTER_ORDER, _GAP_DAYS_AFTER_ORDER
        anchor = order.delivered or order.cancelled or visit.now
    chance = base * prod(factor for _, factor in hurts)
    drawn = random.random()
    at = _hour(random, anchor + int(DAY * (1 + days * exp(_GAP_SIGMA * random.gauss(0.0, 1.0)))))
    for name, factor in hurts:
        without = chance / factor * (_BACK_AFTER_ORDER / _BACK if name == visit.lost_to else 1.0)
        records.count(f"{name}.could_come_back")
        records.count(f"{name}.back", int(drawn < chance and at < world.end))
        records.count(f"{name}.would_be_back", int(drawn < without and at < world.end))
    return at if drawn < chance else world.end


def _hour(random: Random, at: int) -> int:
    """A time of that day at which people are awake."""
    return at // DAY * DAY + _OPEN_FROM + int(_OPEN_FOR * random.random())


def _tell_repeats(orders: list[Order], person: Person, world: World, records: Records) -> None:
    """Count the deliveries of the quiet region and of the others in both halves, and after which another order came."""
    where = "north" if person.region == p.REGION else "others"
    for order in orders:
        if order.delivered is None or order.delivered + REPEAT_DAYS * DAY > world.end:
            continue
        half = "after" if order.delivered >= world.quiet_since else "before"
        again = any(0 < later.created - order.delivered <= REPEAT_DAYS * DAY for later in orders)
        records.count(f"repeat.{where}.{half}.delivered")
        records.count(f"repeat.{where}.{half}.again", int(again))
