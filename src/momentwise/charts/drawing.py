"""From a Vega-Lite specification to a small inline SVG that the page's own CSS colours.

Colours are CSS variables (`var(--failed)`), so one picture serves light, dark and print. Nothing is sized
from measured text: every chart fixes its own padding, so a page looks the same whatever the machine's fonts.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import vl_convert

Spec = dict[str, Any]  # a Vega-Lite specification is open-ended JSON
Row = dict[str, Any]  # one datum of it, likewise

FONT_SIZE = 13

_SVG = "{http://www.w3.org/2000/svg}"
_KEEP = {
    "d", "transform", "fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor", "font-size",
    "font-weight", "x2", "y2", "width", "height", "viewBox", "r",
}  # fmt: skip
_LONG_DECIMAL = re.compile(r"(\d+\.\d)\d+")  # of a place; a tenth of a pixel is fine enough
_CIRCLE = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")  # as Vega draws one
# A control character or a lone half of a surrogate pair in a customer's text would make the SVG unreadable
# and the page impossible to save.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Picture(msgspec.Struct, frozen=True):
    """One chart: its SVG for a wide place, for a phone where that differs, and the same said in words.

    `note` is how to read marks that only this picture has; empty where it has none.
    """

    title: str
    words: str
    wide: str
    narrow: str = ""
    note: str = ""


def draw(spec: Spec, title: str) -> str:
    """The specification as an SVG element that scales with its place, named for screen readers.

    Args:
        spec: Made with `frame`.
        title: What the chart shows; its accessible name.
    """
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    root = ET.fromstring(svg)  # noqa: S314  it is drawn here, from our own specification
    width, height = root.get("width", "0"), root.get("height", "0")
    _strip(root)
    root.attrib.clear()
    root.set("class", "chart")
    root.set("viewBox", f"0 0 {width} {height}")
    root.set("role", "img")
    root.set("aria-label", clean_text(title))
    root.set("style", f"max-width:{width}px")
    return ET.tostring(root, encoding="unicode")


def frame(width: float, height: float, padding: dict[str, float], layers: list[Spec]) -> Spec:
    """A specification of so many pixels around these layers, but for those that have no rows."""
    axis = {
        "labelColor": "var(--soft)",
        "labelFontSize": FONT_SIZE,
        "gridColor": "var(--line)",
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "title": None,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "padding": {"left": 0, "right": 0, "top": 0, "bottom": 0} | padding,
        "autosize": "none",
        "layer": [layer for layer in layers if layer["data"]["values"]],
        "config": {"background": None, "font": "Arial", "view": {"stroke": None}, "axis": axis},
    }


def bars(rows: list[Row], x: Spec | None = None) -> Spec:
    """Rectangles: each row has `x`, `x2` (in the scale given, else pixels), `y`, `y2` (pixels) and `fill`."""
    return _layer(rows, {"type": "rect", "stroke": "var(--paper)", "strokeWidth": 1}) | {
        "encoding": {
            "x": _across("x", x),
            "x2": {"field": "x2"},
            "y": _pixels("y"),
            "y2": {"field": "y2"},
            "fill": {"field": "fill", "type": "nominal", "scale": None},
        }
    }


def rules(rows: list[Row], x: Spec | None = None, **mark: object) -> Spec:
    """Lines from (`x`, `y`) to (`x2`, `y2`), y in pixels, coloured by `color`."""
    return _layer(rows, {"type": "rule", **mark}) | {
        "encoding": {
            "x": _across("x", x),
            "x2": {"field": "x2"},
            "y": _pixels("y"),
            "y2": {"field": "y2"},
            "color": {"field": "color", "type": "nominal", "scale": None},
        }
    }


def texts(rows: list[Row], x: Spec | None = None, **mark: object) -> Spec:
    """Words: each row has `x` (in the scale given, else pixels), `y` (pixels), `text` and `color`."""
    for row in rows:
        row["text"] = clean_text(str(row["text"]))
    look: Spec = {"type": "text", "align": "left", "baseline": "middle", "fontSize": FONT_SIZE, **mark}
    return _layer(rows, look) | {
        "encoding": {
            "x": _across("x", x),
            "y": _pixels("y"),
            "text": {"field": "text", "type": "nominal"},
            "color": {"field": "color", "type": "nominal", "scale": None},
        }
    }


def points(rows: list[Row], x: Spec | None = None, **mark: object) -> Spec:
    """Marks at (`x`, `y`), y in pixels, with `shape`, `fill` and `stroke` of each row."""
    encoding: Spec = {"x": _across("x", x), "y": _pixels("y")}
    for channel in ("shape", "fill", "stroke"):
        encoding[channel] = {"field": channel, "type": "nominal", "scale": None}
    return _layer(rows, {"type": "point", "size": 42, "strokeWidth": 1.5, "opacity": 1, **mark}) | {
        "encoding": encoding
    }


def lines(rows: list[Row], x: Spec | None = None, **mark: object) -> Spec:
    """One line for each `run` of rows, through (`x`, `y`), y in pixels."""
    return _layer(rows, {"type": "line", **mark}) | {
        "encoding": {
            "x": _across("x", x),
            "y": _pixels("y"),
            "detail": {"field": "run", "type": "nominal"},
        }
    }


def clean_text(text: str, keep: str = "") -> str:
    """The text with a mark for each character that no picture or page can hold, but for those to keep."""
    return _UNPRINTABLE.sub(lambda found: found[0] if found[0] in keep else "\ufffd", text)


def shorten(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis where it is longer than so many characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _layer(rows: list[Row], mark: Spec) -> Spec:
    return {"data": {"values": rows}, "mark": mark}


def _pixels(field: str) -> Spec:
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def _across(field: str, scale: Spec | None) -> Spec:
    if scale is None:
        return _pixels(field)
    return {"field": field, "type": "quantitative"} | scale


def _strip(parent: ET.Element) -> None:
    """Takes out what an inline, static picture does not need: name spaces, hidden marks, roles."""
    parent.tag = parent.tag.removeprefix(_SVG)
    kept: list[ET.Element] = []
    for child in list(parent):
        _strip(child)
        kept.extend(_keep(child))
    for child in list(parent):
        parent.remove(child)
    parent.extend(kept)


def _keep(element: ET.Element) -> list[ET.Element]:
    tag = element.tag
    hidden = element.get("opacity") == "0" or element.get("display") == "none"
    unseen_frame = element.get("class") in ("background", "foreground")
    if hidden or unseen_frame or (tag == "path" and not element.get("d")):
        return []
    for name in set(element.attrib) - _KEEP:
        del element.attrib[name]
    for name, value in element.attrib.items():
        element.set(name, _LONG_DECIMAL.sub(r"\1", value))
    if circle := _CIRCLE.fullmatch(element.get("d", "")):
        element.tag = "circle"
        element.set("r", circle[1])
        del element.attrib["d"]
    if element.get("transform") == "translate(0,0)":
        del element.attrib["transform"]
    if tag != "g":
        return [element]
    _hoist(element)
    return [element] if element.attrib and len(element) else list(element)


def _hoist(group: ET.Element) -> None:
    """Says once, on the group, what all of its shapes say; a page holds hundreds of pictures."""
    if len(group) < 2 or any(child.tag == "g" for child in group):
        return
    for name in ("fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor", "font-size"):
        said = {child.get(name) for child in group}
        if len(said) == 1 and None not in said:
            group.set(name, said.pop() or "")
            for child in group:
                del child.attrib[name]
