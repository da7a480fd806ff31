"""Which windows run beside one another: as many as fit into half the cores, by the limits in the arms' files."""

from __future__ import annotations

import heapq
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import manifests

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.model.arm import Arm


TINY = 1e-9


def capacity() -> float:
    return max(1.0, (os.cpu_count() or 2) / 2)


def cpus(arm: Arm, folder: Path) -> float:
    """What an arm may use, added up over its copies."""
    every = manifests.containers(arm, folder)
    lasting = sum(c.cpus * c.copies for c in every if not c.passing)
    return max([lasting, *(c.cpus * c.copies for c in every if c.passing)])


@dataclass(eq=False, slots=True)
class _Wish:
    cpus: float


class Room:
    """What the windows under way may use together. Whoever came first, of those for whom it is enough, gets it."""

    def __init__(self, size: float) -> None:
        self.size, self.used = size, 0.0
        self._changed = threading.Condition()
        self._queue: list[_Wish] = []
        self._closed = False

    def take(self, cpus: float) -> bool:
        """Wait until so much is free, or nobody has any; False when it was closed first."""
        wish = _Wish(cpus)
        with self._changed:
            self._queue.append(wish)
            self._changed.wait_for(lambda: self._closed or self._turn() is wish)
            self._queue.remove(wish)
            if not self._closed:
                self.used += cpus
            self._changed.notify_all()
            return not self._closed

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def give(self, cpus: float) -> None:
        with self._changed:
            self.used -= cpus
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _turn(self) -> _Wish | None:
        return next((w for w in self._queue if fits(w.cpus, self.used, self.size)), None)


def fits(cpus: float, used: float, size: float) -> bool:
    """What is larger than the whole room runs alone."""
    return used + cpus <= size + TINY or used < TINY


@dataclass(frozen=True, slots=True)
class Block:
    """A trial for the purpose of packing."""

    name: str
    cpus: float
    lasts_s: float


def makespan(blocks: Iterable[Block], room: float) -> float:
    """How long these take side by side when each starts as soon as it fits, in their order."""
    waiting, used, now = list(blocks), 0.0, 0.0
    running: list[tuple[float, float]] = []
    while waiting or running:
        for block in list(waiting):
            if fits(block.cpus, used, room):
                heapq.heappush(running, (now + block.lasts_s, block.cpus))
                used += block.cpus
                waiting.remove(block)
        now, freed = heapq.heappop(running)
        used -= freed
    return now
