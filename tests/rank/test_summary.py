"""Tests of `rank.summary` and of the measures, scores and targets that it is made of."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from statistics import fmean

import msgspec
import numpy as np
import pytest
from scipy import stats

from momentwise.define.finding import Estimate, MomentSummary
from momentwise.define.moment import Owner, Target, Value
from momentwise.define.span import DAY_US
from momentwise.rank.summary import MOST_TIMED
from tests.rank.small_audits import (
    DAY,
    START,
    OpenAudit,
    Row,
    SmallAudit,
    draw_rows,
    draw_scores,
    make_moment,
    make_row,
)

TARGET = Target(
    shares={"completion_rate": 0.9}, spans_us={"p90_duration": 9 * DAY_US}, scores={"score": 4.0, "nps": 20}
)
MOMENTS = (
    make_moment("track-delivery", by="order_id", target=TARGET),
    make_moment("pay", target=TARGET),
    make_moment("never", target=TARGET),
)


def estimates_in(value: object) -> Iterator[Estimate]:
    """Every estimate in a summary, however deep."""
    if isinstance(value, Estimate):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from estimates_in(getattr(value, field))
    elif isinstance(value, dict | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from estimates_in(part)


def rounded(estimate: Estimate) -> list[float | None]:
    """The number and its interval without the last digits, in which sums may differ by their order."""
    parts = (estimate.value, estimate.low, estimate.high)
    return [None if part is None else float(f"{part:.9g}") for part in parts]


def make_rows(counts: dict[str, int], **changes: object) -> list[Row]:
    """So many occurrences of each outcome, each of a customer of its own."""
    outcomes = [outcome for outcome, count in counts.items() for _ in range(count)]
    return [make_row(outcome, customer=f"{outcome} {index}", **changes) for index, outcome in enumerate(outcomes)]


def make_scores(rows: list[Row], scores: list[float]) -> list[Row]:
    """One score per occurrence, a day after its start."""
    return [
        {"customer": row["customer"], "at": START + DAY, "score": score}
        for row, score in zip(rows, scores, strict=False)
    ]


def test_summary_of_a_hundred(open_audit: OpenAudit) -> None:
    """80 completed, 10 escalated, 6 failed and 4 abandoned; 25 open ones are in none of the shares."""
    counts = {"completed": 80, "escalated": 10, "failed": 6, "abandoned": 4, "open": 25}
    moment = make_moment(about="Where is it?", owner=Owner("the pod"), version=2)
    (found,) = open_audit(make_rows(counts), moments=(moment,)).summarize()
    assert {"completed": 0.8, "escalated": 0.1, "failed": 0.06, "abandoned": 0.04} == {
        outcome: share.value for outcome, share in found.shares.items()
    }
    assert {100} == {share.n for share in found.shares.values()}
    assert (125, 125, 25) == (found.volume, found.people, found.open)
    assert ("Where is it?", "the pod", 2) == (found.about, found.owner, found.version)
    assert [80, 10, 6, 4] == [ending.count for ending in found.endings]
    assert found.durations["p50"].value == 864_000
    expected = stats.binomtest(6, 100).proportion_ci(method="wilson")
    assert pytest.approx((expected.low, expected.high)) == (found.shares["failed"].low, found.shares["failed"].high)


@pytest.mark.parametrize("seed", range(8))
def test_every_number_opens_exactly_its_rows(open_audit: OpenAudit, seed: int) -> None:
    """As many as n; of a share value times n, the ones that were counted."""
    rng = random.Random(seed)
    audit = open_audit(draw_rows(rng, 90), draw_scores(rng, 90), MOMENTS, ("order_id",))
    for estimate in estimates_in(tuple(audit.summarize())):
        counted = round((estimate.value or 0) * estimate.n) if estimate.unit == "share" else estimate.n
        assert counted == audit.count(estimate), estimate
        assert (estimate.value is None) == (estimate.n == 0), estimate


@pytest.mark.parametrize("seed", range(8))
def test_no_interval_leaves_its_number_out(open_audit: OpenAudit, seed: int) -> None:
    """An interval holds its number, and both ends are there or none."""
    rng = random.Random(seed)
    audit = open_audit(draw_rows(rng, 200), draw_scores(rng, 90), MOMENTS, ("order_id",))
    for estimate in estimates_in(tuple(audit.summarize())):
        assert (estimate.low is None) == (estimate.high is None)
        if estimate.low is not None and estimate.high is not None and estimate.value is not None:
            assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9, estimate


@pytest.mark.parametrize("seed", range(6))
def test_open_occurrences_change_no_measure(open_audit: OpenAudit, seed: int) -> None:
    """With and without them every share, duration, mean and score is the same."""
    rng = random.Random(seed)
    rows, given = draw_rows(rng, 60), draw_scores(rng)
    closed = [row for row in rows if row["outcome"] != "open"]
    rows = closed + [
        make_row("open", customer=f"new {index}", moment="pay", errors=1, retries=9, comprehension="confused")
        for index in range(9)
    ]
    given += [{"customer": "new 1", "at": START + DAY, "score": 1.0, "order_id": None}]
    with_open = open_audit(rows, given, MOMENTS, ("order_id",)).summarize()
    without = open_audit(closed, given, MOMENTS, ("order_id",)).summarize()
    same = {"volume": 0, "people": 0, "open": 0, "trend": (), "trend_unit": "", "targets": ()}
    assert [msgspec.structs.replace(one, **same) for one in without] == [
        msgspec.structs.replace(one, **same) for one in with_open
    ]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_does_not_matter(open_audit: OpenAudit, seed: int) -> None:
    """A shuffled table gives the same summary."""
    rng = random.Random(seed)
    rows, given = draw_rows(rng, 90), draw_scores(rng)
    one = open_audit(rows, given, MOMENTS, ("order_id",)).summarize()
    rng.shuffle(rows)
    other = open_audit(rows, given, MOMENTS, ("order_id",)).summarize()
    for left, right in zip(estimates_in(tuple(one)), estimates_in(tuple(other)), strict=True):
        assert left.rows == right.rows
        assert rounded(left) == rounded(right)


def test_a_moment_that_never_happened(open_audit: OpenAudit) -> None:
    """Nothing to measure is nothing, not zero; its targets are undecided."""
    (found,) = open_audit([], moments=(make_moment(target=TARGET, critical=True),)).summarize()
    assert {None} == {estimate.value for estimate in estimates_in(found)}
    assert (0, 0, (), (), ()) == (found.volume, found.open, found.endings, found.trend, found.qualifies)
    assert [None] * 4 == [check.met for check in found.targets]


def test_only_open_ones_say_nothing_yet(open_audit: OpenAudit) -> None:
    """The volume is known, the trend shows them, and no share is."""
    target = Target(shares={"completion_rate": 0.9}, spans_us={"p90_duration": DAY_US})
    (found,) = open_audit(make_rows({"open": 5}), moments=(make_moment(target=target),)).summarize()
    assert [None, None] == [check.met for check in found.targets]
    assert (5, 5) == (found.volume, found.open)
    assert {None} == {estimate.value for estimate in estimates_in(found)}
    assert [(0, 0, 5)] == [(point.ended, point.completed, point.open) for point in found.trend]


def test_versions_of_one_moment_are_summed(open_audit: OpenAudit) -> None:
    """One summary, under the words of the last version."""
    rows = make_rows({"completed": 3}) + make_rows({"failed": 1}, version=2)
    moments = (make_moment(about="first"), make_moment(about="second", version=2))
    (found,) = open_audit(rows, moments=moments).summarize()
    assert (4, 2, "second", 0.75) == (found.volume, found.version, found.about, found.shares["completed"].value)


def test_understood_counts_only_who_said_and_whose_occurrence_ended(open_audit: OpenAudit) -> None:
    """Two understood and one confused; the open one may still change their mind."""
    said = ["understood", "understood", "confused", None]
    rows = [make_row(comprehension=word) for word in said] + [make_row("open", comprehension="confused")]
    (found,) = open_audit(rows).summarize()
    assert (2 / 3, 3) == (found.understood.value, found.understood.n)


def test_an_unknown_channel_is_not_a_single_one(open_audit: OpenAudit) -> None:
    """One of the two whose channels are known changed it."""
    rows = [make_row(channels=channels) for channels in ("app+web", "web", None, None)]
    (found,) = open_audit(rows).summarize()
    assert (0.5, 2) == (found.multichannel.value, found.multichannel.n)


def test_excess_steps_of_one_extra_click(open_audit: OpenAudit) -> None:
    """The usual way has three steps; a fourth in one of five is 0.2 on average, with Student's interval."""
    (found,) = open_audit([make_row(steps=steps) for steps in (3, 3, 3, 3, 4)]).summarize()
    expected = stats.ttest_1samp([0, 0, 0, 0, 1], 0).confidence_interval(0.95)
    assert pytest.approx((0.2, expected.low, expected.high)) == (
        found.excess_steps.value,
        found.excess_steps.low,
        found.excess_steps.high,
    )
    assert (3.0, 5) == (found.median_steps.value, found.median_steps.n)


def test_quantiles_and_their_order_statistics(open_audit: OpenAudit) -> None:
    """Of 1 to 100 days: the median 50.5, between the 40th and the 61st; p95 with an interval, by scipy's ranks."""
    days = range(1, 101)
    (found,) = open_audit([make_row(ended_at=START + day * DAY) for day in days]).summarize()
    for name, quantile in (("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95)):
        estimate, number = found.durations[name], stats.binom(100, quantile)
        assert np.quantile(days, quantile) * 86400 == pytest.approx(estimate.value)
        assert number.ppf(0.025) * 86400 == pytest.approx(estimate.low)
        assert (number.ppf(0.975) + 1) * 86400 == pytest.approx(estimate.high)
    assert (40 * 86400, 61 * 86400) == pytest.approx((found.durations["p50"].low, found.durations["p50"].high))
    assert found.endings[0].duration == msgspec.structs.replace(found.durations["p50"], rows=found.endings[0].rows)


def test_too_few_for_a_tail(open_audit: OpenAudit) -> None:
    """Of ten the median has an interval and p95 has none."""
    (found,) = open_audit([make_row(ended_at=START + day * DAY) for day in range(10)]).summarize()
    assert found.durations["p50"].low is not None
    assert found.durations["p95"].low is None


def test_as_many_endings_as_event_names(open_audit: OpenAudit) -> None:
    """Where any event ends a moment, the rare endings have a median too, without an interval."""
    rows = [make_row(ending=f"event {index}") for index in range(MOST_TIMED + 10)] + make_rows({"completed": 10})
    (found,) = open_audit(rows).summarize()
    assert MOST_TIMED + 11 == len(found.endings)
    assert {864_000.0} == {ending.duration.value for ending in found.endings}
    assert found.endings[0].duration.low == 864_000
    assert found.endings[-1].duration.low is None


def test_scores_by_ending_and_over_all(open_audit: OpenAudit) -> None:
    """The overall mean and its interval are those of all scores together, as scipy gives them."""
    rows = make_rows({"completed": 70, "failed": 40, "abandoned": 20, "open": 9})
    rng = np.random.default_rng(1)
    scores = [float(score) for score in rng.integers(1, 6, len(rows))]
    moment = make_moment(target=Target(scores={"score": 3.0}))
    (found,) = open_audit(rows, make_scores(rows, scores), (moment,)).summarize()
    means = {ending.outcome: (ending.score.value, ending.score.n) for ending in found.endings}
    assert {
        "completed": (pytest.approx(fmean(scores[:70])), 70),
        "failed": (pytest.approx(fmean(scores[70:110])), 40),
        "abandoned": (pytest.approx(fmean(scores[110:130])), 20),
    } == means
    overall, expected = found.targets[0].estimate, stats.ttest_1samp(scores[:130], 0).confidence_interval(0.95)
    assert 130 == overall.n
    assert pytest.approx((fmean(scores[:130]), expected.low, expected.high)) == (
        overall.value,
        overall.low,
        overall.high,
    )


def test_the_gap_of_late_deliveries(open_audit: OpenAudit) -> None:
    """Late against on time, by Welch, as scipy gives it; both means and both counts stand beside it."""
    late, good = make_rows({"completed": 40}, ending="late"), make_rows({"completed": 99}, ending="on time")
    for index, row in enumerate(late + good):
        row["customer"] = str(index)
    low, high = [1.0, 2.0, 3.0, 5.0] * 10, [5.0, 4.0, 5.0] * 33
    (found,) = open_audit(late + good, make_scores(late + good, low + high)).summarize()
    (gap,) = found.gaps
    expected = stats.ttest_ind(low, high, equal_var=False).confidence_interval(0.95)
    assert ("late", "on time", 2.75, 40, 99) == (
        gap.worse,
        gap.better,
        gap.worse_mean.value,
        gap.worse_mean.n,
        gap.better_mean.n,
    )
    assert pytest.approx((fmean(low) - fmean(high), expected.low, expected.high)) == (
        gap.difference.value,
        gap.difference.low,
        gap.difference.high,
    )


def gaps_of(open_audit: OpenAudit, groups: list[tuple[str, str, list[float]]]) -> MomentSummary:
    """The summary of occurrences that ended so, each with a score."""
    rows = [make_row(outcome, ending=ending) for outcome, ending, scores in groups for _ in scores]
    rows = [row | {"customer": str(index)} for index, row in enumerate(rows)]
    scores = [score for _, _, group in groups for score in group]
    return open_audit(rows, make_scores(rows, scores)).summarize()[0]


@pytest.mark.parametrize(
    "groups",
    [
        [("completed", "on time", [4.0, 5.0] * 20), ("completed", "late", [1.0, 2.0] * 14)],
        [("failed", "late", [1.0, 2.0] * 20), ("escalated", "call", [4.0, 5.0] * 20)],
        [("completed", "on time", [4.0, 5.0] * 20), ("completed", "late", [4.0, 5.0] * 20)],
        [("completed", "on time", [1.0, 2.0] * 40), ("completed", "late", [4.0, 5.0] * 20)],
        [("completed", "on time", [4.0, 5.0] * 2000), ("completed", "late", ([4.0] * 11 + [5.0] * 9) * 150)],
    ],
    ids=["too few", "nothing completed", "the same", "the usual one is the worse", "too small to feel"],
)
def test_no_gap(open_audit: OpenAudit, groups: list[tuple[str, str, list[float]]]) -> None:
    """Neither chance, nor a twentieth of a point among thousands, nor a better ending is a gap."""
    assert gaps_of(open_audit, groups).gaps == ()


def test_the_usual_ending_is_the_most_frequent_not_the_most_scored(open_audit: OpenAudit) -> None:
    """Angry customers answer more; that does not make their ending the usual one."""
    good, late = make_rows({"completed": 200}, ending="on time"), make_rows({"completed": 60}, ending="late")
    rows = [row | {"customer": str(index)} for index, row in enumerate(good[:40] + late + good[40:])]
    (found,) = open_audit(rows, make_scores(rows, [4.0, 5.0] * 20 + [1.0, 2.0] * 30)).summarize()
    assert [("late", "on time")] == [(gap.worse, gap.better) for gap in found.gaps]


def test_one_name_for_two_outcomes(open_audit: OpenAudit) -> None:
    """Completed late and failed late are told apart; widest gap first."""
    high, low, lowest = [4.0, 5.0] * 30, [2.0, 3.0] * 20, [1.0, 2.0] * 15
    groups = [("completed", "on time", high), ("completed", "late", low), ("failed", "late", lowest)]
    assert ["late (failed)", "late (completed)"] == [gap.worse for gap in gaps_of(open_audit, groups).gaps]


def checked(
    audit_of: OpenAudit, rows: list[Row], target: Target, given: list[Row] | None = None
) -> tuple[float | None, bool | None]:
    """What was measured for the only target, and whether it was met."""
    audit: SmallAudit = audit_of(rows, given or [], (make_moment(target=target),))
    (check,) = audit.summarize()[0].targets
    return check.estimate.value, check.met


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("completion_rate", 0.70, True),
        ("completion_rate", 0.79, None),
        ("completion_rate", 0.90, False),
        ("escalation_rate", 0.20, True),
        ("escalation_rate", 0.11, None),
        ("escalation_rate", 0.05, False),
        ("failure_rate", 0.10, True),
        ("failure_rate", 0.06, None),
        ("failure_rate", 0.02, False),
        ("abandonment_rate", 0.10, True),
        ("abandonment_rate", 0.05, None),
        ("abandonment_rate", 0.01, False),
    ],
)
def test_targets_of_shares(open_audit: OpenAudit, name: str, wanted: float, expected: bool | None) -> None:
    """Of 400: 80 % completed [75.8, 83.6], 10 % escalated, 6 % failed, 4 % abandoned; decided by the interval."""
    rows = make_rows({"completed": 320, "escalated": 40, "failed": 24, "abandoned": 16})
    assert expected is checked(open_audit, rows, Target(shares={name: wanted}))[1]


@pytest.mark.parametrize(
    ("name", "days", "expected"),
    [
        ("p50_duration", 70, True),
        ("p50_duration", 55, None),
        ("p50_duration", 30, False),
        ("p75_duration", 90, True),
        ("p90_duration", 99, True),
        ("p90_duration", 90, None),
        ("p95_duration", 60, False),
    ],
)
def test_targets_of_durations(open_audit: OpenAudit, name: str, days: int, expected: bool | None) -> None:
    """Of 1 to 100 days; at most so long."""
    rows = [make_row(ended_at=START + day * DAY) for day in range(1, 101)]
    assert expected is checked(open_audit, rows, Target(spans_us={name: days * DAY_US}))[1]


@pytest.mark.parametrize("name", ["score", "ces", "csat"])
@pytest.mark.parametrize(("wanted", "expected"), [(4.0, True), (4.5, None), (4.8, False)])
def test_targets_of_scores(open_audit: OpenAudit, name: str, wanted: float, expected: bool | None) -> None:
    """A hundred fours and fives have a mean of 4.5 [4.4, 4.6]; at least so much."""
    rows = make_rows({"completed": 60, "failed": 40})
    given = make_scores(rows, [4.0, 5.0] * 50)
    assert (4.5, expected) == checked(open_audit, rows, Target(scores={name: wanted}), given)


@pytest.mark.parametrize(("wanted", "expected"), [(10, True), (25, None), (60, False)])
def test_net_promoter_score_is_no_mean(open_audit: OpenAudit, wanted: float, expected: bool | None) -> None:
    """Of 200: half promote (10), a quarter is passive (8), a quarter detracts (6): 50 − 25 = 25 points, not 8.5."""
    rows = make_rows({"completed": 150, "failed": 50})
    given = make_scores(rows, [10.0, 8.0, 10.0, 6.0] * 50)
    assert (25.0, expected) == checked(open_audit, rows, Target(scores={"nps": wanted}), given)


@pytest.mark.parametrize("scores", [[5.0, 4.0], [-1.0, 9.0], [80.0, 95.0]], ids=["stars", "below 0", "percent"])
def test_no_net_promoter_score_of_other_scales(open_audit: OpenAudit, scores: list[float]) -> None:
    """Five stars are no nine or ten: nobody would promote, and the number would mean nothing."""
    rows = make_rows({"completed": 60})
    assert (None, None) == checked(open_audit, rows, Target(scores={"nps": 30}), make_scores(rows, scores * 30))


def test_a_target_is_not_met_by_the_quick_ones_alone(open_audit: OpenAudit) -> None:
    """A hundred have completed in ten days and 101 are open: neither the share nor the time is known to be kept."""
    rows = make_rows({"completed": 100, "open": 101})
    assert checked(open_audit, rows, Target(shares={"completion_rate": 0.9}))[1] is None
    assert checked(open_audit, rows, Target(spans_us={"p90_duration": 20 * DAY_US}))[1] is None
    assert checked(open_audit, rows[:-1], Target(shares={"completion_rate": 0.9}))[1] is True
    assert checked(open_audit, rows[:-1], Target(spans_us={"p90_duration": 20 * DAY_US}))[1] is None
    assert checked(open_audit, rows[:105], Target(spans_us={"p90_duration": 20 * DAY_US}))[1] is True


def test_a_target_that_open_ones_cannot_save_is_missed(open_audit: OpenAudit) -> None:
    """If all 101 open ones completed, it would be 101 of 201; and times only get longer."""
    rows = make_rows({"failed": 100, "open": 101})
    assert checked(open_audit, rows, Target(shares={"completion_rate": 0.9}))[1] is False
    assert checked(open_audit, rows, Target(shares={"failure_rate": 0.1}))[1] is False
    rows = make_rows({"completed": 100, "open": 101})
    assert checked(open_audit, rows, Target(spans_us={"p90_duration": DAY_US}))[1] is False


@pytest.mark.parametrize(("days", "unit"), [(0, "day"), (31, "day"), (32, "week"), (370, "week"), (371, "month")])
def test_the_unit_of_the_trend(open_audit: OpenAudit, days: int, unit: str) -> None:
    """Days up to a month, weeks up to a year, months beyond; periods in between are there, empty."""
    rows = [make_row(started_at=START), make_row("failed", started_at=START + days * DAY)]
    (found,) = open_audit(rows).summarize()
    assert unit == found.trend_unit
    assert sum(point.ended for point in found.trend) == 2
    longest = timedelta(days={"day": 1, "week": 7, "month": 31}[unit])
    gaps = np.diff([point.at for point in found.trend])
    assert all(0 < gap <= longest / timedelta(microseconds=1) for gap in gaps)


def test_a_stated_value_alone_changes_no_number(open_audit: OpenAudit) -> None:
    """A price makes a moment influential and moves no measure."""
    rows = make_rows({"completed": 40, "failed": 1})
    plain, priced = (
        open_audit(rows, moments=(make_moment(value=value),)).summarize()[0]
        for value in (None, Value("EUR", failure_cost=9.0))
    )
    assert ("influence",) == priced.qualifies
    assert plain == msgspec.structs.replace(priced, qualifies=plain.qualifies)
