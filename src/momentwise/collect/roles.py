"""Which column of a table plays which part: customer, time, event and the fields, judged by names and by values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from momentwise.collect.vocabulary import Role, fit, speaks_of, words_of
from momentwise.define.source import ColumnFacts, TableFacts

LIKELY = 0.55  # fit from which on a name speaks for a role
_MOST_EVENT_NAMES = 500
_MOST_CHANNELS = 40

# Words that make a customer's column an attribute of theirs, or a name that many share.
_ATTRIBUTES = frozenset(
    "city state zip postal postcode country region address street phone type segment status age gender sex since group tier "
    "category count name first last firstname lastname title lang language locale agent service rating score note notes "
    "balance value lifetime plan company consent disputed response public stadt land plz ort name vorname nachname typ "
    "ville pays nom prenom ciudad pais nombre apellido cidade estado nome cognome naam stad miasto kraj imie nazwisko sehir "
    "ulke ad soyad stad namn".split()
)
_STRONGER = frozenset("unique person global master".split())
_WEAK_EVENTS = frozenset(
    "type status state stage phase name step page category typ art tipo soort tur statut estado stato durum event".split()
)
_MESSAGE_IDS = frozenset(
    {"event", "message", "msg", "record", "row", "log", "ereignis", "evento", "evenement", "olay", "insert"}
)
_OTHER_ROLES: tuple[Role, ...] = (
    "customer",
    "case",
    "session",
    "channel",
    "id",
    "score",
    "amount",
    "text",
    "visitor",
)
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}([:.]\d{2}([.,]\d+)?)?( ?[ap]m)?", re.IGNORECASE)
_FREE_TEXT = 40  # characters


class Roles(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of one table by the part that they play; `None` where there is none.

    Args:
        customer: Who.
        is_case: Whether `customer` is no person but a case, a session or a visitor.
        times: Columns of instants that say when something happened, in order.
        promises: Columns of instants that say when something should happen, or once did outside the log.
        time: The instant of an event log.
        event: The column of event names.
        by_values: Whether names said nothing and values alone decided.
        fields: The named fields, by name.
        clock: The time of day that stands in a column beside `time`'s date.
        visitor: Who, where `customer` is empty: an id of devices or visits.
    """

    customer: ColumnFacts | None = None
    is_case: bool = False
    times: tuple[ColumnFacts, ...] = ()
    promises: tuple[ColumnFacts, ...] = ()
    time: ColumnFacts | None = None
    event: ColumnFacts | None = None
    by_values: bool = False
    fields: dict[str, ColumnFacts] = {}
    clock: ColumnFacts | None = None
    visitor: ColumnFacts | None = None


def find_roles(table: TableFacts) -> Roles:
    """The parts that a table's columns play."""
    instants = [column for column in table.columns if column.kind == "instant" and column.filled > 0]
    promises = tuple(c for c in instants if speaks_of(c.name, "promise"))
    times = tuple(c for c in instants if c not in promises)
    rest = [column for column in table.columns if column not in instants and column.filled > 0]
    customer, is_case = _find_customer(rest)
    event = _find_event(rest, customer, times)
    nameless = all(re.fullmatch(r"column\d+", column.name) for column in table.columns)
    guessed = False
    if nameless:
        customer, event = _by_values(rest)
    elif event is None and len(times) == 1 and customer is not None and not is_unique(customer):
        event = _event_by_values(rest, customer)
        guessed = event is not None
    time = _best_time(times)
    clock = _find_clock(time, rest)
    visitor = _find_visitor(customer, rest) if not is_case else None
    taken = [column for column in (customer, event, clock, visitor) if column]
    fields = _find_fields([c for c in rest if c not in taken], event is not None)
    return Roles(
        customer=customer,
        is_case=is_case,
        times=times,
        promises=promises,
        time=time,
        event=event,
        by_values=nameless or guessed,
        fields=fields,
        clock=clock,
        visitor=visitor,
    )


def is_unique(column: ColumnFacts) -> bool:
    """Whether every sampled row has a value of its own."""
    return column.sampled > 0 and column.distinct >= column.filled * column.sampled - 0.5 and column.filled > 0.99


def person_fit(column: ColumnFacts) -> float:
    """How well a column says who: its name's fit, more for an id of persons, none for what is only about them."""
    words = words_of(column.name.rsplit(".", 1)[-1])
    score = fit(column.name, "customer")
    if score == 0 or column.kind in ("instant", "truth") or not _is_code(column):
        return 0.0
    if any(word in _ATTRIBUTES for word in words[1:]) or (words and words[0] in _ATTRIBUTES):
        return 0.0
    if any(word in ("email", "mail", "konto", "account", "compte", "cuenta", "conta", "hesap") for word in words):
        score -= 0.1
    score += 0.05 * any(word in _STRONGER for word in words)
    return (score - 0.05 * column.name.count(".")) * (0.5 + 0.5 * column.filled)


def _is_code(column: ColumnFacts) -> bool:
    """Whether the values may be ids or names: short, and no fractions."""
    if column.kind == "number":
        return all(not re.search(r"[.,]\d*[1-9]", text) for text in column.examples)
    return all(len(text) <= _FREE_TEXT + 24 and text.count(" ") <= 4 for text in column.examples)


def _find_customer(columns: Sequence[ColumnFacts]) -> tuple[ColumnFacts | None, bool]:
    people = [(person_fit(column), column) for column in columns]
    best = max(people, key=lambda pair: pair[0], default=(0.0, None))
    cases = [
        (max(fit(c.name, "case"), fit(c.name, "session") - 0.05), c)
        for c in columns
        if _is_code(c) and c.kind != "truth"
    ]
    cases = [(score, c) for score, c in cases if score >= 0.7 and _says_id(c) and c.distinct > 1]
    # An id that only logged-in people have says less than one that everybody has.
    if best[1] is not None and best[0] >= LIKELY / 2 and (best[1].filled >= 0.5 or not cases):
        return best[1], False
    if cases:
        return max(cases, key=lambda pair: (pair[0], pair[1].filled))[1], True
    return None, False


def _says_id(column: ColumnFacts) -> bool:
    words = words_of(column.name)
    return len(words) == 1 or any(
        word in ("id", "no", "nr", "number", "key", "concept", "name", "numer", "nummer") for word in words
    )


def _find_event(
    columns: Sequence[ColumnFacts], customer: ColumnFacts | None, times: Sequence[ColumnFacts]
) -> ColumnFacts | None:
    names = [c for c in columns if c is not customer and c.kind == "text" and _are_event_names(c)]
    strong = [(fit(c.name, "event") - 0.05 * c.name.count("."), c) for c in names if not _is_weak(c)]
    strong = [(score, c) for score, c in strong if score >= LIKELY]
    if strong:
        return max(strong, key=lambda pair: pair[0])[1]
    repeats = customer is not None and not is_unique(customer)
    happened = [c for c in times if fit(c.name, "bookkeeping") < LIKELY]
    weak = [c for c in names if _is_weak(c) and 1 < c.distinct <= _MOST_CHANNELS and c.filled > 0.95]
    if weak and repeats and len(happened) == 1:
        return max(weak, key=lambda c: len(words_of(c.name)) == 1)
    return None


def _is_weak(column: ColumnFacts) -> bool:
    words = words_of(column.name.rsplit(".", 1)[-1])
    if "event" in words:
        return words[0] != "event" or words[-1] in ("id", "time", "date")
    return bool(words) and (words[-1] in _WEAK_EVENTS and fit(column.name, "event") < LIKELY)


def _are_event_names(column: ColumnFacts) -> bool:
    if any(word in ("id", "uuid", "guid", "key") for word in words_of(column.name)):
        return False
    few = column.distinct <= min(_MOST_EVENT_NAMES, column.sampled // 2 + 1) or fit(column.name, "event") == 1.0
    return few and column.filled > 0.5 and all(len(text) <= 58 for text in column.examples)


def _by_values(columns: Sequence[ColumnFacts]) -> tuple[ColumnFacts | None, ColumnFacts | None]:
    """Customer and event of a table without names: of two columns that repeat, the one with fewer values is the event."""
    repeating = [c for c in columns if c.filled > 0.95 and c.distinct > 1 and not is_unique(c) and _is_code(c)]
    texts = [c for c in repeating if c.kind == "text" and c.distinct <= _MOST_EVENT_NAMES]
    event = min(texts, key=lambda c: c.distinct, default=None)
    people = [c for c in repeating if c is not event and event is not None and c.distinct > event.distinct]
    return (people[0], event) if len(people) == 1 else (None, None)


def _event_by_values(columns: Sequence[ColumnFacts], customer: ColumnFacts) -> ColumnFacts | None:
    """The one column of a log whose few short values repeat; none where several do."""
    found = [
        c
        for c in columns
        if c is not customer and c.kind == "text" and "." not in c.name and c.filled > 0.95
        and 1 < c.distinct <= max(3, min(100, c.sampled // 10)) and _are_event_names(c)
        and not any(fit(c.name, role) >= LIKELY for role in _OTHER_ROLES)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _find_clock(time: ColumnFacts | None, columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """A column of times of day beside one of dates."""
    if time is None or any(":" in text for text in time.examples) or time.type != "VARCHAR":
        return None
    return next(
        (
            c
            for c in columns
            if c.examples and fit(c.name, "time") > 0 and all(_CLOCK.fullmatch(text) for text in c.examples)
        ),
        None,
    )


def _find_visitor(customer: ColumnFacts | None, columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """An id that every row has, where the person's is often empty."""
    if customer is None or customer.filled > 0.97:
        return None
    found = [
        c for c in columns if c is not customer and c.filled > 0.97 and _is_code(c) and speaks_of(c.name, "visitor")
    ]
    return found[0] if found else None


def _best_time(times: Sequence[ColumnFacts]) -> ColumnFacts | None:
    def rank(column: ColumnFacts) -> tuple[float, float]:
        return fit(column.name, "time") - 0.5 * (fit(column.name, "bookkeeping") >= LIKELY) - 0.05 * column.name.count(
            "."
        ), column.filled

    return max(times, key=rank, default=None)


def _find_fields(columns: Sequence[ColumnFacts], is_log: bool) -> dict[str, ColumnFacts]:
    found: dict[str, ColumnFacts] = {}

    def take(name: str, candidates: Iterable[ColumnFacts], role: Role) -> None:
        free = [c for c in candidates if c not in found.values() and fit(c.name, role) >= 0.7]
        if free:
            found[name] = max(free, key=lambda c: fit(c.name, role) - 0.05 * c.name.count("."))

    if is_log and (identity := _identity(columns)):
        found["id"] = identity
    take("session", (c for c in columns if _is_code(c)), "session")
    if key := _key([c for c in columns if c not in found.values()], is_log):
        found["key"] = key
    take("channel", (c for c in columns if c.kind == "text" and 1 <= c.distinct <= _MOST_CHANNELS), "channel")
    take("score", (c for c in columns if c.kind == "number" and c.distinct <= 101), "score")
    take("amount", (c for c in columns if c.kind == "number"), "amount")
    take("duration", (c for c in columns if c.kind == "number"), "duration")
    take(
        "text",
        (c for c in columns if c.kind == "text" and not _looks_like_id(c) and c.distinct > min(20, c.sampled // 4)),
        "text",
    )
    return found


def _identity(columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    for column in columns:
        words = words_of(column.name)
        named = words in (("id",), ("uuid",), ("guid",)) or (
            len(words) > 1 and words[-1] in ("id", "uuid", "guid") and words[0] in _MESSAGE_IDS
        )
        if named and is_unique(column):
            return column
    return None


def _key(columns: Sequence[ColumnFacts], is_log: bool) -> ColumnFacts | None:
    ids = [c for c in columns if _is_code(c) and c.kind != "truth" and _looks_like_id(c)]
    cases = [c for c in ids if fit(c.name, "case") >= 0.7]
    if cases:
        return max(cases, key=lambda c: fit(c.name, "case"))
    unique = [c for c in ids if is_unique(c)]
    return unique[0] if unique and not is_log else None


def _looks_like_id(column: ColumnFacts) -> bool:
    words = words_of(column.name)
    return bool(words) and (
        words[-1] in ("id", "key", "nr", "no", "number", "nummer", "uuid", "ref") or words == ("case",)
    )
