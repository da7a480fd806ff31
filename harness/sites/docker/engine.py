"""A Docker Engine as a site: `docker run`, Compose, and what can be done to a container."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.lab.arm import IMAGE, PORT, PROXY, Arm
from harness.lab.manifests import have_proxy
from harness.lab.open_site import ASK_S, Answer, Ask, No, Scope
from harness.model.clock import Deadline
from harness.model.entries import Copy, Heard
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.sites.client import HERE, Clients, flags
from harness.sites.docker import leftovers, logs
from harness.sites.docker.asker import asker, client_labels, places, published
from harness.sites.docker.borrowed import Borrowed
from harness.sites.docker.compose import Compose
from harness.sites.docker.copies import act_upon, answered, bounded, copy_of
from harness.sites.docker.events import DockerEvents
from harness.sites.docker.evidence import evidence
from harness.sites.docker.own import Ground, Own
from harness.sites.docker.reach import BRIDGE, Reach, on_bridge
from harness.sites.docker.surroundings import Surroundings
from harness.sites.labels import BESIDE_LABEL, RUN_LABEL
from harness.sites.logs import listening

if TYPE_CHECKING:
    from harness.setup.engine import Engine

HANDS = 4
"""What is typed many times is typed so many times at once at most."""

LOOPBACK = "127.0.0.1"
OUTSIDE = "outside"
ANOTHER = "another one has taken its place"


class EngineSite:
    """An engine with one network and one helper container for the run."""

    def __init__(self, engine: Engine, run: str, name: str = "engine") -> None:
        self.name, self.engine, self.run = name, engine, run
        self.network = f"dkl-{run}"
        self.compose = Compose(engine.environment)
        self._trials: dict[str, EngineTrial] = {}
        self._events: DockerEvents | None = None
        self._reach: Reach | None = None
        self._mending = threading.Lock()
        self._lost: set[str] = set()
        """Trials that were under way when a helper ended: what they did not see may have happened."""

        self._lost_why = ""

    @property
    def reach(self) -> Reach:
        if self._reach is None:
            raise No(f"the site {self.name} is not open")
        return self._reach

    def open(self, deadline: Deadline) -> None:
        del deadline
        if self._reach is not None:
            if self.reach.ended():
                self.reach.renew()
            return
        with bounded(f"Opening {self.name}"):
            self._check_image(IMAGE, "labs images")
            self._events = DockerEvents(self.engine, f"{RUN_LABEL}={self.run}", self._hear)
            self._events.start()
            self.engine.client.networks.create(self.network, labels={NAME: "run", RUN_LABEL: self.run})
            self._reach = Reach(self.engine, self.run, self.network)

    def _check_image(self, name: str, fix: str) -> None:
        from docker.errors import ImageNotFound

        try:
            self.engine.client.images.get(name)
        except ImageNotFound as missing:
            raise Problem(f"Starting {name}", "the engine has no such image", fix) from missing

    def check(self, arm: Arm, manifests: Path) -> None:
        self.compose.check(arm, manifests)
        if have_proxy([(arm, manifests)]):
            with bounded(f"Opening {self.name}"):
                self._check_image(PROXY, f"labs images {manifests.name}")

    def health(self) -> str:
        """Without the helper nothing is seen to serve, so that what came back would pass for what stayed away.

        It goes with an engine that ends; the one that is started in its place answers as if nothing had been.
        """
        try:
            with answered():
                self.engine.client.ping()
            with self._mending:
                return self._helper_wrong() if self._reach is not None else ""
        except No as no:
            return str(no)

    def _helper_wrong(self) -> str:
        wrong = self.reach.wrong()
        if wrong and (why := self.reach.ended()):
            self.reach.renew()
            self._lost |= self._trials.keys()
            self._lost_why = why
            wrong = self.reach.wrong()
        return wrong or (f"{self._lost_why}; {ANOTHER}" if self._lost else "")

    def renew(self) -> None:
        """Its engine was stopped on purpose and runs again: another helper takes the place of the one that went."""
        with self._mending:
            self.reach.renew()

    def streams(self) -> dict[str, str]:
        """All that is listened to; a stream that was never there is wrong."""
        wrong = [self._events.wrong if self._events else "not open", *(t.ground.wrong() for t in self._now())]
        return {"docker-events": next(filter(None, wrong), "")} | listening(t.logs for t in self._now())

    def trial(self, scope: Scope) -> EngineTrial:
        return self._begun(scope, Own(self.engine, scope, self.reach))

    def attach(self, scope: Scope) -> tuple[EngineTrial, tuple[str, ...]]:
        ground = Borrowed(self.engine, scope, self.reach, lambda _, heard: self._hear(scope.trial, heard))
        trial = self._begun(scope, ground)
        return trial, ground.take()

    def _begun(self, scope: Scope, ground: Ground) -> EngineTrial:
        self._trials[scope.trial] = trial = EngineTrial(self, scope, ground)
        return trial

    def left(self, trial: str) -> None:
        self._trials.pop(trial, None)
        self._lost.discard(trial)

    def close(self, deadline: Deadline) -> Sequence[str]:
        self.quiet()
        left = leftovers.sweep(self.engine, self.run, deadline)
        self.engine.client.close()
        return left

    def quiet(self) -> None:
        """Nobody asks or listens any more, and the helper is not spoken to."""
        for trial in self._now():
            trial.quiet()
        if self._events is not None:
            self._events.stop()
        if self._reach is not None:
            self._reach.close()

    def _now(self) -> list[EngineTrial]:
        return list(self._trials.values())

    def _hear(self, trial: str, heard: Heard) -> None:
        if (one := self._trials.get(trial)) is not None:
            one.hear(heard)


class EngineTrial:
    """One trial's containers: of `docker run`, or of a Compose project of its own."""

    def __init__(self, site: EngineSite, scope: Scope, ground: Ground) -> None:
        self.arm, self.scope, self.ground = scope.arm, scope, ground
        self._site, self._engine = site, site.engine
        self._around = Surroundings(site.engine, site.compose, scope, ground.labels, site.network)
        self._clients = Clients(scope.heard)
        self.logs = logs.of(self._engine, scope)

    def hear(self, heard: Heard) -> None:
        self.scope.heard(replace(heard, who=heard.who.removeprefix(f"{self.scope.name}-")))
        self.scope.stirred()

    def look(self) -> Sequence[Copy]:
        inspected, prefix = self._inspected(), f"{self.scope.name}-"
        self.logs.take(logs.logs_in(inspected, prefix))
        copies = [copy_of(one, prefix) for one in inspected]
        for copy in copies:
            self._around.runs.know(copy.name, prefix + copy.name)
        return sorted(copies, key=lambda c: c.name)

    def _inspected(self) -> list[Mapping[str, Any]]:
        from docker.errors import NotFound

        found = []
        with answered():
            for listed in self._listed():
                if BESIDE_LABEL not in listed["Labels"]:
                    with contextlib.suppress(NotFound):
                        found.append(self._engine.client.api.inspect_container(listed["Id"]))
        return found

    def _listed(self) -> list[Any]:
        with answered():
            return list(self._engine.client.api.containers(all=True, filters=self.ground.containers))

    def ask(self, copy: Copy, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        if not copy.address:
            raise No("no address")
        return self._site.reach.ask(copy.address, PORT, method, path, within_s)

    def signal(self, copy: Copy, how: str) -> Answer:
        with answered(copy.name):
            container = self._engine.client.containers.get(copy.thing)
            if how == "remove":
                self.ground.hold(container.attrs)
            return Answer(act_upon(container, how, self._site.reach.kill))

    def types(self, command: str) -> Answer:
        if self._around.removes(command):
            for one in self._inspected():
                self.ground.hold(one)
        if self._around.takes_down(command):
            self._site.reach.part_from(self.ground.networks)
        answer = self._around.types(command)
        if " compose " in command or " network " in command:
            self._site.reach.join(self.ground.networks)
        if BRIDGE in self._around.runs.networks or (" compose " in command and on_bridge(self._listed())):
            self._site.reach.join_named(BRIDGE)
        return answer

    def repeats(self, command: str, times: int) -> list[Answer]:
        with ThreadPoolExecutor(max_workers=HANDS) as pool:
            here = [copy_context() for _ in range(times)]  # whose programs they are goes along
            return list(pool.map(lambda context: context.run(self.types, command), here))

    def power(self, node: str, how: str) -> Answer:
        raise TypeError(f"{how} {node or self._site.name}: only a site that is the run's own may be broken")

    def take_away(self, part: str, node: str) -> Answer:
        raise TypeError(f"take {part} from {node}: an engine has no such parts")

    def reach(self, service: str, node: str) -> Answer:
        raise TypeError(f"reach {service} from {node}: an engine has no Services")

    def begin(self, ask: Ask) -> Answer:
        """From inside the copies' network, or as a process of this machine at the ports that they publish."""
        if not ask.at:
            name = f"{self.scope.name}-client-{self._clients.begun + 1}"
            labels = client_labels(self.scope.run, self.scope.trial)
            argv = asker(name, self._network(), labels, flags(ask))
            return self._clients.begin(ask, argv, self._engine.environment)
        tried = f"Asking {self.arm.name} from {ask.at}"
        if ask.at != OUTSIDE:
            raise Problem(tried, f"there is nothing but {OUTSIDE} and the copies' own network", f'at="{OUTSIDE}"')
        if not self._engine.endpoint.local:
            seen = f"{self._engine.endpoint.url} is on another machine, and so are its ports"
            raise Problem(tried, seen, "run the labs on that machine")
        return self._clients.begin(ask, [*HERE, *flags(ask, places(ask, LOOPBACK, self.published(ask)))], os.environ)

    def end(self, ask: Ask | None = None) -> Answer:
        return self._clients.end(ask)

    def _network(self) -> str:
        """Where the copies are known by their names: a network of the trial's, or else the one that they are in."""
        with answered():
            names = [str(n.name) for n in self._engine.client.networks.list(filters=dict(self.ground.networks))]
        other = BRIDGE if on_bridge(self._listed()) else self._site.network
        return min(names, key=lambda name: (not name.endswith("_default"), name), default=other)

    def published(self, ask: Ask) -> list[int]:
        """For each that is asked a port of the host's."""
        if found := published(self._listed(), ask):
            return found
        raise Problem(f"Asking {self.arm.name} from {OUTSIDE}", "it publishes no port", "ports: in its file")

    def listen(self) -> Answer:
        return self.logs.begin(self.look)

    def altered(self) -> str:
        return self._around.project.altered(self._inspected())

    def evidence(self) -> Mapping[str, str]:
        return evidence(self._engine, self.ground.containers, f"{self.scope.name}-")

    def quiet(self) -> None:
        """Its clients and programs end, and nobody listens any more."""
        self._clients.end()
        self._around.programs.stop()
        self.logs.end()

    def leave(self) -> None:
        self.quiet()
        self.ground.leave()
        self._site.left(self.scope.trial)
