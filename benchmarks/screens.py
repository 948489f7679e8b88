"""What people sit in front of: device, sizes, app version and locale, which follow from who they are and when it is.

Nothing here is drawn: the numbers of customers and instants are scattered, so that the log carries them at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from shop import (
    ANSWER,
    APP,
    CANCELLED,
    CLICK,
    DELIVERED,
    FIRST_DAY_US,
    MESSAGE,
    SHIPPED,
    Rows,
)

Int16s = npt.NDArray[np.int16]

DEVICES = ("phone", "tablet", "desktop")
# Device, viewport width and height; a customer has one of them.
KINDS = ((0, 375, 667), (0, 390, 844), (0, 412, 915), (1, 820, 1180), (2, 1440, 900), (2, 1920, 1080))
LOCALES = ("en-GB", "de-DE", "fr-FR", "pt-BR", "es-ES", "nl-NL")
VERSIONS = tuple(f"4.{minor}" for minor in range(9))
_RELEASE_US = 10 * 86_400_000_000  # a new version every ten days; some update late
_SCROLLED = 2_850  # a click further down than this is below what the screen shows
_TARGETS = np.array([20, 32, 44, 48, 120], np.int16)  # one in five controls is smaller than 24 pixels


def scatter(numbers: npt.NDArray[np.integer], parts: int) -> npt.NDArray[np.int64]:
    """Each number's part, 0 up to `parts`, spread evenly; the same number always has the same one.

    Source:
        Knuth, The Art of Computer Programming 3, 6.4: multiplicative hashing, by 2^64 over the golden ratio.
    """
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(40)) * np.uint64(parts) >> np.uint64(24)).astype(np.int64)


@dataclass(frozen=True)
class Screens:
    """What is known of the screen of each row; -1 where nothing is.

    Args:
        x: Of a click, within the viewport.
        y: Of a click, one in twenty below the screen.
        devices: Places in `DEVICES`.
        versions: Places in `VERSIONS`.
        locales: Places in `LOCALES`.
        widths: CSS pixels.
        heights: CSS pixels.
        targets: Both sides of the control, CSS pixels.
    """

    x: Int16s
    y: Int16s
    devices: Int16s
    versions: Int16s
    locales: Int16s
    widths: Int16s
    heights: Int16s
    targets: Int16s

    @classmethod
    def of(cls, rows: Rows) -> Screens:
        """The screens of some rows."""
        event, customer = rows["event"], rows["customer"]
        is_own = ~np.isin(event, (SHIPPED, DELIVERED, CANCELLED, ANSWER, MESSAGE))
        on_page = rows["page"] >= 0
        device, width, height = (
            np.array(part, np.int16)[scatter(customer, len(KINDS))] for part in zip(*KINDS, strict=True)
        )
        week = (rows["at"] - FIRST_DAY_US) // _RELEASE_US + 2 - scatter(customer + 1, 3)
        hit = (event == CLICK) & (rows["element"] >= 0)
        return cls(
            x=rows["x"] % width,
            y=np.where(rows["y"] > _SCROLLED, rows["y"], rows["y"] % height),
            devices=np.where(is_own, device, -1),
            versions=np.where(is_own & (rows["channel"] == APP), np.clip(week, 0, len(VERSIONS) - 1), -1).astype(
                np.int16
            ),
            locales=np.where(is_own, scatter(customer + 2, len(LOCALES)), -1).astype(np.int16),
            widths=np.where(on_page, width, -1),
            heights=np.where(on_page, height, -1),
            targets=np.where(hit, _TARGETS[rows["element"] % len(_TARGETS)], -1),
        )

    def sizes(self) -> list[pa.Array]:
        """The columns of the viewport's and the target's width and height."""
        columns = (self.widths, self.heights, self.targets, self.targets)
        return [pa.array(sizes, mask=sizes < 0) for sizes in columns]
