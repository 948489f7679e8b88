"""A small shop with everything planted, drawn once for all tests."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from momentwise.simulate.plans import choose_plans
from momentwise.simulate.shop import TABLES, write_shop
from momentwise.simulate.world import World

CUSTOMERS, DAYS, SEED = 1_500, 120, 5
Rows = list[dict[str, str]]
Shop = dict[str, Rows]


def read_shop(folder: Path) -> Shop:
    """The readable rows of every table by column."""
    shop = {}
    for name in TABLES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            shop[name] = list(csv.DictReader(file))
    shop["web_events"] = [row for row in shop["web_events"] if row["user_id"]]
    shop["orders"] = [row for row in shop["orders"] if not row["created_at"].startswith("0000")]
    shop["tickets"] = [row for row in shop["tickets"] if not row["Opened"].startswith("31.06")]
    return shop


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop in a folder whose name has a space."""
    made = tmp_path_factory.mktemp("simulated") / "a shop"
    write_shop(made, World(CUSTOMERS, DAYS, SEED))
    return made


@pytest.fixture(scope="session")
def shop(folder: Path) -> Shop:
    """Its rows."""
    return read_shop(folder)


@pytest.fixture(scope="session")
def truth(folder: Path) -> dict[str, Any]:
    """What is true of it, by the name of each planted thing."""
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return told | {"planted": {thing["name"]: thing for thing in told["planted"]}}


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Shop]:
    """Draws another shop: `make(only=[…])`, `make(without=[…])`, `make(nothing=True)`, and returns its rows."""

    def draw(customers: int = 400, **chosen: Any) -> Shop:
        write_shop(tmp_path / "other", World(customers, DAYS, SEED, choose_plans(**chosen)))
        return read_shop(tmp_path / "other")

    return draw
