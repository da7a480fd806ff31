"""Which trials run beside one another: as many as fit into half the cores, by the limits in their files."""

from __future__ import annotations

import heapq
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness import manifests
from harness.model.arm import IMAGE, Run
from harness.model.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.model.arm import Arm


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
            if used + block.cpus <= room + 1e-9 or not running:
                heapq.heappush(running, (now + block.lasts_s, block.cpus))
                used += block.cpus
                waiting.remove(block)
        now, freed = heapq.heappop(running)
        used -= freed
    return now
