"""pm4py's nearest equivalent of the ten moments, in two ways.

* `between`: the sub-cases from a start to the next end (`filter_between`), those within the time-out kept
  (`filter_case_performance`). Nearest in meaning: one sub-case per completed occurrence.
* `follows`: the cases in which an end follows a start within the time-out (`ltl_checker.eventually_follows`).
  Further from a moment (a yes or no per customer), often faster, and printed for that reason.

Timed: `format_dataframe` by customer and by order, and one filter for each way to end. Not timed: imports,
reading the file. pm4py stands under the AGPL; it is run beside Momentwise here and is no part of it.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pandas as pd
import pm4py
from job import Clock, Role, read_job
from pm4py.algo.filtering.pandas.ltl import ltl_checker

CASE = "case:concept:name"


def main(folder: Path, way: str) -> None:
    """Asks every question in one of the two ways and prints the report."""
    warnings.simplefilter("ignore")  # pandas tells pm4py about deprecations that are no concern of the bench
    questions, events = read_job(folder)
    clock = Clock()
    logs = {}
    for keyed, case in ((False, "customer"), (True, "order_id")):
        with clock.time(f"format by {case}"):
            logs[keyed] = format_log(events, case)
    ask = {"between": count_between, "follows": count_follows}[way]
    for question in questions:
        for role in question["ends"]:
            with clock.time(question["moment"]):
                found = ask(logs[question["keyed"]], question["start"], role)
            clock.counts[f"{question['moment']}: {role['outcome']}"] = found
    clock.report(pm4py.__version__)


def format_log(events: pd.DataFrame, case: str) -> pd.DataFrame:
    """The events as one case for each customer or order."""
    rows = events[events[case].notna()][[case, "event", "at"]].copy()
    return pm4py.format_dataframe(rows, case_id=case, activity_key="event", timestamp_key="at")


def count_between(log: pd.DataFrame, start: list[str], role: Role) -> int:
    """Sub-cases from a start to the next such end, within the time-out."""
    first, last = (names[0] if len(names) == 1 else set(names) for names in (start, role["events"]))
    found = pm4py.filter_between(log, first, last)
    return int(pm4py.filter_case_performance(found, 0, role["within_seconds"])[CASE].nunique())


def count_follows(log: pd.DataFrame, start: list[str], role: Role) -> int:
    """Cases in which such an end follows a start within the time-out, whichever start it was."""
    cases: set[str] = set()
    for first in start:
        for last in role["events"]:
            parameters = {ltl_checker.TIMESTAMP_DIFF_BOUNDARIES: [(0, role["within_seconds"])]}
            found = ltl_checker.eventually_follows(log, [first, last], parameters=parameters)
            cases.update(found[CASE].unique())
    return len(cases)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
