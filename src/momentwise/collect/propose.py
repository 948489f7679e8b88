"""A proposal of sources for tables nobody described: what each table is, who its customer is, and what its rows become.

Where names and values leave a doubt, a source is proposed as doubtful and not used before a person has looked at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from momentwise.collect.links import Link, find_links, hop_select
from momentwise.collect.roles import (
    LIKELY,
    Roles,
    few_valued,
    find_roles,
    guess_roles,
    is_day,
    is_thin,
    is_unique,
    person_fit,
    possible_events,
    possible_people,
)
from momentwise.collect.vocabulary import fit, singular, words_of
from momentwise.define.evaluate import quote_name
from momentwise.define.source import (
    ColumnFacts,
    ColumnRef,
    EventRule,
    Proposal,
    Skeleton,
    Source,
    Sources,
    TableFacts,
    Understanding,
)

# Words at either end of a time column's name that do not say what happened.
_CLOCK_WORDS = frozenset(
    "at on timestamp date time datetime ts utc day dt datum zeit zeitpunkt uhrzeit heure fecha hora data ora orario tijd "
    "tijdstip czas godzina tarih tarihi saat zaman zamani tid tidpunkt local the de la le da do di del der des am um".split()
)


def propose(tables: Sequence[TableFacts]) -> Proposal:
    """The sources that a set of tables seems to be.

    Args:
        tables: Facts of every table.
    """
    roles = {table.name: find_roles(table) for table in tables}
    links = find_links(tables)
    for table in tables:
        if roles[table.name].customer is None and _reached(table, roles, links) is None:
            roles[table.name] = guess_roles(table, roles[table.name])
    drafts = [_draft(table, roles, links) for table in tables]
    usable = [draft for draft in drafts if draft.source is not None]
    return Proposal(
        sources=Sources(sources=tuple(d.source for d in usable if d.source and not d.doubt)),
        understandings=tuple(note for draft in usable for note in draft.notes),
        left_out={draft.table: draft.doubt for draft in drafts if draft.doubt},
        doubtful=tuple(d.source for d in usable if d.source and d.doubt),
        skeletons=tuple(_skeleton(t, roles[t.name], d) for t, d in zip(tables, drafts, strict=True) if d.doubt),
    )


def _skeleton(table: TableFacts, own: Roles, draft: _Draft) -> Skeleton:
    """What was found of a table that is left out, and what a person may choose where nothing was."""
    who = (draft.source.customer.column,) if draft.source else (own.customer.name,) if own.customer else ()
    times = (own.time,) if own.time else own.times or own.promises
    events = (own.event,) if own.event else tuple(possible_events(table))
    taken = {column.name for column in (*times, own.event) if column}
    return Skeleton(
        table=table.name,
        columns=table.columns,
        customer=who or tuple(c.name for c in possible_people(table) if c.name not in taken),
        at=tuple(c.name for c in times) or tuple(c.name for c in table.columns if c.filled > 0),
        event=tuple(c.name for c in events if c.name not in who),
        fields={name: ColumnRef(column.name) for name, column in own.fields.items()},
    )


@dataclass(frozen=True)
class _Draft:
    """What became of one table: a source or none, the doubt that keeps it from being used, and what was understood."""

    table: str
    source: Source | None
    doubt: str = ""
    notes: tuple[Understanding, ...] = ()


@dataclass(frozen=True)
class _Customer:
    """Who a table's rows are about: the reference, a SELECT where two tables lie between, and why."""

    ref: ColumnRef
    why: str
    select: str = ""
    doubt: str = ""
    is_person: bool = True
    is_sure: bool = True


def _draft(table: TableFacts, roles: dict[str, Roles], links: Sequence[Link]) -> _Draft:
    own = roles[table.name]
    if len(table.columns) < 2:
        return _Draft(table.name, None, "it has one column only")
    if not own.times:
        return _Draft(table.name, None, _why_no_time(own))
    customer = _customer(table, own, roles, links)
    if customer is None:
        return _Draft(table.name, None, "no column says who")
    is_log = own.event is not None and own.time is not None
    rules = (EventRule(at=(own.time.name,)),) if is_log and own.time else _wide_rules(table, own)
    rules, customer, select = _put_together(table, own, rules, customer)
    source = Source(
        name=table.name,
        table="" if select else table.name,
        select=select,
        customer=customer.ref,
        event=ColumnRef(own.event.name) if is_log and own.event else None,
        rules=rules,
        fields=_fields(own, customer),
        time_format=_stated_format(own, is_log),
    )
    notes = (*_notes(source, own, customer), *_nameless_events(source, table, own))
    return _Draft(table.name, source, customer.doubt or _doubt(own, rules), notes)


def _put_together(
    table: TableFacts, own: Roles, rules: tuple[EventRule, ...], customer: _Customer
) -> tuple[tuple[EventRule, ...], _Customer, str]:
    """The rules, the customer and a SELECT where two columns have to be put together for one of them."""
    added = []
    if own.clock and own.time:
        when = f"{own.time.name} {own.clock.name}"
        added.append(f"concat_ws(' ', {quote_name(own.time.name)}, {quote_name(own.clock.name)}) AS {quote_name(when)}")
        rules = tuple(EventRule(name=r.name, at=(when,) if r.at == (own.time.name,) else r.at) for r in rules)
    if own.visitor and customer.ref == ColumnRef(customer.ref.column) and own.customer and not customer.select:
        person, visitor = own.customer.name, own.visitor.name
        added.append(f"coalesce({quote_name(person)}, {quote_name(visitor)}) AS person_or_visitor")
        why = f"{person} is often empty; where it is, {visitor} says who"
        customer = _Customer(ColumnRef("person_or_visitor"), why, is_sure=customer.is_sure)
    if not added:
        return rules, customer, customer.select
    inner = f"(\n{customer.select}\n)" if customer.select else quote_name(table.name)
    return rules, customer, f"SELECT *, {', '.join(added)}\nFROM {inner}"


def _fields(own: Roles, customer: _Customer) -> dict[str, ColumnRef]:
    found = {name: ColumnRef(column.name) for name, column in own.fields.items() if column.name != customer.ref.column}
    if own.is_case and own.customer and own.customer.name != customer.ref.column:
        return {
            "key": ColumnRef(own.customer.name),
            **{name: ref for name, ref in found.items() if name != "key"},
        }
    return found


def _why_no_time(own: Roles) -> str:
    if own.promises:
        names = ", ".join(column.name for column in own.promises)
        return f"its only times ({names}) say what should happen, not what did"
    return "no column holds times; where a date is spread over columns, put it together with `select:`"


def _customer(table: TableFacts, own: Roles, roles: dict[str, Roles], links: Sequence[Link]) -> _Customer | None:
    if own.customer is not None and not own.is_case:
        return _with_doubts(_direct(table, own.customer, links), own, own.customer)
    reached = _reached(table, roles, links)
    if reached:
        return reached
    if own.customer is not None:
        why = f"no column names a person, so each {own.customer.name} stands for a customer"
        return _Customer(ColumnRef(own.customer.name), why, is_person=False)
    return _record_as_customer(table, own)


def _with_doubts(customer: _Customer, own: Roles, column: ColumnFacts) -> _Customer:
    """The customer, with what a person should look at before trusting it."""
    if own.customer_by_values:
        shown = ", ".join(column.examples[:3])
        return replace(customer, why=f"its name says nothing, its values repeat like ids: {shown}", is_sure=False)
    if own.rivals:
        return replace(customer, why=f"{customer.why}; {', '.join(own.rivals)} may be meant as well", is_sure=False)
    if is_thin(column):
        return replace(customer, why=f"{customer.why}; only {column.distinct} in {column.sampled} rows", is_sure=False)
    return customer


def _direct(table: TableFacts, column: ColumnFacts, links: Sequence[Link]) -> _Customer:
    """The column itself, or the person behind it where it leads to a table that knows the person better."""
    for link in links:
        if link.table != table.name or link.on != column.name:
            continue
        better = [
            c for c in link.to_columns if c.name != link.to and person_fit(c) > person_fit(column) and c.filled > 0.9
        ]
        if better:
            best = max(better, key=person_fit)
            ref = ColumnRef(best.name, through=link.other, on=link.on, to=link.to)
            return _Customer(ref, f"{column.name} leads to {link.other}, where {best.name} names the person")
    return _Customer(ColumnRef(column.name), "its name and its values say who")


def _reached(table: TableFacts, roles: dict[str, Roles], links: Sequence[Link]) -> _Customer | None:
    """The customer of another table that shares a key with this one."""
    for link in links:
        other = roles[link.other].customer if link.table == table.name else None
        if other is None or roles[link.other].is_case or other.name == link.to:
            continue
        further = _direct(next_table(link), other, links)
        why = f"{link.on} leads to {link.other}, which names {other.name}"
        if not further.ref.through:
            return _Customer(ColumnRef(other.name, through=link.other, on=link.on, to=link.to), why)
        select = hop_select(table, link, further.ref)
        return _Customer(ColumnRef(further.ref.column), f"{why}; {further.why}", select=select)
    return None


def next_table(link: Link) -> TableFacts:
    """The table that a link leads to, as facts."""
    return TableFacts(name=link.other, columns=link.to_columns, origin="", format="")


def _record_as_customer(table: TableFacts, own: Roles) -> _Customer | None:
    key = own.fields.get("key") or next((c for c in possible_people(table) if is_unique(c)), None)
    if key is None:
        return None
    why = f"nobody is named, so each {key.name} stands for a customer"
    alone = len(own.times) < 2 and is_unique(key)
    return _Customer(ColumnRef(key.name), why, doubt=f"{why}, and has one event only" if alone else "", is_person=False)


def _wide_rules(table: TableFacts, own: Roles) -> tuple[EventRule, ...]:
    """One event for each column that says when something happened."""
    happened = [c for c in own.times if fit(c.name, "bookkeeping") < LIKELY] or list(own.times)
    rules: dict[str, EventRule] = {}
    for column in happened:
        name = event_name(table.name, column.name)
        name = name if name not in rules else "_".join(words_of(column.name))
        rules[name] = EventRule(name=name, at=(column.name,))
    return tuple(rules.values())


def event_name(table: str, column: str) -> str:
    """What an event is called whose time stands in a column.

    Args:
        table: The table's name.
        column: The column's name.

    Example:
        >>> event_name("tickets", "created_at"), event_name("olist_orders_dataset", "order_purchase_timestamp")
        ('ticket_created', 'order_purchase')
        >>> event_name("reviews", "timestamp")
        'review'
    """
    words = list(words_of(column.rsplit(".", 1)[-1]))
    while words and words[0] in _CLOCK_WORDS:
        words.pop(0)
    while words and words[-1] in _CLOCK_WORDS:
        words.pop()
    row = singular(table)
    if not words:
        return row
    return f"{row}_{words[0]}" if len(words) == 1 and words[0] != row else "_".join(words)


def _stated_format(own: Roles, is_log: bool) -> str:
    """The format to write down: only where a person has to choose."""
    used = [own.time] if is_log and own.time else list(own.times)
    found = next((column.time_format for column in used if column.ambiguous), "")
    return f"{found} {_clock_format(own.clock)}" if found and own.clock else found


def _clock_format(clock: ColumnFacts) -> str:
    """How a column of times of day is written, as the end of a `strptime` pattern."""
    text = clock.examples[0]
    half = text.lower().endswith("m")
    pattern = ("%I:%M" if half else "%H:%M") + (":%S" if text.count(":") > 1 else "")
    return pattern + ("" if not half else " %p" if " " in text else "%p")


def _doubt(own: Roles, rules: tuple[EventRule, ...]) -> str:
    used = {name for rule in rules for name in rule.at}
    unclear = [column for column in own.times if column.ambiguous and column.name in used]
    if unclear:
        shown = ", ".join(unclear[0].examples[:2])
        return f"whether the day or the month comes first in {unclear[0].name} ({shown}) cannot be told"
    return ""


def _notes(source: Source, own: Roles, customer: _Customer) -> tuple[Understanding, ...]:
    sure = customer.is_person and customer.is_sure
    notes = [Understanding(source.name, f"customer is {source.customer.column}", customer.why, sure=sure)]
    if source.event and own.time and own.event:
        shown = ", ".join(own.event.examples[:3])
        notes.append(
            Understanding(
                source.name,
                f"event is {own.event.name}",
                f"few values that repeat: {shown}",
                sure=not own.by_values,
            )
        )
        notes.append(Understanding(source.name, f"time is {own.time.name}", _time_reason(own.time)))
        if is_day(own.time) and own.clock is None:
            why = "dates without a time of day: the order within a day is that of the rows"
            notes.append(Understanding(source.name, f"{own.time.name} holds days", why, sure=False))
    else:
        for rule in source.rules:
            column = next(c for c in own.times if rule.at[0].startswith(c.name))
            notes.append(Understanding(source.name, f"{rule.name} happens at {column.name}", _time_reason(column)))
    notes += [
        Understanding(source.name, f"{c.name} is no event", "it says what should happen, not what did")
        for c in own.promises
    ]
    notes += [
        Understanding(source.name, f"{name} is {ref.column}", "its name and values")
        for name, ref in source.fields.items()
    ]
    return tuple(notes)


def _nameless_events(source: Source, table: TableFacts, own: Roles) -> tuple[Understanding, ...]:
    """A doubt where every row of what looks like a log became the same event."""
    if own.customer is None or own.is_case or is_unique(own.customer) or len(source.rules) != 1 or source.event:
        return ()
    names = [c.name for c in few_valued(table.columns, own.customer)]
    if len(names) < 2:
        return ()
    why = f"if a column holds names of events, write it as `event:`; it may be {', '.join(names[:5])}"
    return (Understanding(source.name, "every row is the same event", why, sure=False),)


def _time_reason(column: ColumnFacts) -> str:
    written = column.time_format or column.type.lower()
    zone = "with a zone" if column.has_zone else "without a zone"
    shown = f", as in {column.examples[0]}" if column.examples else ""
    return f"times written as {written}, {zone}{shown}"
