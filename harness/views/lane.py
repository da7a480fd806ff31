"""One trial at one moment: its copies, what was done last, what is missing, what its clients get."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from string import ascii_lowercase

from harness.lab.acts import listen, up
from harness.model import entries
from harness.model.entries import Acted, Asked, Asking, Request
from harness.views.words import ASKS

STATES = {
    "created": "starting",
    "serving": "serving",
    "answers": "serving",
    "unready": "silent",
    "refuses": "silent",
    "silent": "silent",
    "refused": "refused",
    "died": "ended",
    "gone": "ended",
}
"""How a copy is, by what was last said of it; one that ended once stays so."""

BUCKET_S = 0.5
BUCKETS = 40
"""Intervals of the clients' view that are kept: 20 s."""

UNSHOWN = (up.name, listen.name, ASKS)
"""How the names of acts begin that are not worth showing: an arm was brought up, somebody listens, a client asks."""


@dataclass(slots=True)
class Copy:
    """One incarnation: the letter is its own, so that whatever comes back is seen to be another one."""

    letter: str
    state: str = "starting"
    instance: str = ""
    """As which it answers."""


@dataclass(slots=True)
class Lane:
    lab: str
    scenario: str
    arm: str
    number: int
    began_s: float
    copies: list[Copy] = field(default_factory=list)
    acted: str = ""
    """What was done last."""

    missing: str = ""
    since_s: float = 0.0
    allowed_s: float = 0.0
    client: dict[int, tuple[int, int]] = field(default_factory=dict)
    """How many requests were answered and how many failed, by the interval in which they were sent."""

    answers: Counter[str] | None = None
    """Of a client's requests, who answered how many; until something is done to anybody, or the client ends."""

    serving: list[tuple[float, int]] = field(default_factory=list)
    """From when on how many served."""

    loads: dict[str, float] = field(default_factory=dict)
    """Clients that are there for the load that they are, and how often a second they ask."""

    scaling_s: float | None = None
    """Since when something may have changed how many are to serve: a load, or an act upon no copy of them."""

    _known: dict[str, Copy] = field(default_factory=dict)
    """By incarnation; by container or Pod until it first starts."""

    @property
    def cell(self) -> str:
        return f"{self.scenario} @ {self.arm}"

    @property
    def name(self) -> str:
        return f"{self.cell} #{self.number}"

    def begins(self, asking: Asking) -> None:
        if asking.judged:
            self.answers = Counter()
        else:
            self.loads[asking.client] = asking.per_s
            self.scaled(asking.at_s)

    def ends(self, asked: Asked) -> None:
        if self.loads.pop(asked.client, None) is None:
            self.answers = None

    def scaled(self, at_s: float) -> None:
        self.scaling_s = at_s if self.scaling_s is None else self.scaling_s

    def asked(self, one: Request) -> None:
        number, answered = int(one.at_s / BUCKET_S), not one.error
        yes, no = self.client.get(number, (0, 0))
        self.client[number] = yes + answered, no + (not answered)
        if len(self.client) > BUCKETS:
            del self.client[min(self.client)]
        if answered and self.answers is not None:
            self.answers[one.by] += 1

    def seen(self, one: entries.Copy) -> None:
        key = one.id or one.thing
        copy = self._known.get(key) or (self._known.pop(one.thing, None) if one.id else None)
        if copy is None:
            copy = Copy(letter(len(self.copies)))
            self.copies.append(copy)
        self._known[key] = copy
        before = copy.state
        if copy.state != "ended":
            copy.state = STATES.get(one.what, copy.state)
        copy.instance = one.instance or copy.instance
        if more := (copy.state == "serving") - (before == "serving"):
            self.serving.append((one.at_s, self.serving[-1][1] + more if self.serving else 1))

    def did(self, act: Acted) -> None:
        if act.name.partition(" ")[0] not in UNSHOWN:
            failed = "was refused" if act.no else "had no effect"
            self.acted = act.name if act.proved else f"{act.name} {failed}"
            self.answers = None
            if not act.victims:
                self.scaled(act.sent_s)


def letter(number: int) -> str:
    """a to z, and then aa, ab."""
    again, last = divmod(number, len(ascii_lowercase))
    return (letter(again - 1) if again else "") + ascii_lowercase[last]
