"""Removes a run's namespaces, quickly and for certain."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.model.clock import Deadline
from harness.model.waiting import TooLate, until
from harness.setup.cluster.kube import Kube, Refused
from harness.sites.labels import RUN_LABEL

OWNERS = (
    "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/apis/apps/v1/statefulsets",
    "/apis/apps/v1/daemonsets", "/apis/batch/v1/cronjobs", "/apis/batch/v1/jobs",
)  # fmt: skip
MANY_S = 10.0
"""For an object to be deleted, of a hundred: their nodes end them meanwhile, and leave the server little time."""

AT_ONCE = 8
FORCE = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}


def drop(kube: Kube, namespace: str) -> None:
    """Its Pods go first and at once: a namespace that has to wait for them takes four times as long.

    Before them, whoever would make others in their place.
    """
    core = f"/api/v1/namespaces/{namespace}"
    for owner in OWNERS:
        group, _, kind = owner.rpartition("/")
        delete(kube, f"{group}/namespaces/{namespace}/{kind}", FORCE)
    # One by one and many at a time: for a hundred Pods the server itself, asked to delete all, takes twice as long.
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        pods = [p["metadata"]["name"] for p in kube.get(f"{core}/pods")["items"]]
        list(pool.map(lambda name: delete(kube, f"{core}/pods/{name}", FORCE), pods))
    delete(kube, core)


def delete(kube: Kube, path: str, how: Any = None) -> None:
    try:
        kube.delete(path, how, within_s=MANY_S)
    except Refused as refused:
        if refused.status not in (404, 409):  # it is gone, or going
            raise


def sweep(kube: Kube, run: str, deadline: Deadline, *, gone: Callable[[], bool] = lambda: False) -> list[str]:
    """Remove every namespace of a run and wait until they are gone, or the cluster is; answers those that are not."""
    left: list[str] = []

    def remaining() -> str:
        try:
            items = kube.get("/api/v1/namespaces", labelSelector=f"{RUN_LABEL}={run}")["items"]
            left[:] = [f"namespace {item['metadata']['name']}" for item in items]
            for item in items:
                if not item["metadata"].get("deletionTimestamp"):
                    drop(kube, item["metadata"]["name"])
        except Refused:
            if not gone():
                raise
            left.clear()
        return ", ".join(left)

    try:
        until("removal of the run's namespaces", remaining, deadline, passing=(Refused,), pause_s=0.3)
    except TooLate as late:
        return left or [str(late)]
    return []


def runs(kube: Kube) -> set[str]:
    """Those of which something is there."""
    items = kube.get("/api/v1/namespaces", labelSelector=RUN_LABEL)["items"]
    return {n["metadata"]["labels"][RUN_LABEL] for n in items}
