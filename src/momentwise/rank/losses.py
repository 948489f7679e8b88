"""The loss ledger: what bad moments cost, by five names: conversions, repeat usage, advocacy, brand credibility, revenue.

Each is a measure with its n and interval, or says why these data do not hold it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate
from momentwise.define.span import DAY_US
from momentwise.rank.differences import share_difference
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import wilson
from momentwise.rank.measures import read_whole
from momentwise.rank.phrases import count_of
from momentwise.rank.portfolio import PortfolioRow, sum_rows
from momentwise.rank.queries import of_moment
from momentwise.rank.sampling import narrow

FEWEST = 30
LEAST_DAYS = 28
LOSSES = ("conversions", "repeat usage", "advocacy", "brand credibility", "revenue")
ADVOCACY = ("share", "referral")

_BAD = "outcome IN ('failed', 'escalated', 'abandoned')"


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five losses.

    Args:
        name: Of `LOSSES`.
        what: What is measured, one sentence.
        estimate: The measure; `None` where these data do not hold it.
        currency: Of money.
        because: Why it is not measurable; empty where it is.
    """

    name: str
    what: str
    estimate: Estimate | None = None
    currency: str = ""
    because: str = ""


def measure_losses(evidence: Evidence, rows: Sequence[PortfolioRow], read: Evidence | None = None) -> list[Loss]:
    """The five losses, in the order of `LOSSES`; revenue once per currency.

    Args:
        evidence: The summaries, and the tables.
        rows: The portfolio, for the money.
        read: The tables of some customers, where there are very many.
    """
    read = read or evidence
    told = (_repeat_usage(read), _advocacy(read), _credibility(read))
    return [_conversions(evidence), *narrow(told, read.parts), *_revenue(rows)]


def _loss(name: str, what: str, estimate: Estimate | None, because: str) -> Loss:
    if estimate is not None and estimate.n < FEWEST:
        because = f"there are only {estimate.n}"
        estimate = None
    said = "" if estimate else f"Not measurable from these data, because {because}."
    return Loss(name=name, what=what, estimate=estimate, because=said)


def _share(count: int, n: int, rows: str, table: str = "occurrences") -> Estimate | None:
    return Estimate(count / n, n, "share", *wilson(count, n), rows, table) if n else None


def _conversions(evidence: Evidence) -> Loss:
    """Of moments in which customers decide or buy: how many that ended were not completed."""
    deciding = [one for one in evidence.summaries if one.stage == "decision" or one.intent == "buy"]
    ended = sum(one.shares["completed"].n for one in deciding)
    lost = ended - sum(count_of(one.shares["completed"]) for one in deciding)
    named = " OR ".join(of_moment(one.moment) for one in deciding) or "false"
    return _loss(
        "conversions",
        "Of all that ended in a moment of decision, those that were not completed.",
        _share(lost, ended, f"({named}) AND {_BAD}"),
        "no moment in which customers decide or buy has ended",
    )


def _repeat_usage(evidence: Evidence) -> Loss:
    """Of the customers of the first half of the data: how many did not come back in the second half."""
    what = "Of the customers of the first half of the data, those who did not come back in the second half."
    days = (evidence.until_us - evidence.since_us) / DAY_US
    if days < LEAST_DAYS:
        return _loss("repeat usage", what, None, f"they span {days:.0f} days, and {LEAST_DAYS} are needed")
    half = f"make_timestamptz({(evidence.since_us + evidence.until_us) // 2})"
    [(came, stayed)] = evidence.ask(
        "SELECT count(*) FILTER (first_at < half), count(*) FILTER (first_at < half AND last_at >= half) "
        f"FROM (SELECT min(started_at) AS first_at, max(started_at) AS last_at, {half} AS half "
        "FROM occurrences GROUP BY customer)"
    )
    n = read_whole(came)
    rows = f"started_at < {half} AND customer NOT IN (SELECT customer FROM occurrences WHERE started_at >= {half})"
    return _loss("repeat usage", what, _share(n - read_whole(stayed), n, rows), "nobody came in the first half")


def _advocacy(evidence: Evidence) -> Loss:
    """How much rarer customers with a bad ending share or refer than the others."""
    what = "How much smaller the share of customers who share or refer is among those with a bad ending."
    named = ", ".join(map(quote, ADVOCACY))
    told = {
        bool(bad): (read_whole(social), read_whole(n))
        for bad, social, n in evidence.ask(
            f"SELECT bad, count(*) FILTER (social), count(*) FROM (SELECT customer, bool_or({_BAD}) AS bad FROM occurrences "
            f"GROUP BY customer) LEFT JOIN (SELECT DISTINCT customer, true AS social FROM signals WHERE signal IN ({named})) "
            "USING (customer) GROUP BY bad"
        )
    }
    hurt, others = told.get(True, (0, 0)), told.get(False, (0, 0))
    if not hurt[0] + others[0]:
        return _loss("advocacy", what, None, "they hold nothing that customers shared, and no referral")
    if min(hurt[1], others[1]) < FEWEST:
        return _loss("advocacy", what, None, f"fewer than {FEWEST} customers had a bad ending, or had none")
    value, low, high = share_difference(others, hurt)
    rows = f"signal IN ({named})"
    return _loss("advocacy", what, Estimate(value, hurt[1] + others[1], "share", low, high, rows, "signals"), "")


def _credibility(evidence: Evidence) -> Loss:
    """Of the reviews that customers wrote: how many gave a low score."""
    [(reviews, low)] = evidence.ask(
        'SELECT count(*), count(*) FILTER ((customer, "at") IN '
        "(SELECT (customer, \"at\") FROM signals WHERE signal = 'low_score')) FROM signals WHERE signal = 'review'"
    )
    rows = "signal = 'low_score' AND (customer, \"at\") IN (SELECT (customer, \"at\") FROM signals WHERE signal = 'review')"
    return _loss(
        "brand credibility",
        "Of the reviews that customers wrote, those with a low score.",
        _share(read_whole(low), read_whole(reviews), rows, "signals"),
        "they hold no reviews",
    )


def _revenue(rows: Sequence[PortfolioRow]) -> list[Loss]:
    what = "Money per month, as the portfolio adds it up."
    sums = sum_rows(rows)
    if not sums:
        because = "no moment states what a failure costs or what a customer brings"
        return [_loss("revenue", what, None, because)]
    return [
        Loss(name="revenue", what=what, estimate=estimate, currency=currency) for currency, estimate in sums.items()
    ]
