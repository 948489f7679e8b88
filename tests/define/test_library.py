"""The shipped playbooks: they read, compile, and every moment of them ends in every way that it declares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import msgspec
import pytest

from momentwise.define.evaluate import FieldValue
from momentwise.define.event import Event
from momentwise.define.library import load_playbook, matching_moments, playbook_names, playbook_text
from momentwise.define.moment import ARCHETYPES, INTENTS, STAGES, Moment, Outcome, Trigger
from momentwise.define.occurrence import Occurrence
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import All, Compare, CompareFields, HasText, Not, OneOf, Predicate, Some, fields_of
from momentwise.define.span import HOUR_US
from momentwise.detect.cases import Case
from momentwise.detect.conformance import reference_host, single_event_host
from momentwise.detect.plan import bits_sql, compile_plan
from momentwise.detect.reference import fulfils
from momentwise.errors import DefinitionError

BEGIN_US = 1_750_000_000_000_000
LIBRARY = [(name, moment) for name in playbook_names() for moment in load_playbook(name).moments]
EVERY_MOMENT = [pytest.param(moment, id=f"{name}:{moment.name}") for name, moment in LIBRARY]
# The moments that the requirement names, and where each of them stands.
REQUIRED = {
    "authentication": ("retail", "authentication"),
    "order status": ("retail", "order-status"),
    "password reset": ("retail", "password-reset"),
    "claim confirmation": ("insurance", "claim-confirmation"),
    "claim": ("insurance", "claim-cycle"),
    "pay": ("retail", "pay"),
    "coverage": ("insurance", "coverage-question"),
    "delivery": ("retail", "track-delivery"),
    "outage": ("utilities", "outage"),
    "curbside": ("retail", "curbside-pickup"),
    "returns": ("retail", "return-item"),
    "setup": ("software", "setup"),
    "troubleshooting": ("software", "troubleshooting"),
}


@pytest.mark.req("D31")
@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_every_moment_completes_in_every_declared_way(moment: Moment) -> None:
    """Each completing trigger, at its last instant, completes an occurrence under its own name."""
    for trigger in moment.complete:
        assert ("completed", trigger.label) == run_to_end(moment, "completed", trigger)


@pytest.mark.req("D31")
@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_every_moment_fails_and_escalates_in_every_declared_way(moment: Moment) -> None:
    """Each failing and each escalating trigger ends an occurrence with its outcome, at its last instant too."""
    for outcome, triggers in moment.ends[1:]:
        for trigger in triggers:
            assert (outcome, trigger.label) == run_to_end(moment, outcome, trigger)


@pytest.mark.req("D31")
@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_every_moment_is_abandoned_where_nothing_follows(moment: Moment) -> None:
    """A start alone is open up to the last instant that could still change it, and abandoned from the next on."""
    for trigger in moment.start:
        event = next(witnesses(trigger, moment, BEGIN_US))
        last = BEGIN_US + moment.final_after_us
        assert ["open"] == [o.outcome for o in detect(Playbook((moment,)), [event], last)]
        assert ["abandoned"] == [o.outcome for o in detect(Playbook((moment,)), [event], last + 1)]


@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_every_moment_hears_what_customers_say_of_it(moment: Moment) -> None:
    """Where a moment has a mark for understood or confused, an event that fits it sets the mark."""
    start = next(witnesses(moment.start[0], moment, BEGIN_US))
    for said, triggers in (("understood", moment.understood), ("confused", moment.confused)):
        for trigger in triggers:
            mark = next(witnesses(trigger, moment, BEGIN_US + 1))
            found = detect(Playbook((moment,)), [start, mark], BEGIN_US + 1)
            assert [said] == [o.comprehension for o in found]


@pytest.mark.req("C22")
def test_an_automatic_reply_does_not_answer() -> None:
    """A message that only a machine answered is abandoned at the limit; a person's answer completes it."""
    playbook = Playbook(tuple(m for m in load_playbook("retail").moments if m.name == "unanswered-query"))
    asked = Event("ana", BEGIN_US, "message_received", {"ticket_id": "7"})
    reply = Event("ana", BEGIN_US + 1, "message_answered", {"ticket_id": "7", "automatic": True})
    person = Event("ana", BEGIN_US + 2, "message_answered", {"ticket_id": "7"})
    limit = BEGIN_US + 24 * HOUR_US
    assert ["abandoned"] == [o.outcome for o in detect(playbook, [asked, reply], limit + 1)]
    assert ["completed"] == [o.outcome for o in detect(playbook, [asked, reply, person], limit + 1)]


@pytest.mark.req("C22")
@pytest.mark.parametrize("name", playbook_names())
def test_every_playbook_watches_for_unanswered_queries(name: str) -> None:
    """The answered? clock is in each of them, and its verdict falls at the limit, not later."""
    [moment] = [m for m in load_playbook(name).moments if m.name == "unanswered-query"]
    assert moment.complete[0].within_us == moment.final_after_us


@pytest.mark.parametrize("name", playbook_names())
def test_every_playbook_compiles_and_uses_all_stages(name: str) -> None:
    """It compiles to a plan with a row per moment; the five stages and three archetypes all occur in it."""
    playbook = load_playbook(name)
    plan = compile_plan(playbook)
    assert len(playbook.moments) == len(plan.definitions)
    assert len(bits_sql(plan, "event", {})) == plan.words
    assert set(STAGES) == {moment.stage for moment in playbook.moments}
    assert set(ARCHETYPES) == {moment.archetype for moment in playbook.moments}


def test_the_library_uses_every_intent() -> None:
    """Know, go, do, buy and feel-seen all occur."""
    assert set(INTENTS) == {moment.intent for _, moment in LIBRARY}


@pytest.mark.req("D31")
@pytest.mark.parametrize(("playbook", "name"), REQUIRED.values(), ids=REQUIRED)
def test_the_required_moments_are_there(playbook: str, name: str) -> None:
    """Every moment that the requirement names is shipped."""
    assert name in [moment.name for moment in load_playbook(playbook).moments]


@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_every_moment_is_complete_for_a_lead(moment: Moment) -> None:
    """Each says what it is about, has a target, a price in one currency, and an owner with both functions."""
    assert moment.about
    assert moment.target.shares
    assert moment.value is not None
    assert moment.value.currency == "EUR"
    assert None not in (moment.value.failure_cost, moment.value.deflection, moment.value.lifetime_value)
    assert moment.owner is not None
    assert all((moment.owner.name, moment.owner.operations, moment.owner.marketing))


def test_some_moments_are_critical() -> None:
    """At least one moment is critical where one failure of one customer matters."""
    critical = {moment.name for _, moment in LIBRARY if moment.critical}
    assert {"double-charge", "claim-denied-in-error", "outage-medical-need"} <= critical


def test_moments_of_one_name_mean_the_same() -> None:
    """A moment that several playbooks ship differs in price and owner only, so that taking one loses nothing."""
    meanings: dict[str, set[tuple[str, ...]]] = {}
    for _, moment in LIBRARY:
        meaning = (moment.fingerprint(), moment.intent, moment.stage, moment.archetype, str(moment.critical))
        meanings.setdefault(moment.name, set()).add(meaning)
    assert [] == [name for name, different in meanings.items() if len(different) > 1]


@pytest.mark.parametrize("name", playbook_names())
def test_the_header_names_every_event_and_key(name: str) -> None:
    """The comment at the head of a playbook lists each event and field that the moments below it use."""
    header = playbook_text(name).split("\nmoment:")[0]
    playbook = load_playbook(name)
    wanted = {event for moment in playbook.moments for trigger in moment.triggers for event in trigger.events}
    wanted |= playbook.fields() - {"at"}
    assert [] == sorted(word for word in wanted if word not in header)
    assert "PLACEHOLDER" in header


def test_matching_moments_takes_what_can_happen() -> None:
    """A moment is taken where a start and a completing event occur."""
    found = matching_moments(["order_placed", "order_delivered", "payment_duplicated", "something_else"])
    assert found is not None
    assert ["track-delivery"] == [moment.name for moment in found.moments]


def test_matching_moments_takes_a_shared_moment_once() -> None:
    """The retail version of a moment goes before the same moment of other playbooks."""
    found = matching_moments({"sign_in_started", "signed_in"})
    assert found is not None
    assert ["authentication"] == [moment.name for moment in found.moments]
    assert "retail.yaml" == found.moments[0].place.file


def test_matching_moments_gives_nothing_for_strange_data() -> None:
    """Data with none of the library's events have no matching moment."""
    assert matching_moments(["etwas", "anderes"]) is None


def test_an_unknown_playbook_offers_the_nearest() -> None:
    """A mistyped name is answered with the likely one."""
    with pytest.raises(DefinitionError, match=r"Did you mean 'insurance'\?"):
        load_playbook("insurence")


def test_the_generator_of_events_is_not_blind() -> None:
    """A trigger that an earlier one hides is reported: the tests above can fail."""
    moment = load_playbook("retail").moments[0]
    hidden = msgspec.structs.replace(moment.complete[0], label="hidden")
    broken = msgspec.structs.replace(moment, complete=(*moment.complete, hidden))
    assert "no event ends it so" == run_to_end(broken, "completed", hidden)[0]


def detect(playbook: Playbook, events: list[Event], data_end: int) -> list[Occurrence]:
    """Every occurrence, as the live pass finds it and as the reference says it: they are the same."""
    case = Case(0, playbook, events, data_end)
    (found, _), (meant, _) = single_event_host(case), reference_host(case)
    assert sorted(meant) == sorted(found)
    return found


def run_to_end(moment: Moment, outcome: Outcome, trigger: Trigger) -> tuple[str, str]:
    """The outcome and label of an occurrence that such a trigger ends, at the last instant at which it may.

    Other ways of ending may fit the same event; some event must exist for which this trigger is the one that counts.
    """
    longest = moment.final_after_us if outcome == "escalated" else moment.abandon_after_us
    window = trigger.within_us if trigger.within_us is not None else longest
    start = next(witnesses(moment.start[0], moment, BEGIN_US))
    for end in witnesses(trigger, moment, BEGIN_US + window):
        [occurrence, *_] = detect(Playbook((moment,)), [start, end], end.at)
        if is_ended_by(occurrence, outcome, trigger):
            return occurrence.outcome, trigger.label
    return "no event ends it so", trigger.label


def is_ended_by(occurrence: Occurrence, outcome: Outcome, trigger: Trigger) -> bool:
    """Whether the occurrence ended with an outcome and with this trigger's name for it."""
    names = (trigger.label,) if trigger.label else trigger.events
    return occurrence.outcome == outcome and occurrence.ending in names


def witnesses(trigger: Trigger, moment: Moment, at: int) -> Iterator[Event]:
    """Events of one customer and key that fulfil a trigger: each name, with every likely mix of the fields it reads."""
    key: dict[str, FieldValue] = {moment.by: "k-1"} if moment.by else {}
    read = sorted(set(fields_of(trigger.where)) - {"at"}) if trigger.where else []
    for name in trigger.events:
        for values in product(*(likely_values(trigger.where, field, at) for field in read)):
            event = Event("ana", at, name, {**key, **dict(zip(read, values, strict=True))})
            if fulfils(trigger, event):
                yield event


def likely_values(predicate: Predicate | None, field: str, at: int) -> list[FieldValue]:
    """Values of a field at, below and above what a condition holds it against, and none at all."""
    match predicate:
        case Not(part):
            return likely_values(part, field, at)
        case All(parts) | Some(parts):
            return [value for part in parts for value in likely_values(part, field, at)]
        case Compare(name, _, value) if name == field:
            beside = [value - 1, value + 1] if isinstance(value, float) and not isinstance(value, bool) else []
            return [value, *beside, *([not value] if isinstance(value, bool) else []), None]
        case OneOf(name, values) if name == field:
            return [*values, None]
        case HasText(name, _, text) if name == field:
            return [f"{text}", None]
        case CompareFields(left, _, right) if field in (left, right):
            return [at, at - HOUR_US, at + HOUR_US, None]
    return [None]
