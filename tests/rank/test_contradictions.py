"""A score that holds while customers leave is one finding; noise is none, and a score that falls too is none."""

from __future__ import annotations

import random

import pytest

from momentwise.define.finding import Finding
from momentwise.rank.contradictions import find_contradictions
from tests.rank.journey_tables import Row, Tables, counts_its_rows, happen, score


def draw(
    rng: random.Random,
    again: tuple[float, float],
    means: tuple[float, float] = (8.0, 8.0),
    app: float | None = None,
    people: int = 3_000,
) -> tuple[list[Row], list[Row]]:
    """Customers who each start once, and come back within 20 days by chance: before and after day 75 of 180.

    Args:
        rng: Chance.
        again: Chance of coming back before and after.
        means: Of the scores before and after.
        app: Chance of coming back after, of the half of the customers who use the app; `None` for the same.
        people: How many customers.
    """
    occurrences, scores = [], []
    for place in range(people):
        day = 150 * place / people
        later = day >= 75
        device = rng.choice(("app", "web"))
        chance = app if app is not None and later and device == "app" else again[later]
        days = [day, day + rng.uniform(1, 20)] if rng.random() < chance else [day]
        occurrences += [happen(f"c{place}", one, properties={"device": device}) for one in days]
        scores.append(score(f"c{place}", min(10.0, max(0.0, rng.gauss(means[later], 2))), day + 1))
    return occurrences, scores


def find(occurrences: list[Row], scores: list[Row]) -> tuple[Tables, list[Finding]]:
    """The contradictions, and the tables that they are in."""
    tables = Tables(properties=("device",))
    return tables, find_contradictions(tables.open(occurrences=occurrences, scores=scores))


@pytest.mark.req("D33")
def test_steady_score_and_fewer_returns() -> None:
    """A flat score and 23 % fewer returns are exactly one finding, and its rows are there."""
    tables, found = find(*draw(random.Random(5), (0.4, 0.308)))
    assert ["track-delivery/contradiction/returning"] == [finding.id for finding in found]
    (finding,) = found
    assert finding.returning is not None
    assert finding.returning.low is not None
    assert finding.returning.high is not None
    assert finding.returning.low < -0.092 < finding.returning.high < 0
    assert "established" == finding.standing
    assert all(counts_its_rows(tables, part) for split in finding.splits for _, part in split.parts)
    assert finding.returning.n == tables.count(finding.returning)


@pytest.mark.req("D33")
def test_one_segment_under_a_flat_total() -> None:
    """Where only customers of the app come back less, the finding names them."""
    tables, found = find(*draw(random.Random(6), (0.3, 0.42), app=0.16))
    assert [{"device": "app"}] == [finding.where.segment for finding in found]
    assert all(counts_its_rows(tables, part) for split in found[0].splits for _, part in split.parts)


def test_both_fall() -> None:
    """A score that falls with the behaviour has said it: no contradiction."""
    assert [] == find(*draw(random.Random(7), (0.4, 0.3), (8.0, 7.0)))[1]


def test_behaviour_that_rises() -> None:
    """More returns under a flat score contradict nothing."""
    assert [] == find(*draw(random.Random(8), (0.3, 0.4)))[1]


def test_noise() -> None:
    """Of 100 audits in which nothing changes at most five find anything."""
    rng = random.Random(9)
    assert 5 >= sum(bool(find(*draw(rng, (0.35, 0.35), people=1_500))[1]) for _ in range(100))


def test_fewer_completed() -> None:
    """A flat score while fewer complete is one, by the occurrences whose outcome is final."""
    rng = random.Random(10)
    occurrences, scores = [], []
    for place in range(2_000):
        day = 140 * place / 2_000
        done = rng.random() < (0.9 if day < 75 else 0.7)
        ending = {} if done else {"outcome": "abandoned", "ending": None}
        occurrences.append(happen(f"c{place}", day, properties=None, **ending))
        scores.append(score(f"c{place}", rng.choice((3.0, 4.0, 5.0)), day + 1))
    _, found = find(occurrences, scores)
    assert ["track-delivery/contradiction/completion"] == [finding.id for finding in found]


def test_many_customers_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound a share of the customers is read, the same in every run, and the rows say so."""
    monkeypatch.setattr("momentwise.rank.halves.MOST_READ", 2_500)
    tables, found = find(*draw(random.Random(5), (0.5, 0.3)))
    assert ["track-delivery/contradiction/returning"] == [finding.id for finding in found]
    assert "one customer in 2" in found[0].detail
    assert counts_its_rows(tables, found[0].estimate)


def test_without_scores() -> None:
    """Without scores nothing can be contradicted."""
    assert [] == find([happen("ann")], [])[1]
