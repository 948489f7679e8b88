"""Who is told how a run goes on."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Who is told how a run goes on."""

    def begin(self, stage: str, total: int | None) -> None:
        """A stage begins that has so many steps, if that is known."""

    def advance(self, steps: int) -> None:
        """So many steps of the stage are done."""

    def note(self, sentence: str) -> None:
        """Something that a person should know."""


class Quiet:
    """A watcher that keeps the notes and says nothing."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def begin(self, stage: str, total: int | None) -> None:
        """Nothing is shown."""

    def advance(self, steps: int) -> None:
        """Nothing is shown."""

    def note(self, sentence: str) -> None:
        """Keep the sentence."""
        self.notes.append(sentence)
