"""What a person sees while a run goes on: the stage, its rate and the time left."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from momentwise.cli.stopping import stop_if_asked


class _Rate(TextColumn):
    """Steps done, steps per second, and the time left where the total is known."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        """The column of one stage."""
        if task.completed <= 1:
            return Text("")
        parts = [f"{task.completed:>13,.0f} events"]
        if task.speed:
            parts.append(f"{task.speed / 1e6:.1f} M/s" if task.speed >= 1e5 else f"{task.speed:,.0f}/s")
        if task.time_remaining is not None and not task.finished:
            parts.append(f"{task.time_remaining:.0f} s left")
        return Text("  ".join(parts), style="cyan")


class LiveProgress:
    """A watcher that draws on the terminal, and keeps the notes for afterwards.

    Args:
        console: Where to draw; nothing is drawn where it is no terminal.
    """

    def __init__(self, console: Console) -> None:
        self.notes: list[str] = []
        self._progress = Progress(
            SpinnerColumn(), TextColumn("[bold]{task.description}"), BarColumn(bar_width=24), _Rate(), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Start to draw."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()

    def begin(self, stage: str, total: int | None) -> None:
        """A stage begins; the one before it is over."""
        stop_if_asked()
        if self._task is not None:
            self._progress.update(self._task, total=self._progress.tasks[self._task].completed or 1)
            self._progress.update(self._task, completed=self._progress.tasks[self._task].total)
        self._task = self._progress.add_task(escape(stage), total=total)

    def advance(self, steps: int) -> None:
        """So many steps are done."""
        stop_if_asked()
        if self._task is not None:
            self._progress.advance(self._task, steps)

    def note(self, sentence: str) -> None:
        """Keep a sentence."""
        self.notes.append(sentence)
