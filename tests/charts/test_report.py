"""The report's page: complete, self-contained, safe, readable, and honest about what it does not know."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec
import pytest
from rich_audits import rich_findings

from fake_audits import HOSTILE, around, many_moments, moment, months, shop_findings, shop_moments, shop_run
from momentwise.charts.facts import LedgerFacts, ReportFacts
from momentwise.charts.page import GRADE_MEANINGS
from momentwise.charts.report import render_report
from momentwise.charts.wording import write_number
from momentwise.define.finding import Estimate, MomentSummary, Split
from momentwise.define.moment import INTENTS, STAGES
from read_page import read_page

WORDS_A_SECOND = 4  # adults read 238 words of prose a minute (Brysbaert, 2019)
PALETTE = re.compile(r"--([a-z-]+):(#[0-9a-f]{3,6})")


@pytest.mark.req("U09")
def test_page_opens_in_words_with_what_the_week_took(rich_page: str) -> None:
    """Seconds lost, people hurt and promises broken stand before everything else, beside the week before."""
    opening = _flat(read_page(_without_notes(rich_page)).find("section", "opening")[0].text)
    assert "Frictions took about 410 hours from 6,204 people" in opening
    assert "410 hours of customers’ time lost 390 hours in the 7 days before" in opening
    assert "6,204 people hurt 5,870 in the 7 days before" in opening
    assert "312 promises broken 498 in the 7 days before" in opening
    assert rich_page.index('class="opening"') < rich_page.index('class="headline"') < rich_page.index("<figure")


@pytest.mark.req("U02")
def test_three_problems_are_read_in_half_a_minute(rich_page: str) -> None:
    """What, who is hurt, how many and what to do next, for the first three, is read in 30 seconds; measures stand aside."""
    page = read_page(_without_notes(rich_page))
    assert [found.title for found in rich_findings()[:3]] == [e.text for e in page.find("p", "headline")]
    measures = [element.text for element in page.find("li", "measure")]
    leads = page.find("ol", "leads")[0].text
    for measure in measures:
        leads = leads.replace(measure, " ", 1)
    leads = _flat(leads)
    for found in rich_findings()[:3]:
        assert found.title in leads
        assert found.next_step in leads
        assert f"{found.people:,} people" in leads
    assert "EUR 18,000 EUR 15,000 to 22,000 a month" in _flat(measures[0])
    assert len(leads.split()) <= 30 * WORDS_A_SECOND


def test_every_finding_is_a_card_with_what_it_takes_to_believe_it(rich_page: str) -> None:
    """Standing and why not more, grade, sources, quotes, next step and the rows: none of these is left out."""
    text = _flat(read_page(rich_page).find("main")[0].text)
    for found in rich_findings():
        for said in (found.title, found.standing_reason, found.grade_reason, found.next_step):
            assert said in text
        assert all(quote.text in text for quote in found.quotes)
        assert found.estimate.rows in text
    assert "It keeps its place in 97% of the rankings that were drawn again." in text


def test_money_of_a_card_stands_by_factor_with_its_interval_or_says_what_is_missing(rich_page: str) -> None:
    """Each known factor has an interval; of the others the page says what must be stated."""
    text = _flat(read_page(_without_notes(rich_page)).find("div", "money")[0].text)
    assert "Failures EUR 13,000 EUR 10,000 to 16,000" in text
    assert "In all EUR 18,000 EUR 15,000 to 22,000" in text
    assert "Not reckoned: what one customer brings (lifetime_value)." in text


def test_ledger_that_may_be_nothing_is_not_shown() -> None:
    """Where the sum's interval holds zero, there is no time to share out among frictions."""
    none = Split(
        title="seconds", parts=(("a", around(0.4, 1.0, 90, "seconds")),), total=around(0.4, 1.0, 90, "seconds")
    )
    facts = ReportFacts(ledgers=(LedgerFacts(moment="track-delivery", split=none),))
    assert 'id="ledger"' not in render_report(shop_run(), shop_moments(), [], out_dir="out", facts=facts)


def test_levels_stand_apart_from_what_is_shown(rich_page: str) -> None:
    """A mere level is no finding: it comes under its own heading, and never opens the page."""
    page = read_page(rich_page)
    levels = [found.title for found in rich_findings() if found.standing == "observed"]
    apart = next(e.text for e in page.find("section", "block") if e.attributes["id"] == "levels")
    shown = next(e.text for e in page.find("section", "block") if e.attributes["id"] == "findings")
    assert all(title in apart and title not in shown for title in levels)


def test_nothing_found_is_said_in_words(shop_page: str) -> None:
    """With levels only, the page says that nothing was found, and that this is a good answer."""
    text = _flat(next(e.text for e in read_page(shop_page).find("section", "first")))
    assert "Nothing found" in text
    assert "That is a good answer." in text
    assert not read_page(shop_page).find("p", "headline")


def test_beyond_a_dozen_findings_are_folded(many_page: str) -> None:
    """Twelve cards are open; the smaller ones wait behind a line that counts them."""
    page = read_page(many_page)
    shown = next(e.text for e in page.find("section", "block") if e.attributes["id"] == "findings")
    assert "36 more findings, smaller than these" in shown
    assert len(page.find("li", "card")) == 80
    assert sum(1 for card in page.find("li", "card") if "details" not in card.around) == 12 + 12


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


def test_page_is_well_formed_with_headings_in_order(rich_page: str) -> None:
    """Tags close as they opened, one `h1` leads, and no heading skips a level."""
    page = read_page(rich_page)
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch("h[1-6]", element.tag)]
    assert page.wrong == []
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_page_has_landmarks_a_skip_link_and_unique_ids(rich_page: str) -> None:
    """A person who hears the page can jump to its parts."""
    page = read_page(rich_page)
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    links = [e.attributes["href"][1:] for e in page.find("a") if e.attributes["href"].startswith("#")]
    assert page.elements[0].attributes["lang"] == "en"
    assert all(page.find(tag) for tag in ("header", "nav", "main", "footer"))
    assert page.find("a", "skip")[0].attributes["href"] == "#main"
    assert len(set(ids)) == len(ids)
    assert set(links) <= set(ids)


def test_every_table_has_a_caption_and_scoped_headers(rich_page: str) -> None:
    """A table says what it holds, and each header says whether it heads a row or a column."""
    page = read_page(rich_page)
    assert len(page.find("table")) == len(page.find("caption"))
    assert all(element.attributes.get("scope") in ("col", "row", "rowgroup") for element in page.find("th"))


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
    assert "to keep the page small" in many_page


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
    for words in ("There were no events to look at.", "Nothing found", "No signal was seen."):
        assert words in empty_page
    assert read_page(empty_page).wrong == []


def test_playbook_without_moments_makes_a_page() -> None:
    """Even nothing at all is a page."""
    html = render_report(shop_run(), [], [], out_dir="out")
    assert "The playbook declares no moments" in html


def test_rejected_rows_stand_with_their_reasons(shop_page: str) -> None:
    """What was set aside is counted by reason, for each source."""
    text = _flat(next(e.text for e in read_page(shop_page).find("section", "block") if e.attributes["id"] == "data"))
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


def _flat(text: str) -> str:
    return " ".join(text.split())


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
