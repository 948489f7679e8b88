"""Logs in shapes never seen, from the bytes to the events, with no mapping but the proposal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from momentwise.collect.mapping import events_query
from momentwise.collect.propose import propose
from momentwise.define.reading_sources import parse_sources
from momentwise.define.source import Proposal
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
    "agent": (
        "log.csv", "utf-8",
        rows("timestamp,user,customer_id,event", lambda i: f"{when(i).isoformat()},agent{i % 4},c{i % 60},a{i % 3}"),
    ),
    "ga4": (
        "log.jsonl", "utf-8",
        lines(
            lambda i: {
                "event_date": f"{when(i):%Y%m%d}", "event_timestamp": int(when(i).timestamp()) * 1_000_000,
                "event_name": f"page{i % 3}", "user_id": f"u{i % 50}" if i % 3 else None,
                "user_pseudo_id": f"{1900000001 + i % 50}.{1700000001 + i % 50}",
                "device": {"category": "mobile" if i % 2 else "desktop", "browser": "x"}, "geo": {"country": "Norway"},
            }
        ),
    ),
    "clock by value": (
        "log.csv", "utf-8",
        rows("Dato;Xyz;Kunde;Hendelse", lambda i: f"{when(i):%d.%m.%Y};{when(i):%H:%M:%S};C{i % 50};a{i % 3}"),
    ),
    "japanese": ("log.csv", "utf-8", rows("顧客ID,日時,イベント", lambda i: f"C{i % 50},{when(i):%Y/%m/%d %H:%M:%S},購入{i % 3}")),
    "chinese": ("log.csv", "utf-8", rows("客户编号,时间,事件,渠道", lambda i: f"{i % 50},{when(i):%Y-%m-%d %H:%M:%S},购买{i % 3},web")),
    "korean": ("log.csv", "utf-8", rows("고객번호,일시,이벤트", lambda i: f"{i % 50},{when(i):%Y-%m-%d %H:%M:%S},a{i % 3}")),
    "russian": (
        "log.csv", "utf-8",
        rows("ID клиента;Дата и время;Событие;Канал", lambda i: f"{i % 50};{when(i):%d.%m.%Y %H:%M:%S};вход{i % 3};сайт"),
    ),
    "ukrainian": ("log.csv", "utf-8", rows("Клієнт;Час;Подія", lambda i: f"k{i % 50};{when(i):%d.%m.%Y %H:%M:%S};a{i % 3}")),
    "finnish": ("log.csv", "utf-8", rows("Asiakasnumero;Aika;Tapahtuma", lambda i: f"{i % 50};{when(i):%d.%m.%Y %H:%M:%S};osto{i % 3}")),
    "czech": ("log.csv", "utf-8", rows("Zákazník;Čas;Událost", lambda i: f"Z{i % 50};{when(i):%d.%m.%Y %H:%M:%S};nákup{i % 3}")),
    "hungarian": ("log.csv", "utf-8", rows("Ügyfél;Időpont;Esemény", lambda i: f"{i % 50};{when(i):%Y-%m-%d %H:%M:%S};a{i % 3}")),
    "greek": ("log.csv", "utf-8", rows("Πελάτης;Ημερομηνία;Συμβάν", lambda i: f"P{i % 50};{when(i):%d/%m/%Y %H:%M:%S};αγορά{i % 3}")),
    "indonesian": ("log.csv", "utf-8", rows("pelanggan,waktu,kejadian", lambda i: f"{i % 50},{when(i):%Y-%m-%d %H:%M:%S},beli{i % 3}")),
    "swahili, by values": (
        "log.csv", "utf-8",
        rows("mteja,wakati,tukio,kiasi", lambda i: f"M{i % 50},{when(i):%Y-%m-%d %H:%M:%S},nunua{i % 3},{i * 1.5}"),
    ),
    "thai, epochs by values": ("log.csv", "utf-8", rows("ลูกค้า,เวลา,เหตุการณ์", lambda i: f"T{i % 50},{int(when(i).timestamp())},a{i % 3}")),
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


def proposal_of(tmp_path: Path, open_paths: OpenTables, text: str) -> Proposal:
    """What is proposed for a CSV file of this text."""
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    return propose(open_paths(tmp_path).all_facts())


def doubts(proposal: Proposal) -> list[str]:
    """What a person is asked to check."""
    return [one.what for one in proposal.understandings if not one.sure]


def test_those_who_serve_are_not_the_customers(tmp_path: Path, open_paths: OpenTables) -> None:
    """Four agents under `user` lose against sixty customers, and a person is asked nothing about them."""
    text = SHAPES["agent"][2]
    assert "customer_id" == proposal_of(tmp_path, open_paths, text).sources.sources[0].customer.column


def test_two_likely_customers_are_a_doubt(tmp_path: Path, open_paths: OpenTables) -> None:
    """The likelier one is used, and the other is named."""
    text = rows("at,client_id,member_id,event", lambda i: f"{when(i).isoformat()},c{i % 50},m{i % 70},a{i % 3}")
    assert ["customer is client_id"] == doubts(proposal_of(tmp_path, open_paths, text))


def test_a_few_users_are_a_doubt(tmp_path: Path, open_paths: OpenTables) -> None:
    """Four users in 400 rows are hardly the customers."""
    text = rows("at,user,event", lambda i: f"{when(i).isoformat()},u{i % 4},a{i % 3}")
    assert ["customer is user"] == doubts(proposal_of(tmp_path, open_paths, text))


def test_an_export_of_visits_names_browsers_where_nobody_is_logged_in(tmp_path: Path, open_paths: OpenTables) -> None:
    """An id of browsers fills in for people, never what is known of their devices."""
    (tmp_path / "log.jsonl").write_text(SHAPES["ga4"][2], encoding="utf-8")
    source = propose(open_paths(tmp_path).all_facts()).sources.sources[0]
    assert 'coalesce("user_id", "user_pseudo_id")' in source.select
    assert ("event_timestamp",) == source.rules[0].at


def test_days_without_a_time_of_day_are_said(tmp_path: Path, open_paths: OpenTables) -> None:
    """Nobody knows what came first within a day."""
    text = rows("Dato;Kunde;Hendelse", lambda i: f"{when(i * 9):%d.%m.%Y};C{i % 50};a{i % 3}")
    assert ["Dato holds days"] == doubts(proposal_of(tmp_path, open_paths, text))


def test_names_that_say_nothing_are_a_doubt(tmp_path: Path, open_paths: OpenTables) -> None:
    """Customer and event by values are used, and a person is asked to check both."""
    proposal = proposal_of(tmp_path, open_paths, SHAPES["swahili, by values"][2])
    assert ["customer is mteja", "event is tukio"] == doubts(proposal)


def test_an_open_part_needs_one_edit(tmp_path: Path, open_paths: OpenTables) -> None:
    """A table that is left out stands there in full, and runs once the open place is filled."""
    text = rows("abc,def,wakati,tukio", lambda i: f"M{i % 50},N{i % 70},{when(i):%Y-%m-%d %H:%M:%S},nunua{i % 3}")
    written = write_sources(proposal_of(tmp_path, open_paths, text))
    assert "customer: ???  # one of: abc, def" in written
    assert "# - abc: M0, M1, M2" in written
    head, skeleton = written.split("  # log:\n")
    body = "  log:\n" + re.sub("^  # ", "  ", skeleton, flags=re.MULTILINE).replace("???", "abc")
    source = parse_sources(head + body, "proposal.yaml").sources[0]
    assert ("abc", ("wakati",), "tukio") == (
        source.customer.column,
        source.rules[0].at,
        (source.event or source.customer).column,
    )
