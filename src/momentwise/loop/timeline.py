"""One customer's timeline: from an audit's numbers back down to the events as they were."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from momentwise.define.evaluate import quote, read_sql
from momentwise.errors import IntakeError, Place
from momentwise.loop.intake import SOURCES_FILE, open_intake
from momentwise.stores.explaining import explained
from momentwise.stores.results import Results
from momentwise.stores.spill import scratch_folder

_FIELDS = ("channel", "key", "session", "page", "element", "amount", "score", "duration", "text")


def read_timeline(folder: Path, customer: str, now_us: int) -> pa.Table:
    """Every event of one customer, of all sources, by event time.

    Args:
        folder: A finished audit; the data that it was made of are read again.
        customer: Who.
        now_us: The present, microseconds.

    Returns:
        Columns `at` (UTC), `event`, `source`, and `channel`, `key`, `session`, `page`, `element`, `amount`, `score`,
        `duration` (seconds) and `text` as far as the sources have them.

    Raises:
        IntakeError: There is no finished audit, the data are gone, or nobody is called so.
    """
    paths = Results(folder).run()["paths"]
    assert isinstance(paths, list), "run.json lists the paths"
    with scratch_folder() as scratch:
        intake = open_intake(paths, folder / SOURCES_FILE, scratch, now_us)
        parts = []
        for place, source in enumerate(intake.sources.sources):
            query = intake.query(source, _FIELDS)
            fields = [
                f"{read_sql(query.columns[name], query.columns[name].kind)} AS {name}"
                if name in query.columns
                else f"NULL::{'DOUBLE' if name in ('amount', 'score', 'duration') else 'VARCHAR'} AS {name}"
                for name in _FIELDS
            ]
            parts.append(
                f'SELECT DISTINCT ON (identity) make_timestamptz("at") AS "at", event, {quote(source.name)} AS source, '
                f"{place} AS place, {', '.join(fields)} FROM ({query.sql}) "
                f"WHERE customer = {quote(customer)} AND reason = 0"
            )
        sql = f'SELECT * EXCLUDE (place) FROM ({" UNION ALL ".join(parts)}) ORDER BY "at", place'
        with explained(Place(str(folder))):
            found = intake.connection.sql(sql).to_arrow_table()
    if found.num_rows == 0:
        raise IntakeError(f"There is no event of a customer '{customer}'.", right="`momentwise rows` lists customers.")
    return found
