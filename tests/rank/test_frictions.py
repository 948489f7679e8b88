"""Frictions that go together with harm, the small but many, and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import msgspec
import numpy as np
import pytest

from momentwise.define.finding import Finding
from momentwise.define.moment import Trigger
from momentwise.define.span import DAY_US
from momentwise.rank.frictions import find_frictions
from tests.rank.drawn_audits import RULES, SINCE_US, Drawn, draw_times, make_evidence, make_rule


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose instants are UTC."""
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET threads = 1").fetchall()
        yield opened


def _shop(seed: int, n: int = 10_000) -> Drawn:
    """A field after half the way that adds 9 seconds and drives 12 in 100 away; 15 in 100 leave before they see it.

    People who hammer the gallery are keen, and complete more often. Those who met the field score 0.6 lower.
    """
    rng = np.random.default_rng(seed)
    asked, keen = rng.random(n) < 0.5, rng.random(n) < 0.3
    to_field, after = rng.lognormal(3.2, 0.5, n), rng.lognormal(2.5, 0.5, n)
    early = rng.random(n) < np.where(keen, 0.05, 0.20)
    leaves = rng.random(n) < 0.06 + 0.12 * asked - 0.05 * keen
    full = to_field + 9.0 * asked + after
    seconds = np.where(early, to_field * rng.random(n), np.where(leaves, to_field + 9 * asked * rng.random(n), full))
    step = np.where(early, "page_viewed", np.where(leaves, "field_focused", "order_placed"))
    drawn = Drawn(rng.integers(0, n // 2, n), seconds, ~early & ~leaves, draw_times(rng, n), last_step=step)
    drawn.meet("premature_ask", "/checkout", "id-upload", asked & ~early, to_field)
    drawn.meet("rage_click", "/checkout", "photos", keen, 0.5)
    said = np.flatnonzero(rng.random(n) < 0.3)
    drawn.scores = (said, np.clip(np.round(4 - 0.6 * (asked & ~early)[said] + rng.normal(0, 1, said.size)), 1, 5))
    return drawn


@pytest.fixture(scope="module")
def findings(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """What is found in that shop."""
    return find_frictions(make_evidence(con, [_shop(3)]))


def test_the_friction_is_found_and_nothing_else(findings: list[Finding]) -> None:
    """Of the field and the gallery only the field is a friction."""
    assert ["checkout/friction/premature_ask/checkout/id-upload"] == [finding.id for finding in findings]


def test_people_who_convert_better_are_no_finding(con: duckdb.DuckDBPyConnection) -> None:
    """Rage clickers who complete more often are none, even where they take longer."""
    drawn = _shop(2)
    _, _, _, places, _ = drawn.signals[1]
    slower = np.zeros(drawn.seconds.size)
    slower[places] = 10.0
    longer = replace(drawn, seconds=drawn.seconds + slower * drawn.completed)
    assert all(finding.where.signal != "rage_click" for finding in find_frictions(make_evidence(con, [longer])))


def test_its_measures_hold_the_truth(findings: list[Finding]) -> None:
    """9 seconds, 12 points and half a score lie in the intervals, though 15 in 100 left before the field."""
    (finding,) = findings
    for estimate, truth in ((finding.seconds, 9.0), (finding.completion, -0.12), (finding.emotion, -0.544)):
        assert estimate is not None
        assert estimate.low <= truth <= estimate.high  # type: ignore[operator]  # every effect has an interval


def test_every_measure_opens_its_rows(con: duckdb.DuckDBPyConnection, findings: list[Finding]) -> None:
    """The condition of every measure gives exactly the rows that it was taken on."""
    make_evidence(con, [_shop(3)])
    for estimate in (findings[0].seconds, findings[0].completion, findings[0].emotion, findings[0].returning):
        assert estimate is not None
        assert [(estimate.n,)] == con.execute(f"SELECT count(*) FROM {estimate.table} WHERE {estimate.rows}").fetchall()


def test_it_says_what_to_do(findings: list[Finding]) -> None:
    """A head of customer experience reads where, who, how much, and what to do first."""
    (finding,) = findings
    assert finding.title.startswith("Checkout: customers who are stopped by 'id-upload' on /checkout")
    assert "Say why at 'id-upload' on /checkout, or ask only when it is needed." == finding.next_step
    assert ("behaviour", "survey") == finding.sources
    assert "established" == finding.standing


def test_findings_can_be_written_as_json(findings: list[Finding]) -> None:
    """Every number is a plain one, so that the audit's file of findings can be written and read back."""
    assert findings == msgspec.json.decode(msgspec.json.encode(findings), type=list[Finding])


def test_people_are_customers(con: duckdb.DuckDBPyConnection, findings: list[Finding]) -> None:
    """The people of a finding are the distinct customers that met it."""
    make_evidence(con, [_shop(3)])
    found = con.execute("SELECT count(DISTINCT customer) FROM signals WHERE signal = 'premature_ask'").fetchall()
    assert [(findings[0].people,)] == found


def _small(seed: int, n: int, met: int, seconds: float) -> Drawn:
    rng = np.random.default_rng(seed)
    touched = np.arange(n) < met
    took = rng.lognormal(2.5, 0.3, n) + seconds * touched
    drawn = Drawn(np.arange(n), took, np.full(n, fill_value=True), draw_times(rng, n))
    drawn.meet("dead_click", "/cart", "total", touched, 1.0)
    return drawn


@pytest.mark.req("D09")
def test_two_seconds_on_50_000_sessions_are_raised(con: duckdb.DuckDBPyConnection) -> None:
    """A friction that nobody would open a ticket for is raised when it takes 28 hours of customers' time."""
    (found,) = find_frictions(make_evidence(con, [_small(1, 100_000, 50_000, 2.0)]))
    assert ("small_many", 50_000) == (found.kind, found.people)
    assert "3h 2" in found.title  # of 8 weeks


@pytest.mark.req("D09")
def test_20_seconds_on_three_sessions_are_not_raised(con: duckdb.DuckDBPyConnection) -> None:
    """Three sessions are no finding, however long they took."""
    assert [] == find_frictions(make_evidence(con, [_small(2, 20_000, 3, 20.0)]))


def test_two_seconds_on_few_sessions_are_not_raised(con: duckdb.DuckDBPyConnection) -> None:
    """The same two seconds on 3,000 sessions take two hours, which is neither large nor many."""
    assert [] == find_frictions(make_evidence(con, [_small(3, 20_000, 3_000, 2.0)]))


def test_a_signal_that_is_the_ending_says_nothing_about_completion(con: duckdb.DuckDBPyConnection) -> None:
    """Where the signal's own event fails the moment, less completion would be circular and is left out."""
    drawn = _shop(3)
    rules = (make_rule("premature_ask", then=(Trigger(("order_placed",)),)), *RULES[1:])
    found = find_frictions(make_evidence(con, [drawn], rules=rules))
    assert [None] == [finding.completion for finding in found if finding.where.signal == "premature_ask"]


def test_a_pause_that_only_takes_time_is_no_friction(con: duckdb.DuckDBPyConnection) -> None:
    """Whoever pauses is slow, which shows no harm; where they also leave, it does."""
    rng, n = np.random.default_rng(4), 6000
    took = rng.lognormal(3, 0.5, n)
    paused, done = took > 25, rng.random(n) < 0.8
    rules = (make_rule("hesitation", "pause", then=(Trigger(("changed",)),)),)
    for completed, expected in ((done, 0), (done & ~(paused & (rng.random(n) < 0.3)), 1)):
        drawn = Drawn(np.arange(n), took, completed, draw_times(rng, n))
        drawn.meet("hesitation", "/checkout", "email", paused, 1.0)
        assert expected == len(find_frictions(make_evidence(con, [drawn], rules=rules)))


def test_an_optional_step_of_eager_customers_is_no_friction(con: duckdb.DuckDBPyConnection) -> None:
    """Eager customers press a swatch many times and buy more; that nobody else ends at a tap proves no harm."""
    rng, n = np.random.default_rng(5), 8000
    eager = rng.random(n) < 0.2
    took = rng.lognormal(3.5, 0.5, n)
    step = np.where(eager, "tap", "product_viewed")
    drawn = Drawn(np.arange(n), took, rng.random(n) < np.where(eager, 0.6, 0.35), draw_times(rng, n), last_step=step)
    drawn.meet("rage_click", "/product", "swatch", eager, took * rng.random(n))
    assert [] == find_frictions(make_evidence(con, [drawn]))


def test_a_click_during_a_moment_of_days_is_not_its_friction(con: duckdb.DuckDBPyConnection) -> None:
    """Who waits longer for a parcel clicks more meanwhile; that is no harm that a click did."""
    rng, n = np.random.default_rng(6), 6000
    done = rng.random(n) < 0.6
    took = np.where(done, rng.uniform(1, 3, n), rng.uniform(3, 9, n)) * 86_400
    drawn = Drawn(np.arange(n), took, done, draw_times(rng, n, 40))
    drawn.meet("dead_click", "/home", "banner", rng.random(n) < took / took.max(), took * rng.random(n))
    assert [] == find_frictions(make_evidence(con, [drawn]))


def test_who_met_it_comes_back_less(con: duckdb.DuckDBPyConnection) -> None:
    """Of those who met it 30 in 100 come back within 30 days, of the others 50; the interval holds 20 points."""
    rng, n = np.random.default_rng(7), 6000
    met = rng.random(n) < 0.4
    back = np.flatnonzero(rng.random(n) < np.where(met, 0.3, 0.5))
    start = SINCE_US + rng.integers(0, 20 * DAY_US, n)
    drawn = Drawn(
        customer=np.concatenate([np.arange(n), back]),
        seconds=rng.lognormal(3, 0.3, n + back.size),
        completed=np.full(n + back.size, fill_value=True),
        start_us=np.concatenate([start, start[back] + 10 * DAY_US]),
    )
    drawn.meet("dead_click", "/cart", "pay", np.concatenate([met, np.zeros(back.size, bool)]), 1.0)
    (found,) = find_frictions(make_evidence(con, [drawn], days=52))
    assert found.returning is not None
    assert found.returning.low <= -0.2 <= found.returning.high  # type: ignore[operator]  # an effect has an interval


def test_pure_noise_is_seldom_a_friction(con: duckdb.DuckDBPyConnection) -> None:
    """Of 40 draws in which signals mean nothing at most 4 report any; `benchmarks/noise.py` counts 200."""
    assert sum(bool(find_frictions(make_evidence(con, [_noise(seed)]))) for seed in range(40)) <= 4


def _noise(seed: int, n: int = 1500) -> Drawn:
    rng = np.random.default_rng(seed)
    took = rng.lognormal(4, 0.8, n)
    drawn = Drawn(rng.integers(0, n // 2, n), took, rng.random(n) < 0.8, draw_times(rng, n))
    for rule, element in (("premature_ask", "a"), ("rage_click", "b"), ("dead_click", "c"), ("out_of_reach", "d")):
        drawn.meet(rule, "/page", element, rng.random(n) < 0.2, took * rng.random(n))
    said = np.flatnonzero(rng.random(n) < 0.4)
    drawn.scores = (said, rng.integers(1, 6, said.size).astype(float))
    return drawn


def test_without_signals_nothing_is_found(con: duckdb.DuckDBPyConnection) -> None:
    """An audit without signals has no friction, and that is no error."""
    drawn = _noise(1, 300)
    drawn.signals = []
    assert [] == find_frictions(make_evidence(con, [drawn]))
