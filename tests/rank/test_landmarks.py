"""How many complete after meeting a friction, beside others who could have met it."""

import numpy as np
import pytest

from momentwise.rank.landmarks import Counts, compare


def test_difference_by_hand() -> None:
    """Two strata without time: 10 points and 30 points less, weighted 25 and 15 by Mantel and Haenszel."""
    met, never = np.zeros((2, 1, 1, 2)), np.zeros((2, 1, 2))
    met[0, 0, 0], never[0, 0] = (20, 30), (15, 35)  # 60 % of 50, 70 % of 50
    met[1, 0, 0], never[1, 0] = (12, 8), (18, 42)  # 40 % of 20, 70 % of 60
    found = compare(Counts(met, never))
    assert found is not None
    assert (25 * -0.1 + 15 * -0.3) / 40 == pytest.approx(found.value)
    spread = 25**2 * (0.6 * 0.4 / 50 + 0.7 * 0.3 / 50) + 15**2 * (0.4 * 0.6 / 20 + 0.7 * 0.3 / 60)
    assert np.sqrt(spread) / 40 == pytest.approx(found.error)
    assert (70, 110) == (found.touched, found.spared)


def test_without_anybody_beside_them_nothing_is_said() -> None:
    """Where all met it there is no difference."""
    assert compare(Counts(np.ones((1, 1, 1, 2)), np.zeros((1, 1, 2)))) is None


def _draw(rng: np.random.Generator, harm: float, n: int = 3000, parts: int = 6) -> Counts:
    """Occurrences that may end in every part of the time, and a friction that strikes at random while they last.

    Those that do not complete last longer, so that without regard to time a harmless friction looks harmful.
    """
    done = rng.random(n) < 0.6
    lived = np.where(done, rng.integers(0, 3, n), rng.integers(2, parts, n))
    at = rng.geometric(0.25, n) - 1
    struck = at <= lived
    done &= ~(struck & (rng.random(n) < harm))
    met, never = np.zeros((1, parts, parts, 2)), np.zeros((1, parts, 2))
    np.add.at(met, (0, at[struck], lived[struck], done[struck].astype(int)), 1)
    np.add.at(never, (0, lived[~struck], done[~struck].astype(int)), 1)
    return Counts(met, never)


def test_long_occurrences_do_not_make_a_harmless_friction_harmful() -> None:
    """Compared by time, chance meetings are found harmful or helpful in 5 of 100 draws; without time, in nearly all."""
    rng, wrong, without = np.random.default_rng(5), 0, 0
    for _ in range(300):
        counts = _draw(rng, 0.0)
        by_time, plain = compare(counts), compare(counts.whole)
        assert by_time is not None
        assert plain is not None
        wrong += by_time.chance < 0.05
        without += plain.chance < 0.05
    assert wrong / 300 == pytest.approx(0.05, abs=0.03)
    assert without > 290


def test_harm_is_found_by_time() -> None:
    """A friction that stops a third of those who would have completed is found, whenever it strikes."""
    found = compare(_draw(np.random.default_rng(6), 0.33))
    assert found is not None
    assert found.value < -0.05
    assert found.chance < 0.01
