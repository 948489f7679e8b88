"""The engine's errors said again for people: which file, what is wrong with it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from momentwise.errors import IntakeError, MomentwiseError, Place, StoreError
from momentwise.stores.files import unreadable

_FULL = re.compile(r"no space left|disk full|could not write|temp_directory_size|max_temp_directory", re.IGNORECASE)
_NAMED = re.compile(r'(?:file|stream:?) "?([^"\n]+\.\w+)')


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turns an error of the engine into one of ours.

    Args:
        place: The file or the source that is being read; a file that the engine itself names goes before it.

    Raises:
        IntakeError: What is read is broken.
        StoreError: The disk is full or memory is short.
    """
    try:
        yield
    except duckdb.Error as error:
        raise explain(error, place) from error


def explain(error: duckdb.Error, place: Place) -> MomentwiseError:
    """What to tell a person about an error of the engine."""
    text = str(error)
    first = text.strip().splitlines()[0]
    if _FULL.search(text):
        return StoreError("The disk is full.", place=place, right="Make room, or use a scratch folder on another disk.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError("The memory is not enough.", place=place, right="Close other programs, or allow more.")
    if named := _NAMED.search(text):
        place = Place(named.group(1))
    if "Malformed JSON" in text or "JSON transform" in text:
        said = first.split(": ", 1)[-1]
        return IntakeError(f"The JSON cannot be read: {said}", place=place, right="Correct or take out the record.")
    if isinstance(error, duckdb.InvalidInputException | duckdb.IOException):
        return unreadable(error, place)
    return IntakeError(f"The data cannot be read: {first}", place=place, right="Check the file and the mapping.")
