"""False-discovery control."""

import numpy as np
import pytest
from scipy import stats

from momentwise.rank.discoveries import adjust, chance_of


@pytest.mark.parametrize(("dependent", "method"), [(False, "bh"), (True, "by")])
@pytest.mark.parametrize("many", [1, 2, 7, 200])
def test_adjusted_chances_are_those_of_scipy(dependent: bool, method: str, many: int) -> None:
    """Both ways of adjusting agree with an independent library, ties included."""
    rng = np.random.default_rng(many)
    chances = np.round(rng.uniform(size=many) ** 3, 3)
    expected = stats.false_discovery_control(chances, method=method)
    assert expected == pytest.approx(adjust(list(chances), dependent=dependent), abs=1e-12)


def test_no_test_is_no_chance() -> None:
    """Without tests there is nothing to adjust."""
    assert adjust([]) == []


def test_a_chance_is_two_sided() -> None:
    """The p value of a number with its error is that of the normal distribution, either side."""
    assert 2 * stats.norm.sf(2.5) == pytest.approx(chance_of(-5.0, 2.0))


def test_without_an_error_nothing_is_shown() -> None:
    """A number that never varied is no evidence."""
    assert chance_of(3.0, 0.0) == 1.0
