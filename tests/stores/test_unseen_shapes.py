"""Logs in shapes never seen, from the bytes to the events, with no mapping but the proposal."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from momentwise.collect.mapping import events_query
from momentwise.collect.propose import propose
from momentwise.define.reading_sources import parse_sources
from momentwise.define.writing_sources import write_sources
from momentwise.stores.tables import Tables

OpenTables = Callable[..., Tables]
COUNT = 400
FIRST = datetime(2025, 11, 3, 8, tzinfo=UTC)
NOW_US = 1_800_000_000_000_000


def when(place: int) -> datetime:
    """The instant of the event at this place, 37 minutes after the one before."""
    return FIRST + timedelta(minutes=37 * place)


def rows(header: str, row: Callable[[int], str]) -> str:
    """A text file of 400 rows."""
    return "\n".join([header, *(row(place) for place in range(COUNT))]) + "\n"


def amount(place: int) -> str:
    """Money with a decimal comma and thousands."""
    return f"{1_000 + place}.5".replace(".", ",")


def lines(record: Callable[[int], object]) -> str:
    """400 JSON lines."""
    return "".join(json.dumps(record(place)) + "\n" for place in range(COUNT))


SHAPES: dict[str, tuple[str, str, str]] = {
    "german": (
        "log.csv", "cp1252",
        rows("Kunde;Zeitpunkt;Ereignis;Kanal;Betrag", lambda i: f"K{i % 50};{when(i):%d.%m.%Y %H:%M};Käufe{i % 3};Web;{amount(i)}"),
    ),
    "polish": (
        "log.csv", "utf-8",
        rows("Id klienta;Data i godzina;Zdarzenie;Kwota", lambda i: f"{i % 50};{when(i):%Y-%m-%d %H:%M:%S};zakup{i % 3};{amount(i)}"),
    ),
    "turkish": (
        "log.tsv", "utf-8-sig",
        rows("müşteri_no\ttarih\tişlem", lambda i: f"{i % 50}\t{when(i):%d/%m/%Y %H:%M}\tödeme{i % 3}"),
    ),
    "portuguese": (
        "log.csv", "utf-16",
        rows("id_cliente;data_hora;evento;valor", lambda i: f"{i % 50};{when(i):%d/%m/%Y %H:%M:%S};compra{i % 3};R$ {amount(i)}"),
    ),
    "american": (
        "log.csv", "utf-8",
        rows("Customer ID,Date,Event Name", lambda i: f"{i % 50},{when(i * 3):%m/%d/%Y %I:%M %p},Visit{i % 3}"),
    ),
    "plain words": ("log.csv", "utf-8", rows("who,when,what", lambda i: f"{i % 50},{when(i):%Y-%m-%dT%H:%M:%S}+02:00,a{i % 3}")),
    "process log": ("log.csv", "utf-8", rows("case_id,activity,timestamp", lambda i: f"c{i % 50},check{i % 3},{when(i).isoformat()}")),
    "no header": ("log.csv", "utf-8", rows("u0,2025-11-03 07:00:00,a0", lambda i: f"u{i % 50},{when(i):%Y-%m-%d %H:%M:%S},a{i % 3}")),
    "date and clock": (
        "log.csv", "utf-8",
        rows("Kunde;Datum;Uhrzeit;Aktion", lambda i: f"u{i % 50};{when(i):%d.%m.%Y};{when(i):%H:%M:%S};a{i % 3}"),
    ),
    "nested": (
        "log.jsonl", "utf-8",
        lines(lambda i: {"uid": i % 50, "ts": int(when(i).timestamp() * 1000), "evt": f"a{i % 3}", "props": {"amount": i}}),
    ),
    "segment": (
        "log.jsonl", "utf-8",
        lines(
            lambda i: {
                "messageId": f"m{i}", "type": "track", "userId": f"u{i % 50}" if i % 3 else None, "anonymousId": f"a{i % 50}",
                "event": f"Viewed {i % 3}", "timestamp": when(i).isoformat(), "properties": {"price": i / 2},
            }
        ),
    ),
    "customer inside": (
        "log.json", "utf-8",
        json.dumps([{"customer": {"id": i % 50, "name": "x"}, "action": f"a{i % 3}", "occurredAt": when(i).isoformat()} for i in range(COUNT)]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_never_seen_is_read(tmp_path: Path, open_paths: OpenTables, shape: str) -> None:
    """Every row is an event at its instant, of one of three names, of one of the customers."""
    name, encoding, text = SHAPES[shape]
    (tmp_path / name).write_bytes(text.encode(encoding))
    tables = open_paths(tmp_path)
    sources = parse_sources(write_sources(propose(tables.all_facts())), "proposal.yaml")
    source = sources.sources[0]
    query = events_query(source, tables.facts_for(source), ["amount"], zone=sources.zone, now_us=NOW_US)
    found = tables.con.execute(
        f"SELECT count(*) FILTER (reason = 0), count(DISTINCT event), count(DISTINCT customer) >= 50 FROM ({query.sql})"
    ).fetchall()
    assert [(COUNT + (shape == "no header"), 3, True)] == found
    last = tables.con.execute(f'SELECT max("at") // 1000000 FROM ({query.sql})').fetchall()[0][0]
    expected = when((COUNT - 1) * (3 if shape == "american" else 1)) - timedelta(
        hours=2 if shape == "plain words" else 0
    )
    assert expected.timestamp() == last
