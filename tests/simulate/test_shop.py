"""The demo shop: the same bytes for the same seed, in every habit that the demonstration speaks of."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from momentwise.simulate.shop import ORDER_COLUMNS, REVIEW_COLUMNS, TICKET_COLUMNS, WEB_COLUMNS, make_shop

FILES = {
    "orders.csv": ORDER_COLUMNS,
    "web_events.csv": WEB_COLUMNS,
    "tickets.csv": TICKET_COLUMNS,
    "reviews.csv": REVIEW_COLUMNS,
}
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The rows of the four files of the usual shop."""
    folder = tmp_path_factory.mktemp("shop")
    make_shop(folder)
    return {name: read(folder / name) for name in FILES}


def read(path: Path) -> Rows:
    """The rows of a CSV file by column."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_four_files_with_their_own_columns(shop: dict[str, Rows]) -> None:
    """Each file has its columns, and together they make some 60,000 to 100,000 events."""
    assert FILES == {name: tuple(rows[0]) for name, rows in shop.items()}
    events = len(shop["web_events.csv"]) + len(shop["reviews.csv"])
    events += sum(bool(row[column]) for row in shop["orders.csv"] for column in row if column in ORDER_COLUMNS[2:7])
    events += sum(bool(row[c]) for row in shop["tickets.csv"] for c in ("Opened", "First answer", "Closed"))
    assert 60_000 <= events <= 100_000


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of one seed agree to the byte; another seed gives another shop."""
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        make_shop(tmp_path / name, customers=60, days=30, seed=seed)
    one, two, other = ([(tmp_path / name / file).read_bytes() for file in FILES] for name in ("one", "two", "other"))
    assert one == two
    assert one != other


def test_some_orders_are_under_way_at_the_end(shop: dict[str, Rows]) -> None:
    """Orders that neither arrived nor were cancelled are those of the last days."""
    open_ones = [row for row in shop["orders.csv"] if not row["delivered_at"] and not row["cancelled_at"]]
    assert 50 < len(open_ones) < 400
    assert min(row["paid_at"] for row in open_ones if row["paid_at"]) > "2025-07-10"


def test_late_parcels_cost_stars_and_bring_tickets(shop: dict[str, Rows]) -> None:
    """Late orders are scored more than a star lower, and bring a ticket several times as often."""
    late = {
        row["order_id"]: row["delivered_at"] > row["promised_at"] for row in shop["orders.csv"] if row["delivered_at"]
    }
    stars: dict[bool, list[int]] = {True: [], False: []}
    for row in shop["reviews.csv"]:
        stars[late[row["order"]]].append(int(row["stars"]))
    assert mean(stars[False]) - mean(stars[True]) > 1
    tickets = Counter(late[row["Order"]] for row in shop["tickets.csv"] if row["Order"] in late)
    orders = Counter(late.values())
    assert tickets[True] / orders[True] > 3 * tickets[False] / orders[False]


def mean(numbers: list[int]) -> float:
    """The arithmetic mean."""
    return sum(numbers) / len(numbers)


def test_phones_hammer_the_coupon_and_all_press_the_stepper(shop: dict[str, Rows]) -> None:
    """Bursts of four clicks within a second: on the coupon only on phones, on the stepper on both devices."""
    bursts: Counter[tuple[str, str]] = Counter()
    recent: dict[str, list[dict[str, str]]] = {}
    for row in shop["web_events.csv"]:
        if row["type"] == "click" and row["user_id"]:
            last = [*recent.get(row["user_id"], []), row][-4:]
            recent[row["user_id"]] = last
            near = all(a["element"] == b["element"] for a, b in pairwise(last))
            if len(last) == 4 and near and int(last[-1]["ts"]) - int(last[0]["ts"]) <= 1000:
                bursts[row["element"], row["device"]] += 1
    assert {("apply-coupon", "mobile"), ("quantity-plus", "mobile"), ("quantity-plus", "desktop")} == set(bursts)
    assert min(bursts.values()) > 100


def test_some_tickets_get_only_a_machines_reply(shop: dict[str, Rows]) -> None:
    """A part of the tickets was answered by nobody but the automatic reply."""
    by = Counter(row["Answered by"] for row in shop["tickets.csv"])
    assert 0.05 < by["auto-reply"] / len(shop["tickets.csv"]) < 0.3


def test_a_handful_of_rows_cannot_be_read(shop: dict[str, Rows]) -> None:
    """A zero date, a day that no month has, a lost user: a few of each, far below the limit that stops a run."""
    broken = {
        "orders.csv": [r for r in shop["orders.csv"] if r["created_at"].startswith("0000")],
        "tickets.csv": [r for r in shop["tickets.csv"] if r["Opened"].startswith("31.06")],
        "web_events.csv": [r for r in shop["web_events.csv"] if not r["user_id"]],
    }
    assert {"orders.csv": True, "tickets.csv": True, "web_events.csv": True} == {
        f: 1 <= len(r) <= 9 for f, r in broken.items()
    }
