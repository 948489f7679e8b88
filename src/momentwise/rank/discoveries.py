"""False-discovery control: p values of many tests → adjusted ones that may be held against the share of false findings.

What is tested stands with the finders; here is only how many of it may be believed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

# At most this share of what is reported may be false; where nothing is there, it is also the chance of reporting at all.
FALSE_SHARE = 0.05


def adjust(chances: Sequence[float], *, dependent: bool = False) -> list[float]:
    """The p values, each adjusted so that those of at most q hold a share of at most q false ones.

    Args:
        chances: p values, 0–1, in any order.
        dependent: Whether the tests may depend on one another in any way (Benjamini-Yekutieli); otherwise they are
            independent or rise and fall together (Benjamini-Hochberg).

    Returns:
        In the order of `chances`; never above 1.

    Source:
        Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289–300.
        Benjamini, Y. and Yekutieli, D. (2001). The control of the false discovery rate in multiple testing under
        dependency. Annals of Statistics 29, 1165–1188, theorem 1.3.

    Example:
        >>> [round(chance, 3) for chance in adjust([0.01, 0.04, 0.03, 0.5])]
        [0.04, 0.053, 0.053, 0.5]
    """
    found = np.asarray(chances, dtype=float)
    many = found.size
    if not many:
        return []
    order = np.argsort(found, kind="stable")
    factor = many / np.arange(1, many + 1)
    if dependent:
        factor = factor * np.sum(1.0 / np.arange(1, many + 1))
    rising = np.minimum.accumulate((found[order] * factor)[::-1])[::-1]
    adjusted = np.empty(many)
    adjusted[order] = np.minimum(rising, 1.0)
    return [float(chance) for chance in adjusted]


def chance_of(value: float, error: float) -> float:
    """The two-sided p value of a number with a standard error, by the normal distribution; 1 without an error.

    Example:
        >>> round(chance_of(1.96, 1.0), 3)
        0.05
    """
    return float(2 * special.ndtr(-abs(value) / error)) if error > 0 else 1.0
