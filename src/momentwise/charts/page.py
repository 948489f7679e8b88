"""The page's templates and the words that they may use; everything is escaped unless a template says not to."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from momentwise.charts import wording
from momentwise.charts.drawing import shorten
from momentwise.charts.journey import READINGS
from momentwise.charts.matrix import MEASURES
from momentwise.charts.pictures import ENDED, MOST_ENDINGS, count_ended, name_ending
from momentwise.charts.rows import count_open, count_rows, count_volume, quote_sql, weigh_seconds
from momentwise.charts.splits import write_part, write_sum
from momentwise.charts.trend import is_thin
from momentwise.define.finding import GRADES, STANDINGS
from momentwise.define.instant import format_instant

GRADE_MEANINGS = {
    "A": "Customers were put in groups by chance. The difference is caused by what was changed.",
    "B": "A natural break in the data works almost like chance. The cause is likely, not certain.",
    "C": "The two things go together. Nobody has shown that one causes the other.",
    "D": "What somebody thinks. There is no measure behind it yet.",
}

_BOUNDS = {
    "STRONGEST": 3,
    "MOST_CARDS": 12,
    "MOST_ORDERED": 10,
    "MOST_FOLDED": 40,
    "MOST_QUOTES": 3,
    "MOST_GAPS": 6,
    "MOST_PLACES": 10,
    "MOST_EVENT_NAMES": 8,
    "MOST_ENDINGS": MOST_ENDINGS,
    "FEWER_ENDINGS": 4,
    "MOST_ROWS": 10,
    "FEW": wording.FEW,
}

_BACKTICKS = re.compile(r"`([^`\n]+)`")

_WORDS: dict[str, Any] = {  # what a template may call has every signature
    "number": wording.write_number,
    "value": wording.write_value,
    "interval": wording.write_interval,
    "say": wording.write_as,
    "say_interval": wording.write_interval_as,
    "fraction": wording.write_fraction,
    "has_value": wording.has_value,
    "is_sure": wording.is_sure,
    "plural": wording.write_plural,
    "seconds": wording.write_seconds,
    "wanted_span": wording.write_wanted_span,
    "day": wording.write_day,
    "period": wording.write_period,
    "name": wording.write_name,
    "listed": wording.write_list,
    "odds": wording.write_quantile,
    "target_name": wording.write_target_name,
    "wanted": wording.write_wanted,
    "part": write_part,
    "shorten": shorten,
    "write_sum": write_sum,
    "instant": format_instant,
    "name_ending": name_ending,
    "count_ended": count_ended,
    "count_open": count_open,
    "count_volume": count_volume,
    "count_rows": count_rows,
    "weekly": weigh_seconds,
    "quote_sql": quote_sql,
    "is_thin": is_thin,
    "ENDED": ENDED,
    "GRADES": GRADES,
    "GRADE_MEANINGS": GRADE_MEANINGS,
    "STANDINGS": STANDINGS,
    "READINGS": READINGS,
    "MEASURES": MEASURES,
}


@cache
def open_templates() -> jinja2.Environment:
    """The templates with the words that they use."""
    folder = resources.files("momentwise.charts") / "templates"

    def load(name: str) -> str | None:
        source = folder / name
        return source.read_text(encoding="utf-8") if source.is_file() else None

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_WORDS | _BOUNDS)
    environment.filters["only_text"] = _escape_only_text
    environment.filters["code"] = _mark_code
    return environment


def compile_templates() -> None:
    """Every template is compiled, so that the first page does not wait for it."""
    environment = open_templates()
    for source in (resources.files("momentwise.charts") / "templates").iterdir():
        if source.name.endswith(".html"):
            environment.get_template(source.name)


def _mark_code(text: str) -> Markup:
    """The text escaped, with what stands between backticks as code."""
    return Markup(_BACKTICKS.sub(r"<code>\1</code>", str(Markup.escape(text))))  # noqa: S704  escaped before


def _escape_only_text(text: str) -> Markup:
    """The text escaped for between tags, where quotes are harmless; commands are full of them."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704  all that could end a text is escaped above
