"""A kind cluster for one lab as a site: made when it is needed, broken at will, and deleted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml
from rich.console import Console

from harness.model.errors import Problem
from harness.setup import cluster as clusters
from harness.setup import create, images, nodes
from harness.setup.create import Shape
from harness.setup.steps import Steps
from harness.sites.cluster import ClusterPlace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.model.clock import Deadline
    from harness.setup.engine import Engine

PREFIX = "dkl-"
KIND = "io.x-k8s.kind.cluster"
LEFT_OUT = {"kube-proxy": {"networking": {"kubeProxyMode": "none"}}}
"""What kind's configuration says so that a part is never there."""


class OwnClusterPlace(ClusterPlace):
    """One control plane, and workers beside it."""

    def __init__(self, engine: Engine, run: str, name: str, size: int, without: str = "") -> None:
        super().__init__(engine, run, Shape(f"{PREFIX}{run}", _config(run, size, without)))
        self.name = name

    def open(self, deadline: Deadline) -> None:
        quiet = Steps(Console(quiet=True))
        clusters.up(quiet, flag=self.engine.endpoint.url, shape=self.shape)
        images.load(self.engine, quiet, self.shape, images.web(self.engine, quiet))
        super().open(deadline)

    def close(self, deadline: Deadline) -> Sequence[str]:
        """Nothing in it has to be removed one by one."""
        del deadline
        if self._events:
            self._events.stop()
        remove(self.engine, self.run)
        return [f"container {node.name}" for node in nodes.of(self.engine, self.shape.name)]


def _config(run: str, size: int, without: str) -> Path:
    """The shared cluster's configuration with another number of nodes, and without the part."""
    if without and without not in LEFT_OUT:
        raise Problem(f"Making a cluster without {without}", "kind makes none", f"one of: {', '.join(LEFT_OUT)}")
    document = yaml.safe_load(clusters.SHARED.config.read_text())
    document["nodes"] = [{"role": "control-plane"}, *({"role": "worker"} for _ in range(size - 1))]
    for key, value in LEFT_OUT.get(without, {}).items():
        document[key] = document[key] | value
    file = Shape(f"{PREFIX}{run}", clusters.SHARED.config).folder / "kind.yaml"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(yaml.safe_dump(document))
    return file


def runs(engine: Engine) -> set[str]:
    """The runs of which a cluster is there."""
    found = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": KIND})
    names = {str(c.labels[KIND]) for c in found}
    return {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}


def remove(engine: Engine, run: str) -> int:
    """Delete the run's cluster, half-made ones as well; answers how many nodes there were."""
    shape = Shape(f"{PREFIX}{run}", clusters.SHARED.config)
    removed = create.remove(engine, shape)
    shutil.rmtree(shape.folder, ignore_errors=True)
    return removed
