"""How instants are written: finding the format of a column from some of its texts, and the SQL that reads it.

A format is `iso`, one of `epoch_s`, `epoch_ms`, `epoch_us` and `epoch_ns`, or `strptime` patterns with ` | ` between
alternatives. Everything here is text in, text out; `stores` runs what is built. Local times that daylight saving skips
are read with the offset before the change; times that it repeats are read as the second of the two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from momentwise.define.evaluate import quote
from momentwise.define.source import BETWEEN_FORMATS

EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1, "epoch_ns": 0}

# Instants that a log of customers may hold when only digits say so: 2001-09-09 to 2100-01-01, in seconds.
_EARLIEST_S, _LATEST_S = 1_000_000_000, 4_102_444_800
_ENOUGH = 0.9  # share of the texts that must be readable; the rest will be set aside row by row
_MOST_PATTERNS = 6
_NEARLY_ALL = 0.98  # share of the texts that must carry a zone where the column is said to
_ALMOST_ONLY = 0.95  # share of ISO above which other ways of writing are rows to set aside
_VARIES_LIKE_DAYS = 3  # times as many different numbers as where the year stands

_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?(?P<zone> UTC|Z|[+-]\d{2}(:?\d{2})?)?\Z")
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)(day|sday|nesday|rsday|urday)?(,? +)", re.IGNORECASE)
_SHORT_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_LONG_MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
_DATES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), form)
    for pattern, form in (
        (r"\d{4}-\d{1,2}-\d{1,2}(?!\d)", "%Y-%m-%d"),
        (r"\d{4}/\d{1,2}/\d{1,2}(?!\d)", "%Y/%m/%d"),
        (r"\d{4}\.\d{1,2}\.\d{1,2}\.", "%Y.%m.%d."),
        (r"\d{4}\. \d{1,2}\. \d{1,2}\.", "%Y. %m. %d."),
        (r"\d{4}\.\d{1,2}\.\d{1,2}(?!\d)", "%Y.%m.%d"),
        (r"\d{4}年\d{1,2}月\d{1,2}日", "%Y年%m月%d日"),
        (r"(\d{1,2})/(\d{1,2})/\d{4}(?!\d)", "%1/%2/%Y"),
        (r"(\d{1,2})\.(\d{1,2})\.\d{4}(?!\d)", "%1.%2.%Y"),
        (r"(\d{1,2})-(\d{1,2})-\d{4}(?!\d)", "%1-%2-%Y"),
        (r"(\d{1,2})/(\d{1,2})/\d{2}(?!\d)", "%1/%2/%y"),
        (r"(\d{1,2})\.(\d{1,2})\.\d{2}(?!\d)", "%1.%2.%y"),
        (r"(\d{1,2})-(\d{1,2})-\d{2}(?!\d)", "%1-%2-%y"),
        (r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=\d{6}\Z|T|[ _-]|\Z)", "%Y%m%d"),
        (rf"\d{{1,2}} ({_SHORT_MONTHS}) \d{{4}}", "%d %b %Y"),
        (rf"\d{{1,2}}-({_SHORT_MONTHS})-\d{{4}}", "%d-%b-%Y"),
        (rf"\d{{1,2}}-({_SHORT_MONTHS})-\d{{2}}(?!\d)", "%d-%b-%y"),
        (rf"\d{{1,2}}/({_SHORT_MONTHS})/\d{{4}}", "%d/%b/%Y"),
        (rf"({_SHORT_MONTHS}) +\d{{1,2}}, \d{{4}}", "%b %d, %Y"),
        (rf"({_SHORT_MONTHS}) +\d{{1,2}} \d{{4}}", "%b %d %Y"),
        (rf"\d{{1,2}} ({_LONG_MONTHS}) \d{{4}}", "%d %B %Y"),
        (rf"({_LONG_MONTHS}) \d{{1,2}}, \d{{4}}", "%B %d, %Y"),
    )
)
_UNIX = re.compile(
    rf"({_SHORT_MONTHS}) +\d{{1,2}} \d{{1,2}}:\d{{2}}:\d{{2}}( (?P<zone>[+-]\d{{4}}|[A-Z]{{3,4}}))? \d{{4}}\Z",
    re.IGNORECASE,
)
_BREAK = re.compile(r"T|, | at | - |[ :_-] *|")
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?P<colon>[:.h]?)(?P<minute>\d{2})((?P=colon)(?P<second>\d{2})(?P<fraction>[.,]\d{1,9})?)?"
    r"(?P<half>[ \u00a0\u202f]?[ap](m|\. ?m\.|\.\u00a0m\.))?(?P<literal> Uhr)?",
    re.IGNORECASE,
)
# Words for summer time that the engine does not know, and how it calls their offset (with the sign turned round).
_SUMMER_ZONES = {"CEST": "-2", "EEST": "-3", "WEST": "-1", "EDT": "+4", "CDT": "+5", "MDT": "+6", "PDT": "+7"}
_ZONE_WORDS = "|".join(("UTC|GMT|WET|CET|EET|EST|CST|MST|PST", *_SUMMER_ZONES))
_OFFSET = re.compile(
    rf"(?P<gap> ?)((?P<utc>Z)|(?P<offset>[+-]\d{{2}}(:?\d{{2}})?)|(?P<name>{_ZONE_WORDS}))(?P<region>\[[A-Za-z_/+-]+\])?\Z"
)
_IN_UTC = re.compile(r"Z(\[.*\])?\Z")
_DAY_AND_MONTH = re.compile(r"(?:^|[^\d./-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})(?!\d)")
_DIGITS = re.compile(r"(\d{9,19})(\.\d+)?\Z")


@dataclass(frozen=True)
class TimeFormat:
    """How the instants of a column are written.

    Args:
        text: The format, as `Source.time_format` holds it.
        has_zone: Whether the texts carry a zone or an offset.
        ambiguous: Whether day and month could be told apart only by a guess; then the day is taken to come first.
        share: Share (0–1) of the texts that it reads.
    """

    text: str
    has_zone: bool = False
    ambiguous: bool = False
    share: float = 1.0


def find_time_format(texts: Sequence[str]) -> TimeFormat | None:
    """The format that reads at least nine of ten texts; `None` where there is none.

    Example:
        >>> find_time_format(["31/12/2023 14:05", "01/02/2024 09:00"])
        TimeFormat(text='%d/%m/%Y %H:%M', has_zone=False, ambiguous=False, share=1.0)
    """
    if not texts:
        return None
    if epoch := _find_epoch(texts):
        return epoch
    read = [(text.strip(), shape) for text in texts if (shape := read_shape(text.strip()))]
    if len(read) < _ENOUGH * len(texts):
        return None
    shapes = Counter(shape for _, shape in read)
    orders, ambiguous = _orders_of_days(read)
    settled = (_settle(shape, orders.get(_date_form(shape), "dmy")) for shape, _ in shapes.most_common(_MOST_PATTERNS))
    # A year of two digits goes first: where four are meant, two are read as a year of antiquity.
    patterns = sorted(dict.fromkeys(settled), key=lambda pattern: "%y" not in pattern)
    if "iso" in patterns and shapes["iso"] + shapes["iso zone"] >= _ALMOST_ONLY * len(texts):
        patterns = ["iso"]
    zoned = sum(count for shape, count in shapes.items() if _has_zone(shape))
    has_zone = zoned >= _NEARLY_ALL * len(read)
    return TimeFormat(BETWEEN_FORMATS.join(patterns), has_zone, ambiguous, len(read) / len(texts))


def _has_zone(shape: str) -> bool:
    return shape == "iso zone" or "%z" in shape or "%Z" in shape or bool(_IN_UTC.search(shape))


def _find_epoch(texts: Sequence[str]) -> TimeFormat | None:
    units: Counter[str] = Counter()
    for text in texts:
        match = _DIGITS.match(text.strip())
        unit = epoch_unit(float(match.group(0))) if match else ""
        if match and unit:
            units[unit] += 1
    if not units:
        return None
    unit, count = units.most_common(1)[0]
    return TimeFormat(unit, has_zone=True, share=count / len(texts)) if count >= _ENOUGH * len(texts) else None


def epoch_unit(number: float) -> str:
    """Which epoch format a number would be an instant of between 2001 and 2100; empty for none."""
    for name, per_second in (("epoch_s", 1.0), ("epoch_ms", 1e3), ("epoch_us", 1e6), ("epoch_ns", 1e9)):
        if _EARLIEST_S * per_second <= number < _LATEST_S * per_second:
            return name
    return ""


def read_shape(text: str) -> str:
    """The `strptime` pattern of one text, with `%1` and `%2` for day and month in unknown order; empty for none.

    A text in ISO 8601 is `iso`, or `iso zone` where it carries a zone.
    """
    if match := _ISO.match(text):
        return "iso zone" if match.group("zone") else "iso"
    prefix, rest = "", text
    if weekday := _WEEKDAY.match(text):
        prefix = ("%A" if weekday.group(2) else "%a") + weekday.group(3)
        rest = text[weekday.end() :]
    if unix := _UNIX.match(rest):
        zone = unix.group("zone")
        return f"{prefix}%b %d %H:%M:%S{'' if not zone else ' %z' if zone[0] in '+-' else ' %Z'} %Y"
    for pattern, form in _DATES:
        match = pattern.match(rest)
        if match and not any(part and part.isdigit() and int(part) > 31 for part in match.groups()[:2] if "%1" in form):
            return _with_clock(prefix + form, rest[match.end() :])
    return ""


def _with_clock(date: str, rest: str) -> str:
    if not rest:
        return date
    gap = _BREAK.match(rest)
    between = gap.group(0) if gap else ""
    clock = _CLOCK.match(rest, len(between))
    if clock is None or (not between and not date.endswith("%Y%m%d")):
        return ""
    offset = _OFFSET.match(rest, clock.end())
    if offset is None and clock.end() != len(rest):
        return ""
    return date + between + _clock_pattern(clock) + (_offset_pattern(offset) if offset else "")


def _clock_pattern(clock: re.Match[str]) -> str:
    colon, half, fraction = clock.group("colon"), clock.group("half"), clock.group("fraction") or ""
    pattern = ("%I" if half else "%H") + colon + "%M"
    if clock.group("second"):
        pattern += colon + "%S"
    if fraction:
        pattern += fraction[0] + ("%f" if len(fraction) <= 7 else "%n")
    if half:
        # Where points are written (`a. m.`), the reader takes them out, and leaves one blank before.
        pattern += (" " if "." in half else "" if half[0] in "aApP" else half[0]) + "%p"
    return pattern + (clock.group("literal") or "")


def _offset_pattern(offset: re.Match[str]) -> str:
    zone = "Z" if offset.group("utc") else "%z" if offset.group("offset") else "%Z"
    return offset.group("gap") + zone + (offset.group("region") or "")


def _date_form(shape: str) -> str:
    """How the date of a shape is written where day and month are in unknown order; empty where they are not."""
    match = re.search(r"%1(.)%2.%[yY]", shape)
    return match.group(0) if match else ""


def _orders_of_days(read: Iterable[tuple[str, str]]) -> tuple[dict[str, str], bool]:
    """The order of day, month and year (`dmy`, `mdy`, `ymd`) of each way to write a date, and whether one is a guess.

    A way that leaves it open follows the others where they agree.
    """
    dates: dict[str, list[tuple[int, int, int]]] = {}
    for text, shape in read:
        if (form := _date_form(shape)) and (match := _DAY_AND_MONTH.search(text)):
            dates.setdefault(form, []).append((int(match.group(1)), int(match.group(2)), int(match.group(3))))
    found = {form: _order_of_days(parts, short=form.endswith("%y")) for form, parts in dates.items()}
    sure = {order for order, is_sure in found.values() if is_sure}
    open_ones = {form for form, (_, is_sure) in found.items() if not is_sure}
    follows = next(iter(sure)) if len(sure) == 1 and not sure & {"ymd"} else ""
    orders = {form: follows if follows and form in open_ones else order for form, (order, _) in found.items()}
    contradicts = any(_contradicts(parts) for parts in dates.values())
    return orders, bool(contradicts or (open_ones and not follows))


def _contradicts(parts: Sequence[tuple[int, int, int]]) -> bool:
    return max(first for first, _, _ in parts) > 12 and max(second for _, second, _ in parts) > 12


def _order_of_days(parts: Sequence[tuple[int, int, int]], *, short: bool) -> tuple[str, bool]:
    """The order in which one way of writing has day, month and year, and whether it is sure.

    Where the year has two digits, what varies more than the other is the day.
    """
    firsts, seconds, lasts = (set(column) for column in zip(*parts, strict=True))
    if max(seconds) > 12:
        return ("dmy" if max(firsts) > 12 else "mdy"), max(firsts) <= 12
    if short and max(lasts) <= 31 and min(lasts) > 0:
        if min(firsts) > 12 and len(lasts) >= _VARIES_LIKE_DAYS * len(firsts):
            return "ymd", True
        return "dmy", max(firsts) > 12 and len(firsts) > len(lasts)
    return "dmy", max(firsts) > 12


def _settle(shape: str, order: str) -> str:
    if order == "ymd":
        shape = re.sub(r"%1(.)%2.%y", r"%y\1%m\1%d", shape)
    first, second = ("%m", "%d") if order == "mdy" else ("%d", "%m")
    return shape.replace("%1", first).replace("%2", second).removesuffix(" zone")


def swap_day_and_month(time_format: str) -> str:
    """The same format with the month before the day, or the other way round; dates that begin with a year stay.

    Example:
        >>> swap_day_and_month("%d/%m/%Y %H:%M")
        '%m/%d/%Y %H:%M'
    """
    return re.sub(r"%([dm])(.)%([dm])(?=.%[yY])", r"%\3\2%\1", time_format)


def day_order_sql(expr: str) -> str:
    """An aggregate that says over all rows whether day or month comes first.

    Returns:
        SQL that gives a struct `{first, second}`: the largest number in the first and in the second place. One above
        12 is a day.
    """
    place = r"(?:^|[^\d./-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})(?:\D|$)"
    first, second, last = (f"try_cast(regexp_extract({expr}, '{place}', {group}) AS INTEGER)" for group in (1, 2, 3))
    # 25/03/03 may begin with its year, unless the first place varies more than the last.
    day = f"max({first}) FILTER (WHERE {last} > 31)"
    days = f"CASE WHEN count(DISTINCT {first}) > count(DISTINCT {last}) THEN max({first}) ELSE {day} END"
    return f"{{'first': {days}, 'second': max({second})}}"


def is_time_type(column_type: str) -> bool:
    """Whether DuckDB's type is itself a date or an instant.

    Example:
        >>> is_time_type("TIMESTAMP WITH TIME ZONE"), is_time_type("VARCHAR")
        (True, False)
    """
    return column_type.startswith("TIMESTAMP") or column_type == "DATE"


def instant_sql(expr: str, column_type: str, time_format: str, zone: str) -> str:
    """The expression that reads a column as microseconds since the epoch: BIGINT, null where it cannot be read.

    Args:
        expr: The column.
        column_type: DuckDB's type of it.
        time_format: How its texts or numbers are written; without meaning for a type that is itself a time.
        zone: IANA zone of times that carry none.
    """
    if column_type in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"):
        return f"epoch_us({expr})"
    if is_time_type(column_type):
        return _local_sql(expr if column_type == "TIMESTAMP" else f"{expr}::TIMESTAMP", zone)
    if time_format in EPOCHS:
        return _epoch_sql(expr, column_type, time_format)
    text = f"trim({expr})" if column_type == "VARCHAR" else f"CAST({expr} AS VARCHAR)"
    text = _known_words_sql(text, time_format)
    readers = [_iso_sql(text, zone)] if time_format in ("", "iso") else _pattern_readers(text, time_format, zone)
    return readers[0] if len(readers) == 1 else f"coalesce({', '.join(readers)})"


def _known_words_sql(text: str, time_format: str) -> str:
    """The text with `a. m.` and the names of summer times as the engine knows them, where the format has such words."""
    if "%p" in time_format:
        plain = rf"regexp_replace({text}, '(?i)[ \x{{a0}}\x{{202f}}]?([ap])\.[ \x{{a0}}]?m\.$', ' \1m')"
        text = f"CASE WHEN ends_with({text}, '.') THEN {plain} ELSE {text} END"
    if "%Z" in time_format:
        plain = text
        for word, offset in _SUMMER_ZONES.items():
            plain = f"replace({plain}, ' {word}', ' Etc/GMT{offset}')"
        text = f"CASE WHEN contains({text}, 'EST') OR contains({text}, 'DT') THEN {plain} ELSE {text} END"
    return text


def _pattern_readers(text: str, time_format: str, zone: str) -> list[str]:
    """One reader per sort of pattern: patterns with a zone, in UTC, without one, and ISO.

    ISO is last, as it takes the day of `31-01-24` for a year.
    """
    patterns = time_format.split(BETWEEN_FORMATS)
    zoned = [p for p in patterns if "%z" in p or "%Z" in p]
    utc = [p for p in patterns if _IN_UTC.search(p) and p not in zoned]
    local = [p for p in patterns if p != "iso" and p not in zoned and p not in utc]
    readers = []
    for group, group_zone in ((zoned, "UTC"), (utc, "UTC"), (local, zone)):
        if group:
            read = f"try_strptime({text}, [{', '.join(map(quote, group))}])"
            readers.append(_local_sql(read, group_zone))
    return [*readers, _iso_sql(text, zone)] if "iso" in patterns else readers


def _iso_sql(text: str, zone: str) -> str:
    aware = f"epoch_us(try_cast({text} AS TIMESTAMPTZ))"
    if zone == "UTC":
        return aware
    local = f"epoch_us(try_cast({text} AS TIMESTAMP) AT TIME ZONE {quote(zone)})"
    return rf"CASE WHEN regexp_matches({text}, ':\d{{2}}.*(Z|UTC|[+-]\d)') THEN {aware} ELSE {local} END"


def _local_sql(expr: str, zone: str) -> str:
    return f"epoch_us({expr})" if zone == "UTC" else f"epoch_us({expr} AT TIME ZONE {quote(zone)})"


def _epoch_sql(expr: str, column_type: str, time_format: str) -> str:
    whole = column_type.endswith(("INT", "INTEGER"))
    if time_format == "epoch_ns":
        return f"try_cast({expr} AS BIGINT) // 1000"
    if whole and EPOCHS[time_format] == 1:
        return f"try_cast({expr} AS BIGINT)"
    # Through DECIMAL where there may be a fraction: a DOUBLE loses microseconds, a product of BIGINTs may overflow.
    number = f"try_cast({expr} AS {'HUGEINT' if whole else 'DECIMAL(30, 6)'})"
    return f"try_cast({number} * {EPOCHS[time_format]} AS BIGINT)"
