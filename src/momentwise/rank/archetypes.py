"""Archetypes: what a moment mostly is, suggested from its words; a person confirms it (D21).

A moment of *friction* is a task in which the customer wants out quickly; one of *delight*, where more than the expected
is remembered; a *social* one, where the customer speaks of the company to others. Most moments are tasks; so friction is
the suggestion unless words speak for one of the others.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from momentwise.define.moment import Archetype, Moment

# Stems, weighed: a word of an event's or moment's name that is about others, or about kindness. Ours, from how people
# speak; a stem ends with a star where other endings of the word mean the same.
SOCIAL = {
    "share*": 2, "sharing": 2, "post": 2, "posts": 2, "posted": 2, "public*": 2, "refer*": 3, "recommend*": 3, "review*": 2,
    "mention*": 3, "tweet*": 3, "friend*": 2, "friends": 2, "invite*": 2, "invitation*": 2, "colleague*": 2, "testimonial*": 3,
    "influencer*": 3, "community": 2, "followers": 3, "tag*": 1, "story": 1, "stories": 1, "advocate*": 3, "word": 1, "viral": 3,
    "photo*": 1, "video*": 1, "unboxing": 2, "brag*": 2, "everyone": 1, "look": 1, "social": 3, "hashtag*": 3,
    "link*": 1, "chat": 1, "family": 1, "forum*": 2, "newsletter*": 1, "blog*": 2, "group*": 1, "told": 1, "tell": 1,
    "instagram": 3, "tiktok": 3, "twitter": 3, "facebook": 3, "linkedin": 3, "youtube": 3, "podcast*": 2, "likes": 2,
    "rating*": 1, "stars": 1, "audience": 2, "ambassador*": 3, "network": 1, "neighbours": 1, "press": 1, "journalist*": 2,
}  # fmt: skip
DELIGHT = {
    "surprise*": 3, "delight*": 3, "gift*": 3, "upgrade*": 2, "birthday*": 3, "anniversar*": 3, "reward*": 2, "thank*": 3,
    "celebrat*": 3, "remember*": 2, "treat*": 2, "welcome*": 1, "glad": 2, "joy*": 2, "noticed": 2, "notice*": 1, "free": 1,
    "bonus*": 2, "milestone*": 3, "loyal*": 2, "handwritten": 3, "personal*": 1, "unexpected*": 3, "extra*": 2, "goal*": 1,
    "congratulat*": 3, "first": 1, "wow": 3, "smile*": 2, "kind*": 1, "proud*": 2, "special": 1, "perk*": 2, "complimentary": 3,
    "unasked": 3, "cake": 2, "flowers": 2, "champagne": 2, "knew": 2, "also": 1, "beyond": 2, "touched": 2, "lovely": 2,
    "wonderful": 2, "amazing": 2, "generous*": 3, "favourite*": 2, "honour*": 2, "happy": 1, "exceed*": 2, "anticipat*": 2,
    "sang": 2, "even": 1,
}  # fmt: skip
FRICTION = {
    "pay*": 1, "error*": 2, "fail*": 2, "wait": 2, "waiting": 2, "waited": 2, "reset*": 2, "password*": 2, "cancel*": 2, "refund*": 2, "complain*": 2,
    "broken": 2, "lost": 2, "missing": 2, "late": 2, "delay*": 2, "charge*": 2, "blocked": 2, "denied": 2, "sign": 1, "log": 1,
    "find*": 1, "why": 1, "verify*": 2, "verification": 2, "claim*": 1, "dispute*": 2, "outage*": 2, "help": 1, "stuck": 2,
    "wrong": 2, "again": 1, "bad": 2, "answer*": 1, "assistance": 1, "form*": 1, "checkout": 1, "track*": 1, "return*": 1,
    "angry": 2, "slow*": 2, "cannot": 2, "refused": 2, "fee*": 1, "bill*": 1, "close*": 1, "leave": 1, "confus*": 2,
}  # fmt: skip

_WORDS = re.compile(r"[a-z]+")


class Suggestion(NamedTuple):
    """What a moment mostly is, why that is suggested, and the words that speak for it."""

    archetype: Archetype
    reason: str
    words: list[str]


def suggest_archetype(moment: Moment | str) -> Suggestion:
    """What a moment, or a text about one, mostly is.

    Words count by how plainly they speak for an archetype. Social or delight is suggested where it counts for more than
    friction does, and more than one weak word speaks for it.

    Args:
        moment: With its name, text and events; or words of one's own.

    Example:
        >>> suggest_archetype("A handwritten birthday card in the parcel").archetype
        'delight'
    """
    words = _WORDS.findall(_text_of(moment).lower().replace("_", " "))
    counted = {name: _count(words, stems) for name, stems in _STEMS.items()}
    best = max(("social", "delight"), key=lambda name: counted[name][0])
    weight, spoken = counted[best]
    if weight >= 2 and weight > counted["friction"][0]:
        return Suggestion(
            "social" if best == "social" else "delight", f"{_MEANINGS[best]}: {', '.join(spoken)}.", spoken
        )
    _, spoken = counted["friction"]
    named = f": {', '.join(spoken)}" if spoken else ", and no word speaks for another"
    return Suggestion("friction", f"{_MEANINGS['friction']}{named}.", spoken)


_STEMS = {"social": SOCIAL, "delight": DELIGHT, "friction": FRICTION}
_MEANINGS = {
    "social": "The customer speaks of you to others",
    "delight": "More than the expected is remembered",
    "friction": "A task that the customer wants done",
}


def _text_of(moment: Moment | str) -> str:
    if isinstance(moment, str):
        return moment
    starts = (name for trigger in moment.start for name in trigger.events)
    return " ".join([moment.name, moment.about, *starts])


def _count(words: list[str], stems: dict[str, int]) -> tuple[int, list[str]]:
    """The sum of the weights of the words that fit a stem, each once, and these words."""
    spoken = {word: weight for word in words if (weight := _weight(word, stems))}
    return sum(spoken.values()), list(spoken)


def _weight(word: str, stems: dict[str, int]) -> int:
    if word in stems:
        return stems[word]
    return max((weight for stem, weight in stems.items() if stem[-1] == "*" and word.startswith(stem[:-1])), default=0)
