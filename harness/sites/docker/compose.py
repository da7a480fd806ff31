"""Compose projects: a lab's files as they are, and beside them one of ours that adds labels and nothing else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.lab.arm import Arm
from harness.lab.open_site import Scope
from harness.model.errors import Problem
from harness.setup import commands, tools
from harness.sites.typed import telling

READ_S = 60.0
SCRATCH = "LABS_SCRATCH"
"""In a Compose file: a folder of the host's that is the trial's own."""

PORT = "LABS_PORT"
"""In a Compose file: a port of this machine's that nobody else has."""

OWN_IMAGES = "dk-labs/"
"""How images that are made here are called. A registry that has one of that name has somebody else's."""

VALUED = {
    "--ansi", "--env-file", "--file", "-f", "--parallel", "--profile", "--progress", "--project-directory",
    "--project-name", "-p",
}  # fmt: skip
"""Compose's own flags that take a value, before the word that says what to do."""

SERVICE = "com.docker.compose.service"
APPLIES = ("up", "create")
Config = Mapping[str, Any]


class Compose:
    """Compose on one engine, and what it makes of files."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._own = {name: value for name, value in environment.items() if not name.startswith("COMPOSE_")}
        self._read: dict[tuple[tuple[str, int], ...], Config] = {}

    @cached_property
    def program(self) -> list[str]:
        """Looked up once: it means running a program."""
        return tools.compose()

    def environment(self, project: str, files: Sequence[Path], scratch: Path | None, port: int = 0) -> dict[str, str]:
        """In which Compose, typed as a person would, speaks of this project."""
        given = {"COMPOSE_PROJECT_NAME": project, "COMPOSE_ANSI": "never"}
        given |= {PORT: str(port)} if port else {}
        given |= {"COMPOSE_FILE": os.pathsep.join(map(str, files))} if files else {}
        given |= {SCRATCH: str(scratch.resolve())} if scratch else {}
        return self._own | given

    def config(self, files: Sequence[Path]) -> Config:
        """The files as Compose itself reads them, all together; a Problem names them and the place."""
        key = tuple((str(file), file.stat().st_mtime_ns if file.exists() else 0) for file in files)
        if key not in self._read:
            self._read[key] = self._config(files)
        return self._read[key]

    def _config(self, files: Sequence[Path]) -> Config:
        names = ", ".join(f"{file.parent.name}/{file.name}" for file in files)
        argv = [
            *self.program,
            *(word for file in files for word in ("--file", str(file))),
            "config",
            "--format",
            "json",
        ]
        try:
            done = subprocess.run(
                argv, capture_output=True, text=True, errors="replace", check=False, timeout=READ_S,
                stdin=subprocess.DEVNULL, env=self.environment("labs", (), Path()), start_new_session=True,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Problem(f"Reading {names}", str(error), "docker compose version") from error
        if done.returncode:
            raise Problem(f"Reading {names}", "\n".join(telling(done.stderr)[-commands.TAIL :]), "mend that file")
        found: Config = json.loads(done.stdout)
        return found

    def check(self, arm: Arm, folder: Path) -> None:
        for version in ("", *arm.versions):
            names = (arm.version(version) if version else arm).names
            if missing := next((n for n in names if not (folder / n).is_file()), ""):
                raise Problem(
                    f"Reading the files of {arm.name}", f"there is no {folder.name}/{missing}", "its right name"
                )
            if files := [folder / name for name in names if not name.endswith(".sh")]:
                self.config(files)


class Project:
    """One trial's, or a learner's."""

    def __init__(self, compose: Compose, scope: Scope, labels: Mapping[str, str]) -> None:
        """`labels` go onto all that it makes; none: it is somebody else's."""
        self._compose, self._scope, self._labels = compose, scope, labels
        self._files = tuple(scope.manifests / name for name in scope.arm.names if not name.endswith(".sh"))
        self.applied = () if labels else self._files
        """What its containers were made of."""

        self.scratch = scope.folder / scope.trial / "scratch"
        self._beside = scope.folder / f"{scope.trial}-labels.yaml"

    @property
    def program(self) -> list[str]:
        return self._compose.program

    @property
    def environment(self) -> dict[str, str]:
        scratch = self.scratch if self._labels else None
        beside = [self._beside] if self._files and self._labels and self._beside.exists() else []
        port = self._port if self._labels and self._reads_port() else 0
        return self._compose.environment(self._scope.name, [*self._files, *beside], scratch, port)

    @cached_property
    def _port(self) -> int:
        return free_port()

    def _reads_port(self) -> bool:
        return any(PORT in file.read_text() for file in self._files if file.exists())

    def argv(self, words: Sequence[str]) -> list[str]:
        """For `docker compose` and these words: where it names files, ours stands behind them."""
        flags, rest = split(words)
        typed = files_in(flags)
        files = tuple(self._scope.manifests / name for name in typed) or self._files
        ours = self._take(files, applied=rest[:1] and rest[0] in APPLIES)
        return [*self._compose.program, *flags, *(ours if typed else []), *rest]

    def files(self, words: Sequence[str]) -> tuple[str, ...]:
        """Those that are applied."""
        flags, rest = split(words)
        return tuple(files_in(flags)) if rest[:1] and rest[0] in APPLIES else ()

    def _take(self, files: tuple[Path, ...], *, applied: object) -> list[str]:
        """From now on these are the project's. Where Compose can't read them, it says so itself when it is typed."""
        try:
            config = self._compose.config(files) if files else {}
        except Problem:
            return []
        self._files = files
        self.applied = files if applied else self.applied
        if not (config and self._labels):
            return []
        self._beside.parent.mkdir(parents=True, exist_ok=True)
        self._beside.write_text(json.dumps(with_labels(config, self._labels)))
        return ["--file", str(self._beside)]

    def altered(self, inspected: Sequence[Mapping[str, Any]]) -> str:
        """Where a container is not as its files say."""
        services = self._compose.config(self.applied)["services"] if self.applied else {}
        for one in inspected:
            service = services.get(one["Config"]["Labels"].get(SERVICE, ""))
            if service and (found := difference(service, one)):
                return f"{one['Name'].lstrip('/').removeprefix(f'{self._scope.name}-')}: {found}"
        return ""


_taken: set[int] = set()


def free_port() -> int:
    """One of this machine's that nobody has, and that nobody else in this process was given."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as there:
            port = int(there.getsockname()[1])
        if port not in _taken:
            _taken.add(port)
            return port


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Compose's own flags, and the rest, which begins with the word that says what to do."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in VALUED else 1
    return list(words[:at]), list(words[at:])


def files_in(flags: Sequence[str]) -> list[str]:
    """What stands behind --file."""
    spaced = [value for flag, value in pairwise(flags) if flag in ("--file", "-f")]
    return [*spaced, *(flag.partition("=")[2] for flag in flags if flag.startswith("--file="))]


def with_labels(config: Config, labels: Mapping[str, str]) -> dict[str, Any]:
    """What is added to the files: labels on all that they make; and nobody looks for our own images elsewhere."""
    added: dict[str, Any] = {"services": {}}
    for name, service in config["services"].items():
        ours = str(service.get("image", "")).startswith(OWN_IMAGES) and "build" not in service
        added["services"][name] = {"labels": dict(labels)} | ({"pull_policy": "never"} if ours else {})
    for kind in ("networks", "volumes"):
        own = [name for name, one in (config.get(kind) or {}).items() if not (one or {}).get("external")]
        added |= {kind: {name: {"labels": dict(labels)} for name in own}} if own else {}
    return added


def difference(service: Mapping[str, Any], inspected: Mapping[str, Any]) -> str:
    """What of image, restart policy, limit, health check and labels the file does not say so."""
    config, host = inspected["Config"], inspected["HostConfig"]
    pairs = {
        "image": (service.get("image", config["Image"]), config["Image"]),
        "restart policy": (_policy(str(service.get("restart") or "no")), _policy(_said(host["RestartPolicy"]))),
        "limit of processors": (float(service.get("cpus") or 0), host.get("NanoCpus", 0) / 1e9),
        "health check": (_test(service.get("healthcheck")), _test(_lower(config.get("Healthcheck")))),
    }  # fmt: skip
    limits = (service.get("deploy") or {}).get("resources", {}).get("limits", {})
    skipped = {"limit of processors"} if limits else set()
    skipped |= {"restart policy"} if (service.get("deploy") or {}).get("restart_policy") else set()
    skipped |= {"health check"} if not str(config["Image"]).startswith(OWN_IMAGES) else set()
    pairs |= {f"label {k}": (v, config["Labels"].get(k)) for k, v in (service.get("labels") or {}).items()}
    for what, (wanted, made) in pairs.items():
        if what not in skipped and wanted != made:
            return f"its {what} is {made or 'none'}, the file says {wanted or 'none'}"
    return ""


def _said(policy: Mapping[str, Any]) -> str:
    most = policy.get("MaximumRetryCount") or 0
    return f"{policy.get('Name') or 'no'}:{most}"


def _policy(text: str) -> str:
    name, _, most = text.partition(":")
    return f"{name}:{most}" if most.strip("0") else name


def _lower(check: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name.lower(): value for name, value in (check or {}).items()}


def _test(check: Mapping[str, Any] | None) -> str:
    """As the engine keeps it; Compose writes a dollar sign twice."""
    if not check:
        return ""
    test = check.get("test") or ()
    words = ["CMD-SHELL", test] if isinstance(test, str) else ["NONE"] if check.get("disable") else test
    return " ".join(map(str, words)).replace("$$", "$")
