"""Scores: what customers said of each way of ending, how far these lie apart, and the moment's score as a whole.

Which occurrence a score belongs to is decided in `queries.scored_sql`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from momentwise.define.finding import Estimate, ScoreGap
from momentwise.rank import queries
from momentwise.rank.intervals import Sample, pool, welch
from momentwise.rank.measures import measure_mean, read_number, read_sample, rows_of

# Two groups are compared only where both hold enough scores for the mean to be about normal.
FEWEST_SCORES = 30

# A gap below a fifth of the standard deviation is what Cohen calls less than small: real perhaps, but nobody feels it.
LEAST_EFFECT = 0.2

# Net promoter: 9 and 10 promote, 0 to 6 detract; only a scale from 0 to 10 has such answers.
NPS_LOWEST, NPS_DETRACTS, NPS_PROMOTES, NPS_HIGHEST = 0, 6, 9, 10
_LONGEST_SHORT_SCALE = 7

Way = tuple[str, str]  # outcome and ending


class Scored(NamedTuple):
    """The scores of one way of ending.

    Args:
        score: As they were given.
        promoting: 100 for a promoter, −100 for a detractor, 0 for the others; its mean is the net promoter score.
        low: The lowest score.
        high: The highest.
    """

    score: Sample
    promoting: Sample
    low: float
    high: float


def read_scored(rows: Iterable[Sequence[object]]) -> dict[Way, Scored]:
    """The rows of `queries.scores_sql` of one moment, by way of ending."""
    return {
        (str(row[1]), str(row[2])): Scored(
            read_sample(row[3:6]), read_sample(row[6:9]), read_number(row[9]) or 0.0, read_number(row[10]) or 0.0
        )
        for row in rows
    }


def measure_overall(moment: str, scored: Iterable[Scored]) -> Estimate:
    """The mean of all scores of occurrences that ended, exactly as if they had never been split by ending."""
    return measure_mean(moment, pool(one.score for one in scored), "score", queries.ENDED, "scores")


def measure_nps(moment: str, scored: Sequence[Scored]) -> Estimate:
    """The net promoter score, −100 to 100; nothing where the scores are not from 0 to 10.

    Source:
        Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review 81 (12), 46–54.
    """
    lowest = min((one.low for one in scored), default=0.0)
    highest = max((one.high for one in scored), default=0.0)
    if lowest < NPS_LOWEST or not _LONGEST_SHORT_SCALE < highest <= NPS_HIGHEST:
        return Estimate(None, 0, "score", rows=rows_of(moment, "false"), table="scores")
    return measure_mean(moment, pool(one.promoting for one in scored), "score", queries.ENDED, "scores")


def find_gaps(moment: str, ways: Sequence[Way], scored: dict[Way, Scored]) -> tuple[ScoreGap, ...]:
    """Endings whose mean score lies below that of the usual completed ending, widest gap first.

    A gap counts where its whole interval lies below zero, and it is at least `LEAST_EFFECT` standard deviations wide.

    Args:
        moment: Its name.
        ways: Every way of ending, the most frequent first; the first completed one with enough scores is the usual one.
        scored: The scores of each.
    """
    enough = {way: scored[way].score for way in ways if way in scored and scored[way].score.n >= FEWEST_SCORES}
    usual = next((way for way in enough if way[0] == "completed"), None)
    if usual is None:
        return ()
    names = _name_ways(ways)
    gaps = (_gap(moment, names, (way, enough[way]), (usual, enough[usual])) for way in enough if way != usual)
    return tuple(sorted((gap for gap in gaps if gap), key=lambda gap: gap.difference.value or 0.0))


def _gap(moment: str, names: dict[Way, str], worse: tuple[Way, Sample], better: tuple[Way, Sample]) -> ScoreGap | None:
    (low_way, low), (high_way, high) = worse, better
    difference = welch(low, high)
    if difference is None or difference[2] >= 0 or -difference[0] < LEAST_EFFECT * math.sqrt(high.variance):
        return None
    both = f"({queries.of_way(*low_way)} OR {queries.of_way(*high_way)})"
    value, least, most = difference
    return ScoreGap(
        better=names[high_way],
        worse=names[low_way],
        better_mean=measure_mean(moment, high, "score", queries.of_way(*high_way), "scores"),
        worse_mean=measure_mean(moment, low, "score", queries.of_way(*low_way), "scores"),
        difference=Estimate(value, low.n + high.n, "score", least, most, rows_of(moment, both), "scores"),
    )


def _name_ways(ways: Sequence[Way]) -> dict[Way, str]:
    """What each way is called; a name that two outcomes share is told apart by the outcome."""
    plain = [ending or outcome for outcome, ending in ways]
    return {
        way: name if plain.count(name) == 1 else f"{name} ({way[0]})" for way, name in zip(ways, plain, strict=True)
    }
