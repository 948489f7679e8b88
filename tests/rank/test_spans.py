"""Tests of `rank.spans`: every number of every moment and way of ending, in its place, against plain Python."""

from __future__ import annotations

import random
from statistics import median_low

import numpy as np
import pytest

from momentwise.rank import queries
from momentwise.rank.measures import quantile_of
from momentwise.rank.spans import Spans, read_spans, scan_by
from momentwise.rank.tallies import read_tallies
from tests.rank.plain_counts import by_moment, close, done, ended, known, sample_of
from tests.rank.small_audits import OpenAudit, Row, SmallAudit, draw_rows, make_row

SEEDS = range(8)
MOMENTS = ["track-delivery", "pay", "never"]


def spans_of(audit: SmallAudit) -> dict[str, Spans]:
    """The spans of an audit, with their numbers."""
    ways = {name: tally.ways for name, tally in read_tallies(MOMENTS, audit.ask).items()}
    return dict(zip(ways, read_spans(ways, scan_by(audit.ask)), strict=True))


def span_of(span: str, rows: list[Row]) -> list[float]:
    """The numbers that a span is measured on."""
    kept = done(rows) if span == "duration" else ended(rows)
    if span == "step":
        return [float(str(r["duration_seconds"])) / int(str(r["steps"])) for r in kept if r["steps"]]
    return known(kept, {"duration": "duration_seconds", "wait": "longest_wait_seconds"}[span])


@pytest.mark.parametrize("seed", SEEDS)
def test_spans_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """Durations, waits and seconds per step, sorted."""
    rows = draw_rows(random.Random(seed))
    found = spans_of(open_audit(rows))
    for name, group in by_moment(rows).items():
        for span in queries.SPANS:
            assert sorted(span_of(span, group)) == list(found[name].of_span[span])


@pytest.mark.parametrize("seed", SEEDS)
def test_durations_of_each_way_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """A missing ending is a way of its own."""
    rows = draw_rows(random.Random(seed))
    found = spans_of(open_audit(rows))
    for name, group in by_moment(rows).items():
        ways = {(str(row["outcome"]), str(row["ending"] or "")) for row in ended(group)}
        assert ways == set(found[name].of_way)
        for way, durations in found[name].of_way.items():
            own = [row for row in ended(group) if (row["outcome"], row["ending"] or "") == way]
            assert sorted(known(own, "duration_seconds")) == list(durations)


def test_median_steps_of_two_are_the_fewer(open_audit: OpenAudit) -> None:
    """One and four steps: nobody took two and a half."""
    found = spans_of(open_audit([make_row(steps=1), make_row(steps=4)]))
    assert 1 == found["track-delivery"].median_steps


def test_excess_of_three(open_audit: OpenAudit) -> None:
    """One, two and six steps: the median is 2, the excess −1, 0 and 4 with mean 1 and variance (4 + 1 + 9) / 2 = 7."""
    found = spans_of(open_audit([make_row(steps=steps) for steps in (1, 2, 6)]))["track-delivery"]
    assert (2, 3, 1.0, 7.0) == (found.median_steps, found.excess.n, found.excess.mean, found.excess.variance)


@pytest.mark.parametrize("seed", SEEDS)
def test_steps_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """The lower median of an even count, a number of steps that somebody took; and what goes beyond it."""
    rows = draw_rows(random.Random(seed))
    found = spans_of(open_audit(rows))
    for name, group in by_moment(rows).items():
        steps = known(done(group), "steps")
        assert (median_low(steps) if steps else None) == found[name].median_steps
        n, middle, spread = sample_of([taken - (found[name].median_steps or 0) for taken in steps])
        excess = found[name].excess
        assert close((n, middle or 0.0, spread or 0.0), (excess.n, excess.mean, excess.variance))


def test_a_moment_that_never_ended_has_no_numbers(open_audit: OpenAudit) -> None:
    """An open one has none, and one that never happened has none."""
    found = spans_of(open_audit([make_row("open")]))
    assert {0} == {len(values) for name in MOMENTS for values in found[name].of_span.values()}
    assert [None] * 3 == [found[name].median_steps for name in MOMENTS]


def test_a_missing_duration_is_left_out(open_audit: OpenAudit) -> None:
    """It is not zero, and the others are not moved."""
    rows = [make_row(), make_row(duration_seconds=None), make_row(duration_seconds=5.0)]
    found = spans_of(open_audit(rows))["track-delivery"]
    assert [5.0, 864_000.0] == list(found.of_span["duration"])
    assert [5.0 / 3, 288_000.0] == list(found.of_span["step"])


def test_batches_come_together(open_audit: OpenAudit) -> None:
    """However the rows are cut into batches, the numbers are the same."""
    audit = open_audit(draw_rows(random.Random(1)))
    ways = {name: tally.ways for name, tally in read_tallies(MOMENTS, audit.ask).items()}
    (whole,) = scan_by(audit.ask)(queries.spans_sql(list(ways), ["late", "on time"]))
    cut = [[column[place : place + 7] for column in whole] for place in range(0, len(whole[0]), 7)]
    for one, other in zip(read_spans(ways, lambda _: [whole]), read_spans(ways, lambda _: cut), strict=True):
        for span in queries.SPANS:
            assert list(one.of_span[span]) == list(other.of_span[span])


@pytest.mark.parametrize("seed", SEEDS)
def test_quantiles_agree_with_numpy(seed: int) -> None:
    """Between two numbers, and at both ends."""
    rng = np.random.default_rng(seed)
    values = np.sort(rng.exponential(9.0, seed + 1))
    for share in (0.0, 0.25, 0.5, 0.9, 1.0):
        assert np.quantile(values, share) == pytest.approx(quantile_of(values, share))
