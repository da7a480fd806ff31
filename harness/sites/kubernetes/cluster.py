"""The shared kind cluster as a site: a namespace for each trial. It is never damaged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.lab.arm import Arm
from harness.lab.manifests import documents
from harness.lab.open_site import Answer, Scope
from harness.model.clock import Deadline
from harness.model.entries import Heard
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.model.waiting import TooLate, until
from harness.setup import life, paths
from harness.setup.cluster import shared
from harness.setup.cluster.create import Shape
from harness.setup.cluster.kube import Kube, Refused
from harness.sites.kubernetes import kubectl, lent
from harness.sites.kubernetes.connection import Connection
from harness.sites.kubernetes.health import Gaps, Health
from harness.sites.kubernetes.pod_events import PodEvents
from harness.sites.kubernetes.signs import SILENT_S, Signs
from harness.sites.kubernetes.sweep import sweep
from harness.sites.kubernetes.trial import Breaks, ClusterTrial
from harness.sites.labels import RUN_LABEL, TRIAL_LABEL
from harness.sites.logs import listening

if TYPE_CHECKING:
    from harness.setup.engine import Engine

SETTLE_S = 20.0
"""For what somebody has just applied by hand; a roll-out of three Pods takes some 5 s."""


class Unbreakable:
    def __init__(self) -> None:
        self.gaps = Gaps()

    def power(self, node: str, how: str) -> Answer:
        raise TypeError(f"{how} of {node}: the cluster is shared, and whoever breaks one needs one of their own")

    def take_away(self, part: str, node: str) -> Answer:
        raise TypeError(f"{part} of {node}: the cluster is shared, and whoever breaks one needs one of their own")


class ClusterSite:
    """A cluster, with the run's namespaces in it."""

    def __init__(
        self, engine: Engine, run: str, shape: Shape = shared.SHARED, *, name: str = "cluster",
        breaks: Breaks | None = None,
    ) -> None:  # fmt: skip
        self.name, self.run = name, run
        self._engine, self._shape, self._breaks = engine, shape, breaks or Unbreakable()
        self._open: tuple[Connection, Signs, Health] | None = None
        self._standing: life.Standing | None = None
        self._trials: list[ClusterTrial] = []

    @property
    def connection(self) -> Connection:
        return self._opened[0]

    @property
    def _opened(self) -> tuple[Connection, Signs, Health]:
        if self._open is None:
            raise Problem(f"Using the {self.name}", "it was never opened", "report this")
        return self._open

    def open(self, deadline: Deadline) -> None:
        if self._open is None:
            kube, program = self._reached()
            events, signs = PodEvents(kube, self._shape.name), Signs(kube)
            at = Connection(self._engine, self.run, self._shape, kube, events, program)
            self._standing = life.Standing(self._engine.client, self._shape.name)
            self._open = at, signs, Health(self._engine, self._shape, kube, signs, self._breaks.gaps)
            events.start()
            signs.start()
        signs = self._open[1]
        try:
            until(f"the {self.name}", signs.leaders_missing, deadline.sooner(SILENT_S))
        except TooLate as late:
            raise Problem(f"Opening the {self.name}", self.health() or str(late), "labs status") from late

    def _reached(self) -> tuple[Kube, Path]:
        file = self._shape.kubeconfig
        if not file.exists():
            raise Problem(f"Opening the {self.name}", f"there is no {file}", "labs up")
        return Kube(file), kubectl.program(self._engine, self._shape)

    def check(self, arm: Arm, manifests: Path) -> None:
        """Those of its later versions as well."""
        every = [arm, *(arm.version(name) for name in arm.versions)]
        for name in dict.fromkeys(n for one in every for n in one.names if not n.endswith(".sh")):
            for document in documents(manifests / name):
                self._try(manifests / name, document)

    def _try(self, file: Path, document: dict[str, Any]) -> None:
        kube = self.connection.kube
        try:
            kube.apply(kube.path_of(document, "default"), document, only_try=True)
        except KeyError as missing:
            raise Problem(
                f"Reading {paths.shown(file)}", f"an object has no {missing}", "mend that file"
            ) from missing
        except Refused as refused:
            place = f"{paths.shown(file)}, {document['kind']} {document['metadata']['name']}"
            raise Problem(f"Applying {place}", str(refused), "kubectl explain, or mend that file") from refused

    def health(self) -> str:
        return "it was never opened" if self._open is None else self._opened[2].wrong()

    def streams(self) -> dict[str, str]:
        at, signs, _ = self._opened
        found = at.events.streams() | {"signs of life": signs.wrong} | listening(t.logs for t in self._trials)
        return dict.fromkeys(found, "") if self._breaks.gaps.deaf else found

    def trial(self, scope: Scope) -> ClusterTrial:
        labels = {NAME: "trial", RUN_LABEL: self.run, TRIAL_LABEL: scope.trial}
        meta = {"name": scope.name, "labels": labels}
        found = self._part(scope)
        try:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
            self.connection.kube.call("POST", "/api/v1/namespaces", {}, body)
        except Refused as refused:
            raise Problem(f"Making namespace {scope.name}", str(refused), "labs status") from refused
        return found

    def attach(self, scope: Scope) -> tuple[ClusterTrial, tuple[str, ...]]:
        kube = self.connection.kube
        try:
            what = f"what was applied to {scope.at}"
            until(what, lambda: lent.unsettled(kube, scope.at), Deadline.after(SETTLE_S), passing=(Refused,))
            return self._part(scope), lent.images(kube, scope.at)
        except (TooLate, Refused) as why:
            fix = f"kubectl get pods --namespace {scope.at}"
            raise Problem(f"Looking at namespace {scope.at}", str(why), fix) from why

    def _part(self, scope: Scope) -> ClusterTrial:
        def hear(heard: Heard) -> None:
            scope.heard(heard)
            scope.stirred()

        self.connection.events.listen(scope.name, hear)
        self._trials.append(ClusterTrial(self.connection, scope, self._breaks))
        return self._trials[-1]

    def retry(self) -> None:
        """Begin to remove what could not be removed when its trial was over."""
        for trial in self._trials:
            if trial.stands:
                trial.leave()

    def close(self, deadline: Deadline) -> Sequence[str]:
        if self._open is None:
            return []
        try:
            self.quiet()
            self.retry()
            gone = self._standing.gone if self._standing else lambda: False
            return sweep(self.connection.kube, self.run, deadline, gone=gone)
        finally:
            self._open = None

    def quiet(self) -> None:
        """Nobody asks nor listens any more."""
        for trial in self._trials:
            trial.quiet()
        if self._open is not None:
            self._open[0].events.stop()
            self._open[1].stop()
