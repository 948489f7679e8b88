"""From the pass's tables to what an audit tells: scores beside their occurrences, summaries, findings and signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import msgspec
import numpy.typing as npt

from momentwise.charts.facts import ReportFacts, RunFacts, SignalPlace, SignalSummary
from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, MomentSummary
from momentwise.define.signal import OVERDRAWN, SignalSettings
from momentwise.detect.plan import Plan
from momentwise.errors import Place
from momentwise.loop.intake import Intake
from momentwise.loop.reporting import gather_facts
from momentwise.loop.voices import write_voices
from momentwise.rank import queries
from momentwise.rank.evidence import Evidence
from momentwise.rank.findings import find, find_counted, inquire
from momentwise.rank.measures import read_whole
from momentwise.rank.overview import Overview, look_over
from momentwise.rank.sampling import count_parts, sampled
from momentwise.rank.spans import Scan
from momentwise.rank.summary import summarize
from momentwise.stores.explaining import explained
from momentwise.stores.results import ResultFolder

_MOST_SPOTS = 10
_BATCH_ROWS = 1 << 17
MOST_MEMORY_GIB = 2.5
_ABOUT_OVERDRAWN = (
    "Small frictions of one customer that add up to more than anybody bears, each halved with every month."
)


@dataclass(frozen=True)
class Told:
    """What an audit found, as values.

    Args:
        facts: What was read and how it went.
        summaries: One per moment.
        findings: In the order in which a reader should take them.
        signals: One per kind.
        overview: What is said of the whole.
        report: What the report shows besides.
    """

    facts: RunFacts
    summaries: list[MomentSummary]
    findings: list[Finding]
    signals: list[SignalSummary]
    overview: Overview
    report: ReportFacts


def tell(
    intake: Intake,
    plan: Plan,
    folder: ResultFolder,
    facts: RunFacts,
    events: Mapping[str, int],
    event_sources: Mapping[str, tuple[str, ...]],
    beside: Callable[[], None] | None = None,
) -> Told:
    """Measure what the pass has written, and say what is worth a person's attention.

    Args:
        intake: Where the queries run.
        plan: What was looked for.
        folder: Holds `occurrences`, `signals` and `flow`; `scores` are written beside them.
        facts: What was read.
        events: How often each event's name occurs.
        event_sources: The sources of each event's name.
        beside: Something else that is to be done on the intake's connection meanwhile.

    Raises:
        StoreError: The disk is full.
    """
    connection, playbook = intake.connection, plan.playbook
    for table in ("occurrences", "signals", "flow"):
        path = folder.partial / f"{table}.parquet"
        connection.execute(f"CREATE OR REPLACE VIEW {table} AS FROM read_parquet({quote(str(path))})")
    with _cursor(connection) as own, _cursor(connection) as sample, _aside(connection) as aside:
        ask, scan = _door(own)
        parts = count_parts(read_whole(ask("SELECT count(*) FROM occurrences")[0][0]))
        voiced = aside.submit(_write_scores, intake, plan, folder, events, parts)
        signals = _signals(ask, playbook.signals)
        _draw_sample(sample, ("occurrences", "signals"), parts)
        whole = Evidence(
            ask=ask,
            moments=tuple({moment.name: moment for moment in playbook.moments}.values()),
            summaries=summarize(playbook.moments, ask, scan, voiced.result),
            signals=playbook.signals,
            properties=plan.properties,
            since_us=facts.first_at or 0,
            until_us=facts.as_of or 0,
            events=events,
            event_sources=event_sources,
            judgements=playbook.judgements,
            zone=intake.sources.zone,
        )
        counted = aside.submit(find_counted, replace(whole, ask=_door(connection)[0]))
        done = aside.submit(beside) if beside is not None else None
        read = _read_sample(sample, whole, parts)
        inquiry = inquire(whole, read)
        findings = find(inquiry, counted=counted.result)
        overview = look_over(whole, findings, read)
        report = gather_facts(inquiry, overview, playbook.moments)
        if done is not None:
            done.result()
    facts = msgspec.structs.replace(facts, parts=parts)
    return Told(facts, list(whole.summaries), findings, signals, overview, report)


def keep_small(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the engine use its disk sooner: by itself it would take most of the machine for groups of many customers."""
    [limit] = connection.execute("SELECT value FROM duckdb_settings() WHERE name = 'memory_limit'").fetchall()
    number, unit = str(limit[0]).split()
    if unit == "GiB" and float(number) > MOST_MEMORY_GIB:
        connection.execute(f"SET memory_limit = '{MOST_MEMORY_GIB}GiB'")


@contextmanager
def _cursor(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A second connection to the same tables, with temporary ones of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        yield cursor


@contextmanager
def _aside(connection: duckdb.DuckDBPyConnection) -> Iterator[ThreadPoolExecutor]:
    """One thread that works beside this one, on this connection alone; whatever stops this one stops it, too."""
    with ThreadPoolExecutor(1) as aside:
        try:
            yield aside
        except BaseException:
            connection.interrupt()
            raise


def _door(connection: duckdb.DuckDBPyConnection) -> tuple[queries.Ask, Scan]:
    """Two ways to run a query on a connection: all rows at once, or columns batch by batch."""

    def ask(sql: str) -> list[tuple[object, ...]]:
        return connection.execute(sql).fetchall()

    def scan(sql: str) -> Iterator[list[npt.NDArray[Any]]]:
        for batch in connection.sql(sql).to_arrow_reader(_BATCH_ROWS):
            yield [column.to_numpy(zero_copy_only=False) for column in batch.columns]

    return ask, scan


def _draw_sample(cursor: duckdb.DuckDBPyConnection, tables: Sequence[str], parts: int) -> None:
    """Of very many customers some, in memory, under the tables' own names."""
    for table in tables if parts > 1 else ():
        cursor.execute(f"CREATE TEMP TABLE part AS FROM {table} WHERE {sampled(parts)}")
        cursor.execute(f"ALTER TABLE part RENAME TO {table}")


def _read_sample(cursor: duckdb.DuckDBPyConnection, whole: Evidence, parts: int) -> Evidence:
    """The evidence that the finders read: the whole, or of very many customers that of some."""
    if parts == 1:
        return whole
    _draw_sample(cursor, ("scores",), parts)
    ask, scan = _door(cursor)
    return replace(whole, ask=ask, summaries=summarize(whole.moments, ask, scan), parts=parts)


def _write_scores(intake: Intake, plan: Plan, folder: ResultFolder, events: Mapping[str, int], parts: int) -> None:
    """What customers said, in tables of their own, and every score beside the occurrence that it belongs to."""
    connection = intake.connection
    write_voices(connection, intake, plan.playbook.signals, events, plan.keys, parts)
    for table in ("words", "exposures"):
        kept = folder.partial / f"{table}.parquet"
        with explained(Place(str(folder.out))):
            connection.execute(f"COPY {table} TO {quote(str(kept))} (FORMAT parquet, COMPRESSION zstd)")
    scored = queries.scored_sql(plan.playbook.moments, plan.keys)
    target = folder.partial / "scores.parquet"
    with explained(Place(str(folder.out))):
        connection.execute(f"COPY ({scored}) TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    connection.execute(f"CREATE OR REPLACE VIEW scores AS FROM read_parquet({quote(str(target))})")


def _signals(ask: queries.Ask, settings: SignalSettings) -> list[SignalSummary]:
    """One summary per kind of signal, with the spots where it is most frequent."""
    rules = {rule.name: rule for rule in settings.rules}
    kinds: list[tuple[str, Estimate, int]] = []
    places: dict[str, list[SignalPlace]] = {}
    for signal, is_whole, page, element, n, people in ask(queries.signals_sql(_MOST_SPOTS)):
        name, count, hurt = str(signal), int(str(n)), int(str(people))
        rows = f"signal = {quote(name)}"
        if not is_whole:
            rows += f" AND page IS NOT DISTINCT FROM {_literal(page)}"
            rows += f" AND element IS NOT DISTINCT FROM {_literal(element)}"
        estimate = Estimate(float(count), count, "count", rows=rows, table="signals")
        if is_whole:
            kinds.append((name, estimate, hurt))
        else:
            place = SignalPlace(page=str(page or ""), element=str(element or ""), count=estimate, people=hurt)
            places.setdefault(name, []).append(place)
    return [
        SignalSummary(
            signal=name,
            about=rules[name].about if name in rules else _ABOUT_OVERDRAWN if name == OVERDRAWN else "",
            source=rules[name].source if name in rules else "",
            count=count,
            people=hurt,
            places=tuple(places.get(name, [])),
        )
        for name, count, hurt in kinds
    ]


def _literal(value: object) -> str:
    return "NULL" if value is None else quote(str(value))
