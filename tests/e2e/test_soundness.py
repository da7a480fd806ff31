"""What a cluster silently lost is found out: kube-proxy, and the way from a node's Pods to the others'."""

from __future__ import annotations

import json
import time

import pytest

from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.setup.cluster import nodes, ready, shared
from harness.setup.cluster.kube import Kube, Refused
from harness.sites.kubernetes.cluster import ClusterSite

pytestmark = pytest.mark.slow

SOUND_S = 1.0
"""What asking a sound cluster may take; 0.2 s on a quiet machine."""

TWO_NODES = """
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking: {kubeProxyMode: iptables}
kubeadmConfigPatches:
  - |
    kind: KubeletConfiguration
    failCgroupV1: false
nodes: [{role: control-plane}, {role: worker}]
"""


@pytest.fixture(scope="module")
def two(labs, tmp_path_factory):
    """A cluster of two nodes."""
    config = tmp_path_factory.mktemp("two") / "two.yaml"
    config.write_text(TWO_NODES)
    shape = shared.shape("dk-labs-two", str(config))
    done = labs("up", "--yes", "--name", shape.name, "--config", str(config), within_s=1500)
    assert done.code == 0, done.err
    yield shape
    labs("down", "--yes", "--name", shape.name)


@pytest.fixture
def there(host, two):
    return nodes.of(host, two.name)


@pytest.fixture
def site(host, two):
    place = ClusterSite(host, "test", two)
    place.open(Deadline.after(10))
    yield place
    place.close(Deadline.after(10))


def missing(api, there) -> str:
    try:
        return ready.missing(api, there)
    except Refused as refused:
        return str(refused)


def test_a_sound_cluster_is_found_so_in_a_moment(two, there):
    api, took = Kube(two.kubeconfig, answer_s=ready.ANSWER_S), []
    until("a sound cluster", lambda: missing(api, there), Deadline.after(10))
    for _ in range(5):
        began = time.monotonic()
        assert missing(api, there) == ""
        took.append(time.monotonic() - began)
    assert sorted(took)[2] < SOUND_S, took


CUTS = {
    "what comes and goes is dropped": ("iptables -I FORWARD -j DROP", "iptables -D FORWARD -j DROP"),
    "what comes is refused": ("iptables -I FORWARD -j REJECT", "iptables -D FORWARD -j REJECT"),
    "the way to the others' Pods is gone": (
        "ip route save proto 142 >/root/routes; ip route flush proto 142",
        "ip route restore </root/routes || true",
    ),
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_node_whose_pod_network_is_cut_is_named_and_sound_again_when_it_is_whole(two, there, host, cut):
    worker, (do, undo) = there[-1], CUTS[cut]
    api = Kube(two.kubeconfig, answer_s=ready.ANSWER_S)
    if nodes.inside(worker.container, ["sh", "-c", "ip route show proto 142 | grep -q ."])[0] != 0 and "142" in do:
        pytest.skip("another Pod network than ours: its routes have no number of ours")
    assert nodes.inside(worker.container, ["sh", "-c", do]) == (0, "")
    try:
        said = missing(api, there)
        assert worker.name in said
        assert "Pod" in said
    finally:
        nodes.inside(worker.container, ["sh", "-c", undo])
    until("a sound cluster", lambda: missing(api, there), Deadline.after(40))


def test_a_site_with_such_a_node_is_not_sound(two, there, site):
    worker = there[-1].container
    until("a sound site", site.health, Deadline.after(10))
    nodes.inside(worker, ["iptables", "-I", "FORWARD", "-j", "DROP"])
    try:
        assert f"on {there[-1].name} over the Pod network" in site.health()
    finally:
        nodes.inside(worker, ["iptables", "-D", "FORWARD", "-j", "DROP"])
    until("a sound site", site.health, Deadline.after(10))


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (("-n", "kube-system", "delete", "daemonset", "kube-proxy"), "the DaemonSet kube-system/kube-proxy"),
        (("-n", ready.NAMESPACE, "delete", "daemonset", "ready"), "the DaemonSet dk-labs/ready"),
    ],
)
def test_a_daemon_that_is_lost_is_brought_back(labs, two, there, host, lost, told):
    nodes.kubectl(host, there[0], *lost)
    status = json.loads(labs("status", "--json", "--name", two.name).out)
    assert (status["ready"], status["missing"]) == (False, told)
    done = labs("up", "--name", two.name, "--config", str(two.config))
    assert done.code == 0, done.err
    assert f"Missing: {told}" in done.err
    assert "making it anew" not in done.err
    assert json.loads(labs("status", "--json", "--name", two.name).out)["ready"]
