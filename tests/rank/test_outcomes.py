"""Tests of `rank.outcomes` and `rank.phrases`: what the summaries say by themselves, and in which words."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from momentwise.define.finding import Estimate, Finding, TargetCheck
from momentwise.define.moment import Target, Value
from momentwise.define.span import DAY_US
from momentwise.rank.phrases import say_missed
from tests.rank.small_audits import DAY, START, OpenAudit, Row, SmallAudit, make_moment, make_row

_NUMBERS = count()


def make_rows(times: int, outcome: str = "completed", ending: str = "", **changes: object) -> list[Row]:
    """So many alike, each of a customer of its own."""
    named = {"ending": ending} if ending else {}
    return [make_row(outcome, **({"customer": str(next(_NUMBERS))} | named | changes)) for _ in range(times)]


def make_scores(rows: list[Row], scores: list[float]) -> list[Row]:
    """One score per occurrence, a day after its start."""
    pairs = zip(rows, scores, strict=True)
    return [{"customer": row["customer"], "at": START + DAY, "score": score} for row, score in pairs]


def only(found: list[Finding], kind: str) -> Finding:
    """The one finding of a kind."""
    (one,) = [finding for finding in found if finding.kind == kind]
    return one


def kinds(audit: SmallAudit) -> list[str]:
    """The kinds of what was found, in order."""
    return [finding.kind for finding in audit.find()]


def test_cancelled_orders(open_audit: OpenAudit) -> None:
    """A failure rate as a head of customer experience reads it."""
    found = open_audit(make_rows(1487) + make_rows(13, "failed")).find()
    (finding,) = found
    assert finding.title == "Track delivery failed 13 of 1,500 times (0.87 %)."
    assert finding.detail == ""
    assert ("track-delivery/failed", "failure_rate", "C", 13) == (
        finding.id,
        finding.kind,
        finding.grade,
        finding.people,
    )
    assert "does not show what caused it" in finding.grade_reason


@pytest.mark.parametrize(
    ("outcome", "kind", "title"),
    [
        ("failed", "failure_rate", "Track delivery failed 10 of 40 times (25.0 %)."),
        (
            "escalated",
            "escalation_rate",
            "Track delivery ended with the customer asking for help 10 of 40 times (25.0 %).",
        ),
        ("abandoned", "abandonment_rate", "Track delivery was abandoned 10 of 40 times (25.0 %)."),
    ],
)
def test_titles_of_outcomes(open_audit: OpenAudit, outcome: str, kind: str, title: str) -> None:
    """Each outcome in its own words."""
    assert title == only(open_audit(make_rows(30) + make_rows(10, outcome)).find(), kind).title


def test_everything_failed(open_audit: OpenAudit) -> None:
    """A hundred percent has no decimals."""
    assert (
        "Track delivery failed 40 of 40 times (100 %)."
        == only(open_audit(make_rows(40, "failed")).find(), "failure_rate").title
    )


@pytest.mark.parametrize(
    ("good", "bad", "expected"), [(28, 1, []), (29, 1, ["failure_rate"]), (1000, 5, []), (995, 5, ["failure_rate"])]
)
def test_thresholds_of_outcomes(open_audit: OpenAudit, good: int, bad: int, expected: list[str]) -> None:
    """At least thirty that ended, and at least one in two hundred of them."""
    assert expected == kinds(open_audit(make_rows(good) + make_rows(bad, "failed")))


def test_nothing_is_found_on_clean_data(open_audit: OpenAudit) -> None:
    """A thousand deliveries with exponential times and equal scores, some open, a price and a target that is kept."""
    rng = np.random.default_rng(1)
    target = Target(shares={"completion_rate": 0.9}, spans_us={"p90_duration": 90 * DAY_US}, scores={"score": 3.5})
    rows = [row for wait in rng.exponential(10, 1000) for row in make_rows(1, ended_at=START + wait * DAY)]
    given = make_scores(rows, [float(score) for score in rng.integers(3, 6, len(rows))])
    moment = make_moment(target=target, value=Value("EUR", failure_cost=10.0), critical=True)
    assert open_audit(rows + make_rows(20, "open"), given, (moment,)).find() == []


def test_nothing_is_found_in_nothing(open_audit: OpenAudit) -> None:
    """Neither in no data nor in open ones alone."""
    assert open_audit([]).find() == []
    assert open_audit(make_rows(99, "open")).find() == []


@pytest.mark.parametrize(
    ("still_open", "detail"),
    [
        (0, ""),
        (1, "1 more is still open at the end of the data and counts neither way."),
        (4, "4 more are still open at the end of the data and count neither way."),
        # 10 of 120 = 8.3 % where all 20 end otherwise, 30 of 120 = 25 % where all end so.
        (
            20,
            (
                "20 more are still open at the end of the data and count neither way. Depending on how they end, the "
                "share will be between 8.3 % and 25.0 %."
            ),
        ),
    ],
)
def test_open_ones_are_told(open_audit: OpenAudit, still_open: int, detail: str) -> None:
    """And where they are many, how far they could still move the share."""
    audit = open_audit(make_rows(90) + make_rows(10, "failed") + make_rows(still_open, "open"))
    assert detail == only(audit.find(), "failure_rate").detail


def test_no_money_without_a_price(open_audit: OpenAudit) -> None:
    """A currency, or what a customer is worth, is no price of a failure; nor is a price of nothing."""
    rows = make_rows(90) + make_rows(10, "failed")
    for value in (None, Value("EUR"), Value("EUR", lifetime_value=160.0), Value("EUR", failure_cost=0.0)):
        (finding,) = open_audit(rows, moments=(make_moment(value=value),)).find()
        assert (None, "") == (finding.money, finding.currency)
        assert "statement" not in finding.grade_reason


def test_money_is_the_count_times_the_price(open_audit: OpenAudit) -> None:
    """Ten of a hundred at 12.50: 125, and Wilson's [0.0552, 0.1744] of 100 times 12.50: 69.0 to 218.0."""
    moment = make_moment(value=Value("BRL", failure_cost=12.5))
    audit = open_audit(make_rows(90) + make_rows(10, "failed"), moments=(moment,))
    (finding,) = audit.find()
    money = finding.money
    assert money is not None
    assert pytest.approx((125.0, 69.03, 217.97), abs=0.05) == (money.value, money.low, money.high)
    assert 10 == money.n == audit.count(money)
    assert ("money", "BRL") == (money.unit, finding.currency)
    assert finding.grade_reason.endswith(" The money is your own statement, 12.50 BRL a failure.")


def test_money_of_what_was_abandoned_and_escalated(open_audit: OpenAudit) -> None:
    """An abandoned one counts as a failure, and it is said so; an escalated one has no price."""
    moment = make_moment(value=Value("EUR", failure_cost=1000.0))
    rows = make_rows(80) + make_rows(10, "abandoned") + make_rows(10, "escalated")
    found = open_audit(rows, moments=(moment,)).find()
    reason = only(found, "abandonment_rate").grade_reason
    assert reason.endswith(" The money is your own statement, 1,000.00 EUR a failure and counts each as a failure.")
    assert only(found, "escalation_rate").money is None


def test_a_late_delivery_is_told_by_its_name(open_audit: OpenAudit) -> None:
    """Out of the completed ones, of which it is a part; the failed ones do not dilute it."""
    rows = make_rows(60, ending="on time") + make_rows(20, ending="late") + make_rows(20, "failed")
    finding = only(open_audit(rows).find(), "ending_share")
    assert finding.title == "Track delivery was completed 'late' 20 of 80 times (25.0 %)."
    assert ("track-delivery/completed/late", 20) == (finding.id, finding.people)


def late_and_scored(audit_of: OpenAudit, **changes: object) -> SmallAudit:
    """A fifth of the deliveries late and badly scored, some cancelled and some abandoned, and scored worse."""
    good, late = make_rows(200, ending="on time"), make_rows(50, ending="late")
    gone, cancelled = make_rows(30, "abandoned"), make_rows(40, "failed", "cancelled")
    scores = [4.0, 5.0] * 100 + [2.0, 3.0] * 25 + [1.0, 2.0] * 15 + [1.0, 1.0, 1.0, 2.0] * 10
    rows = good + late + gone + cancelled
    return audit_of(rows, make_scores(rows, scores), (make_moment(**changes),))


def test_titles_of_score_gaps(open_audit: OpenAudit) -> None:
    """How often, what those who answered gave, and the difference with its interval and both counts."""
    found = [finding for finding in late_and_scored(open_audit).find() if finding.kind == "score_gap"]
    found.sort(key=lambda finding: -finding.people)
    first, second, third = (finding.title for finding in found)
    assert first == (
        "Track delivery was completed 'late' 50 of 250 times (20.0 %), and the 50 scores given within 30 days of it "
        "average 2.50 instead of 4.50."
    )
    assert second == (
        "Track delivery ended 'cancelled' 40 of 320 times (12.5 %), and the 40 scores given within 30 days of it "
        "average 1.25 instead of 4.50."
    )
    assert third == (
        "Track delivery was abandoned 30 of 320 times (9.4 %), and the 30 scores given within 30 days of it "
        "average 1.50 instead of 4.50."
    )
    assert found[0].detail.startswith("A difference of −2.000 [−2.")
    assert found[0].detail.endswith("to 'on time', from 50 and 200 scores.")
    assert [50, 40, 30] == [finding.people for finding in found]


def test_who_asked_for_help_is_one_gap_however_they_asked(open_audit: OpenAudit) -> None:
    """Tickets and calls are one fact, whose customers count once, whose scores are pooled, and whose endings are told."""
    rows = make_rows(200, ending="on time") + make_rows(60, "escalated", "ticket") + make_rows(40, "escalated", "call")
    audit = open_audit(rows, make_scores(rows, [4.0, 5.0] * 100 + [2.0, 3.0] * 30 + [1.0, 2.0] * 20))
    finding = only(audit.find(), "score_gap")
    assert ("track-delivery/score/escalated/on time", 100) == (finding.id, finding.people)
    assert finding.title == (
        "Track delivery ended with the customer asking for help 100 of 300 times (33.3 %), and the 100 scores given within "
        "30 days of it average 2.10 instead of 4.50."
    )
    assert finding.emotion is not None
    assert -2.4 == pytest.approx(finding.emotion.value)
    assert ["on time", "call", "ticket"] == [name for name, _ in finding.splits[0].parts]


def test_of_many_endings_a_gap_by_chance_is_not_told(open_audit: OpenAudit) -> None:
    """A gap that alone would just pass is not told where nineteen other endings show none."""
    rows = make_rows(200, ending="on time") + make_rows(40, ending="late")
    scores = [4.0, 5.0] * 100 + [3.9, 4.7] * 20
    assert "score_gap" in kinds(open_audit(rows, make_scores(rows, scores)))
    for place in range(19):
        rows, scores = rows + make_rows(30, "failed", f"way-{place}"), scores + [4.0, 5.0] * 15
    assert "score_gap" not in kinds(open_audit(rows, make_scores(rows, scores)))


def test_a_gap_says_the_ending_so_nothing_else_does(open_audit: OpenAudit) -> None:
    """The late ones are found once, with their score."""
    assert "ending_share" not in kinds(late_and_scored(open_audit))


def test_one_label_of_two_outcomes_is_not_mixed_up(open_audit: OpenAudit) -> None:
    """Failed late is rare and completed late is not: each title has its own count, and each finding its own id."""
    good, late, failed = make_rows(200), make_rows(50, ending="late"), make_rows(40, "failed", "late")
    rows = good + late + failed
    scores = [4.0, 5.0] * 100 + [3.0, 4.0] * 25 + [1.0, 2.0] * 20
    found = [f for f in open_audit(rows, make_scores(rows, scores)).find() if f.kind == "score_gap"]
    assert {"completed 'late' 50 of 250", "ended 'late' 40 of 290"} == {
        finding.title.partition(" times")[0].removeprefix("Track delivery ").removeprefix("was ") for finding in found
    }
    assert 2 == len({finding.id for finding in found})


def test_scores_that_name_no_occurrence_are_one_source(open_audit: OpenAudit) -> None:
    """A score without a key may be about something else: it leads nothing, and says so."""
    first = next(one for one in late_and_scored(open_audit).find() if one.kind == "score_gap" and one.people == 50)
    assert (("survey",), 50) == (first.sources, first.people)
    assert "name no occurrence" in first.grade_reason
    found = late_and_scored(open_audit, by="order_id").find()
    keyed = next(one for one in found if one.kind == "score_gap" and one.people == 50)
    assert ("behaviour", "survey") == keyed.sources
    assert "the 50 scores given on it average 2.50" in keyed.title


def test_people_are_counted_once(open_audit: OpenAudit) -> None:
    """One customer who failed ten times is one customer."""
    (finding,) = open_audit(make_rows(90) + make_rows(10, "failed", customer="bob")).find()
    assert (1, "Track delivery failed 10 of 100 times (10.0 %).") == (finding.people, finding.title)


def waits(*groups: tuple[int, float]) -> list[Row]:
    """So many completed in so many days, each group."""
    return [row for times, days in groups for row in make_rows(times, ended_at=START + days * DAY)]


def test_a_slow_tail(open_audit: OpenAudit) -> None:
    """One in ten waits sixty days where the typical customer waits two: said of those who completed it."""
    finding = only(open_audit(waits((180, 2), (20, 60)) + make_rows(3, "open")).find(), "slow_tail")
    assert finding.title == (
        "Track delivery takes 2 days for the typical customer who completes it, but one in twenty of them waits 60 "
        "days or longer."
    )
    assert finding.detail == (
        "Measured on the 200 that completed. 3 are still open and not among them, so the true times are longer if "
        "anything."
    )
    assert 20 == finding.people
    assert finding.estimate.low is not None


@pytest.mark.parametrize(
    "rows",
    [
        waits((190, 2), (11, 60)),
        waits((50, 2), (20, 60)),
        waits((180, 2), (20, 9)),
        waits((180, 1 / 8640), (20, 59 / 86400)),
        waits((180, 0), (20, 60)),
    ],
    ids=["by chance", "too few", "not far", "seconds only", "at once"],
)
def test_no_slow_tail(open_audit: OpenAudit, rows: list[Row]) -> None:
    """Nothing where the interval reaches the typical wait, or there is none, or the wait is short in itself."""
    assert kinds(open_audit(rows)) == []


@pytest.mark.parametrize(
    ("target", "title", "people"),
    [
        (
            Target(shares={"completion_rate": 0.97}),
            "Track delivery has a completion rate of 80.0 %; the target is at least 97 %.",
            40,
        ),
        (
            Target(shares={"escalation_rate": 0.005}),
            "Track delivery has an escalation rate of 5.0 %; the target is at most 0.5 %.",
            10,
        ),
        (
            Target(shares={"failure_rate": 0.025}),
            "Track delivery has a failure rate of 10.0 %; the target is at most 2.5 %.",
            20,
        ),
        (
            Target(shares={"abandonment_rate": 0.01}),
            "Track delivery has an abandonment rate of 5.0 %; the target is at most 1 %.",
            10,
        ),
        (
            Target(spans_us={"p50_duration": 5 * DAY_US}),
            "Track delivery takes every second customer 10 days or longer; the target is at most 5 days.",
            160,
        ),
        (
            Target(spans_us={"p90_duration": DAY_US // 2}),
            "Track delivery takes one customer in ten 10 days or longer; the target is at most 12h.",
            160,
        ),
        (
            Target(scores={"ces": 5.5}),
            "Track delivery has a mean CES of 3.00; the target is at least 5.5.",
            200,
        ),
        (
            Target(scores={"score": 3.2}),
            "Track delivery has a mean score of 3.00; the target is at least 3.2.",
            100,
        ),
    ],
)
def test_titles_of_missed_targets(open_audit: OpenAudit, target: Target, title: str, people: int) -> None:
    """With the right article, at least or at most, and the customers for whom it was not kept."""
    rows = make_rows(160) + make_rows(20, "failed") + make_rows(10, "escalated") + make_rows(10, "abandoned")
    given = make_scores(rows, [2.0, 4.0] * 100)
    audit = open_audit(
        rows + make_rows(50, "failed", moment="pay"), given, (make_moment(target=target), make_moment("pay"))
    )
    finding = only(audit.find(), "target_missed")
    assert (title, people) == (finding.title, finding.people)
    assert (("survey",) if target.scores else ("behaviour",)) == finding.sources


def test_a_missed_net_promoter_score(open_audit: OpenAudit) -> None:
    """Of 40: ten promote and thirty detract; the detractors are whom it concerns."""
    rows = make_rows(40)
    given = make_scores(rows, [9.0, 6.0, 0.0, 3.0] * 10)
    finding = only(open_audit(rows, given, (make_moment(target=Target(scores={"nps": 30})),)).find(), "target_missed")
    assert finding.title == "Track delivery has an NPS of −50.00; the target is at least 30."
    assert 30 == finding.people


def test_a_narrow_miss_shows_the_difference(open_audit: OpenAudit) -> None:
    """Not "97.0 %; the target is 97 %"."""
    rows = make_rows(29_099) + make_rows(901, "failed", "cancelled")
    target = Target(shares={"completion_rate": 0.97 + 0.0025}, spans_us={"p90_duration": 864_000 * 10**6 - 1})
    titles = [f.title for f in open_audit(rows, moments=(make_moment(target=target),)).find()]
    assert "Track delivery has a completion rate of 97.0 %; the target is at least 97.25 %." in titles
    assert (
        "Track delivery takes one customer in ten 864,000.000 seconds or longer; the target is at most 863,999.999999 "
        "seconds."
    ) in titles


def test_a_narrow_miss_among_very_many(open_audit: OpenAudit) -> None:
    """As many decimals as it takes."""
    (summary,) = open_audit([]).summarize()
    check = TargetCheck("completion_rate", 0.97, Estimate(0.96996, 10**9, "share"), False)
    assert (
        say_missed(summary, check) == "Track delivery has a completion rate of 96.996 %; the target is at least 97 %."
    )
    check = TargetCheck("completion_rate", 0.97, Estimate(0.97 - 1e-12, 10**9, "share"), False)
    assert say_missed(summary, check).endswith(" of 97.00000 %; the target is at least 97 %.")


@pytest.mark.parametrize("rows", [make_rows(29, "failed"), make_rows(100)], ids=["too few", "met"])
def test_no_missed_target(open_audit: OpenAudit, rows: list[Row]) -> None:
    """Below thirty rows nothing is said; a target that is met is no finding."""
    moment = make_moment(target=Target(shares={"completion_rate": 0.9}))
    assert "target_missed" not in kinds(open_audit(rows, moments=(moment,)))


def test_one_failure_of_a_critical_moment(open_audit: OpenAudit) -> None:
    """No rate is needed: one customer whom it failed is enough."""
    audit = open_audit(make_rows(3) + make_rows(1, "failed"), moments=(make_moment(critical=True),))
    (finding,) = audit.find()
    assert finding.title == "Track delivery is critical, and it failed 1 customer."
    assert ("critical_failure", 1, 1.0, 1) == (
        finding.kind,
        finding.people,
        finding.estimate.value,
        audit.count(finding.estimate),
    )


def test_a_critical_moment_that_failed_one_customer_twice(open_audit: OpenAudit) -> None:
    """People are counted once and failures each; the rows are those of the failures."""
    rows = make_rows(2, "failed", customer="ann") + make_rows(1, "failed", customer="bob")
    audit = open_audit(rows, moments=(make_moment(critical=True),))
    (finding,) = audit.find()
    assert finding.title == "Track delivery is critical, and it failed 2 customers, 3 times in all."
    assert 3 == finding.estimate.n == audit.count(finding.estimate)


def test_critical_moments_that_failed_nobody(open_audit: OpenAudit) -> None:
    """Escalated and abandoned ones are no failures."""
    rows = make_rows(5) + make_rows(1, "escalated") + make_rows(1, "abandoned")
    assert kinds(open_audit(rows, moments=(make_moment(critical=True),))) == []


@pytest.mark.parametrize(
    "ending", ["it's late", 'say "no"', "50% off; --", "verspätet 📦", "late\\", "completed", "abandoned", "a'b''c"]
)
def test_unusual_names(open_audit: OpenAudit, ending: str) -> None:
    """Endings come from people's files: they break neither a sentence nor a condition."""
    good, late = make_rows(60), make_rows(40, ending=ending)
    audit = open_audit(good + late, make_scores(good + late, [4.0, 5.0] * 30 + [1.0, 2.0] * 20))
    finding = only(audit.find(), "score_gap")
    assert finding.title.startswith(f"Track delivery was completed '{ending}' 40 of 100 times (40.0 %), and ")
    assert 40 == finding.people
    assert 100 == audit.count(finding.estimate)


def test_a_name_that_begins_with_a_digit(open_audit: OpenAudit) -> None:
    """It begins the sentence as it is."""
    rows = make_rows(30, moment="2fa-login") + make_rows(30, "failed", moment="2fa-login")
    (finding,) = open_audit(rows, moments=(make_moment("2fa-login"),)).find()
    assert finding.title == "2fa login failed 30 of 60 times (50.0 %)."


def test_every_finding_opens_its_rows(open_audit: OpenAudit) -> None:
    """Estimates and money of all kinds at once."""
    target = Target(shares={"completion_rate": 0.99}, spans_us={"p75_duration": DAY_US}, scores={"score": 5.0})
    audit = late_and_scored(open_audit, target=target, critical=True, value=Value("EUR", failure_cost=2.0))
    found = audit.find()
    assert {"failure_rate", "abandonment_rate", "score_gap", "target_missed", "critical_failure"} == {
        finding.kind for finding in found
    }
    for finding in found:
        for estimate in (finding.estimate, finding.money):
            if estimate is not None and estimate.value is not None:
                counted = estimate.value * estimate.n if estimate.unit == "share" else estimate.n
                assert round(counted) == audit.count(estimate), finding.id
