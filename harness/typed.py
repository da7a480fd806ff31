"""A lab as commands that a person types: its scenarios are played to a handle that writes instead of doing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.hands import DROP, NAME, front, hand
from harness.model.arm import PORT, Files
from harness.model.parts import by_hand
from harness.model.site import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.hands import Hand
    from harness.model.claim import Lab
    from harness.model.scenario import Trials

CLIENT_S = 20
CLIENT = '"$LABS_SCRATCH/client.txt"'
LOAD = '"$LABS_SCRATCH/load.txt"'
ANSWERER = '"instance": "[^"]*"'
WHERE = {
    Kind.ENGINE: "on this engine",
    Kind.CLUSTER: "on the cluster that `labs up` makes",
    Kind.DOCKER_HOST: "on a Docker host that nothing else runs on",
    Kind.SWARM: "on the manager of a Swarm (docker swarm init, docker swarm join)",
    Kind.OWN_CLUSTER: f"on a cluster of its own (labs up --name {NAME}; labs down --name {NAME} afterwards)",
}
POWER = {
    "stop": "docker kill {}",
    "pause": "docker pause {}",
    "resume": "docker unpause {0} || docker start {0}",
    "stop_engine": "docker exec {} pkill --exact dockerd",
    "start_engine": "docker restart {}",
}


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as it stands in a command; acts are played to it."""

    name: str


@dataclass(frozen=True, slots=True)
class Said:
    """What an application answers that nobody has asked yet."""

    status: int = 200
    instance: str = "-"


@dataclass(slots=True)
class Typist:
    """Has the verbs of a trial; each writes down what a person would type in its place."""

    trials: Trials
    hand: Hand
    lines: list[str] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    """What is typed when all else is gone."""

    def types(self, *commands: str) -> None:
        self.lines += commands

    def remark(self, text: str) -> None:
        self.lines.append(f"# {text}")

    # -- what an act asks for --------------------------------------------------------------------------------------

    def ask(self, copy: Copy, method: str, path: str, **_how: object) -> Said:
        self.types(self.hand.inside.format(copy=copy.name, command=f"ask {method} {shlex.quote(path)}"))
        return Said()

    def signal(self, copy: Copy, how: str) -> str:
        if how == "remove" and self.hand.volumes and self._keeps_data:
            self.types(self.hand.volumes.format(copy=copy.name))
            self.last = [DROP]
        self.types(self.hand.signals[how].format(copy=copy.name))
        return how

    @property
    def _keeps_data(self) -> bool:
        return any("POST '/data" in line for line in self.lines)

    # -- the verbs -------------------------------------------------------------------------------------------------

    def steady(self, *, replicas: int) -> tuple[Copy, ...]:
        self.remark(f"wait until {replicas} {'answers' if replicas == 1 else 'answer'}")
        self.types(f'until {self.hand.names}; [ "${{#copies[@]}}" = {replicas} ]; do sleep 1; done')
        ready = self.hand.inside.format(copy='"$copy"', command="ask GET /")
        self.types(f'for copy in "${{copies[@]}}"; do until {ready}; do sleep 1; done; done')
        return tuple(Copy(f'"${{copies[{n}]}}"') for n in range(replicas))

    def start(self) -> None:
        self.types(*self.hand.up, self.hand.names)

    def act(self, how: Callable[[Typist, Copy], object], *copies: Copy) -> None:
        if how.__doc__:
            self.remark(" ".join(how.__doc__.split()))
        for copy in copies:
            how(self, copy)

    def each_time(self, how: Callable[[Typist, Copy], object], *, for_s: float) -> None:
        self.act(how, Copy('"${copies[0]}"'))
        self.remark(f"and again, as often as it comes back, for {for_s:g} s")

    def scale(self, copies: int) -> None:
        self.types(self.hand.scale.format(copies=copies))

    def apply(self, *names: str) -> None:
        first = self.trials.arm.recipe.names if isinstance(self.trials.arm.recipe, Files) else ()
        every = tuple(dict.fromkeys((*first, *names))) if self.hand.together else names or first
        self.types(self.hand.apply.format(files=self.hand.files(every)))

    def update(self) -> None:
        self.types(self.hand.apply.format(files=self.hand.files(self.trials.arm.update.split())))

    def take_away(self, part: str, *, of: str = "control-plane") -> None:
        self.types(by_hand(part, f"{NAME}-{of}"))

    def shell(self, command: str, *, on: str) -> None:
        self.types(f"docker exec {NAME}-{on} bash -c {shlex.quote(command)}")

    def stop(self, node: str) -> None:
        self._power("stop", node)

    def pause(self, node: str) -> None:
        self._power("pause", node)

    def resume(self, node: str) -> None:
        self._power("resume", node)

    def stop_engine(self, host: str) -> None:
        self._power("stop_engine", host)

    def start_engine(self, host: str) -> None:
        self._power("start_engine", host)

    def _power(self, how: str, node: str) -> None:
        self.types(POWER[how].format(f"{NAME}-{node}"))

    def client(self, *, per_s: float = 50.0, outside: bool = False) -> None:
        if outside:
            self.types(f"url=http://{self.hand.url}")
            return
        self._client(f"{per_s:g}", "/", CLIENT)

    def load(self, *, per_s: float, cpu_ms: int) -> None:
        self._client(f"{per_s:g}", f"/burn?ms={cpu_ms}", LOAD)

    def _client(self, per_s: str, path: str, file: str) -> None:
        flags = f"client --dns --target {shlex.quote(front(path))} --per-s {per_s} --seconds {CLIENT_S}"
        self.types(f"{self.hand.client} {flags} > {file} &")

    def end_load(self) -> None:
        self.types("wait")

    def left_out(self, copy: Copy, *, within_s: float) -> bool:
        del copy, within_s
        self.remark("who answered, and when last")
        self.types("wait", f"tail -n 5 {CLIENT}")
        return True

    def shared(self, *, requests: int, copies: int) -> bool:
        self.remark(f"do all {copies} answer?")
        if any(line.startswith("url=") for line in self.lines):
            one = 'curl --silent --include "$url" | grep --ignore-case x-instance'
            self.types(f"for _ in $(seq {requests}); do {one}; done | sort | uniq --count")
        else:
            self.types("wait", f"grep --only-matching '{ANSWERER}' {CLIENT} | sort | uniq --count")
        return True

    def reach(self, service: str, *, within_s: float) -> bool:
        del within_s
        at = f"{NAME}-{self.trials.arm.at}"
        asked = f"exec 3<>/dev/tcp/$address/{PORT} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3"
        get = f"kubectl --namespace {NAME} get service {service} --output jsonpath='{{.spec.clusterIP}}'"
        self.remark(f"does Service {service} answer on {at}?")
        self.types(f"address=$({get})", f'docker exec {at} timeout 1 bash -c "{asked}"')
        return True

    def writes(self, copy: Copy, *, bytes_: int, name: str = "proof") -> None:
        self.ask(copy, "POST", f"/data?name={name}&bytes={bytes_}")

    def reads(self, copy: Copy, *, name: str = "proof") -> None:
        self.ask(copy, "GET", f"/data?name={name}")

    def restored(self, *, within_s: float, every_s: float = 1.0) -> bool:
        del every_s
        return self._looks("does it come back?", within_s)

    def replaced(self, *, within_s: float) -> bool:
        return self._looks("is each replaced by another one?", within_s)

    def copies(self, wanted: int, *, within_s: float) -> bool:
        return self._looks(f"do {wanted} serve?", within_s)

    def _looks(self, question: str, within_s: float) -> bool:
        self.remark(f"{question} Within {within_s:g} s, or not at all")
        self.types(f"for _ in $(seq {within_s / 2:.0f}); do sleep 2; {self.hand.look}; done")
        return True

    def hold(self, seconds: float) -> None:
        self.types(f"sleep {seconds:g}")

    def tries(self, what: str, how: Callable[[Typist], str]) -> bool:
        self.remark(what)
        how(self)
        return True

    def note(self, text: str) -> None:
        self.remark(text)

    def by_hand(self, command: str) -> None:
        self.types(command)


def script(lab: Lab) -> Iterator[str]:
    """All its cells, one after the other; each leaves nothing behind."""
    yield "#!/usr/bin/env bash"
    yield f"# {lab.question}"
    yield f"# In the folder manifests/{lab.name}. `labs images` makes the image, `labs up` tells kubectl's settings."
    yield 'export LABS_SCRATCH="$(mktemp --directory)"'
    for cell in lab.cells:
        yield ""
        yield f"echo {shlex.quote(f'== {cell.cell}, {WHERE[cell.arm.site.kind]}')}"
        yield from (f"#   {line}" for line in cell.scenario.plan.splitlines())
        yield from commands(cell)


def commands(cell: Trials) -> Sequence[str]:
    typist = Typist(cell, hand(cell.arm))
    if not cell.scenario.empty:
        typist.start()
    cell.scenario.act(typist)
    typist.types(*typist.hand.down, *typist.last)
    return typist.lines
