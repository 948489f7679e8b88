"""From the board to the button: findings gathered by stage, moment, step and control, each level the sum of the next.

Money that another finding already counts is left out of the sums, as in the portfolio; where the portfolio has reckoned a
sum, it stands here too. The ends of any other sum's interval are the sums of the ends, as if all erred the same way: wider
than need be, never narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from momentwise.charts.cards import CardView
from momentwise.charts.wording import has_value, write_name
from momentwise.define.finding import Estimate, MomentSummary
from momentwise.define.moment import STAGES

Key = Callable[[CardView], str]


class Branch(msgspec.Struct, frozen=True):
    """One level of the tree.

    Args:
        level: Board, journey, moment, step or element.
        name: As a reader says it.
        cards: The findings beneath.
        weekly: Seconds that they take in a week, added up; `None` where none says so.
        money: Money per month, added up; `None` where none is known.
        currency: Of `money`.
        branches: The next level; none beneath an element.
    """

    level: str
    name: str
    cards: tuple[CardView, ...]
    weekly: Estimate | None
    money: Estimate | None
    currency: str
    branches: tuple[Branch, ...] = ()


def grow_tree(
    cards: Sequence[CardView],
    summaries: Sequence[MomentSummary],
    counted: frozenset[str] | None = None,
    reckoned: Mapping[str, Estimate] | None = None,
) -> Branch | None:
    """The findings as a tree of five levels; `None` without findings.

    Args:
        cards: The findings.
        summaries: The moments, for their stages.
        counted: Ids of those whose money counts; `None` for all.
        reckoned: Sums of money that the portfolio has, by moment; that of all under an empty name.
    """
    if not cards:
        return None
    stages = {summary.moment: summary.stage for summary in summaries}
    keys: list[tuple[str, Key]] = [
        ("journey", lambda card: stages.get(card.finding.moment, "")),
        ("moment", lambda card: card.finding.moment),
        ("step", lambda card: card.finding.where.step or card.finding.where.page),
        ("element", lambda card: card.finding.where.element or card.finding.where.signal or card.finding.kind),
    ]
    tree = _branch("board", "", list(cards), keys, counted)
    return _correct(tree, reckoned or {})


def add_estimates(estimates: Sequence[Estimate]) -> Estimate | None:
    """The sum of the numbers with the sum of their bounds; `None` where there is none, no bounds where one lacks them."""
    known = [estimate for estimate in estimates if has_value(estimate)]
    if not known:
        return None
    lows, highs = [e.low for e in known if e.low is not None], [e.high for e in known if e.high is not None]
    is_bounded = len(lows) == len(highs) == len(known)
    return Estimate(
        value=sum(estimate.value or 0.0 for estimate in known),
        n=sum(estimate.n for estimate in known),
        unit=known[0].unit,
        low=sum(lows) if is_bounded else None,
        high=sum(highs) if is_bounded else None,
    )


def add_money(cards: Sequence[CardView], counted: frozenset[str] | None = None) -> tuple[Estimate | None, str]:
    """What the cards that count cost per month, added up, and the currency; nothing where they name several."""
    own = [card.finding for card in cards if counted is None or card.finding.id in counted]
    costs = [finding.cost for finding in own if finding.cost and finding.cost.total]
    currencies = {cost.currency for cost in costs}
    if len(currencies) != 1:
        return None, ""
    return add_estimates([cost.total for cost in costs if cost.total]), currencies.pop()


def _branch(
    level: str, name: str, cards: list[CardView], keys: Sequence[tuple[str, Key]], counted: frozenset[str] | None
) -> Branch:
    money, currency = add_money(cards, counted)
    return Branch(
        level=level,
        name=name,
        cards=tuple(cards),
        weekly=add_estimates([card.finding.weekly_seconds for card in cards if card.finding.weekly_seconds]),
        money=money,
        currency=currency,
        branches=tuple(_grow(cards, keys, counted)),
    )


def _correct(branch: Branch, reckoned: Mapping[str, Estimate]) -> Branch:
    """The branch with the sums that are known: of the board and of its moments, and of stages from their moments."""
    if branch.level == "moment":
        money = reckoned.get(branch.cards[0].finding.moment) if branch.money else None
        return msgspec.structs.replace(branch, money=money or branch.money)
    branches = tuple(_correct(one, reckoned) for one in branch.branches)
    money = add_estimates([one.money for one in branches if one.money]) if branch.money else None
    if branch.level == "board" and money:
        money = reckoned.get("", money)
    return msgspec.structs.replace(branch, branches=branches, money=money)


def _grow(cards: list[CardView], keys: Sequence[tuple[str, Key]], counted: frozenset[str] | None) -> list[Branch]:
    if not keys:
        return []
    (level, key), *rest = keys
    names = list(dict.fromkeys(key(card) for card in cards))
    if level == "journey":
        names.sort(key=lambda name: STAGES.index(name) if name in STAGES else len(STAGES))
    return [_branch(level, _say(level, name), [c for c in cards if key(c) == name], rest, counted) for name in names]


def _say(level: str, name: str) -> str:
    absent = {"journey": "Any stage", "moment": "Every moment", "step": "Any step", "element": "Any element"}
    return (name if "/" in name or "#" in name else write_name(name)) if name else absent[level]
