"""How the pass is compiled, and where the machine code is kept.

Numba keeps the code of a function until *its own* file changes, and does not see that a function which it has compiled in
has changed elsewhere. So the code is kept in a folder of its own for every state of this whole room.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")

_ROOM = Path(__file__).parent


def _stamp() -> str:
    """Sixteen hexadecimal digits that change with any file of the room and with numba's version."""
    parts = [numba.__version__]
    for path in sorted(_ROOM.glob("*.py")):
        state = path.stat()
        parts.append(f"{path.name} {state.st_mtime_ns} {state.st_size}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _folder() -> Path:
    """The folder for this state: beside the sources, or in the user's cache where those cannot be written to."""
    stamp = _stamp()
    homes = [_ROOM / "__pycache__", Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "momentwise"]
    for home in homes:
        try:
            (home / f"compiled-{stamp}").mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        for stale in home.glob("compiled-*"):
            if stale.name != f"compiled-{stamp}":
                shutil.rmtree(stale, ignore_errors=True)
        return home / f"compiled-{stamp}"
    return Path(tempfile.mkdtemp(prefix="momentwise-compiled-"))


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(_folder())  # type: ignore[attr-defined]  # numba has no types


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, made at its first call and kept; it runs without Python's lock."""
    made: Callable[P, R] = numba.njit(cache=True, nogil=True)(function)
    return made


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same, for a function that a loop calls for every event: its code becomes part of the loop's.

    A call hands over every array as seven numbers; some twenty calls per event cost more than the work between them.
    """
    made: Callable[P, R] = numba.njit(cache=True, nogil=True, forceinline=True)(function)
    return made
