"""Tables that are left out stand in the proposal to be finished."""

from __future__ import annotations

from momentwise.define.source import ColumnFacts, ColumnRef, Proposal, Skeleton, Sources
from momentwise.define.writing_sources import write_sources


def test_an_open_part_names_what_may_stand_there() -> None:
    """The columns are shown with values; what was found is written, and what was not is three signs."""
    columns = tuple(
        ColumnFacts(name=name, type="VARCHAR", kind="text", examples=examples)
        for name, examples in (("a", ("1", "2")), ("b\nc", ("x",)))
    )
    skeleton = Skeleton(
        table="log", columns=columns, customer=("a", "b c"), at=("ts",), fields={"channel": ColumnRef("via")}
    )
    proposal = Proposal(Sources(sources=()), (), left_out={"log": "no column says who"}, skeletons=(skeleton,))
    expected = """
  # log: left out, no column says who
  # Its columns:
  # - a: 1, 2
  # - b c: x
  # To use it, take away the signs before these lines and write a column for each ???:
  # log:
  #   table: log
  #   customer: ???  # one of: a, b c
  #   at: ts
  #   event: ???  # no column looks like it
  #   channel: via
"""
    assert write_sources(proposal).endswith(expected)
