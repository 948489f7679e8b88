"""Quotes: the customers' own words behind a finding, with what would name a person masked."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from momentwise.define.evaluate import quote
from momentwise.define.finding import Quote
from momentwise.define.span import DAY_US
from momentwise.rank.evidence import Evidence
from momentwise.rank.measures import read_number, read_whole

# Characters: shorter says too little, longer is not read.
SHORTEST, LONGEST = 15, 240

# So many are read for each that is shown, since some say the same or come from the same customer.
_SPARE = 20

# A text is typical of a finding where its words are so many times as frequent there as anywhere; with fewer texts in all
# nobody can tell. Of more texts than the last some are read.
TYPICAL, FEWEST_TEXTS, MOST_TEXTS = 1.5, 100, 50_000

# The different words of a text, in lower case.
_TOKENS = r"list_distinct(list_filter(string_split_regex(lower(text), '[^\p{L}]+'), lambda word: length(word) > 2))"

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_NUMBER = re.compile(r"[+(]*\d[\d \t()./-]{5,}\d")
_FEWEST_DIGITS = 9  # a date has eight, a telephone number rarely fewer than nine with its prefix


def find_quotes(
    evidence: Evidence,
    people_sql: str,
    most: int = 3,
    *,
    near_us: int = 30 * DAY_US,
    events: Sequence[str] = (),
) -> tuple[Quote, ...]:
    """What customers behind a finding wrote near its time: what is typical of them, the most typical first.

    What everybody writes says nothing of this finding. A text is typical where its words are, in the mean, `TYPICAL` times
    as frequent in texts of these customers near that time as in all texts (the mean of the logarithms of the ratios, with
    half a text added to every count). Where there are fewer than `FEWEST_TEXTS` in all, every text counts,
    the lowest score first.
    Each text once and each customer once, without e-mail addresses and long numbers, shortened at a word.

    Args:
        evidence: For its table `words`.
        people_sql: A query that gives `customer` and `at`: who, and when it concerned them.
        most: How many.
        near_us: How far from that time a text may lie, either way.
        events: Names of the events whose texts count; all where none is named.
    """
    if not evidence.ask("FROM words LIMIT 1"):
        return ()
    named = f" AND event IN ({', '.join(map(quote, events))})" if events else ""
    evidence.ask(_background_sql())
    rows = evidence.ask(_near_sql(people_sql, near_us, named, _SPARE * most))
    found: dict[str, Quote] = {}
    speakers: set[str] = set()
    for customer, at, event, channel, text, score in rows:
        shown = shorten(mask(str(text)))
        if shown.casefold() in found or customer in speakers or len(found) == most:
            continue
        speakers.add(str(customer))
        found[shown.casefold()] = Quote(
            text=shown,
            customer=str(customer),
            at=read_whole(at),
            source=str(event),
            channel=str(channel or ""),
            score=read_number(score),
        )
    return tuple(found.values())


def _background_sql() -> str:
    """How many of the texts hold a word; of very many texts those of some customers are read. Laid down once."""
    return (
        "CREATE TEMP TABLE IF NOT EXISTS _spoken AS WITH parts AS (SELECT 1 + count(*) // "
        f"{MOST_TEXTS} AS k FROM words), texts AS (SELECT text FROM words, parts WHERE hash(customer) % k = 0) "
        f"SELECT unnest({_TOKENS}) AS token, count(*) AS texts, (SELECT count(*) FROM texts) AS n FROM texts GROUP BY token"
    )


def _near_sql(people_sql: str, near_us: int, named: str, most: int) -> str:
    return (
        'WITH near AS (SELECT w.customer, epoch_us(w."at") AS at_us, w.event, w.channel, w.text, w.score, '
        'min(abs(epoch_us(w."at") - epoch_us(p."at"))) AS apart FROM (SELECT * FROM words WHERE '
        f"length(trim(text)) >= {SHORTEST}{named}) AS w JOIN ({people_sql}) AS p ON p.customer = w.customer AND "
        f'abs(epoch_us(w."at") - epoch_us(p."at")) <= {near_us} GROUP BY ALL), '
        f"own AS (SELECT unnest({_TOKENS}) AS token, count(*) AS texts FROM near GROUP BY token), "
        "size AS (SELECT (SELECT count(*) FROM near) AS n, (SELECT coalesce(max(n), 0) FROM _spoken) AS whole), "
        "lift AS (SELECT own.token, ln((own.texts + 0.5) / (size.n + 1)) - ln((coalesce(b.texts, 0) + 0.5) / (size.whole + 1)) "
        "AS gain FROM own LEFT JOIN _spoken AS b USING (token), size), "
        f"told AS (SELECT text, avg(gain) AS gain FROM (SELECT DISTINCT text, unnest({_TOKENS}) AS token FROM near) "
        "JOIN lift USING (token) GROUP BY text) "
        "SELECT customer, at_us, event, channel, text, score FROM near JOIN told USING (text), size "
        f"WHERE gain >= {math.log(TYPICAL)!r} OR size.whole < {FEWEST_TEXTS} "
        f"ORDER BY CASE WHEN size.whole < {FEWEST_TEXTS} THEN 0 ELSE -round(gain, 1) END, score NULLS LAST, apart, customer, "
        f"text LIMIT {most}"
    )


def mask(text: str) -> str:
    """The text without e-mail addresses, and without numbers of nine digits or more, as telephones and cards have.

    Example:
        >>> mask("Write to ann.b@mail.example or call +49 30 901820, not 2024-01-31")
        'Write to [e-mail] or call [number], not 2024-01-31'
    """
    return _NUMBER.sub(_masked, _EMAIL.sub("[e-mail]", text))


def _masked(found: re.Match[str]) -> str:
    digits = sum(letter.isdigit() for letter in found[0])
    fewest = _FEWEST_DIGITS - 2 if found[0].lstrip("(").startswith(("+", "0")) else _FEWEST_DIGITS
    return "[number]" if digits >= fewest else found[0]


def shorten(text: str, longest: int = LONGEST) -> str:
    """The text on one line; a longer one ends at a word, with an ellipsis.

    Example:
        >>> shorten("the parcel never came", longest=15)
        'the parcel …'
    """
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    whole, space, _ = cut.rpartition(" ")
    return f"{whole if space else cut} …"
