"""Phrases: how a finding says a moment, a count, a share, a span or a target in a sentence.

What is worth saying is decided in `findings`; how numbers look in the report's tables stands in `charts.wording`.
"""

from __future__ import annotations

from momentwise.define.finding import EndingSummary, Estimate, MomentSummary, TargetCheck
from momentwise.define.span import SECOND_US, format_span
from momentwise.rank.targets import more_is_better

PHRASES = {
    "failed": "failed",
    "escalated": "ended with the customer asking for help",
    "abandoned": "was abandoned",
}

# From so many rows on, a hundredth of a percent means something.
_MANY = 1_000

# From this share of open ones on, it is said how far they could still move a share.
_MANY_OPEN = 0.05

_SLOWEST = {
    "p50": "every second customer",
    "p75": "one customer in four",
    "p90": "one customer in ten",
    "p95": "one customer in twenty",
}
_SCORES = {"score": "a mean score", "ces": "a mean CES", "csat": "a mean CSAT", "nps": "an NPS"}
_MOST_PLACES = 6


def say_moment(summary: MomentSummary) -> str:
    """The moment's name as the beginning of a sentence."""
    return summary.moment.replace("-", " ").capitalize()


def say_times(share: Estimate) -> str:
    """A share as counts, as in `113 of 14,935 times (0.76 %)`."""
    return f"{count_of(share):,} of {share.n:,} times ({_percent(share)})"


def count_of(share: Estimate) -> int:
    """How many rows a share counted."""
    return round((share.value or 0.0) * share.n)


def say_ending(summary: MomentSummary, ending: EndingSummary) -> str:
    """How often a moment ended in one way; a completed one is counted out of the completed ones."""
    if ending.outcome == "completed":
        return f"{say_moment(summary)} was completed '{say_label(ending.ending)}' {say_times(ending.of_outcome)}"
    phrase = f"ended '{say_label(ending.ending)}'" if ending.ending else PHRASES[ending.outcome]
    return f"{say_moment(summary)} {phrase} {say_times(ending.share)}"


def say_label(label: str) -> str:
    """A label or an event's name as words."""
    return label.replace("_", " ")


def say_open(summary: MomentSummary, share: Estimate | None = None) -> str:
    """How many are open, and how far they could still move a share of all that ended; empty where none is.

    The bounds are those of all open ones ending otherwise, and of all of them ending so (Manski 2003, Partial
    Identification of Probability Distributions, chapter 1).
    """
    if not summary.open:
        return ""
    one = summary.open == 1
    said = (
        f"{summary.open:,} more {'is' if one else 'are'} still open at the end of the data and "
        f"count{'s' if one else ''} neither way."
    )
    if share is None or summary.open < _MANY_OPEN * share.n:
        return said
    count, whole = count_of(share), share.n + summary.open
    least, most = (100 * part / whole for part in (count, count + summary.open))
    return f"{said} Depending on how they end, the share will be between {least:.1f} % and {most:.1f} %."


def say_unfinished(summary: MomentSummary, n: int) -> str:
    """On whom a duration was measured, and that those still open are missing from it."""
    said = f"Measured on the {n:,} that completed."
    if not summary.open:
        return said
    one = summary.open == 1
    return (
        f"{said} {summary.open:,} {'is' if one else 'are'} still open and not among them, "
        "so the true times are longer if anything."
    )


def say_missed(summary: MomentSummary, check: TargetCheck) -> str:
    """A missed target in one sentence."""
    found, wanted = _say_apart(check)
    bound = f"the target is at {'least' if more_is_better(check.name) else 'most'} {wanted}."
    name = say_moment(summary)
    if check.estimate.unit == "seconds":
        return f"{name} takes {_SLOWEST[check.name.removesuffix('_duration')]} {found} or longer; {bound}"
    if check.estimate.unit == "score":
        return f"{name} has {_SCORES[check.name]} of {found}; {bound}"
    rate = check.name.replace("_", " ")
    return f"{name} has {'an' if rate[0] in 'aeiou' else 'a'} {rate} of {found}; {bound}"


def say_span(seconds: float) -> str:
    """A span for people; whole days without a decimal."""
    return format_span(seconds * SECOND_US).replace(".0 days", " days")


def say_signed(value: float | None) -> str:
    """A number with a true minus."""
    return "" if value is None else f"{value:.3f}".replace("-", "\u2212")


def _say_apart(check: TargetCheck) -> tuple[str, str]:
    """What was found and what was wanted, as fine as it takes to tell them apart."""
    found, wanted, unit = check.estimate.value or 0.0, check.wanted, check.estimate.unit
    if unit == "seconds":
        said = say_span(found), say_span(wanted)
        return said if said[0] != said[1] else (f"{found:,.3f} seconds", f"{wanted:,.12g} seconds")
    scale, suffix = (100, " %") if unit == "share" else (1, "")
    exact = f"{scale * wanted:,.10g}{suffix}"
    for places in range(1 if unit == "share" else 2, _MOST_PLACES):
        said = f"{scale * found:,.{places}f}{suffix}".replace("-", "\u2212"), exact.replace("-", "\u2212")
        if round(scale * found, places) != round(scale * wanted, places):
            return said
    return said


def _percent(share: Estimate) -> str:
    value = 100 * (share.value or 0.0)
    if share.value == 1:
        return "100 %"
    return f"{value:.2f} %" if share.n >= _MANY or value < 1 else f"{value:.1f} %"
