"""The simulated shop: the same bytes for the same seed, in the habits of its tools, whatever the number of processes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

from momentwise.define.moment import STAGES
from momentwise.define.reading import read_playbook
from momentwise.define.reading_sources import read_sources
from momentwise.define.source import ColumnRef
from momentwise.detect.plan import compile_plan
from momentwise.simulate.shop import SHOP_FILES, TABLES, TRUTH, write_shop
from momentwise.simulate.world import World

Shop = dict[str, list[dict[str, str]]]


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file's content by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_shop_is_seven_tables_their_mapping_the_playbook_and_the_truth(folder: Path) -> None:
    """Nothing else lies in the folder."""
    expected = {*(f"{name}.csv" for name in TABLES), *SHOP_FILES, TRUTH}
    assert expected == set(bytes_of(folder))


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_processes(tmp_path: Path) -> None:
    """One process and two agree in every file; another seed gives another shop."""
    write_shop(tmp_path / "one", World(500, 60, 3), processes=1)
    write_shop(tmp_path / "two", World(500, 60, 3), processes=2)
    write_shop(tmp_path / "other", World(500, 60, 4), processes=1)
    one, two, other = (bytes_of(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one["web_events.csv"] != other["web_events.csv"]


def test_a_customers_days_do_not_depend_on_the_others(tmp_path: Path) -> None:
    """The first hundred customers do the same in a shop of a hundred and in one of three hundred."""
    for customers in (100, 300):
        write_shop(tmp_path / str(customers), World(customers, 60, 3, frozenset()))
    few, many = ((tmp_path / name / "web_events.csv").read_text().splitlines() for name in ("100", "300"))
    assert few == many[: len(few)]


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    """Each table's parts hold as many rows as its CSV file, numbers as numbers."""
    world = World(300, 60, 3)
    write_shop(tmp_path / "csv", world)
    write_shop(tmp_path / "parquet", world, "parquet")
    for name in TABLES:
        texts, parts = tmp_path / "csv" / f"{name}.csv", tmp_path / "parquet" / f"{name}_*.parquet"
        columns = ", ".join(f'"{column}"::VARCHAR AS "{column}"' for column in TABLES[name])
        found = duckdb.sql(f"SELECT {columns} FROM read_parquet('{parts}')").fetchall()
        expected = duckdb.sql(f"SELECT * FROM read_csv('{texts}', all_varchar = true)").fetchall()
        assert len(expected) == len(found)
        if name != "web_events":
            assert sorted(map(str, expected)) == sorted(map(str, found))
    kinds = duckdb.sql(f"SELECT ts, duration FROM read_parquet('{tmp_path}/parquet/web_events_*.parquet')").types
    assert ["BIGINT", "DOUBLE"] == [str(kind) for kind in kinds]


def test_progress_is_told_up_to_the_last_customer(tmp_path: Path) -> None:
    """The last word names all customers and all rows."""
    said: list[tuple[int, int]] = []
    rows = write_shop(tmp_path, World(450, 40, 1), watch=lambda done, written: said.append((done, written)))
    assert [200, 400, 450] == [done for done, _ in said]
    assert rows == said[-1][1]


def test_a_handful_of_rows_cannot_be_read(folder: Path) -> None:
    """A lost user, a zero date, a day that no month has: a few beside the good ones, in three tables."""
    lost = {"web_events": (",", 4), "orders": ("0000-00-00", 4), "tickets": ("31.06.2025", 1)}
    for name, (mark, count) in lost.items():
        lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        found = [line for line in lines if (line.startswith(mark) if mark == "," else mark in line)]
        assert count == len(found), name


def test_the_playbook_has_ten_moments_in_all_five_stages(folder: Path) -> None:
    """Each has an owner and a price, and they compile."""
    playbook = read_playbook(folder / "playbook.yaml")
    assert len(playbook.moments) == 10
    assert len(compile_plan(playbook).definitions) == 10
    assert set(STAGES) == {moment.stage for moment in playbook.moments}
    assert all(moment.owner and moment.value for moment in playbook.moments)


def test_the_mapping_names_columns_that_are_there(folder: Path) -> None:
    """Each source reads a table of the folder, and only columns that the table has."""
    for source in read_sources(folder / "sources.yaml").sources:
        with (folder / f"{source.table}.csv").open(encoding="utf-8", newline="") as file:
            columns = set(next(csv.reader(file)))
        named = {at for rule in source.rules for at in rule.at}
        refs = [source.customer, source.event or ColumnRef(), *source.fields.values()]
        refs += [ref for rule in source.rules for ref in rule.fields.values()]
        named |= {ref.column for ref in refs if ref.column}
        assert named <= columns


def test_the_mapping_gives_every_event_that_the_playbook_asks_for(folder: Path) -> None:
    """No moment waits for an event that no source makes; the tracker makes some under the playbook's own names."""
    made = {"guide_opened", "guide_finished", "referral_sent", "referral_joined"}
    for source in read_sources(folder / "sources.yaml").sources:
        made |= {rule.name for rule in source.rules} | set(source.rename.values())
    playbook = read_playbook(folder / "playbook.yaml")
    assert set() == {name for m in playbook.moments for t in m.triggers for name in t.events} - made


def test_nothing_happens_after_the_end_of_the_data(shop: Shop) -> None:
    """Nor before its beginning; the promised time alone may lie ahead."""
    begin, end = 1_746_057_600_000, 1_746_057_600_000 + 120 * 86_400_000
    assert all(begin <= int(row["ts"]) < end for row in shop["web_events"])
    for column in ("created_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at"):
        assert all(row[column] < "2025-08-29" for row in shop["orders"])


def test_every_click_is_answered(shop: Shop) -> None:
    """As many reactions as clicks and taps on each control, so that no click is dead."""
    for element in ("continue", "add-to-basket", "place-order", "quantity-plus", "colour-swatch"):
        of = [row["type"] for row in shop["web_events"] if row["element"] == element]
        clicks, reactions = of.count("click") + of.count("tap"), of.count("reaction")
        assert clicks == reactions > 0, element


@pytest.mark.parametrize("plan", [None, "late-period"])
def test_the_truth_is_json_with_what_was_asked_for(plan: str | None, tmp_path: Path) -> None:
    """The size, the seed and exactly the plans that were followed."""
    world = World(120, 40, 9, frozenset([plan] if plan else []))
    write_shop(tmp_path, world)
    told = json.loads((tmp_path / TRUTH).read_text(encoding="utf-8"))
    assert (120, 40, 9) == (told["customers"], told["days"], told["seed"])
    assert ([plan] if plan else []) == [thing["name"] for thing in told["planted"]]
