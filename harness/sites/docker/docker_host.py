"""A Docker host in a container as a site: an engine as the user's own is, which labs may break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.lab.arm import Arm
from harness.lab.open_site import ASK_S, Answer, Ask, No, Scope
from harness.model.clock import Deadline
from harness.model.entries import Copy
from harness.model.errors import Problem
from harness.model.waiting import TooLate, until
from harness.setup.engine import Engine
from harness.sites.client import Clients
from harness.sites.docker.compose import Compose
from harness.sites.docker.engine import EngineSite
from harness.sites.docker.hosts import Host, Hosts, unknown
from harness.sites.docker.presence import Presence

HEARD_S = 10.0
"""At most this long after its host runs again a stream of events is back."""


class DockerHostSite:
    """Everything is done by the engine in the host, whose name is h1."""

    def __init__(self, engine: Engine, run: str) -> None:
        self.name, self._run = "docker host", run
        self.hosts = Hosts(engine, run, self.name, 1, self._again)
        self._presence = Presence[DockerHostTrial](self.name, self.hosts, lambda trial: trial.inner.leave())
        self._inner: EngineSite | None = None

    @property
    def inner(self) -> EngineSite:
        """The engine in the host, as a site."""
        if self._inner is None:
            raise No(f"the site {self.name} is not open")
        return self._inner

    def open(self, deadline: Deadline) -> None:
        with self._presence.guard:  # a trial that leaves may just be mending it
            if self._inner is None:
                self._make(deadline)
            elif self.hosts.down or self.health():
                self._mend(deadline)

    def _make(self, deadline: Deadline) -> None:
        """All of it, or nothing."""
        try:
            self.hosts.open()
            self._inner = EngineSite(self.hosts.first.engine, self._run, self.name)
            self._inner.open(deadline)
        except Problem:
            self._remove(deadline)
            raise

    def _mend(self, deadline: Deadline) -> None:
        """Where that cannot be done another host takes its place."""
        try:
            self.hosts.mend(every=True)
            self.inner.open(deadline)
            wrong = self.health()
        except (No, Problem) as why:
            wrong = str(why)
        if wrong:
            self._remove(deadline)
            self._make(deadline)

    def _again(self, _: Host) -> None:
        """Our helper went with the engine, and the stream of events broke off."""
        self.inner.renew()
        try:
            until("its events are heard", lambda: self.inner.streams()["docker-events"], Deadline.after(HEARD_S))
        except TooLate as late:
            raise No(str(late)) from late

    def check(self, arm: Arm, manifests: Path) -> None:
        Compose(self.hosts.outer.environment).check(arm, manifests)

    def health(self) -> str:
        """What was broken on purpose is no trouble."""
        if self._inner is None:
            return "it is not open"
        wrong = "" if self.hosts.down else self.inner.health()
        return "" if self.hosts.down else wrong

    def streams(self) -> Mapping[str, str]:
        if self._inner is None:
            return {"docker-events": "not open"}
        wrong = self.inner.streams()
        return dict.fromkeys(wrong, "") if self.hosts.down else wrong

    def trial(self, scope: Scope) -> DockerHostTrial:
        return self._presence.comes(scope.name, lambda: DockerHostTrial(self, scope))

    def left(self, trial: DockerHostTrial) -> None:
        self._presence.goes(trial.scope.name, trial)

    def close(self, deadline: Deadline) -> Sequence[str]:
        self.hosts.end()
        return self._remove(deadline)

    def _remove(self, deadline: Deadline) -> Sequence[str]:
        if self._inner is not None:
            self._inner.quiet()
            self._inner = None
        return self.hosts.remove(deadline)


class DockerHostTrial:
    """One trial's containers on the host; of a host that is down nothing is known but what was there before."""

    def __init__(self, site: DockerHostSite, scope: Scope) -> None:
        self.arm, self.scope = scope.arm, scope
        self._site, self.inner = site, site.inner.trial(scope)
        self._clients = Clients(scope.heard)
        self._last: tuple[Copy, ...] = ()

    def look(self) -> Sequence[Copy]:
        host = self._site.hosts.first
        if host.name in self._site.hosts.down:
            return unknown(self._last)
        self._last = tuple(replace(copy, where=host.name) for copy in self.inner.look())
        return self._last

    def ask(self, copy: Copy, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        return self.inner.ask(copy, method, path, within_s=within_s)

    def signal(self, copy: Copy, how: str) -> Answer:
        return self.inner.signal(copy, how)

    def types(self, command: str) -> Answer:
        return self.inner.types(command)

    def repeats(self, command: str, times: int) -> list[Answer]:
        return self.inner.repeats(command, times)

    def power(self, node: str, how: str) -> Answer:
        return self._site.hosts.power(node, how)

    def take_away(self, part: str, node: str) -> Answer:
        return self.inner.take_away(part, node)

    def reach(self, service: str, node: str) -> Answer:
        return self.inner.reach(service, node)

    def begin(self, ask: Ask) -> Answer:
        if not ask.at:
            return self.inner.begin(ask)
        ports = {self._site.hosts.first.name: self.inner.published(ask)}
        return self._site.hosts.begin(self._clients, self.scope, ask, ports)

    def end(self, ask: Ask | None = None) -> Answer:
        ended = self._clients if ask is not None and ask.at else self.inner
        if ask is None:
            self._clients.end()
        return ended.end(ask)

    def altered(self) -> str:
        """Nothing can be seen on a host that is down, and nobody else was on it."""
        return "" if self._site.hosts.down else self.inner.altered()

    def evidence(self) -> Mapping[str, str]:
        return self.inner.evidence()

    def leave(self) -> None:
        self._clients.end()
        self.inner.quiet()
        self._site.left(self)
