"""Opening anything as tables: files, folders, globs, SQLite files and PostgreSQL become views of one DuckDB connection.

Text formats are exposed as text, with the words for "no value" as nulls; what a column holds is judged by
`collect.profile` from a sample that is read here. Tables in databases are copied on first use. The engine's own errors
never leave this module unexplained: `explained` turns each into one of ours.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from momentwise.collect.mapping import relation_of
from momentwise.collect.profile import profile_column
from momentwise.collect.times import day_order_sql, swap_day_and_month
from momentwise.define.document import nearest
from momentwise.define.evaluate import quote, quote_name
from momentwise.define.source import MISSING_WORDS, ColumnFacts, Source, TableFacts
from momentwise.errors import DefinitionError, IntakeError, MomentwiseError, Place, StoreError
from momentwise.stores.databases import copy_postgres, copy_sqlite, is_database_url, postgres_tables, shown_url, sqlite_tables
from momentwise.stores.files import find_files, unreadable
from momentwise.stores.parts import FileTable, broken_select, describe_files, flattened_select, numbered_select, table_select

_FIRST_ROWS = 8_000
_SPREAD_ROWS = 8_000
_SMALL = 256 << 20  # bytes up to which a sample may read the whole table


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


class _DatabaseTable:
    """A table of a database that is copied when it is first used."""

    def __init__(self, origin: str, database_format: str, path: Path | None, what: str) -> None:
        self.origin = origin
        self.format = database_format
        self.path = path
        self.what = what


class Tables:
    """Every table of an audit by name, as views of one connection.

    Attributes:
        notes: What was taken for granted or left out, one sentence each.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self.notes: list[str] = []
        self._con = con
        self._scratch = Path(tempfile.mkdtemp(prefix="tables-", dir=scratch))
        self._files: dict[str, FileTable] = {}
        self._databases: dict[str, _DatabaseTable] = {}
        self._facts: dict[str, TableFacts] = {}
        self._ready: set[str] = set()

    @property
    def names(self) -> list[str]:
        """The tables' names, in the order in which they were found."""
        return [*self._files, *self._databases]

    def add_files(self, paths: Sequence[str]) -> None:
        """Find and describe the files under the paths."""
        if not paths:
            return
        files = find_files(paths, self.notes)
        for table in describe_files([f for f in files if f.format != "sqlite"], self._scratch, self.notes):
            self._files[table.name] = table
        for file in (f for f in files if f.format == "sqlite"):
            for table_name in sqlite_tables(file.path):
                self._add_database(table_name, file.stem, _DatabaseTable(str(file.path), "sqlite", file.path, table_name))

    def add_postgres(self, url: str) -> None:
        """Find the tables of a PostgreSQL database."""
        found = postgres_tables(url)
        if not found:
            raise IntakeError("The database holds no tables.", place=Place(shown_url(url)), right="Check the address.")
        for name, select in found.items():
            table = _DatabaseTable(shown_url(url), "postgresql", None, select)
            self._add_database(name, "postgresql", table, url)

    def _add_database(self, name: str, prefix: str, table: _DatabaseTable, url: str = "") -> None:
        taken = {known.lower() for known in self.names}
        if name.lower() in taken:
            self.notes.append(f"Two tables would be called '{name}'; that of {table.origin} is '{prefix}.{name}'.")
            name = f"{prefix}.{name}"
        if url:
            table.url = url  # type: ignore[attr-defined]  # only PostgreSQL has one
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
        if name != found:
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
        named = [found for name in _tables_named(source) if (found := self.find(name))]
        words = {word.lower() for word in re.findall(r"[\w.$-]+", source.select)}
        return list(dict.fromkeys([*named, *(name for name in self.names if self._is_among(name, words))]))

    def _is_among(self, name: str, words: set[str]) -> bool:
        file = self._files.get(name)
        base = file.parts[0].file.base.lower() if file else name.lower()
        return name.lower() in words or base in words or not re.fullmatch(r"[\w.$-]+", name)

    def malformed_count(self, source: Source) -> int:
        """How many rows of a source's files are not well formed, as far as the scans on this connection have met them."""
        broken = self._broken(source)
        if not broken:
            return 0
        with explained(source.place):
            row = self._con.execute(f"SELECT count(*) FROM (SELECT DISTINCT file, row FROM ({broken}))").fetchone()
        return int(row[0]) if row else 0

    def rejected_select(self, source: Source, mapped: str) -> str:
        """A SELECT of every row of a source that was set aside: file, row, reason, source, content.

        Args:
            source: Whose rows.
            mapped: What `collect.mapping.rejected_query` gives; empty where no mapped row was rejected.
        """
        broken = self._broken(source)
        parts = []
        if mapped:
            self._prepare_numbered(source)
            # Numbers count well-formed rows so far; the malformed ones before a row are added back.
            shift = (
                "(SELECT count(*) FROM (SELECT file, row - row_number() OVER (PARTITION BY file ORDER BY row) + 1 AS first "
                f"FROM (SELECT DISTINCT file, row FROM ({broken}))) AS b WHERE b.file = m.file AND b.first <= m.row)"
            )
            row = f"m.row + {shift}" if broken and not source.select else "m.row"
            parts.append(f"SELECT m.file, {row} AS row, m.reason, m.source, m.content FROM ({mapped}) AS m")
        if broken:
            parts.append(
                f"SELECT file, row, min(reason) AS reason, {quote(source.name)} AS source, "
                f"any_value(content) AS content FROM ({broken}) GROUP BY file, row"
            )
        every = " UNION ALL ".join(parts) or (
            "SELECT '' AS file, 0::BIGINT AS row, '' AS reason, '' AS source, '' AS content WHERE false"
        )
        return f"SELECT file::VARCHAR AS file, row::BIGINT AS row, reason, source, content FROM ({every}) ORDER BY file, row"

    def _broken(self, source: Source) -> str:
        found = []
        for name in self.tables_of(source):
            table = self._files.get(name)
            select = broken_select(table, self._has_met_rejects(table)) if table else ""
            if select:
                found.append(select)
        return " UNION ALL ".join(found)

    def _has_met_rejects(self, table: FileTable) -> bool:
        if not table.rejects:
            return False
        row = self._con.execute(
            f"SELECT count(*) FROM duckdb_tables() WHERE table_name = {quote(table.rejects)}"
        ).fetchone()
        return bool(row and row[0])

    def _prepare(self, name: str) -> None:
        if name in self._ready:
            return
        with explained(Place(self._origin(name))):
            self._con.execute(f"CREATE OR REPLACE VIEW {quote_name(name)} AS {self._select(name)}")
        self._ready.add(name)

    def _alias(self, alias: str, name: str) -> None:
        if alias.lower() != name.lower():
            self._con.execute(f"CREATE OR REPLACE VIEW {quote_name(alias)} AS FROM {quote_name(name)}")

    def _origin(self, name: str) -> str:
        return self._files[name].origin if name in self._files else self._databases[name].origin

    def _select(self, name: str) -> str:
        if table := self._files.get(name):
            select = table_select(table)
            return flattened_select(self._con, select) if table.format == "parquet" else select
        return self._copied_select(name)

    def _copied_select(self, name: str) -> str:
        table = self._databases[name]
        target = self._scratch / f"{len(self._ready)}-{re.sub(r'[^A-Za-z0-9]+', '_', name)}.parquet"
        if table.path is not None:
            copy_sqlite(table.path, table.what, target)
            listed = ", ".join(map(quote, MISSING_WORDS))
            text = f"CASE WHEN strlen(COLUMNS(*)) > 4 OR COLUMNS(*) NOT IN ({listed}) THEN COLUMNS(*) END"
            return f"SELECT {text} FROM read_parquet({quote(str(target))})"
        copy_postgres(table.url, table.what, target)  # type: ignore[attr-defined]  # only PostgreSQL has one
        return f"SELECT * FROM read_parquet({quote(str(target))})"

    def _prepare_numbered(self, source: Source) -> None:
        relation = relation_of(source)
        table = self._files.get(self.find(relation) or "")
        if table is None or source.select:
            origin = ", ".join(self._origin(name) for name in self.tables_of(source))
            select = f'SELECT *, {quote(origin)} AS "mw file", row_number() OVER () AS "mw row" FROM {quote_name(relation)}'
        else:
            select = numbered_select(table)
            select = flattened_select(self._con, select) if table.format == "parquet" else select
        with explained(source.place):
            self._con.execute(f"CREATE OR REPLACE VIEW {quote_name('numbered:' + relation)} AS {select}")

    def _selected(self, source: Source) -> TableFacts:
        relation = relation_of(source)
        for name in self.tables_of(source):
            self.facts(name)
        self._alias_words(source.select)
        try:
            select = source.select.strip().rstrip(";")
            self._con.execute(f"CREATE OR REPLACE VIEW {quote_name(relation)} AS {select}")
        except duckdb.Error as error:
            first = str(error).strip().splitlines()[0]
            raise DefinitionError(
                f"The SELECT of source '{source.name}' cannot be run: {first}",
                place=source.place,
                right=f"Tables here: {', '.join(self.names[:12])}.",
            ) from error
        return self._sampled(relation, origin=", ".join(self.tables_of(source)))

    def _alias_words(self, select: str) -> None:
        for word in set(re.findall(r"[\w.$-]+", select)):
            found = self.find(word)
            if found:
                self._alias(word, found)

    def _sampled(self, name: str, origin: str = "") -> TableFacts:
        table = self._files.get(name)
        size = table.bytes if table else 0
        with explained(Place(origin or self._origin(name))):
            described = self._con.execute(f"DESCRIBE {quote_name(name)}").fetchall()
            types = {str(row[0]): str(row[1]) for row in described}
            sample = self._sample(name, list(types), whole=size <= _SMALL)
            columns = tuple(profile_column(column, types[column], sample[column]) for column in types)
            columns = self._settled(name, columns)
            rows = self._known_rows(name)
        kind = "select" if origin else table.format if table else self._databases[name].format
        return TableFacts(
            name=name, columns=columns, origin=origin or self._origin(name), format=kind, rows=rows, bytes=size
        )

    def _sample(self, name: str, columns: Sequence[str], *, whole: bool) -> dict[str, list[str | None]]:
        texts = ", ".join(f"CAST({quote_name(column)} AS VARCHAR) AS c{i}" for i, column in enumerate(columns))
        first = f"SELECT {texts} FROM {quote_name(name)} LIMIT {_FIRST_ROWS}"
        rows = self._con.execute(first).fetchall()
        if whole and len(rows) == _FIRST_ROWS:
            rest = f"(FROM {quote_name(name)} OFFSET {_FIRST_ROWS})"
            spread = f"SELECT {texts} FROM {rest} USING SAMPLE reservoir({_SPREAD_ROWS} ROWS) REPEATABLE (7)"
            rows += self._con.execute(spread).fetchall()
        return {column: [row[i] for row in rows] for i, column in enumerate(columns)}

    def _settled(self, name: str, columns: tuple[ColumnFacts, ...]) -> tuple[ColumnFacts, ...]:
        """The columns with day and month told apart by all rows where the sample alone could not."""
        unsettled = [column for column in columns if column.ambiguous]
        if not unsettled:
            return columns
        orders = ", ".join(day_order_sql(quote_name(column.name)) for column in unsettled)
        row = self._con.execute(f"SELECT {orders} FROM {quote_name(name)}").fetchone() or ()
        found = dict(zip((column.name for column in unsettled), row, strict=True))
        return tuple(_with_order(column, found[column.name]) if column.name in found else column for column in columns)

    def _known_rows(self, name: str) -> int | None:
        table = self._files.get(name)
        if (table and table.format != "parquet") or (table is None and name not in self._databases):
            return None
        row = self._con.execute(f"SELECT count(*) FROM {quote_name(name)}").fetchone()
        return int(row[0]) if row else None


def _with_order(column: ColumnFacts, order: dict[str, int | None]) -> ColumnFacts:
    import msgspec  # noqa: PLC0415

    first, second = order["first"] or 0, order["second"] or 0
    if (first > 12) == (second > 12):
        return column
    written = column.time_format if first > 12 else swap_day_and_month(column.time_format)
    return msgspec.structs.replace(column, time_format=written, ambiguous=False)


def _tables_named(source: Source) -> list[str]:
    refs = [source.customer, *source.fields.values(), *(ref for rule in source.rules for ref in rule.fields.values())]
    if source.event:
        refs.append(source.event)
    named = [source.table] if source.table else []
    return list(dict.fromkeys([*named, *(ref.through for ref in refs if ref.through)]))


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turns an error of the engine into one of ours.

    Args:
        place: The file or the source that is being read; a file that the engine itself names goes first.

    Raises:
        IntakeError: What is read is broken.
        StoreError: The disk is full or memory is short.
    """
    try:
        yield
    except duckdb.Error as error:
        raise explain(error, place) from error


def explain(error: duckdb.Error, place: Place) -> MomentwiseError:
    """What to tell a person about an error of the engine."""
    text = str(error)
    if re.search(r"no space left|disk full|could not write|temp_directory_size|max_temp_directory", text, re.IGNORECASE):
        return StoreError("The disk is full.", place=place, right="Make room, or choose another folder with --scratch.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError("The memory is not enough.", place=place, right="Allow more with --memory, or close other programs.")
    if named := re.search(r'(?:file|stream:?) "?([^"\n]+?\.\w+)"?(?:[,.\s]|$)', text):
        place = Place(named.group(1))
    if "Malformed JSON" in text or "JSON transform" in text:
        first = text.strip().splitlines()[0].split(": ", 1)[-1]
        return IntakeError(f"The JSON cannot be read: {first}", place=place, right="Correct or take out the record.")
    if isinstance(error, duckdb.InvalidInputException | duckdb.IOException):
        return unreadable(error, place)
    first = text.strip().splitlines()[0]
    return IntakeError(f"The data cannot be read: {first}", place=place)
