"""Tables that nobody described: what Momentwise takes them for, and where it leaves the choice to a person."""

from __future__ import annotations

import pytest

from momentwise.collect.propose import event_name, propose
from momentwise.define.evaluate import Kind
from momentwise.define.source import ColumnFacts, ColumnRef, Proposal, Source, TableFacts

ROWS = 400


def column(name: str, kind: Kind = "text", distinct: int = 40, *examples: str, **more: object) -> ColumnFacts:
    """A column of a table of 400 rows."""
    shown = examples or {"instant": ("2024-01-31 10:00:00",), "number": ("5",)}.get(kind, ("ab",))
    return ColumnFacts(name=name, type="VARCHAR", kind=kind, distinct=distinct, sampled=ROWS, examples=shown, **more)  # type: ignore[arg-type]  # facts by name


def time(name: str, **more: object) -> ColumnFacts:
    """A column of instants."""
    return column(name, "instant", ROWS, time_format="iso", **more)


def unique(name: str) -> ColumnFacts:
    """A column with a value of its own in every row."""
    return column(name, "text", ROWS, "a1b2")


def table(name: str, *columns: ColumnFacts) -> TableFacts:
    """A table of these columns."""
    return TableFacts(name=name, columns=columns, origin=f"{name}.csv", format="csv")


def source_of(proposal: Proposal, place: int = 0) -> Source:
    """One of the sources that are proposed without a doubt."""
    return proposal.sources.sources[place]


@pytest.mark.parametrize(
    ("customer", "when", "event"),
    [
        ("customer_id", "timestamp", "event"),
        ("userId", "occurredAt", "event_type"),
        ("who", "when", "what"),
        ("Kunde", "Zeitpunkt", "Ereignis"),
        ("Kundennummer", "Ereigniszeit", "Vorgang"),
        ("Identifiant client", "Horodatage", "Action"),
        ("usuario", "fecha", "acción"),
        ("id_cliente", "data_hora", "evento"),
        ("codice_cliente", "data_ora", "tipo_evento"),
        ("klantnummer", "tijdstip", "gebeurtenis"),
        ("Id klienta", "Data i godzina", "Zdarzenie"),
        ("müşteri_no", "tarih", "işlem"),
        ("kundnr", "tidpunkt", "händelse"),
        ("distinct_id", "properties.time", "event"),
        ("customer.id", "ts", "action"),
        ("case_id", "timestamp", "activity"),
        ("case:concept:name", "time:timestamp", "concept:name"),
        ("order_no", "changed", "status"),
    ],
)
def test_a_log_is_known_in_ten_languages(customer: str, when: str, event: str) -> None:
    """Customer, time and event are found whatever the columns are called."""
    names = column(event, "text", 3, "view", "buy")
    source = source_of(propose([table("log", column(customer), time(when), names, column("x9"))]))
    assert (customer, when, event) == (
        source.customer.column,
        source.rules[0].at[0],
        source.event and source.event.column,
    )


def test_further_fields_of_a_log_are_found() -> None:
    """Channel, session, id and amount go by their names and values."""
    log = table(
        "log", unique("event_id"), column("user_id"), time("ts"), column("event", "text", 3, "view"),
        column("kanal", "text", 3, "web"), column("session_id", "text", 90, "s1"), column("betrag", "number", 300, "5"),
    )  # fmt: skip
    found = {name: ref.column for name, ref in source_of(propose([log])).fields.items()}
    assert {"id": "event_id", "session": "session_id", "channel": "kanal", "amount": "betrag"} == found


def test_each_time_of_a_wide_table_is_an_event() -> None:
    """Promises are no events."""
    orders = table(
        "orders",
        unique("order_id"),
        column("customer_id"),
        time("order_purchase_timestamp"),
        time("delivered_at"),
        time("estimated_delivery_date"),
    )
    source = source_of(propose([orders]))
    assert ["order_purchase", "order_delivered"] == [rule.name for rule in source.rules]
    assert source.fields["key"] == ColumnRef("order_id")


def test_a_table_with_one_time_is_named_after_its_rows() -> None:
    """A review is an event called review, with its score and text."""
    reviews = table(
        "reviews",
        column("user"),
        time("date"),
        column("stars", "number", 5, "4"),
        column("comment", "text", 300, "fine"),
    )
    source = source_of(propose([reviews]))
    assert ["review"] == [rule.name for rule in source.rules]
    assert {"score": "stars", "text": "comment"} == {name: ref.column for name, ref in source.fields.items()}


ORDERS = table("orders", unique("order_id"), unique("customer_id"), time("purchased_at"), time("delivered_at"))
CUSTOMERS = table(
    "customers", unique("customer_id"), column("customer_unique_id", "text", 390, "p1"), column("customer_city")
)
REVIEWS = table(
    "order_reviews",
    unique("review_id"),
    unique("order_id"),
    column("review_score", "number", 5, "4"),
    time("review_date"),
)


def test_a_key_leads_to_the_person_behind_it() -> None:
    """An id that is new with every order is followed to the one that is the person's."""
    proposal = propose([ORDERS, CUSTOMERS])
    expected = ColumnRef("customer_unique_id", through="customers", on="customer_id", to="customer_id")
    assert expected == source_of(proposal).customer
    assert "no column holds times" in proposal.left_out["customers"]


def test_a_table_without_a_customer_borrows_one() -> None:
    """A review finds its customer through its order."""
    orders = table("orders", unique("order_id"), column("customer_id"), time("purchased_at"))
    source = source_of(propose([orders, REVIEWS]), 1)
    assert ColumnRef("customer_id", through="orders", on="order_id", to="order_id") == source.customer


def test_two_tables_may_lie_before_the_person() -> None:
    """Then a SELECT joins them, and the order stays the key."""
    source = source_of(propose([ORDERS, CUSTOMERS, REVIEWS]), 1)
    assert "JOIN" in source.select
    assert ("customer_unique_id", ColumnRef("order_id")) == (source.customer.column, source.fields["key"])


def test_a_case_stands_for_a_customer_and_that_is_said() -> None:
    """A process log names no person; the proposal asks to be checked."""
    log = table("log", column("case_id"), time("timestamp"), column("activity", "text", 5, "check"))
    proposal = propose([log])
    customer = next(u for u in proposal.understandings if u.what.startswith("customer"))
    assert ("each case_id stands for a customer" in customer.why, customer.sure) == (True, False)


def test_a_record_stands_for_a_customer_where_nobody_is_named() -> None:
    """A request with two times is a journey of its own."""
    requests = table("requests", unique("unique_key"), time("created_date"), time("closed_date"))
    assert source_of(propose([requests])).customer == ColumnRef("unique_key")


def test_visitors_fill_in_for_people() -> None:
    """Where the person is often empty, an id that everybody has says who."""
    log = table(
        "log",
        column("userId", filled=0.6),
        column("anonymousId"),
        time("timestamp"),
        column("event", "text", 3, "view"),
    )
    source = source_of(propose([log]))
    assert 'coalesce("userId", "anonymousId") AS person_or_visitor' in source.select


def test_a_date_and_a_time_of_day_are_put_together() -> None:
    """Two columns are one time."""
    day = column("Datum", "instant", 90, "31.01.2024", time_format="%d.%m.%Y")
    log = table(
        "log", column("Kunde"), day, column("Uhrzeit", "text", 300, "14:05:06"), column("Aktion", "text", 3, "Kauf")
    )
    source = source_of(propose([log]))
    assert ("Datum Uhrzeit",) == source.rules[0].at
    assert 'concat_ws(\' \', "Datum", "Uhrzeit") AS "Datum Uhrzeit"' in source.select


def test_columns_without_names_are_told_apart_by_their_values() -> None:
    """Of two columns that repeat, the one with few values is the event; a person is asked to check."""
    log = table("log", column("column1", "text", 80, "u1"), time("column2"), column("column3", "text", 2, "login"))
    proposal = propose([log])
    assert ("column1", "column3") == (
        source_of(proposal).customer.column,
        (source_of(proposal).event or ColumnRef()).column,
    )
    assert not all(understanding.sure for understanding in proposal.understandings)


def test_an_open_order_of_day_and_month_is_left_to_a_person() -> None:
    """The source is proposed with the format to change, and not used."""
    when = column("date", "instant", 12, "01/02/2024", time_format="%d/%m/%Y", ambiguous=True)
    proposal = propose([table("log", column("customer"), when, column("event", "text", 3, "view"))])
    assert proposal.sources.sources == ()
    assert "%d/%m/%Y" == proposal.doubtful[0].time_format
    assert "whether the day or the month comes first in date (01/02/2024) cannot be told" == proposal.left_out["log"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((column("customer"),), "it has one column only"),
        ((column("customer"), column("event")), "no column holds times"),
        ((column("customer"), time("birth_date")), "its only times (birth_date) say what should happen"),
        ((column("colour"), time("ts"), column("event", "text", 3, "view")), "no column says who"),
    ],
)
def test_what_is_no_log_is_left_out_with_the_reason(columns: tuple[ColumnFacts, ...], reason: str) -> None:
    """Nothing is dropped without a word."""
    assert reason in propose([table("t", *columns)]).left_out["t"]


def test_what_is_about_a_customer_is_not_the_customer() -> None:
    """Cities and ages repeat, and are nobody."""
    log = table(
        "log",
        column("customer_city"),
        column("customer_age", "number"),
        column("customer_key"),
        time("ts"),
        column("event", "text", 3, "view"),
    )
    assert "customer_key" == source_of(propose([log])).customer.column


def test_a_question_is_no_event_name() -> None:
    """`What could we do better?` begins like a name for events and is free text."""
    survey = table(
        "survey",
        unique("Respondent"),
        time("Timestamp"),
        column("What could we do better?", "text", 300, "nothing at all"),
    )
    assert source_of(propose([survey])).event is None


@pytest.mark.parametrize(
    ("name", "when", "expected"),
    [
        ("tickets", "created_at", "ticket_created"),
        ("orders", "order_purchase_timestamp", "order_purchase"),
        ("complaints_sample", "Date received", "complaint_received"),
        ("complaints", "Date sent to company", "sent_to_company"),
        ("reviews", "timestamp", "review"),
        ("bestellungen", "Versanddatum", "bestellungen_versanddatum"),
        ("entries", "at", "entry"),
    ],
)
def test_events_are_named_after_their_columns(name: str, when: str, expected: str) -> None:
    """Words of the clock go, and a bare word gets the row's name before it."""
    assert expected == event_name(name, when)


def test_a_key_called_id_is_led_to_by_the_tables_name() -> None:
    """`customer_id` finds the `id` of `customers`; an address of mail is less of a person than an id of persons."""
    orders = table("orders", unique("order_id"), column("customer_id"), time("purchased_at"))
    customers = table(
        "customers", unique("id"), column("email", "text", 390, "a@x.org"), column("person_id", "text", 380, "p1")
    )
    expected = ColumnRef("person_id", through="customers", on="customer_id", to="id")
    assert expected == source_of(propose([orders, customers])).customer


def test_an_id_of_a_log_with_rows_twice_is_an_id() -> None:
    """Nine of ten are enough where the name says so."""
    log = table("log", column("event_id", "text", 370, "e1"), column("user_id"), time("ts"), column("event", "text", 3))
    assert ColumnRef("event_id") == source_of(propose([log])).fields["id"]


@pytest.mark.parametrize("name", ["event", "action", "type"])
def test_whole_numbers_may_be_events(name: str) -> None:
    """Codes in a column that is called just that."""
    log = table("log", column("customer"), time("ts"), column(name, "number", 4, "17", "18"))
    assert ColumnRef(name) == source_of(propose([log])).event


def test_who_edited_a_row_is_no_event() -> None:
    """A person's column is not what happened."""
    log = table("log", column("customer"), time("ts"), column("Edited By", "text", 4, "Ann", "Bob"))
    assert source_of(propose([log])).event is None


@pytest.mark.parametrize("name", ["agent", "assignee_user", "Edited By", "support_agent_id", "staff_member"])
def test_those_who_serve_are_nobody(name: str) -> None:
    """They stand in many rows, and are no customers."""
    log = table("log", column(name), column("kunde"), time("ts"), column("event", "text", 3, "view"))
    assert "kunde" == source_of(propose([log])).customer.column
    assert propose([table("log", column(name), time("ts"), column("event", "text", 3))]).sources.sources == ()


@pytest.mark.parametrize("weaker", ["user", "contact_id", "account", "author_id", "user_id"])
@pytest.mark.parametrize("stronger", ["customer_id", "client_no", "Kundennummer"])
def test_a_word_for_customers_goes_before_one_for_anybody(weaker: str, stronger: str) -> None:
    """Wherever they stand."""
    log = table("log", column(weaker), column(stronger), time("ts"), column("event", "text", 3, "view"))
    assert stronger == source_of(propose([log])).customer.column


def test_a_date_loses_against_a_full_time() -> None:
    """The order of events needs the time of day."""
    day = column("event_date", "instant", 9, "20250303", time_format="%Y%m%d")
    log = table("log", column("customer"), day, time("recorded"), column("event", "text", 3, "view"))
    assert ("recorded",) == source_of(propose([log])).rules[0].at


def test_what_is_left_out_can_be_finished() -> None:
    """Every column that may play an open part is named."""
    log = table("log", column("colour"), time("ts"), column("event", "text", 3, "view"))
    (skeleton,) = propose([log]).skeletons
    assert (("colour",), ("ts",), ("event",)) == (skeleton.customer, skeleton.at, skeleton.event)


def test_a_log_whose_event_is_open_asks_for_it() -> None:
    """Every row is one event, and the columns that may hold its name are named."""
    log = table("log", column("customer"), time("ts"), column("foo", "text", 3, "x"), column("bar", "text", 2, "y"))
    doubt = next(one for one in propose([log]).understandings if not one.sure)
    assert "it may be foo, bar" in doubt.why
