"""Numbers as people write them: which sign is the decimal one, and what the engine reads."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from momentwise.collect.numbers import _MONEY_WORDS, find_decimal, number_sql
from momentwise.define.evaluate import quote


def read(text: str, decimal: str) -> float | None:
    """What the engine reads a text as."""
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {number_sql(f'{quote(text)}::VARCHAR', 'VARCHAR', decimal)}").fetchall()[0][0]
    return None if found is None else float(found)


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("19.90", ".", 19.9),
        ("19,90", ",", 19.9),
        ("1.234,50", ",", 1234.5),
        ("1,234.50", ".", 1234.5),
        ("1 234,50", ",", 1234.5),
        ("1'234.50", ".", 1234.5),
        ("R$ 1.234,50", ",", 1234.5),
        ("€ 7,25", ",", 7.25),
        ("7,25 €", ",", 7.25),
        ("$1,234.50", ".", 1234.5),
        ("-3,5", ",", -3.5),
        ("45%", ".", 45.0),
        ("12", ".", 12.0),
        ("1e3", ".", 1000.0),
        ("1.234.567", ",", 1234567.0),
    ],
)
def test_a_way_of_writing_is_found_and_read(text: str, decimal: str, number: float) -> None:
    """The sign is found from one text, and reads it as the number that it says."""
    assert (decimal, number) == (find_decimal([text]), read(text, decimal))


MONEY = (
    "R$ US$ $ € £ ¥ ₺ ₹ zł kr EUR USD GBP BRL PLN TRY SEK NOK DKK CHF CZK HUF JPY CAD AUD INR MXN TL"
).split()  # fmt: skip


@pytest.mark.parametrize("money", MONEY)
@pytest.mark.parametrize("gap", ["", " ", "\u00a0"])
def test_any_currency_may_stand_on_either_side(money: str, gap: str) -> None:
    """A currency's letters are no part of the number, not even the E of EUR."""
    for amount, decimal in (("12.50", "."), ("12,50", ",")):
        for text in (f"{money}{gap}{amount}", f"{amount}{gap}{money}", f"-{money}{gap}{amount}"):
            expected = -12.5 if text.startswith("-") else 12.5
            assert (decimal, expected) == (find_decimal([text]), read(text, decimal))


def test_every_currency_is_tried() -> None:
    """The list above is the list that is read."""
    assert len(MONEY) == len(_MONEY_WORDS.split("|")) + len("[$€£¥₺₹]") - 3


@pytest.mark.parametrize("text", ["08775", "1234567890123456", "hello", "1-2", "", "€", "N.A.", "1.2.3"])
def test_codes_and_words_are_no_numbers(text: str) -> None:
    """A leading zero, sixteen digits and words are no quantities."""
    assert find_decimal([text]) == ""


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("text", ["hello", "", "--1", "1,2,3.4.5", "12 apples"])
def test_what_cannot_be_read_is_null(text: str, decimal: str) -> None:
    """No text makes the query fail."""
    assert read(text, decimal) is None


def test_a_comma_is_no_decimal_sign_where_the_point_is() -> None:
    """`1,5` in a column with points is no number: it is neither 1.5 nor 15."""
    assert read("1,5", ".") is None


def test_one_comma_settles_the_column() -> None:
    """Numbers that leave it open follow the one that does not."""
    assert find_decimal(["1.234", "7,25", "3"]) == ","


@pytest.mark.parametrize(("column_type", "expected"), [("DOUBLE", 1.0), ("INTEGER", 1.0), ("BOOLEAN", None)])
def test_other_types_are_read_as_they_are(column_type: str, expected: float | None) -> None:
    """Numbers stay numbers; a truth is none."""
    with duckdb.connect() as con:
        sql = number_sql(f"1::{column_type}", column_type, "")
        assert [(expected,)] == con.execute(f"SELECT {sql}").fetchall()


@settings(max_examples=100, deadline=None)
@given(number=st.integers(-999_999_999, 999_999_999), decimal=st.sampled_from(".,"))
def test_any_amount_comes_back(number: int, decimal: str) -> None:
    """Writing an amount with thousands and cents, finding the sign and reading it again gives the amount."""
    text = f"{number / 100:,.2f}"
    if decimal == ",":
        text = text.replace(",", " ").replace(".", ",").replace(" ", ".")
    assert (decimal, number / 100) == (find_decimal([text]), read(text, decimal))
