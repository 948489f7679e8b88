"""Discovery end to end: the simulated shop's moments from its data alone, a valid draft, sampling, and messages."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from momentwise.define.moment import Moment
from momentwise.define.playbook import Playbook
from momentwise.define.reading import read_playbook
from momentwise.learn.matching import match_moments
from momentwise.learn.paths import to_moment
from momentwise.loop.discover import Discovered, run_discovery
from momentwise.loop.intake import open_intake
from momentwise.loop.reading_log import key_fields, read_log
from momentwise.loop.watching import Quiet
from momentwise.simulate.shop import write_shop
from momentwise.simulate.world import World
from momentwise.stores.results import Results
from momentwise.stores.spill import scratch_folder
from tests.conftest import Run

NOW_US = time.time_ns() // 1_000
EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop, its mapping beside it."""
    folder = tmp_path_factory.mktemp("shop") / "data"
    write_shop(folder, World(3_000, 120, 7), "csv")
    return folder


@pytest.fixture(scope="module")
def found(shop: Path) -> Discovered:
    """What the shop's data propose, its playbook unread."""
    return run_discovery([str(shop)], now_us=NOW_US)


def proposed(found: Discovered) -> list[Moment]:
    """The proposals as declared moments."""
    return [to_moment(one) for one in found.discovery.proposals]


@pytest.mark.req("C06")
def test_the_shops_moments_are_proposed(shop: Path, found: Discovered) -> None:
    """With the declared moments hidden, at least eight of ten are among at most fifteen proposals."""
    declared = read_playbook(shop / "playbook.yaml").moments
    assert 10 == len(declared)
    matched = match_moments(proposed(found), declared)
    assert len(matched) >= 8, sorted({moment.name for moment in declared} - set(matched))
    assert len(found.discovery.proposals) <= 15


def test_keys_are_found(found: Discovered) -> None:
    """An order is told apart by its number, a ticket by its own."""
    by = {(one.start, one.complete): one.by for one in found.discovery.proposals}
    assert "order_id" == by["order_placed", "order_delivered"]
    assert "ticket_id" == by["ticket_opened", "message_answered"]
    assert "" == by["checkout_started", "order_placed"]


def test_the_draft_is_valid_and_runs(run: Run, shop: Path, found: Discovered, tmp_path: Path) -> None:
    """`check` finds no mistake in the draft, and an audit with it finds what the evidence beside each moment says."""
    draft = tmp_path / "draft.yaml"
    said = run("discover", shop, "--out", draft)
    assert said.code == 0, said.text
    assert "" == said.out
    assert f"momentwise check {draft}" in said.text
    assert "No mistakes." in run("check", draft).text
    audited = run("audit", shop, "--playbook", draft, "--out", tmp_path / "out", "--no-report")
    assert audited.code == 0, audited.text
    occurrences = Results(tmp_path / "out").table("occurrences").to_pylist()
    plain = [one for one in found.discovery.proposals if not one.escalate and not one.fail]
    assert len(plain) > 4
    for one in plain:
        outcomes = [row["outcome"] for row in occurrences if row["moment"] == one.name and row["outcome"] != "open"]
        assert one.evidence.passes == pytest.approx(len(outcomes), rel=0.02)
        assert one.evidence.share == pytest.approx(outcomes.count("completed") / len(outcomes), abs=0.01)


def test_the_terminal_has_the_draft(run: Run, shop: Path) -> None:
    """Without a file the draft goes to standard output, and what is said about it to standard error."""
    said = run("discover", shop)
    assert said.code == 0
    assert said.out.startswith("# 15 moments that the data of data propose")
    assert "proposed moment" not in said.out
    assert "proposed moment" in said.text


def test_json(run: Run, shop: Path) -> None:
    """`--json` gives everything: proposals with evidence, what was not proposed and why, and events without use."""
    told = json.loads(run("discover", shop, "--json").out)["discovery"]
    assert 1.0 == told["sampled"]
    assert {"name", "start", "complete", "within_us", "evidence", "doubts"} <= set(told["proposals"][0])
    assert {"start", "complete", "reason"} <= set(told["not_proposed"][0])
    assert "page_viewed" in {name for name, _ in told["unused"]}


@pytest.mark.req("C07")
def test_observed_not_mapped(run: Run, shop: Path, tmp_path: Path) -> None:
    """With a playbook, what it declares is left out, and steps that none of its moments names are listed."""
    book = tmp_path / "book.yaml"
    book.write_text(
        "moment: checkout\nintent: buy\nstage: decision\narchetype: friction\nstart: checkout_started\n"
        "complete: order_placed\n"
    )
    said = run("discover", shop, "--playbook", book, "--out", tmp_path / "draft.yaml")
    assert said.code == 0, said.text
    assert "Declared already: checkout-to-order." in said.text
    assert "Observed, not mapped:" in said.text
    assert "guide_opened" in said.text
    starts = {moment.start[0].events for moment in read_playbook(tmp_path / "draft.yaml").moments}
    assert ("checkout_started",) not in starts


def test_a_sample_is_the_same_each_time(shop: Path) -> None:
    """About so many customers are read as were asked for, the same ones each time, and all of their events."""
    with scratch_folder() as scratch:
        intake = open_intake([str(shop)], None, scratch, NOW_US)
        all_of_them = read_log(intake, 1_000_000, Quiet())
        some, again = (read_log(intake, 1_000, Quiet()) for _ in range(2))
    assert (1.0, 3_000) == (all_of_them.share, all_of_them.customers)
    assert 1_000 == pytest.approx(some.customers, rel=0.15)
    assert some.log.at_us.tolist() == again.log.at_us.tolist()
    assert some.log.totals == all_of_them.log.totals
    assert len(some.log) == pytest.approx(len(all_of_them.log) * some.share, rel=0.15)


def test_a_sample_still_proposes(shop: Path) -> None:
    """A third of the customers propose most of the same moments."""
    declared = read_playbook(shop / "playbook.yaml").moments
    found = run_discovery([str(shop)], now_us=NOW_US, customers=1_000)
    assert found.discovery.sampled < 0.5
    assert len(match_moments(proposed(found), declared)) >= 7


def test_candidates_for_keys(shop: Path) -> None:
    """Numbers of orders and tickets are candidates; amounts, times and texts are not."""
    with scratch_folder() as scratch:
        fields = key_fields(open_intake([str(shop)], None, scratch, NOW_US))
    assert {"order_id", "ticket_id"} <= set(fields)
    assert not {"total", "ts", "Subject", "created_at"} & set(fields)
    assert "key" == fields[-1]


def test_a_row_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    """Duplicates are dropped, as in an audit."""
    (tmp_path / "events.csv").write_text("customer,at,event\n" + "c1,2026-01-01 10:00:00,paid\n" * 3)
    with scratch_folder() as scratch:
        log = read_log(open_intake([str(tmp_path)], None, scratch, NOW_US), 10, Quiet()).log
    assert 1 == len(log)


def test_nothing_to_propose(run: Run, tmp_path: Path) -> None:
    """One kind of event proposes nothing; that is said, and no file is written."""
    rows = "".join(f"c{n},2026-01-{1 + n % 28:02d} 10:00:00,visited\n" for n in range(300))
    (tmp_path / "events.csv").write_text("customer,at,event\n" + rows)
    said = run("discover", tmp_path / "events.csv", "--out", tmp_path / "draft.yaml")
    assert said.code == 0
    assert "Nothing is proposed" in said.text
    assert not (tmp_path / "draft.yaml").exists()


def test_no_event_at_all(run: Run, tmp_path: Path) -> None:
    """Rows of which no event can be made are an error that says what to check."""
    (tmp_path / "events.csv").write_text("customer,at,event\n,2026-01-01 10:00:00,visited\n")
    mapping = tmp_path / "sources.yaml"
    mapping.write_text("sources:\n  events: {table: events, customer: customer, at: at, event: event}\n")
    said = run("discover", tmp_path / "events.csv", "--sources", mapping)
    assert said.code == 2
    assert "The data hold no event." in said.text


def test_a_file_that_is_there(run: Run, shop: Path, tmp_path: Path) -> None:
    """A draft that somebody may have edited is never written over."""
    (tmp_path / "draft.yaml").write_text("mine")
    said = run("discover", shop, "--out", tmp_path / "draft.yaml")
    assert said.code == 2
    assert "is there already" in said.text
    assert "mine" == (tmp_path / "draft.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "data", "least"),
    [("olist", "olist/sample15k", 3), ("nyc311", "nyc311_weekly", 1), ("flights", "nycflights13", 1)],
)
def test_examples_on_real_data(name: str, data: str, least: int) -> None:
    """Of the moments that people wrote for real data, most are proposed from the data alone."""
    if not (DATA / data).exists():
        pytest.skip(f"the data set {data} is not here")
    declared: Playbook = read_playbook(EXAMPLES / name / "playbook.yaml")
    found = run_discovery([str(DATA / data)], now_us=NOW_US, sources=EXAMPLES / name / "sources.yaml", customers=8_000)
    assert len(match_moments(proposed(found), declared.moments)) >= least
