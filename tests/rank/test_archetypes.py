"""Tests of `rank.archetypes`: forty labelled moments, a dozen as shipped and the others in people's own words."""

from __future__ import annotations

import pytest

from momentwise.define.library import load_playbook
from momentwise.rank.archetypes import suggest_archetype
from tests.rank.small_audits import make_moment

# From the shipped playbooks: book and moment; the label is the book's.
SHIPPED = (
    ("retail", "pay"), ("retail", "return-item"), ("retail", "reward-earned"), ("travel", "surprise-upgrade"),
    ("travel", "share-trip"), ("travel", "missing-bag"), ("banking", "recommend-us"), ("banking", "saving-goal"),
    ("software", "invite-team"), ("software", "idea-heard"), ("utilities", "public-post"), ("insurance", "claim-cycle"),
)  # fmt: skip

# Written after the words were chosen, and never used to choose them.
BY_HAND = (
    ("The map shows a shop that closed a year ago", "friction"),
    ("I cannot find out what this will cost in the end", "friction"),
    ("The driver left while I was on the stairs", "friction"),
    ("Let me move my appointment to Thursday", "friction"),
    ("It logs me out in the middle of the form", "friction"),
    ("You charged me for a month after I had gone", "friction"),
    ("I have been in the queue for forty minutes", "friction"),
    ("My discount code does not work", "friction"),
    ("The meter reading is wrong and nobody looks into it", "friction"),
    ("Which size do I need?", "friction"),
    ("The hotel left chocolates and a note on our anniversary", "delight"),
    ("They upgraded us to a suite without our asking", "delight"),
    ("A handwritten letter from the founder came with my order", "delight"),
    ("The waiter brought my son a dessert on the house", "delight"),
    ("You remembered which seat I like", "delight"),
    ("Points for being with you for five years, and a bonus on top", "delight"),
    ("The nurse called in the evening to ask how I was", "delight"),
    ("Thanks to your agent I made my connection after all", "delight"),
    ("My dog got a treat at the counter", "delight"),
    ("You refunded me before I had noticed the mistake", "delight"),
    ("I shared my running route with the club", "social"),
    ("She wrote a review and gave five stars", "social"),
    ("He put our product in his video on YouTube", "social"),
    ("I invited three colleagues to the workspace", "social"),
    ("A friend told me about you, and I told two more", "social"),
    ("Somebody complained about us on Twitter", "social"),
    ("Members answer each other's questions in the community", "social"),
    ("I would recommend it to anybody who travels alone", "social"),
    ("Guests post pictures of the lobby", "social"),
    ("The newspaper quoted one of our customers", "social"),
)


@pytest.mark.req("D21")
def test_agreement_with_the_labels() -> None:
    """At least four in five, over all of them and over those by hand alone; one class alone would reach half at most."""
    moments = {(book, moment.name): moment for book, _ in SHIPPED for moment in load_playbook(book).moments}
    shipped = [suggest_archetype(moments[case]).archetype == moments[case].archetype for case in SHIPPED]
    by_hand = [suggest_archetype(text).archetype == label for text, label in BY_HAND]
    assert len(shipped) + len(by_hand) >= 30
    assert sum(by_hand) / len(by_hand) >= 0.8
    assert sum(shipped + by_hand) / len(shipped + by_hand) >= 0.8


def test_a_reason_names_the_words() -> None:
    """So that a person can say no."""
    assert suggest_archetype("A birthday gift").reason == "More than the expected is remembered: birthday, gift."
    plain = suggest_archetype("Something").reason
    assert plain == "A task that the customer wants done, and no word speaks for another."


def test_a_moment_speaks_by_its_name_text_and_events() -> None:
    """The events that start it count as words."""
    assert suggest_archetype(make_moment("invite-friends", about="")).archetype == "social"
    assert suggest_archetype(make_moment("track-delivery", about="Is it late?")).archetype == "friction"
