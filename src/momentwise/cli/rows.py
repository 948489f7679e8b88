"""Prints tables: to read, as CSV or as JSON lines."""

from __future__ import annotations

import sys
from datetime import datetime

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDEST = 10_000


def print_rows(found: pa.Table, total: int, style: str) -> None:
    """Print rows.

    Args:
        found: The rows to print.
        total: How many there are in all.
        style: table, csv or json.
    """
    if style == "csv":
        pa_csv.write_csv(_plain(found), sys.stdout.buffer)
    elif style == "json":
        for row in found.to_pylist():
            sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
    else:
        _print_table(found, total)


def _plain(found: pa.Table) -> pa.Table:
    columns = [pc.cast(c, pa.string()) if pa.types.is_dictionary(c.type) else c for c in found.columns]
    return pa.table(columns, names=found.column_names)


def _print_table(found: pa.Table, total: int) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDEST  # a file or a pipe has no edge at which to break
    if found.num_rows == 0:
        console.print("No rows.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    filled = [name for name in found.column_names if found[name].null_count < found.num_rows]
    for name in filled:
        is_number = pa.types.is_floating(found[name].type) or pa.types.is_integer(found[name].type)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    rows = [{name: _cell(value) for name, value in row.items()} for row in found.select(filled).to_pylist()]
    needed = sum(2 + max(len(name), *(len(row[name]) for row in rows)) for name in filled)
    if needed > console.width:
        _print_records(console, rows)
    else:
        for row in rows:
            table.add_row(*map(Text, row.values()))
        console.print(table)
    if total > found.num_rows:
        console.print(Text(f"{found.num_rows:,} of {total:,} rows; --limit 0 prints all.", style="dim"))
    else:
        console.print(Text(f"{total:,} row{'' if total == 1 else 's'}.", style="dim"))


def _print_records(console: Console, rows: list[dict[str, str]]) -> None:
    """One block per row, where the terminal is too narrow for a line."""
    widest = max(map(len, rows[0]))
    for place, row in enumerate(rows, start=1):
        console.print(Text(f"row {place}", style="bold"))
        for name, text in row.items():
            if text:
                console.print(Text.assemble((f"  {name:<{widest}}  ", "dim"), text))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)
