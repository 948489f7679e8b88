"""Tests of `cli.summary`: what the terminal says after an audit, from findings made by hand."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from momentwise.cli.summary import show_summary
from momentwise.define.finding import Finding
from momentwise.loop.audit import run_audit
from momentwise.loop.telling import Told
from tests.conftest import PAY, SOURCES, pay_rows
from tests.rank.made_findings import costing, make_finding

NOW_US = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Fifty customers who paid, at once."""
    folder = tmp_path_factory.mktemp("data")
    for name, text in (("events.csv", pay_rows(50)), ("playbook.yaml", PAY), ("sources.yaml", SOURCES)):
        (folder / name).write_text(text, encoding="utf-8")
    return run_audit([str(folder)], out=tmp_path_factory.mktemp("out") / "results", now_us=NOW_US)


def said(told: Told, *found: Finding) -> str:
    """What is printed of these findings, on one long line each."""
    drawn = io.StringIO()
    console = Console(file=drawn, width=200)
    show_summary(console, replace(told, findings=list(found)), Path("out"), [], 1.0)
    return drawn.getvalue()


@pytest.mark.req("U09")
def test_it_opens_with_the_week_in_words(told: Told) -> None:
    """The sentences of the headline stand before the findings."""
    text = said(told, make_finding())
    assert 0 < text.index("In the last 7 days") < text.index("What to look at first")


@pytest.mark.req("U02")
def test_three_findings_with_who_how_many_and_what_next(told: Told) -> None:
    """The first three; of the others it says how many there are, and where."""
    found = [make_finding(name, next_step=f"Mend {name}.", cost=costing(1234.0, 200.0)) for name in "abcde"]
    text = said(told, *found, make_finding("level", standing="observed"))
    assert ["Next: Mend a.", "Next: Mend b.", "Next: Mend c."] == [
        line.strip() for line in text.splitlines() if "Next:" in line
    ]
    assert "100 people" in text
    assert "EUR" in text
    assert "established: behaviour" in text
    assert "2 more and 1 observed in out/findings.json" in text


def test_nothing_found_is_said_in_words(told: Told) -> None:
    """Levels alone are no alarm."""
    text = said(told, make_finding(standing="observed"))
    assert "Nothing is found that hurts more than it should. That is a result, too." in text
    assert "1 observed in out/findings.json" in text
    assert "findings.json" not in said(told)
