"""The draft: valid, with its evidence beside each moment, whatever the events are called."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from momentwise.define.moment import Moment
from momentwise.define.reading import parse_playbook
from momentwise.define.span import DAY_US, HOUR_US
from momentwise.learn.paths import to_moment
from momentwise.learn.proposal import Discovery, Ending, Evidence, NotProposed, Proposal
from momentwise.learn.propose import discover_moments
from momentwise.learn.writing import write_draft
from tests.learn.small_logs import draw_shop

SEEN = Evidence(
    passes=1_000, people=400, share=0.8, chance=0.1, need=0.9, median_seconds=60, p90_seconds=600, tried_again=0.2,
    waits_after="mid", wait_seconds=30,
)  # fmt: skip
CALL = Ending(event="call", passes=50, share=0.05, goal_after=0.4, rise=3.2, within_us=DAY_US)
FAIL = Ending(event="cancelled", passes=20, share=0.02, goal_after=0.0, rise=9.0, within_us=HOUR_US)
ONE = Proposal(
    name="a-to-b", about="After a, b.", intent="do", stage="decision", archetype="friction", by="order_id", start="a",
    complete="b", within_us=DAY_US, escalate=(CALL,), fail=(FAIL,), seen=("x came in 5 of 9",), evidence=SEEN,
    doubts=("intent is a guess",),
)  # fmt: skip


def draft(*proposals: Proposal, **others: object) -> str:
    """The draft of some proposals."""
    return write_draft(Discovery(proposals=proposals, customers=400, events=9_000, **others), "shop")  # type: ignore[arg-type]  # fields


def read(text: str) -> tuple[Moment, ...]:
    """The moments of a draft."""
    return parse_playbook([("draft.yaml", text)]).moments


def in_one_line(text: str) -> str:
    """A text without the line breaks of its comments."""
    return " ".join(text.replace("\n# ", " ").split())


def test_a_draft_reads_back() -> None:
    """What is written is what was proposed."""
    plain = msgspec.structs.replace(ONE, name="c-to-d", by="", start="c", complete="d", escalate=(), fail=())
    found = read(draft(ONE, plain))
    assert ["a-to-b", "c-to-d"] == [moment.name for moment in found]
    assert [to_moment(one).fingerprint() for one in (ONE, plain)] == [moment.fingerprint() for moment in found]


def test_the_evidence_stands_beside() -> None:
    """n, share, chance, times, key, waits, retries, escalations, failures and doubts are comments of the moment."""
    text = in_one_line(draft(ONE))
    for said in (
        "b came after 80.0% of 1,000 passes of 400 customers; half of those within 60s, 90 of 100 within 10m.",
        "By chance it would be 10.0%; 90.0% of b have a before them.",
        "Passes are told apart by order_id, which both events carry.",
        "The longest wait lies mostly after mid: 30s at the median.",
        "In 20.0% the start came more than once.",
        "Escalates: call in 50 passes (5.0%), 3.2 times as often as at any time; 95 of 100 within 24h.",
        "Fails: cancelled in 20 passes (2.0%); after it the goal came in 0.0%.",
        "Seen on the way: x came in 5 of 9.",
        "Please check: intent is a guess.",
    ):
        assert said in text


def test_a_return_has_no_chance() -> None:
    """Coming back is no question of chance, so that none is said."""
    assert "By chance" not in draft(msgspec.structs.replace(ONE, is_return=True))


def test_what_was_read_is_said() -> None:
    """All customers, or the share of them."""
    assert "(all customers)" in in_one_line(draft(ONE))
    assert "(2.5% of the customers)" in in_one_line(draft(ONE, sampled=0.025))


def test_the_rest_is_listed() -> None:
    """What was seen and not proposed, with the reason, and events that are used nowhere."""
    others = tuple(NotProposed("a", f"g{n}", "it is loose", 0.3, 70) for n in range(30))
    text = draft(ONE, not_proposed=others, unused=(("click", 5_000),))
    assert "# - a → g0 (30% of 70): it is loose." in text
    assert "# - and 5 more; --json lists all." in text
    assert "# Events that no proposal starts or ends with: click (5,000)." in text


@pytest.mark.parametrize("name", ["Order placed", "a: b", "on", "x\ny", 'he said "no"', "#1", "注文", "42", "a,b]"])
def test_any_name_is_written_safely(name: str) -> None:
    """Whatever an event or a key is called, the draft is valid and means it."""
    other = msgspec.structs.replace(CALL, event=name)
    one = msgspec.structs.replace(
        ONE, start=name, by=name, about=f"After {name}.", escalate=(CALL, other), fail=(other,), seen=(name,)
    )
    found = read(draft(one))[0]
    assert (name,) == found.start[0].events
    assert ("call", name) == found.escalate[0].events
    assert (name,) == found.fail[0].events
    assert name == found.by


def test_the_draft_of_a_shop_is_valid() -> None:
    """Every moment that a drawn shop proposes is read back with the same meaning."""
    found = discover_moments(draw_shop(), np.random.default_rng(7))
    assert [to_moment(one).name for one in found.proposals] == [moment.name for moment in read(write_draft(found, "x"))]
