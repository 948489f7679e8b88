"""Which tables lead to which: a column of one that is a key of another, so that a row can reach its customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from momentwise.collect.roles import is_unique
from momentwise.collect.vocabulary import singular, words_of
from momentwise.define.evaluate import quote_name
from momentwise.define.source import ColumnFacts, ColumnRef, TableFacts


@dataclass(frozen=True)
class Link:
    """A column of a table that finds at most one row of another.

    Args:
        table: The table that leads.
        on: Its column.
        other: The table that is led to.
        to: Its column, unique there.
        to_columns: All columns of the other table.
    """

    table: str
    on: str
    other: str
    to: str
    to_columns: tuple[ColumnFacts, ...]


def find_links(tables: Sequence[TableFacts]) -> list[Link]:
    """Every link between two tables: an equal name, or `customer_id` and the `id` of the table `customers`."""
    return [link for table in tables for other in tables if table is not other for link in _between(table, other)]


def _between(table: TableFacts, other: TableFacts) -> Iterator[Link]:
    for key in other.columns:
        if not is_unique(key) or key.kind in ("instant", "truth") or key.sampled < 2:
            continue
        for column in table.columns:
            if column.kind == key.kind and _is_led(column.name, key.name, other.name):
                yield Link(table.name, column.name, other.name, key.name, other.columns)


def _is_led(column: str, key: str, other: str) -> bool:
    if words_of(key) in (("id",), ("key",), ("nr",), ("uuid",)):
        row = words_of(singular(other))
        return words_of(column) == (*row[-1:], *words_of(key)) or words_of(column) == (*row, *words_of(key))
    return words_of(column) == words_of(key)


def hop_select(table: TableFacts, link: Link, person: ColumnRef) -> str:
    """A SELECT of a table with the person's column, which two other tables lie before.

    Args:
        table: The table of which every row is kept once.
        link: How it leads to the nearer table.
        person: How the nearer table leads to the person.
    """
    near, far = quote_name(link.other), quote_name(person.through)
    on, to = quote_name(link.on), quote_name(link.to)
    next_on, next_to, column = (
        quote_name(person.on),
        quote_name(person.to or person.on),
        quote_name(person.column),
    )
    return "\n".join(
        (
            f"SELECT rows.*, people.{column}",
            f"FROM {quote_name(table.name)} AS rows",
            f"LEFT JOIN (SELECT {to}, min({next_on}) AS {next_on} FROM {near} GROUP BY {to}) AS keys ON keys.{to} = rows.{on}",
            f"LEFT JOIN (SELECT {next_to}, min({column}) AS {column} FROM {far} GROUP BY {next_to}) AS people",
            f"  ON people.{next_to} = keys.{next_on}",
        )
    )
