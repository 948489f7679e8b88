"""Findings and the measures under them: numbers with their count, their interval, their grade and the rows behind them."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from momentwise.errors import EvidenceError

Grade = Literal["A", "B", "C", "D"]
Unit = Literal["share", "seconds", "steps", "score", "money", "count"]

GRADES: dict[str, str] = {
    "A": "randomised",
    "B": "quasi-experimental",
    "C": "correlational",
    "D": "opinion",
}


class Estimate(msgspec.Struct, frozen=True):
    """One number with what is needed to believe it.

    Args:
        value: The number; `None` where there is nothing to measure.
        n: How many rows it was computed from; of a share, out of how many the rows were counted.
        unit: Shares are 0–1, durations are seconds.
        low: Lower end of the 95 % interval; `None` where the number has none.
        high: Upper end.
        rows: The condition, in SQL over `table`, that gives exactly the `n` rows behind the number; of a share, exactly
            the `value * n` rows that were counted.
        table: Which table of the audit the rows are in: `occurrences`, `signals`, `scores`, or `flow`, whose rows stand
            for as many as their column `count` says.
    """

    value: float | None
    n: int
    unit: Unit
    low: float | None = None
    high: float | None = None
    rows: str = "true"
    table: str = "occurrences"


Standing = Literal["priority", "established", "observed", "not established"]
STANDINGS: dict[str, str] = {
    "priority": "The harm is shown, and at least two kinds of source agree.",
    "established": "The harm is shown, by one kind of source.",
    "observed": "How things are. Nothing to compare with shows that it should be otherwise.",
    "not established": "Too few, or an interval that holds no harm at all.",
}
Effort = Literal["low", "medium", "high"]
EFFORTS: tuple[str, ...] = Effort.__args__  # type: ignore[attr-defined]  # a Literal's words


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a finding; empty parts do not narrow it.

    Args:
        signal: The signal's name.
        page: The page.
        element: The control, field, document or message.
        step: The event after which it happens, or after which customers leave.
        segment: Properties and their values, all of which hold, as in `{"device": "mobile"}`.
        since: Start of the period, microseconds since the epoch; `None` for all of it.
        until: End of the period, not included.
    """

    signal: str = ""
    page: str = ""
    element: str = ""
    step: str = ""
    segment: dict[str, str] = {}
    since: int | None = None
    until: int | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer said, word for word; `source` is the event's name, `score` what they gave with it."""

    text: str
    customer: str
    at: int
    source: str
    channel: str = ""
    score: float | None = None


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A finding broken down by one thing: seconds by friction, score by lateness, rate by month or by state.

    Args:
        title: What the parts are, one plain phrase.
        parts: Names with their numbers, in the order to show them.
        total: What the parts sum to; `None` where they do not.
    """

    title: str
    parts: tuple[tuple[str, Estimate], ...]
    total: Estimate | None = None


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Money per month by its four factors, each with its interval; a factor is `None` where nobody stated its price.

    Args:
        currency: ISO 4217 code.
        frequency: Customers' occurrences that it touches per month; unit `count`.
        failure: Failures that it brings, times the stated cost of one.
        deflection: Contacts that it brings and that self-service could answer, times the stated cost of one.
        lifetime: Customers that it loses, times what one brings.
        total: The sum of those that are known.
        missing: What must be stated to know the rest, in words.
    """

    currency: str
    frequency: Estimate
    failure: Estimate | None = None
    deflection: Estimate | None = None
    lifetime: Estimate | None = None
    total: Estimate | None = None
    missing: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth a person's attention.

    Args:
        id: Stable across runs over the same playbook: moment, kind and part.
        moment: The moment's name.
        kind: What sort of thing it is, as in `failure_rate`.
        title: One sentence that a head of customer experience reads.
        detail: Further sentences.
        estimate: The number that carries it; it must have rows behind it.
        people: Customers that it concerns.
        grade: A randomised, B quasi-experimental, C correlational, D opinion.
        grade_reason: Why this grade.
        sources: Kinds of source that it rests on.
        money: What it costs over the period of the data, with its interval; `None` where no price was stated.
        currency: Of `money`.
        standing: How firmly it stands; only a *priority* asks for action first.
        standing_reason: Why not more, in words.
        where: Its place.
        seconds: Seconds that it adds to one occurrence that it touches, with its interval.
        weekly_seconds: Seconds that it takes from all customers in a week.
        completion: Completed share of those that it touches minus that of comparable others.
        emotion: Mean score of those that it touches minus that of comparable others: an axis of its own, never money.
        returning: Share that comes back of those that it touches minus that of comparable others.
        cost: Money per month by its four factors.
        splits: Breakdowns.
        quotes: The customers' own words.
        next_step: What to do first, one sentence.
        effort: What the fix takes, as a person stated it; empty where nobody did.
        quick_win: Whether it is worth much and takes little.
        contacts: Share of customers who contact the company of those it touches minus that of comparable others.
        impact: Whether it matters much, low or high: computed, or as a person stated it.
        quadrant: Impact against effort: quick win, big bet, fill-in or not now; empty where nobody stated an effort.
        judged: Why people put effort or impact otherwise than computed, in their words.
        parts: Of how many parts of the customers one was read; people, weekly seconds and money are scaled up by it.
        rank_stability: Share (0–1) of resampled rankings in which it stays within one place; `None` where not ranked.

    Raises:
        EvidenceError: There is no row of evidence behind it.
    """

    id: str
    moment: str
    kind: str
    title: str
    estimate: Estimate
    grade: Grade
    grade_reason: str
    people: int
    detail: str = ""
    sources: tuple[str, ...] = ()
    money: Estimate | None = None
    currency: str = ""
    standing: Standing = "observed"
    standing_reason: str = ""
    where: Where = Where()
    seconds: Estimate | None = None
    weekly_seconds: Estimate | None = None
    completion: Estimate | None = None
    emotion: Estimate | None = None
    returning: Estimate | None = None
    cost: Cost | None = None
    splits: tuple[Split, ...] = ()
    quotes: tuple[Quote, ...] = ()
    next_step: str = ""
    effort: str = ""
    quick_win: bool = False
    rank_stability: float | None = None
    parts: int = 1
    contacts: Estimate | None = None
    impact: str = ""
    quadrant: str = ""
    judged: str = ""

    def __post_init__(self) -> None:
        """Without evidence nothing is a finding, and no money comes without an interval."""
        value = self.estimate.value
        if self.estimate.n < 1 or value is None or not math.isfinite(value):
            raise EvidenceError(
                f"The finding '{self.id}' has no evidence (n = {self.estimate.n}), so it cannot be ranked.",
                right="Give the estimate and the rows behind it.",
            )
        if self.money is not None and (self.money.low is None or self.money.high is None):
            raise EvidenceError(f"The finding '{self.id}' names money without an interval.", right="Give low and high.")


class EndingSummary(msgspec.Struct, frozen=True):
    """One way in which occurrences of a moment ended.

    Args:
        outcome: completed, escalated, failed or abandoned.
        ending: The label or event that ended them; empty for abandoned ones.
        share: Of all that ended, with its Wilson interval; `n` is all that ended.
        of_outcome: Of those with the same outcome, with its Wilson interval.
        count: How many.
        score: Mean score that these customers gave, with its interval; `n` counts scores.
        duration: Median seconds from start to end.
        rows: The SQL condition that gives them.
    """

    outcome: str
    ending: str
    count: int
    share: Estimate
    of_outcome: Estimate
    score: Estimate
    duration: Estimate
    rows: str


class ScoreGap(msgspec.Struct, frozen=True):
    """How far the mean scores of two endings lie apart: `worse` minus `better`, Welch's interval."""

    better: str
    worse: str
    better_mean: Estimate
    worse_mean: Estimate
    difference: Estimate


class TrendPoint(msgspec.Struct, frozen=True):
    """One period of a moment's history: occurrences by the time of their start.

    Args:
        at: Start of the period, microseconds since the epoch.
        ended: How many have ended.
        completed: How many of these completed.
        open: How many are still open.
    """

    at: int
    ended: int
    completed: int
    open: int


class TargetCheck(msgspec.Struct, frozen=True):
    """A target of the moment beside what was measured; `met` is `None` where the interval holds both answers."""

    name: str
    wanted: float
    estimate: Estimate
    met: bool | None


class MomentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an audit says about one moment.

    Args:
        volume: Occurrences.
        people: Customers.
        shares: `completed`, `escalated`, `failed` and `abandoned` as shares of all that ended.
        open: How many are open at the end of the data.
        durations: `p50`, `p75`, `p90`, `p95` in seconds, of completed occurrences; too low while many are open.
        waits: The same of the longest wait inside an occurrence, of all that ended.
        step_seconds: The same of the mean seconds per step, of all that ended.
        excess_steps: Mean steps beyond the median completed occurrence, of completed ones.
        median_steps: Steps of the median completed occurrence.
        retries: Mean retries per occurrence, of all that ended.
        errors: Share of ended occurrences in which the customer met an error.
        multichannel: Share that used more than one channel, of those that ended and have a channel.
        understood: Share of understood among those that ended and said; `n` counts who said.
        endings: Every way of ending, most frequent first.
        gaps: Score differences between endings, widest first.
        trend: Periods in order; empty periods in between included.
        trend_unit: `day`, `week` or `month`.
        targets: Each target beside the measure.
        qualifies: Why this is a moment and not only a touchpoint; empty where nothing shows it.
    """

    moment: str
    version: int
    about: str
    intent: str
    stage: str
    archetype: str
    owner: str
    critical: bool
    volume: int
    people: int
    open: int
    shares: dict[str, Estimate]
    durations: dict[str, Estimate]
    waits: dict[str, Estimate]
    step_seconds: dict[str, Estimate]
    excess_steps: Estimate
    median_steps: Estimate
    retries: Estimate
    errors: Estimate
    multichannel: Estimate
    understood: Estimate
    endings: tuple[EndingSummary, ...]
    gaps: tuple[ScoreGap, ...]
    trend: tuple[TrendPoint, ...]
    trend_unit: str
    targets: tuple[TargetCheck, ...]
    qualifies: tuple[str, ...]
