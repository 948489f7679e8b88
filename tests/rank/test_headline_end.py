"""The headline speaks of the last week that is a usual one."""

from __future__ import annotations

from momentwise.define.span import DAY_US
from momentwise.rank.headline import find_end
from tests.rank.journey_tables import Tables, happen


def test_a_usual_end_is_the_end() -> None:
    """As many start in the last week as before: the last seven days are those before the end of the data."""
    evidence = Tables().open(occurrences=[happen(f"c{day}", day) for day in range(180)])
    assert evidence.until_us == find_end(evidence)


def test_a_thin_end_is_passed_over() -> None:
    """Nothing but one start in the last weeks: the headline goes back to the week before they thin out."""
    busy = [happen(f"c{day}-{one}", day) for day in range(120) for one in range(4)]
    evidence = Tables().open(occurrences=[*busy, happen("late", 178)])
    assert find_end(evidence) < evidence.until_us - 14 * DAY_US
