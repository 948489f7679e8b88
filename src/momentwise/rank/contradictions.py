"""Contradictions: a survey score that holds while customers do something else: come back less, finish less, ask more.

The recent half of the period stands against the half before (`halves`), per moment and per property of the customers. Only
the score holding *and* the behaviour falling is one; where both fall, the score has said it. The fall
of a segment is believed where chance explains it badly by itself, or beside what the rest of its moment did in the same time.
Moments, and the segments of all of them, are controlled for false discoveries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from momentwise.define.finding import Finding, Split, Where
from momentwise.rank.contrasts import FEWEST, Contrast, Ratio, compare_means, compare_ratios, mean_of, share_of
from momentwise.rank.discoveries import adjust, chance_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.halves import (
    COMPLETION,
    CONTACTS,
    RETURNING,
    Frame,
    Halves,
    open_frame,
    read_halves,
    rows_counted,
    rows_of_period,
    rows_scored,
)
from momentwise.rank.phrases import say_label

# A fall that nobody would act on is no contradiction: a tenth of what it was.
LEAST_FALL = 0.1

# A score holds where it has fallen by no more than a fifth of its standard deviation (Cohen's small), and chance explains it.
MOST_MOVED = 0.2

# Of moments, of segments that are known to be worse, and of all other segments: together a twentieth.
MOST_FALSE = (0.0125, 0.0125, 0.025)

# Customers of a segment in either half, and occurrences of a half on either side of its share.
FEWEST_IN_SEGMENT, FEWEST_COUNTED = 100, 10

_REASON = (
    "Two of your own sources disagree. Which of them speaks for the customers, and why they do it, only asking or a test "
    "shows."
)
_SAID = {
    RETURNING: (
        "customers come back {by} less often",
        "Ask customers who did not come back why; the score does not say.",
    ),
    COMPLETION: ("customers finish it {by} less often", "Watch where they leave since then; the score does not say."),
    CONTACTS: ("customers ask for help {by} more often", "Read what they ask since then; the score does not say."),
}


class _Doubt(NamedTuple):
    """A behaviour that may have changed, its change, and the chance of such a one where it is none (one-sided)."""

    halves: Halves
    behaviour: str
    change: Contrast
    chance: float


def find_contradictions(evidence: Evidence, segments: Sequence[Finding] = ()) -> list[Finding]:
    """One finding per behaviour that got worse while the score held: the moment or segment that shows it most.

    Args:
        evidence: The audit's.
        segments: What `find_segments` found: of the few that complete less, it is asked first since when.
    """
    frame = open_frame(evidence)
    if frame is None:
        return []
    read = read_halves(frame)
    wholes = {halves.moment.name: halves for halves in read if halves.segment is None}
    doubts = [
        _doubt(halves, name, wholes.get(halves.moment.name))
        for halves in read
        for name, (earlier, later) in halves.ratios.items()
        if _is_enough(halves, earlier) and _is_enough(halves, later) and (halves.segment is None or name != CONTACTS)
    ]
    # Of segments it is not asked who asks for help: that has findings of its own, and each further question makes the others
    # harder to answer. Whole moments are few and their segments many, of which few are known to be worse at all times: each is
    # a family of its own.
    known = {(one.moment, *one.where.segment.items()) for one in segments if one.estimate.unit == "share"}
    families: list[list[_Doubt]] = [[], [], []]
    for doubt in _once(doubts):
        segment = doubt.halves.segment
        is_known = (doubt.halves.moment.name, segment) in known
        families[0 if segment is None else 1 if is_known else 2].append(doubt)
    shown = [doubt for family, share in zip(families, MOST_FALSE, strict=True) for doubt in _worse(family, share)]
    return [_finding(frame, doubt) for doubt in _foremost([doubt for doubt in shown if _holds(doubt.halves)])]


def _doubt(halves: Halves, name: str, whole: Halves | None) -> _Doubt:
    earlier, later = halves.ratios[name]
    change = compare_ratios(later, earlier)
    worse = 1 if name == CONTACTS else -1
    chance = _one_sided(worse * change.value, change.error)
    if halves.segment is None:
        return _Doubt(halves, name, change, chance)
    return _Doubt(halves, name, change, min(1.0, 2 * min(chance, _chance_beside(halves, name, whole, change))))


def _chance_beside(halves: Halves, name: str, whole: Halves | None, change: Contrast) -> float:
    """The chance of a segment's change beside that of the rest of its moment; 1 where there is too little rest."""
    if whole is None or name not in whole.ratios:
        return 1.0
    rests = [_without(every, own) for every, own in zip(whole.ratios[name], halves.ratios[name], strict=True)]
    if any(rest.people < FEWEST_IN_SEGMENT for rest in rests):
        return 1.0
    rest = compare_ratios(rests[1], rests[0])
    worse = 1 if name == CONTACTS else -1
    return _one_sided(worse * (change.value - rest.value), math.hypot(change.error, rest.error))


def _one_sided(worse: float, error: float) -> float:
    """The chance of so much worse, or more, where nothing changed."""
    chance = chance_of(worse, error) / 2
    return chance if worse > 0 else 1 - chance


def _without(whole: Ratio, part: Ratio) -> Ratio:
    """The rest; all of a ratio are sums."""
    return Ratio(*(one - other for one, other in zip(whole, part, strict=True)))  # type: ignore[arg-type]  # people are whole


def _is_enough(halves: Halves, ratio: Ratio) -> bool:
    """Whether a share is about normal: enough customers, and enough of them on either side."""
    fewest = FEWEST if halves.segment is None else FEWEST_IN_SEGMENT
    return ratio.people >= fewest and min(ratio.counted, ratio.n - ratio.counted) >= FEWEST_COUNTED


def _once(doubts: Sequence[_Doubt]) -> list[_Doubt]:
    """Each question once: two properties often part the same customers, as all tablets have one size of screen."""
    asked = {
        (doubt.halves.moment.name, doubt.behaviour, doubt.halves.ratios[doubt.behaviour]): doubt
        for doubt in doubts[::-1]
    }
    return list(asked.values())[::-1]


def _worse(doubts: Sequence[_Doubt], most_false: float) -> list[_Doubt]:
    """Those that got worse beyond chance and far enough to matter; better is not looked for, so chance has one side."""
    found = []
    chances = adjust([doubt.chance for doubt in doubts])
    for doubt, p in zip(doubts, chances, strict=True):
        earlier, _ = doubt.halves.ratios[doubt.behaviour]
        if p < most_false and _fall(doubt) / earlier.share >= LEAST_FALL:
            found.append(doubt)
    return found


def _fall(doubt: _Doubt) -> float:
    """How far the behaviour moved the bad way."""
    return doubt.change.value if doubt.behaviour == CONTACTS else -doubt.change.value


def _holds(halves: Halves) -> bool:
    """Whether the score did not fall."""
    earlier, later = halves.scores
    change = compare_means(later, earlier)
    if change is None:
        return False
    least = -MOST_MOVED * math.sqrt(max(earlier.variance, later.variance))
    return change.value >= least and change.high >= 0


def _foremost(doubts: Sequence[_Doubt]) -> list[_Doubt]:
    """Per behaviour one: of a whole moment before any segment, and the least likely to be chance.

    Several moments of one order hold the same customers, and so do the segments of one moment.
    """
    found: dict[str, _Doubt] = {}
    for doubt in sorted(doubts, key=lambda one: (one.halves.segment is not None, one.chance, one.halves.moment.name)):
        found.setdefault(doubt.behaviour, doubt)
    return list(found.values())


def _finding(frame: Frame, doubt: _Doubt) -> Finding:
    halves, name = doubt.halves, doubt.behaviour
    moment, segment = halves.moment.name, halves.segment
    earlier, later = halves.ratios[name]
    shares = [
        share_of(round(ratio.counted), round(ratio.n), rows)
        for ratio, rows in zip((earlier, later), rows_counted(frame, halves, name), strict=True)
    ]
    change = doubt.change.estimate(round(earlier.n + later.n), "share", rows_of_period(frame, halves, name))
    return Finding(
        id=f"{moment}/contradiction/{name}" + (f"/{segment[0]}={segment[1]}" if segment else ""),
        moment=moment,
        kind="contradiction",
        title=_title(doubt),
        detail=_detail(frame, halves),
        estimate=shares[1],
        people=later.people * frame.one_in,
        grade="C",
        grade_reason=_REASON,
        sources=("behaviour",),
        standing="established",
        where=Where(segment=dict([segment]) if segment else {}, since=frame.span(halves.moment, name)[1]),
        completion=change if name == COMPLETION else None,
        returning=change if name == RETURNING else None,
        splits=(
            Split(title="Before and after", parts=(("before", shares[0]), ("after", shares[1]))),
            _scores(frame, halves),
        ),
        next_step=_SAID[name][1],
    )


def _title(doubt: _Doubt) -> str:
    halves = doubt.halves
    earlier, later = halves.ratios[doubt.behaviour]
    name = say_label(halves.moment.name).replace("-", " ")
    inside = f" ({say_label(halves.segment[0])}: {halves.segment[1]})" if halves.segment else ""
    said = _SAID[doubt.behaviour][0].format(by=f"{100 * abs(doubt.change.value) / earlier.share:.0f} %")
    return (
        f"The score of {name}{inside} holds at {halves.scores[1].mean:.2f}, and yet {said} than before: "
        f"{100 * earlier.share:.1f} % became {100 * later.share:.1f} %."
    )


def _detail(frame: Frame, halves: Halves) -> str:
    earlier, later = halves.scores
    change = compare_means(later, earlier)
    assert change is not None, "a score that holds was compared"
    said = (
        f"The mean score moved by {change.value:+.2f} [{change.low:+.2f}, {change.high:+.2f}], from {earlier.n:,} and "
        f"{later.n:,} scores."
    ).replace("-", "\u2212")
    if frame.one_in > 1:
        said += f" Behaviour was read of one customer in {frame.one_in}."
    return said


def _scores(frame: Frame, halves: Halves) -> Split:
    parts = tuple(
        (name, mean_of(sample, "score", rows, "scores"))
        for name, sample, rows in zip(("before", "after"), halves.scores, rows_scored(frame, halves), strict=True)
    )
    return Split(title="Mean score before and after", parts=parts)
