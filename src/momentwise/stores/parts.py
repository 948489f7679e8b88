"""Which files are one table: parts of equal columns whose names differ only in a date, a number or a hash at the end.

A table is called after its file's name without the endings; a table in parts after what their names share, or after
their folder where they share nothing. Where two tables would have one name, the later one is called `folder_name`.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.source import MISSING_WORDS
from momentwise.errors import IntakeError
from momentwise.stores.dialect import Dialect, csv_options, find_dialect, has_one_line_end, rewrite_as_utf8
from momentwise.stores.documents import DocumentShape, broken_lines, find_shape, json_select, unlike
from momentwise.stores.files import DataFile, Format, read_head, unreadable

Shape = Dialect | DocumentShape | None


@dataclass(frozen=True)
class Part:
    """One file of a table: how it is written, and its columns."""

    file: DataFile
    shape: Shape
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FileTable:
    """A table that rests in files.

    Args:
        name: Its name in queries.
        format: Of every part.
        parts: In order.
        rejects: Name of the engine's table of rows that are not well formed; empty where the format has none.
    """

    name: str
    format: Format
    parts: tuple[Part, ...]
    rejects: str = ""

    @property
    def origin(self) -> str:
        """The files, for people."""
        first = str(self.parts[0].file.origin)
        return first if len(self.parts) == 1 else f"{first} and {len(self.parts) - 1} more"

    @property
    def bytes(self) -> int:
        """Size on disk."""
        total = 0
        for part in self.parts:
            with contextlib.suppress(OSError):
                total += part.file.origin.stat().st_size
        return total


def describe_files(files: Sequence[DataFile], notes: list[str]) -> list[FileTable]:
    """The tables that files are, in the order of their first parts.

    Raises:
        IntakeError: A file cannot be read or holds no rows.
    """
    parts = [_describe(file, notes) for file in files]
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        columns = tuple(sorted(part.columns)) if part.file.format != "json" else ()
        groups.setdefault((part.file.format, part.file.base.lower() or str(part.file.path.parent), columns), []).append(
            part
        )
    names: set[str] = set()
    return [_table(group, names, notes) for group in groups.values()]


def _table(group: list[Part], names: set[str], notes: list[str]) -> FileTable:
    first = group[0].file
    name = first.stem if len(group) == 1 else first.base or first.path.resolve().parent.name
    if name.lower() in names:
        wished, name = name, f"{first.path.resolve().parent.name}_{first.stem}"
        number = 2
        while name.lower() in names:
            name, number = f"{first.path.resolve().parent.name}_{first.stem}_{number}", number + 1
        notes.append(f"Two tables would be called '{wished}'; {first.path} is '{name}'.")
    names.add(name.lower())
    if len(group) > 1:
        notes.append(f"{len(group)} files with equal columns are one table: {name}.")
    has_rejects = first.format == "csv"
    return FileTable(name, first.format, tuple(group), f"rejects_{len(names)}" if has_rejects else "")


def _describe(file: DataFile, notes: list[str]) -> Part:
    if file.format == "csv":
        return _describe_text(file, notes)
    if file.format == "json":
        shape = find_shape(file, notes)
        return Part(file, shape, shape.names)
    if file.format == "parquet":
        return Part(file, None, _parquet_columns(file))
    return Part(file, None, (str(file.path.resolve()),))


def _parquet_columns(file: DataFile) -> tuple[str, ...]:
    try:
        with pq.ParquetFile(file.path) as found:
            names, rows = found.schema_arrow.names, found.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        if "magic bytes" in str(error) or "footer" in str(error).lower():
            raise IntakeError(
                "The Parquet file is cut short.", place=file.place, right="Copy or write it again."
            ) from error
        raise unreadable(error, file.place) from error
    if not rows:
        raise IntakeError("The Parquet file has no rows.", place=file.place, right="Write it again, or take it away.")
    return tuple(names)


def _describe_text(file: DataFile, notes: list[str]) -> Part:
    dialect = find_dialect(file)
    if dialect.skip:
        notes.append(f"{file.path.name}: {dialect.skip} lines above the table are not read.")
    if not dialect.has_header:
        notes.append(f"{file.path.name}: no header; the columns are called {', '.join(dialect.columns[:3])} …")
    if dialect.encoding != "utf-8":
        notes.append(
            f"{file.path.name}: read as {_spoken(dialect.encoding)}. If letters look wrong, save the file as UTF-8."
        )
    return Part(file, dialect, dialect.columns)


def _spoken(encoding: str) -> str:
    return {"cp1252": "Windows-1252", "latin-1": "Latin-1"}.get(encoding, encoding.upper())


def settle(table: FileTable, scratch: Path, notes: list[str]) -> FileTable:
    """The table ready to be read: text files in another encoding or with mixed line ends are rewritten first.

    Raises:
        IntakeError: A file cannot be read.
        StoreError: The scratch folder is full.
    """
    return replace(table, parts=tuple(_settle(part, scratch, notes) for part in table.parts))


def _settle(part: Part, scratch: Path, notes: list[str]) -> Part:
    if isinstance(part.shape, DocumentShape) and read_head(part.file.path, part.file.compression, 3) == codecs.BOM_UTF8:
        # The engine takes the mark for a part of the first record and gives that record no values.
        return replace(part, file=rewrite_as_utf8(part.file, "utf-8-sig", scratch))
    if not isinstance(part.shape, Dialect):
        return part
    if part.shape.encoding == "utf-8":
        if has_one_line_end(part.file):
            return part
        notes.append(f"{part.file.path.name}: lines end in different ways; a copy with one way is read.")
    return replace(part, file=rewrite_as_utf8(part.file, part.shape.encoding, scratch, part.shape))


def table_select(table: FileTable) -> str:
    """The SELECT that reads a whole table."""
    return " UNION ALL ".join(_selects(table, [list(table.parts)], numbered=False))


def numbered_select(table: FileTable) -> str:
    """The SELECT that reads a table with two columns more: `mw file` and `mw row`, counted from 1 in each file."""
    return " UNION ALL ".join(_selects(table, [[part] for part in table.parts], numbered=True))


def broken_select(table: FileTable, *, known: bool) -> str:
    """A SELECT of the rows of a table's files that are not well formed: file, row, reason, content; empty for none.

    Args:
        table: The table.
        known: Whether the engine has met such rows in a scan of this table.
    """
    if table.format == "json":
        lines = [
            p.file for p in table.parts if isinstance(p.shape, DocumentShape) and p.shape.layout == "newline_delimited"
        ]
        return broken_lines([str(file.path) for file in lines]) if lines else ""
    if not table.rejects or not known:
        return ""
    return " UNION ALL ".join(
        f"SELECT DISTINCT {quote(str(part.file.origin))} AS file, {_row_sql(part)} AS row, "
        f"{_reason_sql()} AS reason, trim(csv_line, E'\\r\\n') AS content "
        f"FROM {quote_name(table.rejects)} JOIN {quote_name(table.rejects + '_scans')} USING (scan_id, file_id) "
        f"WHERE file_path = {quote(str(part.file.path))}"
        for part in table.parts
    )


def _row_sql(part: Part) -> str:
    assert isinstance(part.shape, Dialect), "only text files have malformed rows"
    return f"(line - {int(part.shape.has_header) + part.shape.skip})::BIGINT"


def _reason_sql() -> str:
    return (
        "CASE error_type WHEN 'MISSING COLUMNS' THEN 'too few columns' WHEN 'TOO MANY COLUMNS' THEN 'too many columns' "
        "WHEN 'UNQUOTED VALUE' THEN 'a quote is not closed' WHEN 'INVALID ENCODING' THEN 'not UTF-8' "
        "WHEN 'LINE SIZE OVER MAXIMUM' THEN 'the line is too long' ELSE 'not well formed' END"
    )


def _selects(table: FileTable, groups: list[list[Part]], *, numbered: bool) -> list[str]:
    if table.format == "csv":
        return [select for group in groups for select in _text_selects(table, group, numbered=numbered)]
    if table.format == "json":
        return [select for group in groups for select in _json_selects(table, group, numbered=numbered)]
    return [_parquet_select(group, numbered=numbered) for group in groups]


def _text_selects(table: FileTable, group: list[Part], *, numbered: bool) -> list[str]:
    by_options: dict[str, list[str]] = {}
    for part in group:
        assert isinstance(part.shape, Dialect), "a text file has a dialect"
        by_options.setdefault(csv_options(part.shape, part.file.compression, MISSING_WORDS, table.rejects), []).append(
            str(part.file.path)
        )
    names = ", ".join(map(quote_name, table.parts[0].columns))
    return [
        f"SELECT {names}{_numbering(group[0].file) if numbered else ''} FROM read_csv([{', '.join(map(quote, paths))}], {options})"
        for options, paths in by_options.items()
    ]


def _json_selects(table: FileTable, group: list[Part], *, numbered: bool) -> list[str]:
    found = (pair for p in table.parts if isinstance(p.shape, DocumentShape) for pair in p.shape.columns)
    columns = unlike(dict.fromkeys(found), table.name, [])
    mixed = frozenset(key for p in table.parts if isinstance(p.shape, DocumentShape) for key in p.shape.mixed)
    layouts: dict[tuple[str, str], list[str]] = {}
    for part in group:
        assert isinstance(part.shape, DocumentShape), "a JSON file has a shape"
        layouts.setdefault((part.shape.layout, part.shape.inside), []).append(str(part.file.path))
    return [
        json_select(
            DocumentShape(layout, inside, columns, mixed),  # type: ignore[arg-type]  # a layout as it was found
            paths,
            MISSING_WORDS,
            extra=_numbering(group[0].file) if numbered else "",
        )
        for (layout, inside), paths in layouts.items()
    ]


def _parquet_select(group: list[Part], *, numbered: bool) -> str:
    paths = ", ".join(quote(str(part.file.path)) for part in group)
    numbering = _numbering(group[0].file) if numbered else ""
    return f"SELECT *{numbering} FROM read_parquet([{paths}], union_by_name=true)"


def _numbering(file: DataFile) -> str:
    return f', {quote(str(file.origin))} AS "mw file", row_number() OVER () AS "mw row"'


def flattened_select(con: duckdb.DuckDBPyConnection, select: str) -> str:
    """The same SELECT with columns of structs taken apart one level deep, each part named `column.part`."""
    described = con.execute(f"DESCRIBE {select}").fetchall()
    structs = [(str(row[0]), str(row[1])) for row in described if str(row[1]).startswith("STRUCT(")]
    if not structs:
        return select
    parts: list[str] = []
    for name, _ in structs:
        keys = con.execute(f"SELECT unnest(struct_keys({quote_name(name)})) FROM ({select}) LIMIT 1000").fetchall()
        parts.extend(
            f"struct_extract({quote_name(name)}, {quote(key)}) AS {quote_name(f'{name}.{key}')}"
            for key in dict.fromkeys(str(row[0]) for row in keys)
        )
    excluded = ", ".join(quote_name(name) for name, _ in structs)
    return f"SELECT * EXCLUDE ({excluded}), {', '.join(parts)} FROM ({select})"
