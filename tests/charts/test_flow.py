"""Steps in the order in which customers take them, and the leak after each."""

from __future__ import annotations

import random

from rich_audits import SIGN_UP
from rich_facts import sign_up_flow

from momentwise.charts.facts import FlowFacts, FlowRow, FlowStep
from momentwise.charts.flow import MOST_STEPS, order_steps, view_funnel


def test_steps_stand_in_the_order_in_which_most_take_them() -> None:
    """Some go back from one field to another; the order is the one that the fewest steps run against."""
    flow = order_steps(SIGN_UP, sign_up_flow())
    assert [step.event for step in flow.steps] == [
        "page_viewed",
        "form_started",
        "field_focused",
        "field_changed",
        "form_sent",
        "account_opened",
        "form_refused",
        "ticket_opened",
    ]


def test_order_does_not_depend_on_the_order_of_the_rows() -> None:
    """The same counts give the same steps however they come."""
    rows = sign_up_flow()
    shuffled = random.Random(3).sample(rows, len(rows))
    assert order_steps(SIGN_UP, rows) == order_steps(SIGN_UP, shuffled)


def test_leak_counts_only_what_was_abandoned_after_the_step() -> None:
    """Failing and asking for help are endings with a name of their own, and what is still open has not left."""
    rows = [*sign_up_flow(), FlowRow(event="field_focused", outcome="open", count=20)]
    steps = {step.event: step for step in order_steps(SIGN_UP, rows).steps}
    assert (802, 14.0) == (steps["field_focused"].left, steps["field_focused"].median_seconds)
    assert ("failed", 102, 0) == (
        steps["form_refused"].outcome,
        steps["form_refused"].reached,
        steps["form_refused"].left,
    )


def test_funnel_names_the_worst_step_and_its_rows() -> None:
    """The leak opens exactly the abandoned occurrences that ended at this step."""
    funnel = view_funnel(order_steps(SIGN_UP, sign_up_flow()))
    assert funnel is not None
    assert funnel.worst is not None
    assert funnel.worst.step.event == "field_focused"
    assert funnel.worst.left.rows == f"moment = '{SIGN_UP}' and last_step = 'field_focused' and outcome = 'abandoned'"
    assert funnel.steps[0].width == 100


def test_circle_of_steps_ends() -> None:
    """Where everybody goes round, some order comes out, and every step is in it once."""
    rows = [FlowRow(event=a, next=b, count=9) for a, b in ("ab", "bc", "ca", "aa")]
    assert sorted(step.event for step in order_steps("m", rows).steps) == ["a", "b", "c"]


def test_funnel_shows_the_most_frequent_steps_and_counts_the_rest() -> None:
    """A moment of thirty steps is told in the ones that matter."""
    steps = tuple(FlowStep(event=f"step_{index}", reached=100 - index, left=0) for index in range(30))
    funnel = view_funnel(FlowFacts(moment="m", steps=steps))
    assert funnel is not None
    assert (MOST_STEPS, 30 - MOST_STEPS, None) == (len(funnel.steps), funnel.hidden, funnel.worst)


def test_one_step_is_no_funnel() -> None:
    """There is nothing to leave between."""
    assert view_funnel(order_steps("m", [FlowRow(event="a", outcome="abandoned", count=1)])) is None
    assert order_steps("m", []).steps == ()
