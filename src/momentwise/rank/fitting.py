"""Fitting: counts, means and variances of groups → what each friction adds, all frictions told apart.

Works on sufficient statistics, never on rows. Which groups there are is decided in `survey`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """Groups of occurrences that share a stratum and the frictions that they met; one entry of each array per group.

    Args:
        stratum: What is alike in all of it; occurrences are compared only within a stratum.
        met: One column per friction, 1 where the group met it.
        n: How many occurrences.
        mean: Of the measure.
        variance: Sample variance of the measure; 0 where n is below 2.
        who: Number of the customer, where every group is of one customer.
    """

    stratum: Ints
    met: Floats
    n: Floats
    mean: Floats
    variance: Floats
    who: Ints | None = None


@dataclass(frozen=True)
class Fit:
    """What each friction adds to the measure, given the others and the stratum.

    Args:
        value: Per friction; NaN where the data do not tell it apart.
        spread: The estimates' covariance matrix; NaN in the same places.
        touched: Occurrences that met each.
        spared: Occurrences of the strata in which some met it, which did not meet it.
    """

    value: Floats
    spread: Floats
    touched: Floats
    spared: Floats

    @property
    def error(self) -> Floats:
        """Standard errors."""
        return np.asarray(np.sqrt(np.diag(self.spread)), dtype=np.float64)


def fit(groups: Groups) -> Fit:
    """Least squares of the measure on the frictions within strata, with errors that allow unequal variances (HC2).

    Where the groups name their customers, the errors allow for what one customer's occurrences have in common (CR1).

    Source:
        Frisch and Waugh (1933) for working within strata; MacKinnon and White (1985), Some heteroskedasticity-consistent
        covariance matrix estimators, J. Econometrics 29, for HC2; Liang and Zeger (1986), Biometrika 73, for clusters.
    """
    many = groups.met.shape[1]
    touched, spared = _count(groups)
    value, spread = np.full(many, np.nan), np.full((many, many), np.nan)
    _, stratum = np.unique(groups.stratum, return_inverse=True)
    n = np.asarray(np.bincount(stratum, groups.n), dtype=np.float64)
    inside = np.asarray(groups.met - _means(stratum, groups, groups.met, n)[stratum], dtype=np.float64)
    kept = _independent(inside, groups.n)
    if not kept.size:
        return Fit(value, spread, touched, spared)
    inside = inside[:, kept]
    centred = groups.mean - _means(stratum, groups, groups.mean[:, None], n)[stratum, 0]
    bread = np.linalg.inv(_cross(inside * groups.n[:, None], inside))
    value[kept] = bread @ np.einsum("ij,i->j", inside, groups.n * centred)
    residual = centred - np.einsum("ij,j->i", inside, value[kept])
    if groups.who is not None:
        meat = _meat_of_customers(groups, inside, residual)
    else:
        leverage = 1.0 / n[stratum] + np.einsum("ij,ij->i", np.einsum("ij,jk->ik", inside, bread), inside)
        squares = np.maximum(groups.n - 1, 0) * groups.variance + groups.n * residual**2
        meat = _cross(inside * (squares / np.maximum(1 - leverage, 1e-6))[:, None], inside)
    spread[np.ix_(kept, kept)] = bread @ meat @ bread
    return Fit(value, spread, touched, spared)


def _cross(one: Floats, other: Floats) -> Floats:
    """Sums of products of columns; without BLAS, whose threads wait for one another where the machine is busy."""
    return np.asarray(np.einsum("ij,ik->jk", one, other), dtype=np.float64)


def _means(stratum: Ints, groups: Groups, columns: Floats, n: Floats) -> Floats:
    sums = [np.bincount(stratum, groups.n * column, minlength=n.size) for column in columns.T]
    return np.asarray(sums, dtype=np.float64).T / n[:, None]


def _count(groups: Groups) -> tuple[Floats, Floats]:
    """Occurrences that met each friction, and those beside them in the same strata that did not."""
    _, stratum = np.unique(groups.stratum, return_inverse=True)
    touched, spared = [], []
    for met in groups.met.T:
        some = np.bincount(stratum, groups.n * met) > 0
        touched.append(float(np.sum(groups.n * met)))
        spared.append(float(np.sum(groups.n * (1 - met) * some[stratum])))
    return np.asarray(touched), np.asarray(spared)


def _independent(inside: Floats, n: Floats) -> Ints:
    """The columns that vary within strata and are no sum of the columns before them."""
    weighted = inside * np.sqrt(n)[:, None]
    kept: list[int] = []
    base: list[Floats] = []
    for index in range(weighted.shape[1]):
        column = weighted[:, index].copy()
        size = float(np.einsum("i,i", column, column))
        for _ in range(2):  # once more, against rounding
            for unit in base:
                column -= unit * float(np.einsum("i,i", unit, column))
        left = float(np.einsum("i,i", column, column))
        if size > 1e-9 and left > 1e-3 * size:
            kept.append(index)
            base.append(column / np.sqrt(left))
    return np.asarray(kept, dtype=np.int64)


def _meat_of_customers(groups: Groups, inside: Floats, residual: Floats) -> Floats:
    assert groups.who is not None, "customers are summed up only where they are known"
    _, who = np.unique(groups.who, return_inverse=True)
    pushes = inside * (groups.n * residual)[:, None]
    sums = np.asarray([np.bincount(who, push) for push in pushes.T], dtype=np.float64).T
    many = sums.shape[0]
    return np.asarray(_cross(sums, sums) * (many / max(1, many - 1)), dtype=np.float64)


def stretch(plain: Fit, grouped: Fit) -> Floats:
    """How many times wider the errors are once customers count as one: per friction, at least 1.

    Args:
        plain: Of some occurrences.
        grouped: Of the same, by customer.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        wider = grouped.error / plain.error
    return np.asarray(np.maximum(1.0, np.nan_to_num(wider, nan=1.0, posinf=1.0)), dtype=np.float64)


def fit_clustered(groups: Groups, drawn: Groups | None, kept: Sequence[int], below: float = 1.0) -> Fit:
    """What each friction adds, with errors that allow for what one customer's occurrences have in common.

    Args:
        groups: All of them.
        drawn: Those of the customers that were drawn, by customer.
        kept: Numbers of the frictions to fit.
        below: The share of occurrences that was not cut.
    """
    found = fit(_only(groups, kept))
    wider = np.ones(len(kept))
    if drawn is not None:
        some = _only(drawn, kept)
        wider = stretch(fit(anonymous(some)), fit(some))
    scale = np.outer(wider, wider) / below**2
    return Fit(found.value / below, found.spread * scale, found.touched, found.spared)


def _only(groups: Groups, kept: Sequence[int]) -> Groups:
    return Groups(groups.stratum, groups.met[:, list(kept)], groups.n, groups.mean, groups.variance, groups.who)


def anonymous(groups: Groups) -> Groups:
    """The same groups, every occurrence by itself."""
    return Groups(groups.stratum, groups.met, groups.n, groups.mean, groups.variance)


def read_groups(rows: Sequence[Sequence[object]], many: int) -> Groups:
    """Groups from the rows of a query: stratum, mask of frictions, n, mean, variance, and perhaps a customer's number.

    Args:
        rows: Of one moment.
        many: How many frictions the mask has.
    """
    table: Floats = np.asarray([[_number(part) for part in row[2:5]] for row in rows], dtype=np.float64)
    masks = np.asarray([_whole(row[1]) for row in rows], dtype=np.uint64)
    bits = np.arange(many, dtype=np.uint64)
    met = ((masks[:, None] >> bits[None, :]) & np.uint64(1)).astype(np.float64)
    # A customer's hash has 64 bits without a sign; Python's own hash of it fits.
    who = np.asarray([hash(row[5]) for row in rows], dtype=np.int64) if len(rows[0]) > 5 else None
    stratum = np.asarray([_whole(row[0]) for row in rows], dtype=np.int64)
    return Groups(stratum, met, table[:, 0], table[:, 1], table[:, 2], who)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
