"""What a finding about a segment says: who they are, what is worse for them, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from momentwise.define.finding import Estimate
from momentwise.rank.phrases import say_span


def say_segment(segment: Mapping[str, str]) -> str:
    """Who they are, as in `customers with locale pl and app version 4.2`."""
    if segment == {"is_returning": "true"}:
        return "returning customers"
    if segment == {"is_returning": "false"}:
        return "new customers"
    kind = {"true": "returning ", "false": "new "}.get(segment.get("is_returning", ""), "")
    listed = [f"{name.replace('_', ' ')} {value}" for name, value in segment.items() if name != "is_returning"]
    return f"{kind}customers with {' and '.join(listed)}"


def say_title(
    moment: str, segment: Mapping[str, str], since: int | None, told: Sequence[str], measured: Mapping[str, Estimate]
) -> str:
    """One sentence: the moment, who, and what is worse for them."""
    name = moment.replace("-", " ").capitalize()
    when = f" since {datetime.fromtimestamp(since / 1e6, UTC):%d %B %Y}" if since else ""
    said = " and ".join(_say_worse(measure, measured[measure]) for measure in told)
    return f"{name}: {say_segment(segment)} {said} than all others{when}."


def _say_worse(measure: str, estimate: Estimate) -> str:
    size = abs(estimate.value or 0.0)
    if measure == "completion":
        return f"complete it {100 * size:.1f} points in a hundred less often"
    if measure == "seconds":
        return f"take {f'{size:.1f} seconds' if size < 60 else say_span(size)} longer"
    return f"score {size:.2f} lower"


def say_detail(measured: Mapping[str, Estimate], step: str) -> str:
    """Every measure with its interval, and after which step they leave."""
    words = {"completion": "Completed", "seconds": "Seconds", "emotion": "Score"}
    said = []
    for name, estimate in measured.items():
        scale, unit = (100, " points") if estimate.unit == "share" else (1, "")
        parts = (estimate.value, estimate.low, estimate.high)
        value, low, high = (f"{scale * (part or 0.0):+.2f}".replace("-", "\u2212") for part in parts)
        said.append(f"{words[name]} {value}{unit} [{low}, {high}], from {estimate.n:,} of them.")
    if step:
        said.append(f"More of them than of others leave after '{step.replace('_', ' ')}'.")
    said.append(
        "Every property, pair of properties and date was tested, and chance finds were held down for all of it."
    )
    return " ".join(said)


def say_next(segment: Mapping[str, str], step: str) -> str:
    """What to do first."""
    after = f", and stop after '{step.replace('_', ' ')}'" if step else ""
    return f"Walk through it yourself as one of the {say_segment(segment)}{after}."
