"""Gaps: endings of a moment after which customers score lower than after the usual one.

Endings in which the customer asked for help or left are one fact, however they did it. What is told holds at most one gap in
twenty that is chance, over all endings of all moments.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats

from momentwise.define.finding import EndingSummary, Estimate, Finding, MomentSummary, ScoreGap, Split
from momentwise.define.moment import Moment
from momentwise.rank.discoveries import FALSE_SHARE, adjust, chance_of
from momentwise.rank.intervals import Sample, Z, mean_interval, pool, welch
from momentwise.rank.phrases import PHRASES, say_ending, say_label, say_moment, say_signed, say_times
from momentwise.rank.queries import KEYLESS_SCORE_DAYS, of_moment
from momentwise.rank.scores import FEWEST_SCORES

# A finding without its people, and the condition that gives the occurrences of those it concerns.
Draft = tuple[Finding, str]

# Endings in which the customer turned away, to the company or altogether.
TURNED_AWAY = ("escalated", "abandoned")

_AGREED = "Two sources agree, behaviour and what customers said; not an experiment."
_LOOSE = "The scores name no occurrence, so some may be about something else; not an experiment."


def believe_gaps(summaries: Sequence[MomentSummary]) -> set[str]:
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


def draft_gaps(summary: MomentSummary, moment: Moment, told: set[str]) -> list[Draft]:
    """The score gaps; endings in which the customer asked for help or left are one fact, however they did it."""
    found: list[Draft] = []
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


def _gap(summary: MomentSummary, moment: Moment, gaps: Sequence[ScoreGap]) -> Draft:
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
    return Split(
        title="Mean score by ending", parts=tuple((say_label(name or "abandoned"), mean) for name, mean in parts)
    )


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
    least, most = mean_interval(worse) or (None, None)
    return (
        Estimate(worse.mean, worse.n, "score", least, most, kept, "scores"),
        Estimate(value, worse.n + better.n, "score", low, high, both, "scores"),
    )


def _sample_of(mean: Estimate) -> Sample:
    """The numbers behind a mean and its interval by Student's t."""
    half = ((mean.high or 0.0) - (mean.low or 0.0)) / 2
    error = half / float(stats.t.ppf(0.975, mean.n - 1))
    return Sample(mean.n, mean.value or 0.0, error**2 * mean.n)
