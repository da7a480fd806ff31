"""Which windows run beside one another: as many as fit into half the cores, by the limits in the arms' files."""

from __future__ import annotations

import heapq
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness import manifests
from harness.model.arm import IMAGE, Run
from harness.model.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.model.arm import Arm


TINY = 1e-9


def capacity() -> float:
    return max(1.0, (os.cpu_count() or 2) / 2)


def cpus(arm: Arm, folder: Path) -> float:
    """What an arm may use, added up over its copies; an image other than the labs' own is told."""
    if isinstance(arm.recipe, Run):
        return arm.recipe.cpus * arm.recipe.copies
    return sum(_of_file(folder / name) for name in arm.recipe.names)


def _of_file(file: Path) -> float:
    return sum(_of_document(file, d) for d in manifests.documents(file))


def _of_document(file: Path, document: dict[str, Any]) -> float:
    if "services" in document:
        services = document["services"].values()
        for service in services:
            _check_image(file, "service", service.get("image"))
        return sum(float(s.get("cpus", 0)) * int(s.get("scale", 1)) for s in services)
    spec = document.get("spec", {})
    pod = spec.get("template", {}).get("spec", {}) if "template" in spec else spec
    total = 0.0
    for container in pod.get("containers", ()):
        _check_image(file, f"{document.get('kind')} {document['metadata']['name']}", container.get("image"))
        total += _cores(container.get("resources", {}).get("limits", {}).get("cpu", "0"))
    return total * int(spec.get("replicas", 1))


def _check_image(file: Path, what: str, image: object) -> None:
    if image != IMAGE:
        raise Problem(f"Reading {file.parent.name}/{file.name}, {what}", f"its image is {image!r}", f"image: {IMAGE}")


def _cores(text: object) -> float:
    value = str(text)
    return float(value[:-1]) / 1000 if value.endswith("m") else float(value)


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
