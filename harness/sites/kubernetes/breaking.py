"""What a run may break of a cluster of its own, and how all of it is mended."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.lab.open_site import Answer, No
from harness.model.clock import Deadline
from harness.model.parts import KNOWN, KUBELET
from harness.model.waiting import TooLate, until
from harness.setup.cluster.kube import Refused
from harness.sites.docker.machines import switch
from harness.sites.kubernetes import parts
from harness.sites.kubernetes.connection import Connection
from harness.sites.kubernetes.health import BACK_S, Gaps

PART_S = 40.0
"""For one part to go, or to come back."""

ENDS, BEGINS = ("stop", "pause"), "resume"


class Breaking:
    """Nodes that are stopped or paused, and parts that are taken away: `gaps` says which, so that health knows."""

    def __init__(self, connection: Callable[[], Connection], without: str) -> None:
        self._connection, self._without = connection, without
        self.gaps = Gaps(parts={without} if without else set())
        self._taken: dict[tuple[str, str], parts.Part] = {}

    def power(self, node: str, how: str) -> Answer:
        """A node that is begun again is not waited for: until it is back, health does not miss it."""
        at, full = self._connection(), self._connection().full(node)
        container = at.node(node).container
        if how in ENDS:
            self.gaps.nodes.add(full)
            try:
                return Answer(switch(container, how))
            except No:
                self.gaps.nodes.discard(full)
                raise
        if how != BEGINS:
            raise ValueError(f"a node of a cluster can be switched by {', '.join((*ENDS, BEGINS))}, not by {how!r}")
        said = switch(container, how)
        self.gaps.coming[full] = time.monotonic() + BACK_S
        self.gaps.nodes.discard(full)
        return Answer(said)

    def take_away(self, part: str, node: str) -> Answer:
        """From now until the cluster is mended."""
        if part == self._without:
            raise No(f"{part} was never there")
        at = self._connection()
        if (part, node) in self._taken:
            raise No(f"{part} of {node} is away already")
        taken = parts.part(part, at.full(node), at.node(node).container, at.kube)
        self._taken[part, node] = taken
        self.gaps.parts.add(part)
        if part == KUBELET:
            self.gaps.nodes.add(at.full(node))
        try:
            return Answer(taken.leave(Deadline.after(PART_S)))
        except (TooLate, Refused) as why:
            raise No(str(why)) from why

    def mend(self, deadline: Deadline) -> None:
        """Bring all of it back; whether it is sound again, health tells."""
        at = self._connection()
        for full in tuple(self.gaps.nodes):
            container = at.node(full.removeprefix(at.full(""))).container
            container.reload()
            if container.status != "running":
                switch(container, BEGINS)
                self.gaps.nodes.discard(full)
        # What starts Pods, and finds a place for them, comes before what is made of Pods.
        for part, node in sorted(self._taken, key=lambda one: KNOWN.index(one[0])):
            until(f"{part} back", self._back(part, node, deadline), deadline, passing=(Refused, No, TooLate))
            self.gaps.parts.discard(part)
            if part == KUBELET:
                self.gaps.nodes.discard(at.full(node))
        self.gaps.coming.clear()

    def _back(self, part: str, node: str, deadline: Deadline) -> Callable[[], str]:
        def look() -> str:
            if (taken := self._taken.get((part, node))) is not None:
                taken.back(deadline.sooner(PART_S))
                del self._taken[part, node]
            return ""

        return look
