"""The parts of a cluster that can be taken away, and what a person would type for it."""

from __future__ import annotations

import json

STATIC = ("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd")
DAEMONS = ("kube-proxy",)
DEPLOYED = {"metrics-server": "v1beta1.metrics.k8s.io", "coredns": ""}
"""And the API that it serves: one that nobody serves any more would keep every namespace from being deleted."""

KUBELET = "kubelet"
KNOWN = (*STATIC, KUBELET, *DAEMONS, *DEPLOYED)


def by_hand(part: str, node: str) -> str:
    """From this node, where each has one; it is a container's name too."""
    if part in STATIC:
        return f"docker exec {node} {static(part)}"
    if part == KUBELET:
        return f"docker exec {node} systemctl stop kubelet"
    if part in DAEMONS:
        change = json.dumps({"spec": anywhere_but(node)})
        return f"kubectl --namespace kube-system patch daemonset {part} --type merge --patch '{change}'"
    return f"kubectl --namespace kube-system scale deployment {part} --replicas=0"


def static(part: str) -> str:
    """Its kubelet ends what has no file any more."""
    return f"mv /etc/kubernetes/manifests/{part}.yaml /etc/kubernetes/"


def anywhere_but(node: str) -> dict[str, object]:
    """So a DaemonSet leaves one node; those on the others would be made anew, if their strategy stayed."""
    away = {"key": "kubernetes.io/hostname", "operator": "NotIn", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [away]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    return {"updateStrategy": {"type": "OnDelete"}, "template": {"spec": {"affinity": affinity}}}
