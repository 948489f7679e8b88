"""What the tests of `loop` and `cli` share: the command line as a user has it, and a small shop's mapping and playbook."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import settings

from momentwise.cli import main
from momentwise.stores.results import Results

# The first example of a property may have to compile the pass, which takes seconds.
settings.register_profile("momentwise", deadline=None)
settings.load_profile("momentwise")

SOURCES = "sources:\n  events: {table: events, customer: customer, at: at, event: event}\n"
PAY = """\
moment: pay
intent: buy
stage: decision
archetype: friction
start: pay_clicked
complete: {event: paid, within: 1h}
escalate: {event: ticket_opened, within: 1d}
fail: declined
abandon_after: 1d
"""
WHOLE = (
    "exposures.parquet", "findings.json", "flow.parquet", "limits.json", "occurrences.parquet", "rejected.parquet", "report.html", "run.json",
    "scores.parquet", "signals.parquet", "sources.yaml", "words.parquet",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a command answered: its exit code, everything that it printed, and standard output alone."""

    code: int
    text: str
    out: str


Run = Callable[..., Said]
Command = Callable[..., list[str]]


@pytest.fixture
def run() -> Run:
    """A function that runs the command line in this process; an error that is no message fails the test."""

    def invoke(*arguments: object) -> Said:
        found = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        assert "Traceback" not in found.output
        return Said(found.exit_code, found.output, found.stdout)

    return invoke


@pytest.fixture
def spawn() -> Run:
    """A function that runs the command line as a process of its own, for what needs a signal, a limit or a pipe."""

    def start(*arguments: object, **options: object) -> Said:
        done = subprocess.run(command(arguments), capture_output=True, check=False, timeout=60, **options)  # type: ignore[call-overload]  # keywords
        out, error = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        assert "Traceback" not in error, error
        return Said(done.returncode, out + error, out)

    return start


def command(arguments: Sequence[object]) -> list[str]:
    """The command line as a list of words, run by this Python."""
    return [sys.executable, "-m", "momentwise.cli", *map(str, arguments)]


@pytest.fixture
def shop(tmp_path: Path) -> Command:
    """A function that writes a file with the shop's mapping and playbook, and gives the words of an audit of it."""

    def write(
        content: str | bytes, *, name: str = "events.csv", sources: str = SOURCES, playbook: str = PAY
    ) -> list[str]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        words = ["audit", str(path), "--out", str(tmp_path / "out")]
        for option, text in (("sources", sources), ("playbook", playbook)):
            if text:
                (tmp_path / f"{option}.yaml").write_text(text, encoding="utf-8")
                words += [f"--{option}", str(tmp_path / f"{option}.yaml")]
        return words

    return write


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder that the audits of `shop` write into."""
    return tmp_path / "out"


def pay_rows(customers: int, day: str = "2026-01-01", header: str = "customer,at,event\n") -> str:
    """A CSV of customers who click to pay and have paid thirty seconds later."""
    rows = (
        f"c{number},{day} 10:{number % 60:02d}:{second},{event}\n"
        for number in range(customers)
        for second, event in (("00", "pay_clicked"), ("30", "paid"))
    )
    return header + "".join(rows)


def holds_nothing(out: Path) -> bool:
    """Whether a folder of results is not there or empty, hidden files included."""
    return not out.exists() or not names_in(out)


def names_in(folder: Path) -> list[str]:
    """The names of everything in a folder, hidden files included, sorted."""
    return sorted(path.name for path in folder.iterdir())


def audited(run: Run, words: list[str], out: Path) -> Said:
    """What an audit said that must have gone well."""
    said = run(*words)
    assert said.code == 0, said.text
    assert list(WHOLE) == names_in(out)
    return said


def counts(out: Path) -> dict[str, int]:
    """How many occurrences have each outcome."""
    found = Results(out).table("occurrences")["outcome"].to_pylist()
    return {outcome: found.count(outcome) for outcome in sorted(set(found))}
