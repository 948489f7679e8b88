"""Each planted thing is in the data where it says, and gone where it is switched off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from momentwise.errors import DefinitionError
from momentwise.simulate.plans import PLAN_NAMES, choose_plans

Rows = list[dict[str, str]]
Shop = dict[str, Rows]
Make = Callable[..., Shop]


def days_between(begin: str, end: str) -> float:
    """Days from one ISO instant to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() / 86_400


def mean(numbers: list[float]) -> float:
    """The arithmetic mean."""
    return sum(numbers) / len(numbers)


def events(shop: Shop, **wanted: str) -> Rows:
    """The tracker's rows that have these values."""
    return [row for row in shop["web_events"] if all(row[key] == value for key, value in wanted.items())]


def test_a_plan_that_is_not_known_is_refused_with_the_nearest() -> None:
    """A slip of the pen gets a hint."""
    with pytest.raises(DefinitionError, match="late-period"):
        choose_plans(without=["late-priod"])


def test_plans_are_chosen_by_name() -> None:
    """All by default, none with nothing, one with only, all but one with without."""
    assert frozenset(PLAN_NAMES) == choose_plans()
    assert frozenset() == choose_plans(nothing=True)
    assert frozenset({"gallery"}) == choose_plans(only=["gallery"])
    assert frozenset(PLAN_NAMES) - {"gallery"} == choose_plans(without=["gallery"])


@pytest.mark.req("D05")
def test_the_id_field_holds_nine_seconds_and_says_no_why(shop: Shop, truth: dict[str, Any]) -> None:
    """As many focused fields as the truth counts; what follows comes at least five seconds later, with no reason shown."""
    thing = truth["planted"]["id-field"]
    focused = events(shop, element="id-upload", type="field_focused")
    after = events(shop, element="id-upload", type="file_chosen") + events(shop, element="id-upload", type="field_left")
    assert thing["touched"] == len(focused) == len(after)
    assert thing["people"] == len({row["user_id"] for row in focused})
    assert not events(shop, element="id-upload", type="why_shown")
    begun = sorted((row["user_id"], int(row["ts"])) for row in focused)
    ended = sorted((row["user_id"], int(row["ts"])) for row in after)
    assert min(end[1] - begin[1] for begin, end in zip(begun, ended, strict=True)) >= 5_000
    assert abs(thing["figures"]["seconds_of_completed"] - 9) < 0.3


@pytest.mark.req("D06")
def test_the_button_is_out_of_reach_on_small_phones_alone(shop: Shop, truth: dict[str, Any]) -> None:
    """Below the lower edge on 360x640, above it on 414x896; no other control ever lies below."""
    pressed = [row for row in shop["web_events"] if row["type"] in ("click", "tap")]
    below = [row for row in pressed if int(row["y"]) > int(row["viewport_height"])]
    assert {("continue", "360", "640")} == {(r["element"], r["viewport_width"], r["viewport_height"]) for r in below}
    assert truth["planted"]["thumb-reach"]["touched"] == len(below)
    assert events(shop, element="continue", viewport_width="414", viewport_height="896")


@pytest.mark.req("D07")
def test_nine_and_five_seconds_are_added_to_the_checkout(shop: Shop, truth: dict[str, Any]) -> None:
    """Completed checkouts of the four groups differ by what was planted, within what chance allows at this size."""
    orders: dict[str, list[int]] = {}
    for row in shop["orders"]:
        at = int(datetime.fromisoformat(row["created_at"]).timestamp() * 1000)
        orders.setdefault(row["customer_id"], []).append(at)
    asked = {row["user_id"] for row in events(shop, element="id-upload", type="field_focused")}
    small = {row["user_id"] for row in events(shop, viewport="360x640")}
    took: dict[tuple[bool, bool], list[float]] = {}
    for row in events(shop, type="begin_checkout"):
        begun, who = int(row["ts"]), row["user_id"]
        done = [at for at in orders.get(who, ()) if begun <= at <= begun + 600_000]
        if done:
            took.setdefault((who in asked, who in small), []).append((done[0] - begun) / 1000)
    means = {group: mean(values) for group, values in took.items()}
    of_id = mean([means[True, small] - means[False, small] for small in (False, True)])
    of_reach = mean([means[id_, True] - means[id_, False] for id_ in (False, True)])
    assert abs(of_id - 9) < 2.5
    assert abs(of_reach - 5) < 2.5
    assert truth["checkout"]["touched_by_both_frictions"] > 100


@pytest.mark.req("D15")
def test_pre_orders_hear_nothing_for_a_week(shop: Shop, truth: dict[str, Any]) -> None:
    """Between the confirmation and the dispatch lies a week without a message, and four in ten ask for news."""
    preorders = {row["order_id"] for row in shop["orders"] if row["category"] == "pre-order" and row["shipped_at"]}
    sent: dict[str, list[str]] = {}
    for row in shop["messages"]:
        if row["order"] in preorders:
            sent.setdefault(row["order"], []).append(row["sent_at"])
    gaps = [days_between(*sorted(times)[:2]) for times in sent.values() if len(times) > 1]
    assert min(gaps) >= 7
    asked = {row["Order"] for row in shop["tickets"] if row["Topic"] == "any-news"}
    asked |= {row["order"] for row in shop["contacts"] if row["topic"] == "any-news"}
    thing = truth["planted"]["silent-week"]
    assert thing["figures"]["contacts"]["realised"] == pytest.approx(len(asked & preorders) / len(preorders), abs=0.02)


def test_without_the_silent_week_pre_orders_are_told_how_they_stand(make: Make) -> None:
    """Messages every other day, and nobody asks for news."""
    shop = make(without=["silent-week"])
    assert "order-status" in {row["template"] for row in shop["messages"]}
    assert "any-news" not in {row["Topic"] for row in shop["tickets"]} | {row["topic"] for row in shop["contacts"]}


def test_most_parcels_of_the_fortnight_are_late_and_few_others(shop: Shop, truth: dict[str, Any]) -> None:
    """Seven in ten of those promised for that time, three in a hundred else; late ones get fewer stars."""
    figures = truth["planted"]["late-period"]["figures"]
    late: dict[bool, list[bool]] = {True: [], False: []}
    is_late = {}
    for row in shop["orders"]:
        if not row["delivered_at"] or row["category"] == "pre-order":
            continue
        promised = datetime.fromisoformat(row["promised_at"]).timestamp() * 1e6
        is_late[row["order_id"]] = row["delivered_at"] > row["promised_at"]
        late[figures["since"] <= promised < figures["until"]].append(is_late[row["order_id"]])
    assert 0.55 < mean([float(one) for one in late[True]]) < 0.85
    assert mean([float(one) for one in late[False]]) < 0.06
    assert figures["late_in_period"] == sum(late[True])
    stars = {True: [], False: []}
    for row in shop["reviews"]:
        if row["order"] in is_late:
            stars[is_late[row["order"]]].append(float(row["stars"]))
    assert mean(stars[False]) - mean(stars[True]) > 0.8


def test_one_segment_breaks_under_a_flat_total(truth: dict[str, Any]) -> None:
    """The total before and after differ by little, while half of the segment's payments fail."""
    checkout, figures = truth["checkout"], truth["planted"]["broken-segment"]["figures"]
    assert abs(checkout["completed_share_after"] - checkout["completed_share_before"]) < 0.05
    assert figures["completed_share"] < 0.6 * figures["would_have_completed_share"]


def test_payments_fail_in_the_broken_segment_alone(shop: Shop) -> None:
    """Every failed payment belongs to a customer with the locale and the new version."""
    known = {row["user_id"]: (row["locale"]) for row in shop["web_events"] if row["locale"]}
    failed = {row["user_id"] for row in events(shop, type="payment_failed")}
    new = {row["user_id"] for row in events(shop, app_version="4.2")}
    assert {"pt-PT"} == {known[who] for who in failed}
    assert failed <= new


@pytest.mark.req("C20")
def test_the_vague_confirmation_alone_makes_people_ask_what_happens_next(shop: Shop, truth: dict[str, Any]) -> None:
    """Every such question belongs to an order with the second wording."""
    vague = {row["order"] for row in shop["messages"] if row["template"] == "order-confirmation-v2"}
    asked = {row["Order"] for row in shop["tickets"] if row["Topic"] == "what-now"}
    asked |= {row["order"] for row in shop["contacts"] if row["topic"] == "what-now"}
    assert asked <= vague
    expected = truth["planted"]["vague-confirmation"]["figures"]["contacts"]["realised"]
    assert expected == pytest.approx(len(asked) / len(vague), abs=0.01)


@pytest.mark.req("D09")
def test_two_seconds_for_many_and_twenty_for_three(shop: Shop, truth: dict[str, Any]) -> None:
    """Results that take about two seconds more on thousands of visits, one page of twenty seconds on three."""
    slow = [row for row in events(shop, page="/search", type="page_view") if float(row["duration"]) > 1.2]
    assert truth["planted"]["slow-search"]["touched"] == len(slow)
    assert truth["planted"]["slow-search"]["figures"]["seconds"]["realised"] == pytest.approx(2, abs=0.05)
    rare = events(shop, page="/gift-cards")
    assert [True] * 3 == [float(row["duration"]) >= 20 for row in rare]


@pytest.mark.req("D33")
def test_the_quiet_region_comes_back_less_and_says_nothing(truth: dict[str, Any]) -> None:
    """The realised loss among those who could come back is that of the same draws without it."""
    thing = truth["planted"]["quiet-region"]
    assert thing["figures"]["coming_back"]["planted"] == pytest.approx(-0.23)
    assert thing["figures"]["coming_back"]["realised"] < -0.03


@pytest.mark.req("R11")
def test_a_broken_part_dominates_what_is_said_of_assembly(shop: Shop) -> None:
    """At least four in ten of the category's complaints and poor reviews speak of a part."""
    assembly = {row["order_id"] for row in shop["orders"] if row["category"] == "assembly"}
    said = [row["Subject"] for row in shop["tickets"] if row["Order"] in assembly]
    said += [row["note"] for row in shop["contacts"] if row["order"] in assembly and row["note"]]
    said += [
        row["text"] for row in shop["reviews"] if row["order"] in assembly and int(row["stars"]) <= 3 and row["text"]
    ]
    words = ("broken", "missing", "damaged")
    of_parts = [text for text in said if any(word in text.lower() for word in words)]
    assert len(of_parts) / len(said) >= 0.4


def test_innocents_are_pressed_many_times_within_a_second(shop: Shop) -> None:
    """Bursts of four: on the stepper, the gallery, the calendar and the colours, and nowhere else."""
    bursts: Counter[str] = Counter()
    recent: dict[str, Rows] = {}
    for row in sorted((r for r in shop["web_events"] if r["type"] in ("click", "tap")), key=lambda r: int(r["ts"])):
        last = [*recent.get(row["user_id"], []), row][-4:]
        recent[row["user_id"]] = last
        is_one = all(a["element"] == b["element"] for a, b in pairwise(last))
        if len(last) == 4 and is_one and int(last[-1]["ts"]) - int(last[0]["ts"]) <= 1000:
            bursts[row["element"]] += 1
    assert {"quantity-plus", "gallery-next", "calendar-next", "colour-swatch"} == set(bursts)


def test_a_shop_of_pure_noise_has_no_friction(make: Make) -> None:
    """No ID, nothing out of reach, no late parcel, no failed payment, one wording, one version."""
    shop = make(nothing=True)
    assert not events(shop, element="id-upload")
    assert not events(shop, type="payment_failed")
    assert not events(shop, app_version="4.2")
    assert all(r["delivered_at"] <= r["promised_at"] for r in shop["orders"] if r["delivered_at"])
    assert "order-confirmation-v2" not in {row["template"] for row in shop["messages"]}
    assert {"invoice", "address", "return", "assembly"} >= {row["Topic"] for row in shop["tickets"]}
    pressed = [row for row in shop["web_events"] if row["type"] in ("click", "tap")]
    assert all(int(row["y"]) < int(row["viewport_height"]) for row in pressed)


@pytest.mark.parametrize(("plan", "element"), [("gallery", "gallery-next"), ("quantity-stepper", "quantity-plus")])
def test_one_plan_alone(make: Make, plan: str, element: str) -> None:
    """`--only` follows the plan and no other."""
    shop = make(only=[plan])
    elements = {row["element"] for row in shop["web_events"]}
    assert element in elements
    assert not elements & ({"id-upload", "colour-swatch", "gallery-next", "calendar-next", "quantity-plus"} - {element})
