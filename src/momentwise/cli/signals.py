"""Shows the signals that a playbook looks for: a table of all, or one with its YAML, its meaning and its source."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from momentwise.define.document import nearest
from momentwise.define.signal import OVERDRAWN, SHAPES, SignalSettings
from momentwise.define.span import format_span, write_span
from momentwise.define.writing_signals import write_rule
from momentwise.errors import DefinitionError

_PLAIN_WIDTH = 110  # where the output goes to a file or a pipe


def print_signals(settings: SignalSettings) -> None:
    """Print a line for each rule: its name, what it is evidence of, and what it is."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("signal", style="bold", no_wrap=True)
    table.add_column("evidence of", no_wrap=True)
    table.add_column("what it is")
    for rule in settings.rules:
        table.add_row(rule.name, rule.archetype, rule.about)
    if settings.friction.limit > 0:
        table.add_row(OVERDRAWN, "friction", tell_friction(settings))
    console.print(table)


def tell_friction(settings: SignalSettings) -> str:
    """What it takes for small frictions to be too many, in one sentence."""
    limit, half_life = settings.friction.limit, format_span(settings.friction.half_life_us)
    return f"Small frictions of one customer that add up to {limit:g}; each counts half after {half_life}."


def tell_signal(settings: SignalSettings, name: str) -> str:
    """One rule as YAML, below a comment that says what its shape means.

    Raises:
        DefinitionError: The playbook has no rule of that name.
    """
    rule = settings.rule(name)
    if name == OVERDRAWN:
        half_life = write_span(settings.friction.half_life_us)
        return (
            f"# {tell_friction(settings)}\nfriction:\n  half_life: {half_life}\n  limit: {settings.friction.limit:g}\n"
        )
    if rule is None:
        right = nearest(name, [rule.name for rule in settings.rules])
        raise DefinitionError(f"There is no signal '{name}'.", right=right)
    return f"# {rule.shape}: {SHAPES[rule.shape]}\n{write_rule(rule)}"
