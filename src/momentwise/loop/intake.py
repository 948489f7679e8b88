"""From paths to opened sources: opens the tables, reads or proposes the mapping, and finds a playbook where none is given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from momentwise.collect.mapping import EventsQuery, events_query, rejected_query, relation_of
from momentwise.collect.propose import propose
from momentwise.define.evaluate import quote_name
from momentwise.define.library import matching_moments
from momentwise.define.playbook import Playbook
from momentwise.define.reading import read_playbook
from momentwise.define.reading_sources import read_sources
from momentwise.define.source import Proposal, Source, Sources, TableFacts
from momentwise.errors import DefinitionError, IntakeError, Place
from momentwise.stores.explaining import explained
from momentwise.stores.tables import Tables, open_connection, open_tables

SOURCES_FILE = "sources.yaml"


@dataclass
class Intake:
    """Opened tables and the mapping that says what they mean.

    Args:
        connection: Where queries run.
        tables: Every table that was found.
        sources: The mapping in use.
        proposal: What was understood, where the mapping was proposed; `None` where it was given.
        now_us: The present, microseconds; later events are set aside.
        mapping: The file that the mapping was read from; `None` where it was proposed.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Tables
    sources: Sources
    proposal: Proposal | None
    now_us: int
    mapping: Path | None = None
    _facts: dict[str, dict[str, TableFacts]] = field(default_factory=dict)

    def facts(self, source: Source) -> dict[str, TableFacts]:
        """What is known of the tables of a source."""
        if source.name not in self._facts:
            self._facts[source.name] = self.tables.facts_for(source)
        return self._facts[source.name]

    def query(self, source: Source, wanted: Collection[str], kept: str = "true") -> EventsQuery:
        """The query that gives a source's events with the wanted fields, as far as the source has them.

        Args:
            source: The source.
            wanted: Names of fields.
            kept: See `events_query`.
        """
        return events_query(source, self.facts(source), wanted, zone=self.sources.zone, now_us=self.now_us, kept=kept)

    def rejected(self, source: Source, any_mapped: bool) -> str:
        """The query that lists a source's rows that were set aside."""
        mapped = ""
        if any_mapped:
            mapped = rejected_query(source, self.facts(source), zone=self.sources.zone, now_us=self.now_us)
        return self.tables.rejected_select(source, mapped)

    def count_rows(self, source: Source) -> int:
        """How many rows a source has, of each of which several events may be made."""
        self.facts(source)
        with explained(source.place):
            found = self.connection.execute(f"SELECT count(*) FROM {quote_name(relation_of(source))}").fetchall()
        return int(found[0][0])

    def event_names(self) -> dict[str, int]:
        """Every event name with its count, most frequent first; reads the sources once."""
        counts: dict[str, int] = {}
        for source in self.sources.sources:
            sql = self.query(source, ()).sql
            with explained(source.place):
                rows = self.connection.execute(
                    f"SELECT event, count(*) FROM ({sql}) WHERE reason = 0 GROUP BY event"
                ).fetchall()
            for name, count in rows:
                counts[name] = counts.get(name, 0) + count
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def open_intake(paths: Sequence[str], sources: Path | None, scratch: Path, now_us: int, *, memory: str = "") -> Intake:
    """Open everything that an audit reads.

    Args:
        paths: Files, folders, globs, SQLite files and `postgresql://` URLs.
        sources: The mapping; `None` to take the `sources.yaml` of the only folder, or to propose one.
        scratch: A folder for temporary files.
        now_us: The present, microseconds.
        memory: DuckDB's limit, as in `2GB`; empty for its own choice.

    Raises:
        IntakeError: Nothing can be read, or nothing is sure enough to go on.
        DefinitionErrors: The mapping has mistakes.
    """
    connection = open_connection(scratch, memory=memory)
    tables = open_tables(connection, paths, scratch)
    mapping = sources or _mapping_beside(paths)
    if mapping is not None:
        return Intake(connection, tables, read_sources(mapping), None, now_us, mapping)
    proposal = propose(tables.all_facts())
    if not proposal.sources.sources:
        reasons = "; ".join(f"{table}: {reason}" for table, reason in proposal.left_out.items())
        raise IntakeError(
            f"No table could be understood well enough to go on ({reasons or 'there are no tables'}).",
            place=Place(paths[0]),
            right=f"Run `momentwise sources {paths[0]}`, edit what it proposes, and pass it with --sources.",
        )
    return Intake(connection, tables, proposal.sources, proposal, now_us)


def _mapping_beside(paths: Sequence[str]) -> Path | None:
    """The mapping that lies in the only folder that was named, if there is one."""
    if len(paths) == 1 and (Path(paths[0]) / SOURCES_FILE).is_file():
        return Path(paths[0]) / SOURCES_FILE
    return None


def find_playbook(playbook: Path | None, intake: Intake, paths: Sequence[str]) -> Playbook:
    """The playbook that was given or lies beside the data, or the ready moments that fit the data's events.

    Raises:
        DefinitionErrors: The playbook has mistakes.
        DefinitionError: No playbook was given and no ready moment fits.
    """
    beside = Path(paths[0]) / "playbook.yaml" if len(paths) == 1 else None
    if playbook is None and beside is not None and beside.is_file():
        playbook = beside
    if playbook is not None:
        return read_playbook(playbook)
    names = intake.event_names()
    found = matching_moments(names)
    if found is None:
        shown = ", ".join(f"{name} ({count:,})" for name, count in list(names.items())[:12])
        raise DefinitionError(
            f"No playbook was given, and no ready moment starts and completes with these events: {shown or 'none'}.",
            right="Write a playbook (docs/moments.md; `momentwise playbooks show retail` is one to copy) and pass it with "
            "--playbook, or rename events in sources.yaml.",
        )
    return found


def check_zones(intake: Intake) -> list[str]:
    """Sentences about sources whose times carry no zone and for which none is stated."""
    return [
        f"{source.name}: its times carry no zone and are read as UTC; where that is wrong, state `zone:` in sources.yaml."
        for source in intake.sources.sources
        if (source.zone or intake.sources.zone) == "UTC" and _has_bare_times(intake, source)
    ]


def _has_bare_times(intake: Intake, source: Source) -> bool:
    table = intake.facts(source).get(relation_of(source))
    columns = [table.column(name) for rule in source.rules for name in rule.at] if table else []
    return any(
        column is not None
        and not column.has_zone
        and not column.time_format.startswith("epoch")
        and "TIME ZONE" not in column.type
        for column in columns
    )


def check_fields(playbook: Playbook, intake: Intake) -> list[str]:
    """Sentences about fields and events that the playbook asks for and no source has."""
    wanted = playbook.fields() - {"customer", "at", "event"}
    had: set[str] = set()
    for source in intake.sources.sources:
        had |= set(intake.query(source, wanted).columns)
    lacking = sorted(wanted - had)
    if not lacking:
        return []
    one = len(lacking) == 1
    return [f"No source has the field{'' if one else 's'} {', '.join(lacking)}, which the playbook asks for."]
