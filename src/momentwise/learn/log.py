"""The events of some customers as arrays, ready to be mined. How they are read stands in `loop.discover`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Log:
    """Events in order of customer, then event time, then arrival; one row per event.

    Args:
        customer: Codes; equal for the events of one customer.
        at_us: Event time, microseconds since 1970.
        event: Index into `names`.
        names: The events' names.
        keys: Per field that may tell passes of one customer apart: its value's code, -1 where the event has none.
        channels: The channel of an event's name, where nearly all of them have the same one.
        totals: How many of each event there are in all the data, of which these may be a sample.
    """

    customer: Int64s
    at_us: Int64s
    event: Int64s
    names: tuple[str, ...]
    keys: dict[str, Int64s] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many events there are."""
        return len(self.event)

    @property
    def begin_us(self) -> int:
        """Time of the first event; 0 where there is none."""
        return int(self.at_us.min()) if len(self) else 0

    @property
    def end_us(self) -> int:
        """Time of the last event; 0 where there is none."""
        return int(self.at_us.max()) if len(self) else 0

    def count(self) -> Int64s:
        """Events per name."""
        return np.bincount(self.event, minlength=len(self.names))

    def count_customers(self) -> Int64s:
        """Customers per name."""
        pairs = np.unique(self.customer * len(self.names) + self.event)
        return np.bincount(pairs % len(self.names), minlength=len(self.names))

    def where(self, kept: Bools) -> Log:
        """The events of a mask, in the same order; names keep their numbers."""
        keys = {name: codes[kept] for name, codes in self.keys.items()}
        return replace(self, customer=self.customer[kept], at_us=self.at_us[kept], event=self.event[kept], keys=keys)


def shuffle_names(log: Log, rng: np.random.Generator) -> Log:
    """The log with each customer's events at the same times, their names dealt out again among them.

    What remains is chance: how busy a customer is, when, and with what, but not what follows what.
    """
    order = np.lexsort((rng.random(len(log)), log.customer))
    # Rows are in order of customer, so the n-th row of the new order belongs to the same customer as the n-th row.
    return replace(log, event=log.event[order])


def group_by(log: Log, field_name: str) -> Log:
    """The events that carry a field, as if every customer and value were a customer: in order, other events left out."""
    codes = log.keys[field_name]
    carried = log.where(codes >= 0)
    codes = carried.keys[field_name]
    order = np.lexsort((np.arange(len(codes)), codes, carried.customer))
    changed = (np.diff(codes[order]) != 0) | (np.diff(carried.customer[order]) != 0)
    group = np.concatenate([[0], np.cumsum(changed)]).astype(np.int64)[: len(codes)]
    moved = replace(
        carried,
        at_us=carried.at_us[order],
        event=carried.event[order],
        keys={name: values[order] for name, values in carried.keys.items()},
    )
    return replace(moved, customer=group)


def join_runs(log: Log, within_us: int) -> Log:
    """The log with each run of one event as one event: repeats within a time, of the same keys, with nothing else between.

    Eight looks at products in a row are one look around; counted eight times, they would drown what leads there.
    """
    if not len(log):
        return log
    same = (np.diff(log.customer) == 0) & (np.diff(log.event) == 0) & (np.diff(log.at_us) <= within_us)
    for codes in log.keys.values():
        same &= np.diff(codes) == 0
    return log.where(np.concatenate([[True], ~same]))
