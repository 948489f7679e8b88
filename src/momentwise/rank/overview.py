"""The overview: everything that is said of an audit beside its findings, in one value for the report and the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from momentwise.define.finding import Estimate, Finding
from momentwise.rank.consistency import Consistency, measure_consistency, measure_journey
from momentwise.rank.evidence import Evidence
from momentwise.rank.headline import Headline, Stack, measure_headline, stack_frictions
from momentwise.rank.losses import Loss, measure_losses
from momentwise.rank.portfolio import PortfolioRow, build_portfolio
from momentwise.rank.sampling import narrow
from momentwise.rank.social import SocialLink, link_social


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit says of the whole.

    Args:
        headline: The last seven days in words.
        stacks: How small frictions add up, per stage of the journey.
        portfolio: One row per moment.
        losses: The five named losses.
        consistency: Per moment, alike on every channel, and done twice.
        journey: Share of customers for whom every moment works; `None` where none ended.
        social: Shares, reviews, referrals and mentions by the moment that caused them.
    """

    headline: Headline
    stacks: list[Stack]
    portfolio: list[PortfolioRow]
    losses: list[Loss]
    consistency: list[Consistency]
    journey: Estimate | None
    social: list[SocialLink]


def look_over(evidence: Evidence, findings: Sequence[Finding], read: Evidence | None = None) -> Overview:
    """The overview of an audit; the portfolio and the last seven days are of all customers, whatever the size.

    Args:
        evidence: The tables and what is known beside them.
        findings: As `findings.find` gives them.
        read: The tables of some customers, where there are very many.
    """
    read = read or evidence
    portfolio = build_portfolio(evidence, findings)
    return Overview(
        headline=measure_headline(evidence, findings),
        stacks=stack_frictions(read, findings),
        portfolio=portfolio,
        losses=measure_losses(evidence, portfolio, read),
        consistency=[narrow(one, read.parts) for one in measure_consistency(read)],
        journey=measure_journey(evidence.summaries),
        social=link_social(read),
    )
