"""Outcomes: what the summaries of the moments say by themselves: how they ended, how long it took, what was missed.

What is seen here is what happened, not what caused it: every finding is graded C (correlational), and money is a count
times a price that people stated, so it is said to be a statement. All but score gaps are levels, with nothing to compare
them with; so they are *observed* and not *established*.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from scipy import stats

from momentwise.define.evaluate import quote
from momentwise.define.finding import EndingSummary, Estimate, Finding, MomentSummary, ScoreGap, Split, TargetCheck
from momentwise.define.moment import Moment
from momentwise.rank.discoveries import FALSE_SHARE, adjust, chance_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Sample, Z, mean_interval, pool, welch
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
from momentwise.rank.queries import KEYLESS_SCORE_DAYS, Ask, of_moment
from momentwise.rank.scores import FEWEST_SCORES, NPS_DETRACTS

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


# Endings in which the customer turned away, to the company or altogether.
TURNED_AWAY = ("escalated", "abandoned")

_FIRST = {
    "failed": "Look at ten of the failed ones, and see what they have in common.",
    "escalated": "Read what these customers asked, and answer it before they must ask.",
    "abandoned": "Look at the last step of ten of them, and see what was missing there.",
}

# A finding without its people, and the condition that gives the occurrences of those it concerns.
_Draft = tuple[Finding, str]


def find_outcomes(evidence: Evidence) -> list[Finding]:
    """What each moment's summary says: outcomes, endings, score gaps, slow tails, missed targets, critical failures."""
    found: list[Finding] = []
    told = _believed(evidence.summaries)
    for summary in evidence.summaries:
        moment = evidence.moment(summary.moment)
        drafts: list[_Draft] = [draft for outcome in _NOUNS for draft in _outcome(summary, moment, outcome)]
        drafts += _endings(summary)
        drafts += _gaps(summary, moment, told)
        drafts += _slow(summary)
        drafts += _missed(summary)
        drafts += _critical(summary)
        found += _with_people(drafts, summary.moment, evidence.ask)
    return found


def _with_people(drafts: Sequence[_Draft], moment: str, ask: Ask) -> list[Finding]:
    """The findings with how many customers they concern, counted in one reading of the moment's rows."""
    if not drafts:
        return []
    people = ask(people_of_sql(moment, [rows for _, rows in drafts]))[0]
    return [_say_people(finding, int(str(count or 0))) for (finding, _), count in zip(drafts, people, strict=True)]


def _say_people(finding: Finding, people: int) -> Finding:
    told = msgspec.structs.replace(finding, people=people)
    if finding.kind != "critical_failure":
        return told
    times = finding.estimate.n
    again = f", {times:,} times in all" if times > people else ""
    customers = f"{people:,} customer{'' if people == 1 else 's'}"
    return msgspec.structs.replace(told, title=f"{finding.title} {customers}{again}.")


def people_of_sql(moment: str, conditions: Sequence[str]) -> str:
    """One row with a number per condition: how many customers the moment's occurrences that fulfil it belong to."""
    places = range(len(conditions))
    rows = ", ".join(f"({condition}) AS fits_{place}" for place, condition in enumerate(conditions))
    flags = ", ".join(f"bool_or(fits_{place}) AS hurt_{place}" for place in places)
    counts = ", ".join(f"count(*) FILTER (hurt_{place})" for place in places)
    fits = " OR ".join(f"fits_{place}" for place in places)
    return (
        f"SELECT {counts} FROM (SELECT customer, {flags} FROM "
        f"(SELECT customer, {rows} FROM occurrences WHERE {of_moment(moment)}) WHERE {fits} GROUP BY customer)"
    )


def _outcome(summary: MomentSummary, moment: Moment, outcome: str) -> list[_Draft]:
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


def _endings(summary: MomentSummary) -> list[_Draft]:
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


def _believed(summaries: Sequence[MomentSummary]) -> set[str]:
    """Rows of the endings whose gap is no find by chance, of all endings of all moments that have enough scores."""
    tests: list[tuple[str, float]] = []
    for summary in summaries:
        usual = next((gap.better_mean for gap in summary.gaps), None)
        for ending in summary.endings:
            if ending.score.n >= FEWEST_SCORES and (usual is None or ending.rows != usual.rows):
                gap = next((one for one in summary.gaps if one.worse_mean.rows == ending.rows), None)
                tests.append((ending.rows + summary.moment, _chance(gap.difference) if gap else 1.0))
    adjusted = adjust([chance for _, chance in tests])
    return {name for (name, _), chance in zip(tests, adjusted, strict=True) if chance <= FALSE_SHARE}


def _chance(difference: Estimate) -> float:
    """The p value of a difference with its interval, by the normal distribution."""
    low, high = difference.low or 0.0, difference.high or 0.0
    return chance_of(difference.value or 0.0, (high - low) / (2 * Z))


def _gaps(summary: MomentSummary, moment: Moment, told: set[str]) -> list[_Draft]:
    """The score gaps; endings in which the customer asked for help or left are one fact, however they did it."""
    found: list[_Draft] = []
    turned: dict[str, list[ScoreGap]] = {}
    for gap in summary.gaps:
        if gap.worse_mean.rows + summary.moment not in told:
            continue
        if _ending_of(summary, gap).outcome in TURNED_AWAY:
            turned.setdefault(gap.better, []).append(gap)
        else:
            found.append(_gap(summary, moment, [gap]))
    return found + [_gap(summary, moment, gaps) for gaps in turned.values()]


def _ending_of(summary: MomentSummary, gap: ScoreGap) -> EndingSummary:
    return next(one for one in summary.endings if one.rows == gap.worse_mean.rows)


def _gap(summary: MomentSummary, moment: Moment, gaps: Sequence[ScoreGap]) -> _Draft:
    worse, difference = _pool_gaps(summary, gaps)
    endings = [_ending_of(summary, gap) for gap in gaps]
    outcomes = sorted({ending.outcome for ending in endings})
    label, better = gaps[0].worse if len(gaps) == 1 else "+".join(outcomes), gaps[0].better
    # Only a score that names the same order, ticket, … is surely about this occurrence.
    given = "given on it" if moment.by else f"given within {KEYLESS_SCORE_DAYS} days of it"
    rows = " OR ".join(f"({ending.rows})" for ending in endings) if len(endings) > 1 else endings[0].rows
    finding = Finding(
        id=f"{summary.moment}/score/{label}/{better}",
        moment=summary.moment,
        kind="score_gap",
        title=(
            f"{_say_endings(summary, endings)}, and the {worse.n:,} scores {given} average {worse.value:.2f} "
            f"instead of {gaps[0].better_mean.value:.2f}."
        ),
        detail=(
            f"A difference of {say_signed(difference.value)} "
            f"[{say_signed(difference.low)}, {say_signed(difference.high)}] to '{say_label(better)}', "
            f"from {worse.n:,} and {gaps[0].better_mean.n:,} scores."
        ),
        estimate=difference,
        grade="C",
        grade_reason=_AGREED if moment.by else _LOOSE,
        people=0,
        sources=("behaviour", "survey") if moment.by else ("survey",),
        standing="established",
        emotion=difference,
        splits=(_split_gaps(gaps),) if len(gaps) > 1 else (),
        next_step=_say_first(gaps, outcomes),
    )
    return finding, rows


def _say_endings(summary: MomentSummary, endings: Sequence[EndingSummary]) -> str:
    """How often it ended so, as in `Pay ended with the customer asking for help 113 of 14,935 times (0.76 %)`."""
    if len(endings) == 1:
        return say_ending(summary, endings[0])
    count, n = sum(ending.count for ending in endings), endings[0].share.n
    phrase = " or ".join(PHRASES[outcome] for outcome in sorted({ending.outcome for ending in endings}))
    return f"{say_moment(summary)} {phrase} {say_times(Estimate(count / n, n, 'share'))}"


def _say_first(gaps: Sequence[ScoreGap], outcomes: Sequence[str]) -> str:
    if len(gaps) == 1:
        return f"Read what the customers of '{say_label(gaps[0].worse)}' wrote, and ask why it ends so."
    who = " or ".join({"escalated": "asked for help", "abandoned": "gave up"}[outcome] for outcome in outcomes)
    return f"Read what the customers wrote who {who}, and ask what they lacked before."


def _split_gaps(gaps: Sequence[ScoreGap]) -> Split:
    parts = [(gaps[0].better, gaps[0].better_mean), *((gap.worse, gap.worse_mean) for gap in gaps)]
    return Split(title="Mean score by ending", parts=tuple((say_label(name or "abandoned"), mean) for name, mean in parts))


def _pool_gaps(summary: MomentSummary, gaps: Sequence[ScoreGap]) -> tuple[Estimate, Estimate]:
    """The mean score of all worse endings together, and its difference to the better one."""
    if len(gaps) == 1:
        return gaps[0].worse_mean, gaps[0].difference
    worse, better = pool(_sample_of(gap.worse_mean) for gap in gaps), _sample_of(gaps[0].better_mean)
    found = welch(worse, better)
    assert found is not None, "each gap has enough scores"
    kept = " OR ".join(f"({gap.worse_mean.rows})" for gap in gaps)
    value, low, high = found
    both = f"{of_moment(summary.moment)} AND ({kept} OR ({gaps[0].better_mean.rows}))"
    return (
        Estimate(worse.mean, worse.n, "score", *(mean_interval(worse) or (None, None)), kept, "scores"),
        Estimate(value, worse.n + better.n, "score", low, high, both, "scores"),
    )


def _sample_of(mean: Estimate) -> Sample:
    """The numbers behind a mean and its interval by Student's t."""
    half = ((mean.high or 0.0) - (mean.low or 0.0)) / 2
    error = half / float(stats.t.ppf(0.975, mean.n - 1))
    return Sample(mean.n, mean.value or 0.0, error**2 * mean.n)


def _slow(summary: MomentSummary) -> list[_Draft]:
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


def _missed(summary: MomentSummary) -> list[_Draft]:
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


def _critical(summary: MomentSummary) -> list[_Draft]:
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
