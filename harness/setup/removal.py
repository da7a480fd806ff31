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


AT_ONCE = 12
"""Removals that an engine is asked for at a time: more of them only get in each other's way."""

HOLDS = "dk-labs.holds"
"""On a container, the names of volumes that go with it. A volume that the engine named bears no label of ours."""


def remove(containers: Sequence[Container]) -> None:
    """Side by side, with their volumes; those that are gone already are no matter."""
    if not containers:
        return
    holders = [one for one in containers if HOLDS in one.labels]
    others = [one for one in containers if HOLDS not in one.labels]
    many = min(AT_ONCE, len(containers))
    # Whoever waits for a removal must not take the place of the removal: so there are two pools.
    with ThreadPoolExecutor(many, "removing") as removing, ThreadPoolExecutor(many, "remove") as pool:
        for some in (others, holders):  # first who may still use the volumes
            for one in some:
                _drop_held(one)
            for _ in pool.map(lambda one: _remove(one, removing), some):
                pass


def _drop_held(holder: Container) -> None:
    """Before its holder goes: if we die in between, the next run finds them by it."""
    from docker.errors import APIError, NotFound

    assert holder.client is not None  # noqa: S101  (what the SDK lists has one)
    for name in holder.labels.get(HOLDS, "").split():
        try:
            holder.client.volumes.get(name).remove()
        except NotFound:
            pass
        except APIError as error:
            raise Problem(f"Removing volume {name}", str(error), f"docker volume rm {name}") from error


def _remove(container: Container, pool: ThreadPoolExecutor) -> None:
    from docker.errors import APIError, DockerException
    from requests import RequestException

    removing = pool.submit(_force, container)
    try:
        removing.result(timeout=PATIENCE_S)
    except (TimeoutError, APIError):
        try:
            _thaw(container)
            # The engine may have given up on the first attempt meanwhile.
            if removing.exception() is not None:
                _force(container)
        except (DockerException, RequestException) as error:
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
    from docker.errors import DockerException

    client = container.client
    assert client is not None  # noqa: S101  (what the SDK lists has one)
    if str(client.info().get("CgroupVersion")) != "1":
        return
    helper = client.containers.create(
        str(container.attrs["Image"]),
        entrypoint=["sh", "-c", THAW, "thaw"],
        command=[str(container.id)],
        privileged=True,
        network_mode="none",
        labels={NAME: "thaw"},
        volumes={"/sys/fs/cgroup/freezer": {"bind": "/host", "mode": "rw"}},
    )
    try:
        helper.start()  # what was made goes also where this fails
        if status := helper.wait(timeout=PATIENCE_S)["StatusCode"]:
            raise DockerException(f"thawing ended with {status}: {helper.logs(tail=5).decode(errors='replace')}")
    finally:
        helper.remove(force=True, v=True)  # an image may declare a volume, and `run(remove=True)` would leave it
