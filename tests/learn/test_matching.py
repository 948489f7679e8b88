"""Matching: proposed and declared moments agree where they begin and complete with the same events."""

from __future__ import annotations

from momentwise.define.moment import Moment
from momentwise.define.reading import parse_playbook
from momentwise.learn.matching import match_moments


def moments(*said: tuple[str, str, str]) -> tuple[Moment, ...]:
    """Moments by name, start and complete, as a playbook would write them."""
    texts = [
        f"moment: {name}\nintent: do\nstage: decision\narchetype: friction\nstart: {start}\ncomplete: {complete}\n"
        for name, start, complete in said
    ]
    return parse_playbook([("book", "---\n".join(texts))]).moments


def test_equal_events_agree() -> None:
    """Names do not matter, events do."""
    proposed = moments(("x", "a", "b"), ("y", "a", "c"))
    assert {"mine": "x"} == match_moments(proposed, moments(("mine", "a", "b")))


def test_a_start_alone_is_not_enough() -> None:
    """Another goal is another moment, and so is the way back."""
    assert {} == match_moments(moments(("x", "a", "c"), ("y", "b", "a")), moments(("mine", "a", "b")))


def test_sets_of_events_agree_where_they_meet() -> None:
    """One of several starts and one of several labelled goals are enough."""
    declared = moments(("mine", "[a, e]", "{early: b, late: c}"))
    assert {"mine": "x"} == match_moments(moments(("x", "e", "c")), declared)


def test_conditions_and_windows_do_not_matter() -> None:
    """A declared moment may ask for more than the events' names."""
    declared = moments(("mine", "{event: a, where: amount > 5}", "{event: b, within: 1h}"))
    assert {"mine": "x"} == match_moments(moments(("x", "a", "b")), declared)


def test_no_proposal_is_taken_twice() -> None:
    """Where one proposal fits two moments, the closer one has it."""
    declared = moments(("wide", "[a, d]", "b"), ("same", "a", "b"))
    assert {"same": "x"} == match_moments(moments(("x", "a", "b")), declared)


def test_nothing_proposed() -> None:
    """Nothing is found where nothing is proposed."""
    assert {} == match_moments((), moments(("mine", "a", "b")))


def test_a_trigger_of_any_event_matches_nothing() -> None:
    """Where no name is declared, names cannot agree."""
    assert {} == match_moments(
        moments(("x", "a", "b")), moments(("mine", "{where: amount > 5}", "{where: amount > 6}"))
    )
