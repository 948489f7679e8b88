"""What `momentwise simulate` does: write a shop whose truth is known, and score the audit against it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from momentwise.errors import IntakeError
from momentwise.loop.audit import Options, run_audit
from momentwise.simulate.scoring import Score, score_findings
from momentwise.simulate.shop import TRUTH, Format, write_shop
from momentwise.simulate.world import World


class Trial(NamedTuple):
    """One seed's score."""

    seed: int
    score: Score
    seconds: float


def make_shop(world: World, out: Path, style: Format, console: Console) -> None:
    """Write a shop with a bar that shows how far it is, and say what to do next.

    Args:
        world: The shop.
        out: The folder, which must be empty or not there, so that nothing old is read with it.
        style: How its tables are written.
        console: Where to show how far it is.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise IntakeError(f"{out} is there already and not empty.", right="Choose another folder, or remove it first.")
    began = time.perf_counter()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("customers", total=world.customers)
        rows = write_shop(out, world, style, watch=lambda done, _: progress.update(task, completed=done))
    took = time.perf_counter() - began
    click.echo(
        f"{rows:,} rows of {world.customers:,} customers are in {out} ({took:.1f} s), the truth in {out / TRUTH}."
    )
    click.echo(f"Audit it: momentwise audit {out}")


def run_trials(worlds: Sequence[World], console: Console) -> list[Trial]:
    """Simulate, audit and score each shop, one line each.

    Args:
        worlds: The shops.
        console: Where to show how it goes on.
    """
    trials = []
    for world in worlds:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="momentwise-") as scratch:
            shop, results = Path(scratch) / "shop", Path(scratch) / "results"
            write_shop(shop, world)
            run_audit([str(shop)], out=results, now_us=time.time_ns() // 1_000, options=Options(report=False))
            truth = msgspec.json.decode((shop / TRUTH).read_bytes())
            findings = msgspec.json.decode((results / "findings.json").read_bytes())["findings"]
        trial = Trial(world.seed, score_findings(truth, findings), time.perf_counter() - began)
        console.print(Text(f"seed {world.seed}: {_in_words(trial.score)} ({trial.seconds:.0f} s)", style="dim"))
        trials.append(trial)
    return trials


def show_trials(trials: Sequence[Trial], console: Console) -> None:
    """Print a table by seed, a table by planted thing, and the totals."""
    console.print(_by_seed(trials))
    names = [found.name for found in trials[0].score.planted]
    if names:
        console.print(_by_plan(trials, names))
    found = sum(trial.score.found for trial in trials)
    planted = sum(len(trial.score.planted) for trial in trials)
    held, stated = (sum(numbers) for numbers in zip(*(trial.score.held for trial in trials), strict=True))
    false = sum(len(trial.score.false) for trial in trials)
    loud = sum(bool(trial.score.false or trial.score.accused) for trial in trials)
    console.print(f"found: {found} of {planted}{_percent(found, planted)}")
    console.print(f"figures of the truth inside the reported intervals: {held} of {stated}{_percent(held, stated)}")
    console.print(f"innocents accused: {sum(len(trial.score.accused) for trial in trials)}")
    console.print(f"false findings: {false}, in {loud} of {len(trials)} runs with innocents")


def trials_json(trials: Sequence[Trial]) -> str:
    """The same as JSON, one record per seed."""
    records = [
        {"seed": trial.seed, "seconds": round(trial.seconds, 2), "recall": trial.score.recall, "score": trial.score}
        for trial in trials
    ]
    return msgspec.json.format(msgspec.json.encode(records), indent=1).decode()


def _percent(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f} %)" if whole else ""


def _in_words(score: Score) -> str:
    false = f", false: {', '.join(score.false)}" if score.false else ""
    accused = f", accused: {', '.join(score.accused)}" if score.accused else ""
    missed = [found.name for found in score.planted if not found.finding]
    return f"found {score.found} of {len(score.planted)}{', missed: ' + ', '.join(missed) if missed else ''}{accused}{false}"


def _by_seed(trials: Sequence[Trial]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("seed", "planted", "found", "truth in interval", "firm findings", "false", "accused", "wrong order"):
        table.add_column(name, justify="right", no_wrap=True)
    for seed, score, _ in trials:
        held, stated = score.held
        counts = (score.firm, len(score.false), len(score.accused), len(score.wrong_order))
        table.add_row(str(seed), str(len(score.planted)), str(score.found), f"{held} of {stated}", *map(str, counts))
    return table


def _by_plan(trials: Sequence[Trial], names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("planted", "found", "middle rank", "truth in interval"):
        table.add_column(name, justify="left" if name == "planted" else "right", no_wrap=True)
    for place, name in enumerate(names):
        each = [trial.score.planted[place] for trial in trials]
        ranks = sorted(one.rank for one in each if one.rank)
        held = [value for one in each for value in one.held.values()]
        middle = str(ranks[len(ranks) // 2]) if ranks else "–"
        table.add_row(name, f"{len(ranks)} of {len(each)}", middle, f"{sum(held)} of {len(held)}")
    return table
