"""What happens and is in no declared moment: steps that no moment names, and proposals that nobody has declared."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from momentwise.define.moment import Moment, Trigger
from momentwise.learn.log import Int64s, Log
from momentwise.learn.matching import match_moments
from momentwise.learn.proposal import Proposal
from momentwise.learn.vocabulary import is_raw

_LEAST_PEOPLE = 20


class HiddenStep(msgspec.Struct, frozen=True, kw_only=True):
    """An event that no declared moment names, with the way that leads through it.

    Args:
        event: Its name.
        events: How many there are.
        people: How many customers have one.
        after: The event that mostly stands before it; empty where most often nothing does.
        after_share: In what share (0–1) of times.
        before: The event that mostly follows; empty where most often nothing does.
        before_share: In what share (0–1) of times.
    """

    event: str
    events: int
    people: int
    after: str
    after_share: float
    before: str
    before_share: float


def to_moment(proposal: Proposal) -> Moment:
    """The proposal as a moment that is declared."""
    escalate = tuple(Trigger((one.event,), within_us=one.within_us) for one in proposal.escalate)
    return Moment(
        name=proposal.name,
        about=proposal.about,
        intent=proposal.intent,
        stage=proposal.stage,
        archetype=proposal.archetype,
        by=proposal.by or None,
        start=(Trigger((proposal.start,)),),
        complete=(Trigger((proposal.complete,), within_us=proposal.within_us),),
        escalate=escalate,
        fail=tuple(Trigger((one.event,)) for one in proposal.fail),
        abandon_after_us=proposal.abandon_after_us,
    )


def undeclared(proposals: Sequence[Proposal], declared: Sequence[Moment]) -> tuple[Proposal, ...]:
    """The proposals that are none of the declared moments, in their order."""
    known = set(match_moments([to_moment(one) for one in proposals], declared).values())
    return tuple(one for one in proposals if one.name not in known)


def find_hidden_steps(log: Log, declared: Sequence[Moment], least_people: int = _LEAST_PEOPLE) -> list[HiddenStep]:
    """Frequent events that no declared moment names, by customers, most first; what a tracker writes by itself is left out.

    Args:
        log: The events.
        declared: The moments of a playbook.
        least_people: How many customers make an event frequent.
    """
    named = {name for moment in declared for trigger in moment.triggers for name in trigger.events}
    steps = log.where(np.array([not is_raw(name) for name in log.names], dtype=bool)[log.event])
    people, counts = log.count_customers(), log.count()
    found = []
    for place, name in enumerate(log.names):
        if name in named or is_raw(name) or people[place] < least_people:
            continue
        after, after_share = _neighbour(steps, place, -1)
        before, before_share = _neighbour(steps, place, 1)
        found.append(
            HiddenStep(
                event=name,
                events=int(counts[place]),
                people=int(people[place]),
                after=after,
                after_share=after_share,
                before=before,
                before_share=before_share,
            )
        )
    return sorted(found, key=lambda step: (-step.people, step.event))


def tell_hidden_step(step: HiddenStep) -> str:
    """The step and its way, in one sentence."""
    way = " → ".join(name or "(nothing)" for name in (step.after, step.event, step.before))
    return (
        f"{step.event}: {step.events:,} times, {step.people:,} customers; mostly {way} "
        f"({step.after_share:.0%} come from there, {step.before_share:.0%} go there)"
    )


def _neighbour(steps: Log, event: int, direction: int) -> tuple[str, float]:
    """The other event that stands most often directly before (-1) or after (1) one, and in what share of times."""
    changed = np.concatenate([[True], (np.diff(steps.event) != 0) | (np.diff(steps.customer) != 0)])
    line, whose = steps.event[changed], steps.customer[changed]
    rows = np.flatnonzero(line == event)
    others = rows + direction
    inside = (others >= 0) & (others < len(line))
    same = np.zeros(len(rows), dtype=bool)
    same[inside] = whose[others[inside]] == whose[rows[inside]]
    codes: Int64s = np.where(same, line[np.clip(others, 0, len(line) - 1)], -1)
    values, counts = np.unique(codes, return_counts=True)
    most = int(np.argmax(counts))
    name = steps.names[values[most]] if values[most] >= 0 else ""
    return name, float(counts[most] / counts.sum())
