"""What can be done: to a copy, to a node, to the platform. An act is a value; a lab may declare its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from harness.lab.open_site import Answer, Ask, Listens, No, Repeats, Target
from harness.lab.question import Fact, typed
from harness.model.entries import Copy, label

PROGRAMS = ("docker", "kubectl")
SHELL = {"|", "||", "&", "&&", ";", ">", ">>", "<"}


@dataclass(frozen=True, slots=True)
class Act:
    name: str
    do: Callable[[Target, Any], Answer]
    leaves: str = ""
    """How its victims are seen afterwards: ended, answers, refuses, silent."""

    wide: bool = False
    """It hits everything on its site, so that its trials run in rounds."""

    def send(self, to: Target, victims: Iterable[Any]) -> Answer:
        """Do it to each. That the platform says no stands in the answer."""
        try:
            return together([self.do(to, victim) for victim in victims])
        except No as no:
            return Answer(no=str(no) or "no answer")


def act(*, leaves: str = "ended", wide: bool = False) -> Callable[[Callable[[Target, Any], Answer]], Act]:
    """Make an act of a function: `@act(leaves="silent")`."""
    return lambda do: Act(do.__name__.replace("_", " "), do, leaves, wide)


def command(*texts: str) -> Act:
    """What a person types; one text for each program where arms differ in it."""
    for text in texts:
        _checked(text)
    return Act(texts[0], lambda to, _: to.types(typed(texts, to.arm.site.program)))


def fact(name: str, *commands: str, parse: Callable[[str], Any] = str) -> Fact[Any]:
    """What a command answers, as something to look at, to wait for and to judge."""
    for text in commands:
        _checked(text)
    return Fact(name, commands, parse)


def _checked(text: str) -> None:
    words = shlex.split(text)
    if words[0] not in PROGRAMS or SHELL & set(words):
        raise TypeError(f"{text!r} is not one command of {' or '.join(PROGRAMS)}")


def update(version: str = "") -> Act:
    """Apply the arm's files of that version, by its platform's own means; none: the first ones again."""
    name = f"update to {version}" if version else "apply the first files again"
    return Act(name, lambda to, _: together([to.types(c) for c in to.arm.commands(version)]))


def apply(*names: str) -> Act:
    """Apply further files of the lab's, beside those of the arm."""

    def do(to: Target, _: Any) -> Answer:
        site = to.arm.site
        files = " ".join(f"{site.flag} {name}" for name in names)
        return to.types(site.applies.format(files=files))

    return Act(f"apply {' '.join(names)}", do)


def asks(ask: Ask) -> Act:
    """Have a client ask from now on; `calm` ends it."""
    return Act(label(ask), lambda to, _: to.begin(ask))


def take_away(part: str, *, of: str = "control-plane") -> Act:
    """Take a part of the platform away; only from a site that is the run's own."""
    return Act(f"take {part} from {of}", lambda to, _: to.take_away(part, of), wide=True)


def together(every: list[Answer]) -> Answer:
    """One answer of several: the first that is a "no", be it an exit code or a status, or else the last."""
    bad = next((a for a in every if a.no or (a.code if a.typed else a.code >= 400)), None)
    told = bad or every[-1]
    return Answer(
        told.said, told.code, tuple(i for a in every for i in a.by),
        (bad.no or f"{bad.code}: {bad.said}") if bad else "",
        tuple(t for a in every for t in a.typed), tuple(f for a in every for f in a.files),
    )  # fmt: skip


def _up(to: Target, _: Any) -> Answer:
    """What is typed several times in a row is typed by several hands, where the site has them."""
    if to.arm.standing:
        return Answer("it stands")
    answers = list[Answer]()
    for one, same in groupby(to.arm.commands()):
        times = len(list(same))
        several = times > 1 and isinstance(to, Repeats)
        answers += to.repeats(one, times) if several else [to.types(one) for _ in range(times)]  # type: ignore[attr-defined]
    return together(answers)


def _listen(to: Target, _: Any) -> Answer:
    if not isinstance(to, Listens):
        raise TypeError(f"nobody can listen on {to.arm.site.name}")
    return to.listen()


up = Act("up", _up)
listen = Act("listen", _listen)
"""To what the containers write, from the first line of each: so it is early enough once they run."""

calm = Act("calm", lambda to, _: to.end())


def _asked(method: str, path: str) -> Callable[[Target, Copy], Answer]:
    return lambda to, copy: to.ask(copy, method, path)


def _power(how: str) -> Callable[[Target, str], Answer]:
    return lambda to, node: to.power(node, how)


def _signal(how: str) -> Callable[[Target, Copy], Answer]:
    return lambda to, copy: to.signal(copy, how)


crash = Act("crash", _asked("POST", "/crash?code=1"), "ended")
exit_0 = Act("exit 0", _asked("POST", "/exit0?code=0"), "ended")
hang = Act("hang", _asked("POST", "/hang"), "silent")
unready = Act("unready", _asked("POST", "/unready"), "refuses")
stop = Act("stop", _signal("stop"), "ended")
kill = Act("kill", _signal("kill"), "ended")
host_kill = Act("host kill", _signal("host-kill"), "ended")
remove = Act("remove", _signal("remove"), "ended")
pause = Act("pause", _signal("pause"), "silent")
unpause = Act("unpause", _signal("unpause"), "answers")

stop_node = Act("stop node", _power("stop"), "silent", wide=True)
pause_node = Act("pause node", _power("pause"), "silent", wide=True)
resume_node = Act("resume node", _power("resume"), wide=True)
stop_engine = Act("stop engine", _power("stop-engine"), "silent", wide=True)
start_engine = Act("start engine", _power("start-engine"), wide=True)


@act(leaves="answers")
def nothing(to: Target, copy: Copy | None) -> Answer:
    """The blank of every act: it is well, and asked so."""
    return to.ask(copy, "GET", "/") if copy else Answer("left alone")


DATA_S = 30.0


def writes(bytes_: int, name: str = "proof") -> Act:
    """Have a copy write so many bytes that are always the same ones, down to the disk."""
    path = f"/data?name={name}&bytes={bytes_}"
    return Act(f"write {bytes_} bytes", lambda to, copy: to.ask(copy, "POST", path, within_s=DATA_S), "answers")


def read(copy: Copy, name: str = "proof") -> Fact[str]:
    """What a copy finds of it: how much, and its checksum."""
    ask = partial(_reads, copy, f"/data?name={name}")
    return Fact("read back", does=ask, of=copy.id)


def _reads(copy: Copy, path: str, to: Target) -> Answer:
    return to.ask(copy, "GET", path, within_s=DATA_S)


ASKS_INSIDE = {"docker": "docker exec {} ask {}", "kubectl": "kubectl exec {} -- ask {}"}


def found_by(copy: Copy, place: str) -> Fact[str]:
    """Who answers a copy at HOST:PORT, typed in its own container: what that one says, and as whom."""
    return Fact(f"{copy.name} asks {place}", does=partial(_found, copy, place), of=copy.id)


def each_other(copies: Sequence[Copy], places: Sequence[str]) -> tuple[Fact[str], ...]:
    """Each copy asks for all the others; `places` is where each of them can be found, in their order."""
    own = tuple(zip(copies, places, strict=True))
    return tuple(found_by(copy, place) for copy, at in own for place in places if place != at)


def _found(copy: Copy, place: str, to: Target) -> Answer:
    answer = to.types(ASKS_INSIDE[to.arm.site.program].format(copy.name, f"GET / {place}"))
    said = answer.said.split()
    return replace(answer, by=(said[1],)) if answer.code == 0 and len(said) > 1 else answer


def reach(service: str) -> Fact[str]:
    """Whether a Service answers at its address, from the arm's node."""
    return Fact(f"an answer of {service}", does=partial(_reach, service))


def _reach(service: str, to: Target) -> Answer:
    return to.reach(service, to.arm.at)
