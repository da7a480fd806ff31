"""Namespaces that are lent to people who do exercises: what stands there is theirs."""

from __future__ import annotations

from harness.model.clock import Deadline
from harness.model.project import NAME
from harness.model.waiting import until
from harness.setup.cluster.kube import Kube, Refused
from harness.sites.kubernetes.sweep import drop

EXERCISE = "exercise"


def lend(kube: Kube, namespace: str) -> None:
    """A namespace for somebody to use by hand; one that is there already is left as it is."""
    labels = {NAME: EXERCISE}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
    try:
        kube.call("POST", "/api/v1/namespaces", {}, body)
    except Refused as refused:
        if refused.status != 409:
            raise


def take_back(kube: Kube, namespace: str, deadline: Deadline) -> None:
    """Remove such a namespace with all that is in it, and wait until it is gone; any other is not ours to remove."""

    def remaining() -> str:
        going = _lent(kube).get(namespace)
        if going is False:
            drop(kube, namespace)
        return namespace if going is not None else ""

    until(f"the removal of {namespace}", remaining, deadline, passing=(Refused,), pause_s=0.3)


def is_lent(kube: Kube, namespace: str) -> bool:
    return _lent(kube).get(namespace) is False


def _lent(kube: Kube) -> dict[str, bool]:
    """By name, whether they are being removed."""
    there = kube.get("/api/v1/namespaces", labelSelector=f"{NAME}={EXERCISE}")["items"]
    return {n["metadata"]["name"]: bool(n["metadata"].get("deletionTimestamp")) for n in there}


def unsettled(kube: Kube, namespace: str) -> str:
    """What of a namespace is not yet as it was asked for last; Pods that are still ending serve nobody any more."""
    for owner in ("deployments", "statefulsets"):
        for one in kube.get(f"/apis/apps/v1/namespaces/{namespace}/{owner}")["items"]:
            name, status, wanted = one["metadata"]["name"], one.get("status", {}), int(one["spec"].get("replicas", 1))
            if int(status.get("observedGeneration", 0)) < int(one["metadata"]["generation"]):
                return f"that anybody took note of {name}"
            there, new = int(status.get("replicas", 0)), int(status.get("updatedReplicas", 0))
            if (there, new) != (wanted, wanted):
                return f"{wanted} Pods of {name} as it is now; {there} are there, {new} of them as it is now"
    return ""


def images(kube: Kube, namespace: str) -> tuple[str, ...]:
    """Of which the Pods are made that stay."""
    pods = kube.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    staying = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    return tuple(sorted({str(c["image"]) for pod in staying for c in pod["spec"]["containers"]}))
