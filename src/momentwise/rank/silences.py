"""Silences: the longest stretches between two steps of a moment in which the company says nothing, and what they bring.

A stretch begins with an event of the rule `silence` (a step or a word of the company) and ends with the step that came
next. Its length comes from the table `flow`, and so does how often a contact or an exit came before that step. Whether
scores fall with the length is read from `scores` beside the longest wait of each occurrence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, Split, Standing, Where
from momentwise.define.moment import Moment
from momentwise.define.signal import SignalRule
from momentwise.define.span import DAY_US, SECOND_US
from momentwise.rank.contrasts import FEWEST, Contrast, compare_means, compare_shares, share_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_number, read_sample, read_whole
from momentwise.rank.phrases import say_label, say_span
from momentwise.rank.queries import of_moment

RULE = "silence"

# Of one moment the two longest stretches, of all moments the five longest; what follows is shorter than what a customer remembers.
MOST_OF_MOMENT = 2
MOST_STRETCHES = 5

# Contacts cluster in a stretch where one in twenty more of the times end so than after other steps.
LEAST_MORE = 0.05

# Scores are compared where the longest waits are really longer, and count where chance hardly gives as much: several
# stretches are asked.
LEAST_SPREAD, MOST_CHANCE = 1.5, 0.001

# A stretch that few occurrences pass through is not the way the moment goes.
LEAST_OF_MOMENT = 0.05

_REASON = "How long nobody said anything is your own times; that it troubles customers goes together, and is not shown to be its effect."


class _Stretch(NamedTuple):
    """What happens between two steps of a moment.

    Args:
        moment: The moment.
        event: The step or word after which it is quiet.
        following: The step that ends it.
        times: How often.
        half: Median length, seconds.
        tail: 90th percentile, seconds.
        asked: How often a contact or an exit came first.
        early: When about a quarter of these had come, seconds; `None` where there are none.
        elsewhere: How often a contact or an exit came, and out of how many, after the moment's other steps.
    """

    moment: Moment
    event: str
    following: str
    times: int
    half: float
    tail: float
    asked: int
    early: float | None
    elsewhere: tuple[int, int]


def find_silences(evidence: Evidence) -> list[Finding]:
    """One finding per long stretch between two steps, the longest first; none where the rule `silence` is off."""
    rule = evidence.signals.rule(RULE)
    if rule is None:
        return []
    rows = evidence.ask(
        "SELECT moment, event, next, sum(count)::BIGINT AS count, max(p10_seconds), max(p50_seconds), max(p90_seconds) "
        "FROM flow WHERE moment IS NOT NULL GROUP BY moment, event, next"
    )
    found: dict[tuple[str, str], _Stretch] = {}
    for moment in evidence.moments:
        for stretch in _stretches(moment, rule, [row[1:] for row in rows if row[0] == moment.name]):
            steps = stretch.event, stretch.following
            if steps not in found or _fit(stretch) > _fit(found[steps]):
                found[steps] = stretch
    longest = sorted(found.values(), key=lambda stretch: -stretch.half)[:MOST_STRETCHES]
    return [_finding(evidence, stretch) for stretch in longest]


def _stretches(moment: Moment, rule: SignalRule, rows: Sequence[Sequence[object]]) -> list[_Stretch]:
    """The moment's longest stretches; several moments may hold the same one."""
    words = {name for trigger in rule.first for name in trigger.events}
    asking = {name for trigger in rule.then for name in trigger.events}
    counts = {(str(row[0]), str(row[1])): read_whole(row[2]) for row in rows if row[1] is not None}
    most = max(counts.values(), default=0)
    usual = {  # what most often comes next; a rarer way round is no silence of its own
        event: max(
            (n, following) for (one, following), n in counts.items() if one == event and following not in asking
        )[1]
        for event in words
        if any(one == event and following not in asking for one, following in counts)
    }
    found = []
    for event, following, count, _, half, tail in rows:
        length = read_number(half) or 0.0
        if following is None or following == event or usual.get(str(event)) != following:
            continue
        if read_whole(count) < max(FEWEST, LEAST_OF_MOMENT * most) or length * SECOND_US < max(rule.least_us, 1):
            continue
        asked = [row for row in rows if row[0] == event and row[1] in asking]
        others = [(key, n) for key, n in counts.items() if key[0] != event and key[0] not in asking]
        found.append(
            _Stretch(
                moment,
                str(event),
                str(following),
                read_whole(count),
                length,
                read_number(tail) or length,
                sum(read_whole(row[2]) for row in asked),
                _early(asked),
                (sum(n for key, n in others if key[1] in asking), sum(n for _, n in others)),
            )
        )
    return sorted(found, key=lambda stretch: -stretch.half)[:MOST_OF_MOMENT]


def _early(asked: Sequence[Sequence[object]]) -> float | None:
    """When about a quarter of those who ask have asked: between the tenth and the half, over all ways of asking."""
    times = sum(read_whole(row[2]) for row in asked)
    if not times:
        return None
    middles = [((read_number(row[3]) or 0.0) + (read_number(row[4]) or 0.0)) / 2 for row in asked]
    return sum(middle * read_whole(row[2]) for middle, row in zip(middles, asked, strict=True)) / times


def _fit(stretch: _Stretch) -> tuple[bool, int]:
    """How well a stretch sits in its moment: it is the wait for the moment's own end, then how often it happens."""
    ends = {name for trigger in stretch.moment.complete for name in trigger.events}
    return stretch.following in ends, stretch.times


def _finding(evidence: Evidence, stretch: _Stretch) -> Finding:
    contacts, emotion = _contacts(stretch), _emotion(evidence, stretch)
    standing, why = _standing(contacts, emotion)
    long = f"{of_moment(stretch.moment.name)} AND {_touched(evidence, stretch, contacts, standing)}"
    volume, waited, people = (
        read_whole(part)
        for part in evidence.ask(
            f"SELECT count(*), count(*) FILTER ({long}), count(DISTINCT customer) FILTER ({long}) FROM occurrences "
            f"WHERE {of_moment(stretch.moment.name)}"
        )[0]
    )
    share = share_of(waited, volume, long)
    if not waited:
        share, people = _asked_share(stretch), stretch.times // evidence.parts  # the flow is that of all customers
    return Finding(
        id=f"{stretch.moment.name}/silence/{stretch.event}/{stretch.following}",
        moment=stretch.moment.name,
        kind=RULE,
        title=_title(stretch),
        detail=_detail(stretch, contacts, emotion),
        estimate=share,
        people=people,
        grade="C",
        grade_reason=_REASON,
        sources=_sources(contacts, emotion),
        standing=standing,
        standing_reason=why,
        where=Where(signal=RULE, step=stretch.event),
        emotion=emotion,
        splits=(_lengths(stretch),),
        next_step=_next_step(stretch, contacts),
    )


def _touched(evidence: Evidence, stretch: _Stretch, contacts: Contrast | None, standing: Standing) -> str:
    """The condition that gives whom it touches.

    Where contacts cluster, asking cuts the wait short: everybody who waited at least as long as the rule's least. Where
    only scores fall, those with the longest waits, which they fall with. Otherwise those who waited as long as most.
    """
    if _clusters(contacts):
        rule = evidence.signals.rule(RULE)
        least = rule.least_us / SECOND_US if rule else 0.0
        return f"longest_wait_seconds >= {quote(min(least, stretch.half))}"
    if standing == "established":
        return f"longest_wait_seconds >= {quote(stretch.tail)}{_apart(evidence, stretch)}"
    return f"longest_wait_seconds >= {quote(stretch.half)}"


def _rows(stretch: _Stretch) -> str:
    return f"{of_moment(stretch.moment.name)} AND event = {quote(stretch.event)} AND next = {quote(stretch.following)}"


def _asked_share(stretch: _Stretch) -> Estimate:
    """Share of the stretches that a contact or an exit cut short; its rows are lines of the flow, with counts."""
    return share_of(stretch.asked, stretch.times + stretch.asked, _rows(stretch), "flow")


def _lengths(stretch: _Stretch) -> Split:
    lengths = {"the middle customer": stretch.half, "one in ten, or longer": stretch.tail}
    parts = tuple(
        (name, Estimate(value, stretch.times, "seconds", rows=_rows(stretch), table="flow"))
        for name, value in lengths.items()
    )
    return Split(title="How long nothing is said", parts=parts)


def _contacts(stretch: _Stretch) -> Contrast | None:
    """Share of these stretches that a contact or an exit cuts short, minus that after the moment's other steps."""
    asked, n = stretch.asked, stretch.times + stretch.asked
    elsewhere, others = stretch.elsewhere
    return compare_shares((asked, n), (elsewhere, others)) if min(n, others) >= FEWEST else None


def _emotion(evidence: Evidence, stretch: _Stretch) -> Estimate | None:
    """Mean score of those who waited at least as long as one in ten, minus that of those who waited less than half."""
    name = of_moment(stretch.moment.name)
    if stretch.moment.by is None or stretch.tail < LEAST_SPREAD * stretch.half:
        return None
    compared = (
        f"{name} AND (longest_wait_seconds >= {quote(stretch.tail)} OR longest_wait_seconds < {quote(stretch.half)})"
        f"{_apart(evidence, stretch)}"
    )
    row = evidence.ask(
        "SELECT count(score) FILTER (long), avg(score) FILTER (long), var_samp(score) FILTER (long), "
        "count(score) FILTER (NOT long), avg(score) FILTER (NOT long), var_samp(score) FILTER (NOT long) FROM "
        f"(SELECT s.score, o.longest_wait_seconds >= {quote(stretch.tail)} AS long FROM "
        f"(SELECT * FROM scores WHERE {name}) AS s JOIN (SELECT DISTINCT ON (customer, key) customer, key, "
        f"longest_wait_seconds FROM occurrences WHERE {compared}) AS o ON o.customer = s.customer AND o.key = s.key)"
    )[0]
    long, short = read_sample(row[:3]), read_sample(row[3:])
    both = (
        f"{name} AND score IS NOT NULL AND (customer, key) IN (SELECT customer, key FROM occurrences WHERE {compared})"
    )
    found = compare_means(long, short) if min(long.n, short.n) >= FEWEST else None
    return found.estimate(long.n + short.n, "score", both, "scores") if found and found.p < MOST_CHANCE else None


def _apart(evidence: Evidence, stretch: _Stretch) -> str:
    """The condition that leaves out what broke a promise, to be put behind another one: that is a finding of its own."""
    rule = evidence.signals.rule("broken_promise")
    if rule is None or stretch.moment.by is None or rule.by != stretch.moment.by:
        return ""
    broken = "SELECT customer, key FROM signals WHERE signal = 'broken_promise' AND key IS NOT NULL"
    return f" AND (customer, key) NOT IN ({broken})"


def _standing(contacts: Contrast | None, emotion: Estimate | None) -> tuple[Standing, str]:
    if _clusters(contacts):
        return "established", ""
    if emotion is not None and emotion.high is not None and emotion.high < 0:
        return "established", ""
    return "observed", "Neither contacts nor scores show that customers mind it."


def _clusters(contacts: Contrast | None) -> bool:
    """Whether contacts and exits fall into the stretch more often than after other steps."""
    return contacts is not None and contacts.low > 0 and contacts.value >= LEAST_MORE


def _sources(contacts: Contrast | None, emotion: Estimate | None) -> tuple[str, ...]:
    falls = emotion is not None and emotion.high is not None and emotion.high < 0
    return ("behaviour", *(("contacts",) if _clusters(contacts) else ()), *(("survey",) if falls else ()))


def _title(stretch: _Stretch) -> str:
    return (
        f"After '{say_label(stretch.event)}' customers hear nothing until '{say_label(stretch.following)}': "
        f"{say_span(stretch.half)} in the middle, {say_span(stretch.tail)} or longer for one in ten."
    )


def _detail(stretch: _Stretch, contacts: Contrast | None, emotion: Estimate | None) -> str:
    said = []
    if stretch.asked:
        share = 100 * stretch.asked / (stretch.times + stretch.asked)
        compared = (
            "" if contacts is None else f", against {100 * stretch.elsewhere[0] / stretch.elsewhere[1]:.1f} % elsewhere"
        )
        said.append(f"{stretch.asked:,} contacts or exits fall into it ({share:.1f} % of the times{compared}).")
    if emotion is not None and emotion.value is not None and emotion.low is not None and emotion.high is not None:
        said.append(
            f"Who waited {say_span(stretch.tail)} or longer scored {emotion.value:+.2f} [{emotion.low:+.2f}, "
            f"{emotion.high:+.2f}] against who waited less than {say_span(stretch.half)}, broken promises "
            "left out.".replace("-", "\u2212")
        )
    return " ".join(said)


def _next_step(stretch: _Stretch, contacts: Contrast | None) -> str:
    """A status message before most of the questions come; where few ask, at half of the usual wait."""
    asked = stretch.early if _clusters(contacts) else None
    day = max(1, math.floor((asked or stretch.half / 2) * SECOND_US / DAY_US))
    return (
        f"Send a message on day {day} after '{say_label(stretch.event)}': what happens now, and when "
        f"'{say_label(stretch.following)}' will be."
    )
