"""Playbooks as people write them: what they mean, and how every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from momentwise.define.moment import Moment, Owner, Target, Trigger, Value
from momentwise.define.playbook import Playbook
from momentwise.define.predicate import parse_predicate
from momentwise.define.reading import parse_playbook, read_playbook
from momentwise.define.reading_signals import standard_signals
from momentwise.define.span import DAY_US, HOUR_US, MINUTE_US
from momentwise.errors import DefinitionError, DefinitionErrors, Place

DESIGN_EXAMPLE = """\
moment: track-delivery
about: Where is my order, and when will it be here?
intent: know
stage: retention
archetype: friction
by: order_id                       # one occurrence at a time per customer and order; default: per customer
start:    order_placed
complete: {event: order_delivered, within: 30d}
escalate: {event: [ticket_opened, call_started], within: 45d}
fail:     order_cancelled
abandon_after: 45d
target:   {completion_rate: 0.97, p90_duration: 14d, ces: 5.5}
value:    {failure_cost: 12.50, currency: BRL, deflection: 0.4, lifetime_value: 160}
owner:    {name: post-purchase pod, operations: logistics, marketing: lifecycle}
"""
HEAD = "moment: m\nintent: do\nstage: decision\narchetype: friction\n"
PLAIN = HEAD + "start: a\ncomplete: b\n"


def read(text: str) -> Playbook:
    """The playbook that a text says; the file is called `p.yaml`."""
    return parse_playbook([("p.yaml", text)], "p")


def read_one(text: str) -> Moment:
    """The one moment that a text declares."""
    [moment] = read(text).moments
    return moment


def mistakes_of(*texts: str) -> list[tuple[int, str, str]]:
    """Line, what is wrong and what is right, of every mistake of some texts."""
    with pytest.raises(DefinitionErrors) as caught:
        parse_playbook([("p.yaml" if not number else f"p{number}.yaml", text) for number, text in enumerate(texts)])
    return [(mistake.place.line, mistake.wrong, mistake.right) for mistake in caught.value.mistakes]


def test_the_example_of_the_design_reads_as_it_stands() -> None:
    """Every value of the design's example, exactly."""
    expected = Moment(
        name="track-delivery",
        version=1,
        since_us=None,
        about="Where is my order, and when will it be here?",
        intent="know",
        stage="retention",
        archetype="friction",
        by="order_id",
        start=(Trigger(("order_placed",)),),
        complete=(Trigger(("order_delivered",), None, 30 * DAY_US),),
        escalate=(Trigger(("ticket_opened", "call_started"), None, 45 * DAY_US),),
        fail=(Trigger(("order_cancelled",)),),
        abandon_after_us=45 * DAY_US,
        target=Target({"completion_rate": 0.97}, {"p90_duration": 14 * DAY_US}, {"ces": 5.5}),
        value=Value("BRL", 12.5, 0.4, 160.0),
        owner=Owner("post-purchase pod", "logistics", "lifecycle"),
        critical=False,
        place=Place("p.yaml", 1),
    )
    assert Playbook((expected,), standard_signals(), "p") == read(DESIGN_EXAMPLE)


def test_a_trigger_is_a_name_a_list_a_mapping_or_a_mix() -> None:
    """The four ways to write triggers without labels."""
    text = (
        HEAD
        + "start: a\ncomplete: [b, c]\nescalate: {event: d, where: score > 3, within: 1h30m}\nfail: [e, {event: f}]\n"
    )
    moment = read_one(text)
    assert (Trigger(("a",)),) == moment.start
    assert (Trigger(("b", "c")),) == moment.complete
    assert (Trigger(("d",), parse_predicate("score > 3"), 90 * MINUTE_US),) == moment.escalate
    assert (Trigger(("e",)), Trigger(("f",))) == moment.fail


def test_labels_name_ways_of_ending() -> None:
    """A label stands before a mapping, a name or a list; triggers keep the order of their lines."""
    text = HEAD + "start: a\ncomplete:\n  on-time: {event: b, within: 1d}\n  late: b\n  other: [c, d]\n"
    expected = (
        Trigger(("b",), None, DAY_US, "on-time"),
        Trigger(("b",), label="late"),
        Trigger(("c", "d"), label="other"),
    )
    assert expected == read_one(text).complete


def test_a_condition_alone_fits_any_event() -> None:
    """A trigger with `where` and no `event` asks nothing of the name."""
    moment = read_one(HEAD + "start: a\ncomplete: {where: amount > 5}\n")
    assert (Trigger((), parse_predicate("amount > 5")),) == moment.complete


def test_comprehension_and_critical_are_read() -> None:
    """The marks of understanding and the flag of a critical moment."""
    moment = read_one(PLAIN + "understood: {event: rated, where: helpful}\nconfused: lost\ncritical: true\n")
    assert (Trigger(("rated",), parse_predicate("helpful = true")),) == moment.understood
    assert (Trigger(("lost",)),) == moment.confused
    assert moment.critical


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", 30 * DAY_US),
        ("escalate: {event: x, within: 2d}\n", 2 * DAY_US),
        ("escalate: {event: x, within: 2d}\nfail: {event: y, within: 3d}\n", 3 * DAY_US),
        ("escalate: {event: x, within: 2d}\nabandon_after: 12h\n", 12 * HOUR_US),
    ],
)
def test_abandon_after_is_the_longest_window_unless_stated(lines: str, expected: int) -> None:
    """Nothing stated: 30 days. Windows stated: the longest. `abandon_after` stated: that."""
    assert expected == read_one(PLAIN + lines).abandon_after_us


def test_an_escalation_may_wait_longer_than_abandonment() -> None:
    """A late escalation still turns the outcome, so its window may be the longer one."""
    moment = read_one(PLAIN + "escalate: {event: x, within: 9d}\nabandon_after: 3d\n")
    assert 9 * DAY_US == moment.final_after_us


def test_an_owner_may_be_one_name() -> None:
    """`owner: Ana` is the short form; functions beyond operations and marketing are a list."""
    assert Owner("Ana") == read_one(PLAIN + "owner: Ana\n").owner
    full = read_one(PLAIN + "owner: {name: Ana, functions: [finance, legal]}\n").owner
    assert Owner("Ana", functions=("finance", "legal")) == full


def test_words_that_other_yaml_readers_bend_stay_words() -> None:
    """An event `on`, a country NO, `yes` and 12:30 are words, not truths and numbers."""
    moment = read_one(HEAD + "start: on\ncomplete: [NO, yes, 12:30, off]\nowner: no\n")
    assert (Trigger(("on",)),) == moment.start
    assert (Trigger(("NO", "yes", "12:30", "off")),) == moment.complete
    assert Owner("no") == moment.owner


def test_a_file_may_hold_many_moments() -> None:
    """Documents parted by `---`, a list under `moments:`, comments and a last `---` with nothing after it."""
    listed = "moments:\n  - {moment: x, intent: go, stage: decision, archetype: social, start: a, complete: b}\n"
    assert ["m", "x"] == [m.name for m in read(f"# first\n---\n{PLAIN}---\n# nothing yet\n---\n{listed}---\n").moments]


def test_a_folder_is_one_playbook(tmp_path: Path) -> None:
    """All YAML files of a folder in the order of their names, without the mapping of sources; a BOM does no harm."""
    (tmp_path / "b.yaml").write_text(PLAIN, encoding="utf-8-sig")
    (tmp_path / "a.yml").write_text(PLAIN.replace("moment: m", "moment: first"), encoding="utf-8")
    (tmp_path / "sources.yaml").write_text("sources: {}", encoding="utf-8")
    playbook = read_playbook(tmp_path)
    assert ["first", "m"] == [moment.name for moment in playbook.moments]
    assert tmp_path.stem == playbook.name


def test_a_folder_without_a_playbook_says_so(tmp_path: Path) -> None:
    """An empty folder is a mistake with advice."""
    with pytest.raises(DefinitionError, match=r"The folder holds no playbook\. Put a \.yaml file"):
        read_playbook(tmp_path)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    """A wrong path and a wrong encoding are told apart."""
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_playbook(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes("about: Grüße".encode("latin-1"))
    with pytest.raises(DefinitionError, match="is not UTF-8 text"):
        read_playbook(tmp_path / "latin.yaml")


def test_versions_stand_side_by_side_in_order() -> None:
    """Versions may be written in any order; `since` is an instant in UTC."""
    second = PLAIN.replace("moment: m\n", "moment: m\nversion: 2\nsince: 2026-03-01\n")
    moments = read(f"{second}---\n{PLAIN.replace('moment: m', 'moment: z')}---\n{PLAIN}").moments
    assert [("m", 1), ("m", 2), ("z", 1)] == [(moment.name, moment.version) for moment in moments]
    assert 1_772_323_200_000_000 == moments[1].since_us


def test_settings_of_signals_are_read() -> None:
    """What is stated is changed, everything else keeps its default; two documents add up."""
    text = (
        f"{PLAIN}---\nsignals:\n  rage_click: {{clicks: 3, within: 500ms}}\n---\nsignals: {{errors: [oops, crash]}}\n"
    )
    found = read(text).signals
    rage = found.rule("rage_click")
    assert rage is not None
    assert (3, 500_000, 30, ("oops", "crash")) == (rage.count, rage.within_us, rage.radius, found.errors)


def test_fields_to_compare_customers_by_are_read() -> None:
    """`segments:` names them; without it nobody has chosen."""
    assert read(PLAIN).segments is None
    assert read(PLAIN + "---\nsegments: [device, plan]\n").segments == ("device", "plan")


MISTAKES = {
    "unknown key": (PLAIN + "complte: c\n", 7, "'complte' is not known here.", "Did you mean 'complete'?"),
    "no intent": (PLAIN.replace("intent: do\n", ""), 1, "`intent` is missing.", "Say what the customer wants: know, go, do, buy, feel-seen."),
    "no stage": (PLAIN.replace("stage: decision\n", ""), 1, "`stage` is missing.", "discovery, assistance, decision, feedback, retention"),
    "no archetype": (PLAIN.replace("archetype: friction\n", ""), 1, "`archetype` is missing.", "friction, delight, social"),
    "no start": (PLAIN.replace("start: a\n", ""), 1, "`start` is missing.", "`start: order_placed`"),
    "no complete": (PLAIN.replace("complete: b\n", ""), 1, "`complete` is missing.", "`complete: {event: order_delivered, within: 30d}`"),
    "unknown intent": (PLAIN.replace("do", "want"), 2, "The intent is 'want'.", "It is one of: know, go, do, buy, feel-seen."),
    "unknown stage": (PLAIN.replace("decision", "later"), 3, "The stage is 'later'.", "It is one of: discovery"),
    "unknown archetype": (PLAIN.replace("friction", "joy"), 4, "The archetype is 'joy'.", "It is one of: friction, delight, social."),
    "bad name": (PLAIN.replace("moment: m", "moment: Track Delivery"), 1, "'Track Delivery' is no name for a moment.", "lower-case words joined by hyphens"),
    "bad span": (PLAIN + "abandon_after: 30 days\n", 7, "'30 days' is not a span of time.", "as in 30d, 12h, 90m, 45s or 500ms"),
    "bare number as span": (PLAIN + "abandon_after: 30\n", 7, "'30' is not a span of time.", "a number and a unit"),
    "span of nothing": (PLAIN + "abandon_after: 0s\n", 7, "`abandon_after` is '0s'.", "longer than nothing"),
    "endless span": (PLAIN + "abandon_after: 2000000d\n", 7, "'2000000d' is longer than 1,000 years.", "Choose a shorter span."),
    "bad window": (PLAIN + "fail: {event: c, within: soon}\n", 7, "'soon' is not a span of time.", "Write a number and a unit"),
    "bad condition": (PLAIN + "fail: {event: c, where: amount >}\n", 7, "In the condition `amount >`, a value was expected", "For instance: amount > 100"),
    "window too long": (PLAIN + "fail: {event: c, within: 9d}\nabandon_after: 3d\n", 7, "`fail` waits 9d, but after 3d the occurrence is abandoned.", "`abandon_after` at least 9d"),
    "waiting start": (HEAD + "complete: b\nstart: {event: a, within: 1d}\n", 6, "`start` has a `within`, but a start waits for nothing.", "Move it to complete, escalate or fail."),
    "no event": (PLAIN + "fail: {within: 1d}\n", 7, "The trigger names no event.", "Add `event: its-name`."),
    "key within a trigger": (PLAIN + "fail: {event: c, whitin: 1d}\n", 7, "'whitin' is not known here.", "Did you mean 'within'?"),
    "label without trigger": (PLAIN + "fail: {late: {evnt: c}}\n", 7, "'late' is no trigger.", "Write {event: …, where: …, within: …}."),
    "list within a list": (PLAIN + "fail: [{event: c}, [d]]\n", 7, "A list stands within a list.", "Write one list of triggers."),
    "event is a mapping": (PLAIN + "fail: {event: {name: c}}\n", 7, "An event's name must be a word or a list of words.", ""),
    "no currency": (PLAIN + "value: {failure_cost: 5}\n", 7, "The value has no currency.", "Write its three letters, as in `currency: EUR`."),
    "bad currency": (PLAIN + "value:\n  failure_cost: 5\n  currency: €\n", 9, "The value has no currency.", "Write its three letters"),
    "share above one": (PLAIN + "target: {completion_rate: 97}\n", 7, "The target completion_rate is '97'.", "Write a number from 0 to 1."),
    "share in percent": (PLAIN + "target: {completion_rate: 97%}\n", 7, "The target completion_rate is '97%'.", "Write a number from 0 to 1."),
    "deflection above one": (PLAIN + "value: {currency: EUR, deflection: 1.5}\n", 7, "`deflection` is '1.5'.", "Write a number from 0 to 1."),
    "cost below nothing": (PLAIN + "value: {currency: EUR, failure_cost: -2}\n", 7, "`failure_cost` is '-2'.", "Write a number of 0 or more."),
    "unknown target": (PLAIN + "target: {complete_rate: 0.9}\n", 7, "The target 'complete_rate' is not known.", "Did you mean 'completion_rate'?"),
    "nameless owner": (PLAIN + "owner: {operations: logistics}\n", 7, "The owner has no name.", "Add `name: who answers for it`."),
    "empty owner": (PLAIN + "owner:\n", 7, "The owner has no name.", "Write `owner: who answers for it`."),
    "bad flag": (PLAIN + "critical: maybe\n", 7, "`critical` is 'maybe'.", "Write true or false."),
    "quoted flag": (PLAIN + "critical: 'true'\n", 7, "`critical` is 'true'.", "Write true or false."),
    "empty flag": (PLAIN + "critical:\n", 7, "`critical` is ''.", "Write true or false."),
    "target in one word": (PLAIN + "target: high\n", 7, "Names with values were expected here.", "Write `name: value` lines."),
    "no name": (PLAIN.replace("moment: m\n", ""), 1, "This document is no moment.", "Begin it with `moment: its-name`"),
    "not a text": ("moment: \x00\n", 0, "This is not YAML: unacceptable character", ""),
    "two keys": (PLAIN + "by: [order_id, item]\n", 7, "`by` must be the name of one field.", ""),
    "bad version": (PLAIN + "version: 0\n", 7, "The version is '0'.", "Write a whole number from 1."),
    "bad since": (PLAIN + "since: March\n", 7, "`since` is 'March', which is no date.", "Write it as 2026-01-31."),
    "key twice": (PLAIN + "start: c\n", 7, "'start' is written twice.", "Keep one of the two."),
    "not YAML": (PLAIN + "fail: {event: c\n", 8, "This is not YAML", "Check the indentation, the colons and the quotes"),
    "tab indentation": (HEAD + "start:\n\tevent: a\n", 6, "This is not YAML: found character '\\t'", "Check the indentation"),
    "unknown alias": (PLAIN + "fail: *late\n", 7, "This is not YAML: found undefined alias", "Check the indentation"),
    "empty": ("", 0, "No moment is declared here.", "Begin a document with `moment: its-name`."),
    "only a comment": ("# later\n", 0, "No moment is declared here.", "Begin a document with `moment: its-name`."),
    "a word": ("hello\n", 1, "This document is no moment.", "Begin it with `moment: its-name`"),
    "a list": ("- moment: m\n", 1, "This document is no moment.", "Begin it with `moment: its-name`"),
    "too deep": ("[" * 5_000, 0, "Brackets are nested too deeply.", "Nest less."),
    "unknown signal": (PLAIN + "---\nsignals: {rage_clik: false}\n", 8, "There is no signal 'rage_clik'.", "Did you mean 'rage_click'?"),
    "too few clicks": (PLAIN + "---\nsignals: {rage_click: {clicks: 1}}\n", 8, "'rage_click' counts 1 clicks.", "Write a number from 2 to 31."),
    "a number for a signal": (
        PLAIN + "---\nsignals: {rage_click: 1}\n",
        8,
        "Names with values were expected here.",
        "Write `name: value` lines.",
    ),
    "bad radius": (PLAIN + "---\nsignals: {rage_click: {radius: wide}}\n", 8, "`radius` is 'wide'.", "Write a number from 0 to 10000."),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "wrong", "right"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_is_named_with_line_wrong_and_right(text: str, line: int, wrong: str, right: str) -> None:
    """One mistake is one message: its line, what is wrong, and what would be right."""
    found = mistakes_of(text)
    assert 1 == len(found), found
    assert line == found[0][0]
    assert wrong in found[0][1]
    assert right in found[0][2]


def test_a_misspelt_document_is_told_how_to_begin() -> None:
    """A document that is no moment names its unknown words, and how a document begins."""
    assert [
        (1, "'momnet' is not known here.", "Did you mean 'moment'?"),
        (1, "This document is no moment.", "Begin it with `moment: its-name`, `moments:` or `signals:`."),
    ] == mistakes_of("momnet: m\n")


def test_several_mistakes_come_at_once_in_the_order_of_lines() -> None:
    """One reading names every mistake of every file, ordered by file and line."""
    first = "moment: m\nintent: want\nstage: decision\narchetype: joy\nstart: a\ncomplete: {event: b, within: soon}\n"
    found = mistakes_of(first, PLAIN + "foo: 1\n", "x: [")
    assert [
        (2, "The intent is 'want'."),
        (4, "The archetype is 'joy'."),
        (6, "'soon' is not a span of time."),
        (7, "'foo' is not known here."),
    ] == [(line, wrong) for line, wrong, _ in found[:4]]
    assert "This is not YAML" in found[4][1]


def test_the_message_has_file_and_line() -> None:
    """As a terminal shows it: file, line, wrong, right."""
    with pytest.raises(DefinitionErrors) as caught:
        read(PLAIN + "critical: maybe\n")
    assert "p.yaml:7: `critical` is 'maybe'. Write true or false." == str(caught.value)


def test_a_version_declared_twice() -> None:
    """Two moments of one name and version, in one file or two; the first is pointed at."""
    [(line, wrong, right)] = mistakes_of(PLAIN, PLAIN)
    assert (1, "Version 1 of 'm' is declared twice, first at p.yaml:1.") == (line, wrong)
    assert "another name or the next version" in right


@pytest.mark.parametrize("since", ["", "since: 2025-12-31\n", "since: 2026-01-01\n"])
def test_a_version_without_a_later_since(since: str) -> None:
    """A later version must say from when it holds, and later than the one before."""
    first = PLAIN + "since: 2026-01-01\n"
    [(line, wrong, right)] = mistakes_of(f"{first}---\n{PLAIN}version: 2\n{since}")
    assert (9, "Version 2 of 'm' does not say from when it holds.") == (line, wrong)
    assert "Add a `since:` date after that of version 1." == right


def test_versions_that_differ_in_their_key() -> None:
    """All versions of a moment are by the same field."""
    [(line, wrong, right)] = mistakes_of(f"{PLAIN}---\n{PLAIN}version: 2\nsince: 2026-01-01\nby: order_id\n")
    assert (8, "Version 2 of 'm' is by order_id, version 1 by customer.") == (line, wrong)
    assert "Keep `by` the same in all versions, or declare another moment." == right
