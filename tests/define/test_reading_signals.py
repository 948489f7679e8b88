"""The signals of a playbook as people write them: what is changed, added, switched off, and every mistake."""

from __future__ import annotations

import msgspec
import pytest

from momentwise.define.moment import Trigger
from momentwise.define.predicate import parse_predicate
from momentwise.define.reading import parse_playbook
from momentwise.define.reading_signals import signals_text, standard_signals
from momentwise.define.signal import FrictionSettings, SignalRule, SignalSettings
from momentwise.define.span import DAY_US, HOUR_US, MINUTE_US
from momentwise.errors import DefinitionErrors

A_MOMENT = "moment: m\nintent: do\nstage: decision\narchetype: friction\nstart: a\ncomplete: b\n"


def read(*texts: str) -> SignalSettings:
    """The signals of a playbook of one moment and some documents below it, all indented under `signals:`."""
    documents = [A_MOMENT, *(f"signals:\n  {text}\n" for text in texts)]
    return parse_playbook([("p.yaml", "---\n".join(documents))]).signals


def rule_of(text: str, name: str) -> SignalRule:
    """A rule as some settings leave it."""
    rule = read(text).rule(name)
    assert rule is not None
    return rule


def shipped(name: str) -> SignalRule:
    """A rule as it comes with Momentwise."""
    rule = standard_signals().rule(name)
    assert rule is not None
    return rule


def test_a_playbook_that_says_nothing_has_the_shipped_rules() -> None:
    """All of them, in their order."""
    assert standard_signals() == parse_playbook([("p.yaml", A_MOMENT)]).signals


def test_what_is_stated_is_changed_and_nothing_else() -> None:
    """Two documents add up."""
    found = read("rage_click: {clicks: 3, within: 500ms}", "rage_click: {radius: 0, ignore: page = '/game'}")
    expected = msgspec.structs.replace(
        shipped("rage_click"), count=3, within_us=500_000, radius=0, ignore=parse_predicate("page = '/game'")
    )
    assert expected == found.rule("rage_click")
    assert [r for r in standard_signals().rules if r.name != "rage_click"] == [
        r for r in found.rules if r.name != "rage_click"
    ]


def test_a_changed_rule_keeps_its_place() -> None:
    """The order of the rules is that of the shipped ones; new ones follow."""
    found = read("u_turn: {within: 3s}\n  nudge: {shape: each, first: nudged}\n  bounce: {weight: 1}")
    assert [*(rule.name for rule in standard_signals().rules), "nudge"] == [rule.name for rule in found.rules]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("silence: {least: 2d}", "least_us", 2 * DAY_US),
        ("silence: {learned: false}", "learned", ""),
        ("slow_answer: {limit: 3s}", "limit_us", 3_000_000),
        ("slow_answer: {measure: took}", "measure", "took"),
        ("error_seen: {archetype: delight}", "archetype", "delight"),
        ("error_seen: {weight: 0.25}", "weight", 0.25),
        ("repeat_contact: {by: order_id}", "by", "order_id"),
        ("repeat_contact: {by: false}", "by", None),
        ("repeat_contact: {then: [called, wrote]}", "then", (Trigger(("called", "wrote")),)),
        ("silence: {clear: false}", "clear", ()),
        ("channel_hop: {other: [channel, page]}", "other", ("channel", "page")),
        ("dead_click: {same: page, ignore: false}", "same", ("page",)),
        ("dead_click: {ignore: false}", "ignore", None),
        ("error_seen: {in_decision: true}", "in_decision", True),
        ("premature_ask: {clear_ahead: false}", "clear_ahead", False),
        ("repeated_authentication: {clear_ahead: true}", "clear_ahead", True),
        ("u_turn: {about: Back again., source: Ours.}", "about", "Back again."),
    ],
)
def test_every_setting_can_be_changed(text: str, field: str, value: object) -> None:
    """By its name in the playbook."""
    assert value == getattr(rule_of(text, text.split(":", maxsplit=1)[0]), field)


def test_a_condition_alone_keeps_to_the_rule_s_events() -> None:
    """`where` narrows the clicks; it does not make every event a click. With `event` it says both."""
    where = parse_predicate("page = '/cart'")
    assert (Trigger(("click", "tap"), where),) == rule_of("rage_click: {where: page = '/cart'}", "rage_click").first
    both = rule_of("rage_click: {event: press, where: page = '/cart'}", "rage_click").first
    assert (Trigger(("press",), where),) == both
    assert (Trigger(("press",)),) == rule_of("rage_click: {event: press}", "rage_click").first


def test_false_switches_off_and_true_brings_back() -> None:
    """As it was shipped, whatever was said in between."""
    assert read("rage_click: false").rule("rage_click") is None
    assert len(standard_signals().rules) - 1 == len(read("rage_click: false").rules)
    back = read("rage_click: {clicks: 9}", "rage_click: false", "rage_click: true")
    assert shipped("rage_click") == back.rule("rage_click")
    assert shipped("rage_click") == rule_of("rage_click: true", "rage_click")


def test_a_rule_switched_off_twice_is_off() -> None:
    """The second time is no mistake."""
    assert read("bounce: false", "bounce: false").rule("bounce") is None


def test_a_new_rule_is_added() -> None:
    """It needs a shape and what begins it; the rest has defaults."""
    text = "late_refund:\n    shape: missing\n    first: refund_promised\n    then: {event: refunded, where: amount > 0}\n    by: order_id\n    within: 14d\n    about: Money that does not come."
    expected = SignalRule(
        name="late_refund",
        shape="missing",
        first=(Trigger(("refund_promised",)),),
        then=(Trigger(("refunded",), parse_predicate("amount > 0")),),
        by="order_id",
        within_us=14 * DAY_US,
        about="Money that does not come.",
    )
    assert expected == rule_of(text, "late_refund")
    assert (30 * MINUTE_US, 1.0, "friction", 1) == (
        SignalRule(name="x", shape="each", first=()).within_us,
        1.0,
        "friction",
        1,
    )


def test_a_new_rule_may_say_event_for_first() -> None:
    """One event needs no `first`."""
    assert (Trigger(("nudged",)),) == rule_of("nudge: {shape: each, event: nudged}", "nudge").first


def test_errors_and_friction_are_settings_of_their_own() -> None:
    """They are no rules."""
    found = read("errors: [oops, crash]", "friction: {half_life: 12h, limit: 0}")
    assert ("oops", "crash") == found.errors
    assert FrictionSettings(half_life_us=12 * HOUR_US, limit=0) == found.friction
    assert standard_signals().rules == found.rules


def test_the_shipped_text_is_what_is_read() -> None:
    """Each rule stands in it by its name, and each says what it is and why."""
    for rule in standard_signals().rules:
        assert f"\n{rule.name}:\n" in signals_text()
        assert rule.about.endswith(".")
        assert rule.source.endswith((".", ")"))


MISTAKES = {
    "unknown signal switched off": (
        "rage_clik: false",
        "There is no signal 'rage_clik'.",
        "Did you mean 'rage_click'?",
    ),
    "unknown signal switched on": ("rage_clik: true", "There is no signal 'rage_clik'.", "Did you mean 'rage_click'?"),
    "unknown signal changed": (
        "rage_clik: {clicks: 3}",
        "There is no signal 'rage_clik', and this says too little to add one.",
        "Did you mean 'rage_click'? A new one needs at least `shape:`",
    ),
    "a new one without a shape": (
        "wait_in_line: {first: queued}",
        "There is no signal 'wait_in_line', and this says too little to add one.",
        "A new one needs at least `shape:` (each, chain, ",
    ),
    "a number for a signal": ("rage_click: 1", "Names with values were expected here.", "Write `name: value` lines."),
    "unknown key": ("rage_click: {radios: 3}", "'radios' is not known here.", "Did you mean 'radius'?"),
    "bad number": ("rage_click: {radius: wide}", "`radius` is 'wide'.", "Write a number from 0 to 10000."),
    "number out of bounds": ("field_rework: {count: 0}", "`count` is '0'.", "Write a number from 1 to 1000."),
    "one click": ("rage_click: {clicks: 1}", "'rage_click' counts 1 clicks.", "Write a number from 2 to 31."),
    "too many clicks": ("rage_click: {clicks: 32}", "'rage_click' counts 32 clicks.", "Write a number from 2 to 31."),
    "bad span": ("silence: {least: soon}", "'soon' is not a span of time.", "Write a number and a unit"),
    "bad shape": ("silence: {shape: lul}", "`shape` is 'lul'.", "Did you mean 'lull'?"),
    "bad archetype": ("silence: {archetype: joy}", "`archetype` is 'joy'.", "Known here: friction, delight, social."),
    "bad learned": ("silence: {learned: gaps}", "`learned` is 'gaps'.", "Did you mean 'gap'?"),
    "bad part": (
        "channel_hop: {same: [pages]}",
        "'pages' is no part that events are compared by.",
        "Did you mean 'page'?",
    ),
    "bad truth": ("silence: {in_decision: perhaps}", "`in_decision` is 'perhaps'.", "Write true or false."),
    "bad condition": ("silence: {ignore: page =}", "", ""),
    "trigger without an event": (
        "silence: {first: {within: 3d}}",
        "The trigger names no event.",
        "Add `event: its-name`.",
    ),
    "ahead of another shape": (
        "silence: {clear_ahead: true}",
        "'silence' has `clear_ahead`.",
        "Only follow looks at what came before.",
    ),
    "ahead without a clear": (
        "near_miss: {clear_ahead: true}",
        "'near_miss' has `clear_ahead` and no `clear`.",
        "Say which event undoes it.",
    ),
    "first taken away": ("error_seen: {first: false}", "'error_seen' has no `first`.", "Say which event begins it."),
    "then taken away": (
        "channel_hop: {then: false}",
        "'channel_hop' has no `then`.",
        "Say which event ends or answers it; follow needs one.",
    ),
    "no stated time": (
        "late: {shape: overdue, first: a, then: b}",
        "'late' has no `measure`.",
        "Name the field that holds the stated time.",
    ),
    "a limit of nothing": (
        "slow: {shape: each, first: a, limit: 3s}",
        "'slow' has a limit and no `measure`.",
        "Name the field that holds the time in seconds.",
    ),
    "what its shape does not learn": (
        "silence: {learned: dwell}",
        "'silence' learns its dwell.",
        "Only turn does that.",
    ),
    "bad name": (
        "Slow-Thing: {shape: each, first: a}",
        "'Slow-Thing' is no name for a signal.",
        "Use lower-case words",
    ),
    "a taken name": (
        "friction_overdrawn: {shape: each, first: a}",
        "'friction_overdrawn' is no name for a signal.",
        "Use lower-case words",
    ),
    "no half-life": (
        "friction: {half_life: 0s}",
        "`half_life` is '0s'.",
        "Write a span longer than nothing, as in 30d.",
    ),
    "bad limit": ("friction: {limit: much}", "`limit` is 'much'.", "Write a number from 0 to 10000."),
    "unknown friction": ("friction: {halflife: 3d}", "'halflife' is not known here.", "Did you mean 'half_life'?"),
    "bad errors": ("errors: [[a]]", "An event's name must be a word or a list of words.", ""),
}


@pytest.mark.parametrize(("text", "wrong", "right"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_is_named_with_line_wrong_and_right(text: str, wrong: str, right: str) -> None:
    """One mistake is one message: its line, what is wrong, and what would be right."""
    with pytest.raises(DefinitionErrors) as caught:
        read(text)
    [mistake] = caught.value.mistakes
    assert ("p.yaml", 9) == (mistake.place.file, mistake.place.line)
    assert mistake.wrong.startswith(wrong)
    assert mistake.right.startswith(right)


def test_every_mistake_is_named_at_once() -> None:
    """Each with its own line."""
    with pytest.raises(DefinitionErrors) as caught:
        read("rage_click: {radios: 3}\n  nothing: true\n  silence:\n    least: soon\n    by: [a]")
    lines = [(mistake.place.line, mistake.wrong.split()[0]) for mistake in caught.value.mistakes]
    assert [(9, "'radios'"), (10, "There"), (12, "'soon'"), (13, "`by`")] == lines
