"""The journey with its feelings: how often customers of a moment showed worry, anger or joy, and where nothing happened.

Three readings of signals, each a share of a moment's occurrences: what is read is what customers did and scored, not
what they felt.
"""

from __future__ import annotations

import msgspec

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import wilson
from momentwise.rank.queries import of_moment

# Signals by the feeling that they are a sign of.
FEELINGS: dict[str, tuple[str, ...]] = {
    "anxiety": ("silence", "hesitation", "wavering", "contact_after_message", "contact_after_self_service", "premature_ask"),
    "frustration": (
        "rage_click", "dead_click", "error_click", "error_seen", "field_rework", "repeated_search", "empty_search",
        "repeat_contact", "channel_hop", "unanswered_query", "retold_story", "broken_promise", "low_score",
        "repeated_authentication", "unresolved_at_exit",
    ),
    "excitement": ("high_score", "fast_resolution", "thanks", "share", "referral"),
}  # fmt: skip

# A wait inside a moment is shown as a stretch from this many seconds on, and where it is seen so often.
LONG_SECONDS, LEAST_OFTEN, MOST_STRETCHES = 6 * 3600.0, 30, 3


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing happened: the median between one event and the next."""

    after: str
    before: str
    seconds: Estimate


class Feelings(msgspec.Struct, frozen=True, kw_only=True):
    """What customers met and showed in one moment.

    Args:
        moment: The moment.
        frictions: Friction signals while it was under way.
        anxiety: Share of occurrences with a sign of worry.
        frustration: With a sign of anger.
        excitement: With a sign of joy.
        stretches: Long waits inside it.
    """

    moment: str
    frictions: Estimate | None
    anxiety: Estimate | None
    frustration: Estimate | None
    excitement: Estimate | None
    stretches: tuple[Stretch, ...]


def measure_feelings(evidence: Evidence) -> list[Feelings]:
    """The readings of every moment, in the order of the moments."""
    counted = {str(row[0]): [int(str(value)) for value in row[1:]] for row in evidence.ask(_counts_sql(evidence))}
    stretches = _stretches(evidence)
    found = []
    for moment in evidence.moments:
        volume, *counts, frictions = counted.get(moment.name, [0, 0, 0, 0, 0])
        readings = [
            _share(moment.name, feeling, count, volume) for feeling, count in zip(FEELINGS, counts, strict=True)
        ]
        rows = _during(moment.name, _frictions_sql(evidence))
        met = Estimate(float(frictions * evidence.parts), frictions, "count", rows=rows, table="signals")
        found.append(
            Feelings(
                moment=moment.name,
                frictions=met if volume else None,
                anxiety=readings[0],
                frustration=readings[1],
                excitement=readings[2],
                stretches=stretches.get(moment.name, ()),
            )
        )
    return found


def _share(moment: str, feeling: str, count: int, volume: int) -> Estimate | None:
    if volume == 0:
        return None
    signals = f"signal IN ({', '.join(map(quote, FEELINGS[feeling]))})"
    low, high = wilson(count, volume)
    rows = (
        f"{of_moment(moment)} AND EXISTS (FROM signals AS s WHERE s.{signals} AND s.customer = occurrences.customer "
        "AND s.at >= occurrences.started_at AND (occurrences.ended_at IS NULL OR s.at <= occurrences.ended_at))"
    )
    return Estimate(count / volume, volume, "share", low, high, rows)


def _during(moment: str, kept: str) -> str:
    return (
        f"{kept} AND EXISTS (FROM occurrences AS o WHERE o.{of_moment(moment)} AND o.customer = signals.customer "
        "AND signals.at >= o.started_at AND (o.ended_at IS NULL OR signals.at <= o.ended_at))"
    )


def _frictions_sql(evidence: Evidence) -> str:
    names = [rule.name for rule in evidence.signals.rules if rule.archetype == "friction"]
    return f"signal IN ({', '.join(map(quote, names))})" if names else "false"


def _counts_sql(evidence: Evidence) -> str:
    """One row per moment: occurrences, those with each feeling, and friction signals met."""
    bits = [
        f"bit_or(CASE WHEN signal IN ({', '.join(map(quote, names))}) THEN {1 << n} ELSE 0 END)"
        for n, names in enumerate(FEELINGS.values())
    ]
    felt = " | ".join(bits)
    return (
        "WITH o AS (SELECT moment, customer, started_at, ended_at, row_number() OVER () AS id FROM occurrences), "
        's AS (SELECT customer, signal, "at" FROM signals), '
        f"met AS (SELECT id, {felt} AS felt, count(*) FILTER ({_frictions_sql(evidence)}) AS frictions FROM o JOIN s ON "
        's.customer = o.customer AND s."at" >= o.started_at AND (o.ended_at IS NULL OR s."at" <= o.ended_at) GROUP BY id) '
        "SELECT moment, count(*), count(*) FILTER (felt & 1 <> 0), count(*) FILTER (felt & 2 <> 0), "
        "count(*) FILTER (felt & 4 <> 0), coalesce(sum(frictions), 0)::BIGINT FROM o LEFT JOIN met USING (id) GROUP BY moment"
    )


def _stretches(evidence: Evidence) -> dict[str, tuple[Stretch, ...]]:
    rows = evidence.ask(
        "SELECT moment, event, next, count, p50_seconds FROM flow WHERE moment IS NOT NULL AND next IS NOT NULL "
        f"AND p50_seconds >= {LONG_SECONDS} AND count >= {LEAST_OFTEN} ORDER BY moment, count * p50_seconds DESC"
    )
    found: dict[str, tuple[Stretch, ...]] = {}
    for moment, event, following, count, seconds in rows:
        known = found.get(str(moment), ())
        if len(known) < MOST_STRETCHES:
            pair = f"{of_moment(str(moment))} AND event = {quote(str(event))} AND next = {quote(str(following))}"
            half = Estimate(float(str(seconds)), int(str(count)), "seconds", rows=pair, table="flow")
            found[str(moment)] = (*known, Stretch(after=str(event), before=str(following), seconds=half))
    return found
