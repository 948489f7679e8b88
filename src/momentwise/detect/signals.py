"""The signals' automata: the state of one customer + one event → new state and the signals that it completes.

What each shape means stands in `define.signal.SignalRule`; its slow, obvious twin in `reference_signals`. Rage clicks,
which look at positions, have a room of their own (`rage`).
"""

from __future__ import annotations

from typing import NamedTuple

from momentwise.define.signal import LONGEST_STAY_US, MOST_WAITING
from momentwise.detect.compiling import inlined
from momentwise.detect.plan import (
    BURST,
    CHAIN,
    CLEAR,
    EACH,
    FIRST,
    LEARNED_ANSWER,
    LEARNED_DWELL,
    LEARNED_GAP,
    LONE,
    LULL,
    MISSING,
    NEVER,
    OVERDUE,
    PAUSE,
    THEN,
    TURN,
    U_AHEAD,
    U_COUNT,
    U_LEARNED,
    U_LEAST,
    U_LIMIT,
    U_MEASURE,
    U_SHAPE,
    U_WITHIN,
    Int64s,
)
from momentwise.detect.rage import click, end_burst
from momentwise.detect.waiting import (
    E_AT,
    E_PAGE,
    N_BEFORE,
    N_SEEN,
    W_AT,
    W_COUNT,
    W_DUE,
    W_LAST,
    W_NAME,
    W_PAGE,
    Watch,
    add_entry,
    drop_entry,
    emit_entry,
    has_other_key,
    is_match,
    is_same_place,
)

# A measured time that the event does not carry.
NO_MEASURE = -(1 << 62)

# So many of a customer's pauses only teach the pace.
_TEACHING = 2

# The customer's last `clear`, in the rule's row of `pace`: when, and whether there was one.
C_AT, C_SEEN = 0, 1


class LimitTables(NamedTuple):
    """What was learned, by number; `NEVER` where nothing was.

    Args:
        answers: Per page.
        dwells: Per page.
        gaps: Per event's name.
        silent: Per rule 1 where it is not looked for.
    """

    answers: Int64s
    dwells: Int64s
    gaps: Int64s
    silent: Int64s


@inlined
def hear(
    rules: Int64s,
    limits: LimitTables,
    rule: int,
    roles: int,
    measured: int,
    in_decision: bool,
    watch: Watch,
    out: Int64s,
) -> None:
    """One rule hears of the event at hand (`watch.event`).

    Args:
        rules: The plan's table, columns `U_…`.
        limits: What was learned.
        rule: Its number.
        roles: What the event is to it.
        measured: The event's measured time, or `NO_MEASURE`.
        in_decision: Whether `first` counts; false for a rule of decisions while none is open.
        watch: Changed in place.
        out: Rows are appended at `meta[N_EMITTED]`.
    """
    if limits.silent[rule]:
        return
    shape = rules[rule, U_SHAPE]
    if not in_decision:
        roles &= ~FIRST
    if shape == EACH:
        if roles & FIRST:
            _each(rules, limits, rule, measured, watch, out)
    elif shape == TURN:
        _turn(rules, limits, rule, roles, watch, out)
    elif shape == LONE:
        _lone(rules, rule, roles, watch, out)
    elif shape == PAUSE:
        _pause(rules, rule, roles, watch, out)
    elif shape == BURST:
        _burst(rules, rule, roles, watch, out)
    else:
        _wait(rules, limits, rule, roles, measured, watch, out)


@inlined
def _burst(rules: Int64s, rule: int, roles: int, watch: Watch, out: Int64s) -> None:
    if roles & CLEAR:
        end_burst(rule, watch, out)
        watch.counts[rule] = 0
    if roles & FIRST:
        click(rules, rule, watch, out)


@inlined
def _each(rules: Int64s, limits: LimitTables, rule: int, measured: int, watch: Watch, out: Int64s) -> None:
    took = 0
    if rules[rule, U_MEASURE] >= 0:
        if measured == NO_MEASURE:
            return
        own = limits.answers[watch.event[E_PAGE]] if rules[rule, U_LEARNED] == LEARNED_ANSWER else NEVER
        if measured <= rules[rule, U_LIMIT] and (measured <= own or measured <= rules[rule, U_LEAST]):
            return
        took = measured
    row = add_entry(watch, rule)
    emit_entry(watch, rule, row, watch.event[E_AT], 1, took, out)
    watch.counts[rule] = 0


@inlined
def _turn(rules: Int64s, limits: LimitTables, rule: int, roles: int, watch: Watch, out: Int64s) -> None:
    """One entry: the page at hand, in `W_DUE` the page before it."""
    if roles & CLEAR:
        watch.counts[rule] = 0
    if not roles & FIRST or watch.event[E_PAGE] == 0:
        return
    row, before, at = rule * MOST_WAITING, 0, watch.event[E_AT]
    if watch.counts[rule] == 1:
        before = watch.entries[row, W_PAGE]
        stay = at - watch.entries[row, W_AT]
        back = watch.event[E_PAGE] == watch.entries[row, W_DUE] and watch.event[E_PAGE] != before
        longest = limits.dwells[before] if rules[rule, U_LEARNED] == LEARNED_DWELL else NEVER
        if back and stay <= rules[rule, U_WITHIN] and stay <= longest:
            emit_entry(watch, rule, row, at, 2, stay, out)
            before = 0
        if stay > LONGEST_STAY_US:
            before = 0
        watch.counts[rule] = 0
    add_entry(watch, rule)
    watch.entries[row, W_DUE] = before


@inlined
def _lone(rules: Int64s, rule: int, roles: int, watch: Watch, out: Int64s) -> None:
    within, at = rules[rule, U_WITHIN], watch.event[E_AT]
    if watch.counts[rule] == 1:
        row = rule * MOST_WAITING
        if at - watch.entries[row, W_AT] > within:
            emit_entry(watch, rule, row, watch.entries[row, W_AT], 1, 0, out)
        watch.counts[rule] = 0
    alone = watch.meta[N_SEEN] == 0 or at - watch.meta[N_BEFORE] > within
    if roles & FIRST and alone:
        add_entry(watch, rule)


@inlined
def _pause(rules: Int64s, rule: int, roles: int, watch: Watch, out: Int64s) -> None:
    row, at, pace = rule * MOST_WAITING, watch.event[E_AT], watch.pace
    if roles & CLEAR and watch.counts[rule] == 1 and is_match(rules, rule, watch, row):
        watch.counts[rule] = 0
    if roles & THEN and watch.counts[rule] == 1 and is_match(rules, rule, watch, row):
        took = at - watch.entries[row, W_AT]
        if pace[rule, 1] >= _TEACHING and rules[rule, U_LEAST] <= took <= rules[rule, U_WITHIN]:
            usual = pace[rule, 0] // pace[rule, 1]
            if took >= rules[rule, U_COUNT] * usual:
                emit_entry(watch, rule, row, at, 2, took, out)
        pace[rule, 0] += min(took, rules[rule, U_WITHIN])
        pace[rule, 1] += 1
        watch.counts[rule] = 0
    if roles & FIRST and not (watch.counts[rule] == 1 and is_same_place(rules, rule, watch, row)):
        watch.counts[rule] = 0
        add_entry(watch, rule)


@inlined
def _wait(rules: Int64s, limits: LimitTables, rule: int, roles: int, measured: int, watch: Watch, out: Int64s) -> None:
    """The shapes with entries: chain, follow, missing, overdue and lull."""
    shape, at = rules[rule, U_SHAPE], watch.event[E_AT]
    if watch.counts[rule] > 0:
        expire_rule(rules, rule, watch, at, out)
    if roles & CLEAR:
        _clear(rules, rule, watch, out)
        if rules[rule, U_AHEAD]:
            watch.pace[rule, C_AT], watch.pace[rule, C_SEEN] = at, 1
    if roles & THEN:
        if shape in (MISSING, OVERDUE):
            _answer(rules, rule, watch)
        elif shape != CHAIN:
            _follow(rules, limits, rule, watch, out)
    if roles & FIRST and not _is_cleared_ahead(rules, rule, watch):
        _begin(rules, rule, measured, watch)


@inlined
def _begin(rules: Int64s, rule: int, measured: int, watch: Watch) -> None:
    """A `first` joins what waits at its place, or takes its place and waits."""
    shape, at, known = rules[rule, U_SHAPE], watch.event[E_AT], -1
    for place in range(watch.counts[rule]):
        if is_same_place(rules, rule, watch, rule * MOST_WAITING + place):
            known = place
    if shape in (CHAIN, MISSING) and known >= 0:
        row = rule * MOST_WAITING + known
        watch.entries[row, W_COUNT] += 1
        watch.entries[row, W_LAST] = at
        return
    if shape == OVERDUE and (measured == NO_MEASURE or measured < at):
        return
    if shape == LULL:
        _answer(rules, rule, watch)
    elif known >= 0:
        drop_entry(watch, rule, known)
    row = add_entry(watch, rule)
    watch.entries[row, W_DUE] = measured if shape == OVERDUE else at + rules[rule, U_WITHIN]


@inlined
def _is_cleared_ahead(rules: Int64s, rule: int, watch: Watch) -> bool:
    """Whether the last `clear` still holds for the event at hand."""
    if not rules[rule, U_AHEAD] or watch.pace[rule, C_SEEN] == 0:
        return False
    return bool(watch.event[E_AT] - watch.pace[rule, C_AT] <= rules[rule, U_WITHIN])


@inlined
def expire_rule(rules: Int64s, rule: int, watch: Watch, now: int, out: Int64s) -> None:
    """What waits too long by `now` becomes a signal, or is forgotten; what is due at `now` is not."""
    shape, within, place = rules[rule, U_SHAPE], rules[rule, U_WITHIN], 0
    while place < watch.counts[rule]:
        row = rule * MOST_WAITING + place
        entries = watch.entries
        if shape == CHAIN:
            is_over = entries[row, W_LAST] + within < now
            if is_over:
                _end_chain(rules, rule, watch, row, out)
        elif shape in (MISSING, OVERDUE):
            is_over = entries[row, W_DUE] < now
            if is_over:
                due = entries[row, W_DUE]
                emit_entry(watch, rule, row, due, entries[row, W_COUNT], due - entries[row, W_AT], out)
        else:
            is_over = entries[row, W_AT] + within < now
        if is_over:
            drop_entry(watch, rule, place)
        else:
            place += 1


@inlined
def _end_chain(rules: Int64s, rule: int, watch: Watch, row: int, out: Int64s) -> None:
    entries = watch.entries
    if entries[row, W_COUNT] >= rules[rule, U_COUNT]:
        took = entries[row, W_LAST] - entries[row, W_AT]
        emit_entry(watch, rule, row, entries[row, W_LAST], entries[row, W_COUNT], took, out)


@inlined
def _clear(rules: Int64s, rule: int, watch: Watch, out: Int64s) -> None:
    """Take back what matches; chains end there, wherever that is."""
    place, is_chain = 0, rules[rule, U_SHAPE] == CHAIN
    while place < watch.counts[rule]:
        row = rule * MOST_WAITING + place
        if (is_chain and not has_other_key(watch, row)) or (not is_chain and is_match(rules, rule, watch, row)):
            if is_chain:
                _end_chain(rules, rule, watch, row, out)
            drop_entry(watch, rule, place)
        else:
            place += 1


@inlined
def _answer(rules: Int64s, rule: int, watch: Watch) -> None:
    """Everything that matches is answered."""
    place = 0
    while place < watch.counts[rule]:
        if is_match(rules, rule, watch, rule * MOST_WAITING + place):
            drop_entry(watch, rule, place)
        else:
            place += 1


@inlined
def _follow(rules: Int64s, limits: LimitTables, rule: int, watch: Watch, out: Int64s) -> None:
    """Every entry that matches ends; the latest of them is the signal, unless it began too short a time ago."""
    at, place, is_latest = watch.event[E_AT], watch.counts[rule] - 1, True
    while place >= 0:
        row = rule * MOST_WAITING + place
        if is_match(rules, rule, watch, row):
            took = at - watch.entries[row, W_AT]
            if is_latest and took >= _least(rules, limits, rule, watch.entries[row, W_NAME]):
                emit_entry(watch, rule, row, at, 2, took, out)
            is_latest = False
            drop_entry(watch, rule, place)
        place -= 1


@inlined
def _least(rules: Int64s, limits: LimitTables, rule: int, name: int) -> int:
    least: int = rules[rule, U_LEAST]
    if rules[rule, U_LEARNED] == LEARNED_GAP and limits.gaps[name] != NEVER:
        least = max(least, limits.gaps[name])
    return least


@inlined
def finish_signals(rules: Int64s, limits: LimitTables, watch: Watch, data_end: int, out: Int64s) -> None:
    """The data end: what is past its deadline is a signal, chains end, the rest is forgotten, and the state is empty."""
    for rule in range(len(rules)):
        shape = rules[rule, U_SHAPE]
        if watch.counts[rule] > 0 and not limits.silent[rule]:
            if shape in (MISSING, OVERDUE):
                expire_rule(rules, rule, watch, data_end, out)
            elif shape == CHAIN:
                for place in range(watch.counts[rule]):
                    _end_chain(rules, rule, watch, rule * MOST_WAITING + place, out)
            elif shape == BURST:
                end_burst(rule, watch, out)
            elif shape == LONE:
                row = rule * MOST_WAITING
                if data_end - watch.entries[row, W_AT] > rules[rule, U_WITHIN]:
                    emit_entry(watch, rule, row, watch.entries[row, W_AT], 1, 0, out)
        watch.counts[rule] = 0
        watch.pace[rule, 0], watch.pace[rule, 1] = 0, 0
    watch.held[:] = 0
    watch.meta[N_SEEN] = 0
