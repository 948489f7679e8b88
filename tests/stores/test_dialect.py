"""How text files are written: delimiters, quotes, headers, encodings and line ends."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from momentwise.define.source import MISSING_WORDS
from momentwise.errors import IntakeError
from momentwise.stores.dialect import Dialect, csv_options, find_dialect, has_one_line_end, rewrite_as_utf8
from momentwise.stores.files import DataFile

ROWS = "who,when,what\n" + "".join(f"u{i},2024-01-0{i},view\n" for i in range(1, 9))


def file_of(folder: Path, content: str | bytes) -> DataFile:
    """A file with this content."""
    path = folder / "log.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return DataFile(path, "csv", "", "log")


def read(file: DataFile, dialect: Dialect) -> list[tuple[str | None, ...]]:
    """The rows as the engine reads them."""
    with duckdb.connect() as con:
        options = csv_options(dialect, file.compression, MISSING_WORDS, "rejects")
        return con.execute(f"SELECT * FROM read_csv('{file.path}', {options})").fetchall()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    """Each of the four is told from the others."""
    file = file_of(tmp_path, ROWS.replace(",", delimiter))
    assert delimiter == find_dialect(file).delimiter


def test_decimal_commas_do_not_hide_semicolons(tmp_path: Path) -> None:
    """A comma in every row is no delimiter where semicolons part more columns."""
    file = file_of(tmp_path, "Kunde;Zeit;Betrag\n" + "".join(f"k{i};31.01.2024;{i},50\n" for i in range(20)))
    assert (";", ("Kunde", "Zeit", "Betrag")) == (find_dialect(file).delimiter, find_dialect(file).columns)


def test_a_file_without_a_header_gets_names(tmp_path: Path) -> None:
    """A first row that holds values is a row."""
    dialect = find_dialect(file_of(tmp_path, ROWS.split("\n", 1)[1]))
    assert (False, ("column1", "column2", "column3")) == (dialect.has_header, dialect.columns)


def test_columns_without_a_name_and_twice_the_same_get_their_own(tmp_path: Path) -> None:
    """All names are different."""
    dialect = find_dialect(file_of(tmp_path, ",a,A,b c\n1,2,3,4\n5,6,7,8\n"))
    assert ("column1", "a", "A_2", "b c") == dialect.columns


def test_titles_above_the_table_are_not_read(tmp_path: Path) -> None:
    """A report's name is no header."""
    dialect = find_dialect(file_of(tmp_path, "Report of May\n" + ROWS))
    assert (1, ("who", "when", "what")) == (dialect.skip, dialect.columns)


@pytest.mark.parametrize("above", ["\n", "\n\n", "Report of May\n\n"])
def test_blank_lines_above_the_table_are_not_read(tmp_path: Path, above: str) -> None:
    """Rows are the same and are numbered from the header on."""
    file = file_of(tmp_path, above + ROWS)
    assert [f"u{i}" for i in range(1, 9)] == [row[0] for row in read(file, find_dialect(file))]


def test_names_of_rows_without_a_name_above_are_a_column(tmp_path: Path) -> None:
    """R leaves out the first name of the header."""
    dialect = find_dialect(file_of(tmp_path, "a,b\nr1,1,2\nr2,3,4\n"))
    assert ("column1", "a", "b") == dialect.columns


def test_a_sign_at_the_end_of_every_row_is_a_column(tmp_path: Path) -> None:
    """Rows with one delimiter too many are no rows with a name too few."""
    dialect = find_dialect(file_of(tmp_path, "a,b\n1,2,\n3,4,\n"))
    assert ("a", "b", "column3") == dialect.columns


def test_rows_that_leave_out_their_last_columns_are_filled(tmp_path: Path) -> None:
    """Where it is the file's habit, a short row is whole."""
    file = file_of(tmp_path, "a,b,c\n" + "1,2\n3,4,5\n" * 10)
    dialect = find_dialect(file)
    assert (True, ("1", "2", None)) == (dialect.ragged, read(file, dialect)[0])


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_found_and_read(tmp_path: Path, encoding: str, found: str) -> None:
    """Every letter comes through."""
    file = file_of(tmp_path, ROWS.replace("view", "Käufe €").encode(encoding))
    dialect = find_dialect(file)
    assert found == dialect.encoding
    copy = file if found == "utf-8" else rewrite_as_utf8(file, dialect.encoding, tmp_path, dialect)
    assert {"Käufe €"} == {row[2] for row in read(copy, dialect)}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_sort_of_line_end_needs_no_copy(tmp_path: Path, end: str) -> None:
    """Unix, Windows and old Mac files are read as they are."""
    file = file_of(tmp_path, ROWS.replace("\n", end))
    assert has_one_line_end(file)
    assert len(read(file, find_dialect(file))) == 8


@pytest.mark.parametrize("mixed", ["\r\n", "\r"])
def test_mixed_line_ends_are_seen_and_made_one(tmp_path: Path, mixed: str) -> None:
    """No row and no letter is lost."""
    file = file_of(tmp_path, ROWS.replace("\n", mixed, 4))
    assert not has_one_line_end(file)
    dialect = find_dialect(file)
    assert [f"u{i}" for i in range(1, 9)] == [
        row[0] for row in read(rewrite_as_utf8(file, dialect.encoding, tmp_path, dialect), dialect)
    ]


def test_a_stray_return_inside_a_text_is_a_blank(tmp_path: Path) -> None:
    """What it parts are no whole rows, so it ends none."""
    file = file_of(tmp_path, ROWS + "u9,2024-01-09,torn\r\rapart\n")
    dialect = find_dialect(file)
    assert ("u9", "2024-01-09", "torn apart") == read(
        rewrite_as_utf8(file, dialect.encoding, tmp_path, dialect), dialect
    )[-1]


def test_backslashes_before_quotes_are_read(tmp_path: Path) -> None:
    """Some exports escape a quote so; a value that ends in a backslash is none of them."""
    file = file_of(tmp_path, 'who,when,what\nu1,2024-01-01,"say \\"hi\\" twice"\nu2,2024-01-01,"x"\n')
    assert 'say "hi" twice' == read(file, find_dialect(file))[0][2]
    file = file_of(tmp_path, 'who,when,what\nu1,2024-01-01,"C:\\"\nu2,2024-01-01,"x"\n')
    assert ["C:\\", "x"] == [row[2] for row in read(file, find_dialect(file))]


def test_ends_inside_quotes_are_kept(tmp_path: Path) -> None:
    """A comment of two lines is one value."""
    file = file_of(tmp_path, 'who,when,what\nu1,2024-01-01,"two\nlines"\nu2,2024-01-01,x\n')
    assert "two\nlines" == read(file, find_dialect(file))[0][2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n\n \n", "The file is empty."),
        ("who,when,what\n", "The file has a header and no rows."),
        (bytes(range(256)) * 20, "The file is not text."),
        ("a,b\n1,\0\n" * 50, "The file is not text."),
    ],
)
def test_what_is_no_table_of_rows_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    """The error names the file and what is wrong."""
    with pytest.raises(IntakeError, match=message):
        find_dialect(file_of(tmp_path, content))


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    """The engine would drop it without a word."""
    file = file_of(tmp_path, ROWS + "u9,2024-01-09," + "x" * (33 << 20) + "\n")
    with pytest.raises(IntakeError, match="A line is longer than 32 MB"):
        has_one_line_end(file)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from('",;\n'), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), delimiter=st.sampled_from(",;\t|"))
def test_any_table_that_is_written_is_read(tmp_path: Path, cells: list[tuple[str, str]], delimiter: str) -> None:
    """Every value comes back, whatever signs it holds."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["id", "first", "second"])
    writer.writerows([f"k{i}", *row] for i, row in enumerate(cells))
    file = file_of(tmp_path, out.getvalue())
    expected = [(f"k{i}", *(None if cell in MISSING_WORDS else cell for cell in row)) for i, row in enumerate(cells)]
    assert expected == read(file, find_dialect(file))
