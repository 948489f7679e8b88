"""Small tables in the shape that an audit's finders read, for the tests of what happens between and beside moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from momentwise.define.finding import Estimate, Split
from momentwise.define.moment import Moment, Trigger
from momentwise.define.occurrence import FLOW_SCHEMA, INSTANT, OCCURRENCE_SCHEMA, SIGNAL_SCHEMA, with_properties
from momentwise.define.signal import SignalRule, SignalSettings
from momentwise.rank.evidence import Evidence

Row = dict[str, object]
START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OLIST = Path(__file__).parents[3] / "shared" / "data" / "olist" / "sample15k"

_SCORES = pa.schema(
    [(name, pa.string()) for name in ("moment", "outcome", "ending", "customer", "key")]
    + [("at", INSTANT), ("score", pa.float64()), ("named", pa.bool_())]
)
_WORDS = pa.schema(
    [("customer", pa.string()), ("at", INSTANT)]
    + [(name, pa.string()) for name in ("event", "source", "channel", "text")]
    + [("score", pa.float64())]
)
_EXPOSURES = pa.schema([("customer", pa.string()), ("at", INSTANT), ("event", pa.string()), ("content", pa.string())])

CONTACTS = (Trigger(("ticket_opened", "call_started", "chat_started")),)
RULES = SignalSettings(
    rules=(
        SignalRule(
            name="broken_promise",
            shape="overdue",
            first=(Trigger(("order_placed",)),),
            then=(Trigger(("order_delivered",)),),
            by="order_id",
            measure="promised_at",
        ),
        SignalRule(
            name="silence",
            shape="lull",
            first=(Trigger(("order_placed", "order_approved", "order_shipped", "booking_confirmed", "message_sent")),),
            then=(*CONTACTS, Trigger(("order_cancelled",))),
            clear=(Trigger(("order_delivered", "order_cancelled")),),
            least_us=86_400_000_000,
        ),
        SignalRule(name="repeat_contact", shape="follow", first=CONTACTS, then=CONTACTS, by="topic"),
        SignalRule(name="repeated_search", shape="chain", first=(Trigger(("search_performed",)),)),
        SignalRule(
            name="contact_after_self_service",
            shape="follow",
            first=(Trigger(("help_viewed", "help_searched", "guide_viewed")),),
            then=CONTACTS,
        ),
        SignalRule(
            name="contact_after_message",
            shape="follow",
            first=(Trigger(("message_sent",)),),
            then=CONTACTS,
            within_us=3 * 86_400_000_000,
        ),
        SignalRule(name="rage_click", shape="burst", first=(Trigger(("click",)),)),
        SignalRule(name="thanks", shape="each", archetype="delight", first=(Trigger(("thanks_received",)),), weight=0),
    )
)


def declare(name: str = "track-delivery", **changes: object) -> Moment:
    """A moment by order, from order to delivery, unless changed."""
    facts: dict[str, object] = {
        "name": name,
        "intent": "know",
        "stage": "retention",
        "archetype": "friction",
        "by": "order_id",
        "start": (Trigger(("order_placed",)),),
        "complete": (Trigger(("order_delivered",)),),
    }
    return Moment(**(facts | changes))  # type: ignore[arg-type]  # any field may be changed


def happen(customer: str, day: float = 0.0, days: float = 1.0, **changes: object) -> Row:
    """One occurrence that starts on a day and completes some days later, unless changed."""
    started, ended = START + day * DAY, START + (day + days) * DAY
    row: Row = {
        "customer": customer,
        "moment": "track-delivery",
        "version": 1,
        "key": f"{customer}-{day}",
        "started_at": started,
        "ended_at": ended,
        "outcome": "completed",
        "ending": "order_delivered",
        "duration_seconds": days * 86_400,
        "steps": 3,
        "retries": 0,
        "errors": 0,
        "channels": "web",
        "longest_wait_seconds": days * 86_400,
        "last_step": "order_delivered",
        "is_returning": False,
    }
    return row | changes


def signal(customer: str, name: str, day: float = 0.0, days: float = 0.0, **changes: object) -> Row:
    """One signal at a day of the customer, over some days."""
    at = START + day * DAY
    row: Row = {
        "customer": customer,
        "signal": name,
        "at": at,
        "ended_at": at + days * DAY,
        "count": 1,
        "seconds": days * 86_400,
    }
    return row | changes


def score(customer: str, value: float, day: float = 0.0, **changes: object) -> Row:
    """One score of a completed occurrence."""
    row: Row = {
        "moment": "track-delivery",
        "outcome": "completed",
        "ending": "order_delivered",
        "customer": customer,
        "at": START + day * DAY,
        "score": value,
    }
    return row | changes


def say(customer: str, text: str, day: float = 0.0, event: str = "ticket_opened", **changes: object) -> Row:
    """One text of a customer."""
    return {
        "customer": customer,
        "at": START + day * DAY,
        "event": event,
        "source": "log",
        "channel": "web",
        "text": text,
    } | changes


def step(event: str, following: str | None, count: int, days: float = 0.0, **changes: object) -> Row:
    """One row of the flow; the quantiles of its gap are 0.5, 1, 3 and 4 times the days."""
    seconds = days * 86_400
    return {
        "moment": "track-delivery",
        "event": event,
        "next": following,
        "count": count,
        "p10_seconds": 0.5 * seconds,
        "p50_seconds": seconds,
        "p90_seconds": 3 * seconds,
        "p95_seconds": 4 * seconds,
        "mean_seconds": 1.2 * seconds,
    } | changes


class Tables:
    """The tables of one audit on an engine of its own, and the evidence over them."""

    def __init__(self, **facts: object) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'; SET threads = 1").fetchall()
        given = facts.get("properties", ())
        assert isinstance(given, tuple)
        self.properties: tuple[str, ...] = given
        self.facts = facts

    def write(self, name: str, rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> None:
        """One table."""
        self.connection.register(f"_{name}", pa.Table.from_pylist([dict(row) for row in rows], schema))
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM _{name}").fetchall()

    def open(self, **tables: Sequence[Mapping[str, object]]) -> Evidence:
        """Evidence over these tables; those that are not named are empty."""
        schemas = {
            "occurrences": with_properties(OCCURRENCE_SCHEMA, self.properties),
            "signals": with_properties(SIGNAL_SCHEMA, self.properties),
            "scores": _SCORES,
            "flow": FLOW_SCHEMA,
            "words": _WORDS,
            "exposures": _EXPOSURES,
        }
        for name, schema in schemas.items():
            self.write(name, tables.get(name, ()), schema)
        return self.evidence()

    def evidence(self) -> Evidence:
        """Evidence over the tables as they are."""
        facts: dict[str, object] = {
            "moments": (declare(),),
            "signals": RULES,
            "since_us": round(START.timestamp() * 1e6),
            "until_us": round((START + 180 * DAY).timestamp() * 1e6),
        }
        return Evidence(ask=lambda sql: self.connection.execute(sql).fetchall(), **(facts | self.facts))  # type: ignore[arg-type]  # any fact may be given

    def count(self, estimate: Estimate) -> int:
        """How many rows an estimate's condition gives."""
        sql = f"SELECT count(*) FROM {estimate.table} WHERE {estimate.rows}"
        return int(self.connection.execute(sql).fetchall()[0][0])


def counts_its_rows(tables: Tables, estimate: Estimate) -> bool:
    """Whether the condition of an estimate gives exactly the rows that it counted."""
    wanted = round((estimate.value or 0.0) * estimate.n) if estimate.unit == "share" else estimate.n
    return wanted == tables.count(estimate)


def part(splits: Sequence[Split], title: str) -> dict[str, Estimate]:
    """The parts of the split whose title begins so."""
    return dict(next(split for split in splits if split.title.startswith(title)).parts)


_OLIST_ORDERS = """
CREATE TABLE orders AS SELECT c.customer_unique_id AS customer, o.order_id AS key, c.customer_state AS state,
    o.order_status = 'canceled' AS cancelled,
    o.order_purchase_timestamp AT TIME ZONE 'America/Sao_Paulo' AS placed,
    o.order_approved_at AT TIME ZONE 'America/Sao_Paulo' AS approved,
    o.order_delivered_carrier_date AT TIME ZONE 'America/Sao_Paulo' AS shipped,
    o.order_delivered_customer_date AT TIME ZONE 'America/Sao_Paulo' AS delivered,
    o.order_estimated_delivery_date AT TIME ZONE 'America/Sao_Paulo' AS promised
FROM read_csv('{folder}/olist_orders_dataset.csv') AS o JOIN read_csv('{folder}/olist_customers_dataset.csv') AS c
USING (customer_id);
CREATE TABLE moments AS
SELECT 'track-delivery' AS moment, delivered AS ended, * FROM orders
UNION ALL SELECT 'hand-over-parcel', shipped, * FROM orders;
CREATE TABLE occurrences AS SELECT customer, moment, 1 AS version, key, placed AS started_at,
    CASE WHEN cancelled THEN coalesce(shipped, approved, placed) ELSE ended END AS ended_at,
    CASE WHEN cancelled THEN 'failed' WHEN ended IS NULL THEN 'abandoned' ELSE 'completed' END AS outcome,
    NULL::VARCHAR AS ending, epoch(ended) - epoch(placed) AS duration_seconds, 3 AS steps, 0 AS retries, 0 AS errors,
    'web' AS channels, greatest(epoch(approved) - epoch(placed), epoch(shipped) - epoch(approved),
        CASE WHEN moment = 'track-delivery' THEN epoch(delivered) - epoch(shipped) END) AS longest_wait_seconds,
    NULL::VARCHAR AS comprehension, 'x' AS last_step, false AS is_returning, {{'state': state}} AS properties
FROM moments;
CREATE TABLE signals AS SELECT customer, 'broken_promise' AS signal, placed AS "at", promised AS ended_at, 1 AS count,
    NULL::VARCHAR AS page, NULL::VARCHAR AS element, key, 0.0 AS seconds, 'web' AS channel,
    {{'state': state}} AS properties
FROM orders WHERE coalesce(delivered > promised, NOT cancelled AND promised < TIMESTAMPTZ '2018-10-17');
CREATE TABLE reviews AS SELECT o.customer, o.key, r.review_answer_timestamp AT TIME ZONE 'America/Sao_Paulo' AS "at",
    r.review_score::DOUBLE AS score, r.review_comment_message AS text
FROM read_csv('{folder}/olist_order_reviews_dataset.csv') AS r JOIN orders AS o ON o.key = r.order_id;
CREATE TABLE scores AS SELECT o.moment, o.outcome, o.ending, o.customer, o.key, r."at", r.score, true AS named
FROM reviews AS r JOIN occurrences AS o USING (customer, key) WHERE r."at" >= o.started_at;
CREATE TABLE words AS SELECT customer, "at", 'review_given' AS event, 'reviews' AS source, 'survey' AS channel, text, score
FROM reviews WHERE text IS NOT NULL;
CREATE TABLE exposures (customer VARCHAR, "at" TIMESTAMPTZ, event VARCHAR, content VARCHAR);
CREATE TABLE steps AS
SELECT m.moment, s.key, s.event, s."at" FROM (
    SELECT key, 'order_placed' AS event, placed AS "at", 0 AS place FROM orders
    UNION ALL SELECT key, 'order_approved', approved, 1 FROM orders
    UNION ALL SELECT key, 'order_shipped', shipped, 2 FROM orders
    UNION ALL SELECT key, 'order_delivered', delivered, 3 FROM orders) AS s
JOIN (VALUES ('track-delivery', 3), ('hand-over-parcel', 2)) AS m(moment, most) ON s.place <= m.most
WHERE s."at" IS NOT NULL;
CREATE TABLE flow AS SELECT moment, event, next, NULL::VARCHAR AS outcome, count(*) AS count,
    quantile_cont(gap, 0.1) AS p10_seconds, quantile_cont(gap, 0.5) AS p50_seconds, quantile_cont(gap, 0.9) AS p90_seconds,
    quantile_cont(gap, 0.95) AS p95_seconds, avg(gap) AS mean_seconds
FROM (SELECT moment, event, lead(event) OVER w AS next, epoch(lead("at") OVER w) - epoch("at") AS gap FROM steps
      WINDOW w AS (PARTITION BY moment, key ORDER BY "at")) WHERE next IS NOT NULL GROUP BY ALL;
"""


def open_olist() -> Iterator[Tables]:
    """The tables of the shop's orders, made by plain SQL and not by the engine."""
    if not OLIST.exists():
        pytest.skip("the data set olist/sample15k is not here")
    moments = (declare(), declare("hand-over-parcel", complete=(Trigger(("order_shipped",)),)))
    tables = Tables(
        properties=("state",),
        moments=moments,
        zone="America/Sao_Paulo",
        since_us=1_473_900_000_000_000,
        until_us=1_539_748_800_000_000,
    )
    tables.connection.execute(_OLIST_ORDERS.format(folder=OLIST)).fetchall()
    yield tables
    tables.connection.close()
