"""Merging: several findings about one fact become one, which keeps what each of them knew.

Some facts come twice: a missed target and the outcome it is about; a worse score of what came late, or the days on which
promises broke, and the broken promise; several signals at one control, or one control in several moments; a product fault
of some customers and that these customers have it harder, or that its moment ends badly; one segment that is worse in several
moments; one score that holds beside several behaviours that fall, or beside a segment for which they are low; and a friction or
a silence and a segment that are the same people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from momentwise.define.finding import Finding, Quote
from momentwise.rank.agreement import Place, place_of, sample_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_whole
from momentwise.rank.targets import OUTCOME_OF_RATE

# Two findings are the same people where at least so large a share of all their people is in both.
SAME_PEOPLE = 0.5

# A friction after which so few more of a hundred complete is the failure itself and no cause of it: the segment says for whom.
FAILURE = -0.9

# A segment lies within a friction where at least so large a share of it met it, and at most half of the moment's customers did.
WITHIN = 0.8

MOST_PAIRS = 12
MOST_QUOTES = 5

FRICTIONS, SEGMENT, PROMISE, GAP = ("friction", "small_many"), "segment", "broken_promise", "score_gap"
FAULT, SILENCE, DOUBT = "product_fault", "silence", "contradiction"

Join = Callable[[Finding, Finding], bool]
Absorb = Callable[[Finding, Finding], Finding]


def merge_findings(found: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """The findings, each fact once; the order of those that stay is kept."""
    merged = list(found)
    for joins in (_same_target, _same_promise, _same_days, _same_fault, _same_control, _same_segment):
        merged = _merge(merged, joins)
    merged = _merge(merged, _same_doubt)
    for joins in (_ends_badly, _always_so):
        merged = _merge(merged, joins, absorb_words)
    same, within = _same_people(merged, evidence)
    merged = _merge(merged, lambda keeper, other: (other.id, keeper.id) in same and _is_failure(other))
    merged = _merge(merged, lambda keeper, other: (keeper.id, other.id) in same, absorb_place)
    return _merge(merged, lambda keeper, other: (keeper.id, other.id) in within)


def absorb(keeper: Finding, other: Finding) -> Finding:
    """The keeper with what the other knew: sources, words, splits, and the differences that the keeper lacks."""
    sources = tuple(dict.fromkeys((*keeper.sources, *other.sources)))
    alike = keeper.moment == other.moment
    detail = " ".join(part for part in (keeper.detail, other.title) if part)
    lacking = {
        name: getattr(other, name)
        for name in ("seconds", "weekly_seconds", "completion", "emotion", "returning", "contacts", "next_step")
        if alike and not getattr(keeper, name)
    }
    firmer = "established" in (keeper.standing, other.standing) and keeper.standing != "priority"
    return msgspec.structs.replace(
        keeper,
        sources=sources,
        detail=detail,
        people=max(keeper.people, other.people) if alike else keeper.people,
        quotes=_quotes(keeper, other),
        splits=keeper.splits + other.splits,
        standing="established" if firmer else keeper.standing,
        **lacking,
    )


def absorb_words(keeper: Finding, other: Finding) -> Finding:
    """The keeper with the sources, words and splits of the other; its numbers compare other people with one another."""
    unnumbered = msgspec.structs.replace(
        other, seconds=None, weekly_seconds=None, completion=None, emotion=None, returning=None, contacts=None, people=0
    )
    return absorb(keeper, unnumbered)


def absorb_place(keeper: Finding, other: Finding) -> Finding:
    """The same, and the segment of the other where the keeper names none, with its date: who they are is not lost.

    The date is that of the moment in which the segment became worse, so only a keeper of that moment takes it.
    """
    where = keeper.where
    if not where.segment:
        since = other.where.since if keeper.moment == other.moment and where.since is None else where.since
        where = msgspec.structs.replace(where, segment=other.where.segment, since=since)
    return absorb(msgspec.structs.replace(keeper, where=where), other)


def _quotes(keeper: Finding, other: Finding) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys((*keeper.quotes, *other.quotes)))[:MOST_QUOTES]


def _merge(found: list[Finding], joins: Join, into: Absorb = absorb) -> list[Finding]:
    """Each finding that a keeper joins is absorbed by the first that does; keepers are tried in order."""
    kept = dict(enumerate(found))
    for place, keeper in enumerate(found):
        for other_place, other in enumerate(found):
            if place != other_place and place in kept and other_place in kept and joins(keeper, other):
                kept[place] = into(kept[place], kept.pop(other_place))
    return [kept[place] for place in sorted(kept)]


def _same_target(keeper: Finding, other: Finding) -> bool:
    """An outcome, and the target for that outcome or, of what did not complete at all, for the completion."""
    if other.kind != "target_missed" or keeper.moment != other.moment:
        return False
    target = other.id.rpartition("/")[2]
    if keeper.kind == "slow_tail":
        return target.endswith("_duration")
    outcome = OUTCOME_OF_RATE.get(target)
    return outcome is not None and keeper.id == f"{keeper.moment}/{outcome}"


def _same_promise(keeper: Finding, other: Finding) -> bool:
    """A broken promise, and what customers score, or that some end, late; of the same moment.

    A promise that is broken ends by its own name, such as 'late'; so it is the ending of which at least half are the
    promise's people.
    """
    if keeper.kind != PROMISE or other.kind not in (GAP, "ending_share") or keeper.moment != other.moment:
        return False
    completed = other.kind == "ending_share" or other.id.split("/")[1] == "score"
    alike = min(keeper.people, other.people) >= SAME_PEOPLE * max(keeper.people, other.people)
    return completed and alike and " was completed '" in other.title


def _same_days(keeper: Finding, other: Finding) -> bool:
    """A broken promise, and the days on which more promises than usual were broken."""
    return keeper.kind == PROMISE and other.kind == "spike" and other.where.signal == PROMISE


def _same_fault(keeper: Finding, other: Finding) -> bool:
    """A product fault of a segment, and that this segment, or some of it, has it harder, in whichever moment."""
    faulty = keeper.kind == FAULT and other.kind == SEGMENT and bool(keeper.where.segment)
    return faulty and keeper.where.segment.items() <= other.where.segment.items()


def _ends_badly(keeper: Finding, other: Finding) -> bool:
    """A product fault of a whole moment, and the score of those for whom that moment did not end well."""
    return keeper.kind == FAULT and not keeper.where.segment and other.kind == GAP and other.moment == keeper.moment


def _same_doubt(keeper: Finding, other: Finding) -> bool:
    """Two contradictions of one moment and segment."""
    alike = keeper.moment == other.moment and keeper.where.segment == other.where.segment
    return keeper.kind == DOUBT and other.kind == DOUBT and alike


def _always_so(keeper: Finding, other: Finding) -> bool:
    """A contradiction of a segment, and that this segment is worse in that moment than others are."""
    alike = keeper.moment == other.moment and keeper.where.segment == other.where.segment
    return keeper.kind == DOUBT and other.kind == SEGMENT and alike


def _same_segment(keeper: Finding, other: Finding) -> bool:
    """A segment, and the same, some of it or a wider one in another moment, in the same measure.

    The moment in which it does most harm stays: people times difference.
    """
    if keeper.kind != SEGMENT or other.kind != SEGMENT or keeper.moment == other.moment:
        return False
    one, two = keeper.where.segment.items(), other.where.segment.items()
    if keeper.estimate.unit != other.estimate.unit or not (one <= two or two <= one):
        return False
    return (_harm(keeper), keeper.id) > (_harm(other), other.id)


def _harm(finding: Finding) -> float:
    return finding.people * abs(finding.estimate.value or 0.0)


def _same_control(keeper: Finding, other: Finding) -> bool:
    """Two frictions at one page and element, or one signal of it in two moments.

    The one that takes more of the customers' time stays.
    """
    if keeper.kind not in FRICTIONS or other.kind not in FRICTIONS:
        return False
    one, two = keeper.where, other.where
    if not one.element or (one.page, one.element, one.segment) != (two.page, two.element, two.segment):
        return False
    alike = keeper.moment == other.moment or one.signal == two.signal
    return alike and _size(keeper) > _size(other)


def _size(finding: Finding) -> tuple[float, int, str]:
    weekly = finding.weekly_seconds.value if finding.weekly_seconds else None
    return weekly or 0.0, finding.people, finding.id


def _same_people(found: Sequence[Finding], evidence: Evidence) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs of a friction and a segment of one moment, or of a silence and a segment, that are mostly the same people.

    And pairs of a friction and a segment that lies within it.
    """
    firm = [(one, place_of(one, evidence)) for one in found if one.standing != "not established"]
    places = [place for _, place in firm]
    pairs = [
        (i, j)
        for i, (keeper, here) in enumerate(firm)
        for j, (other, there) in enumerate(firm)
        if other.kind == SEGMENT
        if keeper.kind == SILENCE or (keeper.kind in FRICTIONS and keeper.moment == other.moment)
        if here is not None and there is not None
    ][:MOST_PAIRS]
    if not pairs:
        return set(), set()
    counts = [read_whole(count) for count in evidence.ask(_overlap_sql(places, pairs, evidence))[0]]
    customers = {summary.moment: summary.people for summary in evidence.summaries}
    same, within = set(), set()
    for place, (i, j) in enumerate(pairs):
        both, own, others = counts[3 * place : 3 * place + 3]
        pair = firm[i][0].id, firm[j][0].id
        if both and both >= SAME_PEOPLE * (own + others - both):
            same.add(pair)
        elif both and both >= WITHIN * others and _is_rare(firm[i][0], customers):
            within.add(pair)
    return same, within


def _is_rare(finding: Finding, customers: Mapping[str, int]) -> bool:
    """Whether it is a friction that at most half of its moment's customers met."""
    return finding.kind in FRICTIONS and finding.people <= customers.get(finding.moment, 0) / 2


def _is_failure(finding: Finding) -> bool:
    """Whether next to nobody completes after it."""
    completion = finding.completion.value if finding.completion else None
    return finding.kind in FRICTIONS and completion is not None and completion <= FAILURE


def _overlap_sql(places: Sequence[Place | None], pairs: Sequence[tuple[int, int]], evidence: Evidence) -> str:
    """One row with three numbers per pair: how many customers are in both places, in the one, and in the other."""
    used = sorted({place for pair in pairs for place in pair})
    parts = []
    for table in ("occurrences", "signals"):
        flags = [
            f"bool_or({place.rows}) AS in{i}" for i in used if (place := places[i]) is not None and place.table == table
        ]
        if flags:
            parts.append(
                f"(SELECT customer, {', '.join(flags)} FROM {table} WHERE {sample_of(evidence)} GROUP BY customer)"
            )
    both = " FULL JOIN ".join(parts) + (" USING (customer)" if len(parts) > 1 else "")
    counts = ", ".join(
        f"count(*) FILTER (in{i} AND in{j}), count(*) FILTER (in{i}), count(*) FILTER (in{j})" for i, j in pairs
    )
    return f"SELECT {counts} FROM {both}"
