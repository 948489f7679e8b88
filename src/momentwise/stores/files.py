"""Finding the files that hold tables: formats, compression, names, and which files are one table in several parts.

What stands inside a text file is `stores.dialect`'s and `stores.documents`' business; views are made in `stores.tables`.
"""

from __future__ import annotations

import glob
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from momentwise.errors import IntakeError, Place

Format = Literal["csv", "json", "parquet", "sqlite"]
Compression = Literal["", "gzip", "zstd"]

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
    ".db3": "sqlite",
}
_COMPRESSIONS: dict[str, Compression] = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_FORMATS_READ = (
    "Momentwise reads CSV, TSV, JSON, JSON lines and Parquet (plain, .gz or .zst), SQLite and postgresql:// URLs."
)

# Files that lie beside data and hold none.
_NO_DATA_ENDINGS = frozenset(
    ".md .txt .rst .html .htm .pdf .yaml .yml .toml .ini .cfg .py .sql .r .ipynb .sh .log .png .jpg .jpeg .gif .svg .webp "
    ".css .js .crc .sha256 .md5 .lock .license".split()
)
_NO_DATA_NAMES = re.compile(
    r"(readme|licen[cs]e|changelog|source|notice|copying|makefile|dockerfile)\b|[._]", re.IGNORECASE
)
_PART = re.compile(
    r"[ _.-]+(?:\d{4}(?:[-_.]?\d{2}){0,2}(?:T?\d{4,6}Z?)?|\d+|(?=[0-9a-f-]*\d)[0-9a-f-]{7,}|c\d{3}|snappy|zstd|gz|[hq]\d)\Z",
    re.IGNORECASE,
)
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x7fELF", "a program"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
)


@dataclass(frozen=True)
class DataFile:
    """One file that holds a table, or tables.

    Args:
        path: Where it is.
        format: What it holds.
        compression: How it is packed.
        stem: Its name without the endings.
        source: The file of which this is a copy; none for the file itself.
    """

    path: Path
    format: Format
    compression: Compression
    stem: str
    source: Path | None = None

    @property
    def origin(self) -> Path:
        """The user's own file."""
        return self.source or self.path

    @property
    def base(self) -> str:
        """The stem without a date, a number or a hash at its end; empty where nothing else is in it."""
        return base_of(self.stem)

    @property
    def place(self) -> Place:
        """The file, as errors name it."""
        return Place(str(self.origin))


def base_of(stem: str) -> str:
    """A file's name without the endings that tell parts of one table apart.

    Example:
        >>> base_of("nyc311_2026-04-13_1a5bff5"), base_of("part-00000"), base_of("2024-01-31"), base_of("orders")
        ('nyc311', 'part', '', 'orders')
    """
    previous, base = "", f"_{stem}"
    while base != previous:
        previous, base = base, _PART.sub("", base)
    return base.strip("_ .-")


def find_files(paths: Sequence[str], notes: list[str]) -> list[DataFile]:
    """Every file with data under the given paths, in the order given, folders by name.

    Args:
        paths: Files, folders and globs.
        notes: Where to say what was left out.

    Raises:
        IntakeError: A path is not there or matches nothing, or a file is of no known format.
    """
    found: dict[Path, DataFile] = {}
    for path in paths:
        for file in _under(path, notes):
            found.setdefault(file.path.resolve(), file)
    return list(found.values())


def _under(text: str, notes: list[str]) -> Iterator[DataFile]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from _in_folder(path, notes)
    elif path.exists():
        yield _described(path)
    elif glob.has_magic(text):
        yield from _in_glob(text, notes)
    else:
        raise IntakeError("There is no such file or folder.", place=Place(text), right="Check the path.")


def _in_folder(folder: Path, notes: list[str]) -> list[DataFile]:
    try:
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path, folder))
    except OSError as error:
        raise IntakeError("The folder cannot be read.", place=Place(str(folder)), right=f"{error.strerror}.") from error
    files = _with_data(paths, notes)
    if not files:
        raise IntakeError("The folder holds no data.", place=Place(str(folder)), right=_FORMATS_READ)
    return files


def _in_glob(pattern: str, notes: list[str]) -> list[DataFile]:
    paths = sorted(Path(match) for match in glob.glob(pattern, recursive=True) if Path(match).is_file())  # noqa: PTH207  # patterns may be absolute
    files = _with_data(paths, notes)
    if not files:
        raise IntakeError("No file matches.", place=Place(pattern), right="Check the pattern and the folder.")
    return files


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts[:-1])


def _with_data(paths: Iterable[Path], notes: list[str]) -> list[DataFile]:
    files, skipped = [], []
    results: dict[Path, bool] = {}
    for path in paths:
        folder = path.parent
        if results.setdefault(folder, _holds_results(folder)):
            continue
        ending = _split(path.name)[1].lower()
        is_aside = ending not in _ENDINGS and _NO_DATA_NAMES.match(path.name)
        if ending in _NO_DATA_ENDINGS or is_aside or path.name.startswith((".", "_")):
            skipped.append(path.name)
        else:
            files.append(_described(path))
    if found := [str(folder) for folder, is_result in results.items() if is_result]:
        notes.append(f"Left out, results of an audit: {', '.join(found[:8])}{' …' if len(found) > 8 else ''}.")
    if skipped:
        notes.append(f"Left out, no data: {', '.join(skipped[:8])}{' …' if len(skipped) > 8 else ''}.")
    return files


def _holds_results(folder: Path) -> bool:
    """Whether an audit wrote this folder, which may lie among the data that it read."""
    return (folder / "findings.json").is_file() and (folder / "occurrences.parquet").is_file()


def _split(name: str) -> tuple[str, str, Compression]:
    """A file's stem, ending and compression."""
    compression: Compression = ""
    path = Path(name)
    if path.suffix.lower() in _COMPRESSIONS:
        compression = _COMPRESSIONS[path.suffix.lower()]
        path = Path(path.stem)
    return path.stem, path.suffix, compression


def _described(path: Path) -> DataFile:
    place = Place(str(path))
    if not _is_text(path):
        raise IntakeError("The file's path is no UTF-8 text.", place=place, right="Rename it.")
    if not path.is_file():
        raise IntakeError(
            "This is no file but a pipe or a device.", place=place, right="Save what it gives to a file first."
        )
    stem, ending, _ = _split(path.name)
    head = read_head(path, "", 16)
    if not head:
        raise IntakeError("The file is empty.", place=place, right="Export it again, or take it away.")
    compression: Compression = "gzip" if head[:2] == b"\x1f\x8b" else "zstd" if head[:4] == b"\x28\xb5\x2f\xfd" else ""
    if compression:
        head = read_head(path, compression, 16)
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise IntakeError(f"The file is {what}, not a table.", place=place, right=_FORMATS_READ)
    if head.startswith(b"SQLite format 3"):
        found: Format | None = "sqlite"
    elif head.startswith(b"PAR1"):
        found = "parquet"
    else:
        found = _ENDINGS.get(ending.lower())
    if found is None:
        raise IntakeError(
            f"The file's ending '{ending or path.name}' is of no known format.",
            place=place,
            right=_FORMATS_READ,
        )
    _check(found, head, place)
    return DataFile(path, found, compression, stem)


def _is_text(path: Path) -> bool:
    """Whether the path can be said to the engine; a Linux file system takes any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(found: Format, head: bytes, place: Place) -> None:
    if found == "parquet" and not head.startswith(b"PAR1"):
        raise IntakeError("The file is called Parquet and is none.", place=place, right=_FORMATS_READ)
    if found == "sqlite" and not head.startswith(b"SQLite format 3"):
        raise IntakeError("The file is called SQLite and is none.", place=place, right=_FORMATS_READ)


def read_head(path: Path, compression: Compression, size: int) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        IntakeError: The file cannot be read, or its compression is broken.
    """
    try:
        with open_bytes(path, compression) as stream:
            return bytes(stream.read(size))
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise unreadable(error, Place(str(path))) from error


def open_bytes(path: Path, compression: Compression) -> pa.NativeFile:
    """The file's content as a stream of bytes, unpacked."""
    return pa.input_stream(
        str(path), compression={"gzip": "gzip", "zstd": "zstd"}.get(compression), buffer_size=1 << 20
    )


def unreadable(error: BaseException, place: Place) -> IntakeError:
    """What to tell a person about a file that the machine cannot read."""
    text = str(error)
    if isinstance(error, PermissionError):
        return IntakeError("The file may not be read.", place=place, right="Check its permissions.")
    if re.search(r"trunc|unexpected end|end of (file|gzip|stream)|premature|incomplete", text, re.IGNORECASE):
        return IntakeError("The file is cut short.", place=place, right="Copy or download it again.")
    if re.search(r"gzip|zlib|inflate|zstd|decompress", text, re.IGNORECASE):
        return IntakeError("The file's compression is broken.", place=place, right="Copy or download it again.")
    reason = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return IntakeError("The file cannot be read.", place=place, right=f"The system says: {reason}")
