"""Consistency: how alike a moment is on every channel, how a journey's moments multiply, and what had to be done twice."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, MomentSummary
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Z
from momentwise.rank.measures import measure_share, read_whole
from momentwise.rank.phrases import count_of
from momentwise.rank.queries import ENDED

# A channel with fewer that ended says little about itself.
FEWEST = 30

REPEAT_DAYS = 7


class Consistency(msgspec.Struct, frozen=True, kw_only=True):
    """How alike one moment is on every channel, and how often it was done twice.

    Args:
        moment: Its name.
        channels: Completed share by channel, of those that used only one, the busiest first; at least `FEWEST` each.
        variance: Variance of the completed share between channels beyond what chance brings; `None` below two channels.
        rework: Share of those that ended in which the start came again.
        repeat_contacts: Share of those that ended in which, or within `REPEAT_DAYS` after which, the customer asked twice.
    """

    moment: str
    channels: tuple[tuple[str, Estimate], ...]
    variance: float | None
    rework: Estimate
    repeat_contacts: Estimate


def measure_consistency(evidence: Evidence) -> list[Consistency]:
    """One per moment, in the order of the playbook."""
    by_channel: dict[str, list[tuple[str, int, int]]] = {}
    for moment, channel, completed, n in evidence.ask(_channels_sql()):
        by_channel.setdefault(str(moment), []).append((str(channel), read_whole(completed), read_whole(n)))
    reworked = {str(row[0]): (read_whole(row[1]), read_whole(row[2])) for row in evidence.ask(_rework_sql())}
    repeated = {str(row[0]): read_whole(row[1]) for row in evidence.ask(_repeats_sql())}
    return [
        _consistency(summary.moment, by_channel.get(summary.moment, []), reworked, repeated)
        for summary in evidence.summaries
    ]


def _consistency(
    moment: str,
    channels: Sequence[tuple[str, int, int]],
    reworked: dict[str, tuple[int, int]],
    repeated: dict[str, int],
) -> Consistency:
    again, ended = reworked.get(moment, (0, 0))
    shares = [(completed, n) for _, completed, n in channels if n >= FEWEST]
    return Consistency(
        moment=moment,
        channels=tuple(
            (name, measure_share(moment, completed, n, f"{_alone(name)} AND outcome = 'completed'"))
            for name, completed, n in channels
            if n >= FEWEST
        ),
        variance=between_variance(shares),
        rework=measure_share(moment, again, ended, f"{ENDED} AND retries > 0"),
        repeat_contacts=measure_share(moment, repeated.get(moment, 0), ended, f"{ENDED} AND {_REPEATED}"),
    )


def between_variance(shares: Sequence[tuple[int, int]]) -> float | None:
    """The variance of shares between groups beyond what chance brings, never below 0; `None` below two groups.

    Args:
        shares: Per group how many, out of how many.

    Source:
        DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical Trials 7, 177–188,
        the moment estimator with equal weights: the variance of the shares minus the mean of their own variances.

    Example:
        >>> round(between_variance([(90, 100), (80, 100), (70, 100)]), 6)
        0.008451
    """
    if len(shares) < 2:
        return None
    parts = [count / n for count, n in shares]
    mean = math.fsum(parts) / len(parts)
    observed = math.fsum((part - mean) ** 2 for part in parts) / (len(parts) - 1)
    by_chance = math.fsum(part * (1 - part) / (n - 1) for part, (_, n) in zip(parts, shares, strict=True)) / len(parts)
    return max(0.0, observed - by_chance)


def joint_success(shares: Sequence[Estimate]) -> Estimate | None:
    """The share of customers for whom every step works, where the steps do not depend on one another; `None` without steps.

    It is the product of the shares, with the delta method's interval on its logarithm.

    Args:
        shares: Completed share of each step.

    Source:
        Lusser's law of reliability: the reliability of a series is the product of its parts'. Six steps of 95 % are 73.5 %.

    Example:
        >>> six = [Estimate(0.95, 1_000, "share")] * 6
        >>> round(joint_success(six).value, 4)
        0.7351
    """
    known = [share for share in shares if share.value is not None and share.n]
    if not known:
        return None
    product = math.prod(share.value or 0.0 for share in known)
    n = min(share.n for share in known)
    if product == 0:
        return Estimate(0.0, n, "share", rows="outcome = 'completed'")
    error = math.sqrt(math.fsum((1 - (s.value or 0.0)) / (s.n * (s.value or 1.0)) for s in known))
    low, high = (product * math.exp(sign * Z * error) for sign in (-1, 1))
    return Estimate(product, n, "share", low, min(1.0, high), "outcome = 'completed'")


def measure_journey(summaries: Sequence[MomentSummary]) -> Estimate | None:
    """The joint success of the moments that happened, each counted once; `None` where none ended."""
    return joint_success(
        [summary.shares["completed"] for summary in summaries if count_of(summary.shares["completed"])]
    )


def _alone(channel: str) -> str:
    return f"channels = {quote(channel)}"


def _channels_sql() -> str:
    """One row per moment and channel used alone: completed and ended, the busiest first."""
    return (
        "SELECT moment, channels, count(*) FILTER (outcome = 'completed'), count(*) AS n FROM occurrences "
        f"WHERE {ENDED} AND channels IS NOT NULL AND NOT contains(channels, '+') "
        "GROUP BY moment, channels ORDER BY moment, n DESC, channels"
    )


def _rework_sql() -> str:
    return f"SELECT moment, count(*) FILTER (retries > 0), count(*) FROM occurrences WHERE {ENDED} GROUP BY moment"


_REPEATED = (
    "EXISTS (SELECT 1 FROM signals WHERE signals.signal = 'repeat_contact' AND signals.customer = occurrences.customer "
    'AND signals."at" BETWEEN occurrences.started_at '
    f"AND coalesce(occurrences.ended_at, occurrences.started_at) + INTERVAL {REPEAT_DAYS} DAY)"
)


def _repeats_sql() -> str:
    """One row per moment: how many that ended had a repeat contact in them, or within `REPEAT_DAYS` after."""
    return (
        f"SELECT moment, count(*) FROM occurrences WHERE {ENDED} AND customer IN "
        f"(SELECT customer FROM signals WHERE signal = 'repeat_contact') AND {_REPEATED} GROUP BY moment"
    )
