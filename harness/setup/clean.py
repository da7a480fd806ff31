"""Finds everything that this project made on the host, by its label, and removes it; nothing else is touched.

What learners run for exercises bears no label of ours: it is found by its Compose project.
"""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.clock import Deadline
from harness.model.project import NAME, NETWORK
from harness.model.waiting import until
from harness.setup import life, projects, removal
from harness.setup import paths as places
from harness.setup.cluster import losses
from harness.setup.cluster.create import Shape
from harness.setup.cluster.nodes import KIND_CLUSTER
from harness.setup.dockerd import started_by_us

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from docker.models.containers import Container
    from docker.models.images import Image

    from harness.setup.engine import Engine


OF_IMAGES = ("base", "image", "web", "proxy", "node-image", "dockerhost-image")
"""Values of our label on images: a container that bears one has it from its image, and somebody else started it."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that would be removed, and how."""

    kind: str
    name: str
    remove: Callable[[], object]


def find(engine: Engine | None, *, images: bool, everything: bool) -> list[Leftover]:
    """In the order of removal: what uses something comes before what it uses."""
    found = _on_engine(engine, images=images or everything) if engine else []
    if (state := places.state()).exists():
        found += [
            Leftover("state", str(path), _tree(path))
            for path in sorted([*state.glob("clusters/*"), *state.glob("dockerhosts/*")])
        ]
    if everything:
        if (pid := started_by_us()) is not None:
            found.append(Leftover("engine", f"dockerd, process {pid}, started by us", lambda: _stop_engine(pid)))
        found += [Leftover("cache", str(places.cache()), _tree(places.cache()))]
        found += [Leftover("state", str(state), _tree(state))]
    return found


def _on_engine(engine: Engine, *, images: bool) -> list[Leftover]:
    client = engine.client
    ours: dict[str, Any] = {"label": NAME}
    containers = {c.id: c for c in (*_labelled(engine)[0], *projects.containers(engine))}
    found = [
        Leftover("container", str(c.name), lambda c=c: removal.remove([c]))  # type: ignore[misc]
        for c in sorted(containers.values(), key=lambda c: removal.HOLDS in c.labels)
    ]
    networks = [*client.networks.list(filters=ours), *projects.networks(engine)]
    found += [Leftover("network", str(n.name), n.remove) for n in networks]
    volumes = [*client.volumes.list(filters=ours), *projects.volumes(engine)]
    found += [Leftover("volume", str(v.name), v.remove) for v in volumes]
    if images:
        # Untagged ones too: what an interrupted build left.
        used = {str(c.attrs["Image"]) for c in _labelled(engine)[1]}
        listed = [i for i in client.images.list(all=True, filters=ours) if i.id not in used]
        found += [Leftover("image", _name(i), lambda i=i: _remove_image(engine, i)) for i in listed]  # type: ignore[misc]
    return found


def _labelled(engine: Engine) -> tuple[list[Container], list[Container]]:
    """Ours, and those that people started from an image of ours, whose label they inherit, outside of exercises."""
    every = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": NAME})
    mine = [c for c in every if is_ours(c.labels, c.attrs["NetworkSettings"]["Networks"])]
    learners = projects.containers(engine)
    return mine, [c for c in every if c not in mine and c not in learners]


def is_ours(labels: Mapping[str, str], networks: Collection[str]) -> bool:
    """Of a container: its label is its own, or it is a node of a cluster in our network (kind cannot label nodes)."""
    return NETWORK in networks if KIND_CLUSTER in labels else labels.get(NAME, "") not in ("", *OF_IMAGES)


def notes(engine: Engine) -> list[str]:
    """What somebody should know who is asked: what lives, what goes along, and what is left alone."""
    ours, others = _labelled(engine)
    found = [f"Alive: {one}. What it made and uses goes too." for one in life.living(engine)]
    for name in sorted({c.labels[KIND_CLUSTER] for c in ours if KIND_CLUSTER in c.labels}):
        loss = replace(losses.of(engine, Shape(name, Path()), ""), runs=())
        found += [f"Cluster {name}: {loss}."] if loss else []
    if others:
        names = ", ".join(sorted(str(c.name) for c in others))
        found.append(f"Left alone, with their images, since this project did not start them: {names}.")
    return found


def _name(image: Image) -> str:
    return ", ".join(image.tags) or str(image.short_id)


def _remove_image(engine: Engine, image: Image) -> None:
    """Every one of its names; an image that others are built on goes with the last of them."""
    from docker.errors import APIError

    try:
        engine.client.images.remove(str(image.id), force=True)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise


def _tree(path: Path) -> Callable[[], object]:
    return lambda: shutil.rmtree(path, ignore_errors=True)


def _stop_engine(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    until("the engine ends", lambda: "its process" if Path(f"/proc/{pid}").exists() else "", Deadline.after(30))
