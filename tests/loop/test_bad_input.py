"""Whatever is wrong with what it is given, an audit says so in words, exits with 2 and leaves nothing that looks whole."""

from __future__ import annotations

import codecs
import gzip
import io
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from momentwise.stores.results import Results
from tests.conftest import PAY, SOURCES, Command, Run, Said, audited, counts, holds_nothing, pay_rows

Refused = Callable[..., Said]


@pytest.fixture
def refused(run: Run, shop: Command, out: Path) -> Refused:
    """A function that audits some bytes, sees that they are refused and that nothing is left, and gives what was said."""

    def audit(content: str | bytes, *options: object, **files: str) -> Said:
        said = run(*shop(content, **files), *options)
        assert said.code == 2, said.text
        assert said.text.startswith("error: ")
        assert holds_nothing(out)
        return said

    return audit


def test_an_ordinary_file_is_audited(run: Run, shop: Command, out: Path) -> None:
    """Fifty customers who paid are fifty completed occurrences, and every file of the results is there."""
    audited(run, shop(pay_rows(50)), out)
    assert counts(out) == {"completed": 50}


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"], ids=["nothing", "blank lines", "only a BOM"])
def test_empty_file(refused: Refused, content: str) -> None:
    """A file without content is called empty."""
    assert "events.csv: The file is empty." in refused(content).text


def test_header_only(refused: Refused) -> None:
    """A header without rows is named as such."""
    assert "events.csv: The file has a header and no rows." in refused("customer,at,event\n").text


@pytest.mark.parametrize("sources", [SOURCES, ""], ids=["mapped", "not mapped"])
def test_one_column(refused: Refused, sources: str) -> None:
    """One column cannot hold who and when, and the delimiters that are known are named."""
    said = refused("customer\nann\nbob\n", sources=sources)
    assert "The file has one column only." in said.text
    assert "comma, semicolon, tab or |" in said.text


def test_wrong_encoding(run: Run, shop: Command, out: Path) -> None:
    """Latin letters that are not UTF-8 are read as what they are, and that is said."""
    said = audited(run, shop((pay_rows(9) + "Jürgen,2026-01-01 11:00:00,pay_clicked\n").encode("cp1252")), out)
    assert "events.csv: read as" in said.text
    assert "save the file as UTF-8" in said.text
    assert Results(out).count("occurrences", "customer = 'Jürgen'") == 1


def test_wrong_encoding_beyond_reading(refused: Refused) -> None:
    """Bytes in an encoding that marks itself and is broken give a message, whatever they seem to be."""
    assert "events.csv: " in refused(codecs.BOM_UTF16_LE + b"\xfa\xff" * 300).text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_bom(run: Run, shop: Command, out: Path, encoding: str) -> None:
    """A byte order mark belongs to no column's name."""
    audited(run, shop(pay_rows(20).encode(encoding)), out)
    assert counts(out) == {"completed": 20}


def test_mixed_line_ends(run: Run, shop: Command, out: Path) -> None:
    """Lines that end in three different ways are all read."""
    lines = pay_rows(30).splitlines()
    content = "".join(line + ("\n", "\r\n", "\r")[place % 3] for place, line in enumerate(lines))
    audited(run, shop(content), out)
    assert counts(out) == {"completed": 30}


def test_a_line_of_10_mb(run: Run, shop: Command, out: Path) -> None:
    """A row with ten million letters where a time should be is set aside with its reason; all others are read."""
    said = audited(
        run, shop(pay_rows(60) + f"c,{'x' * 10_000_000},paid\n" + "z,2026-01-01 10:00:00,pay_clicked\n"), out
    )
    assert "1 row of events set aside: the time cannot be read" in said.text
    assert counts(out) == {"completed": 60, "open": 1}


def test_a_line_without_end(refused: Refused) -> None:
    """A line longer than memory allows is refused, with where it is and what the cause may be."""
    said = refused(pay_rows(9) + "c," + "x" * 40_000_000 + ",paid\n")
    assert "A line is longer than 32 MB, before byte" in said.text
    assert "A quote may be open that is never closed" in said.text


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20, "The file is a program, not a table."),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "The file is a picture, not a table."),
        (b"PK\x03\x04" + bytes(range(256)) * 20, "The file is a ZIP archive or an Excel workbook, not a table."),
        (bytes(range(256)) * 200, "The file is not text."),
    ],
)
def test_a_binary_file_called_csv(refused: Refused, content: bytes, wrong: str) -> None:
    """What is no table is called by its name, and what would be one is listed."""
    assert f"events.csv: {wrong}" in refused(content).text


@pytest.mark.parametrize("kept", [0.5, 0.999])
def test_truncated_gzip(refused: Refused, kept: float) -> None:
    """A packed file that stops early is called cut short, also where only its last bytes are gone."""
    packed = gzip.compress(pay_rows(5_000).encode())
    said = refused(packed[: int(len(packed) * kept)], name="events.csv.gz")
    assert "events.csv.gz: The file is cut short. Copy or download it again." in said.text


@pytest.mark.parametrize("kept", [4, 400])
def test_truncated_parquet(refused: Refused, kept: int) -> None:
    """A Parquet file without its end is called cut short."""
    said = refused(parquet_rows(1_000)[:kept], name="events.parquet")
    assert "events.parquet: The Parquet file is cut short." in said.text


def test_parquet_with_broken_pages(refused: Refused) -> None:
    """A Parquet file whose end is fine and whose rows are not gives a message as well."""
    whole = parquet_rows(1_000)
    said = refused(whole[:20] + bytes(255 - byte for byte in whole[20:200]) + whole[200:], name="events.parquet")
    assert "events.parquet: The data cannot be read: " in said.text or "The file cannot be read." in said.text


def parquet_rows(rows: int) -> bytes:
    """A Parquet file of so many events."""
    file = io.BytesIO()
    at = [datetime(2026, 1, 1, 10, tzinfo=UTC)] * rows
    pq.write_table(pa.table({"customer": [f"c{n}" for n in range(rows)], "at": at, "event": ["paid"] * rows}), file)
    return file.getvalue()


def test_unknown_zone(refused: Refused, tmp_path: Path) -> None:
    """A zone that is not in the database is named with file and line, and the nearest one is offered."""
    said = refused(pay_rows(9), sources="zone: Europe/Berln\n" + SOURCES)
    assert f"{tmp_path}/sources.yaml:1: The zone 'Europe/Berln' is unknown. Did you mean 'Europe/Berlin'?" in said.text
    assert "1 mistake; nothing was run." in said.text


def test_times_in_the_future_and_before_1970(run: Run, shop: Command, out: Path) -> None:
    """Times that cannot be are set aside with their reasons, and do not move the end of the data."""
    odd = "f,2999-01-01 00:00:00,pay_clicked\np,1969-12-31 23:59:59,pay_clicked\n"
    said = audited(run, shop(pay_rows(50) + odd), out)
    assert "1 row of events set aside: the time is before 1970" in said.text
    assert "1 row of events set aside: the time is in the future" in said.text
    assert "100 events of 50 customers, 2026-01-01 to 2026-01-01" in said.text
    assert counts(out) == {"completed": 50}


def test_day_first_dates(run: Run, shop: Command, out: Path) -> None:
    """Where one day is above 12 the day comes first in all rows, also in those that could be read either way."""
    audited(run, shop(pay_rows(9, "03/01/2026") + pay_rows(9, "31/01/2026", header="")), out)
    days = {f"{at:%Y-%m-%d}" for at in Results(out).table("occurrences")["started_at"].to_pylist()}
    assert days == {"2026-01-03", "2026-01-31"}


def test_decimal_commas(run: Run, shop: Command, out: Path) -> None:
    """Numbers with a decimal comma are numbers: 4,5 + 1,5 over two is 3, and 1.234,50 is above a thousand."""
    rows = "customer;at;event;rating;sum\n" + "".join(
        f"c{n};2026-01-01 10:0{n}:0{second};{event};{rating};1.234,50\n"
        for n, rating in enumerate(("4,5", "1,5"))
        for second, event in enumerate(("pay_clicked", "paid"))
    )
    sources = (
        "sources:\n  events: {table: events, customer: customer, at: at, event: event, score: rating, amount: sum}\n"
    )
    playbook = PAY.replace("start: pay_clicked", "start: {event: pay_clicked, where: amount > 1000}")
    audited(run, shop(rows, sources=sources, playbook=playbook), out)
    assert counts(out) == {"completed": 2}
    scores = Results(out).table("scores")["score"].to_pylist()
    assert sorted(set(scores)) == [1.5, 4.5]


def test_duplicate_ids_count_once(run: Run, shop: Command, out: Path) -> None:
    """The same event id twice is one event, though the rows differ; the number of duplicates is printed."""
    rows = "id,customer,at,event,note\n1,ann,2026-01-01 10:00:00,pay_clicked,first\n1,ann,2026-01-01 10:00:00,pay_clicked,again\n"
    sources = "sources:\n  events: {table: events, id: id, customer: customer, at: at, event: event}\n"
    said = audited(run, shop(rows + "2,ann,2026-01-01 10:01:00,paid,\n", sources=sources), out)
    assert "2 events of 1 customer" in said.text
    assert "1 duplicate counted once" in said.text
    assert Results(out).table("occurrences")["retries"].to_pylist() == [0]


def test_missing_customer(run: Run, shop: Command, out: Path) -> None:
    """Rows of nobody are set aside with that reason, and words for "no value" are nobody."""
    odd = "".join(f"{nobody},2026-01-01 10:00:00,paid\n" for nobody in ("", "NULL", "n/a"))
    said = audited(run, shop(pay_rows(50) + odd), out)
    assert "3 rows of events set aside: no customer" in said.text
    assert Results(out).table("rejected")["row"].to_pylist() == [101, 102, 103]


def test_unsorted_input(run: Run, shop: Command, out: Path) -> None:
    """Rows in any order give what rows in order of time give."""
    header, *rows = pay_rows(500).splitlines(keepends=True)
    audited(run, shop(header + "".join(rows)), out)
    expected = Results(out).table("occurrences").sort_by("customer").to_pylist()
    np.random.default_rng(7).shuffle(rows)
    audited(run, shop(header + "".join(rows)), out)
    assert expected == Results(out).table("occurrences").sort_by("customer").to_pylist()


def test_a_million_distinct_event_names(run: Run, shop: Command, out: Path, tmp_path: Path) -> None:
    """Names that never repeat cost neither minutes nor gigabytes, and the few that matter are found among them."""
    rows = 1_000_000
    numbers = np.arange(rows)
    names = pa.array(np.char.add("page_", numbers.astype(str)))
    at = pa.array(1_767_225_600_000_000 + numbers * 1_000, pa.timestamp("us", "UTC"))
    who = pa.array(np.char.add("c", (numbers % 5_000).astype(str)))
    words = shop(b"", name="events.parquet")
    names = pa.concat_arrays([names[:-2], pa.array(["pay_clicked", "paid"])])
    customers = pa.concat_arrays([who[:-2], pa.array(["payer", "payer"])])
    pq.write_table(pa.table({"customer": customers, "at": at, "event": names}), tmp_path / "events.parquet")
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    audited(run, words, out)
    assert time.perf_counter() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_000_000, "kilobytes"
    assert counts(out) == {"completed": 1}


def test_a_mapping_that_names_no_column(refused: Refused, tmp_path: Path) -> None:
    """The column that is not there is named with file and line of the mapping, and the nearest one is offered."""
    said = refused(pay_rows(9), sources="# a comment\n" + SOURCES.replace("at: at", "at: att"))
    assert f"{tmp_path}/sources.yaml:3: " in said.text
    assert "names the column 'att'" in said.text
    assert "Did you mean 'at'?" in said.text


@pytest.mark.parametrize(
    ("sources", "line", "wrong", "right"),
    [
        (SOURCES.replace("table: events", "table: evnts"), 2, "names the table 'evnts'", "Did you mean 'events'?"),
        (SOURCES.replace("customer: customer, ", ""), 2, "names no customer", "the column that says who"),
        (SOURCES.replace("customer:", "custumer:"), 2, "'custumer' has no meaning", "Did you mean 'customer'?"),
        ("sources: [a\n", 2, "This is not YAML", "Check the indentation"),
        ("reject_limit: 7\n" + SOURCES, 1, "`reject_limit` is '7'", "Write a number from 0 to 1"),
    ],
)
def test_mistakes_in_a_mapping(
    refused: Refused, tmp_path: Path, sources: str, line: int, wrong: str, right: str
) -> None:
    """Every mistake is named with file, line, what is wrong and what would be right."""
    said = refused(pay_rows(9), sources=sources)
    assert f"{tmp_path}/sources.yaml:{line}: " in said.text
    assert wrong in said.text
    assert right in said.text


def test_mistakes_in_a_playbook(refused: Refused, tmp_path: Path) -> None:
    """All mistakes of a playbook are named at once, each with file and line, and are counted."""
    playbook = PAY.replace("intent: buy", "intent: by").replace("within: 1h", "within: soon").replace("fail:", "fails:")
    said = refused(pay_rows(9), playbook=playbook)
    for line, wrong in ((2, "The intent is 'by'."), (6, "'soon' is not a span of time."), (8, "'fails' is not known")):
        assert f"{tmp_path}/playbook.yaml:{line}: {wrong}" in said.text
    assert "3 mistakes; nothing was run." in said.text


@pytest.mark.parametrize(
    ("named", "wrong"),
    [("nowhere/playbook.yaml", "The file cannot be read."), ("retial", "Did you mean 'retail'?")],
)
def test_an_unknown_playbook(refused: Refused, named: str, wrong: str) -> None:
    """A playbook that is not there is named; a ready one that is nearly called so is offered."""
    said = refused(pay_rows(9), "--playbook", named)
    assert named in said.text
    assert wrong in said.text


def test_no_ready_moment_fits(refused: Refused) -> None:
    """Without a playbook and with events that no ready moment knows, the events are listed and the way on is told."""
    said = refused(pay_rows(9).replace("pay_clicked", "zig").replace("paid", "zag"), playbook="")
    assert "no ready moment starts and completes with these events: zag (9), zig (9)" in said.text
    assert "--playbook" in said.text


@pytest.mark.parametrize("named", ["nowhere.csv", "nowhere/*.csv"])
def test_data_that_are_not_there(run: Run, out: Path, named: str) -> None:
    """A path or a pattern that finds nothing is repeated."""
    said = run("audit", named, "--out", out)
    assert said.code == 2
    assert f"error: {named}: " in said.text
    assert holds_nothing(out)


@pytest.mark.parametrize(
    ("option", "value", "wrong"),
    [
        ("--as-of", "tomorrow", "--as-of is 'tomorrow', which is no date. Write 2026-01-31"),
        ("--as-of", "2026-13-45", "which is no date"),
        (
            "--as-of",
            "2020-01-01",
            "The data go on after 2020-01-01 00:00:00: the last event is of 2026-01-01 10:08:30.",
        ),
        ("--memory", "lots", "--memory is 'lots'. Write a number and one of K, M, G, as in 1G."),
        ("--memory", "²G", "--memory is '²G'."),
        ("--memory", f"{'9' * 400}G", "Write a number and one of K, M, G"),
    ],
)
def test_options_that_mean_nothing(refused: Refused, option: str, value: str, wrong: str) -> None:
    """An option that cannot be understood is repeated with what would be right."""
    assert wrong in refused(pay_rows(9), option, value).text


def test_too_many_rejects_stop_the_run(refused: Refused, tmp_path: Path) -> None:
    """Above the limit the run stops with how many, why, and the first row as an example."""
    odd = "".join(f"x{n},soon,paid\n" for n in range(20)) + ",2026-01-01 10:00:00,paid\n"
    said = refused(pay_rows(50) + odd)
    assert "21 of 121 rows of 'events' cannot be read" in said.text
    assert "no customer: 1" in said.text
    assert "the time cannot be read: 20" in said.text
    assert (
        f'The first: {tmp_path}/events.csv, row 101, the time cannot be read: {{"customer":"x0","at":"soon"'
        in said.text
    )
    assert "reject_limit" in said.text


def test_rejects_below_a_stated_limit_do_not(run: Run, shop: Command, out: Path) -> None:
    """The same rows pass where the mapping allows a fifth of them."""
    odd = "".join(f"x{n},soon,paid\n" for n in range(20))
    audited(run, shop(pay_rows(50) + odd, sources="reject_limit: 0.2\n" + SOURCES), out)
    assert Results(out).table("rejected").num_rows == 20


def test_all_times_in_the_future(refused: Refused) -> None:
    """Data of which no row can be used are refused with the reason."""
    assert "the time is in the future: 18" in refused(pay_rows(9, "2999-01-01")).text
