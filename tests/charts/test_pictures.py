"""The charts: what they say, what they leave out, and that they hold no colour or font of their own."""

from __future__ import annotations

import re

import msgspec

from fake_audits import moment, months, nothing, shop_moments, spans, track_delivery
from momentwise.charts.pictures import draw_durations, draw_overview, draw_scores
from momentwise.charts.trend import coarsen, draw_trend, is_thin
from momentwise.define.finding import TrendPoint

DAY_US = 86_400_000_000


def test_overview_says_every_moment_in_words() -> None:
    """The words beside the picture hold what it shows, open ones apart."""
    picture = draw_overview(shop_moments())
    assert picture is not None
    assert "Track delivery: 99.0% completed, 0% escalated, 0.8% failed and 0.24% abandoned" in picture.words
    assert "of 14,700 ended; 300 still open." in picture.words
    assert "Leave a review: none has ended, 18 open." in picture.words


def test_charts_take_colour_and_font_from_the_page() -> None:
    """Light, dark and print are the page's business; a chart names no colour and no font."""
    summary = track_delivery()
    for picture in (
        draw_overview([summary]),
        draw_trend(summary),
        draw_durations(summary),
        draw_scores(summary),
    ):
        assert picture is not None
        paints = set(re.findall(r'(?:fill|stroke)="([^"]*)"', picture.wide + picture.narrow))
        assert paints <= {"none", "url(#open)"} | {p for p in paints if p.startswith("var(--")}
        assert "font-family" not in picture.wide


def test_durations_show_the_target_on_its_own_row() -> None:
    """The target's quantile gets a row though the summary has no such quantile."""
    picture = draw_durations(track_delivery())
    assert picture is not None
    labels = re.findall(r">([^<>]+)</text>", picture.wide)
    assert [label for label in labels if " in " in label] == ["1 in 2", "3 in 4", "9 in 10", "19 in 20"]
    assert "target 14 days" in labels


def test_nothing_to_draw_draws_nothing() -> None:
    """Without measures there is no picture, rather than an empty one."""
    bare = moment("a-b", (0, 0, 0, 0, 3), durations=spans(1, 2, 3, 0, "true"))
    assert (None, None, None, None) == (
        draw_overview([]),
        draw_durations(bare),
        draw_scores(bare),
        draw_trend(bare),
    )


def test_score_without_interval_is_a_dot_without_a_line() -> None:
    """One score has no interval, and a scale of one value still draws."""
    endings = tuple(
        msgspec.structs.replace(e, score=msgspec.structs.replace(e.score, value=5.0, low=None, high=None, n=1))
        for e in track_delivery().endings[:1]
    )
    picture = draw_scores(msgspec.structs.replace(track_delivery(), endings=endings))
    assert picture is not None
    assert "On time: 5 from 1 score." in picture.words


def test_thin_periods_are_marked_and_left_out_of_the_words() -> None:
    """Few ended or many open: neither can be read as a share."""
    assert is_thin(TrendPoint(0, 29, 29, 0))
    assert is_thin(TrendPoint(0, 100, 90, 60))
    assert not is_thin(TrendPoint(0, 100, 90, 20))
    picture = draw_trend(track_delivery())
    assert picture is not None
    assert picture.note == "Hollow: fewer than 30 ended, or many are still open. Triangle: off the scale."
    assert "lowest in Oct 2016 (93.8% of 48)" in picture.words


def test_trend_with_only_thin_periods_still_draws() -> None:
    """A small company sees its few numbers, marked, and is told that they say little."""
    picture = draw_trend(moment("a-b", (9, 0, 3, 0, 0), trend=months([(4, 3, 0), (4, 4, 0), (4, 2, 0)])))
    assert picture is not None
    assert "No month has 30 ended occurrences" in picture.words


def test_long_histories_are_told_in_coarser_periods() -> None:
    """Two years of days become months, and no occurrence is lost on the way."""
    days = [TrendPoint(index * DAY_US, 10, 9, 1) for index in range(730)]
    periods, unit = coarsen(days, "day")
    assert (unit, len(periods)) == ("month", 24)
    assert (7300, 6570, 730) == (
        sum(p.ended for p in periods),
        sum(p.completed for p in periods),
        sum(p.open for p in periods),
    )


def test_weeks_begin_on_monday() -> None:
    """A hundred days become weeks; 1970-01-01 was a Thursday."""
    periods, unit = coarsen([TrendPoint(i * DAY_US, 1, 1, 0) for i in range(100)], "day")
    assert (unit, periods[0].at) == ("week", -3 * DAY_US)
    assert periods[0].ended == 4


def test_hostile_name_in_a_chart_stays_text() -> None:
    """A chart's text is escaped, and what SVG cannot hold is marked."""
    bad = msgspec.structs.replace(track_delivery().endings[0], ending="<b>\x00&\ud800", duration=nothing("seconds"))
    picture = draw_scores(msgspec.structs.replace(track_delivery(), endings=(bad,)))
    assert picture is not None
    assert "&lt;b&gt;\ufffd&amp;\ufffd" in picture.wide
