"""Choosing: first steps and final goals stay; inner steps, detours and what is loose go, with a reason."""

from __future__ import annotations

import pytest

from momentwise.learn.choose import choose_pairs, find_echoes, find_parts, worth
from momentwise.learn.pairs import Pair

NAMES = ("seek", "begin", "order", "pay", "ship", "get", "click")
SEEK, BEGIN, ORDER, PAY, SHIP, GET, CLICK = range(7)
HOUR_US = 3_600_000_000


def pair(start: int, goal: int, share: float, need: float = 1.0, *, hours: float = 2, one_thing: bool = False) -> Pair:
    """A pair that chance would reach in one case of ten."""
    return Pair(
        start=start, goal=goal, by="order_id" if one_thing else "", window_us=round(hours * HOUR_US), starts=1_000,
        ends=1_000, people=500, share=share, chance=0.1, before=0.0, need=need, need_chance=0.1, repeat=0.0,
        is_one_thing=one_thing,
    )  # fmt: skip


def chain() -> list[Pair]:
    """An order's four steps, each of which follows from all before."""
    steps = (ORDER, PAY, SHIP, GET)
    return [
        pair(a, b, 0.97, hours=2 * (j - i) if b != GET else 90, one_thing=True)
        for i, a in enumerate(steps)
        for j, b in enumerate(steps)
        if i < j
    ]


def chosen_of(pairs: list[Pair], most: int = 15) -> list[tuple[str, str]]:
    """The names of what is chosen, best first."""
    return [(NAMES[one.start], NAMES[one.goal]) for one in choose_pairs(pairs, NAMES, most)[0]]


def reasons_of(pairs: list[Pair], most: int = 15) -> dict[tuple[str, str], str]:
    """Why each of the others is not chosen."""
    return {(NAMES[one.pair.start], NAMES[one.pair.goal]): one.reason for one in choose_pairs(pairs, NAMES, most)[1]}


def test_the_whole_chain_comes_first() -> None:
    """From the first step to the last goes before every part."""
    assert ("order", "get") == chosen_of(chain())[0]
    assert {"order"} == {start for start, _ in chosen_of(chain(), 1)}


def test_the_longest_wait_of_a_chain_is_proposed_too() -> None:
    """The last link takes four days; it is a place where people wait."""
    assert ("ship", "get") in chosen_of(chain())


def test_what_leads_into_a_chain_leads_to_its_first_step() -> None:
    """Beginning leads to an order; that the order is then paid and got says nothing of the beginning."""
    into = [pair(BEGIN, goal, 0.8) for goal in (ORDER, PAY, SHIP, GET)]
    assert ("begin", "order") in chosen_of([*into, *chain()])
    assert "get only follows from order" in reasons_of([*into, *chain()])["begin", "get"]


def test_what_leads_out_of_a_chain_starts_at_the_nearest_step() -> None:
    """A search after the parcel came starts when it came, not when it was ordered."""
    out = [pair(ORDER, SEEK, 0.4), pair(PAY, SEEK, 0.4), pair(SHIP, SEEK, 0.45), pair(GET, SEEK, 0.6)]
    assert ("get", "seek") in chosen_of([*out, *chain()])
    assert "is of the same chain and nearer to seek" in reasons_of([*out, *chain()])["order", "seek"]


def test_an_inner_step_is_named_with_its_chain() -> None:
    """From payment to parcel is a part of what the order begins."""
    assert "pay is an inner step of what order begins" == reasons_of(chain())["pay", "get"]


def test_a_detour_goes() -> None:
    """Where seeking leads to beginning and beginning to an order, both clearly, seeking to order says nothing new."""
    pairs = [pair(SEEK, BEGIN, 0.7), pair(BEGIN, ORDER, 0.8), pair(SEEK, ORDER, 0.5)]
    assert [("begin", "order"), ("seek", "begin")] == chosen_of(pairs)
    assert reasons_of(pairs)["seek", "order"].startswith("it leads over begin")


def test_a_goal_with_two_journeys_keeps_both() -> None:
    """Two starts that do not lead over each other are two moments with one goal."""
    pairs = [pair(SEEK, ORDER, 0.6, need=0.5), pair(BEGIN, ORDER, 0.7, need=0.5)]
    assert [("begin", "order"), ("seek", "order")] == chosen_of(pairs)


def test_no_more_than_asked_for() -> None:
    """What is left over says that others are stronger."""
    pairs = [pair(SEEK, BEGIN, 0.9), pair(ORDER, PAY, 0.8)]
    assert [("seek", "begin")] == chosen_of(pairs, 1)
    assert "others are stronger, and there is room for so many only" == reasons_of(pairs, 1)["order", "pay"]


def test_a_tracker_event_is_worth_little() -> None:
    """A click that leads to an order as well as anything is still no step that anybody would name."""
    assert worth(pair(CLICK, ORDER, 0.8), NAMES) < 0.5 * worth(pair(BEGIN, ORDER, 0.8), NAMES)
    assert worth(pair(BEGIN, CLICK, 0.8), NAMES) < 0.5 * worth(pair(BEGIN, ORDER, 0.8), NAMES)


def test_what_never_fails_at_once_is_worth_less() -> None:
    """Where nobody waits and nobody fails, little is at stake."""
    assert worth(pair(BEGIN, ORDER, 0.99, hours=0.1), NAMES) < worth(pair(BEGIN, ORDER, 0.9, hours=0.1), NAMES)


def test_a_failure_is_no_goal() -> None:
    """What a name calls a failure is a poor goal."""
    names = ("begin", "order_cancelled", "order")
    assert worth(pair(0, 1, 0.8), names) < 0.5 * worth(pair(0, 2, 0.8), names)


def test_loose_pairs_go() -> None:
    """A pair that hardly beats chance is not proposed."""
    pairs = [pair(SEEK, BEGIN, 0.23, need=0.3)]
    assert [] == chosen_of(pairs)
    assert {("seek", "begin"): "start and goal belong together only loosely"} == reasons_of(pairs)


def test_the_way_back_is_not_chosen_as_well() -> None:
    """Of two directions the clearer one is proposed."""
    assert [("seek", "begin")] == chosen_of([pair(SEEK, BEGIN, 0.9), pair(BEGIN, SEEK, 0.5)])


def test_echoes_are_transitive() -> None:
    """What follows from what follows from an order follows from the order, though the pair itself was not found."""
    pairs = [pair(ORDER, PAY, 0.95, one_thing=True), pair(PAY, SHIP, 0.95, one_thing=True)]
    assert {PAY: {ORDER}, SHIP: {ORDER, PAY}} == find_echoes(pairs)


@pytest.mark.parametrize("changed", [{"one_thing": False}, {"share": 0.8}, {"need": 0.8}])
def test_what_is_no_echo(changed: dict[str, float | bool]) -> None:
    """Another thing, a goal that may fail, and a goal that has other ways to it are no echoes."""
    arguments = {"share": 0.95, "need": 0.95, "one_thing": True} | changed
    assert {} == find_echoes([pair(ORDER, PAY, **arguments)])  # type: ignore[arg-type]  # keywords


def test_parts_of_a_chain() -> None:
    """All of a chain's pairs but the one from the first step to the last."""
    parts = find_parts(chain(), find_echoes(chain()))
    assert {(ORDER, GET)} == {(one.start, one.goal) for one in chain()} - {(one.start, one.goal) for one in parts}
