"""Signals: pieces of evidence at a time about a customer. This module holds their settings; `detect` finds them."""

from __future__ import annotations

import msgspec

from momentwise.define.moment import Trigger
from momentwise.define.predicate import Predicate, parse_predicate
from momentwise.define.span import SECOND_US

# Controls that people press many times in a row on purpose. Peers' trackers are full of "rage" on exactly these:
# steppers, pagers, galleries, calendars, maps, media controls and text fields.
DEFAULT_IGNORE = " or ".join(
    f"element contains '{word}'"
    for word in (
        "stepper", "quantity", "increment", "decrement", "plus", "minus", "next", "prev", "pager", "pagination",
        "gallery", "carousel", "slider", "calendar", "datepicker", "map", "zoom", "player", "volume", "seek", "input",
        "textarea", "no-rage",
    )
)  # fmt: skip


class RageClick(msgspec.Struct, frozen=True, kw_only=True):
    """Many clicks on one spot in a short time: the customer hits something that does not answer.

    A click is *raging* when it and the `clicks - 1` clicks before it, all on the same spot, fall within `within_us`.
    Raging clicks that follow one another make one signal, from the first click of the first such group to the last.
    Two clicks are on the same spot when they share a page and lie at most `radius` apart; where a click has no
    position, when they share a page and an element. A click with neither has no spot.

    Args:
        trigger: Which events are clicks.
        clicks: How many make a rage click. Default 4: the field's tools say 3 or more than 3; 3 fires on steppers.
        within_us: Longest time from the first of them to the last, in microseconds, bound included. Default 1 s.
        radius: Farthest distance from the first of them, in CSS pixels, bound included. Default 30.
        ignore: Clicks on controls that are meant for repeated pressing.

    Source:
        Datadog RUM frustration signals (more than 3 clicks on one element in a 1 s window); posthog-js `rageclick.ts`
        (30 px, 1,000 ms).
    """

    trigger: Trigger = Trigger(events=("click", "tap"))
    clicks: int = 4
    within_us: int = SECOND_US
    radius: int = 30
    ignore: Predicate | None = parse_predicate(DEFAULT_IGNORE)


class SignalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals a playbook looks for, and how; `None` switches one off.

    Args:
        rage_click: Settings of the rage click.
        errors: The names of the events that count as an error the customer met.
    """

    rage_click: RageClick | None = RageClick()
    errors: tuple[str, ...] = ("error",)
