"""The audit: files in; every customer's occurrences of every moment, findings and a report out.

open → read → match → findings → report. Each stage's seconds are kept; whatever stops a run leaves nothing behind that
looks whole.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import duckdb
import msgspec
import pyarrow as pa

from momentwise.charts.facts import RunFacts, SourceFacts
from momentwise.charts.report import render_report, warm_up
from momentwise.collect.mapping import REASONS
from momentwise.define.document import read_text
from momentwise.define.evaluate import quote
from momentwise.define.instant import format_instant
from momentwise.define.occurrence import FLOW_SCHEMA, OCCURRENCE_SCHEMA, SIGNAL_SCHEMA, with_properties
from momentwise.define.playbook import Playbook
from momentwise.define.source import Proposal, Source
from momentwise.define.writing_sources import write_sources
from momentwise.detect.plan import Plan, compile_plan
from momentwise.errors import IntakeError, Place
from momentwise.loop.intake import SOURCES_FILE, Intake, check_fields, check_zones, find_playbook, open_intake
from momentwise.loop.properties import VIEWPORT, choose_properties, fields_of_sources, with_viewport
from momentwise.loop.rules import readable_rules
from momentwise.loop.telling import Told, keep_small, tell
from momentwise.loop.watching import Quiet, Watcher
from momentwise.stores.databases import is_database_url, shown_url
from momentwise.stores.explaining import explained
from momentwise.stores.local import DEFAULT_MEMORY_BYTES, Counted, LocalPass
from momentwise.stores.results import ResultFolder
from momentwise.stores.spill import scratch_folder

_MOST_EVENTS = 30


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How an audit is run.

    Args:
        as_of_us: The instant up to which the data count as complete; `None` for the last event.
        memory_bytes: Bytes of events that stay in memory; the rest goes to the scratch folder.
        memory: DuckDB's own limit, as in `2GB`; empty for its own choice.
        report: Whether to draw the report.
        scratch: Where temporary files go; `None` for the system's place.
        command: What was typed, for the record.
    """

    as_of_us: int | None = None
    memory_bytes: int = DEFAULT_MEMORY_BYTES
    memory: str = ""
    report: bool = True
    scratch: Path | None = None
    command: str = ""


@dataclass
class _Clock:
    """Seconds per stage, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage."""
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


@dataclass
class _Matched:
    """What the pass counted."""

    occurrences: int = 0
    signals: int = 0
    customers: int = 0
    events: int = 0
    duplicates: int = 0
    match_seconds: float = 0.0


def run_audit(
    paths: Sequence[str],
    *,
    out: Path,
    now_us: int,
    sources: Path | None = None,
    playbook: Path | Playbook | None = None,
    options: Options | None = None,
    watcher: Watcher | None = None,
) -> Told:
    """Audit some data and leave a folder of results.

    Args:
        paths: Files, folders, globs, SQLite files and `postgresql://` URLs.
        out: The folder for the results.
        now_us: The present, microseconds; events later than a day from it are set aside.
        sources: The mapping; `None` to find or to propose one.
        playbook: The moments; `None` to find them beside the data or among the ready ones.
        options: See `Options`.
        watcher: Who is told how it goes on.

    Raises:
        IntakeError: The data cannot be read, or too many rows cannot.
        DefinitionErrors: The mapping or the playbook has mistakes.
        StoreError: The results cannot be written.
    """
    options, watcher = options or Options(), watcher or Quiet()
    _refuse_among_data(paths, out)
    with _interrupted(), scratch_folder(options.scratch) as scratch, ResultFolder(out) as folder:
        run = _Run(list(paths), folder, scratch, options, watcher, now_us)
        told = run.all(sources, playbook)
        watcher.begin("Publish", None)
        folder.publish()
    return told


@contextmanager
def _interrupted() -> Iterator[None]:
    """The engine's own error for Ctrl-C, as Ctrl-C again."""
    try:
        yield
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


def _judged_in_vain(plan: Plan, told: Told) -> list[str]:
    """The ids under which the playbook says something of a finding, and there is none."""
    judgements = plan.playbook.judgements
    return sorted({*judgements.efforts, *judgements.impacts} - {finding.id for finding in told.findings})


def _refuse_among_data(paths: Sequence[str], out: Path) -> None:
    """Results beside the data would be read as data the next time; in a folder of their own they are known."""
    for path in paths:
        if Path(path).is_dir() and Path(path).resolve() == out.resolve():
            raise IntakeError(
                "The results would lie among the data.",
                place=Place(str(out)),
                right=f"Choose a folder of their own, as in --out {out / 'results'}.",
            )


class _Run:
    """One audit under way."""

    def __init__(
        self, paths: list[str], folder: ResultFolder, scratch: Path, options: Options, watcher: Watcher, now_us: int
    ) -> None:
        self._paths, self._folder, self._scratch = paths, folder, scratch
        self._options, self._watcher, self._now_us = options, watcher, now_us
        self._clock, self._matched = _Clock(), _Matched()
        self._counted: dict[str, Counted] = {}
        self._malformed: dict[str, int] = {}
        self._rows: dict[str, int] = {}
        self._event_sources: dict[str, tuple[str, ...]] = {}

    def all(self, sources: Path | None, playbook: Path | Playbook | None) -> Told:
        """Every stage in order."""
        began = time.perf_counter()
        if self._options.report:
            Thread(target=warm_up, daemon=True).start()
        with self._clock.stage("open"):
            self._watcher.begin("Open", None)
            intake = open_intake(self._paths, sources, self._scratch, self._now_us, memory=self._options.memory)
            self._say_understandings(intake)
            book = playbook if isinstance(playbook, Playbook) else find_playbook(playbook, intake, self._paths)
            book, left_out = readable_rules(book, intake)
            for sentence in [*check_zones(intake), *check_fields(book, intake), *left_out]:
                self._watcher.note(sentence)
            had = fields_of_sources(intake)
            plan = compile_plan(book, choose_properties(book, intake), had)
        running = LocalPass(plan, self._scratch, self._options.memory_bytes)
        try:
            self._read(intake, running)
            self._check_limit(intake)
            data_end = self._data_end(running)
            with self._clock.stage("match"):
                self._match(running, data_end)
                self._folder.write_json("limits.json", running.limits)
        finally:
            running.close()
        with self._clock.stage("findings"):
            self._watcher.begin("Findings", None)
            facts = self._facts(intake, plan, running, data_end)
            if not self._options.memory:
                keep_small(intake.connection)
            told = tell(
                intake,
                plan,
                self._folder,
                facts,
                dict(running.event_counts()),
                self._event_sources,
                lambda: self._write_rejected(intake),
            )
        for unknown in _judged_in_vain(plan, told):
            self._watcher.note(
                f"Nothing is found under '{unknown}', of which the playbook states an effort or an impact."
            )
        self._finish(told, plan, intake, began)
        return told

    def _say_understandings(self, intake: Intake) -> None:
        for note in intake.tables.notes:
            self._watcher.note(note)
        if intake.proposal is None:
            return
        for one in intake.proposal.understandings:
            doubt = "" if one.sure else ", please check"
            self._watcher.note(f"{one.source}: {one.what} ({one.why}){doubt}.")
        for table, reason in intake.proposal.left_out.items():
            self._watcher.note(f"{table}: left out ({reason}).")

    def _read(self, intake: Intake, running: LocalPass) -> None:
        sizes = {"viewport_width", "viewport_height"} if VIEWPORT in running.plan.properties else set()
        wanted = sorted(running.plan.fields() | sizes)
        for source in intake.sources.sources:
            with self._clock.stage("read"), explained(source.place):
                facts = intake.facts(source)
                likely = facts[source.table].likely_rows if source.table in facts else None
                self._watcher.begin(f"Read {source.name}", likely and likely * len(source.rules))
                query = intake.query(source, wanted)
                columns = with_viewport(query.columns)
                counted = running.read(intake.connection, query.sql, columns, self._watcher.advance)
                self._counted[source.name] = counted
                for name in counted.names:
                    self._event_sources[name] = (*self._event_sources.get(name, ()), source.name)
                self._malformed[source.name] = intake.tables.malformed_count(source)
                rows = counted.candidates if len(source.rules) == 1 else intake.count_rows(source)
                self._rows[source.name] = rows + self._malformed[source.name]

    def _check_limit(self, intake: Intake) -> None:
        """More unreadable rows than the stated share mean that the mapping is wrong, not the rows."""
        for source in intake.sources.sources:
            bad = self._rejected(source)
            rows = self._rows[source.name]
            if not rows or sum(bad.values()) / rows <= intake.sources.reject_limit:
                continue
            reasons = ", ".join(f"{reason}: {count:,}" for reason, count in bad.items())
            raise IntakeError(
                f"{sum(bad.values()):,} of {rows:,} rows of '{source.name}' cannot be read ({reasons}), more than "
                f"{intake.sources.reject_limit:.0%}.{self._example(intake, source)}",
                place=source.place if str(source.place) else Place(self._paths[0]),
                right="Correct the mapping (`momentwise sources` proposes one), or allow more with `reject_limit:`.",
            )

    def _example(self, intake: Intake, source: Source) -> str:
        any_mapped = bool(self._counted[source.name].rejected)
        with explained(source.place):
            row = intake.connection.execute(f"{intake.rejected(source, any_mapped)} LIMIT 1").fetchone()
        if row is None:
            return ""
        file, number, reason, _, content = row
        return f" The first: {file}, row {number}, {reason}: {str(content)[:200]}."

    def _rejected(self, source: Source) -> dict[str, int]:
        found = {REASONS[number]: count for number, count in self._counted[source.name].rejected.items()}
        if self._malformed[source.name]:
            found["the row is not well formed"] = self._malformed[source.name]
        return found

    def _data_end(self, running: LocalPass) -> int:
        if running.latest is None:
            raise IntakeError(
                "The data hold no event.",
                place=Place(self._paths[0]),
                right="Check that the files hold rows, and that the mapping names the right columns.",
            )
        as_of = self._options.as_of_us
        if as_of is not None and as_of < running.latest:
            raise IntakeError(
                f"The data go on after {format_instant(as_of)}: the last event is of {format_instant(running.latest)}.",
                right="Give a later --as-of, or none.",
            )
        return running.latest if as_of is None else as_of

    def _match(self, running: LocalPass, data_end: int) -> None:
        counts = self._matched
        self._watcher.begin("Match", running.events)
        running.learn()
        properties = running.plan.properties
        with (
            self._folder.writer("occurrences", with_properties(OCCURRENCE_SCHEMA, properties)) as occurrences,
            self._folder.writer("signals", with_properties(SIGNAL_SCHEMA, properties)) as signals,
        ):
            for bucket in running.results(data_end):
                if bucket.occurrences.num_rows:
                    occurrences.write_batch(bucket.occurrences)
                if bucket.signals.num_rows:
                    signals.write_batch(bucket.signals)
                counts.occurrences += bucket.occurrences.num_rows
                counts.signals += bucket.signals.num_rows
                counts.customers += bucket.customers
                counts.events += bucket.events
                counts.duplicates += bucket.duplicates
                counts.match_seconds += bucket.match_seconds
                self._watcher.advance(bucket.events + bucket.duplicates)
        with self._folder.writer("flow", FLOW_SCHEMA) as flow:
            flow.write_table(running.flow())

    def _write_rejected(self, intake: Intake) -> None:
        parts = [
            f"({intake.rejected(source, bool(self._counted[source.name].rejected))})"
            for source in intake.sources.sources
            if self._rejected(source)
        ]
        listed = " UNION ALL ".join(parts) or (
            "SELECT ''::VARCHAR AS file, 0::BIGINT AS row, ''::VARCHAR AS reason, ''::VARCHAR AS source, "
            "''::VARCHAR AS content WHERE false"
        )
        target = self._folder.partial / "rejected.parquet"
        with explained(Place(str(self._folder.out))):
            intake.connection.execute(f"COPY ({listed}) TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd)")

    def _facts(self, intake: Intake, plan: Plan, running: LocalPass, data_end: int) -> RunFacts:
        sources = tuple(
            SourceFacts(
                name=source.name,
                rows=self._rows[source.name],
                events=self._counted[source.name].events,
                rejected=self._rejected(source),
                files=tuple(facts.origin for facts in intake.facts(source).values()),
            )
            for source in intake.sources.sources
        )
        return RunFacts(
            title=(plan.playbook.name or "moments").replace("-", " ").capitalize(),
            customers=self._matched.customers,
            events=self._matched.events,
            duplicates=self._matched.duplicates,
            sources=sources,
            first_at=running.earliest,
            last_at=running.latest,
            as_of=data_end,
            event_names=tuple(running.event_counts(_MOST_EVENTS)),
            starts={m.name: " or ".join(t.name for t in m.start) for m in plan.playbook.moments},
            versions=_versions(),
            command=self._options.command,
        )

    def _finish(self, told: Told, plan: Plan, intake: Intake, began: float) -> None:
        """Findings, report and the record of the run."""
        mapping = (
            read_text(intake.mapping)
            if intake.mapping
            else write_sources(intake.proposal or Proposal(intake.sources, ()))
        )
        self._folder.write_text(SOURCES_FILE, mapping)
        found = {"findings": told.findings, "moments": told.summaries, "overview": told.overview}
        self._folder.write_json("findings.json", found)
        with self._clock.stage("report") if self._options.report else nullcontext():
            if self._options.report:
                self._watcher.begin("Report", None)
                facts = msgspec.structs.replace(told.facts, seconds=tuple(self._clock.seconds.items()))
                out_dir = str(self._folder.out)
                page = render_report(
                    facts, told.summaries, told.findings, told.signals, out_dir=out_dir, facts=told.report
                )
                self._folder.write_text("report.html", page)
        self._clock.seconds["total"] = time.perf_counter() - began
        matched = self._matched
        self._folder.write_json(
            "run.json",
            {
                **msgspec.to_builtins(told.facts),
                "seconds": self._clock.seconds,
                "occurrences": matched.occurrences,
                "signals": matched.signals,
                "automaton_events_per_second": round(matched.events / matched.match_seconds)
                if matched.match_seconds
                else None,
                "settings": self._options,
                "paths": [_recorded(path) for path in self._paths],
                "mapping": "proposed" if intake.proposal else "given",
                "playbook": {"name": plan.playbook.name, "fingerprint": plan.playbook.fingerprint()},
                "moments": {
                    m.name: {"version": m.version, "fingerprint": m.fingerprint()} for m in plan.playbook.moments
                },
            },
        )


def _recorded(path: str) -> str:
    """A path as it can be found again from anywhere; an address without its password."""
    return shown_url(path) if is_database_url(path) else os.path.abspath(Path(path).expanduser())  # noqa: PTH100  links stay


def _versions() -> dict[str, str]:
    return {
        "momentwise": version("momentwise"),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "pyarrow": pa.__version__,
    }
