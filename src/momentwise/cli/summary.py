"""What the terminal says after an audit: short, aligned, in words first."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from momentwise.charts.wording import write_interval, write_value
from momentwise.define.finding import GRADES, Estimate, Finding, MomentSummary
from momentwise.define.instant import format_instant
from momentwise.define.span import SECOND_US, format_span
from momentwise.loop.telling import Told
from momentwise.rank.order import FIRM

_MOST_FINDINGS = 3
_OUTCOMES = ("completed", "escalated", "failed", "abandoned")


def show_summary(
    console: Console, told: Told, out: Path, notes: list[str], seconds: float, *, has_report: bool = True
) -> None:
    """Print what was read, every moment in a line, the last week in words, the top findings, and where the rest is."""
    _show_notes(console, notes)
    _show_read(console, told)
    console.print(_moments(told.summaries))
    _show_findings(console, told, out)
    what, where = ("Report", out / "report.html") if has_report else ("Results", out)
    line = Text.assemble(f"\n{what}  ", (str(where), "bold underline"), f"   ({seconds:.1f} s in all)")
    console.print(line, soft_wrap=True)


def _show_notes(console: Console, notes: list[str]) -> None:
    for note in notes:
        console.print(Padding(Text(f"· {note}", style="dim"), (0, 0, 0, 2)))
    if notes:
        console.print()


def _show_read(console: Console, told: Told) -> None:
    facts = told.facts
    period = ""
    if facts.first_at is not None and facts.last_at is not None:
        period = f", {format_instant(facts.first_at)[:10]} to {format_instant(facts.last_at)[:10]}"
    customers = f"{facts.customers:,} customer{'' if facts.customers == 1 else 's'}"
    console.print(Text(f"{facts.events:,} events of {customers}{period}", style="bold"))
    if facts.parts > 1:
        console.print(
            f"  Findings were looked for in one customer of {facts.parts:,}; people, time and money are scaled up."
        )
    if facts.duplicates:
        plural = "duplicate" if facts.duplicates == 1 else "duplicates"
        console.print(f"  {facts.duplicates:,} {plural} counted once")
    for source in facts.sources:
        for reason, count in source.rejected.items():
            plural = "row" if count == 1 else "rows"
            console.print(Text(f"  {count:,} {plural} of {source.name} set aside: {reason}", style="yellow"))
    console.print()


def _moments(summaries: list[MomentSummary]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("moment", style="bold", no_wrap=True)
    outcomes = [name for name in _OUTCOMES if name == "completed" or any(s.shares[name].value for s in summaries)]
    for name in ("started", "open", *outcomes, "p50", "p95"):
        table.add_column(name, justify="right", no_wrap=True)
    for summary in summaries:
        shares = [_share(summary.shares[outcome]) for outcome in outcomes]
        spans = [_span(summary.durations[name]) for name in ("p50", "p95")]
        table.add_row(summary.moment, f"{summary.volume:,}", f"{summary.open:,}", *shares, *spans)
    return table


def _share(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{100 * estimate.value:.1f} %"


def _span(estimate: Estimate) -> str:
    return "–" if estimate.value is None else format_span(estimate.value * SECOND_US)


def _show_findings(console: Console, told: Told, out: Path) -> None:
    if not any(summary.volume for summary in told.summaries):
        _show_strangers(console, told)
        return
    console.print()
    for sentence in told.overview.headline.sentences:
        console.print(Text(sentence, style="bold"))
    firm = [finding for finding in told.findings if finding.standing in FIRM]
    if not firm:
        console.print("\nNothing is found that hurts more than it should. That is a result, too.")
    else:
        console.print("\n[bold]What to look at first[/bold]")
        console.print(_findings(firm[:_MOST_FINDINGS]))
    left = len(told.findings) - len(firm[:_MOST_FINDINGS])
    if left:
        console.print(
            Text(f"     {_say_left(told.findings, firm)} in {out / 'findings.json'}", style="dim"), soft_wrap=True
        )


def _findings(found: list[Finding]) -> Table:
    """Who and how many, how sure, and what next."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(justify="right", style="bold", width=4)
    table.add_column()
    for place, finding in enumerate(found, start=1):
        text = Text.assemble(finding.title, "\n", (_detail(finding), "dim"))
        if finding.next_step:
            text.append(f"\nNext: {finding.next_step}")
        table.add_row(f"{place}.", text)
    return table


def _say_left(found: list[Finding], firm: list[Finding]) -> str:
    """How many findings are not shown, of those that are established and of the others."""
    more, others = max(0, len(firm) - _MOST_FINDINGS), len(found) - len(firm)
    parts = [f"{more:,} more"] if more else []
    parts += [f"{others:,} observed"] if others else []
    return " and ".join(parts)


def _show_strangers(console: Console, told: Told) -> None:
    """No moment ever started: the playbook and the data speak of different events."""
    starts = ", ".join(dict.fromkeys(told.facts.starts.values()))
    events = ", ".join(f"{name} ({count:,})" for name, count in told.facts.event_names[:12])
    console.print("\n[bold]No moment started.[/bold] The playbook and the data speak of different events.")
    console.print(Text(f"  The playbook waits for: {starts}."))
    console.print(Text(f"  The data hold: {events}."))
    console.print(Text("  Rename events in sources.yaml, or write the playbook with the data's names."))


def _detail(finding: Finding) -> str:
    """The numbers behind a finding on one line."""
    interval = write_interval(finding.estimate)
    what = "difference " if finding.kind == "score_gap" else ""
    parts = [f"{finding.people:,} people", f"n {finding.estimate.n:,}", f"{what}{interval}" if interval else ""]
    total = finding.cost.total if finding.cost else None
    if finding.cost is not None and total is not None:
        price = write_value(total, finding.cost.currency)
        span = write_interval(total, finding.cost.currency).replace(finding.cost.currency + " ", "")
        parts.append(f"{price} a month [{span}]")
    parts.append(f"{finding.standing}: {' and '.join(finding.sources)}")
    parts.append(f"grade {finding.grade}, {GRADES[finding.grade]}")
    return "  ".join(part for part in parts if part)
