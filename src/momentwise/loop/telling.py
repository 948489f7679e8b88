"""From the pass's tables to what an audit tells: scores beside their occurrences, summaries, findings and signals."""

from __future__ import annotations

from dataclasses import dataclass

from momentwise.charts.facts import RunFacts, SignalPlace, SignalSummary
from momentwise.define.evaluate import quote, quote_name
from momentwise.define.finding import Estimate, Finding, MomentSummary
from momentwise.detect.plan import Plan
from momentwise.errors import Place
from momentwise.loop.intake import Intake
from momentwise.rank import queries
from momentwise.rank.findings import find
from momentwise.rank.summary import summarize
from momentwise.stores.explaining import explained
from momentwise.stores.results import ResultFolder

_MOST_SPOTS = 10


@dataclass(frozen=True)
class Told:
    """What an audit found, as values.

    Args:
        facts: What was read and how it went.
        summaries: One per moment.
        findings: Worst first.
        signals: One per kind.
    """

    facts: RunFacts
    summaries: list[MomentSummary]
    findings: list[Finding]
    signals: list[SignalSummary]


def tell(intake: Intake, plan: Plan, folder: ResultFolder, facts: RunFacts) -> Told:
    """Measure what the pass has written, and say what is worth a person's attention.

    Args:
        intake: Where the queries run.
        plan: What was looked for.
        folder: Holds `occurrences` and `signals`; `scores` are written beside them.
        facts: What was read.

    Raises:
        StoreError: The disk is full.
    """
    connection = intake.connection
    for table in ("occurrences", "signals"):
        path = folder.partial / f"{table}.parquet"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS FROM read_parquet({quote(str(path))})")
    _write_scores(intake, plan, folder)

    def ask(sql: str) -> list[tuple[object, ...]]:
        return connection.execute(sql).fetchall()

    moments = plan.playbook.moments
    summaries = summarize(moments, ask)
    findings = find(summaries, moments, lambda moment, rows: int(str(ask(queries.people_sql(moment, rows))[0][0])))
    return Told(facts, summaries, findings, _signals(ask))


def _write_scores(intake: Intake, plan: Plan, folder: ResultFolder) -> None:
    """Every score beside the occurrence that it belongs to."""
    connection, keys = intake.connection, plan.keys
    fields = "".join(f", {quote_name(key)} VARCHAR" for key in keys)
    connection.execute(f'CREATE OR REPLACE TEMP TABLE given (customer VARCHAR, "at" TIMESTAMPTZ, score DOUBLE{fields})')
    for source in intake.sources.sources:
        query = intake.query(source, ["score", *keys])
        if "score" not in query.columns:
            continue
        texts = [
            f"CAST({query.columns[key].sql} AS VARCHAR)" if key in query.columns else "NULL::VARCHAR" for key in keys
        ]
        score = query.columns["score"].sql
        listed = ", ".join(["customer", 'make_timestamptz("at")', score, *texts])
        with explained(source.place):
            connection.execute(
                f"INSERT INTO given SELECT DISTINCT ON (customer, identity) {listed} FROM ({query.sql}) "
                f"WHERE reason = 0 AND {score} IS NOT NULL"
            )
    scored = queries.scored_sql(plan.playbook.moments, keys)
    target = folder.partial / "scores.parquet"
    with explained(Place(str(folder.out))):
        connection.execute(f"COPY ({scored}) TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW scores AS FROM read_parquet({quote(str(target))})")


def _signals(ask: queries.Ask) -> list[SignalSummary]:
    """One summary per kind of signal, with the spots where it is most frequent."""
    found = []
    for signal, n, people, _ in ask(queries.signals_sql()):
        of_kind = f"signal = {quote(str(signal))}"
        places = []
        for page, element, count, hurt in ask(queries.spots_sql(str(signal), _MOST_SPOTS)):
            rows = f"{of_kind} AND page IS NOT DISTINCT FROM {_literal(page)} AND element IS NOT DISTINCT FROM {_literal(element)}"
            estimate = Estimate(float(str(count)), int(str(count)), "count", rows=rows, table="signals")
            places.append(
                SignalPlace(page=str(page or ""), element=str(element or ""), count=estimate, people=int(str(hurt)))
            )
        total = Estimate(float(str(n)), int(str(n)), "count", rows=of_kind, table="signals")
        found.append(SignalSummary(signal=str(signal), count=total, people=int(str(people)), places=tuple(places)))
    return found


def _literal(value: object) -> str:
    return "NULL" if value is None else quote(str(value))
