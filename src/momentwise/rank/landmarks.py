"""Landmarks: how many complete after meeting a friction, beside others who could have met it and did not.

To meet a friction one must still be there, and long occurrences have more time to meet one. Two comparisons guard against
that. By *step*: those are left out who ended at a step at which nobody ends who met it, as they left before they could. By
*time*: who meets it is compared with those who were still there at the same time after the start and had not met it by
then, whatever their step. The first is the better estimate where the steps tell who got that far, as the second also holds
some who are ahead and some who are behind; but steps tell nothing where the friction is itself an optional step (eager
customers press a colour swatch, and whoever does not never ends there). So what is believed must show in both, and where they
disagree nothing is said of completion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from momentwise.rank.discoveries import chance_of
from momentwise.rank.fitting import Floats
from momentwise.rank.passes import number, whole
from momentwise.rank.survey import Survey

# Into so many parts the times of meeting are cut, each with as many meetings.
PARTS = 12

# A step at which so many would have ended, and of those who met it less than this part did, lies before the friction.
EXPECTED, BEFORE = 10.0, 0.1

# Where more than this part of those compared meet the friction later, too little is left to compare with.
MOST_CROSSING = 0.8


@dataclass(frozen=True)
class Difference:
    """A difference of completed shares: those that met a friction minus the others.

    Args:
        value: -1 to 1.
        error: Standard error.
        touched: Occurrences that met it, in strata with others.
        spared: Others.
        chance: The p value, the greater of both comparisons; 1 where they disagree on the direction.
    """

    value: float
    error: float
    touched: int
    spared: int
    chance: float = 1.0


@dataclass(frozen=True)
class Counts:
    """Occurrences of one friction and the others.

    Args:
        met: By stratum, part of the meeting, parts that were lived through, and 1 for completed.
        never: By stratum, parts lived through, and 1 for completed; of those that never met it.
        early: Which of these, not completed, left at a step before they could meet it; none where the steps do not tell.
    """

    met: Floats
    never: Floats
    early: Floats | None = None

    @property
    def whole(self) -> Counts:
        """The same without time, one part that all lived through, and without those who left before they could meet it."""
        never = self.never.sum(axis=1)[:, None, :]
        if self.early is not None:
            never[:, 0, 0] -= self.early.sum(axis=1)
        return Counts(self.met.sum(axis=(1, 2))[:, None, None, :], never)


def measure_completion(survey: Survey) -> dict[tuple[str, int], Difference]:
    """Per moment and friction, how much less or more those complete who met it, where that can be compared."""
    if not survey.frictions:
        return {}
    table = _read(survey)
    found = {}
    for name, frictions in survey.frictions.items():
        for friction in frictions:
            counts = _counts(table, name, friction.number)
            difference = _agree(counts) if counts is not None else None
            if difference is not None:
                found[name, friction.number] = difference
    return found


def _agree(counts: Counts) -> Difference | None:
    """The better of both comparisons, believed as far as both are; `None` where they disagree."""
    by_step, by_time = compare(counts.whole), compare(counts)
    if by_step is None or by_time is None:
        return by_step
    if by_step.value * by_time.value <= 0:
        return None  # neither better nor worse is shown: they may be far ahead, or only eager
    shown = by_step if counts.early is not None else by_time
    return replace(shown, chance=max(by_step.chance, by_time.chance))


def compare(counts: Counts) -> Difference | None:
    """The difference, pooled over strata and parts by Mantel and Haenszel's weights; `None` without anybody to compare.

    Those who meet it later are among the others as long as they have not, or the others would be chosen by what comes
    after; as they will be harmed alike, the difference is divided by the part that never meets it. The error follows
    from every occurrence's own push, so that one which is compared in several parts counts once.

    Source:
        Anderson, Cain and Gelber (1983), Analysis of survival by tumor response, J. Clin. Oncol. 1, for landmarks;
        Hernán et al. (2008), Observational studies analyzed like randomized experiments, Epidemiology 19, for a sequence
        of them; Greenland and Robins (1985), Biometrics 41, for the weights; Bloom (1984), Evaluation Review 8, for the
        division by those who do not cross over.
    """
    met, never = counts.met, counts.never
    parts = met.shape[1]
    treated = met.sum(axis=2)  # stratum, part, completed
    beside, later = np.zeros_like(treated), np.zeros_like(treated)
    for part in range(parts):
        later[:, part] = met[:, part + 1 :, part:].sum(axis=(1, 2))
        beside[:, part] = never[:, part:].sum(axis=1) + later[:, part]
    many, others = treated.sum(axis=2), beside.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where((many > 0) & (others > 0), many * others / (many + others), 0.0)
        of_many, of_others = (np.nan_to_num(x[:, :, 1] / n) for x, n in ((treated, many), (beside, others)))
        per_one, per_other = (np.where(n > 0, weight / n, 0.0) for n in (many, others))
        crossing = float(np.sum(weight * np.nan_to_num(later.sum(axis=2) / others)) / max(weight.sum(), 1e-12))
    total = float(weight.sum())
    if total <= 0 or crossing > MOST_CROSSING:
        return None
    value = float(np.sum(weight * (of_many - of_others))) / total
    error = math.sqrt(_variance(counts, per_one, per_other, of_many, of_others)) / total
    open_ = (weight > 0).any(axis=1)
    touched = int(many[weight > 0].sum())
    spared = int(sum(never[s, int(np.argmax(weight[s] > 0)) :].sum() for s in np.flatnonzero(open_)))
    return Difference(value / (1 - crossing), error / (1 - crossing), touched, spared, chance_of(value, error))


def _variance(counts: Counts, per_one: Floats, per_other: Floats, of_many: Floats, of_others: Floats) -> float:
    """The sum of the squared pushes of all occurrences."""
    pushed = np.concatenate([np.zeros((per_other.shape[0], 1)), np.cumsum(per_other, axis=1)], axis=1)
    drawn = np.concatenate([np.zeros((per_other.shape[0], 1)), np.cumsum(per_other * of_others, axis=1)], axis=1)
    total = 0.0
    parts = per_one.shape[1]
    for completed in (0, 1):
        beside = pushed * completed - drawn  # by how many parts it was among the others
        total += float(np.sum(counts.never[:, :, completed] * beside[:, 1 : parts + 1] ** 2))
        own = per_one * (completed - of_many) - beside[:, :parts]
        total += float(np.sum(counts.met[:, :, :, completed].sum(axis=2) * own**2))
    return total


@dataclass(frozen=True)
class _Table:
    """What was counted: rows of (stratum, part, lived, completed, step, n), by moment and friction, and of all."""

    met: Mapping[tuple[str, int], Floats]
    all: Mapping[str, Floats]


def _read(survey: Survey) -> _Table:
    ask, names = survey.evidence.ask, survey.names
    shares = ", ".join(repr(part / PARTS) for part in range(1, PARTS))
    cuts: dict[int, list[float]] = {}
    for moment, bounds in ask(f"SELECT moment, quantile_disc(after, [{shares}]) FROM _met GROUP BY moment"):
        assert isinstance(bounds, list), "DuckDB gives a list for a list of quantiles"
        cuts[whole(moment)] = sorted({float(bound) for bound in bounds if bound > 0})
    steps: dict[str, int] = {"": 0}
    step = "CASE WHEN completed THEN '' ELSE coalesce(last_step, '') END"
    counted = (
        f"{survey.stratum_sql}, {_part_sql('after', cuts)}, {_part_sql('lasted', cuts)}, completed, {step}, count(*)"
    )
    met: dict[tuple[str, int], list[list[float]]] = {}
    for moment, friction, *row in ask(
        f"SELECT moment, friction, {counted} FROM (SELECT pass, friction, after FROM _met) AS met "
        "JOIN _passes ON _passes.rowid = met.pass GROUP BY ALL"
    ):
        met.setdefault((names[whole(moment)], whole(friction)), []).append(_line(row, steps))
    every: dict[str, list[list[float]]] = {}
    for moment, *row in ask(
        f"SELECT moment, {counted} FROM (SELECT *, 0 AS after FROM _passes "
        f"WHERE moment IN ({', '.join(map(str, cuts))})) GROUP BY ALL"
    ):
        every.setdefault(names[whole(moment)], []).append(_line(row, steps))
    return _Table(
        {key: np.asarray(rows, dtype=float) for key, rows in met.items()},
        {key: np.asarray(rows, dtype=float) for key, rows in every.items()},
    )


def _part_sql(column: str, cuts: Mapping[int, list[float]]) -> str:
    """How many of the moment's cuts a time has reached."""
    whens = " ".join(
        f"WHEN {moment} THEN {' + '.join(f'({column} >= {bound!r})::INTEGER' for bound in bounds) or '0'}"
        for moment, bounds in cuts.items()
    )
    return f"CASE moment {whens} END"


def _line(row: Sequence[object], steps: dict[str, int]) -> list[float]:
    stratum, part, lived, completed, step, n = row
    return [
        number(stratum), number(part), number(lived), float(bool(completed)),
        float(steps.setdefault(str(step), len(steps))), number(n),
    ]  # fmt: skip


def _counts(table: _Table, moment: str, friction: int) -> Counts | None:
    """The counts of one friction, and who left before they could meet it."""
    met, every = table.met.get((moment, friction)), table.all[moment]
    if met is None:
        return None
    strata, _ = np.unique(met[:, 0], return_inverse=True)
    every = every[np.isin(every[:, 0], strata)]
    parts = int(max(met[:, 1:3].max(), every[:, 2].max())) + 1
    steps = int(max(met[:, 4].max(), every[:, 4].max())) + 1
    of_met = np.zeros((strata.size, parts, parts, 2, steps))
    rows = met.astype(int)
    np.add.at(of_met, (np.searchsorted(strata, met[:, 0]), rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4]), met[:, 5])
    of_all = np.zeros((strata.size, parts, 2, steps))
    rows = every.astype(int)
    np.add.at(of_all, (np.searchsorted(strata, every[:, 0]), rows[:, 2], rows[:, 3], rows[:, 4]), every[:, 5])
    never = np.maximum(of_all - of_met.sum(axis=1), 0.0)
    ended, others = of_met[:, :, :, 0].sum(axis=(0, 1, 2)), never[:, :, 0].sum(axis=(0, 1))
    expected = others * of_met.sum() / max(never.sum(), 1.0)
    before = (expected >= EXPECTED) & (ended < BEFORE * expected)
    early = never[:, :, 0, before].sum(axis=2) if before.any() else None
    return Counts(of_met.sum(axis=4), never.sum(axis=3), early)
