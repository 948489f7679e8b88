"""The checkout, page by page: two planted frictions at its beginning, a broken payment at its end. Pure.

Both frictions stand before the pages at which people leave of themselves, so that those whom they touch and the others
can be compared. Whether somebody leaves anyway is drawn for all, so that what a friction changed is known and not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from momentwise.simulate import plans as p
from momentwise.simulate.people import SMALL_PHONE
from momentwise.simulate.visit import Visit
from momentwise.simulate.world import SECOND, Records

START, IDENTITY, DELIVERY, PAYMENT = "/checkout", "/checkout/identity", "/checkout/delivery", "/checkout/payment"
_START_MS, _START_SIGMA = 8 * SECOND, 0.35
_DELIVERY_MS, _DELIVERY_SIGMA = 24 * SECOND, 0.31
_PAYMENT_MS, _PAYMENT_SIGMA = 21 * SECOND, 0.31
_USUAL_SHARE = 0.5  # of those who leave of themselves, before the payment


@dataclass
class _Fate:
    """What is drawn at the start of a checkout: who would leave anyway, and what drives somebody away besides."""

    leaves_before_payment: bool
    leaves_at_payment: bool
    driven: set[str] = field(default_factory=set)

    @property
    def would_complete(self) -> bool:
        """Whether the visitor completes if nothing planted prevents it."""
        return not (self.leaves_before_payment or self.leaves_at_payment)

    def lost_by(self, name: str) -> int:
        """1 where this plan, and nothing else, is why there is no order."""
        return int(self.would_complete and self.driven == {name})


def walk_through_checkout(visit: Visit, records: Records) -> int | None:
    """When the order was placed, milliseconds; `None` where the visitor left.

    Args:
        visit: The visit, at the basket.
        records: Where the tally goes.
    """
    begun, fate = visit.now, _draw_fate(visit)
    visit.note("begin_checkout", START)
    thumb_ms = _start(visit, fate)
    id_ms = _ask_for_id(visit, fate) if visit.person.gets_id_field else 0
    if "id-field" not in fate.driven:
        _finish(visit, records, fate)
    ordered = visit.now if fate.would_complete and not fate.driven else None
    if begun < visit.world.end:
        _tell(visit, records, fate, thumb_ms, id_ms)
    visit.lost_to = next((name for name in fate.driven if fate.lost_by(name)), "")
    if ordered is not None:
        visit.now += int(SECOND * (1 + visit.random.random()))
        visit.page("/thank-you")
    return ordered


def _draw_fate(visit: Visit) -> _Fate:
    random, world = visit.random, visit.world
    is_lifted = "broken-segment" in world.plans and visit.now >= world.new_version_at
    leaves = random.random() < (p.LEAVES_LIFTED if is_lifted else p.LEAVES)
    is_early = random.random() < _USUAL_SHARE
    return _Fate(leaves and is_early, leaves and not is_early)


def _start(visit: Visit, fate: _Fate) -> int:
    """The first page with its button; returns the milliseconds that the button's place added."""
    visit.page(START)
    visit.wait(_START_MS * visit.person.pace, _START_SIGMA)
    if visit.person.screen.name != SMALL_PHONE or "thumb-reach" not in visit.world.plans:
        visit.press(START, "continue")
        return 0
    random, visit.is_reaching = visit.random, visit.now < visit.world.end
    added = int(SECOND * random.gammavariate(p.THUMB_SHAPE, p.THUMB_SECONDS / p.THUMB_SHAPE))
    visit.now += added
    visit.note("scroll", START)
    visit.press(START, "continue", p.REACH_Y)
    if random.random() < p.THUMB_LEAVES:
        fate.driven.add("thumb-reach")
    return added


def _ask_for_id(visit: Visit, fate: _Fate) -> int:
    """The page that asks for an ID; returns the milliseconds from its opening to its end."""
    random, begun = visit.random, visit.now
    visit.asked_for_id = begun < visit.world.end
    visit.page(IDENTITY)
    visit.focus(IDENTITY, "id-upload", "true,true")
    visit.now += p.ID_FLOOR_MS + int(random.gammavariate(p.ID_SHAPE, p.ID_ABOVE_MS / p.ID_SHAPE))
    if random.random() < p.ID_LEAVES:
        fate.driven.add("id-field")
        visit.note("field_left", IDENTITY, "id-upload")
        return visit.now - begun
    visit.note("file_chosen", IDENTITY, "id-upload")
    visit.now += 610
    return visit.now - begun


def _finish(visit: Visit, records: Records, fate: _Fate) -> None:
    """Delivery and payment. Whom the button's place annoyed leaves here and not before the next page."""
    _say_where_to(visit, records)
    if fate.leaves_before_payment or fate.driven:
        return
    random, plans = visit.random, visit.world.plans
    visit.page(PAYMENT)
    total, begun = visit.person.pace * _PAYMENT_MS, visit.now
    visit.now += SECOND
    visit.field(PAYMENT, "card-number", "true,true" if "explained-ask" in plans else ",")
    if "explained-ask" in plans:
        records.touch("explained-ask")
    visit.now = begun
    visit.wait(total, _PAYMENT_SIGMA)
    if fate.leaves_at_payment:
        return
    visit.press(PAYMENT, "place-order")
    if visit.in_broken_segment and random.random() < p.SEGMENT_FAILS:
        visit.now += 600
        visit.note("payment_failed", PAYMENT, "place-order")
        visit.now += 3 * SECOND
        fate.driven.add("broken-segment")
        return
    visit.now += int(SECOND * (1 + random.random()))


def _say_where_to(visit: Visit, records: Records) -> None:
    visit.page(DELIVERY)
    random, begun = visit.random, visit.now
    visit.wait(_DELIVERY_MS * visit.person.pace, _DELIVERY_SIGMA)
    until = visit.now
    visit.now = begun + 700
    visit.field(DELIVERY, "address")
    visit.now = begun + (until - begun) * 45 // 100
    visit.field(DELIVERY, "postcode")
    if "calendar" in visit.world.plans and random.random() < p.CALENDAR_SHARE:
        visit.now = begun + (until - begun) * 8 // 10
        visit.hammer(DELIVERY, "calendar-next")
        records.touch("calendar")
    visit.now = until


def _tell(visit: Visit, records: Records, fate: _Fate, thumb_ms: int, id_ms: int) -> None:
    """Count what was done to this checkout: by what it was touched, how long, and what that changed."""
    would, done = int(fate.would_complete), int(fate.would_complete and not fate.driven)
    half = "after" if visit.now >= visit.world.new_version_at else "before"
    for name in ("checkout", f"checkout.{half}"):
        records.count(f"{name}.started")
        records.count(f"{name}.completed", done)
    for name, added in (("thumb-reach", thumb_ms), ("id-field", id_ms)):
        if added:
            _touch(records, fate, name, added_ms=added, added_ms_completed=added * done)
    if thumb_ms and id_ms:
        records.count("both-frictions.touched")
    if visit.person.is_typist:
        records.touch("slow-typists")
    if visit.in_broken_segment:
        _touch(records, fate, "broken-segment", would_complete=would, completed=done)


def _touch(records: Records, fate: _Fate, name: str, **sums: int) -> None:
    done = int(fate.would_complete and not fate.driven)
    records.touch(name, **{"completed": done, "left": fate.lost_by(name), **sums})
