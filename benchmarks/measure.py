"""Runs one command in a process of its own and says what it cost: the limit, ourselves and the peers alike.

CPU time counts every thread, and is the steadier figure on a shared machine; wall time is what a person
waits.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """What one run of a command cost.

    Args:
        wall: Seconds from start to end, the start of the interpreter included.
        user: CPU seconds in the program, all threads and reaped children.
        sys: CPU seconds in the kernel on its behalf.
        peak_bytes: Largest resident memory of the process, or of a child that it waited for.
        code: Exit code; negative where a signal ended it.
        out: What it printed.
        err: What it printed as errors.
    """

    wall: float
    user: float
    sys: float
    peak_bytes: int
    code: int = 0
    out: str = ""
    err: str = ""

    @property
    def cpu(self) -> float:
        """CPU seconds, user and kernel."""
        return self.user + self.sys

    @property
    def last_error_line(self) -> str:
        """The last line of what it printed as errors; empty for none."""
        lines = self.err.strip().splitlines()
        return lines[-1] if lines else ""


def measure(command: Sequence[str], env: Mapping[str, str] | None = None) -> Figures:
    """Runs the command to its end and returns what it cost, whatever its exit code.

    Linux hands a parent's own peak on to a child at `exec`, so a peak smaller than the caller's is not seen:
    the caller should be a small process.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env)
        try:
            _, status, used = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            process.kill()
            process.wait()
            raise
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)  # so that `subprocess` does not wait a second time
        out.seek(0)
        err.seek(0)
        return Figures(
            wall=wall,
            user=used.ru_utime,
            sys=used.ru_stime,
            peak_bytes=used.ru_maxrss * 1024,  # Linux counts kibibytes
            code=process.returncode,
            out=out.read().decode(errors="replace"),
            err=err.read().decode(errors="replace"),
        )
