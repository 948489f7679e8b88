"""Opening anything as tables: files, folders, globs, SQLite files and PostgreSQL become views of one DuckDB connection.

Text formats are exposed as text, with the words for "no value" as nulls. A table is opened, and a database's table
copied, when it is first used. The order of use:

    con = open_connection(scratch)
    tables = open_tables(con, paths, scratch)
    facts = tables.all_facts()                 # for `collect.propose`
    facts = tables.facts_for(source)           # for `collect.mapping.events_query`
    tables.malformed_count(source)             # after the events were read on this connection
    tables.rejected_select(source, rejected_query(…))
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from momentwise.collect.mapping import relation_of
from momentwise.define.document import nearest
from momentwise.define.evaluate import quote, quote_name
from momentwise.define.source import MISSING_WORDS, ColumnFacts, Source, TableFacts
from momentwise.errors import DefinitionError, IntakeError, Place
from momentwise.stores.databases import (
    DatabaseTable,
    copy_table,
    is_database_url,
    postgres_tables,
    shown_url,
    sqlite_tables,
)
from momentwise.stores.explaining import explained
from momentwise.stores.files import find_files
from momentwise.stores.parts import (
    FileTable,
    broken_select,
    describe_files,
    flattened_select,
    numbered_select,
    settle,
    table_select,
)
from momentwise.stores.sampling import sample_columns

_WORD = re.compile(r"[\w.$-]+")


def open_connection(scratch: Path, *, memory: str = "", threads: int = 0) -> duckdb.DuckDBPyConnection:
    """A connection whose instants are UTC and that spills into the scratch folder.

    Args:
        scratch: A folder that exists.
        memory: The engine's limit, as in `2GB`; empty for its own choice.
        threads: How many; 0 for the engine's own choice.
    """
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET preserve_insertion_order = true")
    con.execute("SET enable_progress_bar = false")
    con.execute(f"SET temp_directory = {quote(str(scratch / 'spill'))}")
    if memory:
        con.execute(f"SET memory_limit = {quote(memory)}")
    if threads:
        con.execute(f"SET threads = {threads}")
    return con


def open_tables(con: duckdb.DuckDBPyConnection, paths: Sequence[str], scratch: Path) -> Tables:
    """The tables under the given paths.

    Args:
        con: From `open_connection`.
        paths: Files, folders, globs, SQLite files and `postgresql://` URLs.
        scratch: A folder for copies; it may be thrown away when the connection is closed.

    Raises:
        IntakeError: A path cannot be read, or the only table has one column.
    """
    tables = Tables(con, scratch)
    tables.add_files([path for path in paths if not is_database_url(path)])
    for url in paths:
        if is_database_url(url):
            tables.add_postgres(url)
    tables.refuse_narrow()
    return tables


class Tables:
    """Every table of an audit by name, as views of one connection.

    Attributes:
        con: The connection that has the views.
        notes: What was taken for granted or left out, one sentence each.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        """No tables yet; `add_files` and `add_postgres` find them."""
        self.notes: list[str] = []
        self.con = con
        self._scratch = Path(tempfile.mkdtemp(prefix="tables-", dir=scratch))
        self._files: dict[str, FileTable] = {}
        self._databases: dict[str, DatabaseTable] = {}
        self._facts: dict[str, TableFacts] = {}
        self._ready: set[str] = set()

    @property
    def names(self) -> list[str]:
        """The tables' names, in the order in which they were found."""
        return [*self._files, *self._databases]

    def add_files(self, paths: Sequence[str]) -> None:
        """Find and describe the files under the paths."""
        files = find_files(paths, self.notes)
        for table in describe_files([file for file in files if file.format != "sqlite"], self.notes):
            self._files[table.name] = table
        for file in files:
            if file.format == "sqlite":
                for name in sqlite_tables(file.path):
                    self._add_database(name, file.stem, DatabaseTable("sqlite", str(file.path), name))

    def add_postgres(self, url: str) -> None:
        """Find the tables of a PostgreSQL database."""
        found = postgres_tables(url)
        if not found:
            raise IntakeError("The database holds no tables.", place=Place(shown_url(url)), right="Check the address.")
        for name, select in found.items():
            self._add_database(name, "postgresql", DatabaseTable("postgresql", url, select))

    def _add_database(self, name: str, prefix: str, table: DatabaseTable) -> None:
        if name.lower() in {known.lower() for known in self.names}:
            self.notes.append(f"Two tables would be called '{name}'; that of {table.origin} is '{prefix}.{name}'.")
            name = f"{prefix}.{name}"
        self._databases[name] = table

    def refuse_narrow(self) -> None:
        """Raise where every table has one column only."""
        if self._databases or not self._files or any(len(t.parts[0].columns) > 1 for t in self._files.values()):
            return
        table = next(iter(self._files.values()))
        raise IntakeError(
            "The file has one column only.",
            place=table.parts[0].file.place,
            right="Events need a customer and a time at least; part columns by comma, semicolon, tab or |.",
        )

    def find(self, name: str) -> str | None:
        """A table's own name, for a name in other capital letters, or that of a lone part without its date or number."""
        by_name = {known.lower(): known for known in self.names}
        by_base = {table.parts[0].file.base.lower(): known for known, table in self._files.items()}
        return by_name.get(name.lower()) or by_base.get(name.lower())

    def facts(self, name: str) -> TableFacts:
        """What is known of a table; it is opened and sampled on first use.

        Raises:
            IntakeError: There is no such table, or it cannot be read.
        """
        found = self.find(name)
        if found is None:
            raise IntakeError(f"There is no table '{name}'.", right=nearest(name, self.names))
        self._prepare(found)
        self._alias(name, found)
        if found not in self._facts:
            self._facts[found] = self._sampled(found)
        return self._facts[found]

    def all_facts(self) -> list[TableFacts]:
        """What is known of every table."""
        return [self.facts(name) for name in self.names]

    def facts_for(self, source: Source) -> dict[str, TableFacts]:
        """The facts of every table that a source needs, by the names that `events_query` looks for.

        Raises:
            DefinitionError: The source names a table that is not there, or its SELECT cannot be run.
        """
        found: dict[str, TableFacts] = {}
        for name in _tables_named(source):
            if self.find(name) is None:
                raise DefinitionError(
                    f"Source '{source.name}' names the table '{name}', which is not there.",
                    place=source.place,
                    right=nearest(name, self.names),
                )
            found[name] = self.facts(name)
        if source.select:
            found[relation_of(source)] = self._selected(source)
        return found

    def tables_of(self, source: Source) -> list[str]:
        """The tables that a source reads, by their own names."""
        named = [*_tables_named(source), *_WORD.findall(source.select)]
        return list(dict.fromkeys(found for name in named if (found := self.find(name))))

    def malformed_count(self, source: Source) -> int:
        """How many rows of a source's files are not well formed, as far as this connection's scans have met them."""
        broken = self._broken(source)
        if not broken:
            return 0
        with explained(source.place):
            return self._count(f"(SELECT DISTINCT file, row FROM ({broken}))")

    def rejected_select(self, source: Source, mapped: str) -> str:
        """A SELECT of every row of a source that was set aside: file, row, reason, source, content.

        Args:
            source: Whose rows.
            mapped: What `collect.mapping.rejected_query` gives; empty where no mapped row was rejected.
        """
        broken, parts = self._broken(source), []
        if mapped:
            self._prepare_numbered(source)
            row = f"m.row + {_malformed_before(broken)}" if broken and not source.select else "m.row"
            parts.append(f"SELECT m.file, {row} AS row, m.reason, m.source, m.content FROM ({mapped}) AS m")
        if broken:
            parts.append(
                f"SELECT file, row, min(reason) AS reason, {quote(source.name)} AS source, "
                f"any_value(content) AS content FROM ({broken}) GROUP BY file, row"
            )
        if not parts:
            parts.append("SELECT '' AS file, 0 AS row, '' AS reason, '' AS source, '' AS content WHERE false")
        every = " UNION ALL ".join(parts)
        return f"SELECT file, row::BIGINT AS row, reason, source, content FROM ({every}) ORDER BY file, row, reason"

    def _broken(self, source: Source) -> str:
        tables = [self._files[name] for name in self.tables_of(source) if name in self._files]
        selects = [broken_select(table, known=self._has_met_rejects(table)) for table in tables]
        return " UNION ALL ".join(select for select in selects if select)

    def _has_met_rejects(self, table: FileTable) -> bool:
        return bool(table.rejects) and self._count(f"duckdb_tables() WHERE table_name = {quote(table.rejects)}") > 0

    def _count(self, what: str) -> int:
        # A result must be fetched to its end before the connection takes another query.
        return int(self.con.execute(f"SELECT count(*) FROM {what}").fetchall()[0][0])

    def _prepare(self, name: str) -> None:
        if name in self._ready:
            return
        if name in self._files:
            self._files[name] = settle(self._files[name], self._scratch, self.notes)
        with explained(Place(self._origin(name))):
            self.con.execute(f"CREATE OR REPLACE VIEW {quote_name(name)} AS {self._select(name)}")
        self._ready.add(name)

    def _alias(self, alias: str, name: str) -> None:
        if alias.lower() != name.lower():
            self.con.execute(f"CREATE OR REPLACE VIEW {quote_name(alias)} AS FROM {quote_name(name)}")

    def _origin(self, name: str) -> str:
        return self._files[name].origin if name in self._files else self._databases[name].origin

    def _select(self, name: str) -> str:
        if table := self._files.get(name):
            select = table_select(table)
            return flattened_select(self.con, select) if table.format == "parquet" else select
        database = self._databases[name]
        target = self._scratch / f"{len(self._ready)}.parquet"
        copy_table(database, target)
        columns = "*"
        if database.format == "sqlite":
            listed = ", ".join(map(quote, MISSING_WORDS))
            columns = f"CASE WHEN strlen(COLUMNS(*)) > 4 OR COLUMNS(*) NOT IN ({listed}) THEN COLUMNS(*) END"
        return f"SELECT {columns} FROM read_parquet({quote(str(target))})"

    def _prepare_numbered(self, source: Source) -> None:
        relation = relation_of(source)
        table = self._files.get(self.find(relation) or "")
        if table is None or source.select:
            origin = ", ".join(self._origin(name) for name in self.tables_of(source))
            numbering = f'{quote(origin)} AS "mw file", row_number() OVER () AS "mw row"'
            select = f"SELECT *, {numbering} FROM {quote_name(relation)}"
        else:
            select = numbered_select(table)
            select = flattened_select(self.con, select) if table.format == "parquet" else select
        with explained(source.place):
            self.con.execute(f"CREATE OR REPLACE VIEW {quote_name('numbered:' + relation)} AS {select}")

    def _selected(self, source: Source) -> TableFacts:
        relation = relation_of(source)
        for name in self.tables_of(source):
            self.facts(name)
        for word in set(_WORD.findall(source.select)):
            if found := self.find(word):
                self._alias(word, found)
        try:
            select = source.select.strip().rstrip(";")
            self.con.execute(f"CREATE OR REPLACE VIEW {quote_name(relation)} AS {select}")
            return self._sampled(relation, origin=", ".join(self.tables_of(source)))
        except duckdb.Error as error:
            first = str(error).strip().splitlines()[0]
            raise DefinitionError(
                f"The SELECT of source '{source.name}' cannot be run: {first}",
                place=source.place,
                right=f"Tables here: {', '.join(self.names[:12])}.",
            ) from error

    def _sampled(self, name: str, origin: str = "") -> TableFacts:
        table = self._files.get(name)
        kind = "select" if origin else table.format if table else self._databases[name].format
        is_counted = not origin and kind not in ("csv", "json")
        size = table.bytes if table else 0
        if origin:
            columns = sample_columns(self.con, name, size)
            return TableFacts(name=name, columns=columns, origin=origin, format=kind)
        with explained(Place(self._origin(name))):
            columns = sample_columns(self.con, name, size)
            rows = self._count(quote_name(name)) if is_counted else None
        return TableFacts(
            name=name,
            columns=columns,
            origin=self._origin(name),
            format=kind,
            rows=rows,
            likely_rows=rows if rows is not None or table is None else _likely_rows(table, columns),
            bytes=size,
        )


def _likely_rows(table: FileTable, columns: tuple[ColumnFacts, ...]) -> int | None:
    """How many rows a file of its size seems to hold: what the sampled values and the signs between them take up."""
    if any(part.file.compression for part in table.parts):
        return None
    names = sum(len(column.name) + 6 for column in columns) if table.format == "json" else 0
    row = sum(column.width + 1 for column in columns) + names
    return max(1, round(table.bytes / row)) if row else None


def _malformed_before(broken: str) -> str:
    """How many malformed rows of the same file come before row `m.row`, which counts well-formed rows only."""
    ranked = (
        "SELECT file, row - row_number() OVER (PARTITION BY file ORDER BY row) + 1 AS first "
        f"FROM (SELECT DISTINCT file, row FROM ({broken}))"
    )
    return f"(SELECT count(*) FROM ({ranked}) AS b WHERE b.file = m.file AND b.first <= m.row)"


def _tables_named(source: Source) -> list[str]:
    refs = [
        source.customer,
        *source.fields.values(),
        *(ref for rule in source.rules for ref in rule.fields.values()),
    ]
    if source.event:
        refs.append(source.event)
    named = [source.table] if source.table else []
    return list(dict.fromkeys([*named, *(ref.through for ref in refs if ref.through)]))
