"""The demonstration's folder: data, mapping and playbook that belong together."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from momentwise.define.moment import STAGES
from momentwise.define.reading import read_playbook
from momentwise.define.reading_sources import read_sources
from momentwise.define.source import ColumnRef
from momentwise.detect.plan import compile_plan
from momentwise.simulate.demo import write_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("demo") / "a shop"
    write_demo(folder)
    return folder


def test_the_demo_is_six_files(demo: Path) -> None:
    """Four tables, the mapping and the playbook."""
    expected = {"orders.csv", "web_events.csv", "tickets.csv", "reviews.csv", "sources.yaml", "playbook.yaml"}
    assert expected == {path.name for path in demo.iterdir()}


def test_the_playbook_reads_and_compiles(demo: Path) -> None:
    """Seven moments in all five stages, each with an owner and a price."""
    playbook = read_playbook(demo / "playbook.yaml")
    assert len(playbook.moments) == 7
    assert len(compile_plan(playbook).definitions) == 7
    assert set(STAGES) == {moment.stage for moment in playbook.moments}
    assert all(moment.owner and moment.value for moment in playbook.moments)


def test_the_mapping_names_columns_that_are_there(demo: Path) -> None:
    """Each source reads a table of the folder, and only columns that the table has."""
    for source in read_sources(demo / "sources.yaml").sources:
        with (demo / f"{source.table}.csv").open(encoding="utf-8", newline="") as file:
            columns = set(next(csv.reader(file)))
        named = {at for rule in source.rules for at in rule.at}
        refs = [source.customer, source.event or ColumnRef(), *source.fields.values()]
        named |= {ref.column for ref in refs if ref.column}
        assert named <= columns


def test_the_mapping_gives_every_event_that_the_playbook_asks_for(demo: Path) -> None:
    """Nothing in the playbook waits for an event that no source makes."""
    made: set[str] = set()
    for source in read_sources(demo / "sources.yaml").sources:
        made |= {rule.name for rule in source.rules} | set(source.rename.values())
    playbook = read_playbook(demo / "playbook.yaml")
    assert set() == {name for m in playbook.moments for t in m.triggers for name in t.events} - made
