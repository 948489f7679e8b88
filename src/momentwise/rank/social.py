"""Social signals beside the moment that caused them: shares, reviews, referrals and mentions (D23).

A social signal belongs to the customer's latest occurrence that had ended, of whichever moment, for 30 days.
"""

from __future__ import annotations

import msgspec

from momentwise.define.evaluate import quote
from momentwise.define.signal import SignalSettings
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_whole

CAUSED_WITHIN_DAYS = 30


class SocialLink(msgspec.Struct, frozen=True, kw_only=True):
    """How many social signals of one kind followed one ending of a moment.

    Args:
        moment: Its name.
        outcome: How the occurrences ended that they followed.
        signal: share, review, referral, mention, or another rule of archetype social.
        count: How many.
        people: Customers.
    """

    moment: str
    outcome: str
    signal: str
    count: int
    people: int


def link_social(evidence: Evidence) -> list[SocialLink]:
    """One per moment, outcome and signal, the most frequent first; signals that followed nothing are not among them."""
    names = social_names(evidence.signals)
    if not names:
        return []
    rows = evidence.ask(links_sql(names))
    return [
        SocialLink(
            moment=str(moment), outcome=str(outcome), signal=str(signal), count=read_whole(n), people=read_whole(people)
        )
        for moment, outcome, signal, n, people in rows
    ]


def social_names(signals: SignalSettings) -> list[str]:
    """The names of the rules that are evidence of a social moment."""
    return [rule.name for rule in signals.rules if rule.archetype == "social"]


def links_sql(names: list[str]) -> str:
    """One row per moment, outcome and signal: how many signals and how many customers.

    Args:
        names: Of the social signals.
    """
    social = f'SELECT customer, signal, "at" FROM signals WHERE signal IN ({", ".join(map(quote, names))})'
    return (
        f"WITH said AS ({social}), ended AS (SELECT customer, moment, outcome, ended_at FROM occurrences "
        "WHERE ended_at IS NOT NULL AND customer IN (SELECT customer FROM said) "
        "QUALIFY row_number() OVER (PARTITION BY customer, ended_at ORDER BY started_at DESC, moment) = 1) "
        "SELECT moment, outcome, signal, count(*) AS n, count(DISTINCT said.customer) FROM said ASOF JOIN ended "
        'ON said.customer = ended.customer AND said."at" >= ended.ended_at '
        f'WHERE said."at" <= ended.ended_at + INTERVAL {CAUSED_WITHIN_DAYS} DAY '
        "GROUP BY moment, outcome, signal ORDER BY n DESC, moment, outcome, signal"
    )
