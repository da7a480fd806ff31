"""What is typed in one trial's surroundings: to an engine, to Compose, or to a program of the arm's."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.lab.open_site import Answer, No, Scope
from harness.setup import tools
from harness.sites import typed
from harness.sites.docker.compose import Compose, Project, split
from harness.sites.docker.copies import answered
from harness.sites.docker.runs import Runs, free_subnets, subnet_in
from harness.sites.programs import Programs

if TYPE_CHECKING:
    from harness.setup.engine import Engine

WITHIN_S = 120.0
"""Builds and the removal of many take longest."""

TAKEN = "overlaps with"
REMOVES = {"rm", "down", "remove", "prune"}


class Surroundings:
    """The typing of one trial. `labels` go onto all that it makes; none: it is in somebody else's project."""

    def __init__(
        self, engine: Engine, compose: Compose, scope: Scope, labels: Mapping[str, str], network: str
    ) -> None:
        self._engine, self._scope, self._labels = engine, scope, labels
        self.project = Project(compose, scope, labels)
        self.runs = Runs(scope.name, labels, network, self.project.scratch)
        self.programs = Programs(scope.folder / scope.trial)
        self._docker = str(tools.docker_cli())

    def types(self, command: str) -> Answer:
        words = shlex.split(command)
        if words[:1] == ["sh"] and len(words) == 2:
            return self.programs.start(command, words[1], env=self._for_programs(), cwd=self._scope.manifests)
        if words[:2] == ["docker", "compose"]:
            return self._run(command, self.project.argv(words[2:]), self.project.files(words[2:]))
        if words[:1] != ["docker"]:
            raise No(f"{words[0] if words else 'nothing'} is no program of an engine's")
        if words[1:3] == ["network", "create"] and (subnet := subnet_in(words)):
            return self._create_network(command, words[1:], subnet)
        self._make_volumes(words[1:])
        return self._run(command, [self._docker, *self.runs.argv(words[1:])])

    def _for_programs(self) -> dict[str, str]:
        """There `docker compose` is what a person types as well, whether or not it is the docker command's plugin."""
        env, compose = self.project.environment, self.project.program
        two = f'[ "$1" != compose ] || {{ shift; exec {shlex.join(compose)} "$@"; }}'
        text = f'#!/bin/sh\n{two}\nexec {shlex.quote(self._docker)} "$@"\n'
        file = self._scope.folder / self._scope.trial / "bin" / "docker"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
        return env | {"PATH": os.pathsep.join((str(file.parent.resolve()), env.get("PATH", os.defpath)))}

    def removes(self, command: str) -> bool:
        """Whether containers may go by it, and leave volumes without a name behind."""
        return bool(REMOVES & set(shlex.split(command)))

    def takes_down(self, command: str) -> bool:
        """Whether Compose is to remove its networks, which it leaves where anybody else is in them."""
        words = shlex.split(command)
        return words[:2] == ["docker", "compose"] and split(words[2:])[1][:1] == ["down"]

    def _run(self, command: str, argv: Sequence[str], files: tuple[str, ...] = ()) -> Answer:
        scope = self._scope
        return typed.run(
            command, argv, env=self.project.environment | {"DOCKER_CLI_HINTS": "false"}, cwd=scope.manifests,
            within_s=WITHIN_S, over=scope.over, files=files,
        )  # fmt: skip

    def _create_network(self, command: str, words: Sequence[str], typed_subnet: str) -> Answer:
        """With a subnet of that size, whichever is free: several trials type the same one."""
        argv = self.runs.argv(words)
        answer = Answer("no subnet of that size is free", 1, typed=(command,))
        for subnet in free_subnets(typed_subnet, self._taken()):
            there = [word.replace(typed_subnet, subnet) for word in argv]
            answer = self._run(command, [self._docker, *there])
            if TAKEN not in answer.said:
                return answer
        return answer

    def _taken(self) -> list[str]:
        with answered():
            networks = self._engine.client.networks.list()
        return [str(pool["Subnet"]) for n in networks for pool in n.attrs["IPAM"]["Config"] or () if "Subnet" in pool]

    def _make_volumes(self, words: Sequence[str]) -> None:
        """`docker run` makes those that it lacks itself, but without labels."""
        if self._labels and words[:1] == ["run"]:
            for name in self.runs.volumes(words[1:]):
                with answered(f"volume {name}"):
                    self._engine.client.volumes.create(name, labels=dict(self._labels))
