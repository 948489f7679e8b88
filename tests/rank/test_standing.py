"""Tests of `rank.standing`: harm that is shown, and how many kinds of source say so."""

from __future__ import annotations

import pytest

from momentwise.rank.standing import judge_standing
from tests.rank.made_findings import between, make_finding


@pytest.mark.req("D27")
@pytest.mark.parametrize(
    ("sources", "standing", "said"),
    [
        (("behaviour", "survey"), "priority", "Two kinds of source agree: behaviour and survey scores."),
        (
            ("behaviour", "words", "contacts"),
            "priority",
            "Three kinds of source agree, which is strong: behaviour, their own words and contacts.",
        ),
        (
            ("behaviour",),
            "established",
            (
                "It rests on behaviour alone. A priority needs a second kind of source: scores, words or contacts that "
                "agree."
            ),
        ),
    ],
)
def test_a_priority_needs_two_kinds_of_source(sources: tuple[str, ...], standing: str, said: str) -> None:
    """Two make a priority, three are strong, one alone says what is missing."""
    judged = judge_standing(make_finding(sources=sources))
    assert (standing, said) == (judged.standing, judged.standing_reason)


@pytest.mark.req("D27")
def test_a_score_alone_is_refused_as_a_priority() -> None:
    """However sure it is; the reason is said in plain words."""
    finding = make_finding(
        kind="score_gap", sources=("survey",), estimate=between(-2.0, -2.1, -1.9, "score", 9_999), standing="priority"
    )
    judged = judge_standing(finding)
    assert judged.standing == "established"
    assert judged.standing_reason == (
        "It rests on survey scores alone. A score such as NPS says that customers are unhappy, not with what; by itself "
        "it never makes a priority."
    )


@pytest.mark.req("R13")
@pytest.mark.parametrize(
    "estimate",
    [between(5.0, 3.0, 7.0, "seconds", 29), between(5.0, -0.1, 10.1, "seconds"), between(-2.0, -4.0, 0.0, "score")],
    ids=["too few", "over zero", "touches zero"],
)
def test_nothing_is_established_by_few_or_by_an_interval_over_zero(estimate: object) -> None:
    """No standing, no money, and a reason."""
    finding = make_finding(
        estimate=estimate,
        sources=("behaviour", "survey", "words"),
        money=between(100.0, 50.0, 150.0, "money"),
        currency="EUR",
    )
    judged = judge_standing(finding)
    assert ("not established", None, None, "") == (judged.standing, judged.money, judged.cost, judged.currency)
    assert "no money is named" in judged.standing_reason


def test_a_level_stays_a_level() -> None:
    """Nothing to compare with: agreement of sources does not turn it into harm; a missed target is a wish."""
    level = judge_standing(make_finding(standing="observed", sources=("behaviour", "survey")))
    assert ("observed", True) == (level.standing, "Nothing to compare with" in level.standing_reason)
    missed = judge_standing(make_finding(kind="target_missed", standing="observed"))
    assert "A target is a wish" in missed.standing_reason
