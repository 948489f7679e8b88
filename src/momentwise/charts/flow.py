"""A moment's steps in the order in which customers take them, and how many leave after each.

The table `flow` counts what came directly after what. Customers go back and forth, so there is no order that every one of
them follows; this is the one that the fewest steps run against.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from momentwise.charts.facts import FlowFacts, FlowRow, FlowStep
from momentwise.charts.rows import count_rows, quote_sql
from momentwise.define.finding import Estimate

MOST_STEPS = 14


class FunnelStep(msgspec.Struct, frozen=True):
    """One step as the page draws it: its bar and its leak in percent of the widest bar."""

    step: FlowStep
    width: float
    leak: float
    left: Estimate
    share: Estimate


class Funnel(msgspec.Struct, frozen=True):
    """A moment's steps, the one after which most leave, and how many rarer steps are not shown."""

    steps: tuple[FunnelStep, ...]
    worst: FunnelStep | None
    hidden: int


def order_steps(moment: str, rows: Sequence[FlowRow]) -> FlowFacts:
    """The steps of one moment, each before what mostly follows it.

    Args:
        moment: The moment's name.
        rows: Its rows of the table `flow`, in any order.

    Source:
        Eades, Lin and Smyth (1993), "A fast and effective heuristic for the feedback arc set problem": take away sources
        and sinks, and else the node whose outflow most exceeds its inflow.
    """
    follows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    events: set[str] = set()
    for row in rows:
        events.add(row.event)
        if row.next:
            events.add(row.next)
            if row.next != row.event:
                follows[row.event][row.next] += row.count
    steps = [_step(event, rows) for event in _least_backward(events, follows)]
    going_on = [step for step in steps if not step.outcome]
    endings = sorted((step for step in steps if step.outcome), key=lambda step: (-step.reached, step.event))
    return FlowFacts(moment=moment, steps=tuple(going_on + endings))


def view_funnel(flow: FlowFacts) -> Funnel | None:
    """The flow as the page draws it; `None` for fewer than two steps."""
    if len(flow.steps) < 2:
        return None
    widest = max(1, *(step.reached for step in flow.steps))
    shown = sorted(flow.steps, key=lambda step: -step.reached)[:MOST_STEPS]
    steps = tuple(_draw(flow.moment, step, widest) for step in flow.steps if step in shown)
    leaking = [step for step in steps if step.step.left]
    worst = max(leaking, key=lambda step: step.step.left) if leaking else None
    return Funnel(steps=steps, worst=worst, hidden=len(flow.steps) - len(steps))


def _draw(moment: str, step: FlowStep, widest: int) -> FunnelStep:
    rows = f"moment = {quote_sql(moment)} and last_step = {quote_sql(step.event)} and outcome = 'abandoned'"
    share = Estimate(step.left / step.reached if step.reached else None, step.reached, "share", rows=rows)
    return FunnelStep(
        step=step,
        width=round(100 * step.reached / widest, 2),
        leak=round(100 * step.left / widest, 2),
        left=count_rows(step.left, rows),
        share=share,
    )


def _step(event: str, rows: Sequence[FlowRow]) -> FlowStep:
    out = [row for row in rows if row.event == event]
    came = [row for row in rows if row.next == event]
    onward = [row for row in out if row.next and row.p50_seconds is not None]
    main = max(onward, key=lambda row: (row.count, row.next), default=None)
    endings = {row.outcome for row in came if row.outcome}
    return FlowStep(
        event=event,
        reached=max(sum(row.count for row in out), sum(row.count for row in came)),
        left=sum(row.count for row in out if not row.next and row.outcome == "abandoned"),
        median_seconds=main.p50_seconds if main else None,
        outcome=endings.pop() if len(endings) == 1 and not out else "",
    )


def _least_backward(events: set[str], follows: dict[str, dict[str, int]]) -> list[str]:
    """The events in an order that few of the counts run against; ties go to the earlier name."""
    left, head, tail = set(events), [], []
    while left:
        inflow = {e: sum(follows[other].get(e, 0) for other in left if other in follows) for e in left}
        outflow = {e: sum(n for other, n in follows[e].items() if other in left) if e in follows else 0 for e in left}
        ends = sorted(e for e in left if not outflow[e] and inflow[e])
        if ends:
            tail.append(ends[0])
            left.remove(ends[0])
            continue
        first = min(left, key=lambda e: (inflow[e] > 0, inflow[e] - outflow[e], e))
        head.append(first)
        left.remove(first)
    return head + tail[::-1]
