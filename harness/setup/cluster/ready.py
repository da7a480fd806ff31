"""When a cluster is ready: what must be seen, and what is said while it is missing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.setup.cluster import nodes
from harness.setup.cluster.kube import Refused

if TYPE_CHECKING:
    from harness.setup.cluster.kube import Kube
    from harness.setup.cluster.nodes import Node

NAMESPACE = "dk-labs"
MARK = f"/api/v1/namespaces/{NAMESPACE}/configmaps/cluster"
LEASES = "/apis/coordination.k8s.io/v1/namespaces"
ANSWER_S = 2.0
"""For one answer: in a sound cluster it takes some 10 ms."""

PROXY_HEALTH, POD_PORT = 10256, 8080
LEADERS = ("kube-controller-manager", "kube-scheduler")
STALE_S = 12.0
"""Leaders renew every 2 s, and lose their lease after 15."""

ADDONS = (
    ("kube-system", "coredns"),
    ("kube-system", "metrics-server"),
    ("local-path-storage", "local-path-provisioner"),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a cluster says of itself, written into it once it was ready: a half-made one has none."""

    made_of: str
    image: str
    origin: str
    kubernetes: str
    steps: tuple[tuple[str, float], ...]

    @staticmethod
    def read(api: Kube) -> Mark:
        data = api.get(MARK)["data"]
        steps = tuple((str(name), float(took)) for name, took in json.loads(data["steps"]))
        return Mark(data["made_of"], data["image"], data["origin"], data["kubernetes"], steps)

    def manifest(self) -> str:
        data = {
            "made_of": self.made_of,
            "image": self.image,
            "origin": self.origin,
            "kubernetes": self.kubernetes,
            "steps": json.dumps(self.steps),
        }
        meta = {"name": "cluster", "namespace": NAMESPACE}
        return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})


def nodes_missing(api: Kube, expected: int, *, but: frozenset[str] = frozenset()) -> str:
    """Whether they are Ready, leaving out those that somebody broke on purpose."""
    every = [(n["metadata"]["name"], is_ready(n)) for n in api.get("/api/v1/nodes")["items"]]
    found = [(name, ready) for name, ready in every if name not in but]
    waiting = [name for name, ready in found if not ready]
    if len(found) < expected:
        return f"{expected - len(found)} of {expected} nodes have not joined"
    return f"{', '.join(waiting)} not Ready" if waiting else ""


def is_ready(node: Any) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", ()))


def service_account_missing(api: Kube) -> str:
    api.get("/api/v1/namespaces/default/serviceaccounts/default")
    return ""


def storage_class_missing(api: Kube) -> str:
    key = "storageclass.kubernetes.io/is-default-class"
    items = api.get("/apis/storage.k8s.io/v1/storageclasses")["items"]
    default = [i for i in items if i["metadata"].get("annotations", {}).get(key) == "true"]
    return "" if default else "no default StorageClass"


def addons_missing(api: Kube) -> str:
    for namespace, name in ADDONS:
        status = api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")["status"]
        if not status.get("readyReplicas"):
            return f"{name} has no ready Pod"
    return ""


def metrics_missing(api: Kube, expected: int) -> str:
    measured = len(api.get("/apis/metrics.k8s.io/v1beta1/nodes")["items"])
    return "" if measured >= expected else f"figures of {expected - measured} of {expected} nodes"


def kubelets_missing(api: Kube, there: list[Node]) -> str:
    """A node is called Ready for 50 s after its kubelet fell silent: so each kubelet is asked, through the API.

    One that was started again must also have reported since, for until then what is said of the node is old.
    """
    for node in there:
        try:
            said = api.text(f"/api/v1/nodes/{node.name}/proxy/healthz")
        except Refused as refused:
            return f"an answer of the kubelet of {node.name} ({refused})"
        if "ok" not in said:
            return f"the kubelet of {node.name} is not healthy"
        lease = api.get(f"{LEASES}/kube-node-lease/leases/{node.name}")
        if datetime.fromisoformat(lease["spec"]["renewTime"]) < datetime.fromisoformat(node.started_at):
            return f"a report of {node.name} since it was started"
    return ""


def proxies_missing(api: Kube, there: list[Node]) -> str:
    """Without it a node does not know the Services that come, and nothing that is asked about nodes says so."""
    for node in there:
        try:
            api.text(f"/api/v1/nodes/{node.name}:{PROXY_HEALTH}/proxy/healthz")
        except Refused as refused:
            return f"kube-proxy of {node.name}: {refused}"
    return ""


def proxy_daemons_missing(api: Kube, expected: int) -> str:
    return _daemons_missing(api, "kube-system", "kube-proxy", expected)


def pod_daemons_missing(api: Kube, expected: int) -> str:
    """The Pods that `pods_missing` asks."""
    return _daemons_missing(api, NAMESPACE, "ready", expected)


def _daemons_missing(api: Kube, namespace: str, name: str, expected: int) -> str:
    try:
        status = api.get(f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}")["status"]
    except Refused as refused:
        if refused.status == 404:
            return f"the DaemonSet {namespace}/{name}"
        raise
    found = int(status.get("numberReady", 0))
    return "" if found >= expected else f"Pods of {namespace}/{name} on {expected - found} of {expected} nodes"


def pods_missing(api: Kube, there: list[Node]) -> str:
    """The Pod that each node has for this, asked by the API server, which does so over the Pod network."""
    pods = _pods(api)
    for node in there:
        if node.name not in pods:
            return f"a running Pod of {NAMESPACE}/ready on {node.name}"
        try:
            api.text(f"/api/v1/namespaces/{NAMESPACE}/pods/{pods[node.name].name}:{POD_PORT}/proxy/health")
        except Refused as refused:
            return f"an answer of the Pod {pods[node.name].name} on {node.name} over the Pod network ({refused})"
    return ""


def paths_missing(api: Kube, there: list[Node]) -> str:
    """Each node's Pod, asked from each other node: as a rule that keeps Pods apart may stand on any of them."""
    pods = _pods(api)
    addresses = {pods[node.name].address: node.name for node in there if node.name in pods}
    with ThreadPoolExecutor(max_workers=len(there)) as pool:
        asked = [(node, [a for a, where in addresses.items() if where != node.name]) for node in there]
        silent = pool.map(lambda one: nodes.silent_from(one[0], one[1], POD_PORT, "/health"), asked)
        for (node, _), found in zip(asked, silent, strict=True):
            if found:
                return f"a way from {node.name} to the Pods of {', '.join(addresses[a] for a in found)}"
    return ""


@dataclass(frozen=True, slots=True)
class _Pod:
    name: str
    address: str


def _pods(api: Kube) -> dict[str, _Pod]:
    """By node, those that run; of two on one node, one of which is ending, the other."""
    found = api.get(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector="app=ready")["items"]
    return {
        pod["spec"]["nodeName"]: _Pod(pod["metadata"]["name"], pod["status"]["podIP"])
        for pod in found
        if pod["status"].get("phase") == "Running"
        and pod["status"].get("podIP")
        and not pod["metadata"].get("deletionTimestamp")
    }


def leaders_missing(api: Kube, *, but: frozenset[str] = frozenset()) -> str:
    """Who makes Pods of Deployments, and who places them: both tell by a lease that they are at work.

    Those that somebody took away on purpose are left out.
    """
    now = datetime.now(UTC)
    for leader in (one for one in LEADERS if one not in but):
        lease = api.get(f"{LEASES}/kube-system/leases/{leader}")
        idle_s = (now - datetime.fromisoformat(lease["spec"]["renewTime"])).total_seconds()
        if idle_s > STALE_S:
            return f"a sign of {leader}, which gave none for {idle_s:.0f} s"
    return ""


def missing(api: Kube, there: list[Node]) -> str:
    """All that can be seen without making anything for it."""
    expected = len(there)
    return (
        nodes_missing(api, expected)
        or kubelets_missing(api, there)
        or leaders_missing(api)
        or proxy_daemons_missing(api, expected)
        or proxies_missing(api, there)
        or pod_daemons_missing(api, expected)
        or pods_missing(api, there)
        or paths_missing(api, there)
        or service_account_missing(api)
        or storage_class_missing(api)
        or addons_missing(api)
        or metrics_missing(api, 1)  # of a node that was started again they come up to 30 s later
    )


def service_missing(api: Kube, node: Node) -> str:
    """The test Pod, asked at its Service's address from a node that it does not run on (where there is another)."""
    address = _cluster_ip(api, NAMESPACE, "ready")
    answer = nodes.http_from(node, address, "/health")
    return "" if "200 OK" in answer else f"an answer of the test Pod at {address} from {node.name}"


def dns_missing(api: Kube, node: Node) -> str:
    name = f"ready.{NAMESPACE}.svc.cluster.local"
    address, server = _cluster_ip(api, NAMESPACE, "ready"), _cluster_ip(api, "kube-system", "kube-dns")
    found = nodes.dns_from(node, server, name)
    return "" if found == [address] else f"{name} as {address}, DNS says {found or 'nothing'}"


def _cluster_ip(api: Kube, namespace: str, service: str) -> str:
    return str(api.get(f"/api/v1/namespaces/{namespace}/services/{service}")["spec"]["clusterIP"])
