"""The SQL of every measure, as text: one grouped query per kind of number, over the tables of one audit.

The tables are `occurrences` (`define.occurrence.OCCURRENCE_SCHEMA`), `scores` (one row per score that belongs to an
occurrence), `signals`, and `given` (every score with the fields that moments are told apart by). Only `stores` runs any
of it, in a session whose zone is UTC. Missing is missing: every mean counts `count(x)`, never rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.moment import Moment

# Runs a query over the audit's tables and gives its rows.
Ask = Callable[[str], list[tuple[object, ...]]]

# A score that names the order is about the order, whenever it comes; one that does not may be about anything that
# happened to the customer lately, and is taken to be about the last occurrence for this long after its end.
KEYLESS_SCORE_DAYS = 30

ENDED = "outcome <> 'open'"
SAID = f"{ENDED} AND comprehension IS NOT NULL"


def of_moment(moment: str) -> str:
    """The condition that picks one moment's rows."""
    return f"moment = {quote(moment)}"


def of_way(outcome: str, ending: str) -> str:
    """The condition that picks the rows of one way of ending; an abandoned one has no ending."""
    return f"outcome = {quote(outcome)} AND coalesce(ending, '') = {quote(ending)}"


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
        f"count(channels) FILTER ({ENDED}) AS channelled",
        f"count(*) FILTER ({SAID} AND comprehension = 'understood') AS understood",
        f"count(*) FILTER ({SAID}) AS said",
    ]
    for name, sql in means.items():
        kept = "outcome = 'completed'" if name == "excess" else ENDED
        for stat, function in (("n", "count"), ("mean", "avg"), ("variance", "var_samp")):
            parts.append(f"{function}({sql}) FILTER ({kept}) AS {name}_{stat}")
    return f"SELECT {', '.join(parts)} FROM occurrences LEFT JOIN ({median_steps_sql()}) USING (moment) GROUP BY moment"


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


def medians_sql(moment: str, ways: Sequence[tuple[str, list[float]]]) -> str:
    """One row with a list per way of ending: quantiles of its durations, in seconds.

    Args:
        moment: Its name.
        ways: The condition that picks a way's rows, and its quantiles, 0–1.
    """
    parts = (
        f"quantile_cont(duration_seconds, [{', '.join(map(repr, shares))}]) FILTER ({condition}) AS way_{index}"
        for index, (condition, shares) in enumerate(ways)
    )
    return f"SELECT {', '.join(parts)} FROM occurrences WHERE {of_moment(moment)}"


def scores_sql() -> str:
    """One row per moment, outcome and ending of those that ended.

    Columns: how many scores, their mean and variance; the same of 100 for a promoter, -100 for a detractor and 0 for
    others; the lowest and the highest score.
    """
    promoting = "(CASE WHEN score >= 9 THEN 100 WHEN score <= 6 THEN -100 WHEN score IS NOT NULL THEN 0 END)"
    samples = (f"count({x}), avg({x}), var_samp({x})" for x in ("score", promoting))
    return (
        f"SELECT moment, outcome, coalesce(ending, '') AS ending, {', '.join(samples)}, min(score), max(score) "
        f"FROM scores WHERE {ENDED} GROUP BY moment, outcome, coalesce(ending, '')"
    )


def scored_sql(moments: tuple[Moment, ...], key_fields: tuple[str, ...]) -> str:
    """One row per score and moment that it belongs to: `moment`, `outcome`, `ending`, `customer`, `key`, `at`, `score`.

    A score belongs to the customer's last occurrence that had started: of the same key where the score names one,
    otherwise of any, and then only until `KEYLESS_SCORE_DAYS` after its end. Of several that started in the same
    instant it is the one that is open or ended last, then the one with the greatest key.

    Args:
        moments: Of the playbook; versions of one moment share a row.
        key_fields: Columns of the table `given` besides `customer`, `at` and `score`.
    """
    by = {moment.name: moment.by for moment in moments}
    parts = []
    for name, field in by.items():
        key = f"given.{quote_name(field)}" if field in key_fields and field is not None else ""
        parts.append(_asof(name, f"{key} IS NULL" if key else "true", "", _RECENT))
        if key:
            parts.append(_asof(name, f"{key} IS NOT NULL", f"{key} = occurrences.key AND ", "true"))
    return " UNION ALL ".join(parts) or _NO_SCORES


_RECENT = f'(occurrences.ended_at IS NULL OR given."at" <= occurrences.ended_at + INTERVAL {KEYLESS_SCORE_DAYS} DAY)'
_NO_SCORES = (
    'SELECT moment, outcome, ending, customer, key, started_at AS "at", NULL::DOUBLE AS score '
    "FROM occurrences WHERE false"
)


def _asof(moment: str, kept: str, on: str, belongs: str) -> str:
    """The scores that fulfil `kept`, each beside the last occurrence that had started, where it fulfils `belongs`.

    The engine takes any one of several equal starts; so only one of them is left before it chooses.
    """
    same = "customer, key, started_at" if on else "customer, started_at"
    return (
        "SELECT occurrences.moment, occurrences.outcome, occurrences.ending, given.customer, occurrences.key, "
        'given."at", given.score '
        f"FROM (SELECT * FROM given WHERE isfinite(given.score) AND {kept}) AS given ASOF JOIN "
        "(SELECT moment, outcome, ending, customer, key, started_at, ended_at FROM occurrences "
        f"WHERE {of_moment(moment)} AND customer IN (SELECT customer FROM given WHERE {kept}) "
        f"QUALIFY row_number() OVER (PARTITION BY {same} "
        "ORDER BY ended_at DESC NULLS FIRST, key DESC NULLS LAST, outcome, ending) = 1) AS occurrences "
        f'ON {on}given.customer = occurrences.customer AND given."at" >= occurrences.started_at '
        f"WHERE {belongs}"
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
