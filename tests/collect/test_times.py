"""Times in every way of writing: found from texts, and read by the engine as the same instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from momentwise.collect.times import day_order_sql, find_time_format, instant_sql, swap_day_and_month
from momentwise.define.evaluate import quote
from momentwise.define.instant import parse_instant

RunSql = Callable[[str], list[tuple[object, ...]]]
WHEN = datetime(2024, 1, 31, 14, 5, 6, tzinfo=UTC)
WHEN_US = int(WHEN.timestamp()) * 1_000_000
DAY_US = int(datetime(2024, 1, 31, tzinfo=UTC).timestamp()) * 1_000_000
MINUTE_US = WHEN_US - 6_000_000


def read(text: str, time_format: str, zone: str = "UTC", column_type: str = "VARCHAR") -> int | None:
    """What the engine reads a text as."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        sql = instant_sql(f"{quote(text)}::{column_type}", column_type, time_format, zone)
        found = con.execute(f"SELECT {sql}").fetchall()[0][0]
    return None if found is None else int(found)


CASES = [
    ("2024-01-31T14:05:06Z", "iso", WHEN_US),
    ("2024-01-31 14:05:06", "iso", WHEN_US),
    ("2024-01-31T15:05:06.000+01:00", "iso", WHEN_US),
    ("2024-01-31 16:05:06+02", "iso", WHEN_US),
    ("2024-01-31 14:05:06 UTC", "iso", WHEN_US),
    ("2024-01-31T14:05:06.000000000Z", "iso", WHEN_US),
    ("2024-01-31", "iso", DAY_US),
    ("2024-01-31 16:05:06 +0200", "%Y-%m-%d %H:%M:%S %z", WHEN_US),
    ("2024-01-31 14:05:06,000", "%Y-%m-%d %H:%M:%S,%f", WHEN_US),
    ("2024/01/31 14:05", "%Y/%m/%d %H:%M", MINUTE_US),
    ("2024.01.31 14:05:06", "%Y.%m.%d %H:%M:%S", WHEN_US),
    ("31/01/2024 14:05", "%d/%m/%Y %H:%M", MINUTE_US),
    ("31.01.2024 14:05:06", "%d.%m.%Y %H:%M:%S", WHEN_US),
    ("31.1.24", "%d.%m.%y", DAY_US),
    ("31-01-2024 14:05", "%d-%m-%Y %H:%M", MINUTE_US),
    ("31/01/2024 14.05", "%d/%m/%Y %H.%M", MINUTE_US),
    ("31.01.2024, 14:05 Uhr", "%d.%m.%Y, %H:%M Uhr", MINUTE_US),
    ("01/31/2024 02:05 PM", "%m/%d/%Y %I:%M %p", MINUTE_US),
    ("1/31/24 2:05pm", "%m/%d/%y %I:%M%p", MINUTE_US),
    ("Wed Jan 31 14:05:06 +0000 2024", "%a %b %d %H:%M:%S %z %Y", WHEN_US),
    ("Wed Jan 31 14:05:06 2024", "%a %b %d %H:%M:%S %Y", WHEN_US),
    ("Wed, 31 Jan 2024 15:05:06 +0100", "%a, %d %b %Y %H:%M:%S %z", WHEN_US),
    ("Wed, 31 Jan 2024 14:05:06 GMT", "%a, %d %b %Y %H:%M:%S %Z", WHEN_US),
    ("31/Jan/2024:14:05:06 +0000", "%d/%b/%Y:%H:%M:%S %z", WHEN_US),
    ("31 Jan 2024", "%d %b %Y", DAY_US),
    ("31-Jan-24", "%d-%b-%y", DAY_US),
    ("January 31, 2024", "%B %d, %Y", DAY_US),
    ("Jan 31, 2024 2:05 PM", "%b %d, %Y %I:%M %p", MINUTE_US),
    ("20240131", "%Y%m%d", DAY_US),
    ("20240131140506", "%Y%m%d%H%M%S", WHEN_US),
    ("20240131T140506Z", "%Y%m%dT%H%M%SZ", WHEN_US),
    ("2024.01.31. 14:05:06", "%Y.%m.%d. %H:%M:%S", WHEN_US),
    ("2024. 01. 31. 14:05", "%Y. %m. %d. %H:%M", MINUTE_US),
    ("2024年01月31日 14:05:06", "%Y年%m月%d日 %H:%M:%S", WHEN_US),
    ("2024-01-31T14:05:06+00:00[UTC]", "%Y-%m-%dT%H:%M:%S%z[UTC]", WHEN_US),
    ("2024-01-31T14:05:06Z[UTC]", "%Y-%m-%dT%H:%M:%SZ[UTC]", WHEN_US),
    ("2024-01-31T15:05:06+01:00[Europe/Berlin]", "%Y-%m-%dT%H:%M:%S%z[Europe/Berlin]", WHEN_US),
    ("31/1/2024 2:05 p. m.", "%d/%m/%Y %I:%M %p", MINUTE_US),
    ("31/1/2024 2:05\u00a0p.\u00a0m.", "%d/%m/%Y %I:%M %p", MINUTE_US),
    ("31/1/2024 2:05 p.m.", "%d/%m/%Y %I:%M %p", MINUTE_US),
    ("1/31/2024, 2:05:06\u202fPM", "%m/%d/%Y, %I:%M:%S\u202f%p", WHEN_US),
    ("31.01.2024 15:05:06 CET", "%d.%m.%Y %H:%M:%S %Z", WHEN_US),
    ("31.01.2024 16:05:06 CEST", "%d.%m.%Y %H:%M:%S %Z", WHEN_US),
    ("2024-01-31 09:05:06 EST", "%Y-%m-%d %H:%M:%S %Z", WHEN_US),
    ("2024-01-31 10:05:06 EDT", "%Y-%m-%d %H:%M:%S %Z", WHEN_US),
    ("2024-01-31 06:05:06 PST", "%Y-%m-%d %H:%M:%S %Z", WHEN_US),
    ("2024-01-31 07:05:06 PDT", "%Y-%m-%d %H:%M:%S %Z", WHEN_US),
    ("1706709906", "epoch_s", WHEN_US),
    ("1706709906.5", "epoch_s", WHEN_US + 500_000),
    ("1706709906000", "epoch_ms", WHEN_US),
    ("1706709906000000", "epoch_us", WHEN_US),
    ("1706709906000000000", "epoch_ns", WHEN_US),
]


@pytest.mark.parametrize(("text", "time_format", "micros"), CASES)
def test_a_way_of_writing_is_found_and_read(text: str, time_format: str, micros: int) -> None:
    """The format is found from one text, and reads it as the instant that it says."""
    found = find_time_format([text])
    assert found is not None
    assert (time_format, micros) == (found.text, read(text, found.text))


@pytest.mark.parametrize(
    "text", ["hello", "08775", "1.2.3.4", "99/99/2024", "12:30", "2024", "+49 170 1234567", "A-2024-01"]
)
def test_other_texts_are_no_times(text: str) -> None:
    """What is no time is not taken for one."""
    assert find_time_format([text]) is None


def test_no_texts_have_no_format() -> None:
    """An empty column says nothing."""
    assert find_time_format([]) is None


def test_a_day_above_twelve_settles_the_order() -> None:
    """One telling date decides for the column."""
    found = find_time_format(["01/02/2024", "05/06/2024", "07/31/2024"])
    assert found is not None
    assert ("%m/%d/%Y", False) == (found.text, found.ambiguous)


def test_an_open_order_is_said_to_be_open() -> None:
    """Where no date tells, the day is taken to come first, and the doubt is flagged."""
    found = find_time_format(["01/02/2024", "05/06/2024"])
    assert found is not None
    assert ("%d/%m/%Y", True) == (found.text, found.ambiguous)


def test_dates_that_contradict_each_other_stay_ambiguous() -> None:
    """Days above twelve in both places cannot be one format."""
    found = find_time_format(["13/01/2024", "01/13/2024"])
    assert found is not None
    assert found.ambiguous


def test_several_ways_in_one_column_are_alternatives() -> None:
    """A column that leaves out the seconds at times is read in both ways."""
    found = find_time_format(["31/01/2024 14:05:06", "31/01/2024 14:05"])
    assert found is not None
    assert [WHEN_US, MINUTE_US] == [read("31/01/2024 14:05:06", found.text), read("31/01/2024 14:05", found.text)]


def test_iso_with_rare_other_forms_stays_iso() -> None:
    """A form that one text in twenty has is no alternative."""
    found = find_time_format(["2024-01-31"] * 19 + ["31.12.2023"])
    assert found is not None
    assert "iso" == found.text


@pytest.mark.parametrize(
    "other", ["31/01/2024 14:05:06", "01/31/2024 14:05:06", "31.01.24 14:05:06", "31-01-24 14:05:06"]
)
def test_iso_beside_another_way_is_read_in_both(other: str) -> None:
    """Two programs that wrote one column are both read, without doubt about the days of either."""
    iso, day = "2024-01-31T14:05:06", 11
    others = [other.replace("31", str(day + i)) for i in range(21)]
    found = find_time_format([iso, *([iso.replace("31", f"{day + i}") for i in range(20)]), *others])
    assert found is not None
    assert (False, False, 1.0) == (found.ambiguous, found.has_zone, found.share)
    assert [WHEN_US, WHEN_US] == [read(iso, found.text), read(others[-1].replace(str(day + 20), "31"), found.text)]


def test_two_orders_of_days_may_stand_in_two_ways_of_writing() -> None:
    """Each way that settles its own order keeps it."""
    found = find_time_format(["31.01.2024", "30.01.2024", "01/31/2024", "01/30/2024"])
    assert found is not None
    assert not found.ambiguous
    assert [DAY_US, DAY_US] == [read("31.01.2024", found.text), read("01/31/2024", found.text)]


def test_a_way_that_leaves_the_order_open_follows_the_others() -> None:
    """One column has one order unless it says otherwise."""
    found = find_time_format(["01/31/2024", "1-2-2024"])
    assert found is not None
    assert ("%m/%d/%Y | %m-%d-%Y", False) == (found.text, found.ambiguous)


def test_years_of_two_and_of_four_digits_stay_apart() -> None:
    """Two digits are never a year of antiquity."""
    found = find_time_format(["31/01/2024", "30/01/2024", "29/01/2024", *(f"{day}/01/24" for day in (29, 30, 31))])
    assert found is not None
    assert [DAY_US, DAY_US] == [read("31/01/2024", found.text), read("31/01/24", found.text)]


@pytest.mark.parametrize(
    ("texts", "time_format", "ambiguous"),
    [
        ([f"24/01/{day:02d}" for day in range(1, 25)], "%y/%m/%d", False),
        ([f"24/{month:02d}/{day:02d}" for month in (1, 2) for day in range(1, 9)], "%y/%m/%d", False),
        ([f"{day:02d}/01/24" for day in range(1, 25)], "%d/%m/%y", False),
        ([f"01/{day:02d}/24" for day in range(1, 25)], "%m/%d/%y", False),
        ([f"01/01/{year}" for year in range(13, 25)], "%d/%m/%y", True),
        (["25/03/03 02:34"], "%d/%m/%y %H:%M", True),
        (["25/03/24", "24/03/25"], "%d/%m/%y", True),
    ],
)
def test_a_short_year_stands_where_little_varies(texts: list[str], time_format: str, ambiguous: bool) -> None:
    """What varies most is the day; where neither place does, the order is open."""
    found = find_time_format(texts)
    assert found is not None
    assert (time_format, ambiguous) == (found.text, found.ambiguous)


@pytest.mark.parametrize(
    ("zoned", "bare"),
    [
        ("2024-01-31T14:05:06Z", "2024-01-31T14:05:06"),
        ("31.01.2024 14:05:06 +0000", "31.01.2024 14:05:06"),
        ("20240131T140506Z", "20240131T140506"),
        ("31.01.2024 15:05:06 CET", "31.01.2024 14:05:06"),
    ],
)
def test_a_column_has_zones_only_where_nearly_all_have_one(zoned: str, bare: str) -> None:
    """Some times without one are said to have none; each that has one is still taken at its word."""
    found = find_time_format([zoned] * 9 + [bare] * 9)
    assert found is not None
    assert not found.has_zone
    assert [WHEN_US, WHEN_US - 3_600_000_000] == [read(text, found.text, "Europe/Berlin") for text in (zoned, bare)]
    mostly = find_time_format([zoned] * 99 + [bare])
    assert mostly is not None
    assert mostly.has_zone


def test_a_few_odd_texts_do_not_hide_a_format() -> None:
    """One text in twenty may be no time."""
    assert find_time_format(["2024-01-31"] * 19 + ["soon"]) is not None


@pytest.mark.parametrize("time_format", ["iso", "%d/%m/%Y", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"])
@pytest.mark.parametrize("text", ["soon", "", "99999999999999999999999999", "2024-02-30", "31/02/2024", "-", "1e400"])
def test_what_cannot_be_read_is_null(text: str, time_format: str) -> None:
    """No text makes the query fail."""
    assert read(text, time_format) is None


def test_a_zone_counts_only_where_the_text_has_none() -> None:
    """An offset in the text goes before the stated zone."""
    berlin = "Europe/Berlin"
    assert WHEN_US - 3_600_000_000 == read("2024-01-31 14:05:06", "iso", berlin)
    assert WHEN_US == read("2024-01-31T14:05:06Z", "iso", berlin)
    assert DAY_US - 3_600_000_000 == read("2024-01-31", "iso", berlin)
    assert WHEN_US == read("Wed Jan 31 14:05:06 +0000 2024", "%a %b %d %H:%M:%S %z %Y", berlin)
    assert WHEN_US == read("20240131T140506Z", "%Y%m%dT%H%M%SZ", berlin)
    assert WHEN_US - 3_600_000_000 == read("31.01.2024 14:05:06", "%d.%m.%Y %H:%M:%S", berlin)


def test_a_skipped_local_time_counts_on_the_new_clock() -> None:
    """02:30 on the night in which 02:00 becomes 03:00 is read as 03:30."""
    expected = parse_instant("2024-03-10T07:30:00Z")
    assert expected == read("2024-03-10 02:30:00", "iso", "America/New_York")


def test_a_repeated_local_time_is_the_second_one() -> None:
    """01:30 on the night in which it comes twice is read as the one after the change."""
    expected = parse_instant("2024-11-03T06:30:00Z")
    assert expected == read("2024-11-03 01:30:00", "iso", "America/New_York")


@pytest.mark.parametrize(
    ("column_type", "text"),
    [
        ("TIMESTAMP", "2024-01-31 14:05:06"),
        ("TIMESTAMP WITH TIME ZONE", "2024-01-31 14:05:06+00"),
        ("TIMESTAMP_NS", "2024-01-31 14:05:06"),
        ("TIMESTAMP_MS", "2024-01-31 14:05:06"),
        ("TIMESTAMP_S", "2024-01-31 14:05:06"),
    ],
)
def test_a_type_that_is_a_time_is_read_as_it_is(column_type: str, text: str) -> None:
    """Times of any precision are microseconds."""
    assert WHEN_US == read(text, "", "UTC", column_type)


def test_a_date_is_its_first_instant_in_its_zone() -> None:
    """A day begins where its zone says."""
    assert DAY_US - 3_600_000_000 == read("2024-01-31", "", "Europe/Berlin", "DATE")


def test_whole_numbers_count_from_the_epoch() -> None:
    """Integer columns are read without losing a microsecond."""
    assert 1_706_709_906_123_456 == read("1706709906123456", "epoch_us", "UTC", "BIGINT")
    assert 1_706_709_906_123_000 == read("1706709906123", "epoch_ms", "UTC", "BIGINT")
    assert 1_706_709_906_000_000 == read("1706709906", "epoch_s", "UTC", "INTEGER")


def test_all_rows_can_be_asked_for_the_order_of_days(run_sql: RunSql) -> None:
    """The largest number in each place says which of them is the day."""
    sql = f"SELECT {day_order_sql('d')} FROM (VALUES ('1/2/2024 3:00'), ('12/25/2024'), (NULL), ('x')) AS t(d)"
    assert [({"first": 12, "second": 25},)] == run_sql(sql)


@pytest.mark.parametrize(
    ("dates", "first", "second"),
    [
        ("('25/03/03'), ('25/03/04')", None, 3),
        ("('25/03/03'), ('24/03/03')", 25, 3),
        ("('25/13/03')", None, 13),
        ("('2024-01-31'), ('02/03/2024')", 2, 3),
    ],
)
def test_a_short_year_is_not_taken_for_the_day(run_sql: RunSql, dates: str, first: int | None, second: int) -> None:
    """With two digits the first place is a day only where it varies more than the last; ISO says nothing."""
    found = run_sql(f"SELECT {day_order_sql('d')} FROM (VALUES {dates}) AS t(d)")
    assert [({"first": first, "second": second},)] == found


def test_day_and_month_swap_back() -> None:
    """Swapping twice changes nothing."""
    assert "%d/%m/%Y" == swap_day_and_month(swap_day_and_month("%d/%m/%Y"))


def test_dates_that_begin_with_a_year_are_not_swapped() -> None:
    """Only the open order is turned round."""
    assert "%Y/%m/%d | %m/%d/%Y %H:%M | iso" == swap_day_and_month("%Y/%m/%d | %d/%m/%Y %H:%M | iso")


PATTERNS = [
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S+00:00",
    "%Y-%m-%d %H:%M:%S +0000",
    "%Y/%m/%d %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%a %b %d %H:%M:%S +0000 %Y",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%d %b %Y %H:%M:%S",
    "%B %d, %Y %I:%M:%S %p",
    "%d/%b/%Y:%H:%M:%S +0000",
    "%Y%m%d%H%M%S",
]


@settings(max_examples=150, deadline=None)
@given(pattern=st.sampled_from(PATTERNS), seconds=st.integers(1_000_000_000, 4_000_000_000))
def test_any_instant_in_any_way_of_writing_comes_back(pattern: str, seconds: int) -> None:
    """Writing an instant, finding the format and reading it again gives the instant."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    telling = datetime(2024, 12, 25, 13, 14, 15, tzinfo=UTC)  # settles the order of day and month
    found = find_time_format([when.strftime(pattern), telling.strftime(pattern)])
    assert found is not None
    assert seconds * 1_000_000 == read(when.strftime(pattern), found.text)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    """No text breaks the finding, and what it finds can be asked of the engine."""
    found = find_time_format([text])
    if found is not None and "\0" not in text:
        read(text, found.text, "Europe/Berlin")


@pytest.mark.parametrize("text", ["2024-01-31 noon", "31/01/2024x14:05", "31/01/2024 14:05 or so"])
def test_a_date_with_something_odd_behind_it_is_no_time(text: str) -> None:
    """Half a format is none."""
    assert find_time_format([text]) is None
