"""Hidden segments: groups of customers for whom a moment is worse than for the rest of it, though its total looks fine.

Every value of every property, every pair of values, and every value from a date on is tested in completion, duration and
score. Of what explains the same harm the strongest is told, which is the most specific that holds all of it, and the others
are tested again without it. The last step is no segment, as it is how an occurrence ended; it says where the segment leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, Unit, Where
from momentwise.rank.discoveries import FALSE_SHARE, adjust, chance_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Z
from momentwise.rank.passes import Passes, lay_passes, number
from momentwise.rank.score_rows import rows_of_scores
from momentwise.rank.segment_cells import SUMS, Cells, Floats, Terms, lay_cells, read_sameness
from momentwise.rank.segment_words import say_detail, say_next, say_title

# Fewer occurrences or customers than these on either side are not compared.
FEWEST, FEWEST_PEOPLE = 30, 5

# Below these a difference may be real, but nobody acts on it: two completions in a hundred, a tenth of the mean duration, and
# a fifth of the scores' standard deviation, which Cohen calls small.
LEAST_POINTS, LEAST_PART, LEAST_DEVIATIONS = 0.02, 0.1, 0.2

# A moment is not told in more segments than this.
MOST_TOLD = 5

MEASURES: tuple[str, ...] = ("completion", "seconds", "emotion")
_UNITS: dict[str, Unit] = {"completion": "share", "seconds": "seconds", "emotion": "score"}
_OBSERVED = (
    "Beside the rest of the same moment, not in an experiment: it goes together with the segment, whatever the cause."
)


@dataclass(frozen=True)
class Test:
    """One segment beside the rest of its moment, in one measure.

    Args:
        terms: The segment.
        since: The part of the time from which on it became worse; 0 for all of it.
        measure: completion, seconds or emotion.
        value: Segment minus rest; from a date on, how much more it changed than the rest.
        error: Standard error.
        chance: The p value.
        n: Occurrences or scores of the segment that were measured.
        others: Of the rest.
        is_large: Whether it is harm, and large enough to act on.
    """

    terms: Terms
    since: int
    measure: str
    value: float
    error: float
    chance: float
    n: int
    others: int
    is_large: bool


def find_segments(evidence: Evidence, passes: Passes | None = None) -> list[Finding]:
    """Segments for which a moment is worse, the greatest harm to the most people first.

    At most one in twenty of what is reported may be false, and on pure noise nothing is reported in 95 % of audits.

    Args:
        evidence: The audit's.
        passes: What `lay_passes` gave, where it was asked for already.
    """
    if not evidence.moments:
        return []
    passes = passes or lay_passes(evidence)
    cells, sameness = lay_cells(evidence, passes), read_sameness(passes, evidence)
    counted = cells.count()
    tests = {moment: list(test_all(found, sameness.get(moment, 1.0))) for moment, found in counted.items()}
    chances = [test.chance for found in tests.values() for test in found]
    adjusted = adjust(chances, dependent=True)
    limit = max((one for one, held in zip(chances, adjusted, strict=True) if held <= FALSE_SHARE), default=-1.0)
    findings = []
    for moment, found in tests.items():
        chosen = _explain(cells, moment, found, limit, sameness.get(moment, 1.0))
        findings.extend(_tell(cells, moment, chosen))
    return sorted(findings, key=lambda one: (-one.people * abs(one.estimate.value or 0.0), one.id))


def _explain(cells: Cells, moment: int, tests: Sequence[Test], limit: float, sameness: float) -> list[Test]:
    """The segments that explain the harm: the strongest first, then what is still there without it."""
    chosen: list[Test] = []
    while len(chosen) < MOST_TOLD:
        # Once the strongest are out, so are the true finds that made the limit generous: the rest is held down afresh.
        fresh = adjust([test.chance for test in tests], dependent=True)
        able = [
            test
            for test, held in zip(tests, fresh, strict=True)
            if test.is_large and test.chance <= limit and held <= FALSE_SHARE
        ]
        if not able:
            break
        strongest = max(able, key=lambda test: (_strength(test), -len(test.terms), test.terms))
        chosen.append(_date(strongest, able))
        gone = [test.terms for test in chosen]
        tests = list(test_all(cells.count(moment, gone).get(moment, {}), sameness))
    return chosen


def _strength(test: Test) -> float:
    return abs(test.value) / test.error


def _date(test: Test, tests: Sequence[Test]) -> Test:
    """The test of the date from which on the segment is worse, where there is one; otherwise the test itself."""
    same = [one for one in tests if (one.terms, one.measure) == (test.terms, test.measure) and one.since]
    return max(same, key=_strength, default=test)


def test_all(counted: Mapping[Terms, Floats], sameness: float) -> Iterator[Test]:
    """Every segment of a moment beside its rest, and single properties also before and after every date.

    Args:
        counted: Per segment, sums by part of the time; the empty segment is all of the moment.
        sameness: How many times larger variances are because customers come more than once.
    """
    if () not in counted:
        return
    everything = counted[()]
    for terms, own in counted.items():
        if not terms:
            continue
        for measure in MEASURES:
            test = _level(terms, measure, own.sum(axis=0), everything.sum(axis=0), sameness)
            if test is not None:
                yield test
            if len(terms) == 1:
                yield from _changes(terms, measure, own, everything, sameness)


def _level(terms: Terms, measure: str, own: Floats, everything: Floats, sameness: float) -> Test | None:
    one, rest = _moments_of(own, measure), _moments_of(everything - own, measure)
    if min(one[0], rest[0]) < FEWEST:
        return None
    value, error = one[1] - rest[1], float(np.sqrt(sameness * (one[2] + rest[2])))
    chance = chance_of(value, error)
    if measure == "seconds":
        chance = max(chance, _chance_of_logarithms(own, everything - own, sameness))
    return _test(terms, 0, measure, (value, error, chance), rest, own)


def _changes(terms: Terms, measure: str, own: Floats, everything: Floats, sameness: float) -> Iterator[Test]:
    """How much more a segment changed with each date than the rest of the moment did."""
    rest = everything - own
    for part in range(1, own.shape[0]):
        sides = [
            _moments_of(table[kept].sum(axis=0), measure)
            for table in (own, rest)
            for kept in (slice(part, None), slice(None, part))
        ]
        if min(side[0] for side in sides) < FEWEST:
            continue
        after, before, others_after, others_before = sides
        value = (after[1] - before[1]) - (others_after[1] - others_before[1])
        error = float(np.sqrt(sameness * sum(side[2] for side in sides)))
        chance = chance_of(value, error)
        # It must also be worse than the rest by then, or it was better before and only came down to it.
        gap, gap_error = after[1] - others_after[1], float(np.sqrt(sameness * (after[2] + others_after[2])))
        if gap * value <= 0 or abs(gap) < Z * gap_error:
            chance = 1.0
        yield _test(terms, part, measure, (value, error, chance), others_after, own[part:].sum(axis=0))


def _test(
    terms: Terms,
    since: int,
    measure: str,
    numbers: tuple[float, float, float],
    rest: tuple[float, float, float],
    own: Floats,
) -> Test:
    value, error, chance = numbers
    harm = value if measure == "seconds" else -value
    n = own[SUMS.index({"completion": "n", "seconds": "done", "emotion": "said"}[measure])]
    deviation = float(np.sqrt(rest[2] * rest[0]))
    least = {"completion": LEAST_POINTS, "seconds": LEAST_PART * rest[1], "emotion": LEAST_DEVIATIONS * deviation}[
        measure
    ]
    is_large = error > 0 and harm >= least > 0
    return Test(terms, since, measure, value, error if error > 0 else 1.0, chance, int(n), int(rest[0]), is_large)


def _moments_of(sums: Floats, measure: str) -> tuple[float, float, float]:
    """How many, their mean, and the variance of that mean; of a share with one more completed and one more not.

    Source:
        Agresti, A. and Caffo, B. (2000), The American Statistician 54, for differences of shares.
    """
    n, done, s1, s2, _, _, said, c1, c2 = sums.tolist()
    if measure == "completion":
        share = (done + 1) / (n + 2)
        return n, done / n if n else 0.0, share * (1 - share) / (n + 2)
    many, first, second = (done, s1, s2) if measure == "seconds" else (said, c1, c2)
    return _mean_of(many, first, second)


def _mean_of(many: float, first: float, second: float) -> tuple[float, float, float]:
    if many < 2:
        return many, 0.0, 0.0
    mean = first / many
    return many, mean, max(second / many - mean**2, 0.0) / (many - 1)


def _chance_of_logarithms(own: Floats, rest: Floats, sameness: float) -> float:
    """The p value of the difference of mean logarithms, on which a few very long occurrences have no hold."""
    done, first, second = (SUMS.index(name) for name in ("done", "l1", "l2"))
    _, one, spread = _mean_of(own[done], own[first], own[second])
    _, other, others_spread = _mean_of(rest[done], rest[first], rest[second])
    return chance_of(one - other, float(np.sqrt(sameness * (spread + others_spread))))


def _tell(cells: Cells, moment: int, chosen: Sequence[Test]) -> list[Finding]:
    """One finding per segment, beside the rest without those told before it; the measures in which it is worse together."""
    together: dict[tuple[Terms, int], list[Test]] = {}
    for test in chosen:
        together.setdefault((test.terms, test.since), []).append(test)
    findings = []
    told: list[Terms] = []
    for (terms, _), tests in together.items():
        counted = cells.count(moment, [one for one in told if one != terms])[moment]
        findings.append(_finding(cells, moment, counted, tests))
        told.append(terms)
    return [finding for finding in findings if finding is not None]


def _finding(cells: Cells, moment: int, counted: Mapping[Terms, Floats], tests: Sequence[Test]) -> Finding | None:
    first = tests[0]
    terms, name = first.terms, cells.names[moment]
    since = cells.start_of(first.since) if first.since else None
    rows = f"moment = {quote(name)} AND outcome <> 'open' AND {cells.rows(terms, since)}"
    people, others = _people(cells.evidence, name, rows)
    if min(people, others) < FEWEST_PEOPLE:
        return None
    measured = _measure(name, counted[terms][first.since :], counted[()][first.since :], rows, tests)
    segment = cells.say(terms)
    step = _step(cells.evidence, name, rows)
    told = [test.measure for test in tests]
    return Finding(
        id="/".join(
            [name, "segment", *(f"{key}={value}" for key, value in segment.items()), *([str(since)] if since else [])]
        ),
        moment=name,
        kind="segment",
        title=say_title(name, segment, since, told, measured),
        detail=say_detail(measured, step),
        estimate=measured[told[0]],
        grade="C",
        grade_reason=_OBSERVED,
        people=people,
        sources=("behaviour", "survey")
        if "emotion" in told and len(told) > 1
        else ("survey",)
        if told == ["emotion"]
        else ("behaviour",),
        standing="established",
        where=Where(segment=segment, step=step, since=since),
        seconds=measured.get("seconds"),
        completion=measured.get("completion"),
        emotion=measured.get("emotion"),
        next_step=say_next(segment, step),
    )


def _measure(moment: str, own: Floats, everything: Floats, rows: str, tests: Sequence[Test]) -> dict[str, Estimate]:
    """Every measure of the segment minus the rest of the moment in the same time; those told with the wider error."""
    found = {}
    for measure in MEASURES:
        one = _moments_of(own.sum(axis=0), measure)
        rest = _moments_of((everything - own).sum(axis=0), measure)
        told = next((test for test in tests if test.measure == measure), None)
        if min(one[0], rest[0]) < FEWEST:
            continue
        value = one[1] - rest[1]
        error = max(float(np.sqrt(one[2] + rest[2])), told.error if told and not told.since else 0.0)
        kept, table = f"{rows} AND outcome = 'completed'" if measure == "seconds" else rows, "occurrences"
        if measure == "emotion":
            kept, table = rows_of_scores(moment, rows), "scores"
        found[measure] = Estimate(
            value, int(one[0]), _UNITS[measure], value - Z * error, value + Z * error, kept, table
        )
    return found


def _people(evidence: Evidence, moment: str, rows: str) -> tuple[int, int]:
    """Customers of the segment, and of the rest of the moment."""
    found = evidence.ask(
        f"SELECT count(DISTINCT customer) FILTER ({rows}), count(DISTINCT customer) FILTER (NOT coalesce({rows}, false)) "
        f"FROM occurrences WHERE moment = {quote(moment)} AND outcome <> 'open'"
    )[0]
    return int(number(found[0])), int(number(found[1]))


def _step(evidence: Evidence, moment: str, rows: str) -> str:
    """The step after which most more of the segment leave than of the rest; empty where none stands out."""
    found = evidence.ask(
        f"SELECT last_step::VARCHAR AS step, count(*) FILTER ({rows}) AS own, count(*) AS n FROM occurrences "
        f"WHERE moment = {quote(moment)} AND outcome IN ('abandoned', 'failed', 'escalated') AND last_step IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    )
    own = sum(number(row[1]) for row in found)
    others = sum(number(row[2]) for row in found) - own
    if own < FEWEST or others < FEWEST:
        return ""
    more, step = max((number(row[1]) / own - (number(row[2]) - number(row[1])) / others, str(row[0])) for row in found)
    return step if more >= 0.1 else ""
