"""All that the page shows beside the findings of the rich audit: opening words, flows, ledgers, journey, portfolio."""

from __future__ import annotations

import msgspec
from rich_audits import SIGN_UP, friction, instant, late_delivery, ledger, segment

from fake_audits import DAY, HOSTILE, around, share_of, shop_signals
from momentwise.charts.facts import (
    ChangeFacts,
    ConsistencyRow,
    CoverageRow,
    DemandRow,
    FlowRow,
    HeadlineFacts,
    JourneyFacts,
    LedgerFacts,
    LossRow,
    MarkFacts,
    PortfolioRow,
    ReportFacts,
    SignalSummary,
    SocialRow,
    StackRow,
    Stretch,
    Tolls,
)
from momentwise.charts.flow import order_steps
from momentwise.define.finding import Estimate, Split

HOUR = 3600.0


def sign_up_flow() -> list[FlowRow]:
    """What comes after what while an account is opened, in no order."""
    pairs = [
        ("form_sent", "account_opened", "completed", 8000, 2.0),
        ("page_viewed", "form_started", "", 9600, 6.0),
        ("form_started", "field_focused", "", 9480, 4.0),
        ("field_focused", "field_changed", "", 8600, 14.0),
        ("field_changed", "field_focused", "", 120, 3.0),
        ("field_changed", "form_sent", "", 8420, 20.0),
        ("form_sent", "form_refused", "failed", 102, 1.0),
        ("form_sent", "ticket_opened", "escalated", 60, 900.0),
    ]
    ended = [
        ("page_viewed", 100),
        ("form_started", 120),
        ("field_focused", 802),
        ("field_changed", 158),
        ("form_sent", 258),
    ]
    rows = [FlowRow(event=e, next=n, outcome=o, count=c, p50_seconds=p) for e, n, o, c, p in pairs]
    return rows + [FlowRow(event=event, outcome="abandoned", count=count) for event, count in ended]


def rich_signals() -> list[SignalSummary]:
    """Rage clicks with places, more kinds without, and one kind that was looked for and not seen."""

    def kind(signal: str, about: str, count: int, people: int) -> SignalSummary:
        found = Estimate(count, count, "count", rows=f"signal = '{signal}'", table="signals")
        return SignalSummary(signal=signal, about=about, count=found, people=people, source="Ours.")

    return [
        *shop_signals(),
        kind("silence", "A long time without a word, ended by a contact or an exit.", 2210, 640),
        kind("broken_promise", "A stated time that passed before what was promised for it.", 1156, 1150),
        kind("friction_overdrawn", "Small frictions of one customer that add up to a large one.", 412, 377),
        kind("dead_click", "A click on a control that nothing answers.", 0, 0),
    ]


def _journey() -> tuple[JourneyFacts, ...]:
    def facts(name: str, frictions: int, shares: tuple[int, int, int], n: int, **more: object) -> JourneyFacts:
        rows = f"moment = '{name}'"
        anxiety, frustration, excitement = (share_of(count, n, rows) for count in shares)
        found = Estimate(frictions, frictions, "count", rows="signal = 'rage_click'", table="signals")
        return JourneyFacts(
            moment=name, frictions=found, anxiety=anxiety, frustration=frustration, excitement=excitement, **more
        )  # type: ignore[arg-type]  # stretches only

    gap = Estimate(7.1 * DAY, 2210, "seconds", 6.9 * DAY, 7.3 * DAY, "signal = 'silence'", "signals")
    quiet = (Stretch(after="order_approved", before="order_shipped", seconds=gap),)
    return (
        facts(SIGN_UP, 7932, (2105, 890, 120), 9620),
        facts("pay-for-order", 2210, (510, 2640, 230), 11414),
        facts("track-delivery", 3366, (2870, 1510, 3920), 15000, stretches=quiet),
    )


def rich_facts() -> ReportFacts:
    """Everything that stands beside the findings, filled in."""
    hurt = "signal in ('silence', 'broken_promise', 'premature_ask')"

    def count(value: int, rows: str) -> Estimate:
        return Estimate(value, value, "count", rows=rows, table="signals")

    return ReportFacts(
        headline=HeadlineFacts(
            since=instant(2018, 10, 10),
            until=instant(2018, 10, 17),
            now=Tolls(
                seconds=Estimate(412 * HOUR, 9100, "seconds", 390 * HOUR, 431 * HOUR, hurt, "signals"),
                people=count(6204, hurt),
                promises=count(312, "signal = 'broken_promise'"),
            ),
            before=Tolls(
                seconds=Estimate(388 * HOUR, 8800, "seconds", 370 * HOUR, 405 * HOUR, hurt, "signals"),
                people=count(5870, hurt),
                promises=count(498, "signal = 'broken_promise'"),
            ),
            sentences=(
                "Frictions took about 410 hours from 6,204 people, most of them while opening an account.",
                "Fewer promises were broken than in the week before.",
            ),
        ),
        stacks=(
            StackRow(
                stage="discovery",
                parts=(("premature ask on /sign-up/identity", around(43_300.0, 2_900.0, 4812, "seconds")),),
                weekly_seconds=43_300.0,
                overdrawn=377,
            ),
        ),
        flows=(order_steps(SIGN_UP, sign_up_flow()),),
        ledgers=(
            LedgerFacts(
                moment=SIGN_UP,
                split=ledger(),
                average=around(10.3, 0.6, 4812, "seconds"),
                weekly_seconds=around(49_000.0, 3_000.0, 4812, "seconds"),
                not_matched=("viewport",),
            ),
        ),
        journey=_journey(),
        works=share_of(11_020, 14_987, "outcome = 'completed'"),
        portfolio=_portfolio(),
        sums={"EUR": Estimate(39_150.0, 14_436, "money", 34_200.0, 44_100.0)},
        coverage=(
            CoverageRow(moment=SIGN_UP, event="form_started", count=9600, roles=("start",)),
            CoverageRow(moment=SIGN_UP, event="account_opened", count=8000, roles=("complete",)),
            CoverageRow(moment="track-delivery", event="order_placed", count=15000, roles=("start",)),
            CoverageRow(moment="track-delivery", event="call_started", count=0, roles=("escalate",)),
            CoverageRow(moment="return-an-item", event="return_requested", count=0, roles=("start",)),
            CoverageRow(moment="", event="wishlist_opened", count=5210),
        ),
        demand=(DemandRow(moment=SIGN_UP, source="chat transcripts", count=count(140, "true")),),
        losses=(
            LossRow(
                name="conversions",
                what="Of all that ended in a moment of decision, those that were not completed.",
                estimate=share_of(2282, 11402),
            ),
            LossRow(
                name="advocacy",
                what="How much smaller the share of customers who share or refer is among those with a bad ending.",
                because="Not measurable from these data, because they hold nothing that customers shared.",
            ),
        ),
        consistency=(
            ConsistencyRow(
                moment="pay-for-order",
                channels=(("web", share_of(6100, 7000)), ("app", share_of(3020, 4402))),
                variance=0.02,
                rework=share_of(310, 11402),
                repeat_contacts=share_of(120, 11402),
            ),
        ),
        social=(SocialRow(moment="track-delivery", outcome="completed", signal="review", count=3920, people=3900),),
        marks=(MarkFacts(at=instant(2018, 2, 1), label="version 2 of the form", moment=SIGN_UP),),
    )


def _portfolio() -> tuple[PortfolioRow, ...]:
    """Three moments; the segment on small phones is a part of nobody, so that every card with money counts."""
    cards = {found.moment: found for found in (friction(), late_delivery(), segment())}

    def row(moment: str, **more: object) -> PortfolioRow:
        found = cards[moment]
        money = found.cost.total if found.cost else None
        return PortfolioRow(moment=moment, money=money, currency="EUR", counted=(found.id,), **more)  # type: ignore[arg-type]

    fall, rise = around(-0.052, 0.021, 2400, "share"), around(0.004, 0.006, 2400, "share")
    return (
        row(
            SIGN_UP,
            standing="priority",
            trend=ChangeFacts(unit="month", difference=fall),
            baskets=("revenue",),
        ),
        row(
            "track-delivery",
            standing="priority",
            score=around(4.12, 0.02, 14518, "score"),
            trend=ChangeFacts(unit="month", difference=rise),
            baskets=("retention", "cost to serve"),
        ),
        row("pay-for-order", standing="established", baskets=("revenue", "risk")),
    )


def many_facts(moments: list[str]) -> ReportFacts:
    """Everything that stands beside the findings, for each of so many moments."""
    facts = rich_facts()
    return msgspec.structs.replace(
        facts,
        flows=tuple(order_steps(name, sign_up_flow()) for name in moments),
        ledgers=tuple(msgspec.structs.replace(facts.ledgers[0], moment=name) for name in moments),
        journey=tuple(msgspec.structs.replace(facts.journey[2], moment=name) for name in moments),
    )


def hostile_facts() -> ReportFacts:
    """What stands beside the findings, each text an attack."""
    share = share_of(40, 90, HOSTILE)
    rows = [
        FlowRow(event=HOSTILE, next="b", count=3, p50_seconds=1.0),
        FlowRow(event="b", outcome="abandoned", count=3),
    ]
    return ReportFacts(
        headline=HeadlineFacts(since=0, until=instant(1970, 1, 8), now=Tolls(people=share), sentences=(HOSTILE,)),
        stacks=(StackRow(stage=HOSTILE, parts=((HOSTILE, share),)),),
        flows=(order_steps("track-delivery", rows),),
        ledgers=(LedgerFacts(moment=HOSTILE, split=Split(title=HOSTILE, parts=((HOSTILE, share),), total=share)),),
        journey=(JourneyFacts(moment="track-delivery", anxiety=share),),
        portfolio=(PortfolioRow(moment="track-delivery", standing=HOSTILE, baskets=(HOSTILE,), currency=HOSTILE),),
        coverage=(CoverageRow(moment=HOSTILE, event=HOSTILE, count=1, roles=(HOSTILE,)),),
        demand=(DemandRow(moment="track-delivery", source=HOSTILE, count=share),),
        losses=(LossRow(name=HOSTILE, what=HOSTILE, because=HOSTILE),),
        consistency=(ConsistencyRow(moment=HOSTILE, channels=((HOSTILE, share),)),),
        social=(SocialRow(moment=HOSTILE, outcome=HOSTILE, signal=HOSTILE, count=1, people=1),),
        marks=(MarkFacts(at=instant(2017, 1, 1), label=HOSTILE),),
    )
