"""The playbook: the moments and the signals' settings that people share as one file or folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from momentwise.define.judgement import Judgements
from momentwise.define.moment import Moment
from momentwise.define.predicate import fields_of
from momentwise.define.signal import SignalSettings


class Playbook(msgspec.Struct, frozen=True):
    """Moments in the order of their declaration, versions of one moment side by side and in order.

    Args:
        moments: At least one.
        signals: Settings of the signals.
        name: What the playbook is called: the name of its file or folder.
        segments: Fields by which customers are compared; `None` to go by those that hold a few distinct words.
        judgements: What people say of findings; they change no meaning, so they are not in the fingerprint.
    """

    moments: tuple[Moment, ...]
    signals: SignalSettings = SignalSettings()
    name: str = ""
    segments: tuple[str, ...] | None = None
    judgements: Judgements = Judgements()

    def event_names(self) -> set[str]:
        """Every event name that a moment or a signal asks for."""
        names = {name for moment in self.moments for trigger in moment.triggers for name in trigger.events}
        for rule in self.signals.rules:
            names.update(name for trigger in rule.first + rule.then + rule.clear for name in trigger.events)
        return names | set(self.signals.errors)

    def fields(self) -> set[str]:
        """Every field that a condition or a key reads."""
        return set(self._fields())

    def _fields(self) -> Iterator[str]:
        for moment in self.moments:
            if moment.by:
                yield moment.by
            for trigger in moment.triggers:
                if trigger.where is not None:
                    yield from fields_of(trigger.where)
        yield from self.segments or ()

    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change when the meaning of any moment or signal does."""
        parts = [moment.fingerprint() for moment in self.moments] + [repr(self.signals)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
