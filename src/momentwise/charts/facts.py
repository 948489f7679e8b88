"""What the report says beside moments and findings: facts of the run, its opening words, flows, ledgers, coverage.

Values only; `loop` fills them in from what `rank` measured, `charts.report` shows them. Whatever is missing is left out of
the page or said in words; nothing has to be there.
"""

from __future__ import annotations

import msgspec

from momentwise.define.finding import Estimate, Split


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from one source and what was set aside.

    Args:
        name: As the mapping calls it.
        rows: Rows read.
        events: Events that they became, duplicates and rejected ones left out.
        rejected: Rows set aside, by reason.
        files: Where it was read from, as the user wrote it.
        note: One sentence that a reader should know, as in "times without a zone were read as UTC".
    """

    name: str
    rows: int
    events: int
    rejected: dict[str, int] = {}
    files: tuple[str, ...] = ()
    note: str = ""


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one audit looked at and how it was run.

    Args:
        title: The playbook's name as people say it.
        customers: Customers with at least one event.
        events: Events, duplicates and rejected ones left out.
        duplicates: Events that came more than once; each counts once.
        sources: Every source, in the order of the mapping.
        first_at: Event time of the first event, microseconds since the epoch; `None` without events.
        last_at: Event time of the last event.
        as_of: The instant up to which the data count as complete; what had not ended by then is open.
        event_names: Event names with their counts, most frequent first; the report names the first few.
        starts: Per moment, what must come for it to start, in words; used where a moment never started.
        seconds: Stage of the run and its seconds, in order.
        parts: Of how many parts of the customers the finders read one; 1 for all.
        versions: Program and library versions.
        command: What was typed.
    """

    title: str
    customers: int
    events: int
    duplicates: int = 0
    sources: tuple[SourceFacts, ...] = ()
    first_at: int | None = None
    last_at: int | None = None
    as_of: int | None = None
    event_names: tuple[tuple[str, int], ...] = ()
    starts: dict[str, str] = {}
    seconds: tuple[tuple[str, float], ...] = ()
    parts: int = 1
    versions: dict[str, str] = {}
    command: str = ""


class SignalPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where one kind of signal was seen.

    Args:
        page: The page; empty where the events carry none.
        element: The element on it; empty where the events carry none.
        count: How many signals; `unit` is count, `table` is signals.
        people: Customers.
    """

    page: str
    element: str
    count: Estimate
    people: int


class SignalSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How often one kind of signal was seen, and where.

    Args:
        signal: Its kind, as in `rage_click`.
        about: What it is, one plain sentence; empty for the report's own words.
        source: Where its limits come from.
        count: How many; `unit` is count, `table` is signals.
        people: Customers.
        places: Pages and elements, most frequent first; the report shows the first ten.
    """

    signal: str
    about: str = ""
    source: str = ""
    count: Estimate
    people: int
    places: tuple[SignalPlace, ...] = ()


class Tolls(msgspec.Struct, frozen=True, kw_only=True):
    """What some days brought: time that frictions took (unit `seconds`), people who were hurt, promises that were broken."""

    seconds: Estimate | None = None
    people: Estimate | None = None
    promises: Estimate | None = None


class HeadlineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The words with which the report opens: what the last days took from customers, beside as many days before.

    Args:
        since: Start of the last days, microseconds since the epoch.
        until: Their end.
        now: What they brought.
        before: What as many days before them brought; `None` where the data begin later.
        sentences: The same and what follows from it, as a person would say it.
    """

    since: int
    until: int
    now: Tolls
    before: Tolls | None = None
    sentences: tuple[str, ...] = ()


class StackRow(msgspec.Struct, frozen=True, kw_only=True):
    """The small frictions of one stage of the journey on top of one another.

    Args:
        stage: The stage.
        parts: Names and seconds in a week, most first.
        weekly_seconds: Their sum; `None` where none has a measured time.
        overdrawn: Customers whose frictions added up past the limit.
    """

    stage: str
    parts: tuple[tuple[str, Estimate], ...] = ()
    weekly_seconds: float | None = None
    overdrawn: int = 0


class FlowRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table `flow`, of one moment: how often `next` came after `event`, and the median time between.

    `next` is empty where nothing came; `outcome` says how the occurrence ended at this step, empty where it went on.
    """

    event: str
    next: str = ""
    outcome: str = ""
    count: int
    p50_seconds: float | None = None


class FlowStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a moment.

    Args:
        event: The event's name.
        reached: How often it came.
        left: How often nothing came after it: the occurrence was abandoned here. The rows are those of the table
            `occurrences` with this `last_step`.
        median_seconds: Until the step that most often came next; `None` where none did.
        outcome: How the occurrence ends with this event; empty where it goes on.
    """

    event: str
    reached: int
    left: int
    median_seconds: float | None = None
    outcome: str = ""


class FlowFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A moment's steps in the order in which customers take them; see `charts.flow.order_steps`."""

    moment: str
    steps: tuple[FlowStep, ...]


class LedgerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A moment's excess time against matched occurrences, split into named frictions.

    Args:
        moment: The moment.
        split: Frictions with the seconds that each adds, and their sum: the seconds of one who meets them all.
        average: Seconds that they add to the average occurrence that met any of them.
        weekly_seconds: What they take from all customers in a week.
        not_matched: Properties that could not be matched on.
    """

    moment: str
    split: Split
    average: Estimate | None = None
    weekly_seconds: Estimate | None = None
    not_matched: tuple[str, ...] = ()


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing happened: the usual seconds between one event and the next; `before` may be empty."""

    after: str
    before: str = ""
    seconds: Estimate


class JourneyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What customers met and felt in one moment; each reading is a share of its occurrences, `None` if not measured.

    Args:
        moment: The moment.
        frictions: Friction signals while the moment was under way; unit `count`.
        anxiety: With a sign of worry: asked where it stays, waited in silence, hesitated.
        frustration: With a sign of anger: clicked without effect, was refused, scored low.
        excitement: With a sign of joy: scored high, thanked, shared, recommended.
        stretches: Long silences inside it.
    """

    moment: str
    frictions: Estimate | None = None
    anxiety: Estimate | None = None
    frustration: Estimate | None = None
    excitement: Estimate | None = None
    stretches: tuple[Stretch, ...] = ()


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The completed share of one period (`unit`) less that of the one before."""

    unit: str
    difference: Estimate


class PortfolioRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one moment stands in the portfolio.

    Args:
        moment: The moment.
        score: Mean score that customers gave.
        standing: Of its worst finding; empty without any.
        trend: The last whole period beside the one before.
        baskets: What it moves: revenue, cost to serve, retention, risk.
        currency: Of `money`.
        money: Per month; the sum of its counted findings.
        counted: Ids of the findings in that sum, none of which counts what another counts.
        is_level: Whether the sum is all that goes wrong, since nothing of it is shown to be avoidable.
        disproportion: Its share of all that went wrong over its share of all occurrences.
    """

    moment: str
    score: Estimate | None = None
    standing: str = ""
    trend: ChangeFacts | None = None
    baskets: tuple[str, ...] = ()
    currency: str = ""
    money: Estimate | None = None
    counted: tuple[str, ...] = ()
    is_level: bool = False
    disproportion: float | None = None


class CoverageRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a declared touchpoint is seen in the data.

    Args:
        moment: The moment that speaks of it; empty for events that no moment speaks of.
        event: The event's name.
        count: How many came.
        roles: What the moment has it for, as in `start`.
        sources: The names of the sources that it comes from.
    """

    moment: str
    event: str
    count: int
    roles: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class DemandRow(msgspec.Struct, frozen=True, kw_only=True):
    """How often customers of a moment said that they need it, by where they said so."""

    moment: str
    source: str
    count: Estimate


class LossRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger of losses.

    Args:
        name: A word or two, as in `repeat usage`.
        what: What is measured, one sentence.
        estimate: The measure; `None` where these data do not hold it.
        currency: Of money.
        because: Why it is not measurable; empty where it is.
    """

    name: str
    what: str
    estimate: Estimate | None = None
    currency: str = ""
    because: str = ""


class ConsistencyRow(msgspec.Struct, frozen=True, kw_only=True):
    """How alike one moment is on every channel, and how often it was done twice; see `rank.consistency`."""

    moment: str
    channels: tuple[tuple[str, Estimate], ...] = ()
    variance: float | None = None
    rework: Estimate | None = None
    repeat_contacts: Estimate | None = None


class SocialRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many social signals of one kind followed one ending of a moment."""

    moment: str
    outcome: str
    signal: str
    count: int
    people: int


class FieldFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The trouble with one field or control, the worst first.

    Args:
        page: Where it is; empty where the log does not say.
        element: Its name.
        kinds: Kinds of signal with how often each was seen there, most frequent first.
        count: All of them; `table` is signals.
        people: Customers who had one.
        seconds: The median, over these customers, of the longest wait there.
        share: Of the abandoned decisions, those in which the last trouble was here; `None` where none was abandoned.
    """

    page: str
    element: str
    kinds: tuple[tuple[str, int], ...] = ()
    count: Estimate
    people: int
    seconds: float = 0.0
    share: Estimate | None = None


class MarkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened at a time and may explain a trend, as a new version; `moment` is empty for all of them."""

    at: int
    label: str
    moment: str = ""


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page shows beside the run, the moments, the findings and the signals.

    Most of these have the field names of what `rank` gives, so that one converts to the other by attributes. `sums` is
    the money per month of all moments by currency, and `works` the share of customers for whom every moment works.
    """

    headline: HeadlineFacts | None = None
    stacks: tuple[StackRow, ...] = ()
    flows: tuple[FlowFacts, ...] = ()
    ledgers: tuple[LedgerFacts, ...] = ()
    journey: tuple[JourneyFacts, ...] = ()
    works: Estimate | None = None
    portfolio: tuple[PortfolioRow, ...] = ()
    sums: dict[str, Estimate] = {}
    coverage: tuple[CoverageRow, ...] = ()
    demand: tuple[DemandRow, ...] = ()
    losses: tuple[LossRow, ...] = ()
    consistency: tuple[ConsistencyRow, ...] = ()
    social: tuple[SocialRow, ...] = ()
    fields: tuple[FieldFacts, ...] = ()
    marks: tuple[MarkFacts, ...] = ()
