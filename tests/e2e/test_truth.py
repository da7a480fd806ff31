"""A sick cluster, a stream that is cut, a site that goes away in mid-run: never a verdict that is not true."""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import suppress

import pytest

from harness import catalog, journal, outcome, register, runner, trial
from harness.model.verdict import Grade
from harness.runner import Runner, plan
from harness.setup import nodes
from harness.sites.cluster import ClusterPlace
from harness.sites.engine import EnginePlace

pytestmark = pytest.mark.slow
KNOWN = register.load(catalog.REGISTER)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What is broken here stays broken: the bounds of waiting for it are shown as well with less."""
    monkeypatch.setattr(runner, "CLOSE_S", 15.0)
    monkeypatch.setattr(trial, "STEADY_S", 25.0)


class Quiet:
    """A view that keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def says(self, text):
        self.lines.append(text)

    def opened(self, site, took_s):
        pass

    def waits(self, trial, missing, waited_s, allowed_s):
        pass

    def trial_over(self, trial, how):
        self.lines.append(f"{trial}: {how}")

    def verdict(self, finding):
        pass


def judged(host, tmp_path, claims, *, shape=None, engine=None, during=None):
    """Run the claims of selfhealing once each, on this cluster and engine; `during` happens 2 s after the start."""
    lab, run = catalog.lab("selfhealing"), f"t{random.randrange(16**6):06x}"
    log = journal.Journal(tmp_path / run, run, {"labs": [lab.name]})
    sites = {"engine": EnginePlace(engine or host, run)}
    if shape is not None:
        sites["cluster"] = ClusterPlace(host, run, shape)
    view = Quiet()
    planned = [p for p in plan([lab], trials=1, seed=1, only=frozenset(claims)) if p.cell.arm.site.name in sites]
    runner = Runner([lab], planned, sites, log, KNOWN, view)
    if during is not None:
        timer = threading.Timer(2, during)
        timer.start()
    began = time.monotonic()
    _, leftovers = runner.go()
    log.close()
    found = outcome.judge([lab], {lab.name: journal.read(tmp_path / run).of_lab(lab.name)}, KNOWN)
    return {f.id: f for f in found if f.id in claims}, leftovers, time.monotonic() - began


@pytest.fixture
def small(labs, own, web, host):
    """A cluster of one node of our own, ready, with the demo application in it."""
    from rich.console import Console

    from harness.setup import images
    from harness.setup.steps import Steps

    assert labs("up", "--name", own.name, "--config", str(own.config), within_s=1500).code == 0
    images.load(host, Steps(Console(stderr=True)), own, web)
    return own


KUBERNETES = ("k8s-restarts-failed-containers", "k8s-restores-desired-state")


def test_a_sound_cluster_of_one_node_gives_the_verdicts_that_are_expected(host, small, tmp_path):
    found, left, _ = judged(host, tmp_path, KUBERNETES, shape=small)
    assert {i: f.verdict.grade for i, f in found.items()} == dict.fromkeys(KUBERNETES, Grade.CONFIRMED), found
    assert left == []


@pytest.mark.parametrize("part", ["kube-controller-manager", "kube-scheduler"])
def test_a_cluster_without_a_part_gives_no_verdict(host, small, tmp_path, part):
    (node,) = nodes.of(host, small.name)
    away = f"mv /etc/kubernetes/manifests/{part}.yaml /root/ && pkill -x {part}; true"
    code, said = nodes.inside(node.container, ["sh", "-c", away])
    assert code == 0, said
    try:
        found, _, took = judged(host, tmp_path, KUBERNETES, shape=small)
    finally:
        nodes.inside(node.container, ["sh", "-c", f"mv /root/{part}.yaml /etc/kubernetes/manifests/"])
    assert {f.verdict.grade for f in found.values()} == {Grade.INCONCLUSIVE}, found
    assert took < 300


def test_a_part_that_goes_in_mid_run_gives_no_false_verdict(host, small, tmp_path):
    (node,) = nodes.of(host, small.name)
    away = "mv /etc/kubernetes/manifests/kube-controller-manager.yaml /root/; pkill -x kube-controller-manager; true"
    try:
        found, _, _ = judged(
            host, tmp_path, KUBERNETES, shape=small, during=lambda: nodes.inside(node.container, ["sh", "-c", away])
        )
    finally:
        back = "mv /root/kube-controller-manager.yaml /etc/kubernetes/manifests/"
        nodes.inside(node.container, ["sh", "-c", back])
    assert found["k8s-restores-desired-state"].verdict.grade is Grade.INCONCLUSIVE
    assert found["k8s-restarts-failed-containers"].verdict.grade in (Grade.INCONCLUSIVE, Grade.CONFIRMED)


def test_a_stopped_kubelet_gives_no_verdict(host, small, tmp_path):
    (node,) = nodes.of(host, small.name)
    nodes.inside(node.container, ["systemctl", "stop", "kubelet"])
    try:
        found, _, took = judged(host, tmp_path, KUBERNETES, shape=small)
    finally:
        nodes.inside(node.container, ["systemctl", "start", "kubelet"])
    assert {f.verdict.grade for f in found.values()} == {Grade.INCONCLUSIVE}, found
    assert took < 300


def test_a_cluster_that_is_deleted_in_mid_run_gives_a_clear_end(host, small, tmp_path, labs):
    found, left, took = judged(
        host, tmp_path, KUBERNETES, shape=small, during=lambda: labs("down", "--name", small.name)
    )
    assert {f.verdict.grade for f in found.values()} == {Grade.INCONCLUSIVE}, found
    assert took < 300
    assert left != []


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
        found, left, _ = judged(host, tmp_path, claims, engine=through)
    finally:
        through.client.close()
        proxy.server.close()
    assert proxy.cuts >= 3
    assert found["docker-manual-stop-not-restarted"].verdict.grade is Grade.CONFIRMED
    assert found["docker-restart-needs-compose-or-swarm"].verdict.grade is Grade.REFUTED
    assert left == []
