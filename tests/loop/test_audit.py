"""Whole audits of data so small that every expected number is worked out by hand beside the test."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from scipy import stats

import momentwise as mw
from momentwise.define.finding import Estimate, Finding
from momentwise.define.instant import parse_instant
from momentwise.define.moment import OUTCOMES, STAGES
from momentwise.errors import EvidenceError, IntakeError
from momentwise.loop.audit import Options
from momentwise.stores.results import Results
from tests.conftest import PAY, SOURCES, Command, Run, names_in, pay_rows

TRACK = """\
moment: track-delivery
intent: know
stage: retention
archetype: friction
by: order_id
start: order_placed
complete:
  on-time: {event: order_delivered, where: late = 'no'}
  late: {event: order_delivered, where: late = 'yes'}
escalate: ticket_opened
fail: order_cancelled
understood: {event: help_rated, where: helpful = true}
confused: {event: help_rated, where: helpful = false}
abandon_after: 10d
"""
ORDERS = """\
customer,at,event,order_id,late,channel,helpful
ann,2026-01-01 00:00:00,order_placed,o1,,web,
ann,2026-01-03 00:00:00,order_delivered,o1,no,physical,
bob,2026-01-01 00:00:00,order_placed,o2,,web,
bob,2026-01-08 12:00:00,order_delivered,o2,yes,physical,
ann,2026-01-05 00:00:00,order_placed,o3,,web,
ann,2026-01-05 01:00:00,order_placed,o3,,app,
ann,2026-01-05 03:00:00,error,o3,,app,
ann,2026-01-05 03:30:00,order_cancelled,o3,,backend,
cat,2026-01-02 00:00:00,order_placed,o4,,web,
cat,2026-01-02 06:00:00,help_rated,,,web,false
cat,2026-01-03 00:00:00,ticket_opened,,,email,
dan,2026-01-02 00:00:00,order_placed,o5,,web,
dan,2026-01-02 00:00:30,help_rated,,,web,true
eve,2026-01-15 00:00:00,order_placed,o6,,web,
eve,2026-01-20 00:00:00,page_viewed,,,web,
"""
OUTCOME_COLUMNS = (
    "customer", "key", "outcome", "ending", "duration_seconds", "steps", "retries", "errors", "channels",
    "longest_wait_seconds", "comprehension",
)  # fmt: skip
# Hours and days in seconds; `dan` was last active after half a minute, `eve` has five of her ten days left.
HOUR, DAY = 3_600.0, 86_400.0
EXPECTED = [
    ("ann", "o1", "completed", "on-time", 2 * DAY, 1, 0, 0, "physical+web", 2 * DAY, None),
    # One hour to the retry, two to the error, half an hour to the end.
    ("ann", "o3", "failed", "order_cancelled", 3.5 * HOUR, 3, 1, 1, "app+backend+web", 2 * HOUR, None),
    ("bob", "o2", "completed", "late", 7.5 * DAY, 1, 0, 0, "physical+web", 7.5 * DAY, None),
    # The ticket and the rating carry no order, so they reach the only one that is open; 6 h and 18 h lie between.
    ("cat", "o4", "escalated", "ticket_opened", DAY, 2, 0, 0, "email+web", 18 * HOUR, "confused"),
    ("dan", "o5", "abandoned", None, 30.0, 1, 0, 0, "web", 30.0, "understood"),
    ("eve", "o6", "open", None, None, 1, 0, 0, "web", 5 * DAY, None),
]


def write(folder: Path, **texts: str) -> Path:
    """The folder, with one file per text: `events_csv` becomes `events.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def rows_of(audit: mw.Audit) -> list[tuple[object, ...]]:
    """Every occurrence as a tuple of `OUTCOME_COLUMNS`, in order."""
    found = audit.occurrences.select(OUTCOME_COLUMNS).to_pylist()
    return sorted((tuple(row.values()) for row in found), key=str)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A folder with six orders, their mapping and their playbook."""
    return write(tmp_path / "orders", events_csv=ORDERS, sources_yaml=SOURCES.replace("event: event", "event: event, channel: channel"), playbook_yaml=TRACK)  # fmt: skip


def test_every_outcome(orders: Path) -> None:
    """Six orders end in the five possible ways, with steps, retries, errors, channels, waits and what was said."""
    assert sorted(EXPECTED, key=str) == rows_of(mw.audit(orders))


def test_open_ones_are_censored(orders: Path) -> None:
    """Shares are of the five that ended; the open one is counted beside them."""
    (summary,) = mw.audit(orders).summaries
    assert (6, 1, 5) == (summary.volume, summary.open, summary.shares["completed"].n)
    assert {"completed": 0.4, "escalated": 0.2, "failed": 0.2, "abandoned": 0.2} == {
        outcome: estimate.value for outcome, estimate in summary.shares.items()
    }


def test_as_of_ends_what_is_open(orders: Path) -> None:
    """Ten days after the start there is still time; a microsecond later the order is abandoned."""
    start = parse_instant("2026-01-15")
    assert start is not None
    last = start + 10 * 86_400_000_000
    for as_of, outcome in ((last, "open"), (last + 1, "abandoned")):
        found = {row[1]: row[2] for row in rows_of(mw.audit(orders, options=Options(as_of_us=as_of, report=False)))}
        assert outcome == found["o6"]


def test_as_of_before_the_end_of_the_data_is_refused(orders: Path) -> None:
    """Data that go on after the stated end contradict it."""
    with pytest.raises(IntakeError, match="The data go on after 2026-01-10"):
        mw.audit(orders, options=Options(as_of_us=parse_instant("2026-01-10")))


def as_gzip(orders: Path, folder: Path) -> Path:
    """The orders as a packed CSV."""
    (folder / "events.csv.gz").write_bytes(gzip.compress(ORDERS.encode()))
    return folder / "events.csv.gz"


def as_zstd(orders: Path, folder: Path) -> Path:
    """The orders packed with Zstandard."""
    with pa.CompressedOutputStream(str(folder / "events.csv.zst"), "zstd") as out:
        out.write(ORDERS.encode())
    return folder / "events.csv.zst"


def as_json_lines(orders: Path, folder: Path) -> Path:
    """The orders as one JSON record per line."""
    rows = pd.read_csv(orders / "events.csv", dtype=str)
    rows.to_json(folder / "events.jsonl", orient="records", lines=True)
    return folder / "events.jsonl"


def as_parquet(orders: Path, folder: Path) -> Path:
    """The orders as Parquet, with real instants."""
    table = pa_csv.read_csv(orders / "events.csv", convert_options=pa_csv.ConvertOptions(strings_can_be_null=True))
    pq.write_table(table, folder / "events.parquet")
    return folder / "events.parquet"


def as_sqlite(orders: Path, folder: Path) -> Path:
    """The orders as a table of a SQLite file."""
    with sqlite3.connect(folder / "shop.sqlite") as connection:
        pd.read_csv(orders / "events.csv", dtype=str).to_sql("events", connection, index=False)
    connection.close()
    return folder / "shop.sqlite"


@pytest.mark.parametrize("made", [as_gzip, as_zstd, as_json_lines, as_parquet, as_sqlite])
def test_every_format_says_the_same(orders: Path, tmp_path: Path, made: object) -> None:
    """The same rows in another format are the same occurrences."""
    path = made(orders, tmp_path)  # type: ignore[operator]  # one of the functions above
    audit = mw.audit(path, sources=orders / "sources.yaml", playbook=orders / "playbook.yaml")
    assert sorted(EXPECTED, key=str) == rows_of(audit)


def test_the_order_of_rows_does_not_matter(orders: Path, tmp_path: Path) -> None:
    """Twenty shuffles of rows of distinct times give one result."""
    header, *rows = ORDERS.splitlines()
    draw = np.random.default_rng(3)
    for _ in range(5):
        draw.shuffle(rows)
        (orders / "events.csv").write_text("\n".join([header, *rows, ""]))
        assert sorted(EXPECTED, key=str) == rows_of(mw.audit(orders))


@pytest.fixture
def random_events(tmp_path: Path) -> Path:
    """Twenty thousand events of 700 customers at random times of one month, in order of nothing."""
    draw, rows = np.random.default_rng(11), 20_000
    names = np.array(["pay_clicked", "paid", "declined", "ticket_opened", "page_viewed", "error"])
    table = {
        "customer": np.char.add("c", draw.integers(0, 700, rows).astype(str)),
        "at": pa.array(1_767_225_600_000_000 + draw.choice(30 * 86_400, rows, replace=False) * 1_000_000, pa.timestamp("us", "UTC")),
        "event": names[draw.integers(0, len(names), rows)],
    }  # fmt: skip
    folder = write(tmp_path / "random", playbook_yaml=PAY, sources_yaml=SOURCES)
    pq.write_table(pa.table(table), folder / "events.parquet")
    return folder


def test_memory_does_not_change_the_result(random_events: Path) -> None:
    """Records that all go through the disk give the same table as records that stay in memory."""
    in_memory = mw.audit(random_events)
    on_disk = mw.audit(random_events, options=Options(memory_bytes=0, report=False))
    assert in_memory.occurrences.equals(on_disk.occurrences)
    assert in_memory.occurrences.num_rows > 1_000


@pytest.mark.req("C03")
def test_C03_every_occurrence_ends_in_exactly_one_state(random_events: Path) -> None:  # noqa: N802  a requirement's id
    """One outcome each; an end where and only where it is not open; never two open ones of one customer."""
    found = mw.audit(random_events).occurrences.to_pandas()
    assert set(found["outcome"]) == set(OUTCOMES)
    assert ((found["outcome"] == "open") == found["ended_at"].isna()).all()
    assert (found["ended_at"].dropna() >= found["started_at"][found["ended_at"].notna()]).all()
    assert not found.duplicated(["customer", "moment", "started_at"]).any()
    ordered = found.sort_values(["customer", "started_at"])
    following = ordered.groupby("customer")["started_at"].shift(-1)
    assert not ((ordered["outcome"] == "open") & following.notna()).any()


@pytest.mark.req("C03")
def test_C03_replayed_events_count_once(random_events: Path) -> None:  # noqa: N802  a requirement's id
    """The same file twice, or every row twice in one file, gives the same result as once."""
    once = mw.audit(random_events)
    table = pq.read_table(random_events / "events.parquet")
    pq.write_table(table, random_events / "events_2.parquet")
    twice = mw.audit(random_events)
    pq.write_table(pa.concat_tables([table, table, table]), random_events / "events.parquet")
    (random_events / "events_2.parquet").unlink()
    thrice = mw.audit(random_events)
    for replayed, times in ((twice, 1), (thrice, 2)):
        assert rows_of(once) == rows_of(replayed)
        assert replayed.told.facts.duplicates == times * table.num_rows
        assert replayed.told.facts.events == table.num_rows


@pytest.mark.req("C04")
def test_C04_latency_comprehension_and_completion(orders: Path, run: Run, tmp_path: Path) -> None:  # noqa: N802
    """All three are read for one occurrence, and are summed up as quantiles and shares."""
    audit = mw.audit(orders, out=tmp_path / "out")
    said = run("rows", tmp_path / "out", "--where", "key = 'o4'", "--format", "json")
    (row,) = (msgspec.json.decode(line) for line in said.out.splitlines())
    assert ("confused", "escalated", DAY, 18 * HOUR) == tuple(
        row[name] for name in ("comprehension", "outcome", "duration_seconds", "longest_wait_seconds")
    )
    (summary,) = audit.summaries
    # Completed ones took 2 and 7.5 days: quantiles lie on the line between, 2 + 5.5 q.
    assert {"p50": 4.75, "p75": 6.125, "p95": 7.225} == pytest.approx(
        {name: (summary.durations[name].value or 0) / DAY for name in ("p50", "p75", "p95")}
    )
    # Seconds per step of the five that ended, sorted: 30, 3.5 h / 3, 12 h, 2 d, 7.5 d; the middle one is 12 h.
    assert 12 * HOUR == summary.step_seconds["p50"].value
    assert (0.5, 2) == (summary.understood.value, summary.understood.n)


CHANNEL_FILES = {
    "web": ("clicks.csv", "user,when,what\nann,2026-01-01T00:00:00Z,page_viewed\n"),
    "app": ("app.jsonl", '{"user": "ann", "when": 1767229200, "what": "screen_viewed"}\n'),
    "chat": ("chats.csv", "visitor;time;said\nann;01.01.2026 02:00;hello\n"),
    "email": ("mails.tsv", "sender\treceived\tsubject\nann\t2026-01-01 03:00:00\twhere is it\n"),
    "voice": ("calls.csv", 'caller,begin,seconds\nann,"Jan 01, 2026 04:00 AM",95\n'),
    "agent": ("notes.csv", "about,written,note\nann,2026-01-01 05:00:00+00:00,promised a call\n"),
    "social": ("posts.csv", "author,posted,post\nann,Thu Jan 01 06:00:00 +0000 2026,still nothing\n"),
    "review": ("reviews.csv", "who,day,stars\nann,2026-01-01 07:00:00,2\n"),
    "survey": ("answers.csv", "person,answered,csat\nann,2026/01/01 08:00:00,3\n"),
    "backend": ("orders.csv", "buyer,placed,sum\nann,1767258000000,12.50\n"),
    "physical": ("visits.csv", "card,entered,shop\nann,20260101 10:00:00,Berlin\n"),
}  # fmt: skip


def channel_sources(channels: Iterator[str] | list[str]) -> str:
    """A mapping with one source per channel."""
    texts = ["sources:"]
    for channel in channels:
        name, content = CHANNEL_FILES[channel]
        if name.endswith("jsonl"):
            who, when = "user", "when"
        else:
            who, when = next(
                content.splitlines()[0].split(sign)[:2] for sign in "\t;," if sign in content.splitlines()[0]
            )
        texts.append(
            f"  {channel}: {{table: {name.split('.')[0]}, customer: {who}, channel: {{value: {channel}}}, events: {{{channel}_used: {when}}}}}"
        )
    return "\n".join(texts) + "\n"


def timeline_of(run: Run, folder: Path, channels: list[str]) -> list[dict[str, object]]:
    """Ann's timeline over the files of some channels."""
    folder.mkdir()
    for channel in channels:
        name, content = CHANNEL_FILES[channel]
        (folder / name).write_text(content)
    playbook = PAY.replace("pay_clicked", f"{channels[0]}_used").replace("paid", f"{channels[-1]}_used")
    write(folder, sources_yaml=channel_sources(channels), playbook_yaml=playbook)
    said = run("audit", folder, "--out", folder / "out")
    assert said.code == 0, said.text
    said = run("timeline", folder / "out", "--customer", "ann", "--format", "json")
    return [msgspec.json.decode(line) for line in said.out.splitlines()]


@pytest.mark.req("C02")
def test_C02_all_channels_in_one_timeline(run: Run, tmp_path: Path) -> None:  # noqa: N802  a requirement's id
    """One file per channel, each with columns and times of its own: one person's timeline, hour by hour."""
    found = timeline_of(run, tmp_path / "data", sorted(CHANNEL_FILES))
    assert list(CHANNEL_FILES) == [event["channel"] for event in found]
    assert [f"2026-01-01T{hour:02d}:00:00Z" for hour in range(11)] == [event["at"] for event in found]


@pytest.mark.req("C10")
def test_C10_three_channels_are_one_conversation(run: Run, tmp_path: Path) -> None:  # noqa: N802
    """Chat, e-mail and call of one customer follow one another in one timeline, whatever file they are from."""
    found = timeline_of(run, tmp_path / "data", ["voice", "chat", "email"])
    assert [("chat", "chat"), ("email", "email"), ("voice", "voice")] == [(e["channel"], e["source"]) for e in found]


ANSWER = """\
moment: answer-message
intent: feel-seen
stage: assistance
archetype: friction
start: message_received
complete: {event: message_answered, where: not (automatic = true), within: 1d}
abandon_after: 1d
"""


@pytest.mark.req("C22")
def test_C22_an_automatic_reply_is_no_answer(tmp_path: Path) -> None:  # noqa: N802  a requirement's id
    """A mail with only an automatic reply is not answered: open until the limit, gone wrong just after it."""
    mails = """customer,at,event,automatic
ann,2026-01-01 09:00:00,message_received,
ann,2026-01-01 09:00:05,message_answered,true
bob,2026-01-01 09:00:00,message_received,
bob,2026-01-01 09:00:05,message_answered,true
bob,2026-01-01 15:00:00,message_answered,false
"""
    folder = write(tmp_path / "mails", events_csv=mails, sources_yaml=SOURCES, playbook_yaml=ANSWER)
    limit = parse_instant("2026-01-02T09:00:00Z")
    assert limit is not None
    for as_of, outcome in ((limit, "open"), (limit + 1, "abandoned")):
        found = mw.audit(folder, options=Options(as_of_us=as_of, report=False)).occurrences.to_pylist()
        assert {"ann": outcome, "bob": "completed"} == {row["customer"]: row["outcome"] for row in found}


@pytest.mark.req("D01")
def test_D01_one_extra_click_is_one_excess_step(run: Run, tmp_path: Path) -> None:  # noqa: N802
    """Three customers pay in two steps and one needs a click more: her excess is +1.0, the others' 0."""
    rows = ["customer,at,event"]
    for customer, clicks in (("ann", 1), ("bob", 1), ("cat", 1), ("dan", 2)):
        events = ["pay_clicked", *["click"] * clicks, "paid"]
        rows += [f"{customer},2026-01-01 10:00:{second:02d},{event}" for second, event in enumerate(events)]
    folder = write(tmp_path / "clicks", events_csv="\n".join(rows), sources_yaml=SOURCES, playbook_yaml=PAY)
    (summary,) = mw.audit(folder, out=tmp_path / "out").summaries
    said = run("rows", tmp_path / "out", "--where", "excess_steps <> 0", "--format", "json")
    (row,) = (msgspec.json.decode(line) for line in said.out.splitlines())
    assert ("dan", 1.0) == (row["customer"], row["excess_steps"])
    assert (0.25, 4, 2.0) == (summary.excess_steps.value, summary.excess_steps.n, summary.median_steps.value)


@pytest.mark.req("D19")
def test_D19_an_ordinary_page_view_never_qualifies(tmp_path: Path) -> None:  # noqa: N802  a requirement's id
    """A touchpoint that always works, moves no score and has no stated stake is no moment; the same one at stake is."""
    rows = pay_rows(200).replace("pay_clicked", "page_viewed").replace("paid", "page_left")
    view = (
        PAY.replace("moment: pay", "moment: view-page")
        .replace("pay_clicked", "page_viewed")
        .replace("paid", "page_left")
    )
    folder = write(tmp_path / "views", events_csv=rows, sources_yaml=SOURCES, playbook_yaml=view)
    (summary,) = mw.audit(folder).summaries
    assert (200, ()) == (summary.volume, summary.qualifies)
    write(folder, playbook_yaml=view + "critical: true\n")
    (summary,) = mw.audit(folder).summaries
    assert summary.qualifies == ("influence",)


@pytest.mark.req("D24")
def test_D24_the_report_filters_by_all_five_stages(run: Run, tmp_path: Path) -> None:  # noqa: N802
    """A playbook with a moment of each stage: the report offers each of the five, and every row says its own."""
    moments = [
        PAY.replace("moment: pay", f"moment: pay-{stage}").replace("stage: decision", f"stage: {stage}")
        for stage in STAGES
    ]
    folder = write(
        tmp_path / "stages", events_csv=pay_rows(9), sources_yaml=SOURCES, playbook_yaml="---\n".join(moments)
    )
    assert run("audit", folder, "--out", tmp_path / "out").code == 0
    page = (tmp_path / "out" / "report.html").read_text()
    for stage in STAGES:
        assert f'name="stage" id="stage-{stage}"' in page
        assert page.count(f'<tr data-stage="{stage}"') == 1


@pytest.mark.req("D30")
def test_D30_one_failure_of_a_critical_moment_is_a_finding(tmp_path: Path) -> None:  # noqa: N802
    """Two hundred customers paid and one was declined: nothing by its rate, a finding where the moment is critical."""
    rows = pay_rows(200) + "x,2026-01-01 12:00:00,pay_clicked\nx,2026-01-01 12:00:01,declined\n"
    folder = write(tmp_path / "pay", events_csv=rows, sources_yaml=SOURCES, playbook_yaml=PAY)
    assert [] == [finding.kind for finding in mw.audit(folder).ranked]
    write(folder, playbook_yaml=PAY + "critical: true\n")
    audit = mw.audit(folder, out=tmp_path / "out")
    (finding,) = audit.ranked
    assert ("critical_failure", 1) == (finding.kind, finding.people)
    (row,) = Results(tmp_path / "out").rows(finding.estimate.table, finding.estimate.rows).to_pylist()
    assert row["customer"] == "x"


@pytest.mark.req("R09")
@pytest.mark.parametrize(
    "estimate", [Estimate(None, 0, "share"), Estimate(0.5, 0, "share"), Estimate(float("nan"), 9, "share")]
)
def test_R09_a_finding_without_evidence_is_refused(estimate: Estimate) -> None:  # noqa: N802  a requirement's id
    """No rows or no number: it cannot be ranked, and the error says how many rows there were."""
    with pytest.raises(EvidenceError, match=f"no evidence \\(n = {estimate.n}\\)"):
        Finding(id="a/b", moment="a", kind="b", title="", estimate=estimate, grade="C", grade_reason="", people=0)


@pytest.mark.req("R09")
def test_R09_money_without_an_interval_is_refused() -> None:  # noqa: N802  a requirement's id
    """A price without its interval is no evidence either."""
    with pytest.raises(EvidenceError, match="money without an interval"):
        Finding(
            id="a/b", moment="a", kind="b", title="", estimate=Estimate(0.5, 9, "share"), grade="C", grade_reason="",
            people=1, money=Estimate(100.0, 9, "money"),
        )  # fmt: skip


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """Forty orders on time, thirty-five late, twelve of either open, two cancelled; nearly all with a score."""
    rows, at = ["customer,at,event,order_id,late,score"], datetime(2026, 1, 1, tzinfo=UTC).timestamp()

    def add(number: int, event: str, days: float, late: str = "", score: str = "") -> None:
        when = datetime.fromtimestamp(at + days * DAY + number, UTC)
        rows.append(f"c{number % 50},{when:%Y-%m-%d %H:%M:%S},{event},o{number},{late},{score}")

    for number in range(40):
        add(number, "order_placed", 0), add(number, "order_delivered", 2 + number / 40, "no")
        add(number, "review_given", 4, score=str(3 + number % 3))
    for number in range(40, 75):
        add(number, "order_placed", 0), add(number, "order_delivered", 6 + number / 40, "yes")
        add(number, "review_given", 9, score=str(1 + number % 4))
    for number in range(75, 87):
        add(number, "order_placed", 15), add(number, "review_given", 16, score="1")
    for number in range(87, 89):
        add(number, "order_placed", 0), add(number, "order_cancelled", 1)
    add(90, "page_viewed", 20)
    return write(
        tmp_path / "scored",
        events_csv="\n".join(rows),
        sources_yaml=SOURCES.replace("event: event", "event: event, score: score"),
        playbook_yaml=TRACK + "target: {completion_rate: 0.9, p90_duration: 3d, score: 4.5}\n",
    )


def test_scores_split_by_ending_with_welch(scored: Path) -> None:
    """Means per ending by hand; the interval of their difference as scipy has it."""
    (summary,) = mw.audit(scored).summaries
    # On time: 3, 4, 5, 3, … forty times: 13 rounds of 12 and one 3 = 159 / 40.
    # Late: numbers 40 to 74 give 1, 2, 3, 4, …: 8 rounds of 10 and 1 + 2 + 3 = 86 / 35.
    (gap,) = summary.gaps
    assert ("late", "on-time") == (gap.worse, gap.better)
    assert (86 / 35, 35) == (pytest.approx(gap.worse_mean.value), gap.worse_mean.n)
    assert (159 / 40, 40) == (pytest.approx(gap.better_mean.value), gap.better_mean.n)
    late, on_time = [1 + n % 4 for n in range(40, 75)], [3 + n % 3 for n in range(40)]
    expected = stats.ttest_ind(late, on_time, equal_var=False).confidence_interval(0.95)
    assert (86 / 35 - 159 / 40, *expected) == pytest.approx(
        (gap.difference.value, gap.difference.low, gap.difference.high)
    )


def estimates_in(value: object, path: str = "") -> Iterator[tuple[str, Estimate]]:
    """Every estimate inside a value, with the path to it."""
    if isinstance(value, Estimate):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from estimates_in(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from estimates_in(part, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value):
            yield from estimates_in(part, f"{path}[{place}]")


@pytest.mark.req("M20")
@pytest.mark.parametrize("data", ["orders", "scored"])
def test_M20_every_number_opens_its_rows(data: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:  # noqa: N802
    """A share opens the rows that it counts, every other number the rows that it was computed from.

    A number per month follows from the rows of its finding's own number. A row of `flow` stands for as many as it says.
    """
    audit = mw.audit(request.getfixturevalue(data), out=tmp_path / "out")
    results = Results(tmp_path / "out")
    wrong = {}
    found = list(estimates_in([audit.summaries, audit.ranked, audit.told.signals]))
    assert len(found) > 40
    for path, estimate in found:
        expected = round((estimate.value or 0.0) * estimate.n) if estimate.unit in ("share", "money") else estimate.n
        if estimate.unit != "money" and count_rows(results, estimate) != expected:
            wrong[path] = (expected, count_rows(results, estimate), estimate)
    assert wrong == {}


def count_rows(results: Results, estimate: Estimate) -> int:
    """How many rows an estimate opens."""
    rows = results.rows(estimate.table, estimate.rows)
    return sum(rows["count"].to_pylist()) if estimate.table == "flow" else rows.num_rows


@pytest.mark.req("M20")
@pytest.mark.parametrize("data", ["orders", "scored", "random_events"])
def test_M20_sums_reconcile(data: str, request: pytest.FixtureRequest) -> None:  # noqa: N802  a requirement's id
    """Endings add up to all that ended, ended and open to the volume, shares to one, and the trend to both."""
    for summary in mw.audit(request.getfixturevalue(data)).summaries:
        ended = summary.shares["completed"].n
        assert summary.volume == ended + summary.open
        assert ended == sum(ending.count for ending in summary.endings)
        assert pytest.approx(1) == sum(estimate.value or 0 for estimate in summary.shares.values())
        assert (ended, summary.open) == (sum(p.ended for p in summary.trend), sum(p.open for p in summary.trend))
        for outcome, estimate in summary.shares.items():
            of_outcome = sum(ending.count for ending in summary.endings if ending.outcome == outcome)
            assert of_outcome == round((estimate.value or 0) * ended)


def test_a_rage_click_goes_the_whole_way(run: Run, tmp_path: Path) -> None:
    """Four clicks on one spot in 0.9 s are a signal; three, or four over 1.2 s, or on a stepper, are none."""
    rows = [
        "customer,at,event,page,element,x,y",
        "ann,2026-01-01 09:00:00,pay_clicked,,,,",
        "ann,2026-01-01 09:30:00,paid,,,,",
    ]
    for customer, element, times in (
        ("ann", "#pay", (0, 300, 600, 900)),
        ("bob", "#pay", (0, 300, 600)),
        ("cat", "#pay", (0, 400, 800, 1_200)),
        ("dan", "#quantity-plus", (0, 300, 600, 900)),
    ):
        rows += [f"{customer},2026-01-01 10:00:{ms / 1_000:06.3f},click,/pay,{element},10,20" for ms in times]
    folder = write(tmp_path / "rage", events_csv="\n".join(rows), sources_yaml=SOURCES, playbook_yaml=PAY)
    audit = mw.audit(folder, out=tmp_path / "out")
    (found,) = audit.signals.to_pylist()
    assert ("ann", "rage_click", 4, "/pay", "#pay") == tuple(
        found[name] for name in ("customer", "signal", "count", "page", "element")
    )
    assert 0.9 == (found["ended_at"] - found["at"]).total_seconds()
    said = run("rows", tmp_path / "out", "--table", "signals", "--format", "csv")
    assert '"ann","rage_click"' in said.out
    assert audit.told.signals[0].people == 1


def test_rejected_rows_name_file_row_and_reason(tmp_path: Path) -> None:
    """Each row that was set aside stands there with its file, its number, why, and what it says."""
    rows = pay_rows(50) + "x,soon,paid\n" + ",2026-01-01 10:00:00,paid\n"
    folder = write(tmp_path / "data", events_csv=rows, sources_yaml=SOURCES, playbook_yaml=PAY)
    found = mw.audit(folder).rejected.to_pylist()
    assert [(101, "the time cannot be read"), (102, "no customer")] == [(row["row"], row["reason"]) for row in found]
    assert {str(folder / "events.csv")} == {row["file"] for row in found}
    assert '{"customer":"x","at":"soon","event":"paid"}' == found[0]["content"]


STRANGE = [
    "'; DROP TABLE x; --",
    'a "quoted" one',
    "🙂👩‍👩‍👧",
    "Ünïcode\u0301",
    "%s {0} $1 \\",
    "a,b;c\td",
    "x" * 5_000,
    "[bold]red[/]",
]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_strange_names_are_only_names(run: Run, tmp_path: Path, strange: str) -> None:
    """A customer, an event, a page and a column may be called anything, and are found under that name."""
    folder = tmp_path / "ein Ordner mit 'Anführung' & 🙂 [x]*"
    folder.mkdir()
    column = strange[:60].replace("\t", " ").strip()
    names, at = [strange, strange, "other"], [f"2026-01-01 10:00:0{second}" for second in range(3)]
    table = pa.table({"customer": names, "at": at, "event": [strange, "paid", "paid"], column: [strange, None, "z"]})
    pa_csv.write_csv(table, folder / "events.csv")
    quoted = strange.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    write(folder, sources_yaml=SOURCES, playbook_yaml=PAY.replace("pay_clicked", f'"{quoted}"'))
    said = run("audit", folder, "--out", folder / "out [1] 🙂")
    assert said.code == 0, said.text
    (row,) = Results(folder / "out [1] 🙂").table("occurrences").to_pylist()
    assert (strange, "completed") == (row["customer"], row["outcome"])
    said = run("timeline", folder / "out [1] 🙂", "--customer", strange, "--format", "json")
    assert [strange, "paid"] == [msgspec.json.decode(line)["event"] for line in said.out.splitlines()]


def test_null_bytes_in_values(run: Run, tmp_path: Path) -> None:
    """A zero byte inside a Parquet text neither ends the text nor the run."""
    write(tmp_path, playbook_yaml=PAY, sources_yaml=SOURCES)
    at = pa.array([0, 1_000_000], pa.timestamp("us", "UTC"))
    pq.write_table(
        pa.table({"customer": ["a\0b", "a\0b"], "at": at, "event": ["pay_clicked", "paid"]}),
        tmp_path / "events.parquet",
    )
    said = run("audit", tmp_path, "--out", tmp_path / "out")
    assert said.code == 0, said.text
    assert ["a\0b"] == Results(tmp_path / "out").table("occurrences")["customer"].to_pylist()


def test_huge_numbers(tmp_path: Path) -> None:
    """Scores beyond every bound are kept or set aside; no mean becomes infinite or not a number."""
    rows = "customer,at,event,rating\n" + "".join(
        f"c{n},2026-01-01 10:00:0{s},{event},{value}\n"
        for n, value in enumerate(("1e308", "-1e308", "9" * 400, "1e999", "1e308"))
        for s, event in enumerate(("pay_clicked", "paid"))
    )
    sources = "reject_limit: 1\n" + SOURCES.replace("event: event", "event: event, score: rating")
    audit = mw.audit(write(tmp_path / "data", events_csv=rows, sources_yaml=sources, playbook_yaml=PAY))
    for path, estimate in estimates_in(audit.summaries):
        assert estimate.value is None or np.isfinite(estimate.value), path


def test_in_memory_leaves_nothing_behind(orders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From Python, without `out`, no file is left anywhere, and the tables are whole."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.chdir(scratch)
    before = names_in(orders)
    audit = mw.audit(str(orders))
    assert audit.out is None
    assert [] == names_in(scratch)
    assert before == names_in(orders)
    assert 6 == audit.occurrences.num_rows


def test_tables_are_friendly_to_pandas_and_polars(scored: Path) -> None:
    """Every table goes into pandas and Polars as it is, and a group by outcome gives the same in both."""
    audit = mw.audit(scored)
    for table in (audit.occurrences, audit.signals, audit.scores, audit.rejected, audit.findings):
        assert table.num_rows == len(table.to_pandas()) == pl.from_arrow(table).height  # type: ignore[union-attr]  # a frame
    expected = {"abandoned": 0, "completed": 75, "escalated": 0, "failed": 2, "open": 12}
    counted = audit.occurrences.to_pandas().groupby("outcome", observed=False).size().to_dict()
    assert {name: n for name, n in expected.items() if n} == {name: int(n) for name, n in counted.items() if n}
    frame = pl.from_arrow(audit.occurrences)
    assert isinstance(frame, pl.DataFrame)
    assert 75 == frame.filter(pl.col("outcome") == "completed").height


def test_python_and_the_terminal_say_the_same(orders: Path, run: Run, tmp_path: Path, shop: Command) -> None:
    """The tables of `mw.audit` are those that the command writes."""
    audit = mw.audit([orders], playbook=str(orders / "playbook.yaml"), out=tmp_path / "out")
    assert run("audit", orders, "--out", tmp_path / "other").code == 0
    assert audit.occurrences.equals(Results(tmp_path / "other").table("occurrences"))
    assert audit.out == tmp_path / "out"
