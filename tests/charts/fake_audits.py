"""Audits that never were, to look at and test the report: a shop like Olist, empty corners, forty moments."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from momentwise.charts.facts import RunFacts, SignalPlace, SignalSummary, SourceFacts
from momentwise.define.finding import (
    EndingSummary,
    Estimate,
    Finding,
    Grade,
    MomentSummary,
    ScoreGap,
    TargetCheck,
    TrendPoint,
    Unit,
)
from momentwise.define.instant import to_micros

DAY = 86400.0
HOSTILE = "<script>alert('moment')</script>"


def share_of(count: int, n: int, rows: str = "true") -> Estimate:
    """A share with its Wilson interval."""
    if not n:
        return Estimate(None, 0, "share", rows=rows)
    z, p = 1.959964, count / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(p, n, "share", max(middle - half, 0.0), min(middle + half, 1.0), rows)


def around(value: float, half: float, n: int, unit: Unit, rows: str = "true") -> Estimate:
    """A number with a symmetric interval."""
    return Estimate(value, n, unit, value - half, value + half, rows)


def nothing(unit: Unit) -> Estimate:
    """A number that nobody could measure."""
    return Estimate(None, 0, unit)


def spans(p50: float, p75: float, p95: float, n: int, rows: str) -> dict[str, Estimate]:
    """Three quantiles in seconds, with intervals that shrink as n grows."""
    values = {"p50": p50, "p75": p75, "p95": p95}
    if not n:
        return {key: nothing("seconds") for key in values}
    return {key: around(v, v * 2 / math.sqrt(n), n, "seconds", rows) for key, v in values.items()}


def ending(
    moment: str, outcome: str, label: str, count: int, ended: int, of: int, score: Estimate, days: float
) -> EndingSummary:
    """One way of ending with its shares and rows."""
    rows = f"moment = '{moment}' and outcome = '{outcome}'" + (f" and ending = '{label}'" if label else "")
    return EndingSummary(
        outcome=outcome,
        ending=label,
        count=count,
        share=share_of(count, ended, f"moment = '{moment}' and outcome != 'open'"),
        of_outcome=share_of(count, of, f"moment = '{moment}' and outcome = '{outcome}'"),
        score=score,
        duration=around(days * DAY, 0.02 * days * DAY, count, "seconds", rows),
        rows=rows,
    )


def months(counts: list[tuple[int, int, int]], year: int = 2016, month: int = 9) -> tuple[TrendPoint, ...]:
    """Months in order, each with ended, completed and open."""
    found = []
    for index, (ended, completed, open_) in enumerate(counts):
        at = datetime(year + (month - 1 + index) // 12, (month - 1 + index) % 12 + 1, 1, tzinfo=UTC)
        found.append(TrendPoint(to_micros(at), ended, completed, open_))
    return tuple(found)


def moment(name: str, counts: tuple[int, int, int, int, int], **changes: object) -> MomentSummary:
    """A summary of a moment with so many completed, escalated, failed, abandoned and open."""
    completed, escalated, failed, abandoned, open_ = counts
    ended = completed + escalated + failed + abandoned
    rows = f"moment = '{name}' and outcome != 'open'"
    done = f"moment = '{name}' and outcome = 'completed'"
    by_outcome = dict(zip(("completed", "escalated", "failed", "abandoned"), counts, strict=False))
    facts: dict[str, object] = {
        "moment": name,
        "version": 1,
        "about": "",
        "intent": "know",
        "stage": "retention",
        "archetype": "friction",
        "owner": "",
        "critical": False,
        "volume": ended + open_,
        "people": max(round((ended + open_) * 0.97), min(ended + open_, 1)),
        "open": open_,
        "shares": {outcome: share_of(count, ended, rows) for outcome, count in by_outcome.items()},
        "durations": spans(10.13 * DAY, 15.4 * DAY, 29.2 * DAY, completed, done),
        "waits": spans(6.9 * DAY, 11.0 * DAY, 22.7 * DAY, ended, rows),
        "step_seconds": spans(3.4 * DAY, 5.0 * DAY, 9.6 * DAY, ended, rows),
        "excess_steps": around(0.31, 0.02, ended, "steps", rows) if ended else nothing("steps"),
        "median_steps": Estimate(3.0, completed, "steps", rows=done) if completed else nothing("steps"),
        "retries": around(0.012, 0.002, ended, "count", rows) if ended else nothing("count"),
        "errors": share_of(0, ended, rows),
        "multichannel": share_of(ended // 90, ended, rows),
        "understood": nothing("share"),
        "endings": (),
        "gaps": (),
        "trend": (),
        "trend_unit": "month",
        "targets": (),
        "qualifies": (),
    }
    return MomentSummary(**(facts | changes))  # type: ignore[arg-type]  # any field may be changed


def track_delivery() -> MomentSummary:
    """The delivery moment of the shop, with late, cancelled, abandoned and open orders."""
    name = "track-delivery"
    late, on_time = 1156, 14552 - 1156
    ended = 14552 + 113 + 35
    late_score = around(2.603, 0.093, 1135, "score", f"moment = '{name}' and ending = 'late'")
    good_score = around(4.284, 0.018, 13383, "score", f"moment = '{name}' and ending = 'on time'")
    failed_score = around(1.74, 0.27, 96, "score", f"moment = '{name}' and ending = 'order_cancelled'")
    both = f"moment = '{name}' and score is not null"
    gone_score = around(2.1, 0.6, 21, "score", f"moment = '{name}' and outcome = 'abandoned'")
    counts = [
        (4, 3, 0), (48, 45, 0), (0, 0, 0), (1, 1, 0), (116, 113, 0),
        (260, 253, 0), (395, 388, 0), (352, 347, 0), (548, 541, 0), (478, 472, 0),
        (595, 588, 0), (640, 632, 0), (633, 627, 0), (684, 676, 0), (1105, 1081, 0),
        (832, 823, 0), (1070, 1054, 0), (985, 968, 0), (1061, 1046, 0), (1021, 1016, 0),
        (1009, 1001, 0), (906, 902, 0), (920, 913, 12), (941, 937, 41), (96, 91, 247),
    ]  # fmt: skip
    return moment(
        name,
        (14552, 0, 113, 35, 300),
        about="Where is my order, and when will it be here?",
        owner="post-purchase pod",
        people=14871,
        endings=(
            ending(name, "completed", "on time", on_time, ended, 14552, good_score, 9.6),
            ending(name, "completed", "late", late, ended, 14552, late_score, 31.2),
            ending(name, "failed", "order_cancelled", 113, ended, 113, failed_score, 4.1),
            ending(name, "abandoned", "", 35, ended, 35, gone_score, 44.0),
        ),
        gaps=(
            ScoreGap(
                "on time",
                "order_cancelled",
                good_score,
                failed_score,
                around(-2.54, 0.27, 13479, "score", both),
            ),
            ScoreGap("on time", "late", good_score, late_score, around(-1.682, 0.0985, 14518, "score", both)),
        ),
        trend=months(counts),
        targets=(
            TargetCheck(
                "completion_rate",
                0.97,
                share_of(14552, ended, f"moment = '{name}' and outcome != 'open'"),
                True,
            ),
            TargetCheck(
                "p90_duration",
                14 * DAY,
                around(23.1 * DAY, 0.3 * DAY, 14552, "seconds", f"moment = '{name}' and outcome = 'completed'"),
                False,
            ),
            TargetCheck("ces", 5.5, nothing("score"), None),
        ),
        qualifies=("the score differs by ending", "customers wait for days"),
    )


def shop_moments() -> list[MomentSummary]:
    """Four moments of the shop: a large one, one that often fails, one all open, one that never started."""
    rows = "moment = 'pay-for-order' and outcome != 'open'"
    pay = moment(
        "pay-for-order",
        (9120, 310, 842, 1130, 12),
        about="Let me pay the way I like, and tell me at once that it worked.",
        intent="buy",
        stage="decision",
        critical=True,
        owner="checkout team",
        version=3,
        durations=spans(41.0, 95.0, 900.0, 9120, "moment = 'pay-for-order' and outcome = 'completed'"),
        waits=spans(22.0, 51.0, 500.0, 11402, rows),
        step_seconds=spans(7.5, 14.0, 66.0, 11402, rows),
        errors=share_of(1204, 11402, rows),
        understood=share_of(61, 70, rows),
        endings=(
            ending("pay-for-order", "completed", "payment_approved", 9120, 11402, 9120, nothing("score"), 0.001),
            ending("pay-for-order", "abandoned", "", 1130, 11402, 1130, nothing("score"), 0.4),
            ending("pay-for-order", "failed", "payment_declined", 842, 11402, 842, nothing("score"), 0.002),
            ending("pay-for-order", "escalated", "ticket_opened", 310, 11402, 310, nothing("score"), 1.2),
        ),
        trend=months([(900 + 40 * i, 700 + 35 * i, i // 10) for i in range(11)], 2017, 10),
        targets=(
            TargetCheck("completion_rate", 0.85, share_of(9120, 11402, rows), False),
            TargetCheck("p50_duration", 45.0, around(41.0, 0.8, 9120, "seconds", rows), True),
            TargetCheck("failure_rate", 0.075, share_of(842, 11402, rows), None),
        ),
    )
    review = moment(
        "leave-a-review",
        (0, 0, 0, 0, 18),
        intent="feel-seen",
        stage="feedback",
        archetype="social",
        about="I want to say how it was, and that somebody reads it.",
        trend=months([(0, 0, 18)], 2018, 8),
    )
    back = moment(
        "return-an-item",
        (0, 0, 0, 0, 0),
        intent="do",
        stage="assistance",
        about="It does not fit. How do I send it back?",
        owner="returns desk",
    )
    return [track_delivery(), pay, review, back]


def finding(title: str, kind: str, estimate: Estimate, grade: Grade = "C", **changes: object) -> Finding:
    """A finding about the delivery moment."""
    facts: dict[str, object] = {
        "id": f"track-delivery/{kind}",
        "moment": "track-delivery",
        "kind": kind,
        "title": title,
        "estimate": estimate,
        "grade": grade,
        "grade_reason": "Late and on-time customers were compared as they came. Nothing was changed.",
        "people": 1150,
        "sources": ("orders", "reviews"),
    }
    return Finding(**(facts | changes))  # type: ignore[arg-type]  # any field may be changed


def shop_findings() -> list[Finding]:
    """Five findings of the shop, strongest first, one with money."""
    return [
        finding(
            "One order in thirteen came later than promised: 1,156 promises broken.",
            "late_rate",
            share_of(1156, 14552, "moment = 'track-delivery' and outcome = 'completed'"),
            money=Estimate(14450.0, 1156, "money", 12300.0, 16700.0),
            currency="BRL",
            detail="The usual late order took 31.2 days. The usual one on time took 9.6.",
        ),
        finding(
            "Customers whose order came late gave 1.7 points less.",
            "score_gap",
            around(-1.682, 0.0985, 14518, "score", "moment = 'track-delivery' and outcome = 'completed'"),
        ),
        finding(
            "One customer in ten left at the payment page and did not come back.",
            "abandonment_rate",
            share_of(1130, 11402, "moment = 'pay-for-order' and outcome != 'open'"),
            "D",
            moment="pay-for-order",
            people=1102,
            sources=("web events",),
            grade_reason="The cost is the team's own guess.",
        ),
        finding(
            "Shorter payment pages lose fewer customers.",
            "experiment",
            share_of(93, 1000),
            "A",
            moment="pay-for-order",
            grade_reason="Visitors were split by chance.",
        ),
        finding(
            "One delivery in twenty took longer than 29 days.",
            "slow_tail",
            around(29.2 * DAY, 0.5 * DAY, 14552, "seconds"),
            people=728,
            sources=("orders",),
        ),
    ]


def shop_signals() -> list[SignalSummary]:
    """Rage clicks on a few elements of the shop."""
    places = tuple(
        SignalPlace(
            page=page,
            element=element,
            people=people,
            count=Estimate(count, count, "count", rows=f"page = '{page}' and element = '{element}'", table="signals"),
        )
        for page, element, count, people in (
            ("/checkout/payment", "button#pay", 214, 180),
            ("/orders/track", "a.carrier-link", 96, 81),
            ("/checkout/address", "input[name=zip]", 41, 40),
        )
    )
    count = Estimate(388, 388, "count", rows="signal = 'rage_click'", table="signals")
    return [SignalSummary(signal="rage_click", count=count, people=327, places=places)]


def shop_run() -> RunFacts:
    """What the audit of the shop looked at."""
    return RunFacts(
        title="Olist, a marketplace in Brazil",
        customers=14987,
        events=91204,
        sources=(
            SourceFacts(
                name="orders",
                rows=15000,
                events=58204,
                rejected={"no time in 'approved_at'": 3},
                files=("olist_orders_dataset.csv",),
                note="Times without a zone were read as UTC.",
            ),
            SourceFacts(
                name="reviews",
                rows=14911,
                events=14880,
                files=("olist_order_reviews.csv",),
                rejected={"score is not a number": 2, "unreadable time": 1},
            ),
            SourceFacts(name="payments", rows=18120, events=18120, files=("olist_order_payments_dataset.csv",)),
        ),
        first_at=to_micros(datetime(2016, 9, 4, 21, 15, tzinfo=UTC)),
        last_at=to_micros(datetime(2018, 10, 17, 17, 30, tzinfo=UTC)),
        as_of=to_micros(datetime(2018, 10, 17, 17, 30, tzinfo=UTC)),
        event_names=(
            ("order_placed", 15000),
            ("order_approved", 14980),
            ("order_delivered", 14552),
            ("review", 14880),
        ),
        starts={"return-an-item": "return_requested"},
        seconds=(("read", 1.42), ("pass", 0.31), ("measure", 0.84), ("draw", 1.1)),
        versions={"momentwise": "0.1.0", "duckdb": "1.5.5", "python": "3.11.7"},
        command="momentwise audit data/olist --sources examples/olist/sources.yaml --out out/olist",
    )


def many_moments(count: int = 40) -> list[MomentSummary]:
    """So many moments, every stage and intent among them, each with everything filled in."""
    stages = ("discovery", "assistance", "decision", "feedback", "retention")
    intents = ("know", "go", "do", "buy", "feel-seen")
    template = track_delivery()
    found = []
    for index in range(count):
        name = f"moment-number-{index}-with-a-long-name"
        endings = tuple(
            ending(
                name,
                "completed" if i < 7 else "failed",
                f"a way of ending called {i}",
                900 - 90 * i,
                5000,
                4000,
                around(4.2 - 0.2 * i, 0.1, 400, "score"),
                3.0 + i,
            )
            for i in range(10)
        )
        found.append(
            moment(
                name,
                (4000 + index, 300, 500, 200, index * 10),
                stage=stages[index % 5],
                intent=intents[index % 3],
                endings=endings,
                gaps=template.gaps * 3,
                trend=template.trend,
                targets=template.targets,
                about="I want to know where my order is.",
            )
        )
    return found


def hostile_moment() -> MomentSummary:
    """A moment whose every text tries to break out of the page and of the shell."""
    score = around(3.0, 0.2, 40, "score", f"ending = '{HOSTILE}'")
    return moment(
        "track-delivery",
        (90, 0, 10, 0, 0),
        about=HOSTILE + "\ud800\x07",
        owner=HOSTILE,
        qualifies=(HOSTILE,),
        endings=(ending("track-delivery", "failed", HOSTILE + "\x07", 10, 100, 10, score, 1.0),),
        gaps=(ScoreGap(HOSTILE, HOSTILE, score, score, around(0.0, 0.2, 80, "score")),),
        trend=months([(50, 45, 0), (50, 45, 0)]),
    )
