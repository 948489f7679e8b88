"""What a column holds, judged by its type and by some of its values. Reading the sample is the store's part."""

from __future__ import annotations

import re
from collections.abc import Sequence

from momentwise.collect.numbers import find_decimal
from momentwise.collect.times import TimeFormat, epoch_unit, find_time_format, is_time_type
from momentwise.collect.vocabulary import fit, words_of
from momentwise.define.evaluate import Kind
from momentwise.define.source import MISSING_WORDS, ColumnFacts

_MOST_JUDGED = 4_000  # distinct texts that the formats are tried on, spread over the sample
_EXAMPLES = 5
_TRUTHS = frozenset({"true", "false", "yes", "no"})
_MISSING = frozenset(MISSING_WORDS)
_TIME_WORDS = frozenset(
    "time timestamp ts at date datetime when on t epoch created occurred happened sent received updated zeit zeitpunkt "
    "zeitstempel datum wann heure horodatage quand fecha hora cuando data momento quando ora orario tijd tijdstip "
    "wanneer czas godzina kiedy zaman tarih saat tid tidpunkt nar unix millis".split()
)
# Two whole numbers with a dot between them, as a browser's id is written.
_TWO_NUMBERS = re.compile(r"\d{4,}\.\d{4,}")
_NUMBER_TYPES = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|DOUBLE|FLOAT|DECIMAL")


def profile_column(name: str, column_type: str, values: Sequence[str | None]) -> ColumnFacts:
    """What a column holds.

    Args:
        name: As the table spells it.
        column_type: DuckDB's type.
        values: Sampled values as text, `None` where null.
    """
    filled = [value for value in values if value is not None and value not in _MISSING]
    distinct = list(dict.fromkeys(filled))
    step = max(1, len(distinct) // _MOST_JUDGED)
    kind, times, decimal = _judge(name, column_type, distinct[::step])
    return ColumnFacts(
        name=name,
        type=column_type,
        kind=kind,
        time_format=times.text if times else "",
        has_zone=times.has_zone if times else "TIME ZONE" in column_type,
        ambiguous=times.ambiguous if times else False,
        decimal=decimal,
        filled=len(filled) / len(values) if values else 0.0,
        distinct=len(distinct),
        sampled=len(values),
        width=sum(len(value) for value in values if value) / len(values) if values else 0.0,
        examples=tuple(text[:60] for text in distinct[:_EXAMPLES]),
    )


def _judge(name: str, column_type: str, texts: Sequence[str]) -> tuple[Kind, TimeFormat | None, str]:
    if is_time_type(column_type):
        return "instant", None, ""
    if column_type == "BOOLEAN":
        return "truth", None, ""
    if _NUMBER_TYPES.match(column_type):
        times = _epoch(texts)
        return ("instant" if times and _says_time(name) else "number"), times, ""
    if not texts or column_type != "VARCHAR":
        return "text", None, ""
    return _judge_texts(name, texts)


def _judge_texts(name: str, texts: Sequence[str]) -> tuple[Kind, TimeFormat | None, str]:
    if all(text.strip().lower() in _TRUTHS for text in texts):
        return "truth", None, ""
    times = _find_times(name, texts)
    digits = times is not None and (times.text.startswith("epoch") or times.text == "%Y%m%d")
    if times and (not digits or _says_time(name)):
        return "instant", times, ""
    decimal = find_decimal(texts)
    if decimal and _says_id(name) and all(_TWO_NUMBERS.fullmatch(text) for text in texts):
        return "text", None, ""
    return ("number" if decimal else "text"), times, decimal


def _find_times(name: str, texts: Sequence[str]) -> TimeFormat | None:
    # Most columns hold no times; a few values say so before all of them are tried.
    few = texts[:: max(1, len(texts) // 50)][:50]
    if not any(any(letter.isdigit() for letter in text) for text in few) or find_time_format(few[:50]) is None:
        return find_time_format(texts) if _says_time(name) else None
    return find_time_format(texts)


def _epoch(texts: Sequence[str]) -> TimeFormat | None:
    if not texts or not all(epoch_unit(float(text)) for text in texts):
        return None
    return find_time_format([text.split(".")[0] for text in texts])


def _says_id(name: str) -> bool:
    return words_of(name)[-1:] in (("id",), ("uid",), ("cid",), ("key",), ("cookie",))


def _says_time(name: str) -> bool:
    """Whether a column's name speaks of time, or says nothing at all."""
    words = words_of(name)
    return (
        any(word in _TIME_WORDS for word in words)
        or fit(name, "time") >= 0.6
        or bool(re.fullmatch(r"column\d*", "".join(words)))
    )
