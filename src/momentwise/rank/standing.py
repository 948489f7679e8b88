"""Standing: how firmly a finding stands, by whether its harm is shown and by how many kinds of source say so (D27, R13).

The rule is here and pure; what other kinds of source say of the same people is asked in `agreement`.
"""

from __future__ import annotations

import msgspec

from momentwise.define.finding import Estimate, Finding

# Kinds of source that are independent of one another: what customers did, scored, said in their own words, and asked us.
KINDS = {"behaviour": "behaviour", "survey": "survey scores", "words": "their own words", "contacts": "contacts"}

FEWEST = 30
ENOUGH_KINDS, STRONG_KINDS = 2, 3

ALONE = {
    "behaviour": (
        "It rests on behaviour alone. A priority needs a second kind of source: scores, words or contacts that agree."
    ),
    "survey": (
        "It rests on survey scores alone. A score such as NPS says that customers are unhappy, not with what; "
        "by itself it never makes a priority."
    ),
    "words": "It rests on customers' words alone. A priority needs a second kind of source that agrees.",
    "contacts": "It rests on contacts alone. A priority needs a second kind of source that agrees.",
}
_LEVEL = "This is how things are. Nothing to compare with shows that it should be otherwise."
_MISSED = "The target is missed with the whole interval. A target is a wish, so missing it does not show harm."
_TOO_FEW = f"Fewer than {FEWEST} in one of the groups, so nothing is established and no money is named."
_OVER_ZERO = (
    "The interval reaches over zero: it may be no harm at all, so nothing is established and no money is named."
)


def judge_standing(finding: Finding) -> Finding:
    """The finding with its standing, and why it does not stand more firmly.

    A finder says *established* where its own comparison shows harm. Here that is checked once more by the numbers that
    it gave (both groups of at least `FEWEST`, an interval that leaves out zero), and becomes a *priority* where at least
    two kinds of source agree; three are strong. A level is *observed*, whatever agrees with it.
    """
    if finding.standing == "observed":
        reason = _MISSED if finding.kind == "target_missed" else finding.standing_reason or _LEVEL
        return msgspec.structs.replace(finding, standing_reason=reason)
    doubt = find_doubt(finding)
    if doubt or finding.standing == "not established":
        reason = doubt or finding.standing_reason or _OVER_ZERO
        return msgspec.structs.replace(
            finding, standing="not established", standing_reason=reason, money=None, currency="", cost=None
        )
    kinds = [kind for kind in KINDS if kind in finding.sources]
    if len(kinds) < ENOUGH_KINDS:
        reason = ALONE[kinds[0]] if kinds else "No kind of source is named."
        return msgspec.structs.replace(finding, standing="established", standing_reason=reason)
    named = _listed([KINDS[kind] for kind in kinds])
    reason = f"{_COUNTED.get(len(kinds), 'Four')} kinds of source agree{_strength(kinds)}: {named}."
    return msgspec.structs.replace(finding, standing="priority", standing_reason=reason)


_COUNTED = {2: "Two", 3: "Three"}


def _strength(kinds: list[str]) -> str:
    return ", which is strong" if len(kinds) >= STRONG_KINDS else ""


def find_doubt(finding: Finding) -> str:
    """Why the numbers of a finding do not establish harm; empty where they do."""
    if finding.estimate.n < FEWEST:
        return _TOO_FEW
    return _OVER_ZERO if holds_zero(finding.estimate) else ""


def holds_zero(estimate: Estimate) -> bool:
    """Whether the interval holds zero; a number without an interval is not known to leave it out."""
    if estimate.low is None or estimate.high is None:
        return estimate.unit not in ("count", "steps")
    return estimate.low <= 0 <= estimate.high


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
