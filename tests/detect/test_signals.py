"""Each shape of a signal: the ordinary case, its exact bounds, ties of event time, keys, and what is told of it."""

from __future__ import annotations

import pytest

from momentwise.define.moment import Trigger
from momentwise.define.occurrence import Signal
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import parse_predicate
from momentwise.define.reading_signals import standard_signals
from momentwise.define.signal import (
    FEWEST_ANSWERS,
    FEWEST_DWELLS,
    FEWEST_GAPS,
    MOST_WAITING,
    FrictionSettings,
    Limits,
    Shape,
    SignalRule,
    SignalSettings,
)
from momentwise.define.span import DAY_US, HOUR_US, LONGEST_US, MINUTE_US, SECOND_US
from momentwise.detect.reference_limits import learn_limits
from momentwise.detect.reference_signals import detect_signals
from tests.detect.stories import BEGINNING_US, CHECKOUT, HOSTS, KINDS, Host, find, only, tell

A, B, C = (Trigger((name,)) for name in "abc")
S = SECOND_US


@pytest.fixture(params=HOSTS, ids=lambda host: host.__name__)
def host(request: pytest.FixtureRequest) -> Host:
    """Every host of the pass in turn."""
    return request.param


def rule(shape: Shape, **settings: object) -> SignalRule:
    """A rule of one shape: `a` is first, `b` is then, `c` is clear, ten seconds at most."""
    wanted = {"name": "it", "first": (A,), "then": (B,), "clear": (C,), "within_us": 10 * S, **settings}
    return SignalRule(shape=shape, **wanted)  # type: ignore[arg-type]  # settings by name


def spans(signals: list[Signal]) -> list[tuple[float, float, int]]:
    """Begin and end in seconds and the count of some signals."""
    return sorted((signal.at / S, signal.ended_at / S, signal.count) for signal in signals)


class Look:
    """Looks for one rule in stories, on one host."""

    def __init__(self, host: Host) -> None:
        """Keep the host."""
        self.host = host

    def __call__(self, one: SignalRule, *lines: str, end: str = "", limits: Limits | None = None) -> list:
        """Begin, end and count of every signal."""
        return spans(self.whole(one, *lines, end=end, limits=limits))

    def whole(self, one: SignalRule, *lines: str, end: str = "", limits: Limits | None = None) -> list[Signal]:
        """Every signal in full."""
        return find(lines, playbook=only(one), end=end, limits=limits, host=self.host)


@pytest.fixture
def look(host: Host) -> Look:
    """What the host finds of a rule."""
    return Look(host)


# ---- each ----


def test_each_event_is_one(look: Look) -> None:
    """Every event that fulfils `first` and is not ignored is a signal of no length."""
    one = rule("each", ignore=parse_predicate("page = '/x'"))
    assert [(0, 0, 1), (5, 5, 1)] == look(one, "0s a", "1s a page=/x", "2s b", "5s a page=/y")


def test_each_tells_what_its_event_says(look: Look) -> None:
    """Page, element, channel, key and the measured time."""
    one = rule("each", measure="duration", limit_us=S, by="order")
    expected = Signal("ann", "it", 0, 0, 1, "/p", "button", "o1", 2_500_000, "web")
    assert [expected] == look.whole(one, "0s a page=/p element=button channel=web order=o1 duration=2.5")


@pytest.mark.parametrize(("seconds", "count"), [("1", 0), ("1.0000004", 0), ("1.0000005", 1), ("-3", 0), ("fast", 0)])
def test_a_measured_time_is_rounded_to_microseconds(look: Look, seconds: str, count: int) -> None:
    """Half a microsecond above the limit is above it; a negative time and a text are none."""
    assert count == len(look(rule("each", measure="duration", limit_us=S), f"0s a duration={seconds}"))


def test_a_measured_time_beyond_a_thousand_years_counts_as_that(look: Look) -> None:
    """No number of a log is too large."""
    found = look.whole(rule("each", measure="duration", limit_us=S), f"0s a duration={10**17}")
    assert [LONGEST_US] == [signal.took for signal in found]


def test_a_page_has_a_limit_of_its_own(look: Look) -> None:
    """Above the learned limit and above `least`, or above `limit`; a page that taught nothing has only the last."""
    one = rule("each", measure="duration", limit_us=5 * S, least_us=2 * S, learned="answer")
    lines = [f"{n}s a page=/{page} duration={n}" for page in "xy" for n in (1, 2, 3, 4, 5, 6)]
    found = look.whole(one, *lines, limits=Limits(answers={"/x": 3 * S}))
    assert [("/x", 4 * S), ("/x", 5 * S), ("/x", 6 * S), ("/y", 6 * S)] == sorted((s.page, s.took) for s in found)


# ---- chain ----


def test_a_chain_at_its_bounds(look: Look) -> None:
    """Each may come exactly `within` after the one before; a microsecond more begins another chain."""
    one = rule("chain", count=3)
    assert [(0, 20, 3)] == look(one, "0s a", "10s a", "20s a", "30001ms a")
    assert [] == look(one, "0s a", "10s a", "20001ms a")


def test_a_chain_goes_on_as_long_as_it_does(look: Look) -> None:
    """More than `count` is one signal; the one under way when the data end is one, too."""
    assert [(0, 24, 5)] == look(rule("chain", count=3), "0s+6s*5 a", end="24s")


def test_a_chain_ends_where_it_is_cleared(look: Look) -> None:
    """What is long enough is a signal, what is not is forgotten; an event clears before it begins."""
    one = rule("chain", count=2, clear=(C, Trigger(("a",), parse_predicate("mark = 1"))))
    assert [(0, 1, 2)] == look(one, "0s a", "1s a", "2s c", "3s a", "4s c", "5s a")
    assert [(2, 3, 2)] == look(one, "0s a", "2s a mark=1", "3s a")


def test_a_chain_is_cleared_wherever_and_by_its_key(look: Look) -> None:
    """The parts are not compared; a clear with another key leaves the chain alone."""
    one = rule("chain", count=3, same=("page",), by="key")
    assert [] == look(one, "0s a page=/x", "1s a page=/x", "2s c page=/y", "3s a page=/x")
    assert [(0, 3, 3)] == look(
        one, "0s a page=/x key=k", "1s a page=/x key=k", "2s c page=/x key=l", "3s a page=/x key=k"
    )


def test_chains_of_several_places_run_side_by_side(look: Look) -> None:
    """A place is the same parts and the same key; missing equals missing."""
    one = rule("chain", count=2, same=("page",), by="key")
    lines = ("0s a page=/x", "1s a page=/y", "2s a page=/x", "3s a page=/x key=k", "4s a", "5s a page=/y", "6s a")
    assert [(0, 2, 2), (1, 5, 2), (4, 6, 2)] == look(one, *lines)


def test_ties_follow_the_order_of_arrival(look: Look) -> None:
    """Three at one instant are a chain; a clear between them cuts it."""
    assert [(0, 0, 3)] == look(rule("chain", count=3), "0s a", "0s a", "0s a")
    assert [] == look(rule("chain", count=3), "0s a", "0s a", "0s c", "0s a")


# ---- follow ----


@pytest.mark.parametrize(("after", "count"), [("1999ms", 0), ("2s", 1), ("10s", 1), ("10001ms", 0)])
def test_follow_at_its_bounds(look: Look, after: str, count: int) -> None:
    """At least `least` and at most `within` later, both included."""
    assert count == len(look(rule("follow", least_us=2 * S), "0s a", f"{after} b"))


def test_the_latest_first_of_a_place_counts_and_is_used_up(look: Look) -> None:
    """From the second `first`; a second `then` finds nothing."""
    assert [(3, 5, 2)] == look(rule("follow"), "0s a", "3s a", "5s b", "6s b")


def test_a_clear_in_between_undoes_it(look: Look) -> None:
    """Only what it matches."""
    one = rule("follow", by="key")
    assert [] == look(one, "0s a", "1s c", "2s b")
    assert [(0, 2, 2)] == look(one, "0s a key=x", "1s c key=y", "2s b key=x")


def test_a_clear_may_hold_ahead(look: Look) -> None:
    """For `within`, bound included, whatever place and key the two have; without the setting it does not."""
    one = rule("follow", by="key", same=("page",), clear_ahead=True)
    assert [] == look(one, "0s c page=/x key=k", "10s a page=/y key=l", "12s b page=/y")
    assert [(10.001, 12, 2)] == look(one, "0s c", "10001ms a", "12s b")
    assert [(1, 2, 2)] == look(rule("follow"), "0s c", "1s a", "2s b")


def test_a_clear_that_holds_ahead_leaves_what_waits_elsewhere(look: Look) -> None:
    """An earlier wait that it does not match goes on; the latest clear is the one that counts."""
    one = rule("follow", same=("page",), clear_ahead=True)
    assert [(0, 9, 2)] == look(one, "0s a page=/x", "5s c", "8s a page=/x", "9s b page=/x")
    assert [] == look(one, "0s c", "9s c", "15s a", "16s b")


def test_what_clears_ahead_may_begin_nothing_itself(look: Look) -> None:
    """An event that is both clears first, and so is no `first`."""
    both = (Trigger(("a",), parse_predicate("mark = 1")),)
    assert [] == look(rule("follow", clear=both, clear_ahead=True), "0s a mark=1", "1s b")
    assert [(0, 1, 2)] == look(rule("follow", clear=both), "0s a mark=1", "1s b")


def test_a_then_ends_all_that_it_matches_and_the_latest_decides(look: Look) -> None:
    """An answer without a key ends the waits of every key, as one signal."""
    one = rule("follow", by="key")
    assert [(1, 2, 2)] == look(one, "0s a key=x", "1s a key=y", "2s b", "3s b key=x")
    assert [(0, 2, 2), (1, 3, 2)] == look(one, "0s a key=x", "1s a key=y", "2s b key=x", "3s b key=y")


def test_a_then_that_comes_too_soon_ends_the_wait(look: Look) -> None:
    """Who answered at once did not wait, whatever they do later."""
    assert [] == look(rule("follow", least_us=2 * S), "0s a", "1s b", "5s b")


def test_one_event_may_follow_and_begin(look: Look) -> None:
    """It is `then` before it is `first`: three contacts are two repeats, and none repeats itself."""
    one = rule("follow", then=(A,))
    assert [(0, 4, 2), (4, 8, 2)] == look(one, "0s a", "4s a", "8s a")


def test_other_parts_must_be_there_and_differ(look: Look) -> None:
    """A contact on another channel; one without a channel is none."""
    one = rule("follow", other=("channel",))
    assert [(0, 1, 2)] == look(one, "0s a channel=web", "1s b channel=app")
    assert [] == look(one, "0s a channel=web", "1s b channel=web", "2s b")
    assert [] == look(one, "0s a", "1s b channel=web")


def test_follow_in_one_instant_follows_the_order_of_arrival(look: Look) -> None:
    """After it, and not before it."""
    assert [(0, 0, 2)] == look(rule("follow"), "0s a", "0s b")
    assert [] == look(rule("follow"), "0s b", "0s a")


def test_only_the_latest_are_remembered(look: Look) -> None:
    """Of more than `MOST_WAITING` the one that began first is forgotten."""
    one = rule("follow", same=("page",))
    lines = [f"{n}ms a page=/{n}" for n in range(MOST_WAITING + 1)]
    assert [] == look(one, *lines, "1s b page=/0")
    assert [(0.001, 1, 2)] == look(one, *lines, "1s b page=/1")


def test_a_trigger_s_own_window_and_label_count_for_nothing(look: Look) -> None:
    """The rule's `within` is the only one."""
    assert [(0, 9, 2)] == look(rule("follow", then=(Trigger(("b",), None, S, "late"),)), "0s a", "9s b")


# ---- missing ----


@pytest.mark.parametrize(("answer", "count"), [("10s b", 0), ("10001ms b", 1), ("1s c", 0), ("11s a", 2)])
def test_missing_at_its_bounds(look: Look, answer: str, count: int) -> None:
    """An answer at the deadline is one; a clear takes it back; a `first` after it waits anew."""
    assert count == len(look(rule("missing"), "0s b who=zoe", "0s a", answer))


def test_missing_ends_at_its_deadline_and_counts_who_waits(look: Look) -> None:
    """A second `first` joins the first and moves nothing."""
    assert [(0, 10, 3)] == look(rule("missing"), "0s b who=zoe", "0s a", "4s a", "9s a", "12s b")


@pytest.mark.parametrize(("end", "count"), [("10s", 0), ("10001ms", 1)])
def test_missing_at_the_end_of_the_data(look: Look, end: str, count: int) -> None:
    """Only what is past its deadline when the data end."""
    assert count == len(look(rule("missing"), "0s b who=zoe", "0s a", end=end))


def test_missing_needs_an_answer_somewhere(look: Look) -> None:
    """Data in which nothing is ever answered hold no answers, not failures to answer."""
    assert [] == look(rule("missing"), "0s a")
    assert [(0, 10, 1)] == look(rule("missing"), "0s a", "9d b who=zoe")


def test_missing_by_key(look: Look) -> None:
    """An answer to one does not answer another; one without a key answers all."""
    one = rule("missing", by="key")
    assert [(1, 11, 1)] == look(one, "0s a key=x", "1s a key=y", "2s b key=x")
    assert [] == look(one, "0s a key=x", "1s a key=y", "2s b")


def test_missing_forgets_the_oldest_without_a_signal(look: Look) -> None:
    """Of more than `MOST_WAITING`."""
    lines = [f"{n}ms a key=k{n}" for n in range(MOST_WAITING + 3)]
    found = look.whole(rule("missing", by="key"), "0s b who=zoe", *lines)
    assert [f"k{n}" for n in range(3, MOST_WAITING + 3)] == [s.key for s in sorted(found, key=lambda s: s.at)]


# ---- overdue ----


@pytest.mark.parametrize(("kept", "count"), [("5s b", 0), ("5001ms b", 1), ("4s c", 0), ("3s b due=@9s", 0)])
def test_overdue_at_its_bounds(look: Look, kept: str, count: int) -> None:
    """Kept at the stated instant is kept."""
    assert count == len(look(rule("overdue", measure="due"), "0s b who=zoe", "0s a due=@5s", kept))


def test_overdue_ends_when_the_stated_time_passed(look: Look) -> None:
    """From the promise to its time; `within` has no say."""
    found = look.whole(rule("overdue", measure="due", by="key"), "0s b who=zoe", "2s a due=@50s key=k page=/p")
    assert [Signal("ann", "it", 2 * S, 50 * S, 1, "/p", None, "k", 48 * S)] == found


def test_a_later_promise_takes_the_place_of_the_earlier(look: Look) -> None:
    """Unless that was broken already; one without a time or with a time gone by promises nothing."""
    one = rule("overdue", measure="due", by="key")
    seen = "0s b who=zoe"
    assert [(3, 20, 1)] == look(one, seen, "0s a due=@5s key=k", "3s a due=@20s key=k")
    assert [(0, 5, 1), (6, 20, 1)] == look(one, seen, "0s a due=@5s key=k", "6s a due=@20s key=k")
    assert [(0, 5, 1)] == look(one, seen, "0s a due=@5s key=k", "3s a key=k", "4s a due=@1s key=k")
    assert [(0, 5, 1), (3, 20, 1)] == look(one, seen, "0s a due=@5s key=k", "3s a due=@20s key=other")


@pytest.mark.parametrize(("end", "count"), [("5s", 0), ("5001ms", 1)])
def test_overdue_at_the_end_of_the_data(look: Look, end: str, count: int) -> None:
    """Only what is past its time when the data end."""
    assert count == len(look(rule("overdue", measure="due"), "0s b who=zoe", "0s a due=@5s", end=end))


# ---- turn ----


@pytest.mark.parametrize(("stay", "count"), [("7s", 1), ("10s", 1), ("10001ms", 0)])
def test_a_turn_at_its_bounds(look: Look, stay: str, count: int) -> None:
    """At most `within` on the page in between."""
    one = rule("turn")
    lines = ("0s a page=/x", "0s a page=/y", f"{stay} a page=/x")
    assert count == len(look(one, *lines))


def test_a_turn_tells_of_the_page_that_was_left(look: Look) -> None:
    """From the arrival there to the return."""
    found = look.whole(rule("turn"), "0s a page=/x", "3s a page=/y element=e channel=app", "5s a page=/x")
    assert [Signal("ann", "it", 3 * S, 5 * S, 2, "/y", "e", None, 2 * S, "app")] == found


def test_a_page_has_a_stay_of_its_own(look: Look) -> None:
    """The lesser of `within` and what was learned of the page; of a rule that learns nothing `within` alone."""
    lines = ("0s a page=/x", "0s a page=/y", "3s a page=/x")
    learned = Limits(dwells={"/y": 2 * S})
    assert [] == look(rule("turn", learned="dwell"), *lines, limits=learned)
    assert 1 == len(look(rule("turn", learned="dwell"), *lines, limits=Limits(dwells={"/y": 60 * S})))
    assert 1 == len(look(rule("turn"), *lines, limits=learned))


def test_there_and_back_twice(look: Look) -> None:
    """The return begins the next turn; the stay on the page that was left is counted once."""
    pages = [f"{n}s a page=/{page}" for n, page in enumerate("xyxyx")]
    assert [(1, 2, 2), (3, 4, 2)] == look(rule("turn"), *pages)
    assert [(1, 2, 2)] == look(rule("turn"), *pages[:4])


def test_what_is_done_in_between_undoes_a_turn(look: Look) -> None:
    """Wherever; views without a page are not seen."""
    assert [] == look(rule("turn"), "0s a page=/x", "1s a page=/y", "2s c", "3s a page=/x")
    assert [] == look(rule("turn"), "0s a page=/x", "1s c", "2s a page=/y", "3s a page=/x")
    assert [(1, 3, 2)] == look(rule("turn"), "0s a page=/x", "1s a page=/y", "2s a", "3s a page=/x")


# ---- lone ----


@pytest.mark.parametrize(("other", "count"), [("10s z", 0), ("10001ms z", 1), ("0s z", 0)])
def test_lone_at_its_bounds(look: Look, other: str, count: int) -> None:
    """No other event, of whatever kind, within ten seconds before it or after it."""
    one = rule("lone")
    assert count == len(look(one, "0s a", other))
    assert count == len(look(one, f"0s z {'who=bob' if count else ''}", f"{other.split(maxsplit=1)[0]} a"))


@pytest.mark.parametrize(("end", "count"), [("10s", 0), ("10001ms", 1)])
def test_lone_at_the_end_of_the_data(look: Look, end: str, count: int) -> None:
    """Something may still come."""
    assert count == len(look(rule("lone"), "0s a", end=end))


# ---- pause ----


def paced(*pauses: float) -> list[str]:
    """An `a` and a `b` after each of some pauses, in seconds."""
    lines, at = [], 0.0
    for pause in pauses:
        lines += [f"{at:g}s a", f"{at + pause:g}s b"]
        at += pause + 1
    return lines


def test_a_pause_is_measured_by_the_customer_s_own(look: Look) -> None:
    """Three times the mean of the earlier ones, exactly; the first two only teach."""
    one = rule("pause", count=3)
    assert [(6, 12, 2)] == look(one, *paced(1, 3, 6))
    assert [] == look(one, *paced(1, 3, 5.9))
    assert [] == look(one, *paced(9, 9, 9))


def test_a_pause_at_its_bounds(look: Look) -> None:
    """At least `least` and at most `within`."""
    one = rule("pause", count=3, least_us=5 * S)
    found = [len(look(one, *paced(1, 1, last))) for last in (4.9, 5, 10, 10.1)]
    assert [0, 1, 1, 0] == found


def test_every_pause_teaches_at_most_within(look: Look) -> None:
    """An hour away counts as ten seconds: the usual pause is then (1 + 1 + 10) / 3."""
    one = rule("pause", count=2)
    assert 1 == len(look(one, *paced(1, 1, 3_600, 8)))
    assert [] == look(one, *paced(1, 1, 3_600, 7.9))


def test_one_wait_at_a_time(look: Look) -> None:
    """A `first` at the same place leaves the wait as it is, one elsewhere takes its place, a clear ends it."""
    one = rule("pause", count=2, same=("page",))
    taught = ("0s a", "1s b", "2s a", "3s b")
    assert [(10, 15, 2)] == look(one, *taught, "10s a", "14s a", "15s b")
    assert [] == look(one, *taught, "10s a", "14s a page=/y", "15s b")
    assert [] == look(one, *taught, "10s a", "14s c", "15s b")


# ---- lull ----


def test_a_lull_is_longer_than_usual(look: Look) -> None:
    """At least the greater of `least` and what was learned of the step's name, exactly."""
    one = rule("lull", least_us=2 * S, learned="gap")
    learned = Limits(gaps={"a": 5 * S})
    assert [] == look(one, "0s a", "4999ms b", limits=learned)
    assert [(0, 5, 2)] == look(one, "0s a", "5s b", limits=learned)
    assert [(0, 2, 2)] == look(one, "0s a", "2s b")
    assert [] == look(one, "0s a", "10001ms b")


def test_another_word_ends_a_lull(look: Look) -> None:
    """It counts from the latest `first` that matches; one of another key leaves it alone."""
    one = rule("lull", least_us=3 * S, by="key")
    assert [] == look(one, "0s a key=x", "4s a", "5s b key=x")
    assert [(0, 5, 2)] == look(one, "0s a key=x", "4s a key=y", "5s b key=x")


def test_who_asked_has_broken_the_lull(look: Look) -> None:
    """Also where they asked sooner than is long."""
    assert [] == look(rule("lull", least_us=3 * S), "0s a", "1s b", "9s b")


# ---- burst ----


def test_a_burst_in_ties_and_positions(look: Look) -> None:
    """Clicks of one instant, halves of pixels rounded up, the radius included."""
    one = rule("burst", count=3, within_us=S, radius=30)
    assert [(0, 0, 3)] == look(one, "0s a page=/p x=0 y=0", "0s a page=/p x=29.5 y=0", "0s a page=/p x=30.4 y=0")
    assert [] == look(one, "0s a page=/p x=0 y=0", "0s a page=/p x=30.5 y=0", "0s a page=/p x=0 y=0")


def test_a_burst_goes_on_while_clicks_rage(look: Look) -> None:
    """From the first of the first group to the last of the last; a click elsewhere ends it."""
    one = rule("burst", count=2, within_us=S, radius=5)
    lines = [f"{n}00ms a page=/p x=1 y=1" for n in (0, 5, 9, 19)]
    assert [(0, 1.9, 4)] == look(one, *lines)
    assert [(0, 0.5, 2), (1, 1.1, 2)] == look(
        one, *lines[:2], "1s+100ms*2 a page=/q x=1 y=1", "1200ms a page=/p x=1 y=1"
    )


def test_a_burst_under_way_when_the_data_end(look: Look) -> None:
    """It is a signal."""
    assert [(0, 0.2, 3)] == look(
        rule("burst", count=3, within_us=S, radius=5), "0s+100ms*3 a page=/p element=e", end="200ms"
    )


# ---- within decisions ----


def test_within_a_decision(look: Look) -> None:
    """What opens one counts, what ends the last one does not; what completes one answers."""
    first = Trigger(("a", "checkout_started", "order_placed"))
    one = rule("missing", first=(first,), then=(), in_decision=True)
    seen = "0s order_placed who=zoe"
    assert [(0, 10, 1)] == look(one, seen, "0s checkout_started")
    assert [] == look(one, seen, "0s a")
    assert [] == look(one, seen, "0s checkout_started", "10s order_placed")
    assert [(0, 10, 1)] == look(one, seen, "0s checkout_started", "20s order_placed", "30s a")


def test_a_decision_that_was_given_up_is_over(look: Look) -> None:
    """After the moment's `abandon_after` nothing is decided any more."""
    one = rule("missing", then=(), in_decision=True)
    seen = "0s order_placed who=zoe"
    lines = (seen, "0s checkout_started")
    assert 1 == len(look(one, *lines, "30d a"))
    assert [] == look(one, *lines, "2592001s a")


# ---- what is known of the customer ----


def test_a_signal_tells_what_was_known_at_its_first_event() -> None:
    """Filled forward, that event included; what nobody knew is left out."""
    events = tell(["0s z device=mobile plan=gold", "1s a device=desktop", "2s b plan=basic"])
    playbook = only(rule("follow"))
    [signal] = detect_signals(playbook, events, BEGINNING_US + DAY_US, Limits(), KINDS, ("country", "device", "plan"))
    assert (("device", "desktop"), ("plan", "gold")) == signal.properties


# ---- frictions added up ----


def friction(**settings: float) -> Playbook:
    """A playbook of one friction of weight 1 and one of weight 2, and a delight that weighs much."""
    rules = (
        rule("each", name="light"),
        rule("each", name="heavy", first=(B,), weight=2.0),
        rule("each", name="joy", first=(C,), weight=50.0, archetype="delight"),
    )
    return Playbook((CHECKOUT,), SignalSettings(rules=rules, friction=FrictionSettings(**settings)))  # type: ignore[arg-type]


def overdrawn(host: Host, *lines: str, **settings: float) -> list[tuple[float, float, int]]:
    """When frictions that add up reached the limit."""
    found = find(lines, playbook=friction(**settings), host=host)
    return spans([signal for signal in found if signal.signal == "friction_overdrawn"])


@pytest.mark.req("D11")
def test_five_small_frictions_in_a_week_are_too_many_and_in_a_year_are_not(host: Host) -> None:
    """With the shipped half-life and limit."""
    assert [(0, 4 * 86_400, 5)] == overdrawn(host, "0s+1d*5 a")
    assert [(0, 7 * 86_400, 5)] == overdrawn(host, "0s+42h*5 a")
    assert [] == overdrawn(host, "0s+73d*5 a")


def test_a_friction_counts_half_after_the_half_life(host: Host) -> None:
    """2 + 1 after half of the 2 is gone is 2, which reaches a limit of 2 and not one of 2.1."""
    assert [(0, 10, 2)] == overdrawn(host, "0s a", "10s b", half_life_us=10 * S, limit=2.5)
    assert [] == overdrawn(host, "0s a", "10s b", half_life_us=10 * S, limit=2.6)


def test_it_is_said_once_until_the_sum_has_fallen_to_less_than_half(host: Host) -> None:
    """And counts the frictions since the last time."""
    lines = ("0s+1s*4 a", "10s+1s*4 a", "1d+1s*2 a")
    assert [(0, 1, 2), (2, 86_401, 8)] == overdrawn(host, *lines, half_life_us=HOUR_US, limit=1.9)


def test_frictions_of_one_instant_count_together(host: Host) -> None:
    """Delights and frictions of no weight do not count; one that is heavy enough is enough."""
    assert [(0, 0, 2)] == overdrawn(host, "0s a", "0s b", "0s c", limit=2.5)
    assert [(0, 0, 1)] == overdrawn(host, "0s b", limit=2)
    assert [] == overdrawn(host, "0s+1s*9 c", limit=2)


def test_a_limit_of_0_switches_it_off(host: Host) -> None:
    """No sum is too much."""
    assert [] == overdrawn(host, "0s+1s*99 b", limit=0)


# ---- what is learned ----


def test_answers_stays_and_gaps_are_learned_by_page_and_name() -> None:
    """Nearest rank, p95 of 100 answers and of 30 gaps, p10 of 30 stays."""
    rules = (
        rule("each", name="slow", measure="duration", learned="answer"),
        rule("turn", name="turn", first=(B,), learned="dwell"),
        rule("lull", name="lull", first=(C,), learned="gap"),
    )
    lines = [f"0s a page=/p duration={n} who=w{n}" for n in range(1, FEWEST_ANSWERS + 1)]
    for n in range(1, FEWEST_DWELLS + 1):
        lines += [f"0s b page=/q who=w{n}", f"{n}s b page=/r who=w{n}", f"0s c who=w{n}", f"{n}s c who=w{n}"]
    expected = Limits(answers={"/p": 95 * S}, dwells={"/q": 3 * S}, gaps={"c": 29 * S})
    assert expected == learn_limits(only(*rules), tell(lines), KINDS)


def test_too_few_examples_teach_nothing() -> None:
    """One fewer than needed; a stay of over half an hour is none, and views without a page are not seen."""
    rules = (
        rule("each", name="slow", measure="duration", learned="answer"),
        rule("turn", name="turn", first=(B,), learned="dwell"),
        rule("lull", name="lull", first=(C,), learned="gap"),
    )
    lines = [f"0s a page=/p duration={n} who=w{n}" for n in range(1, FEWEST_ANSWERS)]
    for n in range(1, FEWEST_DWELLS):
        lines += [f"0s b page=/q who=w{n}", f"1s b who=w{n}", f"{n}s b page=/r who=w{n}"]
    lines += ["0s b page=/q who=z", "1801s b page=/r who=z"]
    lines += [f"{at}s c who=w{n}" for n in range(1, FEWEST_GAPS) for at in (0, n)]
    assert Limits() == learn_limits(only(*rules), tell(lines), KINDS)


def test_a_gap_lasts_to_the_next_word_about_the_same() -> None:
    """A word about another order does not end it, one that names no order does."""
    one = rule("lull", first=(C,), learned="gap", by="key")
    lines = [
        f"{at}s c {key} who=w{n}" for n in range(FEWEST_GAPS) for at, key in ((0, "key=x"), (9, "key=y"), (40, ""))
    ]
    assert {"c": 40 * S} == learn_limits(only(one), tell(lines), KINDS).gaps


def test_half_an_hour_is_the_longest_stay() -> None:
    """Exactly that still counts."""
    one = rule("turn", first=(B,), learned="dwell")
    lines = [f"{at} b page=/{page} who=w{n}" for n in range(FEWEST_DWELLS) for page, at in (("q", "0s"), ("r", "30m"))]
    assert {"/q": 30 * MINUTE_US} == learn_limits(only(one), tell(lines), KINDS).dwells


def test_a_gap_ends_at_the_next_step_or_where_it_is_cleared() -> None:
    """Of the same place and key; what clears begins no gap."""
    one = rule("lull", learned="gap", by="key", same=("channel",))
    lines = [f"{at} key=k who=w{n}" for n in range(FEWEST_GAPS) for at in ("0s a", "3s c", "5s a", "9s z", "12s a")]
    assert {"a": 7 * S} == learn_limits(only(one), tell(lines), KINDS).gaps
    elsewhere = [f"{at} who=w{n}" for n in range(FEWEST_GAPS) for at in ("0s a channel=web", "3s c channel=app")]
    assert {} == learn_limits(only(one), tell(elsewhere), KINDS).gaps


def test_rules_without_an_answer_anywhere_are_silent() -> None:
    """Of the shapes that look for a missing answer."""
    rules = (rule("missing", name="one"), rule("overdue", name="two", then=(C,)), rule("follow", name="three"))
    assert frozenset({"one"}) == learn_limits(only(*rules), tell(["0s c"]), KINDS).silent


# ---- the shipped rules in requirements' own words ----


def count_of(host: Host, *lines: str, limits: Limits | None = None) -> dict[str, int]:
    """How often each shipped signal is found."""
    counts: dict[str, int] = {}
    for signal in find(lines, host=host, limits=limits):
        counts[signal.signal] = counts.get(signal.signal, 0) + 1
    return counts


@pytest.mark.req("D02")
def test_a_step_of_twenty_seconds_is_slow(host: Host) -> None:
    """It is found with its measured time, so that whoever reads it sees that attention is lost."""
    [signal] = [
        s for s in find(["0s page_viewed page=/quote duration=20", "1m click"], host=host) if s.signal == "slow_answer"
    ]
    assert (20 * S, "/quote") == (signal.took, signal.page)


@pytest.mark.req("D03")
def test_the_clumsy_field_ranks_first(host: Host) -> None:
    """Of five fields the one that is refused and filled in again collects the most rework."""
    lines = [f"{c}m+20s*3 field_changed page=/form element=iban who=c{c}" for c in range(9)]
    lines += [
        f"{c}m field_changed page=/form element={name} who=c{c}" for c in range(9) for name in ("name", "zip", "city")
    ]
    lines += ["0s+20s*3 field_changed page=/form element=phone who=c1"]
    found = [s.element for s in find(lines, host=host) if s.signal == "field_rework"]
    assert ["iban", "phone"] == sorted(set(found), key=found.count, reverse=True)


@pytest.mark.req("D05")
def test_a_why_line_clears_a_premature_ask(host: Host) -> None:
    """The same stop before the same field, with and without being told why."""
    ask = "page=/apply element=passport"
    stop, leave = f"0s field_focused {ask} sensitive=true required=true", f"40s field_left {ask}"
    assert 1 == count_of(host, stop, leave).get("premature_ask")
    assert "premature_ask" not in count_of(host, stop, f"1s why_shown {ask}", leave)
    later = stop.replace("0s", "20s", 1)
    assert "premature_ask" not in count_of(host, f"0s why_shown {ask}", later, leave)
    assert 1 == count_of(host, stop, "40s page_left page=/apply").get("premature_ask")


@pytest.mark.req("D06")
def test_one_page_passes_on_a_large_phone_and_fails_on_a_small_one(host: Host) -> None:
    """414 × 896 and 360 × 640."""
    for width, height, count in ((414, 896, 0), (360, 640, 1)):
        line = f"0s tap page=/pay element=pay x=180 y=720 viewport_width={width} viewport_height={height}"
        assert count == count_of(host, line).get("out_of_reach", 0)


@pytest.mark.req("D08")
def test_a_hesitant_person_scores_three_times_a_fluent_one(host: Host) -> None:
    """And neither a slow typist nor a person with a screen reader scores at all."""

    def score(*pauses: float) -> int:
        lines = []
        at = 0.0
        for number, pause in enumerate(pauses):
            where = f"page=/apply element=f{number}"
            lines += [f"{at:g}s field_focused {where}", f"{at + pause:g}s field_changed {where}"]
            at += pause + 5
        counts = count_of(host, *lines)
        return counts.get("hesitation", 0) + counts.get("wavering", 0)

    assert score(2, 2, 12, 2, 15, 2, 2, 30) >= 3
    assert 0 == score(2, 2, 3, 2, 4, 2, 2, 3) == score(20, 25, 30, 22, 28) == score(40, 35, 60, 50, 45)


@pytest.mark.req("D15")
def test_the_silence_between_booking_and_travel_is_found_with_its_length(host: Host) -> None:
    """A question after eleven days without a word."""
    lines = ["0s booking_confirmed order_id=b1", "11d ticket_opened order_id=b1 topic=news"]
    [signal] = [s for s in find(lines, host=host) if s.signal == "silence"]
    assert (11 * DAY_US, "b1") == (signal.took, signal.key)


def test_the_shipped_rules_are_thirty_eight() -> None:
    """Two of them are of shape burst and overdue; each states what it is and where its limits come from."""
    rules = standard_signals().rules
    assert 38 == len(rules) == len({one.name for one in rules})
    assert [] == [one.name for one in rules if not one.about or not one.source]
