"""Which fields are kept of a customer, and which shipped rules are left out where data cannot be read so."""

from __future__ import annotations

from pathlib import Path

import pytest

import momentwise as mw
from momentwise.define.reading import parse_playbook
from momentwise.loop.intake import Intake, open_intake
from momentwise.loop.properties import choose_properties
from momentwise.loop.rules import readable_rules

NOW_US = 1_800_000_000_000_000
BOOK = "moment: pay\nintent: buy\nstage: decision\narchetype: friction\nstart: a\ncomplete: b\n"
DEVICES, PLANS = ("phone", "desktop", "tablet"), ("free", "paid")


def open_log(folder: Path, columns: dict[str, list[str]]) -> Intake:
    """A log of sixty events with these columns besides customer, time and event."""
    names = list(columns)
    lines = [",".join(["customer", "at", "event", *names])]
    for row in range(60):
        own = [columns[name][row % len(columns[name])] for name in names]
        lines.append(",".join([f"c{row % 7}", f"2026-01-01 10:{row:02d}:00", "ab"[row % 2], *own]))
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    (folder / "scratch").mkdir()
    return open_intake([str(folder / "log.csv")], None, folder / "scratch", NOW_US)


def test_fields_of_a_few_words_are_properties(tmp_path: Path) -> None:
    """Well-known ones first; ids, texts, states of a thing and places on the screen are none."""
    columns = {
        "note": [f"text {row}" for row in range(60)],
        "plan": list(PLANS),
        "order_status": ["open", "closed"],
        "Answered by": ["bot", "agent"],
        "page": ["/a", "/b"],
        "device": list(DEVICES),
    }
    intake = open_log(tmp_path, columns)
    assert ("device", "plan") == choose_properties(parse_playbook([("p", BOOK)]), intake)


def test_a_playbook_names_the_properties(tmp_path: Path) -> None:
    """`segments:` decides, and may decide for none."""
    intake = open_log(tmp_path, {"device": list(DEVICES), "plan": list(PLANS)})
    assert ("plan",) == choose_properties(parse_playbook([("p", f"{BOOK}---\nsegments: [plan]\n")]), intake)
    assert () == choose_properties(parse_playbook([("p", f"{BOOK}---\nsegments: []\n")]), intake)


def test_sizes_of_the_screen_give_its_class(tmp_path: Path) -> None:
    """Where the data have width and height and no class, the class is a property."""
    intake = open_log(tmp_path, {"viewport_width": ["360", "1280"], "viewport_height": ["640", "900"]})
    assert ("viewport",) == choose_properties(parse_playbook([("p", BOOK)]), intake)


def test_a_shipped_rule_that_cannot_be_read_is_left_out_aloud(tmp_path: Path) -> None:
    """Two texts have no order: the rule that compares them is named and left out, every other is kept."""
    intake = open_log(tmp_path, {"y": ["high", "low"], "viewport_height": ["tall", "wide"], "viewport_width": ["360"]})
    before = parse_playbook([("p", BOOK)])
    after, sentences = readable_rules(before, intake)
    assert {rule.name for rule in before.signals.rules} - {rule.name for rule in after.signals.rules} == {
        "out_of_reach"
    }
    assert ["log: signal 'out_of_reach' is not looked for."] == [one.split(" `")[0] for one in sentences]


@pytest.mark.parametrize("condition", ["y > viewport_height"])
def test_a_rule_of_ones_own_is_never_left_out(tmp_path: Path, condition: str) -> None:
    """What somebody wrote is a mistake to be named, not to be passed over."""
    intake = open_log(tmp_path, {"y": ["high"], "viewport_height": ["tall"], "viewport_width": ["360"]})
    own = f"{BOOK}---\nsignals:\n  too_low: {{shape: each, first: {{event: click, where: {condition}}}}}\n"
    after, _ = readable_rules(parse_playbook([("p", own)]), intake)
    assert after.signals.rule("too_low") is not None


def test_an_effort_for_nothing_is_said_aloud(tmp_path: Path) -> None:
    """An id under which nothing is found is named, so that a slip of the pen is seen."""
    open_log(tmp_path, {"device": list(DEVICES)})
    book = f"{BOOK}---\nefforts: {{pay/nothing: {{effort: low}}}}\n"
    audit = mw.audit(tmp_path / "log.csv", playbook=parse_playbook([("p", book)]))
    assert any("'pay/nothing'" in note for note in audit.notes)
