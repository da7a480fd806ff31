"""A copy in memory: what the platform knows of it, and the process in it that answers, hangs, drains or ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from harness.model.entries import Copy as Line
from tests.support.fake.files import Container
from tests.support.fake.work import Work

ACTS = ("/crash", "/exit0", "/hang", "/ready", "/unready")
FILES = dict[str, str]
"""By name, what is in each: so many bytes, and their checksum."""

SLEEPS_S = 0.001
"""Of a processor, for a request that then sleeps."""


@dataclass(eq=False)
class Process:
    instance: str
    container: Container
    listens_s: float
    """From that moment on it can be asked."""

    ready_s: float
    disk: FILES
    hung: bool = False
    draining: bool = False
    says: str = ""
    """As which version, where that is not its own."""

    work: Work = field(init=False)

    def __post_init__(self) -> None:
        self.work = Work(self.container.cpus)

    def deaf(self, now_s: float) -> str:
        """Why it does not take a connection; empty where it does."""
        if self.hung:
            return "timeout"
        return "refused" if now_s < self.listens_s else ""

    def takes_s(self, path: str, now_s: float) -> float:
        """From a request until its answer; what it asks for is worked on also where nobody waits for it any more."""
        cpu_s, slept_s = costs(path)
        done_s = self.work.take(now_s, cpu_s) if cpu_s else 0.0
        return float(self.container.variable("REQUEST_S", "0")) + 0.002 + done_s + slept_s

    def answer(self, method: str, path: str, now_s: float) -> tuple[int, str]:
        """Status, and what it read or wrote; what it is told to become is done by whoever asked."""
        at = urlsplit(path)
        ready = now_s >= self.ready_s
        match at.path:
            case "/data":
                return 200, self._data(method, dict(parse_qsl(at.query)))
            case "/readyz":
                version = self.says or self.container.variable("VERSION", "1")
                return (200 if ready and not self.draining else 503), version
            case "/" | "/sleep" | "/burn":
                return (200 if ready else 503), ""
            case "/healthz" | "/env" | "/log":
                return 200, ""
        return (200 if at.path in ACTS else 404), ""

    def _data(self, method: str, asked: dict[str, str]) -> str:
        name = asked["name"]
        if method == "POST":
            digest = hashlib.sha256(f"{name} {asked['bytes']}".encode()).hexdigest()
            self.disk[name] = f"{asked['bytes']}:{digest}"
        return self.disk.get(name, "none")


@dataclass(eq=False)
class Copy:
    name: str
    thing: str
    container: Container
    owner: str = ""
    """The Deployment, service or the like that it is one of."""

    node: str = ""
    address: str = ""
    aliases: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    network: str = ""
    within: str = ""
    """The thing whose network it is in: its Pod, or another container."""

    kind: str = ""
    state: str = "created"
    code: int = -1
    no: str = ""
    starts: int = 0
    incarnation: str = ""
    process: Process | None = None
    ready: bool = False
    routed: bool = False
    """Whether it gets its part of what is asked of all of them."""

    terminating: bool = False
    stopped: bool = False
    """By a person's will, so that no policy starts it again."""

    begun_s: float = 0.0
    pauses: int = 0
    """Restarts since it last ran for long."""

    failing: int = 0
    unhealthy: int = 0
    slot: int = 0
    layer: FILES = field(default_factory=dict)

    def told(self, what: str, text: str = "") -> tuple[str, str]:
        """What happened to its container, as its platform tells it."""
        if self.kind != "Pod":
            return what, text
        if what == "destroyed":
            return "deleted", ""
        return "container web", f"{'running' if what == 'started' else 'terminated'} {self.incarnation}"

    @property
    def word(self) -> str:
        """Its state, as its platform calls it."""
        if self.kind != "Pod":
            return self.state
        ended = "Error" if self.code else "Completed"
        return {"running": "Running", "exited": ended, "created": "ContainerCreating"}.get(self.state, self.state)

    def line(self, *, known: bool, lost: bool) -> Line:
        """As a look shows it. `known`: its host can be asked; `lost`: the platform thinks that its node is."""
        up = self.process is not None
        return Line(
            name=self.name, thing=self.thing, id=self.incarnation,
            ready=up and self.ready and known and not lost and not self.terminating,
            state=self.word if known else "unknown", code=-1 if up or not self.starts else self.code, no=self.no,
            where=self.node, address=self.address if up or self.kind == "Pod" else "",
            version=self.container.variable("VERSION"),
        )  # fmt: skip


@cache
def costs(path: str) -> tuple[float, float]:
    """Seconds of a processor, and seconds of sleep, that a request takes by what it says."""
    at = urlsplit(path)
    asked_s = float(dict(parse_qsl(at.query)).get("ms", "0")) / 1000
    return {"/burn": (asked_s, 0.0), "/sleep": (SLEEPS_S, asked_s)}.get(at.path, (0.0, 0.0))


def digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
