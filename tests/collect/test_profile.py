"""What a column holds, judged by its type and its values."""

from __future__ import annotations

import pytest

from momentwise.collect.profile import profile_column


@pytest.mark.parametrize(
    ("name", "column_type", "values", "kind"),
    [
        ("when", "VARCHAR", ["2024-01-31", "2024-02-01"], "instant"),
        ("amount", "VARCHAR", ["1.5", "2"], "number"),
        ("paid", "VARCHAR", ["True", "False"], "truth"),
        ("comment", "VARCHAR", ["good", "bad"], "text"),
        ("zip", "VARCHAR", ["08775", "12345"], "text"),
        ("order", "VARCHAR", ["12345678901234567890"], "text"),
        ("ts", "VARCHAR", ["1706709906"], "instant"),
        ("visitor", "VARCHAR", ["1706709906"], "number"),
        ("event_time", "BIGINT", ["1706709906000"], "instant"),
        ("quantity", "BIGINT", ["3"], "number"),
        ("day", "DATE", ["2024-01-31"], "instant"),
        ("flag", "BOOLEAN", ["true"], "truth"),
        ("price", "DECIMAL(10,2)", ["1.50"], "number"),
        ("tags", "VARCHAR[]", ["[a]"], "text"),
        ("user_pseudo_id", "VARCHAR", ["1900000001.1700000001", "1900000002.1700000002"], "text"),
        ("temperature", "VARCHAR", ["1900.17001", "1901.17001"], "number"),
        ("時刻", "VARCHAR", ["1706709906"], "instant"),
        ("empty", "VARCHAR", [None, "", "N/A"], "text"),
    ],
)
def test_kinds(name: str, column_type: str, values: list[str | None], kind: str) -> None:
    """Each sort of column is known for what it holds."""
    assert kind == profile_column(name, column_type, values).kind


def test_missing_words_are_missing() -> None:
    """Words for no value count neither as filled nor as distinct."""
    facts = profile_column("x", "VARCHAR", ["a", "NULL", None, "b"])
    assert (0.5, 2, 4) == (facts.filled, facts.distinct, facts.sampled)


def test_digits_that_may_be_times_carry_a_format() -> None:
    """A mapping may still take such a column as the event's time."""
    assert profile_column("number", "VARCHAR", ["1706709906"]).time_format == "epoch_s"


def test_a_zone_in_the_values_is_seen() -> None:
    """Texts with an offset need no stated zone."""
    assert profile_column("at", "VARCHAR", ["2024-01-31T14:05:06+02:00"]).has_zone


def test_a_column_of_nothing_is_no_fault() -> None:
    """A table may have no rows to look at."""
    assert profile_column("x", "VARCHAR", []).filled == 0.0
