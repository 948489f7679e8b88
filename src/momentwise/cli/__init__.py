"""The loop from a terminal.

Every command exits with 0 when it did what was asked, with 2 when something was wrong with what it was given, and with
130 when it was stopped.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Literal, ParamSpec

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from momentwise.cli.stopping import stoppable
from momentwise.define.document import nearest
from momentwise.define.instant import parse_instant
from momentwise.define.library import load_playbook, playbook_names, playbook_text
from momentwise.define.playbook import Playbook
from momentwise.define.reading import NAME, read_playbook
from momentwise.define.reading_signals import standard_signals
from momentwise.define.signal import SignalSettings
from momentwise.define.source import Proposal
from momentwise.define.writing_sources import write_sources
from momentwise.errors import DefinitionError, DefinitionErrors, IntakeError, MomentwiseError

P = ParamSpec("P")
_PLAIN_WIDTH = 110  # where the output goes to a file or a pipe
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([KMG])")
_SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _console() -> Console:
    return Console(stderr=True, highlight=False)


def _explained(command: Callable[P, None]) -> Callable[P, None]:
    """The command, with every error of ours as a message and no traceback."""

    @wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            with stoppable():
                command(*arguments, **options)
                sys.stdout.flush()  # here, where a closed pipe is expected
        except DefinitionErrors as error:
            for mistake in error.mistakes:
                _console().print(Text.assemble(("error: ", "bold red"), str(mistake)), soft_wrap=True)
            count = len(error.mistakes)
            _console().print(Text(f"{count} mistake{'' if count == 1 else 's'}; nothing was run."))
            sys.exit(error.exit_code)
        except MomentwiseError as error:
            _console().print(Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            _console().print("\nStopped. No result was written.")
            sys.exit(130)
        except BrokenPipeError:
            # Whoever read our output has had enough, as `head` does.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="momentwise", message="momentwise %(version)s")
def main() -> None:
    """Find the small moments in which customers decide to trust or to leave."""
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  open until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that the terminal lacks is no reason to stop


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--out", type=click.Path(path_type=Path), default=Path("momentwise-out"), show_default=True,
              help="Folder for the results and the report.")  # fmt: skip
@click.option("--sources", type=click.Path(path_type=Path), help="How tables become events; proposed where not given.")
@click.option("--playbook", type=click.Path(path_type=Path),
              help="The moments: a file, a folder, or the name of a ready playbook.")  # fmt: skip
@click.option("--as-of", help="The data are complete up to this instant, as in 2026-01-31; default: the last event.")
@click.option("--memory", default="1G", show_default=True, help="Events kept in memory before they go to disk.")
@click.option("--no-report", is_flag=True, help="Leave out report.html.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@_explained
def audit(
    paths: tuple[str, ...],
    out: Path,
    sources: Path | None,
    playbook: Path | None,
    as_of: str | None,
    memory: str,
    no_report: bool,
    quiet: bool,
) -> None:
    """Read data, find every customer's occurrences of every moment, and write a report.

    PATH is a file (CSV, TSV, JSON, JSON lines, Parquet; plain, .gz or .zst), a folder, a glob, a SQLite file or a
    postgresql:// URL.
    """
    from momentwise.cli.progress import LiveProgress  # noqa: PLC0415  the pass is loaded only where it is run
    from momentwise.cli.summary import show_summary  # noqa: PLC0415
    from momentwise.loop.audit import Options, run_audit  # noqa: PLC0415
    from momentwise.stores.databases import shown_url  # noqa: PLC0415

    console = Console(highlight=False, quiet=quiet)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    began = time.perf_counter()
    options = Options(
        as_of_us=_instant(as_of),
        memory_bytes=_bytes(memory),
        report=not no_report,
        command=shlex.join(["momentwise", *map(shown_url, sys.argv[1:])]),
    )
    book = _find_playbook(playbook) if playbook else None
    with LiveProgress(console) as progress:
        told = run_audit(
            paths,
            out=out,
            now_us=time.time_ns() // 1_000,
            sources=sources,
            playbook=book,
            options=options,
            watcher=progress,
        )
    show_summary(console, told, out, progress.notes, time.perf_counter() - began, has_report=options.report)


@main.command("sources")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; default: the terminal.")
@_explained
def propose_sources(paths: tuple[str, ...], out: Path | None) -> None:
    """Propose a sources.yaml for some data, with the reasons, to edit."""
    from momentwise.collect.propose import propose  # noqa: PLC0415  the engine is loaded only where it is run
    from momentwise.stores.spill import failed_write, scratch_folder  # noqa: PLC0415
    from momentwise.stores.tables import open_connection, open_tables  # noqa: PLC0415

    with scratch_folder() as scratch:
        tables = open_tables(open_connection(scratch), paths, scratch)
        proposal: Proposal = propose(tables.all_facts())
    text = write_sources(proposal)
    for note in tables.notes:
        _console().print(Text(f"· {note}", style="dim"))
    if out is None:
        click.echo(text, nl=False)
        return
    if out.exists():
        raise IntakeError(f"{out} is there already.", right="Choose another name, or remove it first.")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise failed_write(out, error) from error
    said = f"Written to {out}: {len(proposal.sources.sources)} sources. Read it, edit it, pass it with --sources."
    _console().print(Text(said), soft_wrap=True)


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--sources", type=click.Path(path_type=Path), help="How tables become events; proposed where not given.")
@click.option("--out", type=click.Path(path_type=Path), help="File for the draft; default: the terminal.")
@click.option("--playbook", type=click.Path(path_type=Path),
              help="Moments that are declared: what happens and is in none of them is listed.")  # fmt: skip
@click.option("--customers", type=click.IntRange(1), default=20_000, show_default=True,
              help="How many customers to read, about; the same ones each time.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
@_explained
def discover(
    paths: tuple[str, ...],
    sources: Path | None,
    out: Path | None,
    playbook: Path | None,
    customers: int,
    as_json: bool,
) -> None:
    """Propose moments from the data alone, as a playbook draft with its evidence beside each."""
    from momentwise.cli.discover import draft_moments  # noqa: PLC0415  the engine is loaded only where it is run

    book = _find_playbook(playbook) if playbook else None
    draft_moments(_console(), paths, sources, book, customers, out, as_json)


@main.command()
@click.argument("playbook", type=click.Path(path_type=Path))
@_explained
def check(playbook: Path) -> None:
    """Check a playbook and print its plan: every moment, and what each event does in it."""
    from momentwise.detect.plan import compile_plan  # noqa: PLC0415  numpy is loaded only where it is needed
    from momentwise.rank.archetypes import suggest_archetype  # noqa: PLC0415  as above

    book = _find_playbook(playbook)
    plan = compile_plan(book)
    for line in plan.describe():
        click.echo(line)
    names = {moment.name for moment in book.moments}
    click.echo(f"signals: {', '.join(rule.name for rule in book.signals.rules) or 'none'}")
    for moment in {moment.name: moment for moment in book.moments}.values():
        suggested, reason, words = suggest_archetype(moment)
        if words and suggested != moment.archetype:
            click.echo(
                f"archetype: {moment.name} is declared {moment.archetype}; its words suggest {suggested}. {reason}"
            )
    click.echo(
        f"\n{len(names)} moment{'' if len(names) == 1 else 's'}, {len(plan.conditions)} conditions. No mistakes. Fingerprint {book.fingerprint()}."
    )


@main.group(invoke_without_command=True)
@click.pass_context
@_explained
def playbooks(context: click.Context) -> None:
    """List the ready playbooks; `momentwise playbooks show NAME` prints one."""
    if context.invoked_subcommand:
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("playbook", style="bold")
    table.add_column("moments")
    for name in playbook_names():
        moments = dict.fromkeys(moment.name for moment in load_playbook(name).moments)
        table.add_row(name, ", ".join(moments))
    Console(highlight=False).print(table)


@playbooks.command("show")
@click.argument("name")
@_explained
def show_playbook(name: str) -> None:
    """Print a ready playbook, to copy and to edit."""
    click.echo(playbook_text(name), nl=False)


@main.group(invoke_without_command=True)
@click.option("--playbook", type=click.Path(path_type=Path), help="The signals as this playbook sets them.")
@click.pass_context
@_explained
def signals(context: click.Context, playbook: Path | None) -> None:
    """List the signals; `momentwise signals show NAME` prints one with its settings and where they come from."""
    from momentwise.cli.signals import print_signals  # noqa: PLC0415  only here

    if not context.invoked_subcommand:
        print_signals(_signals_of(playbook))


@signals.command("show")
@click.argument("name")
@click.option("--playbook", type=click.Path(path_type=Path), help="The signal as this playbook sets it.")
@_explained
def show_signal(name: str, playbook: Path | None) -> None:
    """Print a signal as YAML, to copy into a playbook and to edit."""
    from momentwise.cli.signals import tell_signal  # noqa: PLC0415  only here

    click.echo(tell_signal(_signals_of(playbook), name), nl=False)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--table", default="occurrences", show_default=True, help="occurrences, signals, scores or rejected.")
@click.option("--moment", help="Only rows of this moment.")
@click.option("--where", default="true", help="An SQL condition over the table's columns.")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="Rows at most; 0 for all.")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
              help="How to print them.")  # fmt: skip
@_explained
def rows(folder: Path, table: str, moment: str | None, where: str, limit: int, style: str) -> None:
    """Print the rows behind a number of an audit; the report gives the command for each."""
    from momentwise.cli.rows import print_rows  # noqa: PLC0415  the engine is loaded only where it is run
    from momentwise.stores.results import Results  # noqa: PLC0415

    if moment is not None:
        if table in ("signals", "rejected"):
            raise DefinitionError(f"Rows of {table} belong to no moment.", right="Leave --moment out, or use --where.")
        escaped = moment.replace("'", "''")
        where = f"moment = '{escaped}' AND ({where})"
    results = Results(folder)
    found = results.rows(table, where, limit or None)
    print_rows(found, results.count(table, where), style)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--customer", required=True, help="Whose events.")
@click.option("--limit", type=click.IntRange(0), default=200, show_default=True, help="Events at most; 0 for all.")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
              help="How to print them.")  # fmt: skip
@_explained
def timeline(folder: Path, customer: str, limit: int, style: str) -> None:
    """Print every event of one customer, of all sources and channels, in order of time.

    Reads the data again that the audit in FOLDER was made of, so that a number can be followed down to what happened.
    """
    from momentwise.cli.rows import print_rows  # noqa: PLC0415  the engine is loaded only where it is run
    from momentwise.loop.timeline import read_timeline  # noqa: PLC0415

    found = read_timeline(folder, customer, time.time_ns() // 1_000)
    print_rows(found.slice(0, limit) if limit else found, found.num_rows, style)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_explained
def demo(folder: Path) -> None:
    """Write a shop's data, its mapping and its playbook into a folder, to try things on."""
    from momentwise.simulate.shop import write_demo  # noqa: PLC0415  only here

    write_demo(folder)
    click.echo(f"A shop is in {folder}. Audit it: momentwise audit {folder}")


@main.group()
def simulate() -> None:
    """Make a shop whose truth is known, and see how much of it an audit finds."""


def _world_options(command: Callable[P, None]) -> Callable[P, None]:
    """The options that say which shop."""
    options = (
        click.option("--customers", type=click.IntRange(1, 10_000_000), default=9_000, show_default=True,
                     help="How many people visit it."),
        click.option("--days", type=click.IntRange(30, 3_650), default=150, show_default=True, help="How long."),
        click.option("--without", multiple=True, metavar="NAME", help="A plan to leave out; may be repeated."),
        click.option("--only", multiple=True, metavar="NAME", help="Follow this plan and no other; may be repeated."),
        click.option("--nothing", is_flag=True, help="Plant nothing: pure noise."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@simulate.command("shop")
@_world_options
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same bytes.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option("--format", "style", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True,
              help="How to write the tables.")  # fmt: skip
@_explained
def simulate_shop(
    customers: int,
    days: int,
    without: tuple[str, ...],
    only: tuple[str, ...],
    nothing: bool,
    seed: int,
    out: Path,
    style: Literal["csv", "parquet"],
) -> None:
    """Write a shop's data with planted frictions, and what is true of them in truth.json."""
    from momentwise.cli.simulate import make_shop  # noqa: PLC0415  only here
    from momentwise.simulate.plans import choose_plans  # noqa: PLC0415
    from momentwise.simulate.world import World  # noqa: PLC0415

    make_shop(World(customers, days, seed, choose_plans(without, only, nothing)), out, style, _console())


@simulate.command("score")
@_world_options
@click.option(
    "--seeds", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many shops, of one seed each."
)
@click.option("--first-seed", type=int, default=1, show_default=True, help="The first seed; the others follow it.")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@_explained
def simulate_score(
    customers: int,
    days: int,
    without: tuple[str, ...],
    only: tuple[str, ...],
    nothing: bool,
    seeds: int,
    first_seed: int,
    as_json: bool,
) -> None:
    """Simulate, audit and compare with the truth, once per seed."""
    from momentwise.cli.simulate import run_trials, show_trials, trials_json  # noqa: PLC0415  only here
    from momentwise.simulate.plans import choose_plans  # noqa: PLC0415
    from momentwise.simulate.world import World  # noqa: PLC0415

    plans = choose_plans(without, only, nothing)
    trials = run_trials(
        [World(customers, days, seed, plans) for seed in range(first_seed, first_seed + seeds)], _console()
    )
    if as_json:
        click.echo(trials_json(trials))
    else:
        show_trials(trials, Console(highlight=False))


def _signals_of(playbook: Path | None) -> SignalSettings:
    """The signals as a playbook sets them; as they come with Momentwise where none is named."""
    return _find_playbook(playbook).signals if playbook else standard_signals()


def _find_playbook(named: Path) -> Playbook:
    """The ready playbook of that name, or the one that a file or a folder holds."""
    if str(named) in playbook_names():
        return load_playbook(str(named))
    if not named.exists() and NAME.match(str(named)):
        right = nearest(str(named), list(playbook_names()))
        raise DefinitionError(f"'{named}' is no file, no folder and no ready playbook.", right=right)
    return read_playbook(named)


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    instant = parse_instant(text)
    if instant is None:
        raise IntakeError(f"--as-of is '{text}', which is no date.", right="Write 2026-01-31 or 2026-01-31T12:00Z.")
    return instant


def _bytes(text: str) -> int:
    match = _AMOUNT.fullmatch(text.upper())
    if match:
        return int(float(match[1]) * _SIZES[match[2]])
    raise IntakeError(f"--memory is '{text}'.", right=f"Write a number and one of {', '.join(_SIZES)}, as in 1G.")
