"""Findings: every finder over one evidence, then each fact once, its standing, its cost and its place in the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
import numpy as np

from momentwise.define.finding import Finding
from momentwise.define.span import DAY_US
from momentwise.rank.agreement import Place, hear_others, place_of
from momentwise.rank.content import find_content
from momentwise.rank.contradictions import find_contradictions
from momentwise.rank.cost import price_finding
from momentwise.rank.delights import find_delights
from momentwise.rank.evidence import Evidence
from momentwise.rank.frictions import find_frictions
from momentwise.rank.merging import merge_findings
from momentwise.rank.order import FIRM, order_findings
from momentwise.rank.outcomes import find_outcomes
from momentwise.rank.passes import lay_passes
from momentwise.rank.product import find_product_faults
from momentwise.rank.promises import find_promises
from momentwise.rank.quotes import find_quotes
from momentwise.rank.reality import find_unmapped
from momentwise.rank.sampling import narrow, scale_finding
from momentwise.rank.segments import find_segments
from momentwise.rank.silences import find_silences
from momentwise.rank.spikes import find_spikes
from momentwise.rank.standing import judge_standing
from momentwise.rank.survey import Survey, survey_frictions


def _find_segments(inquiry: Inquiry) -> list[Finding]:
    """The segments that are worse, and what contradicts the scores, which is asked of these segments first."""
    segments = find_segments(inquiry.read, inquiry.survey.passes)
    return segments + find_contradictions(inquiry.read, segments)


# In the order in which findings absorb one another: the more specific first. The last ones look at counts only, which
# are whole whatever the size.
Finder = Callable[["Inquiry"], list[Finding]]
FINDERS: tuple[Finder, ...] = (
    lambda inquiry: find_product_faults(inquiry.read),
    lambda inquiry: find_promises(inquiry.read),
    lambda inquiry: find_frictions(inquiry.read, inquiry.survey),
    lambda inquiry: find_silences(inquiry.read),
    _find_segments,
    lambda inquiry: find_content(inquiry.read),
    lambda inquiry: find_spikes(inquiry.read),
    lambda inquiry: find_delights(inquiry.read),
)
COUNTING: tuple[Callable[[Evidence], list[Finding]], ...] = (find_outcomes, find_unmapped)

# The draws of the rank stability are the same in every run over the same findings.
SEED = 20

# So many findings show quotes; each asks the words once.
MOST_QUOTED = 5
# What is said of a page is said at once; what is said of a wait or a delivery, for weeks.
_SOON_US, _LATER_US = 2 * DAY_US, 30 * DAY_US
_TIMES = {"occurrences": "started_at", "signals": "at", "words": "at"}


@dataclass(frozen=True)
class Inquiry:
    """What the finders look at.

    Args:
        whole: The audit's tables and what is known beside them.
        read: The same, or of very many customers those of some.
        survey: The frictions of `read`.
    """

    whole: Evidence
    read: Evidence
    survey: Survey


def inquire(whole: Evidence, read: Evidence | None = None) -> Inquiry:
    """Lay down what several finders share.

    Args:
        whole: The audit's tables and what is known beside them.
        read: Those of some customers, where there are very many.
    """
    read = read or whole
    return Inquiry(whole, read, survey_frictions(read, lay_passes(read)))


def find(
    inquiry: Inquiry, rng: np.random.Generator | None = None, counted: Callable[[], list[Finding]] | None = None
) -> list[Finding]:
    """Every finding, in the order of `order.order_findings`; none where nothing stands out.

    Args:
        inquiry: What to look at.
        rng: For the rank stability; one with a fixed seed if left out.
        counted: Gives what `find_counted` finds, where somebody looks for it at the same time.
    """
    parts = inquiry.read.parts
    found = [scale_finding(finding, parts) for finder in FINDERS for finding in finder(inquiry)]
    found += counted() if counted is not None else find_counted(inquiry.whole)
    return rank_findings(found, inquiry.read, rng or np.random.default_rng(SEED))


def find_counted(whole: Evidence) -> list[Finding]:
    """What follows from counts alone, which are those of all customers."""
    return [finding for finder in COUNTING for finding in finder(whole)]


def rank_findings(found: Iterable[Finding], evidence: Evidence, rng: np.random.Generator) -> list[Finding]:
    """What finders found, each fact once, with standing, cost and order.

    Args:
        found: In the order of `FINDERS`.
        evidence: That they were found in.
        rng: For the rank stability.
    """
    moments = {moment.name: moment for moment in evidence.moments}
    merged = merge_findings([_told_apart(finding) for finding in found], evidence)
    heard = [
        _narrowed(before, after, evidence.parts)
        for before, after in zip(merged, hear_others(merged, evidence), strict=True)
    ]
    judged = [judge_standing(finding) for finding in heard]
    priced = [price_finding(finding, moments.get(finding.moment), evidence) for finding in judged]
    return let_speak(order_findings(priced, evidence, rng), evidence)


def let_speak(ranked: Iterable[Finding], evidence: Evidence) -> list[Finding]:
    """The findings with the customers' own words beside the first `MOST_QUOTED` whose harm is shown.

    Args:
        ranked: In their order; a finding that has quotes keeps them.
        evidence: For the words, and for whom a finding concerns when.
    """
    told, left = [], MOST_QUOTED
    for finding in ranked:
        asked = left and finding.standing in FIRM and not finding.quotes
        place = _spoken_at(finding, evidence) if asked else None
        if place is None or place.table not in _TIMES:
            told.append(finding)
            continue
        left -= 1
        whom = f'SELECT customer, "{_TIMES[place.table]}" AS "at" FROM {place.table} WHERE {place.rows}'
        near = _SOON_US if finding.kind in ("friction", "small_many") else _LATER_US
        told.append(msgspec.structs.replace(finding, quotes=find_quotes(evidence, whom, near_us=near)))
    return told


def _spoken_at(finding: Finding, evidence: Evidence) -> Place | None:
    """The rows by which the words of a finding are found: those of its place, or the words themselves."""
    estimate = finding.estimate
    return Place("words", estimate.rows) if estimate.table == "words" else place_of(finding, evidence)


def _narrowed(before: Finding, after: Finding, parts: int) -> Finding:
    """What others said of a finding was read in the sample, whatever the finding itself was read in."""
    added = {
        name: narrow(getattr(after, name), parts)
        for name in ("emotion", "contacts", "completion", "returning")
        if getattr(after, name) is not getattr(before, name)
    }
    return msgspec.structs.replace(after, **added)


def _told_apart(finding: Finding) -> Finding:
    """A finder says whether harm is shown; whether that makes a priority is decided here alone."""
    return msgspec.structs.replace(finding, standing="established") if finding.standing == "priority" else finding
