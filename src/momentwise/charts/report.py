"""The report's page: one HTML file that needs nothing else, made from what the audit found.

Pure: values in, text out; the only files read are the package's own templates (`charts.page`). The numbers are `rank`'s,
the words around them `charts.wording`'s. Each part of the page has a module that lays it out: cards, matrix, tree,
journey, flow, portfolio.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from momentwise.charts.cards import Cards, CardView, deal_cards
from momentwise.charts.drawing import Picture, clean_text, draw, frame, texts
from momentwise.charts.facts import DemandRow, LedgerFacts, MarkFacts, ReportFacts, RunFacts, SignalSummary
from momentwise.charts.flow import Funnel, view_funnel
from momentwise.charts.journey import map_journey
from momentwise.charts.matrix import lay_matrix, order_by_emotion
from momentwise.charts.page import compile_templates, open_templates
from momentwise.charts.pictures import draw_durations, draw_overview, draw_scores
from momentwise.charts.portfolio import compare_segments, count_ids, cover, list_portfolio
from momentwise.charts.rows import rows_command
from momentwise.charts.splits import SplitView, view_split
from momentwise.charts.tree import Branch, grow_tree
from momentwise.charts.trend import coarsen, draw_trend
from momentwise.define.finding import Estimate, Finding, MomentSummary, Quote, TrendPoint
from momentwise.define.moment import INTENTS, STAGES

MOST_MOMENTS_IN_A_PICTURE = 40
MOST_FULL_MOMENTS = 24  # more than these are shown without their steps and times, or the page could not be sent


class LedgerView(msgspec.Struct, frozen=True):
    """A moment's excess time as a stack."""

    facts: LedgerFacts
    split: SplitView


class MomentView(msgspec.Struct, frozen=True):
    """One moment with its pictures and the anchor of its section.

    `hot`, `phrase` and the funnel's worst step say together where clarity fails: a control, customers' words, a step.
    """

    summary: MomentSummary
    anchor: str
    trend: Picture | None
    durations: Picture | None
    scores: Picture | None
    periods: list[TrendPoint]
    period_unit: str
    marks: tuple[MarkFacts, ...]
    funnel: Funnel | None
    ledger: LedgerView | None
    cards: tuple[CardView, ...]
    hot: CardView | None
    phrase: Quote | None
    demand: tuple[DemandRow, ...]
    is_short: bool


def warm_up() -> None:
    """What the first report waits for is done: templates are compiled, and the drawing engine has started.

    It takes as long as the drawing itself, and one thread; so it is done beside something else.
    """
    compile_templates()
    draw(frame(1, 1, {}, [texts([{"x": 0, "y": 0, "text": "", "color": "black"}])]), "")


def render_report(
    run: RunFacts,
    summaries: Sequence[MomentSummary],
    findings: Sequence[Finding],
    signals: Sequence[SignalSummary] = (),
    *,
    out_dir: str,
    facts: ReportFacts | None = None,
) -> str:
    """The report as one self-contained HTML page.

    Args:
        run: What was looked at.
        summaries: Moments, in the order in which the page shows them.
        findings: The strongest first; the first three whose harm is shown open the page.
        signals: Kinds of signal, in the order in which the page shows them.
        out_dir: The audit's folder as the user wrote it; it stands in every command that lists rows.
        facts: The opening words, flows, ledgers, journey, portfolio, coverage, losses and so on; what is missing is
            left out, or said in words.
    """
    facts = facts or ReportFacts()
    cards = deal_cards(findings)
    ledgers = {ledger.facts.moment: ledger for ledger in _view_ledgers(facts.ledgers)}
    views = [_view(summary, at, facts, cards, ledgers) for at, summary in enumerate(summaries, start=1)]
    html = (
        open_templates()
        .get_template("report.html")
        .render(
            run=run,
            facts=facts,
            cards=cards,
            matrix=lay_matrix(cards.shown),
            felt=order_by_emotion(cards.shown),
            tree=_grow_tree(cards, summaries, facts),
            segments=compare_segments(cards.shown),
            legs=map_journey(summaries, facts.journey, cards.all),
            ledgers=list(ledgers.values()),
            portfolio=list_portfolio(summaries, facts.portfolio, facts.sums, cards.shown),
            coverage=cover(facts.coverage, summaries),
            views=views,
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
    )
    return clean_text(html, keep="\n")


def _view(
    summary: MomentSummary, place: int, facts: ReportFacts, cards: Cards, ledgers: dict[str, LedgerView]
) -> MomentView:
    periods, unit = coarsen(summary.trend, summary.trend_unit)
    flow = next((flow for flow in facts.flows if flow.moment == summary.moment), None)
    own = cards.of_moment(summary.moment)
    marks = _find_marks(summary.moment, facts.marks, own)
    return MomentView(
        summary=summary,
        anchor=f"moment-{place}",
        trend=draw_trend(summary, marks),
        durations=draw_durations(summary),
        scores=draw_scores(summary),
        periods=periods,
        period_unit=unit,
        marks=marks,
        funnel=view_funnel(flow) if flow else None,
        ledger=ledgers.get(summary.moment),
        cards=tuple(own),
        hot=next((card for card in own if card.finding.where.element), None),
        phrase=next((quote for card in own for quote in card.finding.quotes), None),
        demand=tuple(row for row in facts.demand if row.moment == summary.moment and row.count.value),
        is_short=place > MOST_FULL_MOMENTS,
    )


def _grow_tree(cards: Cards, summaries: Sequence[MomentSummary], facts: ReportFacts) -> Branch | None:
    """The findings that are shown and the levels whose money the portfolio counts, with the portfolio's own sums."""
    counted = count_ids(facts.portfolio)
    chosen = [*cards.shown, *(card for card in cards.levels if card.finding.id in (counted or ()))]
    reckoned = {row.moment: row.money for row in facts.portfolio if row.money}
    if len(facts.sums) == 1:
        reckoned[""] = next(iter(facts.sums.values()))
    return grow_tree(chosen, summaries, counted, reckoned)


def _find_marks(moment: str, marks: Sequence[MarkFacts], cards: Sequence[CardView]) -> tuple[MarkFacts, ...]:
    """What happened while the moment's history ran: declared marks, and since when its findings hold."""
    found = [mark for mark in marks if mark.moment in ("", moment)]
    found += [
        MarkFacts(at=card.finding.where.since, label=card.finding.title, moment=moment)
        for card in cards
        if card.finding.where.since is not None
    ]
    return tuple(sorted(found, key=lambda mark: (mark.at, mark.label)))


def _view_ledgers(ledgers: Sequence[LedgerFacts]) -> list[LedgerView]:
    """Those whose sum is above nothing; where its interval holds zero, there is no time to share out."""
    above = [one for one in ledgers if one.split.total is None or (one.split.total.low or 0.0) > 0]
    views = [(ledger, view_split(ledger.split)) for ledger in above]
    return [LedgerView(ledger, view) for ledger, view in views if view]


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
