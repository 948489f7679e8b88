"""How numbers are written in text: finding the decimal sign of a column, and the SQL that reads its numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ENOUGH = 0.95
_MONEY_WORDS = r"R\$|US\$|[$€£¥₺₹]|zł|kr|EUR|USD|GBP|BRL|PLN|TRY|SEK|NOK|DKK|CHF|CZK|HUF|JPY|CAD|AUD|INR|MXN|TL"
_MONEY = f"(?:{_MONEY_WORDS})?"
_SPACE = r"[ \u00a0\u202f]?"
_POINT = r"(?:\d+|\d{1,3}(?:[, '\u00a0\u202f]\d{3})+)?(?:\.\d+)?(?:[eE][-+]?\d{1,3})?"
_COMMA = r"(?:\d+|\d{1,3}(?:[. '\u00a0\u202f]\d{3})+)?(?:,\d+)?"
_WRITTEN = {
    sign: re.compile(rf"\s*[-+]?{_MONEY}{_SPACE}[-+]?{body}\.?{_SPACE}(?:{_MONEY}|%)\s*")
    for sign, body in ((".", _POINT), (",", _COMMA))
}
_PLAIN = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*")
_CODE = re.compile(r"\s*[-+]?0\d+\s*")
_LONGEST_EXACT = 15  # digits that a DOUBLE keeps; a longer one is a name, not a quantity


def find_decimal(texts: Sequence[str]) -> str:
    """The sign between whole and fraction, `.` or `,`; empty where the texts are no numbers.

    Digits that begin with a zero and digits longer than 15 are codes, not numbers.

    Example:
        >>> find_decimal(["1.234,50", "7,25"]), find_decimal(["19.90"]), find_decimal(["08775", "12345"])
        (',', '.', '')
    """
    if not texts or any(_is_code(text) for text in texts):
        return ""
    plain = sum(bool(_PLAIN.fullmatch(text)) for text in texts)
    if plain == len(texts) and not _only_thousands(texts):
        return "."
    found = {sign: sum(_is_number(text, sign) for text in texts) for sign in (".", ",")}
    best = "," if found[","] > found["."] or (found[","] == found["."] and _prefers_comma(texts)) else "."
    return best if found[best] >= _ENOUGH * len(texts) else ""


def _is_code(text: str) -> bool:
    digits = text.strip().lstrip("+-")
    return bool(_CODE.fullmatch(text)) or (digits.isdigit() and len(digits) > _LONGEST_EXACT)


def _is_number(text: str, sign: str) -> bool:
    return any(letter.isdigit() for letter in text) and bool(_WRITTEN[sign].fullmatch(text))


def _only_thousands(texts: Sequence[str]) -> bool:
    """Whether every point stands before exactly three digits, and one number has two of them (`1.234.567`)."""
    return any(text.count(".") > 1 for text in texts)


def _prefers_comma(texts: Sequence[str]) -> bool:
    """Whether the last sign of a text is a comma that cannot part thousands."""
    return any(re.search(r",(\d{1,2}|\d{4,})\D*\Z", text) for text in texts)


def number_sql(expr: str, column_type: str, decimal: str) -> str:
    """The expression that reads a column as a finite DOUBLE; null where it is no number.

    Args:
        expr: The column.
        column_type: DuckDB's type of it.
        decimal: `.` or `,`; where a text does not follow it, it is no number.
    """
    if column_type == "DOUBLE":
        return expr
    if column_type == "BOOLEAN":
        return "NULL::DOUBLE"
    if column_type != "VARCHAR":
        return f"try_cast({expr} AS DOUBLE)"
    # The currency goes first: the E of EUR would else stay as an exponent.
    amount = f"regexp_replace({expr}, '{_MONEY_WORDS}', '', 'g')"
    if decimal == ",":
        cleaned = f"replace(regexp_replace({amount}, '[^0-9,+-]', '', 'g'), ',', '.')"
        return f"CASE WHEN {_written_sql(expr, ',')} THEN try_cast({cleaned} AS DOUBLE) END"
    cleaned = f"regexp_replace({amount}, '[^0-9.eE+-]', '', 'g')"
    written = f"CASE WHEN {_written_sql(expr, '.')} THEN try_cast({cleaned} AS DOUBLE) END"
    return f"coalesce(try_cast({expr} AS DOUBLE), {written})"


def _written_sql(expr: str, sign: str) -> str:
    body = _POINT if sign == "." else _COMMA
    # RE2 spells a code point \x{…}.
    pattern = rf"\s*[-+]?{_MONEY}{_SPACE}[-+]?{body}\.?{_SPACE}(?:{_MONEY}|%)\s*"
    pattern = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", pattern).replace("'", "''")
    return f"regexp_full_match({expr}, '{pattern}')"
