"""Words: what names are made of, and what they only hint at."""

from __future__ import annotations

import pytest

from momentwise.learn.vocabulary import (
    guess_archetype,
    guess_intent,
    guess_stage,
    has_sense,
    is_contact,
    is_raw,
    words_of,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [("order_placed", ("order", "placed")), ("orderPlaced", ("order", "placed")), ("Bestellung bezahlt", ("bestellung", "bezahlt")),
     ("a.b-c", ("a", "b", "c")), ("—", ())],
)  # fmt: skip
def test_words(name: str, words: tuple[str, ...]) -> None:
    """Names are parted at signs, blanks and humps."""
    assert words == words_of(name)


@pytest.mark.parametrize("name", ["page_viewed", "click", "field_focused", "pageView", "request_finished"])
def test_tracker_events(name: str) -> None:
    """What a tracker writes by itself is known by its words."""
    assert is_raw(name)


@pytest.mark.parametrize("name", ["product_viewed", "order_placed", "help_viewed"])
def test_named_steps(name: str) -> None:
    """A thing in the name makes it a step."""
    assert not is_raw(name)


@pytest.mark.parametrize(
    ("name", "channel", "found"),
    [("ticket_opened", "email", True), ("call_started", "", True), ("ticket_closed", "email", False),
     ("conversation_started", "chat", True), ("review_requested", "email", False), ("order_placed", "web", False)],
)  # fmt: skip
def test_contacts(name: str, channel: str, found: bool) -> None:
    """A person is asked for where the name says so, or where something begins on a channel with people at its end."""
    assert found == is_contact(name, channel)


def test_senses_in_other_languages() -> None:
    """A few words of several languages are known."""
    assert has_sense("paket_geliefert", "goal")
    assert has_sense("pago_rechazado", "failure")
    assert not has_sense("order_placed", "failure")


@pytest.mark.parametrize(
    ("start", "goal", "intent", "stage", "archetype"),
    [("checkout_started", "order_placed", "buy", "decision", "friction"),
     ("search_performed", "product_viewed", "know", "discovery", "friction"),
     ("order_placed", "order_delivered", "know", "retention", "friction"),
     ("order_delivered", "review_written", "feel-seen", "feedback", "social"),
     ("xx", "yy", "do", "assistance", "friction")],
)  # fmt: skip
def test_guesses(start: str, goal: str, intent: str, stage: str, archetype: str) -> None:
    """Intent, stage and archetype are guessed from both names."""
    assert (intent, stage, archetype) == (
        guess_intent(start, goal),
        guess_stage(start, goal),
        guess_archetype(start, goal, False),
    )


def test_coming_back_is_a_delight() -> None:
    """Who comes back is pleased."""
    assert "delight" == guess_archetype("a", "b", True)
