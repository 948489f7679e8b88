"""The report's charts: outcomes of all moments, how long a moment takes, and how its endings score.

Each gives a `Picture` or `None` where there is nothing to draw. Outcomes differ in colour, in order and in
shape, never in colour alone. A moment's history stands in `charts.trend`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from momentwise.charts.drawing import (
    FONT_SIZE,
    Picture,
    Row,
    Spec,
    bars,
    draw,
    frame,
    points,
    rules,
    shorten,
    texts,
)
from momentwise.charts.wording import (
    FEW,
    has_value,
    read_quantile,
    write_list,
    write_name,
    write_number,
    write_plural,
    write_quantile,
    write_value,
    write_wanted_span,
)
from momentwise.define.finding import EndingSummary, Estimate, MomentSummary, TargetCheck

ENDED = ("completed", "escalated", "failed", "abandoned")
SHAPES = {"completed": "circle", "escalated": "diamond", "failed": "square", "abandoned": "triangle-up"}
MOST_ENDINGS = 8

_WIDE_FONT_SIZE = 14  # the widest picture shrinks most on a printed page
_TITLE_OVERVIEW = "How every moment ended"


def draw_overview(summaries: Sequence[MomentSummary]) -> Picture | None:
    """One stacked bar per moment: the shares of its endings, with how many ended and how many are open."""
    if not summaries:
        return None
    sentences = [_say_shares(summary) for summary in summaries]
    return Picture(
        title=_TITLE_OVERVIEW,
        words=" ".join(sentences),
        wide=draw(_overview_wide(summaries), _TITLE_OVERVIEW),
        narrow=draw(_overview_narrow(summaries), _TITLE_OVERVIEW),
    )


def draw_durations(summary: MomentSummary) -> Picture | None:
    """A bar from zero for each quantile of the time to complete, with the target's mark on its own row."""
    rows = _duration_rows(summary)
    if not rows:
        return None
    title = f"{write_name(summary.moment)}: time to complete"
    said = [f"{write_quantile(percent)} within {write_value(estimate)}" for percent, estimate, _ in rows]
    aims = [
        f"The target is {write_quantile(percent)} within {write_wanted_span(check.wanted)}."
        for percent, _, check in rows
        if check
    ]
    return Picture(
        title=title,
        words=" ".join([f"{write_list(said)}.", *aims]),
        wide=draw(_durations(rows), title),
    )


def draw_scores(summary: MomentSummary) -> Picture | None:
    """The mean score of each ending as a dot on its 95 % interval."""
    scored = [ending for ending in summary.endings if has_value(ending.score) and ending.score.n]
    if not scored:
        return None
    scored = sorted(scored[:MOST_ENDINGS], key=lambda ending: -(ending.score.value or 0))
    title = f"{write_name(summary.moment)}: mean score by ending"
    said = [
        f"{name_ending(ending)}: {write_value(ending.score)} from {write_plural(ending.score.n, 'score')}"
        for ending in scored
    ]
    return Picture(title=title, words="; ".join(said) + ".", wide=draw(_scores(scored), title))


def name_ending(ending: EndingSummary) -> str:
    """The ending as a reader says it; abandoned ones have no event that ended them."""
    return write_name(ending.ending) if ending.ending else f"{write_name(ending.outcome)}: no end came"


def count_ended(summary: MomentSummary) -> int:
    """How many occurrences have ended."""
    return summary.volume - summary.open


def _say_shares(summary: MomentSummary) -> str:
    name = write_name(summary.moment)
    if not count_ended(summary):
        return f"{name}: none has ended, {write_number(summary.open)} open."
    parts = [
        f"{write_value(summary.shares[outcome])} {outcome}"
        for outcome in ENDED
        if outcome in summary.shares and has_value(summary.shares[outcome])
    ]
    counts = f"of {write_number(count_ended(summary))} ended; {write_number(summary.open)} still open"
    return f"{name}: {write_list(parts)} {counts}."


def _segments(summary: MomentSummary, top: float, height: float, width: float) -> tuple[list[Row], list[Row]]:
    """The bar's parts from left to right in pixels, and the shares that fit into them."""
    at, parts, labels = 0.0, [], []
    for outcome in ENDED:
        share = summary.shares.get(outcome)
        if share is None or not has_value(share) or not share.value:
            continue
        end = at + share.value * width
        parts.append({"x": at, "x2": end, "y": top, "y2": top + height, "fill": f"var(--{outcome})"})
        if end - at >= 50:
            middle = top + height / 2 + 0.5
            on = f"var(--on-{outcome})"
            labels.append({"x": at + 8, "y": middle, "text": write_value(share), "color": on})
        at = end
    return parts, labels


def _overview_wide(summaries: Sequence[MomentSummary]) -> Spec:
    names = [shorten(write_name(summary.moment), 32) for summary in summaries]
    left = min(7.6 * max(len(name) for name in names) + 24, 250)
    step, bar, width, right = 34.0, 22.0, 770 - left, 250.0
    parts: list[Row] = []
    inside: list[Row] = []
    outside: list[Row] = []
    numbers: list[Row] = []
    for index, (name, summary) in enumerate(zip(names, summaries, strict=True)):
        top = 26 + index * step
        middle = top + bar / 2
        outside.append(_word(-left, middle, name, "ink"))
        here, labels = _segments(summary, top, bar, width)
        parts += here
        inside += labels
        if not here:
            empty = "has not ended yet" if summary.volume else "never started"
            outside.append(_word(0, middle, empty, "soft"))
        numbers.append(_word(width + 70, middle, write_number(count_ended(summary)), "ink"))
        numbers.append(_word(width + 156, middle, write_number(summary.open), "soft"))
        parts += _open_bar(summary, width + 168, top + 4, bar - 8, 80)
    heads = [
        _word(width + 70, 8, "ended", "soft"),
        _word(width + 156, 8, "still open", "soft"),
    ]
    layers = [
        bars(parts),
        texts(inside, fontSize=_WIDE_FONT_SIZE),
        texts(outside, fontSize=_WIDE_FONT_SIZE),
        texts(numbers + heads, fontSize=_WIDE_FONT_SIZE, align="right"),
    ]
    return frame(width, 26 + len(summaries) * step, {"left": left, "right": right}, layers)


def _overview_narrow(summaries: Sequence[MomentSummary]) -> Spec:
    step, bar, width = 54.0, 20.0, 340.0
    parts: list[Row] = []
    inside: list[Row] = []
    names: list[Row] = []
    counts: list[Row] = []
    for index, summary in enumerate(summaries):
        top = index * step
        names.append(_word(0, top + 9, shorten(write_name(summary.moment), 26), "ink"))
        count = f"{write_number(count_ended(summary))} ended, {write_number(summary.open)} open"
        counts.append(_word(width, top + 9, count if summary.volume else "never started", "soft"))
        here, labels = _segments(summary, top + 20, bar, width)
        parts += here or [{"x": 0, "x2": width, "y": top + 20, "y2": top + 20 + bar, "fill": "url(#open)"}] * bool(
            summary.open
        )
        inside += labels
    layers = [bars(parts), texts(inside), texts(names), texts(counts, align="right")]
    return frame(width, len(summaries) * step, {}, layers)


def _open_bar(summary: MomentSummary, left: float, top: float, height: float, width: float) -> list[Row]:
    """How many of all occurrences are open, on a track that stands for all of them."""
    if not summary.volume:
        return []
    at = {"x": left, "y": top, "y2": top + height}
    end = left + max(width * summary.open / summary.volume, 2)
    return [at | {"x2": left + width, "fill": "var(--line)"}, at | {"x2": end, "fill": "url(#open)"}]


def _duration_rows(summary: MomentSummary) -> list[tuple[int, Estimate, TargetCheck | None]]:
    """Quantiles in order, each with the target that is about it."""
    targets = {
        percent: check
        for check in summary.targets
        if (percent := read_quantile(check.name)) and check.name.endswith("duration")
    }
    found = {percent: summary.durations.get(f"p{percent}") for percent in (50, 75, 95)}
    found |= {percent: check.estimate for percent, check in targets.items() if not found.get(percent)}
    return [
        (percent, estimate, targets.get(percent))
        for percent, estimate in sorted(found.items())
        if estimate is not None and has_value(estimate)
    ]


def _durations(rows: list[tuple[int, Estimate, TargetCheck | None]]) -> Spec:
    width, bar, left, right = 178.0, 16.0, 72.0, 90.0
    longest = max([*(e.value or 0 for _, e, _ in rows), *(c.wanted for _, _, c in rows if c)]) or 1
    parts: list[Row] = []
    marks: list[Row] = []
    words: list[Row] = []
    notes: dict[str, list[Row]] = {"left": [], "right": []}
    top = 4.0
    for percent, estimate, check in rows:
        end = max((estimate.value or 0) / longest * width, 1)
        words.append(_word(-left, top + bar / 2, write_quantile(percent), "ink"))
        words.append(_word(end + 8, top + bar / 2, write_value(estimate), "ink"))
        parts.append({"x": 0, "x2": end, "y": top, "y2": top + bar, "fill": "var(--completed)"})
        if check:
            at = check.wanted / longest * width
            words[-1]["x"] = max(end, at) + 8
            marks.append({"x": at, "x2": at, "y": top - 4, "y2": top + bar + 6, "color": "var(--ink)"})
            side = "left" if at < width / 2 else "right"
            note = f"target {write_wanted_span(check.wanted)}"
            notes[side].append(_word(at, top + bar + 15, note, "soft"))
            top += 20
        top += 28
    layers = [bars(parts), rules(marks, strokeWidth=2), texts(words)]
    layers += [texts(rows, align=side, fontSize=FONT_SIZE - 1) for side, rows in notes.items()]
    return frame(width, top, {"left": left, "right": right}, layers)


def _scores(endings: list[EndingSummary]) -> Spec:
    width, step, side = 360.0, 46.0, 8.0
    ends = [bound for e in endings for bound in (e.score.low, e.score.high, e.score.value) if bound is not None]
    low, high = math.floor(min(ends)), math.ceil(max(ends))
    high = high if high > low else low + 1
    foot = len(endings) * step
    scale = _score_axis(low, high)
    names, means, spans, dots = [], [], [], []
    for index, ending in enumerate(endings):
        top, middle = index * step + 8, index * step + 28
        colour = f"var(--{ending.outcome})"
        score = ending.score
        names.append(_word(0, top, shorten(name_ending(ending), 30), "ink"))
        mean = f"{write_value(score)}  (n {write_number(score.n)})"
        means.append(_word(width, top, mean, "ink" if score.n >= FEW else "soft"))
        if score.low is not None and score.high is not None:
            spans.append({"x": score.low, "x2": score.high, "y": middle, "y2": middle, "color": colour})
        fill = colour if score.n >= FEW else "var(--paper)"
        shape = SHAPES.get(ending.outcome, "circle")
        dots.append({"x": score.value, "y": middle, "shape": shape, "fill": fill, "stroke": colour})
    tracks = [_track(low, high, index * step + 28) for index in range(len(endings))]
    layers = [
        rules(tracks, scale),
        rules(spans, scale, strokeWidth=3),
        points(dots, scale, size=64),
        texts(names),
        texts(means, align="right"),
    ]
    return frame(width, foot, {"left": side, "right": side, "bottom": 24, "top": 2}, layers)


def _track(low: int, high: int, y: float) -> Row:
    return {"x": low, "x2": high, "y": y, "y2": y, "color": "var(--line)"}


def _score_axis(low: int, high: int) -> Spec:
    axis = {"orient": "bottom", "grid": False, "values": _ticks(low, high), "format": "~f"}
    return {"scale": {"domain": [low, high], "nice": False, "zero": False}, "axis": axis}


def _ticks(low: int, high: int) -> list[int]:
    step = max(math.ceil((high - low) / 6), 1)
    return list(range(low, high + 1, step))


def _word(x: float, y: float, text: str, colour: str) -> Row:
    return {"x": x, "y": y, "text": text, "color": f"var(--{colour})"}
