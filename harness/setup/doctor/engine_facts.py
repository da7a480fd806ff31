"""What an engine says of itself and of what it has, asked briefly; it is left as it is."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.model.errors import Problem
from harness.setup import endpoint
from harness.setup import engine as engines
from harness.setup.images import node_image, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.setup.endpoint import Endpoint
    from harness.setup.images.route import Images

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
    with contextlib.closing(endpoint.resolve(flag).client(timeout_s=ASK_S)) as client:
        return node_image.there(client)


def registry(flag: str) -> str:
    """Why the published node image cannot be had, asked through the engine; empty if it can."""
    return node_image.registry_silence(endpoint.resolve(flag), route.published(), within_s=ASK_S)
