"""Where trials wait until they may go on: for room, for their round, for whoever looks on; and the run's end."""

from __future__ import annotations

import threading
from typing import Any

from harness.model.clock import Clock, Mailbox
from harness.running.beside import Stopped

STOP = object()


class Gates:
    def __init__(self, clock: Clock) -> None:
        self._clock, self._boxes = clock, dict[str, Mailbox]()
        self._clocks = list[TrialClock]()
        self._over = threading.Event()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def add(self, job: str) -> None:
        self._boxes[job] = self._clock.mailbox()

    def open(self, job: str, letter: Any = None) -> None:
        self._boxes[job].put(letter)

    def wait(self, job: str) -> Any:
        if self.over or (letter := self._boxes[job].get()) is STOP:
            raise Stopped
        return letter

    def clock(self) -> TrialClock:
        made = TrialClock(self._clock, self._over)
        self._clocks.append(made)
        return made

    def end(self) -> None:
        """Nobody waits any more."""
        self._over.set()
        for box in list(self._boxes.values()):
            box.put(STOP)
        for clock in list(self._clocks):
            clock.stir()


class TrialClock:
    """A clock whose sleep ends with the next event of the platform, or with the run."""

    def __init__(self, clock: Clock, over: threading.Event) -> None:
        self._clock, self._over = clock, over
        self._bell, self.now = clock.mailbox(), clock.now
        self.spawn, self.mailbox = clock.spawn, clock.mailbox

    def stir(self) -> None:
        self._bell.put(None)

    def sleep(self, seconds: float) -> None:
        try:
            self._bell.get(max(0.0, seconds))
            while True:  # what came meanwhile is one event
                self._bell.get(0.0)
        except TimeoutError:
            pass
        if self._over.is_set():
            raise Stopped
