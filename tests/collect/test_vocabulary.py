"""How well names fit roles, and what a table's rows are called."""

from __future__ import annotations

import pytest

from momentwise.collect.vocabulary import Role, fit, singular, speaks_of, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("customerUniqueID", ("customer", "unique", "id")),
        ("Größe (cm)", ("grosse", "cm")),
        ("HTTPServer2Name", ("http", "server2", "name")),
        ("顧客ID", ("顧客", "id")),
        ("Дата и время", ("дата", "и", "время")),
        ("", ()),
    ],
)
def test_names_are_taken_apart(name: str, words: tuple[str, ...]) -> None:
    """Accents, capital letters and separators do not matter."""
    assert words == words_of(name)


@pytest.mark.parametrize(
    ("name", "role", "expected"),
    [
        ("customer", "customer", 1.0),
        ("customer_id", "customer", 0.9),
        ("customer_segment_key", "customer", 0.7),
        ("Bestellkundennummer", "customer", 0.6),
        ("first_member_segment", "customer", 0.5),
        ("colour", "customer", 0.0),
        ("客户编号", "customer", 0.6),
        ("ID клиента", "customer", 0.6),
        ("Πελάτης", "customer", 1.0),
        ("イベント名", "event", 0.6),
        ("user.id", "customer", 1.0),
        ("???", "customer", 0.0),
        ("what next", "event", 0.0),
    ],
)
def test_fit(name: str, role: Role, expected: float) -> None:
    """A whole name says more than one word of it."""
    assert expected == pytest.approx(fit(name, role))


def test_one_word_is_enough_to_speak_of_a_role() -> None:
    """A promise is one wherever in the name it stands."""
    assert speaks_of("order_estimated_delivery_date", "promise")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("tickets", "ticket"),
        ("entries", "entry"),
        ("boxes", "box"),
        ("classes", "class"),
        ("status", "status"),
        ("data", "data"),
        ("news", "new"),
    ],
)
def test_rows_have_names(name: str, row: str) -> None:
    """English plurals lose their ending."""
    assert row == singular(name)
