"""Runs retentioneering and pm4py on the moments of the benchmark, as nearly as each can, on the same events.

    python benchmarks/peers.py benchmarks/.data/1m/log.parquet

Each lives in a virtual environment of its own beside this file, made here with pinned names and never a
dependency of Momentwise (pm4py stands under the AGPL). All that could slow a peer down for reasons that are
not its own is done for it beforehand and not timed: conditions are evaluated by DuckDB and become part of the
event's name (`ticket_opened~4`), the file holds only the columns that it needs, it is read before the clock
starts, and telemetry is off. The scripts in `peer/` say which of its functions stand for a moment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from measure import Figures, measure

from momentwise.define.evaluate import Column, quote, to_sql
from momentwise.define.moment import Moment, Trigger
from momentwise.define.predicate import Predicate, write_predicate
from momentwise.define.reading import read_playbook

HERE = Path(__file__).parent
COLUMNS = {
    "amount": Column("amount", "number"),
    "channel": Column("channel", "text"),
    "page": Column("page", "text"),
}


@dataclass(frozen=True)
class Peer:
    """One tool to compare with.

    Args:
        name: As people know it.
        requirement: What pip installs, pinned.
        script: In `peer/`.
        ways: Arguments for the script. The first is nearest to a moment and counts; others are printed too.
        cannot: What of a moment it has no word for.
    """

    name: str
    requirement: str
    script: str
    ways: tuple[str, ...]
    cannot: str

    @property
    def environment(self) -> Path:
        """The folder of its virtual environment."""
        return HERE / f".venv-peers-{self.name}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.environment / "bin" / "python"


PEERS = (
    Peer(
        "retentioneering",
        "retentioneering==5.2.4",
        "ask_retentioneering.py",
        ("",),
        "one answer per path, for the first start alone: no second occurrence, no retries; each end asked"
        " by itself, so no first of several ends; no abandoned, no open (censored); no condition on"
        " fields; a ticket without an order id is lost to the orders; no rage clicks",
    ),
    Peer(
        "pm4py",
        "pm4py==2.7.23.11",
        "ask_pm4py.py",
        ("between", "follows"),
        "completed sub-cases alone: starts without an end vanish, so no rate; each end asked by itself,"
        " so no first of several ends; no abandoned, no open (censored); no retries; no condition on"
        " several fields; a ticket without an order id is lost to the orders; no rage clicks",
    ),
)


@dataclass(frozen=True)
class PeerRun:
    """What one peer took in one of its ways.

    Args:
        peer: Which.
        way: The argument of its script; empty where there is one way.
        seconds: Wall seconds of its own work: no imports, no reading of the file.
        cpu_seconds: CPU seconds of the same.
        report: All that the script printed.
        figures: Of the whole process.
    """

    peer: Peer
    way: str
    seconds: float
    cpu_seconds: float
    report: dict[str, Any]  # the script's own JSON
    figures: Figures

    @property
    def is_nearest(self) -> bool:
        """Whether this is the way that comes nearest to a moment."""
        return self.way == self.peer.ways[0]


def run_peers(log: Path) -> list[PeerRun]:
    """Every way of every peer on one log, one after the other, in the order of `PEERS`."""
    job = log.parent / "peers"
    prepare_job(log, job)
    return [run_peer(peer, way, job) for peer in PEERS for way in peer.ways]


def run_peer(peer: Peer, way: str, job: Path) -> PeerRun:
    """One way of one peer, in its own environment.

    Raises:
        RuntimeError: It ended with an error.
        subprocess.CalledProcessError: It could not be installed.
    """
    make_environment(peer)
    command = [str(peer.python), str(HERE / "peer" / peer.script), str(job), way]
    figures = measure(command, env={**os.environ, "RETENTIONEERING_NO_TRACK": "1"})
    if figures.code:
        raise RuntimeError(f"{peer.name} {way} ended with {figures.code}: {figures.last_error_line}")
    report = json.loads(figures.out.strip().splitlines()[-1])
    return PeerRun(peer, way, report["seconds"], report["cpu_seconds"], report, figures)


def make_environment(peer: Peer) -> None:
    """Makes the peer's virtual environment where the pinned version is not there yet."""
    stamp = peer.environment / "installed.txt"
    if stamp.exists() and stamp.read_text() == peer.requirement:
        return
    print(f"installing {peer.requirement} into {peer.environment.name} …", file=sys.stderr)
    venv.create(peer.environment, with_pip=True)
    subprocess.run([peer.python, "-m", "pip", "install", "--quiet", peer.requirement, "pyarrow"], check=True)
    stamp.write_text(peer.requirement)


def prepare_job(log: Path, job: Path) -> None:
    """Writes `events.parquet` and `questions.json` for the peers' scripts."""
    job.mkdir(parents=True, exist_ok=True)
    moments = read_playbook(HERE / "playbook.yaml").moments
    conditions = _conditions(moments)
    con = duckdb.connect()
    events = job / "events.parquet"
    con.execute(
        f'COPY (SELECT customer, "at", {_refined_name_sql(conditions)} AS event, order_id '
        f"FROM read_parquet({quote(str(log))}) ORDER BY event_id) TO {quote(str(events))} (FORMAT parquet)"
    )
    distinct = f"SELECT DISTINCT event FROM read_parquet({quote(str(events))}) ORDER BY 1"
    names = [name for (name,) in con.execute(distinct).fetchall()]
    questions = [_question(moment, names, list(conditions)) for moment in moments]
    (job / "questions.json").write_text(json.dumps(questions, indent=1))


def _conditions(moments: tuple[Moment, ...]) -> dict[str, tuple[Predicate, set[str]]]:
    """Every distinct condition by its text, with the events that it is asked of."""
    conditions: dict[str, tuple[Predicate, set[str]]] = {}
    for moment in moments:
        for trigger in moment.triggers:
            if trigger.where is not None:
                text = write_predicate(trigger.where)
                conditions.setdefault(text, (trigger.where, set()))[1].update(trigger.events)
    return conditions


def _refined_name_sql(conditions: dict[str, tuple[Predicate, set[str]]]) -> str:
    """The event's name, followed by ~ and a number whose bits are the conditions that it fulfils, if any."""
    bits = []
    for bit, (predicate, events) in enumerate(conditions.values()):
        asked = ", ".join(f"'{event}'" for event in sorted(events))
        bits.append(f"CASE WHEN event IN ({asked}) AND ({to_sql(predicate, COLUMNS)}) THEN {1 << bit} ELSE 0 END")
    mask = " + ".join(bits) or "0"
    return f"event || CASE WHEN ({mask}) > 0 THEN '~' || ({mask}) ELSE '' END"


def _question(moment: Moment, names: list[str], conditions: list[str]) -> dict[str, object]:
    """The moment as `peer/job.py` reads it; every trigger is a list of refined names."""
    ends = [
        {
            "outcome": outcome,
            "events": _names_of(trigger, names, conditions),
            "within_seconds": (trigger.within_us or moment.abandon_after_us) / 1e6,
        }
        for outcome, triggers in moment.ends
        for trigger in triggers
    ]
    start = [name for trigger in moment.start for name in _names_of(trigger, names, conditions)]
    return {"moment": moment.name, "keyed": moment.by is not None, "start": start, "ends": ends}


def _names_of(trigger: Trigger, names: list[str], conditions: list[str]) -> list[str]:
    needed = 1 << conditions.index(write_predicate(trigger.where)) if trigger.where is not None else 0
    split = [(name, *name.partition("~")[::2]) for name in names]
    return [name for name, event, mask in split if event in trigger.events and int(mask or 0) & needed == needed]


def print_peers(runs: list[PeerRun]) -> None:
    """A line for each run, and what each peer could not do."""
    print(f"{'peer':<17}{'version':<12}{'way':<10}{'wall s':>8}{'CPU s':>8}{'peak GB':>9}")
    for run in runs:
        print(
            f"{run.peer.name:<17}{run.report['version']:<12}{run.way:<10}"
            f"{run.seconds:>8.2f}{run.cpu_seconds:>8.2f}{run.figures.peak_bytes / 1e9:>9.2f}"
        )
    for peer in PEERS:
        print(f"{peer.name} cannot: {peer.cannot}.")


def _main() -> None:
    parser = argparse.ArgumentParser(description="Times the peers on the benchmark's moments.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--details", action="store_true", help="print seconds for each moment and what was counted")
    asked = parser.parse_args()
    runs = run_peers(asked.log)
    print_peers(runs)
    if asked.details:
        for run in runs:
            print(json.dumps({"peer": run.peer.name, "way": run.way, **run.report}, indent=1))


if __name__ == "__main__":
    _main()
