"""The signals on the command line and in the docs: every rule is listed, printed and explained as it is.

`python tests/cli/test_signals.py` writes the tables of docs/signals.md again.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from momentwise.define.document import Mistakes, read_documents
from momentwise.define.reading_signals import read_signals, standard_signals
from momentwise.define.signal import OVERDRAWN, SHAPES, SignalRule, SignalSettings
from momentwise.define.span import write_span
from momentwise.define.writing_signals import write_rule
from tests.conftest import Run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "signals.md"
RULES = standard_signals().rules
A_MOMENT = "moment: m\nintent: do\nstage: decision\narchetype: friction\nstart: a\ncomplete: b\n"


def limits_of(rule: SignalRule) -> str:
    """A rule's limits in a few words, as the docs show them."""
    learned = {"answer": "the page's p95", "dwell": "the page's p10", "gap": "the step's p95"}
    said = [
        f"{rule.count} ×" if rule.count > 1 else "",
        f"above {write_span(rule.limit_us)}" if rule.limit_us else "",
        learned.get(rule.learned, ""),
        f"at least {write_span(rule.least_us)}" if rule.least_us else "",
        f"within {write_span(rule.within_us)}" if rule.shape not in ("each", "overdue") else "",
        f"{rule.radius} px" if rule.radius else "",
        f"weight {rule.weight:g}" if rule.weight != 1 else "",
    ]
    return ", ".join(part for part in said if part) or "–"


def tables() -> dict[str, str]:
    """The tables of the page by the heading above them."""
    rules = [
        f"| `{rule.name}` | {rule.archetype} | {rule.about} | {rule.shape}: {limits_of(rule)} | {rule.source} |"
        for rule in RULES
    ]
    head = (
        "| Signal | Evidence of | What it is | Shape and limits | Where the limits come from |\n|---|---|---|---|---|"
    )
    shapes = [f"| *{shape}* | {about[0].upper()}{about[1:]}. |" for shape, about in SHAPES.items()]
    return {
        "## All of them": "\n".join([head, *rules]),
        "## The shapes": "\n".join(["| Shape | What it is |", "|---|---|", *shapes]),
    }


def write_tables(page: str) -> str:
    """The page with its tables as the rules have them."""
    for heading, table in tables().items():
        before, after = page.split(f"{heading}\n", 1)
        text, rest = re.split(r"(?m)(?=^\|)", after, maxsplit=1)
        ending = re.sub(r"\A(\|.*\n)+", "", rest)
        page = f"{before}{heading}\n{text}{table}\n{ending}"
    return page


def test_the_page_of_signals_has_every_rule_and_shape_as_they_are() -> None:
    """docs/signals.md equals the shipped rules."""
    page = PAGE.read_text(encoding="utf-8")
    assert write_tables(page) == page


def test_every_signal_is_listed(run: Run) -> None:
    """A line each, with what it is evidence of."""
    said = run("signals")
    assert said.code == 0
    listed = re.findall(r"(?m)^(\w+) +(friction|delight|social) ", said.out)
    assert [*((rule.name, rule.archetype) for rule in RULES), (OVERDRAWN, "friction")] == listed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_signal_is_shown_as_it_is_read(rule: SignalRule, run: Run) -> None:
    """What is printed can be put into a playbook, and means the same."""
    said = run("signals", "show", rule.name)
    assert said.code == 0
    [document] = read_documents(said.out, "shown.yaml")
    mistakes = Mistakes()
    found = read_signals(document, SignalSettings(), mistakes)
    mistakes.finish()
    assert (rule,) == found.rules


def test_every_kind_of_trigger_is_written_as_it_is_read() -> None:
    """Names, conditions, windows and labels."""
    text = (
        "it: {shape: follow, then: {where: amount > 1}, ignore: false, in_decision: true, limit: 1500ms,"
        " clear: told, clear_ahead: true,"
        " first: [{late: {event: [a, b], within: 2h}}, {event: c, where: page = '/x'}]}"
    )
    [document] = read_documents(text, "p.yaml")
    [rule] = read_signals(document, SignalSettings(), Mistakes()).rules
    [again] = read_documents(write_rule(rule), "p.yaml")
    assert (rule,) == read_signals(again, SignalSettings(), Mistakes()).rules


def test_a_playbook_s_settings_are_shown(run: Run, tmp_path: Path) -> None:
    """What it changes, adds and switches off."""
    book = tmp_path / "book.yaml"
    book.write_text(
        f"{A_MOMENT}---\nsignals:\n  u_turn: {{within: 3s}}\n  bounce: false\n"
        "  nudge: {shape: each, first: nudged, about: A nudge.}\n  friction: {limit: 0}\n"
    )
    listed = run("signals", "--playbook", str(book)).out
    assert "nudge" in listed
    assert "A nudge." in listed
    assert "bounce" not in listed
    assert OVERDRAWN not in listed
    assert "within: 3s" in run("signals", "show", "u_turn", "--playbook", str(book)).out
    assert "no signal 'bounce'" in run("signals", "show", "bounce", "--playbook", str(book)).text


def test_what_adds_up_is_shown(run: Run) -> None:
    """The friction's settings, as a playbook writes them."""
    said = run("signals", "show", OVERDRAWN)
    assert "friction:\n  half_life: 30d\n  limit: 4.2\n" in said.out


def test_an_unknown_signal_is_named_with_the_nearest(run: Run) -> None:
    """One message, no traceback."""
    said = run("signals", "show", "rage_clik")
    assert said.code == 2
    assert "error: There is no signal 'rage_clik'. Did you mean 'rage_click'?" in said.text


if __name__ == "__main__":
    PAGE.write_text(write_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
