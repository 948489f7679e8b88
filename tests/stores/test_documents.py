"""No record of a JSON file is lost: keys are found wherever they stand, and lines without a record are listed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from momentwise.stores import documents
from momentwise.stores.tables import Tables
from tests.stores.conftest import OpenTables
from tests.stores.test_tables import log_source, read_events, read_rejected


def write(path: Path, records: Iterable[object]) -> Path:
    """JSON lines."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def one(place: int) -> dict[str, object]:
    """A usual record."""
    return {"who": f"c{place % 50}", "what": "view", "when": "2024-01-01T00:00:00Z", "i": place}


def first(tables: Tables, columns: str) -> tuple[object, ...]:
    """The only row of a SELECT of the table."""
    tables.facts("log")
    found = tables.con.execute(f"SELECT {columns} FROM log").fetchone()
    assert found is not None
    return found


def test_records_with_other_keys_after_the_head_are_rows(tmp_path: Path, open_paths: OpenTables) -> None:
    """6,000 records of one kind and 3,000 of another with no key in common: the latter are rejected, not lost."""
    other = ({"user_id": f"u{n}", "type": "tap", "ts": "2024-01-02T00:00:00Z", "n": n} for n in range(3_000))
    tables = open_paths(write(tmp_path / "log.jsonl", [*map(one, range(6_000)), *other]))
    assert first(tables, "count(*), count(who), count(user_id), count(n)") == (9_000, 6_000, 3_000, 3_000)
    source = log_source()
    events, rejected = read_events(tables, source), read_rejected(tables, source)
    assert (len(events), sum(event[2] == 0 for event in events), len(rejected)) == (9_000, 6_000, 3_000)
    assert rejected[0][:2] == ("log.jsonl", 6_001)


def test_lines_without_a_record_are_set_aside(tmp_path: Path, open_paths: OpenTables) -> None:
    """What is JSON but no object, and an object without keys; one without values is a row, a blank line nothing."""
    path = write(tmp_path / "log.jsonl", [one(0), [1, 2], "str", None, 123, {}, {"who": None, "i": None}, one(1)])
    with path.open("a") as out:
        out.write("\n \n")
    tables, source = open_paths(path), log_source()
    assert [event[2] == 0 for event in read_events(tables, source)] == [True, False, True]
    assert tables.malformed_count(source) == 5
    reason = "the line is not a JSON object with keys"
    lines = ["[1, 2]", '"str"', "null", "123", "{}"]
    rejected = sorted(read_rejected(tables, source), key=lambda row: int(str(row[1])))
    assert rejected[:5] == [("log.jsonl", row, reason, line) for row, line in enumerate(lines, 2)]
    assert [row[:2] for row in rejected[5:]] == [("log.jsonl", 7)]


@pytest.mark.parametrize("name", ["log.jsonl", "log.json"])
def test_a_key_that_comes_late_is_a_column(tmp_path: Path, open_paths: OpenTables, name: str) -> None:
    """After 5,000 records: a plain key, a key inside another, and an object where there were plain values."""
    late = {**one(5_500), "outcome": "won", "p": {"a/b": 1}, "i": {"x": 2}}
    records = [*map(one, range(5_500)), late]
    if name == "log.json":
        (tmp_path / name).write_text(json.dumps(records))
    else:
        write(tmp_path / name, records)
    tables = open_paths(tmp_path / name)
    assert first(tables, 'max(outcome), max("p.a/b"), max("i.x"), count(i)') == ("won", "1", "2", 5_500)


def test_a_very_large_file_is_sampled_and_says_so(
    tmp_path: Path, open_paths: OpenTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its records are rows all the same."""
    monkeypatch.setattr(documents, "_LARGEST_WHOLE", 100_000)
    monkeypatch.setattr(documents, "_SAMPLE", 1_000)
    tables = open_paths(write(tmp_path / "log.jsonl", [*map(one, range(9_000)), *({"z": n} for n in range(900))]))
    assert first(tables, "count(*), count(z)") == (9_900, 900)
    assert any("log.jsonl is large: its keys were looked for in its head and in 64 samples" in n for n in tables.notes)


def test_keys_in_other_capital_letters_are_told(tmp_path: Path, open_paths: OpenTables) -> None:
    """The engine knows one column of a name; the first key is it."""
    tables = open_paths(write(tmp_path / "log.jsonl", [*map(one, range(6_000)), {"Who": "x", "what": "view"}]))
    assert first(tables, "count(*), count(who)") == (6_001, 6_000)
    assert "log.jsonl: keys that differ in capital letters only are not read twice; left out: Who." in tables.notes


def test_a_byte_order_mark_costs_no_record(tmp_path: Path, open_paths: OpenTables) -> None:
    """The engine would read the first record of a marked file as one without values."""
    path = write(tmp_path / "log.jsonl", map(one, range(5)))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert first(open_paths(path), "count(*), count(who)") == (5, 5)


def test_keys_of_any_script_are_read(tmp_path: Path, open_paths: OpenTables) -> None:
    """Also where they wrap the records, and one level down."""
    path = tmp_path / "log.json"
    records = [{"qui": "c1", "détail": {"été": place}} for place in range(5)]
    path.write_text(json.dumps({"données": records}, ensure_ascii=False), encoding="utf-8")
    assert first(open_paths(path), 'count(qui), count("détail.été")') == (5, 5)
