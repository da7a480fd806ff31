"""Makes images on an engine: Debian roots, Dockerfiles; knows what a host must have for it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup import commands, debian, removal
from harness.setup import paths as places
from harness.setup.images import rootfs

if TYPE_CHECKING:
    from harness.setup.engine import Engine
    from harness.setup.steps import Doing

SUITE = "bookworm"
"""Debian 12: its systemd runs on cgroup v1 and v2 alike; the one of Debian 13 no longer runs on v1."""

DISK_GB = 9
AS_ROOT = "sudo -E labs up, or labs up --node-image REF"


def digest(*parts: Path | str) -> str:
    """A short hash over texts, files and folders (names, contents and whether they can be run)."""
    total = hashlib.sha256()
    for part in parts:
        paths = (
            [part] if isinstance(part, str) or part.is_file() else sorted(p for p in part.rglob("*") if p.is_file())
        )
        for path in paths:
            if isinstance(path, str):
                total.update(path.encode())
            else:
                total.update(f"{path.name} {os.access(path, os.X_OK)} ".encode() + path.read_bytes())
            total.update(b"\0")
    return total.hexdigest()[:12]


def check_disk(engine: Engine) -> None:
    for place in {places.cache(), Path(engine.client.info().get("DockerRootDir", "/"))}:
        if place.exists() and (free := shutil.disk_usage(place).free / 1e9) < DISK_GB:
            raise Problem(
                "Building the node image",
                f"{place} has {free:.1f} GB free, {DISK_GB} GB are needed",
                "docker system df, labs clean --images, or XDG_CACHE_HOME on a larger disk",
            )


@dataclass(frozen=True, slots=True)
class Means:
    """What this host has to make a Debian root file system with."""

    root: bool
    mmdebstrap: bool
    """It is installed, or may be when it is needed."""

    no_mirror: str = ""
    """Why there is no mirror of Debian's; empty where there is one, or where apt has still to fetch its lists."""

    @staticmethod
    def here() -> Means:
        may_install = debian.like_debian() and os.environ.get("LABS_INSTALL") != "never"
        return Means(os.geteuid() == 0, shutil.which("mmdebstrap") is not None or may_install, debian.missing())

    def lacking(self, as_root: str = AS_ROOT) -> tuple[str, str]:
        """What is missing, and what to type; two empty texts where nothing is."""
        if not self.root:
            return "making a Debian root file system needs root", as_root
        if not self.mmdebstrap:
            return "this host has no mmdebstrap", "sudo apt-get install mmdebstrap, or your system's package"
        return (f"no Debian mirror: {self.no_mirror}", debian.GIVE_MIRROR) if self.no_mirror else ("", "")


def check_root(what: str = "Building the node image", as_root: str = AS_ROOT) -> None:
    """Have what makes a root file system, or say how to get it, before minutes are spent on anything else."""
    seen, fix = Means.here().lacking(as_root)
    if seen:
        raise Problem(what, seen, fix)
    debian.mirror()
    if shutil.which("mmdebstrap") is None:
        debian.update()
        debian.install(["mmdebstrap", "gpgv", "debian-archive-keyring"])


def import_root(
    engine: Engine,
    tag: str,
    packages: tuple[str, ...],
    newer: tuple[str, ...],
    doing: Doing,
    log: Path,
) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-") as folder:
        tar = Path(folder) / "root.tar"
        doing.tell(f"mmdebstrap {SUITE}")
        rootfs.make_root(tar, suite=SUITE, packages=packages, newer=newer, log=log)
        doing.tell("importing it into the engine")
        name, _, version = tag.partition(":")
        engine.client.api.import_image_from_file(
            str(tar), repository=name, tag=version, changes=[f"LABEL {NAME}=base"]
        )


def build_image(
    engine: Engine,
    folder: Path,
    *,
    tag: str,
    args: dict[str, str],
    log: Path,
    target: str = "",
    role: str = "image",
) -> None:
    """Build with the engine's own builder: every engine has it, and it sees images that only this engine has."""
    from docker.errors import BuildError

    options: dict[str, Any] = {"path": str(folder), "tag": tag, "buildargs": args, "target": target or None}
    lines: Any = ()
    try:
        _, lines = engine.client.images.build(**options, rm=True, forcerm=True, labels={NAME: role})
    except BuildError as error:
        lines = error.build_log
        raise commands.CommandFailed(("docker build",), f"failed: {error.msg}", str(error.msg), log) from error
    finally:
        with log.open("a") as file:
            file.writelines(str(line.get("stream", "")) for line in lines)


def forget_broken_off(engine: Engine, name: str) -> None:
    """The container of a build that was killed; who calls holds the lock, so nobody is at work in it."""
    filters: dict[str, Any] = {"name": f"^/{name}$", "label": f"{NAME}=build"}
    removal.remove(engine.client.containers.list(all=True, ignore_removed=True, filters=filters))


def forget(engine: Engine, tag: str) -> None:
    from docker.errors import APIError

    try:
        engine.client.images.remove(tag, force=True)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise
