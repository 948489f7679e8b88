"""What a finding about a segment says: who they are, what is worse for them, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from momentwise.define.finding import Estimate
from momentwise.define.moment import Moment, Trigger
from momentwise.rank.phrases import say_label, say_span

_TESTED = "Every property, pair of properties and date was tested, and chance finds were held down for all of it."


def say_segment(segment: Mapping[str, str]) -> str:
    """Who they are, as in `customers with locale pl and app version 4.2`."""
    if segment == {"is_returning": "true"}:
        return "returning customers"
    if segment == {"is_returning": "false"}:
        return "new customers"
    kind = {"true": "returning ", "false": "new "}.get(segment.get("is_returning", ""), "")
    return f"{kind}customers with {_say_properties(segment)}"


def _say_properties(segment: Mapping[str, str]) -> str:
    return " and ".join(f"{say_label(name)} {value}" for name, value in segment.items() if name != "is_returning")


def say_title(
    moment: str, segment: Mapping[str, str], since: int | None, told: Sequence[str], measured: Mapping[str, Estimate]
) -> str:
    """One sentence: the moment, who, and what is worse for them."""
    name = moment.replace("-", " ").capitalize()
    when = f" since {datetime.fromtimestamp(since / 1e6, UTC):%d %B %Y}" if since else ""
    said = " and ".join(_say_worse(measure, measured[measure].value or 0.0) for measure in told)
    return f"{name}: {say_segment(segment)} {said} than all others{when}."


def _say_worse(measure: str, value: float) -> str:
    """What a difference is, as in `take 2.5 days longer`."""
    more = value > 0
    if measure == "completion":
        return f"complete it {100 * abs(value):.1f} points in a hundred {'more' if more else 'less'} often"
    if measure == "seconds":
        return f"take {_say_time(abs(value))} {'longer' if more else 'less'}"
    return f"score {abs(value):.2f} {'higher' if more else 'lower'}"


def _say_time(seconds: float) -> str:
    return f"{seconds:.1f} seconds" if seconds < 60 else say_span(seconds)


def say_detail(measured: Mapping[str, Estimate], told: Sequence[str], step: str) -> str:
    """What is told with its interval, what else is shown, and after which step they leave.

    Args:
        measured: Every measure; those whose interval holds zero are left out, as they say nothing.
        told: Those that the title tells.
        step: Where more of them leave than of others; empty for nowhere.
    """
    shown = [*told, *(measure for measure in measured if measure not in told and _is_sure(measured[measure]))]
    said = [f"Beside others of the same weeks they {' and '.join(_say_sure(one, measured[one]) for one in shown)}."]
    if step:
        said.append(f"More of them than of others leave after '{say_label(step)}'.")
    return " ".join([*said, _TESTED])


def _is_sure(estimate: Estimate) -> bool:
    """Whether the interval lies on one side of nothing."""
    return (estimate.low or 0.0) * (estimate.high or 0.0) > 0


def _say_sure(measure: str, estimate: Estimate) -> str:
    """A measure with its interval, as in `take 2h 3m longer (58m to 3h 8m; 2,462 that completed)`."""
    low, high = estimate.low or 0.0, estimate.high or 0.0
    least, most = sorted((abs(low), abs(high)))
    least = least if low * high > 0 else 0.0
    what = {"completion": "occurrences", "seconds": "that completed", "emotion": "scores"}[measure]
    return (
        f"{_say_worse(measure, estimate.value or 0.0)} ({_say_size(measure, least)} to {_say_size(measure, most)}; "
        f"{estimate.n:,} {what})"
    )


def _say_size(measure: str, size: float) -> str:
    if measure == "completion":
        return f"{100 * size:.1f}"
    return _say_time(size) if measure == "seconds" else f"{size:.2f}"


def say_next(moment: Moment, segment: Mapping[str, str], told: Sequence[str], step: str) -> str:
    """What to do first: where they score lower, read what they wrote; otherwise go the same way, from start to end."""
    if list(told) == ["emotion"]:
        return f"Read what {say_segment(segment)} wrote with a low score, beside what the others wrote."
    start, end = _say_event(moment.start), _say_event(moment.complete)
    if "completion" not in told:
        return f"Follow ten {say_segment(segment)} from '{start}' to '{end}', and see where the time goes."
    like = _say_properties(segment)
    way = f"Go the way from '{start}' to '{end}' yourself, {f'with {like}' if like else _LIKE[segment['is_returning']]}"
    return f"{way}, and see what happens after '{say_label(step)}'." if step else f"{way}, and see what stops you."


_LIKE = {"true": "as somebody who was there before", "false": "as somebody who was never there before"}


def _say_event(triggers: Sequence[Trigger]) -> str:
    return say_label(triggers[0].events[0])
