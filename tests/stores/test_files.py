"""Finding files: what holds data, what lies beside it, and what a table is called."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from momentwise.errors import IntakeError
from momentwise.stores.files import base_of, find_files

CSV = "who,when,what\na,2024-01-01,view\n"


def write(folder: Path, *names: str) -> None:
    """Small CSV files of these names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(CSV.encode()) if name.endswith(".gz") else CSV.encode())


def test_a_folder_gives_its_files_in_order(tmp_path: Path) -> None:
    """Files in folders below count too."""
    write(tmp_path, "b.csv", "a.csv.gz", "more/c.tsv")
    assert ["a", "b", "c"] == [file.stem for file in find_files([str(tmp_path)], [])]


def test_what_holds_no_data_is_left_out_and_said(tmp_path: Path) -> None:
    """Readmes, settings and hidden files lie beside data."""
    write(tmp_path, "a.csv", "README.md", "sources.yaml", "_SUCCESS", ".hidden.csv", "notes.txt")
    notes: list[str] = []
    assert ["a"] == [file.stem for file in find_files([str(tmp_path)], notes)]
    assert notes == ["Left out, no data: .hidden.csv, README.md, _SUCCESS, notes.txt, sources.yaml."]


def test_a_glob_gives_what_it_matches(tmp_path: Path) -> None:
    """Only the files of the pattern."""
    write(tmp_path, "log-1.csv", "log-2.csv", "other.csv")
    assert ["log-1", "log-2"] == [file.stem for file in find_files([str(tmp_path / "log-*.csv")], [])]


def test_a_file_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    """A folder and a file in it are no two tables."""
    write(tmp_path, "a.csv")
    assert len(find_files([str(tmp_path), str(tmp_path / "a.csv")], [])) == 1


def test_compression_is_seen_in_the_bytes(tmp_path: Path) -> None:
    """A name that ends in .gz makes no gzip file."""
    (tmp_path / "a.csv.gz").write_text(CSV)
    assert [""] == [file.compression for file in find_files([str(tmp_path)], [])]


@pytest.mark.parametrize(
    ("stem", "base"),
    [
        ("orders", "orders"),
        ("nyc311_2026-04-13_1a5bff5", "nyc311"),
        ("part-00000", "part"),
        ("part-00000-9d1f0a3c-5b6e-4f0e-9a51-000000000000-c000", "part"),
        ("events_20240131", "events"),
        ("events.2024-01", "events"),
        ("log 3", "log"),
        ("2024-01-31", ""),
        ("sales_q1", "sales"),
        ("sample15k", "sample15k"),
    ],
)
def test_what_tells_parts_apart_is_no_name(stem: str, base: str) -> None:
    """Dates, numbers and hashes at the end go."""
    assert base == base_of(stem)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "The file is empty."),
        ("a.foo", b"abc", "The file's ending '.foo' is of no known format."),
        ("a.csv", b"PK\x03\x04rest", "The file is a ZIP archive or an Excel workbook, not a table."),
        ("a.csv", b"%PDF-1.7", "The file is a PDF, not a table."),
        ("a.parquet", b"who,when\n", "The file is called Parquet and is none."),
        ("a.sqlite", b"who,when\n", "The file is called SQLite and is none."),
        ("a.csv.gz", gzip.compress(CSV.encode())[:12], "The file is cut short."),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """The error names the file and what it is."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IntakeError) as caught:
        find_files([str(tmp_path)], [])
    assert f"{tmp_path / name}: {message}" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.csv", "There is no such file or folder."),
        ("*.parquet", "No file matches."),
        (".", "The folder holds no data."),
    ],
)
def test_a_path_without_data_is_named(tmp_path: Path, path: str, message: str) -> None:
    """The error names the path as it was given."""
    with pytest.raises(IntakeError, match=message):
        find_files([str(tmp_path / path)], [])


def test_one_bad_file_among_good_ones_is_named(tmp_path: Path) -> None:
    """Nothing is skipped without a word."""
    write(tmp_path, "a.csv", "c.csv")
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(IntakeError, match=r"b\.xlsx: The file is a ZIP archive or an Excel workbook"):
        find_files([str(tmp_path)], [])
