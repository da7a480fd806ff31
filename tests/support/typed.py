"""Arms of every kind of site, and scenarios typed for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness import Arm, cluster, docker_host, engine, own_cluster, scenario, swarm
from harness.views.byhand.script import commands

NOWHERE = Path("/nowhere")
SITES = {
    "run": Arm("here", engine, "docker run --detach --cpus 0.1 dk-labs/web:1 x 2"),
    "network": Arm(
        "here", docker_host(), "docker network create --subnet 198.18.0.0/28 web; "
        "docker run --detach --network web --network-alias web dk-labs/web:1 x 2",
    ),
    "Compose": Arm("here", engine, "compose.yaml", {"2": "compose-2.yaml"}),
    "stack": Arm("here", swarm(), "service.yaml"),
    "service": Arm("here", swarm(), "docker service create --name web --replicas 2 dk-labs/web:1"),
    "namespace": Arm("here", cluster, "deployment.yaml service.yaml"),
    "own": Arm("here", own_cluster(nodes=2), "deployment.yaml", at="worker"),
}  # fmt: skip


def bash() -> str:
    return shutil.which("bash") or pytest.skip("there is no bash")


def typed(arm: Arm, play, folder: Path = NOWHERE) -> list[str]:
    play.__doc__ = play.__doc__ or "Something is done."
    return commands(scenario(play) @ arm, folder)
