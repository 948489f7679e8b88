"""Reads the events of a sample of customers into a `learn.log.Log`, through the intake's queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from momentwise.collect.mapping import relation_of
from momentwise.define.evaluate import Column, read_sql
from momentwise.define.source import ColumnFacts, Source, TableFacts
from momentwise.learn.log import Int64s, Log
from momentwise.loop.intake import Intake
from momentwise.loop.watching import Watcher
from momentwise.stores.explaining import explained

_PARTS = 1 << 20
_MOST_FIELDS = 12
_LONGEST_KEY = 64  # characters; what is longer is text, not a key
_LEAST_DISTINCT = 0.02  # share of the sampled values
_NO_KEYS = frozenset({"text", "channel", "amount", "score", "duration", "event", "customer", "at"})
_ONE_CHANNEL = 0.9


@dataclass(frozen=True)
class Sampled:
    """What was read.

    Args:
        log: The events.
        share: Share (0–1) of the customers that were read.
        customers: How many customers were read.
    """

    log: Log
    share: float
    customers: int


def read_log(intake: Intake, most_customers: int, watcher: Watcher) -> Sampled:
    """The events of at most about so many customers, drawn by the hash of their name; of all where they are few.

    Args:
        intake: The opened sources.
        most_customers: How many customers are enough.
        watcher: Who is told how it goes on.
    """
    totals, customers = _count(intake, watcher)
    share = 1.0 if customers <= most_customers else most_customers / customers
    fields = key_fields(intake)
    tables = [_read(intake, source, fields, share, watcher) for source in intake.sources.sources]
    log = _log(pa.concat_tables(tables, promote_options="permissive"), fields, totals)
    return Sampled(log, share, len(np.unique(log.customer)))


def _count(intake: Intake, watcher: Watcher) -> tuple[dict[str, int], int]:
    """Events by name, and roughly how many customers there are in the largest source."""
    totals: dict[str, int] = {}
    most = 0
    for source in intake.sources.sources:
        watcher.begin(f"Count {source.name}", None)
        sql = intake.query(source, ()).sql
        with explained(source.place):
            rows = intake.connection.execute(
                "SELECT event, count(*), approx_count_distinct(customer), grouping(event) "
                f"FROM ({sql}) WHERE reason = 0 GROUP BY GROUPING SETS ((event), ())"
            ).fetchall()
        for name, count, people, is_total in rows:
            if is_total:
                most = max(most, people)
            else:
                totals[name] = totals.get(name, 0) + count
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0]))), most


def key_fields(intake: Intake) -> tuple[str, ...]:
    """Fields that may tell the passes of one customer apart, those with a name of their own in the mapping first."""
    found: dict[str, None] = {}
    for source in intake.sources.sources:
        facts = intake.facts(source).get(relation_of(source))
        for name, column in _candidates(source, facts):
            if column is None or _is_key(column):
                found.setdefault(name)
    named = sorted(found, key=lambda name: name == "key")  # the general name last
    return tuple(named[:_MOST_FIELDS])


def _candidates(source: Source, facts: TableFacts | None) -> Iterator[tuple[str, ColumnFacts | None]]:
    """Names of fields with what is known of their column; a column that has a name in the mapping is not given again."""
    mapped = dict(source.fields)
    for rule in source.rules:
        mapped.update(rule.fields)
    for name, ref in mapped.items():
        if name not in _NO_KEYS and name != "id" and ref.column:
            yield name, facts.column(ref.column) if facts and not ref.through else None
    taken = {ref.column for name, ref in mapped.items() if name not in ("key", "id", "session")}
    taken |= {source.customer.column, *(name for rule in source.rules for name in rule.at)}
    for column in facts.columns if facts else ():
        if column.name not in taken and column.name not in _NO_KEYS:
            yield column.name, column


def _is_key(column: ColumnFacts) -> bool:
    """Whether a column's values are short and of many kinds, as numbers of orders are; no time, no amount."""
    if column.kind in ("instant", "truth") or column.width > _LONGEST_KEY:
        return False
    if column.kind == "number" and any("." in value or "," in value for value in column.examples):
        return False
    return column.distinct >= max(2, column.sampled * column.filled * _LEAST_DISTINCT)


def _read(intake: Intake, source: Source, fields: tuple[str, ...], share: float, watcher: Watcher) -> pa.Table:
    """One source's events as numbers: customer, at, event, channel, identity, and one column per field it has."""
    facts = intake.facts(source)
    likely = facts[source.table].likely_rows if source.table in facts else None
    watcher.begin(f"Read {source.name}", likely and likely * len(source.rules))
    query = intake.query(source, [*fields, "channel"])
    parts = [
        "hash(customer) AS customer",
        '"at"',
        "event",
        "identity",
        f"{_text(query.columns.get('channel'))} AS channel",
    ]
    parts += [
        f"{_hashed(query.columns[name])} AS k{place}" for place, name in enumerate(fields) if name in query.columns
    ]
    kept = "" if share >= 1 else f" AND hash(customer) % {_PARTS} < {round(share * _PARTS)}"
    with explained(source.place):
        reader = intake.connection.sql(
            f"SELECT {', '.join(parts)} FROM ({query.sql}) WHERE reason = 0{kept}"
        ).to_arrow_reader(1 << 17)
        batches = []
        for batch in reader:
            batches.append(batch)
            watcher.advance(round(batch.num_rows / share))
        return pa.Table.from_batches(batches, reader.schema)


def _text(column: Column | None) -> str:
    return read_sql(column, "text") if column else "NULL::VARCHAR"


def _hashed(column: Column) -> str:
    text = read_sql(column, "text")
    return f"CASE WHEN {text} IS NOT NULL THEN hash({text}) END"


def _log(table: pa.Table, fields: tuple[str, ...], totals: dict[str, int]) -> Log:
    customer, at = _codes(table["customer"]), table["at"].to_numpy()
    event = pc.dictionary_encode(table["event"]).combine_chunks()
    codes, names = event.indices.to_numpy().astype(np.int64), event.dictionary.to_pylist()
    order = np.lexsort((np.arange(len(at)), at, customer))
    pairs = np.stack([customer, table["identity"].to_numpy().view(np.int64)], axis=1)[order]
    first = np.zeros(len(order), dtype=bool)
    first[_first_places(pairs)] = True
    order = order[first]
    keys = {
        name: _codes(table[f"k{place}"])[order]
        for place, name in enumerate(fields)
        if f"k{place}" in table.column_names
    }
    log = Log(customer[order], at[order], codes[order], tuple(names), keys, {}, totals)
    return Log(log.customer, log.at_us, log.event, log.names, log.keys, _channels(table, names), totals)


def _first_places(pairs: Int64s) -> Int64s:
    """Where each distinct row stands first: an event that is there twice counts once."""
    order = np.lexsort((np.arange(len(pairs)), pairs[:, 1], pairs[:, 0]))
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(pairs[order], axis=0) != 0).any(axis=1)
    return order[is_new]


def _codes(column: pa.ChunkedArray) -> Int64s:
    """Small numbers for the values of a column; -1 where there is none."""
    indices = pc.fill_null(pc.dictionary_encode(column).combine_chunks().indices, -1)
    codes: Int64s = indices.to_numpy().astype(np.int64)
    return codes


def _channels(table: pa.Table, names: list[str]) -> dict[str, str]:
    counted = table.group_by(["event", "channel"]).aggregate([("channel", "count")]).to_pylist()
    totals: dict[str, int] = {}
    most: dict[str, tuple[int, str]] = {}
    for row in counted:
        totals[row["event"]] = totals.get(row["event"], 0) + row["channel_count"]
        if row["channel"]:
            most[row["event"]] = max(most.get(row["event"], (0, "")), (row["channel_count"], row["channel"]))
    return {name: most[name][1] for name in names if name in most and most[name][0] >= _ONE_CHANNEL * totals[name]}
