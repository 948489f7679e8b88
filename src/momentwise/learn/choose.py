"""From many pairs to few: first steps and final goals stay, inner steps, echoes and detours go, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from momentwise.define.span import HOUR_US
from momentwise.learn.pairs import Pair
from momentwise.learn.vocabulary import has_sense, is_raw

_ECHO = 0.87  # an event that nearly always follows, and nearly never comes alone, is the same step going on
_AS_MANY = 1.3  # what comes several times for each of the other is no echo of it
_LEAST_WORTH = 0.2
_LEAST_NEWS = 0.12
_SAME_START, _SAME_GOAL = 0.7, 0.6  # what a second moment of the same start, or goal, is still worth
_PART, _LINK = 0.6, 0.45  # what a part of a chain is worth beside the whole: from its first step, and inside of it
_PER_START = 6
_AT_ONCE, _ALWAYS, _SAFE = HOUR_US, 0.98, 0.5  # where nobody waits and nobody fails, little is at stake
_RAW, _WELL_NAMED = 0.35, 1.1


@dataclass(frozen=True)
class Dropped:
    """A pair that is more than chance and is not proposed, and why."""

    pair: Pair
    reason: str


def choose_pairs(pairs: Sequence[Pair], names: Sequence[str], most: int) -> tuple[list[Pair], list[Dropped]]:
    """The pairs to propose, strongest first, and those that are not, with the reason.

    Args:
        pairs: Every pair that is more than chance.
        names: The events' names.
        most: How many to propose at most.
    """
    echoes = find_echoes(pairs)
    kept, links, dropped = _without_inner_steps(list(pairs), echoes, names)
    kept, detours = _without_detours(kept, echoes, names)
    value = {pair: worth(pair, names) for pair in kept} | {pair: _LINK * worth(pair, names) for pair in links}
    for pair in find_parts(kept, echoes):
        value[pair] *= _PART
    chosen, rest = _most_different(value, names, most)
    return chosen, [*dropped, *detours, *rest]


def worth(pair: Pair, names: Sequence[str]) -> float:
    """How good a moment the pair would make, before others are looked at; the names are a tie-break."""
    start, goal = names[pair.start], names[pair.goal]
    value = pair.strength * (1 - pair.repeat)
    if is_raw(start):
        value *= _RAW
    if is_raw(goal):
        value *= _RAW
    if has_sense(goal, "goal"):
        value *= _WELL_NAMED
    if has_sense(goal, "failure"):
        value *= _RAW
    if pair.share >= _ALWAYS and pair.window_us <= _AT_ONCE:
        value *= _SAFE
    return value


def find_echoes(pairs: Sequence[Pair]) -> dict[int, set[int]]:
    """Per event, the events of which it is an echo: it nearly always follows them, and nearly never comes without."""
    found: dict[int, set[int]] = {}
    for pair in pairs:
        as_many = max(pair.starts, pair.ends) <= _AS_MANY * min(pair.starts, pair.ends)
        if pair.is_one_thing and as_many and min(pair.share, pair.need) >= _ECHO:
            found.setdefault(pair.goal, set()).add(pair.start)
    for _ in range(len(found)):  # an echo of an echo is one too
        for goal, sources in found.items():
            sources.update({earlier for m in sources for earlier in found.get(m, ())} - {goal})
    return found


def find_parts(pairs: Sequence[Pair], echoes: Mapping[int, set[int]]) -> list[Pair]:
    """The pairs of chains of echoes that begin after the first step or stop before the last."""
    last: dict[int, Pair] = {}
    inside = [pair for pair in pairs if pair.start in echoes.get(pair.goal, ())]
    for pair in inside:
        if pair.start not in last or (len(echoes[pair.goal]), pair.window_us) > (
            len(echoes[last[pair.start].goal]),
            last[pair.start].window_us,
        ):
            last[pair.start] = pair
    return [pair for pair in inside if last[pair.start] != pair or pair.start in echoes]


def _without_inner_steps(
    pairs: list[Pair], echoes: dict[int, set[int]], names: Sequence[str]
) -> tuple[list[Pair], list[Pair], list[Dropped]]:
    """Chains of echoes begin at their first step; what leads in leads to the first, what leads out starts at the nearest.

    Returns:
        What stays, the direct links inside of chains, which are worth less, and what goes.
    """
    known = {(pair.start, pair.goal): worth(pair, names) for pair in pairs}
    direct, stalls = find_links(pairs, echoes)
    kept, links, dropped = [], [], []
    for pair in pairs:
        reason = "" if pair in stalls else _inner(pair, echoes, known, names)
        if not reason:
            kept.append(pair)
        elif pair in direct:
            links.append(pair)
        else:
            dropped.append(Dropped(pair, reason))
    return kept, links, dropped


def find_links(pairs: Sequence[Pair], echoes: dict[int, set[int]]) -> tuple[set[Pair], set[Pair]]:
    """The direct links of all chains of echoes, and of each chain the one that takes longest: where people wait."""
    direct, stalls = set(), set()
    for origin in {m for sources in echoes.values() for m in sources if m not in echoes}:
        chain = {origin} | _chain(origin, echoes)
        inside = [pair for pair in pairs if pair.start in chain and pair.goal in chain]
        ways = {(one.start, one.goal) for one in inside}
        links = [pair for pair in inside if not any(_lies_between(m, pair, ways) for m in chain)]
        direct.update(links)
        if len(links) > 1:
            stalls.add(max(links, key=lambda pair: pair.window_us))
    return direct, stalls


def _lies_between(m: int, pair: Pair, ways: set[tuple[int, int]]) -> bool:
    return (pair.start, m) in ways and (m, pair.goal) in ways


def _inner(pair: Pair, echoes: dict[int, set[int]], known: dict[tuple[int, int], float], names: Sequence[str]) -> str:
    """Why a pair says no more than another one of the same chain; empty where it does."""
    own = known[pair.start, pair.goal]
    to_goal, to_start = echoes.get(pair.goal, set()), echoes.get(pair.start, set())
    earlier = [m for m in to_start if (m, pair.goal) in known]
    if pair.start in to_goal and earlier:
        return f"{names[pair.start]} is an inner step of what {names[earlier[0]]} begins"
    nearer = [m for m in (to_start | _chain(pair.start, echoes)) if known.get((m, pair.goal), 0) > own]
    if pair.start not in to_goal and nearer:
        return f"{names[nearer[0]]} is of the same chain and nearer to {names[pair.goal]}"
    outside = [m for m in to_goal - _chain(pair.start, echoes) if m != pair.start and (pair.start, m) in known]
    if outside:
        return f"{names[pair.goal]} only follows from {names[outside[0]]}"
    return ""


def _chain(start: int, echoes: dict[int, set[int]]) -> set[int]:
    """The echoes of an event."""
    return {event for event, sources in echoes.items() if start in sources}


def _without_detours(
    pairs: list[Pair], echoes: dict[int, set[int]], names: Sequence[str]
) -> tuple[list[Pair], list[Dropped]]:
    """A pair goes where two stronger ones lead the same way over a step between.

    Source: the data processing inequality, as in Margolin et al., ARACNE, BMC Bioinformatics 7 (2006): of three events in a
    row, the outer two never belong together more closely than either does with the middle.
    """
    value = {(pair.start, pair.goal): worth(pair, names) for pair in pairs}
    goals: dict[int, list[int]] = {}
    for pair in pairs:
        goals.setdefault(pair.start, []).append(pair.goal)
    kept, dropped = [], []
    for pair in pairs:
        own = value[pair.start, pair.goal]
        between = [
            m for m in goals[pair.start]
            if m != pair.goal and min(value[pair.start, m], value.get((m, pair.goal), 0)) >= own
        ]  # fmt: skip
        if between and pair.start not in echoes.get(pair.goal, ()):
            dropped.append(
                Dropped(pair, f"it leads over {names[between[0]]}, to which and from which the way is clearer")
            )
        else:
            kept.append(pair)
    return kept, dropped


def _most_different(value: Mapping[Pair, float], names: Sequence[str], most: int) -> tuple[list[Pair], list[Dropped]]:
    """The best pair, then the best of the rest with a discount for what is there already, and so on."""
    chosen: list[Pair] = []

    def news(pair: Pair) -> float:
        return value[pair] * _discount(pair, chosen)

    left = sorted(
        (pair for pair in value if worth(pair, names) >= _LEAST_WORTH), key=lambda pair: (pair.start, pair.goal)
    )
    loose = [Dropped(pair, "start and goal belong together only loosely") for pair in value if pair not in left]
    while left and len(chosen) < most:
        best = max(left, key=news)
        if news(best) < _LEAST_NEWS:
            break
        chosen.append(best)
        left.remove(best)
    full = f"there are {most} stronger ones"
    near = "a stronger proposal begins or ends with the same event"
    return chosen, [*(Dropped(pair, near if news(pair) < _LEAST_NEWS else full) for pair in left), *loose]


def _discount(pair: Pair, chosen: Sequence[Pair]) -> float:
    """What a pair keeps of its worth beside those that are chosen."""
    starts = sum(one.start == pair.start for one in chosen)
    goals = sum(one.goal == pair.goal for one in chosen)
    if starts >= _PER_START or any((one.start, one.goal) == (pair.goal, pair.start) for one in chosen):
        return 0.0
    return _SAME_START**starts * _SAME_GOAL**goals
