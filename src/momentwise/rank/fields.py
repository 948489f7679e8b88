"""Fields: which field of a form costs the most trouble (D03), by the friction signals at its page and element.

Fields that nobody stumbled over are not among them, and how many people saw a field is not known: a field that more people
reach has more people to trouble.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from momentwise.define.evaluate import quote
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import wilson
from momentwise.rank.measures import read_number, read_whole

# What makes a place a field: these are signals of nothing else. An error is one of a field where it occurs at one.
FIELD_SIGNALS = ("premature_ask", "field_rework", "field_left_blank", "hesitation")
ERROR_SIGNALS = ("error_click", "error_seen")


class FieldRow(msgspec.Struct, frozen=True, kw_only=True):
    """The trouble with one field.

    Args:
        page: Where it is; empty where the log does not say.
        element: Its name.
        counts: How many signals of each rule.
        friction: The signals, each counted by its rule's weight.
        people: Customers who had one.
        seconds: The median, over these customers, of the longest of their signals here.
        given_up: Abandoned occurrences of moments of the decision stage in which the last trouble with a field was here.
        abandoned: All abandoned occurrences of these moments.
        share: `given_up` of `abandoned`; `None` where none was abandoned.
        share_interval: Wilson's, 95 %.
    """

    page: str
    element: str
    counts: Mapping[str, int]
    friction: float
    people: int
    seconds: float
    given_up: int
    abandoned: int
    share: float | None = None
    share_interval: tuple[float, float] | None = None


def rank_fields(evidence: Evidence) -> list[FieldRow]:
    """One row per field, that with the most friction first; of equals that with more people, then with more seconds.

    Args:
        evidence: Its tables `signals` and `occurrences`; rules that were not looked for count for nothing.
    """
    weights = {rule.name: rule.weight for rule in evidence.signals.rules if rule.name in FIELD_SIGNALS + ERROR_SIGNALS}
    if not set(weights) & set(FIELD_SIGNALS):
        return []
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for page, element, signal, count in evidence.ask(counts_sql(list(weights))):
        counts.setdefault((str(page), str(element)), {})[str(signal)] = read_whole(count)
    given_up = _given_up(evidence, list(weights))
    abandoned = sum(given_up.values())
    rows = []
    for page, element, people, seconds in evidence.ask(people_sql(list(weights))):
        place = (str(page), str(element))
        left = given_up.get(place, 0)
        rows.append(
            FieldRow(
                page=place[0],
                element=place[1],
                counts=dict(sorted(counts[place].items())),
                friction=sum(weights[name] * count for name, count in counts[place].items()),
                people=read_whole(people),
                seconds=read_number(seconds) or 0.0,
                given_up=left,
                abandoned=abandoned,
                share=left / abandoned if abandoned else None,
                share_interval=wilson(left, abandoned) if abandoned else None,
            )
        )
    return sorted(rows, key=lambda row: (-row.friction, -row.people, -row.seconds, row.page, row.element))


def _given_up(evidence: Evidence, rules: Sequence[str]) -> dict[tuple[str, str] | None, int]:
    """How many abandoned occurrences had their last trouble at each field; under `None` those that had none."""
    decisions = sorted({moment.name for moment in evidence.moments if moment.stage == "decision"})
    if not decisions:
        return {}
    return {
        None if element is None else (str(page), str(element)): read_whole(count)
        for page, element, count in evidence.ask(given_up_sql(rules, decisions))
    }


def _troubles(rules: Sequence[str]) -> str:
    """Every signal at a field; a place is a field where one of `FIELD_SIGNALS` was met."""
    return (
        "SELECT customer, signal::VARCHAR AS signal, \"at\", ended_at, seconds, coalesce(page, '') AS page, element "
        f"FROM signals WHERE element IS NOT NULL AND signal IN ({_listed(rules)}) "
        "AND (coalesce(page, ''), element) IN (SELECT (coalesce(page, ''), element) FROM signals "
        f"WHERE element IS NOT NULL AND signal IN ({_listed([name for name in rules if name in FIELD_SIGNALS])}))"
    )


def counts_sql(rules: Sequence[str]) -> str:
    """One row per field and rule: how many signals."""
    return f"SELECT page, element, signal, count(*) FROM ({_troubles(rules)}) GROUP BY ALL"


def people_sql(rules: Sequence[str]) -> str:
    """One row per field: how many customers, and the median of the longest signal of each."""
    return (
        "SELECT page, element, count(*), coalesce(median(longest), 0) FROM (SELECT page, element, customer, "
        f"max(seconds) AS longest FROM ({_troubles(rules)}) GROUP BY ALL) GROUP BY ALL"
    )


def given_up_sql(rules: Sequence[str], moments: Sequence[str]) -> str:
    """One row per field, and one without: how many abandoned occurrences had their last trouble there.

    Of several signals that began in the same instant the one that ended last is the last.
    """
    latest = (
        f'SELECT * FROM ({_troubles(rules)}) QUALIFY row_number() OVER (PARTITION BY customer, "at" '
        "ORDER BY ended_at DESC, page, element) = 1"
    )
    return (
        "SELECT CASE WHEN is_during THEN page END AS page, CASE WHEN is_during THEN element END AS element, count(*) "
        'FROM (SELECT page, element, trouble."at" >= own.started_at AS is_during FROM '
        f"(FROM occurrences WHERE outcome = 'abandoned' AND moment IN ({_listed(moments)})) AS own "
        f'ASOF LEFT JOIN ({latest}) AS trouble ON own.customer = trouble.customer AND own.ended_at >= trouble."at") '
        "GROUP BY ALL"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quote, names)) or "NULL"
