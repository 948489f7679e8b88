"""Counts how often the finders report anything where nothing is, and how often their intervals hold the truth.

Run with `python -m benchmarks.noise [RUNS]` from the repository's root; 200 runs take about a minute.
"""

from __future__ import annotations

import sys
from collections import Counter

import duckdb
import numpy as np

from momentwise.define.span import DAY_US
from momentwise.rank.frictions import find_frictions
from momentwise.rank.ledger import measure_ledger
from momentwise.rank.segments import find_segments
from tests.rank.drawn_audits import SINCE_US, Drawn, draw_times, make_evidence

VALUES = {
    "device": ("mobile", "desktop", "tablet"),
    "locale": ("de", "pl", "fr", "en"),
    "app_version": ("4.0", "4.1", "4.2"),
    "region": tuple(f"r{index}" for index in range(12)),
}


def draw_noise(seed: int, n: int = 4000) -> Drawn:
    """Occurrences whose properties, signals and scores mean nothing."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, n // 2, n)
    properties = {name: np.asarray(values)[rng.integers(0, len(values), n)][who] for name, values in VALUES.items()}
    took = rng.lognormal(4, 0.9, n)
    drawn = Drawn(who, took, rng.random(n) < 0.8, draw_times(rng, n), properties)
    for rule, element in (("premature_ask", "a"), ("rage_click", "b"), ("dead_click", "c"), ("out_of_reach", "d")):
        drawn.meet(rule, "/page", element, rng.random(n) < 0.2, took * rng.random(n))
    said = np.flatnonzero(rng.random(n) < 0.4)
    drawn.scores = (said, rng.integers(1, 6, said.size).astype(float))
    return drawn


def draw_shop(seed: int, n: int = 8000) -> Drawn:
    """A field that adds 9 seconds and 12 points of leaving, a button that adds 5 and 5, and a gallery that is hammered."""
    rng = np.random.default_rng(seed)
    phone = rng.random(n) < 0.6
    asked, low = rng.random(n) < np.where(phone, 0.7, 0.4), phone & (rng.random(n) < 0.5)
    to_field = rng.lognormal(3.2, 0.6, n) + np.where(phone, 8.0, 0.0)
    to_button, after = rng.lognormal(2.5, 0.6, n), rng.lognormal(2.0, 0.5, n)
    early, at_field = rng.random(n) < 0.15, rng.random(n) < 0.05 + 0.12 * asked
    at_button = rng.random(n) < 0.03 + 0.05 * low
    ways = (early, at_field, at_button)
    took = np.select(
        ways,
        (to_field * rng.random(n), to_field + 9 * asked * rng.random(n), to_field + 9 * asked + to_button),
        to_field + 9.0 * asked + to_button + 5.0 * low + after,
    )
    step = np.select(ways, ("page_viewed", "field_focused", "click"), "order_placed")
    done = ~(early | at_field | at_button)
    device = np.where(phone, "mobile", "desktop")
    drawn = Drawn(rng.integers(0, n // 2, n), took, done, draw_times(rng, n), {"device": device}, step)
    drawn.meet("premature_ask", "/checkout", "id-upload", asked & ~early, to_field)
    drawn.meet("hesitation", "/checkout", "id-upload", asked & ~early & (rng.random(n) < 0.8), to_field)
    drawn.meet("out_of_reach", "/checkout", "pay", low & ~early & ~at_field, to_field + 9 * asked + to_button - 0.001)
    drawn.meet("rage_click", "/checkout", "gallery", ~early & (rng.random(n) < 0.3), to_field)
    return drawn


def count_noise(con: duckdb.DuckDBPyConnection, runs: int) -> None:
    """Print in how many runs of pure noise anything is reported."""
    segments = frictions = either = 0
    for seed in range(runs):
        evidence = make_evidence(con, [draw_noise(seed)])
        some, others = bool(find_segments(evidence)), bool(find_frictions(evidence))
        segments, frictions, either = segments + some, frictions + others, either + (some or others)
    print(f"pure noise, {runs} runs: segments {segments}, frictions {frictions}, anything {either}")


def count_held(con: duckdb.DuckDBPyConnection, runs: int) -> None:
    """Print how often the planted seconds lie in their intervals, and what is reported."""
    truth = {"premature_ask": 9.0, "out_of_reach": 5.0, "rage_click": 0.0}
    held: Counter[str] = Counter()
    values: dict[str, list[float]] = {name: [] for name in truth}
    told: Counter[str] = Counter()
    for seed in range(runs):
        evidence = make_evidence(con, [draw_shop(seed)])
        for part in measure_ledger(evidence)[0].parts:
            name, seconds = part.friction.signal, part.seconds
            values[name].append(seconds.value or 0.0)
            held[name] += (seconds.low or 0.0) <= truth[name] <= (seconds.high or 0.0)
        told.update(finding.where.signal for finding in find_frictions(evidence))
    for name, true in truth.items():
        mean = float(np.mean(values[name]))
        print(
            f"{name}: true {true:g} s, mean {mean:.2f} s, in its interval {held[name]}/{runs}, told {told[name]}/{runs}"
        )


def count_segments(con: duckdb.DuckDBPyConnection, runs: int) -> None:
    """Print how often one broken segment under a flat total is told, as itself and alone."""
    exact = others = 0
    for seed in range(runs):
        drawn = draw_noise(seed)
        pl, late = drawn.properties["locale"] == "pl", drawn.start_us >= SINCE_US + 28 * DAY_US
        bad = pl & (drawn.properties["app_version"] == "4.2") if seed % 2 else pl & late
        wanted = {"locale": "pl", "app_version": "4.2"} if seed % 2 else {"locale": "pl"}
        fills = (0.8 - 0.5 * bad.mean()) / (1 - bad.mean())
        drawn.completed = np.random.default_rng(seed).random(bad.size) < np.where(bad, 0.5, fills)
        found = [finding.where.segment for finding in find_segments(make_evidence(con, [drawn]))]
        exact, others = exact + (wanted in found), others + sum(one != wanted for one in found)
    print(f"one broken segment, flat total, {runs} runs: told {exact}, other segments told {others}")


def main() -> None:
    """Count everything."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'").fetchall()
        count_noise(con, runs)
        count_held(con, runs)
        count_segments(con, runs)


if __name__ == "__main__":
    main()
