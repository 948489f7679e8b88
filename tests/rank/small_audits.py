"""Small audits for the tests of `rank`: their tables on DuckDB, by hand or drawn at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from momentwise.define.finding import Estimate, Finding, MomentSummary
from momentwise.define.moment import Moment, Trigger
from momentwise.rank import queries
from momentwise.rank.evidence import Evidence
from momentwise.rank.outcomes import find_outcomes
from momentwise.rank.summary import summarize

Row = dict[str, object]
START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OUTCOMES = ("completed", "escalated", "failed", "abandoned", "open")


def make_moment(name: str = "track-delivery", **changes: object) -> Moment:
    """A moment with the few things that every moment has."""
    facts: dict[str, object] = {
        "name": name,
        "intent": "know",
        "stage": "retention",
        "archetype": "friction",
        "start": (Trigger(("order_placed",)),),
        "complete": (Trigger(("order_delivered",)),),
    }
    return Moment(**(facts | changes))  # type: ignore[arg-type]  # any field may be changed


def make_row(outcome: str = "completed", **changes: object) -> Row:
    """One occurrence: three steps in ten days, unless changed; what cannot be known of an open one is missing."""
    started = changes.get("started_at", START)
    assert isinstance(started, datetime)
    ended = None if outcome == "open" else changes.get("ended_at", started + 10 * DAY)
    assert ended is None or isinstance(ended, datetime)
    row: Row = {
        "customer": "ann",
        "moment": "track-delivery",
        "version": 1,
        "key": None,
        "started_at": started,
        "ended_at": ended,
        "outcome": outcome,
        "ending": None if outcome in ("open", "abandoned") else f"{outcome}_event",
        "duration_seconds": None if ended is None else (ended - started).total_seconds(),
        "steps": 3,
        "retries": 0,
        "errors": 0,
        "channels": "web",
        "longest_wait_seconds": 60.0,
        "comprehension": None,
    }
    return row | {"ended_at": ended} | {name: value for name, value in changes.items() if name != "ended_at"}


def draw_rows(rng: random.Random, most: int = 120) -> list[Row]:
    """Occurrences of two moments on few customers, keys and days, so that ties and gaps are frequent."""
    return [_draw_row(rng) for _ in range(rng.randint(0, most))]


def _draw_row(rng: random.Random) -> Row:
    outcome = rng.choice((*OUTCOMES, "completed"))
    started = START + rng.randint(0, 90) * DAY
    return make_row(
        outcome,
        customer=rng.choice("abcde"),
        moment=rng.choice(("track-delivery", "pay")),
        version=rng.choice((1, 2)),
        key=rng.choice((None, "1", "2")),
        started_at=started,
        ended_at=started + rng.randint(0, 40) * DAY,
        ending=None if outcome in ("open", "abandoned") else rng.choice((None, "late", "on time")),
        steps=rng.randint(0, 6),
        retries=rng.randint(0, 2),
        errors=rng.randint(0, 1),
        channels=rng.choice((None, "app", "app+web")),
        longest_wait_seconds=rng.uniform(0, 9e5),
        comprehension=rng.choice((None, "understood", "confused")),
    )


def draw_scores(rng: random.Random, most: int = 40) -> list[Row]:
    """Scores of the same customers, some without a value, some with a key."""
    return [
        {
            "customer": rng.choice("abcdef"),
            "at": START + rng.randint(-5, 140) * DAY,
            "score": rng.choice((None, float("nan"), 1.0, 2.0, 5.0, 9.0)),
            "order_id": rng.choice((None, "1", "2", "3")),
        }
        for _ in range(rng.randint(0, most))
    ]


@dataclass(frozen=True)
class SmallAudit:
    """The tables of one audit on an engine of its own."""

    con: duckdb.DuckDBPyConnection
    moments: tuple[Moment, ...]

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        return self.con.execute(sql).fetchall()

    def rows(self, table: str) -> list[Row]:
        """A table as it was written."""
        found: list[Row] = self.con.sql(f"FROM {table}").to_arrow_table().to_pylist()
        return found

    def count(self, estimate: Estimate) -> int:
        """How many rows an estimate's condition gives."""
        return int(str(self.ask(f"SELECT count(*) FROM {estimate.table} WHERE {estimate.rows}")[0][0]))

    def people(self, moment: str, rows: str) -> int:
        """How many customers are behind some occurrences."""
        of_moment = queries.of_moment(moment)
        sql = f"SELECT count(DISTINCT customer) FROM occurrences WHERE {of_moment} AND ({rows})"
        return int(str(self.ask(sql)[0][0]))

    def summarize(self) -> list[MomentSummary]:
        """One summary per moment."""
        return summarize(self.moments, self.ask)

    def find(self) -> list[Finding]:
        """What the summaries say by themselves."""
        latest = tuple({moment.name: moment for moment in self.moments}.values())
        return find_outcomes(Evidence(self.ask, latest, self.summarize()))


OpenAudit = Callable[..., SmallAudit]
