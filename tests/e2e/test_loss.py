"""An engine or a node that goes in mid-run: an end in bounded time, and never a verdict that is not true."""

from __future__ import annotations

import gc
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from harness.judging import findings
from harness.lab.arm import IMAGE
from harness.model.clock import Deadline
from harness.model.project import NAME
from harness.model.verdict import Grade
from harness.setup import engine, removal
from harness.setup.cluster import nodes
from harness.setup.cluster import shared as cluster
from harness.setup.cluster.nodes import inside
from harness.setup.images import docker_host as dockerhost
from harness.setup.images import web as images
from harness.setup.steps import Steps
from harness.sites.docker import hosts, leftovers
from tests.conftest import ONE_NODE
from tests.support.broken import Watching, judged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("impatient"),
    # Docker's SDK drops a socket unclosed where nobody takes the connection.
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket .*family=1,:ResourceWarning"),
]

ENDS_S = 60.0
NODE_ENDS_S = 90.0
"""A look at Pods whose node is gone takes 5 s for each of them."""

SWEPT_S = 30.0
STOPS = "docker-manual-stop-not-restarted"
DOCKER = (STOPS, "docker-no-auto-restart")
COMES_BACK = "docker-restart-needs-compose-or-swarm"
RESTORES = "k8s-restores-desired-state"
TWO_NODES = f"{ONE_NODE}nodes: [{{role: control-plane}}, {{role: worker}}]\n"


@pytest.fixture(scope="module")
def quietly():
    return Steps(Console(quiet=True))


@pytest.fixture(scope="module")
def demo(host, quietly):
    return images.web(host, quietly)


@pytest.fixture
def machine(host, demo, quietly):
    """A Docker host of our own; its container goes with its volumes, whatever became of its engine."""
    image = dockerhost.have(host, quietly, demo)
    one = dockerhost.start(host, image, f"dk-labs-test-{uuid.uuid4().hex[:6]}", network="bridge")
    yield one
    one.remove()


@pytest.fixture
def through(machine, demo):
    """Its engine, which has the demo application also by the name that recipes use."""
    found = engine.connect(machine.endpoint, silent_s=5)
    found.client.images.get(demo).tag(*IMAGE.split(":"))
    yield found
    found.client.close()
    gc.collect()  # the sockets that the SDK dropped, while the filter above still holds


@pytest.fixture
def daemon(machine):
    """Send a signal to the process of its engine."""

    def send(signal: str) -> None:
        told(machine, "sh", "-c", f"kill -{signal} $(cat /run/docker.pid)")

    return send


def told(machine, *argv: str) -> None:
    code, said = inside(machine.container, list(argv))
    assert code == 0, said


def check_bounded_and_true(ended, within_s=ENDS_S) -> None:
    assert ended.untrue == []
    assert ended.broken_s < within_s, ended.told
    assert "Traceback" not in ended.told


def check_seen_after(ended, cell) -> None:
    """The site was sound when the trial began, and the look at it afterwards said that it was not any more."""
    (before,), (after,) = ended.wrong(cell, "site before"), ended.wrong(cell, "site after")
    assert not before
    assert after


def check_told_and_swept(ended, through) -> None:
    """What could not be removed was told, and goes once the engine answers again."""
    assert ended.left != []
    assert ended.code == findings.LEFT_BEHIND
    assert "not everything could be removed" in ended.told
    assert leftovers.sweep(through, ended.run.id, Deadline.after(SWEPT_S)) == []
    assert leftovers.runs(through) == set()


def test_an_engine_that_is_killed_in_mid_run(host, machine, through, daemon, tmp_path):
    ended = judged(host, tmp_path, DOCKER, engine=through, when=Watching(3), during=lambda: daemon("KILL"))
    check_bounded_and_true(ended)
    assert ended.grades[STOPS] is Grade.INCONCLUSIVE
    with ThreadPoolExecutor(max_workers=1) as pool:  # it is on its way back while it is swept
        back = pool.submit(told, machine, "dockerhost-start")
        check_told_and_swept(ended, through)
        back.result()


def test_an_engine_that_is_killed_and_back_at_once(host, machine, through, daemon, tmp_path):
    """As with systemd. It starts again what a person had stopped, and nothing is left that could ask those copies."""
    watched = "crash @ run, policy no"

    def restart() -> None:
        daemon("KILL")
        told(machine, "dockerhost-start")

    ended = judged(host, tmp_path, DOCKER, engine=through, when=Watching(1, of=watched), during=restart)
    check_bounded_and_true(ended)
    assert set(ended.grades.values()) == {Grade.INCONCLUSIVE}
    check_seen_after(ended, watched)
    assert (ended.left, ended.code) == ([], findings.OPEN)
    assert leftovers.runs(through) == set()


def test_an_engine_that_takes_requests_and_answers_none(host, machine, through, daemon, tmp_path):
    ended = judged(host, tmp_path, DOCKER, engine=through, when=Watching(3), during=lambda: daemon("STOP"))
    daemon("CONT")
    check_bounded_and_true(ended)
    assert ended.grades[STOPS] is Grade.INCONCLUSIVE
    check_told_and_swept(ended, through)


def test_a_host_of_a_swarm_that_is_gone_in_mid_run(host, demo, quietly, tmp_path):
    watched = "crash @ Swarm service"
    hosts.have_image(host, quietly)

    def lose() -> None:
        ours = {"label": f"{NAME}={dockerhost.ROLE}", "name": "-h2"}
        (machine,) = host.client.containers.list(filters=ours)
        removal.remove([machine])

    ended = judged(host, tmp_path, (COMES_BACK,), swarm=3, when=Watching(1, of=watched), during=lose)
    check_bounded_and_true(ended)
    gc.collect()  # here, where what the SDK drops unclosed is no error
    assert ended.found[COMES_BACK].parts["c"].grade is Grade.INCONCLUSIVE
    check_seen_after(ended, watched)
    assert ended.left == []


@pytest.fixture
def pair(labs, host, demo, quietly, tmp_path):
    """A cluster of our own whose Pods are all on its one worker, with the demo application there."""
    config = tmp_path / "two.yaml"
    config.write_text(TWO_NODES)
    shape = cluster.shape("dk-labs-test", str(config))
    try:
        done = labs("up", "--name", shape.name, "--config", str(shape.config), within_s=1500)
        assert done.code == 0, done.err
        images.load(host, quietly, shape, demo)
        yield shape
    finally:
        labs("down", "--name", shape.name)


def test_a_node_that_is_gone_in_mid_run(host, pair, tmp_path):
    """Its Pods cannot come back, and for most of a minute the API server says that it is Ready."""
    watched = "remove one @ three bare Pods"
    (worker,) = (node for node in nodes.of(host, pair.name) if node.role == "worker")
    ended = judged(
        host,
        tmp_path,
        (RESTORES,),
        shape=pair,
        when=Watching(1, of=watched),
        during=lambda: removal.remove([worker.container]),
    )
    check_bounded_and_true(ended, NODE_ENDS_S)
    assert ended.grades[RESTORES] is Grade.INCONCLUSIVE
    check_seen_after(ended, watched)
    assert ended.code == (findings.LEFT_BEHIND if ended.left else findings.OPEN)
