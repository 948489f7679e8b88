"""The signals' rules that can be read in some data: a rule that ships with Momentwise never stops an audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from momentwise.define.evaluate import Column, to_sql
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import Predicate, fields_of
from momentwise.define.reading_signals import standard_signals
from momentwise.define.signal import SignalRule
from momentwise.errors import DefinitionError
from momentwise.loop.intake import Intake


def readable_rules(playbook: Playbook, intake: Intake) -> tuple[Playbook, list[str]]:
    """The playbook without the shipped rules whose conditions make no sense in these data, and a sentence for each.

    A rule compares two fields, and a source holds a text in one and a number in the other: in somebody's own playbook
    that is a mistake that is named; a rule that nobody asked for is left out.
    """
    shipped = set(standard_signals().rules)
    conditions = {rule.name: list(_conditions(rule)) for rule in playbook.signals.rules if rule in shipped}
    wanted = {name for listed in conditions.values() for condition in listed for name in fields_of(condition)}
    left_out: dict[str, str] = {}
    for source in intake.sources.sources:
        columns = intake.query(source, sorted(wanted - {"customer", "at", "event"})).columns
        for name, listed in conditions.items():
            wrong = _first_wrong(listed, columns)
            if wrong:
                left_out[name] = f"{source.name}: signal '{name}' is not looked for. {wrong}"
    kept = tuple(rule for rule in playbook.signals.rules if rule.name not in left_out)
    signals = msgspec.structs.replace(playbook.signals, rules=kept)
    return msgspec.structs.replace(playbook, signals=signals), list(left_out.values())


def _conditions(rule: SignalRule) -> Iterator[Predicate]:
    for trigger in rule.first + rule.then + rule.clear:
        if trigger.where is not None:
            yield trigger.where
    if rule.ignore is not None:
        yield rule.ignore


def _first_wrong(conditions: list[Predicate], columns: Mapping[str, Column]) -> str:
    for condition in conditions:
        try:
            to_sql(condition, columns)
        except DefinitionError as error:
            return error.wrong
    return ""
