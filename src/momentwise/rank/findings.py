"""Findings: what in the summaries is worth a person's attention, in words, worst first.

What is seen here is what happened, not what caused it: every finding is graded C (correlational), and money is a count
times a price that people stated, so it is said to be a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, MomentSummary, ScoreGap, TargetCheck
from momentwise.define.moment import Moment
from momentwise.define.span import SECOND_US, format_span
from momentwise.rank.queries import of_moment

Count = Callable[[str, str], int]

OBSERVED = "Observed in your own events; not an experiment, so it does not show what caused it."

# Below this many ended occurrences a share says little, and nothing is reported.
FEWEST_ENDED = 30

# At least this share of the ended occurrences must have gone wrong for the outcome to be reported at all.
LEAST_SHARE = 0.005

_SLOWEST = {
    "p50": "every second customer",
    "p75": "one customer in four",
    "p90": "one customer in ten",
    "p95": "one customer in twenty",
}

# From so many rows on, a hundredth of a percent means something.
_MANY = 1_000

# A slow tail: one in twenty waits at least this many times as long as the typical customer, and at least this long.
SLOW_TAIL, SLOW_SECONDS = 5.0, 60.0

_PHRASES = {
    "failed": ("failed", "failure"),
    "escalated": ("ended with the customer asking for help", "escalation"),
    "abandoned": ("was left without an end", "abandonment"),
}


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
        for outcome in _PHRASES:
            found.extend(_outcome(summary, moment, outcome, people))
        found.extend(_endings(summary, people))
        found.extend(_gap(summary, gap, people) for gap in summary.gaps)
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
    phrase, noun = _PHRASES[outcome]
    rows = f"outcome = {quote(outcome)}"
    money = _money(share, moment, outcome)
    return [
        Finding(
            id=f"{summary.moment}/{outcome}",
            moment=summary.moment,
            kind=f"{noun}_rate",
            title=f"{_name(summary)} {phrase} {_times(share)}.",
            detail=_open_note(summary),
            estimate=share,
            grade="C",
            grade_reason=OBSERVED + (" The price is your own statement." if money else ""),
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
    price = moment.value.failure_cost * share.n
    value, low, high = (None if part is None else part * price for part in (share.value, share.low, share.high))
    return Estimate(value, share.n, "money", low, high, share.rows)


def _endings(summary: MomentSummary, people: Count) -> list[Finding]:
    """A completed ending that is not the usual one, such as a late delivery, is worth saying by its name."""
    completed = [ending for ending in summary.endings if ending.outcome == "completed"]
    return [
        Finding(
            id=f"{summary.moment}/completed/{ending.ending}",
            moment=summary.moment,
            kind="ending_share",
            title=f"{_name(summary)} was completed '{ending.ending}' {_times(ending.of_outcome)}.",
            estimate=ending.of_outcome,
            grade="C",
            grade_reason=OBSERVED,
            people=people(summary.moment, ending.rows),
            sources=("behaviour",),
        )
        for ending in completed[1:]
        if ending.of_outcome.n >= FEWEST_ENDED
        and (ending.of_outcome.value or 0.0) >= LEAST_SHARE
        and not any(gap.worse == ending.ending for gap in summary.gaps)
    ]


def _gap(summary: MomentSummary, gap: ScoreGap, people: Count) -> Finding:
    worse, better, difference = gap.worse_mean, gap.better_mean, gap.difference
    ending = next(one for one in summary.endings if gap.worse in (one.ending, one.outcome))
    return Finding(
        id=f"{summary.moment}/score/{gap.worse}/{gap.better}",
        moment=summary.moment,
        kind="score_gap",
        title=(
            f"{_name(summary)} ended '{gap.worse}' {_times(ending.of_outcome if ending.outcome == 'completed' else ending.share)}, and these "
            f"customers scored {worse.value:.2f} on average instead of {better.value:.2f}."
        ),
        detail=(
            f"A difference of {_signed(difference.value)} [{_signed(difference.low)}, {_signed(difference.high)}] to "
            f"'{gap.better}', from {worse.n:,} and {better.n:,} scores."
        ),
        estimate=difference,
        grade="C",
        grade_reason="Two sources agree, behaviour and what customers said; not an experiment.",
        people=people(summary.moment, worse.rows),
        sources=("behaviour", "survey"),
    )


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".replace("-", "\u2212")


def _slow(summary: MomentSummary, people: Count) -> list[Finding]:
    half, tail = summary.durations["p50"], summary.durations["p95"]
    if half.value is None or tail.value is None or half.n < FEWEST_ENDED:
        return []
    if half.value <= 0 or tail.value < max(SLOW_SECONDS, SLOW_TAIL * half.value):
        return []
    rows = f"outcome = 'completed' AND duration_seconds >= {tail.value!r}"
    return [
        Finding(
            id=f"{summary.moment}/slow",
            moment=summary.moment,
            kind="slow_tail",
            title=(
                f"{_name(summary)} takes {format_span(half.value * SECOND_US)} for the typical customer, but one in "
                f"twenty waits {format_span(tail.value * SECOND_US)} or longer."
            ),
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
            title=_missed_title(summary, check),
            estimate=check.estimate,
            grade="C",
            grade_reason=OBSERVED,
            people=people(summary.moment, _beyond(check)),
            sources=("behaviour",),
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
    one = hurt == 1
    return [
        Finding(
            id=f"{summary.moment}/critical",
            moment=summary.moment,
            kind="critical_failure",
            title=f"{_name(summary)} is critical, and it failed {hurt:,} customer{'' if one else 's'}.",
            detail="Each of them deserves an answer of their own.",
            estimate=Estimate(float(hurt), hurt, "count", rows=f"{of_moment(summary.moment)} AND {rows}"),
            grade="C",
            grade_reason=OBSERVED,
            people=hurt,
            sources=("behaviour",),
        )
    ]


def _missed_title(summary: MomentSummary, check: TargetCheck) -> str:
    wanted, found = (_say(value, check.estimate) for value in (check.wanted, check.estimate.value))
    if check.estimate.unit == "seconds":
        slowest = _SLOWEST[check.name.removesuffix("_duration")]
        return f"{_name(summary)} takes {slowest} {found} or longer; the target is {wanted}."
    return f"{_name(summary)} has a {check.name.replace('_', ' ')} of {found}; the target is {wanted}."


def _beyond(check: TargetCheck) -> str:
    """The rows that the target was not kept for."""
    if check.estimate.unit == "seconds":
        return f"outcome = 'completed' AND duration_seconds > {check.wanted!r}"
    not_completed = "outcome IN ('escalated', 'failed', 'abandoned')"
    return not_completed if check.name == "completion_rate" else check.estimate.rows


def _name(summary: MomentSummary) -> str:
    """The moment's name as the beginning of a sentence."""
    return summary.moment.replace("-", " ").capitalize()


def _times(share: Estimate) -> str:
    count = round((share.value or 0.0) * share.n)
    return f"{count:,} of {share.n:,} times ({_percent(share)})"


def _open_note(summary: MomentSummary) -> str:
    if not summary.open:
        return ""
    return f"{summary.open:,} more are still open at the end of the data and count neither way."


def _percent(estimate: Estimate) -> str:
    value = 100 * (estimate.value or 0.0)
    return f"{value:.2f} %" if estimate.n >= _MANY or value < 1 else f"{value:.1f} %"


def _say(value: float | None, estimate: Estimate) -> str:
    if value is None:
        return "nothing"
    if estimate.unit == "share":
        return f"{100 * value:.1f} %"
    return format_span(value * SECOND_US) if estimate.unit == "seconds" else f"{value:.2f}"
