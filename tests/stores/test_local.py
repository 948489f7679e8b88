"""The local host: DuckDB evaluates, customers are put together, the compiled pass runs; it says what the reference says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from momentwise.define.evaluate import Column
from momentwise.define.playbook import Playbook
from momentwise.detect.cases import Case, draw_case
from momentwise.detect.conformance import Found, Host, check, read_occurrences, read_signals, reference_host
from momentwise.detect.plan import compile_plan
from momentwise.stores.local import LocalPass
from momentwise.stores.spill import Spill

TEXTS = ("channel", "order", "session", "text", "page", "element", "device", "due")
NUMBERS = ("amount", "x", "y")
COLUMNS = {
    **{name: Column(f'"{name}"', "text") for name in TEXTS},
    **{name: Column(f'"{name}"', "number") for name in NUMBERS},
}
SCHEMA = pa.schema(
    [
        ("customer", pa.string()), ("at", pa.int64()), ("event", pa.string()), ("reason", pa.uint8()),
        ("identity", pa.uint64()), *((name, pa.string()) for name in TEXTS), *((name, pa.float64()) for name in NUMBERS),
    ]
)  # fmt: skip


def local_host(scratch: Path, memory_bytes: int) -> Host:
    """The whole local host, without the reading of files."""

    def host(case: Case) -> Found:
        rows = [{**event.read(), "reason": 0, "identity": event.arrival} for event in case.events]
        running = LocalPass(compile_plan(case.playbook, case.properties), scratch, memory_bytes)
        running.limits = case.limits
        found: Found = ([], [])
        with duckdb.connect() as connection:
            connection.register("events", pa.Table.from_pylist(rows, schema=SCHEMA))
            counted = running.read(connection, "SELECT * FROM events", COLUMNS, lambda _: None)
        assert len(case.events) == counted.events == running.events
        for bucket in running.results(case.data_end):
            found[0].extend(read_occurrences(pa.table(bucket.occurrences)))
            found[1].extend(read_signals(pa.table(bucket.signals)))
        running.close()
        return found

    return host


@pytest.mark.parametrize("memory_bytes", [1 << 20, 0], ids=["in memory", "on disk"])
def test_the_local_host_says_what_the_reference_says(tmp_path: Path, memory_bytes: int) -> None:
    """Conditions as columns, counting placement and the compiled pass give identical occurrences and signals."""
    check(local_host(tmp_path, memory_bytes), cases=150)


def test_a_plan_of_many_conditions_needs_more_than_one_word(tmp_path: Path) -> None:
    """A hundred and more conditions are spread over several words of bits, and nothing changes."""
    cases = [draw_case(seed) for seed in range(200, 260)]
    moments = [moment for case in cases for moment in case.playbook.moments]
    renamed = tuple(
        msgspec.structs.replace(moment, name=f"m{place}", version=1, since_us=None)
        for place, moment in enumerate(moments)
    )
    playbook = Playbook(renamed)
    assert compile_plan(playbook).words > 1
    for case in cases[:4]:
        renamed_case = replace(case, playbook=playbook)
        wanted, found = reference_host(renamed_case), local_host(tmp_path, 1 << 20)(renamed_case)
        assert sorted(wanted[0], key=repr) == sorted(found[0], key=repr)


def test_rows_with_a_reason_are_counted_and_not_used(tmp_path: Path) -> None:
    """A row that is set aside reaches no record, and its reason is counted."""
    rows = [
        {"customer": "a", "at": 1, "event": "b", "reason": 0, "identity": 1},
        {"customer": None, "at": 2, "event": "b", "reason": 1, "identity": 2},
        {"customer": "a", "at": None, "event": "b", "reason": 2, "identity": 3},
        {"customer": "a", "at": None, "event": "b", "reason": 2, "identity": 4},
    ]
    running = LocalPass(compile_plan(draw_case(1).playbook), tmp_path)
    with duckdb.connect() as connection:
        connection.register("events", pa.Table.from_pylist(rows, schema=SCHEMA))
        counted = running.read(connection, "SELECT * FROM events", COLUMNS, lambda _: None)
    assert {1: 1, 2: 2} == counted.rejected
    assert (4, 1) == (counted.candidates, counted.events)
    assert (1, 1) == (running.earliest, running.latest)
    assert [("b", 1)] == running.event_counts(5)


@pytest.mark.parametrize("memory_bytes", [0, 1_000, 1 << 30])
def test_a_spill_gives_back_what_it_was_given(tmp_path: Path, memory_bytes: int) -> None:
    """Bucket by bucket, in order of arrival, from memory or from disk; and it leaves no file behind."""
    random = np.random.default_rng(5)
    wanted: dict[int, list[list[int]]] = {bucket: [] for bucket in range(256)}
    with Spill(3, tmp_path, memory_bytes) as spill:
        for _ in range(6):
            buckets = np.sort(random.integers(0, 256, 50))
            records = random.integers(0, 1_000, (50, 3))
            starts = np.searchsorted(buckets, np.arange(257)).astype(np.int64)
            spill.add(records, starts)
            for bucket, record in zip(buckets.tolist(), records.tolist(), strict=True):
                wanted[bucket].append(record)
        assert wanted == {bucket: spill.bucket(bucket).tolist() for bucket in range(256)}
        assert (memory_bytes < 6 * 50 * 3 * 8) == spill.is_on_disk
        assert 300 == spill.rows
    assert [] == list(tmp_path.iterdir())
