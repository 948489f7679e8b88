"""Writing a proposal of `sources.yaml`, with comments that say what was understood and why.

`define.reading_sources` reads the text back to the same sources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from momentwise.define.predicate import write_predicate
from momentwise.define.reading_sources import FIELDS
from momentwise.define.source import BETWEEN_FORMATS, ColumnRef, EventRule, Proposal, Skeleton, Source

_PLAIN = re.compile(r"[^\W\d][\w.]*(?: [\w.]+)*")
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def write_sources(proposal: Proposal) -> str:
    """The proposal as the text of a `sources.yaml`; doubtful sources stand in it commented out."""
    lines = [
        "# Proposed by Momentwise from the columns' names and values. Change what is wrong, then give it with --sources.",
        f"zone: {proposal.sources.zone}   # of times that carry none",
        f"reject_limit: {proposal.sources.reject_limit:g}",
        "sources:",
    ]
    for source in proposal.sources.sources:
        lines += ["", *_with_comments(source, proposal)]
    for source in proposal.doubtful:
        reason = proposal.left_out.get(source.table, "not sure")
        lines += [
            "",
            f"  # Not used: {_one_line(reason)}",
            *(f"  # {line[2:]}" for line in _with_comments(source, proposal)),
            *(line for skeleton in proposal.skeletons if skeleton.table == source.name for line in _columns(skeleton)),
        ]
    known = {source.table for source in proposal.doubtful}
    for table, reason in proposal.left_out.items():
        if table not in known:
            lines += ["", f"  # {_one_line(table)}: left out, {_one_line(reason)}"]
            lines += [line for one in proposal.skeletons if one.table == table for line in _skeleton_lines(one)]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _columns(skeleton: Skeleton) -> Iterator[str]:
    """The columns of a table with some of their values, as comments."""
    yield "  # Its columns:"
    for column in skeleton.columns:
        yield f"  # - {_one_line(column.name)}: {_one_line(', '.join(column.examples[:3]))}"


def _skeleton_lines(skeleton: Skeleton) -> Iterator[str]:
    """A source to finish: every part that was found, and what to choose among where none was."""
    if len(skeleton.columns) < 2:
        return
    yield from _columns(skeleton)
    yield "  # To use it, take away the signs before these lines and write a column for each ???:"
    yield f"  # {_word(skeleton.table)}:"
    yield f"  #   table: {_word(skeleton.table)}"
    for part, names in (("customer", skeleton.customer), ("at", skeleton.at), ("event", skeleton.event)):
        yield f"  #   {part}: {_choice(names)}"
    yield from (f"  #   {line}" for line in _field_lines(skeleton.fields))


def _choice(names: tuple[str, ...]) -> str:
    """The one name, or an open place with the names that may stand there."""
    if len(names) == 1:
        return _word(names[0])
    return f"???  # one of: {', '.join(map(_word, names))}" if names else "???  # no column looks like it"


def _with_comments(source: Source, proposal: Proposal) -> Iterator[str]:
    for understanding in proposal.understandings:
        if understanding.source == source.name:
            doubt = "" if understanding.sure else " (please check)"
            yield f"  # {_one_line(understanding.what)}: {_one_line(understanding.why)}{doubt}"
    yield f"  {_word(source.name)}:"
    for line in _source_lines(source):
        yield f"    {line}"


def _source_lines(source: Source) -> Iterator[str]:
    if source.select:
        yield "select: |"
        yield from (f"  {line}" for line in source.select.splitlines())
    else:
        yield f"table: {_word(source.table)}"
    yield f"customer: {_ref(source.customer)}"
    lone = [rule for rule in source.rules if not rule.name]
    if lone:
        yield f"at: {_words(lone[0].at)}"
    if source.event:
        yield f"event: {_ref(source.event)}"
    if source.rename:
        yield f"rename: {_mapping({old: _word(new) for old, new in source.rename.items()})}"
    yield from _field_lines(source.fields)
    named = [rule for rule in source.rules if rule.name]
    if named:
        yield "events:"
        yield from (f"  {_word(rule.name)}: {_rule(rule)}" for rule in named)
    yield from _setting_lines(source)


def _field_lines(fields: dict[str, ColumnRef]) -> Iterator[str]:
    for name in FIELDS:
        if name in fields:
            yield f"{name}: {_ref(fields[name])}"
    free = {name: _ref(ref) for name, ref in fields.items() if name not in FIELDS}
    if free:
        yield f"properties: {_mapping(free)}"


def _setting_lines(source: Source) -> Iterator[str]:
    if source.zone:
        yield f"zone: {source.zone}"
    if source.time_format:
        yield f"time_format: {_words(tuple(source.time_format.split(BETWEEN_FORMATS)))}"
    if source.decimal:
        yield f"decimal: {_word(source.decimal)}"
    if source.kinds:
        yield f"kinds: {_mapping({column: str(kind) for column, kind in source.kinds.items()})}"


def _rule(rule: EventRule) -> str:
    if rule.where is None and not rule.fields:
        return _words(rule.at)
    entries = {"at": _words(rule.at)}
    if rule.where is not None:
        entries["where"] = _word(write_predicate(rule.where))
    entries.update({name: _ref(ref) for name, ref in rule.fields.items() if name in FIELDS})
    free = {name: _ref(ref) for name, ref in rule.fields.items() if name not in FIELDS}
    if free:
        entries["properties"] = _mapping(free)
    return _mapping(entries)


def _ref(ref: ColumnRef) -> str:
    if ref.value:
        return _mapping({"value": _word(ref.value)})
    if not ref.through:
        return _word(ref.column)
    entries = {"column": _word(ref.column), "through": _word(ref.through), "on": _word(ref.on)}
    if ref.to and ref.to != ref.on:
        entries["to"] = _word(ref.to)
    return _mapping(entries)


def _mapping(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_key(name)}: {value}" for name, value in entries.items()) + "}"


def _words(words: tuple[str, ...]) -> str:
    return _word(words[0]) if len(words) == 1 else "[" + ", ".join(map(_word, words)) + "]"


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _word(text)


def _word(text: str) -> str:
    """The text as YAML reads it back: plain where that is safe, quoted otherwise."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)
