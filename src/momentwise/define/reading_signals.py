"""Reads the rules of the signals: those that come with Momentwise, and what a playbook changes of them or adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from momentwise.define.document import Mistakes, Node, nearest, read_documents
from momentwise.define.moment import ARCHETYPES, Trigger
from momentwise.define.reading_triggers import read_condition, read_trigger, read_triggers
from momentwise.define.signal import MOST_WAITING, OVERDRAWN, SHAPES, FrictionSettings, SignalRule, SignalSettings

_TRIGGERS = ("first", "then", "clear")
_SPANS = {"within": "within_us", "least": "least_us", "limit": "limit_us"}
_NUMBERS = {"count": (1, 1_000), "radius": (0, 10_000), "weight": (0, 1_000)}
_TEXTS = ("about", "source", "by", "measure")
_CHOICES = {"shape": tuple(SHAPES), "archetype": ARCHETYPES, "learned": ("answer", "dwell", "gap")}
_PARTS = ("page", "element", "channel")
_KEYS = (
    *_CHOICES, "about", "source", *_TRIGGERS, "ignore", "same", "other", "by", "measure", *_SPANS, *_NUMBERS,
    "in_decision", "clear_ahead",
)  # fmt: skip
# Other ways in which people write the same: a click is what a rage click is made of, and one event needs no `first`.
_ALIASES = {"clicks": "count"}
_INLINE = ("event", "where")
# What `false` takes away from a rule; of the others it leaves nothing behind but an empty text or list.
_MAY_GO = ("ignore", "by")
_FILE = "signals.yaml"
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*\Z")
# Which shape each learned limit is for.
_LEARNERS = {"answer": "each", "dwell": "turn", "gap": "lull"}
# Shapes that are made of two kinds of events.
_ANSWERED = ("follow", "missing", "overdue", "pause", "lull")


def signals_text() -> str:
    """The YAML of the signals that come with Momentwise, comments included."""
    return resources.files("momentwise.define").joinpath(_FILE).read_text(encoding="utf-8")


@cache
def standard_signals() -> SignalSettings:
    """The signals that come with Momentwise.

    Example:
        >>> standard_signals().rule("rage_click").count
        4
    """
    mistakes = Mistakes()
    [document] = read_documents(signals_text(), _FILE)
    settings = read_signals(document, SignalSettings(), mistakes)
    mistakes.finish()
    return settings


def read_signals(node: Node, signals: SignalSettings, mistakes: Mistakes) -> SignalSettings:
    """The settings so far, with those that a document states.

    A rule that is known is changed where the document says something of it, a new name adds a rule, and `false`
    switches one off; `true` brings the shipped one back.
    """
    rules = {rule.name: rule for rule in signals.rules}
    for name, part in node.entries(mistakes).items():
        if name == "errors":
            signals = msgspec.structs.replace(signals, errors=part.words(mistakes, "An event's name"))
        elif name == "friction":
            signals = msgspec.structs.replace(signals, friction=_read_friction(part, signals.friction, mistakes))
        elif part.scalar is False:
            if rules.pop(name, None) is None and standard_signals().rule(name) is None:
                mistakes.add(f"There is no signal '{name}'.", part.place, nearest(name, sorted(rules)))
        elif part.scalar is True:
            rule = standard_signals().rule(name)
            if rule is None:
                mistakes.add(f"There is no signal '{name}'.", part.place, nearest(name, sorted(rules)))
            else:
                rules[name] = rule
        else:
            changed = _read_rule(name, part, rules.get(name), mistakes)
            if changed is not None:
                rules[name] = changed
    return msgspec.structs.replace(signals, rules=tuple(rules.values()))


def _read_friction(node: Node, friction: FrictionSettings, mistakes: Mistakes) -> FrictionSettings:
    read: dict[str, Any] = {}  # one of two kinds of value
    for name, part in node.entries(mistakes).items():
        if name == "half_life":
            span = part.span(mistakes)
            if span == 0:
                mistakes.add(
                    f"`half_life` is '{part.text}'.", part.place, "Write a span longer than nothing, as in 30d."
                )
            read |= {"half_life_us": span} if span else {}
        elif name == "limit":
            limit = part.number(mistakes, "`limit`", 0, 10_000)
            read |= {} if limit is None else {"limit": limit}
        else:
            mistakes.add(f"'{name}' is not known here.", part.place, nearest(name, ["half_life", "limit"]))
    return msgspec.structs.replace(friction, **read)


def _read_rule(name: str, node: Node, known: SignalRule | None, mistakes: Mistakes) -> SignalRule | None:
    entries = {_ALIASES.get(key, key): part for key, part in node.entries(mistakes).items()}
    read: dict[str, Any] = {}  # every kind of value that a rule has
    for key, part in entries.items():
        if key in _INLINE:
            continue
        reader = _READERS.get(key)
        if reader is None:
            mistakes.add(f"'{key}' is not known here.", part.place, nearest(key, [*_KEYS, *_INLINE]))
            continue
        value = reader(key, part, mistakes)
        if value is not None or (key in _MAY_GO and part.scalar is False):
            read[_SPANS.get(key, key)] = value
    inline = {key: entries[key] for key in _INLINE if key in entries}
    if inline:
        read["first"] = _inline(inline, node, known, mistakes)
    if known is None and not {"shape", "first"} <= set(read):
        near = nearest(name, [rule.name for rule in standard_signals().rules])
        mistakes.add(
            f"There is no signal '{name}', and this says too little to add one.",
            node.place,
            f"{near if near.startswith('Did') else ''} A new one needs at least `shape:` ({', '.join(SHAPES)}) and `first:`.".strip(),
        )
        return None
    rule = msgspec.structs.replace(known, **read) if known else SignalRule(name=name, **read)
    _check_rule(rule, node, mistakes)
    return rule


def _check_rule(rule: SignalRule, node: Node, mistakes: Mistakes) -> None:
    """Note what a rule of its shape cannot do without."""
    most = MOST_WAITING - 1
    asked = (
        (_NAME.match(rule.name) and rule.name != OVERDRAWN, "is no name for a signal",
         "Use lower-case words joined by underscores."),
        (rule.first, "has no `first`", "Say which event begins it."),
        (rule.then or rule.in_decision or rule.shape not in _ANSWERED, "has no `then`",
         f"Say which event ends or answers it; {rule.shape} needs one."),
        (_LEARNERS.get(rule.learned, rule.shape) == rule.shape, f"learns its {rule.learned}",
         f"Only {_LEARNERS.get(rule.learned)} does that."),
        (rule.measure or rule.shape != "overdue", "has no `measure`", "Name the field that holds the stated time."),
        (rule.measure or rule.shape != "each" or not (rule.limit_us or rule.learned), "has a limit and no `measure`",
         "Name the field that holds the time in seconds."),
        (rule.shape == "follow" or not rule.clear_ahead, "has `clear_ahead`", "Only follow looks at what came before."),
        (rule.clear or not rule.clear_ahead, "has `clear_ahead` and no `clear`", "Say which event undoes it."),
        (rule.shape != "burst" or 2 <= rule.count <= most, f"counts {rule.count} clicks", f"Write a number from 2 to {most}."),
    )  # fmt: skip
    for is_right, wrong, right in asked:
        if not is_right:
            mistakes.add(f"'{rule.name}' {wrong}.", node.place, right)


def _inline(entries: dict[str, Node], node: Node, known: SignalRule | None, mistakes: Mistakes) -> tuple[Trigger, ...]:
    """`event` and `where` beside the settings: a condition alone is about the events that the rule knows."""
    [stated] = read_trigger(entries, node.place, "", mistakes)
    if stated.events or known is None:
        return (stated,)
    names = tuple(dict.fromkeys(name for trigger in known.first for name in trigger.events))
    return (msgspec.structs.replace(stated, events=names),)


def _read_triggers(_: str, node: Node, mistakes: Mistakes) -> tuple[Trigger, ...]:
    return () if node.scalar is False else read_triggers(node, mistakes)


def _read_ignore(_: str, node: Node, mistakes: Mistakes) -> object:
    return None if node.scalar is False else read_condition(node, mistakes)


def _read_span(_: str, node: Node, mistakes: Mistakes) -> object:
    return node.span(mistakes)


def _read_number(key: str, node: Node, mistakes: Mistakes) -> object:
    least, most = _NUMBERS[key]
    number = node.number(mistakes, f"`{key}`", least, most)
    return number if number is None or key == "weight" else int(number)


def _read_text(key: str, node: Node, mistakes: Mistakes) -> object:
    if node.scalar is False:
        return None if key == "by" else ""
    if not node.text:
        mistakes.add(f"`{key}` must be one text.", node.place)
    return node.text or None


def _read_choice(key: str, node: Node, mistakes: Mistakes) -> object:
    if key == "learned" and node.scalar is False:
        return ""
    if node.text in _CHOICES[key]:
        return node.text
    mistakes.add(f"`{key}` is '{node.text}'.", node.place, nearest(node.text, list(_CHOICES[key])))
    return None


def _read_parts(_: str, node: Node, mistakes: Mistakes) -> object:
    words = node.words(mistakes, "A part of an event")
    for word in words:
        if word not in _PARTS:
            mistakes.add(f"'{word}' is no part that events are compared by.", node.place, nearest(word, list(_PARTS)))
    return words


def _read_truth(key: str, node: Node, mistakes: Mistakes) -> object:
    if not isinstance(node.scalar, bool):
        mistakes.add(f"`{key}` is '{node.text}'.", node.place, "Write true or false.")
        return None
    return node.scalar


_READERS: dict[str, Callable[[str, Node, Mistakes], object]] = {
    **dict.fromkeys(_TRIGGERS, _read_triggers),
    **dict.fromkeys(_SPANS, _read_span),
    **dict.fromkeys(_NUMBERS, _read_number),
    **dict.fromkeys(_TEXTS, _read_text),
    **dict.fromkeys(_CHOICES, _read_choice),
    "ignore": _read_ignore,
    "same": _read_parts,
    "other": _read_parts,
    "in_decision": _read_truth,
    "clear_ahead": _read_truth,
}
