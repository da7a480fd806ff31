"""Containers go for certain, whatever state they are in."""

from __future__ import annotations

import time

import pytest
from docker.errors import NotFound

from harness.setup import removal
from harness.sites.docker.leftovers import NAMELESS

FREEZE = """
set -e
cd "$(find /host -type d -path "*$1" | head -n 1)"
mkdir within
echo "$(head -n 1 cgroup.procs)" > within/cgroup.procs
echo FROZEN > within/freezer.state
until grep -q FROZEN within/freezer.state; do :; done
"""


def volumes(host) -> set[str]:
    return {str(v.name) for v in host.client.volumes.list() if NAMELESS.fullmatch(str(v.name))}


@pytest.fixture
def declaring(host, web):
    """An image that declares a volume, as that of a Docker host does: each of its containers gets a nameless one."""
    source = host.client.containers.create(web, network_mode="none", labels={"dk-labs": "test"})
    image = source.commit(changes="VOLUME /declared")
    source.remove(v=True)
    yield image.id
    host.client.images.remove(image.id, force=True)


@pytest.fixture
def container(host, declaring):
    before = volumes(host)
    made = host.client.containers.run(
        declaring, entrypoint=["sleep", "60"], detach=True, network_mode="none", labels={"dk-labs": "test"}
    )
    yield made
    removal.remove([made])
    assert volumes(host) <= before


def gone(container) -> bool:
    try:
        container.reload()
    except NotFound:
        return True
    return False


def test_a_running_one(container):
    removal.remove([container])
    assert gone(container)


def test_one_that_is_gone_already(container):
    container.remove(force=True, v=True)
    removal.remove([container])


def test_a_paused_one(container):
    container.pause()
    removal.remove([container])
    assert gone(container)


def test_one_that_stands_for_the_volume_of_another(host, web, container):
    (volume,) = [m["Name"] for m in container.attrs["Mounts"]]
    holder = host.client.containers.create(
        web, network_mode="none", labels={"dk-labs": "test", removal.HOLDS: volume}
    )
    container.remove(force=True)
    assert volume in volumes(host)
    removal.remove([holder])
    assert volume not in volumes(host)
    assert gone(holder)


def test_one_that_stands_for_a_volume_that_goes_with_its_own_container(host, web, container):
    (volume,) = [m["Name"] for m in container.attrs["Mounts"]]
    holder = host.client.containers.create(
        web, network_mode="none", labels={"dk-labs": "test", removal.HOLDS: volume}
    )
    removal.remove([holder, container])
    assert volume not in volumes(host)
    assert gone(holder)


def test_one_whose_process_was_left_frozen(host, web, container):
    """What a node killed in the wrong moment leaves on a cgroup v1 host: no signal reaches its process."""
    if host.cgroup != "1":
        pytest.skip("on cgroup v2, killing reaches what is frozen")
    host.client.containers.run(
        web,
        entrypoint=["sh", "-c", FREEZE, "freeze"],
        command=[container.id],
        privileged=True,
        pid_mode="host",  # processes elsewhere have no number here otherwise
        network_mode="none",
        labels={"dk-labs": "test"},
        volumes={"/sys/fs/cgroup/freezer": {"bind": "/host", "mode": "rw"}},
        remove=True,
    )
    began = time.monotonic()
    removal.remove([container])
    assert gone(container)
    assert removal.PATIENCE_S < time.monotonic() - began < 10
