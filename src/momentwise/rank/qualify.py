"""What makes a touchpoint a moment: emotion, friction or influence above its threshold (design, section 1; D19)."""

from __future__ import annotations

from momentwise.define.finding import Estimate, ScoreGap
from momentwise.define.moment import Moment

# Ours, to be tuned: below one ending in twenty going wrong a touchpoint is ordinary; half a point on a five-point scale
# is a difference that people notice.
LEAST_FRICTION = 0.05
LEAST_GAP = 0.5

# Looking at a page is no moment, however many look: nobody wants anything that could go wrong.
PAGE_VIEWS = frozenset({"page_view", "page_viewed", "page_loaded", "screen_view", "screen_viewed", "pageview"})


def qualities(moment: Moment, shares: dict[str, Estimate], ended: int, gaps: tuple[ScoreGap, ...]) -> tuple[str, ...]:
    """The reasons for which a touchpoint is a moment; none where it is an ordinary touchpoint.

    Friction: the share that did not complete lies, with its whole interval, above `LEAST_FRICTION`. Emotion: two
    endings' mean scores differ by at least `LEAST_GAP`, with the interval. Influence: the moment is marked critical, or
    people have stated what a failure costs or what a kept customer brings. An ordinary page view never is one.
    """
    if is_page_view(moment):
        return ()
    reasons = []
    completed = shares["completed"]
    if ended and completed.high is not None and 1 - completed.high > LEAST_FRICTION:
        reasons.append("friction")
    if any(-(gap.difference.high or 0.0) >= LEAST_GAP for gap in gaps):
        reasons.append("emotion")
    value = moment.value
    if ended and (moment.critical or (value is not None and (value.failure_cost or value.lifetime_value))):
        reasons.append("influence")
    return tuple(reasons)


def is_page_view(moment: Moment) -> bool:
    """Whether the moment is nothing but looking at pages: any page, with no condition that makes it a certain one."""
    return all(
        trigger.where is None and trigger.events and PAGE_VIEWS.issuperset(trigger.events)
        for trigger in moment.start + moment.complete
    )
