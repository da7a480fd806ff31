"""Compose projects of people who do exercises: how they are found on an engine, and taken down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.setup import removal

if TYPE_CHECKING:
    from docker.models.containers import Container
    from docker.models.networks import Network
    from docker.models.volumes import Volume

    from harness.setup.engine import Engine

PROJECT = "com.docker.compose.project"
ONE_OFF = "com.docker.compose.oneoff"
"""On what `docker compose run` made beside the services."""

EXERCISE = "dkl-exercise-"
"""How the names of their projects and namespaces begin: their files carry no label of ours."""


def containers(engine: Engine) -> list[Container]:
    found = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": PROJECT})
    return [c for c in found if _is_exercise(c.labels)]


def networks(engine: Engine) -> list[Network]:
    found = engine.client.networks.list(filters={"label": PROJECT})
    return [n for n in found if _is_exercise(n.attrs["Labels"])]


def volumes(engine: Engine) -> list[Volume]:
    found = engine.client.volumes.list(filters={"label": PROJECT})
    return [v for v in found if _is_exercise(v.attrs["Labels"])]


def _is_exercise(labels: dict[str, str] | None) -> bool:
    return is_name((labels or {}).get(PROJECT, ""))


def is_name(project: str) -> bool:
    """As the folders of exercises name them; people may begin names of theirs alike."""
    return re.fullmatch(rf"{EXERCISE}[a-z0-9-]+-[0-9a-f]{{4}}", project) is not None


def take_down(engine: Engine, project: str) -> int:
    """Remove all that a project has, volumes too; answers how many containers there were."""
    if not is_name(project):
        raise ValueError(f"{project} is no exercise's")
    there = [c for c in containers(engine) if c.labels[PROJECT] == project]
    removal.remove(there)
    for network in networks(engine):
        if network.attrs["Labels"][PROJECT] == project:
            _remove("network", network)
    for volume in volumes(engine):
        if volume.attrs["Labels"][PROJECT] == project:
            _remove("volume", volume)
    return len(there)


def _remove(kind: str, one: Network | Volume) -> None:
    """Somebody may have put a container of their own into it."""
    from docker.errors import APIError

    try:
        one.remove()
    except APIError as error:
        fix = f"docker {kind} inspect {one.name}"
        raise Problem(f"Removing {kind} {one.name}", str(error.explanation or error), fix) from error
