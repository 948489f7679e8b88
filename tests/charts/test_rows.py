"""The command that lists the rows behind a number: exact, and one word to the shell whatever it holds."""

from __future__ import annotations

import shlex

import pytest

from momentwise.charts.rows import quote_sql, rows_command
from momentwise.define.finding import Estimate


def test_command_carries_table_and_condition() -> None:
    """The condition is the estimate's own, between double quotes that keep its single ones readable."""
    estimate = Estimate(0.1, 10, "share", rows="moment = 'a-b' and outcome != 'open'")
    wanted = "momentwise rows out --table occurrences --where \"moment = 'a-b' and outcome != 'open'\""
    assert wanted == rows_command("out", "a-b", estimate)


def test_condition_without_the_moment_is_narrowed_to_it() -> None:
    """An estimate that names no moment of its own never opens the rows of all of them."""
    assert rows_command("out", "a-b", Estimate(1, 1, "count")).endswith("\"moment = 'a-b'\"")


def test_signals_know_no_moment() -> None:
    """The table of signals has no such column."""
    estimate = Estimate(1, 1, "count", rows="signal = 'rage_click'", table="signals")
    assert "moment =" not in rows_command("out", "a-b", estimate)


@pytest.mark.parametrize("text", ['say "hi"', "$(rm -rf /)", "`id`", "a\\b", "wow!now", "it''s", "two\nlines"])
def test_shell_reads_the_condition_as_one_word(text: str) -> None:
    """Nothing in a condition can become a command of its own."""
    condition = f"ending = {quote_sql(text)}"
    words = shlex.split(rows_command("my out", "", Estimate(1, 1, "count", rows=condition)))
    assert words == ["momentwise", "rows", "my out", "--table", "occurrences", "--where", condition]
