"""`make bench`: every figure of speed and memory that Momentwise promises, in one run, beside its target.

    python benchmarks/run.py [--events 20_000_000] [--large] [--skip-peers] [--data FOLDER]

Makes the logs that are not there, then alternates DuckDB's sort (the limit) with our pass, then 1 million
events with the peers, then on demand 200 million. What each figure is stands in `README.md`. Benchmarks are
not tests: a missed target is printed as `over` or `under`, what could not be measured says why, and the exit
code is 0.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measure import Figures, measure

if TYPE_CHECKING:  # `peers` needs DuckDB, and the caller of `measure` should be small
    from peers import PeerRun

HERE = Path(__file__).parent
SMALL_EVENTS = 1_000_000
LARGE_EVENTS = 200_000_000
EVENTS_PER_CUSTOMER = 40
SEED = 7
ROUNDS = 3

# Stages of run.json that are not the pass (read, put customers together, match, write), and those that come after it.
OUTSIDE_THE_PASS = ("open", "findings", "report", "total")
AFTER_THE_PASS = ("findings", "report")
# Where run.json says how fast the automaton was alone: events per second and core, compiled, without reading.
AUTOMATON_RATE = "automaton_events_per_second"


@dataclass(frozen=True)
class Target:
    """What the project promises for one figure.

    Args:
        bound: The number.
        at_most: Whether less is better.
    """

    bound: float
    at_most: bool = True

    def judge(self, found: float) -> str:
        """PASS, or on which side of the bound the figure is wrong."""
        if self.at_most:
            return "PASS" if found <= self.bound else "over"
        return "PASS" if found >= self.bound else "under"

    def __str__(self) -> str:
        """The bound as the table shows it."""
        return f"{'<=' if self.at_most else '>='} {self.bound:g}"


@dataclass(frozen=True)
class Line:
    """One line of the result.

    Args:
        figure: What was measured.
        found: The number; `None` where it could not be measured.
        unit: Of the number.
        target: What it should be; `None` where nothing is promised.
        note: What a reader should know beside it.
    """

    figure: str
    found: float | None
    unit: str
    target: Target | None = None
    note: str = ""


@dataclass(frozen=True)
class PassRun:
    """What one run of our pass cost.

    Args:
        figures: Of the whole process.
        seconds: Wall seconds of the pass alone: no start of Python, no imports, no findings, no report.
        telling: Wall seconds of all that comes after it: findings and report.
        stages: Wall seconds by stage, as run.json says.
        automaton_rate: Events per second and core of the automaton alone; `None` where run.json is silent.
    """

    figures: Figures
    seconds: float
    telling: float
    stages: dict[str, float]
    automaton_rate: float | None


@dataclass(frozen=True)
class LimitRun:
    """What one run of the limit cost; `seconds` leaves out the start of Python and the imports."""

    figures: Figures
    seconds: float


class MeasurementError(RuntimeError):
    """A command ended with an error; the text says which and with what."""


def main() -> None:
    """Runs what was asked for and prints the table."""
    asked = _arguments()
    log = make_log_once(asked.data / "log.parquet", asked.events)
    small = make_log_once(asked.data / "1m" / "log.parquet", SMALL_EVENTS)
    print_machine()
    lines: list[Line] = []
    first: PassRun | None = None
    try:
        run_pass(small)  # not counted: compiles, and fills the compiler's cache
        lines_of_log, first = compare_with_limit(log, asked.events)
        lines += lines_of_log
    except MeasurementError as trouble:
        lines.append(Line("our pass", None, "", note=str(trouble)))
        lines += measure_limit_alone(log)
    if not asked.skip_peers:
        lines += compare_with_peers(small)
    if asked.large:
        lines += measure_growth(asked.data / "large" / "log.parquet", first, asked.events)
    print_lines(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures speed and memory against what the project promises.")
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE_EVENTS:,} events (2 GB on disk, minutes)")
    parser.add_argument("--skip-peers", action="store_true", help="leave retentioneering and pm4py out")
    parser.add_argument("--data", type=Path, default=HERE / ".data", help="where logs and results go")
    return parser.parse_args()


def make_log_once(path: Path, events: int) -> Path:
    """The log of that many events, made where it is absent, of another size or of other columns."""
    from make_log import SCHEMA
    from pyarrow import parquet

    if path.exists():
        known = parquet.read_metadata(path)
        if known.num_rows == events and known.schema.to_arrow_schema().names == SCHEMA.names:
            return path
    say(f"making a log of {events:,} events …")
    customers = max(1, events // EVENTS_PER_CUSTOMER)
    command = [sys.executable, str(HERE / "make_log.py"), "--out", str(path), "--seed", str(SEED)]
    made = measure([*command, "--events", str(events), "--customers", str(customers)])
    if made.code:
        raise SystemExit(f"The log could not be made: {made.last_error_line}")
    say(made.out.strip())
    return path


def run_pass(log: Path) -> PassRun:
    """Our pass over the log, in a process of its own.

    Raises:
        MeasurementError: The audit ended with an error, or left no run.json.
    """
    out = log.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    files = ["--sources", str(HERE / "sources.yaml"), "--playbook", str(HERE / "playbook.yaml")]
    command = [
        sys.executable,
        "-m",
        "momentwise.cli",
        "audit",
        str(log),
        *files,
        "--out",
        str(out),
    ]
    figures = measure(command)
    if figures.code or not (out / "run.json").exists():
        raise MeasurementError(f"the audit ended with {figures.code}: {figures.last_error_line}")
    found: dict[str, Any] = json.loads((out / "run.json").read_text())  # JSON has no type
    stages: dict[str, float] = found["seconds"]
    seconds = sum(took for stage, took in stages.items() if stage not in OUTSIDE_THE_PASS)
    telling = sum(stages.get(stage, 0.0) for stage in AFTER_THE_PASS)
    return PassRun(figures, seconds, telling, stages, found.get(AUTOMATON_RATE))


def run_limit(log: Path, *more: str) -> LimitRun:
    """DuckDB's sort of the log, in a process of its own."""
    figures = measure([sys.executable, str(HERE / "limit.py"), str(log), *more])
    if figures.code:
        raise MeasurementError(f"the limit ended with {figures.code}: {figures.last_error_line}")
    return LimitRun(figures, json.loads(figures.out)["seconds"])


def compare_with_limit(log: Path, events: int) -> tuple[list[Line], PassRun]:
    """Limit and pass in turn, and the median run of the pass."""
    run_limit(log, "--check")  # not counted: looks at every row, and warms the file
    rounds: list[tuple[LimitRun, PassRun]] = []
    for number in range(1, ROUNDS + 1):
        limit, ours = run_limit(log), run_pass(log)
        rounds.append((limit, ours))
        say(
            f"round {number}: limit {limit.seconds:.2f} s wall, {limit.figures.cpu:.2f} s CPU;"
            f" ours {ours.seconds:.2f} s wall, {ours.figures.cpu:.2f} s CPU"
        )
    passes = sorted((ours for _, ours in rounds), key=lambda ours: ours.seconds)
    middle = passes[len(passes) // 2]
    return [*_limit_lines([limit for limit, _ in rounds]), *_pass_lines(rounds, middle, events)], middle


def measure_limit_alone(log: Path) -> list[Line]:
    """The limit without us to compare with."""
    try:
        run_limit(log, "--check")
        return _limit_lines([run_limit(log) for _ in range(ROUNDS)])
    except MeasurementError as trouble:
        return [Line("limit", None, "", note=str(trouble))]


def _limit_lines(limits: Sequence[LimitRun]) -> list[Line]:
    return [
        Line("limit, wall", statistics.median(run.seconds for run in limits), "s", note=_range(limits)),
        Line("limit, CPU, whole process", statistics.median(run.figures.cpu for run in limits), "s"),
        Line("limit, peak memory", max(run.figures.peak_bytes for run in limits) / 1e9, "GB"),
    ]


def _range(runs: Sequence[LimitRun] | Sequence[PassRun]) -> str:
    """The least and the most wall seconds of some runs."""
    seconds = [run.seconds for run in runs]
    return f"{min(seconds):.2f}–{max(seconds):.2f}"


def _pass_lines(rounds: list[tuple[LimitRun, PassRun]], middle: PassRun, events: int) -> list[Line]:
    passes = [ours for _, ours in rounds]
    walls = [ours.seconds / limit.seconds for limit, ours in rounds]
    wholes = [ours.figures.wall / limit.figures.wall for limit, ours in rounds]
    cpus = [ours.figures.cpu / limit.figures.cpu for limit, ours in rounds]
    shares = [ours.telling / ours.seconds for ours in passes]
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in middle.stages.items())
    rate = middle.automaton_rate
    peak = max(ours.figures.peak_bytes for ours in passes) / 1e9
    million = Target(10, at_most=False)
    return [
        Line("ours, wall of the pass", middle.seconds, "s", note=f"{_range(passes)}; {stages}"),
        Line("ours, CPU, whole process", statistics.median(ours.figures.cpu for ours in passes), "s"),
        Line("pass / limit, wall", statistics.median(walls), "x", Target(1.5), f"least {min(walls):.2f}"),
        Line("findings and report, wall", middle.telling, "s", note="all that comes after the pass"),
        Line("findings and report / pass", statistics.median(shares), "x", Target(0.3), f"least {min(shares):.2f}"),
        Line(
            "pass / limit, wall, whole process",
            statistics.median(wholes),
            "x",
            None,
            f"least {min(wholes):.2f}",
        ),
        Line("pass / limit, CPU, whole process", statistics.median(cpus), "x", None, f"least {min(cpus):.2f}"),
        Line(
            "automaton alone, per core",
            rate and rate / 1e6,
            "M/s",
            million,
            "" if rate else "not in run.json",
        ),
        Line(f"peak memory at {events:,}", peak, "GB", Target(3.0)),
    ]


def compare_with_peers(small: Path) -> list[Line]:
    """Our pass and the peers on the same million events, in turn; the fastest run of each counts."""
    from peers import print_peers, run_peers

    peers: list[list[PeerRun]] = []
    passes: list[PassRun] = []
    alone: list[float] = []
    trouble = ""
    for number in range(1, ROUNDS + 1):
        say(f"peers, round {number} …")
        try:
            peers.append(run_peers(small))
            passes.append(run_pass(small))
            alone.append(run_alone(small))
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            trouble = str(error)
            break
    fastest = [min(runs, key=lambda run: run.seconds) for runs in zip(*peers, strict=True)]
    print_peers(fastest)
    if not alone:
        return [Line("peers / ours", None, "", note=trouble)]
    ours = min(passes, key=lambda run: run.seconds)
    seconds = min(alone)
    lines = [
        Line(f"ours at {SMALL_EVENTS:,}, wall of the pass", ours.seconds, "s", note=_range(passes)),
        Line(
            f"ours at {SMALL_EVENTS:,}, as the peers are timed", seconds, "s", note="from memory, conditions evaluated"
        ),
    ]
    return lines + [_peer_line(run, ours, seconds) for run in fastest]


def run_alone(small: Path) -> float:
    """Seconds of our pass over events in memory whose conditions are evaluated, as the peers have them."""
    command = [sys.executable, str(HERE / "ours.py"), str(small)]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["seconds"])


def _peer_line(run: PeerRun, ours: PassRun, seconds: float) -> Line:
    name = f"{run.peer.name} {run.way}".strip()
    whole = run.figures.wall / ours.figures.wall
    note = f"whole process, file to answer: {whole:.1f} x wall, {run.figures.cpu / ours.figures.cpu:.1f} x CPU"
    if run.is_nearest:
        return Line(f"{name} / ours, wall", run.seconds / seconds, "x", Target(20, at_most=False), note)
    return Line(f"{name} / ours, wall", run.seconds / seconds, "x", None, f"{note}; further from a moment")


def measure_growth(path: Path, first: PassRun | None, events: int) -> list[Line]:
    """Time per event and peak memory at 200 million events."""
    log = make_log_once(path, LARGE_EVENTS)
    try:
        ours = run_pass(log)
    except MeasurementError as trouble:
        return [Line(f"ours at {LARGE_EVENTS:,}", None, "", note=str(trouble))]
    growth = None if first is None else (ours.seconds / LARGE_EVENTS) / (first.seconds / events)
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in ours.stages.items())
    return [
        Line(f"ours at {LARGE_EVENTS:,}, wall of the pass", ours.seconds, "s", note=stages),
        Line("time per event, large / small", growth, "x", Target(1.3)),
        Line("findings and report / pass, large", ours.telling / ours.seconds, "x"),
        Line(f"peak memory at {LARGE_EVENTS:,}", ours.figures.peak_bytes / 1e9, "GB", Target(6.0)),
    ]


def print_machine() -> None:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB")
    names = ("momentwise", "duckdb", "numba", "numpy", "pyarrow")
    print(", ".join([f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in names)]))
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def print_lines(lines: Sequence[Line]) -> None:
    """The result, one line for each figure."""
    print()
    print(f"{'figure':<38}{'found':>10} {'unit':<12}{'target':<9}{'':<7}note")
    for line in lines:
        found = "-" if line.found is None else f"{line.found:.2f}"
        verdict = "" if line.target is None or line.found is None else line.target.judge(line.found)
        target = "" if line.target is None else str(line.target)
        print(f"{line.figure:<38}{found:>10} {line.unit:<12}{target:<9}{verdict:<7}{line.note}".rstrip())
    print("load average at the end " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


def say(text: str) -> None:
    """Progress, apart from the result."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
