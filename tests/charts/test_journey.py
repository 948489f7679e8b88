"""The journey and the 2×2: stages in order, three readings apart, impact against effort, and emotion by itself."""

from __future__ import annotations

import msgspec
import pytest
from rich_audits import rich_findings, rich_moments, silence
from rich_facts import rich_facts

from momentwise.charts.cards import deal_cards
from momentwise.charts.journey import READINGS, map_journey
from momentwise.charts.matrix import lay_matrix, order_by_emotion
from momentwise.define.finding import Finding
from read_page import read_page


@pytest.mark.req("D16")
def test_each_reading_is_hottest_where_it_was_seen_most() -> None:
    """Worry while an account is opened, anger while paying, joy after delivery: three readings, never one number."""
    stations = [s for leg in map_journey(rich_moments(), rich_facts().journey, ()) for s in leg.stations]
    hot = {reading.name: s.summary.moment for s in stations for reading in s.readings if reading.is_hot}
    assert hot == {"anxiety": "open-account", "frustration": "pay-for-order", "excitement": "track-delivery"}
    assert [s.summary.moment for s in stations if s.is_hot] == ["open-account"]


def test_no_signal_speaks_for_two_readings() -> None:
    """Each signal is evidence of one feeling."""
    named = [signal for made in READINGS.values() for signal in made]
    assert len(named) == len(set(named))


def test_stages_stand_in_the_order_of_the_journey() -> None:
    """Whatever the order of the playbook; stages without a moment are left out."""
    legs = map_journey(rich_moments()[:2], (), ())
    assert [leg.stage for leg in legs] == ["discovery", "retention"]


def test_silence_is_a_stretch_even_where_only_a_finding_knows_it() -> None:
    """Without a measure of its own, a moment's silences are those of its findings."""
    cards = deal_cards([silence()]).all
    [station] = [s for leg in map_journey(rich_moments()[1:2], (), cards) for s in leg.stations]
    assert [(one.after, one.seconds.value) for one in station.stretches] == [
        ("order_approved", silence().estimate.value)
    ]


def test_nothing_measured_leaves_the_readings_out(shop_page: str) -> None:
    """A table of dashes says nothing."""
    heads = [element.text for element in read_page(shop_page).find("th")]
    assert "Anxiety" not in heads


@pytest.mark.req("R05")
def test_quadrant_is_where_the_finding_says() -> None:
    """High impact lies above the middle, low effort left of the line, quick wins in that corner."""
    matrix = lay_matrix(deal_cards(rich_findings()).shown)
    assert matrix is not None
    found = {point.card.finding.quadrant: (point.across < 42, point.up > 50) for point in matrix.points}
    assert found == {
        "quick win": (True, True),
        "big bet": (False, True),
        "fill-in": (True, False),
        "not now": (False, False),
    }
    assert [card.number for card in matrix.unstated] == [4, 5]


@pytest.mark.req("R05")
def test_person_who_judged_otherwise_is_quoted_with_the_reason(rich_page: str) -> None:
    """An override stands on the card in the words of whoever made it."""
    assert "Effort medium, big bet. Effort medium: the carrier must agree." in rich_page


@pytest.mark.parametrize(
    ("dropped", "measure", "first"),
    [((), "money", 1), (("cost",), "hours", 1), (("cost", "weekly_seconds"), "people", 1)],
)
def test_impact_is_money_else_time_else_people(dropped: tuple[str, ...], measure: str, first: int) -> None:
    """One measure for all, named on the page; what lacks it is listed apart."""
    changed = [msgspec.structs.replace(found, **dict.fromkeys(dropped)) for found in rich_findings()]
    matrix = lay_matrix(deal_cards(changed).shown)
    assert matrix is not None
    assert (measure, first) == (matrix.measure, matrix.order[0].card.number)
    assert len(matrix.order) + len(matrix.unmeasured) == 6


def test_emotion_is_an_order_of_its_own() -> None:
    """Worst for the score first, which is not the order of money; what has no score is left out."""
    rows = order_by_emotion(deal_cards(rich_findings()).shown)
    assert [row.card.number for row in rows] == [2, 1, 4, 3]
    assert all(row.dot.at < 50 for row in rows)


def test_without_findings_there_is_nothing_to_weigh() -> None:
    """No 2×2 of nothing."""
    none: list[Finding] = []
    assert lay_matrix(deal_cards(none).shown) is None
    assert order_by_emotion(()) == []


@pytest.mark.req("D13")
def test_one_moment_shows_hot_control_drop_step_and_what_they_say(rich_page: str) -> None:
    """Where clarity fails: the control, the step after which most leave, and the customers' words stand together."""
    text = " ".join(read_page(rich_page).find("div", "clarity")[0].text.split())
    assert "Hottest control Id number on /sign-up/identity" in text
    assert "After field focused" in text
    assert "Why do you need my ID before I even know the price?" in text
