"""Spans of time: written by people, counted in microseconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentwise.define.span import LONGEST_US, format_span, parse_span, write_span
from momentwise.errors import DefinitionError


@pytest.mark.parametrize(
    ("text", "micros"),
    [("30d", 30 * 86_400_000_000), ("1h30m", 5_400_000_000), ("500ms", 500_000), (" 2 W ", 14 * 86_400_000_000), ("0s", 0), ("1.5s", 1_500_000)],
)  # fmt: skip
def test_a_span_is_counted(text: str, micros: int) -> None:
    """Units add up."""
    assert micros == parse_span(text)


@pytest.mark.parametrize("text", ["", "30", "d", "30 days", "1y", "-1d", "1d later", "99999999d"])
def test_what_is_no_span_is_told(text: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(DefinitionError):
        parse_span(text)


@given(st.integers(0, LONGEST_US // 1_000))
def test_a_written_span_reads_back(milliseconds: int) -> None:
    """Whole milliseconds survive being written."""
    assert milliseconds * 1_000 == parse_span(write_span(milliseconds * 1_000))


@given(st.integers(0, LONGEST_US))
def test_a_span_for_people_is_short(micros: int) -> None:
    """Never more than two parts."""
    assert len(format_span(micros).split()) <= 2
