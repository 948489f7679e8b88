"""The command line as a person meets it: help, checks, proposals, rows, timelines and pipes."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from momentwise.cli.progress import LiveProgress
from momentwise.define.library import playbook_names, playbook_text
from tests.conftest import PAY, SOURCES, Command, Run, command, pay_rows

COMMANDS = ("audit", "check", "demo", "discover", "playbooks", "rows", "signals", "simulate", "sources", "timeline")


@pytest.fixture
def results(run: Run, shop: Command, out: Path) -> Path:
    """The results of fifty customers who paid and one whose click is still open."""
    said = run(*shop(pay_rows(50) + "late,2026-01-01 10:50:00,pay_clicked\n"))
    assert said.code == 0, said.text
    return out


@pytest.mark.parametrize("asked", [[], ["--help"], ["-h"]])
def test_help(run: Run, asked: list[str]) -> None:
    """Without a word, or asked for help, every command is listed with what it does."""
    said = run(*asked)
    assert said.code == (0 if asked else 2)
    assert "Find the small moments in which customers decide to trust or to leave." in said.text
    for name in COMMANDS:
        assert f"\n  {name} " in said.text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(run: Run, name: str) -> None:
    """Every command and every option says what it is for."""
    said = run(name, "--help")
    assert said.code == 0
    assert f"Usage: main {name}" in said.text
    options = said.text.split("Options:")[1].split("\n\n")[0].strip().splitlines()
    assert all(len(line.split("  ")) > 1 for line in options), options


def test_version(run: Run) -> None:
    """The version is that of the package."""
    assert run("--version").out == f"momentwise {version('momentwise')}\n"


@pytest.mark.parametrize(
    "words", [["audti"], ["audit"], ["rows"], ["rows", ".", "--limit", "-1"], ["rows", ".", "--format", "xml"]]
)
def test_a_wrong_command(run: Run, words: list[str]) -> None:
    """A word that is no command or option, or one that is missing, is named with the usage."""
    said = run(*words)
    assert said.code == 2
    assert "Usage: " in said.text
    assert "Error: " in said.text


def test_check(run: Run, tmp_path: Path) -> None:
    """A playbook without mistakes is printed as a plan, with its fingerprint."""
    (tmp_path / "mine.yaml").write_text(PAY)
    said = run("check", tmp_path / "mine.yaml")
    assert said.code == 0
    assert "pay" in said.out
    assert "\n1 moment, " in said.out
    assert "No mistakes. Fingerprint " in said.out


@pytest.mark.req("D21")
def test_check_suggests_an_archetype(run: Run, tmp_path: Path) -> None:
    """Where a moment's words speak for another archetype it says so with the reason; a person decides."""
    path = tmp_path / "mine.yaml"
    path.write_text(PAY)
    assert "archetype:" not in run("check", path).out
    path.write_text(PAY.replace("moment: pay", "moment: recommend-to-friends"))
    said = run("check", path)
    assert said.code == 0
    assert "archetype: recommend-to-friends is declared friction; its words suggest social. " in said.out
    assert "The customer speaks of you to others: recommend, friends.\n" in said.out


@pytest.mark.parametrize("name", playbook_names())
def test_check_a_ready_playbook(run: Run, name: str) -> None:
    """Every ready playbook is without mistakes, by its name."""
    said = run("check", name)
    assert said.code == 0
    assert "No mistakes." in said.out


def test_check_with_mistakes(run: Run, tmp_path: Path) -> None:
    """Every mistake stands on a line of its own with file, line and what would be right."""
    path = tmp_path / "mine.yaml"
    path.write_text(PAY.replace("buy", "by").replace("escalate", "escalat"))
    said = run("check", path)
    assert said.code == 2
    assert f"error: {path}:2: The intent is 'by'. It is one of: know, go, do, buy, feel-seen." in said.text
    assert f"error: {path}:7: 'escalat' is not known here. Did you mean 'escalate'?" in said.text
    assert said.text.endswith("2 mistakes; nothing was run.\n")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"", "No moment is declared here."),
        (b"\xff\xfe\xfa", "The file is not UTF-8 text."),
        (b"moment: a\n\tintent: buy\n", "This is not YAML"),
        (b"moment: [\n", "This is not YAML"),
        (b"a\0b", "This is not YAML"),
        (b"[]\n", "This document is no moment."),
        (b"moment: &a [*a]\n", ""),
        (b"? {a: b}\n: c\n", ""),
    ],
)
def test_check_what_is_no_playbook(run: Run, tmp_path: Path, content: bytes, wrong: str) -> None:
    """Whatever a file holds, what is wrong with it is said."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    said = run("check", path)
    assert said.code == 2
    assert f"error: {path}" in said.text
    assert wrong in said.text


def test_check_a_folder(run: Run, tmp_path: Path) -> None:
    """A folder of playbooks is one playbook; an empty one is none."""
    assert "The folder holds no playbook." in run("check", tmp_path).text
    (tmp_path / "one.yaml").write_text(PAY)
    (tmp_path / "two.yaml").write_text(PAY.replace("moment: pay", "moment: pay-again"))
    assert "2 moments" in run("check", tmp_path).out


def test_playbooks(run: Run) -> None:
    """The ready playbooks are listed with their moments, and one is printed exactly as it is."""
    said = run("playbooks")
    assert said.code == 0
    for name in playbook_names():
        assert name in said.out
    shown = run("playbooks", "show", "retail")
    assert (0, playbook_text("retail")) == (shown.code, shown.out)


def test_a_playbook_that_is_not_shipped(run: Run) -> None:
    """A name that is nearly right is answered with the right one."""
    said = run("playbooks", "show", "retial")
    assert said.code == 2
    assert "No playbook 'retial' is shipped. Did you mean 'retail'?" in said.text


def test_a_proposal_is_written_and_used(run: Run, tmp_path: Path) -> None:
    """The proposal for a log of unknown columns is a mapping that an audit takes, also when it goes to the terminal."""
    log = tmp_path / "protokoll.csv"
    log.write_text(pay_rows(30, header="kunde,zeitpunkt,ereignis\n"))
    (tmp_path / "p.yaml").write_text(PAY)
    printed = run("sources", log)
    assert printed.code == 0
    said = run("sources", log, "--out", tmp_path / "s.yaml")
    assert said.code == 0
    assert f"Written to {tmp_path}/s.yaml: 1 sources." in said.text
    assert printed.out == (tmp_path / "s.yaml").read_text()
    said = run(
        "audit", log, "--sources", tmp_path / "s.yaml", "--playbook", tmp_path / "p.yaml", "--out", tmp_path / "out"
    )
    assert said.code == 0, said.text
    assert "60 events of 30 customers" in said.text


def test_a_proposal_is_not_written_over(run: Run, tmp_path: Path) -> None:
    """A file that is there stays; a place that cannot be written is named."""
    (tmp_path / "events.csv").write_text(pay_rows(30))
    (tmp_path / "s.yaml").write_text("mine")
    said = run("sources", tmp_path / "events.csv", "--out", tmp_path / "s.yaml")
    assert (2, "mine") == (said.code, (tmp_path / "s.yaml").read_text())
    assert "is there already. Choose another name, or remove it first." in said.text
    said = run("sources", tmp_path / "events.csv", "--out", tmp_path / "nowhere" / "s.yaml")
    assert said.code == 2
    assert "Nothing can be written here: No such file or directory." in said.text


def test_an_edited_mapping_is_kept_word_for_word(run: Run, shop: Command, out: Path) -> None:
    """The mapping that an audit leaves can be edited and given to the next one; its comments stay."""
    words = shop(pay_rows(9), sources="")
    assert run(*words).code == 0
    edited = "# Ours, looked at on Monday.\n" + (out / "sources.yaml").read_text()
    (out / "sources.yaml").write_text(edited)
    assert run(*words, "--sources", out / "sources.yaml").code == 0
    assert edited == (out / "sources.yaml").read_text()


def test_rows_as_a_table(run: Run, results: Path) -> None:
    """Rows are printed to read, one per line however narrow the place, with how many there are."""
    said = run("rows", results, "--limit", "3")
    assert said.code == 0
    header, *rows, last = said.out.splitlines()
    assert header.split()[:3] == ["customer", "moment", "version"]
    assert [row.split()[0] for row in rows] == ["c0", "c1", "c2"]
    assert last.strip() == "3 of 51 rows; --limit 0 prints all."


def test_rows_as_csv_and_json(run: Run, results: Path) -> None:
    """CSV and JSON lines hold the same rows, all of them with a limit of 0."""
    written = list(csv.DictReader(io.StringIO(run("rows", results, "--limit", "0", "--format", "csv").out)))
    said = [json.loads(line) for line in run("rows", results, "--limit", "0", "--format", "json").out.splitlines()]
    assert len(written) == len(said) == 51
    assert [row["customer"] for row in written] == [row["customer"] for row in said]
    assert {"excess_steps", "duration_seconds", "outcome"} < set(written[0]) == set(said[0])


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--where", "outcome = 'open'"], 1),
        (["--where", "outcome = 'completed'", "--moment", "pay"], 50),
        (["--where", "customer = 'c1' OR customer = 'c2'", "--moment", "nothing"], 0),
        (["--where", "true -- and nothing after"], 51),
        (["--moment", "' OR true --"], 0),
        (["--table", "rejected"], 0),
        (["--table", "signals"], 0),
    ],
)
def test_rows_by_a_condition(run: Run, results: Path, options: list[str], count: int) -> None:
    """Conditions, moments and tables choose rows, and nothing in them reaches further."""
    said = run("rows", results, "--limit", "0", "--format", "json", *options)
    assert (0, count) == (said.code, len(said.out.splitlines()))


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (["--where", "outcom = 'open'"], "The condition `outcom = 'open'` cannot be used"),
        (["--where", "outcome = 'open"], "cannot be used"),
        (["--where", "true); DROP TABLE occurrences; --"], "cannot be used"),
        (["--table", "occurences"], "There is no table 'occurences'. Did you mean 'occurrences'?"),
        (["--table", "rejected", "--moment", "pay"], "Rows of rejected belong to no moment."),
        (["--limit", "99999999999999999999999"], "cannot be used"),
    ],
)
def test_rows_that_cannot_be_chosen(run: Run, results: Path, options: list[str], wrong: str) -> None:
    """A condition that is none is repeated with the columns that there are."""
    said = run("rows", results, *options)
    assert said.code == 2
    assert wrong in said.text


@pytest.mark.parametrize("name", ["rows", "timeline"])
def test_no_results(run: Run, results: Path, tmp_path: Path, name: str) -> None:
    """A folder without a finished audit, or with a damaged one, is named."""
    options = ["--customer", "c1"] if name == "timeline" else []
    for folder in (tmp_path, tmp_path / "nowhere", results / "run.json"):
        said = run(name, folder, *options)
        assert said.code == 2
        assert f"error: {folder}: There is no finished audit here." in said.text
    for damaged in ("occurrences.parquet", "run.json"):
        (results / damaged).write_bytes(b"{")
    said = run(name, results, *options)
    assert said.code == 2
    assert "The results are damaged. Run the audit again into this folder." in said.text


def test_timeline(run: Run, results: Path) -> None:
    """One customer's events in order; an unknown customer is named."""
    said = run("timeline", results, "--customer", "c7", "--format", "csv")
    assert [("pay_clicked", "10:07:00"), ("paid", "10:07:30")] == [
        (row["event"], row["at"][11:19]) for row in csv.DictReader(io.StringIO(said.out))
    ]
    assert "1 of 2 rows" in run("timeline", results, "--customer", "c7", "--limit", "1").out
    said = run("timeline", results, "--customer", "nobody")
    assert (2, True) == (said.code, "There is no event of a customer 'nobody'." in said.text)


def test_timeline_from_another_place(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that were named by a relative path are found again from anywhere; once they are gone, that is said."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "events.csv").write_text(pay_rows(9))
    (tmp_path / "playbook.yaml").write_text(PAY)
    monkeypatch.chdir(tmp_path)
    assert run("audit", "data", "--playbook", "playbook.yaml").code == 0
    monkeypatch.chdir("/")
    assert run("timeline", tmp_path / "momentwise-out", "--customer", "c1").code == 0
    (tmp_path / "data" / "events.csv").unlink()
    said = run("timeline", tmp_path / "momentwise-out", "--customer", "c1")
    assert (2, True) == (said.code, f"error: {tmp_path}/data: The folder holds no data." in said.text)


def test_quiet(run: Run, shop: Command) -> None:
    """Told to be quiet, an audit says nothing where nothing is wrong."""
    assert run(*shop(pay_rows(9)), "--quiet").text == ""


def test_the_summary_says_where_the_rest_is(run: Run, shop: Command, out: Path) -> None:
    """The last line names the report, or the folder where none was asked for."""
    words = shop(pay_rows(9))
    assert f"Report  {out}/report.html" in run(*words).text
    said = run(*words, "--no-report")
    assert f"Results  {out}" in said.text
    assert "report.html" not in said.text


def test_a_source_with_brackets_in_its_name() -> None:
    """A stage called like a colour is drawn as it is written."""
    from rich.console import Console

    drawn = io.StringIO()
    with LiveProgress(Console(file=drawn, force_terminal=True, width=100)) as progress:
        progress.begin("Read [/red] orders [bold]", None)
    assert "Read [/red] orders [bold]" in drawn.getvalue()


def test_the_command_is_recorded_without_a_password(run: Run, tmp_path: Path) -> None:
    """An address with a password that leads nowhere is repeated without it."""
    said = run("audit", "postgresql://ann:hunter2@127.0.0.1:1/shop", "--out", tmp_path / "out")
    assert said.code == 2
    assert "hunter2" not in said.text


@pytest.mark.parametrize("options", [["--format", "csv"], ["--format", "json"], ["--format", "table"]])
def test_a_pipe_that_is_closed_early(run: Run, shop: Command, out: Path, options: list[str]) -> None:
    """Whoever reads only the first line, as `head` does, sees it and no error."""
    assert run(*shop(pay_rows(4_000), playbook=PAY)).code == 0
    for words in (["rows", out, "--limit", "0", *options], ["playbooks", "show", "retail"]):
        line = f"{shlex.join(command(words))} | head -1"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line], capture_output=True, check=False, text=True, timeout=60
        )
        assert done.stderr == ""
        assert done.stdout.count("\n") == 1
        assert done.returncode in (0, 1)


def test_a_reader_that_is_gone_at_once(results: Path) -> None:
    """Output that nobody takes ends quietly, also where it is short."""
    for words in (["rows", results, "--limit", "1"], ["check", "retail"], ["playbooks"], ["--help"]):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(command(words), stdout=write, stderr=subprocess.PIPE, check=False, text=True, timeout=60)
        os.close(write)
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    "words", [["check", "retail"], ["rows", "{out}", "--format", "csv"], ["rows", "{out}"], ["playbooks"]]
)
def test_no_output_at_all(results: Path, words: list[str]) -> None:
    """A program that is started without an output ends well."""
    line = shlex.join(command([word.format(out=results) for word in words]))
    done = subprocess.run(["bash", "-c", f"{line} >&-"], capture_output=True, check=False, text=True, timeout=60)
    assert (0, "") == (done.returncode, done.stderr)


def test_a_pipe_in_the_place_of_a_file(run: Run, shop: Command, tmp_path: Path) -> None:
    """A named pipe is not waited for."""
    os.mkfifo(tmp_path / "pipe.csv")
    said = run("audit", tmp_path / "pipe.csv", "--out", tmp_path / "out")
    assert (2, True) == (said.code, "This is no file but a pipe or a device." in said.text)


def test_a_terminal_that_knows_ascii_only(spawn: Run, shop: Command, out: Path) -> None:
    """Signs that the terminal lacks are replaced; nothing breaks."""
    bare = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    said = spawn(*shop(pay_rows(9).replace("c1,", "Jürgen 🙂,"), sources=""), env=bare)
    assert said.code == 0, said.text
    assert spawn("rows", out, env=bare).code == 0
    assert spawn("playbooks", "show", "retail", env=bare).code == 0


def test_a_path_that_is_no_text(spawn: Run, shop: Command, tmp_path: Path) -> None:
    """A path of bytes that are no UTF-8 is refused with a message."""
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    Path(os.fsdecode(folder)).mkdir()
    Path(os.fsdecode(folder), "events.csv").write_text(pay_rows(9))
    (tmp_path / "playbook.yaml").write_text(PAY)
    said = spawn("audit", os.fsdecode(folder), "--playbook", tmp_path / "playbook.yaml", "--out", tmp_path / "out")
    assert (2, True) == (said.code, "The file's path is no UTF-8 text. Rename it." in said.text)
    words = shop(pay_rows(9))
    assert "The folder's path is no UTF-8 text." in spawn(*words, "--out", os.fsdecode(folder) + "/out").text


def test_the_same_from_anywhere(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative and absolute paths, globs and folders name the same data."""
    folder = tmp_path / "ein Ordner"
    (folder / "deep").mkdir(parents=True)
    (folder / "events_1.csv").write_text(pay_rows(20))
    (folder / "deep" / "events_2.csv").write_text(pay_rows(20).replace("\nc", "\nd"))
    (tmp_path / "s.yaml").write_text(SOURCES)
    (tmp_path / "p.yaml").write_text(PAY)
    monkeypatch.chdir(tmp_path)
    for place, path in enumerate(
        ("ein Ordner", folder, f"{folder}/", "ein Ordner/**/*.csv", "./ein Ordner/../ein Ordner")
    ):
        said = run("audit", path, "--sources", "s.yaml", "--playbook", "p.yaml", "--out", f"out {place}")
        assert said.code == 0, said.text
        assert "80 events of 40 customers" in said.text


def test_run_json_says_what_was_run(results: Path) -> None:
    """The record of the run holds counts, settings, versions, paths and seconds per stage."""
    record = msgspec.json.decode((results / "run.json").read_bytes())
    assert (101, 51, 51) == (record["events"], record["customers"], record["occurrences"])
    assert [str(results.parent / "events.csv")] == record["paths"]
    assert {"open", "read", "match", "findings", "report", "total"} <= set(record["seconds"])
    assert {"momentwise", "python", "duckdb", "pyarrow"} <= set(record["versions"])
    assert sys.version.split()[0] == record["versions"]["python"]
