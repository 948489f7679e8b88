"""Numbers as people read them: never finer than their interval, with separators, units and a true minus."""

from __future__ import annotations

import pytest

from fake_audits import share_of
from momentwise.charts.wording import read_quantile, write_fraction, write_interval, write_value, write_wanted
from momentwise.define.finding import Estimate, TargetCheck

DAY = 86400.0

VALUES = [
    (Estimate(0.07944, 14552, "share", 0.0751, 0.0839), "7.9%", "7.5 to 8.4%"),
    (Estimate(-1.682, 14518, "score", -1.780, -1.583), "−1.68", "−1.78 to −1.58"),
    (Estimate(2.603, 1135, "score", 2.51, 2.696), "2.60", "2.51 to 2.70"),
    (Estimate(0.5, 4, "share", 0.15, 0.85), "50%", "15 to 85%"),
    (Estimate(1.0, 35, "share", 0.9011, 0.99999999999), "100%", "90 to 100%"),
    (Estimate(14450.0, 9, "money", 12300.0, 16700.0), "BRL 14,000", "BRL 12,000 to 17,000"),
    (Estimate(10.127 * DAY, 14552, "seconds", 10.05 * DAY, 10.2 * DAY), "10.1 days", "10.0 to 10.2 days"),
    (Estimate(37.4 * DAY, 20, "seconds", 32 * DAY, 43 * DAY), "37.4 days", "32.0 to 43.0 days"),
    (Estimate(51780.0, 30, "seconds", 45000.0, 58000.0), "14h 20m", "12h 30m to 16h 10m"),
    (Estimate(22.31, 900, "seconds", 22.0, 22.6), "22.3s", "22.0 to 22.6s"),
    (Estimate(0.012, 14700, "count", 0.010, 0.014), "0.012", "0.010 to 0.014"),
    (Estimate(388.0, 388, "count"), "388", ""),
    (Estimate(3.0, 10, "steps"), "3", ""),
    (Estimate(0.123, 40, "share"), "12%", ""),
    (Estimate(0.1234, 4000, "share"), "12.3%", ""),
    (Estimate(120.4, 9, "money"), "BRL 120", ""),
    (Estimate(5400.0, 9, "seconds"), "1h 30m", ""),
    (Estimate(95.0, 9000, "seconds", 94.6, 95.4), "1m 35s", "± under 1s"),
    (Estimate(14e3, 9**6, "seconds", 14e3 - 9, 14e3 + 9), "3h 53m", "± under 1m"),
    (Estimate(10.127 * DAY, 9**6, "seconds", 10.12 * DAY, 10.13 * DAY), "10.1 days", "± under 0.1 days"),
    (Estimate(None, 0, "share"), "no data", ""),
    (Estimate(float("nan"), 3, "score", 1.0, 2.0), "no data", ""),
]


@pytest.mark.parametrize(("estimate", "value", "interval"), VALUES)
def test_number_is_as_fine_as_its_interval(estimate: Estimate, value: str, interval: str) -> None:
    """Value and interval carry the same decimals, as many as the half-width supports."""
    assert (value, interval) == (write_value(estimate, "BRL"), write_interval(estimate, "BRL"))


def test_share_gives_back_its_counts() -> None:
    """A share opens to the two counts that it is made of; other numbers have none."""
    assert write_fraction(share_of(113, 14700)) == "113 of 14,700"
    assert write_fraction(Estimate(3.0, 10, "steps")) == ""


@pytest.mark.parametrize(
    ("name", "unit", "wanted", "words"),
    [
        ("completion_rate", "share", 0.97, "at least 97%"),
        ("failure_rate", "share", 0.075, "at most 7.5%"),
        ("p90_duration", "seconds", 14 * DAY, "at most 14 days"),
        ("p50_duration", "seconds", 45.0, "at most 45s"),
        ("ces", "score", 5.5, "at least 5.5"),
    ],
)
def test_target_says_its_direction(name: str, unit: str, wanted: float, words: str) -> None:
    """Shares completed and scores want to be high; times, failures and the like want to be low."""
    estimate = Estimate(None, 0, unit)  # type: ignore[arg-type]  # the table holds plain words
    assert words == write_wanted(TargetCheck(name, wanted, estimate, None))


@pytest.mark.parametrize(("name", "percent"), [("p90_duration", 90), ("ces", None), ("price", None), ("p0", None)])
def test_quantile_is_read_from_a_name(name: str, percent: int | None) -> None:
    """Only `p` and a whole percent name a quantile."""
    assert percent == read_quantile(name)
