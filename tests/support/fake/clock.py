"""Threads that take turns on a clock of their own: whoever waits hands over to whoever is due next.

One thread runs at a time, and time passes only while all of them wait, so that a run of an hour takes a second and
comes out the same each time.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from typing import Any


class Stuck(RuntimeError):
    """Every thread waits for another one, and nothing is due."""


class Turn:
    """One wait of one thread: released once, by time or by a letter, whichever comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self.released = False

    def release(self) -> None:
        self.released = True
        self._lock.release()

    def wait(self) -> None:
        self._lock.acquire()


class VirtualClock:
    def __init__(self, begin_s: float = 1000.0) -> None:
        self._now_s = begin_s
        self._due: list[tuple[float, int, Turn | Callable[[], None]]] = []
        self._order = itertools.count()
        self._waiting: set[Turn] = set()
        self._stuck = self._happening = False

    def now(self) -> float:
        return self._now_s

    def sleep(self, seconds: float) -> None:
        turn = Turn()
        self._at(self._now_s + max(0.0, seconds), turn)
        self._wait(turn)

    def spawn(self, do: Callable[[], None], name: str = "") -> None:
        turn = Turn()

        def run() -> None:
            turn.wait()
            try:
                do()
            finally:
                self._hand_over()

        threading.Thread(target=run, daemon=True, name=name or None).start()
        self._at(self._now_s, turn)

    def mailbox(self) -> VirtualMailbox:
        return VirtualMailbox(self)

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Have something happen at that moment, between the threads' turns; it may not wait."""
        self._at(self._now_s + max(0.0, seconds), do)

    def _at(self, when_s: float, what: Turn | Callable[[], None]) -> None:
        heapq.heappush(self._due, (when_s, next(self._order), what))

    def _wait(self, turn: Turn) -> None:
        if self._happening:
            raise RuntimeError("what happens between two turns may not wait")
        self._waiting.add(turn)
        self._hand_over()
        turn.wait()
        if self._stuck:
            raise Stuck("everybody waits for somebody else, and nothing is due")

    def _hand_over(self) -> None:
        """Let happen what is due, until it is somebody's turn."""
        while self._due:
            when_s, _, what = heapq.heappop(self._due)
            if isinstance(what, Turn):
                if what.released:  # a letter came before the time was up
                    continue
                self._now_s = max(self._now_s, when_s)
                self._waiting.discard(what)
                what.release()
                return
            self._now_s = max(self._now_s, when_s)
            self._happening = True
            try:
                what()
            finally:
                self._happening = False
        self._stuck = True
        for turn in list(self._waiting):
            self._waiting.discard(turn)
            turn.release()


class VirtualMailbox:
    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._letters: list[Any] = []
        self._readers: list[Turn] = []

    def put(self, letter: Any) -> None:
        self._letters.append(letter)
        while self._readers:
            if not (turn := self._readers.pop(0)).released:
                self._clock._at(self._clock.now(), turn)
                return

    def get(self, within_s: float | None = None) -> Any:
        end_s = None if within_s is None else self._clock.now() + within_s
        while not self._letters:
            if end_s is not None and self._clock.now() >= end_s:
                raise TimeoutError
            turn = Turn()
            self._readers.append(turn)
            if end_s is not None:
                self._clock._at(end_s, turn)
            self._clock._wait(turn)
            if turn in self._readers:
                self._readers.remove(turn)
        return self._letters.pop(0)
