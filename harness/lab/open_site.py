"""What can be asked of an open site, and of a trial's part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from harness.lab.arm import Arm
from harness.model.clock import Deadline
from harness.model.entries import Copy, Entry

ASK_S = 1.0
"""For so long at most an answer of a copy is waited for, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client asks for, whom, how often, and from where."""

    per_s: float = 50.0
    path: str = "/"
    to: tuple[str, ...] = ("web",)
    """Names or addresses, asked in turn."""

    port: int = 0
    """0: the application's own, or from outside the one that is published."""

    kept: bool = False
    """All requests to one of them go over one connection."""

    timeout_s: float = 0.5
    host: str = ""
    """The Host header, where it is not the target's name."""

    at: str = ""
    """`outside`, `forwarded` (a port that kubectl forwards), or a node; else in the copies' own network."""

    judged: bool = True
    """Each request is written down."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of something that was done or asked."""

    said: str = ""
    code: int = 0
    """A command's exit code, an application's status."""

    by: tuple[str, ...] = ()
    """The instances of the application that answered."""

    no: str = ""
    """Why it was not done."""

    typed: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Names in the lab's folder of files that were applied."""


class No(Exception):
    """The platform, or the application, said no or nothing at all: its text says which."""


class Target(Protocol):
    """What acts are done to: a trial's own namespace, project, stack or host; or the hand that types them."""

    arm: Arm

    def ask(self, copy: Copy, method: str, path: str, *, within_s: float = ASK_S) -> Answer: ...

    def signal(self, copy: Copy, how: str) -> Answer:
        """End a copy from outside: stop, kill, remove or host-kill."""
        ...

    def types(self, command: str) -> Answer:
        """Run it as a list of arguments in the trial's own surroundings, never by a shell."""
        ...

    def power(self, node: str, how: str) -> Answer:
        """stop, pause or resume a host or node; stop-engine or start-engine where it is a Docker host."""
        ...

    def take_away(self, part: str, node: str) -> Answer:
        """Take a part of the platform from a node, where each has one."""
        ...

    def reach(self, service: str, node: str) -> Answer:
        """Ask a Service by its address from a node."""
        ...

    def begin(self, ask: Ask) -> Answer: ...
    def end(self, ask: Ask | None = None) -> Answer: ...


@runtime_checkable
class Repeats(Protocol):
    """What some sites can do besides."""

    def repeats(self, command: str, times: int) -> list[Answer]:
        """Type it so often, several at a time, as a person's loop would."""
        ...


@runtime_checkable
class Listens(Protocol):
    def listen(self) -> Answer:
        """Until the trial ends, write down all that containers write, from the first line of each."""
        ...


class TrialSite(Target, Protocol):
    """An open site as one trial sees it. Each method is bounded in time."""

    def look(self) -> Sequence[Copy]:
        """What is there now, asked anew: `name`, `thing`, `id`, `ready`, `state`, `code`, `no`, `where`, ..."""
        ...

    def altered(self) -> str:
        """What the platform made of the arm's files that is not in them; empty where it is as declared."""
        ...

    def evidence(self) -> Mapping[str, str]:
        """What is known of all that a trial left standing, by a short name, for whoever asks why it broke."""
        ...

    def leave(self) -> None:
        """Begin to remove what the trial made; the site's `close` waits for the end of it."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """One trial's place on a site: what it is called there, and where what is seen of it goes."""

    run: str
    trial: str
    arm: Arm
    manifests: Path
    """The lab's own folder of files to apply."""

    folder: Path
    """The run's own, for what is written along the way."""

    heard: Callable[[Entry], None] = field(default=lambda _: None)
    """A request, or the platform's word: its `at_s` is on the machine's clock."""

    stirred: Callable[[], None] = field(default=lambda: None)
    """Called with each event, so that a wait looks again at once."""

    over: Callable[[], bool] = field(default=lambda: False)
    """Whether the run is being ended: nothing more is begun."""

    at: str = ""
    """Where somebody else has brought up what is tried: a Compose project, a namespace. Nothing of it is removed."""

    @property
    def name(self) -> str:
        """Short enough for a host name with a suffix, and of no other trial."""
        return self.at or f"dkl-{self.run}-{self.trial}"


class OpenSite(Protocol):
    """Each method is bounded in time and may be called from any thread."""

    name: str

    def open(self, deadline: Deadline) -> None:
        """Make it, or make it sound again after it was broken."""
        ...

    def check(self, arm: Arm, manifests: Path) -> None:
        """Have the platform read the arm's files without doing anything; a Problem names file and place."""
        ...

    def health(self) -> str:
        """What is wrong with the site; empty when nothing is."""
        ...

    def streams(self) -> Mapping[str, str]:
        """What is wrong with each stream of events."""
        ...

    def trial(self, scope: Scope) -> TrialSite: ...

    def close(self, deadline: Deadline) -> Sequence[str]:
        """Remove everything of this run; answers what could not be removed."""
        ...


class Shared(OpenSite, Protocol):
    """A site on which people have things of their own."""

    def attach(self, scope: Scope) -> tuple[TrialSite, tuple[str, ...]]:
        """Take what stands at `scope.at` for the arm; answers it, and the images that it is made of.

        What somebody is just changing is waited for; `leave` leaves all of it as it is.
        """
        ...
