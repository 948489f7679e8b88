"""Where complaints are about the product, the journey's polish waits; where they are about the way, nothing is raised."""

from __future__ import annotations

import re

import pytest

from momentwise.define.finding import Finding
from momentwise.rank.product import PRODUCT_WORDS, find_down_ranked, find_product_faults, product_pattern
from tests.rank.journey_tables import Row, Tables, counts_its_rows, declare, happen, part, say, signal


def complain(moment: str, faults: int, others: int, category: str = "shoes") -> dict[str, list[Row]]:
    """Customers of a journey who complain: some about the product, some about the way."""
    occurrences, words = [], []
    for place in range(faults + others):
        customer = f"{moment}-{category}{place}"
        occurrences.append(happen(customer, place % 50, 5, moment=moment, properties={"category": category}))
        text = "The sole came BROKEN after a day." if place < faults else "Where is my parcel?"
        words.append(say(customer, text, place % 50 + 2))
    return {"occurrences": occurrences, "words": words}


def together(*parts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The tables of several journeys as one."""
    return {name: [row for one in parts for row in one.get(name, [])] for name in ("occurrences", "words", "signals")}


def find(tables: dict[str, list[Row]]) -> tuple[Tables, list[Finding]]:
    """The faults, and the tables that they are in."""
    opened = Tables(properties=("category",), moments=(declare("wear"), declare("track")))
    return opened, find_product_faults(opened.open(**tables))


@pytest.mark.req("R11")
def test_forty_percent_raise_it() -> None:
    """40 of 100 complaints of one journey are about the product: its finding, its rows, and its polish waits."""
    tables, found = find(together(complain("wear", 40, 60), complain("track", 5, 95)))
    assert ["wear/product_fault"] == [finding.id for finding in found]
    assert (0.4, 100, 40) == (found[0].estimate.value, found[0].estimate.n, found[0].people)
    assert counts_its_rows(tables, found[0].estimate)
    assert ("wear",) == find_down_ranked(found, ("track", "wear"))


@pytest.mark.req("R11")
def test_thirty_nine_percent_do_not() -> None:
    """39 of 100 are below the limit."""
    assert [] == find(together(complain("wear", 39, 61), complain("track", 5, 95)))[1]


def test_every_journey() -> None:
    """Where the product dominates all complaints, one finding says so for every journey."""
    found = find(together(complain("wear", 50, 50), complain("track", 45, 55)))[1]
    assert [("all/product_fault", "")] == [(finding.id, finding.moment) for finding in found]
    assert ("track", "wear") == find_down_ranked(found, ("track", "wear"))


def test_one_category() -> None:
    """A fault of one category under a journey that is well names the category, and down-ranks no journey."""
    tables, found = find(together(complain("wear", 30, 20), complain("wear", 0, 150, "hats")))
    assert [{"category": "shoes"}] == [finding.where.segment for finding in found]
    assert counts_its_rows(tables, found[0].estimate)
    assert () == find_down_ranked(found, ("track", "wear"))


def test_topics() -> None:
    """Topics of repeated contacts stand beside it."""
    tables = together(complain("wear", 40, 20))
    tables["signals"] = [
        signal(f"wear-shoes{place}", "repeat_contact", place % 50 + 2, 3, key="quality" if place < 40 else "delivery")
        for place in range(30, 60)
    ]
    opened, found = find(tables)
    topics = part(found[0].splits, "Share about the product by topic")
    assert {"quality": (1.0, 10), "delivery": (0.0, 20)} == {name: (one.value, one.n) for name, one in topics.items()}
    assert all(counts_its_rows(opened, one) for one in topics.values())


def test_low_scores_are_complaints() -> None:
    """A text with a low score counts, the same text with a high one does not."""
    words = [
        say(f"c{place}", "it broke", event="review_written", score=1.0 if place < 40 else 5.0) for place in range(80)
    ]
    assert [40] == [finding.estimate.n for finding in find({"words": words})[1]]


@pytest.mark.parametrize(
    ("text", "is_about"),
    [
        ("It arrived broken.", True),
        ("Das Gerät ist defekt!", True),
        ("El zapato llegó roto", True),
        ("O produto veio com DEFEITO", True),
        ("La tasse est cassée", True),
        ("unbroken promises and heartbroken", False),
        ("Where is my parcel?", False),
        ("Entrega atrasada", False),
    ],
)
def test_words(text: str, is_about: bool) -> None:
    """Plain words of five languages, at the beginning of a word."""
    assert is_about == bool(re.search(product_pattern().replace(r"[^\pL]", r"\W"), text))


def test_no_words() -> None:
    """Without words nothing is said."""
    assert [] == find({"occurrences": [happen("ann")]})[1]
    assert len(PRODUCT_WORDS) == len(set(PRODUCT_WORDS))
