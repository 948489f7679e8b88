"""A few words of several languages that event names are made of: a tie-break and a guess at intent, never a reason.

What the data show goes first; a name only settles what they leave open, and everything guessed from a name is marked
"please check" in the draft. Words are compared by their beginning, so `deliver` also fits `delivered` and `delivery`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeVar

from momentwise.define.moment import Archetype, Intent, Stage

Sense = Literal["goal", "failure", "contact", "request"]

T = TypeVar("T", bound=str)

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CONTACT_CHANNELS = frozenset({"voice", "chat", "agent"})

_SENSES: dict[Sense, str] = {
    "goal": "placed complet deliver answer resolv solv confirm success succeed approv paid closed done written finish "
    "accept receiv fulfil issued joined reached shown given granted activat redeem renew departed arrived "
    "abgeschlossen geliefert bezahlt beantwort erledigt gelöst livr payé répond résolu entregad pagad respondid "
    "resuelt resolvid concluí consegnat pagat rispost",
    "failure": "fail error cancel declin reject refus abort expir lost denied dead blocked crash void chargeback "
    "fehl abgebrochen storn abgelehnt échec annul refusé fallid cancelad rechaz recus annullat",
    "contact": "ticket call contact complain chat support agent callback escalat helpdesk hotline inquiry enquiry "
    "anruf anfrage beschwerde kontakt appel réclamation llamad queja reclam chamad contatt",
    "request": "start open request begin began initiat submit perform search enter asked creat requested register file "
    "gestartet begonnen angefragt eröffnet demand commenc iniciad solicit abiert abert",
}
# What a tracker writes by itself: an event made of these words alone is no step that anybody would name.
_RAW = frozenset(
    "click clicked tap tapped press pressed scroll scrolled hover page pageview screen view viewed viewport focus focused blur "
    "blurred field changed left file chosen input keypress key mouse touch swipe impression reaction heartbeat ping session why shown "
    "request response finished loaded load element klick seite clic página clique".split()
)
# The first line that has a word of either event counts.
_INTENTS: dict[Intent, str] = {
    "feel-seen": "review rating survey feedback nps csat message ticket complain chat thank reward refer call bewert avis "
    "reseñ opinion share post",
    "go": "arriv depart pickup flight trip ride visit travel passenger board ankunft abhol vol viaj",
    "know": "search find status track deliver ship where help faq info look promis suche liefer livr busc entreg",
    "buy": "checkout cart basket pay paid purchase buy bought subscri quote booking renew product order kauf zahl bestell "
    "achat panier compr pago carrinho",
}
_STAGES: dict[Stage, str] = {
    "feedback": "review rating survey feedback nps csat bewert avis reseñ opinion",
    "assistance": "ticket help faq complain chat call contact message status return refund password sign login support "
    "answer request claim incident anfrage hilfe aide ayuda reset auth",
    "retention": "deliver ship reward renew again refer share loyal parcel liefer livr entreg join depart",
    "decision": "checkout cart basket pay paid order purchase buy book quote subscri approv kauf zahl bestell achat",
    "discovery": "search view product browse find landing visit suche busc",
}
_SOCIAL = "review share refer post mention invite rating recommend bewert avis public"
_DELIGHT = "reward again gift thank loyal praise upgrade"


def words_of(name: str) -> tuple[str, ...]:
    """The words of an event's name in lower case.

    Example:
        >>> words_of("orderPlaced by_app")
        ('order', 'placed', 'by', 'app')
    """
    return tuple(word.lower() for word in _WORD.findall(_HUMP.sub(" ", name)))


def has_sense(name: str, sense: Sense) -> bool:
    """Whether a name has a word of some sense."""
    return _fits(words_of(name), _SENSES[sense])


def is_raw(name: str) -> bool:
    """Whether a tracker writes such an event by itself, as `page_viewed` or `click`."""
    return set(words_of(name)) <= _RAW


def is_contact(name: str, channel: str) -> bool:
    """Whether an event looks like a customer asking a person: by its name, or by its channel and no sign of an answer."""
    if has_sense(name, "contact"):
        return not has_sense(name, "goal") and not has_sense(name, "failure")
    return channel in _CONTACT_CHANNELS and has_sense(
        name, "request"
    )  # the company writes by email and social media too


def guess_intent(start: str, goal: str) -> Intent:
    """What the customer probably wants, by the words of both events."""
    return _first(_INTENTS, start, goal) or "do"


def guess_stage(start: str, goal: str) -> Stage:
    """Where in the journey it probably is, by the words of both events."""
    return _first(_STAGES, start, goal) or "assistance"


def guess_archetype(start: str, goal: str, is_return: bool) -> Archetype:
    """What the moment probably is."""
    if _fits(words_of(goal), _SOCIAL):
        return "social"
    return "delight" if is_return or _fits(words_of(f"{start} {goal}"), _DELIGHT) else "friction"


def _first(table: Mapping[T, str], start: str, goal: str) -> T | None:
    words = words_of(f"{start} {goal}")
    return next((found for found, beginnings in table.items() if _fits(words, beginnings)), None)


def _fits(words: tuple[str, ...], beginnings: str) -> bool:
    known = tuple(beginnings.split())
    return any(word.startswith(known) for word in words)
