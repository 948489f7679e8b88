"""How the fields of one source are read from its columns: lookups in other tables, times, numbers, and kinds.

`collect.mapping` puts these expressions together to one query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from momentwise.collect.numbers import number_sql
from momentwise.collect.times import instant_sql, is_time_type
from momentwise.define.document import nearest
from momentwise.define.evaluate import Column, Kind, quote, quote_name, read_sql
from momentwise.define.event import FIELD_KINDS
from momentwise.define.predicate import Predicate, fields_of
from momentwise.define.source import ColumnFacts, ColumnRef, EventRule, Source, TableFacts
from momentwise.errors import DefinitionError

TIME_ROW = "mw_event"
_SQL_TYPES: dict[Kind, str] = {"number": "DOUBLE", "text": "VARCHAR", "truth": "BOOLEAN", "instant": "BIGINT"}


@dataclass(frozen=True)
class TimeReader:
    """How a rule's time is read: microseconds or null, and whether a value is given at all."""

    sql: str
    is_given: str


@dataclass(frozen=True)
class Reader:
    """How a field is read, for each rule.

    Args:
        column: Its kind; its SQL is that of the first rule.
        sqls: One expression per rule.
    """

    column: Column
    sqls: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether rules read the field differently."""
        return len(set(self.sqls)) > 1

    def of_rule(self, place: int) -> str:
        """The expression for the rule of that place."""
        return self.sqls[place]


_WHOLE_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


class RowScope:
    """The rows of one source's relation: the names, joins and expressions that its queries share.

    Args:
        source: The mapping.
        tables: Facts by name.
        zone: IANA zone of times that carry none.
        numbered: Whether to read the view that carries file and row number.

    Raises:
        DefinitionError: The mapping names a table or a column that is not there.
    """

    alias = "t"

    def __init__(self, source: Source, tables: Mapping[str, TableFacts], zone: str, *, numbered: bool = False) -> None:
        """The names and joins that every expression needs; a name that is not there is an error at once."""
        self.source = source
        self._tables = tables
        self._zone = zone
        self._relation = source.table or f"select:{source.name}"
        self.facts = self._facts(self._relation)
        self._numbered = numbered
        self._lookups = self._find_lookups()

    @property
    def is_joined(self) -> bool:
        """Whether a value is reached through another table."""
        return bool(self._lookups)

    @property
    def has_id(self) -> bool:
        """Whether an id is mapped."""
        return "id" in self.source.fields

    @property
    def relation(self) -> str:
        """What stands after FROM."""
        name = quote_name(f"numbered:{self._relation}" if self._numbered else self._relation)
        if not self._lookups:
            return f"{name} AS {self.alias}"
        # A join may give rows in any order, so their order is kept as a number.
        base = f'(SELECT *, row_number() OVER () AS "mw order" FROM {name}) AS {self.alias}'
        return base + "".join(self._join(place, *lookup) for place, lookup in enumerate(self._lookups))

    def name(self, column: str) -> str:
        """A column of the relation as SQL."""
        return f"{self.alias}.{quote_name(self._column(column).name)}"

    def text(self, ref: ColumnRef) -> str:
        """The expression that reads a reference as text; the customer's without blanks around it."""
        if ref.value:
            return quote(ref.value)
        sql, facts = self._located(ref)
        return _key_sql(sql, facts) if ref == self.source.customer else _text_sql(sql, facts)

    def time(self, rule: EventRule) -> TimeReader:
        """How the event time of a rule is read: the first of its columns that holds a value."""
        columns = [self._column(name) for name in rule.at]
        if len(columns) == 1:
            return TimeReader(self._instant(columns[0]), f"{self.name(columns[0].name)} IS NOT NULL")
        given = [f"{self.name(column.name)} IS NOT NULL" for column in columns]
        cases = " ".join(f"WHEN {is_given} THEN {self._instant(c)}" for is_given, c in zip(given, columns, strict=True))
        return TimeReader(f"CASE {cases} END", " OR ".join(given))

    def condition_columns(self, condition: Predicate) -> dict[str, Column]:
        """How the fields that a rule's condition names are read from the relation's columns.

        Raises:
            DefinitionError: It names a column that is not there.
        """
        return {name: self.own_column(self._column(name)) for name in fields_of(condition)}

    def own_column(self, facts: ColumnFacts) -> Column:
        """A column of the relation as a field."""
        return self._as_field(self.name(facts.name), facts, self._kind(facts))

    def mapped_column(self, name: str, ref: ColumnRef) -> Column:
        """A mapped field."""
        kind = FIELD_KINDS.get(name)
        if ref.value:
            return Column(quote(ref.value), "text")
        sql, facts = self._located(ref)
        if name == "key" and kind == "text":
            return Column(_key_sql(sql, facts), kind)
        return self._as_field(sql, facts, kind or self._kind(facts))

    def bad_number_sql(self) -> str:
        """Whether a mapped number is given and cannot be read; empty where none can be wrong."""
        wrong = []
        for name, ref in self.source.fields.items():
            if FIELD_KINDS.get(name) == "number" and ref.column:
                sql, facts = self._located(ref)
                if facts.type == "VARCHAR":
                    wrong.append(f"({sql} IS NOT NULL AND {self._number(sql, facts)} IS NULL)")
        return " OR ".join(wrong)

    def identity_sql(self) -> str:
        """What two rows that are the same event share: their id, or a hash of all their columns."""
        if self.has_id:
            ref = self.source.fields["id"]
            found = None if ref.through else self.facts.column(ref.column)
            # Making a text of a number costs more than all the rest of an event's identity.
            is_whole = found is not None and found.type in _WHOLE_TYPES
            return self.name(found.name) if found is not None and is_whole else self.text(ref)
        return f"hash({', '.join(self.name(column.name) for column in self.facts.columns)})"

    def find(self, name: str) -> ColumnFacts | None:
        """The column that a field's name means: itself, under `properties`, or the last part of a dotted name."""
        plain = name.removeprefix("properties.").removeprefix("fields.")
        for wanted in (name, plain):
            if found := self.facts.column(wanted):
                return found
        ends = [c for c in self.facts.columns if c.name.lower().endswith(f".{plain.lower()}")]
        return ends[0] if len(ends) == 1 else None

    def _facts(self, table: str) -> TableFacts:
        for name, facts in self._tables.items():
            if name.lower() == table.lower():
                return facts
        raise DefinitionError(
            f"Source '{self.source.name}' names the table '{table}', which is not there.",
            place=self.source.place,
            right=nearest(table, list(self._tables)),
        )

    def _column(self, name: str, table: TableFacts | None = None) -> ColumnFacts:
        facts = table or self.facts
        if found := facts.column(name):
            return found
        raise DefinitionError(
            f"Source '{self.source.name}' names the column '{name}', which {facts.name} does not have.",
            place=self.source.place,
            right=nearest(name, [column.name for column in facts.columns]),
        )

    def _located(self, ref: ColumnRef) -> tuple[str, ColumnFacts]:
        """The expression and the facts of a reference's column, here or in the table that it is reached through."""
        if not ref.through:
            column = self._column(ref.column)
            return self.name(column.name), column
        place = self._lookups.index((ref.through, ref.on, ref.to or ref.on))
        column = self._column(ref.column, self._facts(ref.through))
        return f"l{place}.{quote_name(column.name)}", column

    def _find_lookups(self) -> list[tuple[str, str, str]]:
        return list(dict.fromkeys((ref.through, ref.on, ref.to or ref.on) for ref in self._refs() if ref.through))

    def _refs(self) -> list[ColumnRef]:
        refs = [self.source.customer, *self.source.fields.values()]
        refs += [ref for rule in self.source.rules for ref in rule.fields.values()]
        return refs if self.source.event is None else [*refs, self.source.event]

    def _join(self, place: int, through: str, on: str, to: str) -> str:
        """A join that gives each row at most one partner: the smallest value where the other table repeats a key."""
        table = self._facts(through)
        to_facts = self._column(to, table)
        key = quote_name(to_facts.name)
        needed = dict.fromkeys(
            self._column(ref.column, table).name
            for ref in self._refs()
            if (ref.through, ref.on, ref.to or ref.on) == (through, on, to)
        )
        columns = "".join(f", min({quote_name(name)}) AS {quote_name(name)}" for name in needed)
        return (
            f" LEFT JOIN (SELECT {_key_sql(key, to_facts)} AS mw_key{columns} FROM {quote_name(through)} WHERE {key} IS NOT NULL "
            f"GROUP BY mw_key) AS l{place} ON {_key_sql(self.name(on), self._column(on))} = l{place}.mw_key"
        )

    def _kind(self, facts: ColumnFacts) -> Kind:
        stated = next((kind for name, kind in self.source.kinds.items() if name.lower() == facts.name.lower()), None)
        if stated:
            return stated
        # Words for yes and no stay text, so that a condition may name them as they are written.
        return "text" if facts.kind == "truth" and facts.type == "VARCHAR" else facts.kind

    def _as_field(self, sql: str, facts: ColumnFacts, kind: Kind) -> Column:
        if kind == "instant":
            return Column(self._instant_of(sql, facts), kind)
        if kind == "number":
            return Column(self._number(sql, facts), kind)
        if kind == "truth":
            plain = Column(
                sql if facts.type == "BOOLEAN" else _text_sql(sql, facts),
                "truth" if facts.type == "BOOLEAN" else "text",
            )
            return Column(read_sql(plain, "truth"), kind)
        return Column(_text_sql(sql, facts), kind)

    def _number(self, sql: str, facts: ColumnFacts) -> str:
        return number_sql(sql, facts.type, self.source.decimal or facts.decimal or ".")

    def _instant(self, facts: ColumnFacts) -> str:
        return self._instant_of(self.name(facts.name), facts)

    def _instant_of(self, sql: str, facts: ColumnFacts) -> str:
        used_as_time = any(facts.name.lower() == name.lower() for rule in self.source.rules for name in rule.at)
        stated = self.source.time_format if used_as_time or not facts.time_format else ""
        return instant_sql(sql, facts.type, stated or facts.time_format, self._zone)


def _text_sql(sql: str, facts: ColumnFacts) -> str:
    """A column as text; a whole number has no decimal point, as when a table stores ids as floats."""
    if facts.type == "VARCHAR":
        return sql
    if facts.type in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN {sql} = trunc({sql}) AND abs({sql}) < 1e15 THEN CAST(CAST({sql} AS BIGINT) AS VARCHAR) ELSE CAST({sql} AS VARCHAR) END"
    if is_time_type(facts.type):
        return f"strftime({sql}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S')"
    return f"CAST({sql} AS VARCHAR)"


def _key_sql(sql: str, facts: ColumnFacts) -> str:
    """A column as text that names something: without blanks around it."""
    if facts.type != "VARCHAR":
        return _text_sql(sql, facts)
    # Nearly no text has any, and trimming all of them costs three times as much as looking: a leading blank sorts
    # before `!`.
    return f"CASE WHEN {sql} LIKE '% ' OR {sql} < '!' THEN trim({sql}) ELSE {sql} END"


def field_readers(scope: RowScope, wanted: Sequence[str]) -> dict[str, Reader]:
    """How each wanted field that the source has is read, by the name that was asked for.

    Args:
        scope: The source's rows.
        wanted: Names as conditions write them.
    """
    found: dict[str, Reader] = {}
    for name in dict.fromkeys(wanted):
        columns = [_column_for(scope, rule, name) for rule in scope.source.rules]
        known = [column for column in columns if column is not None]
        if known:
            kind = known[0].kind if len({column.kind for column in known}) == 1 else "text"
            sqls = tuple(
                f"NULL::{_SQL_TYPES[kind]}" if c is None else c.sql if c.kind == kind else read_sql(c, kind)
                for c in columns
            )
            found[name] = Reader(Column(sqls[0], kind), sqls)
    return found


def _column_for(scope: RowScope, rule: EventRule, name: str) -> Column | None:
    plain = name.removeprefix("properties.").removeprefix("fields.")
    for fields in (rule.fields, scope.source.fields):
        for wanted in (name, plain):
            if wanted in fields:
                return scope.mapped_column(wanted, fields[wanted])
    column = scope.find(name)
    return scope.own_column(column) if column else None
