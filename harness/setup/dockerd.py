"""An engine of our own: installed and started where none answers and we may; which one is ours to stop."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.waiting import Hopeless, TooLate, until
from harness.setup import commands, debian, endpoint, locks
from harness.setup import paths as places
from harness.setup.engine import OLDEST, PIDFILE, connect

if TYPE_CHECKING:
    from harness.setup.endpoint import Endpoint
    from harness.setup.engine import Engine
    from harness.setup.steps import Steps

START_S = 60.0
SYSTEMD = Path("/run/systemd/system")
PIDFILES = ((PIDFILE, "dockerd"), (Path("/var/run/docker/containerd/containerd.pid"), "containerd"))


def ready(steps: Steps, *, flag: str = "") -> Engine:
    """An engine to work with: the one that answers, else one that we install and start."""
    where = endpoint.resolve(flag)
    try:
        found = connect(where)
    except Problem as problem:
        if where.url != endpoint.DEFAULT_SOCKET or "nobody answers" not in problem.seen:
            raise
        found = own(where, problem, steps)
    return found


def own(where: Endpoint, problem: Problem, steps: Steps) -> Engine:
    """Installing and starting is offered where it can be done without guessing: Debian-like, and we are root."""
    installed = shutil.which("dockerd") is not None
    if os.geteuid() != 0 or not (installed or debian.like_debian()):
        fix = (
            "sudo systemctl start docker"
            if installed
            else "sudo apt-get install docker.io, or https://docs.docker.com/engine/install/"
        )
        raise Problem(
            problem.tried, "nobody answers there, and we are not root" if os.geteuid() else problem.seen, fix
        )
    if os.environ.get("LABS_INSTALL") == "never":
        raise Problem(
            problem.tried,
            "nobody answers there, and LABS_INSTALL=never",
            "systemctl start docker, or unset LABS_INSTALL",
        )
    with locks.only_one(
        places.state() / "locks" / "engine", what="the Docker engine", say=steps.say, within_s=900
    ) as waited:
        if waited:
            try:
                return connect(where)
            except Problem:
                pass  # who was first gave up; our turn
        log = places.state() / "logs" / "engine.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        if not installed:
            _install(steps, log)
        with steps.step("Docker engine started") as doing:
            engine = _await(where, log)
            doing.note = f"version {engine.version}"
    return engine


def _install(steps: Steps, log: Path) -> None:
    wanted = "docker.io, docker-cli, docker-compose and docker-buildx, from Debian's packages"
    if sys.stdin.isatty() and sys.stderr.isatty():
        if steps.console.input(f"No Docker engine here. Install {wanted}? [Y/n] ").strip().lower() not in (
            "",
            "y",
            "yes",
        ):
            raise Problem("Installing a Docker engine", "you said no", "apt-get install docker.io")
    else:
        steps.say(f"No Docker engine here: installing {wanted} (LABS_INSTALL=never forbids it)")
    with steps.step("Docker engine installed") as doing:
        try:
            debian.update(log=log)
            debian.install(_packages(log), log=log)
        except commands.CommandFailed as failed:
            raise Problem(
                "Installing a Docker engine with apt", f"{failed}\n{failed.tail}", f"less {log}"
            ) from failed
        doing.note = debian.candidate("docker.io")


def _packages(log: Path) -> list[str]:
    """Newer packages are named one by one with their suite, so that apt replaces those and nothing beneath them."""
    major = debian.candidate("docker.io").split(".")[0]
    if major.isdigit() and int(major) >= OLDEST:
        known = [
            p for p in ("docker-cli", "docker-compose-v2", "docker-compose", "docker-buildx") if debian.candidate(p)
        ]
        return ["docker.io", *[p for p in known if p != "docker-compose" or "docker-compose-v2" not in known]]
    debian.offer_next_suite()
    debian.update(log=log)
    return [f"{name}/{debian.NEXT_SUITE}" for name in ("docker.io", "docker-cli", "docker-compose", "docker-buildx")]


def _start(log: Path) -> subprocess.Popen[bytes] | None:
    """Start one; nothing to watch where systemd does it, or where one is on its way already."""
    if SYSTEMD.is_dir():
        try:
            commands.run(["systemctl", "start", "docker"], within_s=START_S, log=log)
        except commands.CommandFailed as failed:
            raise Problem(
                "Starting the Docker engine with systemctl", f"{failed}\n{failed.tail}", "journalctl -u docker"
            ) from failed
        return None
    if not forget_the_dead():
        return None
    with log.open("a") as out:
        daemon = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/"
        )
    record = {"pid": daemon.pid, "started": start_time(daemon.pid)}
    (places.state() / "engine.json").write_text(json.dumps(record))
    return daemon


def forget_the_dead() -> bool:
    """Whether no daemon is there any more; a new one takes any process with its predecessor's number for it."""
    alive = set()
    for file, program in PIDFILES:
        try:
            name, state = _name_and_state(int(file.read_text()))
        except (OSError, ValueError):
            name, state = "", ""
        if name == program and state != "Z":
            alive.add(program)
        else:
            file.unlink(missing_ok=True)
    return PIDFILES[0][1] not in alive


def _name_and_state(pid: int) -> tuple[str, str]:
    """A killed process keeps its name and number until its parent asked after it; the state tells (Z)."""
    name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
    return name, rest.split()[0]


def _await(where: Endpoint, log: Path) -> Engine:
    """The engine, once it answers; one that ended is told at once, one that was dying makes room for ours."""
    found: list[Engine] = []
    daemon = [_start(log)]

    def answers() -> str:
        try:
            found.append(connect(where, answer_s=5))
        except Problem as problem:
            if daemon[0] is None and not SYSTEMD.is_dir():
                daemon[0] = _start(log)
            elif daemon[0] and daemon[0].poll() is not None:
                raise Hopeless(f"it ended with code {daemon[0].returncode}") from problem
            return problem.seen
        return ""

    try:
        until("an answer", answers, Deadline.after(START_S))
    except (TooLate, Hopeless) as error:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-commands.TAIL :])
        raise Problem("Starting dockerd", f"{error}\n{tail}", f"less {log}") from error
    return found[0]


def started_by_us() -> int | None:
    """The pid of an engine that we started and that still runs; any other is not ours to stop."""
    try:
        record = json.loads((places.state() / "engine.json").read_text())
        pid = int(record["pid"])
        return pid if start_time(pid) == record["started"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def start_time(pid: int) -> str:
    """The kernel's start time of a process: pids are used again, this pair is not."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
