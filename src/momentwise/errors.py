"""Every error that Momentwise raises on purpose: one tree under one root.

An error says what was wrong, where, and what would be right; it carries the three as attributes, so that a command line,
a page and a test read the same facts. One event's trouble is not an error but a value: see `define.rejection`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where in the user's own files something stands: a file, a line (from 1), or only a name."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """`file:line`, as editors and compilers write it."""
        if self.line:
            return f"{self.file}:{self.line}"
        return self.file


class MomentwiseError(Exception):
    """The root of the tree.

    Args:
        wrong: What was wrong, one sentence without the place.
        place: Where it stands.
        right: What would be right, or what to do next.
    """

    exit_code = 2

    def __init__(self, wrong: str, *, place: Place | None = None, right: str = "") -> None:
        self.wrong = wrong
        self.place = place or Place()
        self.right = right
        super().__init__(str(self))

    def __str__(self) -> str:
        """The place, what was wrong and what would be right, in that order."""
        where = f"{self.place}: " if str(self.place) else ""
        right = f" {self.right}" if self.right else ""
        return f"{where}{self.wrong}{right}"


class DefinitionError(MomentwiseError):
    """A playbook, a moment, a predicate or a source mapping says something that has no meaning."""


class DefinitionErrors(DefinitionError):  # noqa: N818  several of them
    """Several mistakes of one reading, in the order in which they stand in the file."""

    def __init__(self, mistakes: list[DefinitionError]) -> None:
        self.mistakes = mistakes
        count = len(mistakes)
        super().__init__(f"{count} mistake{'s' if count != 1 else ''}")

    def __str__(self) -> str:
        """Every mistake on a line of its own."""
        return "\n".join(str(mistake) for mistake in self.mistakes)


class IntakeError(MomentwiseError):
    """What was to be read cannot be read: no such file, no known format, too many bad rows."""


class DetectionError(MomentwiseError):
    """The pass over the events cannot go on."""


class EvidenceError(MomentwiseError):
    """Something was to be ranked or priced without the evidence that this needs."""


class StoreError(MomentwiseError):
    """A store cannot be read or written: a full disk, a lost connection."""

    def __init__(self, wrong: str, *, place: Place | None = None, right: str = "", permanent: bool = True) -> None:
        self.permanent = permanent
        super().__init__(wrong, place=place, right=right)
