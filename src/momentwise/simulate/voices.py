"""What customers say: to the desk, on the telephone, in chats, reviews and surveys. Pure: all chance is handed in."""

from __future__ import annotations

from random import Random

from momentwise.simulate import plans as p
from momentwise.simulate.orders import ASSEMBLY, Order

EMAIL, CHAT, VOICE = "email", "chat", "voice"
AGENT, MACHINE = "agent", "auto-reply"

ASKS: dict[str, tuple[str, ...]] = {
    "any-news": (
        "Any news on my order?",
        "I have heard nothing since I paid. Is my order still coming?",
        "It has been quiet for days. Any news?",
    ),
    "where-is-it": (
        "Where is my order? It should have been here by now.",
        "The promised day has passed and there is no parcel.",
        "My delivery is late. When will it arrive?",
    ),
    "what-now": (
        "Your confirmation does not say what happens next.",
        "Did my order go through? The mail does not say when it comes.",
        "I do not understand the confirmation. Do I have to do anything?",
    ),
    "broken-part": (
        "A part is broken.",
        "There is a missing part, I cannot put it together.",
        "One screw and a panel are missing.",
        "The side panel arrived damaged.",
    ),
    "invoice": ("May I have an invoice, please?", "The invoice needs our company's name."),
    "address": ("Please change my address.", "Can it go to my neighbour's?"),
    "return": ("How do I return this?", "The colour does not suit my room. How do I send it back?"),
    "assembly": ("Which way round does the shelf go?", "Step 6 of the guide is hard to follow."),
}
USUAL_TOPICS = ("invoice", "address", "return")

_PRAISE = ("Love it!", "Perfect, as always.", "Just what I was looking for.", "", "", "Very happy, thank you!")
_GOOD = ("Good.", "Nice quality.", "", "", "Does what it should.")
_MIDDLING = ("It is okay.", "Fine, the colour is paler than in the picture.", "")
_POOR = ("Not for me.", "I had expected something else.", "")
_USUAL = {1: _POOR, 2: _POOR, 3: _MIDDLING, 4: _GOOD, 5: _PRAISE}
_OF_LATENESS = ("Came far too late.", "Too late for the birthday.", "The delivery was late and nobody said so.")
_OF_SILENCE = ("No news for a week, I thought it was lost.", "Good in the end, but I heard nothing for days.")
_OF_FAULT = (
    "A part was broken.",
    "Two screws were missing, I could not put it together.",
    "The panel came damaged.",
    "Missing part, had to wait for a new one.",
)
_MEAN, _SPREAD = 4.55, 0.70


def draw_stars(random: Random, order: Order, was_silent: bool) -> int:
    """One to five: the usual opinion, less what late parcels, silence and broken parts take from it."""
    opinion = random.gauss(_MEAN, _SPREAD)
    late = order.late_days
    if late > 0:
        opinion -= 0.9 if late <= 3 else 1.9 if late <= 7 else 2.7
    if was_silent:
        opinion -= p.SILENT_STARS
    if order.is_faulty:
        opinion -= p.FAULT_STARS
    return min(5, max(1, round(opinion)))


def draw_words(random: Random, stars: int, order: Order, was_silent: bool) -> str:
    """What stands beside the stars; empty for many."""
    if order.is_faulty and random.random() < 0.85:
        return random.choice(_OF_FAULT)
    if order.late_days > 0 and stars <= 4 and random.random() < 0.7:
        return random.choice(_OF_LATENESS)
    if was_silent and stars <= 4 and random.random() < 0.6:
        return random.choice(_OF_SILENCE)
    return random.choice(_USUAL[stars])


def draw_topic(random: Random, order: Order) -> str:
    """What somebody asks who asks about nothing that is planted."""
    if order.category == ASSEMBLY and random.random() < 0.3:
        return "assembly"
    return random.choice(USUAL_TOPICS)


def draw_channel(random: Random) -> str:
    """How somebody comes who asks."""
    drawn = random.random()
    return EMAIL if drawn < 0.55 else CHAT if drawn < 0.75 else VOICE
