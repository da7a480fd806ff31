"""A kind cluster for one run as a site: made when it is needed, broken at will, mended, and deleted."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from rich.console import Console

from harness.lab.arm import Arm
from harness.lab.open_site import No, Scope
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.waiting import TooLate, until
from harness.setup.cluster import create, nodes, shared
from harness.setup.cluster.create import Shape
from harness.setup.cluster.kube import Refused
from harness.setup.images import web as images
from harness.setup.steps import Steps
from harness.sites.kubernetes.breaking import Breaking
from harness.sites.kubernetes.cluster import ClusterSite
from harness.sites.kubernetes.trial import ClusterTrial

if TYPE_CHECKING:
    from harness.setup.engine import Engine

PREFIX = "dkl-"
KIND = "io.x-k8s.kind.cluster"
LEFT_OUT = {"kube-proxy": {"networking": {"kubeProxyMode": "none"}}}
"""What kind's configuration says so that a part is never there."""


class OwnCluster:
    """One control plane, and workers beside it."""

    def __init__(self, engine: Engine, run: str, name: str, size: int, without: str = "") -> None:
        if without and without not in LEFT_OUT:
            raise Problem(f"Making a cluster without {without}", "kind makes none", f"one of: {', '.join(LEFT_OUT)}")
        self.name, self._engine, self._run, self._size, self._without = name, engine, run, size, without
        folder = Shape(f"{PREFIX}{run}", shared.SHARED.config).folder
        self._shape = Shape(f"{PREFIX}{run}", folder / "kind.yaml")
        self._breaking = Breaking(lambda: self._cluster.connection, without)
        self._cluster = ClusterSite(engine, run, self._shape, name=name, breaks=self._breaking)
        self._made = False

    def open(self, deadline: Deadline) -> None:
        """Make it; or mend what was broken of it, and wait until all of it is sound."""
        if not self._made:
            self._make()
            self._cluster.open(deadline)
            self._made = True
            return
        try:
            self._breaking.mend(deadline)
            until(f"{self.name} sound again", self._cluster.health, deadline, pause_s=0.5)
        except (TooLate, No, Refused) as why:
            raise Problem(f"Mending the {self.name}", str(why), f"labs status --name {self._shape.name}") from why
        self._cluster.retry()

    def _make(self) -> None:
        quiet = Steps(Console(quiet=True))
        _configure(self._shape.config, self._size, self._without)
        # A lab that needs figures waits for them: there are none for the first 10 s after all else is there.
        shared.up(quiet, flag=self._engine.endpoint.url, shape=self._shape, figures=False)
        images.load(self._engine, quiet, self._shape, images.web(self._engine, quiet))

    def check(self, arm: Arm, manifests: Path) -> None:
        self._cluster.check(arm, manifests)

    def health(self) -> str:
        return self._cluster.health()

    def streams(self) -> dict[str, str]:
        return self._cluster.streams()

    def trial(self, scope: Scope) -> ClusterTrial:
        return self._cluster.trial(scope)

    def close(self, deadline: Deadline) -> Sequence[str]:
        """Nothing in it has to be removed one by one."""
        del deadline
        self._cluster.quiet()
        remove(self._engine, self._run)
        return [f"container {node.name}" for node in nodes.of(self._engine, self._shape.name)]


def _configure(file: Path, size: int, without: str) -> None:
    """The shared cluster's configuration with another number of nodes, and without the part."""
    document = yaml.safe_load(shared.SHARED.config.read_text())
    document["nodes"] = [{"role": "control-plane"}, *({"role": "worker"} for _ in range(size - 1))]
    for key, value in LEFT_OUT.get(without, {}).items():
        document[key] = document[key] | value
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(yaml.safe_dump(document))


def runs(engine: Engine) -> set[str]:
    """The runs of which a cluster is there."""
    found = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": KIND})
    names = {str(c.labels[KIND]) for c in found}
    return {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}


def remove(engine: Engine, run: str) -> int:
    """Delete the run's cluster, half-made ones as well; answers how many nodes there were."""
    shape = Shape(f"{PREFIX}{run}", shared.SHARED.config)
    removed = create.remove(engine, shape)
    shutil.rmtree(shape.folder, ignore_errors=True)
    return removed
