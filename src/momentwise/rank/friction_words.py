"""What a finding about a friction says: what customers meet, what goes together with it, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from momentwise.define.finding import Estimate
from momentwise.rank.phrases import say_span
from momentwise.rank.spots import Friction

# Per signal: what customers do or meet, as the end of "customers who …", and the first step to take.
_SAID: dict[str, tuple[str, str]] = {
    "rage_click": ("hammer {place}", "Press {place} as a customer would, and make it answer at once or say why it cannot."),
    "dead_click": ("click {place} and get no answer", "Make {place} react within 0.1 seconds, or stop it from looking clickable."),
    "error_click": ("get an error from {place}", "Read the errors that follow a click on {place}, and repair the most frequent one."),
    "slow_answer": ("wait for {place}", "Find out what {place} loads first, and bring it under a second."),
    "poor_vital": ("get {place} late or jumping", "Measure what {place} loads and moves, largest part first."),
    "error_seen": ("see an error on {place}", "Read the errors shown on {place}, and repair the most frequent one."),
    "field_rework": ("fill in {place} again and again", "Say beside {place} what is allowed, and accept every way of writing it."),
    "premature_ask": ("are stopped by {place}, asked before anybody says why", "Say why at {place}, or ask only when it is needed."),
    "field_left_blank": ("leave {place} blank", "Say what {place} is for, or do without it."),
    "hesitation": ("stop before {place}", "Watch five customers at {place}, and put the missing answer beside it."),
    "wavering": ("open and close {place} repeatedly", "Show what is behind {place} before it is opened."),
    "out_of_reach": ("must scroll to {place}", "Move {place} up to where the thumb rests on the smallest screens."),
    "small_target": ("must hit a small {place}", "Make {place} at least 24 by 24 pixels, better 44."),
    "near_miss": ("tap beside {place}", "Make {place} larger, and give it room."),
    "page_loop": ("come back to {place} again and again", "Follow five customers from {place}, and see what sends them back."),
    "scroll_thrash": ("scroll up and down {place}", "Ask five customers what they look for on {place}, and put it where they look."),
    "u_turn": ("leave {place} at once again", "Compare what leads to {place} with what it shows."),
    "repeated_search": ("search again and again", "Read the searches that were repeated, and teach the search their words."),
    "empty_search": ("search and find nothing", "Read the searches without a result; add synonyms, or offer something close."),
    "repeated_authentication": ("must prove twice who they are", "Carry the proof over, so that it is asked for once a day."),
    "repeat_contact": ("must ask again", "Read the second contacts, and answer their question in the first."),
    "channel_hop": ("must change the channel to be helped", "Let the first channel finish what it began."),
    "unanswered_query": ("wait for a person's answer", "Give every question a named person and a time."),
    "retold_story": ("must tell their story again", "Hand the story over with the customer."),
}  # fmt: skip
_OTHER = ("meet '{signal}' at {place}", "Look at the rows behind it, and at {place} as these customers saw it.")

_PAGE_LEVEL = frozenset({"slow_answer", "poor_vital", "error_seen", "page_loop", "scroll_thrash", "u_turn"})


def say_friction(friction: Friction) -> str:
    """What the customers meet, as the end of a sentence that begins with "customers who"."""
    return _SAID.get(friction.signal, _OTHER)[0].format(
        place=_place(friction), signal=friction.signal.replace("_", " ")
    )


def say_next(friction: Friction) -> str:
    """What to do first."""
    return _SAID.get(friction.signal, _OTHER)[1].format(place=_place(friction))


def _place(friction: Friction) -> str:
    if friction.element:
        return f"'{friction.element}' on {friction.page}" if friction.page else f"'{friction.element}'"
    if not friction.page:
        return "an answer" if friction.signal in _PAGE_LEVEL else "it"
    return friction.page if friction.signal in _PAGE_LEVEL else f"something on {friction.page}"


def say_title(friction: Friction, effects: Sequence[tuple[str, Estimate]]) -> str:
    """One sentence: where, who, and what goes together with it.

    Args:
        friction: Which.
        effects: Names of the measures that are established, with their estimates; at least one.
    """
    moment = friction.moment.replace("-", " ").capitalize()
    said = " and ".join(say_effect(name, estimate) for name, estimate in effects)
    return f"{moment}: customers who {say_friction(friction)} {said}."


def say_effect(name: str, estimate: Estimate) -> str:
    """What a measure says about those who meet a friction, as a verb and its object."""
    size = abs(estimate.value or 0.0)
    match name:
        case "seconds":
            return f"lose {_seconds(size)}"
        case "completion":
            return f"complete it less often, by {100 * size:.1f} points in a hundred"
        case "emotion":
            return f"score {size:.2f} lower"
    return f"come back less often, by {100 * size:.1f} points in a hundred"


def say_small(friction: Friction, seconds: Estimate, weekly: Estimate, people: int) -> str:
    """One sentence about a friction that is small for each and large for all."""
    moment = friction.moment.replace("-", " ").capitalize()
    return (
        f"{moment}: {people:,} customers who {say_friction(friction)} lose only {_seconds(abs(seconds.value or 0.0))} each "
        f"time, but {say_span(abs(weekly.value or 0.0))} a week together."
    )


def say_detail(
    beside: Mapping[str, tuple[Estimate, int]], matched: Sequence[str], left_out: Sequence[str], one_in: int
) -> str:
    """What those who met it had beside comparable others, as far as it is sure, and who those others are.

    Args:
        beside: Per measure the estimate, and how many others it was compared with.
        matched: Properties that were matched on.
        left_out: Properties that decide who meets it.
        one_in: Of so many customers one was drawn for who came back.
    """
    sure = [_say_interval(name, *found) for name, found in beside.items() if _is_sure(found[0])]
    said = [f"Beside comparable others they {_listed(sure)}."] if sure else []
    listed = ", ".join(name.replace("_", " ") for name in matched)
    said.append(f"The others are of the same period{f' and the same {listed}' if listed else ''}.")
    if "completion" in beside:
        said.append("Of those who leave, only others who had come as far count, as far as the log shows.")
    if left_out:
        those = ", ".join(name.replace("_", " ") for name in left_out)
        said.append(f"Not matched on {those}, which by itself decides who meets it.")
    if "returning" in beside and _is_sure(beside["returning"][0]) and one_in > 1:
        said.append(f"Coming back was counted for one customer in {one_in:,}.")
    return " ".join(said)


_MEASURES = {
    "seconds": ("take {} longer", "take {} less"),
    "completion": ("complete it {} points in a hundred more often", "complete it {} points in a hundred less often"),
    "emotion": ("score {} higher", "score {} lower"),
    "returning": ("come back {} points in a hundred more often", "come back {} points in a hundred less often"),
}


def _is_sure(estimate: Estimate) -> bool:
    """Whether the interval lies on one side of nothing."""
    return estimate.low is not None and estimate.high is not None and (estimate.low > 0 or estimate.high < 0)


def _say_interval(name: str, estimate: Estimate, spared: int) -> str:
    """A measure with its interval, as in `take 8.9 seconds longer (8.3 to 9.6; 4,076 beside 5,799)`."""
    value, low, high = (part or 0.0 for part in (estimate.value, estimate.low, estimate.high))
    least, most = sorted((abs(low), abs(high)))
    said = _MEASURES[name][value < 0].format(_size(name, abs(value)))
    return f"{said} ({_size(name, least)} to {_size(name, most)}; {estimate.n:,} beside {spared:,})"


def _size(name: str, size: float) -> str:
    if name == "seconds":
        return _seconds(size)
    return f"{size:.2f}" if name == "emotion" else f"{100 * size:.1f}"


def _listed(parts: Sequence[str]) -> str:
    """Several parts as one list in a sentence."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def _seconds(size: float) -> str:
    return f"{size:.1f} seconds" if size < 60 else say_span(size)
