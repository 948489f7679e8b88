"""Reading `sources.yaml`: what it means, and what it says where it has no meaning."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from momentwise.define.predicate import parse_predicate
from momentwise.define.reading_sources import parse_sources, read_sources
from momentwise.define.source import ColumnRef, EventRule, Proposal, Source, Sources, Understanding
from momentwise.define.writing_sources import write_sources
from momentwise.errors import DefinitionError, DefinitionErrors, Place

WIDE = """
zone: America/Sao_Paulo
reject_limit: 0.1
sources:
  orders:
    table: olist_orders_dataset
    customer: {column: customer_unique_id, through: olist_customers_dataset, on: customer_id}
    channel: {value: web}
    key: order_id
    time_format: ["%d/%m/%Y %H:%M", iso]
    decimal: ","
    events:
      order_placed: order_purchase_timestamp
      order_cancelled:
        at: [order_approved_at, order_purchase_timestamp]
        where: order_status = 'canceled'
        channel: {value: backend}
    properties: {promised_at: order_estimated_delivery_date}
    kinds: {order_estimated_delivery_date: instant}
"""
LOG = """
sources:
  clicks:
    table: events
    customer: user_id
    at: ts
    event: type
    rename: {view: product_viewed}
"""


def mistakes_of(text: str) -> str:
    """Every mistake of a text, as a person reads them."""
    with pytest.raises(DefinitionErrors) as caught:
        parse_sources(text, "sources.yaml")
    return str(caught.value)


def without_places(sources: Sources) -> Sources:
    """The same sources as if they stood nowhere."""
    placeless = tuple(msgspec.structs.replace(source, place=Place()) for source in sources.sources)
    return msgspec.structs.replace(sources, sources=placeless)


def test_a_row_may_become_several_events() -> None:
    """A wide table's source holds one rule for each event, in order."""
    source = parse_sources(WIDE, "sources.yaml").sources[0]
    expected = (
        EventRule(name="order_placed", at=("order_purchase_timestamp",)),
        EventRule(
            name="order_cancelled",
            at=("order_approved_at", "order_purchase_timestamp"),
            where=parse_predicate("order_status = 'canceled'"),
            fields={"channel": ColumnRef(value="backend")},
        ),
    )
    assert expected == source.rules


def test_an_event_column_gives_one_rule_without_a_name() -> None:
    """A log's source names the event's column, and its rule only the time."""
    source = parse_sources(LOG, "sources.yaml").sources[0]
    assert (ColumnRef(column="type"), (EventRule(at=("ts",)),)) == (source.event, source.rules)


def test_the_other_tables_column_is_called_alike_unless_stated() -> None:
    """`to` is what `on` says where it is left out."""
    customer = parse_sources(WIDE, "sources.yaml").sources[0].customer
    assert ("customer_id", "customer_id") == (customer.on, customer.to)


def test_settings_of_the_file_are_read() -> None:
    """Zone and reject limit hold for every source."""
    sources = parse_sources(WIDE, "sources.yaml")
    assert ("America/Sao_Paulo", 0.1) == (sources.zone, sources.reject_limit)


def test_a_source_without_a_table_reads_the_table_of_its_name() -> None:
    """The table may be left out."""
    text = "sources:\n  clicks: {customer: c, at: t, event: e}\n"
    assert parse_sources(text, "sources.yaml").sources[0].table == "clicks"


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    """`read_sources` reads what `parse_sources` reads, and names the file."""
    path = tmp_path / "sources.yaml"
    path.write_text(LOG, encoding="utf-8")
    assert str(path) == read_sources(path).sources[0].place.file


def test_what_is_written_is_read_back() -> None:
    """A proposal's text holds the same sources, whatever its comments say."""
    sources = parse_sources(WIDE + LOG.replace("sources:\n", "").lstrip("\n"), "sources.yaml")
    written = write_sources(Proposal(sources, (Understanding("clicks", "odd: {", "new\nline"),), {"a: b": "no\ntime"}))
    assert without_places(sources) == without_places(parse_sources(written, "again.yaml"))


@pytest.mark.parametrize("name", ["on", "null", "1st", "a: b", "Straße", "x,y", "{z}", "%d", "it's", 'say "hi"', "- a"])
def test_odd_names_survive_writing(name: str) -> None:
    """Names that YAML could take for something else are quoted."""
    source = Source(
        name=name,
        table=name,
        customer=ColumnRef(name),
        event=ColumnRef(name),
        rename={name: name},
        rules=(EventRule(at=(name,)), EventRule(name=name, at=(name, name))),
        fields={"key": ColumnRef(name), name: ColumnRef(value=name)},
    )
    written = write_sources(Proposal(Sources(sources=(source,)), ()))
    assert source == without_places(parse_sources(written, "again.yaml")).sources[0]


def test_a_select_survives_writing() -> None:
    """A SELECT of several lines is read back line by line."""
    select = "SELECT *\nFROM a -- all: of it\nJOIN b USING (c)"
    source = Source(name="s", select=select, customer=ColumnRef("c"), rules=(EventRule(name="e", at=("t",)),))
    written = write_sources(Proposal(Sources(sources=(source,)), ()))
    assert select == parse_sources(written, "again.yaml").sources[0].select


def test_doubtful_sources_are_commented_out() -> None:
    """A doubtful source is in the text, yet reading the text does not use it."""
    sure = parse_sources(LOG, "x").sources[0]
    doubtful = msgspec.structs.replace(sure, name="odd", table="odd")
    written = write_sources(Proposal(Sources(sources=(sure,)), (), {"odd": "day or month first"}, (doubtful,)))
    assert "# Not used: day or month first" in written
    assert ["clicks"] == [source.name for source in parse_sources(written, "again.yaml").sources]


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("zone: America/Sao_Paulo", "zone: America/Sao_Paolo", "sources.yaml:2: The zone 'America/Sao_Paolo' is unknown. Did you mean 'America/Sao_Paulo'?"),
        ("zone: America/Sao_Paulo", "zone: europe/berlin", "Did you mean 'Europe/Berlin'?"),
        ("zone: America/Sao_Paulo", "zone: Qqqq", "Write an IANA name such as Europe/Berlin"),
        ("reject_limit: 0.1", "reject_limit: 5", "sources.yaml:3: `reject_limit` is '5'. Write a number from 0 to 1."),
        ("key:", "kye:", "sources.yaml:9: 'kye' has no meaning in source 'orders'. Did you mean 'key'?"),
        ("value: web", "value: wbe", "The channel 'wbe' is unknown. Did you mean 'web'?"),
        ("order_status =", "order_status ~", "sources.yaml:16: The condition `order_status ~ 'canceled'` cannot be read"),
        ("customer: {", "custommer: {", "Source 'orders' names no customer."),
        (", on: customer_id", "", "`through` and `on` belong together."),
        ("column: customer_unique_id", "colum: customer_unique_id", "'colum' has no meaning in a column. Did you mean 'column'?"),
        ("iso]", "isso]", "The time format 'isso' is unknown."),
        ('decimal: ","', "decimal: ;", "The decimal sign ';' is unknown. Write '.' or ','."),
        ("date: instant", "date: moment", "The kind 'moment' is unknown."),
        ("promised_at:", "score:", "'score' is no free name. Write `score:` one level higher."),
        ("at: [order_approved_at, order_purchase_timestamp]", "att: x", "Event 'order_cancelled' has no time."),
        ("table: olist_orders_dataset", "table: o\n    select: SELECT 1", "Source 'orders' has a table and a SELECT."),
        ("table: olist_orders_dataset", "select: DROP x", "`select` is no SELECT."),
    ],
)  # fmt: skip
def test_a_mistake_is_named(wrong: str, right: str, message: str) -> None:
    """Each mistake says where it stands, what is wrong and what would be right."""
    assert message in mistakes_of(WIDE.replace(wrong, right))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "One YAML document with `sources:` was expected."),
        ("zone: UTC\n", "`sources:` is missing or has no names."),
        ("sources: []\n", "`sources:` is missing or has no names."),
        ("sources:\n  a: {customer: c}\n", "sources.yaml:2: Source 'a' says nothing of its events."),
        ("sources:\n  a: {customer: c, event: e}\n", "Source 'a' has no time."),
        ("sources:\n  a: {customer: [c], at: t, event: e}\n", "The name of a column was expected."),
        ("sources:\n  a: {customer: {}, at: t, event: e}\n", "Either `column` or `value` was expected."),
        ("sources:\n  a: {customer: c, at: t, events: {}}\n", "`events` names no event."),
        ("sources:\n  a: {customer: c, at: t, events: {x: t}, rename: {y: z}}\n", "`rename` has no event column"),
    ],
)
def test_a_text_without_meaning_is_refused(text: str, message: str) -> None:
    """What cannot be a file of sources says why."""
    assert message in mistakes_of(text)


def test_every_mistake_is_collected() -> None:
    """One reading names all mistakes, in the order of the file."""
    text = WIDE.replace("Sao_Paulo", "Sao_Paolo").replace("key:", "kye:").replace("value: web", "value: wbe")
    lines = [line.split(":")[1] for line in mistakes_of(text).splitlines()]
    assert ["2", "8", "9"] == lines


def test_a_text_that_is_no_yaml_names_its_line() -> None:
    """Broken YAML is a definition error with a place."""
    with pytest.raises(DefinitionError, match=r"sources.yaml:\d+: This is not YAML"):
        parse_sources("sources:\n  a: [1\n  b: }", "sources.yaml")
