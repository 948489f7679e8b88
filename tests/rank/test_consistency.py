"""Tests of `rank.consistency`: alike on every channel, a journey's product, and what was done twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentwise.define.finding import Estimate
from momentwise.rank.consistency import between_variance, joint_success, measure_consistency
from momentwise.rank.summary import summarize
from tests.rank.journey_tables import Tables, happen, signal


@pytest.mark.req("M21")
def test_six_good_steps_make_a_mediocre_journey() -> None:
    """0.95⁶ = 73.5 %; with n = 1,000 each its error on the logarithm is √(6 · 0.05 / 950) = 0.01777."""
    journey = joint_success([Estimate(0.95, 1_000, "share")] * 6)
    assert journey is not None
    assert pytest.approx(0.735, abs=0.0005) == journey.value
    assert pytest.approx((0.7099, 0.7612), abs=0.0002) == (journey.low, journey.high)
    assert joint_success([]) is None


@pytest.mark.req("M21")
def test_variance_between_channels() -> None:
    """0.9, 0.8 and 0.7 vary by 0.01, of which chance brings (0.09 + 0.16 + 0.21) / 99 / 3 = 0.001549."""
    assert pytest.approx(0.01 - 0.0015488, abs=1e-6) == between_variance([(90, 100), (80, 100), (70, 100)])
    assert 0.0 == between_variance([(80, 100), (81, 100)])
    assert between_variance([(80, 100)]) is None


@pytest.mark.req("M21")
@pytest.mark.req("M22")
def test_a_moment_by_channel_and_what_was_done_twice() -> None:
    """Eighty web, forty app, ten phone; 13 of the 130 started again; of five who asked twice three did so in time."""
    rows = [happen(f"w{i}", outcome="failed" if i < 8 else "completed", retries=int(i < 13)) for i in range(80)]
    rows += [happen(f"a{i}", channels="app", outcome="failed" if i < 20 else "completed") for i in range(40)]
    rows += [happen(f"p{i}", channels="phone") for i in range(10)] + [happen("b", channels="app+web", outcome="open")]
    signals = [
        signal("w1", "repeat_contact", 0.5),
        signal("w2", "repeat_contact", 7),
        signal("a1", "repeat_contact", 8),
    ]
    signals += [signal("a2", "repeat_contact", 9), signal("zoe", "repeat_contact", 1)]
    evidence = Tables().open(occurrences=rows, signals=signals)
    (found,) = measure_consistency(replace(evidence, summaries=summarize(evidence.moments, evidence.ask)))
    assert [("web", 0.9, 80), ("app", 0.5, 40)] == [(name, share.value, share.n) for name, share in found.channels]
    assert found.variance is not None
    assert pytest.approx(0.08 - (0.09 / 79 + 0.25 / 39) / 2) == found.variance
    assert (0.1, 130) == (found.rework.value, found.rework.n)
    assert pytest.approx(3 / 130) == found.repeat_contacts.value
    sql = f"SELECT count(*) FROM occurrences WHERE {found.repeat_contacts.rows}"
    assert 3 == evidence.ask(sql)[0][0]
