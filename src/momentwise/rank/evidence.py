"""What every finder works on: the audit's tables, through a function that asks them, and what is known beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from momentwise.define.finding import MomentSummary
from momentwise.define.judgement import Judgements
from momentwise.define.moment import Moment
from momentwise.define.signal import SignalSettings
from momentwise.define.span import DAY_US
from momentwise.rank.queries import Ask


@dataclass(frozen=True)
class Evidence:
    """One audit's evidence.

    Args:
        ask: Runs SQL over the tables `occurrences`, `signals`, `scores`, `flow`, `words` and `exposures`.
        moments: The latest version of each moment.
        summaries: One per moment.
        signals: The rules that were looked for.
        properties: Names of the fields of the column `properties`; none where the column is absent.
        since_us: Event time of the first event, microseconds since the epoch.
        until_us: The instant up to which the data are complete.
        events: How often each event's name occurs.
        event_sources: The names of the sources that each event's name comes from.
        zone: IANA zone of the customers, in which days and months are counted.
        parts: Of how many parts of the customers one is in the tables; 1 for all of them.
    """

    ask: Ask
    moments: tuple[Moment, ...] = ()
    summaries: Sequence[MomentSummary] = ()
    signals: SignalSettings = field(default_factory=SignalSettings)
    properties: tuple[str, ...] = ()
    since_us: int = 0
    until_us: int = 0
    events: Mapping[str, int] = field(default_factory=dict)
    event_sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    judgements: Judgements = field(default_factory=Judgements)
    zone: str = "UTC"
    parts: int = 1

    @property
    def weeks(self) -> float:
        """How many weeks the data span; never less than one day's worth."""
        return max(1.0, (self.until_us - self.since_us) / DAY_US) / 7

    @property
    def weeks_read(self) -> float:
        """How many weeks of all customers the tables are worth: less where only a part of the customers is in them."""
        return self.weeks / self.parts

    def moment(self, name: str) -> Moment:
        """The moment of that name."""
        return next(moment for moment in self.moments if moment.name == name)
