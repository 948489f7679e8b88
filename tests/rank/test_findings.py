"""Tests of `rank.findings`: from what finders found to a ranking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from momentwise.define.finding import Finding, Where
from momentwise.define.moment import Value
from momentwise.rank.evidence import Evidence
from momentwise.rank.findings import find, inquire, rank_findings
from momentwise.rank.overview import look_over
from momentwise.rank.summary import summarize
from tests.rank.journey_tables import Row, Tables, declare, happen, say, score, signal
from tests.rank.made_findings import between, make_finding

VALUE = Value("EUR", failure_cost=10.0, deflection=0.5, lifetime_value=100.0, contact_cost=8.0)


def deliveries(late: int = 80, on_time: int = 320) -> dict[str, list[Row]]:
    """So many late deliveries scored around 2, and so many on time around 4."""
    names = [f"l{i}" for i in range(late)] + [f"t{i}" for i in range(on_time)]
    ends = {name: "late" if name[0] == "l" else "on-time" for name in names}
    occurrences = [
        happen(name, i % 150, 3 if ends[name] == "late" else 1, ending=ends[name]) for i, name in enumerate(names)
    ]
    scores = [
        score(name, (2.0 if ends[name] == "late" else 4.0) + i % 2, i % 150 + 4, ending=ends[name], key=row["key"])
        for i, (name, row) in enumerate(zip(names, occurrences, strict=True))
    ]
    signals = [
        signal(name, "broken_promise", i % 150, 2, key=row["key"])
        for i, (name, row) in enumerate(zip(names, occurrences, strict=True))
        if ends[name] == "late"
    ]
    return {"occurrences": occurrences, "scores": scores, "signals": signals}


def open_evidence(value: Value | None = None, **tables: list[Row]) -> Evidence:
    """Evidence over the deliveries, summed up."""
    evidence = Tables(moments=(declare(value=value),)).open(**tables)
    return replace(evidence, summaries=summarize(evidence.moments, evidence.ask))


@pytest.mark.req("D27")
def test_late_deliveries_are_one_priority() -> None:
    """The broken promise, the worse score and the ending are one fact, on which behaviour and scores agree; it is first."""
    found = find(inquire(open_evidence(**deliveries())))
    assert ("broken_promise", "priority") == (found[0].kind, found[0].standing)
    assert {"behaviour", "survey"} <= set(found[0].sources)
    assert [] == [one.id for one in found[1:] if one.kind in ("score_gap", "ending_share")]
    assert found[0].rank_stability is not None


def test_nothing_is_found_in_nothing() -> None:
    """Which is an answer."""
    assert [] == find(inquire(open_evidence()))


def test_two_runs_agree() -> None:
    """The same evidence gives the same findings, in the same order, with the same stability."""
    evidence = open_evidence(VALUE, **deliveries())
    assert find(inquire(evidence)) == find(inquire(evidence))


def test_a_finder_cannot_name_a_priority() -> None:
    """Standing is decided in one place."""
    evidence = open_evidence(**deliveries())
    finding = make_finding(moment="", standing="priority")
    (ranked,) = rank_findings([finding], evidence, np.random.default_rng(1))
    assert "established" == ranked.standing


@pytest.mark.req("R01")
@pytest.mark.req("R13")
def test_money_where_a_difference_and_a_price_are_there() -> None:
    """180 days are 5.91 months; 80 people, a fifth of whom complete less, at 10: 27.05 a month, with its interval."""
    finding = make_finding(
        moment="track-delivery",
        people=80,
        completion=between(-0.2, -0.3, -0.1),
        where=Where(signal="broken_promise"),
    )
    ranked = rank_findings([finding], open_evidence(VALUE, **deliveries()), np.random.default_rng(1))[0]
    assert ranked.cost is not None
    assert ranked.cost.failure is not None
    assert pytest.approx(80 / (180 / 30.4375) * 0.2 * 10) == ranked.cost.failure.value
    assert ranked.money is not None
    bare = rank_findings([finding], open_evidence(**deliveries()), np.random.default_rng(1))[0]
    assert (None, None) == (bare.cost.total if bare.cost else 0, bare.money)
    assert bare.cost is not None
    assert "`failure_cost`" in bare.cost.missing[0]


def test_an_overview_of_everything() -> None:
    """One value with the week in words, one row per moment and the five losses."""
    evidence = open_evidence(VALUE, **deliveries())
    found: list[Finding] = find(inquire(evidence))
    overview = look_over(evidence, found)
    assert 2 == len(overview.headline.sentences)
    assert [("track-delivery", "priority")] == [(row.moment, row.standing) for row in overview.portfolio]
    assert 5 == len(overview.losses)
    assert overview.journey is not None


def test_customers_speak_beside_what_hurts_them() -> None:
    """The words of those with a late delivery, masked; what a finder chose stays."""
    tables = deliveries()
    tables["words"] = [
        say("l1", "It came three days late, write to ann@example.com", 3, event="review_written", score=1.0)
    ]
    found = find(inquire(open_evidence(**tables)))
    assert ["It came three days late, write to [e-mail]"] == [quote.text for quote in found[0].quotes]
