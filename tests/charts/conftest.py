"""Pages of the fake audits, rendered once for all tests: drawing a chart is the slow part."""

from __future__ import annotations

import pytest
from rich_audits import hostile_finding, rich_findings, rich_moments
from rich_facts import hostile_facts, many_facts, rich_facts, rich_signals

from fake_audits import (
    HOSTILE,
    finding,
    hostile_moment,
    many_moments,
    share_of,
    shop_findings,
    shop_moments,
    shop_run,
    shop_signals,
)
from momentwise.charts.facts import RunFacts
from momentwise.charts.report import render_report


@pytest.fixture(scope="session")
def shop_page() -> str:
    """The report of the shop."""
    return render_report(shop_run(), shop_moments(), shop_findings(), shop_signals(), out_dir="out/olist")


@pytest.fixture(scope="session")
def empty_page() -> str:
    """The report of a folder without events, over a playbook with one moment."""
    run = RunFacts(title="An empty folder", customers=0, events=0)
    return render_report(run, [shop_moments()[3]], [], out_dir="out")


@pytest.fixture(scope="session")
def rich_page() -> str:
    """The report of a shop with every kind of finding, and with all that stands beside them."""
    return render_report(
        shop_run(), rich_moments(), rich_findings(), rich_signals(), out_dir="out/shop", facts=rich_facts()
    )


@pytest.fixture(scope="session")
def many_page() -> str:
    """The report of forty full moments and eighty findings, with everything that a page can hold."""
    moments = many_moments()
    facts = many_facts([one.moment for one in moments])
    return render_report(shop_run(), moments, rich_findings() * 8, rich_signals(), out_dir="out", facts=facts)


@pytest.fixture(scope="session")
def hostile_page() -> str:
    """The report of an audit whose every text is an attack."""
    found = [finding(HOSTILE, HOSTILE, share_of(1, 2, f"ending = '{HOSTILE}'"), detail=HOSTILE), hostile_finding()]
    return render_report(shop_run(), [hostile_moment()], found, out_dir='a "b" $c', facts=hostile_facts())
