"""The SQL of every measure, as text: one grouped query per kind of number, over the tables of one audit.

The tables are `occurrences` (`define.occurrence.OCCURRENCE_SCHEMA`), `scores` (one row per score that belongs to an
occurrence), `signals`, and `given` (every score with the fields that moments are told apart by). Only `stores` runs any
of it, in a session whose zone is UTC. Missing is missing: every mean counts `count(x)`, never rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.moment import Moment
from momentwise.define.span import DAY_US

# Runs a query over the audit's tables and gives its rows.
Ask = Callable[[str], list[tuple[object, ...]]]

# A score that names the order is about the order, whenever it comes; one that does not may be about anything that
# happened to the customer lately, and is taken to be about the last occurrence for this long after its end.
KEYLESS_SCORE_DAYS = 30

# How an occurrence ends, by outcome.
ENDS = ("completed", "escalated", "failed", "abandoned")
ENDED = "outcome <> 'open'"
SAID = f"{ENDED} AND comprehension IS NOT NULL"


def of_moment(moment: str) -> str:
    """The condition that picks one moment's rows."""
    return f"moment = {quote(moment)}"


def of_way(outcome: str, ending: str) -> str:
    """The condition that picks the rows of one way of ending; an abandoned one has no ending."""
    return f"outcome = {quote(outcome)} AND coalesce(ending, '') = {quote(ending)}"


def tallies_sql() -> str:
    """One row per moment, outcome, ending, whether an error was met, several channels used, and what was understood.

    Columns: those six (the ending null where there is none, the channels where none is known), how many, their retries,
    and the squares of these.
    """
    return (
        "SELECT moment, outcome, ending, errors > 0 AS has_errors, contains(channels, '+') AS is_multichannel, "
        "comprehension, count(*) AS count, sum(retries) AS retried, sum(retries::BIGINT * retries) AS squares "
        "FROM occurrences GROUP BY ALL"
    )


def people_of_each_sql(wanted: Sequence[tuple[str, str]]) -> str:
    """One row with a number per wish: how many customers have an occurrence of the moment that fulfils the condition.

    Each customer gets one bit per wish. So the table is grouped once, where counting distinct customers would take one
    grouping per wish, and each row is held against the conditions of its own moment alone.

    Args:
        wanted: Names of moments, each with a condition; at least one.
    """
    words = [range(first, min(first + _WORD_BITS, len(wanted))) for first in range(0, len(wanted), _WORD_BITS)]
    bits = [f"{_bits(wanted, places)} AS bits_{word}" for word, places in enumerate(words)]
    joined = [f"bit_or(bits_{word}) AS word_{word}" for word in range(len(words))]
    counts = [
        f"count(*) FILTER (word_{word} & {1 << bit}::UBIGINT <> 0)"
        for word, places in enumerate(words)
        for bit in range(len(places))
    ]
    return (
        f"SELECT {', '.join(counts)} FROM (SELECT customer, {', '.join(joined)} FROM "
        f"(SELECT customer, {', '.join(bits)} FROM occurrences) GROUP BY customer)"
    )


_WORD_BITS = 60


def _bits(wanted: Sequence[tuple[str, str]], places: range) -> str:
    """The bits of some wishes that a row fulfils, as one number; null where it is of no such moment."""
    of_moment: dict[str, list[str]] = {}
    for bit, place in enumerate(places):
        moment, condition = wanted[place]
        fulfilled = f"(CASE WHEN {condition} THEN {1 << bit}::UBIGINT ELSE 0 END)"
        of_moment.setdefault(moment, []).append(fulfilled if condition != "true" else f"{1 << bit}::UBIGINT")
    cases = (f"WHEN {quote(moment)} THEN {' | '.join(parts)}" for moment, parts in of_moment.items())
    return f"CASE moment {' '.join(cases)} END"


SPANS = {
    "duration": ("duration_seconds", "outcome = 'completed'"),
    "wait": ("longest_wait_seconds", ENDED),
    "step": ("duration_seconds / steps", f"{ENDED} AND steps > 0"),
}


def spans_sql(moments: Sequence[str], endings: Sequence[str]) -> str:
    """One row per occurrence that ended: its way of ending as a number, duration, longest wait (seconds) and steps.

    The number is `(moment * 4 + outcome) * (1 + endings) + ending`, each a place in its list; no ending is 0.

    Args:
        moments: Every name.
        endings: Every ending.
    """
    moment, outcome = (
        f"(list_position({_texts(words)}, {column}) - 1)" for words, column in ((moments, "moment"), (ENDS, "outcome"))
    )
    ending = f"coalesce(list_position({_texts(endings)}, ending), 0)" if endings else "0"
    code = f"({moment} * {len(ENDS)} + {outcome}) * {len(endings) + 1} + {ending}"
    return f"SELECT ({code})::INTEGER AS code, duration_seconds, longest_wait_seconds, steps FROM occurrences WHERE {ENDED}"


def _texts(words: Sequence[str]) -> str:
    return f"[{', '.join(map(quote, words))}]"


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
    """One row per score and moment that it belongs to: `moment`, `outcome`, `ending`, `customer`, `key`, `at`, `score`, `named`.

    `named` is whether the score names that key. A score belongs to the customer's last occurrence that had started: of the same key where the score names one,
    otherwise of any, and then only until `KEYLESS_SCORE_DAYS` after its end. Of several that started in the same
    instant it is the one that is open or ended last, then the one with the greatest key.

    Args:
        moments: Of the playbook; versions of one moment share a row.
        key_fields: Columns of the table `given` besides `customer`, `at` and `score`.
    """
    by = {moment.name: moment.by for moment in moments}
    if not by:
        return _NO_SCORES
    asked = " UNION ALL ".join(
        f"SELECT {quote(name)} AS moment, customer, {quote_name(field) if field in key_fields and field else 'NULL'} AS key, "
        '"at", score FROM given WHERE isfinite(score)'
        for name, field in by.items()
    )
    known = "SELECT *, row_number() OVER () AS place FROM (SELECT DISTINCT moment, customer, key FROM asked)"
    loose = _asof(False, ("moment", "customer"), _RECENT)
    keyed = _asof(True, ("moment", "customer", "key"), "true")
    return f"WITH asked AS MATERIALIZED ({asked}), known AS MATERIALIZED ({known}) ({loose}) UNION ALL ({keyed})"


_RECENT = f'(own.ended_at IS NULL OR asked."at" <= own.ended_at + INTERVAL {KEYLESS_SCORE_DAYS} DAY)'
_NO_SCORES = (
    'SELECT moment, outcome, ending, customer, key, started_at AS "at", NULL::DOUBLE AS score, '
    "false AS named FROM occurrences WHERE false"
)


def _asof(named: bool, same: Sequence[str], belongs: str) -> str:
    """The scores that name a key, or those that do not, each beside the last occurrence that had started.

    The engine takes any one of several equal starts; so only one of them is left before it chooses. These are looked
    for first, for to put all rows in order takes ten times as long. Numbers are compared in a third of the time that
    texts take: `place` stands for whose scores they are. Only those are kept whose occurrence fulfils `belongs`.
    """
    names, kept = ", ".join(same), f"key IS {'NOT ' if named else ''}NULL"
    return (
        "WITH near AS MATERIALIZED (SELECT place, moment::VARCHAR AS moment, outcome, ending, occurrences.key, started_at, "
        f"ended_at FROM occurrences JOIN (FROM known WHERE {kept}) AS known USING ({names})), "
        "ties AS MATERIALIZED (SELECT place, started_at FROM near GROUP BY ALL HAVING count(*) > 1), "
        "own AS (FROM near ANTI JOIN ties USING (place, started_at) UNION ALL FROM "
        "(FROM near SEMI JOIN ties USING (place, started_at) QUALIFY row_number() OVER (PARTITION BY place, started_at "
        "ORDER BY ended_at DESC NULLS FIRST, key DESC NULLS LAST, outcome, ending) = 1)) "
        'SELECT own.moment, own.outcome, own.ending, asked.customer, own.key, asked."at", asked.score, '
        f'{named} AS named FROM (SELECT place, customer, "at", score FROM asked JOIN known USING ({names}) '
        f"WHERE asked.{kept} AND known.{kept}) AS asked ASOF JOIN own "
        f'ON asked.place = own.place AND asked."at" >= own.started_at WHERE {belongs}'
    )


def days_sql() -> str:
    """One row per moment, outcome and day of start: how many, and their first and last start, microseconds.

    Days are numbered as Python numbers them, and starts count, from 1 January of the year 1; that day is 1.
    """
    return (
        f"SELECT moment, outcome, begun // {DAY_US} + 1 AS day, count(*) AS count, min(begun), max(begun) "
        f"FROM (SELECT moment, outcome, epoch_us(started_at) + {_YEAR_1_US} AS begun FROM occurrences) "
        "GROUP BY moment, outcome, day"
    )


_YEAR_1_US = 719_162 * DAY_US  # from the year 1 to 1970


def signals_sql(most: int) -> str:
    """One row per kind of signal, and one for each of its spots with the most of them; frequent ones first.

    Columns: the kind, whether the row is of the kind as a whole, page, element, how many, of how many customers. To count
    distinct customers is dear, so it is done for these rows alone.

    Args:
        most: Spots per kind.
    """
    spot = (
        "signals.signal = top.signal AND signals.page IS NOT DISTINCT FROM top.page "
        "AND signals.element IS NOT DISTINCT FROM top.element"
    )
    return (
        "WITH counted AS MATERIALIZED (SELECT signal, grouping(page) = 1 AS is_whole, page, element, count(*) AS n "
        "FROM signals GROUP BY GROUPING SETS ((signal), (signal, page, element))), "
        "top AS MATERIALIZED (SELECT *, row_number() OVER () AS place FROM (FROM counted QUALIFY row_number() OVER "
        f"(PARTITION BY signal, is_whole ORDER BY n DESC, page, element) <= {most})), "
        "hurt_there AS (SELECT place, count(*) AS people FROM (SELECT DISTINCT place, customer FROM signals "
        f"JOIN (FROM top WHERE NOT is_whole) AS top ON {spot}) GROUP BY place), "
        "hurt AS (SELECT signal, count(*) AS people FROM (SELECT DISTINCT signal, customer FROM signals) GROUP BY signal) "
        "SELECT top.signal, is_whole, page, element, n, coalesce(hurt_there.people, hurt.people) AS people FROM top "
        "LEFT JOIN hurt_there USING (place) LEFT JOIN hurt ON hurt.signal = top.signal "
        "ORDER BY is_whole DESC, n DESC, top.signal, page, element"
    )
