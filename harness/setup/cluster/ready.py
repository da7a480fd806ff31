"""When a cluster is ready: what must be seen, and what is said while it is missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.setup.cluster import nodes
from harness.setup.cluster.kube import Silent

if TYPE_CHECKING:
    from harness.setup.cluster.kube import Api
    from harness.setup.cluster.nodes import Node

NAMESPACE = "dk-labs"
MARK = f"/api/v1/namespaces/{NAMESPACE}/configmaps/cluster"
LEASES = "/apis/coordination.k8s.io/v1/namespaces"
PROXY_HEALTH = 10256
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
    def read(api: Api) -> Mark:
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


def nodes_missing(api: Api, expected: int, *, but: frozenset[str] = frozenset()) -> str:
    """Whether they are Ready, leaving out those that somebody broke on purpose."""
    every = [(n["metadata"]["name"], is_ready(n)) for n in api.get("/api/v1/nodes")["items"]]
    found = [(name, ready) for name, ready in every if name not in but]
    waiting = [name for name, ready in found if not ready]
    if len(found) < expected:
        return f"{expected - len(found)} of {expected} nodes have not joined"
    return f"{', '.join(waiting)} not Ready" if waiting else ""


def is_ready(node: Any) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", ()))


def service_account_missing(api: Api) -> str:
    api.get("/api/v1/namespaces/default/serviceaccounts/default")
    return ""


def storage_class_missing(api: Api) -> str:
    key = "storageclass.kubernetes.io/is-default-class"
    items = api.get("/apis/storage.k8s.io/v1/storageclasses")["items"]
    default = [i for i in items if i["metadata"].get("annotations", {}).get(key) == "true"]
    return "" if default else "no default StorageClass"


def addons_missing(api: Api) -> str:
    for namespace, name in ADDONS:
        status = api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")["status"]
        if not status.get("readyReplicas"):
            return f"{name} has no ready Pod"
    return ""


def metrics_missing(api: Api, expected: int) -> str:
    measured = len(api.get("/apis/metrics.k8s.io/v1beta1/nodes")["items"])
    return "" if measured >= expected else f"figures of {expected - measured} of {expected} nodes"


def kubelets_missing(api: Api, there: list[Node]) -> str:
    """A node is called Ready for 50 s after its kubelet fell silent: so each kubelet is asked, through the API.

    One that was started again must also have reported since, for until then what is said of the node is old.
    """
    for node in there:
        if "ok" not in api.get(f"/api/v1/nodes/{node.name}/proxy/healthz"):
            return f"the kubelet of {node.name} is not healthy"
        lease = api.get(f"{LEASES}/kube-node-lease/leases/{node.name}")
        if datetime.fromisoformat(lease["spec"]["renewTime"]) < datetime.fromisoformat(node.started_at):
            return f"a report of {node.name} since it was started"
    return ""


def proxies_missing(api: Api, there: list[Node]) -> str:
    """Without it a node does not know the Services that come, and nothing that is asked about nodes says so."""
    for node in there:
        try:
            api.get(f"/api/v1/nodes/{node.name}:{PROXY_HEALTH}/proxy/healthz")
        except Silent as silent:
            return f"kube-proxy of {node.name}: {silent}"
    return ""


def leaders_missing(api: Api, *, but: frozenset[str] = frozenset()) -> str:
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


def missing(api: Api, there: list[Node]) -> str:
    """All that can be seen by asking the API server, without a Pod made for it."""
    expected = len(there)
    return (
        nodes_missing(api, expected)
        or kubelets_missing(api, there)
        or leaders_missing(api)
        or service_account_missing(api)
        or storage_class_missing(api)
        or addons_missing(api)
        or metrics_missing(api, 1)  # of a node that was started again they come up to 30 s later
    )


def service_missing(api: Api, node: Node) -> str:
    """The test Pod, asked at its Service's address from a node that it does not run on (where there is another)."""
    address = _cluster_ip(api, NAMESPACE, "ready")
    answer = nodes.http_from(node, address, "/health")
    return "" if "200 OK" in answer else f"an answer of the test Pod at {address} from {node.name}"


def dns_missing(api: Api, node: Node) -> str:
    name = f"ready.{NAMESPACE}.svc.cluster.local"
    address, server = _cluster_ip(api, NAMESPACE, "ready"), _cluster_ip(api, "kube-system", "kube-dns")
    found = nodes.dns_from(node, server, name)
    return "" if found == [address] else f"{name} as {address}, DNS says {found or 'nothing'}"


def _cluster_ip(api: Api, namespace: str, service: str) -> str:
    return str(api.get(f"/api/v1/namespaces/{namespace}/services/{service}")["spec"]["clusterIP"])
