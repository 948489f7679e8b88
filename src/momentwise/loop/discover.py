"""Discovery: files in; proposed moments out, and with a playbook what happens and is in none of its moments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from momentwise.define.playbook import Playbook
from momentwise.errors import IntakeError, Place
from momentwise.learn.paths import HiddenStep, find_hidden_steps, undeclared
from momentwise.learn.proposal import Discovery
from momentwise.learn.propose import discover_moments
from momentwise.loop.intake import check_zones, open_intake
from momentwise.loop.reading_log import read_log
from momentwise.loop.watching import Quiet, Watcher
from momentwise.stores.spill import scratch_folder

MOST_CUSTOMERS = 20_000
_SEED = 7  # the same data give the same draft


class Discovered(msgspec.Struct, frozen=True, kw_only=True):
    """What a discovery found.

    Args:
        discovery: The proposals; with a playbook, without those that it declares.
        declared: Names of proposals that the playbook declares already.
        hidden: Steps that no moment of the playbook names; empty without a playbook.
    """

    discovery: Discovery
    declared: tuple[str, ...] = ()
    hidden: tuple[HiddenStep, ...] = ()


def run_discovery(
    paths: Sequence[str],
    *,
    now_us: int,
    sources: Path | None = None,
    playbook: Playbook | None = None,
    customers: int = MOST_CUSTOMERS,
    watcher: Watcher | None = None,
) -> Discovered:
    """Propose moments from some data.

    Args:
        paths: Files, folders, globs, SQLite files and `postgresql://` URLs.
        now_us: The present, microseconds; later events are set aside.
        sources: The mapping; `None` to find or to propose one.
        playbook: Moments that are declared already.
        customers: How many customers to read, about; the same ones each time.
        watcher: Who is told how it goes on.

    Raises:
        IntakeError: The data cannot be read, or hold no event.
        DefinitionErrors: The mapping has mistakes.
    """
    watcher = watcher or Quiet()
    with scratch_folder() as scratch:
        watcher.begin("Open", None)
        intake = open_intake(list(paths), sources, scratch, now_us)
        for note in [*intake.tables.notes, *check_zones(intake)]:
            watcher.note(note)
        sampled = read_log(intake, customers, watcher)
    if not len(sampled.log):
        raise IntakeError(
            "The data hold no event.",
            place=Place(paths[0]),
            right="Check that the files hold rows, and that the mapping names the right columns.",
        )
    watcher.begin("Discover", None)
    found = discover_moments(sampled.log, np.random.default_rng(_SEED), sampled=sampled.share)
    if playbook is None:
        return Discovered(discovery=found)
    new = undeclared(found.proposals, playbook.moments)
    return Discovered(
        discovery=msgspec.structs.replace(found, proposals=new),
        declared=tuple(one.name for one in found.proposals if one not in new),
        hidden=tuple(find_hidden_steps(sampled.log, playbook.moments)),
    )
