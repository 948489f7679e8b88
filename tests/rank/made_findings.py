"""Findings made by hand, for the tests of what is done with them."""

from __future__ import annotations

from momentwise.define.finding import Cost, Estimate, Finding


def between(value: float, low: float, high: float, unit: str = "share", n: int = 1_000) -> Estimate:
    """An estimate with its interval."""
    return Estimate(value, n, unit, low, high)  # type: ignore[arg-type]  # a unit's word


def make_finding(name: str = "slow-page", **changes: object) -> Finding:
    """An established friction of a hundred people, by behaviour alone, unless changed."""
    facts: dict[str, object] = {
        "id": f"pay/{name}",
        "moment": "pay",
        "kind": "friction",
        "title": f"The {name} holds customers.",
        "estimate": between(5.0, 3.0, 7.0, "seconds"),
        "grade": "C",
        "grade_reason": "Observed.",
        "people": 100,
        "sources": ("behaviour",),
        "standing": "established",
    }
    return Finding(**(facts | changes))  # type: ignore[arg-type]  # any field may be changed


def costing(value: float, half: float = 0.0, currency: str = "EUR") -> Cost:
    """A cost per month of so much, give or take half the width of its interval."""
    total = Estimate(value, 100, "money", value - half, value + half)
    return Cost(currency=currency, frequency=Estimate(100.0, 100, "count", 80.0, 120.0), failure=total, total=total)
