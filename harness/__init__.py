"""What a lab is written with: names only. Acts are in `harness.acts`."""

from harness.model.arm import Arm, Run
from harness.model.claim import Lab
from harness.model.scenario import Trials, scenario
from harness.model.site import cluster, docker_host, engine, own_cluster, swarm
from harness.model.verdict import Verdict, fails, holds
from harness.trial import Trial

__all__ = [
    "Arm",
    "Lab",
    "Run",
    "Trial",
    "Trials",
    "Verdict",
    "cluster",
    "docker_host",
    "engine",
    "fails",
    "holds",
    "own_cluster",
    "scenario",
    "swarm",
]
