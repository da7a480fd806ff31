"""A cluster that is sick, or changed by somebody else, and a stream that is cut: never a verdict that is not true."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from rich.console import Console

from harness.model.entries import Copy, Ended
from harness.model.errors import Problem
from harness.model.verdict import Grade
from harness.setup import endpoint, engine
from harness.setup.cluster import nodes
from harness.setup.images import web as images
from harness.setup.steps import Steps
from tests.support.broken import Watching, judged, sound_again

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("impatient")]


@pytest.fixture
def small(labs, own, web, host):
    """A cluster of one node of our own, ready, with the demo application in it."""
    assert labs("up", "--name", own.name, "--config", str(own.config), within_s=1500).code == 0
    images.load(host, Steps(Console(stderr=True)), own, web)
    return own


OPENS_S = 40.0
KUBERNETES = ("k8s-restarts-failed-containers", "k8s-restores-desired-state")


def test_a_sound_cluster_of_one_node_gives_the_verdicts_that_are_expected(host, small, tmp_path):
    ended = judged(host, tmp_path, KUBERNETES[:1], shape=small)
    assert ended.grades == {KUBERNETES[0]: Grade.CONFIRMED}, ended.told
    assert ended.left == []


def test_a_cluster_without_a_part_is_not_begun_with(host, small, tmp_path):
    (node,), part = nodes.of(host, small.name), "kube-scheduler"
    away = f"mv /etc/kubernetes/manifests/{part}.yaml /root/ && pkill -x {part}; true"
    code, said = nodes.inside(node.container, ["sh", "-c", away])
    assert code == 0, said
    began = time.monotonic()
    try:
        with pytest.raises(Problem, match=part):
            judged(host, tmp_path, KUBERNETES, shape=small)
        assert time.monotonic() - began < OPENS_S
    finally:
        nodes.inside(node.container, ["sh", "-c", f"mv /root/{part}.yaml /etc/kubernetes/manifests/"])
        sound_again(small)


def test_a_part_that_goes_in_mid_run_gives_no_false_verdict(host, small, tmp_path):
    (node,) = nodes.of(host, small.name)
    away = "mv /etc/kubernetes/manifests/kube-controller-manager.yaml /root/; pkill -x kube-controller-manager; true"
    try:
        ended = judged(
            host, tmp_path, KUBERNETES, shape=small, during=lambda: nodes.inside(node.container, ["sh", "-c", away])
        )
    finally:
        back = "mv /root/kube-controller-manager.yaml /etc/kubernetes/manifests/"
        nodes.inside(node.container, ["sh", "-c", back])
        sound_again(small)
    assert ended.grades["k8s-restores-desired-state"] is Grade.INCONCLUSIVE
    assert ended.grades["k8s-restarts-failed-containers"] in (Grade.INCONCLUSIVE, Grade.CONFIRMED)


def test_a_stopped_kubelet_gives_no_verdict(host, small, tmp_path):
    (node,) = nodes.of(host, small.name)
    nodes.inside(node.container, ["systemctl", "stop", "kubelet"])
    try:
        ended = judged(host, tmp_path, KUBERNETES, shape=small)
    finally:
        nodes.inside(node.container, ["systemctl", "start", "kubelet"])
        sound_again(small)
    assert set(ended.grades.values()) == {Grade.INCONCLUSIVE}, ended.told
    assert ended.took_s < 300


ONLY_HEALTHY = "k8s-lb-only-healthy"
FROZEN_S = 11.0


def test_a_name_server_that_is_frozen_for_some_seconds_is_not_taken_for_the_copies_fault(host, small, tmp_path):
    """Clients find nobody meanwhile, and the copy that is ill is not asked: it must not pass for left out."""
    (node,) = nodes.of(host, small.name)

    def freeze() -> None:
        signalled(node, "STOP")
        time.sleep(FROZEN_S)  # this long, and no longer, is what is tried
        signalled(node, "CONT")

    watched = "one ill @ Deployment of three with a readinessProbe"
    try:
        ended = judged(
            host, tmp_path, (ONLY_HEALTHY,), lab="healthchecks", shape=small, when=Watching(of=watched), during=freeze
        )
    finally:
        signalled(node, "CONT")
        sound_again(small)
    assert ended.grades == {ONLY_HEALTHY: Grade.INCONCLUSIVE}, ended.told
    assert {one.wrong.reason for one in ended.timelines(watched)} == {"sick-site"}


def signalled(node: nodes.Node, sign: str) -> None:
    assert nodes.inside(node.container, ["pkill", f"-{sign}", "-x", "coredns"]) == (0, "")


@pytest.fixture
def policy(host, small):
    """Have an admission policy of this folder's stand on the cluster; it is gone afterwards."""
    (node,) = nodes.of(host, small.name)

    @contextmanager
    def stands(name: str):
        text = (Path(__file__).parent / name).read_text()
        nodes.kubectl(host, node, "apply", "--filename", "-", text=text)
        try:
            yield
        finally:
            nodes.kubectl(host, node, "delete", "--filename", "-", text=text)

    return stands


def test_a_policy_that_adds_a_probe_to_pods_is_found_in_what_stands(host, small, tmp_path, policy):
    """Without it the arm that lacks a probe looks as good as the one that has it."""
    lacks = "one ill @ Deployment of three"
    with policy("adds-a-probe.yaml"):
        ended = judged(host, tmp_path, (ONLY_HEALTHY,), lab="healthchecks", shape=small)
    assert ended.grades == {ONLY_HEALTHY: Grade.INCONCLUSIVE}, ended.told
    assert {one.wrong.reason for one in ended.timelines(lacks)} == {"altered"}
    assert all("readinessProbe" in wrong for wrong in ended.wrong(lacks, "files"))


REFUSED_WITHIN_S = 5.0


def test_pods_that_a_policy_denies_are_shown_with_its_words_within_seconds(host, small, tmp_path, policy):
    """Nobody waits for what is refused."""
    restarts, declared = "k8s-restarts-failed-containers", "crash @ Deployment"
    with policy("denies-pods.yaml"):
        ended = judged(host, tmp_path, (restarts,), shape=small)
    assert ended.grades == {restarts: Grade.INCONCLUSIVE}, ended.told
    (trial,) = ended.trials(declared)
    (refused,) = (one for one in trial if isinstance(one, Copy) and one.what == "refused")
    assert "denied on purpose" in refused.no
    assert refused.at_s < REFUSED_WITHIN_S
    (end,) = (one for one in trial if isinstance(one, Ended))
    assert "denied on purpose" in end.wrong
    assert end.at_s < 2 * REFUSED_WITHIN_S
    assert "denied on purpose" in ended.told


class CutsEvents:
    """Passes everything on to the engine, but ends each stream of events after 5 s."""

    def __init__(self, path: str) -> None:
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(64)
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        engine.connect("/var/run/docker.sock")
        first = client.recv(65536)
        if b"/events?" in first.split(b"\r\n")[0]:
            self.cuts += 1
            threading.Timer(5, self._cut, (engine, client)).start()
        engine.sendall(first)
        ways = [
            threading.Thread(target=self._pass, args=w, daemon=True) for w in ((client, engine), (engine, client))
        ]
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        engine.close()
        client.close()

    def _cut(self, *ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):  # the run was over first, and its stream with it
                end.shutdown(socket.SHUT_RDWR)

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


def test_an_event_stream_that_is_cut_every_5_s_changes_no_verdict(host, web, tmp_path):
    proxy = CutsEvents(f"{tmp_path}/cut.sock")
    through = engine.connect(endpoint.resolve(f"unix://{tmp_path}/cut.sock"))
    claims = ("docker-manual-stop-not-restarted", "docker-restart-needs-compose-or-swarm")
    try:
        ended = judged(host, tmp_path, claims, engine=through)
    finally:
        through.client.close()
        proxy.server.close()
    assert proxy.cuts >= 3
    assert ended.grades["docker-manual-stop-not-restarted"] is Grade.CONFIRMED
    assert ended.grades["docker-restart-needs-compose-or-swarm"] is Grade.REFUTED
    assert ended.left == []
