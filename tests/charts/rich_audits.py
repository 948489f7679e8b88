"""A rich audit that never was: a shop with every kind of finding, and all that the page shows beside them."""

from __future__ import annotations

from datetime import UTC, datetime

from fake_audits import DAY, HOSTILE, around, finding, moment, months, share_of, shop_moments
from momentwise.define.finding import Cost, Estimate, Finding, MomentSummary, Quote, Split, Where
from momentwise.define.instant import to_micros

SIGN_UP = "open-account"


def instant(year: int, month: int, day: int) -> int:
    """The first microsecond of a UTC day."""
    return to_micros(datetime(year, month, day, tzinfo=UTC))


def ledger() -> Split:
    """Nine seconds and five seconds that make fourteen."""
    rows = f"moment = '{SIGN_UP}' and outcome = 'completed'"
    return Split(
        title="Seconds that each friction adds",
        parts=(
            ("id_number asked too early", around(9.02, 0.6, 4812, "seconds", rows)),
            ("Confirm button below the screen", around(4.97, 0.5, 3120, "seconds", rows)),
        ),
        total=around(13.99, 0.8, 4812, "seconds", rows),
    )


def cost(frequency: float, total: tuple[float, float, float], *, missing: tuple[str, ...] = ()) -> Cost:
    """Money per month with two of three factors known; the third is missing where `missing` says so."""
    value, low, high = total
    return Cost(
        currency="EUR",
        frequency=around(frequency, frequency * 0.04, 4812, "count"),
        failure=Estimate(value * 0.7, 4812, "money", low * 0.7, high * 0.7),
        deflection=Estimate(value * 0.3, 4812, "money", low * 0.3, high * 0.3),
        lifetime=None,
        total=Estimate(value, 4812, "money", low, high),
        missing=missing,
    )


def _quote(text: str, source: str = "chat_message", score: float | None = None) -> Quote:
    return Quote(text=text, customer="c-1", at=instant(2018, 3, 14), source=source, channel="web", score=score)


def friction() -> Finding:
    """The form that asks for an identity number before customers know why."""
    rows = f"moment = '{SIGN_UP}' and last_step = 'field_focused'"
    return finding(
        "The form asks for an ID number before anybody says why, and one in six stops there.",
        "premature_ask",
        share_of(802, 4812, rows),
        id=f"{SIGN_UP}/premature_ask/id_number",
        moment=SIGN_UP,
        people=4812,
        detail="Customers stay on this field for 9 seconds longer than on any other, and more of them leave.",
        sources=("behaviour", "words", "contacts"),
        standing="priority",
        where=Where(signal="premature_ask", page="/sign-up/identity", element="id_number", step="form_started"),
        seconds=around(9.02, 0.6, 4812, "seconds", rows),
        weekly_seconds=around(43_300.0, 2_900.0, 4812, "seconds", rows),
        completion=around(-0.081, 0.014, 9600, "share", rows),
        emotion=around(-0.62, 0.21, 840, "score", rows),
        returning=around(-0.034, 0.012, 9600, "share", rows),
        cost=cost(20_850.0, (18_400.0, 14_900.0, 22_300.0), missing=("what one customer brings (lifetime_value)",)),
        splits=(ledger(),),
        quotes=(
            _quote("Why do you need my ID before I even know the price?"),
            _quote("I stopped at the passport field. I did not have it with me.", "survey_answered", 2.0),
        ),
        next_step="Say beside the field why it is needed, and ask after the price.",
        effort="low",
        impact="high",
        quadrant="quick win",
        quick_win=True,
        rank_stability=0.97,
    )


def late_delivery() -> Finding:
    """Orders that came later than promised, with dose, months and states."""
    rows = "moment = 'track-delivery' and ending = 'late'"
    shares = [3.1, 2.8, 4.0, 3.4, 5.1, 4.4, 6.0, 5.2, 14.6, 8.1, 6.6, 15.3, 19.7, 5.9, 7.2, 2.0, 4.8, 9.6]
    return finding(
        "One order in thirteen comes later than promised, and each late day costs trust.",
        "broken_promise",
        share_of(1156, 14552, rows),
        detail="The usual late order took 31.2 days. The usual one on time took 9.6.",
        people=1150,
        sources=("behaviour", "survey"),
        standing="priority",
        where=Where(signal="broken_promise", step="order_shipped", since=instant(2017, 11, 1)),
        emotion=around(-1.682, 0.0985, 14518, "score", rows),
        returning=around(-0.02, 0.008, 14518, "share", rows),
        cost=cost(482.0, (14_450.0, 12_300.0, 16_700.0)),
        splits=(
            Split(
                title="Mean score by days late",
                parts=(
                    ("on time", around(4.28, 0.02, 13383, "score", rows)),
                    ("0 to 3 days late", around(3.78, 0.12, 398, "score", rows)),
                    ("3 to 7 days late", around(2.32, 0.15, 371, "score", rows)),
                    ("7 to 14 days late", around(1.69, 0.13, 244, "score", rows)),
                    ("more than 14", around(1.62, 0.4, 22, "score", rows)),
                ),
            ),
            Split(
                title="Share late by month",
                parts=tuple(
                    (f"{2017 + (index + 2) // 12}-{(index + 2) % 12 + 1:02d}", share_of(round(share * 8), 800, rows))
                    for index, share in enumerate(shares)
                ),
            ),
            Split(
                title="Share late by state",
                parts=tuple(
                    (state, share_of(round(share * n / 100), n, f"{rows} and properties.state = '{state}'"))
                    for state, share, n in (
                        ("CE", 15.4, 220), ("RJ", 13.1, 1900), ("BA", 12.2, 500), ("PA", 11.9, 160), ("ES", 11.4, 310),
                        ("SC", 8.7, 540), ("RS", 7.0, 830), ("MG", 5.5, 1740), ("SP", 5.1, 6200), ("PR", 4.9, 760),
                    )
                ),
            ),
        ),
        quotes=(
            _quote("Still waiting. The page has said “on its way” for nine days.", "review_written", 1.0),
            _quote("It was a birthday present. The birthday was last week.", "call_noted"),
        ),
        next_step="Promise the 19-in-20 date in CE and RJ, and write on the day before a promise breaks.",
        effort="medium",
        impact="high",
        quadrant="big bet",
        judged="Effort medium: the carrier must agree.",
        contacts=around(0.11, 0.02, 14518, "share", rows),
        rank_stability=0.99,
    )  # fmt: skip


def segment() -> Finding:
    """Small phones break under a flat total."""
    rows = "moment = 'pay-for-order' and properties.device = 'small phone'"
    return finding(
        "On small phones the pay button lies below the screen, and 12 points fewer complete.",
        "segment",
        around(-0.121, 0.03, 1680, "share", rows),
        id="pay-for-order/segment/small-phone",
        moment="pay-for-order",
        people=1590,
        sources=("behaviour",),
        standing="established",
        standing_reason="Only behaviour shows it; no customer has said so yet.",
        where=Where(
            signal="out_of_reach", page="/checkout/payment", element="button#pay", segment={"device": "small phone"}
        ),
        seconds=around(4.97, 0.5, 1590, "seconds", rows),
        weekly_seconds=around(7_900.0, 900.0, 1590, "seconds", rows),
        completion=around(-0.121, 0.03, 1680, "share", rows),
        emotion=around(-0.2, 0.24, 130, "score", rows),
        cost=cost(640.0, (6_300.0, 4_100.0, 8_800.0)),
        splits=(
            Split(
                title="Share completed by device",
                parts=(
                    ("small phone", share_of(1140, 1680, rows)),
                    ("large phone", share_of(3250, 4020, rows)),
                    ("tablet", share_of(19, 24, rows)),
                    ("desktop", share_of(4720, 5700, rows)),
                ),
            ),
        ),
        next_step="Keep the pay button on the screen of phones under 380 pixels.",
        effort="low",
        impact="low",
        quadrant="fill-in",
        rank_stability=0.88,
    )


def silence() -> Finding:
    """A week without a word between order and hand-over."""
    rows = "signal = 'silence'"
    return finding(
        "After the order is approved nobody says a word for 7 days, and 640 people ask where it is.",
        "silence",
        Estimate(7.1 * DAY, 2210, "seconds", 6.9 * DAY, 7.3 * DAY, rows, "signals"),
        people=640,
        sources=("behaviour", "contacts", "words"),
        standing="priority",
        where=Where(signal="silence", step="order_approved"),
        emotion=around(-0.41, 0.16, 900, "score", rows),
        splits=(
            Split(
                title="Days to hand-over by month",
                parts=tuple(
                    (
                        f"2018-0{month}",
                        Estimate(days * DAY, 300, "seconds", (days - 0.4) * DAY, (days + 0.4) * DAY, rows),
                    )
                    for month, days in ((1, 6.1), (2, 7.9), (3, 8.8), (4, 7.2), (5, 6.6), (6, 6.4))
                ),
            ),
        ),
        quotes=(_quote("Has my order been forgotten? I paid on Monday.", "ticket_opened"),),
        next_step="Send one message on day 3 that says what is happening now.",
        rank_stability=0.74,
    )


def contradiction() -> Finding:
    """The score is steady while customers stop coming back."""
    rows = "moment = 'track-delivery' and score is not null"
    return finding(
        "The score has been steady at 4.1, yet 6 points fewer come back.",
        "contradiction",
        around(-0.061, 0.012, 8200, "share", rows),
        people=4100,
        grade_reason="Two halves of the year were compared as they came. Nothing was changed.",
        sources=("behaviour", "survey"),
        standing="established",
        standing_reason="What customers say and what they do point to different things.",
        returning=around(-0.061, 0.012, 8200, "share", rows),
        splits=(
            Split(
                title="Who came back within 90 days",
                parts=(("first half", share_of(1190, 4050, rows)), ("second half", share_of(965, 4150, rows))),
            ),
        ),
        next_step="Ask 20 customers who did not come back, before anybody trusts the score again.",
    )


def product_fault() -> Finding:
    """One product brings a third of all returns."""
    return finding(
        "One product, the folding lamp, brings a third of all returns.",
        "product_fault",
        share_of(310, 931, "moment = 'pay-for-order' and ending = 'payment_declined'"),
        moment="pay-for-order",
        people=304,
        sources=("contacts", "words"),
        standing="established",
        where=Where(element="folding-lamp"),
        cost=Cost(
            currency="EUR",
            frequency=around(31.0, 4.0, 310, "count"),
            missing=("what one failure costs (failure_cost)",),
        ),
        quotes=(_quote("The lamp came with a broken hinge. Again.", "review_written", 1.0),),
        next_step="Stop selling the lamp until the hinge is fixed; service cannot repair it.",
        effort="high",
        impact="low",
        quadrant="not now",
    )


def rich_findings() -> list[Finding]:
    """Six findings whose harm is shown, three levels, and one that could not be shown."""
    levels = [
        finding(
            "One delivery in twenty took longer than 29 days.",
            "slow_tail",
            around(29.2 * DAY, 0.5 * DAY, 14552, "seconds"),
            people=728,
            sources=("behaviour",),
        ),
        finding(
            "One customer in ten left at the payment page and did not come back.",
            "abandonment_rate",
            share_of(1130, 11402, "moment = 'pay-for-order' and outcome = 'abandoned'"),
            moment="pay-for-order",
            people=1102,
            sources=("behaviour",),
        ),
        finding(
            "Three in a hundred orders needed help.", "escalation_rate", share_of(310, 11402), moment="pay-for-order"
        ),
    ]
    doubtful = finding(
        "Customers on tablets may leave more often.",
        "segment",
        share_of(5, 24, "moment = 'pay-for-order' and properties.device = 'tablet'"),
        moment="pay-for-order",
        people=24,
        standing="not established",
        standing_reason="Only 24 customers came on a tablet.",
    )
    shown = [friction(), late_delivery(), segment(), silence(), contradiction(), product_fault()]
    return [*shown, *levels, doubtful]


def rich_moments() -> list[MomentSummary]:
    """The shop's moments, and one in which customers open an account."""
    sign_up = moment(
        SIGN_UP,
        (8000, 60, 102, 1438, 20),
        about="I want an account, and I do not want to think about it.",
        intent="do",
        stage="discovery",
        critical=True,
        owner="growth team",
        trend=months([(500 + 10 * i, 440 + 4 * i - (60 if i > 9 else 0), 0) for i in range(16)], 2017, 4),
    )
    return [sign_up, *shop_moments()]


def hostile_finding() -> Finding:
    """A finding whose every text tries to break out of the page."""
    share = share_of(40, 90, f"ending = '{HOSTILE}'")
    parts = tuple((f"{HOSTILE}{index}", share) for index in range(10))
    return finding(
        HOSTILE,
        HOSTILE,
        share,
        standing="priority",
        standing_reason=HOSTILE,
        where=Where(page=HOSTILE, element=HOSTILE, step=HOSTILE, segment={HOSTILE: HOSTILE}),
        completion=around(-0.1, 0.05, 90, "share"),
        splits=(Split(title=HOSTILE, parts=parts), Split(title=HOSTILE, parts=parts, total=share)),
        quotes=(Quote(text=HOSTILE + "\ud800", customer=HOSTILE, at=0, source=HOSTILE, channel=HOSTILE),),
        next_step=HOSTILE,
        effort="low",
        judged=HOSTILE,
        sources=(HOSTILE,),
        cost=Cost(currency=HOSTILE, frequency=share, missing=(HOSTILE,)),
    )
