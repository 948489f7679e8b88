"""Stopping when asked to: Ctrl-C and SIGTERM end a command at the next place where nothing is left half-done.

`KeyboardInterrupt` alone is not enough. The engine and the compiler may turn it into an error of their own, and one
that comes up while Python clears away an object is lost; so the wish is kept as well, and asked for on the way.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ASKED = threading.Event()


@contextmanager
def stoppable() -> Iterator[None]:
    """While this lasts, Ctrl-C and SIGTERM end it.

    Raises:
        KeyboardInterrupt: Somebody asked to stop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _ASKED.clear()
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Exception as error:
        if _ASKED.is_set():
            raise KeyboardInterrupt from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop_if_asked() -> None:
    """End the command where the interruption has got lost.

    Raises:
        KeyboardInterrupt: Somebody asked to stop.
    """
    if _ASKED.is_set():
        raise KeyboardInterrupt


def _stop(*_: object) -> None:
    _ASKED.set()
    raise KeyboardInterrupt
