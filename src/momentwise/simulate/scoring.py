"""Scores an audit's findings against what is true of the simulated shop. Pure: both are handed in as JSON values.

A planted thing is *found* where a finding with standing matches one of its signs; a finding is *false* where it has
standing and matches nothing that is planted and no consequence of it; an innocent is *accused* where such a finding
matches one of its signs. How a sign matches stands in `simulate.expected`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]  # JSON: a finding, a sign, a planted thing

FIRM = ("priority", "established")
NOT_TO_BE_RAISED = ("innocent", "too-small")
_PLACES = ("signal", "page", "element", "step")
# Which of a finding's fields is held against the truth's figure of that name. What a finding calls returning is another pass
# through the same moment; the truth's coming back is another visit, so these two are not compared.
_HELD = ("seconds", "completion", "emotion")


@dataclass(frozen=True)
class Found:
    """One planted thing beside what the audit said of it.

    Args:
        name: The plan.
        kind: What sort of thing it is.
        finding: Id of the first finding that matches; empty where none does.
        rank: Its place among all findings, from 1; 0 where it was not found.
        standing: Its standing; empty where it was not found.
        held: Per figure that both sides state, whether the interval holds the truth.
    """

    name: str
    kind: str
    finding: str
    rank: int
    standing: str
    held: dict[str, bool]


@dataclass(frozen=True)
class Score:
    """One audit's score.

    Args:
        planted: Each thing that must be found.
        accused: Names of innocents, and of what is too small, that a firm finding accuses.
        false: Ids of firm findings that nothing planted explains.
        wrong_order: Names of planted things that stand below an innocent, or below a false finding.
        firm: How many findings have standing.
    """

    planted: tuple[Found, ...]
    accused: tuple[str, ...]
    false: tuple[str, ...]
    wrong_order: tuple[str, ...]
    firm: int

    @property
    def found(self) -> int:
        """How many planted things were found."""
        return sum(bool(one.finding) for one in self.planted)

    @property
    def recall(self) -> float:
        """Share of the planted things that were found; 1 where nothing was planted."""
        return self.found / len(self.planted) if self.planted else 1.0

    @property
    def held(self) -> tuple[int, int]:
        """How many true figures lie inside the reported intervals, and out of how many."""
        every = [held for one in self.planted for held in one.held.values()]
        return sum(every), len(every)


def score_findings(truth: Json, findings: Sequence[Json]) -> Score:
    """The score of an audit.

    Args:
        truth: What `truth.json` holds.
        findings: What `findings.json` holds under `findings`, in its order.
    """
    things = truth["planted"]
    guilty = [thing for thing in things if thing["kind"] not in NOT_TO_BE_RAISED]
    spared = [thing for thing in things if thing["kind"] in NOT_TO_BE_RAISED]
    firm = [(rank, finding) for rank, finding in enumerate(findings, 1) if finding["standing"] in FIRM]
    found = tuple(_find(thing, firm) for thing in guilty)
    accusing = {
        thing["name"]: min(ranks)
        for thing in spared
        if (ranks := [rank for rank, finding in firm if _fits_any(thing["signs"], finding)])
    }
    false = {
        finding["id"]: rank
        for rank, finding in firm
        if not any(_fits_any([*thing["signs"], *thing["consequences"]], finding) for thing in guilty)
    }
    first_wrong = min([*accusing.values(), *false.values()], default=len(findings) + 1)
    return Score(
        planted=found,
        accused=tuple(accusing),
        false=tuple(false),
        wrong_order=tuple(one.name for one in found if one.rank > first_wrong),
        firm=len(firm),
    )


def _find(thing: Json, firm: list[tuple[int, Json]]) -> Found:
    """The first firm finding that matches, with every matching finding's intervals held against the truth."""
    matching = [(rank, finding) for rank, finding in firm if _fits_any(thing["signs"], finding)]
    if not matching:
        return Found(thing["name"], thing["kind"], "", 0, "", {})
    rank, first = matching[0]
    return Found(
        thing["name"], thing["kind"], first["id"], rank, first["standing"], hold_figures(thing["figures"], first)
    )


def hold_figures(figures: Json, finding: Json) -> dict[str, bool]:
    """Per figure that both state with an interval, whether the interval holds what was realised."""
    held = {}
    for name in _HELD:
        stated = finding.get(name)
        true = (figures.get(name) or {}).get("realised")
        if true is None or not stated or stated.get("low") is None or stated.get("high") is None:
            continue
        held[name] = stated["low"] <= true <= stated["high"]
    return held


def fits(sign: Json, finding: Json) -> bool:
    """Whether a finding is of the sign's kind and at its place.

    Example:
        >>> where = {"signal": "premature_ask", "page": "/checkout/identity", "segment": {}}
        >>> finding = {"kind": "friction", "moment": "checkout", "where": where}
        >>> fits({"kinds": ["friction"], "signal": "premature_ask"}, finding)
        True
        >>> fits({"kinds": ["friction"], "page": "/"}, finding)
        False
    """
    where = finding.get("where") or {}
    if finding["kind"] not in sign["kinds"]:
        return False
    if "moment" in sign and finding["moment"] not in _listed(sign["moment"]):
        return False
    if any(part in sign and where.get(part, "") not in _listed(sign[part]) for part in _PLACES):
        return False
    return _segment_fits(sign, where.get("segment") or {}) and _period_fits(sign, where)


def _fits_any(signs: Sequence[Json], finding: Json) -> bool:
    return any(fits(sign, finding) for sign in signs)


def _listed(stated: str | list[str]) -> list[str]:
    return [stated] if isinstance(stated, str) else stated


def _segment_fits(sign: Json, segment: Mapping[str, str]) -> bool:
    """Within the sign's segment lies a finding that names some of its properties and no others."""
    if "segment" in sign:
        return bool(segment) and segment.items() <= sign["segment"].items()
    if "contains" in sign:
        return bool(segment.items() & sign["contains"].items())
    return True


def _period_fits(sign: Json, where: Json) -> bool:
    """A finding without a period is of all the time, and so of the sign's."""
    if "since" not in sign:
        return True
    since, until = where.get("since"), where.get("until")
    return (since is None or since < sign["until"]) and (until is None or until > sign["since"])
