"""The audit from Python: `mw.audit(path)` and what it gives back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from momentwise.define.finding import Estimate, Finding, MomentSummary
from momentwise.define.playbook import Playbook
from momentwise.loop.audit import Options, run_audit
from momentwise.loop.telling import Told
from momentwise.loop.watching import Quiet
from momentwise.rank.overview import Overview
from momentwise.stores.results import Results
from momentwise.stores.spill import scratch_folder

_FINDING_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("moment", pa.string()),
        ("kind", pa.string()),
        ("standing", pa.string()),
        ("title", pa.string()),
        ("next_step", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("unit", pa.string()),
        ("n", pa.int64()),
        ("people", pa.int64()),
        ("seconds", pa.float64()),
        ("seconds_low", pa.float64()),
        ("seconds_high", pa.float64()),
        ("weekly_seconds", pa.float64()),
        ("completion", pa.float64()),
        ("emotion", pa.float64()),
        ("signal", pa.string()),
        ("page", pa.string()),
        ("element", pa.string()),
        ("sources", pa.list_(pa.string())),
        ("grade", pa.string()),
        ("money", pa.float64()),
        ("money_low", pa.float64()),
        ("money_high", pa.float64()),
        ("currency", pa.string()),
        ("table", pa.string()),
        ("rows", pa.string()),
    ]
)


@dataclass(frozen=True)
class Audit:
    """A finished audit.

    Its tables are Arrow tables: `.to_pandas()` and `polars.from_arrow(…)` take them as they are.

    Args:
        told: Findings, summaries and facts, as values.
        notes: What the run took for granted, one sentence each.
        out: The folder with everything; `None` where it was not kept.
        occurrences: One row per customer and pass through a moment (`define.occurrence.OCCURRENCE_SCHEMA`); one
            customer's rows stand together.
        signals: One row per signal (`define.occurrence.SIGNAL_SCHEMA`).
        scores: One row per score and occurrence that it belongs to.
        flow: What came after what, and how long it took (`define.occurrence.FLOW_SCHEMA`).
        rejected: Rows that were set aside: file, row, reason, source, content.
    """

    told: Told
    notes: list[str]
    out: Path | None
    occurrences: pa.Table
    signals: pa.Table
    scores: pa.Table
    flow: pa.Table
    rejected: pa.Table

    @property
    def summaries(self) -> list[MomentSummary]:
        """Everything that is said about each moment, in the order of the playbook."""
        return self.told.summaries

    @property
    def ranked(self) -> list[Finding]:
        """The findings as values, in the order in which a reader should take them."""
        return self.told.findings

    @property
    def overview(self) -> Overview:
        """What is said of the whole: the last week in words, the portfolio, the losses and so on."""
        return self.told.overview

    @cached_property
    def findings(self) -> pa.Table:
        """The findings as a table, in that order: shares are 0–1, durations seconds, money in its currency."""
        rows = [_row(finding) for finding in self.told.findings]
        return pa.Table.from_pylist(rows, schema=_FINDING_SCHEMA)


def _row(finding: Finding) -> dict[str, object]:
    estimate, money = finding.estimate, finding.money
    return {
        "id": finding.id,
        "moment": finding.moment,
        "kind": finding.kind,
        "standing": finding.standing,
        "title": finding.title,
        "next_step": finding.next_step,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "unit": estimate.unit,
        "n": estimate.n,
        "people": finding.people,
        "seconds": _value(finding.seconds),
        "seconds_low": finding.seconds.low if finding.seconds else None,
        "seconds_high": finding.seconds.high if finding.seconds else None,
        "weekly_seconds": _value(finding.weekly_seconds),
        "completion": _value(finding.completion),
        "emotion": _value(finding.emotion),
        "signal": finding.where.signal or None,
        "page": finding.where.page or None,
        "element": finding.where.element or None,
        "sources": list(finding.sources),
        "grade": finding.grade,
        "money": money.value if money else None,
        "money_low": money.low if money else None,
        "money_high": money.high if money else None,
        "currency": finding.currency or None,
        "table": estimate.table,
        "rows": estimate.rows,
    }


def _value(estimate: Estimate | None) -> float | None:
    return estimate.value if estimate else None


def audit(
    path: str | Path | Sequence[str | Path],
    *,
    sources: str | Path | None = None,
    playbook: str | Path | Playbook | None = None,
    out: str | Path | None = None,
    options: Options | None = None,
) -> Audit:
    """Find every customer's occurrences of every moment in some data.

    Args:
        path: A file, a folder, a glob, a SQLite file, a `postgresql://` URL, or several of them.
        sources: The mapping; without one, `sources.yaml` beside the data, or what Momentwise understands by itself.
        playbook: The moments; without one, `playbook.yaml` beside the data, or the ready moments that fit.
        out: The folder to leave results and report in; without one, nothing is left and no report is drawn.
        options: Memory, the end of the data, and the like.

    Raises:
        MomentwiseError: Something is wrong with the data, the mapping, the playbook or the disk.
    """
    paths = [str(one) for one in ([path] if isinstance(path, str | Path) else path)]
    book = Path(playbook) if isinstance(playbook, str) else playbook
    mapping = Path(sources) if sources is not None else None
    if out is not None:
        return _run(paths, mapping, book, Path(out), options or Options(), keep=True)
    with scratch_folder() as folder:
        return _run(paths, mapping, book, folder, options or Options(report=False), keep=False)


def _run(
    paths: list[str],
    sources: Path | None,
    playbook: Path | Playbook | None,
    out: Path,
    options: Options,
    *,
    keep: bool,
) -> Audit:
    watcher = Quiet()
    now_us = time.time_ns() // 1_000
    told = run_audit(
        paths, out=out, now_us=now_us, sources=sources, playbook=playbook, options=options, watcher=watcher
    )
    results = Results(out)
    tables = {name: results.table(name) for name in ("occurrences", "signals", "scores", "flow", "rejected")}
    return Audit(told=told, notes=watcher.notes, out=out if keep else None, **tables)
