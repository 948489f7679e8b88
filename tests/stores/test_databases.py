"""Tables in databases: SQLite files, PostgreSQL, and databases that refuse."""

from __future__ import annotations

import builtins
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from momentwise.errors import IntakeError
from momentwise.stores.databases import shown_url
from momentwise.stores.tables import Tables

OpenTables = Callable[..., Tables]


def make_shop(path: Path) -> None:
    """A SQLite file with a table, a view, and values of every type."""
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("CREATE TABLE events (who INTEGER, at TEXT, what TEXT, amount REAL, raw BLOB)")
        con.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?)", [(i, "2024-01-31", "view", 1.5, b"x") for i in range(50)]
        )
        con.execute("INSERT INTO events VALUES (NULL, 'N/A', '', NULL, NULL)")
        con.execute("CREATE VIEW buyers AS SELECT who, amount FROM events")


def test_a_sqlite_file_gives_its_tables(tmp_path: Path, open_paths: OpenTables) -> None:
    """Tables and views alike, by their names."""
    make_shop(tmp_path / "shop.db")
    assert ["buyers", "events"] == open_paths(tmp_path).names


def test_values_of_sqlite_come_as_text(tmp_path: Path, open_paths: OpenTables) -> None:
    """A column may hold anything, so kinds are judged by the values; words for no value are none."""
    make_shop(tmp_path / "shop.db")
    tables = open_paths(tmp_path)
    facts = tables.facts("events")
    assert (51, ["number", "instant", "text", "number", "text"]) == (
        facts.rows,
        [column.kind for column in facts.columns],
    )
    rows = tables.con.execute("FROM events").fetchall()
    assert [("0", "2024-01-31", "view", "1.5", "x"), (None,) * 5] == [rows[0], rows[-1]]


def test_tables_of_a_file_and_of_a_database_may_share_a_name(tmp_path: Path, open_paths: OpenTables) -> None:
    """The database's is called after it too."""
    make_shop(tmp_path / "shop.db")
    (tmp_path / "events.csv").write_text("who,what\na,b\n")
    assert ["events", "buyers", "shop.events"] == open_paths(tmp_path).names


def test_a_password_is_never_shown() -> None:
    """Neither before the host nor as a parameter."""
    assert "postgresql://ann@host/shop" == shown_url("postgresql://ann:secret@host/shop")
    assert "secret" not in shown_url("postgresql://host/shop?user=ann&password=secret&sslmode=require")


def test_a_database_that_refuses_says_so_without_the_password(open_paths: OpenTables) -> None:
    """The message holds what the driver says."""
    pytest.importorskip("adbc_driver_postgresql", reason="the extra momentwise[postgres] is not installed")
    with pytest.raises(IntakeError) as caught:
        open_paths("postgresql://ann:secret@127.0.0.1:1/shop")
    assert "postgresql://ann@127.0.0.1:1/shop: The PostgreSQL database refuses. It says:" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_missing_driver_says_how_to_get_it(open_paths: OpenTables, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL is an extra."""
    true_import = builtins.__import__

    def without_driver(name: str, *rest: object, **more: object) -> object:
        if name.startswith("adbc_driver"):
            raise ImportError(name)
        return true_import(name, *rest, **more)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(builtins, "__import__", without_driver)
    with pytest.raises(IntakeError, match=r"Run: pip install 'momentwise\[postgres\]'"):
        open_paths("postgresql://127.0.0.1/shop")


def test_postgresql_gives_its_tables(postgres_url: str, open_paths: OpenTables) -> None:
    """Types that Arrow has stay; money, ids and JSON are readable; other schemas keep their name before the table's."""
    from adbc_driver_postgresql import dbapi

    with closing(dbapi.connect(postgres_url)) as con, closing(con.cursor()) as cursor:
        cursor.execute("CREATE TABLE events (who uuid, at timestamptz, what text, amount numeric(10, 2), props jsonb)")
        cursor.execute(
            "INSERT INTO events SELECT gen_random_uuid(), '2024-01-31 15:05:06+01', 'view', 12.50, '{\"a\": 1}' "
            "FROM generate_series(1, 1000)"
        )
        cursor.execute("CREATE SCHEMA crm")
        cursor.execute("CREATE TABLE crm.people (id int)")
        con.commit()
    tables = open_paths(postgres_url)
    assert ["crm.people", "events"] == tables.names
    facts = tables.facts("events")
    assert (1000, ["text", "instant", "text", "number", "text"]) == (
        facts.rows,
        [column.kind for column in facts.columns],
    )
    row = tables.con.execute('SELECT epoch_us("at"), what, amount, props FROM events').fetchall()[0]
    assert (1_706_709_906_000_000, "view", 12.5, '{"a": 1}') == row
