"""An audit that reads one customer in four says so, and tells nearly what an audit of all of them tells."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

import momentwise as mw
from momentwise.define.finding import Estimate, Finding
from momentwise.rank import sampling
from momentwise.stores.results import Results
from tests.conftest import PAY, SOURCES, Run
from tests.loop.test_audit import count_rows, estimates_in, write

CUSTOMERS, PARTS = 6_000, 4
MADE_SOURCES = SOURCES.replace("event: event", "event: event, channel: channel")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers who pay in about a minute; one in three meets an error, and takes half a minute longer."""
    rng = random.Random(4)
    lines = ["customer,at,event,channel,page,element"]
    for number in range(CUSTOMERS):
        day, is_hurt = 1 + number % 28, rng.random() < 1 / 3
        took = round(rng.uniform(40, 80)) + 30 * is_hurt
        lines.append(f"c{number},2026-01-{day:02d} 10:00:00,pay_clicked,web,/pay,")
        if is_hurt:
            lines.append(f"c{number},2026-01-{day:02d} 10:00:05,error_shown,web,/pay,card")
        lines.append(f"c{number},2026-01-{day:02d} 10:{took // 60:02d}:{took % 60:02d},paid,web,/pay,")
    folder = tmp_path_factory.mktemp("many")
    return write(folder, events_csv="\n".join(lines), sources_yaml=MADE_SOURCES, playbook_yaml=PAY)


@pytest.fixture
def read_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer occurrences than there are may be read."""
    monkeypatch.setattr(sampling, "MOST_READ", CUSTOMERS // PARTS)


def friction(found: list[Finding]) -> Finding:
    """The planted one."""
    (planted,) = (one for one in found if one.kind == "friction" and one.where.signal == "error_seen")
    return planted


def test_a_friction_is_found_in_the_sample(data: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Its people and its seconds per week are those of everybody, within the error of the sample."""
    whole = friction(mw.audit(data, out=tmp_path / "whole").ranked)
    request.getfixturevalue("read_some")
    some = friction(mw.audit(data, out=tmp_path / "some").ranked)
    assert (1, PARTS) == (whole.parts, some.parts)
    assert "established" == some.standing
    # 500 of 1,500 are drawn: 4 standard errors of their number are 4 · sqrt(2/3 / 500) of it, less than a sixth.
    assert pytest.approx(whole.people, rel=1 / 6) == some.people
    for name in ("seconds", "weekly_seconds"):
        own, read = getattr(whole, name), getattr(some, name)
        assert pytest.approx(own.value, rel=1 / 6) == read.value
        assert own.n > 3 * read.n


@pytest.mark.usefixtures("read_some")
def test_moments_and_the_last_week_are_of_all(data: Path, tmp_path: Path) -> None:
    """Counts, shares and durations do not know of the sample."""
    told = mw.audit(data, out=tmp_path / "out").told
    assert [CUSTOMERS] == [summary.volume for summary in told.summaries]
    assert CUSTOMERS == told.summaries[0].durations["p50"].n
    assert sum(1 for _ in told.signals) == 1
    assert told.signals[0].people == told.signals[0].count.value


@pytest.mark.req("M20")
@pytest.mark.usefixtures("read_some")
def test_every_number_of_a_sample_opens_its_rows(data: Path, tmp_path: Path) -> None:
    """What a finding counted or took the mean of is there to look at: the rows of those who were drawn."""
    audit = mw.audit(data, out=tmp_path / "out")
    results = Results(tmp_path / "out")
    own = friction(audit.ranked)
    assert own.cost is not None
    wrong = {
        path: (count_rows(results, estimate), estimate)
        for path, estimate in estimates_in([audit.summaries, own.estimate, own.seconds, own.cost.frequency])
        if count_rows(results, estimate) != expected_rows(estimate)
    }
    assert wrong == {}
    assert all(sampling.sampled(PARTS) in estimate.rows for _, estimate in estimates_in([own.estimate, own.seconds]))


def expected_rows(estimate: Estimate) -> int:
    """How many rows an estimate should open: of a share those that it counts."""
    return round((estimate.value or 0.0) * estimate.n) if estimate.unit == "share" else estimate.n


@pytest.mark.usefixtures("read_some")
def test_the_sample_is_said(run: Run, data: Path, tmp_path: Path) -> None:
    """The terminal, the report and the record of the run say that one customer in so many was read."""
    said = run("audit", data, "--out", tmp_path / "out")
    assert f"one customer of {PARTS}" in said.out
    assert f"one customer of {PARTS}" in (tmp_path / "out" / "report.html").read_text()
    assert PARTS == msgspec.json.decode((tmp_path / "out" / "run.json").read_bytes())["parts"]


def test_a_small_audit_is_read_whole(run: Run, data: Path, tmp_path: Path) -> None:
    """Nothing is said of a sample where there is none."""
    said = run("audit", data, "--out", tmp_path / "out")
    assert "one customer of" not in said.out + (tmp_path / "out" / "report.html").read_text()
