"""Leases as signs of life: when each was seen to be renewed, on this machine's monotonic clock alone.

The time that stands in a lease is of another clock: one that is an hour off would make a leader look silent that is
at work, or hide one that is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from harness.setup.cluster.kube import Kube
from harness.sites.kubernetes.follow import Follower

LEASES = "/apis/coordination.k8s.io/v1/leases"
LEADERS = ("kube-controller-manager", "kube-scheduler")
SYSTEM, NODES = "kube-system", "kube-node-lease"
SILENT_S = 12.0
"""Leaders renew every 2 s, and lose their lease after 15."""

WATCH_S = 30


class Signs:
    def __init__(self, kube: Kube, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._began = now, now()
        self._said: dict[tuple[str, str], str] = {}
        self._renewed: dict[tuple[str, str], float] = {}
        self._kube = kube
        self._follower = Follower(kube, LEASES, self.take, for_s=WATCH_S)

    def start(self) -> None:
        self._follower.start()

    def stop(self) -> None:
        self._follower.stop()

    @property
    def wrong(self) -> str:
        return self._follower.wrong

    def take(self, what: str, lease: Mapping[str, Any]) -> None:
        """The first sight of a lease is no sign of life: nobody knows how old it is."""
        meta, said = lease["metadata"], str(lease["spec"].get("renewTime", ""))
        key = str(meta["namespace"]), str(meta["name"])
        if self._said.get(key, said) != said and what != "DELETED":
            self._renewed[key] = self._now()
        self._said[key] = said

    def look(self) -> None:
        """Where the stream tells of no sign, it may be the stream that hangs."""
        for lease in self._kube.get(LEASES)["items"]:
            self.take("LISTED", lease)

    def renewed_since(self, namespace: str, name: str, at_s: float) -> bool:
        return self._renewed.get((namespace, name), at_s) > at_s

    def leaders_missing(self) -> str:
        """Who has not been seen at work since the first look; empty once all were."""
        silent = [one for one in LEADERS if (SYSTEM, one) not in self._renewed]
        return f"a sign of {' and '.join(silent)}" if silent else ""

    def leaders_silent(self, *, but: frozenset[str] = frozenset()) -> str:
        """Who makes Pods of Deployments, and who places them: which of them has fallen silent."""
        for leader in (one for one in LEADERS if one not in but):
            silent_s = self._now() - self._renewed.get((SYSTEM, leader), self._began)
            if silent_s > SILENT_S:
                return f"{leader} has given no sign of life for {silent_s:.0f} s"
        return ""
