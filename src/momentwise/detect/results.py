"""Turns what the pass emitted, all integers, into tables with the names and units of `define.occurrence`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from momentwise.define.moment import OUTCOMES
from momentwise.define.occurrence import INSTANT, OCCURRENCE_SCHEMA, SIGNAL_SCHEMA
from momentwise.define.span import SECOND_US
from momentwise.detect.automaton import (
    O_CHANNELS,
    O_CUSTOMER,
    O_DEFINITION,
    O_END,
    O_ENDING,
    O_ERRORS,
    O_KEY,
    O_OUTCOME,
    O_RETRIES,
    O_SAID,
    O_START,
    O_STEPS,
    O_WAIT,
    STILL_OPEN,
)
from momentwise.detect.plan import D_MOMENT, Int64s, Plan
from momentwise.detect.rage import R_COUNT, R_CUSTOMER, R_ELEMENT, R_LAST, R_PAGE, R_START

SAID = ("understood", "confused")


@dataclass
class Names:
    """What the pass's numbers stand for.

    Args:
        plan: The plan.
        customers: Customers by number.
        keys: Keys by number; null at 0.
        spots: Pages and elements by number; null at 0.
        channels: Channels from bit 0 on.
    """

    plan: Plan
    customers: pa.Array
    keys: pa.Array
    spots: pa.Array
    channels: tuple[str, ...]
    _sets: dict[int, int] = field(default_factory=dict)

    @cached_property
    def versions(self) -> npt.NDArray[np.int16]:
        """The version of each definition."""
        return np.array([moment.version for moment in self.plan.playbook.moments], dtype=np.int16)

    def channel_set(self, mask: int) -> str:
        """The channels of a mask of bits, sorted and joined by `+`; empty for none."""
        return "+".join(sorted(name for bit, name in enumerate(self.channels) if mask >> bit & 1))


def occurrence_batch(rows: Int64s, names: Names) -> pa.RecordBatch:
    """The emitted rows as a table of `OCCURRENCE_SCHEMA`, in their order."""
    definition, outcome, ending = (rows[:, c] for c in (O_DEFINITION, O_OUTCOME, O_ENDING))
    is_open = outcome == STILL_OPEN
    end = rows[:, O_END]
    duration = (end - rows[:, O_START]) / SECOND_US
    columns = [
        _texts(names.customers, rows[:, O_CUSTOMER]),
        _words(names.plan.definitions[definition, D_MOMENT], names.plan.moments),
        pa.array(names.versions[definition]),
        _texts(names.keys, rows[:, O_KEY]),
        pa.array(rows[:, O_START]).cast(INSTANT),
        pa.array(end, mask=is_open).cast(INSTANT),
        _words(outcome, OUTCOMES),
        _words(ending, names.plan.endings, missing=ending < 0),
        pa.array(duration, mask=is_open),
        *(pa.array(rows[:, c].astype(np.int32)) for c in (O_STEPS, O_RETRIES, O_ERRORS)),
        _channels(rows[:, O_CHANNELS], names),
        pa.array(rows[:, O_WAIT] / SECOND_US),
        _words(rows[:, O_SAID] - 1, SAID, missing=rows[:, O_SAID] == 0),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=OCCURRENCE_SCHEMA)


def signal_batch(rows: Int64s, names: Names) -> pa.RecordBatch:
    """The emitted rage clicks as a table of `SIGNAL_SCHEMA`, in their order."""
    columns = [
        _texts(names.customers, rows[:, R_CUSTOMER]),
        _words(np.zeros(len(rows), dtype=np.int64), ("rage_click",)),
        pa.array(rows[:, R_START]).cast(INSTANT),
        pa.array(rows[:, R_LAST]).cast(INSTANT),
        pa.array(rows[:, R_COUNT].astype(np.int32)),
        _texts(names.spots, rows[:, R_PAGE]),
        _texts(names.spots, rows[:, R_ELEMENT]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SIGNAL_SCHEMA)


def _texts(known: pa.Array, numbers: Int64s) -> pa.Array:
    return pc.take(known, pa.array(numbers)).cast(pa.string())


def _words(numbers: Int64s, words: tuple[str, ...], missing: npt.NDArray[np.bool_] | None = None) -> pa.DictionaryArray:
    indices = pa.array(numbers.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))


def _channels(masks: Int64s, names: Names) -> pa.DictionaryArray:
    """Sets of channels as words; every set that occurs is written once."""
    distinct, indices = np.unique(masks, return_inverse=True)
    words = tuple(names.channel_set(int(mask)) for mask in distinct)
    return _words(indices.astype(np.int64), words, missing=masks == 0)
