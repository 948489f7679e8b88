"""Writes a rule of the signals as YAML, in the words in which `reading_signals` reads it."""

from __future__ import annotations

import yaml

from momentwise.define.moment import Trigger
from momentwise.define.predicate import write_predicate
from momentwise.define.signal import SignalRule
from momentwise.define.span import write_span

_WIDTH = 110
_SPANS = {"within_us": "within", "least_us": "least", "limit_us": "limit"}
_ORDER = (
    "about", "source", "shape", "archetype", "first", "then", "clear", "ignore", "same", "other", "by", "measure",
    "count", "limit_us", "learned", "least_us", "within_us", "radius", "in_decision", "clear_ahead", "weight",
)  # fmt: skip


def write_rule(rule: SignalRule) -> str:
    """The rule as it would stand under `signals:`, with every setting that is not the default.

    Example:
        >>> print(write_rule(SignalRule(name="nudge", shape="each", first=(Trigger(("nudged",)),), weight=0)), end="")
        nudge:
          shape: each
          first: nudged
          weight: 0
    """
    usual = SignalRule(name=rule.name, shape="each", first=())
    said: dict[str, object] = {}
    for field in _ORDER:
        value = getattr(rule, field)
        if field == "shape" or value != getattr(usual, field):
            said[_SPANS.get(field, field)] = _write(field, value)
    return yaml.dump({rule.name: said}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    """Writes lists of names on one line, and everything else below its name."""


def _write_list(dumper: yaml.SafeDumper, items: list[object]) -> yaml.Node:
    are_names = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=are_names)


_Dumper.add_representer(list, _write_list)


def _write(field: str, value: object) -> object:
    if field in _SPANS and isinstance(value, int):
        return write_span(value)
    if field in ("first", "then", "clear") and isinstance(value, tuple):
        return _write_triggers(value)
    if field == "ignore":
        return write_predicate(value) if value is not None else False  # type: ignore[arg-type]  # a condition
    if isinstance(value, tuple):
        return list(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _write_triggers(triggers: tuple[Trigger, ...]) -> object:
    if len(triggers) == 1 and triggers[0] == Trigger(triggers[0].events):
        return _names(triggers[0])
    written = [_write_trigger(trigger) for trigger in triggers]
    return written[0] if len(written) == 1 else written


def _write_trigger(trigger: Trigger) -> dict[str, object]:
    said: dict[str, object] = {"event": _names(trigger)} if trigger.events else {}
    if trigger.where is not None:
        said["where"] = write_predicate(trigger.where)
    if trigger.within_us is not None:
        said["within"] = write_span(trigger.within_us)
    return {trigger.label: said} if trigger.label else said


def _names(trigger: Trigger) -> object:
    return trigger.events[0] if len(trigger.events) == 1 else list(trigger.events)
