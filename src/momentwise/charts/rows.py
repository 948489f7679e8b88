"""From a number back to its rows: the command that lists them, and plain counts as estimates with rows."""

from __future__ import annotations

import re
import shlex

from momentwise.define.finding import Estimate, MomentSummary

# An exclamation mark before `=` or a space is not a shell's history sign, and SQL is full of `!=`.
_SAFE_IN_DOUBLE_QUOTES = re.compile(r'(?:[^"$`\\!\n]|!(?=[= ]))*')
_BARE_WORD = re.compile(r"[\w./:+=@%,-]+")


def rows_command(out_dir: str, moment: str, estimate: Estimate) -> str:
    """The command that lists exactly the rows behind a number.

    Args:
        out_dir: The audit's folder as the user wrote it.
        moment: The moment that the number is about; empty for none. Occurrences are narrowed to it where the
            estimate's own condition does not already do so.
        estimate: The number.

    Example:
        >>> failed = Estimate(0.1, 10, "share", rows="outcome = 'failed'")
        >>> print(rows_command("out", "track-delivery", failed))
        momentwise rows out --table occurrences --where "moment = 'track-delivery' and (outcome = 'failed')"
    """
    where = estimate.rows
    if moment and estimate.table == "occurrences":
        where = _narrow(where, f"moment = {quote_sql(moment)}")
    return f"momentwise rows {_quote(out_dir)} --table {estimate.table} --where {_quote(where)}"


def quote_sql(text: str) -> str:
    """The text as an SQL literal.

    Example:
        >>> quote_sql("don't")
        "'don''t'"
    """
    return "'" + text.replace("'", "''") + "'"


def count_volume(summary: MomentSummary) -> Estimate:
    """How many occurrences the moment had, with the rows behind it."""
    return _count(summary.volume, f"moment = {quote_sql(summary.moment)}")


def count_open(summary: MomentSummary) -> Estimate:
    """How many occurrences of the moment are still open, with the rows behind it."""
    return _count(summary.open, f"moment = {quote_sql(summary.moment)} and outcome = 'open'")


def count_rows(count: int, rows: str) -> Estimate:
    """A plain count of occurrences with the rows behind it."""
    return _count(count, rows)


def weigh_seconds(seconds: float) -> Estimate:
    """A plain sum of seconds, without rows of its own."""
    return Estimate(value=seconds, n=0, unit="seconds")


def _count(count: int, rows: str) -> Estimate:
    return Estimate(value=count, n=count, unit="count", rows=rows)


def _narrow(where: str, condition: str) -> str:
    if condition in where:
        return where
    return condition if where.strip() == "true" else f"{condition} and ({where})"


def _quote(text: str) -> str:
    """The text as one word of a shell; double quotes where they do, since SQL is full of single ones."""
    if _BARE_WORD.fullmatch(text):
        return text
    return f'"{text}"' if _SAFE_IN_DOUBLE_QUOTES.fullmatch(text) else shlex.quote(text)
