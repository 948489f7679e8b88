"""Moments, stages and the board: whatever is added up, comes to what the cards say."""

from __future__ import annotations

import re

import msgspec
import pytest
from rich_audits import friction, rich_findings, rich_moments, segment
from rich_facts import rich_facts

from fake_audits import around, shop_moments
from momentwise.charts.cards import CardView, deal_cards, say_place
from momentwise.charts.facts import PortfolioRow
from momentwise.charts.portfolio import compare_segments, count_ids, cover, list_portfolio
from momentwise.charts.tree import Branch, add_estimates, grow_tree
from momentwise.define.finding import Estimate, Where
from read_page import read_page


def shown() -> list[CardView]:
    """The cards whose harm is shown."""
    return list(deal_cards(rich_findings()).shown)


@pytest.mark.req("R02")
def test_portfolio_adds_up_to_the_cards() -> None:
    """The money of all moments is the money of the cards that count, and the volume that of the moments."""
    facts = rich_facts()
    portfolio = list_portfolio(rich_moments(), facts.portfolio, facts.sums, shown())
    counted = count_ids(facts.portfolio) or frozenset()
    cards = [card.finding.cost for card in shown() if card.finding.id in counted]
    money = sum(cost.total.value or 0 for cost in cards if cost and cost.total)
    assert money == pytest.approx(portfolio.sums["EUR"].value or 0)
    assert money == pytest.approx(sum(line.row.money.value or 0 for line in portfolio.lines if line.row.money))


@pytest.mark.req("R02")
def test_portfolio_shows_owner_standing_trend_basket_and_money_of_every_moment(rich_page: str) -> None:
    """Each moment has its row, also one of which nothing is known."""
    table = " ".join(
        read_page(re.sub("(?s)</summary><div>.*?</div></details>", "</summary></details>", rich_page))
        .find("table", "portfolio")[0]
        .text.split()
    )
    assert "Track delivery post-purchase pod 15,000 4.12 4.10 to 4.14 Priority +0.4 points" in table
    assert "Retention and cost to serve EUR 14,000" in table
    assert "Return an item returns desk 0 –" in table
    assert "Together 36,052" in table


def test_portfolio_that_nobody_reckoned_is_added_from_the_cards() -> None:
    """Without rows of its own each moment takes the money of its cards, and the sum follows."""
    portfolio = list_portfolio(rich_moments(), (), {}, shown())
    assert portfolio.sums["EUR"].value == pytest.approx(18_400 + 14_450 + 6_300)


@pytest.mark.req("M20")
def test_every_level_of_the_tree_is_the_sum_of_the_next() -> None:
    """Board, journey, moment, step, element: money, time and findings agree at each."""
    tree = grow_tree(shown(), rich_moments(), count_ids(rich_facts().portfolio))
    assert tree is not None
    levels: list[str] = []

    def check(branch: Branch) -> None:
        levels.append(branch.level)
        if not branch.branches:
            return
        assert len(branch.cards) == sum(len(below.cards) for below in branch.branches)
        for name in ("money", "weekly"):
            parts = [getattr(below, name) for below in branch.branches if getattr(below, name)]
            own = getattr(branch, name)
            assert sum(part.value for part in parts) == pytest.approx(own.value if own else 0)
        for below in branch.branches:
            check(below)

    check(tree)
    assert {"board", "journey", "moment", "step", "element"} == set(levels)


@pytest.mark.req("M20")
def test_board_and_portfolio_say_the_same_sum(rich_page: str) -> None:
    """What the tree says of all findings is what the portfolio says of all moments, to the interval."""
    page = read_page(rich_page)
    assert "EUR 39,000 a month 34,000 to 44,000" in page.find("p", "board")[0].text
    assert "EUR 34,000 to 44,000" in page.find("table", "portfolio")[0].text


@pytest.mark.req("M20")
def test_five_clicks_lead_from_the_board_to_the_rows(rich_page: str) -> None:
    """Stage, moment, step, the finding, its number: the deepest finding lies behind three folds and a link."""
    links = [
        e for e in read_page(rich_page).find("a") if e.attributes["href"] == "#finding-1" and "details" in e.around
    ]
    assert links
    assert max(link.around.count("details") for link in links) + len(("finding", "number")) <= 5


def test_money_that_another_finding_counts_is_not_added() -> None:
    """A segment of the people of another finding adds findings and people to its branch, not money."""
    tree = grow_tree(shown(), rich_moments(), frozenset({"track-delivery/broken_promise"}))
    assert tree is not None
    assert tree.money is not None
    assert tree.money.value == 14_450


def test_sum_of_bounds_is_wide_and_absent_where_one_has_none() -> None:
    """The ends are added as if all erred the same way."""
    total = add_estimates([around(10.0, 2.0, 5, "money"), around(5.0, 1.0, 5, "money")])
    assert total == Estimate(15.0, 10, "money", 12.0, 18.0)
    assert add_estimates([around(1.0, 0.5, 5, "money"), Estimate(1.0, 1, "money")]) == Estimate(2.0, 6, "money")
    assert add_estimates([Estimate(None, 0, "money")]) is None


def test_no_findings_grow_no_tree() -> None:
    """An empty board has nothing to open."""
    assert grow_tree([], shop_moments()) is None


def test_coverage_puts_stages_in_order_and_strays_last() -> None:
    """What no moment speaks of comes after every moment; each says how many of its touchpoints arrive."""
    lines = cover(rich_facts().coverage, rich_moments())
    assert [(line.moment, line.seen, len(line.rows)) for line in lines] == [
        ("open-account", 2, 2),
        ("return-an-item", 0, 1),
        ("track-delivery", 1, 2),
        ("", 1, 1),
    ]


def test_segments_are_compared_by_the_measure_that_found_them() -> None:
    """Only findings about a kind of customer, worst first, left of the middle where they have it harder."""
    scored = msgspec.structs.replace(segment(), estimate=around(-0.5, 0.2, 300, "score"))
    slow = msgspec.structs.replace(segment(), estimate=around(9.0, 2.0, 300, "seconds"))
    by_share, by_score, by_time = compare_segments(deal_cards([friction(), slow, scored, segment()]).shown)
    assert [row.name for row in by_share.rows] == ["Device small phone"]
    assert by_share.rows[0].dot.high < 50
    assert ("Score", "left", "right") == (by_score.measure, by_score.worse, by_time.worse)


def test_place_is_said_in_words() -> None:
    """Control, page, step, segment and period, whatever is known of them."""
    place = Where(
        page="/pay",
        element="button#pay",
        step="form_sent",
        segment={"app_version": "9.1"},
        since=0,
        until=86_400_000_000,
    )
    assert say_place(place) == "Button#pay on /pay, after form sent, app version 9.1, from 1 Jan 1970 to 2 Jan 1970"
    assert say_place(Where()) == ""


def test_moment_in_two_currencies_has_no_sum() -> None:
    """Euros and pounds are never added."""
    one, two, *_ = shown()
    cost = two.finding.cost
    assert cost is not None
    other = msgspec.structs.replace(
        two.finding, moment=one.finding.moment, cost=msgspec.structs.replace(cost, currency="GBP")
    )
    portfolio = list_portfolio(rich_moments(), (), {}, deal_cards([one.finding, other]).shown)
    assert portfolio.lines[0].row == PortfolioRow(moment="open-account")
