"""What Kubernetes fills in by itself where a manifest says nothing: the API server's defaults, and what it assigns.

What is not listed here was added by somebody. A field that is missing here shows as a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Path = tuple[str, ...]
Json = Mapping[str, Any]

DEFAULTS: dict[str, tuple[Any, ...]] = {
    # Pods
    "restartPolicy": ("Always",), "dnsPolicy": ("ClusterFirst",), "schedulerName": ("default-scheduler",),
    "terminationGracePeriodSeconds": (30,), "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",), "protocol": ("TCP",), "scheme": ("HTTP",), "timeoutSeconds": (1, 10800),
    "periodSeconds": (10,), "successThreshold": (1,), "failureThreshold": (3,), "defaultMode": (420,),
    "expirationSeconds": (3600,), "apiVersion": ("v1",), "kind": ("PersistentVolumeClaim",), "divisor": ("0",),
    # their owners
    "replicas": (1,), "progressDeadlineSeconds": (600,), "revisionHistoryLimit": (10,), "maxSurge": ("25%", 0),
    "maxUnavailable": ("25%", 1), "podManagementPolicy": ("OrderedReady",), "partition": (0,),
    "whenDeleted": ("Retain",), "whenScaled": ("Retain",), "volumeMode": ("Filesystem",), "phase": ("Pending",),
    "backoffLimit": (6,), "completionMode": ("NonIndexed",), "completions": (1,), "parallelism": (1,),
    "suspend": (False,), "podReplacementPolicy": ("TerminatingOrFailed",), "manualSelector": (False,),
    "concurrencyPolicy": ("Allow",), "failedJobsHistoryLimit": (1,), "successfulJobsHistoryLimit": (3,),
    "minReplicas": (1,),
    # Services and the rest
    "type": ("ClusterIP", "RollingUpdate", "Opaque"), "sessionAffinity": ("None",),
    "internalTrafficPolicy": ("Cluster",), "externalTrafficPolicy": ("Cluster",), "ipFamilyPolicy": ("SingleStack",),
    "ipFamilies": ("IPv4",), "allocateLoadBalancerNodePorts": (True,), "policyTypes": ("Ingress", "Egress"),
    "apiGroup": ("", "rbac.authorization.k8s.io"),
}  # fmt: skip
"""By a field's own name, wherever it stands."""

ASSIGNED: dict[str, frozenset[Path]] = {
    "Service": frozenset({("spec", "clusterIP"), ("spec", "clusterIPs"), ("spec", "ports", "nodePort")}),
    "PersistentVolumeClaim": frozenset({("spec", "volumeName"), ("spec", "storageClassName")}),
    "Job": frozenset({("spec", "selector")}),
    "Namespace": frozenset({("spec", "finalizers")}),
    "Ingress": frozenset({("spec", "ingressClassName")}),
    "LimitRange": frozenset({("spec", "limits", "default"), ("spec", "limits", "defaultRequest")}),
    "Pod": frozenset(
        ("spec", name)
        for name in (
            "nodeName", "serviceAccount", "serviceAccountName", "hostname", "subdomain", "priority",
            "enableServiceLinks", "preemptionPolicy",
        )
    ),
}  # fmt: skip
"""By kind: another value for each object."""

PERCENT = {"type": "Percent", "value": 100, "periodSeconds": 15}
UP: Json = {
    "selectPolicy": "Max",
    "stabilizationWindowSeconds": 0,
    "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, PERCENT],
}
DOWN: Json = {"selectPolicy": "Max", "policies": [PERCENT]}
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
BEHAVIOR: Path = ("spec", "behavior")
AUTOSCALER: dict[Path, Any] = {
    ("spec", "metrics"): [CPU],
    (*BEHAVIOR, "scaleUp"): UP,
    (*BEHAVIOR, "scaleDown"): DOWN,
    **{(*BEHAVIOR, "scaleUp", name): value for name, value in UP.items()},
    **{(*BEHAVIOR, "scaleDown", name): value for name, value in DOWN.items()},
}
"""Of a HorizontalPodAutoscaler, where some of its behavior is given."""

LABELS = (
    "pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/", "job-name", "controller-uid", "topology.kubernetes.io/",
    "kubernetes.io/metadata.name",
)  # fmt: skip
"""How those begin that controllers give."""

TOKEN = "kube-api-access-"  # noqa: S105  (the name of a volume)
TOKEN_AT = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105
NODE_TROUBLE = "node.kubernetes.io/"
LOST = ("not-ready", "unreachable")
LOST_S = 300


def filled(kind: str, path: Path, value: Any, beside: Json) -> bool:
    """Whether nobody but Kubernetes itself put it there. `beside` is what it stands in."""
    plain = tuple(name for name in path if not name.startswith("["))
    if kind == "HorizontalPodAutoscaler" and AUTOSCALER.get(plain) == value:
        return True
    if plain in ASSIGNED.get(kind, ()) or _special(kind, path, plain, value, beside):
        return True
    if isinstance(value, Mapping):
        return bool(value) and all(filled(kind, (*path, name), one, value) for name, one in value.items())
    if isinstance(value, list):
        scalars = not any(isinstance(one, Mapping | list) for one in value)
        return scalars and all(one in DEFAULTS.get(path[-1], ()) for one in value)
    known = DEFAULTS.get(path[-1], ())
    return any(type(one) is type(value) and one == value for one in known)


def _special(kind: str, path: Path, plain: Path, value: Any, beside: Json) -> bool:
    """What has no one value."""
    name = plain[-1]
    if "annotations" in plain[-2:]:
        return True
    if name == "labels":
        return all(one.startswith(LABELS) for one in value)
    if plain[-2:-1] == ("labels",):
        return name.startswith(LABELS)
    if name in DERIVED:
        return bool(value == DERIVED[name](beside))
    return kind == "Pod" and _injected(path, value)


def _pull(container: Json) -> str:
    tag = str(container.get("image", "")).rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


DERIVED: dict[str, Callable[[Json], Any]] = {
    "imagePullPolicy": _pull,
    "targetPort": lambda port: port.get("port"),
    "hostPort": lambda port: port.get("containerPort"),
}


def _injected(path: Path, value: Any) -> bool:
    """What a Pod gets: its service account's token, and patience with a node that is lost."""
    where, item = path[-2:] if len(path) > 1 else ("", "")
    if where == "volumes":
        return item.startswith(f"[{TOKEN}")
    if where == "volumeMounts":
        return item == f"[{TOKEN_AT}]"
    if path[-1] in ("volumes", "volumeMounts", "tolerations"):
        return all(_injected((*path, f"[{name_of(path[-1], one, 0)}]"), one) for one in value)
    return where == "tolerations" and tolerated(value)


def tolerated(value: Json) -> bool:
    """The two that every Pod has, or one of those that a DaemonSet's have."""
    prefix, _, trouble = str(value.get("key", "")).rpartition("/")
    if f"{prefix}/" != NODE_TROUBLE:
        return False
    within_s = value.get("tolerationSeconds")
    return within_s is None or (trouble in LOST and within_s == LOST_S)


def name_of(of: str, item: Any, index: int) -> str:
    """What an item of a list is known by."""
    if not isinstance(item, Mapping):
        return str(index)
    if of == "volumeMounts":
        return str(item.get("mountPath"))
    if of == "ports":
        return str(item.get("containerPort", item.get("port", index)))
    if of == "tolerations":
        return " ".join(f"{name}={item[name]}" for name in sorted(item))
    named = item.get("name", item.get("metadata", {}).get("name") if of == "volumeClaimTemplates" else None)
    return str(index if named is None else named)
