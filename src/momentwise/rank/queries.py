"""The SQL of every measure, as text: one grouped query per kind of number, over the tables of one audit.

The tables are `occurrences` (`define.occurrence.OCCURRENCE_SCHEMA`), `scores` (one row per score that belongs to an
occurrence), `signals`, and `given` (every score with the fields that moments are told apart by). Only `stores` runs any of it. Missing is missing: every mean counts `count(x)`, never rows.
"""

from __future__ import annotations

from collections.abc import Callable

from momentwise.define.evaluate import quote
from momentwise.define.moment import Moment

# Runs a query over the audit's tables and gives its rows.
Ask = Callable[[str], list[tuple[object, ...]]]

# A score that names the order is about the order, whenever it comes; one that does not may be about anything that
# happened to the customer lately, and is taken to be about the last occurrence for this long after its end.
KEYLESS_SCORE_DAYS = 30

ENDED = "outcome <> 'open'"


def of_moment(moment: str) -> str:
    """The condition that picks one moment's rows."""
    return f"moment = {quote(moment)}"


def median_steps_sql() -> str:
    """Steps of the median completed occurrence, one row per moment."""
    return (
        "SELECT moment, quantile_disc(steps, 0.5) AS median_steps FROM occurrences "
        "WHERE outcome = 'completed' GROUP BY moment"
    )


def totals_sql() -> str:
    """One row per moment: counts of outcomes, and the sums from which means and shares follow."""
    means = {
        "excess": "steps - median_steps",
        "retries": "retries",
    }
    parts = [
        "moment",
        "max(version) AS version",
        "count(*) AS volume",
        "count(DISTINCT customer) AS people",
        *(f"count(*) FILTER (outcome = '{o}') AS {o}" for o in ("completed", "escalated", "failed", "abandoned")),
        "count(*) FILTER (outcome = 'open') AS still_open",
        f"count(*) FILTER ({ENDED} AND errors > 0) AS with_errors",
        f"count(*) FILTER ({ENDED} AND contains(channels, '+')) AS multichannel",
        "count(*) FILTER (comprehension = 'understood') AS understood",
        "count(comprehension) AS said",
    ]
    for name, sql in means.items():
        kept = "outcome = 'completed'" if name == "excess" else ENDED
        for stat, function in (("n", "count"), ("mean", "avg"), ("variance", "var_samp")):
            parts.append(f"{function}({sql}) FILTER ({kept}) AS {name}_{stat}")
    return (
        f"SELECT {', '.join(parts)} FROM occurrences LEFT JOIN ({median_steps_sql()}) USING (moment) GROUP BY moment"
    )


SPANS = {
    "duration": ("duration_seconds", "outcome = 'completed'"),
    "wait": ("longest_wait_seconds", ENDED),
    "step": ("duration_seconds / steps", f"{ENDED} AND steps > 0"),
}


def span_counts_sql() -> str:
    """One row per moment: how many rows each span is measured on."""
    parts = [f"count({sql}) FILTER ({kept}) AS {name}" for name, (sql, kept) in SPANS.items()]
    return f"SELECT moment, {', '.join(parts)} FROM occurrences GROUP BY moment"


def quantiles_sql(moment: str, span: str, shares: list[float]) -> str:
    """One row: the list of a span's quantiles, in seconds.

    Args:
        moment: Its name.
        span: A name of `SPANS`.
        shares: Quantiles, 0–1.
    """
    sql, kept = SPANS[span]
    wanted = ", ".join(f"{share!r}" for share in shares)
    return (
        f"SELECT quantile_cont({sql}, [{wanted}]) AS found FROM occurrences "
        f"WHERE {of_moment(moment)} AND {kept} AND ({sql}) IS NOT NULL"
    )


def endings_sql() -> str:
    """One row per moment, outcome and ending of those that ended: how many, and their median duration."""
    return (
        "SELECT moment, outcome, coalesce(ending, '') AS ending, count(*) AS count, "
        "count(duration_seconds) AS duration_n, median(duration_seconds) AS duration "
        f"FROM occurrences WHERE {ENDED} GROUP BY ALL ORDER BY moment, count DESC, outcome, ending"
    )


def scores_sql() -> str:
    """One row per moment, outcome and ending: how many scores, their mean and their variance."""
    return (
        "SELECT moment, outcome, coalesce(ending, '') AS ending, count(score) AS n, avg(score) AS mean, "
        f"var_samp(score) AS variance FROM scores WHERE {ENDED} GROUP BY ALL"
    )


def scored_sql(moments: tuple[Moment, ...], key_fields: tuple[str, ...]) -> str:
    """One row per score and moment that it belongs to: `moment`, `outcome`, `ending`, `customer`, `key`, `at`, `score`.

    A score belongs to the customer's last occurrence that had started: of the same key where the score names one,
    otherwise of any, and then only until `KEYLESS_SCORE_DAYS` after its end.

    Args:
        moments: Of the playbook; versions of one moment share a row.
        key_fields: Columns of the table `given` besides `customer`, `at` and `score`.
    """
    by = {moment.name: moment.by for moment in moments}
    parts = []
    for name, field in by.items():
        keyed = f'given."{field}"' if field in key_fields else "NULL::VARCHAR"
        parts.append(_asof(name, f"{keyed} = occurrences.key AND ", f"{keyed} IS NOT NULL", ""))
        recent = (
            f" AND (occurrences.ended_at IS NULL OR given.\"at\" <= occurrences.ended_at "
            f"+ INTERVAL {KEYLESS_SCORE_DAYS} DAY)"
        )
        parts.append(_asof(name, "", f"{keyed} IS NULL", recent))
    return " UNION ALL ".join(parts)


def _asof(moment: str, on: str, kept: str, recent: str) -> str:
    return (
        "SELECT occurrences.moment, outcome, ending, given.customer, occurrences.key, given.\"at\", score "
        f"FROM (SELECT * FROM given WHERE {kept}) AS given ASOF JOIN "
        f"(SELECT * FROM occurrences WHERE {of_moment(moment)}) AS occurrences "
        f"ON {on}given.customer = occurrences.customer AND given.\"at\" >= occurrences.started_at "
        f"WHERE true{recent}"
    )


def spread_sql() -> str:
    """One row per moment: first and last start, from which the trend's unit follows."""
    return "SELECT moment, epoch_us(min(started_at)), epoch_us(max(started_at)) FROM occurrences GROUP BY moment"


def trend_sql(moment: str, unit: str) -> str:
    """One row per period in order, by time of start, empty periods included: start, ended, completed, open.

    Args:
        moment: Its name.
        unit: day, week or month.
    """
    return (
        f"WITH counted AS (SELECT date_trunc('{unit}', started_at) AS period, count(*) FILTER ({ENDED}) AS ended, "
        "count(*) FILTER (outcome = 'completed') AS completed, count(*) FILTER (outcome = 'open') AS still_open "
        f"FROM occurrences WHERE {of_moment(moment)} GROUP BY 1), "
        "periods AS (SELECT unnest(generate_series((SELECT min(period) FROM counted), "
        f"(SELECT max(period) FROM counted), INTERVAL 1 {unit})) AS period) "
        "SELECT epoch_us(period), coalesce(ended, 0), coalesce(completed, 0), coalesce(still_open, 0) "
        "FROM periods LEFT JOIN counted USING (period) ORDER BY period"
    )


def people_sql(moment: str, rows: str) -> str:
    """One number: how many customers some of a moment's occurrences belong to."""
    return f"SELECT count(DISTINCT customer) FROM occurrences WHERE {of_moment(moment)} AND ({rows})"


def signals_sql() -> str:
    """One row per kind of signal: how many, of how many customers, and their mean count."""
    return (
        "SELECT signal, count(*) AS n, count(DISTINCT customer) AS people, avg(count) AS mean_count "
        "FROM signals GROUP BY signal ORDER BY n DESC"
    )


def spots_sql(signal: str, most: int) -> str:
    """The spots with the most signals of a kind: page, element, how many, of how many customers."""
    return (
        "SELECT page, element, count(*) AS n, count(DISTINCT customer) AS people FROM signals "
        f"WHERE signal = {quote(signal)} GROUP BY ALL ORDER BY n DESC, page, element LIMIT {most}"
    )
