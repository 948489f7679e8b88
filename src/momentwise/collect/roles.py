"""Which column of a table plays which part: customer, time, event and the fields, judged by names and by values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from momentwise.collect.vocabulary import Role, fit, last_part, speaks_of, words_of
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
    "ulke ad soyad stad namn "
    "nama kota jmeno nimi nev имя город страна пол возраст тип".split()
)
# Words for those who serve a customer.
_SERVING = frozenset(
    "agent agents assignee assigned staff operator edited editor employee handler clerk worker rep representative admin "
    "moderator modified bearbeiter mitarbeiter sachbearbeiter medewerker pracownik empleado funcionario dipendente calisan "
    "personel handlaggare medarbeider medarbejder saksbehandler sagsbehandler kasittelija referent".split()
)
# Words that may mean a customer as well as somebody else, and what they cost beside a word that means customers only.
_USERS = frozenset(
    "user uid userid usr utilisateur usager usuario nutzer benutzer utente utilizador gebruiker uzytkownik uzytkownika "
    "kullanici anvandare bruker bruger".split()
)
_ANYBODY = frozenset("contact author actor owner caller profile requester who".split())
_ACCOUNTS = frozenset("email mail konto account compte cuenta conta hesap".split())
_THINGS = frozenset("device os browser category country type model brand language version platform".split())
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
        rivals: Names of other columns that may say who as well.
        customer_by_values: Whether the customer's name said nothing and its values alone decided.
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
    rivals: tuple[str, ...] = ()
    customer_by_values: bool = False


def find_roles(table: TableFacts) -> Roles:
    """The parts that a table's columns play."""
    instants = [column for column in table.columns if column.kind == "instant" and column.filled > 0]
    promises = tuple(c for c in instants if speaks_of(c.name, "promise"))
    times = tuple(c for c in instants if c not in promises)
    rest = [column for column in table.columns if column not in instants and column.filled > 0]
    customer, is_case = _find_customer(rest)
    full = [c for c in times if not is_day(c)] or list(times)
    event = _find_event(rest, customer, times)
    nameless = all(re.fullmatch(r"column\d+", column.name) for column in table.columns)
    guessed = False
    if nameless:
        customer, event = _by_values(rest)
    elif event is None and len(full) == 1 and customer is not None and not is_unique(customer):
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
        rivals=_rivals(customer, rest) if not is_case else (),
        customer_by_values=nameless and customer is not None,
    )


def guess_roles(table: TableFacts, own: Roles) -> Roles:
    """The parts of a table in which no name says who, by values: one time, one column of few texts, one of ids."""
    rest = [c for c in table.columns if c.filled > 0 and c not in own.times and c not in own.promises]
    full = [c for c in own.times if not is_day(c)] or list(own.times)
    numbers = [c for c in rest if c.kind == "number" and c.time_format.startswith("epoch") and not _looks_like_id(c)]
    times = full or (numbers if not own.promises else [])
    taken = own.clock
    rest = [c for c in rest if c is not taken and c not in times]
    if len(times) != 1:
        return own
    event = own.event or _event_by_values(rest, None)
    people = _people_by_values([c for c in rest if c is not event], event) if event else []
    if event is None:
        return own
    customer = people[0] if len(people) == 1 else None
    return msgspec.structs.replace(
        own,
        customer=customer,
        event=event,
        times=own.times or tuple(times),
        time=times[0],
        by_values=own.event is None,
        customer_by_values=customer is not None,
        fields=_find_fields([c for c in rest if c not in (customer, event)], is_log=True),
    )


def possible_people(table: TableFacts) -> list[ColumnFacts]:
    """The columns that may say who, for a person to choose among: ids first."""
    found = [
        c for c in table.columns if c.kind in ("text", "number") and c.filled > 0 and _is_code(c) and c.distinct > 1
    ]
    return sorted(found, key=lambda c: (-person_fit(c), not _is_id_like(c), is_unique(c)))


def possible_events(table: TableFacts) -> list[ColumnFacts]:
    """The columns that may hold names of events, for a person to choose among."""
    found = [
        c for c in table.columns if c.kind == "text" and 0 < c.distinct <= _MOST_EVENT_NAMES and _are_event_names(c)
    ]
    return sorted(found, key=lambda c: (-fit(c.name, "event"), _is_id_like(c)))


def is_day(column: ColumnFacts) -> bool:
    """Whether a column of instants holds dates without a time of day."""
    if column.type == "DATE":
        return True
    if column.type != "VARCHAR" or column.time_format.startswith("epoch"):
        return False
    if column.time_format not in ("", "iso"):
        return not any(sign in column.time_format for sign in ("%H", "%I", "iso"))
    return bool(column.examples) and not any(":" in text for text in column.examples)


def is_thin(column: ColumnFacts) -> bool:
    """Whether so few values stand in so many rows that they are hardly customers."""
    return column.sampled >= 100 and column.distinct <= column.sampled // 50


def is_unique(column: ColumnFacts) -> bool:
    """Whether every sampled row has a value of its own."""
    return column.sampled > 0 and column.distinct >= column.filled * column.sampled - 0.5 and column.filled > 0.99


def person_fit(column: ColumnFacts) -> float:
    """How well a column says who: its name's fit, more for an id of persons, none for what is only about them."""
    words = words_of(column.name.rsplit(".", 1)[-1])
    score = fit(column.name, "customer")
    if score == 0 or column.kind in ("instant", "truth") or not _is_code(column):
        return 0.0
    if any(word in _SERVING for word in words):
        return 0.0
    if any(word in _ATTRIBUTES for word in words[1:]) or (words and words[0] in _ATTRIBUTES):
        return 0.0
    for cost, costly in ((0.15, _USERS), (0.2, _ANYBODY), (0.3, _ACCOUNTS)):
        score -= cost * any(word in costly for word in words)
    score += 0.05 * any(word in _STRONGER for word in words)
    return (score - 0.05 * column.name.count(".")) * (0.5 + 0.5 * column.filled)


def _is_code(column: ColumnFacts) -> bool:
    """Whether the values may be ids or names: short, and no fractions."""
    if column.kind == "number":
        return all(not re.search(r"[.,]\d*[1-9]", text) for text in column.examples)
    return all(len(text) <= _FREE_TEXT + 24 and text.count(" ") <= 4 for text in column.examples)


def _find_customer(columns: Sequence[ColumnFacts]) -> tuple[ColumnFacts | None, bool]:
    most = max((c.distinct for c in columns if person_fit(c) > 0), default=0)
    # Few values where another column for people has many are the values of those who serve them.
    people = [(person_fit(c) * (0.5 if is_thin(c) and c.distinct * 4 <= most else 1.0), c) for c in columns]
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


def _rivals(customer: ColumnFacts | None, columns: Sequence[ColumnFacts]) -> tuple[str, ...]:
    """Other columns that may say who nearly as well as the one that was chosen; its owner's address is none."""
    if customer is None:
        return ()
    least = max(LIKELY, person_fit(customer) - 0.2)
    return tuple(
        c.name
        for c in columns
        if c is not customer and person_fit(c) >= least and c.distinct > 1
        and not any(word in _ACCOUNTS for word in words_of(c.name))
    )  # fmt: skip


def _says_id(column: ColumnFacts) -> bool:
    words = words_of(column.name)
    return len(words) == 1 or any(
        word in ("id", "no", "nr", "number", "key", "concept", "name", "numer", "nummer") for word in words
    )


def _find_event(
    columns: Sequence[ColumnFacts], customer: ColumnFacts | None, times: Sequence[ColumnFacts]
) -> ColumnFacts | None:
    names = [
        c for c in columns if c is not customer and (c.kind == "text" or _is_event_code(c)) and _are_event_names(c)
    ]
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


def _is_event_code(column: ColumnFacts) -> bool:
    """Whether a column of whole numbers is called just `event`, `action` or `type`."""
    words = words_of(column.name.rsplit(".", 1)[-1])
    named = len(words) == 1 and (fit(column.name, "event") == 1.0 or words[0] in ("type", "typ", "tipo"))
    return column.kind == "number" and named and _is_code(column) and 1 < column.distinct <= 100


def _is_weak(column: ColumnFacts) -> bool:
    words = words_of(column.name.rsplit(".", 1)[-1])
    if "event" in words:
        return words[0] != "event" or words[-1] in ("id", "time", "date")
    return bool(words) and (words[-1] in _WEAK_EVENTS and fit(column.name, "event") < LIKELY)


def _are_event_names(column: ColumnFacts) -> bool:
    words = words_of(column.name)
    if any(word in ("id", "uuid", "guid", "key") or word in _SERVING for word in words) or words[-1:] == ("by",):
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


def _is_id_like(column: ColumnFacts) -> bool:
    """Whether the values look like ids: short, without blanks, a digit or an address in each."""
    if not column.examples or column.kind not in ("text", "number") or not _is_code(column):
        return False
    return all(" " not in text and ("@" in text or any(sign.isdigit() for sign in text)) for text in column.examples)


def _people_by_values(columns: Sequence[ColumnFacts], event: ColumnFacts) -> list[ColumnFacts]:
    """The columns of ids that repeat and of which there are more than names of events; texts go before numbers."""
    found = [
        c
        for c in columns
        if c.filled > 0.95 and _is_id_like(c) and not is_unique(c) and c.distinct > event.distinct and not is_thin(c)
        and not any(fit(c.name, role) >= LIKELY for role in _OTHER_ROLES if role not in ("case", "customer", "visitor"))
        and not any(word in _ATTRIBUTES | _SERVING for word in words_of(c.name))
    ]  # fmt: skip
    return [c for c in found if c.kind == "text"] or found


def few_valued(columns: Sequence[ColumnFacts], customer: ColumnFacts | None) -> list[ColumnFacts]:
    """The columns of few short texts that repeat and play no other part."""
    return [
        c
        for c in columns
        if c is not customer and c.kind == "text" and "." not in c.name and c.filled > 0.95
        and 1 < c.distinct <= max(3, min(100, c.sampled // 10)) and _are_event_names(c)
        and not any(fit(c.name, role) >= LIKELY for role in _OTHER_ROLES)
    ]  # fmt: skip


def _event_by_values(columns: Sequence[ColumnFacts], customer: ColumnFacts | None) -> ColumnFacts | None:
    """The one column of a log whose few short values repeat; none where several do."""
    found = few_valued(columns, customer)
    plain = [c for c in found if not _is_id_like(c)]
    if len(plain) == 1 or len(found) == 1:
        return (plain or found)[0]
    # Where all look like ids, those of events are by far the fewest.
    found = [] if plain else sorted(found, key=lambda c: c.distinct)
    return found[0] if found and found[0].distinct * 4 <= found[1].distinct else None


def _find_clock(time: ColumnFacts | None, columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """A column of times of day beside one of dates: by its name, or by its values where they have colons."""
    if time is None or not is_day(time):
        return None
    clocks = [c for c in columns if c.examples and all(_CLOCK.fullmatch(text) for text in c.examples)]
    named = [c for c in clocks if fit(c.name, "time") > 0]
    written = [c for c in clocks if c.kind == "text" and c.filled > 0.9 and all(":" in text for text in c.examples)]
    return named[0] if named else written[0] if len(written) == 1 else None


def _find_visitor(customer: ColumnFacts | None, columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """An id that every row has, where the person's is often empty."""
    if customer is None or customer.filled > 0.97:
        return None
    found = [c for c in columns if c is not customer and _is_visitor(c) and c.distinct * 2 >= customer.distinct]
    return max(found, key=lambda c: (fit(c.name, "visitor"), c.distinct), default=None)


def _is_visitor(column: ColumnFacts) -> bool:
    """Whether a column holds ids of devices or visits, not what is known of them."""
    words = words_of(column.name.rsplit(".", 1)[-1])
    if any(word in _ATTRIBUTES for word in words) or words[-1:] == () or words[-1] in _THINGS:
        return False
    return column.filled > 0.97 and _is_code(column) and speaks_of(last_part(column.name), "visitor")


def _best_time(times: Sequence[ColumnFacts]) -> ColumnFacts | None:
    def rank(column: ColumnFacts) -> tuple[float, float]:
        cost = 0.5 * (fit(column.name, "bookkeeping") >= LIKELY) + 0.05 * column.name.count(".")
        return fit(column.name, "time") - cost - 1.0 * is_day(column), column.filled

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
        # A log may hold rows twice; their id is what says so.
        if named and column.filled > 0.9 and column.distinct >= 0.9 * column.filled * column.sampled > 0:
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
