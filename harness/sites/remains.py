"""What a run has on an engine, found by its labels: containers, networks and Compose's volumes; and its removal."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.setup import removal
from harness.setup.projects import PROJECT
from harness.sites.place import RUN_LABEL
from harness.waiting import TooLate, until

if TYPE_CHECKING:
    from harness.model.clock import Deadline
    from harness.setup.engine import Engine


def sweep(engine: Engine, run: str, deadline: Deadline) -> list[str]:
    """Remove every container and network of a run; answers what is still there.

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
    for project in volumes_of(engine, run):
        found.append(f"volumes of {project}")
        drop_volumes(engine, project)
    for network in engine.client.networks.list(filters=filters):
        found.append(f"network {network.name}")
        try:
            network.remove()
        except APIError as error:
            found.append(f"network {network.name}: {error.explanation}")
    return found


def drop_volumes(engine: Engine, project: str) -> None:
    """The volumes that a Compose project named; those without a name went with their containers."""
    from docker.errors import APIError

    for volume in engine.client.volumes.list(filters={"label": f"{PROJECT}={project}"}):
        with contextlib.suppress(APIError):  # still in use: it is tried again, and told, when the run is swept
            volume.remove()


def volumes_of(engine: Engine, run: str) -> list[str]:
    """The projects of a run that left volumes."""
    found = engine.client.volumes.list(filters={"label": PROJECT})
    projects = {str((v.attrs["Labels"] or {})[PROJECT]) for v in found}
    return sorted(p for p in projects if p.startswith(f"dkl-{run}-"))


def runs(engine: Engine) -> set[str]:
    """The runs of which something is on this engine."""
    found = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": RUN_LABEL})
    networks = engine.client.networks.list(filters={"label": RUN_LABEL})
    return {str(c.labels[RUN_LABEL]) for c in found} | {str(n.attrs["Labels"][RUN_LABEL]) for n in networks}
