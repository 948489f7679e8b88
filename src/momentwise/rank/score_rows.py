"""Score rows: which scores are about some occurrences, as a condition that opens them."""

from __future__ import annotations

from momentwise.define.evaluate import quote

# A score that names its order is about that order, in each moment that is told apart by orders; to any other moment it belongs
# only because the customer came last that way.
ABOUT_ANOTHER = 'NOT named AND (customer, "at", score) IN (SELECT customer, "at", score FROM scores WHERE named AND isfinite(score))'


def rows_of_scores(moment: str, rows: str, *, own: bool = False) -> str:
    """The condition over `scores` that picks those about the occurrences that fulfil a condition.

    Args:
        moment: Its name.
        rows: The condition over `occurrences`.
        own: Without those that name another occurrence.
    """
    kept = f" AND NOT coalesce({ABOUT_ANOTHER}, false)" if own else ""
    of_moment = f"moment = {quote(moment)} AND outcome <> 'open'"
    return (
        f"{of_moment} AND isfinite(score){kept} AND (customer, coalesce(key, ''), \"at\") IN (SELECT said.customer, said.same, "
        f"said.given FROM (SELECT customer, coalesce(key, '') AS same, \"at\" AS given FROM scores WHERE {of_moment}) AS said "
        f"ASOF JOIN (SELECT *, coalesce(key, '') AS same FROM occurrences WHERE {of_moment}) AS occurrences "
        "ON said.customer = occurrences.customer AND said.same = occurrences.same "
        f"AND said.given >= occurrences.started_at WHERE {rows.replace('moment =', 'occurrences.moment =', 1)})"
    )
