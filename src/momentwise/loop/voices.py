"""Voices: what customers said, scored and were shown, read from the sources in one go.

Beside the tables of the pass these stand in the audit's own engine, and `words` and `exposures` in its folder, so that
a number opens the words behind it. Of very many customers only those of the sample are heard, for whom else no text is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import duckdb

from momentwise.collect.mapping import EventsQuery
from momentwise.define.evaluate import quote, quote_name
from momentwise.define.signal import SignalSettings
from momentwise.define.source import Source
from momentwise.loop.intake import Intake
from momentwise.rank.sampling import sampled
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
    parts: int = 1,
) -> None:
    """The tables `given`, `words` and `exposures`; each is there, also where nothing is in it.

    - `given`: customer, at, score and the keys: every score, once.
    - `words`: customer, at, event, source (its name), channel, text (at most `LONGEST_TEXT` characters), score: every
      event with a text, once; of one customer in `parts`.
    - `exposures`: customer, at, event, content (the event's element): every message of the company and every content of
      help that a customer saw, once; of one customer in `parts`.

    Args:
        connection: Where the tables are created, in place of earlier ones.
        intake: Sources that hold none of these are not read.
        signals: Their rules `contact_after_message` and `contact_after_self_service` say which events show something.
        events: Every event's name.
        keys: Fields by which moments are told apart.
        parts: Of how many parts of the customers one is heard; scores are those of all.
    """
    fields = "".join(f", {quote_name(key)} VARCHAR" for key in keys)
    connection.execute(f"CREATE OR REPLACE TABLE voices ({_ROW}, is_shown BOOLEAN{fields})")
    shown = shown_events(signals, events)
    for source in intake.sources.sources:
        wanted = ["text", "channel", "score", "element", *keys]
        own = shown if _may_hold(source, shown) else []
        kept = _kept_sql(intake.query(source, wanted), own, parts)
        if kept:
            with explained(source.place):
                sql = _voices_sql(source, intake.query(source, wanted, kept), own, keys)
                connection.execute(f"INSERT INTO voices {sql}")
    listed = "".join(f", {quote_name(key)}" for key in keys)
    heard = sampled(parts)  # a score of somebody else may have come with a text
    for name, columns, kept in (
        ("given", f'customer, "at", score{listed}', "score IS NOT NULL"),
        ("words", 'customer, "at", event, source, channel, text, score', f"text IS NOT NULL AND {heard}"),
        ("exposures", 'customer, "at", event, content', f"is_shown AND {heard}"),
    ):
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM voices WHERE {kept}")
    connection.execute("DROP TABLE voices")


def shown_events(signals: SignalSettings, events: Collection[str]) -> list[str]:
    """The names of the events that show customers something, of those that occur."""
    rules = [rule for name in SHOWN if (rule := signals.rule(name)) is not None]
    return sorted({name for rule in rules for trigger in rule.first for name in trigger.events if name in events})


def _kept_sql(query: EventsQuery, shown: Sequence[str], parts: int) -> str:
    """The condition that picks the rows of a source that may say, score or show something; empty where none can."""
    heard = [f"{query.columns['text'].sql} IS NOT NULL"] if "text" in query.columns else []
    heard += [_named(shown)] if shown else []
    kept = [f"{query.columns['score'].sql} IS NOT NULL"] if _has_score(query) else []
    if heard:
        said = f"({' OR '.join(heard)})"
        kept.append(said if parts == 1 else f"({said} AND {sampled(parts)})")
    return " OR ".join(kept)


def _has_score(query: EventsQuery) -> bool:
    return "score" in query.columns and query.columns["score"].kind == "number"


def _named(events: Sequence[str]) -> str:
    return f"event IN ({', '.join(map(quote, events))})" if events else "false"


def _voices_sql(source: Source, query: EventsQuery, shown: Sequence[str], keys: Sequence[str]) -> str:
    """The rows of a query that say, score or show something."""
    columns, is_shown = query.columns, _named(shown)

    def text(name: str) -> str:
        return f"CAST({columns[name].sql} AS VARCHAR)" if name in columns else "NULL::VARCHAR"

    said = f"CASE WHEN length(trim({text('text')})) > 0 THEN left({text('text')}, {LONGEST_TEXT}) END"
    score = columns["score"].sql if _has_score(query) else "NULL::DOUBLE"
    own = ", ".join([f"{quote(source.name)} AS source", f"{text('channel')} AS channel", f"{said} AS text"])
    content = f"CASE WHEN {is_shown} THEN {text('element')} END AS content, {is_shown} AS is_shown"
    named = "".join(f", {text(key)} AS k{place}" for place, key in enumerate(keys))
    return (
        f'SELECT DISTINCT ON (customer, identity) * FROM (SELECT customer, identity, make_timestamptz("at"), event, {own}, '
        f"{score} AS score, {content}{named} FROM ({query.sql}) WHERE reason = 0) "
        "WHERE text IS NOT NULL OR score IS NOT NULL OR is_shown"
    )


def _may_hold(source: Source, wanted: Collection[str]) -> bool:
    """Whether an event of these names can come from a source; a column of names may hold any."""
    return any(not rule.name or rule.name in wanted for rule in source.rules)
