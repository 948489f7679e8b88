"""How a text file of rows is written: encoding, delimiter, quotes, header and columns, found from its beginning.

DuckDB has a sniffer of its own; it guesses types and refuses files with one broken row, so we find the dialect and state
it. Files in another encoding than UTF-8 are rewritten into a scratch folder, as a stream.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from momentwise.collect.times import read_shape
from momentwise.errors import IntakeError, Place, StoreError
from momentwise.stores.files import DataFile, open_bytes, read_head, unreadable

_DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 32 << 20  # bytes
_HEAD = 1 << 20
_LONGEST_HEAD = 64 << 20
_MOST_ROWS = 2_000
_RAGGED = 0.05  # share of short rows from which on short rows are the file's habit and not a fault
_MOST_TITLES = 20
_VALUE = re.compile(r"\s*[-+]?[$€£]?\d[\d.,' ]*%?\s*|\S+@\S+\.\S+|https?://\S+|(true|false)", re.IGNORECASE)
# A backslash before a quote that ends no value; a value may end in a backslash of its own.
_ESCAPED = re.compile(r'\\"[^,;\t|\r\n"]')
csv.field_size_limit(1 << 28)


@dataclass(frozen=True)
class Dialect:
    """How the rows of a text file are written.

    Args:
        delimiter: The sign between columns.
        quote: The sign around texts.
        escape: The sign before a quote inside quotes.
        has_header: Whether the first row holds names.
        skip: Lines above the header or the first row.
        columns: Names, in order, all different.
        ragged: Whether rows may leave out columns at their end.
        encoding: Python's name of it.
    """

    delimiter: str
    quote: str
    escape: str
    has_header: bool
    skip: int
    columns: tuple[str, ...]
    ragged: bool
    encoding: str


def find_dialect(file: DataFile) -> Dialect:
    """The dialect of a file.

    Raises:
        IntakeError: The file is empty, holds a header and no rows, or is no text.
    """
    head, is_whole = _head(file)
    encoding = _find_encoding(file, head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).lstrip("\ufeff")
    if not text.strip():
        raise IntakeError("The file is empty.", place=file.place, right="Export it again, or take it away.")
    lines = text.splitlines(keepends=True) if is_whole else text.splitlines(keepends=True)[:-1]
    quote = "'" if '"' not in text and re.search(r"(^|[,;\t|])'[^'\n]*'[,;\t|]", text) else '"'
    escape = "\\" if _ESCAPED.search(text) and '""' not in text.replace('\\"', "") else quote
    return _describe(file, _find_delimiter(lines, quote, escape), encoding)


def _head(file: DataFile) -> tuple[bytes, bool]:
    """The beginning of a file, with at least one whole row after the first where there is one."""
    size = _HEAD
    while True:
        head = read_head(file.path, file.compression, size)
        if len(head) < size or head.count(b"\n") + head.count(b"\r") > 3 or size >= _LONGEST_HEAD:
            return head, len(head) < size
        size *= 8


def _find_encoding(file: DataFile, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = head[:4000].count(0)
    if zeros > len(head[:4000]) // 4:
        at_odd = head[1:4000:2].count(0)
        if at_odd > 0.9 * zeros or at_odd < 0.1 * zeros:
            return "utf-16-le" if at_odd > 0.9 * zeros else "utf-16-be"
    strange = sum(head[:100_000].count(bytes([byte])) for byte in range(32) if byte not in (7, 9, 10, 11, 12, 13, 27))
    if zeros or strange > len(head[:100_000]) // 100:
        raise IntakeError(
            "The file is not text.",
            place=file.place,
            right="It holds bytes that no CSV file holds; export it again.",
        )
    if all(_is_utf8(chunk) for chunk in (head, *_further_chunks(file))):
        return "utf-8"
    try:
        head.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _is_utf8(chunk: bytes) -> bool:
    """Whether bytes cut out of a file are UTF-8; a letter cut in two at either end does not count."""
    start = next((i for i, byte in enumerate(chunk[:4]) if byte & 0xC0 != 0x80), 0)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(chunk[start:])
    except UnicodeDecodeError:
        return False
    return True


def _further_chunks(file: DataFile) -> list[bytes]:
    """Pieces spread over a file that is not packed."""
    size = file.path.stat().st_size
    if file.compression or size <= _HEAD:
        return []
    step, length = (_HEAD, _HEAD) if size <= 64 * _HEAD else (size // 32, _HEAD // 8)
    with file.path.open("rb") as stream:
        chunks = []
        for offset in range(0, size, step):
            stream.seek(offset)
            chunks.append(stream.read(length))
    return chunks


@dataclass(frozen=True)
class _Written:
    """The first rows under one delimiter, and the line on which each ends; blank lines are no rows."""

    delimiter: str
    quote: str
    escape: str
    rows: list[list[str]]
    lines: list[int]


def _find_delimiter(lines: Sequence[str], quote: str, escape: str) -> _Written:
    """The delimiter under which most rows have the same number of columns, and then the most columns."""
    tried = [_parse(lines, delimiter, quote, escape) for delimiter in _DELIMITERS]
    return max(tried, key=lambda written: _evenness(written.rows))


def _evenness(rows: list[list[str]]) -> tuple[float, int]:
    width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    return (round(count / len(rows), 1) if width > 1 else -1.0), width


def _parse(lines: Sequence[str], delimiter: str, quote: str, escape: str) -> _Written:
    escapes = {"doublequote": True} if escape == quote else {"doublequote": False, "escapechar": escape}
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter, quotechar=quote, **escapes)
    written = _Written(delimiter, quote, escape, [], [])
    try:
        for row in reader:
            if row:
                written.rows.append(row)
                written.lines.append(reader.line_num)
            if len(written.rows) >= _MOST_ROWS:
                break
    except csv.Error:
        return written
    return written


def _describe(file: DataFile, written: _Written, encoding: str) -> Dialect:
    rows = written.rows
    width = Counter(map(len, rows)).most_common(1)[0][0]
    above = _titles_above(rows, width)
    body = rows[above:]
    has_header = _is_header(body)
    if has_header and len(body) < 2:
        raise IntakeError(
            "The file has a header and no rows.", place=file.place, right="Export it again, or take it away."
        )
    names = _names(body[0] if has_header else [], max(width, len(body[0])), body[1:])
    return Dialect(
        delimiter=written.delimiter,
        quote=written.quote,
        escape=written.escape,
        has_header=has_header,
        skip=written.lines[above] - 1,
        columns=names,
        ragged=sum(len(row) < len(names) for row in body) / len(body) > _RAGGED,
        encoding=encoding,
    )


def _titles_above(rows: list[list[str]], width: int) -> int:
    """How many rows stand above the table: a report's name, a date."""
    for place, row in enumerate(rows[: _MOST_TITLES + 1]):
        if len(row) >= width - 1 and sum(bool(cell.strip()) for cell in row) > len(row) // 2:
            return place if all("\n" not in cell for row in rows[: place + 1] for cell in row) else 0
    return 0


def _is_header(rows: list[list[str]]) -> bool:
    first = [cell.strip() for cell in rows[0]]
    named = [cell for cell in first if cell]
    if len(named) < max(1, len(first) // 2) or any(_VALUE.fullmatch(cell) or read_shape(cell) for cell in named):
        return False
    return len(set(named)) >= len(named) - 1 and all(len(cell) <= 120 for cell in named)


def _names(header: list[str], width: int, body: list[list[str]]) -> tuple[str, ...]:
    """Names for so many columns, all different; a column without a name is called after its place."""
    cells = [" ".join(cell.split()) for cell in header]
    if header and len(header) == width - 1 and not all(len(row) == width and not row[-1] for row in body[:50]):
        cells = ["", *cells]  # R writes the row names without a name above them
    names: list[str] = []
    taken: Counter[str] = Counter()
    for place in range(width):
        name = cells[place] if place < len(cells) and cells[place] else f"column{place + 1}"
        taken[name.lower()] += 1
        names.append(name if taken[name.lower()] == 1 else f"{name}_{taken[name.lower()]}")
    return tuple(names)


def has_one_line_end(file: DataFile) -> bool:
    """Whether every line of a file ends in the same way, judged by the whole of it.

    The engine's strict reading fails or loses rows where ends differ, and its lenient reading changes values, so such a
    file is rewritten before it is read.

    Raises:
        IntakeError: A line is longer than the engine can hold, or the file is cut short.
    """
    returns = pairs = length = read = 0
    has_feed, last = False, b""
    for chunk in _chunks(file):
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        length, read = (len(chunk) - end if end >= 0 else length + len(chunk)), read + len(chunk)
        _refuse_endless(file, length, read)
        has_feed = has_feed or b"\n" in chunk
        returns += chunk.count(b"\r")
        pairs += (last + chunk).count(b"\r\n") if returns else 0
        last = b"\r" if chunk.endswith(b"\r") else b""
    if not returns or not has_feed:
        return True
    return returns == pairs == sum(chunk.count(b"\n") for chunk in _chunks(file))


def _chunks(file: DataFile) -> Iterator[bytes]:
    """The file's content, unpacked, piece by piece."""
    try:
        with open_bytes(file.path, file.compression) as stream:
            while chunk := bytes(stream.read(1 << 20)):
                yield chunk
    except (OSError, EOFError, pa.ArrowException) as error:
        raise unreadable(error, file.place) from error


def _refuse_endless(file: DataFile, length: int, read: int) -> None:
    if length > LONGEST_LINE:
        raise IntakeError(
            f"A line is longer than {LONGEST_LINE >> 20} MB, before byte {read:,}.",
            place=file.place,
            right="A quote may be open that is never closed; correct or take out the line.",
        )


def rewrite_as_utf8(file: DataFile, encoding: str, scratch: Path, dialect: Dialect | None = None) -> DataFile:
    """A copy of the file in UTF-8, made as a stream; with one sort of line end where a dialect says what a row is.

    A lone carriage return ends a row where every piece that it parts has the columns of a row; otherwise it is a stray
    sign inside a text, and becomes a blank.

    Raises:
        IntakeError: The file is cut short.
        StoreError: The scratch folder is full or cannot be written.
    """
    target = scratch / f"{len(list(scratch.iterdir()))}-{file.stem}.utf8"
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    try:
        with target.open("w", encoding="utf-8", newline="") as out:
            held = ""
            for chunk in _chunks(file):
                whole, held = _whole_lines(held + decoder.decode(chunk))
                out.write(_with_one_line_end(whole, dialect))
            out.write(_with_one_line_end(held + decoder.decode(b"", final=True), dialect))
    except OSError as error:
        target.unlink(missing_ok=True)
        raise StoreError(
            "A copy in UTF-8 cannot be written.",
            place=Place(str(target)),
            right=f"{error.strerror}: make room there.",
        ) from error
    return DataFile(target, file.format, "", file.stem, source=file.origin)


def _whole_lines(text: str) -> tuple[str, str]:
    """The text up to its last line end, and the rest; a carriage return at the very end may be half of one."""
    end = text.rfind("\n")
    if end < 0:
        end = text.rfind("\r", 0, -1)
    return text[: end + 1], text[end + 1 :]


def _with_one_line_end(text: str, dialect: Dialect | None) -> str:
    if dialect is None or "\r" not in text:
        return text
    text = text.replace("\r\n", "\n")
    if "\n" not in text:
        return text.replace("\r", "\n")
    least = len(dialect.columns) - 1
    return "\n".join(_without_returns(line, dialect.delimiter, least) for line in text.split("\n"))


def _without_returns(line: str, delimiter: str, least: int) -> str:
    if "\r" not in line:
        return line
    pieces = [piece for piece in line.split("\r") if piece]
    are_rows = all(piece.count(delimiter) >= least for piece in pieces)
    return ("\n" if are_rows else " ").join(pieces)


def csv_options(dialect: Dialect, compression: str, missing: Sequence[str], rejects: str) -> str:
    """The arguments of `read_csv` after the path.

    Args:
        dialect: How the rows are written.
        compression: How the file is packed, whatever its name says.
        missing: Words that mean that there is no value.
        rejects: Beginning of the names of the tables that list the rows that are not well formed.
    """
    columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in dialect.columns)
    words = [word for word in missing if dialect.escape not in word]  # the engine takes no other
    padding = ", null_padding=true, parallel=false" if dialect.ragged else ""
    return (
        f"auto_detect=false, compression={_text(compression or 'none')}, delim={_text(dialect.delimiter)}, quote={_text(dialect.quote)}, "
        f"escape={_text(dialect.escape)}, header={str(dialect.has_header).lower()}, skip={dialect.skip}, "
        # The line end is left to the engine: stated as a pair, it reads nothing at all in strict mode (DuckDB 2.0.0).
        f"strict_mode=true, max_line_size={LONGEST_LINE}, buffer_size={2 * LONGEST_LINE}, "
        f"ignore_errors=true, store_rejects=true, rejects_table={_text(rejects)}, rejects_scan={_text(rejects + '_scans')}, "
        f"nullstr=[{', '.join(map(_text, words))}], columns={{{columns}}}{padding}"
    )


def _text(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"
