"""What every site can be asked: the narrow door between a trial and a platform."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from harness.model import project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.model.arm import Arm
    from harness.model.clock import Deadline
    from harness.model.site import Replica
    from harness.sites.client import Client, Hear

RUN_LABEL = project.RUN_LABEL
TRIAL_LABEL = "dk-labs.trial"
BESIDE_LABEL = "dk-labs.beside"
"""On what stands beside a trial's copies of the application, as its client does: no look shows it."""

FRONT = "web"
"""The name under which the copies are asked together."""

ASK_S = 1.0


class Unanswered(Exception):
    """The application did not answer: its class is the text (refused, timeout, reset, ...)."""


class Gone(Exception):
    """What was to be acted upon is not there any more."""


@dataclass(eq=False)
class Refusal(Exception):
    """The platform was asked for copies, and said no to so many of them; of those that it took all were made."""

    refused: int
    why: str

    def __str__(self) -> str:
        return f"{self.refused} refused: {self.why}"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client asks for, how often, and whether from inside the copies' network or from beyond it."""

    per_s: float = 50.0
    path: str = "/"
    outside: bool = False


def client_name(ask: Ask) -> str:
    """A trial may have two: one whose requests are judged, and one that only makes work."""
    return "client" if ask.path == "/" else "load"


@dataclass(eq=False, slots=True)
class Scope:
    """One trial's place on a site: what it is called there, and where what is seen of it goes."""

    run: str
    trial: str
    arm: Arm
    manifests: Path
    """The lab's own folder of files to apply."""

    folder: Path
    """The run's own, for what is written along the way."""

    heard: Callable[[str, str, dict[str, str]], None]
    """An event of the platform: who, what, facts."""

    stirred: threading.Event = field(default_factory=threading.Event)
    """Set by each event, so that a wait looks again at once."""

    over: threading.Event = field(default_factory=threading.Event)
    """Set when the run is being ended: nothing more is begun."""

    at: str = ""
    """Where somebody else has brought up what is tried: a Compose project, a namespace. Nothing of it is removed."""

    @property
    def name(self) -> str:
        """Short enough for a host name with a suffix, and of no other trial."""
        return self.at or f"dkl-{self.run}-{self.trial}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    instance: str
    data: str = ""
    """Of what it wrote or read: bytes and checksum, or that there is none."""


class Breakable(Protocol):
    """A site of a lab's own, of which hosts or nodes may be broken: they are called by their short names."""

    def holds(self, node: str, replica: Replica) -> bool:
        """Whether this copy is there."""
        ...

    def shell(self, scope: Scope, node: str, command: str) -> str:
        """Run a command there; answers what it printed, or raises Unanswered where it failed."""
        ...

    def power(self, scope: Scope, node: str, how: str) -> str:
        """stop, pause or resume it; stop-engine or start-engine where it is a Docker host.

        What is begun again is waited for until it is as sound as before.
        """
        ...


class Parted(Protocol):
    """A cluster of a lab's own, of which a part may be taken away."""

    def take_away(self, scope: Scope, part: str, node: str) -> str: ...

    def reach(self, scope: Scope, service: str) -> str:
        """Ask a Service by its address, from the node where the arm stands."""
        ...


class Place(Protocol):
    """A site that is open. Each method is bounded in time and may be called from any thread."""

    name: str

    def open(self, deadline: Deadline) -> None: ...

    def check(self, arm: Arm, folder: Path) -> None:
        """Have the platform read the arm's files without doing anything; a Problem names file and place."""
        ...

    def health(self) -> str:
        """What is wrong with the site; empty when nothing is."""
        ...

    def streams(self) -> dict[str, str]:
        """The state of each stream of events: open or lost."""
        ...

    def apply(self, scope: Scope) -> Sequence[str]:
        """Bring the arm's recipe into being, as it is; answers the commands that a person would have typed."""
        ...

    def look(self, scope: Scope) -> tuple[Replica, ...]:
        """What is there now, asked anew."""
        ...

    def ask(self, scope: Scope, replica: Replica, method: str, path: str, *, within_s: float = ASK_S) -> Answer: ...

    def signal(self, scope: Scope, replica: Replica, how: str) -> str:
        """End a copy from outside: stop, kill, remove or host-kill. Answers what the platform said."""
        ...

    def client(self, scope: Scope, ask: Ask, hear: Hear) -> Client:
        """Begin to ask the trial's `web` by its name from inside its network, or from outside at a published port.

        The caller ends it.
        """
        ...

    def scale(self, scope: Scope, copies: int) -> str: ...

    def add(self, scope: Scope, names: Sequence[str]) -> str:
        """Apply further files of the lab's; answers the command that a person would have typed."""
        ...

    def change(self, scope: Scope, names: Sequence[str]) -> str:
        """Apply these files in the place of the arm's own; answers the command."""
        ...

    def evidence(self, scope: Scope) -> dict[str, str]:
        """What is known of all that a trial left standing, by a short name, for whoever asks why it broke."""
        ...

    def leave(self, scope: Scope) -> None:
        """Begin to remove what the trial made; `close` waits for the end of it."""
        ...

    def close(self, deadline: Deadline) -> Sequence[str]:
        """Remove everything of this run; answers what could not be removed."""
        ...


class Shared(Place, Protocol):
    """A site on which people have things of their own."""

    def attach(self, scope: Scope) -> tuple[str, ...]:
        """Take what stands at `scope.at` for the arm, instead of applying it; answers the images that it is made of.

        What somebody is just changing is waited for; `leave` leaves all of it as it is.
        """
        ...
