"""The tables of words and exposures hold every text and every message once, and exist even where nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from momentwise.define.moment import Trigger
from momentwise.define.signal import SignalRule, SignalSettings
from momentwise.loop.intake import Intake, open_intake
from momentwise.loop.voices import LONGEST_TEXT, write_voices

NOW_US = 1_750_000_000_000_000
SIGNALS = SignalSettings(
    rules=(
        SignalRule(name="contact_after_message", shape="follow", first=(Trigger(("message_sent",)),)),
        SignalRule(name="contact_after_self_service", shape="follow", first=(Trigger(("help_viewed",)),)),
    )
)
LOG = f"""customer_id,timestamp,event,channel,text,score,element
ann,2024-01-01 10:00:00,message_sent,email,,,welcome
ann,2024-01-01 10:00:00,message_sent,email,,,welcome
ann,2024-01-02 10:00:00,help_viewed,web,,,returns
ann,2024-01-03 10:00:00,review_written,web,Never again,1,
ann,2024-01-03 10:00:00,review_written,web,Never again,1,
bob,2024-01-04 10:00:00,chat_message,chat,  ,,
bob,2024-01-04 11:00:00,chat_message,chat,{"long " * 1_000},,
bob,not a time,chat_message,chat,lost,,
"""
SOURCES = """
sources:
  log:
    table: log
    customer: customer_id
    event: event
    at: timestamp
  visits:
    table: visits
    customer: who
    events:
      visited: at
"""


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    """A log with texts and a table of visits without any."""
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "visits.csv").write_text("who,at\nann,2024-01-01 10:00:00\n")
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "scratch").mkdir()
    return open_intake([str(tmp_path)], None, tmp_path / "scratch", NOW_US)


EVENTS = {"message_sent": 2, "help_viewed": 1, "review_written": 2, "chat_message": 2}


def rows(intake: Intake, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    return intake.connection.execute(sql).fetchall()


def write(intake: Intake, signals: SignalSettings = SIGNALS, events: dict[str, int] | None = None) -> None:
    """The three tables."""
    write_voices(intake.connection, intake, signals, EVENTS if events is None else events, ())


def test_words(intake: Intake) -> None:
    """Each text once with its event, source, channel and score; blank texts and rows that were set aside are none."""
    write(intake)
    assert [
        ("ann", "review_written", "log", "web", "Never again", 1.0),
        ("bob", "chat_message", "log", "chat", ("long " * 1_000)[:LONGEST_TEXT], None),
    ] == rows(intake, 'SELECT customer, event, source, channel, text, score FROM words ORDER BY "at"')


def test_exposures(intake: Intake) -> None:
    """Each message and each view of help once, with its content."""
    write(intake)
    expected = [("ann", "message_sent", "welcome"), ("ann", "help_viewed", "returns")]
    assert expected == rows(intake, 'SELECT customer, event, content FROM exposures ORDER BY "at"')


def test_scores(intake: Intake) -> None:
    """Each score once, with the keys that moments are told apart by."""
    write_voices(intake.connection, intake, SIGNALS, EVENTS, ["element"])
    assert [("ann", 1.0, None)] == rows(intake, "SELECT customer, score, element FROM given")


def test_nothing_is_shown(intake: Intake) -> None:
    """Where the names of the events are known and none shows anything, the table is there and empty."""
    write(intake, events={"review_written": 2})
    assert [(0,)] == rows(intake, "SELECT count(*) FROM exposures")
    write(intake, SignalSettings())
    assert [(0,)] == rows(intake, "SELECT count(*) FROM exposures")


def test_only_sources_with_texts_are_read(intake: Intake) -> None:
    """A source without a text, and one whose events are others, is never asked."""
    intake.facts(intake.sources.sources[1])
    intake.connection.execute("DROP VIEW visits")
    write(intake)
    assert [(2,)] == rows(intake, "SELECT count(*) FROM words")
