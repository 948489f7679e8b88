"""A visit's clock and its tracker: the rows that pages, clicks and fields leave behind. Pure: all chance is handed in."""

from __future__ import annotations

from math import exp
from random import Random

from momentwise.simulate import plans as p
from momentwise.simulate.people import DESKTOP, Person
from momentwise.simulate.world import SECOND, World

WEB_COLUMNS = (
    "user_id", "ts", "type", "page", "element", "x", "y", "device", "viewport", "viewport_width", "viewport_height",
    "target_width", "target_height", "duration", "sensitive", "required", "app_version", "locale", "region",
)  # fmt: skip

_USUAL_MS, _USUAL_SIGMA = 190, 0.30
_PAUSE_MS, _PAUSE_SIGMA = 2_300, 0.30
_CONTROL = "140,48"  # width and height of a control, above every minimum


class Visit:
    """A visit while it is walked through; rows after the end of the data are not kept.

    Args:
        random: All chance.
        person: Who.
        at: When it begins, milliseconds since the epoch.
        world: The shop.
        rows: Where the tracker's rows go.
    """

    def __init__(self, random: Random, person: Person, at: int, world: World, rows: list[str]) -> None:
        self.random, self.person, self.world, self.now, self._rows = random, person, world, at, rows
        self._end = world.end
        self.asked_for_id, self.is_reaching, self.lost_to = False, False, ""
        is_new = "broken-segment" in world.plans and person.gets_new_version and at >= world.new_version_at
        self.version = p.SEGMENT_VERSION if is_new else p.OLD_VERSION
        screen = person.screen
        self._size = f"{screen.width},{screen.height}"
        self._press = "click" if screen.device == DESKTOP else "tap"
        self._known = f"{screen.device},{screen.name},{self._size}"
        self._who = f"{self.version},{person.locale},{person.region}"

    @property
    def in_broken_segment(self) -> bool:
        """Whether payment breaks for this visit."""
        return self.version == p.SEGMENT_VERSION and self.person.locale == p.SEGMENT_LOCALE

    def wait(self, median_ms: float, sigma: float) -> None:
        """Let a log-normal time pass."""
        self.now += int(median_ms * exp(sigma * self.random.gauss(0.0, 1.0)))

    def note(self, kind: str, page: str, element: str = "") -> None:
        """Write one plain row."""
        if self.now < self._end:
            self._rows.append(f"{self.person.name},{self.now},{kind},{page},{element},,,,,,,,,,,,,,\n")

    def page(self, page: str, extra_ms: int = 0) -> None:
        """Open a page and wait until it is there; the row says how long that took, and what the tracker knows."""
        took = int(_USUAL_MS * exp(_USUAL_SIGMA * self.random.gauss(0.0, 1.0))) + extra_ms
        if self.now < self._end:
            took_s = f"{took // SECOND}.{took % SECOND:03d}"
            self._rows.append(
                f"{self.person.name},{self.now},page_view,{page},,,,{self._known},,,{took_s},,,{self._who}\n"
            )
        self.now += took

    def background(self, page: str, took_ms: int) -> None:
        """An answer that nobody waits for."""
        if self.now < self._end:
            took_s = f"{took_ms // SECOND}.{took_ms % SECOND:03d}"
            self._rows.append(f"{self.person.name},{self.now},request_finished,{page},,,,,,,,,,{took_s},,,,,\n")

    def press(self, page: str, element: str, y: int = 0) -> None:
        """Press a control that answers at once; `y` is where it stands, left out where it is well within reach."""
        random, screen = self.random, self.person.screen
        x = screen.width // 2 + int(9 * random.random()) - 4
        y = (y or screen.height * 7 // 10) + int(7 * random.random()) - 3
        self._click(self.now, page, element, x, y)
        self.now += 60 + int(100 * random.random())
        self.note("reaction", page, element)

    def hammer(self, page: str, element: str) -> None:
        """Press one control four to seven times within a second, each with its answer; the clock stands still.

        What it takes is part of the time that the visitor spends there in any case, so that no second is added.
        """
        random, screen, begun = self.random, self.person.screen, self.now
        x, y = screen.width * 3 // 4, screen.height // 2
        for _ in range(4 + int(4 * random.random())):
            self._click(self.now, page, element, x + int(5 * random.random()), y + int(5 * random.random()))
            self.now += 40
            self.note("reaction", page, element)
            self.now += 50 + int(50 * random.random())
        self.now = begun

    def field(self, page: str, element: str, traits: str = ",") -> None:
        """Fill in a field after a pause; the clock stands still, as with `hammer`.

        Args:
            page: Where.
            element: Which field.
            traits: Whether it is sensitive and whether it must be filled in, with a comma between.
        """
        begun = self.now
        self.focus(page, element, traits)
        pause = _PAUSE_MS * self.person.pause * exp(_PAUSE_SIGMA * self.random.gauss(0.0, 1.0))
        if traits.startswith("true"):
            self.now += 200
            self.note("why_shown", page, element)
            pause *= 1.15
        self.now += int(pause)
        self.note("field_changed", page, element)
        self.now = begun

    def focus(self, page: str, element: str, traits: str) -> None:
        """Enter a field."""
        if self.now < self._end:
            self._rows.append(f"{self.person.name},{self.now},field_focused,{page},{element},,,,,,,,,,{traits},,,\n")

    def _click(self, at: int, page: str, element: str, x: int, y: int) -> None:
        if at < self._end:
            self._rows.append(
                f"{self.person.name},{at},{self._press},{page},{element},{x},{y},,,{self._size},{_CONTROL},,,,,,\n"
            )
