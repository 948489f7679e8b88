"""Tests of `rank.agreement` and `rank.merging`: what other sources say of the same people, and each fact once."""

from __future__ import annotations

import pytest

from momentwise.define.finding import Estimate, Finding, Where
from momentwise.rank.agreement import hear_others
from momentwise.rank.evidence import Evidence
from momentwise.rank.merging import merge_findings
from momentwise.rank.standing import judge_standing
from tests.rank.journey_tables import Row, Tables, happen, say, score, signal
from tests.rank.made_findings import between, make_finding

TOUCHED, OTHERS = [f"t{i}" for i in range(60)], [f"o{i}" for i in range(240)]


def friction(**changes: object) -> Finding:
    """Rage clicks on the button of the page, in the deliveries."""
    facts: dict[str, object] = {
        "id": "track-delivery/friction/rage_click",
        "moment": "track-delivery",
        "where": Where(signal="rage_click", page="map", element="zoom"),
        "people": 60,
    }
    return make_finding(**(facts | changes))


def evidence_of(scores: list[Row], *, words: list[Row] = [], escalated: int = 0) -> Evidence:  # noqa: B006  never changed
    """Sixty touched customers and 240 others, of whom so many of the touched asked for help."""
    happened = [happen(one) for one in OTHERS + TOUCHED[escalated:]]
    happened += [happen(one, outcome="escalated", ending="ticket_opened") for one in TOUCHED[:escalated]]
    signals = [signal(one, "rage_click", page="map", element="zoom") for one in TOUCHED]
    signals += [signal(one, "rage_click", page="map", element="pan") for one in OTHERS]
    return Tables().open(occurrences=happened, signals=signals, scores=scores, words=words)


def alike(value: float, other: float) -> list[Row]:
    """Scores around one value of the touched and around another of the others."""
    touched = [score(one, value + 0.5 * (i % 3 - 1)) for i, one in enumerate(TOUCHED)]
    return touched + [score(one, other + 0.5 * (i % 3 - 1)) for i, one in enumerate(OTHERS)]


@pytest.mark.req("D27")
def test_lower_scores_of_the_same_people_agree() -> None:
    """They scored 2 instead of 4: a second kind of source, so the friction is a priority."""
    (heard,) = hear_others([friction()], evidence_of(alike(2.0, 4.0)))
    assert ("behaviour", "survey") == heard.sources
    assert heard.emotion is not None
    assert pytest.approx(-2.0) == heard.emotion.value
    assert "priority" == judge_standing(heard).standing


@pytest.mark.req("D27")
def test_equal_scores_do_not_agree() -> None:
    """Nor do higher ones: it stays with behaviour alone."""
    for touched in (4.0, 4.4):
        (heard,) = hear_others([friction()], evidence_of(alike(touched, 4.0)))
        assert (("behaviour",), None) == (heard.sources, heard.emotion)


def test_contacts_and_words_agree() -> None:
    """Thirty of sixty asked for help and twenty called it broken; of the others none did."""
    words = [say(one, "The map is broken.", event="chat_message") for one in TOUCHED[:20]]
    (heard,) = hear_others([friction(kind="segment")], evidence_of([], words=words, escalated=30))
    assert ("behaviour", "contacts", "words") == heard.sources
    assert heard.contacts is not None
    assert 0.5 == heard.contacts.value


def test_who_visits_more_agrees_with_nothing() -> None:
    """A friction is met by those who come often, and they ask and write more: that is no second source."""
    words = [say(one, "The map is broken.", event="chat_message") for one in TOUCHED[:20]]
    (heard,) = hear_others([friction()], evidence_of([], words=words, escalated=30))
    assert ("behaviour",) == heard.sources


def test_the_words_of_a_contact_are_the_contact() -> None:
    """A ticket's text is a contact and no second source beside it; a review's is that of its score."""
    words = [say(one, "Broken.") for one in TOUCHED]
    reviews = [say(one, "Bad.", event="review_written", score=1.0) for one in TOUCHED]
    (heard,) = hear_others([friction(kind="segment")], evidence_of([], words=words + reviews))
    assert ("behaviour", "contacts") == heard.sources
    (heard,) = hear_others([friction(kind="segment")], evidence_of([], words=reviews))
    assert ("behaviour",) == heard.sources


def test_too_few_people_say_nothing() -> None:
    """Twenty-nine of them."""
    evidence = Tables().open(
        occurrences=[happen(one) for one in TOUCHED[:29] + OTHERS],
        signals=[signal(one, "rage_click", page="map", element="zoom") for one in TOUCHED[:29]],
        scores=[score(one, 1.0 + i % 2) for i, one in enumerate(TOUCHED[:29])] + [score(one, 5.0) for one in OTHERS],
    )
    assert [friction()] == hear_others([friction()], evidence)


def test_only_what_is_established_is_asked_about() -> None:
    """Levels and findings without a place are given back as they are, in their order."""
    found = [friction(standing="observed"), make_finding(moment="", id="x")]
    assert found == hear_others(found, evidence_of(alike(2.0, 4.0)))


def test_a_missed_target_joins_its_outcome() -> None:
    """The failure rate keeps its number and says the target; a target of another outcome stays by itself."""
    share = Estimate(0.1, 100, "share", 0.055, 0.174)
    failed = make_finding(
        id="pay/failed", kind="failure_rate", estimate=share, standing="observed", detail="Three open."
    )
    missed = make_finding(
        id="pay/target/failure_rate",
        kind="target_missed",
        estimate=share,
        standing="observed",
        title="The target is 2 %.",
    )
    other = make_finding(id="pay/target/escalation_rate", kind="target_missed", standing="observed")
    merged = merge_findings([missed, failed, other], evidence_of([]))
    assert ["pay/failed", "pay/target/escalation_rate"] == [finding.id for finding in merged]
    assert ("Three open. The target is 2 %.", "observed") == (merged[0].detail, merged[0].standing)


def test_a_score_gap_joins_the_broken_promise_of_its_moment() -> None:
    """One fact, which behaviour and scores agree on; a gap of what was cancelled is another."""
    promise = make_finding(id="pay/broken_promise", kind="broken_promise", people=110)
    gap = make_finding(
        id="pay/score/late/on-time",
        kind="score_gap",
        title="Pay was completed 'late' 100 of 900 times, and the scores average 2.",
        people=100,
        sources=("behaviour", "survey"),
        emotion=between(-2.0, -2.2, -1.8, "score"),
    )
    cancelled = make_finding(id="pay/score/cancelled/on-time", kind="score_gap", title="Pay ended 'cancelled'.")
    merged = merge_findings([promise, gap, cancelled], evidence_of([]))
    assert ["pay/broken_promise", "pay/score/cancelled/on-time"] == [finding.id for finding in merged]
    assert ("behaviour", "survey") == merged[0].sources
    assert gap.emotion == merged[0].emotion


def test_several_signals_at_one_control_are_one_finding() -> None:
    """The one that takes more time stays, wherever it stands, and names the other."""
    weekly = between(900.0, 800.0, 1_000.0, "seconds")
    rage = friction(weekly_seconds=weekly)
    dead = friction(
        id="dead", title="Nothing answers there.", where=Where(signal="dead_click", page="map", element="zoom")
    )
    for found in ([rage, dead], [dead, rage]):
        (merged,) = merge_findings(found, evidence_of([]))
        assert (rage.id, "Nothing answers there.") == (merged.id, merged.detail)


@pytest.mark.parametrize(("phones", "expected"), [(60, 1), (300, 2)])
def test_a_friction_and_a_segment_that_are_the_same_people(phones: int, expected: int) -> None:
    """Everybody on that phone meets it and nobody else does: one finding. A fifth of them: two."""
    everyone = TOUCHED + OTHERS
    device = {one: "phone" if i < phones else "desk" for i, one in enumerate(everyone)}
    tables = Tables(properties=("device",))
    evidence = tables.open(
        occurrences=[happen(one, properties={"device": device[one]}) for one in everyone],
        signals=[signal(one, "rage_click", page="map", element="zoom") for one in TOUCHED],
    )
    segment = make_finding(
        id="s", moment="track-delivery", kind="segment", where=Where(segment={"device": "phone"}), people=phones
    )
    assert expected == len(merge_findings([friction(), segment], evidence))


def test_the_days_of_broken_promises_and_the_segment_of_a_fault_are_told_once() -> None:
    """A spike of broken promises is a detail of them; who has it harder is, where the fault is theirs."""
    promise = make_finding(id="p", kind="broken_promise", where=Where(signal="broken_promise"))
    spike = make_finding(id="x", moment="", kind="spike", standing="observed", where=Where(signal="broken_promise"))
    fault = make_finding(id="f", kind="product_fault", where=Where(segment={"category": "assembly"}))
    segment = make_finding(id="s", moment="track", kind="segment", where=Where(segment={"category": "assembly"}))
    merged = merge_findings([promise, spike, fault, segment], evidence_of([]))
    assert ["p", "f"] == [finding.id for finding in merged]


def _segment(name: str, segment: dict[str, str], **changes: object) -> Finding:
    """A segment that completes less often."""
    completion = between(-0.1, -0.15, -0.05)
    facts: dict[str, object] = {"id": name, "kind": "segment", "estimate": completion, "where": Where(segment=segment)}
    return make_finding(**(facts | changes))


def test_one_segment_that_is_worse_in_two_moments_is_one_finding() -> None:
    """The moment with most harm keeps it and names the other, be it wider; another measure is another fact."""
    polish = {"locale": "pl"}
    some = _segment("a", {**polish, "device": "tablet"}, moment="return", people=20, title="Return: worse.")
    unhappy = _segment("c", polish, moment="review", estimate=between(-0.5, -0.7, -0.3, "score"))
    merged = merge_findings([some, _segment("b", polish, people=90), unhappy], evidence_of([]))
    assert [("b", "Return: worse."), ("c", "")] == [(finding.id, finding.detail) for finding in merged]
    wider = _segment("w", {}, moment="again", people=100, estimate=between(-0.01, -0.02, -0.005))
    assert ["b"] == [
        finding.id for finding in merge_findings([wider, _segment("b", polish, people=90)], evidence_of([]))
    ]


def test_contradictions_of_one_segment_are_one_finding() -> None:
    """With the segment that is worse all the time, whose numbers compare other people; the place stays."""
    where = Where(segment={"region": "north"}, since=5)
    fewer = make_finding("returning", kind="contradiction", where=where, title="They come back less.")
    less = make_finding("completion", kind="contradiction", where=where, title="They finish less.")
    other = make_finding("other", kind="contradiction", title="All finish less.")
    segment = _segment("s", {"region": "north"}, title="North is worse.", completion=between(-0.1, -0.2, -0.05))
    merged = merge_findings([segment, fewer, less, other], evidence_of([]))
    assert [fewer.id, other.id] == [finding.id for finding in merged]
    assert ("They finish less. North is worse.", where) == (merged[0].detail, merged[0].where)
    assert merged[0].completion is None


def test_a_fault_says_how_its_moment_ends() -> None:
    """The scores of those for whom it ended badly are a source of the fault, and not its number."""
    fault = make_finding("fault", kind="product_fault", people=50)
    gap = make_finding(
        "gap", kind="score_gap", sources=("survey",), emotion=between(-1.5, -1.7, -1.3, "score"), people=90
    )
    (merged,) = merge_findings([fault, gap], evidence_of([]))
    assert (50, None, ("behaviour", "survey")) == (merged.people, merged.emotion, merged.sources)


@pytest.mark.parametrize(
    ("completion", "expected"),
    [(-0.3, ("f", "rage_click", {"device": "phone"})), (-0.98, ("s", "", {"device": "phone"}))],
)
def test_the_segment_is_not_lost_in_the_friction(completion: float, expected: tuple[str, str, dict[str, str]]) -> None:
    """A friction takes the segment's place over; one that nobody survives is the failure itself, and the segment stays."""
    everyone = TOUCHED + OTHERS
    device = {one: "phone" if one in TOUCHED else "desk" for one in everyone}
    evidence = Tables(properties=("device",)).open(
        occurrences=[happen(one, properties={"device": device[one]}) for one in everyone],
        signals=[
            signal(one, "rage_click", page="map", element="zoom", properties={"device": device[one]}) for one in TOUCHED
        ],
    )
    segment = _segment("s", {"device": "phone"}, moment="track-delivery", people=60)
    one = friction(id="f", completion=between(completion, completion - 0.01, completion + 0.01))
    (merged,) = merge_findings([one, segment], evidence)
    assert expected == (merged.id, merged.where.signal, merged.where.segment)


def test_one_control_in_two_moments_is_one_finding() -> None:
    """It stays where it takes more people; what another moment measured is not carried over."""
    there = friction(id="there", moment="pay", people=10, emotion=between(-1.0, -2.0, -0.5, "score"))
    (merged,) = merge_findings([there, friction()], evidence_of([]))
    assert (friction().id, None) == (merged.id, merged.emotion)
