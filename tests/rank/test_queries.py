"""Tests of `rank.queries`: every query runs on DuckDB and is compared with plain Python over the same rows."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from momentwise.rank import queries
from tests.rank.plain_counts import close, ended, sample_of
from tests.rank.small_audits import DAY, START, OpenAudit, Row, draw_rows, draw_scores, make_moment, make_row

MOMENTS = (make_moment("track-delivery", by="order_id"), make_moment("pay"))
SEEDS = range(8)


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
                named = moment.by is not None and score[moment.by] is not None
                found[moment.name, outcome, ending, score["customer"], key, score["at"], score["score"], named] += 1
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


@pytest.mark.parametrize("seed", SEEDS)
def test_people_are_counted_once(open_audit: OpenAudit, seed: int) -> None:
    """However often something happened to them, and of one moment only."""
    rows = draw_rows(random.Random(seed))
    expected = {row["customer"] for row in rows if row["moment"] == "pay" and row["outcome"] == "failed"}
    assert len(expected) == open_audit(rows).people("pay", "outcome = 'failed' OR false")


@pytest.mark.parametrize("seed", SEEDS)
def test_people_of_many_conditions_at_once(open_audit: OpenAudit, seed: int) -> None:
    """As many wishes as fill two words, some about a list of customers; each counts as if it were asked alone."""
    audit = open_audit(draw_rows(random.Random(seed)))
    conditions = ["true", "steps > 3", "ending = 'late'", "customer IN (SELECT customer FROM signals)", "errors = NULL"]
    conditions += [f"steps = {steps}" for steps in range(40)]
    wanted = [(moment, condition) for condition in conditions for moment in ("pay", "track-delivery")]
    expected = [audit.people(moment, condition) for moment, condition in wanted]
    assert expected == list(audit.ask(queries.people_of_each_sql(wanted))[0])


def test_signals_and_their_spots(open_audit: OpenAudit) -> None:
    """How many of whom, and where most; a missing page is a spot of its own."""
    spots = [("ann", "cart", "pay", 4), ("bob", "cart", "pay", 6), ("ann", None, None, 5)]
    signals = [
        {"customer": c, "signal": "rage_click", "at": START, "ended_at": START, "count": n, "page": p, "element": e}
        for c, p, e, n in spots
    ]
    audit = open_audit([], signals=signals)
    whole = ("rage_click", True, None, None, 3, 2)
    often, rare = ("rage_click", False, "cart", "pay", 2, 2), ("rage_click", False, None, None, 1, 1)
    assert [whole, often, rare] == audit.ask(queries.signals_sql(9))
    assert [whole, often] == audit.ask(queries.signals_sql(1))


def test_a_quote_in_a_name_stays_inside_the_name(open_audit: OpenAudit) -> None:
    """Names and endings come from people's files."""
    audit = open_audit([make_row(ending="can't pay')", moment="o'hare")], moments=(make_moment("o'hare"),))
    condition = f"""{queries.of_moment("o'hare")} AND {queries.of_way("completed", "can't pay')")}"""
    assert audit.people("o'hare", condition) == 1
