"""Reads playbooks: YAML in, `Playbook` out; every mistake is named with file, line, what is wrong and what is right.

A playbook is one file or a folder of files. A file holds YAML documents, parted by `---`; a document is one moment
(`moment: name …`), a list of moments (`moments: […]`), or the settings of the signals (`signals: …`).
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import msgspec

from momentwise.define.document import Mistakes, Node, nearest, read_documents, read_text
from momentwise.define.finding import EFFORTS
from momentwise.define.instant import parse_instant
from momentwise.define.moment import (
    ARCHETYPES,
    BASKETS,
    DEFAULT_ABANDON_US,
    INTENTS,
    STAGES,
    Moment,
    Owner,
    Target,
    Trigger,
    Value,
)
from momentwise.define.playbook import Playbook
from momentwise.define.reading_judgements import JUDGED, read_judgements
from momentwise.define.reading_signals import read_signals, standard_signals
from momentwise.define.reading_triggers import check_names, read_triggers
from momentwise.define.span import write_span
from momentwise.errors import DefinitionError, Place

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
SHARE_TARGETS = ("completion_rate", "escalation_rate", "failure_rate", "abandonment_rate")
SPAN_TARGETS = ("p50_duration", "p75_duration", "p90_duration", "p95_duration")
SCORE_TARGETS = ("score", "ces", "csat", "nps")
ROLES = ("start", "complete", "escalate", "fail", "understood", "confused")
MOMENT_KEYS = (
    "moment", "version", "since", "about", "intent", "stage", "archetype", "by", *ROLES, "abandon_after", "target",
    "value", "owner", "critical", "effort", "basket",
)  # fmt: skip

T = TypeVar("T", bound=str)


def read_playbook(path: Path) -> Playbook:
    """The playbook of a file, or of all `.yaml` and `.yml` files of a folder in the order of their names.

    Raises:
        DefinitionErrors: Every mistake of every file.
    """
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.name != "sources.yaml")
        if not files:
            raise DefinitionError(
                "The folder holds no playbook.", place=Place(str(path)), right="Put a .yaml file of moments in it."
            )
    # A file that is only called `playbook` is known by the folder it lies in.
    name = path.resolve().parent.name if path.stem == "playbook" else path.stem
    return parse_playbook([(str(file), read_text(file)) for file in files], name=name)


def parse_playbook(texts: list[tuple[str, str]], name: str = "") -> Playbook:
    """The playbook that some texts say together.

    Args:
        texts: Pairs of a file's name and its text.
        name: What the playbook is called.

    Raises:
        DefinitionErrors: Every mistake of every text.
    """
    mistakes = Mistakes()
    moments: list[Moment] = []
    settings = Playbook((), standard_signals(), name)
    for file, text in texts:
        try:
            documents = read_documents(text, file)
        except DefinitionError as error:
            mistakes.catch(error, Place(file))
            continue
        for document in documents:
            settings = _read_document(document, moments, settings, mistakes)
    if not moments and not mistakes.found:
        place = Place(texts[0][0]) if texts else Place()
        mistakes.add("No moment is declared here.", place, "Begin a document with `moment: its-name`.")
    ordered = _check_versions(moments, mistakes)
    mistakes.finish()
    return msgspec.structs.replace(settings, moments=ordered)


def _read_document(document: Node, moments: list[Moment], settings: Playbook, mistakes: Mistakes) -> Playbook:
    """The settings so far, with those of a document; its moments are put to the others."""
    if document.is_empty:
        return settings
    entries = document.entries(mistakes) if document.is_mapping else {}
    if "moment" in entries:
        _append(moments, read_moment(entries, document.place, mistakes))
    elif entries and set(entries) <= {"moments", "signals", "segments", *JUDGED, "name", "about"}:
        for node in entries["moments"].items() if "moments" in entries else ():
            _append(moments, read_moment(node.entries(mistakes), node.place, mistakes))
        if "signals" in entries:
            signals = read_signals(entries["signals"], settings.signals, mistakes)
            settings = msgspec.structs.replace(settings, signals=signals)
        if "segments" in entries:
            segments = entries["segments"].words(mistakes, "A field")
            settings = msgspec.structs.replace(settings, segments=segments)
        judgements = read_judgements(entries, settings.judgements, mistakes)
        return msgspec.structs.replace(settings, judgements=judgements)
    else:
        for name, node in entries.items():
            if name not in MOMENT_KEYS:
                hint = nearest(name, ["moments", "signals", "segments", *JUDGED, *MOMENT_KEYS])
                mistakes.add(f"'{name}' is not known here.", node.place, hint)
        mistakes.add(
            "This document is no moment.", document.place, "Begin it with `moment: its-name`, `moments:` or `signals:`."
        )
    return settings


def _append(moments: list[Moment], moment: Moment | None) -> None:
    if moment is not None:
        moments.append(moment)


def read_moment(entries: dict[str, Node], place: Place, mistakes: Mistakes) -> Moment | None:
    """The moment that a mapping says; `None` where it has mistakes, which are noted."""
    before = len(mistakes.found)
    check_names(entries, MOMENT_KEYS, mistakes)
    for key in ("moment", "intent", "stage", "archetype", "start", "complete"):
        if key not in entries:
            mistakes.add(f"`{key}` is missing.", place, _MISSING[key])
    roles = {role: read_triggers(entries[role], mistakes) if role in entries else () for role in ROLES}
    _check_start(roles["start"], entries, mistakes)
    abandon_after = _abandon_after(entries, roles, mistakes)
    _check_windows(roles, abandon_after, entries, mistakes)
    moment = {
        "name": _name(entries, mistakes),
        "version": _version(entries, mistakes),
        "since_us": _since(entries, mistakes),
        "about": entries["about"].text if "about" in entries else "",
        "intent": _choice(entries, "intent", INTENTS, mistakes),
        "stage": _choice(entries, "stage", STAGES, mistakes),
        "archetype": _choice(entries, "archetype", ARCHETYPES, mistakes),
        "by": _word(entries, "by", mistakes),
        "abandon_after_us": abandon_after,
        "target": _target(entries["target"], mistakes) if "target" in entries else Target(),
        "value": _value(entries["value"], mistakes) if "value" in entries else None,
        "owner": _owner(entries["owner"], mistakes) if "owner" in entries else None,
        "critical": _truth(entries, "critical", mistakes),
        "effort": _choice(entries, "effort", EFFORTS, mistakes) if "effort" in entries else "",
        "baskets": _baskets(entries["basket"], mistakes) if "basket" in entries else (),
    }
    if len(mistakes.found) > before:
        return None
    return msgspec.structs.replace(_BLANK, **moment, **roles, place=place)


_BLANK = Moment(
    name="blank", intent="do", stage="assistance", archetype="friction", start=(Trigger(("a",)),), complete=()
)
_MISSING = {
    "moment": "Give the moment a name.",
    "intent": f"Say what the customer wants: {', '.join(INTENTS)}.",
    "stage": f"Say where in the journey it is: {', '.join(STAGES)}.",
    "archetype": f"Say what it mostly is: {', '.join(ARCHETYPES)}.",
    "start": "Say which event begins it, as in `start: order_placed`.",
    "complete": "Say which event completes it, as in `complete: {event: order_delivered, within: 30d}`.",
}


def _check_start(start: tuple[Trigger, ...], entries: dict[str, Node], mistakes: Mistakes) -> None:
    if any(trigger.within_us is not None for trigger in start):
        mistakes.add(
            "`start` has a `within`, but a start waits for nothing.",
            entries["start"].place,
            "Move it to complete, escalate or fail.",
        )


def _abandon_after(entries: dict[str, Node], roles: dict[str, tuple[Trigger, ...]], mistakes: Mistakes) -> int:
    node = entries.get("abandon_after")
    if node is None:
        return _default_abandon(roles)
    stated = node.span(mistakes)
    if stated == 0:
        mistakes.add(f"`abandon_after` is '{node.text}'.", node.place, "Write a span longer than nothing, as in 30d.")
    return stated or _default_abandon(roles)


def _default_abandon(roles: dict[str, tuple[Trigger, ...]]) -> int:
    stated = [t.within_us for role in ("complete", "escalate", "fail") for t in roles[role] if t.within_us]
    return max(stated, default=DEFAULT_ABANDON_US)


def _check_windows(
    roles: dict[str, tuple[Trigger, ...]], abandon_after: int, entries: dict[str, Node], mistakes: Mistakes
) -> None:
    for role in ("complete", "fail", "understood", "confused"):
        for trigger in roles[role]:
            if trigger.within_us is not None and trigger.within_us > abandon_after:
                mistakes.add(
                    f"`{role}` waits {write_span(trigger.within_us)}, but after {write_span(abandon_after)} "
                    "the occurrence is abandoned.",
                    entries[role].place,
                    f"Make `within` shorter or `abandon_after` at least {write_span(trigger.within_us)}.",
                )


def _name(entries: dict[str, Node], mistakes: Mistakes) -> str:
    node = entries.get("moment")
    if node is not None and not NAME.match(node.text):
        mistakes.add(f"'{node.text}' is no name for a moment.", node.place, "Use lower-case words joined by hyphens.")
    return node.text if node else ""


def _version(entries: dict[str, Node], mistakes: Mistakes) -> int:
    node = entries.get("version")
    if node is None:
        return 1
    if isinstance(node.scalar, bool) or not isinstance(node.scalar, int) or not 1 <= node.scalar < 2**15:
        mistakes.add(f"The version is '{node.text}'.", node.place, "Write a whole number from 1.")
        return 1
    return node.scalar


def _since(entries: dict[str, Node], mistakes: Mistakes) -> int | None:
    node = entries.get("since")
    if node is None:
        return None
    instant = parse_instant(node.text)
    if instant is None:
        mistakes.add(f"`since` is '{node.text}', which is no date.", node.place, "Write it as 2026-01-31.")
    return instant


def _choice(entries: dict[str, Node], key: str, known: tuple[str, ...], mistakes: Mistakes) -> str:
    node = entries.get(key)
    if node is not None and node.text not in known:
        mistakes.add(f"The {key} is '{node.text}'.", node.place, f"It is one of: {', '.join(known)}.")
    return node.text if node else known[0]


def _word(entries: dict[str, Node], key: str, mistakes: Mistakes) -> str | None:
    node = entries.get(key)
    if node is not None and not node.text:
        mistakes.add(f"`{key}` must be the name of one field.", node.place)
    return node.text if node else None


def _truth(entries: dict[str, Node], key: str, mistakes: Mistakes) -> bool:
    node = entries.get(key)
    if node is not None and not isinstance(node.scalar, bool):
        mistakes.add(f"`{key}` is '{node.text}'.", node.place, "Write true or false.")
    return bool(node.scalar) if node else False


def _baskets(node: Node, mistakes: Mistakes) -> tuple[str, ...]:
    words = node.words(mistakes, "A basket")
    for word in words:
        if word not in BASKETS:
            mistakes.add(f"The basket is '{word}'.", node.place, f"It is one of: {', '.join(BASKETS)}.")
    return words


def _target(node: Node, mistakes: Mistakes) -> Target:
    shares: dict[str, float] = {}
    spans: dict[str, int] = {}
    scores: dict[str, float] = {}
    for name, part in node.entries(mistakes).items():
        if name in SHARE_TARGETS:
            _put(shares, name, part.number(mistakes, f"The target {name}", 0, 1))
        elif name in SPAN_TARGETS:
            _put(spans, name, part.span(mistakes))
        elif name in SCORE_TARGETS:
            _put(scores, name, part.number(mistakes, f"The target {name}", -100, 100))
        else:
            known = [*SHARE_TARGETS, *SPAN_TARGETS, *SCORE_TARGETS]
            mistakes.add(f"The target '{name}' is not known.", part.place, nearest(name, known))
    return Target(shares, spans, scores)


N = TypeVar("N", int, float)


def _put(into: dict[str, N], name: str, value: N | None) -> None:
    if value is not None:
        into[name] = value


_MONEY = float("inf")
_PRICES = {"failure_cost": _MONEY, "deflection": 1.0, "lifetime_value": _MONEY, "contact_cost": _MONEY}


def _value(node: Node, mistakes: Mistakes) -> Value | None:
    entries = node.entries(mistakes)
    check_names(entries, ("currency", *_PRICES), mistakes)
    currency = entries["currency"].text if "currency" in entries else ""
    if not re.fullmatch("[A-Z]{3}", currency):
        place = entries["currency"].place if "currency" in entries else node.place
        mistakes.add("The value has no currency.", place, "Write its three letters, as in `currency: EUR`.")
    numbers = {
        name: entries[name].number(mistakes, f"`{name}`", 0, most) for name, most in _PRICES.items() if name in entries
    }
    return Value(currency, **numbers)


def _owner(node: Node, mistakes: Mistakes) -> Owner | None:
    if not node.is_mapping:
        if not node.text:
            mistakes.add("The owner has no name.", node.place, "Write `owner: who answers for it`.")
        return Owner(node.text)
    entries = node.entries(mistakes)
    check_names(entries, ("name", "operations", "marketing", "functions"), mistakes)
    if "name" not in entries:
        mistakes.add("The owner has no name.", node.place, "Add `name: who answers for it`.")
        return None
    texts = {key: entries[key].text for key in ("name", "operations", "marketing") if key in entries}
    functions = entries["functions"].words(mistakes, "A function") if "functions" in entries else ()
    return Owner(functions=functions, **texts)


def _check_versions(moments: list[Moment], mistakes: Mistakes) -> tuple[Moment, ...]:
    """The moments with the versions of each side by side, in order."""
    order: dict[str, list[Moment]] = {}
    for moment in moments:
        order.setdefault(moment.name, []).append(moment)
    for versions in order.values():
        versions.sort(key=lambda moment: moment.version)
        for earlier, later in pairwise(versions):
            _check_follows(earlier, later, mistakes)
    return tuple(moment for versions in order.values() for moment in versions)


def _check_follows(earlier: Moment, later: Moment, mistakes: Mistakes) -> None:
    if later.version == earlier.version:
        mistakes.add(
            f"Version {later.version} of '{later.name}' is declared twice, first at {earlier.place}.",
            later.place,
            "Give one of the two another name or the next version.",
        )
    elif later.since_us is None or (earlier.since_us is not None and later.since_us <= earlier.since_us):
        mistakes.add(
            f"Version {later.version} of '{later.name}' does not say from when it holds.",
            later.place,
            f"Add a `since:` date after that of version {earlier.version}.",
        )
    if later.by != earlier.by:
        mistakes.add(
            f"Version {later.version} of '{later.name}' is by {later.by or 'customer'}, "
            f"version {earlier.version} by {earlier.by or 'customer'}.",
            later.place,
            "Keep `by` the same in all versions, or declare another moment.",
        )
