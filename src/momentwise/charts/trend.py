"""A moment's history as a chart: the share completed in each period, and beneath it how many started.

Periods of which too little is known are drawn hollow: fewer than `FEW` ended, or many are still open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta

from momentwise.charts.drawing import (
    FONT_SIZE,
    Picture,
    Row,
    Spec,
    bars,
    draw,
    frame,
    lines,
    points,
    rules,
    texts,
)
from momentwise.charts.facts import MarkFacts
from momentwise.charts.wording import (
    FEW,
    MONTHS,
    write_name,
    write_number,
    write_period,
    write_plural,
)
from momentwise.define.finding import MomentSummary, TrendPoint
from momentwise.define.instant import from_micros, to_micros

MOST_PERIODS = 60
_COARSER = {"day": "week", "week": "month"}
_NARROWEST_DOT = 12.0  # pixels from one period to the next
_MANY_OPEN = 0.2  # of a period's occurrences; what has ended so far then leans to the quick ones

_SHARE_TOP, _SHARE_FOOT, _VOLUME_TOP, _VOLUME_FOOT = 14.0, 150.0, 176.0, 222.0


def draw_trend(summary: MomentSummary, marks: Sequence[MarkFacts] = ()) -> Picture | None:
    """The share completed by period above its volume; `None` for fewer than two periods with anything.

    Args:
        summary: The moment.
        marks: What happened meanwhile, in order; each gets its number, by which the page's text names it.
    """
    trend, unit = coarsen(summary.trend, summary.trend_unit)
    if sum(1 for point in trend if point.ended + point.open) < 2:
        return None
    title = f"{write_name(summary.moment)}: share completed by {unit}"
    wanted = next((c.wanted for c in summary.targets if c.name == "completion_rate"), None)
    return Picture(
        title=title,
        words=_say_trend(trend, unit),
        note=_say_marks(trend, wanted),
        wide=draw(_spec(trend, unit, wanted, 538, marks), title),
        narrow=draw(_spec(trend, unit, wanted, 240, marks), title),
    )


def coarsen(trend: Sequence[TrendPoint], unit: str) -> tuple[list[TrendPoint], str]:
    """The periods in the finest unit that gives at most `MOST_PERIODS` of them, and that unit.

    A week counts to the month in which it begins.
    """
    periods = list(trend)
    while len(periods) > MOST_PERIODS and unit in _COARSER:
        unit = _COARSER[unit]
        periods = _merge(trend, unit)
    return periods, unit


def is_thin(point: TrendPoint) -> bool:
    """Whether too little of the period is known to read its share: few ended, or many are still open."""
    return point.ended < FEW or point.open > _MANY_OPEN * (point.ended + point.open)


def _merge(trend: Sequence[TrendPoint], unit: str) -> list[TrendPoint]:
    merged: dict[int, TrendPoint] = {}
    for point in trend:
        at = _start_of(point.at, unit)
        before = merged.get(at, TrendPoint(at, 0, 0, 0))
        merged[at] = TrendPoint(
            at,
            before.ended + point.ended,
            before.completed + point.completed,
            before.open + point.open,
        )
    return list(merged.values())


def _start_of(micros: int, unit: str) -> int:
    day = from_micros(micros).replace(hour=0, minute=0, second=0, microsecond=0)
    start = day.replace(day=1) if unit == "month" else day - timedelta(days=day.weekday())
    return to_micros(start)


def _say_trend(trend: Sequence[TrendPoint], unit: str) -> str:
    sure = [point for point in trend if not is_thin(point)]
    if not sure:
        return f"No {unit} has {FEW} ended occurrences, so no share can be read from one {unit} alone."
    low = min(sure, key=_share)
    high = max(sure, key=_share)
    return (
        f"The share completed was lowest in {_say(low, unit)} and highest in {_say(high, unit)}. "
        f"{write_plural(len(trend) - len(sure), unit)} with little known left out."
    )


def _say_marks(trend: Sequence[TrendPoint], wanted: float | None) -> str:
    low, high = _share_range(trend, wanted)
    notes = []
    if any(is_thin(point) for point in trend):
        notes.append(f"Hollow: fewer than {FEW} ended, or many are still open.")
    if any(point.ended and not low <= _share(point) <= high for point in trend):
        notes.append("Triangle: off the scale.")
    return " ".join(notes)


def _say(point: TrendPoint, unit: str) -> str:
    when = write_period(point.at, unit) if unit != "week" else f"the week of {write_period(point.at, unit)}"
    return f"{when} ({_percent(_share(point))} of {write_number(point.ended)})"


def _share(point: TrendPoint) -> float:
    return point.completed / point.ended


def _spec(trend: list[TrendPoint], unit: str, wanted: float | None, width: float, marks: Sequence[MarkFacts]) -> Spec:
    low, high = _share_range(trend, wanted)
    slot = width / len(trend)
    layers = [
        *_share_grid(low, high, width),
        *_mark_lines(trend, slot, marks),
        *_target_line(wanted, low, high, width),
        *_share_marks(trend, low, high, slot),
        *_volume(trend, slot, width),
        _period_labels(trend, unit, slot, width),
    ]
    return frame(width, 250, {"left": 52, "right": 48}, layers)


def _share_range(trend: Sequence[TrendPoint], wanted: float | None) -> tuple[float, float]:
    """The range of the share's axis, in tenths, around every period that can be read and the target."""
    sure = [_share(p) for p in trend if not is_thin(p)] or [_share(p) for p in trend if p.ended]
    shares = [*sure, *([wanted] if wanted is not None else [])] or [0.0, 1.0]
    low = max(int(min(shares) * 10 - 0.5), 0) / 10
    high = min(int(max(shares) * 10 + 1.5), 10) / 10
    return low, max(high, low + 0.1)


def _height(share: float, low: float, high: float) -> float:
    inside = min(max(share, low), high)
    return _SHARE_FOOT - (inside - low) / (high - low) * (_SHARE_FOOT - _SHARE_TOP)


def _share_grid(low: float, high: float, width: float) -> list[Spec]:
    ticks = [low, (low + high) / 2, high]
    grid = [_line(0, width, _height(tick, low, high), "var(--line)") for tick in ticks]
    labels = [_text(-10, _height(tick, low, high), _percent(tick), "soft") for tick in ticks]
    return [rules(grid), texts(labels, align="right")]


def _target_line(wanted: float | None, low: float, high: float, width: float) -> list[Spec]:
    """The target as a dotted line, named in the margin where no dot can meet its name."""
    if wanted is None:
        return []
    y = _height(wanted, low, high)
    labels = [_text(width + 8, y - 6, "target", "soft"), _text(width + 8, y + 8, _percent(wanted), "soft")]
    return [
        rules([_line(0, width, y, "var(--soft)")], strokeDash=[2, 4], strokeWidth=1.5),
        texts(labels, fontSize=FONT_SIZE - 1),
    ]


def _mark_lines(trend: list[TrendPoint], slot: float, marks: Sequence[MarkFacts]) -> list[Spec]:
    """An upright line with its number where something happened; what lies outside the history has none."""
    starts = [point.at for point in trend]
    found: list[Row] = []
    numbers: list[Row] = []
    for number, mark in enumerate(marks, start=1):
        index = bisect_right(starts, mark.at) - 1
        if index < 0:
            continue
        x = index * slot
        found.append({"x": x, "x2": x, "y": 2, "y2": _VOLUME_FOOT, "color": "var(--accent)"})
        numbers.append(_text(x + 4, 6, str(number), "accent"))
    return [rules(found, strokeDash=[3, 3], strokeWidth=1.25), texts(numbers, fontSize=FONT_SIZE - 1)]


def _share_marks(trend: list[TrendPoint], low: float, high: float, slot: float) -> list[Spec]:
    """The line through the periods that can be read, a dot for each, and hollow, unjoined ones for others.

    Where periods stand close, the line speaks for those that can be read.
    """
    path: list[Row] = []
    dots: list[Row] = []
    run = 0
    for index, point in enumerate(trend):
        if not point.ended:
            run += 1
            continue
        share, thin = _share(point), is_thin(point)
        at = {"x": (index + 0.5) * slot, "y": _height(share, low, high)}
        shape = "circle" if low <= share <= high else "triangle-down"
        fill = "var(--paper)" if thin else "var(--completed)"
        joined = not thin and slot < _NARROWEST_DOT and _has_neighbour(trend, index)
        if not joined:
            dots.append(at | {"shape": shape, "fill": fill, "stroke": "var(--completed)"})
        if thin:
            run += 1
        else:
            path.append(at | {"run": run})
    size = 34 if slot > 8 else 14
    return [lines(path, stroke="var(--completed)", strokeWidth=2), points(dots, size=size)]


def _has_neighbour(trend: list[TrendPoint], index: int) -> bool:
    """Whether a line reaches the period from the one before or after."""
    return any(not is_thin(point) for point in trend[max(index - 1, 0) : index] + trend[index + 1 : index + 2])


def _volume(trend: list[TrendPoint], slot: float, width: float) -> list[Spec]:
    most = max(point.ended + point.open for point in trend)
    scale = (_VOLUME_FOOT - _VOLUME_TOP) / most
    gap = min(slot * 0.12, 4)
    parts: list[Row] = []
    for index, point in enumerate(trend):
        across = {"x": index * slot + gap, "x2": (index + 1) * slot - gap}
        split = _VOLUME_FOOT - point.ended * scale
        top = split - point.open * scale
        if point.ended:
            parts.append(across | {"y": split, "y2": _VOLUME_FOOT, "fill": "var(--volume)"})
        if point.open:
            parts.append(across | {"y": top, "y2": split, "fill": "url(#open)"})
    base = [_line(0, width, _VOLUME_FOOT, "var(--faint)")]
    labels = [_text(-10, _VOLUME_TOP, write_number(most), "soft"), _text(-10, _VOLUME_FOOT, "0", "soft")]
    return [bars(parts), rules(base), texts(labels, align="right")]


def _period_labels(trend: list[TrendPoint], unit: str, slot: float, width: float) -> Spec:
    room = 92 if unit != "month" else 74
    every = max(round(len(trend) / max(int(width / room), 1)), 1)
    labels = [
        _text((index + 0.5) * slot, _VOLUME_FOOT + 16, _short_period(trend[index].at, unit), "soft")
        for index in range(0, len(trend), every)
    ]
    return texts(labels, align="center")


def _short_period(micros: int, unit: str) -> str:
    day = from_micros(micros)
    name = MONTHS[day.month - 1]
    return f"{name} {day.year}" if unit == "month" else f"{day.day} {name} {day:%y}"


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"


def _line(x: float, x2: float, y: float, colour: str) -> Row:
    return {"x": x, "x2": x2, "y": y, "y2": y, "color": colour}


def _text(x: float, y: float, text: str, colour: str) -> Row:
    return {"x": x, "y": y, "text": text, "color": f"var(--{colour})"}
