"""The shared cluster and clusters of other shapes: up, down, status. One that is there and sound is used again."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import CLUSTER, KUBERNETES
from harness.model.waiting import TooLate, until
from harness.setup import commands, dockerd, endpoint, locks, tools
from harness.setup import engine as engines
from harness.setup import paths as places
from harness.setup.cluster import create, losses, mend, nodes, ready
from harness.setup.cluster.create import Shape
from harness.setup.cluster.kube import Kube, Refused
from harness.setup.images import builds, node_image, stages

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.cluster.losses import Loss
    from harness.setup.cluster.nodes import Node
    from harness.setup.engine import Engine
    from harness.setup.steps import Steps

SHARED = Shape(CLUSTER, places.CHECKOUT / "manifests" / "kind.yaml")
BUSY_S = 3600.0
REVIVE_S = 45.0
"""A cluster whose nodes all began a moment ago, as after a restart of the machine, is sound after some 25 s."""

BLINK_S = 5.0
"""A cluster that has run for longer may have lost a heartbeat on a busy host; more than that is damage."""


def shape(name: str = "", config: str = "") -> Shape:
    """The shared cluster's shape, or one under another name; labs that break things get their own."""
    named = name or SHARED.name
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?", named):
        raise Problem(
            f"Naming a cluster {named!r}", "kind takes small letters, digits and hyphens", "--name my-cluster"
        )
    return Shape(named, Path(config).resolve() if config else SHARED.config)


@dataclass(frozen=True, slots=True)
class Up:
    """A cluster that is ready."""

    shape: Shape
    engine: Engine
    mark: ready.Mark
    reused: bool
    memory_bytes: int
    kubectl: Path


def up(
    steps: Steps,
    *,
    flag: str = "",
    image: str = "",
    shape: Shape = SHARED,
    figures: bool = True,
    consent: Callable[[Loss], None] = losses.refuse,
) -> Up:
    """A ready cluster of this shape, made of an image of this choice: the one that is there, or a new one.

    Where the one that is there has to go, `consent` hears what goes with it, and raises if that may not be.
    """
    choice = image or os.environ.get("LABS_NODE_IMAGE", "") or "auto"
    shape.size()
    engine = dockerd.ready(steps, flag=flag)
    lock = places.state() / "locks" / f"cluster-{shape.name}"
    with locks.only_one(lock, what=f"cluster {shape.name}", say=steps.say, within_s=BUSY_S):
        found = _reuse(engine, steps, shape, choice, consent)
        mark = found or _anew(engine, steps, shape, choice, figures)
    there = nodes.of(engine, shape.name)
    kubectl = tools.kubectl(there[0].name, endpoint_env=engine.environment)
    return Up(shape, engine, mark, found is not None, nodes.memory_bytes(engine, there), kubectl)


def down(
    steps: Steps, *, flag: str = "", shape: Shape = SHARED, consent: Callable[[Loss], None] = losses.refuse
) -> int:
    """Remove it, once `consent` has heard of the runs that use it; answers how many nodes there were."""
    engine = engines.connect(endpoint.resolve(flag))
    consent(losses.Loss(shape.name, runs=losses.users(engine, shape.name)))
    lock = places.state() / "locks" / f"cluster-{shape.name}"
    with locks.only_one(lock, what=f"cluster {shape.name}", say=steps.say, within_s=BUSY_S):
        removed = create.remove(engine, shape)
    create.remove_network(engine)
    return removed


def made_of(shape: Shape, source: str) -> str:
    """A hash over all that a cluster is made of."""
    return builds.digest(shape.config, create.MANIFESTS, source)


def _reuse(
    engine: Engine, steps: Steps, shape: Shape, choice: str, consent: Callable[[Loss], None]
) -> ready.Mark | None:
    """The mark of a sound cluster that is what is asked for; None where it has to be made anew."""
    from docker.errors import DockerException

    there = nodes.of(engine, shape.name)
    if not there:
        return None
    stopped = [node for node in there if not node.running]
    try:
        if stopped:
            states = ", ".join(f"{node.name} {node.state}" for node in stopped)
            steps.say(f"{states}: starting once more, {REVIVE_S:.0f} s at most")
            nodes.revive(stopped)
        there = nodes.of(engine, shape.name)
        begins_s = REVIVE_S - min(node.runs_s for node in there) if any(map(nodes.ready_once, there)) else 0.0
        if begins_s > BLINK_S and not stopped:
            steps.say(f"Cluster {shape.name} was just started: waiting {begins_s:.0f} s at most")
        return _sound(engine, steps, shape, choice, there, Deadline.after(max(BLINK_S, begins_s)))
    except (Refused, TooLate, Problem, DockerException, OSError, KeyError, ValueError) as trouble:
        why = str(trouble)
    consent(losses.of(engine, shape, why))
    steps.say(f"Cluster {shape.name} is of no use ({why}); making it anew")
    return None


def _sound(
    engine: Engine, steps: Steps, shape: Shape, choice: str, there: list[Node], deadline: Deadline
) -> ready.Mark:
    size = shape.size()
    if len(there) != size:
        raise Refused(f"{len(there)} of {size} nodes are there")
    if not shape.kubeconfig.exists():
        _export(engine, shape)
    api = Kube(shape.kubeconfig, answer_s=ready.ANSWER_S)
    what, passing = f"cluster {shape.name}", (Refused, KeyError)
    try:
        until(what, lambda: ready.missing(api, there), deadline, passing=passing)
    except TooLate as late:
        tried: set[str] = set()

        def missing() -> str:
            if found := ready.missing(api, there):
                mend.parts(engine, api, there, steps.say, tried)
            return found

        # Where nobody loses anything a new one is quicker than to wait for what may never come.
        if not (mend.parts(engine, api, there, steps.say, tried) or losses.of(engine, shape, "")):
            raise
        steps.say(f"Cluster {shape.name} lacks {late.missing}; waiting {mend.MEND_S:.0f} s at most")
        until(what, missing, Deadline.after(mend.MEND_S), passing=passing)
    mark = ready.Mark.read(api)
    if mark.made_of not in {made_of(shape, source) for source in node_image.acceptable(choice)}:
        raise Refused("it was made of something else than is asked for now")
    return mark


def _export(engine: Engine, shape: Shape) -> None:
    """The state folder was lost, the cluster was not."""
    shape.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    argv = [
        str(tools.kind()),
        "export",
        "kubeconfig",
        "--name",
        shape.name,
        "--kubeconfig",
        str(shape.kubeconfig),
    ]
    try:
        commands.run(argv, within_s=20, env=engine.environment)
    except commands.CommandFailed as failed:
        raise Refused(f"its kubeconfig is lost and kind cannot write it again: {failed}") from failed


def _anew(engine: Engine, steps: Steps, shape: Shape, choice: str, figures: bool) -> ready.Mark:
    tools.docker_cli()
    engines.check_privileged(engine)
    create.remove(engine, shape)
    log = stages.log_file("kind")
    kind = stages.Stage("kind from its Go module", lambda _: _have_kind(log), there=_kind_is_here())
    compose = stages.Stage(
        "Docker Compose from its Go module", lambda _: _have_compose(log), there=tools.compose_is_here()
    )
    with locks.only_one(places.cache() / "lock", what="the node image", say=steps.say, within_s=BUSY_S):
        image = node_image.get(engine, steps, choice, also=(kind, compose))
    api = create.create(engine, steps, tools.kind(), shape, image, made_of(shape, image.source), figures=figures)
    return ready.Mark.read(api)


def _kind_is_here() -> bool:
    return tools.kind_fits() or tools.kind_built().exists()


def _have_kind(log: Path) -> None:
    tools.kind(log=log)


def _have_compose(log: Path) -> None:
    tools.compose(log=log)


def status(*, flag: str = "", shape: Shape = SHARED) -> dict[str, Any]:
    """`labs.status/1`: what is there now, asked in seconds, never waited for."""
    empty: dict[str, Any] = {"ref": "", "origin": ""}
    document: dict[str, Any] = {
        "schema": "labs.status/1",
        "ready": False,
        "cluster": shape.name,
        "kubeconfig": str(shape.kubeconfig),
        "kubernetes": "",
        "nodes": [],
        "node_image": empty,
        "steps": [],
        "missing": "",
    }
    engine = engines.connect(endpoint.resolve(flag))
    there = nodes.of(engine, shape.name)
    document["nodes"] = [{"name": n.name, "ready": False, "address": n.address} for n in there]
    if not there:
        return document | {"missing": "no cluster is there"}
    if stopped := [n.name for n in there if not n.running]:
        return document | {"missing": f"{', '.join(stopped)} not running"}
    try:
        return document | _asked(Kube(shape.kubeconfig, answer_s=ready.ANSWER_S), there)
    except (Refused, OSError, KeyError, ValueError) as trouble:
        return document | {"missing": str(trouble)}


def _asked(api: Kube, there: list[Node]) -> dict[str, Any]:
    states = {n["metadata"]["name"]: ready.is_ready(n) for n in api.get("/api/v1/nodes")["items"]}
    rows = [{"name": n.name, "ready": states.get(n.name, False), "address": n.address} for n in there]
    # The API server calls a node Ready for most of a minute after its container is gone.
    gone = sorted(states.keys() - {n.name for n in there})
    missing = f"the container of {', '.join(gone)}" if gone else ready.missing(api, there)
    found: dict[str, Any] = {"ready": not missing, "missing": missing, "nodes": rows}
    mark = ready.Mark.read(api)
    found["kubernetes"] = mark.kubernetes or KUBERNETES
    found["node_image"] = {"ref": mark.image, "origin": mark.origin}
    found["steps"] = [{"name": name, "took_s": took} for name, took in mark.steps]
    return found
