"""A page as a test reads it: its elements in order, each with its attributes and text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img", "hr"}


@dataclass
class Element:
    """One element: its tag, attributes, own and inner text, and the tags around it."""

    tag: str
    attributes: dict[str, str]
    around: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Every element of a page, and the tags that were closed wrongly."""

    elements: list[Element] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Starts the parser beneath."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that opens."""
        around = tuple(element.tag for element in self._open)
        element = Element(tag, {name: value or "" for name, value in attrs}, around)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An SVG element without children."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """An element that closes."""
        if not self._open or self._open[-1].tag != tag:
            self.wrong.append(tag)
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text, which belongs to every element around it."""
        for element in self._open:
            element.text += data

    def find(self, tag: str, css_class: str = "") -> list[Element]:
        """The elements of a tag, in order, narrowed to a class where one is given."""
        return [
            element
            for element in self.elements
            if element.tag == tag and (not css_class or css_class in element.attributes.get("class", "").split())
        ]


def read_page(html: str) -> Page:
    """The page's elements."""
    page = Page()
    page.feed(html)
    page.close()
    return page
