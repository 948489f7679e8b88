"""The report's page: complete, self-contained, safe, readable, and honest about what it does not know."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from fake_audits import HOSTILE, many_moments, moment, months, shop_findings, shop_moments, shop_run
from momentwise.charts.report import GRADE_MEANINGS, render_report
from momentwise.charts.wording import write_number
from momentwise.define.finding import Estimate, MomentSummary
from momentwise.define.moment import INTENTS, STAGES
from read_page import read_page

PALETTE = re.compile(r"--([a-z-]+):(#[0-9a-f]{3,6})")


def test_page_says_first_what_was_looked_at_then_the_strongest_findings(shop_page: str) -> None:
    """The reader learns the data and the three strongest findings before any chart."""
    lead = shop_page.index("We looked at 91,204 events from 14,987 customers in 3 sources")
    headlines = [element.text for element in read_page(shop_page).find("p", "headline")]
    assert [found.title for found in shop_findings()[:3]] == headlines
    assert lead < shop_page.index('class="headline"') < shop_page.index("<figure")


def test_every_finding_is_listed_with_its_grade_and_reason(shop_page: str) -> None:
    """No finding is left out of the list, and none stands without its grade."""
    text = read_page(shop_page).find("ol", "findings")[0].text
    for found in shop_findings():
        assert found.title in text
        assert found.grade_reason in text
    assert "BRL 14,000" in text
    assert "BRL 12,000 to 17,000" in text


def test_gap_reads_as_one_sentence(shop_page: str) -> None:
    """The score gap names both means with their n, the difference and its interval."""
    text = " ".join(read_page(_without_notes(shop_page)).find("div", "gaps")[0].text.split())
    means = "Late: 2.60 (n 1,135) against on time: 4.28 (n 13,383)."
    assert f"{means} Difference −1.68 [−1.78, −1.58]." in text


def test_every_estimate_of_a_moment_is_shown_with_its_n_and_its_rows(shop_page: str) -> None:
    """Each measured number opens a note with its n and the command that lists its rows."""
    notes = [element.text for element in read_page(shop_page).find("details", "fig")]
    for summary in shop_moments()[:2]:
        for estimate in _estimates(summary):
            if estimate.value is not None:
                wanted = f"n {write_number(estimate.n)}"
                assert any(wanted in note and estimate.rows in note for note in notes), estimate
    assert all("momentwise rows out/olist --table " in note for note in notes)


def test_page_is_well_formed_with_headings_in_order(shop_page: str) -> None:
    """Tags close as they opened, one `h1` leads, and no heading skips a level."""
    page = read_page(shop_page)
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch("h[1-6]", element.tag)]
    assert page.wrong == []
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_page_has_landmarks_a_skip_link_and_unique_ids(shop_page: str) -> None:
    """A person who hears the page can jump to its parts."""
    page = read_page(shop_page)
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    links = [e.attributes["href"][1:] for e in page.find("a") if e.attributes["href"].startswith("#")]
    assert page.elements[0].attributes["lang"] == "en"
    assert all(page.find(tag) for tag in ("header", "nav", "main", "footer"))
    assert page.find("a", "skip")[0].attributes["href"] == "#main"
    assert len(set(ids)) == len(ids)
    assert set(links) <= set(ids)


def test_every_table_has_a_caption_and_scoped_headers(shop_page: str) -> None:
    """A table says what it holds, and each header says whether it heads a row or a column."""
    page = read_page(shop_page)
    assert len(page.find("table")) == len(page.find("caption"))
    assert all(element.attributes.get("scope") in ("col", "row") for element in page.find("th"))


def test_every_chart_has_a_name_and_the_same_in_words(shop_page: str) -> None:
    """No picture is mute."""
    page = read_page(shop_page)
    charts = page.find("svg", "chart")
    assert len(charts) >= 6
    assert all(chart.attributes["role"] == "img" and chart.attributes["aria-label"] for chart in charts)
    assert "19 in 20 within 29.2 days. The target is 9 in 10 within 14 days." in shop_page


def test_page_asks_the_network_for_nothing(shop_page: str, hostile_page: str) -> None:
    """There is no address to fetch: no link out, no import, no image, no font."""
    for html in (shop_page, hostile_page):
        page = read_page(html)
        found = [v for e in page.elements for n, v in e.attributes.items() if n in ("src", "href", "srcset")]
        assert all(address.startswith("#") for address in found)
        assert not page.find("link") + page.find("iframe") + page.find("img")
        assert not re.search(r"https?://|@import|@font-face|//cdn|url\((?!#)", html)


def test_hostile_text_stays_text(hostile_page: str) -> None:
    """Customer text and event names cannot become markup, wherever they stand."""
    scripts = read_page(hostile_page).find("script")
    assert HOSTILE not in hostile_page
    assert len(scripts) == 2
    assert "alert(" not in "".join(script.text for script in scripts)
    assert "&lt;script&gt;" in hostile_page


def test_hostile_page_can_be_saved(hostile_page: str) -> None:
    """Control characters and half surrogates are marked, so that the page is valid UTF-8 and HTML."""
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", hostile_page)
    assert "\ufffd" in hostile_page
    assert hostile_page.encode("utf-8")


def test_forty_moments_stay_under_three_megabytes(many_page: str) -> None:
    """A large playbook still makes a file that one can send."""
    assert many_page.count('<section id="moment-') == 40
    assert len(many_page.encode()) < 3_000_000


def test_filters_offer_all_stages_and_intents_and_hide_nothing_by_default(shop_page: str) -> None:
    """All five stages can be chosen, even those without a moment; without a choice every row shows."""
    page = read_page(shop_page)
    offered = {element.attributes.get("id") for element in page.find("input")}
    rows = [element.attributes for element in page.find("tr") if "data-stage" in element.attributes]
    assert {f"stage-{stage}" for stage in ("all", *STAGES)} <= offered
    assert {f"intent-{intent}" for intent in ("all", *INTENTS)} <= offered
    assert len(rows) == 4
    assert all("hidden" not in row and "style" not in row for row in rows)


def test_moment_that_never_started_says_so_and_names_the_events_that_came(shop_page: str) -> None:
    """An empty moment is explained in words, with the event that it waits for and those that exist."""
    text = " ".join(_moment_section(shop_page, "Return an item").split())
    assert "This moment never happened. It starts with return_requested, and that never came." in text
    assert "order_placed (15,000)" in text


def test_moment_with_only_open_ones_is_not_judged(shop_page: str) -> None:
    """Open occurrences are counted, and nothing is said about shares."""
    text = " ".join(_moment_section(_without_notes(shop_page), "Leave a review").split())
    assert "18 were still open when the data end. None has ended yet, so there is nothing to judge." in text
    assert "0%" not in text


def test_moment_without_scores_says_so(shop_page: str) -> None:
    """Missing scores are named, not drawn as zero."""
    assert "Nobody gave a score after this moment" in _moment_section(shop_page, "Pay for order")


def test_targets_say_met_missed_or_cannot_tell(shop_page: str) -> None:
    """The three answers are words beside the measure."""
    verdicts = [element.text for element in read_page(shop_page).find("span", "verdict")]
    assert verdicts == ["Met", "Missed", "Cannot tell yet", "Missed", "Met", "Cannot tell yet"]


def test_comprehension_is_shown_only_where_somebody_said(shop_page: str) -> None:
    """No one asked means no row, not a zero."""
    assert "Understood" not in _moment_section(shop_page, "Track delivery")
    assert "Understood" in _moment_section(shop_page, "Pay for order")


def test_empty_audit_has_words_for_everything_that_is_missing(empty_page: str) -> None:
    """No events, no findings and no signals make a page that says so."""
    for words in ("There were no events to look at.", "Nothing stands out", "No signal was seen."):
        assert words in empty_page
    assert read_page(empty_page).wrong == []


def test_playbook_without_moments_makes_a_page() -> None:
    """Even nothing at all is a page."""
    html = render_report(shop_run(), [], [], out_dir="out")
    assert "The playbook declares no moments" in html


def test_rejected_rows_stand_with_their_reasons(shop_page: str) -> None:
    """What was set aside is counted by reason, for each source."""
    text = " ".join(read_page(shop_page).find("section", "block")[3].text.split())
    assert "score is not a number (2); unreadable time (1)" in text


def test_nothing_is_called_a_cause_that_is_a_correlation(shop_page: str) -> None:
    """The page explains each grade, and says of a gap that it proves no cause."""
    for meaning in GRADE_MEANINGS.values():
        assert meaning in shop_page
    assert "That is not proof that one causes the other." in shop_page


def test_same_audit_gives_the_same_page(shop_page: str) -> None:
    """No clock and no chance gets into the page."""
    again = render_report(shop_run(), shop_moments(), shop_findings(), out_dir="out/olist")
    assert again.partition('id="signals"')[0] == shop_page.partition('id="signals"')[0]


def test_rare_endings_are_counted_not_dropped() -> None:
    """Beyond the first few, endings are told of together."""
    html = render_report(shop_run(), many_moments(1), [], out_dir="out")
    assert "2 rarer endings not shown, 270 times in all." in html


def test_trend_of_one_period_is_not_drawn() -> None:
    """One dot is no trend."""
    html = render_report(shop_run(), [moment("a-b", (50, 0, 0, 0, 0), trend=months([(50, 50, 0)]))], [], out_dir="out")
    assert "Share completed, by" not in html


def test_text_has_enough_contrast_in_both_themes(shop_page: str) -> None:
    """Words reach 4.5 to 1 and marks 3 to 1 against what they stand on, in light and in dark."""
    blocks = re.findall(r"color-scheme:(?:light|dark);(.*?)\}", shop_page, re.DOTALL)
    light, dark = (dict(PALETTE.findall(block)) for block in blocks[:2])
    for theme in (light, dark):
        for ground in ("paper", "raised", "shade"):
            for words in ("ink", "soft", "accent", "failed", "completed"):
                assert _contrast(theme[words], theme[ground]) >= 4.5, (words, ground)
        for outcome in ("completed", "escalated", "failed", "abandoned"):
            assert _contrast(theme[f"on-{outcome}"], theme[outcome]) >= 4.5, outcome
            assert _contrast(theme[outcome], theme["paper"]) >= 3, outcome


def test_prose_is_plain(empty_page: str) -> None:
    """The page's own sentences need at most eight years of school (Flesch-Kincaid)."""
    page = read_page(empty_page)
    prose = " ".join(element.text for element in page.elements if element.tag in ("p", "figcaption", "caption"))
    assert _school_years(prose) <= 8


def _without_notes(html: str) -> str:
    return re.sub(r"</summary><div>.*?</div></details>", "</summary></details>", html, flags=re.DOTALL)


def _moment_section(html: str, name: str) -> str:
    return next(e.text for e in read_page(html).find("section", "moment") if f"\n{name}\n" in e.text)


def _estimates(summary: MomentSummary) -> list[Estimate]:
    """Every estimate inside a summary, however deep."""
    found: list[Estimate] = []

    def walk(value: object) -> None:
        if isinstance(value, Estimate):
            found.append(value)
        elif isinstance(value, dict):
            for part in value.values():
                walk(part)
        elif isinstance(value, tuple):
            for part in value:
                walk(part)
        elif isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                walk(getattr(value, name))

    walk(summary)
    return found


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _school_years(prose: str) -> float:
    sentences = [part for part in re.split(r"[.!?:]\s", prose) if part.strip()]
    words = re.findall(r"[A-Za-z]+", prose)
    syllables = sum(max(len(re.findall("[aeiouy]+", word.lower().removesuffix("e"))), 1) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
