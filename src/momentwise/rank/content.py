"""Content that causes contacts: messages, guides, pages of help after which more customers ask than after comparable ones.

Content is comparable where it comes by the same event (a message beside messages, a guide beside guides). Who saw it and
asked comes from the rules `contact_after_message` and `contact_after_self_service`, whose signal carries the content as its
element. Beside that stands how many contacts name it in their own words.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from momentwise.define.evaluate import quote
from momentwise.define.finding import Estimate, Finding, Split, Standing, Where
from momentwise.define.span import DAY_US
from momentwise.rank.contrasts import FEWEST, Contrast, compare_shares, mean_of, share_of
from momentwise.rank.discoveries import adjust
from momentwise.rank.evidence import Evidence
from momentwise.rank.intervals import Z
from momentwise.rank.measures import read_number, read_sample, read_whole
from momentwise.rank.phrases import say_label

RULES = {"contact_after_message": "message", "contact_after_self_service": "help"}
CONTACTS = "repeat_contact"

# Strict: whoever reads it rewrites a message.
MOST_FALSE = 0.001

# Half as many contacts again as after comparable content, and one customer in a hundred at least: less may be the hour at
# which the content comes.
LEAST_TIMES, LEAST_MORE = 1.5, 0.01

# A content that so many of the contacts name is what they are about.
LEAST_NAMED = 0.2

# Fewer scores are no rating.
LEAST_RATINGS = 5

# More contents than these are a catalogue, not the company's own words.
MOST_CONTENTS = 200

# What kinds of content are called; where one content only is of a kind, "the guide" means that one.
KINDS = (
    "guide manual instructions instruction pdf video template faq article newsletter brochure leaflet tutorial checklist "
    "handbook confirmation invoice anleitung handbuch guía guia vídeo vidéo notice mode d'emploi"
).split()

_REASON = (
    "More customers ask after it than after other content of its kind. Who gets it may differ, too: it goes together, and is "
    "not shown to cause the contacts; changing it for some customers would show that."
)


class _Content(NamedTuple):
    """One content.

    Args:
        name: As its event calls it.
        event: The event by which it is seen.
        rule: The rule that sees contacts after it.
        seen: How often.
        people: Customers who saw it.
        asked: How often a contact followed.
        askers: Customers who then asked.
        days: For how long a contact would have been laid to it, all customers together: until the next content, at most
            as long as the rule waits.
    """

    name: str
    event: str
    rule: str
    seen: int
    people: int
    asked: int
    askers: int
    days: float


class _Case(NamedTuple):
    """A content, how it stands to comparable ones, by the day, too, and how many contacts name it, out of how many."""

    content: _Content
    contrast: Contrast | None
    p: float
    others: tuple[int, int]
    is_faster: bool
    named: int
    contacts: int

    @property
    def is_shown(self) -> bool:
        """Whether clearly more customers ask after it, and not only because nothing else came for longer."""
        if not self.is_faster or self.contrast is None or self.p >= MOST_FALSE or self.contrast.low <= 0:
            return False
        usual = self.others[0] / self.others[1]
        return self.contrast.value >= max(LEAST_MORE, (LEAST_TIMES - 1) * usual)

    @property
    def is_named(self) -> bool:
        """Whether contacts speak of it."""
        return self.contacts >= FEWEST and self.named >= LEAST_NAMED * self.contacts


def find_content(evidence: Evidence) -> list[Finding]:
    """One finding per content after which customers ask, most askers first; none where no content is known."""
    contents = _read_contents(evidence)
    if not contents:
        return []
    named, contacts = _count_named(evidence, contents)
    contrasts = [_contrast(content, contents) for content in contents]
    chances = iter(adjust([contrast.p for contrast, _ in contrasts if contrast is not None]))
    cases = [
        _Case(
            content,
            contrast,
            1.0 if contrast is None else next(chances),
            others,
            _is_faster(content, contents),
            named.get(content.name, 0),
            contacts,
        )
        for content, (contrast, others) in zip(contents, contrasts, strict=True)
    ]
    kept = [case for case in cases if case.is_shown or case.is_named]
    names = [content.name for content in contents]
    return [
        _finding(evidence, case, names)
        for case in sorted(kept, key=lambda case: (-case.content.askers, case.content.name))
    ]


def _read_contents(evidence: Evidence) -> list[_Content]:
    """Every content that was seen, with the contacts after it."""
    seen = evidence.ask(
        "SELECT event, content, count(*), count(DISTINCT customer), sum(least(coalesce(epoch_us(next_at) - "
        f'epoch_us("at"), within), within)) / {DAY_US}.0 FROM ({_watched(evidence)}) WHERE content IS NOT NULL '
        f"GROUP BY event, content ORDER BY 3 DESC, event, content LIMIT {MOST_CONTENTS}"
    )
    if not seen:
        return []
    asked = evidence.ask(
        "SELECT signal, element, count(*), count(DISTINCT customer) FROM signals "
        f"WHERE signal IN ({', '.join(map(quote, RULES))}) AND element IS NOT NULL GROUP BY ALL"
    )
    contacts = {(str(name), str(element)): (read_whole(n), read_whole(people)) for name, element, n, people in asked}
    found: dict[tuple[str, str], _Content] = {}
    for event, content, n, people, days in seen:
        rule = next((name for name in RULES if str(event) in _firsts(evidence, name)), "")
        # A signal does not say by which of several events its content was seen: the most frequent one has them all.
        if rule and (rule, str(content)) not in found:
            count, askers = contacts.get((rule, str(content)), (0, 0))
            shown = read_whole(n), read_whole(people)
            asking = min(count, shown[0]), min(askers, shown[1])
            found[rule, str(content)] = _Content(
                str(content), str(event), rule, *shown, *asking, days=read_number(days) or 0.0
            )
    return list(found.values())


def _watched(evidence: Evidence) -> str:
    """Exposures with the next one that the same rule sees, and how long the rule waits for a contact."""
    found = []
    for name in RULES:
        rule = evidence.signals.rule(name)
        events = sorted(_firsts(evidence, name))
        if rule is not None and events:
            found.append(
                'SELECT *, lead("at") OVER (PARTITION BY customer ORDER BY "at") AS next_at, '
                f"{rule.within_us}::BIGINT AS within FROM exposures WHERE event IN ({', '.join(map(quote, events))})"
            )
    return " UNION ALL ".join(found) or 'SELECT *, "at" AS next_at, 0 AS within FROM exposures WHERE false'


def _is_faster(content: _Content, contents: Sequence[_Content]) -> bool:
    """Whether contacts come faster than after comparable content: by the day, for as long as they are laid to it.

    The last message of a row has nobody after it to take its contacts. Two Poisson rates, by the logarithm of their ratio.
    """
    others = [one for one in contents if one.event == content.event and one is not content]
    asked, days = sum(one.asked for one in others), sum(one.days for one in others)
    if not content.asked or not asked or not content.days or not days:
        return content.asked > 0
    ratio = math.log(content.asked / content.days / (asked / days))
    return ratio - Z * math.sqrt(1 / content.asked + 1 / asked) > 0 and ratio >= math.log(LEAST_TIMES)


def _firsts(evidence: Evidence, name: str) -> set[str]:
    rule = evidence.signals.rule(name)
    return {event for trigger in rule.first for event in trigger.events} if rule else set()


def _contrast(content: _Content, contents: Sequence[_Content]) -> tuple[Contrast | None, tuple[int, int]]:
    """Share of its customers who ask, minus that of the customers of other content of the same event."""
    others = [one for one in contents if one.event == content.event and one is not content]
    asked, people = sum(one.askers for one in others), sum(one.people for one in others)
    if min(content.people, people) < FEWEST:
        return None, (asked, people)
    return compare_shares((content.askers, content.people), (asked, people)), (asked, people)


def _count_named(evidence: Evidence, contents: Sequence[_Content]) -> tuple[dict[str, int], int]:
    """How many contacts name each content, and how many contacts have words at all; one pass over the words."""
    names = [content.name for content in contents]
    patterns = {name: pattern for name in names if (pattern := _pattern(name, names))}
    counted = [f"count(*) FILTER (regexp_matches(text, {quote(pattern)}))" for pattern in patterns.values()]
    row = evidence.ask(f"SELECT {', '.join(['count(*)', *counted])} FROM words WHERE {_contact_words(evidence)}")[0]
    return {name: read_whole(n) for name, n in zip(patterns, row[1:], strict=True)}, read_whole(row[0])


def _contact_words(evidence: Evidence) -> str:
    events = sorted(_firsts(evidence, CONTACTS))
    return f"event IN ({', '.join(map(quote, events))})" if events else "false"


def _pattern(name: str, names: Sequence[str]) -> str:
    """What a text must hold to name a content: its words in a row, or its kind where no other content is of that kind."""
    words = _words(name)
    if not words:
        return ""
    found = [r"[\s_.-]*".join(map(re.escape, words))] if len(words) > 1 or len(words[0]) > 5 else []
    alone = [word for word in words if word in KINDS and sum(word in _words(other) for other in set(names)) == 1]
    return rf"(?i)(^|[^\pL])({'|'.join(found + alone)})([^\pL]|$)" if found or alone else ""


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\W_]+", name) if not word.isdigit()]


def _finding(evidence: Evidence, case: _Case, names: Sequence[str]) -> Finding:
    content = case.content
    after = f"signal = {quote(content.rule)} AND element = {quote(content.name)}"
    share = share_of(content.asked, content.seen, after, "signals")
    words = f"{_contact_words(evidence)} AND regexp_matches(text, {quote(_pattern(content.name, names))})"
    named = share_of(case.named, case.contacts, words, "words")
    standing, why = _standing(case)
    mentions = Split(title="Contacts that name it", parts=(("name it", named),)) if case.named else None
    rating = _rating(evidence, content, names)
    return Finding(
        id=f"content/{content.name}",
        moment=_moment_of(evidence, after),
        kind="contact_cause",
        title=_title(case),
        detail=_detail(case),
        estimate=share if content.asked or not case.is_named else named,
        people=content.askers,
        grade="C",
        grade_reason=_REASON,
        sources=("behaviour", "contacts", *(("words",) if case.is_named else ())),
        standing=standing,
        standing_reason=why,
        where=Where(signal=content.rule, element=content.name, step=content.event),
        splits=tuple(split for split in (_beside(case, share), mentions, rating) if split),
        next_step=f"Read {_say(content)} as a customer, with the contacts after it beside you, and say what they ask for.",
    )


def _standing(case: _Case) -> tuple[Standing, str]:
    if case.is_shown:
        return "established", ""
    return "observed", "Contacts name it; that more customers ask after it than after comparable content is not shown."


def _say(content: _Content) -> str:
    return f"'{say_label(content.name)}'"


def _title(case: _Case) -> str:
    content = case.content
    if case.is_shown:
        usual = 100 * case.others[0] / case.others[1]
        return (
            f"After {_say(content)} {content.askers:,} of {content.people:,} customers "
            f"({100 * content.askers / content.people:.1f} %) ask; after comparable content {usual:.1f} %."
        )
    return f"{100 * case.named / case.contacts:.0f} % of the contacts name {_say(content)}."


def _detail(case: _Case) -> str:
    content, said = case.content, []
    said.append(
        f"It was seen {content.seen:,} times by {content.people:,} customers, and {content.asked:,} contacts followed."
    )
    if case.is_shown and case.is_named:
        said.append(f"{100 * case.named / case.contacts:.0f} % of the {case.contacts:,} contacts with words name it.")
    if case.contrast is not None:
        value, low, high = (100 * part for part in case.contrast[:3])
        said.append(
            f"A difference of {value:+.1f} points [{low:+.1f}, {high:+.1f}] to comparable content.".replace(
                "-", "\u2212"
            )
        )
    return " ".join(said)


def _beside(case: _Case, share: Estimate) -> Split:
    """Contacts caused beside views."""
    content = case.content
    seen = f"event = {quote(content.event)} AND content = {quote(content.name)}"
    views = Estimate(float(content.seen), content.seen, "count", rows=seen, table="exposures")
    caused = Estimate(float(content.asked), content.asked, "count", rows=share.rows, table="signals")
    return Split(title="Views, and contacts after them", parts=(("seen", views), ("contacts", caused)))


def _rating(evidence: Evidence, content: _Content, names: Sequence[str]) -> Split | None:
    """Mean score of the texts that name it, where there are enough."""
    pattern = _pattern(content.name, names)
    if not pattern:
        return None
    rows = f"score IS NOT NULL AND regexp_matches(text, {quote(pattern)})"
    sample = read_sample(evidence.ask(f"SELECT count(score), avg(score), var_samp(score) FROM words WHERE {rows}")[0])
    if sample.n < LEAST_RATINGS:
        return None
    return Split(title="Scores of those who name it", parts=(("mean score", mean_of(sample, "score", rows, "words")),))


def _moment_of(evidence: Evidence, rows: str) -> str:
    """The moment in which most of these contacts began; empty where they lie in none."""
    found: dict[str, int] = defaultdict(int)
    for moment, count in evidence.ask(
        f'SELECT o.moment, count(*) FROM (SELECT customer, "at" FROM signals WHERE {rows}) AS s JOIN occurrences AS o '
        'ON o.customer = s.customer AND s."at" >= o.started_at AND (o.ended_at IS NULL OR s."at" <= o.ended_at) GROUP BY 1'
    ):
        found[str(moment)] += read_whole(count)
    return min(found, key=lambda moment: (-found[moment], moment), default="")
