"""Findings: what in the summaries is worth a person's attention, in words, worst first.

What is seen here is what happened, not what caused it: every finding is graded C (correlational), and money is a count
times a price that people stated, so it is said to be a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, MomentSummary, ScoreGap
from momentwise.define.moment import Moment
from momentwise.define.span import SECOND_US, format_span
from momentwise.rank.queries import ENDED, of_moment

Count = Callable[[str, str], int]

OBSERVED = "Observed in your own events; not an experiment, so it does not show what caused it."

# Below this many ended occurrences a share says little, and nothing is reported.
FEWEST_ENDED = 30

# At least this share of the ended occurrences must have gone wrong for the outcome to be reported at all.
LEAST_SHARE = 0.005

# A slow tail: one in twenty waits at least this many times as long as the typical customer, and at least this long.
SLOW_TAIL, SLOW_SECONDS = 5.0, 60.0

_PHRASES = {
    "failed": ("ended in failure", "failure"),
    "escalated": ("had to ask for help", "escalation"),
    "abandoned": ("gave up, or were left without an end", "abandonment"),
}


def find(summaries: Sequence[MomentSummary], moments: Sequence[Moment], people: Count) -> list[Finding]:
    """Every finding, ranked: money first, then by how many people it concerns.

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
        found.extend(_gap(summary, gap, people) for gap in summary.gaps[:1])
        found.extend(_slow(summary, people))
        found.extend(_missed(summary, people))
        found.extend(_critical(summary, people))
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple[float, int, str]:
    money = finding.money.value if finding.money and finding.money.value else 0.0
    return -money, -finding.people, finding.id


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
            title=f"{_percent(share)} of {_thing(summary)} {phrase}.",
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
            title=(
                f"{_percent(ending.of_outcome)} of the completed {summary.moment} occurrences were "
                f"'{ending.ending}' ({ending.count:,} of {ending.of_outcome.n:,})."
            ),
            estimate=ending.of_outcome,
            grade="C",
            grade_reason=OBSERVED,
            people=people(summary.moment, ending.rows),
            sources=("behaviour",),
        )
        for ending in completed[1:]
        if ending.of_outcome.n >= FEWEST_ENDED and (ending.of_outcome.value or 0.0) >= LEAST_SHARE
    ]


def _gap(summary: MomentSummary, gap: ScoreGap, people: Count) -> Finding:
    worse, better, difference = gap.worse_mean, gap.better_mean, gap.difference
    return Finding(
        id=f"{summary.moment}/score/{gap.worse}/{gap.better}",
        moment=summary.moment,
        kind="score_gap",
        title=(
            f"Customers whose {summary.moment} ended '{gap.worse}' scored {worse.value:.2f} on average, "
            f"those with '{gap.better}' {better.value:.2f}."
        ),
        detail=(
            f"A difference of {difference.value:.2f} [{difference.low:.2f}, {difference.high:.2f}], "
            f"from {worse.n:,} and {better.n:,} scores."
        ),
        estimate=difference,
        grade="C",
        grade_reason="Two sources agree, behaviour and what customers said; not an experiment.",
        people=people(summary.moment, worse.rows),
        sources=("behaviour", "survey"),
    )


def _slow(summary: MomentSummary, people: Count) -> list[Finding]:
    half, tail = summary.durations["p50"], summary.durations["p95"]
    if half.value is None or tail.value is None or half.n < FEWEST_ENDED:
        return []
    if tail.value < SLOW_SECONDS or tail.value < SLOW_TAIL * half.value:
        return []
    rows = f"outcome = 'completed' AND duration_seconds >= {tail.value!r}"
    return [
        Finding(
            id=f"{summary.moment}/slow",
            moment=summary.moment,
            kind="slow_tail",
            title=(
                f"{summary.moment} takes {format_span(half.value * SECOND_US)} for the typical customer, but one in "
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
            title=f"{summary.moment} misses its target for {check.name.replace('_', ' ')}.",
            detail=f"Wanted {_say(check.wanted, check.estimate)}, found {_say(check.estimate.value, check.estimate)}.",
            estimate=check.estimate,
            grade="C",
            grade_reason=OBSERVED,
            people=people(summary.moment, ENDED),
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
            title=f"{summary.moment} is critical, and it failed {hurt:,} customer{'' if one else 's'}.",
            detail="Each of them deserves an answer of their own.",
            estimate=Estimate(float(hurt), hurt, "count", rows=f"{of_moment(summary.moment)} AND {rows}"),
            grade="C",
            grade_reason=OBSERVED,
            people=hurt,
            sources=("behaviour",),
        )
    ]


def _thing(summary: MomentSummary) -> str:
    return f"the {summary.shares['completed'].n:,} {summary.moment} occurrences that ended"


def _open_note(summary: MomentSummary) -> str:
    if not summary.open:
        return ""
    return f"{summary.open:,} more are still open at the end of the data and count neither way."


def _percent(estimate: Estimate) -> str:
    value = 100 * (estimate.value or 0.0)
    return f"{value:.1f} %" if value >= 1 else f"{value:.2f} %"


def _say(value: float | None, estimate: Estimate) -> str:
    if value is None:
        return "nothing"
    if estimate.unit == "share":
        return f"{100 * value:.1f} %"
    return format_span(value * SECOND_US) if estimate.unit == "seconds" else f"{value:.2f}"
