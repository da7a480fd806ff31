"""A Swarm of Docker hosts in containers as a site: the first one manages it, and each trial is a stack of its own.

What a host's kernel has no IPVS for (virtual addresses, the ingress network) is not there: stacks say
`endpoint_mode: dnsrr`, and publish ports in host mode.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from harness.lab.arm import Arm
from harness.lab.open_site import No, Scope
from harness.model.clock import Deadline
from harness.model.entries import Heard
from harness.model.errors import Problem
from harness.model.waiting import TooLate, until
from harness.setup import commands, tools
from harness.setup.engine import Engine
from harness.sites.docker.copies import answered
from harness.sites.docker.engine import ANOTHER
from harness.sites.docker.hosts import Host, Hosts
from harness.sites.docker.member import Member
from harness.sites.docker.presence import Presence
from harness.sites.docker.swarm_trial import SwarmTrial

PORT = 2377
READ_S = 30.0
AGAIN_S = 60.0
"""At most this long a host that was away takes to be a ready node again."""


class SwarmSite:
    """Hosts that are down on purpose count neither for its health nor for its streams."""

    def __init__(self, engine: Engine, run: str, hosts: int = 3) -> None:
        self.name, self.run = f"swarm of {hosts}", run
        self.hosts = Hosts(engine, run, self.name, hosts, self._again)
        self.members: dict[str, Member] = {}
        self._presence = Presence[SwarmTrial](self.name, self.hosts, lambda trial: trial.clear(), self._all_active)
        self._lost: dict[str, str] = {}
        """Trials that were under way when a helper ended, and why: what they did not see may have happened."""

    @property
    def manager(self) -> Member:
        return self.members[self.hosts.first.name]

    @property
    def up(self) -> list[Member]:
        return [self.members[host.name] for host in self.hosts.up if host.name in self.members]

    # -- made

    def open(self, deadline: Deadline) -> None:
        with self._presence.guard:  # a trial that leaves may just be mending it
            if not self.members:
                self._make(deadline)
            elif self.hosts.down or self.health():
                self._mend(deadline)

    def _make(self, deadline: Deadline) -> None:
        """All of it, or nothing."""
        try:
            self.hosts.open()
            self._join_all()
            until(f"{self.name} is ready", lambda: self._missing([h.name for h in self.hosts.all]), deadline)
        except (No, TooLate, Problem) as why:
            self._remove(deadline)
            if isinstance(why, Problem):
                raise
            raise Problem(f"Opening the site {self.name}", str(why), "the same once more") from why

    def _join_all(self) -> None:
        first, *others = self.hosts.all
        with ThreadPoolExecutor(max_workers=2 * len(self.hosts.all)) as pool:
            token = pool.submit(self._begin, first)
            joined = [pool.submit(self._join, host, first.address, token) for host in others]
            equipped = [pool.submit(self._equip, host) for host in self.hosts.all]
            token.result()
            for done in (*joined, *equipped):
                done.result()

    def _equip(self, host: Host) -> None:
        self.members[host.name] = Member(host, self.run, self._hear)

    def _begin(self, first: Host) -> str:
        """Begin the Swarm; answers what others join it with."""
        with answered(first.name):
            first.engine.client.swarm.init(advertise_addr=first.address)
            first.engine.client.swarm.reload()
            return str(first.engine.client.swarm.attrs["JoinTokens"]["Worker"])

    def _join(self, host: Host, manager: str, token: Future[str]) -> None:
        with answered(host.name):
            host.engine.client.swarm.join([f"{manager}:{PORT}"], token.result(), advertise_addr=host.address)

    def _mend(self, deadline: Deadline) -> None:
        """Where that cannot be done other hosts take their place."""
        try:
            self.hosts.mend(every=True)
            wrong = self.health()
        except No as no:
            wrong = str(no)
        if wrong:
            self._remove(deadline)
            self._make(deadline)

    def _again(self, host: Host) -> None:
        member = self.members[host.name]
        member.renew()
        # Where the manager is away, the others are asked for when it is back.
        names = [host.name] if host is not self.hosts.first else [host.name, *(h.name for h in self.hosts.up)]
        try:
            until(f"{host.name} is sound", lambda: member.unheard or self._missing(names), Deadline.after(AGAIN_S))
        except TooLate as late:
            raise No(str(late)) from late

    # -- sound, or not

    def check(self, arm: Arm, manifests: Path) -> None:
        files = [manifests / name for name in arm.names if not name.endswith(".sh")]
        if not files:
            return
        argv = [str(tools.docker_cli()), "stack", "config"]
        argv += [word for file in files for word in ("--compose-file", str(file))]
        try:
            commands.run(argv, within_s=READ_S, env=self.hosts.outer.environment)
        except commands.CommandFailed as failed:
            names = ", ".join(f"{file.parent.name}/{file.name}" for file in files)
            raise Problem(f"Reading {names}", failed.tail.strip(), "mend that file") from failed

    def health(self) -> str:
        if not self.members:
            return "it is not open"
        for member in self.up:
            wrong = member.wrong()
            if wrong and member.name not in self.hosts.down and (why := member.replaced()):
                self._lost |= dict.fromkeys(self._presence.trials, f"{member.name}: {why}; {ANOTHER}")
                wrong = member.wrong()
            if wrong and member.name not in self.hosts.down:
                return f"{member.name}: {wrong}"
        names = [member.name for member in self.up]
        wrong = self._missing(names) or next(iter(self._lost.values()), "")
        return "" if self.hosts.down.keys() & names else wrong  # one of them has just been broken

    def _missing(self, names: Sequence[str]) -> str:
        """Which of these hosts is no ready node; where the manager is down nobody can be asked."""
        first = self.hosts.first.name
        if first in self.hosts.down and first not in names:
            return ""
        try:
            states = self._states()
        except No as no:
            return f"{first} does not tell its nodes: {no}"
        away = {name: states.get(name, "no node") for name in names if states.get(name) != "ready"}
        return ", ".join(f"{name} is {state}" for name, state in away.items())

    def _states(self) -> dict[str, str]:
        """A host that joined again is there twice, once as it was."""
        with answered():
            nodes = self.hosts.first.engine.client.nodes.list()
        found: dict[str, str] = {}
        for node in nodes:
            name, state = str(node.attrs["Description"].get("Hostname", "")), str(node.attrs["Status"]["State"])
            found[name] = "ready" if "ready" in (state, found.get(name)) else state
        return found

    def streams(self) -> Mapping[str, str]:
        if not self.members:
            return {"docker-events": "not open"}
        wrong = {member.name: member.unheard for member in self.up}
        return {f"docker-events-{n}": "" if n in self.hosts.down else why for n, why in wrong.items()}

    # -- trials

    def trial(self, scope: Scope) -> SwarmTrial:
        return self._presence.comes(scope.name, lambda: SwarmTrial(self, scope))

    def left(self, trial: SwarmTrial) -> None:
        self._lost.pop(trial.scope.name, None)
        self._presence.goes(trial.scope.name, trial)

    def _all_active(self) -> None:
        """Trials may have drained nodes."""
        with answered():
            for node in self.manager.engine.nodes.list():
                spec = dict(node.attrs["Spec"])
                if spec.get("Availability") != "active":
                    node.update(spec | {"Availability": "active"})

    def close(self, deadline: Deadline) -> Sequence[str]:
        self.hosts.end()
        return self._remove(deadline)

    def _remove(self, deadline: Deadline) -> Sequence[str]:
        for trial in list(self._presence.trials.values()):
            trial.quiet()
        for member in self.members.values():
            with contextlib.suppress(No):
                member.close()
        self.members = {}
        return self.hosts.remove(deadline)

    def _hear(self, stack: str, heard: Heard) -> None:
        if (trial := self._presence.trials.get(stack)) is not None:
            trial.hear(heard)
