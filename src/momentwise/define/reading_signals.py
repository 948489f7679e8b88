"""Reads the settings of the signals from a playbook."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from momentwise.define.document import Mistakes, Node
from momentwise.define.reading_triggers import check_names, read_condition, read_trigger
from momentwise.define.signal import RageClick, SignalSettings


def read_signals(node: Node, signals: SignalSettings, mistakes: Mistakes) -> SignalSettings:
    """The settings so far, with those that a document states."""
    readers: dict[str, Callable[[Node], object]] = {
        "rage_click": lambda part: _read_rage_click(part, mistakes),
        "errors": lambda part: part.words(mistakes, "An event's name"),
    }
    entries = node.entries(mistakes)
    check_names(entries, tuple(readers), mistakes)
    read = {name: readers[name](part) for name, part in entries.items() if name in readers}
    return msgspec.structs.replace(signals, **read)


def _read_rage_click(node: Node, mistakes: Mistakes) -> RageClick | None:
    if isinstance(node.scalar, bool):
        return RageClick() if node.scalar else None
    entries = node.entries(mistakes)
    check_names(entries, ("clicks", "within", "radius", "event", "where", "ignore"), mistakes)
    read: dict[str, object] = {}
    if "clicks" in entries and (clicks := entries["clicks"].number(mistakes, "`clicks`", 2, 16)):
        read["clicks"] = int(clicks)
    if "radius" in entries and (radius := entries["radius"].number(mistakes, "`radius`", 0, 10_000)) is not None:
        read["radius"] = int(radius)
    if "within" in entries and (within := entries["within"].span(mistakes)) is not None:
        read["within_us"] = within
    if "event" in entries or "where" in entries:
        trigger = {str(key): entries[key] for key in ("event", "where") if key in entries}
        [clicked] = read_trigger(trigger, node.place, "", mistakes)
        events = clicked.events or RageClick().trigger.events
        read["trigger"] = msgspec.structs.replace(clicked, events=events)
    if "ignore" in entries:
        ignored = entries["ignore"]
        read["ignore"] = None if ignored.scalar is False else read_condition(ignored, mistakes)
    return msgspec.structs.replace(RageClick(), **read)
