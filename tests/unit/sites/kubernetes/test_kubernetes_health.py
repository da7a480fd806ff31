"""A cluster's soundness, on answers that a server could give; and what was broken on purpose is not missed."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from harness.lab.open_site import No
from harness.setup.cluster import nodes
from harness.setup.cluster.kube import Refused
from harness.setup.cluster.nodes import Node
from harness.sites.kubernetes import breaking, parts
from harness.sites.kubernetes.breaking import Breaking
from harness.sites.kubernetes.connection import Connection
from harness.sites.kubernetes.health import BACK_S, Gaps, Health
from harness.sites.kubernetes.signs import NODES, Signs

CONTROL, WORKER = "k-control-plane", "k-worker"
NAMES = ("dns-1", "dns-2")


def pod(name, node=""):
    return {"metadata": {"name": name}, "spec": {"nodeName": node}, "status": {"podIP": name, "phase": "Running"}}


class Server:
    def __init__(self):
        self.silent, self.unready, self.dns = set(), set(), NAMES

    def within(self, answer_s):
        return self

    def get(self, path, **query):
        if "api" in self.silent:
            raise Refused("nobody takes the connection")
        if path.endswith("/leases"):
            return {"items": []}
        if path.endswith("/pods"):
            return {"items": self.ready() if "dk-labs" in path else [pod(n) for n in self.dns]}
        return {"items": [self.node(n) for n in (CONTROL, WORKER)]}

    def ready(self):
        return [pod(f"ready-{n}", n) for n in (CONTROL, WORKER) if n not in self.unready]

    def node(self, name):
        status = "Unknown" if name in self.unready else "True"
        return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": status}]}}

    def text(self, path, **query):
        if any(part in path for part in self.silent):
            raise Refused("no answer in 2 s")
        return "ok"


class Shape:
    name = "k"

    def size(self):
        return 2


class Machine:
    """A node's container."""

    def __init__(self, name):
        self.name, self.status, self.started = name, "running", "2026-11-30T17:00:00Z"

    def reload(self):
        pass


class Cluster:
    def __init__(self, monkeypatch, *, without=""):
        self.server, self.clock = Server(), 0.0
        self.machines = {name: Machine(name) for name in (CONTROL, WORKER)}
        self.frozen = set()
        self.signs = Signs(self.server)
        self.signs.leaders_silent = lambda but=frozenset(): ""  # type: ignore[method-assign]
        connection = Connection(None, "r", Shape(), self.server, None, None)
        self.breaking = Breaking(lambda: connection, without)
        self.health = Health(None, Shape(), self.server, self.signs, self.breaking.gaps)
        monkeypatch.setattr(nodes, "of", lambda engine, name: self.nodes())
        monkeypatch.setattr(
            nodes, "dns_from", lambda node, server, name: [] if server in self.frozen else ["10.96.0.1"]
        )
        monkeypatch.setattr(breaking, "switch", self.switch)

    def nodes(self):
        return [Node(m.name, m.name.split("-", 1)[1], m.status, "", m.started, m) for m in self.machines.values()]

    def switch(self, machine, how):
        machine.status = {"stop": "exited", "pause": "paused", "resume": "running"}[how]
        machine.started = f"started {time.monotonic_ns()}" if how == "resume" else machine.started
        return f"docker {how}"

    def reports(self, node=WORKER):
        for said in ("a", f"b{time.monotonic_ns()}"):
            lease = {"metadata": {"namespace": NODES, "name": node}, "spec": {"renewTime": said}}
            self.signs.take("MODIFIED", lease)


@pytest.fixture
def cluster(monkeypatch):
    return Cluster(monkeypatch)


def test_nothing_is_wrong_with_a_sound_cluster(cluster):
    assert cluster.health.wrong() == ""


def missing(part):
    return lambda c: c.server.silent.add(part)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda c: c.machines.pop(WORKER), "only 1 of 2 nodes are there"),
        (lambda c: setattr(c.machines[WORKER], "status", "paused"), "node worker is paused"),
        (missing("k-worker/proxy"), "the kubelet of worker does not answer: no answer in 2 s"),
        (missing("k-worker:10256"), "kube-proxy of worker does not answer: no answer in 2 s"),
        (lambda c: c.server.unready.add(WORKER), "node worker is not Ready"),
        (
            missing("ready-k-worker"),
            "an answer of the Pod ready-k-worker on k-worker over the Pod network (no answer in 2 s) is missing",
        ),
        (lambda c: c.frozen.add("dns-2"), "the name server dns-2 does not answer"),
        (lambda c: setattr(c.server, "dns", ()), "no name server runs"),
        (lambda c: setattr(c.signs, "leaders_silent", lambda but: "kube-scheduler"), "kube-scheduler"),
        (missing("api"), "nobody takes the connection"),
    ],
)
def test_what_is_broken_is_named(cluster, broken, said):
    broken(cluster)
    assert cluster.health.wrong() == said


def test_what_the_engine_throws_is_told_too(cluster, monkeypatch):
    monkeypatch.setattr(nodes, "of", lambda *_: 1 / 0)
    assert cluster.health.wrong() == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("how", ["stop", "pause"])
def test_a_node_that_was_broken_on_purpose_is_not_missed_until_it_should_be_back(cluster, how, monkeypatch):
    cluster.breaking.power("worker", how)
    cluster.server.silent.add("k-worker")
    assert cluster.health.wrong() == ""
    cluster.breaking.power("worker", "resume")
    assert cluster.health.wrong() == ""
    cluster.server.silent.clear()
    cluster.breaking.gaps.coming[WORKER] = time.monotonic() - 1
    cluster.server.unready.add(WORKER)
    assert cluster.health.wrong() == f"node worker is not Ready, {BACK_S:.0f} s after it was begun again"


def test_a_node_that_is_back_is_missed_again_if_it_goes(cluster):
    assert cluster.health.wrong() == ""
    cluster.breaking.power("worker", "stop")
    cluster.breaking.power("worker", "resume")
    assert cluster.health.wrong() == ""  # it has not reported yet, and may take its time
    assert WORKER in cluster.breaking.gaps.coming
    cluster.reports()
    assert cluster.health.wrong() == ""
    assert not cluster.breaking.gaps.coming
    cluster.server.unready.add(WORKER)
    assert cluster.health.wrong() == "node worker is not Ready"


def test_a_node_that_somebody_started_again_has_to_report_first(cluster):
    assert cluster.health.wrong() == ""
    cluster.switch(cluster.machines[WORKER], "resume")
    assert cluster.health.wrong() == "node worker has not reported since it was started"
    cluster.reports()
    assert cluster.health.wrong() == ""


def test_a_cluster_that_was_made_deaf_is_not_asked(cluster):
    cluster.server.silent.add("api")
    cluster.breaking.power("control-plane", "stop")
    assert cluster.breaking.gaps.deaf
    assert cluster.health.wrong() == ""
    cluster.breaking.power("control-plane", "resume")
    assert not cluster.breaking.gaps.deaf
    assert cluster.health.wrong() == ""  # on its way back
    cluster.breaking.gaps.coming[CONTROL] = time.monotonic() - 1
    assert cluster.health.wrong().startswith("nobody takes the connection, ")
    cluster.server.silent.clear()
    cluster.reports(CONTROL)
    assert cluster.health.wrong() == ""
    assert not cluster.breaking.gaps.coming


def test_a_cluster_of_one_s_own_knows_no_other_switch(cluster):
    with pytest.raises(ValueError, match="stop, pause, resume"):
        cluster.breaking.power("worker", "stop-engine")


class Taken:
    """A part that notes what is done to it."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    def leave(self, deadline):
        self.log.append(f"{self.name} leaves")
        return "typed"

    def back(self, deadline):
        self.log.append(f"{self.name} back")


@pytest.fixture
def log(monkeypatch):
    told = []
    monkeypatch.setattr(parts, "part", lambda name, *_: Taken(name, told))
    return told


def test_parts_come_back_in_an_order_in_which_they_can(cluster, log):
    from harness.model.clock import Deadline

    for part in ("kube-scheduler", "coredns", "kubelet", "kube-proxy", "kube-apiserver"):
        assert cluster.breaking.take_away(part, "worker").said == "typed"
    assert {WORKER} == cluster.breaking.gaps.nodes
    assert cluster.breaking.gaps.deaf
    log.clear()
    cluster.breaking.mend(Deadline.after(5))
    assert log == [f"{p} back" for p in ("kube-scheduler", "kube-apiserver", "kubelet", "kube-proxy", "coredns")]
    assert cluster.breaking.gaps == Gaps()


def test_a_part_that_is_away_is_not_missed_but_the_others_are(cluster, log):
    cluster.breaking.take_away("kube-proxy", "worker")
    cluster.breaking.take_away("coredns", "worker")
    cluster.server.silent.add(":10256")
    cluster.frozen.add("dns-1")
    assert cluster.health.wrong() == ""
    cluster.server.unready.add(CONTROL)
    assert cluster.health.wrong() == "node control-plane is not Ready"


def test_a_part_goes_once(cluster, log, monkeypatch):
    cluster.breaking.take_away("kube-proxy", "worker")
    with pytest.raises(No, match="away already"):
        cluster.breaking.take_away("kube-proxy", "worker")
    with pytest.raises(No, match="never there"):
        Cluster(monkeypatch, without="kube-proxy").breaking.take_away("kube-proxy", "worker")


def test_a_part_that_does_not_go_is_a_no(cluster, monkeypatch):
    def refuse(deadline):
        raise Refused("no answer in 5 s")

    monkeypatch.setattr(parts, "part", lambda *_: SimpleNamespace(leave=refuse, back=lambda deadline: None))
    with pytest.raises(No, match="no answer in 5 s"):
        cluster.breaking.take_away("coredns", "control-plane")
