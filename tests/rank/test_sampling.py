"""Of very many customers some are read: how many, whom, and what that does to a finding."""

from __future__ import annotations

import msgspec
import pytest

from momentwise.define.finding import Estimate, Split
from momentwise.rank.sampling import MOST_READ, count_parts, narrow, sampled, scale_finding
from tests.rank.made_findings import make_finding


@pytest.mark.parametrize(
    ("occurrences", "expected"), [(0, 1), (MOST_READ, 1), (MOST_READ + 1, 2), (2 * MOST_READ, 2), (70_000_000, 140)]
)
def test_parts_hold_at_most_so_many(occurrences: int, expected: int) -> None:
    """As few parts as keep each at or below `MOST_READ`; one where all may be read."""
    assert expected == count_parts(occurrences)


def test_everybody_is_in_one_part() -> None:
    """The condition of a single part leaves nobody out."""
    assert ("true", "hash(customer) % 3 = 0") == (sampled(1), sampled(3))


def test_rows_are_those_of_the_sample() -> None:
    """Estimates at any depth get the condition once; those of tables that are read whole keep theirs."""
    own = Estimate(0.5, 10, "share", rows="moment = 'pay'")
    split = Split(title="By step", parts=(("first", own), ("flow", msgspec.structs.replace(own, table="flow"))))
    expected = "(moment = 'pay') AND hash(customer) % 4 = 0"
    for found in (narrow(split, 4), narrow(narrow(split, 4), 4)):
        assert [expected, "moment = 'pay'"] == [estimate.rows for _, estimate in found.parts]
    assert split == narrow(split, 1)


def test_a_finding_of_the_sample_is_scaled_up() -> None:
    """People count for everybody; n, the interval and the value are those of the sample."""
    finding = make_finding(people=50)
    found = scale_finding(finding, 4)
    assert (200, 4) == (found.people, found.parts)
    assert (finding.estimate.value, finding.estimate.n) == (found.estimate.value, found.estimate.n)
    assert "(true) AND hash(customer) % 4 = 0" == found.estimate.rows
    assert finding == scale_finding(finding, 1)
