"""The cluster's Pods as a list and then a watch: begun anew where it expired, taken up again where it broke off."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from harness.setup.cluster.kube import Refused
from harness.sites.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.cluster.kube import Kube

    Hear = Callable[[str, str, str, dict[str, str]], None]

PODS = "/api/v1/pods"
FOR_S = 240


class PodEvents:
    """Hands what happens to Pods to `hear(namespace, who, what, facts)`, and keeps their latest state."""

    def __init__(self, kube: Kube, prefixes: tuple[str, ...], hear: Hear) -> None:
        self._kube, self._prefixes, self._hear = kube, prefixes, hear
        self._standing = Standing(there=False)
        self._told: dict[str, dict[str, str]] = {}

    def start(self) -> None:
        threading.Thread(target=self._follow, daemon=True, name="pod-events").start()

    def stop(self) -> None:
        self._standing.end()

    @property
    def state(self) -> str:
        return self._standing.state

    def _follow(self) -> None:
        version = ""
        while not self._standing.over:
            try:
                version = version or self._list()
                self._standing.came()
                for event in self._kube.watch(PODS, version, FOR_S):
                    if self._standing.over:
                        return
                    version = self._take(event)
            except (Refused, ValueError, KeyError) as error:
                # Gone: what was between is in the new list. Anything else is tried again from where it was.
                version = "" if getattr(error, "status", 0) in (410, 400) or isinstance(error, KeyError) else version
                self._standing.broke()

    def _list(self) -> str:
        listed = self._kube.get(PODS)
        for pod in listed["items"]:
            self._pod(pod)
        return str(listed["metadata"]["resourceVersion"])

    def _take(self, event: dict[str, Any]) -> str:
        if event["type"] == "ERROR":
            raise Refused(str(event["object"].get("message", "")), int(event["object"].get("code", 410)))
        pod = event["object"]
        if event["type"] == "DELETED":
            self._tell(pod, "destroyed", {})
            self._told.pop(pod["metadata"]["uid"], None)
        elif event["type"] != "BOOKMARK":
            self._pod(pod)
        return str(pod["metadata"]["resourceVersion"])

    def _pod(self, pod: dict[str, Any]) -> None:
        """Say what is new in a Pod's state since it was last told of."""
        if not pod["metadata"]["namespace"].startswith(self._prefixes):
            return
        before, now = self._told.get(pod["metadata"]["uid"], {}), phases(pod)
        self._told[pod["metadata"]["uid"]] = now
        if not before:
            self._tell(pod, "created", {})
        for what, value in now.items():
            if before.get(what) != value:
                self._tell(pod, what, {"value": value})

    def _tell(self, pod: dict[str, Any], what: str, facts: dict[str, str]) -> None:
        meta = pod["metadata"]
        self._hear(meta["namespace"], meta["name"], what, {"pod": meta["uid"][:8]} | facts)


def phases(pod: dict[str, Any]) -> dict[str, str]:
    """The parts of a Pod's state that a reader of a timeline follows."""
    status = pod.get("status", {})
    found = {"phase": str(status.get("phase", "")), "node": str(pod["spec"].get("nodeName", ""))}
    if pod["metadata"].get("deletionTimestamp"):
        found["terminating"] = "yes"
    for container in status.get("containerStatuses", ()):
        state = next(iter(container.get("state", {})), "")
        found["container"] = container.get("containerID", "").rpartition("/")[2][:12] + f":{state}"
        found["ready"] = "yes" if container.get("ready") else "no"
    return {name: value for name, value in found.items() if value}
