"""`momentwise simulate` from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from momentwise.cli import main


def run(*words: str) -> Result:
    """What a command printed and how it ended."""
    return CliRunner().invoke(main, ["simulate", *words], prog_name="momentwise")


def test_a_shop_is_written_and_what_to_do_next_is_said(tmp_path: Path) -> None:
    """Rows, customers and the folder of the truth."""
    done = run("shop", "--customers", "120", "--days", "40", "--out", str(tmp_path / "shop"))
    assert done.exit_code == 0
    assert "rows of 120 customers" in done.output
    assert f"momentwise audit {tmp_path / 'shop'}" in done.output
    assert (tmp_path / "shop" / "truth.json").is_file()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Old parts beside new ones would be read as one shop."""
    (tmp_path / "old.csv").write_text("a\n")
    done = run("shop", "--customers", "120", "--out", str(tmp_path))
    assert done.exit_code == 2
    assert "not empty" in done.output


@pytest.mark.parametrize("option", ["--without", "--only"])
def test_an_unknown_plan_is_refused(option: str, tmp_path: Path) -> None:
    """With the nearest name."""
    done = run("shop", option, "galery", "--out", str(tmp_path / "shop"))
    assert done.exit_code == 2
    assert "Did you mean 'gallery'?" in done.output


def test_the_score_is_a_table_and_totals() -> None:
    """A line per seed, a line per planted thing, and the totals below."""
    done = run("score", "--seeds", "1", "--customers", "300", "--days", "60", "--only", "late-period")
    assert done.exit_code == 0, done.output
    assert "late-period" in done.output
    assert "of 1" in done.output.split("found: ")[-1]


def test_the_score_as_json_holds_each_seed() -> None:
    """With recall, seconds and the score's parts."""
    done = run("score", "--seeds", "2", "--customers", "150", "--days", "40", "--nothing", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [1, 2] == [trial["seed"] for trial in told]
    assert [1.0, 1.0] == [trial["recall"] for trial in told]
