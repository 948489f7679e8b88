"""Reads triggers: what one event must be to start, end or mark an occurrence, in any of the ways in which people write it."""

from __future__ import annotations

import msgspec

from momentwise.define.document import Mistakes, Node, nearest
from momentwise.define.moment import Trigger
from momentwise.define.predicate import Predicate, parse_predicate
from momentwise.errors import DefinitionError, Place

TRIGGER_KEYS = ("event", "where", "within")


def read_triggers(node: Node, mistakes: Mistakes) -> tuple[Trigger, ...]:
    """The triggers of one role: a name, a list, `{event, where, within}`, or labels with a trigger each."""
    if node.is_mapping:
        entries = node.entries(mistakes)
        if set(entries) & set(TRIGGER_KEYS):
            return read_trigger(entries, node.place, "", mistakes)
        return tuple(t for label, part in entries.items() for t in _labelled(label, part, mistakes))
    if node.is_list and any(item.is_mapping for item in node.items()):
        return tuple(t for item in node.items() for t in _listed(item, mistakes))
    names = node.words(mistakes, "An event's name")
    return (Trigger(names),) if names else ()


def _listed(node: Node, mistakes: Mistakes) -> tuple[Trigger, ...]:
    if node.is_list:
        mistakes.add("A list stands within a list.", node.place, "Write one list of triggers.")
        return ()
    return read_triggers(node, mistakes)


def _labelled(label: str, node: Node, mistakes: Mistakes) -> tuple[Trigger, ...]:
    if node.is_mapping:
        entries = node.entries(mistakes)
        if not set(entries) & set(TRIGGER_KEYS):
            hint = nearest(label, list(TRIGGER_KEYS))
            mistakes.add(f"'{label}' is no trigger.", node.place, f"Write {{event: …, where: …, within: …}}. {hint}")
            return ()
        return read_trigger(entries, node.place, label, mistakes)
    return tuple(msgspec.structs.replace(t, label=label) for t in read_triggers(node, mistakes))


def read_trigger(entries: dict[str, Node], place: Place, label: str, mistakes: Mistakes) -> tuple[Trigger, ...]:
    """The trigger that `event`, `where` and `within` say together, as a tuple of one."""
    check_names(entries, TRIGGER_KEYS, mistakes)
    events = entries["event"].words(mistakes, "An event's name") if "event" in entries else ()
    if "event" not in entries and "where" not in entries:
        mistakes.add("The trigger names no event.", place, "Add `event: its-name`.")
    where = read_condition(entries["where"], mistakes) if "where" in entries else None
    within = entries["within"].span(mistakes) if "within" in entries else None
    return (Trigger(events, where, within, label),)


def read_condition(node: Node, mistakes: Mistakes) -> Predicate | None:
    """The condition that a text says; `None` where it says none, which is noted."""
    try:
        return parse_predicate(node.text)
    except DefinitionError as error:
        mistakes.catch(error, node.place)
        return None


def check_names(entries: dict[str, Node], known: tuple[str, ...], mistakes: Mistakes) -> None:
    """Note every name of a mapping that is not among the known ones."""
    for name, node in entries.items():
        if name not in known:
            mistakes.add(f"'{name}' is not known here.", node.place, nearest(name, list(known)))
