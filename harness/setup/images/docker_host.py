"""Docker hosts that a lab may break: containers with an engine of their own, and the image that they are made of."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.model.waiting import Hopeless, TooLate, until
from harness.setup import commands, locks, removal
from harness.setup import paths as places
from harness.setup.cluster import nodes
from harness.setup.endpoint import Endpoint
from harness.setup.images import builds, node_image, rootfs, stages
from harness.setup.images.builds import digest
from harness.setup.images.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker.models.containers import Container

    from harness.setup.engine import Engine
    from harness.setup.steps import Doing, Steps

FOLDER = places.CHECKOUT / "images" / "dockerhost"
PACKAGES = ("iptables", "iproute2", "procps", "ca-certificates")
NEWER = ("docker.io", "docker-cli", "containerd")
"""Debian 12's own engine is 20.10, whose --privileged asks for capabilities that a host may lack."""

ROLE = "dockerhost"
DATA = "/var/lib/docker"
SOCKETS = "/run/labs"
"""Where a host puts the socket that we use; the folder is one of this machine's."""

OURS_ALONE = 0o600

START_S = 45.0
STOP_S = 30
"""dockerd first stops its own containers, 10 s each; the usual 10 s for all would kill it halfway."""

ANSWER_S = 5
LONGEST_SOCKET = 107
"""The kernel keeps the path of a Unix socket in 108 bytes, the last of which is 0."""


@dataclass(frozen=True, slots=True)
class DockerHost:
    """A running Docker host; its engine is reached through a socket on this machine and no other way."""

    container: Container
    endpoint: Endpoint

    def answers(self) -> str:
        """What its engine still lacks to be used; nothing, when it answers."""
        return _missing(self, _socket(str(self.container.name)))

    def remove(self) -> None:
        """Remove the container, its volumes with all that its engine had, and the folder of its socket."""
        _remove(self.container, _socket(str(self.container.name)).parent)


def have(engine: Engine, steps: Steps, web: str, *, base: str = "") -> str:
    """Make the image unless it is there, and answer its tag. `web` is the image, on this engine, that it shall hold.

    `base` is an image with dockerd, bash, tar and iptables to start from, instead of one made of Debian packages.
    """
    tag = _tag(engine, web, base)
    if node_image.here(engine, tag):
        return tag
    with locks.only_one(places.cache() / "lock", what="our images", say=steps.say, within_s=3600):
        if not node_image.here(engine, tag):
            _build(engine, steps, web, base, tag)
    return tag


def start(
    engine: Engine,
    image: str,
    name: str,
    *,
    network: str,
    labels: Mapping[str, str] | None = None,
    hostname: str = "",
    address: str = "",
) -> DockerHost:
    """Start a host of that name and wait until its engine answers; if it does not, leave its log and nothing else.

    `hostname` is what it calls itself, where that is another name; `address` is its own in the network for good.
    """
    socket = _socket(name)
    _check_reach(engine, name, socket)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    host = DockerHost(
        _create(engine, image, name, network, labels or {}, hostname or name, address),
        Endpoint(f"unix://{socket}", f"Docker host {name}"),
    )
    try:
        host.container.start()
        until(
            f"Docker host {name} answers",
            host.answers,
            Deadline.after(START_S),
            passing=not_yet(),
        )
    except BaseException as error:
        try:
            log = _keep_log(host)
        finally:
            host.remove()
        if isinstance(error, TooLate | Hopeless):
            raise Problem(f"Starting Docker host {name}", str(error), f"less {log}") from error
        raise
    return host


def _tag(engine: Engine, web: str, base: str) -> str:
    from docker.errors import ImageNotFound

    try:
        content = str(engine.client.images.get(web).id)
    except ImageNotFound as error:
        raise Problem("Making the image of a Docker host", f"there is no image {web} to put in", "labs up") from error
    return f"{NAME}/dockerhost:{digest(FOLDER, base or _base_tag(), web, content)}"


def _base_tag() -> str:
    made_of = digest(Path(rootfs.__file__), builds.SUITE, *PACKAGES, *NEWER)
    return f"{NAME}/dockerhost-base:{made_of}"


def _build(engine: Engine, steps: Steps, web: str, base: str, tag: str) -> None:
    log = stages.log_file(f"dockerhost-{tag.rpartition(':')[2]}")
    debian, ours = "Debian base of a Docker host", _base_tag()

    def root(doing: Doing) -> None:
        builds.import_root(engine, ours, PACKAGES, NEWER, doing, log)

    def image(doing: Doing) -> None:
        _assemble(engine, web, base or ours, tag, doing, log)

    todo = [Stage("image of a Docker host", image, needs=(debian,))]
    if not base and not node_image.here(engine, ours):
        builds.check_root()
        todo.append(Stage(debian, root))
    stages.run_all(todo, steps, log)


def _assemble(engine: Engine, web: str, base: str, tag: str, doing: Doing, log: Path) -> None:
    """Start a host without any image, let its engine load `web`, and keep the result under the final tag."""
    version = tag.rpartition(":")[2]
    half, builder = f"{NAME}/dockerhost-half:{version}", f"{NAME}-build-{version}"
    try:
        doing.tell("building")
        builds.build_image(engine, FOLDER, tag=half, args={"BASE": base}, log=log)
        doing.tell("starting its engine")
        builds.forget_broken_off(engine, builder)
        shutil.rmtree(_socket(builder).parent, ignore_errors=True)
        host = start(engine, half, builder, network="bridge", labels={NAME: "build"})
        try:
            doing.tell(f"loading {web} into it")
            _load(engine, host, web)
            doing.tell("keeping what it loaded")
            for argv in (["dockerhost-stop"], ["dockerhost-seed", "pack"]):
                code, output = nodes.inside(host.container, argv)
                if code != 0:
                    raise commands.CommandFailed(tuple(argv), f"ended with code {code}", output[-2000:], log)
            # A commit takes the container's labels over into the image.
            host.container.commit(
                repository=f"{NAME}/dockerhost", tag=version, changes=[f"LABEL {NAME}=dockerhost-image"]
            )
        finally:
            host.remove()
    finally:
        builds.forget(engine, half)


def _load(engine: Engine, host: DockerHost, web: str) -> None:
    """Hand the image from one engine to the other as it comes; it never lies on the disk in between."""
    inner = host.endpoint.client(timeout_s=120)
    api: Any = inner.api
    try:
        archive: Any = engine.client.api.get_image(web)
        for line in api.load_image(archive):
            if error := line.get("error"):
                raise Problem(f"Loading {web} into the image of a Docker host", str(error), f"docker save {web}")
        inner.images.get(web)
    finally:
        inner.close()


def _socket(name: str) -> Path:
    return places.state() / "dockerhosts" / name / "docker.sock"


def _check_reach(engine: Engine, name: str, socket: Path) -> None:
    tried = f"Starting Docker host {name}"
    if not engine.endpoint.local:
        seen = f"{engine.endpoint.url} is on another machine, and a host's socket cannot be reached from here"
        raise Problem(tried, seen, "run the labs on that machine")
    if (size := len(os.fsencode(socket))) > LONGEST_SOCKET:
        seen = f"{socket} has {size} bytes, and a socket's path can have {LONGEST_SOCKET}"
        raise Problem(tried, seen, "XDG_STATE_HOME with a shorter path")


def _create(
    engine: Engine, image: str, name: str, network: str, labels: Mapping[str, str], hostname: str, address: str
) -> Container:
    from docker.errors import APIError
    from docker.types import Mount

    api: Any = engine.client.api  # its `containers.create` knows no stop_timeout
    folder = _socket(name).parent
    owned = {NAME: ROLE, **labels}
    # The volume is anonymous and goes with its container; its labels are for the day that it does not.
    mounts = [Mount(DATA, None, type="volume", labels=owned), Mount(SOCKETS, str(folder), type="bind")]
    outer = api.create_host_config(privileged=True, cgroupns="private", network_mode=network, mounts=mounts)
    inner = api.create_networking_config({network: api.create_endpoint_config(ipv4_address=address)})
    try:
        made = api.create_container(
            image, name=name, hostname=hostname, labels=owned, stop_timeout=STOP_S, host_config=outer,
            networking_config=inner if address else None,
        )  # fmt: skip
    except APIError as error:
        if not any(folder.iterdir()):  # else a host of that name lives in it
            folder.rmdir()
        seen, fix = str(error.explanation or error), f"docker ps -a --filter label={NAME}"
        raise Problem(f"Making Docker host {name}", seen, fix) from error
    return engine.client.containers.get(made["Id"])


def _missing(host: DockerHost, socket: Path) -> str:
    """What a host still lacks to be used. It closes its socket to others as soon as its engine answers there."""
    from docker.errors import NotFound

    try:
        host.container.reload()
    except NotFound as gone:
        raise Hopeless("its container was removed") from gone
    if host.container.status not in ("created", "running"):
        tail = host.container.logs(tail=5).decode(errors="replace").strip()
        raise Hopeless(f"its container is {host.container.status}: {tail}")
    if not socket.is_socket():
        return "the socket of its engine"
    if (mode := stat.S_IMODE(socket.stat().st_mode)) != OURS_ALONE:
        return f"an answer; the socket still has mode {mode:o}"
    client = host.endpoint.client(timeout_s=ANSWER_S)
    try:
        client.ping()
    finally:
        client.close()
    return ""


def not_yet() -> tuple[type[Exception], ...]:
    from docker.errors import DockerException
    from requests import RequestException

    return (DockerException, RequestException, OSError)


def _keep_log(host: DockerHost) -> Path:
    from docker.errors import NotFound

    log = stages.log_file(f"dockerhost-{host.container.name}")
    try:
        log.write_bytes(host.container.logs())
    except NotFound:
        log.write_text("its container was removed\n")
    return log


def _remove(container: Container, folder: Path) -> None:
    try:
        removal.remove([container])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
