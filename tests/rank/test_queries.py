"""Tests of `rank.queries`: every query runs on DuckDB and is compared with plain Python over the same rows."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from statistics import mean, median_low, variance

import numpy as np
import pytest

from momentwise.rank import queries
from tests.rank.small_audits import DAY, START, OpenAudit, Row, draw_rows, draw_scores, make_moment, make_row

MOMENTS = (make_moment("track-delivery", by="order_id"), make_moment("pay"))
SEEDS = range(8)


def known(rows: Iterable[Row], name: str) -> list[float]:
    """The values of a column, missing ones left out."""
    return [float(str(row[name])) for row in rows if row[name] is not None]


def ended(rows: Iterable[Row]) -> list[Row]:
    """The rows that are not open."""
    return [row for row in rows if row["outcome"] != "open"]


def done(rows: Iterable[Row]) -> list[Row]:
    """The rows that completed."""
    return [row for row in rows if row["outcome"] == "completed"]


def by_moment(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each moment."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["moment"]), []).append(row)
    return found


def sample_of(numbers: list[float]) -> tuple[int, float | None, float | None]:
    """Count, mean and variance; `None` where there are too few."""
    return len(numbers), mean(numbers) if numbers else None, variance(numbers) if len(numbers) > 1 else None


def close(expected: Iterable[object], found: Iterable[object]) -> bool:
    """Whether two rows agree; numbers up to rounding."""
    return all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
        if isinstance(a, float) and isinstance(b, float | int)
        else a == b
        for a, b in zip(expected, found, strict=True)
    )


def test_totals_of_six_occurrences(open_audit: OpenAudit) -> None:
    """Three completed (1, 2 and 6 steps, the median 2, excess −1, 0 and 4), one failed, one abandoned, one open."""
    audit = open_audit(
        [
            make_row(steps=1, comprehension="understood"),
            make_row(steps=2, customer="bob", channels="app+web"),
            make_row(steps=6, retries=3, channels=None),
            make_row("failed", errors=2, comprehension="confused"),
            make_row("abandoned"),
            make_row("open", errors=1, channels="app+web", comprehension="understood", retries=9),
        ]
    )
    # Excess: mean 1, variance (4 + 1 + 9) / 2 = 7.
    # Retries of five ended: mean 0.6, variance (4 · 0.36 + 5.76) / 4 = 1.8.
    expected = ("track-delivery", 1, 6, 2, 3, 0, 1, 1, 1, 1, 1, 4, 1, 2, 3, 1.0, 7.0, 5, 0.6, 1.8)
    assert close(expected, audit.ask(queries.totals_sql())[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_totals_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """Every count, mean and variance of random tables."""
    rows = draw_rows(random.Random(seed))
    found = {row[0]: row for row in open_audit(rows).ask(queries.totals_sql())}
    groups = by_moment(rows)
    assert set(groups) == set(found)
    for name, group in groups.items():
        assert close(totals_of(name, group), found[name])


def totals_of(name: str, rows: list[Row]) -> list[object]:
    """What `totals_sql` must give for one moment."""
    outcomes = Counter(row["outcome"] for row in rows)
    usual = median_low(known(done(rows), "steps")) if done(rows) else 0.0
    said = [row["comprehension"] for row in ended(rows) if row["comprehension"] is not None]
    channels = [str(row["channels"]) for row in ended(rows) if row["channels"] is not None]
    return [
        name,
        max(row["version"] for row in rows),  # type: ignore[type-var]  # numbers
        len(rows),
        len({row["customer"] for row in rows}),
        *(outcomes[outcome] for outcome in ("completed", "escalated", "failed", "abandoned", "open")),
        sum(errors > 0 for errors in known(ended(rows), "errors")),
        sum("+" in channel for channel in channels),
        len(channels),
        said.count("understood"),
        len(said),
        *sample_of([steps - usual for steps in known(done(rows), "steps")]),
        *sample_of(known(ended(rows), "retries")),
    ]


def span_of(span: str, rows: list[Row]) -> list[float]:
    """The numbers that a span is measured on."""
    kept = done(rows) if span == "duration" else ended(rows)
    if span == "step":
        return [float(str(r["duration_seconds"])) / int(str(r["steps"])) for r in kept if r["steps"]]
    return known(kept, {"duration": "duration_seconds", "wait": "longest_wait_seconds"}[span])


@pytest.mark.parametrize("seed", SEEDS)
def test_spans_agree_with_numpy(open_audit: OpenAudit, seed: int) -> None:
    """Counts and quantiles of durations, waits and seconds per step."""
    rows = draw_rows(random.Random(seed))
    audit = open_audit(rows)
    counts = {row[0]: row[1:] for row in audit.ask(queries.span_counts_sql())}
    for name, group in by_moment(rows).items():
        spans = [span_of(span, group) for span in queries.SPANS]
        assert tuple(map(len, spans)) == counts[name]
        for span, numbers in zip(queries.SPANS, spans, strict=True):
            ((found,),) = audit.ask(queries.quantiles_sql(name, span, [0.0, 0.5, 0.9, 1.0]))
            expected = np.quantile(numbers, [0.0, 0.5, 0.9, 1.0]) if numbers else None
            assert found is None if expected is None else expected == pytest.approx(found)


def test_median_steps_of_two_are_the_fewer(open_audit: OpenAudit) -> None:
    """One and four steps: nobody took two and a half."""
    audit = open_audit([make_row(steps=1), make_row(steps=4)])
    assert audit.ask(queries.median_steps_sql()) == [("track-delivery", 1)]


@pytest.mark.parametrize("seed", SEEDS)
def test_median_steps_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """The lower median of an even count: a number of steps that somebody took."""
    rows = draw_rows(random.Random(seed))
    expected = {name: median_low(known(done(group), "steps")) for name, group in by_moment(rows).items() if done(group)}
    assert expected == dict(open_audit(rows).ask(queries.median_steps_sql()))


@pytest.mark.parametrize("seed", SEEDS)
def test_endings_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """Every way of ending with its count and median duration, the most frequent first; a missing ending is its own."""
    rows = draw_rows(random.Random(seed))
    audit = open_audit(rows)
    found = audit.ask(queries.endings_sql())
    ways = Counter((row["moment"], row["outcome"], row["ending"] or "") for row in ended(rows))
    assert ways == {row[:3]: row[3] for row in found}
    assert found == sorted(found, key=lambda row: (row[0], -int(str(row[3])), row[1], row[2]))
    for moment, outcome, ending, count, n, middle in found:
        own = [r for r in ended(rows) if (r["moment"], r["outcome"], r["ending"] or "") == (moment, outcome, ending)]
        assert count == n == len(own)
        assert np.median(known(own, "duration_seconds")) == pytest.approx(middle)
        ((quantiles,),) = audit.ask(
            queries.medians_sql(str(moment), [(queries.of_way(str(outcome), str(ending)), [0.5, 1.0])])
        )
        assert [middle, max(known(own, "duration_seconds"))] == pytest.approx(quantiles)


def owner_of(score: Row, rows: list[Row], name: str, by: str | None) -> Row | None:
    """The occurrence of a moment that a score belongs to, in the slowest, most obvious words."""
    at, key = score["at"], score[by] if by else None
    own = [row for row in rows if row["moment"] == name and row["customer"] == score["customer"]]
    started = [row for row in own if row["started_at"] <= at]  # type: ignore[operator]  # instants
    if key is not None:
        started = [row for row in started if row["key"] == key]
    started.sort(key=lambda row: (row["outcome"], row["ending"] is None, row["ending"] or ""))
    started.sort(
        key=lambda row: (row["started_at"], row["ended_at"] or datetime.max.replace(tzinfo=UTC), row["key"] or ""),
        reverse=True,
    )
    if not started or score["score"] is None or math.isnan(float(str(score["score"]))):
        return None
    last = started[0]
    if key is not None or last["ended_at"] is None:
        return last
    return last if at <= last["ended_at"] + 30 * DAY else None  # type: ignore[operator]  # instants


def scored(rows: list[Row], scores: list[Row]) -> Counter[tuple[object, ...]]:
    """Every score beside the occurrence that it belongs to."""
    found: Counter[tuple[object, ...]] = Counter()
    for moment in MOMENTS:
        for score in scores:
            own = owner_of(score, rows, moment.name, moment.by)
            if own is not None:
                outcome, ending, key = own["outcome"], own["ending"], own["key"]
                found[moment.name, outcome, ending, score["customer"], key, score["at"], score["score"]] += 1
    return found


@pytest.mark.parametrize("seed", range(25))
def test_scores_belong_where_python_says(open_audit: OpenAudit, seed: int) -> None:
    """By key, without one, many at once, many equal starts; shuffled rows give the same."""
    rng = random.Random(seed)
    rows, scores = draw_rows(rng, 60), draw_scores(rng)
    found = open_audit(rng.sample(rows, len(rows)), scores, MOMENTS, ("order_id",)).rows("scores")
    assert scored(rows, scores) == Counter(tuple(row.values()) for row in found)


@pytest.mark.parametrize("seed", range(8))
def test_one_score_belongs_to_one_occurrence_per_moment_at_most(open_audit: OpenAudit, seed: int) -> None:
    """Distinct scores come out at most once for each moment."""
    rng = random.Random(seed)
    scores = [score | {"score": float(index)} for index, score in enumerate(draw_scores(rng))]
    found = open_audit(draw_rows(rng), scores, MOMENTS, ("order_id",)).rows("scores")
    assert max(Counter((row["moment"], row["score"]) for row in found).values(), default=1) == 1


def score_at(days: float, score: float | None = 4.0, **changes: object) -> Row:
    """A score of Ann's, so many days after the first start."""
    return {"customer": "ann", "at": START + timedelta(days=days), "score": score} | changes


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-0.001, 0), (0, 1), (5, 1), (10, 1), (40, 1), (40.001, 0)],
    ids=["before the start", "at the start", "inside", "at the end", "thirty days later", "a moment too late"],
)
def test_how_long_a_score_without_a_key_belongs(open_audit: OpenAudit, days: float, expected: int) -> None:
    """From the start until thirty days after the end, both included."""
    assert expected == len(open_audit([make_row()], [score_at(days)]).rows("scores"))


def test_a_score_with_a_key_belongs_to_it_for_ever(open_audit: OpenAudit) -> None:
    """A review of order 1 is about order 1, though order 2 came since; a review of an unknown order is about none."""
    moments, later = (make_moment(by="order_id"),), START + 20 * DAY
    rows = [make_row(key="1"), make_row("failed", key="2", started_at=later)]
    scores = [score_at(400, 1.0, order_id="1"), score_at(401, 2.0, order_id="3"), score_at(25, 3.0, order_id=None)]
    found = open_audit(rows, scores, moments, ("order_id",)).rows("scores")
    assert {(1.0, "1", "completed"), (3.0, "2", "failed")} == {(r["score"], r["key"], r["outcome"]) for r in found}


TIES: dict[str, tuple[list[Row], object]] = {
    "the open one": ([make_row(key="2"), make_row("open", key="1")], "1"),
    "the one that ended last": ([make_row(key="2"), make_row(key="1", ended_at=START + 11 * DAY)], "1"),
    "the greatest key": ([make_row(key="1"), make_row(key="3"), make_row(key="2"), make_row()], "3"),
}


@pytest.mark.parametrize("last_first", [False, True])
@pytest.mark.parametrize("tie", TIES)
def test_of_several_that_started_at_once_a_score_belongs_to(open_audit: OpenAudit, tie: str, last_first: bool) -> None:
    """One of them, and always the same, in whichever order they are written."""
    rows, expected = TIES[tie]
    found = open_audit(rows[::-1] if last_first else rows, [score_at(5)]).rows("scores")
    assert [expected] == [row["key"] for row in found]


def test_of_one_key_that_ended_and_started_at_once_a_score_belongs_to_the_later(open_audit: OpenAudit) -> None:
    """One event may end an occurrence and start the next: the score is about the next."""
    rows = [make_row("open", key="1"), make_row("failed", key="1", ended_at=START)]
    found = open_audit(rows, [score_at(5, order_id="1")], (make_moment(by="order_id"),), ("order_id",)).rows("scores")
    assert ["open"] == [row["outcome"] for row in found]


def test_a_score_without_a_value_is_no_score(open_audit: OpenAudit) -> None:
    """Neither an empty answer nor one that is not a number lowers a mean."""
    audit = open_audit([make_row()], [score_at(1, None), score_at(2, float("nan")), score_at(3, 5.0)])
    assert (1, 5.0, None) == audit.ask(queries.scores_sql())[0][3:6]


def test_several_scores_of_one_occurrence_all_count(open_audit: OpenAudit) -> None:
    """Who answered twice is in the mean twice: n counts scores."""
    found = open_audit([make_row()], [score_at(1, 2.0), score_at(2, 4.0)]).ask(queries.scores_sql())
    assert ("track-delivery", "completed", "completed_event", 2, 3.0, 2.0) == found[0][:6]


@pytest.mark.parametrize("seed", SEEDS)
def test_scores_agree_with_python(open_audit: OpenAudit, seed: int) -> None:
    """Count, mean and variance of each way of ending, of scores and of promoters; none of an open one."""
    rng = random.Random(seed)
    audit = open_audit(draw_rows(rng, 60), draw_scores(rng, 80), MOMENTS, ("order_id",))
    groups: dict[tuple[object, ...], list[float]] = {}
    for row in ended(audit.rows("scores")):
        groups.setdefault((row["moment"], row["outcome"], row["ending"] or ""), []).append(float(str(row["score"])))
    found = {row[:3]: row[3:] for row in audit.ask(queries.scores_sql())}
    assert set(groups) == set(found)
    for way, numbers in groups.items():
        promoting = [100.0 if x >= 9 else -100.0 if x <= 6 else 0.0 for x in numbers]
        expected = [*sample_of(numbers), *sample_of(promoting), min(numbers), max(numbers)]
        assert close(expected, found[way])


@pytest.mark.parametrize("name", ['say "hi"', "outcome", "moment", "it's", "started_at"])
def test_a_key_field_may_have_any_name(open_audit: OpenAudit, name: str) -> None:
    """Also a name that the table of occurrences uses for something else."""
    audit = open_audit([make_row(key="7")], [score_at(99, **{name: "7"})], (make_moment(by=name),), (name,))
    assert [("completed", "7", 4.0)] == audit.ask("SELECT outcome, key, score FROM scores")


def test_scores_of_a_playbook_without_moments(open_audit: OpenAudit) -> None:
    """There is a table, and it is empty."""
    assert open_audit([], [score_at(1)], ()).rows("scores") == []


def floor_to(unit: str, at: datetime) -> datetime:
    """The beginning of a period: weeks begin on Monday."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    back = {"day": 0, "week": day.weekday(), "month": day.day - 1}[unit]
    return day - back * DAY


NEXT: dict[str, Callable[[datetime], datetime]] = {
    "day": lambda at: at + DAY,
    "week": lambda at: at + 7 * DAY,
    "month": lambda at: (at + 31 * DAY).replace(day=1),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_trend_agrees_with_python(open_audit: OpenAudit, unit: str, seed: int) -> None:
    """Every period from the first start to the last, empty ones with zeros."""
    rows = by_moment(draw_rows(random.Random(seed), 12)).get("pay", [])
    expected, starts = [], [floor_to(unit, row["started_at"]) for row in rows]  # type: ignore[arg-type]  # an instant
    period = min(starts, default=None)
    while period is not None and period <= max(starts):
        own = [row for row, start in zip(rows, starts, strict=True) if start == period]
        expected.append((round(period.timestamp() * 1e6), len(ended(own)), len(done(own)), len(own) - len(ended(own))))
        period = NEXT[unit](period)
    assert expected == open_audit(rows).ask(queries.trend_sql("pay", unit))


def test_spread_is_from_the_first_start_to_the_last(open_audit: OpenAudit) -> None:
    """In microseconds since the epoch."""
    rows = [make_row(started_at=START + days * DAY) for days in (3, 0, 9)]
    first = round(START.timestamp() * 1e6)
    expected = [("track-delivery", first, first + 9 * 86_400_000_000)]
    assert expected == open_audit(rows).ask(queries.spread_sql())


@pytest.mark.parametrize("seed", SEEDS)
def test_people_are_counted_once(open_audit: OpenAudit, seed: int) -> None:
    """However often something happened to them, and of one moment only."""
    rows = draw_rows(random.Random(seed))
    expected = {row["customer"] for row in rows if row["moment"] == "pay" and row["outcome"] == "failed"}
    assert len(expected) == open_audit(rows).people("pay", "outcome = 'failed' OR false")


def test_signals_and_their_spots(open_audit: OpenAudit) -> None:
    """How many of whom, and where most; a missing page is a spot of its own."""
    spots = [("ann", "cart", "pay", 4), ("bob", "cart", "pay", 6), ("ann", None, None, 5)]
    signals = [
        {"customer": c, "signal": "rage_click", "at": START, "ended_at": START, "count": n, "page": p, "element": e}
        for c, p, e, n in spots
    ]
    audit = open_audit([], signals=signals)
    assert audit.ask(queries.signals_sql()) == [("rage_click", 3, 2, 5.0)]
    assert audit.ask(queries.spots_sql("rage_click", 9)) == [("cart", "pay", 2, 2), (None, None, 1, 1)]
    assert audit.ask(queries.spots_sql("rage_click", 1)) == [("cart", "pay", 2, 2)]


def test_a_quote_in_a_name_stays_inside_the_name(open_audit: OpenAudit) -> None:
    """Names and endings come from people's files."""
    audit = open_audit([make_row(ending="can't pay')", moment="o'hare")], moments=(make_moment("o'hare"),))
    condition = f"""{queries.of_moment("o'hare")} AND {queries.of_way("completed", "can't pay')")}"""
    assert audit.people("o'hare", condition) == 1
