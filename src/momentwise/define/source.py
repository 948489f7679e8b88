"""Where events come from: tables, and how their columns and rows become events. Values only.

`define.reading_sources` reads them from `sources.yaml`; `collect` proposes them and turns them into queries.
"""

from __future__ import annotations

import msgspec

from momentwise.define.evaluate import Kind
from momentwise.define.predicate import Predicate
from momentwise.errors import Place

# Values that people and tools write where there is none; read as missing in every column of a text format.
MISSING_WORDS = ("", "NA", "N/A", "n/a", "NULL", "null", "None", "none", "NaN", "nan", "-", "\\N")

# Stands between alternative formats of one column in `Source.time_format`.
BETWEEN_FORMATS = " | "

# More than this share of unreadable rows means that the mapping is wrong, not the rows.
DEFAULT_REJECT_LIMIT = 0.05


class ColumnRef(msgspec.Struct, frozen=True):
    """Where a field's value comes from: a column of the table, or one fixed value for every row.

    Args:
        column: The column's name as the table spells it; empty for a fixed value.
        value: The fixed value; empty for a column.
        through: Another table through which the value is reached; empty for none.
        on: The column of this table that finds the row in the other one.
        to: The column of the other table that `on` must equal.
    """

    column: str = ""
    value: str = ""
    through: str = ""
    on: str = ""
    to: str = ""


class EventRule(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a row may become.

    Args:
        name: The event's name; empty where the source's `event` column holds it.
        at: Columns of the event time; the first that holds a value counts. None holds one: it did not happen.
        where: A condition over the table's columns; a row that does not fulfil it does not become this event.
        fields: Fields of this event alone; they go before those of the source.
    """

    name: str = ""
    at: tuple[str, ...]
    where: Predicate | None = None
    fields: dict[str, ColumnRef] = {}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One table, or one SELECT over tables, and the events that its rows become.

    Args:
        name: What the source is called.
        table: The table's name: a file's name without its endings, or a database's table. Empty for a SELECT.
        select: An SQL SELECT over the tables. Empty for a table.
        customer: Who.
        event: The column that holds the event's name; `None` where every rule has its own.
        rename: Names to use for values of the `event` column; a value that is not here keeps its own name.
        rules: At least one.
        fields: `id`, `channel`, `key`, `session`, `text`, `duration`, `amount`, `score` and free names for columns.
            Every column is besides a property under its own name.
        time_format: `strptime` pattern of the event times, or `iso`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`;
            empty to find it. Alternatives stand with ` | ` between them.
        zone: IANA zone of times that carry none; empty for the default of the file.
        decimal: `.` or `,`; empty to find it.
        kinds: What a column is, where finding it would go wrong.
        place: Where it is declared.
    """

    name: str
    table: str = ""
    select: str = ""
    customer: ColumnRef
    event: ColumnRef | None = None
    rename: dict[str, str] = {}
    rules: tuple[EventRule, ...]
    fields: dict[str, ColumnRef] = {}
    time_format: str = ""
    zone: str = ""
    decimal: str = ""
    kinds: dict[str, Kind] = {}
    place: Place = Place()


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Every source of an audit.

    Args:
        sources: In the order in which events that share an instant arrive.
        zone: IANA zone of times that carry none.
        reject_limit: Share (0–1) of a source's rows that may be set aside before the run stops.
    """

    sources: tuple[Source, ...]
    zone: str = "UTC"
    reject_limit: float = DEFAULT_REJECT_LIMIT


class ColumnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one column after a look at its type and a sample of its values.

    Args:
        name: As the table spells it.
        type: DuckDB's type.
        kind: What it holds.
        time_format: How its instants are written (see `Source.time_format`); empty where it holds none, or the type
            itself is a time.
        has_zone: Whether its instants carry a zone or an offset.
        ambiguous: Whether day and month could be told apart only by a guess.
        decimal: Sign between whole and fraction where it holds numbers in text; empty otherwise.
        filled: Share (0–1) of the sampled rows that have a value.
        distinct: Distinct values in the sample.
        sampled: Rows in the sample.
        width: Mean characters of a value, missing ones included as none.
        examples: Some values, as text.
    """

    name: str
    type: str
    kind: Kind
    time_format: str = ""
    has_zone: bool = False
    ambiguous: bool = False
    decimal: str = ""
    filled: float = 1.0
    distinct: int = 0
    sampled: int = 0
    width: float = 0.0
    examples: tuple[str, ...] = ()


class TableFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one table.

    Args:
        name: Its name in queries.
        columns: In order.
        origin: The files or the database it comes from, for people.
        format: csv, json, parquet, sqlite, postgresql or select.
        rows: How many, where that is known without reading them; `None` otherwise.
        likely_rows: How many there seem to be, by size and sample; `None` where nothing says so. For progress only.
        bytes: Size on disk; 0 where unknown.
    """

    name: str
    columns: tuple[ColumnFacts, ...]
    origin: str
    format: str
    rows: int | None = None
    likely_rows: int | None = None
    bytes: int = 0

    def column(self, name: str) -> ColumnFacts | None:
        """The column of that name; letters' case matters only where two columns differ in it alone."""
        for column in self.columns:
            if column.name == name:
                return column
        for column in self.columns:
            if column.name.lower() == name.lower():
                return column
        return None


class Understanding(msgspec.Struct, frozen=True):
    """One thing that a proposal took for granted, and why; `sure` is false where a person should look."""

    source: str
    what: str
    why: str
    sure: bool = True


class Skeleton(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a table that is left out, for a person to finish.

    Args:
        table: Its name.
        columns: All of its columns.
        customer: Columns that may say who, the likeliest first; the one that does where there is one only.
        at: Columns that may say when, likewise.
        event: Columns that may hold the event's name, likewise.
        fields: The named fields that were found.
    """

    table: str
    columns: tuple[ColumnFacts, ...]
    customer: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    fields: dict[str, ColumnRef] = {}


class Proposal(msgspec.Struct, frozen=True):
    """Sources as Momentwise understood a set of tables, with what it took for granted.

    Args:
        sources: What to read; a table of which no event could be made is not among them.
        understandings: In the order of the tables.
        left_out: Tables that become no events, with the reason.
        doubtful: Sources that a person should look at before they are used.
        skeletons: What is known of the tables that are left out.
    """

    sources: Sources
    understandings: tuple[Understanding, ...]
    left_out: dict[str, str] = {}
    doubtful: tuple[Source, ...] = ()
    skeletons: tuple[Skeleton, ...] = ()
