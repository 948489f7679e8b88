"""Whatever happens to a run on its way, its folder of results is whole, and of one run, or not there."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from momentwise.stores.results import Results
from tests.conftest import (
    PAY,
    SOURCES,
    WHOLE,
    Command,
    Run,
    audited,
    command,
    counts,
    holds_nothing,
    names_in,
    pay_rows,
)

STOPPED = (130, -signal.SIGINT)  # a shell says 130 for both


@pytest.mark.parametrize("limit", [0, 500, 3_000, 20_000, 40_000])
def test_a_disk_that_fills_up(spawn: Run, shop: Command, out: Path, limit: int) -> None:
    """At whatever byte nothing more can be written, that is said, and nothing is left that looks whole."""
    said = spawn(*shop(pay_rows(50)), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert said.code == 2
    assert "can be written" in said.text
    assert "--out" in said.text
    assert holds_nothing(out)


def test_a_full_disk_of_its_own(run: Run, shop: Command, tmp_path: Path) -> None:
    """A real disk without room gives the same message."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk may not be mounted here")
    try:
        said = run(*shop(pay_rows(50)), "--out", disk / "out")
        assert said.code == 2
        assert f"{disk}/out: Nothing more can be written: No space left on device." in said.text
        assert holds_nothing(disk / "out")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_scratch_disk_that_fills_up(
    run: Run, shop: Command, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place for temporary files that does not exist is named."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    said = run(*shop(pay_rows(50)))
    assert said.code == 2
    assert "Nothing can be written here: No such file or directory." in said.text
    assert holds_nothing(out)


def test_a_file_in_the_place_of_the_results(run: Run, shop: Command, out: Path) -> None:
    """A file where the folder should be is left alone, and that is said."""
    out.write_text("mine")
    for target in (out, out / "deeper"):
        said = run(*shop(pay_rows(9)), "--out", target)
        assert said.code == 2
        assert f"{target}: There is a file where a folder is needed. Choose another folder with --out." in said.text
    assert out.read_text() == "mine"


def test_a_folder_that_may_not_be_written(run: Run, shop: Command) -> None:
    """A place where nobody may write is named."""
    said = run(*shop(pay_rows(9)), "--out", "/proc/results")
    assert said.code == 2
    assert "/proc/results: Nothing can be written here: " in said.text


def test_results_among_the_data(run: Run, shop: Command, tmp_path: Path) -> None:
    """A folder of data does not take the results: they would be read as data, and a mapping there written over."""
    shop(pay_rows(9))
    mine = (tmp_path / "sources.yaml").read_text()
    said = run("audit", tmp_path, "--out", tmp_path)
    assert said.code == 2
    assert "The results would lie among the data." in said.text
    said = run("audit", tmp_path / "*.csv", "--playbook", tmp_path / "playbook.yaml", "--out", tmp_path)
    assert said.code == 2
    assert "holds a sources.yaml that no audit wrote" in said.text
    assert mine == (tmp_path / "sources.yaml").read_text()
    assert names_in(tmp_path) == ["events.csv", "playbook.yaml", "sources.yaml"]


def test_results_in_a_folder_inside_the_data(run: Run, shop: Command, tmp_path: Path) -> None:
    """Results in a folder of their own below the data are known again, so that a second run reads the same."""
    shop(pay_rows(9))
    for _ in range(2):
        said = run("audit", tmp_path, "--out", tmp_path / "out")
        assert said.code == 0, said.text
        assert "18 events of 9 customers" in said.text
    assert f"Left out, results of an audit: {tmp_path}/out." in " ".join(said.text.split()).replace("/ ", "/")


def test_a_later_failure_leaves_earlier_results_alone(run: Run, shop: Command, out: Path) -> None:
    """Results stay byte for byte when a later run into their folder fails."""
    audited(run, shop(pay_rows(50)), out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    for content in ("", "customer,at,event\n", pay_rows(9, "2999-01-01")):
        assert run(*shop(content)).code == 2
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}


def test_a_report_of_an_earlier_run_does_not_stay(run: Run, shop: Command, out: Path) -> None:
    """A run without a report takes the report of other numbers away."""
    audited(run, shop(pay_rows(50)), out)
    assert run(*shop(pay_rows(9)), "--no-report").code == 0
    assert not (out / "report.html").exists()
    assert Results(out).run()["occurrences"] == 9


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes seconds to audit, with a playbook beside it."""
    folder = tmp_path_factory.mktemp("big")
    rows, draw = 2_000_000, np.random.default_rng(1)
    at = 1_700_000_000_000_000 + np.sort(draw.integers(0, 10**6, rows)) * 1_000_000
    table = {
        "customer": pa.array(np.char.add("c", draw.integers(0, 200_000, rows).astype(str))),
        "at": pa.array(at, pa.timestamp("us", "UTC")),
        "event": pa.array(np.array(["pay_clicked", "paid", "declined", "seen"])[draw.integers(0, 4, rows)]),
    }
    pq.write_table(pa.table(table), folder / "events.parquet")
    (folder / "playbook.yaml").write_text(PAY)
    (folder / "sources.yaml").write_text(SOURCES)
    return folder


def begin(big: Path, out: Path, scratch: Path) -> subprocess.Popen[bytes]:
    """An audit under way, once it has begun to write."""
    scratch.mkdir(exist_ok=True)
    words = command(["audit", big, "--out", out])
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(scratch)}
    )
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until and not list(out.glob(".unfinished-*")):
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0.05, 0.5, 1.0])
def test_stopped_in_the_middle(big: Path, out: Path, tmp_path: Path, sent: signal.Signals, after: float) -> None:
    """Ctrl-C at any point says that it stopped, exits with 130, and leaves no file and no temporary folder."""
    process = begin(big, out, tmp_path / "scratch")
    time.sleep(after)
    process.send_signal(sent)
    _, error = process.communicate(timeout=60)
    assert process.returncode in STOPPED, error
    assert error.decode() == "\nStopped. No result was written.\n"
    assert holds_nothing(out)
    assert names_in(tmp_path / "scratch") == []


def test_killed_in_the_middle(run: Run, big: Path, shop: Command, out: Path, tmp_path: Path) -> None:
    """However a run is killed, the folder holds the old results or the new ones, and what it left is swept away."""
    audited(run, shop(pay_rows(50)), out)
    for after in (0.0, 0.4, 0.9, 1.6):
        process = begin(big, out, tmp_path / "scratch")
        time.sleep(after)
        process.kill()
        process.communicate()
        found = Results(out)
        assert found.run()["occurrences"] == found.table("occurrences").num_rows
    audited(run, shop(pay_rows(50)), out)
    assert counts(out) == {"completed": 50}


def test_two_runs_at_once_into_one_folder(big: Path, out: Path, tmp_path: Path, run: Run, shop: Command) -> None:
    """The second of two runs neither sweeps the first one's files away nor mixes with them."""
    process = begin(big, out, tmp_path / "scratch")
    assert run(*shop(pay_rows(50))).code == 0
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    found = Results(out)
    assert found.run()["occurrences"] == found.table("occurrences").num_rows > 50
    assert list(WHOLE) == names_in(out)
