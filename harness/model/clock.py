"""Time as something that is handed over, so that a wait of minutes is tested in milliseconds."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Mailbox(Protocol):
    def put(self, letter: Any) -> None: ...

    def get(self, within_s: float | None = None) -> Any:
        """The next letter; TimeoutError when none comes in that time."""


class Clock(Protocol):
    """Time and threads, handed over so that a run of an hour is tested in a second."""

    def now(self) -> float:
        """Seconds on a clock that never jumps."""

    def sleep(self, seconds: float) -> None: ...
    def spawn(self, do: Callable[[], None], name: str = "") -> None: ...
    def mailbox(self) -> Mailbox: ...


class Letters:
    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def put(self, letter: Any) -> None:
        self._queue.put(letter)

    def get(self, within_s: float | None = None) -> Any:
        try:
            return self._queue.get(timeout=within_s)
        except queue.Empty:
            raise TimeoutError from None


class RealClock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def spawn(self, do: Callable[[], None], name: str = "") -> None:
        threading.Thread(target=do, daemon=True, name=name or None).start()

    def mailbox(self) -> Mailbox:
        return Letters()


@dataclass(frozen=True, slots=True)
class Deadline:
    """One end for everything that is waited for along the way; it is handed down, never restarted."""

    at: float
    clock: Clock

    @staticmethod
    def after(seconds: float, clock: Clock | None = None) -> Deadline:
        clock = clock or RealClock()
        return Deadline(clock.now() + seconds, clock)

    def left(self) -> float:
        return max(0.0, self.at - self.clock.now())

    def sooner(self, seconds: float) -> Deadline:
        """The same end, or one in so many seconds if that comes first."""
        return Deadline(min(self.at, self.clock.now() + seconds), self.clock)
