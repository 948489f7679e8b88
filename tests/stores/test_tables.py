"""Anything as tables: names, facts, nested values, parts, aliases, and the rows that are not well formed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from momentwise.collect.mapping import events_query, rejected_query
from momentwise.define.source import ColumnRef, EventRule, Source, TableFacts
from momentwise.errors import DefinitionError, IntakeError, Place
from momentwise.stores.tables import Tables

OpenTables = Callable[..., Tables]
NOW_US = 1_800_000_000_000_000
ROWS = [(f"u{i % 3}", f"2024-01-{i:02d} 10:00:00", "view") for i in range(1, 21)]
CSV = "who,when,what\n" + "".join(",".join(row) + "\n" for row in ROWS)


def log_source(table: str = "log", select: str = "") -> Source:
    """A plain event log."""
    return Source(
        name="log", table="" if select else table, select=select, customer=ColumnRef("who"), event=ColumnRef("what"),
        rules=(EventRule(at=("when",)),), place=Place("sources.yaml", 3),
    )  # fmt: skip


def read_events(tables: Tables, source: Source) -> list[tuple[object, ...]]:
    """Customer, event and reason of every candidate."""
    query = events_query(source, tables.facts_for(source), (), zone="UTC", now_us=NOW_US)
    return tables.con.execute(f"SELECT customer, event, reason FROM ({query.sql})").fetchall()


def read_rejected(tables: Tables, source: Source) -> list[tuple[object, ...]]:
    """File name, row, reason and content of every row that was set aside."""
    mapped = rejected_query(source, tables.facts_for(source), zone="UTC", now_us=NOW_US)
    rows = tables.con.execute(tables.rejected_select(source, mapped)).fetchall()
    return [(Path(str(row[0])).name, row[1], row[2], row[4]) for row in rows]


def kinds(facts: TableFacts) -> dict[str, str]:
    """What each column holds."""
    return {column.name: column.kind for column in facts.columns}


def write_csv(path: Path) -> None:
    """The log as CSV."""
    path.write_text(CSV)


def write_gzip(path: Path) -> None:
    """The log as packed CSV."""
    path.write_bytes(gzip.compress(CSV.encode()))


def write_zstd(path: Path) -> None:
    """The log as CSV packed the newer way."""
    with pa.CompressedOutputStream(str(path), "zstd") as out:
        out.write(CSV.encode())


def write_lines(path: Path) -> None:
    """The log as JSON lines."""
    path.write_text("".join(json.dumps(dict(zip(("who", "when", "what"), row, strict=True))) + "\n" for row in ROWS))


def write_array(path: Path) -> None:
    """The log as a JSON list over several lines."""
    path.write_text(json.dumps([dict(zip(("who", "when", "what"), row, strict=True)) for row in ROWS], indent=1))


def write_wrapped(path: Path) -> None:
    """The log as a list inside an object."""
    rows = [dict(zip(("who", "when", "what"), row, strict=True)) for row in ROWS]
    path.write_text(json.dumps({"next": None, "data": rows}))


def write_parquet(path: Path) -> None:
    """The log as Parquet."""
    pq.write_table(pa.table(dict(zip(("who", "when", "what"), zip(*ROWS, strict=True), strict=True))), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("log.csv", write_csv),
        ("log.csv.gz", write_gzip),
        ("log.csv.zst", write_zstd),
        ("log.jsonl", write_lines),
        ("log.ndjson", write_lines),
        ("log.json", write_array),
        ("log.json", write_wrapped),
        ("log.parquet", write_parquet),
    ],
)
def test_every_format_gives_the_same_events(
    tmp_path: Path, open_paths: OpenTables, name: str, write: Callable[[Path], None]
) -> None:
    """A table is a table however it is written."""
    write(tmp_path / name)
    expected = [(row[0], row[2], 0) for row in ROWS]
    assert expected == read_events(open_paths(tmp_path / name), log_source())


def test_nested_values_are_columns(tmp_path: Path, open_paths: OpenTables) -> None:
    """One level is taken apart; what lies deeper stays JSON."""
    record = {"who": "a", "props": {"amount": 5, "deep": {"x": 1}}, "tags": ["x", "y"]}
    (tmp_path / "log.jsonl").write_text((json.dumps(record) + "\n") * 3)
    tables = open_paths(tmp_path)
    assert {"who": "text", "props.amount": "number", "props.deep": "text", "tags": "text"} == kinds(tables.facts("log"))
    assert ("a", "5", '{"x":1}', '["x","y"]') == tables.con.execute('FROM "log"').fetchall()[0]


def test_a_value_that_is_an_object_only_at_times_is_both(tmp_path: Path, open_paths: OpenTables) -> None:
    """Neither form loses the other."""
    (tmp_path / "log.json").write_text('[{"who": "a", "p": {"x": 1}}, {"who": "b", "p": 5}, {"who": "c"}]')
    tables = open_paths(tmp_path)
    tables.facts("log")
    assert [("a", None, "1"), ("b", "5", None), ("c", None, None)] == tables.con.execute("FROM log").fetchall()


def test_structs_of_parquet_are_columns(tmp_path: Path, open_paths: OpenTables) -> None:
    """As with JSON."""
    pq.write_table(pa.table({"who": ["a"], "props": [{"amount": 1.5, "sku": "x"}]}), tmp_path / "log.parquet")
    assert {"who": "text", "props.amount": "number", "props.sku": "text"} == kinds(open_paths(tmp_path).facts("log"))


def test_parts_with_equal_columns_are_one_table(tmp_path: Path, open_paths: OpenTables) -> None:
    """Their names share what the table is called."""
    for day in ("2024-01-01", "2024-01-02", "2024-01-03"):
        (tmp_path / f"log_{day}.csv").write_text(CSV)
    tables = open_paths(tmp_path)
    assert (["log"], ["3 files with equal columns are one table: log."]) == (tables.names, tables.notes)
    assert len(read_events(tables, log_source())) == 60


def test_parts_may_be_packed_and_written_in_different_ways(tmp_path: Path, open_paths: OpenTables) -> None:
    """Each is read as it is written."""
    (tmp_path / "log_1.csv").write_text(CSV)
    (tmp_path / "log_2.csv").write_text(CSV.replace(",", ";"))
    (tmp_path / "log_3.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    (tmp_path / "log_4.csv").write_bytes(CSV.encode("utf-16"))
    assert len(read_events(open_paths(tmp_path), log_source())) == 80


def test_parts_with_other_columns_are_tables_of_their_own(tmp_path: Path, open_paths: OpenTables) -> None:
    """A name alone makes no part."""
    (tmp_path / "log_1.csv").write_text(CSV)
    (tmp_path / "log_2.csv").write_text(CSV.replace("what", "event"))
    assert ["log_1", "log_2"] == open_paths(tmp_path).names


def test_a_lone_part_goes_by_the_shared_name_too(tmp_path: Path, open_paths: OpenTables) -> None:
    """A mapping that was written for many weeks reads one week."""
    (tmp_path / "log_2024-01-01.csv").write_text(CSV)
    assert len(read_events(open_paths(tmp_path), log_source())) == 20


def test_two_tables_of_one_name_are_told_apart(tmp_path: Path, open_paths: OpenTables) -> None:
    """The later one is called after its folder too, and that is said."""
    (tmp_path / "log.csv").write_text(CSV)
    write_parquet(tmp_path / "log.parquet")
    tables = open_paths(tmp_path)
    assert ["log", f"{tmp_path.name}_log"] == tables.names
    assert "Two tables would be called 'log'" in tables.notes[0]


def test_all_rows_are_asked_where_the_sample_does_not_tell_day_from_month(
    tmp_path: Path, open_paths: OpenTables
) -> None:
    """One late row settles the format."""
    rows = ["who,when,what", *("a,01/02/2024,view" for _ in range(40_000)), "a,12/25/2024,view"]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    when = open_paths(tmp_path).facts("log").column("when")
    assert when is not None
    assert ("%m/%d/%Y", False) == (when.time_format, when.ambiguous)


def test_a_select_is_a_table(tmp_path: Path, open_paths: OpenTables) -> None:
    """It may use every table of the paths."""
    (tmp_path / "log.csv").write_text(CSV)
    (tmp_path / "people.csv").write_text("id,name\nu0,ann\nu1,bo\nu2,cy\n")
    source = log_source(select='SELECT name AS who, "when", what FROM log JOIN people ON who = id;')
    tables = open_paths(tmp_path)
    assert {"ann", "bo", "cy"} == {row[0] for row in read_events(tables, source)}
    assert ["log", "people"] == sorted(tables.tables_of(source))


def test_a_select_that_cannot_be_run_is_the_mappings_mistake(tmp_path: Path, open_paths: OpenTables) -> None:
    """The error names the source's place and the tables that are there."""
    (tmp_path / "log.csv").write_text(CSV)
    with pytest.raises(DefinitionError) as caught:
        open_paths(tmp_path).facts_for(log_source(select="SELECT * FROM lgo"))
    assert str(caught.value).startswith("sources.yaml:3: The SELECT of source 'log' cannot be run: Catalog Error")
    assert "Tables here: log." in str(caught.value)


def test_a_table_that_is_not_there_is_the_mappings_mistake(tmp_path: Path, open_paths: OpenTables) -> None:
    """The nearest name is offered."""
    (tmp_path / "log.csv").write_text(CSV)
    with pytest.raises(DefinitionError, match=r"sources.yaml:3: .*'lgo', which is not there\. Did you mean 'log'\?"):
        open_paths(tmp_path).facts_for(log_source("lgo"))


def test_malformed_rows_are_set_aside_with_their_numbers(tmp_path: Path, open_paths: OpenTables) -> None:
    """Rows after a malformed one keep the number that they have in the file."""
    odd = 'torn\nu1,2024-01-21,view,extra\nu1,never,view\nu1,2024-01-22,vi"ew"\n,2024-01-23,view\n'
    (tmp_path / "log.csv").write_text(CSV + odd + CSV.split("\n", 1)[1])
    tables, source = open_paths(tmp_path), log_source()
    assert len(read_events(tables, source)) == 43
    assert tables.malformed_count(source) == 2
    expected = [
        ("log.csv", 21, "too few columns", "torn"),
        ("log.csv", 22, "too many columns", "u1,2024-01-21,view,extra"),
        ("log.csv", 23, "the time cannot be read", '{"who":"u1","when":"never","what":"view"}'),
        ("log.csv", 25, "no customer", '{"who":null,"when":"2024-01-23","what":"view"}'),
    ]
    assert expected == read_rejected(tables, source)


def test_rows_are_numbered_in_each_file(tmp_path: Path, open_paths: OpenTables) -> None:
    """A part's rows begin at 1."""
    (tmp_path / "log_1.csv").write_text(CSV)
    (tmp_path / "log_2.csv").write_text("who,when,what\nu1,never,view\n" + CSV.split("\n", 1)[1])
    tables, source = open_paths(tmp_path), log_source()
    read_events(tables, source)
    assert [("log_2.csv", 1)] == [row[:2] for row in read_rejected(tables, source)]


def test_lines_that_are_no_json_are_set_aside(tmp_path: Path, open_paths: OpenTables) -> None:
    """The line is kept as it stands."""
    write_lines(tmp_path / "log.jsonl")
    with (tmp_path / "log.jsonl").open("a") as out:
        out.write('{"who": \n{"who": "z", "when": "2024-02-01", "what": "view"}\n')
    tables, source = open_paths(tmp_path), log_source()
    assert ("z", "view", 0) == read_events(tables, source)[-1]
    assert (1, [("log.jsonl", 21, "the line is not JSON", '{"who": ')]) == (
        tables.malformed_count(source),
        read_rejected(tables, source),
    )


def test_nothing_set_aside_is_an_empty_list(tmp_path: Path, open_paths: OpenTables) -> None:
    """The columns are there all the same."""
    write_parquet(tmp_path / "log.parquet")
    tables, source = open_paths(tmp_path), log_source()
    read_events(tables, source)
    assert [] == tables.con.execute(tables.rejected_select(source, "")).fetchall()


def test_a_table_nobody_has_is_named(tmp_path: Path, open_paths: OpenTables) -> None:
    """Asking for facts of a name that is not there says which are."""
    (tmp_path / "log.csv").write_text(CSV)
    with pytest.raises(IntakeError, match=r"There is no table 'x'\. Known here: log\."):
        open_paths(tmp_path).facts("x")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", b"", "The file is empty."),
        ("log.csv", b"\xef\xbb\xbf", "The file is empty."),
        ("log.csv", b"who,when,what\n", "The file has a header and no rows."),
        ("log.csv", b"who\na\nb\n", "The file has one column only."),
        ("log.csv", bytes(range(256)) * 9, "The file is not text."),
        ("log.csv.gz", gzip.compress(CSV.encode() * 5000)[:-2000], "The file is cut short."),
        ("log.json", b"", "The file is empty."),
        ("log.json", b"hello", "The file is not JSON."),
        ("log.json", b"[1, 2]", "The file holds no JSON records."),
        ("log.json", b'[{"who": "a", "n": 1}, {"who": }]', "The JSON cannot be read: Malformed JSON"),
        ("log.json", '[{"who": "a"}]'.encode("utf-16"), "The JSON file is not UTF-8."),
        ("log.db", b"SQLite format 3\0" + b"x" * 200, "The SQLite database cannot be read."),
    ],
)
def test_bad_input_is_named(tmp_path: Path, open_paths: OpenTables, name: str, content: bytes, message: str) -> None:
    """Each says the file, what is wrong and what to do, and is an error of ours."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IntakeError) as caught:
        open_paths(tmp_path / name).all_facts()
    assert str(caught.value).startswith(f"{tmp_path / name}: {message}")
    assert caught.value.right


@pytest.mark.parametrize(
    ("rows", "message"), [(5000, "The Parquet file is cut short."), (0, "The Parquet file has no rows.")]
)
def test_bad_parquet_is_named(tmp_path: Path, open_paths: OpenTables, rows: int, message: str) -> None:
    """A half copy and an empty table."""
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"who": pa.array(["a"] * rows, pa.string()), "n": pa.array(range(rows), pa.int64())}), path)
    if rows:
        path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(IntakeError, match=message):
        open_paths(path)


def test_a_line_of_ten_megabytes_is_read(tmp_path: Path, open_paths: OpenTables) -> None:
    """A long comment is a comment."""
    (tmp_path / "log.csv").write_text(CSV + "u9,2024-01-21," + "x" * 10_000_000 + "\nu8,2024-01-22,view\n")
    assert ("u8", "view", 0) == read_events(open_paths(tmp_path), log_source())[-1]
