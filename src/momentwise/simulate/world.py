"""What all customers of one shop share: its days, its plans, its rows, and the tally from which the truth is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from momentwise.simulate import plans as p

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000  # milliseconds
BEGIN = (
    1_746_057_600_000  # 2025-05-01T00:00:00Z: a summer without a change of clocks in Berlin, whose time the desk writes
)


@dataclass(frozen=True)
class World:
    """One shop before anybody comes.

    Args:
        customers: How many people visit it.
        days: How long; what would happen later is not in the data.
        seed: The same seed gives the same bytes.
        plans: Names of the plans that are followed.
    """

    customers: int
    days: int
    seed: int
    plans: frozenset[str] = frozenset(p.PLAN_NAMES)

    @property
    def end(self) -> int:
        """The instant up to which the data go, milliseconds."""
        return BEGIN + self.days * DAY

    def at_share(self, share: float) -> int:
        """The midnight at or before a share (0–1) of the days."""
        return BEGIN + int(self.days * share) * DAY

    @property
    def late_since(self) -> int:
        """The first promised day of the late fortnight."""
        return self.at_share(p.LATE_SINCE)

    @property
    def late_until(self) -> int:
        """The end of the late fortnight."""
        return self.late_since + p.LATE_DAYS * DAY

    @property
    def new_version_at(self) -> int:
        """When version 4.2 comes."""
        return self.at_share(p.SEGMENT_SINCE)

    @property
    def quiet_since(self) -> int:
        """When the quiet region begins to stay away."""
        return self.at_share(p.REGION_SINCE)

    def rare_customers(self) -> frozenset[int]:
        """The numbers of the three customers who meet the page that takes twenty seconds."""
        if "rare-slow-page" not in self.plans:
            return frozenset()
        return frozenset(1 + self.customers * (2 * n + 1) // (2 * p.RARE_VISITS) for n in range(p.RARE_VISITS))


@dataclass
class Records:
    """What some customers left behind: lines of each table, and the tally of what was done to them.

    Args:
        web: Lines of the site's tracker.
        orders: Lines of the shop system.
        messages: Lines of the mailing tool.
        tickets: Lines of the service desk.
        contacts: Lines of the telephone and chat system.
        reviews: Lines of the review site.
        surveys: Lines of the survey tool.
        tally: Sums by name, all whole numbers, so that no order of adding changes them.
    """

    web: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    reviews: list[str] = field(default_factory=list)
    surveys: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def touch(self, name: str, **sums: int) -> None:
        """One more occurrence that a plan touches, and its customer, with what it did."""
        self.tally[f"{name}.touched"] += 1
        self._seen.add(name)
        for key, value in sums.items():
            self.tally[f"{name}.{key}"] += value

    def count(self, name: str, value: int = 1) -> None:
        """Add to a sum."""
        self.tally[name] += value

    def close_customer(self) -> None:
        """Count the customer once for each plan that touched it."""
        for name in self._seen:
            self.tally[f"{name}.people"] += 1
        self._seen.clear()
