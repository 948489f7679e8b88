"""The report's page: one HTML file that needs nothing else, made from what the audit found.

Pure: values in, text out; the only files read are the package's own templates. The numbers are `rank`'s, the
words around them `charts.wording`'s, the pictures `charts.pictures`' and `charts.trend`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from momentwise.charts import wording
from momentwise.charts.drawing import Picture, clean_text
from momentwise.charts.facts import RunFacts, SignalSummary
from momentwise.charts.pictures import (
    ENDED,
    MOST_ENDINGS,
    count_ended,
    draw_durations,
    draw_overview,
    draw_scores,
    name_ending,
)
from momentwise.charts.rows import count_open, count_rows, count_volume, quote_sql, rows_command
from momentwise.charts.trend import coarsen, draw_trend, is_thin
from momentwise.define.finding import GRADES, Estimate, Finding, MomentSummary, TrendPoint
from momentwise.define.instant import format_instant
from momentwise.define.moment import INTENTS, STAGES

STRONGEST = 3
MOST_MOMENTS_IN_A_PICTURE = 40
MOST_GAPS = 6
MOST_PLACES = 10
MOST_EVENT_NAMES = 8

GRADE_MEANINGS = {
    "A": "Customers were put in groups by chance. The difference is caused by what was changed.",
    "B": "A natural break in the data works almost like chance. The cause is likely, not certain.",
    "C": "The two things go together. Nobody has shown that one causes the other.",
    "D": "What somebody thinks. There is no measure behind it yet.",
}


class MomentView(msgspec.Struct, frozen=True):
    """One moment with its pictures and the anchor of its section."""

    summary: MomentSummary
    anchor: str
    trend: Picture | None
    durations: Picture | None
    scores: Picture | None
    periods: list[TrendPoint]
    period_unit: str


def render_report(
    run: RunFacts,
    summaries: Sequence[MomentSummary],
    findings: Sequence[Finding],
    signals: Sequence[SignalSummary] = (),
    *,
    out_dir: str,
) -> str:
    """The report as one self-contained HTML page.

    Args:
        run: What was looked at.
        summaries: Moments, in the order in which the page shows them.
        findings: The strongest first; the first three open the page.
        signals: Kinds of signal, in the order in which the page shows them.
        out_dir: The audit's folder as the user wrote it; it stands in every command that lists rows.
    """
    views = [_view(summary, f"moment-{index}") for index, summary in enumerate(summaries, start=1)]
    page = _environment().get_template("report.html")
    html = page.render(
        run=run,
        views=views,
        findings=findings,
        signals=signals,
        out_dir=out_dir,
        anchors={view.summary.moment: view.anchor for view in views},
        overviews=_draw_overviews(summaries),
        stages=_count_words(STAGES, [summary.stage for summary in summaries]),
        intents=_count_words(INTENTS, [summary.intent for summary in summaries]),
        empty_pairs=_find_empty_pairs(summaries),
        occurrences=sum(summary.volume for summary in summaries),
        open=sum(summary.open for summary in summaries),
        command=_command_for(out_dir),
    )
    return clean_text(html, keep="\n")


def _view(summary: MomentSummary, anchor: str) -> MomentView:
    periods, unit = coarsen(summary.trend, summary.trend_unit)
    return MomentView(
        summary=summary,
        anchor=anchor,
        trend=draw_trend(summary),
        durations=draw_durations(summary),
        scores=draw_scores(summary),
        periods=periods,
        period_unit=unit,
    )


def _draw_overviews(summaries: Sequence[MomentSummary]) -> list[Picture]:
    """The overview in pieces that each fit on a printed page."""
    pieces = range(0, len(summaries), MOST_MOMENTS_IN_A_PICTURE)
    drawn = [draw_overview(summaries[start : start + MOST_MOMENTS_IN_A_PICTURE]) for start in pieces]
    return [picture for picture in drawn if picture]


def _count_words(words: Sequence[str], found: Sequence[str]) -> list[tuple[str, int]]:
    return [(word, found.count(word)) for word in words]


def _find_empty_pairs(summaries: Sequence[MomentSummary]) -> list[tuple[str, str]]:
    """Every choice of stage and intent (`all` among them) that leaves no moment to show."""
    held = {(stage, intent) for s in summaries for stage in ("all", s.stage) for intent in ("all", s.intent)}
    return [
        (stage, intent) for stage in ("all", *STAGES) for intent in ("all", *INTENTS) if (stage, intent) not in held
    ]


def _command_for(out_dir: str) -> Callable[[str, Estimate], str]:
    def command(moment: str, estimate: Estimate) -> str:
        return rows_command(out_dir, moment, estimate)

    return command


@cache
def _environment() -> jinja2.Environment:
    """The templates with the words that they use; everything is escaped unless a template says not to."""
    folder = resources.files("momentwise.charts") / "templates"

    def load(name: str) -> str | None:
        source = folder / name
        return source.read_text(encoding="utf-8") if source.is_file() else None

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_words())
    environment.filters["only_text"] = _escape_only_text
    return environment


def _escape_only_text(text: str) -> Markup:
    """The text escaped for between tags, where quotes are harmless; commands are full of them."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704  all that could end a text is escaped above


def _words() -> dict[str, Any]:  # what a template may call has every signature
    return {
        "number": wording.write_number,
        "value": wording.write_value,
        "interval": wording.write_interval,
        "fraction": wording.write_fraction,
        "has_value": wording.has_value,
        "plural": wording.write_plural,
        "seconds": wording.write_seconds,
        "day": wording.write_day,
        "period": wording.write_period,
        "name": wording.write_name,
        "listed": wording.write_list,
        "odds": wording.write_quantile,
        "target_name": wording.write_target_name,
        "wanted": wording.write_wanted,
        "instant": format_instant,
        "name_ending": name_ending,
        "count_ended": count_ended,
        "count_open": count_open,
        "count_volume": count_volume,
        "count_rows": count_rows,
        "quote_sql": quote_sql,
        "is_thin": is_thin,
        "FEW": wording.FEW,
        "ENDED": ENDED,
        "GRADES": GRADES,
        "GRADE_MEANINGS": GRADE_MEANINGS,
        "STRONGEST": STRONGEST,
        "MOST_ENDINGS": MOST_ENDINGS,
        "MOST_GAPS": MOST_GAPS,
        "MOST_PLACES": MOST_PLACES,
        "MOST_EVENT_NAMES": MOST_EVENT_NAMES,
    }
