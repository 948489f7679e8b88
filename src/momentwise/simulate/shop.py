"""Writes a simulated shop: seven tables as six tools would export them, how to read them, and the truth about them.

Customers are drawn in groups, in as many processes as there are processors, and written as they are made, so that the
memory needed does not grow with the shop. The same seed gives the same bytes, whatever the number of processes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import IO, Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from momentwise.simulate.desk import CONTACT_COLUMNS, MESSAGE_COLUMNS, REVIEW_COLUMNS, SURVEY_COLUMNS, TICKET_COLUMNS
from momentwise.simulate.life import live
from momentwise.simulate.orders import ORDER_COLUMNS
from momentwise.simulate.truth import tell_truth
from momentwise.simulate.visit import WEB_COLUMNS
from momentwise.simulate.world import Records, World

Format = Literal["csv", "parquet"]
ShopFile = Literal["sources.yaml", "playbook.yaml"]
SHOP_FILES: tuple[ShopFile, ...] = ("sources.yaml", "playbook.yaml")
TRUTH = "truth.json"
TABLES: dict[str, tuple[str, ...]] = {
    "web_events": WEB_COLUMNS,
    "orders": ORDER_COLUMNS,
    "messages": MESSAGE_COLUMNS,
    "tickets": TICKET_COLUMNS,
    "contacts": CONTACT_COLUMNS,
    "reviews": REVIEW_COLUMNS,
    "surveys": SURVEY_COLUMNS,
}
DEMO_CUSTOMERS, DEMO_DAYS, DEMO_SEED = 9_000, 150, 7
_GROUP = 200  # customers drawn together
_PART_GROUPS = 25  # groups in one Parquet part
_FEW = 2_000  # customers up to which one process is quicker than several
_LOST_EVERY, _MISTYPED_EVERY = 400, 1_500  # customers among whom one has rows that nobody can read
# Columns that hold numbers in Parquet; the rest is text, as the tools write it.
_WHOLE = {"ts", "x", "y", "viewport_width", "viewport_height", "target_width", "target_height"}


@dataclass(frozen=True)
class _Drawn:
    """One group of customers, written."""

    lines: dict[str, bytes]
    rows: int
    tally: Counter[str]


def shop_text(name: ShopFile) -> str:
    """The YAML that goes with the shop, comments included."""
    return resources.files("momentwise.simulate").joinpath(name).read_text(encoding="utf-8")


def write_demo(folder: Path) -> None:
    """The default shop in a folder, which is made if it is not there.

    Example:
        `write_demo(Path("demo"))`, then `momentwise audit demo`.
    """
    write_shop(folder, World(DEMO_CUSTOMERS, DEMO_DAYS, DEMO_SEED))


def write_shop(
    folder: Path,
    world: World,
    style: Format = "csv",
    processes: int | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> int:
    """Write a shop into a folder, which is made if it is not there; returns the number of rows.

    Args:
        folder: Where to.
        world: The shop.
        style: `csv` for one file per table, `parquet` for numbered parts.
        processes: How many draw customers; `None` for one per processor, or one where the shop is small.
        watch: Told after each group how many customers are drawn and how many rows are written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tally: Counter[str] = Counter()
    rows = 0
    with ExitStack() as stack:
        writer: _CsvWriter | _ParquetWriter = _CsvWriter(folder, stack) if style == "csv" else _ParquetWriter(folder)
        for number, drawn in enumerate(_draw_all(world, processes), 1):
            writer.write(drawn.lines)
            tally.update(drawn.tally)
            rows += drawn.rows
            if watch is not None:
                watch(min(number * _GROUP, world.customers), rows)
        writer.close()
    for name in SHOP_FILES:
        (folder / name).write_text(shop_text(name), encoding="utf-8")
    truth = json.dumps(tell_truth(world, tally), indent=1, ensure_ascii=False)
    (folder / TRUTH).write_text(truth + "\n", encoding="utf-8")
    return rows


def _draw_all(world: World, processes: int | None) -> Iterator[_Drawn]:
    """Every group in order; a few are drawn ahead, never all."""
    firsts = range(1, world.customers + 1, _GROUP)
    if processes is None:
        processes = 1 if world.customers <= _FEW else os.cpu_count() or 1
    if processes == 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (_draw_group(world, first) for first in firsts)
        return
    waiting: deque[Future[_Drawn]] = deque()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        for first in firsts:
            waiting.append(pool.submit(_draw_group, world, first))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _draw_group(world: World, first: int) -> _Drawn:
    records = Records()
    for number in range(first, min(first + _GROUP, world.customers + 1)):
        live(number, world, records)
        _lose(number, records)
    lists = (
        records.web, records.orders, records.messages, records.tickets, records.contacts, records.reviews, records.surveys,
    )  # fmt: skip
    lines = {name: "".join(rows).encode() for name, rows in zip(TABLES, lists, strict=True)}
    return _Drawn(lines, sum(map(len, lists)), records.tally)


def _lose(number: int, records: Records) -> None:
    """Rows that nobody can read, beside the good ones: as every real export has them."""
    if number % _LOST_EVERY == _LOST_EVERY // 2:
        at = 1_747_000_000_000 + number
        records.web.append(f",{at},page_view,/,,,,,,,,,,0.200,,,,,\n")
        records.orders.append(
            f"{number:06d}-0,C{number:06d},0000-00-00T00:00:00Z,,,,,2025-05-20T00:00:00Z,0.00,EUR,home\n"
        )
    if number % _MISTYPED_EVERY == 0:
        records.tickets.append(f"T{number:06d}00,C{number:06d},,31.06.2025 10:00,,,,email,Test,invoice\n")


class _CsvWriter:
    """One file per table, with its header."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._files: dict[str, IO[bytes]] = {}
        for name, columns in TABLES.items():
            self._files[name] = stack.enter_context((folder / f"{name}.csv").open("wb"))
            self._files[name].write((",".join(columns) + "\n").encode())

    def write(self, lines: dict[str, bytes]) -> None:
        """Append a group."""
        for name, text in lines.items():
            self._files[name].write(text)

    def close(self) -> None:
        """Nothing is kept back."""


class _ParquetWriter:
    """Numbered parts of each table, one for every so many groups."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._part, self._groups = folder, 0, 0
        self._kept: dict[str, list[bytes]] = {name: [] for name in TABLES}

    def write(self, lines: dict[str, bytes]) -> None:
        """Keep a group, and write a part when there are enough."""
        for name, text in lines.items():
            self._kept[name].append(text)
        self._groups += 1
        if self._groups == _PART_GROUPS:
            self.close()

    def close(self) -> None:
        """Write what is kept."""
        if self._groups == 0:
            return
        self._part += 1
        for name, kept in self._kept.items():
            table = read_lines(name, b"".join(kept))
            pq.write_table(table, self._folder / f"{name}_{self._part:04d}.parquet", compression="zstd")
            kept.clear()
        self._groups = 0


def read_lines(name: str, text: bytes) -> pa.Table:
    """Lines of a table as columns: whole numbers and seconds as such, the rest as text, nothing as null."""
    columns = TABLES[name]
    if not text:
        return pa.table({column: pa.array([], _kind(column)) for column in columns})
    return pa.csv.read_csv(
        BytesIO(text),
        read_options=pa.csv.ReadOptions(column_names=list(columns)),
        convert_options=pa.csv.ConvertOptions(
            column_types={column: _kind(column) for column in columns},
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


def _kind(column: str) -> pa.DataType:
    if column in _WHOLE:
        return pa.int64()
    return pa.float64() if column == "duration" else pa.string()
