"""Audits drawn with numpy, large enough for statistics: tables of the contract's shape whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from momentwise.define.moment import Moment, Trigger
from momentwise.define.signal import SignalRule, SignalSettings
from momentwise.define.span import DAY_US, SECOND_US
from momentwise.rank.evidence import Evidence

SINCE_US = 1_704_067_200 * SECOND_US  # 1 January 2024
INSTANT = pa.timestamp("us", tz="UTC")

CHECKOUT = Moment(
    name="checkout",
    intent="buy",
    stage="decision",
    archetype="friction",
    start=(Trigger(("checkout_started",)),),
    complete=(Trigger(("order_placed",)),),
)


def make_rule(name: str, shape: str = "each", first: str = "clicked", **changes: object) -> SignalRule:
    """A friction's rule with the few things that matter to the finders."""
    facts: dict[str, object] = {"name": name, "shape": shape, "first": (Trigger((first,)),)}
    return SignalRule(**(facts | changes))  # type: ignore[arg-type]  # any field may be changed


RULES = tuple(
    map(make_rule, ("premature_ask", "hesitation", "field_rework", "out_of_reach", "rage_click", "dead_click"))
)


@dataclass
class Drawn:
    """Occurrences as arrays, and the signals met in them.

    Args:
        customer: Number of the customer per occurrence.
        seconds: How long each took.
        completed: Whether each completed.
        start_us: When each began.
        properties: Values per property and occurrence.
        last_step: Per occurrence.
        signals: Rule, page, element, the occurrences' places, and seconds from the start.
        scores: The occurrences' places, and the scores.
        moment: Its name.
        has_named_scores: Whether the scores name the occurrences.
    """

    customer: np.ndarray
    seconds: np.ndarray
    completed: np.ndarray
    start_us: np.ndarray
    properties: Mapping[str, np.ndarray] = field(default_factory=dict)
    last_step: np.ndarray | None = None
    signals: list[tuple[str, str | None, str | None, np.ndarray, np.ndarray]] = field(default_factory=list)
    scores: tuple[np.ndarray, np.ndarray] | None = None
    moment: str = "checkout"
    has_named_scores: bool = False

    def meet(
        self, rule: str, page: str | None, element: str | None, who: np.ndarray, after: float | np.ndarray
    ) -> None:
        """Add a signal to the occurrences for which `who` is true."""
        places = np.flatnonzero(who)
        self.signals.append((rule, page, element, places, np.broadcast_to(after, who.shape)[places]))


def draw_times(rng: np.random.Generator, n: int, days: int = 56) -> np.ndarray:
    """Starts, spread over the days."""
    return SINCE_US + rng.integers(0, days * DAY_US - 3600 * SECOND_US, n)


def lay_tables(con: duckdb.DuckDBPyConnection, parts: Sequence[Drawn]) -> None:
    """Write the tables of an audit."""
    names = list(dict.fromkeys(name for part in parts for name in part.properties))
    tables = [_occurrences(part, names) for part in parts]
    con.register("_o", pa.concat_tables(tables))
    con.register("_s", pa.concat_tables([_signals(part) for part in parts]))
    con.register("_c", pa.concat_tables([_scores(part) for part in parts]))
    for name, source in (("occurrences", "_o"), ("signals", "_s"), ("scores", "_c")):
        con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM {source}").fetchall()


def make_evidence(
    con: duckdb.DuckDBPyConnection,
    parts: Sequence[Drawn],
    rules: tuple[SignalRule, ...] = RULES,
    moments: tuple[Moment, ...] = (CHECKOUT,),
    days: int = 56,
) -> Evidence:
    """The evidence of an audit whose tables are these."""
    lay_tables(con, parts)
    names = tuple(dict.fromkeys(name for part in parts for name in part.properties))
    return Evidence(
        ask=lambda sql: con.execute(sql).fetchall(),
        moments=moments,
        signals=SignalSettings(rules=rules),
        properties=names,
        since_us=SINCE_US,
        until_us=SINCE_US + days * DAY_US,
    )


def _texts(values: np.ndarray) -> pa.Array:
    return pa.array([str(value) for value in values.tolist()], pa.string())


def _occurrences(part: Drawn, names: Sequence[str]) -> pa.Table:
    n = part.customer.size
    ended = part.start_us + (part.seconds * SECOND_US).astype(np.int64)
    seen: dict[int, int] = {}
    for who, at in sorted(zip(part.customer.tolist(), part.start_us.tolist(), strict=True), key=lambda one: one[1]):
        seen.setdefault(who, at)
    first = np.asarray([seen[who] for who in part.customer.tolist()])
    steps = part.last_step if part.last_step is not None else np.full(n, "clicked")
    columns = {
        "customer": _texts(part.customer),
        "moment": pa.array([part.moment] * n, pa.string()),
        "version": pa.array(np.ones(n, np.int16)),
        "key": pa.nulls(n, pa.string()),
        "started_at": pa.array(part.start_us, INSTANT),
        "ended_at": pa.array(ended, INSTANT),
        "outcome": pa.array(np.where(part.completed, "completed", "abandoned").tolist(), pa.string()),
        "ending": pa.array(["order_placed" if done else None for done in part.completed.tolist()], pa.string()),
        "duration_seconds": pa.array(part.seconds.astype(float)),
        "last_step": pa.array(steps.tolist(), pa.string()),
        "is_returning": pa.array(part.start_us - first > DAY_US),
    }
    if names:
        fields = [pa.array(part.properties[name].tolist(), pa.string()) for name in names]
        columns["properties"] = pa.StructArray.from_arrays(fields, names=list(names))
    return pa.table(columns)


def _signals(part: Drawn) -> pa.Table:
    rows: dict[str, list[object]] = {name: [] for name in ("customer", "signal", "at", "page", "element")}
    for rule, page, element, places, after in part.signals:
        rows["customer"] += part.customer[places].astype(str).tolist()
        rows["signal"] += [rule] * places.size
        rows["at"] += (part.start_us[places] + (after * SECOND_US).astype(np.int64)).tolist()
        rows["page"] += [page] * places.size
        rows["element"] += [element] * places.size
    at = pa.array(rows["at"], pa.int64()).cast(INSTANT)
    texts = {name: pa.array(rows[name], pa.string()) for name in ("customer", "signal", "page", "element")}
    return pa.table({**texts, "at": at, "ended_at": at, "key": pa.nulls(len(at), pa.string())})


def _scores(part: Drawn) -> pa.Table:
    places, score = part.scores if part.scores is not None else (np.zeros(0, int), np.zeros(0))
    ended = part.start_us[places] + (part.seconds[places] * SECOND_US).astype(np.int64)
    return pa.table(
        {
            "moment": pa.array([part.moment] * places.size, pa.string()),
            "outcome": pa.array(np.where(part.completed[places], "completed", "abandoned").tolist(), pa.string()),
            "ending": pa.nulls(places.size, pa.string()),
            "customer": pa.array(part.customer[places].astype(str).tolist(), pa.string()),
            "key": pa.nulls(places.size, pa.string()),
            "at": pa.array(ended, INSTANT),
            "score": pa.array(score.astype(float)),
            "named": pa.array([part.has_named_scores] * places.size, pa.bool_()),
        }
    )
