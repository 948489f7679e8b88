"""Findings: every finder over one evidence, then each fact once, its standing, its cost and its place in the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import numpy as np

from momentwise.define.finding import Finding
from momentwise.rank.agreement import hear_others
from momentwise.rank.content import find_content
from momentwise.rank.contradictions import find_contradictions
from momentwise.rank.cost import price_finding
from momentwise.rank.delights import find_delights
from momentwise.rank.evidence import Evidence
from momentwise.rank.frictions import find_frictions
from momentwise.rank.merging import merge_findings
from momentwise.rank.order import order_findings
from momentwise.rank.outcomes import find_outcomes
from momentwise.rank.product import find_product_faults
from momentwise.rank.promises import find_promises
from momentwise.rank.reality import find_unmapped
from momentwise.rank.segments import find_segments
from momentwise.rank.silences import find_silences
from momentwise.rank.spikes import find_spikes
from momentwise.rank.standing import judge_standing

Finder = Callable[[Evidence], list[Finding]]

# In the order in which findings absorb one another: the more specific first.
FINDERS: tuple[Finder, ...] = (
    find_product_faults,
    find_promises,
    find_frictions,
    find_silences,
    find_segments,
    find_content,
    find_contradictions,
    find_spikes,
    find_outcomes,
    find_unmapped,
    find_delights,
)

# The draws of the rank stability are the same in every run over the same findings.
SEED = 20


def find(evidence: Evidence, rng: np.random.Generator | None = None) -> list[Finding]:
    """Every finding, in the order of `order.order_findings`; none where nothing stands out.

    Args:
        evidence: The audit's tables and what is known beside them.
        rng: For the rank stability; one with a fixed seed if left out.
    """
    found = [finding for finder in FINDERS for finding in finder(evidence)]
    return rank_findings(found, evidence, rng or np.random.default_rng(SEED))


def rank_findings(found: Iterable[Finding], evidence: Evidence, rng: np.random.Generator) -> list[Finding]:
    """What finders found, each fact once, with standing, cost and order.

    Args:
        found: In the order of `FINDERS`.
        evidence: That they were found in.
        rng: For the rank stability.
    """
    moments = {moment.name: moment for moment in evidence.moments}
    merged = merge_findings([_told_apart(finding) for finding in found], evidence)
    heard = hear_others(merged, evidence)
    judged = [judge_standing(finding) for finding in heard]
    priced = [price_finding(finding, moments.get(finding.moment), evidence) for finding in judged]
    return order_findings(priced, evidence, rng)


def _told_apart(finding: Finding) -> Finding:
    """A finder says whether harm is shown; whether that makes a priority is decided here alone."""
    return msgspec.structs.replace(finding, standing="established") if finding.standing == "priority" else finding
