"""The shop's customers and what is known of them: device, screen, version, language, region, and habits. Pure."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from momentwise.simulate import plans as p

PHONE, TABLET, DESKTOP = "mobile", "tablet", "desktop"
SMALL_PHONE = "360x640"


@dataclass(frozen=True)
class Screen:
    """A class of viewports, in CSS pixels."""

    name: str
    device: str
    width: int
    height: int


_SCREENS = (
    Screen(SMALL_PHONE, PHONE, 360, 640),
    Screen("414x896", PHONE, 414, 896),
    Screen("768x1024", TABLET, 768, 1024),
    Screen("1440x900", DESKTOP, 1440, 900),
)
_SCREEN_SHARES = tuple(accumulate((0.32, 0.30, 0.06, 0.32)))
_LOCALES = ("en-GB", "de-DE", p.SEGMENT_LOCALE, "fr-FR", "es-ES")
_LOCALE_SHARES = tuple(accumulate((0.34, 0.24, 0.16, 0.14, 0.12)))
_REGIONS = (p.REGION, "south", "east", "west")
_REGION_SHARES = tuple(accumulate((p.REGION_SHARE, 0.23, 0.17, 0.20)))
_PACE_SIGMA = 0.12
_TYPIST_PACE, _TYPIST_PAUSE = 1.35, 3.0


@dataclass(frozen=True)
class Person:
    """One customer.

    Args:
        name: The customer's number, as in `C000042`.
        screen: The viewport of every visit.
        locale: Language and country of the site.
        region: Where the parcels go.
        gets_new_version: Whether version 4.2 reaches the customer.
        gets_id_field: Whether the checkout asks for an ID.
        is_eager: Clicks colours many times in a row and buys more.
        pace: Factor on the time that each page of the checkout takes.
        pause: Factor on the pause before a field is filled in.
        is_typist: Types slowly or uses a screen reader.
    """

    name: str
    screen: Screen
    locale: str
    region: str
    gets_new_version: bool
    gets_id_field: bool
    is_eager: bool
    pace: float
    pause: float
    is_typist: bool


def draw_person(random: Random, number: int, plans: frozenset[str]) -> Person:
    """A customer; every property is independent of every other."""
    screen = _SCREENS[bisect(_SCREEN_SHARES, random.random(), hi=len(_SCREENS) - 1)]
    locale = _LOCALES[bisect(_LOCALE_SHARES, random.random(), hi=len(_LOCALES) - 1)]
    region = _REGIONS[bisect(_REGION_SHARES, random.random(), hi=len(_REGIONS) - 1)]
    version, asked, eager, typist = (random.random() for _ in range(4))
    is_typist = "slow-typists" in plans and typist < p.SLOW_TYPISTS
    pace = random.lognormvariate(0, _PACE_SIGMA)
    return Person(
        name=f"C{number:06d}",
        screen=screen,
        locale=locale,
        region=region,
        gets_new_version=version < p.SEGMENT_CUSTOMERS,
        is_typist=is_typist,
        gets_id_field="id-field" in plans and asked < p.ID_CUSTOMERS,
        is_eager="eager-swatch" in plans and eager < p.EAGER_CUSTOMERS,
        pace=pace * (_TYPIST_PACE if is_typist else 1.0),
        pause=pace * (_TYPIST_PAUSE if is_typist else 1.0),
    )
