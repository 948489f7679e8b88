"""Sudden falls and rises of scores and signals are found once each; storms of one person and noise are not."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from momentwise.define.finding import Finding
from momentwise.rank.spikes import find_spikes
from tests.rank.journey_tables import START, Row, Tables, counts_its_rows, happen, score, signal


def draw_scores(rng: random.Random, bad: range = range(0), good: range = range(0), per_day: int = 20) -> list[Row]:
    """Twenty scores a day of twenty people over 20 weeks, lower at weekends; bad and good days lie 2 points off."""
    rows = []
    for day in range(140):
        usual = 7.0 - (0.5 if day % 7 > 4 else 0.0) + 2 * ((day in good) - (day in bad))
        rows += [score(f"c{day}-{place}", rng.gauss(usual, 1.2), day + rng.random() * 0.9) for place in range(per_day)]
    return rows


def find(**tables: list[Row]) -> tuple[Tables, list[Finding]]:
    """The spikes, and the tables that they are in."""
    opened = Tables()
    return opened, find_spikes(opened.open(**tables))


@pytest.mark.req("D14")
def test_a_fall_and_a_rise() -> None:
    """Three bad days are one finding and a good day another one, which is told and is not harm."""
    tables, found = find(scores=draw_scores(random.Random(1), bad=range(60, 63), good=range(100, 101)))
    assert [
        "track-delivery/spike/score/down/2024-03-01",
        "track-delivery/spike/score/up/2024-04-10",
    ] == [finding.id for finding in found]
    fall, rise = found
    assert ("established", "observed") == (fall.standing, rise.standing)
    assert (60, 60) == (fall.estimate.n, fall.people)
    assert counts_its_rows(tables, fall.estimate)
    assert fall.emotion is not None
    assert -2.0 == pytest.approx(fall.emotion.value, abs=0.4)
    begin = round((START + timedelta(days=60)).timestamp() * 1e6)
    assert (begin, begin + 3 * 86_400_000_000) == (fall.where.since, fall.where.until)


@pytest.mark.req("D14")
def test_the_storm_of_one_person() -> None:
    """Sixty scores of 0 by one customer on a day are one voice."""
    rows = draw_scores(random.Random(2)) + [score("angry", 0.0, 70 + place / 100) for place in range(60)]
    assert [] == find(scores=rows)[1]


def test_too_few() -> None:
    """A day with fewer than ten scores is not judged."""
    assert [] == find(scores=draw_scores(random.Random(3), bad=range(60, 63), per_day=9))[1]


@pytest.mark.req("D14")
def test_noise() -> None:
    """Of 30 calm audits of 140 days at most one holds a spike."""
    rng = random.Random(4)
    assert 1 >= sum(bool(find(scores=draw_scores(rng))[1]) for _ in range(30))


def draw_signals(rng: random.Random, name: str, days: range, traffic: float = 1.0) -> dict[str, list[Row]]:
    """A hundred starts a day, and a signal of about eight people; five times as many on some days."""
    starts, signals = [], []
    for day in range(100):
        more = traffic if day in days else 1.0
        starts += [happen(f"c{day}-{place}", day + 0.2) for place in range(round(100 * more))]
        count = sum(rng.random() < 0.08 for _ in range(round(100 * more)))
        count = 5 * count if day in days and traffic == 1.0 else count
        signals += [signal(f"c{day}-{place}", name, day + 0.3) for place in range(count)]
    return {"occurrences": starts, "signals": signals}


@pytest.mark.req("D14")
@pytest.mark.parametrize(("name", "asks"), [("rage_click", True), ("thanks", False)])
def test_a_rise_of_a_signal(name: str, asks: bool) -> None:
    """A friction or a delight that five times as many show for four days is one finding."""
    tables, found = find(**draw_signals(random.Random(5), name, range(50, 54)))
    assert [f"spike/{name}/2024-02-20"] == [finding.id for finding in found]
    assert counts_its_rows(tables, found[0].estimate)
    assert ("went well" not in found[0].standing_reason) == asks
    assert all(counts_its_rows(tables, part) for _, part in found[0].splits[0].parts)


def test_more_traffic_is_no_spike() -> None:
    """Three times the traffic with three times the signals is as usual."""
    assert [] == find(**draw_signals(random.Random(6), "rage_click", range(50, 54), traffic=3.0))[1]


def test_several_moments_share_a_score() -> None:
    """A score that belongs to two moments spikes once."""
    rows = draw_scores(random.Random(1), bad=range(60, 63))
    assert 1 == len(find(scores=rows + [row | {"moment": "pay"} for row in rows])[1])
