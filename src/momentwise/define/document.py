"""YAML as people write it, with the line of every word kept, so that each mistake can be named where it stands.

Scalars follow the YAML 1.2 core rules: only `true` and `false` are booleans, so a country `NO` or an event `on` stays a
word, and `12:30` is not a number. What a document means is read elsewhere (`define.moment`, `define.source`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import yaml

from momentwise.define.span import parse_span
from momentwise.errors import DefinitionError, DefinitionErrors, Place

_INTEGER = re.compile(r"[-+]?\d+\Z")
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d+)?\Z")

Scalar = str | int | float | bool | None


@dataclass
class Mistakes:
    """Collects what is wrong, so that one reading names every mistake and not only the first."""

    found: list[DefinitionError] = field(default_factory=list)

    def add(self, wrong: str, place: Place, right: str = "") -> None:
        """Note one mistake and go on."""
        self.found.append(DefinitionError(wrong, place=place, right=right))

    def catch(self, error: DefinitionError, place: Place) -> None:
        """Note an error that was raised without a place."""
        for mistake in error.mistakes if isinstance(error, DefinitionErrors) else [error]:
            known = mistake.place if str(mistake.place) else place
            self.add(mistake.wrong, known, mistake.right)

    def finish(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            DefinitionErrors: At least one mistake was noted.
        """
        if self.found:
            raise DefinitionErrors(sorted(self.found, key=lambda mistake: (mistake.place.file, mistake.place.line)))


class Node:
    """One value of a document: a scalar, a list or a mapping, with its place."""

    def __init__(self, raw: yaml.Node, file: str) -> None:
        self._raw = raw
        self.place = Place(file, raw.start_mark.line + 1)

    @property
    def is_mapping(self) -> bool:
        """Whether this is a mapping of names to values."""
        return isinstance(self._raw, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self._raw, yaml.SequenceNode)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands here, as in a document after a last `---`."""
        return isinstance(self._raw, yaml.ScalarNode) and not self._raw.value

    @property
    def scalar(self) -> Scalar:
        """The plain value; `None` for a list or a mapping."""
        if not isinstance(self._raw, yaml.ScalarNode):
            return None
        return _scalar(self._raw)

    @property
    def text(self) -> str:
        """The scalar exactly as it was written; empty for a list or a mapping."""
        return str(self._raw.value) if isinstance(self._raw, yaml.ScalarNode) else ""

    def items(self) -> Iterator[Node]:
        """The members of a list; a lone value counts as a list of one."""
        if isinstance(self._raw, yaml.SequenceNode):
            for raw in self._raw.value:
                yield Node(raw, self.place.file)
        else:
            yield self

    def entries(self, mistakes: Mistakes) -> dict[str, Node]:
        """The mapping's entries by name, in order; a repeated name is a mistake."""
        found: dict[str, Node] = {}
        if not isinstance(self._raw, yaml.MappingNode):
            mistakes.add("Names with values were expected here.", self.place, "Write `name: value` lines.")
            return found
        for key, raw in self._raw.value:
            name, place = str(key.value), Place(self.place.file, key.start_mark.line + 1)
            if name in found:
                mistakes.add(f"'{name}' is written twice.", place, "Keep one of the two.")
                continue
            found[name] = Node(raw, self.place.file)
            found[name].place = place
        return found

    def words(self, mistakes: Mistakes, what: str) -> tuple[str, ...]:
        """One word or a list of words.

        Args:
            mistakes: Where to note a member that is no word.
            what: What the words are, for the message.
        """
        words = []
        for item in self.items():
            if item.is_mapping or item.is_list or not item.text:
                mistakes.add(f"{what} must be a word or a list of words.", item.place)
            else:
                words.append(item.text)
        return tuple(words)

    def span(self, mistakes: Mistakes) -> int | None:
        """A span of time in microseconds; `None` where it is none, which is noted."""
        try:
            span = parse_span(self.text)
        except DefinitionError as error:
            mistakes.catch(error, self.place)
            return None
        return span

    def number(self, mistakes: Mistakes, what: str, least: float, most: float) -> float | None:
        """A number between two bounds, both included; `None` where it is none, which is noted."""
        value = self.scalar
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            bounds = f"from {least:g} to {most:g}" if most < float("inf") else f"of {least:g} or more"
            mistakes.add(f"{what} is '{self.text}'.", self.place, f"Write a number {bounds}.")
            return None
        return float(value)


def _scalar(raw: yaml.ScalarNode) -> Scalar:
    text = str(raw.value)
    if raw.style in ("'", '"', "|", ">"):
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def read_documents(text: str, file: str) -> list[Node]:
    """Every document of a YAML text, in order.

    Raises:
        DefinitionError: The text is not YAML; the place is the line at which it stops being so.
    """
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1 if mark else 0)
        raise DefinitionError(
            f"This is not YAML: {error.problem}.",
            place=place,
            right="Check the indentation, the colons and the quotes of this line and the one above.",
        ) from error
    except yaml.YAMLError as error:
        raise DefinitionError(f"This is not YAML: {error}.", place=Place(file)) from error
    except RecursionError as error:
        raise DefinitionError("Brackets are nested too deeply.", place=Place(file), right="Nest less.") from error
    return [Node(node, file) for node in nodes if node is not None]


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises:
        DefinitionError: The file is not there, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        raise DefinitionError(
            f"The file {reason}.", place=Place(str(path)), right="Check the path and the encoding."
        ) from error


def nearest(name: str, known: list[str]) -> str:
    """A sentence that offers the known names closest to a mistaken one; all of them where few.

    Example:
        >>> nearest("complet", ["start", "complete"])
        "Did you mean 'complete'?"
    """
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    shown = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
    return f"Known here: {shown}." if known else ""
