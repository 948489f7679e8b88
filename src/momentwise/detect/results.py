"""Turns what the pass emitted, all integers, into tables with the names and units of `define.occurrence`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from momentwise.define.moment import OUTCOMES
from momentwise.define.occurrence import (
    FLOW_SCHEMA,
    INSTANT,
    OCCURRENCE_SCHEMA,
    SIGNAL_SCHEMA,
    with_properties,
)
from momentwise.define.signal import OVERDRAWN
from momentwise.define.span import SECOND_US
from momentwise.detect.automaton import (
    O_CHANNELS,
    O_CUSTOMER,
    O_DEFINITION,
    O_END,
    O_ENDING,
    O_ERRORS,
    O_KEY,
    O_NAME,
    O_OUTCOME,
    O_RETRIES,
    O_RETURNING,
    O_SAID,
    O_START,
    O_STEPS,
    O_WAIT,
    OUT_WIDTH,
    STILL_OPEN,
)
from momentwise.detect.flow import F_COUNT, F_SUM, gap_quantile, split_pair
from momentwise.detect.plan import D_MOMENT, Int64s, Plan
from momentwise.detect.waiting import (
    S_AT,
    S_CHANNEL,
    S_COUNT,
    S_CUSTOMER,
    S_ELEMENT,
    S_END,
    S_KEY,
    S_PAGE,
    S_RULE,
    S_TOOK,
    SIGNAL_WIDTH,
)

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
        events: Events' names by number; the name of none at 0.
        values: Per property its values by number; null at 0.
    """

    plan: Plan
    customers: pa.Array
    keys: pa.Array
    spots: pa.Array
    channels: tuple[str, ...]
    events: tuple[str, ...] = ("",)
    values: tuple[tuple[str | None, ...], ...] = ()
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
        _words(rows[:, O_NAME], names.events),
        pa.array(rows[:, O_RETURNING].astype(np.bool_)),
    ]
    return _batch(columns, OCCURRENCE_SCHEMA, rows[:, OUT_WIDTH:], names)


def signal_batch(rows: Int64s, names: Names) -> pa.RecordBatch:
    """The emitted signals as a table of `SIGNAL_SCHEMA`, in their order."""
    kinds = (*(rule.name for rule in names.plan.rules), OVERDRAWN)
    channel = rows[:, S_CHANNEL]
    columns = [
        _texts(names.customers, rows[:, S_CUSTOMER]),
        _words(rows[:, S_RULE], kinds),
        pa.array(rows[:, S_AT]).cast(INSTANT),
        pa.array(rows[:, S_END]).cast(INSTANT),
        pa.array(rows[:, S_COUNT].astype(np.int32)),
        _texts(names.spots, rows[:, S_PAGE]),
        _texts(names.spots, rows[:, S_ELEMENT]),
        _texts(names.keys, rows[:, S_KEY]),
        pa.array(rows[:, S_TOOK] / SECOND_US),
        _words(channel - 1, names.channels or ("",), missing=channel == 0),
    ]
    return _batch(columns, SIGNAL_SCHEMA, rows[:, SIGNAL_WIDTH:], names)


def _batch(columns: list[pa.Array], schema: pa.Schema, known: Int64s, names: Names) -> pa.RecordBatch:
    """The columns as a batch, with what was known of the customers where there are properties."""
    properties = names.plan.properties
    if properties:
        values = [
            _texts(pa.array(names.values[place], pa.string()), known[:, place]) for place in range(len(properties))
        ]
        columns = [*columns, pa.StructArray.from_arrays(values, list(properties))]
    return pa.RecordBatch.from_arrays(columns, schema=with_properties(schema, properties))


def flow_table(flows: dict[int, Int64s], names: Names) -> pa.Table:
    """What comes after what, as a table of `FLOW_SCHEMA`, most frequent first within a moment."""
    rows: list[dict[str, Any]] = []  # texts and numbers
    for pair, row in flows.items():
        moment, event, following, outcome = split_pair(pair)
        count = int(row[F_COUNT])
        rows.append(
            {
                "moment": names.plan.moments[moment - 1] if moment else None,
                "event": names.events[event],
                "next": names.events[following] if following else None,
                "outcome": OUTCOMES[outcome - 1] if outcome else None,
                "count": count,
                **{f"p{q}_seconds": gap_quantile(row, q / 100) for q in (10, 50, 90, 95)},
                "mean_seconds": float(row[F_SUM]) / count / SECOND_US,
            }
        )
    rows.sort(
        key=lambda row: (row["moment"] or "", -row["count"], row["event"], row["next"] or "", row["outcome"] or "")
    )
    return pa.Table.from_pylist(rows, schema=FLOW_SCHEMA)


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
