"""From the first page to the basket: searching, looking at products, choosing one. Pure: all chance is handed in.

A visit has at most one search, before anything is looked at, and no product's page is left and come back to, so that an
occurrence is longer only where something holds the visitor up.
"""

from __future__ import annotations

from momentwise.simulate import plans as p
from momentwise.simulate.visit import Visit
from momentwise.simulate.world import SECOND, Records

SEARCHES, BOUNCES = 0.75, 0.08
_SEARCH_LEAVES = 0.06
_ADDS, _ADDS_EAGER = 0.80, 0.93
_CHECKS_OUT, _CHECKS_OUT_EAGER = 0.88, 0.96
_CHOOSE_MS, _CHOOSE_SIGMA = 9 * SECOND, 0.40
_DWELL_MS, _DWELL_SIGMA = 16 * SECOND, 0.40


def walk_to_basket(visit: Visit, records: Records, is_rare: bool) -> bool:
    """Whether the visitor goes on to the checkout.

    Args:
        visit: The visit, at its first page.
        records: Where the tally goes.
        is_rare: Whether this is one of the three visits that meet the page of twenty seconds.
    """
    random = visit.random
    visit.page("/")
    if is_rare:
        visit.wait(4 * SECOND, 0.3)
        visit.page("/gift-cards", int(p.RARE_SECONDS * SECOND))
        records.touch("rare-slow-page", added_ms=int(p.RARE_SECONDS * SECOND))
    if random.random() < BOUNCES:
        return False
    visit.wait(6 * SECOND, 0.5)
    if random.random() < SEARCHES and not _search(visit, records):
        return False
    _look_around(visit, records)
    if random.random() >= (_ADDS_EAGER if visit.person.is_eager else _ADDS):
        return False
    return _fill_basket(visit, records)


def look(visit: Visit, records: Records) -> None:
    """A short visit of somebody who does not buy yet: a search, and one of its results."""
    visit.page("/")
    visit.wait(6 * SECOND, 0.5)
    if _search(visit, records):
        visit.page("/product")
        visit.note("view_item", "/product")
        _read(visit, "/product", _DWELL_MS, _DWELL_SIGMA)


def _read(visit: Visit, page: str, median_ms: int, sigma: float) -> None:
    """Stay on a page for a while; who reads it scrolls, also who leaves afterwards."""
    begun = visit.now
    visit.wait(median_ms, sigma)
    until, visit.now = visit.now, begun + (visit.now - begun) * 4 // 10
    visit.note("scroll", page)
    visit.now = until


def _search(visit: Visit, records: Records) -> bool:
    """Whether the visitor opens one of the results."""
    random, plans, is_in_data = visit.random, visit.world.plans, visit.now < visit.world.end
    visit.note("search", "/search", "search-box")
    is_slow = "slow-search" in plans and random.random() < p.SLOW_SHARE
    added_ms = int(SECOND * (p.SLOW_SECONDS + 0.4 * (random.random() - 0.5))) if is_slow else 0
    visit.page("/search", added_ms)
    if "background-page" in plans and random.random() < p.BACKGROUND_SHARE:
        visit.background("/api/recommendations", int(SECOND * (p.BACKGROUND_SECONDS + random.random() - 0.5)))
        records.touch("background-page")
    leaves_anyway = random.random() < _SEARCH_LEAVES
    leaves_of_it = is_slow and random.random() < p.SLOW_LEAVES
    if is_slow and is_in_data:
        of_it = leaves_of_it and not leaves_anyway
        records.touch("slow-search", added_ms=added_ms, left=int(of_it), would_complete=int(not leaves_anyway))
    _read(visit, "/search", _CHOOSE_MS, _CHOOSE_SIGMA)
    return not (leaves_anyway or leaves_of_it)


def _look_around(visit: Visit, records: Records) -> None:
    """One to four products, one after the other."""
    random, plans = visit.random, visit.world.plans
    leafs = "gallery" in plans and random.random() < p.GALLERY_SHARE
    colours = visit.person.is_eager and random.random() < p.EAGER_CLICKS
    for number in range(1 + int(4 * random.random())):
        visit.page("/product")
        visit.note("view_item", "/product")
        visit.now += 900
        begun = visit.now
        if number == 0 and leafs:
            visit.hammer("/product", "gallery-next")
            records.touch("gallery")
        if number == 0 and colours:
            visit.now += 1_600
            visit.hammer("/product", "colour-swatch")
            records.touch("eager-swatch")
        visit.now = begun
        _read(visit, "/product", _DWELL_MS, _DWELL_SIGMA)


def _fill_basket(visit: Visit, records: Records) -> bool:
    random = visit.random
    visit.press("/product", "add-to-basket")
    visit.note("add_to_cart", "/product", "add-to-basket")
    visit.now += 400
    visit.page("/basket")
    visit.now += 1_500
    if "quantity-stepper" in visit.world.plans and random.random() < p.STEPPER_SHARE:
        visit.hammer("/basket", "quantity-plus")
        records.touch("quantity-stepper")
    visit.wait(14 * SECOND, 0.4)
    return random.random() < (_CHECKS_OUT_EAGER if visit.person.is_eager else _CHECKS_OUT)
