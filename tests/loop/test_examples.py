"""The examples on real data say what is known of those data; a data set that is not here is skipped by name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

import momentwise as mw
from momentwise.define.finding import MomentSummary

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[3] / "shared" / "data"


def audit_example(name: str, data: str, out: Path | None = None) -> mw.Audit:
    """The audit of an example over a data set."""
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
    assert "1,156 of 14,552 times (7.94 %)" in audit.ranked[0].title
    assert 0 < (tmp_path / "out" / "report.html").stat().st_size < 3_000_000


def test_olist_outcomes_are_true_to_the_orders(tmp_path: Path) -> None:
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
