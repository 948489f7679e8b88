"""From many pairs to few: first steps and final goals stay, inner steps, echoes and detours go, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from momentwise.define.span import HOUR_US
from momentwise.learn.pairs import Pair
from momentwise.learn.vocabulary import has_sense, is_raw

_ECHO = 0.87  # an event that nearly always follows, and nearly never comes alone, is the same step going on
_AS_MANY = 1.3  # what comes several times for each of the other is no echo of it
_LEAST_WORTH = 0.2
_LEAST_NEWS = 0.08
_SAME_START, _SAME_GOAL = 0.7, 0.6  # what a second moment of the same start, or goal, is still worth
_PART, _LINK = 0.6, 0.35  # what a part of a chain is worth beside the whole: from its first step, and inside
_FULL = 0.5  # what one more is worth where a chain has as many proposals as links
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
    chosen, rest = _most_different(value, echoes, names, most)
    return chosen, [*dropped, *detours, *rest]


def worth(pair: Pair, names: Sequence[str]) -> float:
    """How good a moment the pair would make, before others are looked at; the names are a tie-break."""
    start, goal = names[pair.start], names[pair.goal]
    value = pair.strength * math.sqrt(1 - pair.repeat)  # who tries again is no stranger; a click that never rests is
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
    """The direct links of all chains of echoes, and of each chain the pair that ends with its longest wait.

    That pair begins at the first step, as the wait does for the customer, unless it would then be the whole chain.
    """
    direct, stalls = set(), set()
    for origin in {m for sources in echoes.values() for m in sources if m not in echoes}:
        chain = {origin} | _chain(origin, echoes)
        inside = [pair for pair in pairs if pair.start in chain and pair.goal in chain]
        ways = {(one.start, one.goal) for one in inside}
        links = [pair for pair in inside if not any(_lies_between(m, pair, ways) for m in chain)]
        direct.update(links)
        if len(links) > 1:
            longest = max(links, key=lambda pair: pair.window_us)
            whole = max(chain, key=lambda event: len(echoes.get(event, ())))
            begins = [one for one in inside if (one.start, one.goal) == (origin, longest.goal) and one.goal != whole]
            stalls.add(begins[0] if begins else longest)
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
    if to_goal and pair.start not in to_goal:
        return f"{names[pair.goal]} only follows from {names[min(to_goal, key=lambda m: len(echoes.get(m, ())))]}"
    return ""


def _chain(start: int, echoes: dict[int, set[int]]) -> set[int]:
    """The echoes of an event."""
    return {event for event, sources in echoes.items() if start in sources}


def _without_detours(
    pairs: list[Pair], echoes: dict[int, set[int]], names: Sequence[str]
) -> tuple[list[Pair], list[Dropped]]:
    """A pair goes where two stronger ones explain it: a way over a step between, or one step that both follow from.

    Source: the data processing inequality, as in Margolin et al., ARACNE, BMC Bioinformatics 7 (2006): of three events in a
    row, the outer two never belong together more closely than either does with the middle.
    """
    value = {(pair.start, pair.goal): worth(pair, names) for pair in pairs}
    kept, dropped = [], []
    for pair in pairs:
        own, is_chain = value[pair.start, pair.goal], pair.start in echoes.get(pair.goal, ())
        goals = [m for (start, m) in value if start == pair.start and m != pair.goal]
        causes = [c for (c, goal) in value if goal == pair.start and c != pair.goal]
        between = [m for m in goals if min(value[pair.start, m], value.get((m, pair.goal), 0)) >= own]
        common = [c for c in causes if min(value[c, pair.start], value.get((c, pair.goal), 0)) > own]
        if between and not is_chain:
            way = f"it leads over {names[between[0]]}, to which and from which the way is clearer"
            dropped.append(Dropped(pair, way))
        elif common and not is_chain:
            dropped.append(Dropped(pair, f"both follow from {names[common[0]]}"))
        else:
            kept.append(pair)
    return kept, dropped


def _most_different(
    value: Mapping[Pair, float], echoes: dict[int, set[int]], names: Sequence[str], most: int
) -> tuple[list[Pair], list[Dropped]]:
    """The best pair, then the best of the rest with a discount for what is there already, and so on."""
    chosen: list[Pair] = []

    def news(pair: Pair) -> float:
        return value[pair] * _discount(pair, chosen) * (_FULL if _is_chain_full(pair, chosen, echoes) else 1)

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
    full = "others are stronger, and there is room for so many only"
    near = "a stronger proposal begins or ends with the same event"
    return chosen, [*(Dropped(pair, near if news(pair) < _LEAST_NEWS else full) for pair in left), *loose]


def _is_chain_full(pair: Pair, chosen: Sequence[Pair], echoes: dict[int, set[int]]) -> bool:
    """Whether as many pairs of the chain are chosen as it has links."""
    if pair.start not in echoes.get(pair.goal, ()):
        return False
    origin = next(m for m in (pair.start, *sorted(echoes[pair.goal])) if m not in echoes)
    chain = {origin} | _chain(origin, echoes)
    return sum(one.start in chain and one.goal in chain for one in chosen) >= len(chain) - 1


def _discount(pair: Pair, chosen: Sequence[Pair]) -> float:
    """What a pair keeps of its worth beside those that are chosen."""
    starts = sum(one.start == pair.start for one in chosen)
    goals = sum(one.goal == pair.goal for one in chosen)
    if starts >= _PER_START or any((one.start, one.goal) == (pair.goal, pair.start) for one in chosen):
        return 0.0
    return _SAME_START**starts * _SAME_GOAL**goals
