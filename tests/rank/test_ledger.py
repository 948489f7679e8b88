"""The seconds ledger: what frictions add, named, and summing to the total."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from momentwise.define.moment import Trigger
from momentwise.define.span import DAY_US, HOUR_US, SECOND_US
from momentwise.rank.ledger import Ledger, measure_ledger, say_place
from momentwise.rank.survey import survey_frictions
from tests.rank.drawn_audits import CHECKOUT, RULES, SINCE_US, Drawn, draw_times, make_evidence, make_rule


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose instants are UTC."""
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET threads = 1").fetchall()
        yield opened


def _shop(seed: int, n: int = 30_000) -> Drawn:
    """A field that adds 9 seconds and a button that adds 5; phones are slower, and meet both more often."""
    rng = np.random.default_rng(seed)
    phone = rng.random(n) < 0.6
    asked = rng.random(n) < np.where(phone, 0.7, 0.4)
    low = rng.random(n) < np.where(phone, 0.6, 0.3)
    usual = rng.lognormal(3.2, 0.5, n) + np.where(phone, 12.0, 0.0)
    drawn = Drawn(
        customer=rng.integers(0, n // 2, n),
        seconds=usual + 9.0 * asked + 5.0 * low,
        completed=np.full(n, fill_value=True),
        start_us=draw_times(rng, n),
        properties={"device": np.where(phone, "mobile", "desktop")},
    )
    drawn.meet("premature_ask", "/checkout", "id-upload", asked, usual / 3)
    drawn.meet("hesitation", "/checkout", "id-upload", asked & (rng.random(n) < 0.9), usual / 3)
    drawn.meet("field_rework", "/checkout", "id-upload", asked & (rng.random(n) < 0.4), usual / 3)
    drawn.meet("out_of_reach", "/checkout", "pay", low, usual / 2)
    return drawn


@pytest.fixture(scope="module")
def ledger(con: duckdb.DuckDBPyConnection) -> Ledger:
    """The ledger of that shop."""
    (found,) = measure_ledger(make_evidence(con, [_shop(1)]))
    return found


@pytest.mark.req("D07")
def test_14_seconds_split_into_9_and_5(ledger: Ledger) -> None:
    """Both frictions are told apart to a second, though they come together and phones are slower anyway."""
    found = {part.friction.element: part.seconds.value for part in ledger.parts}
    assert {"id-upload": 9, "pay": 5} == pytest.approx(found, abs=1)
    assert pytest.approx(14, abs=1) == ledger.together.value


@pytest.mark.req("D07")
def test_parts_sum_to_the_total(ledger: Ledger) -> None:
    """Shares sum to the total, seconds to those of one that meets all, weekly seconds to the week's."""
    assert ledger.total.value == pytest.approx(sum(part.share.value or 0 for part in ledger.parts))
    assert ledger.together.value == pytest.approx(sum(part.seconds.value or 0 for part in ledger.parts))
    assert ledger.weekly_seconds.value == pytest.approx(sum(part.weekly_seconds.value or 0 for part in ledger.parts))


def test_three_signals_at_one_field_are_one_friction(ledger: Ledger) -> None:
    """The field that asks too early is named so, and not also a hesitation and a rework."""
    assert {"premature_ask", "out_of_reach"} == {part.friction.signal for part in ledger.parts}


def test_a_place_has_a_plain_name(ledger: Ledger) -> None:
    """A part of the ledger is named by what, on what, and where."""
    assert "premature ask at id-upload on /checkout" in [say_place(part.friction) for part in ledger.parts]


def test_every_number_opens_its_rows(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """The condition of every part gives exactly the occurrences that met it."""
    for part in ledger.parts:
        rows = con.execute(f"SELECT count(*) FROM {part.seconds.table} WHERE {part.seconds.rows}").fetchall()
        assert [(part.seconds.n,)] == rows


def test_by_hand(con: duckdb.DuckDBPyConnection) -> None:
    """60 that met it took 30 or 40 seconds, 40 others 20 or 30: 10 seconds, with the error of two groups (HC2)."""
    n = 100
    met = np.arange(n) < 60
    drawn = Drawn(
        customer=np.arange(n),
        seconds=np.where(met, 30.0, 20.0) + 10.0 * (np.arange(n) % 2),
        completed=np.full(n, fill_value=True),
        start_us=np.full(n, SINCE_US + DAY_US),
    )
    drawn.meet("rage_click", "/pay", "coupon", met, 1.0)
    (found,) = measure_ledger(make_evidence(con, [drawn], days=7))
    (part,) = found.parts
    # Cut at the 99th percentile's bin, above 40 seconds, so that nothing is cut. Variances: 25 · n / (n - 1) each.
    error = np.sqrt(25 / 59 + 25 / 39)
    assert part.seconds.value == pytest.approx(10)
    assert (part.seconds.high or 0) - 10 == pytest.approx(1.959964 * error)
    assert (60, 40) == (part.seconds.n, part.spared)
    assert found.weekly_seconds.value == pytest.approx(600)


def test_a_heavy_tail_does_not_drown_the_seconds(con: duckdb.DuckDBPyConnection) -> None:
    """One in 200 leaves the tab open for up to an hour; 9 seconds are still found within a second."""
    drawn = _shop(2)
    rng = np.random.default_rng(3)
    forgot = rng.random(drawn.seconds.size) < 0.005
    drawn.seconds = np.where(forgot, rng.uniform(600, 3600, forgot.size), drawn.seconds)
    (found,) = measure_ledger(make_evidence(con, [drawn]))
    assert {"id-upload": 9, "pay": 5} == pytest.approx(
        {part.friction.element: part.seconds.value for part in found.parts}, abs=1
    )


def test_a_property_that_decides_who_meets_it_is_not_matched_on(con: duckdb.DuckDBPyConnection) -> None:
    """A button that every small screen hides, and no other, is still measured, and the ledger says beside whom."""
    drawn = _shop(4)
    small = np.random.default_rng(44).random(drawn.seconds.size) < 0.4
    drawn.properties = {"viewport": np.where(small, "small", "large")}
    drawn.signals = []
    drawn.seconds = drawn.seconds + 20.0 * small
    drawn.meet("out_of_reach", "/checkout", "pay", small, 2.0)
    (found,) = measure_ledger(make_evidence(con, [drawn]))
    assert ("viewport",) == found.not_matched
    assert found.parts[0].seconds.value == pytest.approx(20, abs=1)


def test_a_moment_of_days_has_no_ledger(con: duckdb.DuckDBPyConnection) -> None:
    """Days of waiting are not seconds that a customer spends."""
    drawn = _shop(5, 3000)
    drawn.seconds = drawn.seconds * 10_000
    assert [] == measure_ledger(make_evidence(con, [drawn]))


def test_signals_of_waiting_are_no_seconds(con: duckdb.DuckDBPyConnection) -> None:
    """A signal that is there because a day passed would restate the duration, so it is in no ledger."""
    drawn = _shop(6, 3000)
    drawn.signals = []
    drawn.meet("unanswered_query", None, None, drawn.seconds > 40, 1.0)
    rule = make_rule("unanswered_query", "missing", then=(Trigger(("answered",)),), within_us=24 * HOUR_US)
    assert [] == measure_ledger(make_evidence(con, [drawn], rules=(rule,)))


def test_fewer_than_30_are_not_told(con: duckdb.DuckDBPyConnection) -> None:
    """29 occurrences that met it are no friction yet."""
    drawn = _shop(7, 3000)
    drawn.signals = []
    drawn.meet("rage_click", "/", "x", np.arange(3000) < 29, 1.0)
    assert {} == survey_frictions(make_evidence(con, [drawn])).frictions


def test_without_signals_there_is_no_ledger(con: duckdb.DuckDBPyConnection) -> None:
    """An audit whose log holds no signal has no ledger, and neither has one without rules."""
    drawn = _shop(8, 300)
    drawn.signals = []
    assert [] == measure_ledger(make_evidence(con, [drawn]))
    assert [] == measure_ledger(make_evidence(con, [drawn], rules=()))


def test_keys_are_compared_where_both_speak_of_the_same_thing(con: duckdb.DuckDBPyConnection) -> None:
    """A signal about one order touches that order's occurrence, and not the customer's other one."""
    n = 100
    drawn = Drawn(
        customer=np.arange(n) // 2,
        seconds=np.full(n, 600.0),
        completed=np.full(n, fill_value=True),
        start_us=np.full(n, SINCE_US + 60 * SECOND_US),
    )
    drawn.meet("rage_click", "/orders", "where", np.arange(n) % 2 == 0, 1.0)
    from msgspec.structs import replace

    rules = (make_rule("rage_click", by="order_id"), *RULES)
    evidence = make_evidence(con, [drawn], rules=rules[:1], moments=(replace(CHECKOUT, by="order_id"),))
    con.execute("UPDATE occurrences SET key = rowid::VARCHAR").fetchall()
    con.execute("UPDATE signals SET key = (2 * rowid)::VARCHAR").fetchall()
    ((friction,),) = survey_frictions(evidence).frictions.values()
    assert 50 == friction.touched
