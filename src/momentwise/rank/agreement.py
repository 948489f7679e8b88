"""Agreement: what other kinds of source say about the people of a finding, asked of the tables in one query.

For each finding that is established, its people are set beside the other customers of the same moment: did they score it
lower (survey), turn to the company more often (contacts), or speak of it more often in their own words (words)? An
agreement needs an interval of 99 % that leaves out zero, and 30 customers on both sides; it goes together with the
finding and proves no cause. A kind that the finding is itself made of is not asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.finding import Estimate, Finding
from momentwise.rank.differences import share_difference
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Sample, welch
from momentwise.rank.measures import read_sample, read_whole
from momentwise.rank.queries import of_moment
from momentwise.rank.standing import FEWEST
from momentwise.rank.strata import RETURNING

# Signals that are made of contacts, and signals that are made of scores.
CONTACT_SIGNALS = (
    "repeat_contact", "contact_after_self_service", "contact_after_message", "channel_hop", "unanswered_query", "silence",
    "retold_story",
)  # fmt: skip
SURVEY_SIGNALS = ("low_score", "high_score", "review")

# A contradiction is a source that does not agree; asking whether it does would undo it.
CONTRADICTION = "contradiction"

# So many findings are asked about, those of most customers first; so many customers at most, drawn by their name.
MOST_ASKED = 16
MOST_CUSTOMERS = 40_000

# The normal quantile of a 99 % interval: up to three questions are asked of each finding.
Z_STRICT = 2.5758293035489004


class Place(NamedTuple):
    """Where the people of a finding stand: a condition over a table."""

    table: str
    rows: str


class Answers(NamedTuple):
    """What the tables say of one finding's people, or of the others of its moment.

    Args:
        people: How many there are.
        scores: Their mean scores of the moment, one per customer who gave any.
        contacted: How many turned to the company.
        wrote: How many said something in words of their own.
    """

    people: int
    scores: Sample
    contacted: int
    wrote: int


_NOBODY = Answers(0, Sample(0), 0, 0)


# Who visits more meets more frictions, and asks and writes more: that agrees with nothing. Scores do not grow with visits.
BUSY = ("friction", "small_many")


def hear_others(found: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """The findings, in their order, with the kinds of source that agree, and by how much."""
    asked = [
        (finding, place)
        for finding in sorted(found, key=lambda one: (-one.people, one.id))
        if finding.standing == "established" and finding.moment and finding.kind != CONTRADICTION
        if (place := place_of(finding, evidence)) is not None
    ][:MOST_ASKED]
    if not asked:
        return list(found)
    answers: dict[tuple[int, bool], Answers] = {}
    for row in evidence.ask(_agreement_sql(asked, evidence)):
        key = read_whole(row[0]), bool(row[1])
        answers[key] = Answers(read_whole(row[2]), read_sample(row[3:6]), read_whole(row[6]), read_whole(row[7]))
    heard = {
        finding.id: _hear(finding, answers.get((index, True), _NOBODY), answers.get((index, False), _NOBODY))
        for index, (finding, _) in enumerate(asked)
    }
    return [heard.get(finding.id, finding) for finding in found]


def place_of(finding: Finding, evidence: Evidence) -> Place | None:
    """The rows whose customers the finding concerns; `None` where it does not say.

    A finding with a signal is placed by its signal, page, element and period; one with a segment, a step or a period by
    these; any other by the rows of its own number, where these are a count or a share. So is one that narrows a signal by
    a step, which signals do not hold.
    """
    where = finding.where
    if where.signal and where.step and not where.element:
        return _own_rows(finding)
    if not set(where.segment) <= {*evidence.properties, RETURNING} or (where.signal and RETURNING in where.segment):
        return None
    parts = [_has(name, value) for name, value in where.segment.items()]
    at = "at" if where.signal else "started_at"
    if where.since is not None:
        parts.append(f'"{at}" >= make_timestamptz({where.since})')
    if where.until is not None:
        parts.append(f'"{at}" < make_timestamptz({where.until})')
    if where.signal:
        named = {"signal": where.signal, "page": where.page, "element": where.element}
        return Place("signals", _all([f"{name} = {quote(value)}" for name, value in named.items() if value] + parts))
    if where.step and not where.segment:  # of a segment the step is only where most of it leave
        parts.append(f"last_step = {quote(where.step)}")
    if parts:
        return Place("occurrences", _all([of_moment(finding.moment), *parts]))
    return _own_rows(finding)


def _own_rows(finding: Finding) -> Place | None:
    estimate = finding.estimate
    if estimate.unit in ("count", "share") and estimate.table in ("occurrences", "signals"):
        return Place(estimate.table, estimate.rows)
    return None


def _has(name: str, value: str) -> str:
    if name == RETURNING:
        return "is_returning" if value == "true" else "NOT is_returning"
    return f"properties.{quote_name(name)} = {quote(value)}"


def _all(parts: list[str]) -> str:
    return " AND ".join(parts)


def _hear(finding: Finding, touched: Answers, others: Answers) -> Finding:
    """The finding with the kinds of source that agree."""
    changes: dict[str, object] = {}
    sources = list(finding.sources)
    if min(touched.people, others.people) < FEWEST:
        return finding
    if "survey" not in sources and finding.where.signal not in SURVEY_SIGNALS:
        emotion = _lower_scores(finding, touched.scores, others.scores)
        if emotion is not None:
            sources.append("survey")
            changes["emotion"] = finding.emotion or emotion
    if finding.kind in BUSY:
        return msgspec.structs.replace(finding, sources=tuple(sources), **changes)
    if "contacts" not in sources and finding.where.signal not in CONTACT_SIGNALS:
        contacts = _more(finding, (touched.contacted, touched.people), (others.contacted, others.people))
        if contacts is not None:
            sources.append("contacts")
            changes["contacts"] = finding.contacts or contacts
    if "words" not in sources and finding.where.signal not in CONTACT_SIGNALS:  # who asks also speaks
        wrote = _more(finding, (touched.wrote, touched.people), (others.wrote, others.people))
        sources += [] if wrote is None else ["words"]
    return msgspec.structs.replace(finding, sources=tuple(sources), **changes)


def _lower_scores(finding: Finding, touched: Sample, others: Sample) -> Estimate | None:
    """How much lower the touched scored, with its 95 % interval; `None` where the stricter one reaches zero."""
    difference = welch(touched, others)
    if min(touched.n, others.n) < FEWEST or difference is None:
        return None
    value, low, high = difference
    if value + (high - value) * Z_STRICT / 1.96 >= 0:
        return None
    return Estimate(value, touched.n + others.n, "score", low, high, of_moment(finding.moment), "scores")


def _more(finding: Finding, touched: tuple[int, int], others: tuple[int, int]) -> Estimate | None:
    """How much larger the share of the touched is, with its 95 % interval; `None` where the stricter one reaches zero."""
    if share_difference(touched, others, Z_STRICT)[1] <= 0:
        return None
    value, low, high = share_difference(touched, others)
    return Estimate(value, touched[1] + others[1], "share", low, high, of_moment(finding.moment))


def _agreement_sql(asked: Sequence[tuple[Finding, Place]], evidence: Evidence) -> str:
    """Two rows per finding, of its people and of the others: people; scores as n, mean, variance; contacted; wrote."""
    moments = list(dict.fromkeys(finding.moment for finding, _ in asked))
    number = {name: place for place, name in enumerate(moments)}
    sample = sample_of(evidence)
    signals = [f"bool_or({place.rows}) AS f{i}" for i, (_, place) in enumerate(asked) if place.table == "signals"]
    others = [f"bool_or({place.rows}) AS f{i}" for i, (_, place) in enumerate(asked) if place.table == "occurrences"]
    been = [f"bool_or({of_moment(name)}) AS been{i}" for name, i in number.items()]
    asked_for = [f"bool_or({of_moment(name)} AND outcome = 'escalated') AS helped{i}" for name, i in number.items()]
    means = [f"avg(score) FILTER ({of_moment(name)}) AS score{i}" for name, i in number.items()]
    contacts = f"bool_or(signal IN ({', '.join(map(quote, CONTACT_SIGNALS))})) AS contacted"
    parts = [
        f"WITH o AS (SELECT customer, {', '.join([*been, *asked_for, *others])} FROM occurrences WHERE {sample} GROUP BY 1)",
        f"s AS (SELECT customer, {', '.join([contacts, *signals])} FROM signals WHERE {sample} GROUP BY 1)",
        f"c AS (SELECT customer, {', '.join(means)} FROM scores WHERE {sample} GROUP BY 1)",
        f"w AS (SELECT customer, {_spoken(evidence)} FROM words WHERE {sample} GROUP BY 1)",
        f"every AS MATERIALIZED (SELECT * FROM o {' '.join(f'LEFT JOIN {name} USING (customer)' for name in 'scw')})",
    ]
    asks = [
        f"SELECT {i}, coalesce(f{i}, false) AS touched, count(*), count(score{m}), avg(score{m}), var_samp(score{m}), "
        f"count(*) FILTER (contacted OR asked OR helped{m}), count(*) FILTER (wrote) FROM every WHERE been{m} GROUP BY 2"
        for i, m in ((i, number[finding.moment]) for i, (finding, _) in enumerate(asked))
    ]
    return f"{', '.join(parts)} {' UNION ALL '.join(asks)}"


def sample_of(evidence: Evidence) -> str:
    """The condition that draws at most about `MOST_CUSTOMERS` customers of the largest moment; always the same ones."""
    most = max((summary.people for summary in evidence.summaries), default=0)
    parts = -(-most // MOST_CUSTOMERS)
    return "true" if parts <= 1 else f"hash(customer) % {parts} = 0"


def _spoken(evidence: Evidence) -> str:
    """Whether a customer wrote words that are neither a score's nor a contact's, which are kinds of their own; and asked."""
    rules = (evidence.signals.rule(name) for name in ("repeat_contact", "unanswered_query"))
    names = sorted({name for rule in rules if rule for trigger in rule.first for name in trigger.events})
    contact = f"event IN ({', '.join(map(quote, names))})" if names else "false"
    return f"bool_or(score IS NULL AND NOT ({contact})) AS wrote, bool_or({contact}) AS asked"
