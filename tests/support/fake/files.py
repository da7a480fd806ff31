"""What files say, as far as the platform in memory understands them: containers, and who owns how many of them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from harness.lab.arm import IMAGE, PORT
from tests.support.fake.scripts import Script, read


class Unreadable(Exception):
    """A platform's answer to a file that it does not take: file, place, and what is wrong there."""


@dataclass(frozen=True)
class Probe:
    path: str = "/readyz"
    period_s: float = 10.0
    timeout_s: float = 1.0
    failures: int = 3
    delay_s: float = 0.0


@dataclass(frozen=True)
class Mount:
    source: str
    """A volume's name, a folder of the host's that begins with `/` or `.`; empty: a volume without a name."""

    target: str = "/data"


@dataclass(frozen=True)
class Container:
    """All of what is to run that makes it a version of its own."""

    image: str = IMAGE
    env: tuple[tuple[str, str], ...] = ()
    entry: tuple[str, ...] = ()
    """What takes the place of the image's program."""

    arguments: tuple[str, ...] = ()
    restart: str = "no"
    pull: str = "IfNotPresent"
    readiness: Probe | None = None
    liveness: Probe | None = None
    health: Probe | None = None
    """A Docker HEALTHCHECK."""

    pre_stop_s: float = 0.0
    grace_s: float = 30.0
    mounts: tuple[Mount, ...] = ()
    published: tuple[int, ...] = ()
    """Ports of the host's; 0: whichever is free."""

    beside: str = ""
    """What it is, where it is no copy of the application."""

    passes_on: str = ""
    """The name to whose copies a proxy takes each connection."""

    steps: tuple[tuple[str, str], ...] = ()
    """Init steps of its Pod, in order: name and script."""

    sides: tuple[tuple[str, str], ...] = ()
    """Other containers of its Pod, which are scripts."""

    post_start: str = ""
    pre_stop: str = ""
    """Hooks that are scripts."""

    cpus: float = 0.0
    """Processors that it may use; 0: all that there are."""

    requested: float = 0.0
    """Those that a Pod asks to have set aside."""

    others: tuple[Container, ...] = ()
    """Those beside it in its Pod."""

    def variable(self, name: str, otherwise: str = "") -> str:
        return dict(self.env).get(name, otherwise)

    @property
    def seconds_to_live(self) -> float | None:
        """After how long it ends by itself; None: it serves."""
        return ending(self)[0]

    @property
    def code(self) -> int:
        return ending(self)[1]

    @property
    def script(self) -> Script | None:
        """What it runs instead of the application, where that is a script."""
        words = (*self.entry, *self.arguments)
        return read(words[2]) if words[:2] == ("sh", "-c") else None


@dataclass(frozen=True)
class Update:
    """How Swarm brings a later version."""

    parallelism: int = 1
    delay_s: float = 0.0
    failure: str = "pause"
    monitor_s: float = 5.0
    start_first: bool = False


@dataclass(frozen=True)
class Workload:
    kind: str
    """Pod, Deployment, ReplicaSet, StatefulSet or DaemonSet; or service, of Compose or of a Swarm."""

    name: str
    container: Container
    n: int = 1
    labels: tuple[tuple[str, str], ...] = ()
    node: str = ""
    """Where alone it may run."""

    parallel: bool = False
    surge: str | int = "25%"
    unavailable: str | int = "25%"
    recreate: bool = False
    deadline_s: float = 600.0
    history: int = 10
    toleration_s: float = 300.0
    update: Update = field(default_factory=Update)
    restart_s: float = 5.0
    """Swarm's pause before another task."""

    aliases: tuple[str, ...] = ()
    network: str = ""
    """`bridge`, where it is not in its project's own."""

    after: tuple[str, ...] = ()
    """The services that have to have ended well before it begins."""

    virtual: bool = True
    """Whether a Swarm's name stands for one address; else for those of all tasks."""

    runtime: str = ""

    def limits(self) -> tuple[int, int]:
        """By how many there may be more, and by how many fewer may serve, while a version comes."""

        def of(written: str | int, *, up: bool) -> int:
            if isinstance(written, int):
                return written
            part = self.n * float(written.rstrip("%")) / 100
            return math.ceil(part) if up else math.floor(part)

        surge, unavailable = of(self.surge, up=True), of(self.unavailable, up=False)
        return surge, unavailable or (0 if surge else 1)

    def restart_is_none(self, code: int) -> bool:
        """Whether a Swarm leaves a task that ended so as it is."""
        how = self.container.restart
        return how == "none" or (how == "on-failure" and code == 0)


@dataclass(frozen=True)
class Service:
    name: str
    selector: tuple[tuple[str, str], ...]
    port: int = PORT
    node_port: bool = False
    headless: bool = False


@dataclass(frozen=True)
class Autoscaler:
    """A HorizontalPodAutoscaler that goes by processor time."""

    name: str
    of_kind: str
    of_name: str
    least: int = 1
    most: int = 1
    percent: float = 80.0
    """Of what its Pods request."""

    stays_s: float = 300.0
    """There are fewer when for so long nothing has spoken for more."""

    kind: str = "HorizontalPodAutoscaler"


@dataclass(frozen=True)
class Other:
    """An object that changes nothing here."""

    kind: str
    name: str


Object = Workload | Service | Autoscaler | Other


def ending(c: Container) -> tuple[float | None, int]:
    """When a program ends by itself, and with which code: what a file runs instead of the application is a script."""
    words = (*c.entry, *c.arguments)
    if not c.entry:
        if c.arguments and c.arguments[0] not in ("client", "agent"):
            return 0.05, 2
        port = c.variable("PORT", str(PORT))
        return (None, 0) if port.isdigit() else (0.05, 2)
    if (script := c.script) is not None:
        return script.lasts_s, script.code
    text = " ".join(words)
    slept = re.search(r"\bsleep (\d+(?:\.\d+)?|infinity)", text)
    after_s = None if slept and slept[1] == "infinity" else float(slept[1]) if slept else 0.05
    code = re.search(r"\bexit (\d+)", text)
    return after_s, int(code[1]) if code else 0 if words[0].endswith(("true", "sleep", "echo")) else 1


def documents(file: Path) -> list[dict[str, Any]]:
    try:
        return _parsed(file.read_text())
    except OSError as error:
        raise Unreadable(f'the path "{file.name}" does not exist') from error
    except yaml.YAMLError as error:
        raise Unreadable(f"error parsing {file.name}: {' '.join(str(error).split())}") from error


@cache
def _parsed(text: str) -> list[dict[str, Any]]:
    """Whoever reads it changes nothing of it."""
    return [d for d in yaml.safe_load_all(text) if d]


def filled(value: Any, environment: Mapping[str, str]) -> Any:
    """Compose puts variables into each text: ${NAME}, ${NAME:-otherwise}."""
    if isinstance(value, str):
        found = re.sub(
            r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)",
            lambda m: environment.get(m[1] or m[3], m[2] or ""),
            value.replace("$$", "\0"),
        )
        return found.replace("\0", "$")
    if isinstance(value, dict):
        return {k: filled(v, environment) for k, v in value.items()}
    return [filled(v, environment) for v in value] if isinstance(value, list) else value


def pairs(written: Any, sign: str = "=") -> tuple[tuple[str, str], ...]:
    """Of a mapping, or of a list of NAME=VALUE; a name alone is taken from the surroundings."""
    if isinstance(written, Mapping):
        items: Iterable[tuple[str, Any]] = written.items()
    else:
        items = [(name, value if eq else os.environ.get(name, "")) for name, eq, value in
                 (str(one).partition(sign) for one in written or ())]  # fmt: skip
    return tuple(sorted((str(name), "" if value is None else str(value)) for name, value in items))


def strings(written: Any) -> tuple[str, ...]:
    return tuple(written.split()) if isinstance(written, str) else tuple(str(w) for w in written or ())


def seconds(written: Any, otherwise: float) -> float:
    """As Compose writes a duration: 1m30s, 500ms, 5s."""
    if written is None:
        return otherwise
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    return sum(float(n) * units[unit] for n, unit in re.findall(r"([\d.]+)(ms|h|m|s)", str(written)))


def known(where: str, written: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in written:
        if name not in names and not str(name).startswith("x-"):
            raise Unreadable(f'{where}: unknown field "{name}"')
