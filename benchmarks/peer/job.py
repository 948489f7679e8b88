"""What both peers share: the job that `peers.py` prepared, and a clock.

Runs in the peers' environments, where there is pandas and nothing of ours.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd


class Role(TypedDict):
    """One way to end: the outcome, the events that mean it, and how long after the start it may come."""

    outcome: str
    events: list[str]
    within_seconds: float


class Question(TypedDict):
    """One moment as far as a peer can ask it."""

    moment: str
    keyed: bool
    start: list[str]
    ends: list[Role]


def read_job(folder: Path) -> tuple[list[Question], pd.DataFrame]:
    """The questions, and the events with the columns customer, at, event and order_id, in time order."""
    questions: list[Question] = json.loads((folder / "questions.json").read_text())
    return questions, pd.read_parquet(folder / "events.parquet")


class Clock:
    """Adds up wall and CPU seconds by name, and keeps what was counted."""

    def __init__(self) -> None:
        """Nothing is timed yet."""
        self.wall: dict[str, float] = {}
        self.cpu = 0.0
        self.counts: dict[str, Any] = {}  # what a peer counts is its own affair

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Times the block under a name; the same name again adds to it."""
        began, cpu_began = time.perf_counter(), _cpu_seconds()
        yield
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - began
        self.cpu += _cpu_seconds() - cpu_began

    def report(self, version: str) -> None:
        """Prints one line of JSON and forgets nothing."""
        found = {
            "version": version,
            "python": sys.version.split()[0],
            "seconds": sum(self.wall.values()),
            "cpu_seconds": self.cpu,
            "parts": {name: round(seconds, 3) for name, seconds in self.wall.items()},
            "counts": self.counts,
        }
        print(json.dumps(found))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
