"""Targets: what the owner wants beside what was measured, decided by the interval or not at all."""

from __future__ import annotations

from momentwise.define.finding import Estimate, TargetCheck
from momentwise.define.moment import Moment
from momentwise.define.span import SECOND_US
from momentwise.rank.intervals import wilson

OUTCOME_OF_RATE = {
    "completion_rate": "completed",
    "escalation_rate": "escalated",
    "failure_rate": "failed",
    "abandonment_rate": "abandoned",
}


# With more open ones than this share of those that ended, the slow tail is mostly still to come.
MOST_OPEN = 0.05


def check_targets(
    moment: Moment,
    shares: dict[str, Estimate],
    durations: dict[str, Estimate],
    scores: dict[str, Estimate],
    still_open: int,
) -> tuple[TargetCheck, ...]:
    """Each target beside what was measured; an interval that holds the target leaves it undecided.

    Those that ended are the quick ones. Where more are open than have ended, a share is decided only if the open ones could
    not turn it; where more than `MOST_OPEN` of those that ended are open, a duration can be missed but not met.

    Args:
        moment: With its target.
        shares: By outcome.
        durations: By quantile, as in `p90`.
        scores: `nps`, and `score` for every other score.
        still_open: How many have not ended.
    """
    ended = max((share.n for share in shares.values()), default=0)
    unsure = still_open > ended
    found = []
    for name, wanted in moment.target.shares.items():
        estimate = shares[OUTCOME_OF_RATE[name]]
        bounds = _if_all_ended(estimate, still_open) if unsure else (estimate.low, estimate.high)
        found.append(TargetCheck(name, wanted, estimate, _met(bounds, wanted, more_is_better(name))))
    for name, span in moment.target.spans_us.items():
        estimate, wanted = durations[name.removesuffix("_duration")], span / SECOND_US
        met = _met((estimate.low, estimate.high), wanted, more_is_better(name))
        found.append(TargetCheck(name, wanted, estimate, None if met and still_open > MOST_OPEN * ended else met))
    for name, wanted in moment.target.scores.items():
        estimate = scores["nps" if name == "nps" else "score"]
        met = _met((estimate.low, estimate.high), wanted, more_is_better(name))
        found.append(TargetCheck(name, wanted, estimate, met))
    return tuple(found)


def more_is_better(name: str) -> bool:
    """Whether the target of that name asks for at least so much; the others ask for at most."""
    return not name.endswith("_duration") and (name == "completion_rate" or name not in OUTCOME_OF_RATE)


def _if_all_ended(share: Estimate, still_open: int) -> tuple[float | None, float | None]:
    """The interval of a share however the open ones end: from none of them counting to all of them."""
    if share.value is None:
        return None, None
    count, n = round(share.value * share.n), share.n + still_open
    return wilson(count, n)[0], wilson(count + still_open, n)[1]


def _met(bounds: tuple[float | None, float | None], wanted: float, more: bool) -> bool | None:
    low, high = bounds
    if low is None or high is None:
        return None
    kept, broken = (low >= wanted, high < wanted) if more else (high <= wanted, low > wanted)
    return True if kept else False if broken else None
