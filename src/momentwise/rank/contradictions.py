"""Contradictions: a survey score that holds while customers do something else: come back less, finish less, ask more.

The recent half of the period stands against the half before, per moment and per property of the customers. Only the score
holding *and* the behaviour falling is one; where both fall, the score has said it. Every contrast of an audit is
controlled together for false discoveries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.finding import Finding, Split, Where
from momentwise.define.moment import Moment
from momentwise.define.span import DAY_US
from momentwise.rank.contrasts import FEWEST, Contrast, Ratio, compare_means, compare_ratios, mean_of, share_of
from momentwise.rank.discoveries import adjust
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Sample
from momentwise.rank.measures import read_number, read_sample, read_whole
from momentwise.rank.phrases import say_label
from momentwise.rank.queries import of_moment

# Coming back: after a start that followed no other one so recently, another start of the same moment within so long; of a
# short period within a sixth. What a customer's later visits do is left out: their share among all visits grows with the
# log itself, and would look like a change.
RETURN_US, PERIODS = 30 * DAY_US, 6

# A fall that nobody would act on is no contradiction: a tenth of what it was.
LEAST_FALL = 0.1

# A score holds where it has fallen by no more than a fifth of its standard deviation (Cohen's small), and chance explains it.
MOST_MOVED = 0.2

MOST_FALSE = 0.05

# More occurrences than these are not read: a share of the customers, the same in every run, says as much.
MOST_READ = 400_000

_REASON = "Two of your own sources disagree. Which of them speaks for the customers, and why they do it, only asking or a test shows."
_SAID = {
    "returning": (
        "customers come back {by} less often",
        "Ask customers who did not come back why; the score does not say.",
    ),
    "completion": ("customers finish it {by} less often", "Watch where they leave since then; the score does not say."),
    "contacts": ("customers ask for help {by} more often", "Read what they ask since then; the score does not say."),
}


class _Half(NamedTuple):
    """Both halves of one moment in one segment: scores, and a ratio per behaviour, the earlier one first."""

    moment: Moment
    segment: tuple[str, str] | None
    scores: tuple[Sample, Sample]
    ratios: dict[str, tuple[Ratio, Ratio]]


class _Doubt(NamedTuple):
    """A behaviour that may have changed."""

    half: _Half
    behaviour: str
    change: Contrast


class _Frame(NamedTuple):
    """What bounds the reading: how long coming back may take, one customer in how many, and the halves per behaviour."""

    evidence: Evidence
    return_us: int
    one_in: int

    def span(self, moment: Moment, behaviour: str) -> tuple[int, int, int]:
        """Begin, middle and end of the period in which a behaviour is surely known."""
        since, until = self.evidence.since_us, self.evidence.until_us
        if behaviour == "returning":
            since, until = since + self.return_us, until - self.return_us
        else:
            until -= moment.final_after_us
        return since, (since + until) // 2, until

    @property
    def sampled(self) -> str:
        """The condition that keeps the customers who are read."""
        return f" AND hash(customer) % {self.one_in} = 0" if self.one_in > 1 else ""


def find_contradictions(evidence: Evidence) -> list[Finding]:
    """One finding per behaviour that got worse while the score held: the moment or segment that shows it most."""
    moments = _scored(evidence)
    if not moments:
        return []
    frame = _frame(evidence, moments)
    halves = [half for moment in moments for half in _halves(frame, moment)]
    doubts = [
        _Doubt(half, name, compare_ratios(later, earlier))
        for half in halves
        for name, (earlier, later) in half.ratios.items()
        if min(earlier.people, later.people) >= FEWEST
    ]
    chances = adjust([doubt.change.p for doubt in doubts])
    shown = [doubt for doubt, p in zip(doubts, chances, strict=True) if p < MOST_FALSE and _is_worse(doubt)]
    return [_finding(frame, doubt) for doubt in _foremost([doubt for doubt in shown if _holds(doubt.half)])]


def _scored(evidence: Evidence) -> list[Moment]:
    """The moments that have enough scores in both halves of the period."""
    rows = evidence.ask(f"SELECT moment FROM scores GROUP BY moment HAVING count(score) >= {2 * FEWEST}")
    names = {row[0] for row in rows}
    return [moment for moment in evidence.moments if moment.name in names]


def _frame(evidence: Evidence, moments: Sequence[Moment]) -> _Frame:
    names = ", ".join(quote(moment.name) for moment in moments)
    volume = read_whole(evidence.ask(f"SELECT count(*) FROM occurrences WHERE moment IN ({names})")[0][0])
    return_us = min(RETURN_US, (evidence.until_us - evidence.since_us) // PERIODS)
    return _Frame(evidence, return_us, math.ceil(volume / MOST_READ))


def _halves(frame: _Frame, moment: Moment) -> list[_Half]:
    """The whole moment, and each value of each property that enough customers have."""
    scores, sums = _read_scores(frame, moment), _read_sums(frame, moment)
    found = []
    for segment, halves in scores.items():
        if min(half.n for half in halves) < FEWEST:
            continue
        found.append(_Half(moment, segment, halves, sums.get(segment, {})))
    return found


Segment = tuple[str, str] | None


def _grouping(evidence: Evidence) -> tuple[str, str]:
    """Columns that name the segment of a row, and the grouping that makes a row of all and of each property's values."""
    fields = [f"properties.{quote_name(name)}" for name in evidence.properties]
    if not fields:
        return "NULL AS which, NULL AS part", "GROUP BY half"
    named = " ".join(
        f"WHEN grouping({field}) = 0 THEN {quote(name)}"
        for name, field in zip(evidence.properties, fields, strict=True)
    )
    sets = ", ".join(["(half)", *(f"(half, {field})" for field in fields)])
    return f"CASE {named} END AS which, coalesce({', '.join(fields)}) AS part", f"GROUP BY GROUPING SETS ({sets})"


def _read_scores(frame: _Frame, moment: Moment) -> dict[Segment, tuple[Sample, Sample]]:
    evidence = frame.evidence
    _, middle, _ = frame.span(moment, "returning")
    named, grouping = _grouping(evidence)
    source = f'(SELECT customer, score, epoch_us("at") >= {middle} AS half FROM scores WHERE {of_moment(moment.name)})'
    if evidence.properties:
        source += (
            " LEFT JOIN (SELECT customer, arg_max(properties, started_at) AS properties FROM occurrences WHERE "
            f"{of_moment(moment.name)} AND customer IN (SELECT customer FROM scores WHERE {of_moment(moment.name)}) "
            "GROUP BY customer) USING (customer)"
        )
    rows = evidence.ask(f"SELECT half, {named}, count(score), avg(score), var_samp(score) FROM {source} {grouping}")
    found: dict[Segment, dict[bool, Sample]] = {}
    for half, which, part, *numbers in rows:
        if which is None or part is not None:
            found.setdefault(_segment(which, part), {})[bool(half)] = read_sample(numbers)
    return {key: (halves.get(False, Sample(0)), halves.get(True, Sample(0))) for key, halves in found.items()}


def _read_sums(frame: _Frame, moment: Moment) -> dict[Segment, dict[str, tuple[Ratio, Ratio]]]:
    """The ratios of every behaviour, half and segment; customers are added up first, so that each counts as one."""
    found: dict[Segment, dict[str, dict[bool, Ratio]]] = {}
    counted = {
        "returning": [("returning", _fresh(frame), _back(frame))],
        "completion": [
            ("completion", "outcome <> 'open'", "outcome = 'completed'"),
            ("contacts", "outcome <> 'open'", "outcome = 'escalated'"),
        ],
    }
    for span, behaviours in counted.items():
        begin, _, end = frame.span(moment, span)
        if end <= begin:
            continue
        for half, which, part, *numbers in frame.evidence.ask(_sums_sql(frame, moment, behaviours)):
            if which is not None and part is None:
                continue
            for place, (name, _, _) in enumerate(behaviours):
                people, *sums = numbers[6 * place : 6 * place + 6]
                ratio = Ratio(read_whole(people), *(read_number(number) or 0.0 for number in sums))
                found.setdefault(_segment(which, part), {}).setdefault(name, {})[bool(half)] = ratio
    return {
        segment: {name: (halves[False], halves[True]) for name, halves in ratios.items() if len(halves) == 2}
        for segment, ratios in found.items()
    }


def _sums_sql(frame: _Frame, moment: Moment, behaviours: list[tuple[str, str, str]]) -> str:
    begin, middle, end = frame.span(moment, behaviours[0][0])
    named, grouping = _grouping(frame.evidence)
    properties = ", properties" if frame.evidence.properties else ""
    each, sums = [], []
    for name, _, counted in behaviours:
        count = f"{name}_count"
        each.append(f"count(*) FILTER ({counted})::DOUBLE AS {count}")
        sums.append(f"count(*), sum(n), sum({count}), sum(n * n), sum({count} * {count}), sum(n * {count})")
    visits = (
        _visits(moment, frame.sampled)
        if behaviours[0][0] == "returning"
        else f"occurrences WHERE {of_moment(moment.name)}{frame.sampled}"
    )
    people = (
        f"(SELECT customer{properties}, epoch_us(started_at) >= {middle} AS half, count(*)::DOUBLE AS n, {', '.join(each)} "
        f"FROM (SELECT * FROM {visits}) WHERE {behaviours[0][1]} AND epoch_us(started_at) >= {begin} AND "
        f"epoch_us(started_at) < {end} GROUP BY ALL)"
    )
    return f"SELECT half, {named}, {', '.join(sums)} FROM {people} {grouping}"


def _visits(moment: Moment, narrowed: str = "") -> str:
    """A moment's occurrences with the start before and the start after of the same customer."""
    return (
        "(SELECT *, lag(started_at) OVER customers AS before_at, lead(started_at) OVER customers AS next_at FROM occurrences "
        f"WHERE {of_moment(moment.name)}{narrowed} WINDOW customers AS (PARTITION BY customer ORDER BY started_at))"
    )


def _fresh(frame: _Frame) -> str:
    """Whether no other start came shortly before."""
    return f"(before_at IS NULL OR epoch_us(started_at) - epoch_us(before_at) > {frame.return_us})"


def _back(frame: _Frame) -> str:
    """Whether the next start comes within the time for coming back; one in the same instant is no coming back."""
    return f"next_at > started_at AND epoch_us(next_at) <= epoch_us(started_at) + {frame.return_us}"


def _segment(which: object, part: object) -> Segment:
    return None if which is None else (str(which), str(part))


def _is_worse(doubt: _Doubt) -> bool:
    """Whether the behaviour moved the bad way, and far enough to matter."""
    earlier, _ = doubt.half.ratios[doubt.behaviour]
    moved = doubt.change.value if doubt.behaviour == "contacts" else -doubt.change.value
    return earlier.share > 0 and moved / earlier.share >= LEAST_FALL


def _holds(half: _Half) -> bool:
    """Whether the score did not fall."""
    earlier, later = half.scores
    change = compare_means(later, earlier)
    if change is None:
        return False
    least = -MOST_MOVED * math.sqrt(max(earlier.variance, later.variance))
    return change.value >= least and change.high >= 0


def _foremost(doubts: list[_Doubt]) -> list[_Doubt]:
    """Per behaviour one: of a whole moment before any segment, and the least likely to be chance.

    Several moments of one order hold the same customers, and so do the segments of one moment.
    """
    found: dict[str, _Doubt] = {}
    for doubt in sorted(doubts, key=lambda one: (one.half.segment is not None, one.change.p, one.half.moment.name)):
        found.setdefault(doubt.behaviour, doubt)
    return list(found.values())


def _finding(frame: _Frame, doubt: _Doubt) -> Finding:
    half, name = doubt.half, doubt.behaviour
    earlier, later = half.ratios[name]
    _, middle, _ = frame.span(half.moment, name)
    rows = _rows(frame, doubt)
    counted, before = (
        share_of(round(later.counted), round(later.n), rows[1]),
        share_of(round(earlier.counted), round(earlier.n), rows[0]),
    )
    everyone = round(earlier.n + later.n)
    change = doubt.change.estimate(everyone, "share", _period(frame, doubt))
    inside = "" if half.segment is None else f" ({say_label(half.segment[0])}: {half.segment[1]})"
    by = f"{100 * abs(doubt.change.value) / earlier.share:.0f} %"
    said, step = _SAID[name]
    at = f"/{half.segment[0]}={half.segment[1]}" if half.segment else ""
    return Finding(
        id=f"{half.moment.name}/contradiction/{name}{at}",
        moment=half.moment.name,
        kind="contradiction",
        title=(
            f"The score of {say_label(half.moment.name).replace('-', ' ')}{inside} holds at {half.scores[1].mean:.2f}, and yet "
            f"{said.format(by=by)} than before: {100 * earlier.share:.1f} % became {100 * later.share:.1f} %."
        ),
        detail=_detail(frame, half),
        estimate=counted,
        people=later.people * frame.one_in,
        grade="C",
        grade_reason=_REASON,
        sources=("behaviour",),
        standing="established",
        where=Where(segment=dict([half.segment]) if half.segment else {}, since=middle),
        completion=change if name == "completion" else None,
        returning=change if name == "returning" else None,
        splits=(
            Split(title="Before and after", parts=(("before", before), ("after", counted))),
            _score_split(frame, half),
        ),
        next_step=step,
    )


def _rows(frame: _Frame, doubt: _Doubt) -> tuple[str, str]:
    """The conditions that give the occurrences that were counted, of the earlier half and of the later one."""
    moment, name = doubt.half.moment, doubt.behaviour
    _, middle, _ = frame.span(moment, name)
    if name == "returning":
        counted = _among_visits(moment, f"{_fresh(frame)} AND {_back(frame)}")
    else:
        counted = f"outcome = {quote('completed' if name == 'completion' else 'escalated')}"
    base = _period(frame, doubt)
    earlier, later = (f"{base} AND epoch_us(started_at) {sign} {middle} AND {counted}" for sign in ("<", ">="))
    return earlier, later


def _among_visits(moment: Moment, condition: str) -> str:
    return f"(customer, started_at) IN (SELECT customer, started_at FROM {_visits(moment)} WHERE {condition})"


def _period(frame: _Frame, doubt: _Doubt) -> str:
    """The condition that gives every occurrence of both halves."""
    moment, segment, name = doubt.half.moment, doubt.half.segment, doubt.behaviour
    begin, _, end = frame.span(moment, name)
    kept = _among_visits(moment, _fresh(frame)) if name == "returning" else "outcome <> 'open'"
    narrowed = f" AND properties.{quote_name(segment[0])} = {quote(segment[1])}" if segment else ""
    return (
        f"{of_moment(moment.name)}{frame.sampled}{narrowed} AND epoch_us(started_at) >= {begin} AND "
        f"epoch_us(started_at) < {end} AND {kept}"
    )


def _score_split(frame: _Frame, half: _Half) -> Split:
    """Mean scores before and after; of a segment the rows are those of the whole moment, which hold them."""
    _, middle, _ = frame.span(half.moment, "returning")
    rows = [f'{of_moment(half.moment.name)} AND epoch_us("at") {sign} {middle}' for sign in ("<", ">=")]
    if half.segment:
        last = (
            f"SELECT customer FROM (SELECT customer, arg_max(properties, started_at) AS properties FROM occurrences WHERE "
            f"{of_moment(half.moment.name)} GROUP BY customer) WHERE properties.{quote_name(half.segment[0])} = "
            f"{quote(half.segment[1])}"
        )
        rows = [f"{row} AND customer IN ({last})" for row in rows]
    parts = tuple(
        (name, mean_of(sample, "score", row, "scores"))
        for name, sample, row in zip(("before", "after"), half.scores, rows, strict=True)
    )
    return Split(title="Mean score before and after", parts=parts)


def _detail(frame: _Frame, half: _Half) -> str:
    change = compare_means(half.scores[1], half.scores[0])
    assert change is not None, "a score that holds was compared"
    said = (
        f"The mean score moved by {change.value:+.2f} [{change.low:+.2f}, {change.high:+.2f}], from {half.scores[0].n:,} and "
        f"{half.scores[1].n:,} scores."
    ).replace("-", "\u2212")
    if frame.one_in > 1:
        said += f" Behaviour was read of one customer in {frame.one_in}."
    return said
