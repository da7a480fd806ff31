"""The user's Docker Engine as a site: `docker run`, Compose, and what can be done to a container."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.model.arm import IMAGE, PORT, Files, Run
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.model.site import Replica
from harness.setup import commands, removal, tools
from harness.setup import paths as places
from harness.setup.projects import ONE_OFF, PROJECT
from harness.sites import remains
from harness.sites.client import HERE, Client, flags
from harness.sites.docker_events import DockerEvents
from harness.sites.helper import Helper
from harness.sites.place import (
    ASK_S,
    BESIDE_LABEL,
    FRONT,
    RUN_LABEL,
    TRIAL_LABEL,
    Answer,
    Gone,
    Refusal,
    Scope,
    Unanswered,
    client_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docker.models.containers import Container
    from docker.models.networks import Network

    from harness.model.arm import Arm
    from harness.model.clock import Deadline
    from harness.setup.engine import Engine
    from harness.sites.client import Hear
    from harness.sites.place import Ask

COMPOSE_S = 60.0
SCRATCH = "LABS_SCRATCH"
"""In a Compose file: a folder of the host's that is the trial's own."""

TAIL = 500
"""Lines of a log that are kept as evidence."""

LOOPBACK = "127.0.0.1"
NAMELESS = re.compile("[0-9a-f]{64}")
"""What the engine calls a volume to which nobody gave a name."""

RUN_AT_ONCE = 4


class EnginePlace:
    """An engine with one network and one helper container for the run."""

    def __init__(self, engine: Engine, run: str) -> None:
        self.name = "engine"
        self.engine, self.run = engine, run
        self._scopes: dict[str, Scope] = {}
        self._events: DockerEvents | None = None
        self._helper: Helper | None = None
        self._projects: dict[str, list[str]] = {}
        self._with_network: set[str] = set()
        self._taken: dict[str, DockerEvents] = {}
        """The events of projects that are not ours, by the trial that looks at them."""

        self._read: dict[tuple[str, ...], list[str]] = {}

    def open(self, deadline: Deadline) -> None:
        del deadline
        from docker.errors import ImageNotFound

        try:
            self.engine.client.images.get(IMAGE)
        except ImageNotFound as missing:
            raise Problem(f"Starting {IMAGE}", "the engine has no such image", "labs images") from missing
        labels = {NAME: "run", RUN_LABEL: self.run}
        self._events = DockerEvents(self.engine, f"{RUN_LABEL}={self.run}", self._hear)
        self._events.start()
        self.engine.client.networks.create(f"dkl-{self.run}", labels=labels)
        self._helper = Helper(self.engine, self.run, f"dkl-{self.run}")

    def renew_helper(self) -> None:
        """It went with an engine that ended: another one takes its place in all its networks."""
        if self._helper is not None:
            self._helper.close()
            removal.remove([self._helper.container])
        self._helper = Helper(self.engine, self.run, f"dkl-{self.run}")
        ours: Any = {"label": [f"{RUN_LABEL}={self.run}", TRIAL_LABEL]}
        for network in self.engine.client.networks.list(filters=ours):
            self._join(network)

    def health(self) -> str:
        from docker.errors import DockerException
        from requests import RequestException

        try:
            self.engine.client.ping()
        except (DockerException, RequestException) as error:
            return f"the engine does not answer: {type(error).__name__}"
        # Without it nothing is seen to serve, so that what came back would pass for what stayed away. It goes with an
        # engine that ends, and the one that is started in its place answers as if nothing had been.
        return "" if self._helper is None else self._helper.trouble

    def streams(self) -> dict[str, str]:
        heard = [self._events.state if self._events else "lost", *(events.state for events in self._taken.values())]
        return {"docker-events": next((state for state in heard if state != "open"), "open")}

    def attach(self, scope: Scope) -> tuple[str, ...]:
        self._scopes[scope.trial] = scope
        names = scope.arm.recipe.names if isinstance(scope.arm.recipe, Files) else ()
        files = [word for name in names for word in ("--file", str(scope.manifests / name))]
        self._projects[scope.trial] = [*self._compose, "--project-name", scope.at, *files]
        project = f"{PROJECT}={scope.at}"
        self._taken[scope.trial] = DockerEvents(
            self.engine, project, lambda _, who, what, facts: self._hear(scope.trial, who, what, facts), key=PROJECT
        )
        self._taken[scope.trial].start()
        for network in self.engine.client.networks.list(filters={"label": project}):
            self._join(network)
        listed = self.engine.client.api.containers(all=True, filters=self._of(scope))
        return tuple(sorted({str(one["Image"]) for one in listed}))

    def apply(self, scope: Scope) -> Sequence[str]:
        self._scopes[scope.trial] = scope
        recipe = scope.arm.recipe
        if isinstance(recipe, Run):
            self._run_all(scope, recipe)
            return recipe.commands
        self._compose_up(scope, recipe.names)
        return [compose_up(recipe.names)]

    def _run_all(self, scope: Scope, recipe: Run) -> None:
        """Each is tried, as a person's loop would; what the engine says no to is told when all were."""
        from docker.errors import APIError

        network = self._own_network(scope, recipe.addresses) if recipe.network else f"dkl-{self.run}"

        def run(number: int) -> str:
            if scope.over.is_set():
                return "the run is being ended"
            try:
                self._run(scope, recipe, network, number)
            except APIError as error:
                return str(error.explanation or error)
            return ""

        with ThreadPoolExecutor(max_workers=min(recipe.copies, RUN_AT_ONCE)) as pool:
            refused = [why for why in pool.map(run, range(1, recipe.copies + 1)) if why]
        if refused:
            raise Refusal(len(refused), refused[0])

    def _run(self, scope: Scope, recipe: Run, network: str, number: int) -> None:
        policy, _, most = recipe.restart.partition(":")
        restart: Any = {"Name": policy, "MaximumRetryCount": int(most or 0)}
        api: Any = self.engine.client.api
        named = {network: api.create_endpoint_config(aliases=[recipe.name] if recipe.name else None)}
        self.engine.client.containers.run(
            IMAGE,
            name=f"{scope.name}-web-{number}",
            detach=True,
            network=network,
            networking_config=named,
            restart_policy=restart,
            nano_cpus=int(recipe.cpus * 1e9),
            labels=self._labels(scope),
        )

    def _own_network(self, scope: Scope, addresses: int) -> str:
        """With a subnet of that size, whichever is free: of the block that is set apart for benchmarks (RFC 2544)."""
        self._with_network.add(scope.trial)
        if addresses:
            block = ipaddress.ip_network("198.18.0.0/15")
            subnets = block.subnets(new_prefix=32 - (addresses + 2).bit_length())
            if not any(self._create_network(scope, str(subnet)) for subnet in subnets):
                seen = f"none of that size is free in {block}"
                raise Problem(f"Making a network of {addresses} addresses", seen, "docker network prune")
        else:
            self._create_network(scope)
        self._join(self.engine.client.networks.get(scope.name))
        return scope.name

    def _create_network(self, scope: Scope, subnet: str = "") -> bool:
        from docker.errors import APIError
        from docker.types import IPAMConfig, IPAMPool

        ipam = IPAMConfig(pool_configs=[IPAMPool(subnet)]) if subnet else None
        try:
            self.engine.client.networks.create(scope.name, labels=self._labels(scope), ipam=ipam)
        except APIError as error:
            if "overlaps" in str(error.explanation):
                return False
            raise
        return True

    def _join(self, network: Network) -> None:
        """Have the helper reach what is in there; it takes an address of it."""
        if self._helper is not None:
            network.connect(self._helper.container)

    def _labels(self, scope: Scope) -> dict[str, str]:
        return {NAME: "trial", RUN_LABEL: self.run, TRIAL_LABEL: scope.trial}

    def add(self, scope: Scope, names: Sequence[str]) -> str:
        recipe = scope.arm.recipe
        every = (*(recipe.names if isinstance(recipe, Files) else ()), *names)
        self._compose_up(scope, every)
        return compose_up(every)

    def change(self, scope: Scope, names: Sequence[str]) -> str:
        self._compose_up(scope, names)
        return compose_up(names)

    def evidence(self, scope: Scope) -> dict[str, str]:
        found = {}
        for container in self.engine.client.containers.list(all=True, filters=self._of(scope)):
            name = short(str(container.name), scope)
            found[f"{name}.json"] = json.dumps(container.attrs, indent=2)
            found[f"{name}.log"] = container.logs(tail=TAIL, timestamps=True).decode(errors="replace")
        return found

    def _compose_up(self, scope: Scope, names: Sequence[str]) -> None:
        """The student's file as it is; beside it one of ours, which adds nothing but labels."""
        if scope.at:
            commands.run(
                [*self._projects[scope.trial], "up", "--detach", "--pull", "never"],
                within_s=COMPOSE_S,
                env=self.engine.environment,
            )
            return
        files = [scope.manifests / name for name in names]
        ours = scope.folder / f"{scope.trial}-labels.yaml"
        argv = [*self._compose, "--project-name", scope.name]
        argv += [word for file in files for word in ("--file", str(file))]
        labels = self._labels(scope)
        added = {"services": {name: {"labels": labels} for name in self._services(files)}}
        ours.write_text(json.dumps(added | {"networks": {"default": {"labels": labels}}}))
        argv += ["--file", str(ours)]
        again = scope.trial in self._projects
        self._projects[scope.trial] = argv
        scratch = {SCRATCH: str((scope.folder / scope.trial / "scratch").resolve())}
        env = self.engine.environment | scratch
        commands.run([*argv, "up", "--detach", "--pull", "never"], within_s=COMPOSE_S, env=env)
        if not again:
            self._join(self.engine.client.networks.get(f"{scope.name}_default"))

    @cached_property
    def _compose(self) -> list[str]:
        """Looked up once: it means running a program."""
        return tools.compose()

    def check(self, arm: Arm, folder: Path) -> None:
        if isinstance(arm.recipe, Files):
            self._services([folder / name for name in arm.recipe.names])

    def _services(self, files: list[Path]) -> list[str]:
        """The names of a Compose file's services, as Compose itself reads it."""
        key = tuple(map(str, files))
        if key not in self._read:
            argv = [*self._compose, *(word for file in key for word in ("--file", file)), "config", "--services"]
            try:
                told = commands.run(argv, within_s=COMPOSE_S, env=self.engine.environment)
            except commands.CommandFailed as failed:
                names = ", ".join(str(places.shown(f)) for f in files)
                raise Problem(f"Reading {names}", failed.tail.strip(), "mend that file") from failed
            self._read[key] = [line for line in told.split() if line]
        return self._read[key]

    def look(self, scope: Scope) -> tuple[Replica, ...]:
        from docker.errors import NotFound

        found = []
        for listed in self.engine.client.api.containers(all=True, filters=self._of(scope)):
            if BESIDE_LABEL in listed["Labels"]:
                continue
            try:
                inspected = self.engine.client.api.inspect_container(listed["Id"])
                found.append(replica_of(inspected, f"{scope.name}-"))
            except NotFound:
                continue
        return tuple(sorted(found, key=lambda r: r.name))

    def _of(self, scope: Scope) -> dict[str, Any]:
        if scope.at:
            return {"label": [f"{PROJECT}={scope.at}", f"{ONE_OFF}=False"]}
        return {"label": [f"{RUN_LABEL}={self.run}", f"{TRIAL_LABEL}={scope.trial}"]}

    def ask(self, scope: Scope, replica: Replica, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        del scope
        if self._helper is None or not replica.where:
            raise Unanswered("no address")
        return self._helper.ask(replica.where, PORT, method, path, within_s)

    def signal(self, scope: Scope, replica: Replica, how: str) -> str:
        from docker.errors import NotFound

        try:
            container = self.engine.client.containers.get(replica.thing)
            if how == "remove":
                self._hold_volumes(scope, container)
            return act_upon(container, how, self._helper)
        except NotFound as missing:
            raise Gone(replica.name) from missing

    def _hold_volumes(self, scope: Scope, container: Container) -> None:
        """A container that never runs stands for what this one's removal leaves; what has no name bears no label."""
        if scope.at:  # a learner's own volumes are the learner's
            return
        names = [m["Name"] for m in container.attrs["Mounts"] if m["Type"] == "volume"]
        if held := " ".join(name for name in names if NAMELESS.fullmatch(name)):
            labels = {NAME: "volumes", RUN_LABEL: self.run, BESIDE_LABEL: scope.trial, removal.HOLDS: held}
            self.engine.client.containers.create(IMAGE, network_mode="none", labels=labels)

    def client(self, scope: Scope, ask: Ask, hear: Hear) -> Client:
        if ask.outside:
            if not self.engine.endpoint.local:
                seen = f"{self.engine.endpoint.url} is on another machine, and so are its ports"
                raise Problem(f"Asking {scope.arm.name} from outside", seen, "run the labs on that machine")
            return Client([*HERE, "client", *flags(LOOPBACK, self._published(scope), ask)], os.environ, hear)
        network = f"{scope.name}_default" if scope.trial in self._projects else scope.name
        if not (scope.trial in self._projects or (isinstance(scope.arm.recipe, Run) and scope.arm.recipe.name)):
            raise Problem(f"Asking {scope.arm.name}", "its copies share no name", "Run(name=...), or Compose")
        labels = {NAME: "client", RUN_LABEL: self.run, BESIDE_LABEL: scope.trial}
        argv = [str(tools.docker_cli()), "run", "--rm", "--interactive", "--init", "--log-driver", "none"]
        argv += ["--name", f"{scope.name}-{client_name(ask)}", "--network", network, "--pull", "never"]
        argv += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        return Client([*argv, IMAGE, "client", *flags(FRONT, PORT, ask)], self.engine.environment, hear)

    def _published(self, scope: Scope) -> int:
        """The one port of the engine's machine behind which the application is, or the first of several."""
        listed = self.engine.client.api.containers(filters=self._of(scope))
        ports = {str(one["Names"][0]): p["PublicPort"] for one in listed for p in one["Ports"] if "PublicPort" in p}
        if not ports:
            raise Problem(f"Asking {scope.arm.name} from outside", "it publishes no port", "ports: in its file")
        return int(ports[min(ports)])

    def scale(self, scope: Scope, copies: int) -> str:
        argv = self._projects.get(scope.trial)
        if argv is None:
            raise Problem(f"Scaling {scope.arm.name}", "a docker run has no number to change", "an arm with Compose")
        scaled = ["up", "--detach", "--no-recreate", "--scale", f"web={copies}"]
        commands.run([*argv, *scaled], within_s=COMPOSE_S, env=self.engine.environment)
        return f"docker compose up --scale web={copies}"

    def leave(self, scope: Scope) -> None:
        self._scopes.pop(scope.trial, None)
        if scope.at:
            self._give_back(scope)
            return
        beside: dict[str, Any] = {"label": [f"{RUN_LABEL}={self.run}", f"{BESIDE_LABEL}={scope.trial}"]}
        for filters in (self._of(scope), beside):
            removal.remove(self.engine.client.containers.list(all=True, ignore_removed=True, filters=filters))
        if scope.trial in self._with_network:
            self._drop_networks(self._of(scope))
        if self._projects.pop(scope.trial, None):
            self._drop_networks(self._of(scope))
            remains.drop_volumes(self.engine, scope.name)
            self._empty(scope.folder / scope.trial / "scratch")

    def _give_back(self, scope: Scope) -> None:
        """As it was: without our client, our helper and our ear."""
        beside: Any = {"label": [f"{RUN_LABEL}={self.run}", f"{BESIDE_LABEL}={scope.trial}"]}
        removal.remove(self.engine.client.containers.list(all=True, ignore_removed=True, filters=beside))
        for network in self.engine.client.networks.list(filters={"label": f"{PROJECT}={scope.at}"}):
            self._part(network)
        if (events := self._taken.pop(scope.trial, None)) is not None:
            events.stop()

    def _empty(self, scratch: Path) -> None:
        """What containers wrote there may be root's, and then only a container can remove it."""
        if not scratch.exists():
            return
        try:
            shutil.rmtree(scratch)
        except PermissionError:
            argv = ["find", "/scratch", "-mindepth", "1", "-delete"]
            mount = {str(scratch.resolve()): {"bind": "/scratch", "mode": "rw"}}
            self.engine.client.containers.run(IMAGE, argv[1:], entrypoint=argv[:1], volumes=mount, remove=True)

    def _drop_networks(self, filters: dict[str, Any]) -> None:
        for network in self.engine.client.networks.list(filters=filters):
            self._part(network)
            network.remove()

    def _part(self, network: Network) -> None:
        from docker.errors import APIError

        if self._helper is not None:
            with contextlib.suppress(APIError):  # it was never connected, or is gone
                network.disconnect(self._helper.container, force=True)

    def close(self, deadline: Deadline) -> Sequence[str]:
        self.quiet()
        return remains.sweep(self.engine, self.run, deadline)

    def quiet(self) -> None:
        """Nobody listens any more, and the helper ends."""
        for events in (self._events, *self._taken.values()):
            if events is not None:
                events.stop()
        if self._helper is not None:
            self._helper.close()

    def _hear(self, trial: str, who: str, what: str, facts: dict[str, str]) -> None:
        if (scope := self._scopes.get(trial)) is not None:
            scope.heard(short(who, scope), what, facts)
            scope.stirred.set()


def compose_up(names: Sequence[str]) -> str:
    return f"docker compose {' '.join(f'--file {name}' for name in names)} up --detach"


def act_upon(container: Container, how: str, helper: Helper | None) -> str:
    """What a person, or the host, does to a container; answers what was done."""
    if how == "stop":
        container.stop(timeout=5)
    elif how == "kill":
        container.kill()
    elif how == "remove":
        container.remove(force=True)
    elif how == "host-kill" and helper is not None:
        pid = int(container.attrs["State"]["Pid"])
        said = helper.kill(pid)
        if not said.startswith("ok"):
            raise Gone(f"process {pid}: {said}")
        return f"process {pid} of the host"
    else:
        raise ValueError(how)
    return f"docker {'rm --force' if how == 'remove' else how} {container.name}"


def short(name: str, scope: Scope) -> str:
    return name.removeprefix(f"{scope.name}-")


def replica_of(inspected: dict[str, Any], prefix: str, *, where: str = "") -> Replica:
    """A container as a copy of the application; `where` is its address unless it is said."""
    state = inspected["State"]
    networks = inspected["NetworkSettings"]["Networks"].values()
    running = bool(state["Running"]) and not state["Restarting"]
    return Replica(
        name=str(inspected["Name"]).lstrip("/").removeprefix(prefix),
        # A restart keeps the container's id: its start tells one incarnation from the next. Before it there is none.
        id="" if state["StartedAt"].startswith("0001-") else f"{inspected['Id'][:12]}/{state['StartedAt']}",
        thing=inspected["Id"],
        state=str(state["Status"]),
        ready=running and not state["Paused"],
        code=None if running else int(state["ExitCode"]),
        restarts=int(inspected["RestartCount"]),
        where=where or next((str(n["IPAddress"]) for n in networks if n["IPAddress"]), ""),
    )
