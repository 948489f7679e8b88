"""The dog before the tail: journeys whose complaints are about the product or the core promise, and not about the way to it.

A complaint is a text with a contact, or a text with a low score. Whether it is about the product is decided by plain words
in five languages (`PRODUCT_WORDS`), which miss some and catch some too many: a share is what they are for, not a single text.
Where they make up `LEAST_SHARE` of a journey's complaints, polishing that journey comes after mending the product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from momentwise.define.evaluate import quote, quote_name
from momentwise.define.finding import Finding, Split, Where
from momentwise.define.span import DAY_US
from momentwise.rank.contrasts import FEWEST, share_of
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_number, read_whole
from momentwise.rank.phrases import say_label
from momentwise.rank.queries import of_moment

# Words that say that the thing itself is wrong; a word may go on (`defect` finds `defective`). English, German, Spanish,
# Portuguese, French; ours, to be replaced by your own.
PRODUCT_WORDS: tuple[str, ...] = (
    *(
        "broken",
        "broke",
        "defect",
        "faulty",
        "damaged",
        "missing part",
        "parts missing",
        "part is missing",
        "wrong item",
    ),
    *(
        "wrong size",
        "wrong product",
        "wrong colour",
        "wrong color",
        "poor quality",
        "bad quality",
        "low quality",
        "cheaply made",
    ),
    *(
        "does not work",
        "doesn't work",
        "not working",
        "stopped working",
        "fell apart",
        "not as described",
        "counterfeit",
        "fake",
    ),
    *(
        "kaputt",
        "beschädigt",
        "defekt",
        "mangelhaft",
        "schlechte qualität",
        "falscher artikel",
        "falsche größe",
        "teile fehlen",
    ),
    *("teil fehlt", "funktioniert nicht", "nicht wie beschrieben", "fälschung", "zerbrochen"),
    *(
        "está roto",
        "está rota",
        "llegó rot",
        "vino rot",
        "defectuos",
        "dañado",
        "dañada",
        "mala calidad",
        "no funciona",
        "producto equivocado",
        "falta una pieza",
    ),
    *("faltan piezas", "no es como", "talla equivocada"),
    *(
        "quebrad",
        "defeito",
        "danificad",
        "má qualidade",
        "ma qualidade",
        "baixa qualidade",
        "péssima qualidade",
        "não funciona",
    ),
    *(
        "nao funciona",
        "produto errado",
        "veio errado",
        "faltando peça",
        "faltou peça",
        "veio faltando",
        "produto diferente",
        "falsificad",
    ),
    *("cassé", "casse", "défectueu", "endommagé", "abîmé", "mauvaise qualité", "ne fonctionne pas", "ne marche pas"),
    *("mauvais article", "pièce manquante", "pas conforme", "contrefaçon"),
)

LEAST_SHARE = 0.4

# A score in the lowest two fifths of its scale, by the highest score that anybody gave.
LOW_SCORE = 0.4

# A text belongs to the journeys that were under way, or had ended at most so long before.
AFTER_US = 30 * DAY_US

MOST_TOPICS = 8

_REASON = (
    "By the words of those who complained. What the words mean was not checked one by one, and not everybody complains: read "
    "the complaints before you decide."
)


class _Group(NamedTuple):
    """Complaints of one journey, of all of them (`moment` empty), of one segment or topic."""

    moment: str
    part: tuple[str, str] | None
    complaints: int
    about: int
    people: int

    @property
    def share(self) -> float:
        """How many are about the product."""
        return self.about / self.complaints

    @property
    def dominates(self) -> bool:
        """Whether the product is what this group complains about."""
        return self.complaints >= FEWEST and self.share >= LEAST_SHARE


def find_product_faults(evidence: Evidence) -> list[Finding]:
    """One finding per journey in which the product dominates what is complained about, most complaints first.

    Where it dominates the complaints as a whole, one finding without a moment says so for every journey. Where only a
    segment's complaints are dominated, its finding names the segment.
    """
    complaints = _complaints(evidence)
    if not complaints:
        return []
    everyone = _read_everyone(evidence, complaints)
    if everyone.complaints < FEWEST:
        return []
    if everyone.dominates:
        return [_finding(evidence, complaints, everyone, _read_topics(evidence, complaints, everyone))]
    groups = _read_groups(evidence, complaints)
    journeys = [group for group in groups if group.part is None and group.dominates]
    named = {group.moment for group in journeys}
    segments = [group for group in groups if group.part and group.dominates and group.moment not in named]
    worst = sorted(segments, key=lambda group: (-group.about, group.moment, group.part))
    # A thing in one segment is one fault, whatever journeys its customers are in.
    once = {group.part: group for group in reversed(worst)}
    kept = sorted([*journeys, *once.values()], key=lambda group: (group.part is not None, -group.about, group.moment))
    return [_finding(evidence, complaints, group, _read_topics(evidence, complaints, group)) for group in kept]


def find_down_ranked(faults: Iterable[Finding], moments: Iterable[str]) -> tuple[str, ...]:
    """The moments whose polish comes after mending the product: those of the faults, all where a fault names none.

    Args:
        faults: As `find_product_faults` gave them; a fault of one segment down-ranks nothing outside of it.
        moments: Every moment's name.
    """
    whole = {fault.moment for fault in faults if not fault.where.segment}
    return tuple(name for name in moments if name in whole or "" in whole)


def _complaints(evidence: Evidence) -> str:
    """The condition that gives the complaints among the words; empty where there are no words."""
    highest = read_number(evidence.ask("SELECT max(score) FROM words")[0][0])
    rule = evidence.signals.rule("repeat_contact")
    events = sorted({event for trigger in rule.first for event in trigger.events}) if rule else []
    kinds = [f"event IN ({', '.join(map(quote, events))})"] if events else []
    if highest is not None and highest > 0:
        kinds.append(f"score <= {quote(LOW_SCORE * highest)}")
    if not kinds or not evidence.ask("FROM words LIMIT 1"):
        return ""
    return f"({' OR '.join(kinds)})"


def product_pattern(words: Iterable[str] = PRODUCT_WORDS) -> str:
    """A regular expression that finds any of the words at the beginning of a word, capital letters or not."""
    return rf"(?i)(^|[^\pL])({'|'.join(re.escape(word) for word in words)})"


def _about() -> str:
    return f"regexp_matches(text, {quote(product_pattern())})"


_COUNTED = "count(*), count(*) FILTER (about), count(DISTINCT customer) FILTER (about)"


def _read_everyone(evidence: Evidence, complaints: str) -> _Group:
    row = evidence.ask(f"SELECT {_COUNTED} FROM (SELECT customer, {_about()} AS about FROM words WHERE {complaints})")[
        0
    ]
    return _Group("", None, *(read_whole(part) for part in row))


def _in_journeys(evidence: Evidence, complaints: str) -> str:
    """Each complaint once per journey of its customer that it may be about."""
    properties = ", arg_max(o.properties, o.started_at) AS properties" if evidence.properties else ""
    return (
        f'(SELECT o.moment, w.customer, w."at", w.text, {_about().replace("text", "w.text")} AS about{properties} FROM '
        f'(SELECT DISTINCT customer, "at", text FROM words WHERE {complaints}) AS w JOIN occurrences AS o ON '
        f'o.customer = w.customer AND o.started_at <= w."at" AND '
        f'(o.ended_at IS NULL OR epoch_us(w."at") <= epoch_us(o.ended_at) + {AFTER_US}) GROUP BY ALL)'
    )


def _read_groups(evidence: Evidence, complaints: str) -> list[_Group]:
    """Every journey, and every segment of every journey."""
    fields = [f"properties.{quote_name(name)}" for name in evidence.properties]
    named = " ".join(
        f"WHEN grouping({field}) = 0 THEN {quote(name)}"
        for name, field in zip(evidence.properties, fields, strict=True)
    )
    which = f"CASE {named} END, coalesce({', '.join(fields)})" if fields else "NULL, NULL"
    sets = ", ".join(["(moment)", *(f"(moment, {field})" for field in fields)])
    rows = evidence.ask(
        f"SELECT moment, {which}, {_COUNTED} FROM {_in_journeys(evidence, complaints)} GROUP BY GROUPING SETS ({sets}) "
        f"HAVING count(*) >= {FEWEST}"
    )
    found = []
    for moment, name, value, *counts in rows:
        if name is None or value is not None:
            part = None if name is None else (str(name), str(value))
            found.append(_Group(str(moment), part, *(read_whole(count) for count in counts)))
    return found


def _read_topics(evidence: Evidence, complaints: str, group: _Group) -> Split | None:
    """Share about the product by topic, where contacts carry one: the key of the rule `repeat_contact`."""
    topics = (
        "(SELECT customer, \"at\" AS said_at, key FROM signals WHERE signal = 'repeat_contact' AND key IS NOT NULL UNION "
        "SELECT customer, ended_at, key FROM signals WHERE signal = 'repeat_contact' AND key IS NOT NULL)"
    )
    rows = evidence.ask(
        f'SELECT key, count(*), count(*) FILTER (about) FROM (SELECT customer, "at", {_about()} AS about FROM words WHERE '
        f'{_group_rows(group, complaints)}) AS w JOIN {topics} AS t ON t.customer = w.customer AND t.said_at = w."at" '
        f"GROUP BY key ORDER BY 3 DESC, key LIMIT {MOST_TOPICS}"
    )
    parts = []
    for key, n, about in rows:
        own = f'(customer, "at") IN (SELECT customer, said_at FROM {topics} WHERE key = {quote(str(key))})'
        share = share_of(
            read_whole(about), read_whole(n), f"{_group_rows(group, complaints)} AND {own} AND {_about()}", "words"
        )
        parts.append((say_label(str(key)), share))
    return Split(title="Share about the product by topic", parts=tuple(parts)) if parts else None


def _group_rows(group: _Group, complaints: str) -> str:
    """The condition that gives a group's complaints."""
    if not group.moment:
        return complaints
    segment = f" AND o.properties.{quote_name(group.part[0])} = {quote(group.part[1])}" if group.part else ""
    inside = (
        'SELECT w.customer, w."at" FROM words AS w JOIN occurrences AS o ON o.customer = w.customer AND '
        f'o.started_at <= w."at" AND (o.ended_at IS NULL OR epoch_us(w."at") <= epoch_us(o.ended_at) + {AFTER_US}) '
        f"WHERE {of_moment(group.moment)}{segment}"
    )
    return f'{complaints} AND (customer, "at") IN ({inside})'


def _finding(evidence: Evidence, complaints: str, group: _Group, topics: Split | None) -> Finding:
    rows = f"{_group_rows(group, complaints)} AND {_about()}"
    share = share_of(group.about, group.complaints, rows, "words")
    place = _place(group)
    at = f"/{group.part[0]}={group.part[1]}" if group.part else ""
    return Finding(
        id=f"{group.moment or 'all'}/product_fault{at}",
        moment=group.moment,
        kind="product_fault",
        title=(
            f"Mend the product first: {100 * group.share:.0f} % of the complaints {place} ({group.about:,} of "
            f"{group.complaints:,}) are about what was bought, and not about the way to it."
        ),
        detail="Complaints are contacts with words and texts with a low score.",
        estimate=share,
        people=group.people,
        grade="C",
        grade_reason=_REASON,
        sources=("words", "contacts") if _from_contacts(evidence, rows) else ("words",),
        standing="established",
        where=Where(segment=dict([group.part]) if group.part else {}),
        splits=(topics,) if topics else (),
        next_step="Give these complaints to whoever makes or chooses the product, before anybody polishes this journey.",
    )


def _from_contacts(evidence: Evidence, rows: str) -> bool:
    """Whether some of the complaints came as contacts, which are a kind of source of their own."""
    rule = evidence.signals.rule("repeat_contact")
    events = sorted({event for trigger in rule.first for event in trigger.events}) if rule else []
    if not events:
        return False
    listed = ", ".join(map(quote, events))
    return bool(evidence.ask(f"SELECT 1 FROM words WHERE {rows} AND event IN ({listed}) LIMIT 1"))


def _place(group: _Group) -> str:
    journey = f"in {say_label(group.moment).replace('-', ' ')}" if group.moment else "in every journey together"
    return f"{journey} ({say_label(group.part[0])}: {group.part[1]})" if group.part else journey
