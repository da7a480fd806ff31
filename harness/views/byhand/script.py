"""A lab as commands that a person types: its scenarios are played to a Typist, which writes instead of doing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil, inf
from pathlib import Path
from typing import Any

from harness.lab import manifests
from harness.lab.acts import Act
from harness.lab.arm import Arm
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.lab.open_site import ASK_S, Answer, Ask
from harness.lab.question import Fact, Question
from harness.lab.questions import Answers, Number
from harness.lab.site import Kind
from harness.lab.trial import Trial, Victim
from harness.model.entries import Acted, Copy, Receipt
from harness.model.parts import by_hand
from harness.views.byhand.commands import (
    DROP,
    HERE,
    LABELLED,
    NAME,
    NAMESPACE,
    POWER,
    VOLUMES,
    flags,
    hand,
    keeps_data,
)  # fmt: skip

SCRATCH = "LABS_SCRATCH"
COPIES = "copies=($(there))"
A_COPY = re.compile(r"\$\{copies\[\d+\]\}")
WHERE = {
    Kind.ENGINE: "on this engine",
    Kind.CLUSTER: "on the cluster that `labs up` makes",
    Kind.DOCKER_HOST: "on a Docker host that nothing else runs on",
    Kind.SWARM: "on the manager of a Swarm (docker swarm init); its other hosts, if any, drained",
    Kind.OWN_CLUSTER: f"on a cluster of its own (labs up --name {NAME}; labs down --name {NAME} afterwards)",
}


def of(lab: Lab, folder: Path | None = None) -> Iterator[str]:
    """All its cells, one after the other; each leaves nothing behind. `folder` has the files that they apply."""
    folder = folder or manifests.FOLDER / lab.name
    programs = {cell.arm.site.program for cell in lab.cells.values()}
    yield "#!/usr/bin/env bash"
    yield f"# {lab.question}"
    yield f"# Run it in manifests/{lab.name}. `labs images` makes the image that it uses,"
    yield "# `labs up` says how to point kubectl at its cluster."
    yield f'export COMPOSE_PROJECT_NAME={NAME} {SCRATCH}="$(mktemp --directory)"'
    yield f'asked="${SCRATCH}/asked.txt"'
    if "docker" in programs:
        yield "# What is made here gets a label, so that it can be told from what is yours."
        yield LABELLED
    if "kubectl" in programs:
        yield "# kubectl works in a namespace of its own here, by a copy of your settings."
        yield from NAMESPACE
    for cell in lab.cells.values():
        yield ""
        yield f"echo {shlex.quote(f'== {cell.cell}, {WHERE[cell.arm.site.kind]}')}"
        yield from (f"#   {line}" for line in cell.scenario.plan.splitlines())
        yield from commands(cell, folder)


def commands(cell: Trials, folder: Path) -> list[str]:
    """What is typed for one cell, from nothing to nothing."""
    typist = Typist(cell.arm, keeps_data=keeps_data(cell.arm, folder))
    cell.scenario.play(typist)
    typist.clean_up()
    return [_times(line, len(list(same))) for line, same in groupby(typist.lines)]


def _times(line: str, times: int) -> str:
    return line if times == 1 else f"for _ in $(seq {times}); do {line}; done"


class Typist(Trial):
    """Has the verbs of a trial, and is what acts are done to; each writes down what a person would type."""

    def __init__(self, arm: Arm, *, keeps_data: bool = False) -> None:
        self.arm, self.hand, self.keeps_data = arm, hand(arm), keeps_data
        self.lines = [*(["volumes="] if keeps_data else []), *self.hand.before]
        self.replicas, self.counted = 0, False
        """Whether the array `copies` holds those that are there now."""

        self.asking: dict[Ask, str] = {}
        """Clients, and how each is ended."""

        self.clients = self.programs = 0

    def remark(self, text: str) -> None:
        self.lines.append(f"# {text}")

    # -- what a trial does in its own way

    def do(self, how: Act, victims: tuple[Victim, ...], *, tried: bool) -> Receipt:
        how.send(self, victims or (None,))
        self.counted = False
        return Acted(id="", name=how.name, sent_s=0.0, proved=True, tried=tried)

    def wait(self, of: Question[Any], since: Receipt, within_s: float, timer_s: float, *, must: bool) -> Receipt:
        del since, timer_s
        if isinstance(of, Number):
            self.replicas = of.n
        if isinstance(of, Number) and must and not of.version:
            self._steady(of, within_s)
        else:
            self.lines += of.by_hand(self._shows(of), within_s)
            self.counted = False
        return Acted(id="", name=of.label, sent_s=0.0, proved=True, tried=not must)

    def look(self, fact: Fact[Any]) -> None:
        self.remark(fact.label)
        fact.asked(self)

    def hold(self, seconds: float) -> None:
        self.lines.append(f"sleep {seconds:g}")

    def copies(self, until_s: float = inf) -> tuple[Copy, ...]:
        del until_s
        if not self.counted:
            self.lines.append(COPIES)
            self.counted = True
        names = [f'"${{copies[{n}]}}"' for n in range(self.replicas)]
        return tuple(Copy(name=name, thing=name, id=name) for name in names)

    def _steady(self, of: Number, within_s: float) -> None:
        """As many serve: they run, and each says that it is ready."""
        tries, enough = ceil(within_s), f'[ "${{#copies[@]}}" -{"ge" if of.or_more else "eq"} {of.n} ]'
        ready = self.hand.inside.format('"$copy"') + " ask GET /readyz"
        block = [
            f"# wait until {of.n} {'answers' if of.n == 1 else 'answer'}",
            f"for _ in $(seq {tries}); do {COPIES}; {enough} && break; sleep 1; done",
            f'for copy in "${{copies[@]}}"; do for _ in $(seq {tries}); do {ready} && break; sleep 1; done; done',
        ]
        if self.lines[-len(block) :] != block:
            self.lines += block
        self.counted = True

    def _shows(self, of: Question[Any]) -> str:
        """What is looked at while one waits for it."""
        facts = [line for fact in of.looks for line in self._captured(fact)]
        return "; ".join(facts if isinstance(of, Fact | Answers) else [self.hand.look, *facts])

    def _captured(self, fact: Fact[Any]) -> Sequence[str]:
        """What is typed to ask for it, without typing it."""
        before, self.lines = self.lines, list[str]()
        fact.asked(self)
        typed, self.lines = self.lines, before
        return [line for line in typed if not line.startswith("#")]

    # -- what an act asks of the site

    def types(self, command: str) -> Answer:
        """The same arguments as in a run, quoted for bash, which is to put the names of copies in."""
        words = shlex.split(command)
        if words[0] == "sh":
            self.programs += 1
            self.lines.append(f"{shlex.join(words)} & program{self.programs}=$!")
        else:
            self.lines.append(" ".join(f'"{w}"' if A_COPY.fullmatch(w) else shlex.quote(w) for w in words))
        return Answer(typed=(command,))

    def ask(self, copy: Copy, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        del within_s
        self.lines.append(f"{self.hand.inside.format(copy.name)} ask {method} {shlex.quote(path)}")
        return Answer(code=200)

    def signal(self, copy: Copy, how: str) -> Answer:
        if how not in self.hand.signals:
            self.remark(f"{how}: nothing that {self.arm.site.program} can do")
            return Answer()
        if how == "remove" and self.keeps_data and self.hand.volumes:
            self.lines.append(f'volumes+=" $({VOLUMES} {copy.name})"')
        self.lines.append(self.hand.signals[how].format(copy.name))
        return Answer()

    def power(self, node: str, how: str) -> Answer:
        self.lines.append(POWER[how].format(f"{NAME}-{node}"))
        return Answer()

    def take_away(self, part: str, node: str) -> Answer:
        self.lines.append(by_hand(part, f"{NAME}-{node}"))
        return Answer()

    def reach(self, service: str, node: str) -> Answer:
        get = f"kubectl get service {service} --output 'jsonpath={{.spec.clusterIP}}:{{.spec.ports[0].port}}'"
        asked = "exec 3<>/dev/tcp/${at/://} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3"
        self.lines += [f"at=$({get})", f'docker exec {NAME}-{node} timeout 1 bash -c "{asked}"']
        return Answer()

    def begin(self, ask: Ask) -> Answer:
        self.clients += 1
        name = f"client{self.clients}"
        begins, self.asking[ask] = self._client(ask, name)
        file = '"$asked"' if ask.judged else "/dev/null"
        self.lines.append(f"{begins} >> {file} & {name}=$!")
        return Answer()

    def _client(self, ask: Ask, name: str) -> tuple[str, str]:
        """How it is begun and ended."""
        if ask.at == "outside":
            return f"{HERE} {flags(ask, self.hand.url)}", f'kill "${name}"'
        if ask.at:
            within = f"container:{NAME}-{ask.at}"
            run = f"docker run --rm --name {NAME}-{name} --network {within} dk-labs/web:1 client"
            return f"{run} {flags(ask, f'127.0.0.1:{ask.port}' if ask.port else '')}", f"docker stop {NAME}-{name}"
        within, ends = (text.replace("{name}", name) for text in (self.hand.client, self.hand.ends))
        return f"{within} {flags(ask, seconds=self.hand.seconds)}", ends

    def end(self, ask: Ask | None = None) -> Answer:
        for one in [ask] if ask else list(self.asking):
            if line := self.asking.pop(one, ""):
                self.lines.append(line)
        return Answer()

    def listen(self) -> Answer:
        self.lines += [f'logs="${SCRATCH}/logs.txt"; : > "$logs"', self.hand.follow]
        return Answer()

    def clean_up(self) -> None:
        self.end()
        self.lines += [f'kill "$program{n}"' for n in range(1, self.programs + 1)]
        kept = self.keeps_data and self.hand.volumes
        self.lines += [*([self.hand.volumes] if kept else []), *self.hand.down, *([DROP] if kept else [])]
        first = [f"there() {{ {self.hand.there}; }}"] if any(COPIES in line for line in self.lines) else []
        self.lines = [*first, *([': > "$asked"'] if self.clients else []), *self.lines]
