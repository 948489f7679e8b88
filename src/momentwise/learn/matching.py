"""Which proposed moments are the declared ones: they begin and complete with the same events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from momentwise.define.moment import Moment, Trigger


def match_moments(proposed: Sequence[Moment], declared: Sequence[Moment]) -> dict[str, str]:
    """Per declared moment that is among the proposed, the proposed moment's name.

    Two moments agree where they share an event that starts them and one that completes them; conditions, windows and keys
    may differ. The proposal whose sets of events are the same goes first, and no proposal is taken twice.

    Args:
        proposed: In the order in which they are to be taken.
        declared: What is to be found; versions of one moment count as one.
    """
    pairs = []
    for place, mine in enumerate(proposed):
        for number, other in enumerate(declared):
            starts, goals = _overlap(mine.start, other.start), _overlap(mine.complete, other.complete)
            if starts and goals:
                pairs.append((-(starts + goals), number, place))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, number, place in sorted(pairs):
        name, other_name = declared[number].name, proposed[place].name
        if name not in found and other_name not in taken:
            found[name] = other_name
            taken.add(other_name)
    return {moment.name: found[moment.name] for moment in declared if moment.name in found}


def _overlap(mine: Iterable[Trigger], other: Iterable[Trigger]) -> float:
    """How alike two sets of events are, 0–1 (Jaccard)."""
    left, right = _events(mine), _events(other)
    return len(left & right) / len(left | right) if left | right else 0.0


def _events(triggers: Iterable[Trigger]) -> set[str]:
    return {name for trigger in triggers for name in trigger.events}
