"""The two evaluators of a condition: over one event, and over columns as the text of an SQL expression.

A property test holds them equal. Both read a field as what the condition asks for (a number, a text, a truth, an
instant) by the rules of `read_number`, `read_text`, `read_truth` and `read_instant`; what cannot be read so is missing.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from momentwise.define.instant import ISO_PATTERN, parse_instant
from momentwise.define.predicate import (
    All,
    Compare,
    CompareFields,
    HasText,
    IsMissing,
    Not,
    OneOf,
    Predicate,
    Some,
    Value,
)
from momentwise.errors import DefinitionError

Kind = Literal["number", "text", "truth", "instant"]
FieldValue = str | float | int | bool | None


@dataclass(frozen=True)
class Column:
    """A field as an engine holds it: the SQL that reads it, and what it is.

    Args:
        sql: An expression: DOUBLE for a number, VARCHAR for a text, BOOLEAN for a truth, BIGINT microseconds for an
            instant.
        kind: Which of the four.
    """

    sql: str
    kind: Kind


Columns = Mapping[str, Column]
_OPERATORS: dict[str, Callable[..., bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBER_PATTERN = r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*"
_NUMBER = re.compile(NUMBER_PATTERN, re.ASCII)
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_TRUTHS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


def matches(predicate: Predicate | None, event: Mapping[str, FieldValue], kinds: Mapping[str, Kind]) -> bool:
    """Whether one event fulfils a condition; no condition always holds.

    Args:
        predicate: The condition.
        event: The event's fields by name; a name that is absent is missing.
        kinds: What the fields are, where that is known; an instant's value is microseconds since the epoch.
    """
    match predicate:
        case None:
            return True
        case Not(part):
            return not matches(part, event, kinds)
        case All(parts):
            return all(matches(part, event, kinds) for part in parts)
        case Some(parts):
            return any(matches(part, event, kinds) for part in parts)
        case IsMissing(field):
            return is_missing(event.get(field))
        case HasText(field, test, text):
            found = read_text(event.get(field))
            return found is not None and _has_text(fold(found), test, fold(text))
        case OneOf(field, values):
            return any(_compare(event.get(field), "=", value, kinds.get(field)) for value in values)
        case Compare(field, op, value):
            return _compare(event.get(field), op, value, kinds.get(field))
        case CompareFields(left, op, right):
            of_left, of_right = kinds.get(left, "text"), kinds.get(right, "text")
            wanted = common_kind(of_left, op, of_right)
            return _holds(read_as(event.get(left), of_left, wanted), op, read_as(event.get(right), of_right, wanted))


def _compare(found: FieldValue, op: str, value: Value, kind: Kind | None) -> bool:
    wanted = kind_of_value(value, kind)
    fixed = parse_instant(str(value)) if wanted == "instant" else value
    return _holds(read_as(found, kind, wanted), op, fixed)


def _holds(left: FieldValue, op: str, right: FieldValue) -> bool:
    return left is not None and right is not None and _OPERATORS[op](left, right)


def _has_text(found: str, test: str, text: str) -> bool:
    if test == "contains":
        return text in found
    return found.startswith(text) if test == "starts with" else found.endswith(text)


def fold(text: str) -> str:
    """The text without capital letters, one character for one, as the column engine does it.

    Python's own `lower` looks at neighbours (a final sigma) and may lengthen a text (a dotted capital I).

    Example:
        >>> fold("ΣΑΣ"), fold("İ")
        ('σασ', 'i')
    """
    if text.isascii():
        return text.lower()
    return "".join("i" if letter == "\u0130" else letter.lower() for letter in text)


def kind_of_value(value: Value, kind: Kind | None) -> Kind:
    """What a field is read as when it is held against a fixed value."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, str):
        return "instant" if kind == "instant" else "text"
    return "number"


def common_kind(left: Kind, op: str, right: Kind) -> Kind:
    """What two fields are read as when they are held against each other.

    Raises:
        DefinitionError: They have no order that `op` could ask for.
    """
    for kind in ("instant", "number"):
        if kind in (left, right):
            return kind
    if op not in ("=", "!="):
        raise DefinitionError(
            f"`{op}` compares numbers or times, and both fields hold texts.",
            right="Use = or !=, or map one of the columns as a number or a time.",
        )
    return "truth" if left == right == "truth" else "text"


def is_missing(found: FieldValue) -> bool:
    """Whether a value counts as missing: none, an empty text, or a number that is not finite."""
    return found is None or found == "" or (isinstance(found, float) and not math.isfinite(found))


def read_number(found: FieldValue) -> float | None:
    """The value as a finite number; a text only if it is one from end to end."""
    if isinstance(found, str):
        number = float(found) if _NUMBER.fullmatch(found) else None
    elif found is None or isinstance(found, bool):
        number = None
    else:
        number = float(found)
    return number if number is not None and math.isfinite(number) else None


def read_text(found: FieldValue) -> str | None:
    """The value as a text; a whole number has no decimal point."""
    if is_missing(found):
        return None
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float | int):
        return str(int(found)) if found == int(found) and abs(found) < 1e15 else repr(float(found))
    return found


def read_truth(found: FieldValue) -> bool | None:
    """The value as true or false: itself, or one of the words true, false, yes, no, 1 and 0."""
    if isinstance(found, bool):
        return found
    text = read_text(found)
    return None if text is None else _TRUTHS.get(fold(text))


def read_instant(found: FieldValue) -> int | None:
    """The value as microseconds since the epoch: a whole number is that already, a text is read as ISO 8601."""
    if isinstance(found, bool) or found is None:
        return None
    return parse_instant(found) if isinstance(found, str) else int(found)


def read_as(found: FieldValue, kind: Kind | None, wanted: Kind) -> FieldValue:
    """A value as what a condition asks for; an instant is neither a number nor a truth, nor are these instants."""
    if wanted != kind and "instant" in (kind, wanted) and {kind, wanted} & {"number", "truth"}:
        return None
    return _READERS[wanted](found)


_READERS: dict[Kind, Callable[[FieldValue], FieldValue]] = {
    "number": read_number,
    "text": read_text,
    "truth": read_truth,
    "instant": read_instant,
}


def to_sql(predicate: Predicate | None, columns: Columns) -> str:
    """The condition as a DuckDB expression that is true or false, never null.

    Args:
        predicate: The condition.
        columns: How each field is read; a name that is absent is missing in every row.

    Raises:
        DefinitionError: Two fields are compared that have no common order.
    """
    match predicate:
        case None:
            return "true"
        case Not(part):
            return f"(NOT {to_sql(part, columns)})"
        case All(parts):
            return "(" + " AND ".join(to_sql(part, columns) for part in parts) + ")"
        case Some(parts):
            return "(" + " OR ".join(_some_sql(parts, columns)) + ")"
        case IsMissing(field):
            return f"({_text_sql(columns.get(field))} IS NULL)"
        case HasText(field, test, text):
            return _has_text_sql(_text_sql(columns.get(field)), test, fold(text))
        case OneOf(field, values):
            return "(" + " OR ".join(_compare_sql(columns.get(field), "=", value) for value in values) + ")"
        case Compare(field, op, value):
            return _compare_sql(columns.get(field), op, value)
        case CompareFields(left, op, right):
            return _compare_fields_sql(columns.get(left), op, columns.get(right))


def _some_sql(parts: tuple[Predicate, ...], columns: Columns) -> Iterator[str]:
    """One expression per part; words that are looked for in the same field become one pattern, three times as fast."""
    words: dict[str, list[str]] = {}
    for part in parts:
        match part:
            case HasText(field, "contains", text):
                words.setdefault(field, []).append(fold(text))
            case _:
                yield to_sql(part, columns)
    for field, texts in words.items():
        if len(texts) == 1:
            yield _has_text_sql(_text_sql(columns.get(field)), "contains", texts[0])
        else:
            pattern = quote("|".join(_PUNCTUATION.sub(r"\\\g<0>", text) for text in texts))
            yield f"coalesce(regexp_matches(lower({_text_sql(columns.get(field))}), {pattern}), false)"


def _compare_fields_sql(left: Column | None, op: str, right: Column | None) -> str:
    if left is None or right is None:
        return "false"
    kind = common_kind(left.kind, op, right.kind)
    return f"coalesce({read_sql(left, kind)} {_sql_op(op)} {read_sql(right, kind)}, false)"


def _compare_sql(column: Column | None, op: str, value: Value) -> str:
    if column is None:
        return "false"
    kind = kind_of_value(value, column.kind)
    fixed = _instant_sql(str(value)) if kind == "instant" else quote(value)
    return f"coalesce({read_sql(column, kind)} {_sql_op(op)} {fixed}, false)"


def _instant_sql(text: str) -> str:
    micros = parse_instant(text)
    return "NULL::BIGINT" if micros is None else f"{micros}::BIGINT"


def _has_text_sql(sql: str, test: str, text: str) -> str:
    function = {"contains": "contains", "starts with": "starts_with", "ends with": "ends_with"}[test]
    return f"coalesce({function}(lower({sql}), {quote(text)}), false)"


def _sql_op(op: str) -> str:
    return "<>" if op == "!=" else op


def _text_sql(column: Column | None) -> str:
    return "NULL::VARCHAR" if column is None else read_sql(column, "text")


def read_sql(column: Column, kind: Kind) -> str:
    """The expression that reads a column as a number, a text, a truth or an instant; null where it is missing."""
    sql = column.sql
    if column.kind == kind:
        if kind == "number":
            return f"CASE WHEN isfinite({sql}) THEN {sql} END"
        return f"nullif({sql}, '')" if kind == "text" else sql
    match kind, column.kind:
        case "number", "text":
            return (
                f"CASE WHEN regexp_full_match({sql}, {quote(NUMBER_PATTERN)}) THEN try_cast(trim({sql}) AS DOUBLE) END"
            )
        case "text", "number":
            whole = f"{sql} = trunc({sql}) AND abs({sql}) < 1e15"
            return f"CASE WHEN {whole} THEN CAST(CAST({sql} AS BIGINT) AS VARCHAR) WHEN isfinite({sql}) THEN CAST({sql} AS VARCHAR) END"
        case "text", "truth":
            return f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END"
        case "truth", "text" | "number":
            text = read_sql(column, "text")
            return f"CASE WHEN lower({text}) IN ('true', 'yes', '1') THEN true WHEN lower({text}) IN ('false', 'no', '0') THEN false END"
        case "instant", "text":
            return (
                f"CASE WHEN regexp_full_match({sql}, {quote(ISO_PATTERN)}) "
                f"THEN epoch_us(try_cast({sql} AS TIMESTAMPTZ)) END"
            )
        case "text", "instant":
            return f"CAST({sql} AS VARCHAR)"
    return f"NULL::{'DOUBLE' if kind == 'number' else 'BOOLEAN' if kind == 'truth' else 'BIGINT'}"


def quote(value: Value) -> str:
    """A fixed value as an SQL literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("'", "''")
        return f"'{escaped}'"
    return f"{value!r}::DOUBLE"


def quote_name(name: str) -> str:
    """A column's or a table's name as an SQL identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
