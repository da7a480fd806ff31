"""A sick cluster, a stream that is cut, a site that goes away in mid-run: never a verdict that is not true."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from harness.model.verdict import Grade
from harness.setup.cluster import nodes
from tests.e2e.support import judged, sound_again

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("impatient")]


@pytest.fixture
def small(labs, own, web, host):
    """A cluster of one node of our own, ready, with the demo application in it."""
    from rich.console import Console

    from harness.setup.images import web as images
    from harness.setup.steps import Steps

    assert labs("up", "--name", own.name, "--config", str(own.config), within_s=1500).code == 0
    images.load(host, Steps(Console(stderr=True)), own, web)
    return own


KUBERNETES = ("k8s-restarts-failed-containers", "k8s-restores-desired-state")


def test_a_sound_cluster_of_one_node_gives_the_verdicts_that_are_expected(host, small, tmp_path):
    ended = judged(host, tmp_path, KUBERNETES, shape=small)
    assert ended.grades == dict.fromkeys(KUBERNETES, Grade.CONFIRMED), ended.told
    assert ended.left == []


@pytest.mark.parametrize("part", ["kube-controller-manager", "kube-scheduler"])
def test_a_cluster_without_a_part_gives_no_verdict(host, small, tmp_path, part):
    (node,) = nodes.of(host, small.name)
    away = f"mv /etc/kubernetes/manifests/{part}.yaml /root/ && pkill -x {part}; true"
    code, said = nodes.inside(node.container, ["sh", "-c", away])
    assert code == 0, said
    try:
        ended = judged(host, tmp_path, KUBERNETES, shape=small)
    finally:
        nodes.inside(node.container, ["sh", "-c", f"mv /root/{part}.yaml /etc/kubernetes/manifests/"])
        sound_again(small)
    assert set(ended.grades.values()) == {Grade.INCONCLUSIVE}, ended.told
    assert ended.took_s < 300


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


def test_a_cluster_that_is_deleted_in_mid_run_gives_a_clear_end(host, small, tmp_path, labs):
    ended = judged(host, tmp_path, KUBERNETES, shape=small, during=lambda: labs("down", "--name", small.name))
    assert set(ended.grades.values()) == {Grade.INCONCLUSIVE}, ended.told
    assert ended.took_s < 300
    assert ended.left != []


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
    from harness.setup import endpoint, engine

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
