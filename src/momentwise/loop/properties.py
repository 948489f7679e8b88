"""Which fields are kept of a customer from event to event, so that moments and signals can be compared by them.

A playbook names them under `segments:`; otherwise the fields that hold a few distinct words are taken, the well-known
ones first.
"""

from __future__ import annotations

from collections.abc import Iterator

from momentwise.define.evaluate import Column, read_sql
from momentwise.define.event import FIELD_KINDS
from momentwise.define.playbook import Playbook
from momentwise.define.source import ColumnFacts, ColumnRef, Source
from momentwise.loop.intake import Intake

# Named as the field's tools name them, the likelier to matter first.
_KNOWN = (
    "device", "device_type", "device_class", "device_category", "platform", "os", "browser", "viewport", "app_version",
    "version", "release", "locale", "language", "country", "region", "state", "customer_state", "city", "plan", "tier",
    "segment", "campaign", "source", "medium", "store", "branch", "category", "product_category", "product_line",
    "payment_type", "carrier", "agency", "borough",
)  # fmt: skip
_MOST, _FEWEST_WORDS, _MOST_WORDS, _LEAST_FILLED = 8, 2, 60, 0.02
# Where on a screen something happened, or what it was called, is no trait of a customer.
_NEVER = frozenset(
    ("page", "element", "x", "y", "url", "path", "event", "type", "name", "topic", "subject", "answered_by", "status",
     "sensitive", "required", "results", "viewport_width", "viewport_height", "target_width", "target_height", "currency")
)  # fmt: skip
VIEWPORT = "viewport"


def choose_properties(playbook: Playbook, intake: Intake) -> tuple[str, ...]:
    """The names of the properties, at most eight unless the playbook names more.

    Args:
        playbook: May name them.
        intake: The sources, and what is known of their columns.
    """
    if playbook.segments is not None:
        return playbook.segments
    used = playbook.fields()
    found: dict[str, bool] = {}
    for source in intake.sources.sources:
        for name, facts in _columns(source, intake):
            lower = name.lower().replace(" ", "_").replace("-", "_")
            if lower in _NEVER or lower in FIELD_KINDS or lower.endswith(("_id", "_at", "status")) or facts is None:
                continue
            if name not in used and _is_trait(lower, facts):
                found[name] = True
        if _has_viewport(dict(_columns(source, intake))):
            found[VIEWPORT] = True
    order = {name: place for place, name in enumerate(_KNOWN)}
    ranked = sorted(found, key=lambda name: order.get(name.lower().replace(" ", "_"), len(order)))
    return tuple(ranked[:_MOST])


def _is_trait(name: str, facts: ColumnFacts) -> bool:
    few = _FEWEST_WORDS <= facts.distinct <= _MOST_WORDS and facts.filled >= _LEAST_FILLED
    worded = facts.kind == "text" and facts.distinct * 10 <= facts.sampled * max(facts.filled, _LEAST_FILLED)
    return few and (name in _KNOWN or worded)


def _columns(source: Source, intake: Intake) -> Iterator[tuple[str, ColumnFacts | None]]:
    """The fields of a source that are columns, by the name that conditions know them by."""
    tables = intake.facts(source)
    own = tables.get(source.table or f"select:{source.name}")
    mapped: set[str] = {source.customer.column}
    if source.event is not None:
        mapped.add(source.event.column)
    mapped.update(name for rule in source.rules for name in rule.at)
    refs: dict[str, ColumnRef] = dict(source.fields)
    for rule in source.rules:
        refs |= rule.fields
    for name, ref in refs.items():
        mapped.add(ref.column)
        table = tables.get(ref.through) if ref.through else own
        if ref.column and table is not None:
            yield name, table.column(ref.column)
    for column in own.columns if own else ():
        if column.name not in mapped:
            yield column.name, column


def _has_viewport(columns: dict[str, ColumnFacts | None]) -> bool:
    return {"viewport_width", "viewport_height"} <= set(columns) and VIEWPORT not in columns


def fields_of_sources(intake: Intake) -> set[str]:
    """Every field that some source has, by the name that conditions know it by."""
    return {name for source in intake.sources.sources for name in _all_fields(source, intake)}


def _all_fields(source: Source, intake: Intake) -> Iterator[str]:
    yield from source.fields
    for rule in source.rules:
        yield from rule.fields
    for table in intake.facts(source).values():
        yield from (column.name for column in table.columns)
        yield from (column.name.lower() for column in table.columns)


def with_viewport(columns: dict[str, Column]) -> dict[str, Column]:
    """The columns of a source, with the class of its viewport where the source has the sizes and not the class.

    Small phones are those of at most 375 by 700 CSS pixels, on which the lower edge hides what others show.
    """
    if VIEWPORT in columns or not {"viewport_width", "viewport_height"} <= set(columns):
        return columns
    width, height = (read_sql(columns[name], "number") for name in ("viewport_width", "viewport_height"))
    cases = (
        f"CASE WHEN {width} IS NULL THEN NULL WHEN {width} <= 375 AND coalesce({height}, 0) <= 700 THEN 'small phone' "
        f"WHEN {width} < 600 THEN 'phone' WHEN {width} < 1024 THEN 'tablet' ELSE 'desktop' END"
    )
    return {**columns, VIEWPORT: Column(cases, "text")}
