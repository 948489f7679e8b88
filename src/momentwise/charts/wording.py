"""Numbers, dates and names as people read them, never finer than the interval allows.

Plain values in, plain text out; escaping is the template's work.
"""

from __future__ import annotations

import math
import re

from momentwise.define.finding import Estimate, TargetCheck
from momentwise.define.instant import from_micros
from momentwise.define.span import SECOND_US, format_span

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FEW = 30  # below this many, a share or mean moves so much that the page marks it

_NUMBER_AND_UNIT = re.compile(r"(?P<number>[−-]?[\d.,]+)(?P<unit> ?[^\d\s]+)")
_PLACES_SECONDS = (1, 10, 60, 600, 3600, 86400)
_DAY_SECONDS = 86400
_MOST_DECIMALS = {"share": 2, "steps": 3, "score": 2, "money": 2, "count": 3}
_ACRONYMS = {"ces", "csat", "nps"}
_AT_MOST = ("escalat", "fail", "abandon", "error", "retr", "wait", "excess")


def write_number(value: float, decimals: int = 0) -> str:
    """The number with thousands separators and a true minus; negative decimals round to tens or hundreds.

    Example:
        >>> write_number(14552), write_number(-1.682, 2), write_number(14450.0, -3)
        ('14,552', '−1.68', '14,000')
    """
    rounded = round(value, decimals)
    text = f"{abs(rounded):,.{max(decimals, 0)}f}"
    return f"−{text}" if rounded < 0 else text


def find_decimals(estimate: Estimate) -> int:
    """How many decimals the interval supports, in the unit that is shown (percent for shares).

    One digit of the interval's half-width is kept: ±0.44 supports one decimal, ±0.09 two.
    """
    most = _MOST_DECIMALS.get(estimate.unit, 2)
    scale = 100 if estimate.unit == "share" else 1
    half = _half_width(estimate)
    if half is None or half <= 0:
        return _decimals_without_interval(estimate)
    supported = math.floor(-math.log10(half * scale) + 1e-9) + 1  # a half-width of 0.1 is a hair off
    return max(min(supported, most), 0 if estimate.unit != "money" else -6)


def write_value(estimate: Estimate, currency: str = "") -> str:
    """The number in its unit, as precise as its interval.

    Example:
        >>> write_value(Estimate(0.0794, 14552, "share", 0.0751, 0.0839))
        '7.9%'
    """
    if not has_value(estimate):
        return "no data"
    assert estimate.value is not None
    return _write_in_unit(estimate, estimate.value, currency)


def write_interval(estimate: Estimate, currency: str = "") -> str:
    """The 95 % interval, as in `7.5 to 8.4%`; empty where the number has none."""
    if estimate.low is None or estimate.high is None or not has_value(estimate):
        return ""
    low = _write_in_unit(estimate, estimate.low, "")
    high = _write_in_unit(estimate, estimate.high, currency if estimate.unit != "money" else "")
    if estimate.unit == "seconds" and low == high:
        return f"± under {_name_last_place(estimate.high)}"
    first, second = _NUMBER_AND_UNIT.fullmatch(low), _NUMBER_AND_UNIT.fullmatch(high)
    if first and second and first["unit"] == second["unit"]:
        low = first["number"]
    prefix = f"{currency} " if estimate.unit == "money" and currency else ""
    return f"{prefix}{low} to {high}"


def write_change(estimate: Estimate) -> str:
    """A difference, with its sign; of shares in points, since it is not a share of anything.

    Example:
        >>> write_change(Estimate(-0.031, 4812, "share", -0.04, -0.022)), write_change(Estimate(9.0, 90, "seconds", 8, 10))
        ('−3.1 points', '+9.0s')
    """
    text = write_value(estimate)
    if not has_value(estimate):
        return text
    sign = "" if text.startswith("−") or not estimate.value else "+"
    return f"{sign}{_in_points(estimate, text)}"


def write_change_interval(estimate: Estimate) -> str:
    """The 95 % interval of a difference, as in `−4.0 to −2.2 points`; empty where it has none."""
    return _in_points(estimate, write_interval(estimate))


def write_hours(estimate: Estimate) -> str:
    """All the time of many people as hours, since a day of it is no day of anybody; minutes where it is little.

    Example:
        >>> write_hours(Estimate(446_400.0, 900, "seconds", 396_000.0, 496_800.0))
        '120 hours'
    """
    if not has_value(estimate):
        return write_value(estimate)
    assert estimate.value is not None
    size, noun, decimals = _find_hours(estimate)
    return f"{write_number(estimate.value / size, decimals)} {noun}"


def write_hours_interval(estimate: Estimate) -> str:
    """The 95 % interval of a time in hours or minutes, as in `110 to 140 hours`; empty where it has none."""
    if estimate.low is None or estimate.high is None:
        return ""
    size, noun, decimals = _find_hours(estimate)
    return f"{write_number(estimate.low / size, decimals)} to {write_number(estimate.high / size, decimals)} {noun}"


def write_tenths(estimate: Estimate) -> str:
    """Seconds with one decimal whatever the interval, so that the parts of a sum add up as they are read."""
    short = estimate.unit == "seconds" and has_value(estimate) and abs(estimate.value or 0) < 90
    return f"{write_number(estimate.value or 0.0, 1)}s" if short else write_value(estimate)


def write_as(estimate: Estimate, currency: str = "", form: str = "") -> str:
    """The number in one of the page's forms: `change`, `hours`, `tenths`, or as it is."""
    forms = {"change": write_change, "hours": write_hours, "tenths": write_tenths}
    form = "change" if _is_difference(estimate) else form
    return forms[form](estimate) if form in forms else write_value(estimate, currency)


def write_interval_as(estimate: Estimate, currency: str = "", form: str = "") -> str:
    """The 95 % interval in the same form."""
    forms = {"change": write_change_interval, "hours": write_hours_interval}
    form = "change" if _is_difference(estimate) else form
    return forms[form](estimate) if form in forms else write_interval(estimate, currency)


def write_fraction(estimate: Estimate) -> str:
    """A share as the counts that it comes from, as in `113 of 14,700`; empty for other units."""
    if estimate.unit != "share" or not has_value(estimate) or not estimate.n:
        return ""
    assert estimate.value is not None
    if _is_difference(estimate):
        return ""
    return f"{write_number(estimate.value * estimate.n)} of {write_number(estimate.n)}"


def has_value(estimate: Estimate) -> bool:
    """Whether there is a number at all."""
    return estimate.value is not None and math.isfinite(estimate.value)


def is_sure(estimate: Estimate) -> bool:
    """Whether a difference is one: its interval leaves out zero; one without an interval may be nothing."""
    return estimate.low is not None and estimate.high is not None and (estimate.low > 0 or estimate.high < 0)


def write_plural(count: float, one: str, many: str = "") -> str:
    """The count with its noun.

    Example:
        >>> write_plural(1, "person", "people"), write_plural(2048, "event")
        ('1 person', '2,048 events')
    """
    noun = one if count == 1 else (many or one + "s")
    return f"{write_number(count)} {noun}"


def write_seconds(seconds: float) -> str:
    """The span of so many seconds, for people."""
    return f"{'−' if seconds < 0 else ''}{format_span(abs(seconds) * SECOND_US)}"


def write_wanted_span(seconds: float) -> str:
    """The span that somebody asked for; whole days without a decimal, since it was not measured.

    Example:
        >>> write_wanted_span(14 * 86400.0)
        '14 days'
    """
    return write_seconds(seconds).replace(".0 days", " days")


def write_day(micros: int) -> str:
    """The UTC day of an instant.

    Example:
        >>> write_day(0)
        '1 Jan 1970'
    """
    day = from_micros(micros)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def write_period(micros: int, unit: str) -> str:
    """The period that begins at an instant: a month by name, a week or day by its first day."""
    day = from_micros(micros)
    return f"{MONTHS[day.month - 1]} {day.year}" if unit == "month" else write_day(micros)


def write_name(name: str) -> str:
    """A moment's, event's or label's name as a reader says it.

    Example:
        >>> write_name("track-delivery"), write_name("nps")
        ('Track delivery', 'NPS')
    """
    if name.lower() in _ACRONYMS:
        return name.upper()
    spoken = name.replace("_", " ").replace("-", " ").strip()
    return spoken[:1].upper() + spoken[1:]


def write_list(words: list[str]) -> str:
    """The words as a sentence lists them.

    Example:
        >>> write_list(["a", "b", "c"])
        'a, b and c'
    """
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def write_quantile(percent: int) -> str:
    """A quantile as odds.

    Example:
        >>> [write_quantile(percent) for percent in (50, 75, 90, 95, 80)]
        ['1 in 2', '3 in 4', '9 in 10', '19 in 20', '4 in 5']
    """
    divisor = math.gcd(percent, 100)
    return f"{percent // divisor} in {100 // divisor}"


def read_quantile(name: str) -> int | None:
    """The percent that a name such as `p90_duration` is about; `None` where it names no quantile."""
    digits = name.partition("_")[0].removeprefix("p")
    return int(digits) if name.startswith("p") and digits.isdigit() and 0 < int(digits) < 100 else None


def write_target_name(check: TargetCheck) -> str:
    """What the target is about, in words."""
    percent = read_quantile(check.name)
    if percent is not None:
        rest = check.name.partition("_")[2]
        return f"{write_quantile(percent)}: {rest.replace('_', ' ') or 'time'}"
    shares = {
        "completion_rate": "Completed",
        "escalation_rate": "Escalated",
        "failure_rate": "Failed",
        "abandonment_rate": "Abandoned",
    }
    return shares.get(check.name, write_name(check.name))


def write_wanted(check: TargetCheck) -> str:
    """What the target asks for, as in `at least 97%`."""
    unit = check.estimate.unit
    low_is_good = unit == "seconds" or any(word in check.name for word in _AT_MOST)
    bound = "at most" if low_is_good else "at least"
    if unit == "seconds":
        return f"{bound} {write_wanted_span(check.wanted)}"
    scale, suffix = (100, "%") if unit == "share" else (1, "")
    return f"{bound} {check.wanted * scale:,.6g}{suffix}"


def _is_difference(estimate: Estimate) -> bool:
    """Whether it can only be the difference of two shares: no share lies below nothing."""
    return estimate.unit == "share" and ((estimate.value or 0) < 0 or (estimate.low or 0) < -1e-9)


def _in_points(estimate: Estimate, text: str) -> str:
    return text.replace("%", " points") if estimate.unit == "share" else text


def _find_hours(estimate: Estimate) -> tuple[float, str, int]:
    """Seconds per unit, the unit, and decimals: hours from three on, minutes below; one digit of the half-width."""
    size, noun = (3600.0, "hours") if abs(estimate.value or 0) >= 3 * 3600 else (60.0, "minutes")
    half = (_half_width(estimate) or 0.0) / size
    return size, noun, min(-math.floor(math.log10(half)), 0) if half > 0 else 0


def _name_last_place(seconds: float) -> str:
    """The smallest step that `format_span` shows at this length."""
    if seconds < 90 * 60:
        return "1s"
    return "1m" if seconds < 2 * _DAY_SECONDS else "0.1 days"


def _half_width(estimate: Estimate) -> float | None:
    if estimate.low is None or estimate.high is None:
        return None
    return (estimate.high - estimate.low) / 2


def _decimals_without_interval(estimate: Estimate) -> int:
    if estimate.unit == "money":
        return 0
    scale = 100 if estimate.unit == "share" else 1
    if estimate.value is not None and float(estimate.value * scale).is_integer():
        return 0
    return 1 if estimate.unit != "share" or estimate.n >= 1000 else 0


def _write_in_unit(estimate: Estimate, value: float, currency: str) -> str:
    if estimate.unit == "seconds":
        return _write_rounded_span(value, _half_width(estimate))
    decimals = find_decimals(estimate)
    if estimate.unit == "share":
        percent = value * 100
        whole = round(percent, 9) in (0, 100)  # a computed bound is a hair off
        return f"{write_number(percent, 0 if whole else decimals)}%"
    number = write_number(value, decimals)
    return f"{currency} {number}" if currency and estimate.unit == "money" else number


def _write_rounded_span(seconds: float, half: float | None) -> str:
    """The span rounded to the largest usual unit that is a tenth of the interval's half-width or less."""
    places = [place for place in _PLACES_SECONDS if half is not None and place <= half / 10]
    if not places:
        return _write_short_span(seconds, half)
    text = write_seconds(round(seconds / places[-1]) * places[-1])
    return text.replace(".0 days", " days") if places[-1] == _DAY_SECONDS else text


def _write_short_span(seconds: float, half: float | None) -> str:
    """Seconds with decimals where the interval is narrower than one; longer spans in whole seconds."""
    if not half or abs(seconds) >= 90:
        return write_seconds(seconds)
    decimals = min(math.floor(-math.log10(half)) + 1, 2)
    return f"{write_number(seconds, decimals)}s"
