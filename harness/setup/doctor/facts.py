"""What there is to know about this host and its engine: facts alone, nothing is changed."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.model.errors import Problem
from harness.model.project import KIND, PUBLISHED_NODE_IMAGES
from harness.setup import debian, endpoint, tools
from harness.setup import engine as engines
from harness.setup import paths as places
from harness.setup.images import node_build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.setup.endpoint import Endpoint

ASK_S = 2

Trouble = Literal["", "context", "denied", "silent", "nobody"]


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine says of itself, or why it says nothing."""

    url: str = ""
    source: str = ""
    trouble: Trouble = ""
    seen: str = ""
    fix: str = ""
    server: str = ""
    api: str = ""
    parts: tuple[str, ...] = ()
    cgroup: str = ""
    rootless: bool = False
    memory: int = 0
    root_dir: Path = Path("/var/lib/docker")
    lacks_sys_resource: bool = False
    elsewhere: str = ""
    """Why this host's kernel and files say nothing about the engine's; empty where they are the same."""


@dataclass(frozen=True, slots=True)
class User:
    name: str
    root: bool
    in_docker_group: bool
    listed: bool
    """In the group's list; a session that began before does not have the membership yet."""


@dataclass(frozen=True, slots=True)
class Host:
    user: User
    debian: bool
    dockerd: bool
    docker: str
    mmdebstrap: bool
    may_install: bool
    node_image: str
    python: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kernel:
    release: str
    ipvs: Literal["loaded", "module", "missing", "unlisted"]
    watches: int
    instances: int
    memory: int
    cgroup: str


@dataclass(frozen=True, slots=True)
class Place:
    path: Path
    free_gb: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Loopback:
    error: str
    localhost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MirrorFacts:
    archive: str = ""
    source: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Images:
    """The node images that need no fetching: they are on the engine."""

    built: bool = False
    published: bool = False


def engine(flag: str = "") -> EngineFacts:
    """Ask the engine that `labs up` would use; it is left as it is."""
    try:
        where = endpoint.resolve(flag)
    except Problem as problem:
        return _misdirected(problem)
    try:
        found = engines.connect(where, answer_s=ASK_S)
    except Problem as problem:
        return EngineFacts(
            where.url,
            where.source,
            trouble_in(problem.seen),
            problem.seen,
            problem.fix,
            lacks_sys_resource=engines.lacks_sys_resource(where),
            elsewhere=elsewhere(where, {}),
        )
    info = found.client.info()
    version = found.client.version()
    away = elsewhere(where, info)
    named = {part["Name"]: str(part["Version"]) for part in version.get("Components") or ()}
    return EngineFacts(
        where.url,
        where.source,
        server=found.version,
        api=str(version.get("ApiVersion", "")),
        parts=tuple(f"{name} {named[name]}" for name in ("containerd", "runc") if named.get(name)),
        cgroup=found.cgroup,
        rootless="name=rootless" in (info.get("SecurityOptions") or ()),
        memory=int(info.get("MemTotal", 0)),
        root_dir=Path(info.get("DockerRootDir") or "/var/lib/docker"),
        lacks_sys_resource=not away and engines.lacks_sys_resource(where),
        elsewhere=away,
    )


def silent(flag: str) -> EngineFacts:
    """What is left to say of an engine whose answer nobody waits for any longer."""
    try:
        where = endpoint.resolve(flag)
    except Problem as problem:
        return _misdirected(problem)
    return EngineFacts(where.url, where.source, "silent", elsewhere=elsewhere(where, {}))


def _misdirected(problem: Problem) -> EngineFacts:
    return EngineFacts(trouble="context", seen=f"{problem.tried}: {problem.seen}", fix=problem.fix)


def trouble_in(seen: str) -> Trouble:
    if "permission denied" in seen:
        return "denied"
    return "silent" if "did not answer" in seen else "nobody"


def elsewhere(where: Endpoint, info: Mapping[str, Any], ours: str = "") -> str:
    ours = ours or os.uname().release
    kernel = str(info.get("KernelVersion") or ours)
    if not where.local:
        return f"the engine is at {where.url}, maybe another host"
    if sys.platform != "linux" or str(info.get("OperatingSystem", "")).startswith("Docker Desktop"):
        return "the engine runs in a virtual machine"
    return "" if kernel == ours else f"the engine runs on another kernel, {kernel}"


def images(flag: str) -> Images:
    name, _, digest = PUBLISHED_NODE_IMAGES[KIND].partition("@")
    client = endpoint.resolve(flag).client(timeout_s=ASK_S)
    try:
        found: list[dict[str, Any]] = client.api.images()
    finally:
        client.close()
    names = {name for i in found for key in ("RepoTags", "RepoDigests") for name in i.get(key) or ()}
    return Images(node_build.Inputs.here().tag in names, f"{name.rpartition(':')[0]}@{digest}" in names)


def registry(flag: str) -> str:
    """Why the published node image cannot be had, asked through the engine; empty if it can."""
    from docker.errors import DockerException

    client = endpoint.resolve(flag).client(timeout_s=ASK_S)
    try:
        client.api.inspect_distribution(PUBLISHED_NODE_IMAGES[KIND])  # type: ignore[no-untyped-call]
    except DockerException as error:
        return " ".join(str(getattr(error, "explanation", None) or error).split())[:160]
    except Exception as error:
        late = "imed out" in str(error) or "Timeout" in type(error).__name__
        return f"it did not answer in {ASK_S} s" if late else type(error).__name__
    finally:
        client.close()
    return ""


def host() -> Host:
    return Host(
        _user(),
        debian=debian.like_debian(),
        dockerd=shutil.which("dockerd") is not None,
        docker=shutil.which("docker") or "",
        mmdebstrap=shutil.which("mmdebstrap") is not None,
        may_install=os.environ.get("LABS_INSTALL") != "never",
        node_image=os.environ.get("LABS_NODE_IMAGE") or "auto",
        python=tuple(sys.version_info[:3]),
    )


def _user() -> User:
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # containers run under numbers that have no name
        name = str(os.geteuid())
    try:
        group = grp.getgrnam("docker")
    except KeyError:
        return User(name, os.geteuid() == 0, in_docker_group=False, listed=False)
    return User(name, os.geteuid() == 0, group.gr_gid in os.getgroups(), name in group.gr_mem)


def kernel(root: Path = Path("/")) -> Kernel:
    release, limits = os.uname().release, root / "proc/sys/fs/inotify"
    return Kernel(
        release,
        ipvs(root, release),
        _number(limits / "max_user_watches"),
        _number(limits / "max_user_instances"),
        _number(root / "proc/meminfo") * 1024,
        "2" if (root / "sys/fs/cgroup/cgroup.controllers").exists() else "1",
    )


def ipvs(root: Path, release: str) -> Literal["loaded", "module", "missing", "unlisted"]:
    if (root / "proc/net/ip_vs").exists():
        return "loaded"
    modules = root / "lib/modules" / release
    lists = [file for file in (modules / "modules.builtin", modules / "modules.dep") if file.exists()]
    if any("/ip_vs.ko" in file.read_text() for file in lists):
        return "module"
    return "missing" if lists else "unlisted"


def lacking() -> frozenset[str]:
    """What arms may need and this host cannot give them."""
    return frozenset({"IPVS"} if kernel().ipvs in ("missing", "unlisted") else ())


def _number(file: Path) -> int:
    """The first number in a file of the kernel's (MemTotal comes first in meminfo); 0 when there is none."""
    try:
        return next((int(word) for word in file.read_text().split() if word.isdigit()), 0)
    except OSError:
        return 0


def place(path: Path) -> Place:
    """How much room there is where this folder is or would be made."""
    there = next(p for p in (path, *path.parents) if p.exists())
    return Place(path, shutil.disk_usage(there).free / 1e9)


def cache() -> Place:
    try:
        return place(places.cache())
    except OSError as error:
        return Place(Path(error.filename or "~/.cache"), 0.0, f"{error.strerror}")


def loopback() -> Loopback:
    found = {str(row[4][0]) for row in socket.getaddrinfo("localhost", None, socket.AF_INET)}
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=1).close()
    except OSError as error:
        return Loopback(str(error), tuple(sorted(found)))
    return Loopback("", tuple(sorted(found)))


def mirror() -> MirrorFacts:
    """What debian.mirror() would answer, without the `apt-get update` that it may do on the way."""
    if os.environ.get("LABS_DEBIAN_MIRROR"):
        return MirrorFacts(debian.mirror().archive, "LABS_DEBIAN_MIRROR")
    if shutil.which("apt-get") is None:
        return MirrorFacts(missing="this host has no apt")
    archives = [uri for label, uri in debian.indexed() if label == "Debian"]
    if archives:
        return MirrorFacts(archives[0], "apt's configuration")
    if os.geteuid() == 0 and not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        return MirrorFacts(source="apt, once `labs up` has fetched its lists")
    return MirrorFacts(missing="apt knows no repository with Origin: Debian")


def kind() -> Literal["PATH", "cache", ""]:
    if tools.kind_fits():
        return "PATH"
    return "cache" if tools.kind_built().exists() else ""


def go() -> Literal["PATH", "cache", ""]:
    if tools.version_in(tools.asked("go", "version")) >= tools.go_needed():
        return "PATH"
    return "cache" if any(places.cache().glob("go-*/complete")) else ""


def kubectl() -> Literal["fits", "misfit", ""]:
    if tools.kubectl_fits():
        return "fits"
    return "misfit" if shutil.which("kubectl") else ""
