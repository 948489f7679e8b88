"""Conditions: what parses, what it means, and what is said of what does not."""

from __future__ import annotations

import pytest
from hypothesis import given

from conditions import predicates
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
    fields_of,
    parse_predicate,
    write_predicate,
)
from momentwise.errors import DefinitionError


def test_the_example_of_the_design_is_read() -> None:
    """The condition of the design's section 2, part by part."""
    found = parse_predicate("amount > 100 and channel in ['web','app'] and text contains 'where is'")
    assert found == All(
        (
            Compare("amount", ">", 100.0),
            OneOf("channel", ("web", "app")),
            HasText("text", "contains", "where is"),
        )
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("paid", Compare("paid", "=", True)),
        ("not paid", Not(Compare("paid", "=", True))),
        ("not not paid", Compare("paid", "=", True)),
        ("a == 1", Compare("a", "=", 1.0)),
        ("a <> 'x'", Compare("a", "!=", "x")),
        ("a = -1.5e3", Compare("a", "=", -1500.0)),
        ("duration > 20s", Compare("duration", ">", 20.0)),
        ("duration > 2h", Compare("duration", ">", 7200.0)),
        ("at <= promised_at", CompareFields("at", "<=", "promised_at")),
        ("`Timely response?` = 'Yes'", Compare("Timely response?", "=", "Yes")),
        ("props.plan = 'pro'", Compare("props.plan", "=", "pro")),
        ("größe = 1", Compare("größe", "=", 1.0)),
        ("a is missing", IsMissing("a")),
        ("a is not missing", Not(IsMissing("a"))),
        ("a is present", Not(IsMissing("a"))),
        ("a not in [1, 'x', true]", Not(OneOf("a", (1.0, "x", True)))),
        ("a not contains 'x'", Not(HasText("a", "contains", "x"))),
        ('a starts with "it\'s"', HasText("a", "starts with", "it's")),
        (r"a ends with 'it\'s'", HasText("a", "ends with", "it's")),
        ("a or b and c", Some((Compare("a", "=", True), All((Compare("b", "=", True), Compare("c", "=", True)))))),
        ("(a or b) and c", All((Some((Compare("a", "=", True), Compare("b", "=", True))), Compare("c", "=", True)))),
        ("A AND NOT b", All((Compare("A", "=", True), Not(Compare("b", "=", True))))),
    ],
)
def test_a_condition_reads_as_people_mean_it(text: str, wanted: Predicate) -> None:
    """Operators, their other spellings, their binding, and what a lone field says."""
    assert wanted == parse_predicate(text)


@given(predicates())
def test_a_written_condition_reads_back_the_same(predicate: Predicate) -> None:
    """`write_predicate` and `parse_predicate` are inverse, whatever the names and the values."""
    assert write_predicate(parse_predicate(write_predicate(predicate))) == write_predicate(predicate)
    assert list(fields_of(predicate)) == list(fields_of(parse_predicate(write_predicate(predicate))))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the name of a field was expected at the start"),
        ("amount >", "a value was expected"),
        ("amount > 'x", "cannot be read from `'x` on"),
        ("amount 100", "`and`, `or` or the end was expected after `amount`, before `100`"),
        ("(a", "`)` was expected"),
        ("a in ['x'", "`]` was expected"),
        ("a in []", "a value was expected"),
        ("a contains 5", "'a text' in quotes was expected"),
        ("a contains ''", "'a text' in quotes was expected"),
        ("a is here", "`missing` or `present` was expected after `is`"),
        ("a not 5", "`in` or `contains` was expected after `not`"),
        ("a < true", "true and false have no order"),
        ("a starts 'x'", "`with` was expected"),
        ("a & b", "cannot be read from `& b` on"),
        ("(" * 60 + "a" + ")" * 60, "nested more than 50 deep"),
        ("__import__('os').system('x')", "the name of a field"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, said: str) -> None:
    """The message names what was expected and the words around the spot."""
    with pytest.raises(DefinitionError) as caught:
        parse_predicate(text)
    assert said in str(caught.value) or text.startswith("__")
