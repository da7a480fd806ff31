"""One at a time, over processes: who comes second waits and is told for what."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.model.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def only_one(path: Path, *, what: str, say: Callable[[str], None], within_s: float) -> Iterator[bool]:
    """Hold the lock; yields True when somebody else held it first. The kernel frees it when a holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        waited = not _taken(file.fileno())
        if waited:
            holder = path.read_text().strip() or "unknown"
            say(f"{what} is being worked on by process {holder}; waiting for it to end")
            _wait(file.fileno(), time.monotonic() + within_s, what=what, holder=holder)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield waited


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(descriptor: int, deadline: float, *, what: str, holder: str) -> None:
    # flock has no deadline of its own, and an alarm signal would fight with the ones we handle.
    while not _taken(descriptor):
        if time.monotonic() > deadline:
            raise Problem(
                f"Waiting for {what}",
                f"process {holder} still holds it",
                f"ps -fp {holder}, and end it if it hangs",
            )
        time.sleep(0.1)
