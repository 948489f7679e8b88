"""From a log of events to proposed moments: pairs are found, chosen, walked through and described."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from momentwise.define.span import DAY_US, HOUR_US, MINUTE_US, SECOND_US, format_span
from momentwise.learn.choose import Dropped, choose_pairs, find_echoes, find_parts, worth
from momentwise.learn.log import Log, group_by, join_runs
from momentwise.learn.pairs import Pair, Tables, find_pairs, measure_pair, measure_tables
from momentwise.learn.passes import OnTheWay, Passes, find_longest_wait, find_on_the_way, walk_passes
from momentwise.learn.proposal import Discovery, Ending, Evidence, NotProposed, Proposal
from momentwise.learn.vocabulary import (
    guess_archetype,
    guess_intent,
    guess_stage,
    has_sense,
    is_contact,
    is_raw,
    words_of,
)

MOST_PROPOSALS = 15
_MOST_NAMES = 100
_SPANS_US = tuple(
    [n * SECOND_US for n in (1, 2, 5, 10, 20, 30)] + [n * MINUTE_US for n in (1, 2, 3, 5, 10, 15, 30, 45)]
    + [n * HOUR_US for n in (1, 2, 3, 4, 6, 8, 12)] + [n * DAY_US for n in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)]
)  # fmt: skip
_SLACK = 2.0  # a window is this much longer than the time in which nearly all goals come
_LEAST_PASSES = 5
_RUN_US = 30 * MINUTE_US
_ONLY_FOLLOWS = 0.8
_TERMINAL = 0.7  # share of an event that ends what bears its number
_RARE = 0.003  # of passes; what is rarer says nothing
_HARDLY_EVER = 0.2  # of the usual share
_INSIDE = 0.5  # a failure happens mostly in passes, an escalation in fewer than half of them
_LEAST_RISE = 1.5
_LEAST_RETURN = 0.1
_FEW = 100
_MOST_ENDINGS = 4
_SHORTEST_US = MINUTE_US  # what takes people less is one step, and a window of seconds would count a pause as a failure


def discover_moments(
    log: Log, rng: np.random.Generator, *, most: int = MOST_PROPOSALS, sampled: float = 1.0
) -> Discovery:
    """The moments that the events of some customers propose.

    Args:
        log: The events.
        rng: Deals out names for the comparison with chance.
        most: How many to propose at most.
        sampled: Share (0–1) of all customers that the log holds.
    """
    steps = _steps(log)
    runs = join_runs(steps, _RUN_US)
    tables = measure_tables(runs, rng)
    pairs = find_pairs(runs, tables)
    returns = _returns(steps, tables, pairs)[:most]
    chosen, dropped = choose_pairs(pairs, steps.names, most - len(returns))
    context = _Context(steps, pairs)
    proposals = [_propose(context, pair, is_return=True) for pair in returns]
    proposals += [_propose(context, pair, is_return=False) for pair in chosen]
    ranked = sorted(proposals, key=lambda one: -one.stake)
    used = {
        name for one in ranked for name in (one.start, one.complete, *(e.event for e in (*one.escalate, *one.fail)))
    }
    counts = log.count()
    unused = [(name, int(counts[place])) for place, name in enumerate(log.names) if name not in used and counts[place]]
    return Discovery(
        proposals=tuple(_with_names(ranked)),
        not_proposed=tuple(_tell_dropped(dropped, steps.names)),
        unused=tuple(sorted(unused, key=lambda item: (-item[1], item[0]))),
        customers=len(np.unique(log.customer)),
        events=len(log),
        sampled=sampled,
    )


class _Context:
    """The events that passes are walked over, and what the pairs say about them.

    Args:
        log: The events.
        pairs: Every pair that is more than chance.
    """

    def __init__(self, log: Log, pairs: Sequence[Pair]) -> None:
        self.log = log
        self.goals = frozenset(pair.goal for pair in pairs)
        asks = {place for place, name in enumerate(log.names) if is_contact(name, log.channels.get(name, ""))}
        # A note of a call is no call of its own.
        self.contacts = asks - {p.goal for p in pairs if p.start in asks and min(p.share, p.need) >= _ONLY_FOLLOWS}
        self.last = {name: last_of_key(log, name) for name in log.keys}


def _steps(log: Log) -> Log:
    """The most frequent events that somebody would name, numbered anew; all where a tracker wrote nearly everything."""
    counts = log.count()
    named = np.array(
        [count > 0 and not is_raw(name) for name, count in zip(log.names, counts, strict=True)], dtype=bool
    )
    if named.sum() < 2:
        named[:] = counts > 0
    kept = np.sort(np.argsort(-np.where(named, counts, 0), kind="stable")[: min(_MOST_NAMES, named.sum())])
    numbers = np.full(len(log.names), -1)
    numbers[kept] = np.arange(len(kept))
    some = log.where(numbers[log.event] >= 0)
    names = tuple(log.names[place] for place in kept)
    return Log(some.customer, some.at_us, numbers[some.event], names, some.keys, log.channels, log.totals)


def last_of_key(log: Log, by: str) -> np.ndarray:
    """Per name, the share (0–1) of its events that are the last of their value of a field; 0 where none carries it."""
    groups = group_by(log, by)
    is_last = np.concatenate([np.diff(groups.customer) != 0, [True]])[: len(groups)]
    found: np.ndarray = np.bincount(groups.event[is_last], minlength=len(log.names)) / np.maximum(log.count(), 1)
    return found


def _returns(log: Log, tables: Tables, pairs: Sequence[Pair]) -> list[Pair]:
    """From the last step of a chain back to its first: people who come again."""
    echoes = find_echoes(pairs)
    people = log.count_customers()
    parts = find_parts(pairs, echoes)
    found = []
    for whole in pairs:
        is_whole = whole.by and whole.start in echoes.get(whole.goal, ()) and whole not in parts
        if not is_whole or is_contact(log.names[whole.start], log.channels.get(log.names[whole.start], "")):
            continue
        window = _typical_return(log, whole.goal, whole.start)
        if window:
            pair = measure_pair(tables, whole.goal, whole.start, int(people[whole.goal]))
            found.append(replace(pair, by="", window_us=window))
    return found


def _typical_return(log: Log, last: int, origin: int) -> int:
    """The time within which most who come back do so, microseconds; 0 where hardly anybody does."""
    longest = (log.end_us - log.begin_us) // 2
    passes = walk_passes(log, last, origin, "", longest)
    if len(passes) < _LEAST_PASSES or passes.share < _LEAST_RETURN:
        return 0
    return int(passes.quantile_us(0.9))


def nice_span_us(span_us: float) -> int:
    """The first of a few round spans that is not shorter.

    Example:
        >>> nice_span_us(40 * MINUTE_US) == 45 * MINUTE_US
        True
    """
    return next((span for span in _SPANS_US if span >= span_us), _SPANS_US[-1])


def _propose(context: _Context, pair: Pair, *, is_return: bool) -> Proposal:
    log = context.log
    start, goal = log.names[pair.start], log.names[pair.goal]
    within_us = max(nice_span_us(pair.window_us * (1.0 if is_return else _SLACK)), _SHORTEST_US)
    passes = walk_passes(log, pair.start, pair.goal, pair.by, within_us)
    on_the_way = [
        one
        for one in find_on_the_way(log, passes, pair.by)
        if one.event not in (pair.start, pair.goal) and one.passes >= max(_LEAST_PASSES, _RARE * len(passes))
    ]
    escalate = [one for one in on_the_way if one.event in context.contacts and _escalates(one, passes)]
    fail = [one for one in on_the_way if one not in escalate and _fails(context, one, passes, pair.by)]
    seen = [one for one in on_the_way if one not in escalate and one not in fail and one.event not in context.goals]
    evidence = _evidence(log, pair, passes)
    proposal = Proposal(
        name="",
        about=_about(start, goal, evidence),
        intent="buy" if is_return else guess_intent(start, goal),
        stage="retention" if is_return else guess_stage(start, goal),
        archetype=guess_archetype(start, goal, is_return),
        by=pair.by,
        start=start,
        complete=goal,
        within_us=within_us,
        escalate=_endings(log, escalate, passes),
        fail=_endings(log, fail, passes),
        seen=tuple(_seen(log, seen, passes)),
        evidence=evidence,
        is_return=is_return,
        stake=_stake(pair, passes, log.names, is_return),
    )
    return msgspec.structs.replace(proposal, doubts=tuple(_doubts(log, proposal)))


def _evidence(log: Log, pair: Pair, passes: Passes) -> Evidence:
    longest = find_longest_wait(log, passes, pair.by)
    return Evidence(
        passes=len(passes),
        people=passes.people,
        share=passes.share,
        chance=pair.chance,
        need=pair.need,
        median_seconds=passes.quantile_us(0.5) / SECOND_US,
        p90_seconds=passes.quantile_us(0.9) / SECOND_US,
        tried_again=float((passes.tries > 1).mean()) if len(passes) else 0.0,
        waits_after=log.names[longest[0]] if longest else "",
        wait_seconds=longest[1] / SECOND_US if longest else 0.0,
        strength=pair.strength,
    )


def _escalates(one: OnTheWay, passes: Passes) -> bool:
    return one.rise >= _LEAST_RISE and one.passes <= _INSIDE * len(passes)


def _fails(context: _Context, one: OnTheWay, passes: Passes, by: str) -> bool:
    """Whether the goal hardly ever comes after it, and its name or its being the last of its number says why."""
    if one.event in context.contacts or one.event in context.goals:
        return False
    is_last = bool(by) and context.last[by][one.event] >= _TERMINAL
    says_so = is_last or has_sense(context.log.names[one.event], "failure")
    return says_so and one.goal_after <= _HARDLY_EVER * passes.share and one.inside >= _INSIDE


def _endings(log: Log, found: Sequence[OnTheWay], passes: Passes) -> tuple[Ending, ...]:
    """The most frequent first."""
    ordered = sorted(found, key=lambda one: -one.passes)[:_MOST_ENDINGS]
    return tuple(
        Ending(
            event=log.names[one.event],
            passes=one.passes,
            share=one.passes / len(passes),
            goal_after=one.goal_after,
            rise=one.rise,
            within_us=nice_span_us(one.within_us),
        )
        for one in ordered
    )


def _seen(log: Log, rest: Sequence[OnTheWay], passes: Passes) -> list[str]:
    """Events that go with a missed goal, or whose name speaks of failure, and that were made no part of the moment."""
    found = []
    for one in sorted(rest, key=lambda one: -one.passes):
        name = log.names[one.event]
        hurts = one.goal_after < 0.7 * passes.share
        if has_sense(name, "failure") or (hurts and one.inside >= _INSIDE):
            found.append(
                f"{name} came in {one.passes:,} of {len(passes):,}; afterwards the goal came in {one.goal_after:.0%}"
            )
    return found[:_MOST_ENDINGS]


def _about(start: str, goal: str, evidence: Evidence) -> str:
    said = f"After {_plain(start)}, {evidence.share:.0%} come to {_plain(goal)}"
    if evidence.share > 0:
        said += f", half of them within {format_span(evidence.median_seconds * SECOND_US)}"
    return said + "."


def _plain(name: str) -> str:
    return " ".join(words_of(name)) or name


def _stake(pair: Pair, passes: Passes, names: Sequence[str], is_return: bool) -> float:
    missing = min(1 - passes.share, 0.6)
    weight = 0.3 if is_return else worth(pair, names)
    return weight * float(np.log10(1 + passes.people)) * (0.1 + missing)


def _doubts(log: Log, proposal: Proposal) -> list[str]:
    """What a person should look at, in the order of its weight."""
    evidence = proposal.evidence
    found = ["intent, stage and archetype are guesses from the names"]
    if evidence.passes < _FEW:
        found.append(f"only {evidence.passes} passes were seen")
    if proposal.within_us * 2 > log.end_us - log.begin_us:
        found.append("the window is longer than half of the data; what takes longer cannot be seen")
    if evidence.need < 0.5 and not proposal.is_return:
        found.append(
            f"only {evidence.need:.0%} of {proposal.complete} have {proposal.start} before them; there are other ways to it"
        )
    if proposal.is_return:
        found.append("whether coming back is meant to happen within this time is for you to say")
    if evidence.share > 0.97:
        found.append("nearly nobody fails; perhaps the time that it takes matters more, or the moment is not needed")
    if not proposal.escalate and not proposal.fail:
        found.append("nothing was seen that escalates or fails it")
    return found


def _with_names(proposals: Sequence[Proposal]) -> list[Proposal]:
    found: list[Proposal] = []
    taken: set[str] = set()
    for place, one in enumerate(proposals, start=1):
        name = name_moment(one.start, one.complete, one.is_return) or f"moment-{place}"
        if name in taken and name_moment(one.start, one.complete):
            name = f"{_slug(words_of(one.start))}-to-{_slug(words_of(one.complete))}"
        if name in taken:
            name = f"{name}-{place}"
        taken.add(name)
        found.append(msgspec.structs.replace(one, name=name))
    return found


def name_moment(start: str, goal: str, is_return: bool = False) -> str:
    """A name from the events' words; empty where they have no letters that a name may have.

    Example:
        >>> name_moment("checkout_started", "order_placed"), name_moment("order_placed", "order_delivered")
        ('checkout-to-order', 'order-to-delivered')
    """
    begins, ends = words_of(start), words_of(goal)
    if is_return:
        return f"{_slug(_thing(ends))}-again" if _slug(_thing(ends)) else ""
    first, last = _slug(_thing(begins)), _slug(_thing(ends))
    if first == last:
        last = _slug(ends[-1:])
    return f"{first}-to-{last}" if first and last else ""


def _thing(words: Sequence[str]) -> Sequence[str]:
    """The words without the last, which mostly says what happened to the thing."""
    return words[:-1] if len(words) > 1 else words


def _slug(words: Collection[str]) -> str:
    text = unicodedata.normalize("NFKD", "-".join(words)).encode("ascii", "ignore").decode().lower()
    return "-".join(part for part in text.split("-") if part)


def _tell_dropped(dropped: Sequence[Dropped], names: Sequence[str]) -> list[NotProposed]:
    ordered = sorted(dropped, key=lambda one: -worth(one.pair, names))
    return [
        NotProposed(names[one.pair.start], names[one.pair.goal], one.reason, one.pair.share, one.pair.starts)
        for one in ordered
    ]
