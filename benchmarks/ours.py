"""Our pass as the peers are timed: over events in memory, imports, reading and evaluation of conditions not counted.

    python benchmarks/ours.py LOG

The moments alone: no peer knows signals, so none is looked for here.

Prints `{"seconds": …}`: the fastest of some runs of numbering, putting customers together and matching, in one process,
the first of which compiles and is not counted.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from momentwise.collect.mapping import events_query
from momentwise.define.reading import read_playbook
from momentwise.define.reading_sources import read_sources
from momentwise.define.signal import SignalSettings
from momentwise.detect.plan import compile_plan
from momentwise.stores.local import Counted, LocalPass
from momentwise.stores.tables import open_connection, open_tables

HERE = Path(__file__).parent
RUNS = 6


def main() -> None:
    """Time it and print the fastest."""
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"seconds": min(time_pass(sys.argv[1], Path(folder))[1:])}))


def time_pass(log: str, scratch: Path) -> list[float]:
    """Seconds of each run over one log."""
    connection = open_connection(scratch)
    tables = open_tables(connection, [log], scratch)
    source = read_sources(HERE / "sources.yaml").sources[0]
    playbook = read_playbook(HERE / "playbook.yaml")
    plan = compile_plan(msgspec.structs.replace(playbook, signals=SignalSettings()))
    query = events_query(
        source, tables.facts_for(source), sorted(plan.fields()), zone="UTC", now_us=time.time_ns() // 1_000
    )
    sql = LocalPass(plan, scratch).query(query.sql, query.columns)
    batches = list(connection.sql(sql).to_arrow_reader(1 << 17))
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        running = LocalPass(plan, scratch)
        for batch in batches:
            running.take(batch, Counted(), has_spots=False)
        found = sum(part.occurrences.num_rows for part in running.results(running.latest or 0))
        seconds.append(time.perf_counter() - began)
        assert found > 0, "the log holds moments"
        running.close()
    return seconds


if __name__ == "__main__":
    main()
