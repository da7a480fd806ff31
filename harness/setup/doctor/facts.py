"""What there is to know about this host: facts alone, nothing is changed."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.model.errors import Problem
from harness.setup import debian, tools
from harness.setup import paths as places


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
    """What `labs up` will find, without the `apt-get update` that it may do for it."""
    if debian.may_learn():
        return MirrorFacts(source="apt, once `labs up` has fetched its lists")
    try:
        found = debian.known()
    except Problem as problem:
        return MirrorFacts(missing=problem.seen)
    return MirrorFacts(found.archive, found.source)


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
