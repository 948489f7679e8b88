"""Delight opportunities: customers for whom a small, unexpected kindness would come at the right time, and is allowed (D22).

Four rules, all of which must hold for an occurrence that completed in the last 30 days of the data: the expectation was
met (it ended in the usual way, and no promise to this customer was broken), it is personal (a returning customer),
it is unexpected (no moment of delight, and no fast answer, in the 90 days before), and it is allowed (the customer has
not refused, and no complaint of theirs is open).
"""

from __future__ import annotations

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.finding import Estimate, Finding, MomentSummary
from momentwise.define.moment import Moment
from momentwise.define.signal import OVERDRAWN
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_whole
from momentwise.rank.queries import of_moment

KIND = "delight_opportunity"
RECENT_DAYS, UNEXPECTED_DAYS, OPEN_DAYS = 30, 90, 30
FEWEST_PEOPLE = 30

# Signals of a complaint that nobody has answered, or of a customer who has had enough.
COMPLAINTS = ("unanswered_query", "repeat_contact", "broken_promise", "unresolved_at_exit", OVERDRAWN)
DELIGHTS = ("fast_resolution",)

# What a customer may have said about being addressed, as properties are usually called.
REFUSALS = ("consent", "marketing_consent", "opt_in")
_REFUSED = ("false", "no", "0", "denied", "revoked")


def find_delights(evidence: Evidence) -> list[Finding]:
    """One observed opportunity per moment of delight with at least `FEWEST_PEOPLE` customers."""
    found = []
    for summary in evidence.summaries:
        moment = evidence.moment(summary.moment)
        usual = next((one.ending for one in summary.endings if one.outcome == "completed"), None)
        if moment.archetype != "delight" or usual is None:
            continue
        rows = opportunity_rows(moment, usual, evidence)
        [(n, people)] = evidence.ask(f"SELECT count(*), count(DISTINCT customer) FROM occurrences WHERE {rows}")
        if read_whole(people) >= FEWEST_PEOPLE:
            found.append(_finding(summary, read_whole(n), read_whole(people), rows))
    return found


def _finding(summary: MomentSummary, n: int, people: int, rows: str) -> Finding:
    name = summary.moment.replace("-", " ")
    return Finding(
        id=f"{summary.moment}/delight",
        moment=summary.moment,
        kind=KIND,
        title=f"{people:,} returning customers had '{name}' go well in the last {RECENT_DAYS} days, and may be delighted.",
        detail=(
            "Their expectation was met, nothing kind came their way for 90 days, none has refused, and none has an open "
            "complaint."
        ),
        estimate=Estimate(float(n), n, "count", rows=rows),
        grade="D",
        grade_reason="An opportunity by four rules; whether a kindness works must be tried.",
        people=people,
        sources=("behaviour",),
        standing="observed",
        standing_reason="An opportunity, not a harm.",
        next_step="Choose one small, personal gesture, and try it on half of them.",
    )


def opportunity_rows(moment: Moment, usual: str, evidence: Evidence) -> str:
    """The condition over `occurrences` that gives those that fulfil all four rules.

    Args:
        moment: Of archetype delight.
        usual: The usual completed ending.
        evidence: For the end of the data, the properties and the other moments.
    """
    end = f"make_timestamptz({evidence.until_us})"
    recent = f"ended_at > {end} - INTERVAL {RECENT_DAYS} DAY"
    met = f"outcome = 'completed' AND coalesce(ending, '') = {quote(usual)}"
    parts = [of_moment(moment.name), recent, met, "is_returning", *_unexpected(evidence, end), *_allowed(evidence, end)]
    return " AND ".join(parts)


def _unexpected(evidence: Evidence, end: str) -> list[str]:
    """No other delight in the time before: none that was completed earlier, and no signal of one."""
    others = ", ".join(quote(moment.name) for moment in evidence.moments if moment.archetype == "delight")
    since = f"{end} - INTERVAL {UNEXPECTED_DAYS} DAY"
    recent = f"{end} - INTERVAL {RECENT_DAYS} DAY"
    return [
        (
            f"customer NOT IN (SELECT customer FROM occurrences WHERE moment IN ({others}) AND outcome = 'completed' "
            f"AND ended_at > {since} AND ended_at <= {recent})"
        ),
        (
            f"customer NOT IN (SELECT customer FROM signals WHERE signal IN ({', '.join(map(quote, DELIGHTS))}) "
            f'AND "at" > {since})'
        ),
    ]


def _allowed(evidence: Evidence, end: str) -> list[str]:
    """No refusal, no signal of a complaint lately, and no open occurrence that began with a contact."""
    refused = ", ".join(map(quote, _REFUSED))
    asked = [
        f"coalesce(lower(properties.{quote_name(name)}), '') NOT IN ({refused})"
        for name in REFUSALS
        if name in evidence.properties
    ]
    complaints = ", ".join(map(quote, COMPLAINTS))
    contacts = {
        name
        for rule in (evidence.signals.rule("unanswered_query"), evidence.signals.rule("repeat_contact"))
        if rule
        for trigger in rule.first
        for name in trigger.events
    }
    waiting = [
        quote(moment.name)
        for moment in evidence.moments
        if contacts & {name for trigger in moment.start for name in trigger.events}
    ]
    still_open = (
        [
            f"customer NOT IN (SELECT customer FROM occurrences WHERE moment IN ({', '.join(waiting)}) AND outcome = 'open')"
        ]
        if waiting
        else []
    )
    return [
        *asked,
        (
            f"customer NOT IN (SELECT customer FROM signals WHERE signal IN ({complaints}) "
            f'AND coalesce(ended_at, "at") > {end} - INTERVAL {OPEN_DAYS} DAY)'
        ),
        *still_open,
    ]
