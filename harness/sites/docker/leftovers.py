"""What a run has on an engine, found by its labels: containers, networks and volumes; and its removal."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from harness.lab.arm import IMAGE
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.model.waiting import TooLate, until
from harness.setup import removal
from harness.setup.projects import PROJECT
from harness.sites.labels import BESIDE_LABEL, RUN_LABEL

if TYPE_CHECKING:
    from harness.model.clock import Deadline
    from harness.setup.engine import Engine

NAMELESS = re.compile("[0-9a-f]{64}")
"""What the engine calls a volume to which nobody gave a name."""


def sweep(engine: Engine, run: str, deadline: Deadline) -> list[str]:
    """Remove every container, network and volume of a run; answers what is still there.

    It looks again after it has found nothing: what the engine was just asked to make comes a moment later. An engine
    that does not answer may be on its way back: it is asked until the deadline.
    """
    from docker.errors import DockerException
    from requests import RequestException

    left: list[str] = []
    empty = 0

    def remaining() -> str:
        nonlocal empty
        left[:] = _remove_all(engine, run)
        empty = 0 if left else empty + 1
        return ", ".join(left) or ("" if empty > 1 else "a second look")

    passing = (DockerException, RequestException)
    try:
        until("removal of the run's containers", remaining, deadline, passing=passing, pause_s=0.3)
    except TooLate as late:
        return left or ([] if empty else [str(late)])
    return []


def _remove_all(engine: Engine, run: str) -> list[str]:
    """What was found, and is being removed; names, and with them why something could not be."""
    from docker.errors import APIError

    filters: dict[str, Any] = {"label": f"{RUN_LABEL}={run}"}
    containers = engine.client.containers.list(all=True, ignore_removed=True, filters=filters)
    found = [f"container {c.name}" for c in containers]
    try:
        removal.remove(containers)
    except Problem as problem:
        found.append(str(problem))
    for project in _projects_with_volumes(engine, run):
        found.append(f"volumes of {project}")
        drop_volumes(engine, f"{PROJECT}={project}")
    if engine.client.volumes.list(filters=filters):
        found.append("volumes")
        drop_volumes(engine, f"{RUN_LABEL}={run}")
    for network in engine.client.networks.list(filters=filters):
        found.append(f"network {network.name}")
        try:
            network.remove()
        except APIError as error:
            found.append(f"network {network.name}: {error.explanation}")
    return found


def drop_volumes(engine: Engine, *labels: str) -> None:
    """Those with all these labels; those without a name go with their containers."""
    from docker.errors import APIError

    for volume in engine.client.volumes.list(filters={"label": list(labels)}):
        with contextlib.suppress(APIError):  # still in use: it is tried again, and told, when the run is swept
            volume.remove()


def _projects_with_volumes(engine: Engine, run: str) -> list[str]:
    """The Compose projects of a run that left volumes, which bear no label of ours where a person made them."""
    found = engine.client.volumes.list(filters={"label": PROJECT})
    projects = {str((v.attrs["Labels"] or {})[PROJECT]) for v in found}
    return sorted(p for p in projects if p.startswith(f"dkl-{run}-"))


def runs(engine: Engine) -> set[str]:
    """The runs of which something is on this engine."""
    listed: list[Any] = [
        *engine.client.containers.list(all=True, ignore_removed=True, filters={"label": RUN_LABEL}),
        *engine.client.networks.list(filters={"label": RUN_LABEL}),
        *engine.client.volumes.list(filters={"label": RUN_LABEL}),
    ]
    return {str((_labels(one))[RUN_LABEL]) for one in listed}


def _labels(one: Any) -> Mapping[str, str]:
    return one.labels if hasattr(one, "labels") else one.attrs["Labels"] or {}


def nameless(mounts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of a container's mounts the volumes without a name, which removing it would leave behind."""
    names = (str(m["Name"]) for m in mounts if m.get("Type") == "volume" and m.get("Name"))
    return [name for name in names if NAMELESS.fullmatch(name)]


def hold(engine: Engine, run: str, trial: str, volumes: Iterable[str]) -> None:
    """A container that never runs stands for volumes without a name, which bear no label: they go with it."""
    if held := " ".join(volumes):
        labels = {NAME: "volumes", RUN_LABEL: run, BESIDE_LABEL: trial, removal.HOLDS: held}
        engine.client.containers.create(IMAGE, network_mode="none", labels=labels)
