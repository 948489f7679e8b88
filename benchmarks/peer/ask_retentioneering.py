"""retentioneering's nearest equivalent of the ten moments: conversion from a start to each end, timed out.

Timed: building the two event streams (by customer, by order), and one `get_conversion_rate` for each way to
end. Not timed: imports, reading the file. It answers once per path and not once per occurrence: the first
start of a customer counts, all later ones are unseen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import retentioneering
from job import Clock, read_job


def main(folder: Path) -> None:
    """Asks every question and prints the report."""
    questions, events = read_job(folder)
    clock = Clock()
    streams = {}
    for keyed, path in ((False, "customer"), (True, "order_id")):
        with clock.time(f"event stream by {path}"):
            streams[keyed] = make_stream(events, path)
    for question in questions:
        for role in question["ends"]:
            with clock.time(question["moment"]):
                row = streams[question["keyed"]].get_conversion_rate(
                    as_token(question["start"]),
                    as_token(role["events"]),
                    within=pd.Timedelta(seconds=role["within_seconds"]),
                )
            found = row.iloc[0]
            counts = [int(found["paths_with_start"]), int(found["converted"])]
            clock.counts[f"{question['moment']}: {role['outcome']}"] = counts
    clock.report(retentioneering.__version__)


def make_stream(events: pd.DataFrame, path: str) -> retentioneering.Eventstream:
    """The events as one path for each customer or order; rows without either cannot belong to a path."""
    schema = {"path_cols": [path], "event_col": "event", "timestamp_col": "at"}
    rows = events[events[path].notna()][[path, "event", "at"]]
    return retentioneering.Eventstream(rows, schema)


def as_token(names: list[str]) -> str:
    """An anchor that any of these events fulfils."""
    return names[0] if len(names) == 1 else f"[{'|'.join(names)}]"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
