"""Voices: what customers said, scored and were shown, read from the sources in one go.

Beside the tables of the pass these stand in the audit's own engine and are gone with it: texts are not written to the
audit's folder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import duckdb

from momentwise.collect.mapping import EventsQuery
from momentwise.define.evaluate import quote, quote_name
from momentwise.define.signal import SignalSettings
from momentwise.define.source import Source
from momentwise.loop.intake import Intake
from momentwise.stores.explaining import explained

# Characters of a text that are kept; whoever needs more opens the source.
LONGEST_TEXT = 2_000

# The rules whose `first` events show customers something.
SHOWN = ("contact_after_message", "contact_after_self_service")

_ROW = 'customer VARCHAR, identity UBIGINT, "at" TIMESTAMPTZ, event VARCHAR, source VARCHAR, channel VARCHAR, text VARCHAR, score DOUBLE, content VARCHAR'  # fmt: skip


def write_voices(
    connection: duckdb.DuckDBPyConnection,
    intake: Intake,
    signals: SignalSettings,
    events: Mapping[str, int],
    keys: Sequence[str],
) -> None:
    """The tables `given`, `words` and `exposures`; each is there, also where nothing is in it.

    - `given`: customer, at, score and the keys: every score, once.
    - `words`: customer, at, event, source (its name), channel, text (at most `LONGEST_TEXT` characters), score: every
      event with a text, once.
    - `exposures`: customer, at, event, content (the event's element): every message of the company and every content of
      help that a customer saw, once.

    Args:
        connection: Where the tables are created, in place of earlier ones.
        intake: Sources that hold none of these are not read.
        signals: Their rules `contact_after_message` and `contact_after_self_service` say which events show something.
        events: Every event's name.
        keys: Fields by which moments are told apart.
    """
    fields = "".join(f", {quote_name(key)} VARCHAR" for key in keys)
    connection.execute(f"CREATE OR REPLACE TABLE voices ({_ROW}, is_shown BOOLEAN{fields})")
    shown = shown_events(signals, events)
    for source in intake.sources.sources:
        query = intake.query(source, ["text", "channel", "score", "element", *keys])
        sql = _voices_sql(source, query, shown, keys)
        if sql:
            with explained(source.place):
                connection.execute(f"INSERT INTO voices {sql}")
    listed = "".join(f", {quote_name(key)}" for key in keys)
    for name, columns, kept in (
        ("given", f'customer, "at", score{listed}', "score IS NOT NULL"),
        ("words", 'customer, "at", event, source, channel, text, score', "text IS NOT NULL"),
        ("exposures", 'customer, "at", event, content', "is_shown"),
    ):
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM voices WHERE {kept}")
    connection.execute("DROP TABLE voices")


def shown_events(signals: SignalSettings, events: Collection[str]) -> list[str]:
    """The names of the events that show customers something, of those that occur."""
    rules = [rule for name in SHOWN if (rule := signals.rule(name)) is not None]
    return sorted({name for rule in rules for trigger in rule.first for name in trigger.events if name in events})


def _voices_sql(source: Source, query: EventsQuery, shown: Sequence[str], keys: Sequence[str]) -> str:
    """The rows of one source that say, score or show something; empty where it has none."""
    columns = query.columns
    has_score = "score" in columns and columns["score"].kind == "number"
    is_shown = f"event IN ({', '.join(map(quote, shown))})" if shown and _may_hold(source, shown) else "false"
    kept = [
        *(["text IS NOT NULL"] if "text" in columns else []),
        *(["score IS NOT NULL"] if has_score else []),
        *(["is_shown"] if is_shown != "false" else []),
    ]
    if not kept:
        return ""

    def text(name: str) -> str:
        return f"CAST({columns[name].sql} AS VARCHAR)" if name in columns else "NULL::VARCHAR"

    said = f"CASE WHEN length(trim({text('text')})) > 0 THEN left({text('text')}, {LONGEST_TEXT}) END"
    score = columns["score"].sql if has_score else "NULL::DOUBLE"
    own = ", ".join([f"{quote(source.name)} AS source", f"{text('channel')} AS channel", f"{said} AS text"])
    content = f"CASE WHEN {is_shown} THEN {text('element')} END AS content, {is_shown} AS is_shown"
    named = "".join(f", {text(key)} AS k{place}" for place, key in enumerate(keys))
    return (
        f'SELECT DISTINCT ON (customer, identity) * FROM (SELECT customer, identity, make_timestamptz("at"), event, {own}, '
        f"{score} AS score, {content}{named} FROM ({query.sql}) WHERE reason = 0) WHERE {' OR '.join(kept)}"
    )


def _may_hold(source: Source, wanted: Collection[str]) -> bool:
    """Whether an event of these names can come from a source; a column of names may hold any."""
    return any(not rule.name or rule.name in wanted for rule in source.rules)
