"""Outcomes: what the summaries of the moments say by themselves: how they ended, how long it took, what was missed.

What is seen here is what happened, not what caused it: every finding is graded C (correlational), and money is a count
times a price that people stated, so it is said to be a statement. All but score gaps are levels, with nothing to compare
them with; so they are *observed* and not *established*.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, MomentSummary, TargetCheck
from momentwise.define.moment import Moment
from momentwise.rank.evidence import Evidence
from momentwise.rank.gaps import Draft, believe_gaps, draft_gaps
from momentwise.rank.phrases import (
    PHRASES,
    count_of,
    say_ending,
    say_missed,
    say_moment,
    say_open,
    say_span,
    say_times,
    say_unfinished,
)
from momentwise.rank.queries import Ask, of_moment, people_of_each_sql
from momentwise.rank.scores import NPS_DETRACTS

OBSERVED = "Observed in your own events; not an experiment, so it does not show what caused it."

# Below this many ended occurrences a share says little, and nothing is reported.
FEWEST_ENDED = 30

# At least this share of the ended occurrences must have gone wrong for the outcome to be reported at all.
LEAST_SHARE = 0.005

# A slow tail: one in twenty waits at least this many times as long as the typical customer, and at least this long. The
# lower end of the interval must reach it: of an exponential wait p95 is 4.3 times p50, and chance does the rest.
SLOW_TAIL, SLOW_SECONDS = 5.0, 60.0

_NOUNS = {"failed": "failure", "escalated": "escalation", "abandoned": "abandonment"}


_FIRST = {
    "failed": "Look at ten of the failed ones, and see what they have in common.",
    "escalated": "Read what these customers asked, and answer it before they must ask.",
    "abandoned": "Look at the last step of ten of them, and see what was missing there.",
}


def find_outcomes(evidence: Evidence) -> list[Finding]:
    """What each moment's summary says: outcomes, endings, score gaps, slow tails, missed targets, critical failures."""
    drafts: list[Draft] = []
    told = believe_gaps(evidence.summaries)
    for summary in evidence.summaries:
        moment = evidence.moment(summary.moment)
        drafts += [draft for outcome in _NOUNS for draft in _outcome(summary, moment, outcome)]
        drafts += _endings(summary)
        drafts += draft_gaps(summary, moment, told)
        drafts += _slow(summary)
        drafts += _missed(summary)
        drafts += _critical(summary)
    return _with_people(drafts, evidence.ask)


def _with_people(drafts: Sequence[Draft], ask: Ask) -> list[Finding]:
    """The findings with how many customers they concern, counted in one reading of the occurrences."""
    if not drafts:
        return []
    people = ask(people_of_each_sql([(finding.moment, rows) for finding, rows in drafts]))[0]
    return [_say_people(finding, int(str(count or 0))) for (finding, _), count in zip(drafts, people, strict=True)]


def _say_people(finding: Finding, people: int) -> Finding:
    told = msgspec.structs.replace(finding, people=people)
    if finding.kind != "critical_failure":
        return told
    times = finding.estimate.n
    again = f", {times:,} times in all" if times > people else ""
    customers = f"{people:,} customer{'' if people == 1 else 's'}"
    return msgspec.structs.replace(told, title=f"{finding.title} {customers}{again}.")


def _outcome(summary: MomentSummary, moment: Moment, outcome: str) -> list[Draft]:
    share = summary.shares[outcome]
    if share.value is None or share.n < FEWEST_ENDED or share.value < LEAST_SHARE:
        return []
    rows = f"outcome = {quote(outcome)}"
    money = _money(share, moment, outcome)
    finding = Finding(
        id=f"{summary.moment}/{outcome}",
        moment=summary.moment,
        kind=f"{_NOUNS[outcome]}_rate",
        title=f"{say_moment(summary)} {PHRASES[outcome]} {say_times(share)}.",
        detail=say_open(summary, share),
        estimate=share,
        grade="C",
        grade_reason=OBSERVED + (_priced(moment, outcome) if money else ""),
        people=0,
        sources=("behaviour",),
        money=money,
        currency=moment.value.currency if money and moment.value else "",
        standing="observed",
        next_step=_FIRST[outcome],
    )
    return [(finding, rows)]


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


def _endings(summary: MomentSummary) -> list[Draft]:
    """A completed ending that is not the usual one, such as a late delivery, is worth saying by its name."""
    completed = [ending for ending in summary.endings if ending.outcome == "completed"]
    return [
        (
            Finding(
                id=f"{summary.moment}/completed/{ending.ending}",
                moment=summary.moment,
                kind="ending_share",
                title=f"{say_ending(summary, ending)}.",
                detail=say_open(summary),
                estimate=ending.of_outcome,
                grade="C",
                grade_reason=OBSERVED,
                people=0,
                sources=("behaviour",),
            ),
            ending.rows,
        )
        for ending in completed[1:]
        if ending.of_outcome.n >= FEWEST_ENDED
        and (ending.of_outcome.value or 0.0) >= LEAST_SHARE
        and not any(gap.worse_mean.rows == ending.rows for gap in summary.gaps)
    ]


def _slow(summary: MomentSummary) -> list[Draft]:
    half, tail = summary.durations["p50"], summary.durations["p95"]
    if half.value is None or tail.value is None or half.n < FEWEST_ENDED:
        return []
    if half.value <= 0 or tail.low is None or tail.low < max(SLOW_SECONDS, SLOW_TAIL * half.value):
        return []
    rows = f"outcome = 'completed' AND duration_seconds >= {quote(tail.value)}"
    finding = Finding(
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
        people=0,
        sources=("behaviour",),
        next_step="Follow one of the slowest through its steps, and see where it waits.",
    )
    return [(finding, rows)]


def _missed(summary: MomentSummary) -> list[Draft]:
    return [
        (
            Finding(
                id=f"{summary.moment}/target/{check.name}",
                moment=summary.moment,
                kind="target_missed",
                title=say_missed(summary, check),
                detail=_missed_detail(summary, check),
                estimate=check.estimate,
                grade="C",
                grade_reason=OBSERVED,
                people=0,
                sources=("survey",) if check.estimate.unit == "score" else ("behaviour",),
            ),
            _beyond(check),
        )
        for check in summary.targets
        if check.met is False and check.estimate.n >= FEWEST_ENDED
    ]


def _critical(summary: MomentSummary) -> list[Draft]:
    """A critical moment needs no rate: one customer whom it failed is enough."""
    if not summary.critical:
        return []
    times = count_of(summary.shares["failed"])
    if times == 0:
        return []
    rows = "outcome = 'failed'"
    finding = Finding(
        id=f"{summary.moment}/critical",
        moment=summary.moment,
        kind="critical_failure",
        title=f"{say_moment(summary)} is critical, and it failed",  # whom, is said once they are counted
        detail="Each of them deserves an answer of their own.",
        estimate=Estimate(float(times), times, "count", rows=f"{of_moment(summary.moment)} AND {rows}"),
        grade="C",
        grade_reason=OBSERVED,
        people=0,
        sources=("behaviour",),
        next_step="Call each of them, starting with the latest.",
    )
    return [(finding, rows)]


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
