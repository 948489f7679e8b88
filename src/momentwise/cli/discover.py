"""Shows what a discovery found: the draft, a table of the proposals, or everything as JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from momentwise.cli.progress import LiveProgress
from momentwise.define.playbook import Playbook
from momentwise.define.span import SECOND_US, format_span
from momentwise.errors import IntakeError
from momentwise.learn.paths import tell_hidden_step
from momentwise.learn.writing import tell_not_proposed, write_draft
from momentwise.loop.discover import Discovered, run_discovery
from momentwise.stores.databases import is_database_url, shown_url
from momentwise.stores.spill import failed_write

_FEW_REASONS = 5
_PLAIN_WIDTH = 110  # where the output goes to a file or a pipe


def draft_moments(
    console: Console,
    paths: Sequence[str],
    sources: Path | None,
    playbook: Playbook | None,
    customers: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Read, discover and show; see `loop.discover.run_discovery`."""
    if out is not None and out.exists():
        raise IntakeError(f"{out} is there already.", right="Choose another name, or remove it first.")
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    with LiveProgress(console) as progress:
        found = run_discovery(
            paths,
            now_us=time.time_ns() // 1_000,
            sources=sources,
            playbook=playbook,
            customers=customers,
            watcher=progress,
        )
    for note in progress.notes:
        console.print(Text(f"· {note}", style="dim"), soft_wrap=True)
    name = ", ".join(shown_url(path) if is_database_url(path) else Path(path).name or path for path in paths)
    show_discovery(console, found, name, out, as_json)


def show_discovery(console: Console, found: Discovered, name: str, out: Path | None, as_json: bool) -> None:
    """Write the draft, and say on standard error what was found.

    Args:
        console: Standard error.
        found: What was found.
        name: What the data are called.
        out: The draft's file; `None` for standard output.
        as_json: Print everything as JSON to standard output; a draft is then written only where a file is named.
    """
    draft = write_draft(found.discovery, name) if found.discovery.proposals else ""
    if out is not None and draft:
        try:
            out.write_text(draft, encoding="utf-8")
        except OSError as error:
            raise failed_write(out, error) from error
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    elif out is None and draft:
        sys.stdout.write(draft)
    _say(console, found, out, bool(draft))


def _say(console: Console, found: Discovered, out: Path | None, has_draft: bool) -> None:
    discovery = found.discovery
    read = "all" if discovery.sampled >= 1 else f"{discovery.sampled:.1%} of all"
    console.print(Text(f"Read {discovery.events:,} events of {discovery.customers:,} customers ({read})."))
    if found.declared:
        console.print(Text(f"Declared already: {', '.join(found.declared)}."), soft_wrap=True)
    if has_draft:
        console.print(_table(found))
    else:
        console.print("Nothing is proposed: no event leads to another more than by chance, or all is declared.")
        for one in discovery.not_proposed[:_FEW_REASONS]:
            console.print(Text(f"· {tell_not_proposed(one)}", style="dim"), soft_wrap=True)
    if found.hidden:
        console.print(Text("Observed, not mapped:", style="bold"))
        for step in found.hidden:
            console.print(Text(f"· {tell_hidden_step(step)}"), soft_wrap=True)
    if out is not None and has_draft:
        said = f"Written to {out}. Read it, edit it, then: momentwise check {out}"
        console.print(Text(said), soft_wrap=True)


def _table(found: Discovered) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("proposed moment", style="bold")
    table.add_column("start → goal")
    table.add_column("n", justify="right")
    table.add_column("reach it", justify="right")
    table.add_column("by chance", justify="right")
    table.add_column("median", justify="right")
    for one in found.discovery.proposals:
        seen = one.evidence
        chance = "" if one.is_return else f"{seen.chance:.0%}"
        median = format_span(seen.median_seconds * SECOND_US)
        table.add_row(
            one.name, Text(f"{one.start} → {one.complete}"), f"{seen.passes:,}", f"{seen.share:.0%}", chance, median
        )
    return table
