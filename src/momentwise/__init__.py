"""Momentwise finds the small moments in which customers decide to trust or to leave.

    import momentwise as mw
    audit = mw.audit("orders.csv", playbook="playbook.yaml")
    audit.occurrences        # one row per customer and pass through a moment, an Arrow table

`audit` runs the whole loop over files; `read_playbook` reads a playbook; what they return is described where it is
defined: `loop.api.Audit`, `define.playbook.Playbook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from momentwise.define.reading import read_playbook
    from momentwise.errors import MomentwiseError
    from momentwise.loop.api import Audit, audit

__all__ = ["Audit", "MomentwiseError", "audit", "read_playbook"]

_HOMES = {
    "Audit": "momentwise.loop.api",
    "MomentwiseError": "momentwise.errors",
    "audit": "momentwise.loop.api",
    "read_playbook": "momentwise.define.reading",
}


def __getattr__(name: str) -> object:
    """The public names, loaded when they are first asked for: a room is then free to import without the whole house."""
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415  only where a public name is asked for

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'momentwise' has no attribute '{name}'")
