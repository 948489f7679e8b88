"""What is planted in the simulated shop: every friction, every innocent, with its place and its planted size.

A plan is a named habit of the shop that can be switched on and off. Frictions hurt and must be found; innocents look like
friction and hurt nobody. The constants here are the planted sizes; what a run realised stands in its `truth.json`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from momentwise.errors import DefinitionError

Kind = Literal[
    "friction", "segment", "silence", "lateness", "content", "small-many", "too-small", "contradiction", "product", "innocent",
]  # fmt: skip

# The mandatory ID field: who gets it, how long it holds (a floor, and a gamma above it), what it does to people.
ID_CUSTOMERS, ID_LEAVES, ID_BACK = 0.45, 0.10, 0.95
ID_SECONDS = 9.0
ID_FLOOR_MS, ID_ABOVE_MS, ID_SHAPE = 5_200, 3_000, 3.0
# The button below the thumb's reach.
THUMB_SECONDS, THUMB_SHAPE, THUMB_LEAVES = 5.0, 6.0, 0.04
REACH_Y = 668
# The silent week of pre-orders.
SILENT_LEAST_DAYS, SILENT_MOST_DAYS = 7.0, 9.0
SILENT_ASKS, SILENT_BACK, SILENT_STARS = 0.40, 0.85, 0.6
# The late fortnight, as shares of the days of the data, and lateness outside of it.
LATE_SINCE, LATE_DAYS = 0.25, 14
LATE_SHARE, LATE_USUAL, LATE_ASKS, LATE_BACK = 0.70, 0.03, 0.30, 0.62
# Version 4.2 comes early, to half of the customers; with one locale its payment breaks, and all else gets better.
SEGMENT_SINCE, SEGMENT_CUSTOMERS, SEGMENT_FAILS = 0.15, 0.50, 0.50
SEGMENT_VERSION, SEGMENT_LOCALE = "4.2", "pt-PT"
OLD_VERSION = "4.1"
LEAVES, LEAVES_LIFTED = 0.18, 0.145
# The second wording of the confirmation.
VAGUE_TEMPLATE, CLEAR_TEMPLATE = "order-confirmation-v2", "order-confirmation-v1"
VAGUE_SHARE, VAGUE_ASKS, VAGUE_BACK = 0.5, 0.11, 0.97
# Two seconds on very many visits, twenty on three.
SLOW_SHARE, SLOW_SECONDS, SLOW_LEAVES = 0.60, 2.0, 0.01
RARE_VISITS, RARE_SECONDS = 3, 20.0
# One region comes back less from half time on, and says nothing of it.
REGION, REGION_SHARE, REGION_SINCE, REGION_BACK = "north", 0.40, 0.5, 0.77
# The product fault.
FAULTY, FAULT_ASKS, FAULT_BACK, FAULT_STARS = 0.32, 0.60, 0.60, 2.4
# Innocents.
STEPPER_SHARE, GALLERY_SHARE, CALENDAR_SHARE = 0.22, 0.18, 0.30
EAGER_CUSTOMERS, EAGER_CLICKS = 0.12, 0.80
BACKGROUND_SHARE, BACKGROUND_SECONDS = 0.40, 3.0
SLOW_TYPISTS = 0.03


@dataclass(frozen=True)
class Plan:
    """One planted thing.

    Args:
        name: How `--without` and `--only` call it.
        kind: What sort of thing it is.
        about: What it does, in one sentence.
    """

    name: str
    kind: Kind
    about: str


PLANS: tuple[Plan, ...] = (
    Plan(
        "id-field", "friction", "Checkout asks 45 of 100 customers for an ID before it says why: 9 s, and some leave."
    ),
    Plan("thumb-reach", "friction", "On screens of 360x640 the checkout's first button lies below the edge: 5 s."),
    Plan("silent-week", "silence", "Who pre-orders hears nothing for a week between payment and dispatch, and asks."),
    Plan("late-period", "lateness", "In two weeks most parcels come after the promised day; 3 of 100 at other times."),
    Plan(
        "broken-segment",
        "segment",
        "Payment fails half of the time with version 4.2 in pt-PT; what else is new makes up for it.",
    ),
    Plan("vague-confirmation", "content", "The second wording of the confirmation makes people ask what happens next."),
    Plan("slow-search", "small-many", "The list of results comes 2 s later in 60 of 100 searches."),
    Plan("rare-slow-page", "too-small", "One page takes 20 s, on three visits; too little to be raised."),
    Plan(
        "quiet-region", "contradiction", "Customers of one region come back 23 % less from half time on, scores stay."
    ),
    Plan("broken-part", "product", "A third of what must be put together comes with a broken or missing part."),
    Plan("quantity-stepper", "innocent", "The quantity's plus is pressed many times in a row, as it is meant to be."),
    Plan("gallery", "innocent", "Pictures are leafed through quickly."),
    Plan("calendar", "innocent", "The calendar of delivery days is paged quickly."),
    Plan("eager-swatch", "innocent", "Eager customers click colours many times in a row, and buy more than others."),
    Plan("background-page", "innocent", "Recommendations take 3 s in the background; nobody waits for them."),
    Plan(
        "slow-typists", "innocent", "Three customers of 100 type slowly or use a screen reader: long pauses everywhere."
    ),
    Plan("explained-ask", "innocent", "The card's number is asked for with the reason beside it."),
)
PLAN_NAMES = tuple(plan.name for plan in PLANS)


def choose_plans(without: Iterable[str] = (), only: Iterable[str] = (), nothing: bool = False) -> frozenset[str]:
    """The names of the plans to follow.

    Args:
        without: Plans to leave out.
        only: Plans to follow, and no others; empty for all.
        nothing: A shop in which nothing is planted: pure noise.

    Raises:
        DefinitionError: There is no plan of that name.

    Example:
        >>> sorted(choose_plans(only=["id-field"]))
        ['id-field']
    """
    without, only = tuple(without), tuple(only)
    for name in (*without, *only):
        if name not in PLAN_NAMES:
            near = get_close_matches(name, PLAN_NAMES, 1)
            right = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(PLAN_NAMES)}."
            raise DefinitionError(f"There is no plan '{name}'.", right=right)
    if nothing:
        return frozenset()
    return frozenset(only or PLAN_NAMES) - frozenset(without)
