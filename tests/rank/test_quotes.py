"""Quotes come from the customers of a finding, near its time, each once, and name nobody."""

from __future__ import annotations

import pytest

from momentwise.define.finding import Quote
from momentwise.rank.quotes import find_quotes, mask, shorten
from tests.rank.journey_tables import Row, Tables, say, signal

PEOPLE = "SELECT customer, \"at\" FROM signals WHERE signal = 'silence'"
LONG = "I wait for an answer every day. "


def find(words: list[Row], **arguments: object) -> tuple[Quote, ...]:
    """The quotes behind a silence of ann, bob, cat and dan on day 10."""
    signals = [signal(customer, "silence", 10) for customer in ("ann", "bob", "cat", "dan")]
    return find_quotes(Tables().open(words=words, signals=signals), PEOPLE, **arguments)  # type: ignore[arg-type]  # any argument may be given


def test_the_lowest_score_first() -> None:
    """By score, the lowest first, then by nearness; texts without a score come last."""
    found = find(
        [
            say("ann", "Nobody tells me anything", 11),
            say("bob", "Two weeks without a word", 12, score=4.0),
            say("cat", "I will never buy here again", 20, score=1.0),
        ]
    )
    assert ["cat", "bob", "ann"] == [quote.customer for quote in found]
    assert (1.0, "ticket_opened", "web") == (found[0].score, found[0].source, found[0].channel)


def test_who_and_when() -> None:
    """Not what others wrote, not what was written long after, not what says nothing, and not other events' texts."""
    words = [
        say("eve", "I am no part of this", 10),
        say("ann", "Years later I still remember", 300),
        say("bob", "ok", 10),
        say("cat", "A review of something", 10, "review_written"),
        say("dan", "Where is my parcel now?", 10),
    ]
    assert ["dan"] == [quote.customer for quote in find(words, events=("ticket_opened",))]


def test_each_once() -> None:
    """The same words by two customers are one quote, and one customer speaks once; no more than asked for."""
    words = [
        say("ann", "Where is my parcel?", 10),
        say("bob", "where is  my PARCEL?", 11),
        say("cat", "Still nothing has come", 12),
        say("cat", "And again nothing has come", 13),
        say("dan", "I want my money back", 14),
    ]
    assert ["ann", "cat"] == [quote.customer for quote in find(words, most=2)]


def test_what_everybody_says_is_no_quote() -> None:
    """Two hundred customers complain of screws; only what these four say of waiting belongs to the silence."""
    words = [say(f"c{number}", "Two screws were missing", 10, score=1.0) for number in range(200)]
    words += [
        say("ann", "Two screws were missing", 10, score=1.0),
        say("bob", "Nobody tells me when it comes", 10, score=2.0),
    ]
    assert ["Nobody tells me when it comes"] == [quote.text for quote in find(words)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ann@mail.example wrote", "[e-mail] wrote"),
        ("call 0171 2345678 please", "call [number] please"),
        ("call (11) 98765-4321", "call [number]"),
        ("card 4111 1111 1111 1111!", "card [number]!"),
        ("ordered on 2024-01-31 for 120.50", "ordered on 2024-01-31 for 120.50"),
        ("room 101, floor 3", "room 101, floor 3"),
    ],
)
def test_mask(text: str, shown: str) -> None:
    """Addresses, telephones and cards are masked; dates, prices and small numbers are not."""
    assert shown == mask(text)


def test_shorten() -> None:
    """A long text ends at a word with an ellipsis, and is no longer than asked for."""
    found = shorten(LONG * 20)
    assert found.endswith(" …")
    assert len(found) <= 241
    assert "short" == shorten("  short ")


def test_no_words() -> None:
    """Without words there are no quotes."""
    assert () == find([])
