"""Hidden segments: found under a flat total, told most specifically, and silent on noise."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import msgspec
import numpy as np
import pytest

from momentwise.define.finding import Finding
from momentwise.define.span import DAY_US
from momentwise.rank.segment_cells import SUMS
from momentwise.rank.segment_contrasts import compare
from momentwise.rank.segments import find_segments
from tests.rank.drawn_audits import CHECKOUT, SINCE_US, Drawn, draw_times, make_evidence

DEVICES, LOCALES, VERSIONS = ("mobile", "desktop", "tablet"), ("de", "pl", "fr", "en"), ("4.0", "4.1", "4.2")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose instants are UTC."""
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET threads = 1").fetchall()
        yield opened


def _draw(seed: int, n: int = 8000) -> Drawn:
    """Occurrences of customers with properties that mean nothing."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, n // 2, n)
    names = {"device": DEVICES, "locale": LOCALES, "app_version": VERSIONS}
    properties = {name: np.asarray(values)[rng.integers(0, len(values), n)][who] for name, values in names.items()}
    drawn = Drawn(who, rng.lognormal(4, 0.8, n), rng.random(n) < 0.8, draw_times(rng, n), properties)
    said = np.flatnonzero(rng.random(n) < 0.4)
    drawn.scores = (said, rng.integers(1, 6, said.size).astype(float))
    return drawn


def _break(drawn: Drawn, bad: np.ndarray, others: float = 0.8, least: float = 0.5) -> Drawn:
    drawn.completed = np.random.default_rng(9).random(bad.size) < np.where(bad, least, others)
    return drawn


def _found(con: duckdb.DuckDBPyConnection, drawn: Drawn) -> list[Finding]:
    return find_segments(make_evidence(con, [drawn]))


@pytest.mark.req("D10")
def test_a_broken_segment_under_a_flat_total_is_found(con: duckdb.DuckDBPyConnection) -> None:
    """Tablets fall to 60 in 100 while all others rise, so that the total stays at 80; the tablets are found."""
    drawn = _draw(1)
    (found,) = _found(con, _break(drawn, drawn.properties["device"] == "tablet", others=0.9, least=0.6))
    assert {"device": "tablet"} == found.where.segment
    assert drawn.completed.mean() == pytest.approx(0.8, abs=0.015)


@pytest.mark.req("D10")
def test_a_broken_pair_is_told_as_the_pair(con: duckdb.DuckDBPyConnection) -> None:
    """Where only version 4.2 in Polish is broken, neither all of 4.2 nor all of Polish is reported."""
    drawn = _draw(2)
    bad = (drawn.properties["locale"] == "pl") & (drawn.properties["app_version"] == "4.2")
    found = _found(con, _break(drawn, bad))
    assert [{"locale": "pl", "app_version": "4.2"}] == [finding.where.segment for finding in found]


def test_a_broken_value_is_not_told_as_its_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """Where all of Polish is broken, one finding says so."""
    drawn = _draw(3)
    found = _found(con, _break(drawn, drawn.properties["locale"] == "pl"))
    assert [{"locale": "pl"}] == [finding.where.segment for finding in found]


def test_two_broken_values_are_not_told_as_their_pair(con: duckdb.DuckDBPyConnection) -> None:
    """Where Polish and tablets are each worse, those who have both are worst, and yet no fact of their own."""
    drawn = _draw(17)
    polish, tablet = drawn.properties["locale"] == "pl", drawn.properties["device"] == "tablet"
    drawn.completed = np.random.default_rng(9).random(polish.size) < 0.8 - 0.12 * polish - 0.12 * tablet
    found = [finding.where.segment for finding in _found(con, drawn)]
    assert [{"device": "tablet"}, {"locale": "pl"}] == sorted(found, key=str)


def test_a_segment_that_became_worse_is_told_with_the_date(con: duckdb.DuckDBPyConnection) -> None:
    """Broken since the fifth week: the date is that of the change."""
    drawn = _draw(4)
    change = SINCE_US + 28 * DAY_US
    found = _found(con, _break(drawn, (drawn.properties["locale"] == "pl") & (drawn.start_us >= change)))
    assert [({"locale": "pl"}, change)] == [(finding.where.segment, finding.where.since) for finding in found]
    assert "since 29 January 2024" in found[0].title


def test_a_slow_segment_is_found(con: duckdb.DuckDBPyConnection) -> None:
    """30 seconds more on desktops are found, and lie in the interval."""
    drawn = _draw(5)
    drawn.seconds = drawn.seconds + 30.0 * (drawn.properties["device"] == "desktop")
    (found,) = _found(con, drawn)
    assert found.seconds is not None
    assert found.seconds.low <= 30 <= found.seconds.high  # type: ignore[operator]  # a difference has an interval


def test_an_unhappy_segment_rests_on_the_survey(con: duckdb.DuckDBPyConnection) -> None:
    """A lower score alone is what customers said, and no behaviour."""
    drawn = _draw(6)
    assert drawn.scores is not None
    places, score = drawn.scores
    drawn.scores = (places, score - 0.7 * (drawn.properties["locale"][places] == "fr"))
    (found,) = _found(con, drawn)
    assert ({"locale": "fr"}, ("survey",)) == (found.where.segment, found.sources)


def test_every_number_opens_its_rows(con: duckdb.DuckDBPyConnection) -> None:
    """The conditions give exactly the rows of the segment."""
    drawn = _draw(7)
    (found,) = _found(con, _break(drawn, drawn.properties["device"] == "mobile"))
    for estimate in (found.seconds, found.completion, found.emotion):
        assert estimate is not None
        assert [(estimate.n,)] == con.execute(f"SELECT count(*) FROM {estimate.table} WHERE {estimate.rows}").fetchall()


def test_what_changes_for_everybody_is_no_segment(con: duckdb.DuckDBPyConnection) -> None:
    """Completion falls for all in the last quarter, and version 4.2 comes only then: nobody is worse than the rest."""
    drawn = _draw(12)
    late = drawn.start_us >= SINCE_US + 42 * DAY_US
    version = np.where(late & (np.arange(late.size) % 5 > 0), "4.2", "4.1")
    drawn.properties = {**drawn.properties, "app_version": version}
    assert [] == _found(con, _break(drawn, late))


def test_it_is_no_change_where_only_the_others_change(con: duckdb.DuckDBPyConnection) -> None:
    """French is worse all the time; that the others were as bad for two weeks gives it no date."""
    drawn = _draw(13)
    bad = (drawn.properties["locale"] == "fr") | (drawn.start_us < SINCE_US + 14 * DAY_US)
    found = _found(con, _break(drawn, bad))
    assert [({"locale": "fr"}, None)] == [(finding.where.segment, finding.where.since) for finding in found]


def test_late_starts_that_only_the_quick_have_ended_are_left_out(con: duckdb.DuckDBPyConnection) -> None:
    """Of the last week only what was abandoned at once has ended; tablets came mostly then, and are not told."""
    drawn = _draw(14)
    late = drawn.start_us >= SINCE_US + 49 * DAY_US
    device = np.where(late == (np.arange(late.size) % 8 > 0), "tablet", "mobile")
    drawn.properties = {**drawn.properties, "device": device}
    drawn.completed = drawn.completed & ~(late & (device == "tablet"))
    quick = msgspec.structs.replace(CHECKOUT, abandon_after_us=7 * DAY_US)
    assert [] == find_segments(make_evidence(con, [drawn], moments=(quick,)))
    assert find_segments(make_evidence(con, [drawn], moments=(msgspec.structs.replace(quick, abandon_after_us=1),)))


def test_a_score_that_names_another_occurrence_is_not_told_of_this_one(con: duckdb.DuckDBPyConnection) -> None:
    """The French score their orders lower: that is told of the orders, and not of the visits before them."""
    drawn, orders = _draw(15), _draw(15)
    orders.moment, orders.has_named_scores = "order", True
    assert drawn.scores is not None
    places, score = drawn.scores
    drawn.scores = orders.scores = (places, score - 0.7 * (drawn.properties["locale"][places] == "fr"))
    order = msgspec.structs.replace(CHECKOUT, name="order", by="order_id")
    found = find_segments(make_evidence(con, [drawn, orders], moments=(CHECKOUT, order)))
    assert [("order", {"locale": "fr"})] == [(finding.moment, finding.where.segment) for finding in found]


def test_some_scores_that_are_alike_by_chance_are_not_surer_than_others() -> None:
    """Thirty-two threes beside two thousand scores of all sizes are not told with the little they spread."""
    own, rest = np.zeros((1, len(SUMS))), np.zeros((1, len(SUMS)))
    names = [SUMS.index(name) for name in ("said", "c1", "c2")]
    own[0, names], rest[0, names] = (32, 96, 288), (2000, 7000, 28_500)
    assert compare(own, rest, "emotion").error > 1.4 / np.sqrt(32)


def test_it_reads_like_a_person(con: duckdb.DuckDBPyConnection) -> None:
    """Spans in words, and only what is sure; the next step names the way to go."""
    drawn = _draw(16)
    bad = drawn.properties["device"] == "mobile"
    drawn.seconds = np.where(bad, 86_400 * 2.5, 86_400) * np.random.default_rng(1).lognormal(0, 0.1, bad.size)
    (found,) = _found(con, _break(drawn, bad))
    assert "complete it" in found.title
    assert "take 36h" in found.title
    assert "score" not in found.detail
    expected = (
        "Go the way from 'checkout started' to 'order placed' yourself, with device mobile, and see what stops you."
    )
    assert expected == found.next_step


def test_findings_can_be_written_as_json(con: duckdb.DuckDBPyConnection) -> None:
    """Every number is a plain one, so that the audit's file of findings can be written and read back."""
    drawn = _draw(7)
    found = _found(con, _break(drawn, drawn.properties["device"] == "mobile"))
    assert found == msgspec.json.decode(msgspec.json.encode(found), type=list[Finding])


def test_it_says_after_which_step_they_leave(con: duckdb.DuckDBPyConnection) -> None:
    """Where a segment leaves at one step, the finding names it."""
    drawn = _draw(8)
    bad = drawn.properties["device"] == "mobile"
    drawn = _break(drawn, bad)
    drawn.last_step = np.where(bad & (np.arange(bad.size) % 2 == 0), "payment_chosen", "page_viewed")
    (found,) = _found(con, drawn)
    assert "payment_chosen" == found.where.step


def test_few_customers_are_no_segment(con: duckdb.DuckDBPyConnection) -> None:
    """Four customers who come a hundred times are not reported, whatever they do."""
    drawn = _draw(9)
    drawn.customer = np.where(np.arange(8000) < 400, np.arange(8000) % 4, drawn.customer + 10)
    few = drawn.customer < 4
    drawn.properties = {"device": np.where(few, "tablet", "mobile")}
    assert [] == [one for one in _found(con, _break(drawn, few, least=0.2)) if "device" in one.where.segment]


def test_new_customers_are_a_segment(con: duckdb.DuckDBPyConnection) -> None:
    """Without any property, new and returning customers are still told apart."""
    drawn = _draw(10)
    drawn.properties = {}
    seen: dict[int, int] = {}
    for who, at in sorted(zip(drawn.customer.tolist(), drawn.start_us.tolist(), strict=True), key=lambda one: one[1]):
        seen.setdefault(who, at)
    first = np.asarray([seen[who] for who in drawn.customer.tolist()])
    (found,) = _found(con, _break(drawn, drawn.start_us - first <= DAY_US))
    assert {"is_returning": "false"} == found.where.segment
    assert "new customers" in found.title


@pytest.mark.req("D10")
def test_pure_noise_is_seldom_a_segment(con: duckdb.DuckDBPyConnection) -> None:
    """Of 40 draws of pure noise at most 4 report any; `benchmarks/noise.py` counts 200."""
    assert sum(bool(_found(con, _draw(seed + 100, 1500))) for seed in range(40)) <= 4


def test_without_moments_there_is_nothing_to_find(con: duckdb.DuckDBPyConnection) -> None:
    """A playbook without moments has no segment."""
    assert [] == find_segments(make_evidence(con, [_draw(11, 100)], moments=()))
