"""Findings: what in the summaries is worth a person's attention, in words, worst first.

What is seen here is what happened, not what caused it: every finding is graded C (correlational), and money is a count
times a price that people stated, so it is said to be a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, MomentSummary, ScoreGap, TargetCheck
from momentwise.define.moment import Moment
from momentwise.rank.phrases import (
    PHRASES,
    count_of,
    say_ending,
    say_label,
    say_missed,
    say_moment,
    say_open,
    say_signed,
    say_span,
    say_times,
    say_unfinished,
)
from momentwise.rank.queries import KEYLESS_SCORE_DAYS, of_moment
from momentwise.rank.scores import NPS_DETRACTS

Count = Callable[[str, str], int]

OBSERVED = "Observed in your own events; not an experiment, so it does not show what caused it."

# Below this many ended occurrences a share says little, and nothing is reported.
FEWEST_ENDED = 30

# At least this share of the ended occurrences must have gone wrong for the outcome to be reported at all.
LEAST_SHARE = 0.005

# A slow tail: one in twenty waits at least this many times as long as the typical customer, and at least this long. The
# lower end of the interval must reach it: of an exponential wait p95 is 4.3 times p50, and chance does the rest.
SLOW_TAIL, SLOW_SECONDS = 5.0, 60.0

_AGREED = "Two sources agree, behaviour and what customers said; not an experiment."
_LOOSE = "The scores name no occurrence, so some may be about something else; not an experiment."

_NOUNS = {"failed": "failure", "escalated": "escalation", "abandoned": "abandonment"}


def find(summaries: Sequence[MomentSummary], moments: Sequence[Moment], people: Count) -> list[Finding]:
    """Every finding: those on which several sources agree first, then by how many customers it hurt.

    A price stands beside a finding and never moves it: emotion and money are separate axes.

    Args:
        summaries: One per moment.
        moments: The playbook's.
        people: Counts the customers behind some rows of a moment.
    """
    latest = {moment.name: moment for moment in moments}
    found: list[Finding] = []
    for summary in summaries:
        moment = latest[summary.moment]
        for outcome in _NOUNS:
            found.extend(_outcome(summary, moment, outcome, people))
        found.extend(_endings(summary, people))
        found.extend(_gap(summary, moment, gap, people) for gap in summary.gaps)
        found.extend(_slow(summary, people))
        found.extend(_missed(summary, people))
        found.extend(_critical(summary, people))
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple[int, int, str]:
    return -len(finding.sources), -finding.people, finding.id


def _outcome(summary: MomentSummary, moment: Moment, outcome: str, people: Count) -> list[Finding]:
    share = summary.shares[outcome]
    if share.value is None or share.n < FEWEST_ENDED or share.value < LEAST_SHARE:
        return []
    rows = f"outcome = {quote(outcome)}"
    money = _money(share, moment, outcome)
    return [
        Finding(
            id=f"{summary.moment}/{outcome}",
            moment=summary.moment,
            kind=f"{_NOUNS[outcome]}_rate",
            title=f"{say_moment(summary)} {PHRASES[outcome]} {say_times(share)}.",
            detail=say_open(summary, share),
            estimate=share,
            grade="C",
            grade_reason=OBSERVED + (_priced(moment, outcome) if money else ""),
            people=people(summary.moment, rows),
            sources=("behaviour",),
            money=money,
            currency=moment.value.currency if money and moment.value else "",
        )
    ]


def _money(share: Estimate, moment: Moment, outcome: str) -> Estimate | None:
    """How many went wrong, times the stated price of one failure; the interval is that of the share."""
    if moment.value is None or not moment.value.failure_cost or outcome == "escalated":
        return None
    price, count = moment.value.failure_cost, count_of(share)
    low, high = (None if part is None else part * share.n * price for part in (share.low, share.high))
    return Estimate(count * price, count, "money", low, high, share.rows)


def _priced(moment: Moment, outcome: str) -> str:
    assert moment.value is not None, "money comes from a stated value"
    assert moment.value.failure_cost is not None, "money comes from a stated price"
    price = f"{moment.value.failure_cost:,.2f} {moment.value.currency}".strip()
    like = "" if outcome == "failed" else " and counts each as a failure"
    return f" The money is your own statement, {price} a failure{like}."


def _endings(summary: MomentSummary, people: Count) -> list[Finding]:
    """A completed ending that is not the usual one, such as a late delivery, is worth saying by its name."""
    completed = [ending for ending in summary.endings if ending.outcome == "completed"]
    return [
        Finding(
            id=f"{summary.moment}/completed/{ending.ending}",
            moment=summary.moment,
            kind="ending_share",
            title=f"{say_ending(summary, ending)}.",
            detail=say_open(summary),
            estimate=ending.of_outcome,
            grade="C",
            grade_reason=OBSERVED,
            people=people(summary.moment, ending.rows),
            sources=("behaviour",),
        )
        for ending in completed[1:]
        if ending.of_outcome.n >= FEWEST_ENDED
        and (ending.of_outcome.value or 0.0) >= LEAST_SHARE
        and not any(gap.worse_mean.rows == ending.rows for gap in summary.gaps)
    ]


def _gap(summary: MomentSummary, moment: Moment, gap: ScoreGap, people: Count) -> Finding:
    worse, better, difference = gap.worse_mean, gap.better_mean, gap.difference
    ending = next(one for one in summary.endings if one.rows == worse.rows)
    # Only a score that names the same order, ticket, … is surely about this occurrence.
    given = "given on it" if moment.by else f"given within {KEYLESS_SCORE_DAYS} days of it"
    return Finding(
        id=f"{summary.moment}/score/{gap.worse}/{gap.better}",
        moment=summary.moment,
        kind="score_gap",
        title=(
            f"{say_ending(summary, ending)}, and the {worse.n:,} scores {given} average {worse.value:.2f} "
            f"instead of {better.value:.2f}."
        ),
        detail=(
            f"A difference of {say_signed(difference.value)} "
            f"[{say_signed(difference.low)}, {say_signed(difference.high)}] to '{say_label(gap.better)}', "
            f"from {worse.n:,} and {better.n:,} scores."
        ),
        estimate=difference,
        grade="C",
        grade_reason=_AGREED if moment.by else _LOOSE,
        people=people(summary.moment, worse.rows),
        sources=("behaviour", "survey") if moment.by else ("survey",),
    )


def _slow(summary: MomentSummary, people: Count) -> list[Finding]:
    half, tail = summary.durations["p50"], summary.durations["p95"]
    if half.value is None or tail.value is None or half.n < FEWEST_ENDED:
        return []
    if half.value <= 0 or tail.low is None or tail.low < max(SLOW_SECONDS, SLOW_TAIL * half.value):
        return []
    rows = f"outcome = 'completed' AND duration_seconds >= {quote(tail.value)}"
    return [
        Finding(
            id=f"{summary.moment}/slow",
            moment=summary.moment,
            kind="slow_tail",
            title=(
                f"{say_moment(summary)} takes {say_span(half.value)} for the typical customer who completes it, but "
                f"one in twenty of them waits {say_span(tail.value)} or longer."
            ),
            detail=say_unfinished(summary, tail.n),
            estimate=tail,
            grade="C",
            grade_reason=OBSERVED,
            people=people(summary.moment, rows),
            sources=("behaviour",),
        )
    ]


def _missed(summary: MomentSummary, people: Count) -> list[Finding]:
    return [
        Finding(
            id=f"{summary.moment}/target/{check.name}",
            moment=summary.moment,
            kind="target_missed",
            title=say_missed(summary, check),
            detail=_missed_detail(summary, check),
            estimate=check.estimate,
            grade="C",
            grade_reason=OBSERVED,
            people=people(summary.moment, _beyond(check)),
            sources=("survey",) if check.estimate.unit == "score" else ("behaviour",),
        )
        for check in summary.targets
        if check.met is False and check.estimate.n >= FEWEST_ENDED
    ]


def _critical(summary: MomentSummary, people: Count) -> list[Finding]:
    """A critical moment needs no rate: one customer whom it failed is enough."""
    if not summary.critical:
        return []
    rows = "outcome = 'failed'"
    hurt = people(summary.moment, rows)
    if hurt == 0:
        return []
    times = count_of(summary.shares["failed"])
    again = f", {times:,} times in all" if times > hurt else ""
    customers = f"{hurt:,} customer{'' if hurt == 1 else 's'}"
    return [
        Finding(
            id=f"{summary.moment}/critical",
            moment=summary.moment,
            kind="critical_failure",
            title=f"{say_moment(summary)} is critical, and it failed {customers}{again}.",
            detail="Each of them deserves an answer of their own.",
            estimate=Estimate(float(times), times, "count", rows=f"{of_moment(summary.moment)} AND {rows}"),
            grade="C",
            grade_reason=OBSERVED,
            people=hurt,
            sources=("behaviour",),
        )
    ]


def _missed_detail(summary: MomentSummary, check: TargetCheck) -> str:
    if check.estimate.unit == "seconds":
        return say_unfinished(summary, check.estimate.n)
    return say_open(summary, check.estimate) if check.estimate.unit == "share" else ""


def _beyond(check: TargetCheck) -> str:
    """The occurrences that the target was not kept for; of a score, those of the customers who gave less."""
    rows, unit = check.estimate.rows, check.estimate.unit
    if unit == "seconds":
        return f"outcome = 'completed' AND duration_seconds > {quote(check.wanted)}"
    if unit == "score":
        short = f"score <= {NPS_DETRACTS}" if check.name == "nps" else f"score < {quote(check.wanted)}"
        return f"customer IN (SELECT customer FROM scores WHERE {rows} AND {short})"
    not_completed = "outcome IN ('escalated', 'failed', 'abandoned')"
    return not_completed if check.name == "completion_rate" else rows
