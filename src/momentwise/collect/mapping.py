"""From a source and what is known of its tables to one query that gives events. SQL is built here; a store runs it.

One row of the query is one candidate: an event, or a row that says it is one and cannot be read. Candidates come in the
order of the table's rows, and within a row in the order of the rules. Columns:

- `customer` VARCHAR, `at` BIGINT (microseconds since 1970, UTC), `event` VARCHAR
- `reason` UTINYINT: 0 for an event, otherwise the place in `REASONS` of why the row is none
- `identity` UBIGINT: equal for two rows of one customer that are the same event
- `f0`, `f1` …: one per wanted field that the source has
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from momentwise.collect.fields import TIME_ROW, Reader, RowScope, field_readers
from momentwise.define.evaluate import Column, quote, quote_name, to_sql
from momentwise.define.source import MISSING_WORDS, EventRule, Source, TableFacts
from momentwise.define.span import DAY_US

REASONS = (
    "",
    "no customer",
    "no time",
    "the time cannot be read",
    "no event name",
    "the time is before 1970",
    "the time is in the future",
    "a number cannot be read",
)
_NO_CUSTOMER, _NO_TIME, _BAD_TIME, _NO_EVENT, _BEFORE_1970, _FUTURE, _BAD_NUMBER = range(1, 8)
# Clocks differ; a day ahead is still now.
_TOLERANCE_US = DAY_US


@dataclass(frozen=True)
class EventsQuery:
    """One SELECT and the fields that it gives.

    Args:
        sql: The SELECT, with the columns that this module's text lists.
        columns: The wanted fields that the source has, by the name that was asked for.
    """

    sql: str
    columns: dict[str, Column]


def relation_of(source: Source) -> str:
    """The name of the view that a source reads: its table, or a view of its own for a SELECT."""
    return source.table or f"select:{source.name}"


def events_query(
    source: Source,
    tables: Mapping[str, TableFacts],
    wanted: Collection[str],
    *,
    zone: str,
    now_us: int,
    kept: str = "true",
) -> EventsQuery:
    """The query that gives a source's events.

    Args:
        source: The mapping.
        tables: Facts by name: of `relation_of(source)` and of every table that is reached through.
        wanted: Names of fields as conditions write them. One that the source lacks is left out.
        zone: IANA zone of times that carry none, where the source states no other.
        now_us: The present; a later time than a day from it is rejected.
        kept: A condition over customer, event and the fields' columns; other rows are left out before anything of them
            is worked out, which matters where they are many.

    Raises:
        DefinitionError: The mapping names a column that is not there.
    """
    scope = RowScope(source, tables, source.zone or zone)
    readers = field_readers(scope, [name for name in wanted if name not in ("customer", "at", "event")])
    numbers = {name: reader.column for name, reader in readers.items()}
    columns = {name: Column(f"f{place}", numbers[name].kind) for place, name in enumerate(readers)}
    candidates = _candidates(scope, readers)
    if kept != "true":
        candidates = f"SELECT * FROM ({candidates}) WHERE {kept}"
    fields = "".join(f", f{place}" for place in range(len(readers)))
    sql = (
        f'SELECT customer, "at", event, {_reason_sql(scope, now_us)} AS reason, '
        f"{_identity_sql(scope, fields)} AS identity{fields} FROM ({candidates})"
    )
    return EventsQuery(sql + _order_sql(scope), columns)


def rejected_query(source: Source, tables: Mapping[str, TableFacts], *, zone: str, now_us: int) -> str:
    """A query that lists the rows that were rejected: file, row (from 1), reason, source, content (JSON text).

    It reads the view `numbered:<relation>`, which has the columns `mw file` and `mw row` besides those of the table.
    """
    scope = RowScope(source, tables, source.zone or zone, numbered=True)
    content = ", ".join(f"{quote_name(c.name)} := {scope.name(c.name)}" for c in scope.facts.columns)
    extra = f', {scope.alias}."mw file" AS file, {scope.alias}."mw row" AS row, to_json(struct_pack({content}))::VARCHAR AS content'
    candidates = _candidates(scope, {}, extra=extra)
    listed = " ".join(f"WHEN {place} THEN {quote(reason)}" for place, reason in enumerate(REASONS) if place)
    return (
        f"SELECT DISTINCT file, row, CASE reason {listed} END AS reason, {quote(source.name)} AS source, content FROM "
        f"(SELECT file, row, content, {_reason_sql(scope, now_us)} AS reason FROM ({candidates})) WHERE reason > 0"
    )


def _candidates(scope: RowScope, readers: Mapping[str, Reader], extra: str = "") -> str:
    """A SELECT of customer, at, event, raw time, fields and what identity and reason need, one row per candidate."""
    customer = scope.text(scope.source.customer)
    fixed = [f"{customer} AS customer"]
    if scope.bad_number_sql():
        fixed.append(f"{scope.bad_number_sql()} AS bad_number")
    if not extra:
        fixed.append(f"{scope.identity_sql()} AS row_identity")
    if scope.is_joined:
        fixed.append(f'{scope.alias}."mw order" AS row_order')
    rules = scope.source.rules
    if len(rules) == 1:
        return _one_rule(scope, rules[0], readers, fixed, extra)
    return _many_rules(scope, rules, readers, fixed, extra)


def _one_rule(scope: RowScope, rule: EventRule, readers: Mapping[str, Reader], fixed: list[str], extra: str) -> str:
    fields = [f"{reader.of_rule(0)} AS f{place}" for place, reader in enumerate(readers.values())]
    time = scope.time(rule)
    selected = [
        *fixed,
        f'{time.sql} AS "at"',
        f"{time.is_given} AS is_given",
        f"{_event_sql(scope, rule)} AS event",
        *fields,
    ]
    conditions = _conditions(scope, rule)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(selected)}{extra} FROM {scope.relation}{where}"


def _many_rules(
    scope: RowScope, rules: tuple[EventRule, ...], readers: Mapping[str, Reader], fixed: list[str], extra: str
) -> str:
    """One scan: each row's candidates are a list of structs, taken apart by `unnest`."""
    members = []
    for place, rule in enumerate(rules):
        time = scope.time(rule)
        own = "".join(
            f", 'f{i}': {reader.of_rule(place)}" for i, reader in enumerate(readers.values()) if reader.differs
        )
        holds = " AND ".join(_conditions(scope, rule)) or "true"
        members.append(
            f"CASE WHEN {holds} THEN {{'at': {time.sql}, 'is_given': {time.is_given}, 'event': {_event_sql(scope, rule)}{own}}} END"
        )
    shared = [f"{r.of_rule(0)} AS f{i}" for i, r in enumerate(readers.values()) if not r.differs]
    inner = f"SELECT {', '.join([*fixed, *shared])}{extra}, unnest([{', '.join(members)}]) AS {TIME_ROW} FROM {scope.relation}"
    kept = [text.rsplit(" AS ", 1)[-1] for text in [*fixed, *shared]]
    if extra:
        kept += ["file", "row", "content"]
    own_names = [f"f{i}" for i, r in enumerate(readers.values()) if r.differs]
    taken = ", ".join(f'{TIME_ROW}."{name}" AS "{name}"' for name in ("at", "is_given", "event", *own_names))
    return f"SELECT {', '.join(kept)}, {taken} FROM ({inner}) WHERE {TIME_ROW} IS NOT NULL"


def _conditions(scope: RowScope, rule: EventRule) -> list[str]:
    """What must hold for a row to be a candidate: the rule's condition and, for a rule with its own time, a time."""
    found = []
    if rule.where is not None:
        found.append(to_sql(rule.where, scope.condition_columns(rule.where)))
    if rule.name:
        found.append(f"({scope.time(rule).is_given})")
    return found


def _event_sql(scope: RowScope, rule: EventRule) -> str:
    if rule.name:
        return quote(rule.name)
    assert scope.source.event is not None, "a rule without a name belongs to a source with an event column"
    event = scope.text(scope.source.event)
    renamed = " ".join(f"WHEN {quote(old)} THEN {quote(new)}" for old, new in scope.source.rename.items())
    return f"CASE {event} {renamed} ELSE {event} END" if renamed else event


def _reason_sql(scope: RowScope, now_us: int) -> str:
    missing = ", ".join(map(quote, MISSING_WORDS))
    longest = max(map(len, MISSING_WORDS))
    # The length is one comparison of bytes and spares nearly every row the list.
    no_customer = f"customer IS NULL OR (strlen(customer) <= {longest} AND customer IN ({missing}))"
    number = f" WHEN bad_number THEN {_BAD_NUMBER}" if scope.bad_number_sql() else ""
    return (
        f"(CASE WHEN {no_customer} THEN {_NO_CUSTOMER} "
        f'WHEN "at" IS NULL THEN CASE WHEN is_given THEN {_BAD_TIME} ELSE {_NO_TIME} END '
        f'WHEN "at" < 0 THEN {_BEFORE_1970} WHEN "at" > {now_us + _TOLERANCE_US} THEN {_FUTURE} '
        f"WHEN event IS NULL OR event = '' THEN {_NO_EVENT}{number} ELSE 0 END)::UTINYINT"
    )


def _identity_sql(scope: RowScope, fields: str) -> str:
    if scope.has_id:
        return f'CASE WHEN row_identity IS NULL THEN hash("at", event{fields}) ELSE hash(row_identity, event) END'
    return "hash(row_identity, event)"


def _order_sql(scope: RowScope) -> str:
    return " ORDER BY row_order" if scope.is_joined else ""
