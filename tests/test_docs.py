"""The documentation is true: every block runs, every table equals the code, every link leads somewhere.

Each page runs by itself, from top to bottom, in an empty folder, by the language of its blocks:

- `python` is executed, all blocks of a page in one namespace;
- `console` and `sh`: each `momentwise` command must exit with 0, each `make` target must exist;
- `yaml` is read as moments or as sources, by what it says;
- `<!-- file: NAME -->` on the line above a block writes the block to that file for the blocks that follow;
- `<!-- prints: LINES -->` above a `text` block: the command before it prints these lines, spaces aside;
- `<!-- needs: ../shared -->` marks blocks that run from the repository on the shared data, and are skipped without them.

`python tests/test_docs.py` writes the commands' help into docs/cli.md again.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import click
import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from momentwise.cli import main
from momentwise.define.event import CHANNELS
from momentwise.define.finding import Estimate, Finding, MomentSummary
from momentwise.define.occurrence import FLOW_SCHEMA, OCCURRENCE_SCHEMA, SIGNAL_SCHEMA, with_properties
from momentwise.define.reading import parse_playbook
from momentwise.define.reading_signals import standard_signals
from momentwise.define.reading_sources import parse_sources

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
SHARED = ROOT.parent / "shared"

# The shop of the documentation is large, so that it shows everything; where a page only needs a shop, this one does.
SMALL_SHOP = ["simulate", "shop", "--customers", "600", "--days", "60", "--out"]

A_MOMENT = "\n---\nmoment: some\nintent: do\nstage: decision\narchetype: friction\nstart: a\ncomplete: b\n"

_FENCE = re.compile(
    r"(?:<!-- (?P<mark>file|needs|prints): (?P<what>\S+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HELP = re.compile(
    r"(?<=^## )(?P<command>momentwise[a-z ]*)\n(?P<prose>.*?)^```text\n.*?^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line where it begins, and the mark above it."""

    language: str
    text: str
    line: int
    file: str = ""
    needs: str = ""
    prints: str = ""


def read_blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        marks = {str(match["mark"]): str(match["what"])} if match["mark"] else {}
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(match["language"], match["text"], line, **marks))
    return found


def name_of(page: Path) -> str:
    """The page, as the tests call it."""
    return str(page.relative_to(ROOT))


def commands_of(block: Block) -> Iterator[list[str]]:
    """The commands of a console block, as words."""
    for line in block.text.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words and words[0] in ("momentwise", "make"):
            yield words


def run_command(words: list[str], place: str) -> str:
    """Run `momentwise …`, or see that a `make` target is there; returns what it printed."""
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(words[1])}:", makefile, re.MULTILINE), f"{place}: no target '{words[1]}'"
        return ""
    words, target = (words[: words.index(">")], words[words.index(">") + 1]) if ">" in words else (words, "")
    if words[1] == "audit" and ("start.md" not in place or Path("results").exists()):
        words = [*words, "--no-report"]  # one report is proof enough, and drawing takes half of the time
    if words[1] == "demo" and "start.md" not in place:
        words = [words[0], *SMALL_SHOP, *words[2:]]
    done = CliRunner().invoke(main, words[1:], prog_name="momentwise")
    assert done.exit_code == 0, f"{place}: {shlex.join(words)}\n{done.output}\n{done.exception!r}"
    if target:
        Path(target).write_bytes(done.stdout_bytes)
    return done.output


def read_yaml(text: str, place: str) -> None:
    """Read a block as moments or as sources; raises where it has a mistake."""
    if re.search(r"^sources:", text, re.MULTILINE):
        parse_sources(text, place)
    elif re.search(r"^(signals|efforts|segments):", text, re.MULTILINE) and "moment:" not in text:
        parse_playbook([(place, text + A_MOMENT)])
    else:
        parse_playbook([(place, text)])


def run_block(block: Block, place: str, names: dict[str, object]) -> None:
    """Do with a block what its language asks for."""
    if block.file:
        Path(block.file).parent.mkdir(parents=True, exist_ok=True)
        Path(block.file).write_text(block.text, encoding="utf-8")
    if block.language == "python":
        exec(compile("\n" * block.line + block.text, place, "exec"), names)
    elif block.language == "yaml":
        read_yaml(block.text, place)
    elif block.language in ("console", "sh"):
        names["printed"] = "".join(run_command(words, place) for words in commands_of(block))
    elif block.prints:
        printed = {" ".join(line.split()) for line in str(names["printed"]).splitlines()}
        assert {" ".join(line.split()) for line in block.text.splitlines()} <= printed, f"{place}: not what is printed"
    else:
        assert block.file or block.language in ("text", "csv", "sql"), f"{place}: a block without a language"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who types what stands on a page gets no error."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": name_of(page)}
    for block in read_blocks(page):
        if not block.needs:
            run_block(block, f"{page}:{block.line}", names)


EXAMPLES = {
    Path(words[2]).name: words
    for page in PAGES
    for block in read_blocks(page)
    if block.needs
    for words in commands_of(block)
}


@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the shared data are not here")
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_runs_from_the_repository_and_gives_the_figures_of_the_docs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The examples' commands work as they stand, from the repository with the shared data beside it."""
    home = tmp_path / "repository"
    home.mkdir()
    (home / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "shared").symlink_to(SHARED)
    monkeypatch.chdir(home)
    run_command(EXAMPLES[name], name)
    said = msgspec.json.decode((home / "momentwise-out/findings.json").read_bytes(), type=Said)
    page = " ".join((ROOT / "docs/examples.md").read_text(encoding="utf-8").split())
    for figure in [*figures_of(name, said.moments[0]), *figures_found(name, said.findings)]:
        assert figure in page, figure


class Said(msgspec.Struct):
    """What findings.json says."""

    moments: list[MomentSummary]
    findings: list[Finding]


def figures_found(name: str, findings: list[Finding]) -> Iterator[str]:
    """The figures of an example's findings as docs/examples.md writes them."""
    if name != "sample15k":
        return
    late = findings[0]
    doses, months, states = late.splits[:3]
    for lateness, score in doses.parts:
        yield f"| {lateness.replace(' late', '')} | {score.value:.2f} | {score.n:,} |"
    for month, (_, share) in zip(("March 2018", "February 2018", "November 2017"), months.parts, strict=False):
        yield f"{month} ({100 * (share.value or 0):.1f} %"
    for state, share in states.parts[:2]:
        yield f"({state}, {100 * (share.value or 0):.1f} %)"
    for silence in findings:
        if silence.kind == "silence":
            half, tail = ((part.value or 0) / 86_400 for _, part in silence.splits[0].parts)
            yield f"**{half:.1f} days**, one in ten for **{tail:.1f} days** or longer"


def figures_of(name: str, moment: MomentSummary) -> Iterator[str]:
    """The figures of an example as docs/examples.md writes them, from what the audit has found."""
    ways = {ending.ending or ending.outcome: ending for ending in moment.endings}
    half, slow = (moment.durations[share].value or 0 for share in ("p50", "p90"))
    match name:
        case "sample15k":
            gap = next(gap for gap in moment.gaps if gap.worse == "late")
            late = ways["late"].of_outcome
            yield f"**{ways['late'].count:,} ({percent(late.value)} %, interval {percent(late.low)} to {percent(late.high)} %)**"
            yield f"**{gap.worse_mean.value:.3f}** on average (n {gap.worse_mean.n:,})"
            yield f"**{gap.better_mean.value:.3f}** (n {gap.better_mean.n:,})"
            found = f"**{gap.difference.value:.3f} [{gap.difference.low:.3f}, {gap.difference.high:.3f}]**"
            yield found.replace("-", "\u2212")
            yield f"**{half / 86_400:.2f} days**"
            yield f"{ways['cancelled'].count} orders were cancelled"
            yield f"{ways['abandoned'].count} never arrived within 200 days; {moment.open} were under way"
        case "nyc311_weekly":
            yield f"{moment.volume:,} requests, **{moment.open:,} open**"
            yield f"Of the {ways['request_closed'].count:,} closed ones the typical request took **{half / 60:.0f} minutes**"
        case "nycflights13":
            late, lost = ways["late"].of_outcome, moment.shares["failed"]
            yield f"**{ways['late'].count:,} of {late.n:,} departures ({percent(late.value)} %)**"
            yield f"**{ways['cancelled'].count:,} of {lost.n:,} ({percent(lost.value)} %)**"
            yield f"the typical wait is {half / 60:.0f} minutes"
        case "cfpb_sample":
            share = moment.shares["completed"]
            yield f"**{ways['on-time'].count} of {share.n:,} ({100 * (share.value or 0):.1f} %"
            yield f"interval {percent(share.low)} to {percent(share.high)} %)** were answered on time"
            yield f"{ways['late'].count} late, {ways['disputed'].count} disputed, {ways['abandoned'].count} are without"
        case "twcs_head":
            left = moment.shares["abandoned"]
            yield f"{moment.volume:,} questions; {ways['brand_replied'].count:,} were answered"
            yield f"**{half / 60:.2f} minutes**"
            yield f"one in ten waited {slow / 3_600:.1f} hours or longer"
            yield f"**{ways['abandoned'].count} of {left.n:,} ({percent(left.value)} %)**"
            yield f"{moment.open} questions are open"
        case _:
            raise AssertionError(f"no figures of {name} are held against the docs")


def percent(share: float | None) -> str:
    """A share as percent with two decimals."""
    return f"{100 * (share or 0):.2f}"


def table_below(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    rows = [line for line in text.split("\n## ", 1)[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def type_of(field: pa.Field) -> str:
    """A column's type, as results.md calls it."""
    if pa.types.is_dictionary(field.type):
        return "word"
    if pa.types.is_struct(field.type):
        return "struct"
    if pa.types.is_timestamp(field.type):
        assert field.type.tz == "UTC"
        return "instant"
    return {"string": "text", "double": "float64"}.get(str(field.type), str(field.type))


TABLES = {
    "## Occurrences": with_properties(OCCURRENCE_SCHEMA, ("device",)),
    "## Signals": with_properties(SIGNAL_SCHEMA, ("device",)),
    "## Flow": FLOW_SCHEMA,
}


@pytest.mark.parametrize(("heading", "schema"), TABLES.items(), ids=[heading[3:] for heading in TABLES])
def test_a_table_of_columns_equals_the_schema(heading: str, schema: pa.Schema) -> None:
    """Names, types and meanings of the columns stand in the docs as they stand in the files."""
    wanted = [[f"`{field.name}`", type_of(field), field.metadata[b"about"].decode()] for field in schema]
    assert wanted == table_below("results.md", heading)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that an audit of a very small log leaves, report included."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "log.csv").write_text("customer,at,event\nann,2026-01-01,a\nann,2026-01-02,b\nbob,2026-01-02,a\n")
    (folder / "sources.yaml").write_text("sources: {log: {customer: customer, at: at, event: event}}")
    (folder / "playbook.yaml").write_text(
        "{moment: m, intent: do, stage: decision, archetype: friction, start: a, complete: b}"
    )
    done = CliRunner().invoke(main, ["audit", str(folder), "--out", str(folder / "out"), "--quiet"])
    assert done.exit_code == 0, done.output
    return folder / "out"


@pytest.mark.parametrize(("heading", "name"), [("## Scores", "scores"), ("## Rejected rows", "rejected")])
def test_a_table_of_columns_equals_the_file(heading: str, name: str, results: Path) -> None:
    """Tables without a stated schema are held against a file that an audit wrote."""
    wanted = [[f"`{field.name}`", type_of(field)] for field in pq.read_schema(results / f"{name}.parquet")]
    assert wanted == [row[:2] for row in table_below("results.md", heading)]


def test_the_fields_of_findings_and_of_the_run_are_all_explained(results: Path) -> None:
    """The docs name every field of findings.json and of run.json, and none besides."""
    findings = {f"`{name}`" for name in Finding.__struct_fields__}
    estimates = {f"`{name}`" for name in Estimate.__struct_fields__}
    text = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    first, second, third = (set(re.findall(r"^\| (`\w+`) \|", part, re.MULTILINE)) for part in _thirds(text))
    assert findings == first
    assert estimates == second
    said = msgspec.json.decode((results / "findings.json").read_bytes())
    assert {"findings", "moments", "overview"} == set(said)
    assert {f"`{name}`" for name in said["overview"]} == third
    run = {f"`{name}`" for name in msgspec.json.decode((results / "run.json").read_bytes())}
    assert run == {row[0] for row in table_below("results.md", "## The record of the run")}


def _thirds(text: str) -> tuple[str, str, str]:
    part = text.split("\n## Findings\n", 1)[1].split("\n## ", 1)[0]
    first, rest = part.split("| Field of an estimate", 1)
    second, third = rest.split("| Part of the overview", 1)
    return first, second, third


def test_every_file_of_an_audit_is_explained(results: Path) -> None:
    """results.md lists the files that an audit leaves, and none besides."""
    text = (ROOT / "docs/results.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
    listed = set(re.findall(r"^\| \[?`([\w.]+)`", text, re.MULTILINE))
    assert listed == {path.name for path in results.iterdir()}


def test_the_channels_of_the_docs_are_those_of_the_code() -> None:
    """sources.md names every channel."""
    assert f"Channels that Momentwise knows: {', '.join(CHANNELS)}." in (ROOT / "docs/sources.md").read_text().replace(
        "\n", " "
    )


def commands() -> dict[str, click.Command]:
    """Every command by its whole name."""
    found: dict[str, click.Command] = {"momentwise": main}
    for name, command in main.commands.items():
        found[f"momentwise {name}"] = command
        for inner, below in getattr(command, "commands", {}).items():
            found[f"momentwise {name} {inner}"] = below
    return found


def help_of(command: str) -> str:
    """What `--help` of a command prints, on a terminal of 110 columns."""
    done = CliRunner().invoke(main, [*command.split()[1:], "--help"], prog_name="momentwise", terminal_width=110)
    assert done.exit_code == 0
    return done.output.strip()


def write_helps(page: str) -> str:
    """The page of commands with the real help in every block below a command's heading."""

    def real(match: re.Match[str]) -> str:
        return f"{match['command']}\n{match['prose']}```text\n{help_of(match['command'])}\n```"

    return _HELP.sub(real, page)


def test_the_page_of_commands_equals_their_help() -> None:
    """docs/cli.md has every command with its real help; `python tests/test_docs.py` writes it again."""
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert list(commands()) != []
    assert set(commands()) == {match["command"] for match in _HELP.finditer(page)}
    assert write_helps(page) == page


def links_of(page: Path) -> Iterator[str]:
    """The targets of a page's links, outside its blocks."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    yield from (unquote(match["target"]) for match in _LINK.finditer(text))


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


LINKED = [*PAGES, ROOT / "CHANGELOG.md"]


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link inside the repository names a file that is there, and a heading that is in it."""
    for target in links_of(page):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name_of(page)}: {target}"
        if anchor:
            assert anchor in anchors_of(file), f"{name_of(page)}: {target}"


def test_every_page_is_reached_from_the_readme() -> None:
    """No page is written for nobody."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        near = ((page.parent / target.partition("#")[0]).resolve() for target in links_of(page) if "://" not in target)
        waiting += [path for path in near if path.suffix == ".md" and path.is_file()]
    unreached = {page for page in PAGES if page not in seen and "examples" not in page.parts[:-2]}
    assert set() == {name_of(page) for page in unreached}


def test_no_page_names_a_machine() -> None:
    """Paths of somebody's machine do not belong into the docs."""
    for page in LINKED:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(work|root|tmp|home)/", text), name_of(page)


def test_the_readme_counts_the_signals() -> None:
    """It says how many there are, and so does the page of signals, row by row."""
    signals = [rule.name for rule in standard_signals().rules]
    assert f"[{len(signals)} of them](docs/signals.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert [f"`{name}`" for name in signals] == [row[0] for row in table_below("signals.md", "## All of them")]


def test_the_picture_of_the_readme_is_small() -> None:
    """It loads quickly: under 250 kB."""
    assert (ROOT / "docs/report.png").stat().st_size < 250_000


def test_duckdb_finds_the_tables_of_a_result(results: Path) -> None:
    """The files are plain Parquet, for whoever prefers SQL."""
    path = str(results / "occurrences.parquet")
    found = duckdb.sql("SELECT count(*) FROM read_parquet($path)", params={"path": path}).fetchall()
    assert found[0][0] > 0


if __name__ == "__main__":
    cli_page = ROOT / "docs/cli.md"
    cli_page.write_text(write_helps(cli_page.read_text(encoding="utf-8")), encoding="utf-8")
