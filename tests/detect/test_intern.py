"""The interner is an exact dictionary, whatever the texts."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from momentwise.detect.intern import Interner

texts = st.lists(st.none() | st.text(max_size=40) | st.sampled_from(["a", "aaaaaaaa", "aaaaaaaab", "a" * 16, "a" * 17]))


@given(st.lists(texts, max_size=4))
def test_numbers_turn_back_into_the_texts(batches: list[list[str | None]]) -> None:
    """Equal texts share a number, others do not, nulls are 0, and every number gives its text back."""
    interner = Interner(4)
    numbers: list[int] = []
    for batch in batches:
        numbers += interner.numbers(pa.array(batch, pa.string())).tolist()
    flat = [text for batch in batches for text in batch]
    back = interner.texts().to_pylist()
    assert flat == [back[number] for number in numbers]
    assert len(set(flat) - {None}) == len(interner) - 1
    assert all((number == 0) == (text is None) for number, text in zip(numbers, flat, strict=True))


def test_a_slice_of_a_column_is_numbered_as_itself() -> None:
    """Arrow hands out slices that share a buffer; only the slice counts."""
    column = pa.array(["x", None, "why", "zed", "x"])
    assert [0, 1, 2] == Interner().numbers(column.slice(1, 3)).tolist()


def test_texts_without_bytes_are_texts() -> None:
    """An empty text is not a missing one."""
    assert [1, 0, 1] == Interner().numbers(pa.array(["", None, ""])).tolist()


def test_many_texts_make_it_grow() -> None:
    """A hundred thousand texts, twice, in two batches."""
    interner = Interner(8)
    column = pa.array([f"customer-{number}" for number in range(100_000)])
    first = interner.numbers(column).tolist()
    assert first == interner.numbers(column).tolist() == list(range(1, 100_001))
