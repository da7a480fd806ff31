"""What happens to the Pods of a run's trials, for people, and which of them nobody was allowed to make."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.model.entries import Heard
from harness.setup.cluster.kube import Kube
from harness.sites.kubernetes.copies import Refusal, incarnation, refusal, short
from harness.sites.kubernetes.follow import Follower


class PodEvents:
    """Of the namespaces that somebody listens to; the others' are passed over."""

    def __init__(self, kube: Kube, cluster: str) -> None:
        self._cluster = cluster
        self._hears: dict[str, Callable[[Heard], None]] = {}
        self._told: dict[str, dict[str, str]] = {}
        self._refusals: dict[str, dict[str, Refusal]] = {}
        self._pods = Follower(kube, "/api/v1/pods", self._pod)
        self._failed = Follower(kube, "/api/v1/events", self._event, fieldSelector="reason=FailedCreate")

    def start(self) -> None:
        self._pods.start()
        self._failed.start()

    def stop(self) -> None:
        self._pods.stop()
        self._failed.stop()

    def streams(self) -> dict[str, str]:
        return {"Pods": self._pods.wrong, "Pods that could not be made": self._failed.wrong}

    def refusals(self, namespace: str) -> Iterable[Refusal]:
        """The last of each owner."""
        return tuple(self._refusals.get(namespace, {}).values())

    def listen(self, namespace: str, hear: Callable[[Heard], None]) -> None:
        self._hears[namespace] = hear

    def forget(self, namespace: str) -> None:
        self._hears.pop(namespace, None)
        self._refusals.pop(namespace, None)

    def _pod(self, what: str, pod: Mapping[str, Any]) -> None:
        """Tell what is new in a Pod's state since it was last told of."""
        meta = pod["metadata"]
        hear = self._hears.get(meta["namespace"])
        if hear is None:
            return
        before, now = self._told.get(meta["uid"], {}), phases(pod, self._cluster)
        if what == "DELETED":
            self._told.pop(meta["uid"], None)
            now = {"deleted": "yes"}
        else:
            self._told[meta["uid"]] = now
        if what == "ADDED":
            now = {"created": "yes"} | now
        for name, value in now.items():
            if before.get(name) != value:
                hear(Heard(at_s=time.monotonic(), who=meta["name"], what=name, text="" if value == "yes" else value))

    def _event(self, what: str, event: Mapping[str, Any]) -> None:
        namespace = str(event["metadata"]["namespace"])
        hear = self._hears.get(namespace)
        if what == "DELETED" or hear is None or (found := refusal(event)) is None:
            return
        known = self._refusals.setdefault(namespace, {})
        before = known.get(found.owner)
        if before is None or before.last <= found.last:
            known[found.owner] = found
        if before is None or before.why != found.why:
            hear(Heard(at_s=time.monotonic(), who=found.name, what="may not make a Pod", text=found.why))


def phases(pod: Mapping[str, Any], cluster: str) -> dict[str, str]:
    """The parts of a Pod's state that a reader of a timeline follows."""
    status = pod.get("status", {})
    found = {
        "phase": str(status.get("phase", "")),
        "on node": short(str(pod["spec"].get("nodeName", "")), cluster),
        "terminating": "yes" if pod["metadata"].get("deletionTimestamp") else "",
    }
    for one in status.get("containerStatuses", ()):
        state, ready = next(iter(one.get("state", {})), ""), "ready" if one.get("ready") else "not ready"
        found[f"container {one['name']}"] = f"{state} {incarnation(one)}, {ready}" if incarnation(one) else state
    return {name: value for name, value in found.items() if value}
