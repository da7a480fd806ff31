"""Docker hosts in containers: up at once with the demo image, broken and mended, and gone without a trace."""

from __future__ import annotations

import contextlib
import stat
import time
import uuid
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from harness.model.errors import Problem
from harness.setup import paths
from harness.setup.cluster.nodes import inside
from harness.setup.images import builds
from harness.setup.images import docker_host as dockerhost
from harness.setup.images import web as images
from harness.setup.steps import Steps

MARK = f"dk-labs-test-{uuid.uuid4().hex[:6]}"
"""On all that is made here, as a label and in the names: others may run this file beside us."""

LABELS = {"dk-labs-test": MARK}
ANSWER_S = 20


def left(host) -> dict[str, list[str]]:
    ours = {"label": f"dk-labs-test={MARK}"}
    folders = (paths.state() / "dockerhosts").glob(f"{MARK}*")
    return {
        "containers": [c.name for c in host.client.containers.list(all=True, filters=ours)],
        "volumes": [v.name for v in host.client.volumes.list(filters=ours)],
        "networks": [n.name for n in host.client.networks.list(filters=ours)],
        "folders": [folder.name for folder in folders],
    }


@pytest.fixture(scope="module", autouse=True)
def nothing_left(host):
    yield
    assert not any(left(host).values()), left(host)


@pytest.fixture(scope="module")
def steps():
    return Steps(Console(quiet=True))


@pytest.fixture(scope="module")
def demo(host, steps):
    return images.web(host, steps)


@pytest.fixture(scope="module")
def image(host, steps, demo):
    return dockerhost.have(host, steps, demo)


@pytest.fixture(scope="module")
def network(host, nothing_left):
    made = host.client.networks.create(MARK, labels=LABELS | {"dk-labs": "network"})
    yield made.name
    made.remove()


@pytest.fixture(scope="module")
def starting(host, image, network):
    """Start hosts by a short name, and remove them at the end of a `with`."""

    @contextlib.contextmanager
    def run(*names: str, image: str = image):
        with contextlib.ExitStack() as stack:
            made = []
            for name in names:
                one = dockerhost.start(host, image, f"{MARK}-{name}", network=network, labels=LABELS)
                stack.callback(one.remove)
                made.append(one)
            yield made

    return run


@pytest.fixture(scope="module")
def machine(starting):
    """One host for all tests that leave it running."""
    with starting("a") as made:
        yield made[0]


@contextlib.contextmanager
def engine_of(machine):
    client = machine.endpoint.client(timeout_s=30)
    try:
        yield client
    finally:
        client.close()


def told(machine, *argv: str) -> str:
    code, output = inside(machine.container, list(argv))
    assert code == 0, output
    return output


def identity(machine) -> str:
    with engine_of(machine) as inner:
        return inner.info()["ID"]


def running(machine) -> set[str]:
    with engine_of(machine) as inner:
        return {c.name for c in inner.containers.list()}


@pytest.fixture
def replicas(machine, demo):
    """Two containers on the inner engine, one of which is to be started again whenever it ends."""
    with engine_of(machine) as inner:
        for name, policy in (("once", "no"), ("always", "always")):
            inner.containers.run(demo, name=name, detach=True, restart_policy={"Name": policy})
    yield
    with engine_of(machine) as inner:
        for one in inner.containers.list(all=True):
            one.remove(force=True, v=True)


def test_an_image_that_is_there_is_not_made_again(host, steps, demo, image):
    began = time.monotonic()
    assert dockerhost.have(host, steps, demo) == image
    assert time.monotonic() - began < 2


def test_an_unknown_web_image_is_told(host, steps):
    with pytest.raises(Problem, match="there is no image dk-labs/none:x"):
        dockerhost.have(host, steps, "dk-labs/none:x")


def test_it_answers_soon_and_has_the_demo_image(starting, demo):
    began = time.monotonic()
    with starting("soon") as (one,), engine_of(one) as inner:
        assert demo in inner.images.get(demo).tags
        assert time.monotonic() - began < ANSWER_S


def test_an_inner_container_runs_within_its_limit(machine, demo):
    files = "/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes"
    with engine_of(machine) as inner:
        said = inner.containers.run(
            demo, ["-c", f"cat {files} 2>/dev/null || true"], entrypoint="sh", mem_limit="64m", remove=True
        )
    assert said.split() == [str(64 << 20).encode()]


def test_the_api_has_no_tcp_listener(machine):
    """The one that may be there is the outer engine's DNS, on this namespace's loopback."""
    rows = told(machine, "cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()
    listening = [row.split()[1] for row in rows if row.split()[3] == "0A"]
    dns = "0B00007F"
    assert [address for address in listening if not address.startswith(dns)] == []


def test_the_socket_is_closed_to_others(machine):
    socket = Path(machine.endpoint.url.removeprefix("unix://"))
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


@pytest.mark.slow
def test_a_killed_daemon_leaves_the_host_up_and_is_started_again(machine, replicas):
    before = identity(machine)
    told(machine, "sh", "-c", "kill -9 $(cat /run/docker.pid)")
    told(machine, "dockerhost-start")
    assert identity(machine) == before
    machine.container.reload()
    assert machine.container.attrs["RestartCount"] == 0
    assert "always" in running(machine)


@pytest.mark.slow
def test_the_daemon_is_stopped_and_started(machine, replicas):
    told(machine, "dockerhost-stop")
    assert inside(machine.container, ["docker", "version"])[0] != 0
    machine.container.reload()
    assert machine.container.status == "running"
    told(machine, "dockerhost-start")
    assert running(machine) == {"always"}


@pytest.mark.slow
def test_a_stopped_host_ends_cleanly_and_comes_back(machine, replicas):
    before = identity(machine)
    machine.container.stop()
    machine.container.reload()
    assert machine.container.attrs["State"]["ExitCode"] == 0
    machine.container.start()
    told(machine, "dockerhost-start")  # waits for the one that is on its way
    assert identity(machine) == before
    assert running(machine) == {"always"}


@pytest.mark.slow
def test_a_killed_host_comes_back(machine, replicas):
    before = identity(machine)
    machine.container.kill()
    machine.container.wait(timeout=ANSWER_S)
    machine.container.start()
    told(machine, "dockerhost-start")  # waits for the one that is on its way
    assert identity(machine) == before
    assert running(machine) == {"always"}


@pytest.mark.slow
def test_a_paused_host_is_frozen_with_all_that_runs_in_it(machine, demo):
    with engine_of(machine) as inner:
        ticks = "import time\nfor n in range(3000): print(time.time(), flush=True); time.sleep(0.1)"
        one = inner.containers.run(demo, ["-c", ticks], entrypoint="python3", detach=True)
        time.sleep(1)
        machine.container.pause()
        time.sleep(2)
        machine.container.unpause()
        time.sleep(1)
        ticked = [float(line) for line in one.logs().split()]
        one.remove(force=True)
    assert max(b - a for a, b in pairwise(ticked)) > 1.9


def test_a_removed_host_leaves_nothing(host, starting, demo):
    before = left(host)
    with starting("gone") as (one,):
        with engine_of(one) as inner:
            inner.containers.run(demo, detach=True, volumes=["inner:/data"])
        one.container.reload()
        mounts = one.container.attrs["Mounts"]
        volume = next(m["Name"] for m in mounts if m["Type"] == "volume")
        assert volume in left(host)["volumes"]
        cgroups = [p for p in Path("/sys/fs/cgroup").glob(f"**/{one.container.id}") if p.is_dir()]
    assert left(host) == before
    assert [p for p in cgroups if p.exists()] == []


def test_a_host_that_ends_is_told_at_once_and_removed(host, starting, image, tmp_path):
    (tmp_path / "Dockerfile").write_text(f'FROM {image}\nENTRYPOINT ["sh", "-c", "echo broken; exit 3"]\n')
    tag, before, began = f"dk-labs/dockerhost-test:{MARK}", left(host), time.monotonic()
    builds.build_image(host, tmp_path, tag=tag, args={}, log=tmp_path / "log")
    try:
        with pytest.raises(Problem, match="is exited: broken"), starting("bad", image=tag):
            pass
    finally:
        host.client.images.remove(tag)
    assert time.monotonic() - began < ANSWER_S / 2
    assert left(host) == before
    (log,) = (paths.state() / "logs").glob(f"dockerhost-{MARK}-bad.log")
    assert "broken" in log.read_text()
    log.unlink()


def test_a_name_that_is_taken_is_told_and_its_host_unharmed(starting, machine):
    with pytest.raises(Problem, match="already in use"), starting("a"):
        pass
    assert identity(machine)


def test_a_path_too_long_for_a_socket_is_told(host, image, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ("x" * 100)))
    with pytest.raises(Problem, match="a socket's path can have 107"):
        dockerhost.start(host, image, f"{MARK}-long", network="bridge")
