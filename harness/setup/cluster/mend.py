"""Brings back the parts that a sound cluster lost, so that it need not go with all that people have in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.setup import commands
from harness.setup.cluster import create, nodes, ready
from harness.setup.cluster.kube import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.cluster.kube import Kube
    from harness.setup.cluster.nodes import Node
    from harness.setup.engine import Engine

MEND_S = 60.0
"""CoreDNS scaled back from zero is ready after some 5 s, metrics-server has figures after up to 30."""

COPIES = {"coredns": 2}
STORAGE = "local-path-provisioner"
METRICS = "metrics-server"
ADDON = ("kubeadm", "init", "phase", "addon")
PROXIES, PODS = "kube-proxy", "test Pods"
AT_ZERO = "scaled to zero"


def parts(engine: Engine, api: Kube, there: list[Node], say: Callable[[str], None], tried: set[str]) -> bool:
    """Mend what can be mended, each part that was not `tried` yet; answers whether there was any."""
    if ready.nodes_missing(api, len(there)) or ready.kubelets_missing(api, there) or ready.leaders_missing(api):
        return False  # nobody would make the Pods, or there is no place for them
    first, before = there[0], len(tried)
    try:
        for name, how in wanting(api).items():
            if name not in tried:
                tried.add(name)
                say(f"{name}: {how}; bringing it back")
                if how != AT_ZERO:
                    _apply(engine, first, name)
                _scale(engine, first, name)
        if PROXIES not in tried and (missing := ready.proxy_daemons_missing(api, len(there))):
            tried.add(PROXIES)
            say(f"Missing: {missing}; bringing it back")
            _kubeadm(first, PROXIES)
        if PODS not in tried and (missing := ready.pod_daemons_missing(api, len(there))):
            tried.add(PODS)
            say(f"Missing: {missing}; bringing it back")
            create.add_ready(engine, first)
    except commands.CommandFailed as failed:
        raise Refused(f"{failed}: {failed.tail}") from failed
    return len(tried) > before


def wanting(api: Kube) -> dict[str, str]:
    """The parts that do not work, and what is wrong with each."""
    found: dict[str, str] = {}
    for namespace, name in ready.ADDONS:
        listed = api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
        one = next((d for d in listed if d["metadata"]["name"] == name), None)
        if one is None:
            found[name] = "it is gone"
        elif one["spec"].get("replicas") == 0:
            found[name] = AT_ZERO
        elif not one["status"].get("readyReplicas"):
            found[name] = "none of its Pods is ready"
    if STORAGE not in found and ready.storage_class_missing(api):
        found[STORAGE] = "the default StorageClass is gone"
    if METRICS not in found and _without_figures(api):
        found[METRICS] = "its figures are missing"
    return found


def _without_figures(api: Kube) -> bool:
    try:
        return bool(ready.metrics_missing(api, 1))
    except (Refused, KeyError):
        return True


def _apply(engine: Engine, node: Node, name: str) -> None:
    """From where it came when the cluster was made."""
    if name == METRICS:
        text = (create.MANIFESTS / "metrics-server.yaml").read_text()
        nodes.kubectl(engine, node, "apply", "-f", "-", text=text)
        return
    if name == STORAGE:
        nodes.kubectl(engine, node, "apply", "-f", "/kind/manifests/default-storage.yaml")
    else:
        _kubeadm(node, name)
    create.bind(engine, node, name)


def _kubeadm(node: Node, name: str) -> None:
    code, said = nodes.inside(node.container, [*ADDON, name, "--config=/kind/kubeadm.conf", nodes.ADMIN])
    if code != 0:
        raise Refused(f"kubeadm could not apply {name}: {said.strip()[-200:]}")


def _scale(engine: Engine, node: Node, name: str) -> None:
    namespace = next(space for space, part in ready.ADDONS if part == name)
    copies = f"--replicas={COPIES.get(name, 1)}"
    nodes.kubectl(engine, node, "-n", namespace, "scale", "deployment", name, copies)
