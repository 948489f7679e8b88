"""How a JSON file is laid out: one record per line, a list of records, or one object around a list; and its columns.

Nested objects are taken apart one level deep (`properties.amount`); what is nested deeper stays JSON text.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from momentwise.define.evaluate import quote, quote_name
from momentwise.errors import IntakeError
from momentwise.stores.files import DataFile, read_head

Layout = Literal["newline_delimited", "array", "unstructured"]

_HEAD = 4 << 20
_MOST_RECORDS = 5_000
LARGEST_RECORD = 64 << 20  # bytes
Json = dict[str, object]


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


def find_shape(file: DataFile) -> DocumentShape:
    """The layout and the columns of a JSON file.

    Raises:
        IntakeError: The file is empty, is no JSON, or holds no records.
    """
    head = read_head(file.path, file.compression, _HEAD)
    text = _decoded(head, file).strip()
    if not text:
        raise IntakeError("The file is empty.", place=file.place, right="Export it again, or take it away.")
    if text[0] == "[":
        return _shape("array", "", _array_records(text), file)
    if text[0] != "{":
        raise IntakeError("The file is not JSON.", place=file.place, right="JSON begins with { or [.")
    lines = text.splitlines()
    if _object(lines[0]) is not None and (len(lines) > 1 or not _inner_list(_object(lines[0]) or {})):
        records = (found for line in lines[:_MOST_RECORDS] if (found := _object(line)) is not None)
        return _shape("newline_delimited", "", records, file)
    whole = _object(text)
    if whole is not None and (key := _inner_list(whole)):
        members = whole[key]
        assert isinstance(members, list), "an inner list is a list"
        return _shape("unstructured", key, (member for member in members if isinstance(member, dict)), file)
    return _shape("unstructured", "", _array_records(text), file)


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


def _shape(layout: Layout, inside: str, records: Iterable[Json], file: DataFile) -> DocumentShape:
    plain: dict[str, bool] = {}
    nested: dict[str, dict[str, None]] = {}
    for record in records:
        for key, value in record.items():
            if isinstance(value, dict) and value:
                nested.setdefault(key, {}).update(dict.fromkeys(value))
                plain.setdefault(key, False)
            else:
                plain[key] = plain.get(key, False) or (value is not None and value != {})
    if not plain:
        raise IntakeError("The file holds no JSON records.", place=file.place, right="A record is an object: {…}.")
    columns: list[tuple[str, str]] = []
    for key, has_plain in plain.items():
        if has_plain or key not in nested:
            columns.append((key, ""))
        columns.extend((key, inner) for inner in nested.get(key, ()))
    return DocumentShape(layout, inside, tuple(columns), frozenset(k for k in nested if plain[k]))


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
    broken = ""
    if shape.layout == "newline_delimited":
        # A line that is no JSON comes as a row of nulls; `broken_lines` lists it.
        broken = f" WHERE NOT ({' AND '.join(f'{quote_name(key)} IS NULL' for key in keys)})"
    return f"SELECT {', '.join(fields)}{extra} FROM {_reader(shape, files, keys)}{broken}"


def _reader(shape: DocumentShape, files: Sequence[str], keys: Sequence[str]) -> str:
    paths = f"[{', '.join(map(quote, files))}]"
    size = f"maximum_object_size={LARGEST_RECORD}"
    if shape.inside:
        path = quote(f"$.{json.dumps(shape.inside)}")
        types = ", ".join(f"{json.dumps(key)}: {json.dumps(_type(shape, key))}" for key in keys)
        members = quote(f"[{{{types}}}]")
        return (
            f"(SELECT unnest(record), filename FROM (SELECT unnest(from_json(json->{path}, {members})) AS record, filename "
            f"FROM read_json_objects({paths}, format='unstructured', {size})))"
        )
    columns = ", ".join(f"{quote(key)}: {quote(_type(shape, key))}" for key in keys)
    lenient = ", ignore_errors=true" if shape.layout == "newline_delimited" else ""
    return f"read_json({paths}, format={quote(shape.layout)}, columns={{{columns}}}, {size}{lenient})"


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
            found.append(f"json_extract_string({name}, {quote('$.' + json.dumps(inner))})")
        else:
            found.append(f"struct_extract({name}, {quote(inner)})")
    return found


def broken_lines(files: Sequence[str]) -> str:
    """A SELECT of the lines of JSON-lines files that are no JSON: file, row, reason, content."""
    parts = [
        f"SELECT {quote(path)} AS file, row, 'the line is not JSON' AS reason, line AS content FROM (SELECT line, "
        f"row_number() OVER () AS row FROM read_csv({quote(path)}, auto_detect=false, header=false, delim=E'\\x01', quote='', "
        f"escape='', strict_mode=false, new_line='\\n', max_line_size={LARGEST_RECORD}, columns={{'line': 'VARCHAR'}})) "
        "WHERE NOT json_valid(line)"
        for path in files
    ]
    return " UNION ALL ".join(parts)
