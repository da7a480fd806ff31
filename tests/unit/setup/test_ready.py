"""When a cluster is ready, judged on answers that a server could give."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest

from harness.setup.cluster import nodes, ready
from harness.setup.cluster.kube import Refused


class FakeApi:
    """Answers what it was given; anything else is a 404, as on a server."""

    def __init__(self, **answers):
        self.answers = {path.replace("__", "/"): answer for path, answer in answers.items()}

    def get(self, path, **query):
        for known, answer in self.answers.items():
            if path.endswith(known):
                return answer
        raise Refused(f"{path} not found", 404)

    def text(self, path, **query):
        return str(self.get(path))


def node(name, ready_status="True"):
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready_status}]}}


def test_nodes_that_have_not_joined_are_missing():
    assert ready.nodes_missing(FakeApi(nodes={"items": [node("a")]}), 3) == "2 of 3 nodes have not joined"


@pytest.mark.parametrize("status", ["False", "Unknown"])
def test_a_node_that_is_not_ready_is_named(status):
    api = FakeApi(nodes={"items": [node("a"), node("b", status)]})
    assert ready.nodes_missing(api, 2) == "b not Ready"


def test_a_node_without_conditions_is_not_ready():
    assert not ready.is_ready({"metadata": {"name": "a"}, "status": {}})


def test_all_nodes_ready_leaves_nothing_missing():
    assert ready.nodes_missing(FakeApi(nodes={"items": [node("a"), node("b")]}), 2) == ""


def test_a_storage_class_that_is_no_default_does_not_count():
    item = {"metadata": {"name": "standard", "annotations": {}}}
    assert ready.storage_class_missing(FakeApi(storageclasses={"items": [item]})) == "no default StorageClass"


def test_an_addon_without_a_ready_pod_is_named():
    api = FakeApi(coredns={"status": {"readyReplicas": 2}}, **{"metrics-server": {"status": {}}})
    assert ready.addons_missing(api) == "metrics-server has no ready Pod"


def test_metrics_of_too_few_nodes_are_not_enough():
    api = FakeApi(**{"metrics.k8s.io__v1beta1__nodes": {"items": [{}]}})
    assert ready.metrics_missing(api, 3) == "figures of 2 of 3 nodes"


def test_a_server_that_does_not_answer_is_not_taken_for_a_ready_one():
    with pytest.raises(Refused):
        ready.missing(FakeApi(), [ours("a")])


def ours(name):
    return nodes.Node(name, "worker", "running", "", "2026-01-01T10:00:05.123456789Z", None)


@pytest.mark.parametrize(
    ("health", "renewed", "missing"),
    [
        ("ok", "2026-01-01T10:00:05.123457Z", ""),
        ("ok", "2026-01-01T10:00:05.123455Z", "a report of a since it was started"),
        ("[-]syncloop failed", "2026-01-01T10:00:09.000000Z", "the kubelet of a is not healthy"),
    ],
)
def test_a_node_counts_once_its_kubelet_answers_and_has_reported_since_it_was_started(health, renewed, missing):
    api = FakeApi(a__proxy__healthz=health, leases__a={"spec": {"renewTime": renewed}})
    assert ready.kubelets_missing(api, [ours("a")]) == missing


def test_a_node_whose_kube_proxy_does_not_answer_is_named():
    there = [ours("a"), ours("b")]

    assert (
        ready.proxies_missing(FakeApi(**{"a:10256__proxy__healthz": {}, "b:10256__proxy__healthz": {}}), there) == ""
    )
    assert ready.proxies_missing(FakeApi(**{"a:10256__proxy__healthz": {}}), there).startswith("kube-proxy of b: ")


def test_a_kubelet_that_does_not_answer_is_named_with_what_the_server_said():
    said = ready.kubelets_missing(FakeApi(), [ours("a")])
    assert said == "an answer of the kubelet of a (HTTP 404: /api/v1/nodes/a/proxy/healthz not found)"


@pytest.mark.parametrize(
    ("daemons", "missing"),
    [
        ({}, "the DaemonSet kube-system/kube-proxy"),
        ({"kube-proxy": {"status": {"numberReady": 3}}}, ""),
        ({"kube-proxy": {"status": {"numberReady": 2}}}, "Pods of kube-system/kube-proxy on 1 of 3 nodes"),
        ({"kube-proxy": {"status": {}}}, "Pods of kube-system/kube-proxy on 3 of 3 nodes"),
    ],
)
def test_a_cluster_without_kube_proxy_on_all_nodes_is_not_ready(daemons, missing):
    assert ready.proxy_daemons_missing(FakeApi(**daemons), 3) == missing


PODS = f"/api/v1/namespaces/{ready.NAMESPACE}/pods"


def pod(name, node, *, address="10.244.1.2", phase="Running", ending=False):
    meta = {"name": name} | ({"deletionTimestamp": "2026-01-01T10:00:00Z"} if ending else {})
    return {"metadata": meta, "spec": {"nodeName": node}, "status": {"phase": phase, "podIP": address}}


@pytest.mark.parametrize(
    ("pods", "answering", "missing"),
    [
        ([pod("p", "a"), pod("q", "b")], "pq", ""),
        ([pod("p", "a")], "pq", "a running Pod of dk-labs/ready on b"),
        ([pod("p", "a"), pod("q", "b", phase="Pending")], "pq", "a running Pod of dk-labs/ready on b"),
        ([pod("p", "a"), pod("q", "b"), pod("r", "b", ending=True)], "pq", ""),
        (
            [pod("p", "a"), pod("q", "b")],
            "p",
            f"an answer of the Pod q on b over the Pod network (HTTP 404: {PODS}/q:8080/proxy/health not found)",
        ),
    ],
)
def test_a_node_whose_pod_is_not_reached_is_named(pods, answering, missing):
    answers = {f"{name}:8080__proxy__health": "OK" for name in answering}
    api = FakeApi(**{"dk-labs__pods": {"items": pods}}, **answers)
    assert ready.pods_missing(api, [ours("a"), ours("b")]) == missing


def test_each_nodes_pod_is_asked_from_each_other_node(monkeypatch):
    api = FakeApi(**{"dk-labs__pods": {"items": [pod("p", "a", address="1"), pod("q", "b", address="2")]}})
    asked = []

    def silent(node, addresses, port, path):
        asked.append((node.name, addresses))
        return [address for address in addresses if (node.name, address) == ("b", "1")]

    monkeypatch.setattr(nodes, "silent_from", silent)
    assert ready.paths_missing(api, [ours("a"), ours("b")]) == "a way from b to the Pods of a"
    assert sorted(asked) == [("a", ["2"]), ("b", ["1"])]


def test_a_mark_comes_back_as_it_was_written():
    import json

    mark = ready.Mark("abc", "dk-labs/node:x", "built", "1.36.1", (("nodes", 1.5),))
    written = json.loads(mark.manifest())
    assert ready.Mark.read(FakeApi(configmaps__cluster=written)) == mark


def dns_answer(*records: bytes) -> bytes:
    question = b"\x01a\0" + struct.pack(">HH", 1, 1)
    return struct.pack(">HHHHHH", 1, 0x8180, 1, len(records), 0, 0) + question + b"".join(records)


QUESTION_END = 12 + 3 + 4
A = struct.pack(">HHIH", 1, 1, 30, 4) + bytes([10, 96, 0, 1])


def test_addresses_are_read_after_a_name_that_points_back():
    assert nodes.addresses(dns_answer(b"\xc0\x0c" + A), QUESTION_END) == ["10.96.0.1"]


def test_addresses_are_read_after_a_name_that_is_written_out():
    assert nodes.addresses(dns_answer(b"\x01a\x01b\0" + A, b"\xc0\x0c" + A), QUESTION_END) == ["10.96.0.1"] * 2


@pytest.mark.parametrize("cut", [0, 5, 12, 20, 25])
def test_a_truncated_answer_gives_no_address(cut):
    assert nodes.addresses(dns_answer(b"\xc0\x0c" + A)[:cut], QUESTION_END) == []


@pytest.mark.parametrize(("ago_s", "missing"), [(2, ""), (30, "a sign of kube-scheduler, which gave none for 30 s")])
def test_a_leader_that_gives_no_sign_is_named(ago_s, missing):
    now = datetime.now(UTC)
    signs = {"kube-controller-manager": 1, "kube-scheduler": ago_s}
    leases = {
        f"leases/{who}": {"spec": {"renewTime": (now - timedelta(seconds=s)).isoformat()}} for who, s in signs.items()
    }
    assert ready.leaders_missing(FakeApi(**leases)) == missing
