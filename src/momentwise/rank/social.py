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
    """One per moment, outcome and signal, the most frequent first; signals that followed nothing are not among them.

    Of very many customers some are read, and their counts are scaled up.
    """
    names = social_names(evidence.signals)
    if not names:
        return []
    rows = evidence.ask(links_sql(names))
    return [
        SocialLink(
            moment=str(moment),
            outcome=str(outcome),
            signal=str(signal),
            count=read_whole(n) * evidence.parts,
            people=read_whole(people) * evidence.parts,
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
    listed = ", ".join(map(quote, names))
    return (
        f'WITH said AS (SELECT row_number() OVER () AS number, customer, signal, "at" FROM signals WHERE signal IN ({listed})), '
        "caused AS (SELECT said.number, any_value(said.customer) AS customer, any_value(said.signal) AS signal, "
        "arg_max({'moment': o.moment, 'outcome': o.outcome}, (o.ended_at, o.started_at, o.moment)) AS cause "
        "FROM occurrences AS o JOIN said ON o.customer = said.customer "
        f'WHERE o.ended_at <= said."at" AND said."at" <= o.ended_at + INTERVAL {CAUSED_WITHIN_DAYS} DAY GROUP BY said.number) '
        "SELECT cause.moment, cause.outcome, signal, count(*) AS n, count(DISTINCT customer) FROM caused "
        "GROUP BY ALL ORDER BY n DESC, 1, 2, 3"
    )
