"""Spots: where friction signals occur, and which of them are one friction under several names.

A field that asks too early makes people wait and correct themselves: three signals, one friction. Signals at one page and
element are one; so are places that nearly the same occurrences meet, for no data could tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from momentwise.define.evaluate import quote
from momentwise.define.signal import SignalRule, SignalSettings
from momentwise.define.span import HOUR_US
from momentwise.rank.queries import Ask

# Below this many touched occurrences nothing is told.
FEWEST_TOUCHED = 30

# Places are one that share at least this part of the occurrences that meet either: no data would tell them apart. A signal of
# the whole page is one with a place on it where at least this much of it, beyond chance, comes with that place.
SAME, SAME_ON_PAGE = 0.95, 0.8

# A moment's least frequent frictions beyond this many are left out, and the least frequent spots beyond all of them.
MOST_FRICTIONS, MOST_SPOTS = 40, 400

# The signal that says most about why, where several mark one place; a playbook's own rules come before all of these.
TELLING = (
    "premature_ask", "out_of_reach", "error_click", "empty_search", "retold_story", "repeated_authentication", "dead_click",
    "rage_click", "field_rework", "repeated_search", "channel_hop", "repeat_contact", "unanswered_query", "small_target",
    "near_miss", "slow_answer", "poor_vital", "error_seen", "field_left_blank", "hesitation", "wavering", "page_loop",
    "scroll_thrash", "u_turn",
)  # fmt: skip

# A rarer name of a friction must be borne by at least this part of the occurrences of its most frequent one.
_NAMING_SHARE = 0.3

# Found elsewhere (silences, promises, content), or no friction of its own but what the customer said of it.
_ELSEWHERE = frozenset({"contact_after_message", "contact_after_self_service", "low_score"})
_ELSEWHERE_SHAPES = frozenset({"lull", "overdue", "lone"})


@dataclass(frozen=True)
class Spot:
    """A signal at a page and element; each may be missing.

    Args:
        number: From 0.
        by: The field that the signal's key is taken from; empty for none.
    """

    number: int
    signal: str
    page: str | None
    element: str | None
    by: str = ""

    @property
    def place(self) -> tuple[str, ...]:
        """What signals must share to be one friction: page and element; without an element also the signal."""
        return (self.page or "", self.element) if self.element else (self.page or "", "", self.signal)


@dataclass(frozen=True)
class Friction:
    """A named friction of one moment.

    Args:
        moment: The moment's name.
        number: From 0, within the moment.
        signal: The most telling of its signals.
        page: Of that signal; empty where it carries none.
        element: Of that signal; empty where it carries none.
        spots: Every signal and place that is it.
        touched: Ended occurrences that met it.
    """

    moment: str
    number: int
    signal: str
    page: str
    element: str
    spots: tuple[Spot, ...]
    touched: int

    @property
    def id(self) -> str:
        """Stable across runs: signal, page and element."""
        return "/".join(part for part in (self.signal, self.page.strip("/"), self.element) if part)


def is_friction(rule: SignalRule) -> bool:
    """Whether a rule's signals are frictions that are measured here."""
    elsewhere = rule.name in _ELSEWHERE or rule.shape in _ELSEWHERE_SHAPES
    return rule.archetype == "friction" and rule.weight > 0 and not rule.in_decision and not elsewhere


def is_waiting(rule: SignalRule | None) -> bool:
    """Whether a signal exists only because hours passed, so that its seconds would restate how long it took."""
    return rule is not None and rule.shape in ("missing", "follow") and rule.within_us >= HOUR_US


def is_pause(rule: SignalRule | None) -> bool:
    """Whether a signal is seen only where a customer is slow, so that its seconds alone show no harm."""
    return rule is not None and rule.shape == "pause"


def read_spots(settings: SignalSettings, ask: Ask) -> tuple[Spot, ...]:
    """The spots with enough signals to be told, most frequent first."""
    rules = {rule.name: rule for rule in settings.rules if is_friction(rule)}
    if not rules:
        return ()
    rows = ask(
        "SELECT signal::VARCHAR AS rule, page, element, count(*) AS n FROM signals "
        f"WHERE signal IN ({', '.join(map(quote, rules))}) GROUP BY ALL HAVING count(*) >= {FEWEST_TOUCHED} "
        f"ORDER BY n DESC, rule, page, element LIMIT {MOST_SPOTS}"
    )
    return tuple(
        Spot(number, str(name), _text(page), _text(element), rules[str(name)].by or "")
        for number, (name, page, element, _) in enumerate(rows)
    )


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def name_frictions(
    moment: str, spots: Sequence[Spot], touched: Mapping[int, int], joint: Mapping[tuple[int, int], int], many: int
) -> tuple[Friction, ...]:
    """A moment's frictions, the most frequent first, at most `MOST_FRICTIONS`.

    Args:
        moment: Its name.
        spots: By their numbers.
        touched: Occurrences that met each spot.
        joint: Occurrences that met both of two spots, the lesser number first.
        many: Ended occurrences of the moment.
    """
    parent = {number: number for number in touched}

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    pairs = sorted(joint.items(), key=lambda pair: (-pair[1], pair[0]))
    alike = [(one, other) for (one, other), both in pairs if _is_one(spots[one], spots[other], touched, both, many)]
    for one, other in (*_of_one_place(spots, touched), *alike):
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    members: dict[int, list[int]] = {}
    for number in sorted(touched):
        members.setdefault(root(number), []).append(number)
    kept = [group for group in members.values() if max(touched[number] for number in group) >= FEWEST_TOUCHED]
    kept.sort(key=lambda group: (-max(touched[number] for number in group), group))
    return tuple(_friction(moment, number, group, spots, touched) for number, group in enumerate(kept[:MOST_FRICTIONS]))


def _of_one_place(spots: Sequence[Spot], touched: Mapping[int, int]) -> Iterable[tuple[int, int]]:
    first: dict[tuple[str, ...], int] = {}
    for number in sorted(touched):
        yield first.setdefault(spots[number].place, number), number


def _is_one(one: Spot, other: Spot, touched: Mapping[int, int], both: int, many: int) -> bool:
    """Whether nearly the same occurrences meet two spots, or one is of the page and nearly always with the other."""
    first, second = touched[one.number], touched[other.number]
    if both / (first + second - both) >= SAME:
        return True
    if one.page != other.page or bool(one.element) == bool(other.element):
        return False
    of_page, at_place = (second, first) if one.element else (first, second)
    usual = at_place / many
    return usual < 1 and (both / of_page - usual) / (1 - usual) >= SAME_ON_PAGE


def _friction(
    moment: str, number: int, group: Sequence[int], spots: Sequence[Spot], touched: Mapping[int, int]
) -> Friction:
    most = max(touched[member] for member in group)
    able = [spots[member] for member in group if touched[member] >= _NAMING_SHARE * most]
    rank = {name: place for place, name in enumerate(TELLING)}
    named = min(
        able, key=lambda spot: (not spot.element, rank.get(spot.signal, -1), -touched[spot.number], spot.number)
    )
    members = tuple(spots[member] for member in group)
    return Friction(moment, number, named.signal, named.page or "", named.element or "", members, most)


def rows_of_friction(friction: Friction, by: str | None, extra: str = "") -> str:
    """The condition over `occurrences` that picks those that met a friction.

    Args:
        friction: Which.
        by: The field that tells the moment's occurrences apart.
        extra: A further condition.
    """
    spots = " OR ".join(_is_at(spot) for spot in friction.spots)
    keyed = sorted({spot.signal for spot in friction.spots if by and spot.by == by})
    same = ""
    if keyed:
        listed = ", ".join(map(quote, keyed))
        same = (
            f" AND (met.key IS NULL OR occurrences.key IS NULL OR met.key = occurrences.key "
            f"OR met.signal NOT IN ({listed}))"
        )
    return (
        f"moment = {quote(friction.moment)} AND outcome <> 'open'{' AND ' + extra if extra else ''} "
        "AND EXISTS (SELECT 1 FROM signals AS met WHERE met.customer = occurrences.customer "
        'AND met."at" <= occurrences.ended_at AND met.ended_at >= occurrences.started_at '
        f"AND ({spots}){same})"
    )


def _is_at(spot: Spot) -> str:
    parts = [f"met.signal = {quote(spot.signal)}"]
    for name, value in (("page", spot.page), ("element", spot.element)):
        parts.append(f"nullif(met.{name}, '') = {quote(value)}" if value else f"nullif(met.{name}, '') IS NULL")
    return "(" + " AND ".join(parts) + ")"
