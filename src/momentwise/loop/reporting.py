"""From what was measured to what the report shows: every number is `rank`'s, here it only gets the report's shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TypeVar

import msgspec

from momentwise.charts.facts import (
    ConsistencyRow,
    CoverageRow,
    DemandRow,
    FieldFacts,
    FlowFacts,
    FlowRow,
    HeadlineFacts,
    JourneyFacts,
    LedgerFacts,
    LossRow,
    MarkFacts,
    PortfolioRow,
    ReportFacts,
    SocialRow,
    StackRow,
    Tolls,
)
from momentwise.charts.flow import order_steps
from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate
from momentwise.define.moment import Moment
from momentwise.rank.evidence import Evidence
from momentwise.rank.fields import FieldRow, rank_fields
from momentwise.rank.findings import Inquiry
from momentwise.rank.headline import Headline
from momentwise.rank.journey import measure_feelings
from momentwise.rank.ledger import Ledger, measure_ledger
from momentwise.rank.overview import Overview
from momentwise.rank.portfolio import sum_rows
from momentwise.rank.reality import count_demand, measure_coverage
from momentwise.rank.sampling import narrow

T = TypeVar("T")

MOST_FIELDS = 12


def gather_facts(inquiry: Inquiry, overview: Overview, moments: Sequence[Moment]) -> ReportFacts:
    """What the report shows beside the run, the moments, the findings and the signals.

    Args:
        inquiry: What the finders looked at.
        overview: What is said of the whole.
        moments: All versions, for the marks in trends.
    """
    evidence, parts = inquiry.whole, inquiry.read.parts
    coverage = measure_coverage(evidence)
    ledgers = measure_ledger(inquiry.read, inquiry.survey)
    return ReportFacts(
        headline=_headline(overview.headline),
        stacks=_all(StackRow, overview.stacks),
        flows=_flows(evidence),
        ledgers=tuple(narrow(_ledger(ledger), parts) for ledger in ledgers),
        journey=tuple(narrow(facts, parts) for facts in _all(JourneyFacts, measure_feelings(inquiry.read))),
        works=overview.journey,
        portfolio=_all(PortfolioRow, overview.portfolio),
        sums=sum_rows(overview.portfolio),
        coverage=_all(CoverageRow, coverage.touchpoints),
        demand=_all(DemandRow, count_demand(inquiry.read)),
        losses=_all(LossRow, overview.losses),
        consistency=_all(ConsistencyRow, overview.consistency),
        social=_all(SocialRow, overview.social),
        fields=tuple(narrow(_field(row), parts) for row in rank_fields(inquiry.read)[:MOST_FIELDS]),
        marks=tuple(
            MarkFacts(at=moment.since_us, label=f"version {moment.version}", moment=moment.name)
            for moment in moments
            if moment.since_us is not None
        ),
    )


def _headline(headline: Headline) -> HeadlineFacts:
    before = headline.before
    return HeadlineFacts(
        since=headline.since,
        until=headline.until,
        now=Tolls(**headline.now._asdict()),
        before=Tolls(**before._asdict()) if before else None,
        sentences=headline.sentences,
    )


def _as(kind: type[T], value: object) -> T:
    """A value as another kind with fields of the same names."""
    return msgspec.convert(value, kind, from_attributes=True)


def _all(kind: type[T], values: Sequence[object]) -> tuple[T, ...]:
    return tuple(_as(kind, value) for value in values)


def _field(row: FieldRow) -> FieldFacts:
    """A field with the rows behind its numbers; the share is of occurrences, so it has no rows of its own."""
    place = f"page IS NOT DISTINCT FROM {_literal(row.page)} AND element = {quote(row.element)}"
    kinds = tuple(sorted(row.counts.items(), key=lambda kind: (-kind[1], kind[0])))
    total = sum(row.counts.values())
    listed = ", ".join(quote(kind) for kind, _ in kinds)
    low, high = row.share_interval or (None, None)
    return FieldFacts(
        page=row.page,
        element=row.element,
        kinds=kinds,
        count=Estimate(float(total), total, "count", rows=f"{place} AND signal IN ({listed})", table="signals"),
        people=row.people,
        seconds=row.seconds,
        share=None if row.share is None else Estimate(row.share, row.abandoned, "share", low, high),
    )


def _literal(text: str) -> str:
    return quote(text) if text else "NULL"


def _ledger(ledger: Ledger) -> LedgerFacts:
    return LedgerFacts(
        moment=ledger.moment,
        split=ledger.split,
        average=ledger.total,
        weekly_seconds=ledger.weekly_seconds,
        not_matched=ledger.not_matched,
    )


def _flows(evidence: Evidence) -> tuple[FlowFacts, ...]:
    rows = evidence.ask(
        "SELECT moment, event, coalesce(next, ''), coalesce(outcome, ''), count, p50_seconds FROM flow "
        "WHERE moment IS NOT NULL ORDER BY moment, count DESC, event, next, outcome"
    )
    found = []
    for moment, group in groupby(rows, key=lambda row: str(row[0])):
        steps = [
            FlowRow(
                event=str(e),
                next=str(n),
                outcome=str(o),
                count=int(str(c)),
                p50_seconds=None if p is None else float(str(p)),
            )
            for _, e, n, o, c, p in group
        ]
        found.append(order_steps(moment, steps))
    return tuple(found)
