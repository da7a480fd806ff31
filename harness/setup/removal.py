"""Removes containers for certain, also those that cannot die because something of theirs stayed frozen.

On cgroup v1 hosts runc freezes a new container for a moment. When a node is killed within that moment, the thaw never
comes, no signal reaches what is frozen, and the node's own init waits for it for ever.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.model.project import NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker.models.containers import Container

PATIENCE_S = 3.0
"""Removing takes a second at most; the engine itself gives up after twelve."""

THAW = 'for f in $(find /host -path "*$1*" -name freezer.state); do echo THAWED >"$f"; done'


def remove(containers: Sequence[Container]) -> None:
    """All at once, with their volumes; those that are gone already are no matter."""
    if not containers:
        return
    with ThreadPoolExecutor(max_workers=2 * len(containers), thread_name_prefix="remove") as pool:
        for _ in pool.map(lambda one: _remove(one, pool), containers):
            pass


def _remove(container: Container, pool: ThreadPoolExecutor) -> None:
    from docker.errors import APIError, DockerException

    removing = pool.submit(_force, container)
    try:
        removing.result(timeout=PATIENCE_S)
    except (TimeoutError, APIError):
        try:
            _thaw(container)
            # The engine may have given up on the first attempt meanwhile.
            if removing.exception() is not None:
                _force(container)
        except DockerException as error:
            fix = f"docker rm -f -v {container.name}"
            raise Problem(f"Removing container {container.name}", str(error), fix) from error


def _force(container: Container) -> None:
    from docker.errors import APIError

    try:
        container.remove(force=True, v=True)
    except APIError as error:
        gone = error.status_code == 404 or "already in progress" in str(error)
        if not gone:
            raise


def _thaw(container: Container) -> None:
    client = container.client
    assert client is not None  # noqa: S101  (what the SDK lists has one)
    if str(client.info().get("CgroupVersion")) != "1":
        return
    client.containers.run(
        str(container.attrs["Image"]),
        entrypoint=["sh", "-c", THAW, "thaw"],
        command=[str(container.id)],
        privileged=True,
        network_mode="none",
        labels={NAME: "thaw"},
        volumes={"/sys/fs/cgroup/freezer": {"bind": "/host", "mode": "rw"}},
        remove=True,
    )
