"""The shipped library: ready playbooks for six kinds of company, as package data in `playbooks/`.

They are plain playbooks, read by `define.reading` like anybody's own; nothing in them is known to the program. Copy one,
strike out what does not fit, and replace the prices.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import resources

from momentwise.define.document import nearest
from momentwise.define.moment import Moment, Trigger
from momentwise.define.playbook import Playbook
from momentwise.define.reading import parse_playbook
from momentwise.define.reading_signals import standard_signals
from momentwise.errors import DefinitionError

# Retail first: where two playbooks ship a moment of one name, the earlier one's price and owner are taken.
_NAMES = ("retail", "software", "insurance", "utilities", "travel", "banking")


def playbook_names() -> tuple[str, ...]:
    """The names of the shipped playbooks, in the order in which they are searched."""
    return _NAMES


def playbook_text(name: str) -> str:
    """The YAML of a shipped playbook, comments included, to read or to copy.

    Raises:
        DefinitionError: No playbook of that name is shipped.
    """
    if name not in _NAMES:
        raise DefinitionError(f"No playbook '{name}' is shipped.", right=nearest(name, list(_NAMES)))
    return resources.files("momentwise").joinpath("playbooks", f"{name}.yaml").read_text(encoding="utf-8")


def load_playbook(name: str) -> Playbook:
    """A shipped playbook.

    Raises:
        DefinitionError: No playbook of that name is shipped.

    Example:
        >>> [moment.name for moment in load_playbook("retail").moments][:3]
        ['find-product', 'pay', 'order-status']
    """
    return parse_playbook([(f"{name}.yaml", playbook_text(name))], name)


def matching_moments(event_names: Collection[str]) -> Playbook | None:
    """The shipped moments that can happen in some data; `None` where there is none.

    A moment can happen where at least one event that starts it and one that completes it occur. Names are compared,
    conditions are not. A moment that several playbooks ship is taken once, from the first.

    Args:
        event_names: The names of the events that occur.
    """
    present = set(event_names)
    found: dict[str, Moment] = {}
    for name in _NAMES:
        for moment in load_playbook(name).moments:
            if _occurs(moment.start, present) and _occurs(moment.complete, present):
                found.setdefault(moment.name, moment)
    return Playbook(tuple(found.values()), standard_signals(), name="library") if found else None


def _occurs(triggers: tuple[Trigger, ...], present: set[str]) -> bool:
    return any(not trigger.events or present.intersection(trigger.events) for trigger in triggers)
