"""Makes a cluster with kind, adds what a fresh one lacks, and waits until it is ready."""

from __future__ import annotations

import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import NAME, NETWORK
from harness.model.waiting import TooLate, until
from harness.setup import commands, removal
from harness.setup import paths as places
from harness.setup.cluster import nodes, ready
from harness.setup.cluster.kube import Kube, Refused
from harness.setup.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.setup.cluster.nodes import Node
    from harness.setup.engine import Engine
    from harness.setup.images.node_image import NodeImage
    from harness.setup.steps import Steps

MANIFESTS = places.CHECKOUT / "manifests" / "cluster"
CREATE_S = 300.0
READY_S = 120.0

_DONE = re.compile(r"✓ ([A-Za-z][A-Za-z \-]*[A-Za-z])")
_CONTROL_PLANE_UP = "Installing StorageClass"
"""After this line of kind's the API server answers, and workers are still to join: time to add things."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A cluster's name and its kind configuration: all that one cluster differs in from another."""

    name: str
    config: Path

    @property
    def folder(self) -> Path:
        return places.state() / "clusters" / self.name

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def size(self) -> int:
        """How many nodes it asks for; a Problem if the file is no kind configuration."""
        tried = f"Reading {self.config}"
        try:
            document = yaml.safe_load(self.config.read_text())
        except OSError as error:
            raise Problem(tried, str(error.strerror), f"git checkout {self.config.name}") from error
        except yaml.YAMLError as error:
            raise Problem(tried, " ".join(str(error).split()), f"mend {self.config.name}") from error
        if not isinstance(document, dict) or document.get("kind") != "Cluster":
            raise Problem(tried, "it is not a kind configuration (kind: Cluster)", f"git diff {self.config.name}")
        listed = document.get("nodes", [{}])
        if not isinstance(listed, list) or not listed:
            raise Problem(tried, "its `nodes` is not a list", f"git diff {self.config.name}")
        return len(listed)


@dataclass(slots=True)
class KindLines:
    """Follows kind's own lines: each finished one becomes a step, and one of them starts the additions."""

    steps: Steps
    tell: Callable[[str], None]
    on_api: Callable[[], None]
    began: float = field(default_factory=time.monotonic)

    def line(self, text: str) -> None:
        if text.lstrip().startswith("•"):
            self.tell(text.strip(" •.").strip())
        if found := _DONE.search(text):
            now = time.monotonic()
            self.steps.add(Step(found[1], now - self.began))
            self.began = now
            if found[1] == _CONTROL_PLANE_UP:
                self.on_api()


def create(
    engine: Engine,
    steps: Steps,
    kind: Path,
    shape: Shape,
    image: NodeImage,
    made_of: str,
    *,
    figures: bool = True,
) -> Kube:
    """Make it, or leave kind's logs in the state folder and nothing else.

    Without `figures` the first ones of metrics-server are not waited for: they come every 15 s.
    """
    size = shape.size()
    shape.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _network(engine)
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            _run_kind(engine, steps, kind, shape, image, pool)
        return _settle(engine, steps, shape, image, made_of, size, figures)
    except BaseException as error:
        if isinstance(error, commands.CommandFailed | Problem | TooLate):
            _keep_logs(engine, steps, kind, shape)
        remove(engine, shape)
        if isinstance(error, commands.CommandFailed):
            raise Problem(
                f"Making cluster {shape.name} with kind", f"{error}\n{error.tail}", f"less {_log(shape)}"
            ) from error
        if isinstance(error, TooLate):
            raise Problem(f"Making cluster {shape.name}", str(error), f"ls {shape.folder}/logs") from error
        raise


def _log(shape: Shape) -> Path:
    return shape.folder / "create.log"


def _network(engine: Engine) -> None:
    """A network of our own: kind's may be in use by clusters of the user's."""
    from docker.errors import APIError

    try:
        if not engine.client.networks.list(names=[NETWORK], filters={"label": NAME}):
            engine.client.networks.create(NETWORK, driver="bridge", labels={NAME: "network"}, check_duplicate=True)
    except APIError as error:
        if error.status_code != 409:  # another cluster of ours is made at this moment: it is there now
            raise Problem(f"Making the network {NETWORK}", str(error.explanation), "docker network ls") from error


def remove_network(engine: Engine) -> None:
    """Ours, unless another cluster of ours still uses it."""
    from docker.errors import APIError

    for network in engine.client.networks.list(names=[NETWORK], filters={"label": NAME}):
        try:
            network.remove()
        except APIError as error:
            if error.status_code not in (403, 404, 409):  # in use, or somebody was faster
                raise


def _environment(engine: Engine) -> dict[str, str]:
    return engine.environment | {
        "KIND_EXPERIMENTAL_DOCKER_NETWORK": NETWORK,
        "KIND_EXPERIMENTAL_PROVIDER": "docker",
    }


def _run_kind(
    engine: Engine, steps: Steps, kind: Path, shape: Shape, image: NodeImage, pool: ThreadPoolExecutor
) -> None:
    argv = [
        str(kind),
        "create",
        "cluster",
        "--name",
        shape.name,
        "--image",
        image.ref,
        "--config",
        str(shape.config),
    ]
    argv += ["--kubeconfig", str(shape.kubeconfig), "--retain"]
    additions: list[Future[None]] = []
    log = _log(shape)
    log.write_text("")
    # kind shows nothing while it waits for nodes; the spinner is ours, and so the steps are added beneath it.
    with steps.live("kind creates the cluster") as doing:
        follow = KindLines(steps, doing.tell, lambda: additions.append(pool.submit(_add, engine, shape, log)))
        commands.run(argv, within_s=CREATE_S, log=log, env=_environment(engine), on_line=follow.line)
        for addition in additions:
            addition.result()


def _add(engine: Engine, shape: Shape, log: Path) -> None:
    """What a fresh cluster lacks, added while the workers join: it takes longest to be ready.

    And what every lab needs is bound to the control plane, since labs break workers.
    """
    node = nodes.of(engine, shape.name)[0]
    for _, name in ready.ADDONS:
        if name != "metrics-server":
            bind(engine, node, name)
    with log.open("a") as out:
        text = (MANIFESTS / "metrics-server.yaml").read_text()
        out.write(nodes.kubectl(engine, node, "apply", "-f", "-", text=text))
        out.write(add_ready(engine, node))


def add_ready(engine: Engine, node: Node) -> str:
    """The Pods by which a cluster shows that it is ready."""
    coredns = "jsonpath={.spec.template.spec.containers[0].image}"
    image = nodes.kubectl(engine, node, "-n", "kube-system", "get", "deployment", "coredns", "-o", coredns).strip()
    text = (MANIFESTS / "ready.yaml").read_text().replace("@COREDNS@", image)
    return nodes.kubectl(engine, node, "apply", "-f", "-", text=text)


def bind(engine: Engine, node: Node, name: str) -> None:
    """Have an addon's Pods on the control plane."""
    namespace = next(space for space, addon in ready.ADDONS if addon == name)
    nodes.kubectl(engine, node, "-n", namespace, "patch", "deployment", name, "-p", _ON_CONTROL_PLANE)


_ON_CONTROL_PLANE = (
    '{"spec": {"template": {"spec": {"nodeSelector": {"node-role.kubernetes.io/control-plane": ""}, "tolerations": '
    '[{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"}, '
    '{"key": "CriticalAddonsOnly", "operator": "Exists"}]}}}}'
)


def _settle(
    engine: Engine, steps: Steps, shape: Shape, image: NodeImage, made_of: str, size: int, figures: bool
) -> Kube:
    api, deadline = Kube(shape.kubeconfig, answer_s=ready.ANSWER_S), Deadline.after(READY_S)
    there = nodes.of(engine, shape.name)
    first = there[0]
    looks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("all nodes Ready", lambda: ready.nodes_missing(api, size)),
        ("default service account", lambda: ready.service_account_missing(api)),
        ("default StorageClass", lambda: ready.storage_class_missing(api)),
        ("kube-proxy on all nodes", lambda: ready.proxy_daemons_missing(api, size)),
        ("Pods reached from all nodes", lambda: ready.pods_missing(api, there) or ready.paths_missing(api, there)),
        ("a test Pod served through a Service", lambda: ready.service_missing(api, first)),
        ("DNS answers", lambda: ready.dns_missing(api, first)),
        ("CoreDNS, metrics-server and the provisioner", lambda: ready.addons_missing(api)),
        ("metrics API answers", lambda: ready.metrics_missing(api, size)),
    )
    for what, look in looks if figures else looks[:-1]:
        with steps.step(what) as doing:
            until(what, look, deadline, passing=(Refused, KeyError), tell=doing.tell, pause_s=0.2)
    took = tuple((step.name, round(step.took_s, 2)) for step in steps.done)
    mark = ready.Mark(made_of, image.source, image.origin, image.kubernetes, took)
    nodes.kubectl(engine, first, "apply", "-f", "-", text=mark.manifest())
    nodes.mark_ready(first)
    return api


def _keep_logs(engine: Engine, steps: Steps, kind: Path, shape: Shape) -> None:
    folder, complaint = shape.folder / "logs", ""
    argv = [str(kind), "export", "logs", "--name", shape.name, str(folder)]
    try:
        commands.run(argv, within_s=60, env=_environment(engine))
    except commands.CommandFailed as failed:
        complaint = f"{failed}: {failed.tail}"  # of a missing crictl alone, when everything else was written
    written = any(folder.glob("*/journal.log"))
    steps.say(f"The nodes' logs are in {folder}" if written else f"The nodes' logs could not be kept: {complaint}")


def remove(engine: Engine, shape: Shape) -> int:
    """Remove the nodes with their volumes, and the kubeconfig; answers how many nodes there were."""
    found = nodes.of(engine, shape.name)
    removal.remove([node.container for node in found])
    for file in (shape.kubeconfig, shape.kubeconfig.with_name("client.pem")):
        file.unlink(missing_ok=True)
    return len(found)
