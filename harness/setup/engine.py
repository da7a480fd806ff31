"""A Docker engine that answers, or why one does not; and what its host lets it do."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.model.project import NAME

if TYPE_CHECKING:
    from docker import DockerClient

    from harness.setup.endpoint import Endpoint

ANSWER_S = 10
SILENT_S = 900
"""Pulls and builds are silent for minutes."""

PROMPT_S = 30
"""Longer than any request of a trial takes: an engine that takes requests and answers none must not hold a run."""

OLDEST = 23
"""From this version on --privileged means every capability that the host has; before, every one there is."""

SYS_RESOURCE = 24
PIDFILE = Path("/var/run/docker.pid")


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answered."""

    endpoint: Endpoint
    client: DockerClient
    version: str
    cgroup: str

    @property
    def environment(self) -> dict[str, str]:
        return self.endpoint.environment(os.environ)


def connect(where: Endpoint, *, answer_s: int = ANSWER_S, silent_s: int = SILENT_S) -> Engine:
    """Talk to the engine; a Problem says why that cannot be done. What is asked later may take `silent_s`."""
    from docker.errors import DockerException

    tried = f"Talking to the Docker engine at {where.url} ({where.source})"
    try:
        _knock(where, answer_s)
        with contextlib.closing(where.client(timeout_s=answer_s)) as asked:
            info = asked.info()
        client = where.client(timeout_s=silent_s)
    except DockerException as error:
        raise _why(tried, where, str(error), answer_s) from error
    except Exception as error:  # requests and urllib3 let their own through
        raise _why(tried, where, f"{type(error).__name__}: {error}", answer_s) from error
    return Engine(where, client, str(info.get("ServerVersion", "")), str(info.get("CgroupVersion", "")))


def _knock(where: Endpoint, answer_s: int) -> None:
    """The SDK drops a socket unclosed where nobody takes the connection; this looks first, and closes."""
    if where.local:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(answer_s)
            door.connect(where.url.removeprefix("unix://"))


def _why(tried: str, where: Endpoint, seen: str, answer_s: int) -> Problem:
    if "Permission denied" in seen or "PermissionError" in seen:
        return Problem(tried, "permission denied", "sudo usermod -aG docker $USER, then log in anew")
    if "timed out" in seen or "Timeout" in seen:
        curl = f"curl -m 5 --unix-socket {where.url.removeprefix('unix://')} http://localhost/_ping"
        fix = curl if where.local else f"docker -H {where.url} info"
        return Problem(tried, f"it took the connection and did not answer within {answer_s} s", fix)
    return Problem(tried, "nobody answers there", "sudo systemctl start docker, or see `labs doctor`")


def lacks_sys_resource(where: Endpoint) -> bool:
    """Whether the engine's own processes lack CAP_SYS_RESOURCE; looked up at the daemon where it can be seen."""
    if not where.local or not Path("/proc/self/status").exists():
        return False
    for status in _daemon_status(), Path("/proc/self/status"):
        try:
            line = next(row for row in status.read_text().splitlines() if row.startswith("CapBnd:"))
        except (OSError, StopIteration):
            continue
        return not int(line.split()[1], 16) >> SYS_RESOURCE & 1
    return False


def _daemon_status() -> Path:
    try:
        return Path(f"/proc/{int(PIDFILE.read_text())}/status")
    except (OSError, ValueError):
        return Path("/proc/none/status")


def check_privileged(engine: Engine) -> None:
    """Start an empty image with --privileged: it must fail at the missing program, not at the privileges before."""
    from docker.errors import APIError

    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    api = engine.client.api
    image = json.loads(str(api.import_image_from_data(empty.getvalue(), changes=[f"LABEL {NAME}=check"])))["status"]
    container = api.create_container(
        image, ["/none"], labels={NAME: "check"}, host_config=api.create_host_config(privileged=True)
    )
    try:
        api.start(container)
    except APIError as error:
        seen = str(error.explanation or error)
        if "no such file or directory" in seen or "not found" in seen:
            return
        why = f"{seen} (engine {engine.version or '?'}"
        why += "; engines before 23 ask for capabilities that this host lacks)" if "caps" in seen else ")"
        raise Problem(
            "Starting a container with --privileged, as kind's nodes need",
            why,
            "a newer engine, or one that is not rootless",
        ) from error
    finally:
        api.remove_container(container, force=True)
        api.remove_image(image, force=True)
