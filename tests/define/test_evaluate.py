"""A condition has two evaluators, over one event and over columns; they say the same."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conditions import INSTANTS, NUMBERS, TEXTS, TRUTHS, numbers, predicates, words
from momentwise.define.evaluate import Column, FieldValue, Kind, fold, matches, to_sql
from momentwise.define.instant import ISO_PATTERN, parse_instant
from momentwise.define.predicate import Predicate, parse_predicate
from momentwise.errors import DefinitionError

KINDS: dict[str, Kind] = {
    **dict.fromkeys(NUMBERS, "number"),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(TRUTHS, "truth"),
    **dict.fromkeys(INSTANTS, "instant"),
}
TYPES = {"number": pa.float64(), "text": pa.string(), "truth": pa.bool_(), "instant": pa.int64()}
COLUMNS = {name: Column(f'"{name}"', kind) for name, kind in KINDS.items()}

micros = st.sampled_from([0, 1_577_836_800_000_000, 1_577_836_801_000_000, -1])
rows = st.lists(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(NUMBERS, st.none() | numbers | st.sampled_from([float("nan"), float("inf")])),
            **dict.fromkeys(TEXTS, st.none() | words),
            **dict.fromkeys(TRUTHS, st.none() | st.booleans()),
            **dict.fromkeys(INSTANTS, st.none() | micros),
        }
    ),
    min_size=1,
    max_size=12,
)


def by_columns(predicate: Predicate, events: list[dict[str, FieldValue]]) -> list[bool]:
    """What the column evaluator says of some events."""
    schema = pa.schema([(name, TYPES[kind]) for name, kind in KINDS.items()])
    table = pa.Table.from_pylist(events, schema=schema)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("events", table)
        return [row[0] for row in connection.sql(f"SELECT {to_sql(predicate, COLUMNS)} FROM events").fetchall()]


@settings(max_examples=400, deadline=None)
@given(predicates(), rows)
def test_both_evaluators_say_the_same(predicate: Predicate, events: list[dict[str, FieldValue]]) -> None:
    """Whatever the condition and the values: missing, not finite, texts that are numbers, capital letters of any script."""
    assert [matches(predicate, event, KINDS) for event in events] == by_columns(predicate, events)


def test_folding_letters_is_the_same_for_every_character() -> None:
    """`fold` is what the column engine's `lower` does, for the whole of Unicode."""
    letters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]
    with duckdb.connect() as connection:
        connection.register("letters", pa.table({"letter": letters}))
        lowered = [row[0] for row in connection.sql("SELECT lower(letter) FROM letters").fetchall()]
    assert [] == [one for one, other in zip(letters, lowered, strict=True) if fold(one) != other]


@pytest.mark.parametrize(
    "text",
    ["2020-02-30", "2020-13-01", "2020-01-01T24:00", "2020-01-01 10:00:60", "2020-01-01T10:00+02", "2020-01-01T10:00:00.123456-0330", "2020-1-1", "0000-01-01", "9999-12-31"],
)  # fmt: skip
def test_texts_are_read_as_instants_alike(text: str) -> None:
    """A date that is none is missing on both sides, and an offset means the same instant."""
    assert ISO_PATTERN
    predicate = parse_predicate("promised_at = text")
    for micros in {parse_instant(text) or 0, 0}:
        event: dict[str, FieldValue] = {"promised_at": micros, "text": text}
        assert [matches(predicate, event, KINDS)] == by_columns(predicate, [event])


def test_a_missing_field_fulfils_no_comparison_and_its_opposite_always() -> None:
    """Two-valued: nothing is ever unknown."""
    event: dict[str, FieldValue] = {"amount": None}
    assert not matches(parse_predicate("amount > 1"), event, KINDS)
    assert not matches(parse_predicate("amount <= 1"), event, KINDS)
    assert matches(parse_predicate("not amount > 1"), event, KINDS)
    assert matches(parse_predicate("amount is missing"), event, KINDS)


def test_texts_have_no_order() -> None:
    """Asking which text is larger is a mistake that is told when the condition is prepared."""
    predicate = parse_predicate("text < channel")
    with pytest.raises(DefinitionError, match="compares numbers or times"):
        to_sql(predicate, COLUMNS)
    with pytest.raises(DefinitionError, match="compares numbers or times"):
        matches(predicate, {"text": "a", "channel": "b"}, KINDS)
