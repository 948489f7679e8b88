"""Cost: what a finding takes per month, in money by four factors where prices are stated, otherwise in people and seconds.

Only differences that are established are priced. Prices are what people of the company stated; they carry no error of
their own, and the money is as good as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from momentwise.define.finding import Cost, Estimate, Finding
from momentwise.define.moment import Moment, Value
from momentwise.define.span import DAY_US
from momentwise.rank.differences import Number, number_of, poisson
from momentwise.rank.evidence import Evidence
from momentwise.rank.phrases import count_of

DAYS_OF_MONTH = 365.25 / 12

# Findings whose every occurrence is itself a failure, or itself a contact.
FAILURES = ("failure_rate", "abandonment_rate", "critical_failure")
CONTACTS = ("escalation_rate",)

_FAILURE = "what one failure costs (`failure_cost`)"
_CONTACT = "what one contact costs (`contact_cost`)"
_DEFLECTION = "which share of contacts self-service could answer (`deflection`)"
_LIFETIME = "what a kept customer brings (`lifetime_value`)"


class Effects(NamedTuple):
    """What touching one occurrence, or one customer, brings; `None` where no difference is established.

    Args:
        failures: Failures per occurrence touched.
        contacts: Contacts per customer touched.
        losses: Customers lost per customer touched.
        people: Customers per occurrence touched.
    """

    failures: Number | None
    contacts: Number | None
    losses: Number | None
    people: float


def price_finding(finding: Finding, moment: Moment | None, evidence: Evidence) -> Finding:
    """The finding with its cost per month; without one where harm is not established."""
    if finding.standing == "not established":
        return msgspec.structs.replace(finding, cost=None, money=None, currency="")
    months = months_of(evidence)
    cost = measure_cost(finding, moment.value if moment else None, months / finding.parts)
    if finding.money is not None or cost.total is None:
        return msgspec.structs.replace(finding, cost=cost)
    money = _scaled(cost.total, months)
    return msgspec.structs.replace(finding, cost=cost, money=money, currency=cost.currency)


def months_of(evidence: Evidence) -> float:
    """How many months of 365.25 / 12 days the data span; at least a day's worth."""
    return max(1.0, (evidence.until_us - evidence.since_us) / DAY_US) / DAYS_OF_MONTH


def measure_cost(finding: Finding, value: Value | None, months: float) -> Cost:
    """Money per month by its four factors: frequency, failure cost, deflection potential, lifetime value.

    With *F* occurrences touched per month, *r* customers per occurrence, *f* failures per occurrence, *k* contacts and *l*
    lost customers per customer, each as a difference to comparable untouched ones::

        failure    = F · f · failure_cost
        deflection = F · r · k · deflection · contact_cost
        lifetime   = F · r · l · lifetime_value
        total      = F · (f · failure_cost + r · k · deflection · contact_cost + r · l · lifetime_value)

    A factor whose difference is not established, or whose price nobody stated, is `None` and not in the total. *F* has
    Garwood's interval of a count; products have Goodman's exact variance, the differences counted as independent of *F*
    and of one another; intervals are normal, 95 %. All weights are one: every factor is in the same money. A quarter is
    three months.

    Args:
        finding: With its differences: `completion`, `contacts`, `returning`.
        value: What people stated.
        months: Length of the period of the data.
    """
    frequency = measure_frequency(finding, months)
    effects = measure_effects(finding, months)
    priced, missing = _price_effects(effects, value)
    touched = number_of(frequency)
    factors = {
        name: _money(touched.times(number), frequency) if number is not None else None
        for name, number in priced.items()
    }
    known = [number for number in priced.values() if number is not None]
    total = None
    if known:
        whole = known[0]
        for number in known[1:]:
            whole = whole.plus(number)
        total = _money(touched.times(whole), frequency)
    return Cost(
        currency=value.currency if value else "",
        frequency=frequency,
        failure=factors["failure"],
        deflection=factors["deflection"],
        lifetime=factors["lifetime"],
        total=total,
        missing=missing,
    )


def measure_frequency(finding: Finding, months: float) -> Estimate:
    """Occurrences that the finding touches per month, with Garwood's interval of a count.

    Of a friction they follow from its seconds per week and per occurrence; of a share they are what was counted;
    otherwise each customer counts once. The rows behind it are those of the finding's own number.
    """
    count = touched_count(finding, months)
    low, high = poisson(count)
    own = finding.estimate
    opened = count_of(own) if own.unit == "share" else own.n
    return Estimate(count / months, max(1, opened), "count", low / months, high / months, own.rows, own.table)


def touched_count(finding: Finding, months: float) -> float:
    """How many occurrences the finding touched over the period of the data."""
    seconds, weekly, estimate = finding.seconds, finding.weekly_seconds, finding.estimate
    if seconds is not None and weekly is not None and seconds.value and weekly.value:
        return max(float(finding.people), weekly.value / seconds.value * months * DAYS_OF_MONTH / 7)
    if estimate.unit == "share" and finding.kind in (*FAILURES, *CONTACTS, "ending_share"):
        return float(count_of(estimate))
    if estimate.unit == "count" and estimate.value is not None and estimate.value >= finding.people:
        return estimate.value
    return float(finding.people)


def measure_effects(finding: Finding, months: float) -> Effects:
    """What the finding brings per occurrence and per customer it touches, as far as it is established as harm."""
    if finding.kind in CONTACTS:
        return Effects(None, Number(1.0), None, 1.0)  # every escalation is a contact, whoever makes it
    failures = Number(1.0) if finding.kind in FAILURES else _loss(finding.completion)
    people = min(1.0, finding.people / max(1.0, touched_count(finding, months)))
    return Effects(failures, _gain(finding.contacts), _loss(finding.returning), people)


def _loss(difference: Estimate | None) -> Number | None:
    """A share that is lower, with its whole interval, as a positive number."""
    if difference is None or difference.high is None or difference.high >= 0:
        return None
    return number_of(difference).scaled(-1.0)


def _gain(difference: Estimate | None) -> Number | None:
    if difference is None or difference.low is None or difference.low <= 0:
        return None
    return number_of(difference)


def _price_effects(effects: Effects, value: Value | None) -> tuple[dict[str, Number | None], tuple[str, ...]]:
    """Money per occurrence touched by factor, and the prices that are missing for the rest."""
    stated = value or Value("")
    share = effects.people
    contact = _product(stated.deflection, stated.contact_cost)
    wanted = (
        ("failure", effects.failures, stated.failure_cost, 1.0),
        ("deflection", effects.contacts, contact, share),
        ("lifetime", effects.losses, stated.lifetime_value, share),
    )
    priced = {
        name: number.scaled(price * scale) if number is not None and price else None
        for name, number, price, scale in wanted
    }
    unstated = (
        (effects.failures, stated.failure_cost, _FAILURE),
        (effects.contacts, stated.contact_cost, _CONTACT),
        (effects.contacts, stated.deflection, _DEFLECTION),
        (effects.losses, stated.lifetime_value, _LIFETIME),
    )
    return priced, tuple(words for number, price, words in unstated if number is not None and price is None)


def _product(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one * other


def _money(number: Number, frequency: Estimate) -> Estimate:
    low, high = number.bounds
    return Estimate(number.value, frequency.n, "money", max(0.0, low), high, frequency.rows, frequency.table)


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    low, high = (None if part is None else part * factor for part in (estimate.low, estimate.high))
    value = None if estimate.value is None else estimate.value * factor
    return msgspec.structs.replace(estimate, value=value, low=low, high=high)
