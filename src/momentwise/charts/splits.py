"""A finding's breakdowns as the page draws them: seconds stacked to their sum, columns over time, dots on intervals.

The page itself draws dots and stacks, from places in percent; so every row is text that a phone can wrap and a screen
reader can read, and keeps the command that lists its rows. Only columns over time are a picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal
from xml.sax.saxutils import escape

import msgspec

from momentwise.charts.drawing import Picture, clean_text
from momentwise.charts.wording import (
    FEW,
    MONTHS,
    has_value,
    write_list,
    write_tenths,
    write_value,
)
from momentwise.define.finding import Estimate, Split
from momentwise.define.instant import from_micros

MOST_ROWS = 8
FEWEST_COLUMNS = 4

_PERIOD = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_WIDTH, _TOP, _FOOT, _LEFT = 340.0, 20.0, 112.0, 2.0
_STEPS = (1, 2, 2.5, 5, 10)


class DotRow(msgspec.Struct, frozen=True):
    """One part: its number, and where it lies, in percent of the scale.

    Args:
        name: The part's name.
        estimate: Its number.
        at: Where the dot lies; of a stack, how wide the part is.
        low: Where the interval begins; of a stack, where the part begins.
        high: Where the interval ends; of a stack, where the part ends.
        thin: Whether it rests on fewer than `FEW`.
        reach: Of a stack, between where and where the part may end, by its interval.
    """

    name: str
    estimate: Estimate
    at: float
    low: float
    high: float
    thin: bool
    reach: tuple[float, float] | None = None


class SplitView(msgspec.Struct, frozen=True):
    """One breakdown, ready to draw.

    Args:
        title: What the parts are.
        form: `stack`, `columns`, `dots` or `bars`.
        rows: Its parts.
        more: Parts beyond the first few, which stand folded.
        zero: Where zero lies, in percent; `None` where it is off the scale or its edge.
        total: What a stack sums to.
        number: The form in which its numbers are written; see `wording.write_as`.
        picture: The columns.
    """

    title: str
    form: Literal["stack", "columns", "dots", "bars"]
    rows: tuple[DotRow, ...]
    more: tuple[DotRow, ...] = ()
    zero: float | None = None
    total: Estimate | None = None
    number: str = ""
    picture: Picture | None = None


def view_split(split: Split, since: int | None = None) -> SplitView | None:
    """The split as the page draws it; `None` where no part has a number.

    Args:
        split: Its parts in the order to show them.
        since: Start of the period that the finding is about, microseconds since the epoch; columns before it are pale.
    """
    parts = [(name, estimate) for name, estimate in split.parts if has_value(estimate)]
    if not parts:
        return None
    if split.total is not None and has_value(split.total) and all((e.value or 0) >= 0 for _, e in parts):
        rows = _stack(parts)
        return SplitView(title=split.title, form="stack", rows=rows, total=split.total, number="tenths")
    low, high = find_scale([e if e.n >= FEW else Estimate(e.value, e.n, e.unit) for _, e in parts])
    rows = tuple(place_dot(name, estimate, low, high) for name, estimate in parts)
    zero = place(0, low, high) if low < 0 < high else None
    if is_history([name for name, _ in parts]):
        picture = _draw_columns(split.title, parts, low, high, since)
        return SplitView(title=split.title, form="columns", rows=rows, picture=picture)
    bare = low == 0 and all(e.low is None for _, e in parts)
    return SplitView(
        title=split.title,
        form="bars" if bare else "dots",
        rows=rows[:MOST_ROWS],
        more=rows[MOST_ROWS:],
        zero=zero,
    )


def is_history(names: Sequence[str]) -> bool:
    """Whether the names are periods, such as `2018-03`, one after the other."""
    return (
        len(names) >= FEWEST_COLUMNS and all(_PERIOD.fullmatch(name) for name in names) and list(names) == sorted(names)
    )


def find_scale(estimates: Sequence[Estimate]) -> tuple[float, float]:
    """Round bounds around every number and interval; from zero unless they are scores, which have no zero.

    The few cases of a thin part have an interval that would flatten all others; `view_split` lets it run off the scale.

    Example:
        >>> find_scale([Estimate(0.197, 900, "share", 0.17, 0.22)])
        (0.0, 0.25)
    """
    ends = [end for e in estimates for end in (e.low, e.high, e.value) if end is not None and math.isfinite(end)]
    low, high = min(ends), max(ends)
    if estimates[0].unit != "score" or low <= 0:
        low, high = min(low, 0.0), max(high, 0.0)
    step = _round_step((high - low) / 5 or abs(high) or 1.0)
    bottom = math.floor(low / step + 1e-9) * step
    top = math.ceil(high / step - 1e-9) * step
    return round(bottom, 12), round(top if top > bottom else bottom + step, 12)


def place(value: float, low: float, high: float) -> float:
    """Where a number lies on a scale, in percent of its length; at its edge where it lies beyond."""
    return round(100 * min(max((value - low) / (high - low), 0.0), 1.0), 2)


def place_dot(name: str, estimate: Estimate, low: float, high: float) -> DotRow:
    """One row of a dot plot on a scale from `low` to `high`."""
    at = place(estimate.value or 0.0, low, high)
    left = place(estimate.low, low, high) if estimate.low is not None else at
    right = place(estimate.high, low, high) if estimate.high is not None else at
    return DotRow(name=name, estimate=estimate, at=at, low=left, high=right, thin=estimate.n < FEW)


def write_sum(rows: Sequence[DotRow], total: Estimate) -> str:
    """The stack as a sum in words, as in `9.0s + 5.0s = 14.0s`."""
    return " + ".join(write_tenths(row.estimate) for row in rows) + f" = {write_tenths(total)}"


def write_part(name: str) -> str:
    """A part's name as the page shows it: periods as months and days, names of things as they are said."""
    found = _PERIOD.fullmatch(name)
    if not found:
        return name.replace("_", " ") if re.fullmatch(r"[a-z0-9_]+", name) else name
    month = MONTHS[int(found[2]) - 1] if 1 <= int(found[2]) <= 12 else found[2]
    return f"{int(found[3])} {month} {found[1]}" if found[3] else f"{month} {found[1]}"


def _stack(parts: Sequence[tuple[str, Estimate]]) -> tuple[DotRow, ...]:
    """Parts side by side: each begins (`low`) where the one before ends (`high`)."""
    starts = [sum(e.value or 0.0 for _, e in parts[:index]) for index in range(len(parts))]
    ends = [begin + max(e.high or 0.0, e.value or 0.0) for begin, (_, e) in zip(starts, parts, strict=True)]
    whole = max(ends) or 1.0
    rows = []
    for begin, (name, estimate) in zip(starts, parts, strict=True):
        end = begin + (estimate.value or 0.0)
        left, right = place(begin, 0, whole), place(end, 0, whole)
        reach = None
        if estimate.low is not None and estimate.high is not None:
            reach = place(begin + estimate.low, 0, whole), place(begin + estimate.high, 0, whole)
        rows.append(DotRow(name, estimate, round(right - left, 2), left, right, estimate.n < FEW, reach))
    return tuple(rows)


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(step * size for step in _STEPS if step * size >= rough * (1 - 1e-9))


def _draw_columns(
    title: str, parts: Sequence[tuple[str, Estimate]], low: float, high: float, since: int | None
) -> Picture:
    slot = (_WIDTH - 2 * _LEFT) / len(parts)
    worst = max(parts, key=lambda part: part[1].value or 0)
    marks = []
    for index, (name, estimate) in enumerate(parts):
        pale = "" if since is None or _begins(name) >= _month_of(since) else " pale"
        kind = "top" if name == worst[0] else f"col{pale}"
        marks.append(_column(_LEFT + index * slot, slot, estimate, low, high, kind))
    foot = _y(max(0.0, low), low, high)
    marks.append(f'<path class="base" d="M0 {foot:.1f}H{_WIDTH:.0f}"/>')
    marks += _column_labels([name for name, _ in parts], slot, parts.index(worst), worst[1], low, high)
    words = f"{title}: highest in {write_part(worst[0])} with {write_value(worst[1])}. " + write_list(
        [f"{write_part(name)} {write_value(estimate)}" for name, estimate in parts]
    )
    name = escape(clean_text(title), {'"': "&quot;"})
    svg = (
        f'<svg class="chart cols" viewBox="0 0 {_WIDTH:.0f} 132" role="img" aria-label="{name}">{"".join(marks)}</svg>'
    )
    return Picture(title=title, words=f"{words}.", wide=svg)


def _column(x: float, slot: float, estimate: Estimate, low: float, high: float, kind: str) -> str:
    foot, top = _y(max(0.0, low), low, high), _y(estimate.value or 0.0, low, high)
    gap = min(slot * 0.2, 4.0)
    head, height = min(foot, top), max(abs(foot - top), 0.5)
    found = (
        f'<rect class="{kind}" x="{x + gap / 2:.1f}" y="{head:.1f}" width="{slot - gap:.1f}" height="{height:.1f}"/>'
    )
    if estimate.low is not None and estimate.high is not None:
        middle = x + slot / 2
        ends = _y(estimate.high, low, high), _y(estimate.low, low, high)
        found += f'<path class="span" d="M{middle:.1f} {ends[0]:.1f}V{ends[1]:.1f}"/>'
    return found


def _column_labels(
    names: Sequence[str], slot: float, worst: int, estimate: Estimate, low: float, high: float
) -> list[str]:
    top = _y(estimate.high if estimate.high is not None else estimate.value or 0, low, high) - 6
    at = _LEFT + (worst + 0.5) * slot
    found = [_text(at, max(top, 11), write_value(estimate), "peak", _side(at))]
    for index in sorted({0, worst, len(names) - 1}):
        at = _LEFT + (index + 0.5) * slot
        if index == worst or abs(index - worst) * slot > 70:
            found.append(_text(at, 128, write_part(names[index]), "tick", _side(at)))
    return found


def _text(x: float, y: float, text: str, kind: str, anchor: str) -> str:
    x = {"start": 0.0, "end": _WIDTH}.get(anchor, x)
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(clean_text(text))}</text>'


def _side(x: float) -> str:
    return "start" if x < 35 else "end" if x > _WIDTH - 35 else "middle"


def _y(value: float, low: float, high: float) -> float:
    return _FOOT - (min(max(value, low), high) - low) / (high - low) * (_FOOT - _TOP)


def _begins(name: str) -> str:
    return name[:7]


def _month_of(micros: int) -> str:
    return f"{from_micros(micros):%Y-%m}"
