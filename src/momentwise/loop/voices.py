"""Voices: the tables of what customers said and of what the company showed them, from the sources that have any.

Beside the tables of the pass (`occurrences`, `signals`) these two stand in the same connection and are gone with it: texts are
not written to the audit's folder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from momentwise.define.evaluate import quote
from momentwise.define.signal import SignalSettings
from momentwise.define.source import Source
from momentwise.loop.intake import Intake
from momentwise.stores.explaining import explained

# Characters of a text that are kept; whoever needs more opens the source.
LONGEST_TEXT = 2_000

# The rules whose `first` events show customers something.
SHOWN = ("contact_after_message", "contact_after_self_service")

_WORDS = (
    'customer VARCHAR, "at" TIMESTAMPTZ, event VARCHAR, source VARCHAR, channel VARCHAR, text VARCHAR, score DOUBLE'
)
_EXPOSURES = 'customer VARCHAR, "at" TIMESTAMPTZ, event VARCHAR, content VARCHAR'


def write_words(connection: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """The table `words`: every event with a text, once; empty where no source has a text.

    Columns: customer, at, event, source (its name), channel, text (at most `LONGEST_TEXT` characters), score (or null).

    Args:
        connection: Where the table is created, in place of an earlier one.
        intake: Only its sources with a field `text` are read.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE words ({_WORDS})")
    for source in intake.sources.sources:
        query = intake.query(source, ["text", "channel", "score"])
        columns = query.columns
        if "text" not in columns:
            continue
        text = f"CAST({columns['text'].sql} AS VARCHAR)"
        channel = f"CAST({columns['channel'].sql} AS VARCHAR)" if "channel" in columns else "NULL"
        score = columns["score"].sql if "score" in columns and columns["score"].kind == "number" else "NULL"
        with explained(source.place):
            connection.execute(
                f'INSERT INTO words SELECT DISTINCT ON (customer, identity) customer, make_timestamptz("at"), event, '
                f"{quote(source.name)}, {channel}, left({text}, {LONGEST_TEXT}), {score} FROM ({query.sql}) "
                f"WHERE reason = 0 AND length(trim({text})) > 0"
            )


def write_exposures(
    connection: duckdb.DuckDBPyConnection,
    intake: Intake,
    signals: SignalSettings,
    events: Mapping[str, int] | None = None,
) -> None:
    """The table `exposures`: every message of the company and every content of help that a customer saw, once.

    Columns: customer, at, event, content (the event's element, or null).

    Args:
        connection: Where the table is created, in place of an earlier one.
        intake: Only its sources that may hold such an event are read.
        signals: Their rules `contact_after_message` and `contact_after_self_service` say which events these are.
        events: Every event's name, where that is known: without any such name no source is read.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE exposures ({_EXPOSURES})")
    wanted = sorted(
        {
            event
            for name in SHOWN
            if (rule := signals.rule(name)) is not None
            for trigger in rule.first
            for event in trigger.events
            if events is None or event in events
        }
    )
    for source in intake.sources.sources:
        if not wanted or not _may_hold(source, wanted):
            continue
        query = intake.query(source, ["element"])
        content = f"CAST({query.columns['element'].sql} AS VARCHAR)" if "element" in query.columns else "NULL"
        with explained(source.place):
            connection.execute(
                f'INSERT INTO exposures SELECT DISTINCT ON (customer, identity) customer, make_timestamptz("at"), event, '
                f"{content} FROM ({query.sql}) WHERE reason = 0 AND event IN ({', '.join(map(quote, wanted))})"
            )


def _may_hold(source: Source, wanted: Collection[str]) -> bool:
    """Whether an event of these names can come from a source; a column of names may hold any."""
    return any(not rule.name or rule.name in wanted for rule in source.rules)
