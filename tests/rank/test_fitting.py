"""What each friction adds, from sufficient statistics."""

import numpy as np
import pytest

from momentwise.rank.fitting import Groups, anonymous, fit, fit_clustered, read_groups, stretch


def _rows(seed: int, n: int = 400, again: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Stratum, two frictions, customer and a measure of which they add 9 and 5, the spread growing with the first."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n // again), again)
    stratum = rng.integers(0, 4, n // again)[who]
    keen = rng.normal(0, 25, n // again)[who] if again > 1 else 0.0
    met = np.column_stack([rng.random(n) < 0.3 + 0.1 * stratum, rng.random(n) < 0.4]).astype(float)
    if again > 1:
        met = met[who * again]
    took = 30 + 7 * stratum + 9 * met[:, 0] + 5 * met[:, 1] + keen + rng.normal(0, 10 + 20 * met[:, 0])
    return stratum, met, who, took


def _grouped(stratum: np.ndarray, met: np.ndarray, took: np.ndarray) -> Groups:
    """The rows by stratum and frictions."""
    keys, place = np.unique(np.column_stack([stratum, met]), axis=0, return_inverse=True)
    parts = [took[place.ravel() == index] for index in range(len(keys))]
    table = np.asarray([(part.size, part.mean(), part.var(ddof=1) if part.size > 1 else 0.0) for part in parts])
    return Groups(keys[:, 0].astype(np.int64), keys[:, 1:], *table.T)


def test_groups_give_what_rows_give() -> None:
    """Values and HC2 errors equal those of least squares on the rows with a dummy per stratum."""
    stratum, met, _, took = _rows(1)
    design = np.column_stack([met, *(stratum == level for level in range(4))]).astype(float)
    bread = np.linalg.inv(design.T @ design)
    expected = bread @ design.T @ took
    leverage = np.einsum("ij,jk,ik->i", design, bread, design)
    weight = (took - design @ expected) ** 2 / (1 - leverage)
    spread = bread @ (design * weight[:, None]).T @ design @ bread
    found = fit(_grouped(stratum, met, took))
    assert expected[:2] == pytest.approx(found.value)
    assert np.sqrt(np.diag(spread))[:2] == pytest.approx(found.error)


def test_errors_of_customers_are_those_of_their_sums() -> None:
    """With customers named, the errors equal the cluster-robust ones on the rows."""
    stratum, met, who, took = _rows(2, again=4)
    design = np.column_stack([met, *(stratum == level for level in range(4))]).astype(float)
    bread = np.linalg.inv(design.T @ design)
    pushes = design * (took - design @ (bread @ design.T @ took))[:, None]
    sums = np.asarray([pushes[who == one].sum(axis=0) for one in np.unique(who)])
    spread = bread @ sums.T @ sums @ bread * (len(sums) / (len(sums) - 1))
    found = fit(Groups(stratum, met, np.ones(400), took, np.zeros(400), who))
    assert np.sqrt(np.diag(spread))[:2] == pytest.approx(found.error)


@pytest.mark.req("D07")
def test_intervals_hold_the_truth_in_95_of_100() -> None:
    """Over 400 draws with unequal spread, 9 and 5 lie in their intervals 95 ± 3 times in 100."""
    held = np.zeros(2)
    for seed in range(400):
        stratum, met, _, took = _rows(seed + 1000)
        found = fit(_grouped(stratum, met, took))
        held += np.abs(found.value - (9, 5)) <= 1.96 * found.error
    assert held / 400 == pytest.approx((0.95, 0.95), abs=0.03)


def test_intervals_of_returning_customers_hold_the_truth() -> None:
    """Where a customer's occurrences are alike, the widened intervals hold the truth, and the plain ones do not."""
    held, plain = np.zeros(2), np.zeros(2)
    for seed in range(300):
        stratum, met, who, took = _rows(seed, 1200, again=4)
        drawn = Groups(stratum, met, np.ones(took.size), took, np.zeros(took.size), who)
        groups = _grouped(stratum, met, took)
        wide, narrow = fit_clustered(groups, drawn, [0, 1]), fit(groups)
        held += np.abs(wide.value - (9, 5)) <= 1.96 * wide.error
        plain += np.abs(narrow.value - (9, 5)) <= 1.96 * narrow.error
    assert held / 300 == pytest.approx((0.95, 0.95), abs=0.035)
    assert (plain / 300 < 0.9).all()


def test_a_friction_that_all_met_is_not_told() -> None:
    """Without anybody who did not meet it, a friction has no value, and the other one keeps its own."""
    stratum, met, _, took = _rows(3)
    met[:, 0] = 1
    found = fit(_grouped(stratum, met, took))
    assert np.isnan(found.value[0])
    assert found.value[1] == pytest.approx(5, abs=4)


def test_customers_never_make_errors_smaller() -> None:
    """Widening by customers is at least one."""
    stratum, met, _, took = _rows(4)
    groups = Groups(stratum, met, np.ones(400), took, np.zeros(400), np.arange(400))
    assert (stretch(fit(anonymous(groups)), fit(groups)) >= 1).all()


def test_groups_are_read_from_masks() -> None:
    """Bit 0 of a mask is the first friction."""
    groups = read_groups([(7, 0b10, 3, 1.5, None), (8, None, 2, 2.5, 0.5)], 2)
    assert [[0, 1], [0, 0]] == groups.met.tolist()
    assert [7, 8] == groups.stratum.tolist()
