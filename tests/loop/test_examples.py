"""The examples on real data say what is known of those data; a data set that is not here is skipped by name."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

import pyarrow.compute as pc
import pytest

import momentwise as mw
from momentwise.define.finding import Finding, MomentSummary

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[3] / "shared" / "data"


@cache
def audit_example(name: str, data: str, out: Path | None = None) -> mw.Audit:
    """The audit of an example over a data set; each once."""
    path = DATA / data
    if not path.exists():
        pytest.skip(f"the data set {data} is not here")
    folder = EXAMPLES / name
    return mw.audit(path, sources=folder / "sources.yaml", playbook=folder / "playbook.yaml", out=out)


def summary_of(audit: mw.Audit, moment: str) -> MomentSummary:
    """What the audit says about one moment."""
    return next(summary for summary in audit.summaries if summary.moment == moment)


def endings_of(summary: MomentSummary) -> dict[str, int]:
    """How many occurrences ended in which way."""
    return {ending.ending or ending.outcome: ending.count for ending in summary.endings}


def test_olist(tmp_path: Path) -> None:
    """Orders of a Brazilian shop: how many came late, and what customers then thought of them."""
    audit = audit_example("olist", "olist/sample15k", tmp_path / "out")
    summary = summary_of(audit, "track-delivery")
    endings = endings_of(summary)
    completed = endings["on-time"] + endings["late"]
    assert (14_552, 1_156) == (completed, endings["late"])
    assert 0.0794 == pytest.approx(endings["late"] / completed, abs=5e-5)
    assert (113, 65) == (endings["cancelled"], summary.open)
    gap = next(gap for gap in summary.gaps if gap.worse == "late")
    assert (1_135, 13_383) == (gap.worse_mean.n, gap.better_mean.n)
    assert (2.603, 4.284) == pytest.approx((gap.worse_mean.value, gap.better_mean.value), abs=5e-4)
    assert (-1.682, -1.780, -1.583) == pytest.approx(
        (gap.difference.value, gap.difference.low, gap.difference.high), abs=5e-4
    )
    assert 10.13 == pytest.approx((summary.durations["p50"].value or 0) / 86_400, abs=5e-3)
    assert 0.0794 == pytest.approx(audit.ranked[0].estimate.value or 0, abs=5e-5)
    assert 0 < (tmp_path / "out" / "report.html").stat().st_size < 3_000_000


def splits_of(finding: Finding) -> dict[str, dict[str, float]]:
    """The breakdowns of a finding by the first words of their titles, without those parts that have no value."""
    return {
        split.title.split(",")[0]: {name: part.value for name, part in split.parts if part.value is not None}
        for split in finding.splits
    }


@pytest.mark.req("D27")
def test_olist_late_delivery_comes_first_with_its_dose_its_months_and_its_states() -> None:
    """What hurts most is that parcels come late: the later, the worse, most of all in three months and two states."""
    late = audit_example("olist", "olist/sample15k").ranked[0]
    assert ("broken_promise", "track-delivery", "priority") == (late.kind, late.moment, late.standing)
    assert {"behaviour", "survey"} <= set(late.sources)
    splits = splits_of(late)
    doses = splits["Mean score by lateness"]
    wanted = {"0–3 days late": 3.78, "3–7 days late": 2.32, "7–14 days late": 1.69}
    assert wanted == {dose: pytest.approx(doses[dose], abs=5e-3) for dose in wanted}
    months = list(splits["Share late by month"].items())[:3]
    assert ["2018-03", "2018-02", "2017-11"] == [month for month, _ in months]
    assert [0.197, 0.153, 0.146] == pytest.approx([share for _, share in months], abs=5e-4)
    states = list(splits["Share late by customer state"].items())[:2]
    assert ["CE", "RJ"] == [state for state, _ in states]
    assert [0.154, 0.131] == pytest.approx([share for _, share in states], abs=5e-4)


@pytest.mark.req("D15")
def test_olist_the_silence_between_approval_and_hand_over_is_named_with_its_length() -> None:
    """Nearly two days in the middle, six for one customer in ten: as long as the table of steps says."""
    audit = audit_example("olist", "olist/sample15k")
    silence = next(
        one for one in audit.ranked if one.kind == "silence" and one.where.step == "order_approved" and one.splits
    )
    half, tail = (part.value or 0 for _, part in silence.splits[0].parts)
    assert 1.83 == pytest.approx(half / 86_400, abs=0.05)
    assert 6.0 == pytest.approx(tail / 86_400, abs=0.1)
    flow = audit.flow.to_pylist()
    wait = next(
        row
        for row in flow
        if (row["moment"], row["event"], row["next"]) == (silence.moment, "order_approved", "order_shipped")
    )
    assert half == pytest.approx(wait["p50_seconds"], rel=1e-6)


def test_olist_outcomes_are_true_to_the_orders() -> None:
    """Every cancelled order failed, and no open one was placed longer ago than the moment waits."""
    found = audit_example("olist", "olist/sample15k").occurrences
    found = found.filter(pc.equal(found["moment"], "track-delivery"))
    still_open = found.filter(pc.equal(found["outcome"], "open"))
    end = pc.max(found["ended_at"]).as_py()
    assert pc.min(still_open["started_at"]).as_py() > end - timedelta(days=200)


def test_twitter() -> None:
    """Questions to brands: the first answer of 1,154 came after 11.99 minutes in the middle."""
    summary = summary_of(audit_example("twitter", "twcs_head"), "get-a-first-answer")
    assert 1_154 == endings_of(summary)["brand_replied"] == summary.durations["p50"].n
    assert 11.99 == pytest.approx((summary.durations["p50"].value or 0) / 60, abs=5e-3)


def test_nyc311() -> None:
    """Requests to a city: those that are under way are open and not failed."""
    summary = summary_of(audit_example("nyc311", "nyc311_weekly"), "resolve-request")
    assert (100_000, 42_499) == (summary.volume, summary.open)
    assert {"request_closed": 57_501} == endings_of(summary)
    assert 0.0 == summary.shares["failed"].value


def test_flights() -> None:
    """Flights out of New York: each departs or is cancelled."""
    summary = summary_of(audit_example("flights", "nycflights13/flights.csv.gz"), "depart")
    endings = endings_of(summary)
    assert (336_776, 0, 8_255) == (summary.volume, summary.open, endings["cancelled"])
    assert summary.volume == endings["on-time"] + endings["late"] + endings["cancelled"]


def test_cfpb() -> None:
    """Complaints to a regulator are read: each of the thousand is one occurrence."""
    audit = audit_example("cfpb", "cfpb_sample")
    assert 1_000 == summary_of(audit, "answer-complaint").volume
    assert 0 == audit.rejected.num_rows
