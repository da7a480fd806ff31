"""Time as something that is handed over, so that a wait of minutes is tested in milliseconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds on a clock that never jumps."""

    def sleep(self, seconds: float) -> None: ...


class RealClock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


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
