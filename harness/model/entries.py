"""What a trial writes down: one small type for each kind of line."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
STEADY_S = 60.0
KINDS: dict[str, type[Entry]] = {}


@dataclass_transform(kw_only_default=True, frozen_default=True)
def entry(cls: type[T]) -> type[T]:
    made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    KINDS[cls.__name__] = made  # type: ignore[assignment]
    return made


def label(value: Any) -> str:
    """What a question or a client is called in a recording: all of it that is not at its default."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(value).__name__).lower()
    own = [f"{f.name}={said}" for f in fields(value) if (said := getattr(value, f.name)) != f.default]
    return f"{words} ({', '.join(own)})" if own else words


@entry
class Entry:
    at_s: float = 0.0
    """On the trial's own clock."""


@entry
class Planned(Entry):
    """The first line of a trial: which of how many of its cell it is."""

    lab: str
    cell: str
    number: int
    of: int
    rerun: bool = False


@entry
class Began(Entry):
    """It has its site: its own clock begins so long after the run's."""

    began_s: float
    steady_s: float = STEADY_S
    """For so long at most a steady state is waited for."""


@entry
class Checked(Entry):
    """What must be sound for a trial to count: its site before, during and after it, streams of events, files."""

    what: str
    wrong: str = ""


@entry
class Receipt(Entry):
    """Something was done, or came: windows begin at it. Written once it is known whether it is proved."""

    id: str
    name: str
    sent_s: float
    proved: bool
    no: str = ""
    """What the platform said against it."""

    victims: tuple[str, ...] = ()


@entry
class Acted(Receipt):
    tried: bool
    """The platform may say no."""

    leaves: str = ""
    said: str = ""
    code: int = 0
    done_s: float = 0.0
    by: tuple[str, ...] = ()
    """The instances that answered when they were told to do it."""

    typed: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    lines: int = 0
    """Of those files, the ones that declare."""

    objects: int = 0
    program: int = 0
    """Lines of the files that are run."""


@entry
class Window(Receipt):
    since: str
    must: bool
    """Without it the trial does not count."""

    began_s: float
    within_s: float
    timer_s: float = 0.0
    missing: str = ""
    """What had not come when it closed."""


@entry
class Copy(Entry):
    """One copy of the application: what a look answers, written down when something about it is new."""

    what: str = ""
    """created, serving, unready, refused, died, gone; or to a request: answers, refuses, silent."""

    name: str
    thing: str
    """The container or Pod, which a restart in place leaves the same."""

    id: str
    """The incarnation: a container restarted in place is another one."""

    ready: bool = False
    state: str = ""
    code: int = -1
    """Its exit code; -1: it has none yet."""

    no: str = ""
    """Why the platform does not run it: an image that is not there, no room."""

    where: str = ""
    address: str = ""
    version: str = ""
    instance: str = ""
    unseen_s: float = 0.0
    """For how long before nobody had looked."""


@entry
class Looked(Entry):
    """A look that was due was taken."""

    serving: int


@entry
class Told(Entry):
    """The answer to a fact that was asked for."""

    fact: str
    said: str
    no: str = ""
    by: str = ""
    of: str = ""
    """The copy that was asked, by its incarnation."""


@entry
class Held(Entry):
    """Nothing was done for so long but look."""

    seconds: float


@entry
class Asking(Entry):
    """A client begins to ask."""

    client: str
    per_s: float
    resolution_s: float = 0.0
    """How closely it sees when something begins or ends: its pace and its clock."""

    judged: bool = True
    """Each of its requests is written down; those of a load are only counted."""


@entry
class Request(Entry):
    """When it was sent, to whom, who answered, and what went wrong."""

    client: str
    to: str
    by: str = ""
    error: str = ""
    """A class of failure (refused, timeout, resolve, ...) or a status; empty: it was answered."""

    took_s: float = 0.0


@entry
class Asked(Entry):
    """A client has ended: so many requests it says to have sent."""

    client: str
    sent: int
    failed: int = 0
    late_p99_s: float = 0.0
    """Of a hundred, 99 were sent within so long after their moment in the schedule."""

    late_max_s: float = 0.0
    wrong: str = ""


@entry
class Heard(Entry):
    """The platform's own word; it tells people what happened, and wakes whoever waits."""

    who: str
    what: str
    text: str = ""


@entry
class Said(Entry):
    """A line that a container wrote: its moment is the runtime's own, to a microsecond, on the trial's clock."""

    name: str
    """The copy."""

    container: str
    """As its file calls it."""

    line: str


@entry
class Ended(Entry):
    """The last line of a trial, which counts them all: none is lost unnoticed."""

    entries: int
    wrong: str = ""
