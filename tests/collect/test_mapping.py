"""From a mapping to events: what each row becomes, what is set aside and why, and which fields come along."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb
import pytest

from momentwise.collect.mapping import REASONS, events_query, rejected_query, relation_of
from momentwise.collect.profile import profile_column
from momentwise.define.predicate import parse_predicate
from momentwise.define.source import ColumnRef, EventRule, Source, TableFacts
from momentwise.errors import DefinitionError, Place

NOW_US = 1_800_000_000_000_000
Con = duckdb.DuckDBPyConnection
Rows = Sequence[Sequence[object]]


def make_table(con: Con, name: str, columns: str, rows: Rows) -> TableFacts:
    """A table in the engine, and its facts; `columns` are names with types."""
    con.execute(f'CREATE TABLE "{name}" ({columns})')
    for row in rows:
        con.execute(f'INSERT INTO "{name}" VALUES ({", ".join("?" for _ in row)})', list(row))
    described = con.execute(f'DESCRIBE "{name}"').fetchall()
    found = con.execute(f'SELECT COLUMNS(*)::VARCHAR FROM "{name}"').fetchall()
    facts = [profile_column(str(d[0]), str(d[1]), [row[i] for row in found]) for i, d in enumerate(described)]
    return TableFacts(name=name, columns=tuple(facts), origin=f"{name}.csv", format="csv")


def log_source(**changes: object) -> Source:
    """A plain event log, `log`, with changes."""
    plain: dict[str, object] = {
        "name": "log", "table": "log", "customer": ColumnRef("who"), "event": ColumnRef("what"),
        "rules": (EventRule(at=("day",)),), "place": Place("sources.yaml", 3),
    }  # fmt: skip
    return Source(**{**plain, **changes})  # type: ignore[arg-type]  # keywords of a source


def events(
    con: Con, source: Source, tables: Sequence[TableFacts], wanted: Collection[str] = ()
) -> list[tuple[object, ...]]:
    """Customer, instant in seconds, event, reason and the wanted fields of every candidate."""
    query = events_query(source, {table.name: table for table in tables}, wanted, zone="UTC", now_us=NOW_US)
    fields = "".join(f", {column.sql}" for column in query.columns.values())
    return con.execute(f'SELECT customer, "at" // 1000000, event, reason{fields} FROM ({query.sql})').fetchall()


def reasons(con: Con, source: Source, *tables: TableFacts) -> list[str]:
    """Why each candidate is rejected; empty for an event."""
    return [REASONS[int(str(row[3]))] for row in events(con, source, tables)]


LOG = "who VARCHAR, day VARCHAR, what VARCHAR, amount VARCHAR"


def test_each_row_of_a_log_is_an_event(con: Con) -> None:
    """Customer, instant and name come from their columns, in the table's order."""
    table = make_table(
        con, "log", LOG, [("a", "1970-01-01 00:00:05", "view", "1"), ("b", "1970-01-01 00:00:02", "buy", "2")]
    )
    assert [("a", 5, "view", 0), ("b", 2, "buy", 0)] == events(con, log_source(), [table])


def test_a_row_becomes_one_event_for_each_time_that_it_has(con: Con) -> None:
    """An empty time means that the event did not happen; the rules' order is kept within a row."""
    table = make_table(
        con, "t", "c VARCHAR, a VARCHAR, b VARCHAR", [("x", "2000-01-01", "2000-01-02"), ("y", "2000-01-03", None)]
    )
    source = Source(
        name="t", table="t", customer=ColumnRef("c"),
        rules=(EventRule(name="opened", at=("a",)), EventRule(name="closed", at=("b",))),
    )  # fmt: skip
    assert [("x", "opened"), ("x", "closed"), ("y", "opened")] == [
        (row[0], row[2]) for row in events(con, source, [table])
    ]


def test_the_first_time_that_is_given_counts(con: Con) -> None:
    """Several time columns are tried in order."""
    table = make_table(
        con, "t", "c VARCHAR, a VARCHAR, b VARCHAR", [("x", None, "1970-01-02"), ("x", "1970-01-01", "1970-01-02")]
    )
    source = Source(name="t", table="t", customer=ColumnRef("c"), rules=(EventRule(name="e", at=("a", "b")),))
    assert [86400, 0] == [row[1] for row in events(con, source, [table])]


def test_a_condition_decides_whether_a_row_is_the_event(con: Con) -> None:
    """Rows that do not fulfil it are neither events nor rejected."""
    table = make_table(
        con, "t", "c VARCHAR, a VARCHAR, s VARCHAR", [("x", "2000-01-01", "done"), ("y", "2000-01-01", "open")]
    )
    rule = EventRule(name="e", at=("a",), where=parse_predicate("s = 'done'"))
    source = Source(name="t", table="t", customer=ColumnRef("c"), rules=(rule,))
    assert ["x"] == [row[0] for row in events(con, source, [table])]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, "2000-01-01", "e", None), "no customer"),
        (("N/A", "2000-01-01", "e", None), "no customer"),
        (("NA ", "2000-01-01", "e", None), "no customer"),
        (("  ", "2000-01-01", "e", None), "no customer"),
        (("a", None, "e", None), "no time"),
        (("a", "soon", "e", None), "the time cannot be read"),
        (("a", "2000-01-01", None, None), "no event name"),
        (("a", "2000-01-01", "", None), "no event name"),
        (("a", "1969-12-31", "e", None), "the time is before 1970"),
        (("a", "2999-01-01", "e", None), "the time is in the future"),
        (("a", "2000-01-01", "e", "many"), "a number cannot be read"),
        (("a", "2000-01-01", "e", None), ""),
        (("a", "2000-01-01", "e", "5"), ""),
    ],
)
def test_a_row_that_is_no_event_says_why(con: Con, row: tuple[str | None, ...], reason: str) -> None:
    """Each reason has its own words."""
    good = [("a", "2000-01-01", "e", "1")] * 30
    table = make_table(con, "log", LOG, [*good, row])
    assert reason == reasons(con, log_source(fields={"amount": ColumnRef("amount")}), table)[-1]


def test_a_day_ahead_is_not_yet_the_future(con: Con) -> None:
    """Clocks differ, so the border lies a day after now."""
    table = make_table(
        con,
        "log",
        "who VARCHAR, day BIGINT, what VARCHAR",
        [("a", NOW_US + 86_400_000_000, "e"), ("a", NOW_US + 86_400_000_001, "e")],
    )
    assert ["", "the time is in the future"] == reasons(con, log_source(time_format="epoch_us"), table)


def test_values_of_the_event_column_are_renamed(con: Con) -> None:
    """A value that is not named keeps its own name."""
    table = make_table(con, "log", LOG, [("a", "2000-01-01", "view", "1"), ("a", "2000-01-02", "buy", "1")])
    source = log_source(rename={"view": "product_viewed"})
    assert ["product_viewed", "buy"] == [row[2] for row in events(con, source, [table])]


def test_a_customer_is_reached_through_another_table(con: Con) -> None:
    """Rows keep their order and their number, and an unknown key is no customer."""
    orders = make_table(
        con,
        "log",
        "o VARCHAR, day VARCHAR, what VARCHAR",
        [("1", "2000-01-01", "e"), ("9", "2000-01-02", "e"), ("2", "2000-01-03", "e")],
    )
    people = make_table(con, "people", "o VARCHAR, person VARCHAR", [("2", "bo"), ("1", "ann"), ("1", "ann")])
    source = log_source(customer=ColumnRef("person", through="people", on="o", to="o"))
    assert [("ann", 0), (None, 1), ("bo", 0)] == [(row[0], row[3]) for row in events(con, source, [orders, people])]


def test_keys_of_different_types_find_each_other(con: Con) -> None:
    """A number here and a text there are one key."""
    orders = make_table(con, "log", "o DOUBLE, day VARCHAR, what VARCHAR", [(1.0, "2000-01-01", "e")])
    people = make_table(con, "people", "id BIGINT, person VARCHAR", [(1, "ann")])
    source = log_source(customer=ColumnRef("person", through="people", on="o", to="id"))
    assert ["ann"] == [row[0] for row in events(con, source, [orders, people])]


def test_blanks_around_customers_and_keys_do_not_count(con: Con) -> None:
    """`' c1 '` and `'c1'` are one customer, one key, and one value to look another up by."""
    texts = ["c1", " c1", "c1 ", "  c1  "]
    table = make_table(con, "log", LOG, [(text, "2000-01-01", "e", text) for text in texts])
    found = events(con, log_source(fields={"key": ColumnRef("amount")}), [table], ["key"])
    assert [("c1", "c1")] * 4 == [(row[0], row[4]) for row in found]
    people = make_table(con, "people", "id VARCHAR, person VARCHAR", [(" c1 ", "ann "), ("c2", "bo")])
    source = log_source(customer=ColumnRef("person", through="people", on="who", to="id"))
    assert ["ann"] * 4 == [row[0] for row in events(con, source, [table, people])]


def test_amounts_with_a_currency_are_read(con: Con) -> None:
    """A column that is taken for numbers is read as such, row by row."""
    rows = [("a", "2000-01-01", "e", f"EUR {cents / 100:.2f}") for cents in range(100, 140)]
    table = make_table(con, "log", LOG, rows)
    source = log_source(fields={"amount": ColumnRef("amount")})
    assert [""] * 40 == reasons(con, source, table)


def test_times_of_two_programs_in_one_column_are_read(con: Con) -> None:
    """Half ISO and half day by day: no row is set aside."""
    days = [f"2000-01-{day:02d} 00:00:00" for day in range(1, 29)] + [
        f"{day:02d}/01/2000 00:00" for day in range(1, 29)
    ]
    table = make_table(con, "log", LOG, [("a", day, "e", None) for day in days])
    assert [946_684_800 + day * 86_400 for day in range(28)] * 2 == [
        row[1] for row in events(con, log_source(), [table])
    ]


def test_wanted_fields_come_with_their_kind(con: Con) -> None:
    """Mapped fields, columns under their own names, and nothing that the source lacks."""
    table = make_table(
        con,
        "log",
        "who VARCHAR, day VARCHAR, what VARCHAR, price VARCHAR, due VARCHAR, Plan VARCHAR",
        [("a", "2000-01-01", "e", "1,5", "1970-01-02", "pro")],
    )
    source = log_source(fields={"amount": ColumnRef("price"), "channel": ColumnRef(value="web")})
    query = events_query(
        source, {"log": table}, ["amount", "channel", "due", "plan", "nope", "at"], zone="UTC", now_us=NOW_US
    )
    assert {"amount": "number", "channel": "text", "due": "instant", "plan": "text"} == {
        n: c.kind for n, c in query.columns.items()
    }
    assert [(1.5, "web", 86_400_000_000, "pro")] == con.execute(f"SELECT f0, f1, f2, f3 FROM ({query.sql})").fetchall()


def test_a_field_of_one_event_goes_before_that_of_the_source(con: Con) -> None:
    """Rules may say otherwise for their own event."""
    table = make_table(con, "t", "c VARCHAR, a VARCHAR, s VARCHAR", [("x", "2000-01-01", "5")])
    source = Source(
        name="t", table="t", customer=ColumnRef("c"), fields={"channel": ColumnRef(value="web")},
        rules=(EventRule(name="one", at=("a",)), EventRule(name="two", at=("a",), fields={"channel": ColumnRef(value="app"), "score": ColumnRef("s")})),
    )  # fmt: skip
    assert [("web", None), ("app", 5.0)] == [row[4:] for row in events(con, source, [table], ["channel", "score"])]


@pytest.mark.parametrize("name", ["properties.amount", "amount", "Properties.Amount"])
def test_dotted_names_are_found(con: Con, name: str) -> None:
    """A nested column goes by its whole name, or by its last part where that is enough."""
    table = make_table(
        con,
        "log",
        'who VARCHAR, day VARCHAR, what VARCHAR, "properties.amount" VARCHAR',
        [("a", "2000-01-01", "e", "5")],
    )
    assert [(5.0,)] == [row[4:] for row in events(con, log_source(), [table], [name])]


def test_yes_and_no_stay_words(con: Con) -> None:
    """A text column of truths can be compared as it is written."""
    table = make_table(
        con, "log", "who VARCHAR, day VARCHAR, what VARCHAR, paid VARCHAR", [("a", "2000-01-01", "e", "Yes")]
    )
    assert [("Yes",)] == [row[4:] for row in events(con, log_source(), [table], ["paid"])]


def test_a_stated_kind_goes_before_the_found_one(con: Con) -> None:
    """`kinds` settles what the values leave open."""
    table = make_table(
        con, "log", "who VARCHAR, day VARCHAR, what VARCHAR, paid VARCHAR", [("a", "2000-01-01", "e", "Yes")]
    )
    assert [(True,)] == [row[4:] for row in events(con, log_source(kinds={"paid": "truth"}), [table], ["paid"])]


def identities(con: Con, source: Source, table: TableFacts) -> int:
    """How many different events there are."""
    query = events_query(source, {table.name: table}, (), zone="UTC", now_us=NOW_US)
    return int(con.execute(f"SELECT count(DISTINCT (customer, identity)) FROM ({query.sql})").fetchall()[0][0])


def test_equal_rows_are_one_event(con: Con) -> None:
    """Without an id the whole row decides."""
    row = ("a", "2000-01-01", "e", "1")
    table = make_table(con, "log", LOG, [row, row, ("a", "2000-01-01", "e", "2")])
    assert identities(con, log_source(), table) == 2


def test_an_equal_id_is_one_event(con: Con) -> None:
    """With an id, nothing else decides but the event's name."""
    table = make_table(
        con, "log", LOG, [("a", "2000-01-01", "e", "1"), ("a", "2000-01-02", "e", "1"), ("a", "2000-01-02", "x", "1")]
    )
    assert identities(con, log_source(fields={"id": ColumnRef("amount")}), table) == 2


def test_rows_without_an_id_stay_apart(con: Con) -> None:
    """A missing id makes no two events one."""
    table = make_table(con, "log", LOG, [("a", "2000-01-01", "e", None), ("a", "2000-01-02", "e", None)])
    assert identities(con, log_source(fields={"id": ColumnRef("amount")}), table) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"customer": ColumnRef("whom")}, "names the column 'whom', which log does not have. Did you mean 'who'?"),
        ({"event": ColumnRef("whta")}, "names the column 'whta', which log does not have. Did you mean 'what'?"),
        ({"rules": (EventRule(at=("dya",)),)}, "names the column 'dya', which log does not have. Did you mean 'day'?"),
        ({"rules": (EventRule(at=("day",), where=parse_predicate("amuont > 1")),)}, "Did you mean 'amount'?"),
        (
            {"fields": {"id": ColumnRef("idd")}},
            "names the column 'idd', which log does not have. Known here: who, day, what, amount.",
        ),
        ({"table": "logs"}, "names the table 'logs', which is not there. Did you mean 'log'?"),
        (
            {"customer": ColumnRef("p", through="people", on="who", to="who")},
            "names the table 'people', which is not there.",
        ),
    ],
)
def test_a_name_that_is_not_there_is_named(con: Con, changes: dict[str, object], message: str) -> None:
    """The error says where the mapping stands, which name is wrong, and which is near."""
    table = make_table(con, "log", LOG, [("a", "2000-01-01", "e", "1")])
    with pytest.raises(DefinitionError) as caught:
        events_query(log_source(**changes), {"log": table}, ["id"], zone="UTC", now_us=NOW_US)
    assert str(caught.value).startswith("sources.yaml:3: Source 'log' ")
    assert message in str(caught.value)


def test_a_source_over_a_select_has_a_view_of_its_own() -> None:
    """Its name cannot be that of a table."""
    assert relation_of(log_source(table="", select="SELECT 1")) == "select:log"


def test_rejected_rows_are_listed_with_their_content(con: Con) -> None:
    """File, row number, reason, source and the row as JSON."""
    table = make_table(
        con, "log", LOG, [("a", "2000-01-01", "e", "1"), ("b", "soon", "e", "2")] + [("a", "2000-01-01", "e", "1")] * 20
    )
    con.execute(
        'CREATE VIEW "numbered:log" AS SELECT *, \'log.csv\' AS "mw file", row_number() OVER () AS "mw row" FROM log'
    )
    rejected = rejected_query(log_source(), {"log": table}, zone="UTC", now_us=NOW_US)
    content = '{"who":"b","day":"soon","what":"e","amount":"2"}'
    assert [("log.csv", 2, "the time cannot be read", "log", content)] == con.execute(rejected).fetchall()


def test_a_row_that_fails_as_several_events_is_listed_once(con: Con) -> None:
    """One row and one reason are one line."""
    table = make_table(con, "t", "c VARCHAR, a VARCHAR", [(None, "2000-01-01")])
    con.execute('CREATE VIEW "numbered:t" AS SELECT *, \'t.csv\' AS "mw file", row_number() OVER () AS "mw row" FROM t')
    source = Source(
        name="t",
        table="t",
        customer=ColumnRef("c"),
        rules=(EventRule(name="x", at=("a",)), EventRule(name="y", at=("a",))),
    )
    assert len(con.execute(rejected_query(source, {"t": table}, zone="UTC", now_us=NOW_US)).fetchall()) == 1


def test_a_fixed_customer_and_columns_of_every_type_are_read(con: Con) -> None:
    """Whole numbers have no decimal point, times are ISO, and an event's name may be reached through a table."""
    table = make_table(
        con,
        "log",
        "day TIMESTAMP, what BIGINT, half DOUBLE, born DATE, note DECIMAL(4,1)",
        [("2000-01-01", 1, 2.0, "1970-01-02", 1.5)],
    )
    names = make_table(con, "names", "what BIGINT, name VARCHAR", [(1, "view")])
    source = log_source(
        customer=ColumnRef(value="all"), event=ColumnRef("name", through="names", on="what", to="what"),
        fields={"key": ColumnRef("half"), "session": ColumnRef("born"), "amount": ColumnRef("note"), "text": ColumnRef("note")},
    )  # fmt: skip
    expected = [("all", 946_684_800, "view", 0, "2", "1970-01-02T00:00:00", 1.5, "1.5")]
    assert expected == events(con, source, [table, names], ["key", "session", "amount", "text"])
