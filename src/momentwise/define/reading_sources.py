"""Reading `sources.yaml`, and writing a proposal of one. The values that it says are in `define.source`.

    zone: America/Sao_Paulo        # zone of times that carry none; UTC where it is left out
    reject_limit: 0.05             # share of unreadable rows that stops the run
    sources:
      orders:
        table: olist_orders_dataset   # a file's name without its endings; or `select: |` and a SELECT over tables
        customer: {column: customer_unique_id, through: olist_customers_dataset, on: customer_id}
        key: order_id                 # a plain word is always a column
        channel: {value: web}         # a fixed value
        events:                       # one row may become several events
          order_placed: order_purchase_timestamp
          order_cancelled: {at: [approved_at, purchased_at], where: order_status = 'canceled'}
        properties: {promised_at: order_estimated_delivery_date}
      clicks:
        table: events
        customer: user_id
        at: ts
        event: type                   # the column that holds the event's name
        rename: {view: product_viewed}

Fields of a source and of each event: `id`, `channel`, `key`, `session`, `text`, `duration`, `amount`, `score`, and free
ones under `properties`. A source may besides state `zone`, `time_format` (or a list), `decimal` and `kinds`. Where
`through` is used, `to` is the other table's column, by default called as `on`. Every column of the table can be used in
conditions under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from zoneinfo import available_timezones

from momentwise.define.document import Mistakes, Node, nearest, read_documents, read_text
from momentwise.define.evaluate import Kind
from momentwise.define.event import CHANNELS
from momentwise.define.predicate import Predicate, parse_predicate
from momentwise.define.source import (
    BETWEEN_FORMATS,
    DEFAULT_REJECT_LIMIT,
    ColumnRef,
    EventRule,
    Source,
    Sources,
)
from momentwise.errors import DefinitionError, Place

FIELDS = ("id", "channel", "key", "session", "text", "duration", "amount", "score")
_KINDS = ("number", "text", "truth", "instant")
_TOP = ("zone", "reject_limit", "sources")
_REF = ("column", "value", "through", "on", "to")
_SOURCE = (
    *("table", "select", "customer", "at", "event", "events", "rename", *FIELDS, "properties"),
    *("zone", "time_format", "decimal", "kinds"),
)
_EVENT = ("at", "where", *FIELDS, "properties")
_FORMATS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns")


def read_sources(path: Path) -> Sources:
    """The sources that a file declares.

    Raises:
        DefinitionErrors: Everything that is wrong, each with file, line and what would be right.
        DefinitionError: The file cannot be read or is not YAML.
    """
    return parse_sources(read_text(path), str(path))


def parse_sources(text: str, file: str) -> Sources:
    """The sources that a YAML text declares; `file` is its name in messages.

    Raises:
        DefinitionErrors: Everything that is wrong.
        DefinitionError: The text is not YAML.
    """
    mistakes = Mistakes()
    documents = read_documents(text, file)
    if len(documents) != 1:
        mistakes.add(
            "One YAML document with `sources:` was expected.",
            Place(file),
            "Write `sources:` and below it a name.",
        )
        mistakes.finish()
    entries = documents[0].entries(mistakes)
    _refuse_unknown(entries, _TOP, "a file of sources", mistakes)
    zone = _read_zone(entries.get("zone"), mistakes) or "UTC"
    limit = entries["reject_limit"].number(mistakes, "`reject_limit`", 0, 1) if "reject_limit" in entries else None
    sources = _read_all(entries.get("sources"), Place(file), mistakes)
    mistakes.finish()
    return Sources(sources=sources, zone=zone, reject_limit=DEFAULT_REJECT_LIMIT if limit is None else limit)


def _read_all(node: Node | None, place: Place, mistakes: Mistakes) -> tuple[Source, ...]:
    if node is None or not node.is_mapping:
        mistakes.add(
            "`sources:` is missing or has no names.",
            node.place if node else place,
            "Write at least one source.",
        )
        return ()
    found = [_read_source(name, entry, mistakes) for name, entry in node.entries(mistakes).items()]
    if not found and not mistakes.found:
        mistakes.add("`sources:` names no source.", node.place, "Write at least one source.")
    return tuple(source for source in found if source is not None)


def _refuse_unknown(entries: dict[str, Node], known: Sequence[str], where: str, mistakes: Mistakes) -> None:
    for name, node in entries.items():
        if name not in known:
            mistakes.add(f"'{name}' has no meaning in {where}.", node.place, nearest(name, list(known)))


def _read_zone(node: Node | None, mistakes: Mistakes) -> str:
    if node is None:
        return ""
    if node.text in available_timezones():
        return node.text
    by_lower = {zone.lower(): zone for zone in available_timezones()}
    found = by_lower.get(node.text.lower().replace(" ", "_"))
    right = f"Did you mean '{found}'?" if found else _near_zone(node.text)
    mistakes.add(f"The zone '{node.text}' is unknown.", node.place, right)
    return ""


def _near_zone(text: str) -> str:
    city = re.sub(r"\W+", "_", text.rsplit("/", 1)[-1])
    by_city = {zone.rsplit("/", 1)[-1]: zone for zone in sorted(available_timezones(), reverse=True)}
    near = nearest(city, list(by_city))
    if near.startswith("Did you mean"):
        return f"Did you mean '{by_city[near.split(chr(39))[1]]}'?"
    return "Write an IANA name such as Europe/Berlin, America/New_York or UTC."


def _read_source(name: str, node: Node, mistakes: Mistakes) -> Source | None:
    before = len(mistakes.found)
    entries = node.entries(mistakes)
    _refuse_unknown(entries, _SOURCE, f"source '{name}'", mistakes)
    table, select = _read_table(name, entries, mistakes)
    customer = _read_ref(entries["customer"], mistakes) if "customer" in entries else None
    if "customer" not in entries:
        mistakes.add(
            f"Source '{name}' names no customer.",
            node.place,
            "Write `customer:` and the column that says who.",
        )
    rules = _read_rules(name, node, entries, mistakes)
    event = _read_ref(entries["event"], mistakes) if "event" in entries else None
    fields, zone = _read_fields(entries, mistakes), _read_zone(entries.get("zone"), mistakes)
    time_format, kinds = (
        _read_format(entries.get("time_format"), mistakes),
        _read_kinds(entries.get("kinds"), mistakes),
    )
    rename, decimal = _read_rename(entries, mistakes), _read_decimal(entries.get("decimal"), mistakes)
    if len(mistakes.found) > before or customer is None:
        return None
    return Source(
        name=name, table=table, select=select, customer=customer, event=event, rename=rename, rules=rules, fields=fields,
        time_format=time_format, zone=zone, decimal=decimal, kinds=kinds, place=node.place,
    )  # fmt: skip


def _read_table(name: str, entries: dict[str, Node], mistakes: Mistakes) -> tuple[str, str]:
    table, select = entries.get("table"), entries.get("select")
    if table and select:
        mistakes.add(f"Source '{name}' has a table and a SELECT.", select.place, "Keep one of the two.")
    if table and not table.text:
        mistakes.add("`table` names no table.", table.place, "Write a file's name without its endings.")
    if select and not re.match(r"\s*(--[^\n]*\s*)*(select|with|from)\b", select.text, re.IGNORECASE):
        mistakes.add("`select` is no SELECT.", select.place, "Write SELECT … FROM and a table's name.")
    return ("" if select else table.text if table else name), (select.text.strip() if select else "")


def _read_ref(node: Node, mistakes: Mistakes) -> ColumnRef | None:
    if not node.is_mapping:
        if node.is_list or not node.text:
            mistakes.add("The name of a column was expected.", node.place, "For a fixed value write {value: …}.")
            return None
        return ColumnRef(column=node.text)
    entries = node.entries(mistakes)
    _refuse_unknown(entries, _REF, "a column", mistakes)
    words = {name: entry.text for name, entry in entries.items()}
    if bool(words.get("column")) == bool(words.get("value")):
        mistakes.add("Either `column` or `value` was expected.", node.place, "Write {column: …} or {value: …}.")
        return None
    if bool(words.get("through")) != bool(words.get("on")):
        mistakes.add(
            "`through` and `on` belong together.",
            node.place,
            "Write {column: …, through: other table, on: this table's column}.",
        )
        return None
    on = words.get("on", "")
    return ColumnRef(words.get("column", ""), words.get("value", ""), words.get("through", ""), on, words.get("to", on))


def _read_rules(name: str, node: Node, entries: dict[str, Node], mistakes: Mistakes) -> tuple[EventRule, ...]:
    at = entries["at"].words(mistakes, "`at`") if "at" in entries else ()
    rules = []
    if "event" in entries:
        if not at:
            mistakes.add(f"Source '{name}' has no time.", node.place, "Write `at:` and the column that says when.")
        rules.append(EventRule(at=at))
    elif "events" not in entries:
        mistakes.add(
            f"Source '{name}' says nothing of its events.",
            node.place,
            "Write `event:` and the column that holds their names, or `events:` and a name with its time column.",
        )
    if "events" in entries:
        named = entries["events"].entries(mistakes)
        if not named and entries["events"].is_mapping:
            mistakes.add("`events` names no event.", entries["events"].place, "Write `name: time column` lines.")
        rules.extend(_read_rule(event, entry, at, mistakes) for event, entry in named.items())
    return tuple(rules)


def _read_rule(event: str, node: Node, at: tuple[str, ...], mistakes: Mistakes) -> EventRule:
    if not node.is_mapping:
        return EventRule(name=event, at=node.words(mistakes, f"The time of '{event}'"))
    entries = node.entries(mistakes)
    _refuse_unknown(entries, _EVENT, f"event '{event}'", mistakes)
    own = entries["at"].words(mistakes, "`at`") if "at" in entries else at
    if not own:
        mistakes.add(f"Event '{event}' has no time.", node.place, "Write `at:` and the column that says when.")
    where = _read_where(entries.get("where"), mistakes)
    return EventRule(name=event, at=own, where=where, fields=_read_fields(entries, mistakes))


def _read_where(node: Node | None, mistakes: Mistakes) -> Predicate | None:
    if node is None:
        return None
    try:
        return parse_predicate(node.text)
    except DefinitionError as error:
        mistakes.catch(error, node.place)
        return None


def _read_fields(entries: dict[str, Node], mistakes: Mistakes) -> dict[str, ColumnRef]:
    nodes = {name: entries[name] for name in FIELDS if name in entries}
    if "properties" in entries:
        for name, node in entries["properties"].entries(mistakes).items():
            if name in FIELDS or name in ("customer", "at", "event"):
                mistakes.add(f"'{name}' is no free name.", node.place, f"Write `{name}:` one level higher.")
            nodes.setdefault(name, node)
    channel = nodes.get("channel")
    found = {name: ref for name, node in nodes.items() if (ref := _read_ref(node, mistakes))}
    if channel and (ref := found.get("channel")) and ref.value and ref.value not in CHANNELS:
        mistakes.add(f"The channel '{ref.value}' is unknown.", channel.place, nearest(ref.value, list(CHANNELS)))
    return found


def _read_format(node: Node | None, mistakes: Mistakes) -> str:
    if node is None:
        return ""
    formats = node.words(mistakes, "`time_format`")
    for written in formats:
        if written not in _FORMATS and "%" not in written:
            mistakes.add(
                f"The time format '{written}' is unknown.",
                node.place,
                f"Write {', '.join(_FORMATS)} or a pattern such as '%d/%m/%Y %H:%M'.",
            )
    return BETWEEN_FORMATS.join(formats)


def _read_kinds(node: Node | None, mistakes: Mistakes) -> dict[str, Kind]:
    if node is None:
        return {}
    kinds: dict[str, Kind] = {}
    for column, entry in node.entries(mistakes).items():
        if entry.text not in _KINDS:
            mistakes.add(f"The kind '{entry.text}' is unknown.", entry.place, nearest(entry.text, list(_KINDS)))
        kinds[column] = cast("Kind", entry.text)  # one of the four, or a mistake was noted
    return kinds


def _read_rename(entries: dict[str, Node], mistakes: Mistakes) -> dict[str, str]:
    if "rename" not in entries:
        return {}
    if "event" not in entries:
        mistakes.add("`rename` has no event column to rename.", entries["rename"].place, "Write `event:` beside it.")
    return {name: entry.text for name, entry in entries["rename"].entries(mistakes).items()}


def _read_decimal(node: Node | None, mistakes: Mistakes) -> str:
    if node is None:
        return ""
    if node.text not in (".", ","):
        mistakes.add(f"The decimal sign '{node.text}' is unknown.", node.place, "Write '.' or ','.")
    return node.text
