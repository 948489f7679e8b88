"""Content after which customers ask is found beside comparable content, by behaviour and by their own words."""

from __future__ import annotations

import random

import pytest

from momentwise.define.finding import Finding
from momentwise.rank.content import find_content
from tests.rank.journey_tables import DAY, START, Row, Tables, counts_its_rows, happen, part, say, signal


def see(customer: str, content: str, event: str = "message_sent") -> Row:
    """One customer sees one content at the start."""
    return {"customer": customer, "at": START, "event": event, "content": content}


def show(
    shares: dict[str, float], event: str = "message_sent", rule: str = "contact_after_message"
) -> dict[str, list[Row]]:
    """A thousand customers per content, of whom a share asks the next day."""
    seen, asked = [], []
    for content, share in shares.items():
        seen += [see(f"{content}{place}", content, event) for place in range(1_000)]
        asked += [signal(f"{content}{place}", rule, 0, 1, element=content) for place in range(round(1_000 * share))]
    return {"exposures": seen, "signals": asked}


def find(**tables: list[Row]) -> tuple[Tables, list[Finding]]:
    """The contents, and the tables that they are in."""
    opened = Tables()
    return opened, find_content(opened.open(**tables))


@pytest.mark.req("C20")
def test_a_vague_confirmation() -> None:
    """Of three messages the one after which 12 % ask instead of 3 % is found, with 120 of 1,000 rows."""
    tables, found = find(**show({"order-confirmation": 0.12, "shipped": 0.03, "delivered": 0.03}))
    assert ["content/order-confirmation"] == [finding.id for finding in found]
    assert (0.12, 1_000, 120) == (found[0].estimate.value, found[0].estimate.n, found[0].people)
    assert counts_its_rows(tables, found[0].estimate)
    assert "established" == found[0].standing
    views = part(found[0].splits, "Views")
    assert (1_000, 120) == (views["seen"].n, views["contacts"].n)
    assert all(tables.count(view) == view.n for view in views.values())


@pytest.mark.req("C20")
def test_contacts_name_the_guide() -> None:
    """62 of 100 contacts speak of the guide, in several words; they are laid to that one guide."""
    texts = [
        "The guide makes no sense",
        "your assembly guide, page 3",
        "I read the GUIDE twice",
        "assembly_guide is wrong",
    ]
    words = [
        say(f"c{place}", texts[place % 4] if place < 62 else "where is my parcel, misguided?") for place in range(100)
    ]
    words += [say(f"d{place}", "bad guide", event="review_written", score=2.0) for place in range(6)]
    exposures = [see(f"c{place}", "assembly-guide.pdf", "guide_viewed") for place in range(100)]
    exposures += [see(f"e{place}", "size-chart", "help_viewed") for place in range(100)]
    signals = [signal(f"c{place}", "contact_after_self_service", element="assembly-guide.pdf") for place in range(62)]
    tables, found = find(words=words, exposures=exposures, signals=signals)
    assert ["content/assembly-guide.pdf"] == [finding.id for finding in found]
    named = part(found[0].splits, "Contacts that name it")["name it"]
    assert (0.62, 100) == (named.value, named.n)
    assert counts_its_rows(tables, named)
    assert (2.0, 6) == (
        part(found[0].splits, "Scores")["mean score"].value,
        part(found[0].splits, "Scores")["mean score"].n,
    )
    assert ("observed", ("behaviour", "contacts", "words")) == (found[0].standing, found[0].sources)


def test_help_is_not_compared_with_messages() -> None:
    """After help many ask and after messages few: content is compared within its own event."""
    messages, helps = (
        show({"a": 0.02, "b": 0.02}),
        show({"x": 0.3, "y": 0.3}, "help_viewed", "contact_after_self_service"),
    )
    assert [] == find(**{name: messages[name] + helps[name] for name in messages})[1]


def test_the_moment_of_the_contacts() -> None:
    """The finding belongs to the moment in which the contacts happened."""
    tables = show({"vague": 0.2, "clear": 0.02})
    occurrences = [happen(f"vague{place}", -1, 4, moment="get-order") for place in range(150)]
    assert ["get-order"] == [finding.moment for finding in find(occurrences=occurrences, **tables)[1]]


def test_the_last_message() -> None:
    """The last message of a row has all later contacts laid to it; that alone says nothing about the message.

    Each customer gets one message and another a day later, and asks at the same pace of 2 in 100 a day: 20 within the day
    of the first, 60 within the three days of the last.
    """
    seen, asked = [], []
    for place in range(1_000):
        seen += [see(f"c{place}", "first"), see(f"c{place}", "last") | {"at": START + DAY}]
    asked += [signal(f"c{place}", "contact_after_message", 0, 0.5, element="first") for place in range(20)]
    asked += [signal(f"c{place}", "contact_after_message", 1, 2, element="last") for place in range(100, 160)]
    assert [] == find(exposures=seen, signals=asked)[1]


def test_noise() -> None:
    """Of 60 audits with eight equal messages at most three find one."""
    rng, hits = random.Random(1), 0
    for _ in range(60):
        hits += bool(
            find(**show({f"m{place}": sum(rng.random() < 0.05 for _ in range(1_000)) / 1_000 for place in range(8)}))[1]
        )
    assert 3 >= hits


def test_nothing_seen() -> None:
    """Without content nothing is said."""
    assert [] == find()[1]
