"""Hidden segments: groups of customers for whom a moment is worse than for the rest of it, though its total looks fine.

Every value of every property, every pair of values, and every value from a date on is tested in completion, duration and
score, beside the rest at the same time (`segment_contrasts`). Of what explains the same harm the strongest is told, which is the most specific that holds all of it, and the others
are tested again without it. The last step is no segment, as it is how an occurrence ended; it says where the segment leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, Unit, Where
from momentwise.rank.discoveries import FALSE_SHARE, adjust, chance_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Z
from momentwise.rank.passes import Passes, decided_before, lay_passes, number
from momentwise.rank.score_rows import rows_of_scores
from momentwise.rank.segment_cells import SUMS, Cells, Floats, Terms, lay_cells, read_sameness
from momentwise.rank.segment_contrasts import FEWEST, MEASURES, Test, compare, test_all
from momentwise.rank.segment_words import say_detail, say_next, say_title

# Fewer customers than these on either side are not compared.
FEWEST_PEOPLE = 5

# A value is worse without the other of a pair where chance would show that once in a thousand times.
ALONE = 0.001

# A moment is not told in more segments than this.
MOST_TOLD = 5

Counted = Mapping[Terms, Floats]  # per segment its sums, by part of the time

_UNITS: dict[str, Unit] = {"completion": "share", "seconds": "seconds", "emotion": "score"}
_COUNTS = {"completion": "n", "seconds": "took", "emotion": "said"}
_OBSERVED = (
    "Beside the rest of the same moment, not in an experiment: it goes together with the segment, whatever the cause."
)


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
        chosen = _explain(cells, moment, (counted[moment], found), limit, sameness.get(moment, 1.0))
        findings.extend(_tell(cells, moment, chosen))
    return sorted(findings, key=lambda one: (-one.people * abs(one.estimate.value or 0.0), one.id))


def _explain(
    cells: Cells, moment: int, tested: tuple[Counted, Sequence[Test]], limit: float, sameness: float
) -> list[list[Test]]:
    """The segments that explain the harm: the strongest first, then what is still there without it.

    Of each its strongest measure, and the others in which it is worse as well.
    """
    chosen: list[list[Test]] = []
    counted, tests = tested
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
        strongest = max(able, key=lambda test: (test.strength, -len(test.terms), test.terms))
        first = _date(_widen(strongest, able, counted, sameness), able)
        same = [test for test in able if (test.terms, test.since) == (first.terms, first.since) and test is not first]
        chosen.append([first, *same])
        gone = [told[0].terms for told in chosen]
        counted = cells.count(moment, gone).get(moment, {})
        tests = list(test_all(counted, sameness))
    return chosen


def _widen(test: Test, tests: Sequence[Test], counted: Counted, sameness: float) -> Test:
    """Of a pair one of its values alone, where that is worse without the other too; otherwise the test itself.

    Where two values are worse, each by itself, those who have both are worst, and yet no fact of their own.
    """
    if len(test.terms) < 2:
        return test
    both, everything = counted[test.terms], counted[()]
    wider = []
    for term, other in (test.terms, test.terms[::-1]):
        own, others = counted[(term,)], counted[(other,)]
        alone = compare(own - both, everything - own - others + both, test.measure)
        is_worse = float(alone.value) * test.value > 0
        if is_worse and chance_of(float(alone.value), float(np.sqrt(sameness) * alone.error)) <= ALONE:
            wider += [one for one in tests if (one.terms, one.measure, one.since) == ((term,), test.measure, 0)]
    return max(wider, key=lambda one: one.strength, default=test)


def _date(test: Test, tests: Sequence[Test]) -> Test:
    """The test of the date from which on the segment is worse, where there is one; otherwise the test itself."""
    same = [one for one in tests if (one.terms, one.measure) == (test.terms, test.measure) and one.since]
    return max(same, key=lambda one: one.strength, default=test)


def _tell(cells: Cells, moment: int, chosen: Sequence[Sequence[Test]]) -> list[Finding]:
    """One finding per segment, beside the rest without those told before it."""
    findings = []
    told: list[Terms] = []
    for tests in chosen:
        terms = tests[0].terms
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
    measured = _measure(cells.evidence, name, (counted[terms][first.since :], counted[()][first.since :]), rows, tests)
    segment = cells.say(terms)
    step = _step(cells.evidence, name, rows)
    told = [test.measure for test in tests if test.measure in measured]
    if not told:
        return None
    return Finding(
        id="/".join(
            [name, "segment", *(f"{key}={value}" for key, value in segment.items()), *([str(since)] if since else [])]
        ),
        moment=name,
        kind="segment",
        title=say_title(name, segment, since, told, measured),
        detail=say_detail(measured, told, step),
        estimate=measured[told[0]],
        grade="C",
        grade_reason=_OBSERVED,
        people=people,
        sources=tuple(dict.fromkeys("survey" if measure == "emotion" else "behaviour" for measure in told)),
        standing="established",
        where=Where(segment=segment, step=step, since=since),
        seconds=measured.get("seconds"),
        completion=measured.get("completion"),
        emotion=measured.get("emotion"),
        next_step=say_next(cells.evidence.moment(name), segment, told, step),
    )


def _measure(
    evidence: Evidence, moment: str, tables: tuple[Floats, Floats], rows: str, tests: Sequence[Test]
) -> dict[str, Estimate]:
    """Every measure of the segment minus the rest of the moment at the same time; those told with the wider error.

    Args:
        evidence: The audit's.
        moment: Its name.
        tables: Sums of the segment, and of all.
        rows: The segment's occurrences.
        tests: What is told.
    """
    own, everything = tables
    last = decided_before(evidence, moment)
    decided = rows if last is None else f"{rows} AND epoch_us(started_at) < {last}"
    opened = {
        "completion": (decided, "occurrences"),
        "seconds": (f"{decided} AND outcome = 'completed' AND duration_seconds IS NOT NULL", "occurrences"),
        "emotion": (rows_of_scores(moment, rows, own=True), "scores"),
    }
    found = {}
    for measure in MEASURES:
        contrast = compare(own, everything - own, measure)
        if min(contrast.n, contrast.others) < FEWEST:
            continue
        told = next((test for test in tests if test.measure == measure and not test.since), None)
        value, error = float(contrast.value), max(float(contrast.error), told.error if told else 0.0)
        n = int(own[:, SUMS.index(_COUNTS[measure])].sum())
        found[measure] = Estimate(value, n, _UNITS[measure], value - Z * error, value + Z * error, *opened[measure])
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
