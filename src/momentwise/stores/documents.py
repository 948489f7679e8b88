"""How a JSON file is laid out: one record per line, a list of records, or one object around a list; and its columns.

Nested objects are taken apart one level deep (`properties.amount`); what is nested deeper stays JSON text. Keys are
looked for in the whole file; in a very large one, in its head and in samples spread over it, and a note says so.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import duckdb

from momentwise.define.evaluate import quote, quote_name
from momentwise.errors import IntakeError
from momentwise.stores.files import DataFile, read_head

Layout = Literal["newline_delimited", "array", "unstructured"]

_HEAD = 4 << 20
_MOST_RECORDS = 5_000
_LARGEST_WHOLE = 512 << 20  # bytes of a file that is searched for keys from end to end
_PACKED = 8  # how many times larger a compressed file is taken to be
_SAMPLES, _SAMPLE = 64, 1 << 20  # of a larger file
_MOST_COLUMNS = 500  # beyond those of the head
LARGEST_RECORD = 64 << 20  # bytes
Json = dict[str, object]


@dataclass
class _Keys:
    """The keys met so far: whether a key has plain values too, and the keys inside it."""

    plain: dict[str, bool] = field(default_factory=dict)
    nested: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, records: Iterable[Json]) -> None:
        """Take in the keys of some records."""
        for record in records:
            for key, value in record.items():
                if isinstance(value, dict) and value:
                    self.nested.setdefault(key, {}).update(dict.fromkeys(value))
                    self.plain.setdefault(key, False)
                else:
                    self.plain[key] = self.plain.get(key, False) or (value is not None and value != {})


@dataclass(frozen=True)
class DocumentShape:
    """How the records of a JSON file are laid out.

    Args:
        layout: As DuckDB calls it.
        inside: The key under which the list of records stands; empty where the records stand on the outside.
        columns: Each column's key, and the key inside it where the value is an object.
        mixed: Keys whose values are objects in some records and plain values in others.
    """

    layout: Layout
    inside: str
    columns: tuple[tuple[str, str], ...]
    mixed: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, nested ones with a dot."""
        return tuple(f"{key}.{inner}" if inner else key for key, inner in self.columns)


def find_shape(file: DataFile, notes: list[str]) -> DocumentShape:
    """The layout and the columns of a JSON file.

    Args:
        file: Which.
        notes: Where to say what was not looked at, or is left out.

    Raises:
        IntakeError: The file is empty, is no JSON, or holds no records.
    """
    head = read_head(file.path, file.compression, _HEAD)
    text = _decoded(head, file).strip()
    if not text:
        raise IntakeError("The file is empty.", place=file.place, right="Export it again, or take it away.")
    if text[0] == "[":
        return _shape("array", "", _array_records(text), file, notes)
    if text[0] != "{":
        raise IntakeError("The file is not JSON.", place=file.place, right="JSON begins with { or [.")
    lines = text.splitlines()
    if _object(lines[0]) is not None and (len(lines) > 1 or not _inner_list(_object(lines[0]) or {})):
        records = (found for line in lines[:_MOST_RECORDS] if (found := _object(line)) is not None)
        return _shape("newline_delimited", "", records, file, notes)
    whole = _object(text)
    if whole is not None and (key := _inner_list(whole)):
        members = whole[key]
        assert isinstance(members, list), "an inner list is a list"
        records = (member for member in members if isinstance(member, dict))
        return _shape("unstructured", key, records, file, notes)
    return _shape("unstructured", "", _array_records(text), file, notes)


def _decoded(head: bytes, file: DataFile) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head[:200].count(0) > 20:
        raise IntakeError("The JSON file is not UTF-8.", place=file.place, right="Save it as UTF-8.")
    return codecs.getincrementaldecoder("utf-8-sig")("replace").decode(head)


def _object(text: str) -> Json | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _inner_list(whole: Json) -> str:
    """The key of the longest list of objects inside an object; empty where there is none."""
    lists = {k: len(v) for k, v in whole.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
    return max(lists, key=lambda key: lists[key]) if lists else ""


def _array_records(text: str) -> Iterable[Json]:
    """The whole records at the beginning of a list, or of objects one after another."""
    decoder, position, count = json.JSONDecoder(), 0, 0
    while count < _MOST_RECORDS:
        while position < len(text) and text[position] in "[, \t\r\n":
            position += 1
        try:
            found, position = decoder.raw_decode(text, position)
        except ValueError:
            return
        count += 1
        if isinstance(found, dict):
            yield found


def _shape(layout: Layout, inside: str, records: Iterable[Json], file: DataFile, notes: list[str]) -> DocumentShape:
    keys = _Keys()
    keys.add(records)
    _add_beyond_head(keys, layout, inside, file, notes)
    if not keys.plain:
        raise IntakeError("The file holds no JSON records.", place=file.place, right="A record is an object: {…}.")
    columns: list[tuple[str, str]] = []
    for key, has_plain in keys.plain.items():
        if has_plain or key not in keys.nested:
            columns.append((key, ""))
        columns.extend((key, inner) for inner in keys.nested.get(key, ()))
    return DocumentShape(
        layout, inside, unlike(columns, file.path.name, notes), frozenset(k for k in keys.nested if keys.plain[k])
    )


def unlike(columns: Iterable[tuple[str, str]], name: str, notes: list[str]) -> tuple[tuple[str, str], ...]:
    """The columns without those whose keys differ from an earlier one's in capital letters only.

    Args:
        columns: Each column's key, and the key inside it.
        name: What the notes call the file or the table.
        notes: Where to say what is left out.
    """
    keys: dict[str, str] = {}
    names: dict[str, tuple[str, str]] = {}
    left_out: dict[str, None] = {}
    for key, inner in columns:
        shown = f"{key}.{inner}" if inner else key
        if keys.setdefault(key.lower(), key) != key or names.setdefault(shown.lower(), (key, inner)) != (key, inner):
            left_out[shown] = None
    if left_out:
        listed = f"{', '.join(list(left_out)[:8])}{' …' if len(left_out) > 8 else ''}"
        notes.append(f"{name}: keys that differ in capital letters only are not read twice; left out: {listed}.")
    return tuple(names.values())


def _add_beyond_head(keys: _Keys, layout: Layout, inside: str, file: DataFile, notes: list[str]) -> None:
    """Look for keys that the head does not have."""
    size = file.path.stat().st_size * (_PACKED if file.compression else 1)
    if size > _LARGEST_WHOLE:
        spread = layout == "newline_delimited" and not file.compression
        if spread:
            keys.add(_spread_records(file))
        where = f"in its head and in {_SAMPLES} samples" if spread else f"in its first {_HEAD >> 20} MB"
        notes.append(
            f"{file.path.name} is large: its keys were looked for {where}; a key found nowhere there is not read."
        )
        return
    records = _objects(layout, inside, [str(file.path)])
    try:
        with duckdb.connect() as con:
            left_out = _add_all(keys, con, records)
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        notes.append(f"{file.path.name}: keys are those of its first {_HEAD >> 20} MB ({reason}).")
        return
    if left_out:
        notes.append(f"{file.path.name}: {left_out:,} keys are not read, more than {_MOST_COLUMNS} beyond its head's.")


def _spread_records(file: DataFile) -> Iterator[Json]:
    """The records on whole lines in samples spread over a file."""
    size = file.path.stat().st_size
    with file.path.open("rb") as stream:
        for number in range(_SAMPLES):
            stream.seek((size - _SAMPLE) * (number + 1) // _SAMPLES)
            for line in stream.read(_SAMPLE).split(b"\n")[1:]:
                if (found := _object(line.decode(errors="replace"))) is not None:
                    yield found


def _add_all(keys: _Keys, con: duckdb.DuckDBPyConnection, records: str) -> int:
    """Take in the keys of all records; how many were left out because they are too many."""
    counted = con.execute(
        f"SELECT key, count(*) FROM (SELECT unnest(json_keys(json)) AS key FROM {records}) GROUP BY 1"
    )
    by_count = sorted(counted.fetchall(), key=lambda row: (-row[1], row[0]))
    new = [str(key) for key, _ in by_count if key not in keys.plain]
    names = [*keys.plain, *new[:_MOST_COLUMNS]]
    if not names:
        return 0
    types = con.execute(
        f"SELECT DISTINCT unnest(range(len(types))), unnest(types) FROM "
        f"(SELECT DISTINCT json_type(json, {_pointers(names)}) AS types FROM {records})"
    ).fetchall()
    for place, kind in types:
        keys.plain[names[place]] = keys.plain.get(names[place], False) or kind not in (None, "NULL", "OBJECT")
    objects = [names[place] for place, kind in types if kind == "OBJECT"]
    return max(0, len(new) - _MOST_COLUMNS) + _add_nested(keys, con, records, objects)


def _add_nested(keys: _Keys, con: duckdb.DuckDBPyConnection, records: str, objects: list[str]) -> int:
    """Take in the keys inside those keys whose values are objects; how many were left out."""
    if not objects:
        return 0
    counted = con.execute(
        f"SELECT place, key, count(*) FROM (SELECT place, unnest(inner_keys) AS key FROM (SELECT "
        f"unnest(range({len(objects)})) AS place, unnest(json_keys(json, {_pointers(objects)})) AS inner_keys "
        f"FROM {records})) GROUP BY ALL"
    )
    by_count = sorted(counted.fetchall(), key=lambda row: (-row[2], row[0], row[1]))
    new = [(objects[place], str(key)) for place, key, _ in by_count if key not in keys.nested.get(objects[place], {})]
    for outer, key in new[:_MOST_COLUMNS]:
        keys.nested.setdefault(outer, {})[key] = None
    return max(0, len(new) - _MOST_COLUMNS)


def _pointers(keys: Sequence[str]) -> str:
    """The keys as a list of JSON pointers."""
    return f"[{', '.join(quote('/' + key.replace('~', '~0').replace('/', '~1')) for key in keys)}]"


def _objects(layout: Layout, inside: str, files: Sequence[str]) -> str:
    """A relation of the records of JSON files, whole: `json` and `filename`."""
    paths = f"[{', '.join(map(quote, files))}]"
    lenient = ", ignore_errors=true" if layout == "newline_delimited" else ""
    options = f"format={quote(layout)}, maximum_object_size={LARGEST_RECORD}{lenient}"
    found = f"read_json_objects({paths}, {options})"
    if not inside:
        return found
    path = quote(f"$.{json.dumps(inside, ensure_ascii=False)}")
    return f"(SELECT unnest(from_json(json->{path}, '[\"JSON\"]')) AS json, filename FROM {found})"


def json_select(shape: DocumentShape, files: Sequence[str], missing: Sequence[str], *, extra: str = "") -> str:
    """A SELECT that reads JSON files as columns of text.

    Args:
        shape: How the records are laid out.
        files: Paths.
        missing: Words that mean that there is no value.
        extra: Further expressions to select, each after a comma.
    """
    listed = ", ".join(map(quote, missing))
    fields = [
        f"CASE WHEN strlen({sql}) > 4 OR {sql} NOT IN ({listed}) THEN {sql} END AS {quote_name(name)}"
        for name, sql in zip(shape.names, _expressions(shape), strict=True)
    ]
    keys = list(dict.fromkeys(key for key, _ in shape.columns))
    return f"SELECT {', '.join(fields)}{extra} FROM {_reader(shape, files, keys)}"


def _reader(shape: DocumentShape, files: Sequence[str], keys: Sequence[str]) -> str:
    paths = f"[{', '.join(map(quote, files))}]"
    size = f"maximum_object_size={LARGEST_RECORD}"
    if shape.inside:
        path = quote(f"$.{json.dumps(shape.inside, ensure_ascii=False)}")
        types = ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(_type(shape, key))}" for key in keys)
        members = quote(f"[{{{types}}}]")
        return (
            f"(SELECT unnest(record), filename FROM (SELECT unnest(from_json(json->{path}, {members})) AS record, filename "
            f"FROM read_json_objects({paths}, format='unstructured', {size})))"
        )
    if shape.layout == "newline_delimited":
        # A line that holds no record is no row; `broken_lines` lists it.
        types = json.dumps({key: _line_type(shape, key) for key in keys}, ensure_ascii=False)
        return (
            f"(SELECT unnest(from_json(json, {quote(types)})), filename "
            f"FROM {_objects(shape.layout, '', files)} WHERE len(json_keys(json)) > 0)"
        )
    columns = ", ".join(f"{quote(key)}: {quote(_type(shape, key))}" for key in keys)
    return f"read_json({paths}, format={quote(shape.layout)}, columns={{{columns}}}, {size})"


def _line_type(shape: DocumentShape, key: str) -> str | dict[str, str]:
    """A key's type as `from_json` takes it."""
    if _type(shape, key).startswith("STRUCT"):
        return {inner: "VARCHAR" for outer, inner in shape.columns if outer == key}
    return _type(shape, key)


def _type(shape: DocumentShape, key: str) -> str:
    inner = [i for k, i in shape.columns if k == key and i]
    if not inner:
        return "VARCHAR"
    if shape.layout != "newline_delimited" or key in shape.mixed:
        return "JSON"
    return f"STRUCT({', '.join(f'{quote_name(name)} VARCHAR' for name in inner)})"


def _expressions(shape: DocumentShape) -> list[str]:
    found = []
    for key, inner in shape.columns:
        name = quote_name(key)
        if not inner:
            is_json = _type(shape, key) == "JSON"
            found.append(f"CASE WHEN json_type({name}) <> 'OBJECT' THEN {name}->>'$' END" if is_json else name)
        elif _type(shape, key) == "JSON":
            found.append(f"json_extract_string({name}, {quote('$.' + json.dumps(inner, ensure_ascii=False))})")
        else:
            found.append(f"struct_extract({name}, {quote(inner)})")
    return found


def broken_lines(files: Sequence[str]) -> str:
    """A SELECT of the lines of JSON-lines files that hold no record: file, row, reason, content; blank ones aside."""
    parts = [
        f"SELECT {quote(path)} AS file, row, CASE WHEN json_valid(line) THEN 'the line is not a JSON object with keys' "
        f"ELSE 'the line is not JSON' END AS reason, line AS content FROM (SELECT line, "
        f"row_number() OVER () AS row FROM read_csv({quote(path)}, auto_detect=false, header=false, delim=E'\\x01', quote='', "
        f"escape='', strict_mode=false, new_line='\\n', max_line_size={LARGEST_RECORD}, columns={{'line': 'VARCHAR'}})) "
        "WHERE coalesce(TRY(len(json_keys(line))), 0) = 0 AND trim(line, E' \\t\\r') <> ''"
        for path in files
    ]
    return " UNION ALL ".join(parts)
