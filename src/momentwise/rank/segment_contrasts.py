"""Segment contrasts: every segment of a moment beside the rest of it, at the same time, in completion, duration and score.

The time is cut into parts, a segment is compared with the rest inside each part, and the parts are pooled. So what changes
over time for everybody is not put down to a version that came late, or to customers who could only have come back late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from momentwise.rank.discoveries import chance_of
from momentwise.rank.intervals import Z
from momentwise.rank.segment_cells import SUMS, Floats, Terms

# Fewer occurrences than these on either side are not compared.
FEWEST = 30

# Below these a difference may be real, but nobody acts on it: two completions in a hundred, a tenth of the mean duration, and
# a fifth of the scores' standard deviation, which Cohen calls small.
LEAST_POINTS, LEAST_PART, LEAST_DEVIATIONS = 0.02, 0.1, 0.2

MEASURES: tuple[str, ...] = ("completion", "seconds", "emotion")
_COLUMNS = {
    "completion": ("n", "done", "done"),
    "seconds": ("took", "s1", "s2"),
    "logarithms": ("took", "l1", "l2"),
    "emotion": ("said", "c1", "c2"),
}


class Contrast(NamedTuple):
    """Segments minus the rest, each number an array with one entry per segment.

    Args:
        value: Difference of means, pooled over the parts of the time.
        error: Standard error; 0 where there is nothing to compare.
        n: Of the segment, in parts in which there is a rest.
        others: Of the rest, in parts in which there is some of the segment.
        mean: Of the rest.
        deviation: Standard deviation of the rest.
    """

    value: Floats
    error: Floats
    n: Floats
    others: Floats
    mean: Floats
    deviation: Floats


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
        is_large: Whether it is harm, and large enough to act on.
    """

    terms: Terms
    since: int
    measure: str
    value: float
    error: float
    chance: float
    is_large: bool

    @property
    def strength(self) -> float:
        """The size of the difference in standard errors."""
        return abs(self.value) / self.error


def compare(own: Floats, rest: Floats, measure: str) -> Contrast:
    """The difference of means inside each part of the time, pooled by Mantel and Haenszel's weights.

    Neither side counts as less spread out than both together: some thirty scores that are alike by chance would otherwise
    seem surer than they are.

    Args:
        own: Sums of the segments; the last two axes are the parts of the time and `SUMS`.
        rest: The same of those who are not in it.
        measure: One of `MEASURES`, or `logarithms` of the durations.

    Source:
        Greenland and Robins (1985), Biometrics 41, for the weights; Agresti and Caffo (2000), The American Statistician 54,
        for the variance of a share, with one more completed and one more not.
    """
    sides = [[side[..., SUMS.index(name)] for name in _COLUMNS[measure]] for side in (own, rest)]
    both = (sides[0][0] > 0) & (sides[1][0] > 0)
    (n, total, squares), (others, rest_total, rest_squares) = (
        [np.where(both, column, 0.0) for column in side] for side in sides
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.nan_to_num(n * others / (n + others))
        gap = np.nan_to_num(total / n - rest_total / others)
        common = _variance(n + others, total + rest_total, squares + rest_squares, measure)
        spread = [
            np.fmax(_variance(*side, measure), common)
            for side in ((n, total, squares), (others, rest_total, rest_squares))
        ]
        pushes = np.nan_to_num(weight**2 * (spread[0][..., None] / n + spread[1][..., None] / others))
        whole = weight.sum(axis=-1)
        value = np.nan_to_num((weight * gap).sum(axis=-1) / whole)
        error = np.nan_to_num(np.sqrt(pushes.sum(axis=-1)) / whole)
        mean = np.nan_to_num(rest_total.sum(axis=-1) / others.sum(axis=-1))
    return Contrast(value, error, n.sum(axis=-1), others.sum(axis=-1), mean, np.sqrt(np.nan_to_num(spread[1])))


def _variance(n: Floats, total: Floats, squares: Floats, measure: str) -> Floats:
    """The variance of single values, over all parts of the time."""
    many, first, second = n.sum(axis=-1), total.sum(axis=-1), squares.sum(axis=-1)
    if measure == "completion":
        share = (first + 1) / (many + 2)
        return np.asarray(share * (1 - share))
    return np.asarray(np.maximum(second / many - (first / many) ** 2, 0.0) * many / np.maximum(many - 1, 1))


def test_all(counted: Mapping[Terms, Floats], sameness: float) -> Iterator[Test]:
    """Every segment of a moment beside its rest, and single properties also before and after every date.

    Args:
        counted: Per segment, sums by part of the time; the empty segment is all of the moment.
        sameness: How many times larger variances are because customers come more than once.
    """
    listed = [terms for terms in counted if terms]
    if () not in counted or not listed:
        return
    own = np.stack([counted[terms] for terms in listed])
    rest = counted[()] - own
    single = [place for place, terms in enumerate(listed) if len(terms) == 1]
    for measure in MEASURES:
        yield from _levels(listed, own, rest, measure, sameness)
        if single:
            yield from _changes([listed[place] for place in single], own[single], rest[single], measure, sameness)


def _levels(listed: list[Terms], own: Floats, rest: Floats, measure: str, sameness: float) -> Iterator[Test]:
    found = compare(own, rest, measure)
    logarithms = compare(own, rest, "logarithms") if measure == "seconds" else None
    for place, terms in enumerate(listed):
        if min(found.n[place], found.others[place]) < FEWEST:
            continue
        value, error = float(found.value[place]), float(np.sqrt(sameness) * found.error[place])
        chance = chance_of(value, error)
        if logarithms is not None:
            chance = _agreed(chance, value, logarithms.value[place], np.sqrt(sameness) * logarithms.error[place])
        yield _test(terms, 0, measure, (value, error, chance), found, place)


def _changes(listed: list[Terms], own: Floats, rest: Floats, measure: str, sameness: float) -> Iterator[Test]:
    """How much more a segment changed with each date than the rest of the moment did."""
    for part in range(1, own.shape[1]):
        became = _became(own, part, measure, sameness)
        after, before = (compare(own[:, cut], rest[:, cut], measure) for cut in (slice(part, None), slice(part)))
        logarithms = None
        if measure == "seconds":
            logarithms = [compare(own[:, cut], rest[:, cut], "logarithms") for cut in (slice(part, None), slice(part))]
        for place, terms in enumerate(listed):
            if min(side[place] for one in (after, before) for side in (one.n, one.others)) < FEWEST:
                continue
            value, error = _change(after, before, place, sameness)
            chance = chance_of(value, error)
            if logarithms is not None:
                chance = _agreed(chance, value, *_change(logarithms[0], logarithms[1], place, sameness))
            # It must also be worse than the rest by then, or it was better before and only came down to it; and it must have
            # become worse itself, or only the rest became better.
            spread = np.sqrt(sameness) * after.error[place]
            gap = after.value[place] / spread if spread > 0 else 0.0
            if min(gap * np.sign(value), became[place] * np.sign(value)) < Z:
                chance = 1.0
            yield _test(terms, part, measure, (value, error, chance), after, place)


def _became(own: Floats, part: int, measure: str, sameness: float) -> Floats:
    """How far each segment itself moved with a date, in standard errors."""
    after, before = (own[:, cut].sum(axis=1, keepdims=True) for cut in (slice(part, None), slice(part)))
    found = compare(after, before, measure)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nan_to_num(found.value / (np.sqrt(sameness) * found.error)))


def _change(after: Contrast, before: Contrast, place: int, sameness: float) -> tuple[float, float]:
    error = np.sqrt(sameness * (after.error[place] ** 2 + before.error[place] ** 2))
    return float(after.value[place] - before.value[place]), float(error)


def _agreed(chance: float, value: float, logarithm: float, error: float) -> float:
    """The greater p value of the means and of the mean logarithms, on which a few very long occurrences have no hold."""
    return max(chance, chance_of(float(logarithm), float(error))) if value * logarithm > 0 else 1.0


def _test(
    terms: Terms, since: int, measure: str, numbers: tuple[float, float, float], found: Contrast, place: int
) -> Test:
    value, error, chance = numbers
    harm = value if measure == "seconds" else -value
    least = {
        "completion": LEAST_POINTS,
        "seconds": LEAST_PART * found.mean[place],
        "emotion": LEAST_DEVIATIONS * found.deviation[place],
    }[measure]
    is_large = bool(error > 0 and harm >= least > 0)
    return Test(terms, since, measure, value, error if error > 0 else 1.0, chance, is_large)
