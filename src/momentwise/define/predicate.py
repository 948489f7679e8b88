"""The small, closed language of conditions over one event's fields: its values and its one parser.

    amount > 100 and channel in ['web', 'app'] and text contains 'where is'

A condition is two-valued: a comparison with a missing field is false, and `not` turns it round, so nothing is ever
"unknown". The two evaluators stand in `define.evaluate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from momentwise.define.span import SECOND_US, parse_span
from momentwise.errors import DefinitionError

Value = str | float | bool
Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
TextTest = Literal["contains", "starts with", "ends with"]


@dataclass(frozen=True)
class Compare:
    """A field held against a fixed value."""

    field: str
    op: Comparison
    value: Value


@dataclass(frozen=True)
class CompareFields:
    """Two fields of the same event held against each other."""

    left: str
    op: Comparison
    right: str


@dataclass(frozen=True)
class OneOf:
    """A field that equals one of several values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class HasText:
    """A text field that contains, starts with or ends with a text; capital letters do not matter."""

    field: str
    test: TextTest
    text: str


@dataclass(frozen=True)
class IsMissing:
    """A field without a value: absent, null or an empty text."""

    field: str


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    part: Predicate


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class Some:
    """At least one part holds."""

    parts: tuple[Predicate, ...]


Predicate = Compare | CompareFields | OneOf | HasText | IsMissing | Not | All | Some


def fields_of(predicate: Predicate) -> Iterator[str]:
    """The names of the fields that a condition reads, in order, with repeats."""
    match predicate:
        case Not(part):
            yield from fields_of(part)
        case All(parts) | Some(parts):
            for part in parts:
                yield from fields_of(part)
        case CompareFields(left, _, right):
            yield left
            yield right
        case Compare(field) | OneOf(field) | HasText(field) | IsMissing(field):
            yield field


def write_predicate(predicate: Predicate) -> str:
    """The condition in the language that `parse_predicate` reads back to the same value.

    Example:
        >>> write_predicate(parse_predicate("not (a>1 or b is missing)"))
        'not (a > 1 or b is missing)'
    """
    match predicate:
        case Compare(field, op, value):
            return f"{_write_field(field)} {op} {_write_value(value)}"
        case CompareFields(left, op, right):
            return f"{_write_field(left)} {op} {_write_field(right)}"
        case OneOf(field, values):
            return f"{_write_field(field)} in [{', '.join(map(_write_value, values))}]"
        case HasText(field, test, text):
            return f"{_write_field(field)} {test} {_write_value(text)}"
        case IsMissing(field):
            return f"{_write_field(field)} is missing"
        case Not(part):
            return f"not ({write_predicate(part)})"
        case All(parts):
            return " and ".join(
                f"({write_predicate(p)})" if isinstance(p, Some | All) else write_predicate(p) for p in parts
            )
        case Some(parts):
            return " or ".join(f"({write_predicate(p)})" if isinstance(p, Some) else write_predicate(p) for p in parts)


def _write_field(field: str) -> str:
    plain = _PLAIN_FIELD.fullmatch(field) and field.lower() not in _KEYWORDS
    return field if plain else f"`{field}`"


def _write_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


_KEYWORDS = frozenset("and or not in is missing present contains starts ends with true false".split())
_PLAIN_FIELD = re.compile(r"[^\W\d][\w.]*")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<span>\d+(?:\.\d+)?(?:ms|s|m|h|d|w)\b)
      | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
      | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | `(?P<quoted>[^`]+)`
      | (?P<word>[^\W\d][\w.]*)
      | (?P<sign><=|>=|==|!=|<>|=|<|>|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)
_DEEPEST = 50


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def parse_predicate(text: str) -> Predicate:
    """The condition that a text says.

    Args:
        text: For instance `score >= 4 and not (channel = 'app')`. A field whose name is no plain word stands in
            backquotes; a span of time such as `20s` is a number of seconds.

    Raises:
        DefinitionError: The text is no condition; the message shows the spot.

    Example:
        >>> parse_predicate("amount > 100")
        Compare(field='amount', op='>', value=100.0)
    """
    parser = _Parser(text)
    predicate = parser.any_of()
    parser.expect_end()
    return predicate


class _Parser:
    """Recursive descent: `or` binds loosest, then `and`, then `not`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    def any_of(self) -> Predicate:
        """One or more parts joined by `or`."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong(f"parentheses are nested more than {_DEEPEST} deep")
        parts = [self._all_of()]
        while self._take_word("or"):
            parts.append(self._all_of())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def expect_end(self) -> None:
        """Nothing may follow a whole condition."""
        if self._peek().kind != "end":
            raise self._wrong("`and`, `or` or the end was expected")

    def _all_of(self) -> Predicate:
        parts = [self._one()]
        while self._take_word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Predicate:
        negations = 0
        while self._take_word("not"):
            negations += 1
        predicate = self._group() if self._take_sign("(") else self._atom()
        return Not(predicate) if negations % 2 else predicate

    def _group(self) -> Predicate:
        predicate = self.any_of()
        self._expect_sign(")")
        return predicate

    def _atom(self) -> Predicate:
        field = self._field("the name of a field")
        if self._take_word("is"):
            return self._missing(field)
        negated = self._take_word("not")
        if self._take_word("in"):
            found: Predicate = OneOf(field, self._values())
            return Not(found) if negated else found
        for first, second in (("contains", ""), ("starts", "with"), ("ends", "with")):
            if self._take_word(first):
                if second:
                    self._expect_word(second)
                found = HasText(field, f"{first} {second}".strip(), self._literal_text())  # type: ignore[arg-type]  # one of the three tests
                return Not(found) if negated else found
        if negated:
            raise self._wrong("`in` or `contains` was expected after `not`")
        return self._comparison(field)

    def _missing(self, field: str) -> Predicate:
        negated = self._take_word("not")
        if self._take_word("missing"):
            return Not(IsMissing(field)) if negated else IsMissing(field)
        if self._take_word("present"):
            return IsMissing(field) if negated else Not(IsMissing(field))
        raise self._wrong("`missing` or `present` was expected after `is`")

    def _comparison(self, field: str) -> Predicate:
        token = self._peek()
        if token.kind != "sign" or token.text in "()[],":
            return Compare(field, "=", True)
        self._next += 1
        op: Comparison = {"==": "=", "<>": "!="}.get(token.text, token.text)  # type: ignore[assignment]  # the signs left
        following = self._peek()
        if following.kind == "quoted" or (following.kind == "word" and following.text.lower() not in ("true", "false")):
            return CompareFields(field, op, self._field("a value or the name of a field"))
        value = self._value()
        if op not in ("=", "!=") and isinstance(value, bool):
            raise self._wrong(f"true and false have no order, so `{op}` cannot compare them", token)
        return Compare(field, op, value)

    def _values(self) -> tuple[Value, ...]:
        self._expect_sign("[")
        values = [self._value()]
        while self._take_sign(","):
            values.append(self._value())
        self._expect_sign("]")
        return tuple(values)

    def _value(self) -> Value:
        token = self._peek()
        self._next += 1
        match token.kind:
            case "text":
                return re.sub(r"\\(.)", r"\1", token.text[1:-1])
            case "number":
                return float(token.text)
            case "span":
                return parse_span(token.text) / SECOND_US
            case "word" if token.text.lower() in ("true", "false"):
                return token.text.lower() == "true"
        self._next -= 1
        raise self._wrong("a value was expected: a number, 'a text', true or false")

    def _literal_text(self) -> str:
        token = self._peek()
        value = self._value()
        if not isinstance(value, str) or not value:
            raise self._wrong("'a text' in quotes was expected", token)
        return value

    def _field(self, what: str) -> str:
        token = self._peek()
        if token.kind == "quoted" or (token.kind == "word" and token.text.lower() not in _KEYWORDS):
            self._next += 1
            return token.text
        raise self._wrong(f"{what} was expected")

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        taken = token.kind == "word" and token.text.lower() == word
        self._next += taken
        return taken

    def _take_sign(self, sign: str) -> bool:
        taken = self._peek() == _Token("sign", sign, self._peek().start)
        self._next += taken
        return taken

    def _expect_word(self, word: str) -> None:
        if not self._take_word(word):
            raise self._wrong(f"`{word}` was expected")

    def _expect_sign(self, sign: str) -> None:
        if not self._take_sign(sign):
            raise self._wrong(f"`{sign}` was expected")

    def _wrong(self, what: str, token: _Token | None = None) -> DefinitionError:
        spot = token or self._peek()
        read, rest = self._text[: spot.start].strip(), self._text[spot.start :].strip()
        return DefinitionError(
            f"In the condition `{self._text.strip()}`, {what} after `{read}`, before `{rest or 'the end'}`."
            if read
            else f"In the condition `{self._text.strip()}`, {what} at the start.",
            right="For instance: amount > 100 and channel in ['web', 'app'].",
        )


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].strip()
            raise DefinitionError(
                f"The condition `{text.strip()}` cannot be read from `{rest}` on.",
                right="Texts stand in quotes, field names with blanks in `backquotes`.",
            )
        kind = str(match.lastgroup)
        yield _Token(kind, match.group(kind), match.start(kind) - (kind == "quoted"))
        position = match.end()
    yield _Token("end", "", len(text))
