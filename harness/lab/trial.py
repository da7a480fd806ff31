"""The verbs of a scenario. They are carried out on a site (recorder), on paper (script), on a recording (audit)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import inf
from typing import Any

from harness.lab.acts import Act, asks, up
from harness.lab.open_site import Ask
from harness.lab.question import Fact, Question
from harness.lab.questions import LeftOut, Number, Restored
from harness.model.entries import STEADY_S, Acted, Copy, Entry, Receipt
from harness.model.seen import Seen
from harness.model.verdict import NotShown

EVERY_S = 0.5
Victim = Copy | str
"""A copy, or the name of a node."""


class Trial(ABC):
    entries: Sequence[Entry] = ()
    """What was seen so far."""

    last: Receipt | None = None
    """Of the last act."""

    steady_s: float = STEADY_S

    # -- what has to be: without it the trial does not count

    def steady(self, *, replicas: int) -> tuple[Copy, ...]:
        """Bring the arm up if nothing was done yet, and wait until so many copies serve."""
        if first := self.last is None:
            self.act(up)
        self.until(Number(replicas), within_s=self.steady_s)
        if first:
            self.room()
            self.until(Number(replicas), within_s=self.steady_s)  # still, or again
        return self.copies()

    def act(self, how: Act, *victims: Victim) -> Receipt:
        """Do something that has to work."""
        self.last = _counts(self.do(how, victims, tried=False))
        return self.last

    def until(self, of: Question[Any], *, since: Receipt | None = None, within_s: float) -> Receipt:
        """Wait for something that has to come."""
        return _counts(self.wait(of, since or self.acted(), within_s, 0.0, must=True))

    def client(self, *, per_s: float = 50.0, outside: bool = False) -> Receipt:
        """Have the copies asked by their common name from now until the end, from inside their network.

        From outside, it is their published port that is asked.
        """
        return self.act(asks(Ask(per_s, at="outside" if outside else "")))

    # -- what may be: that it is not is a finding

    def tries(self, how: Act, *victims: Victim) -> Receipt:
        """Do something to which the platform may say no."""
        tried = self.do(how, victims, tried=True)
        self.last = tried if tried.no else _counts(tried)
        return self.last

    def watch(
        self, of: Question[Any], *, since: Receipt | None = None, within_s: float, timer_s: float = 0.0
    ) -> Receipt:
        """Wait for something since a receipt, by default the last act's.

        Where it does not come this lasts at least `within_s`, and longer where it came late in trials like this one.
        `timer_s` is a known pause of the platform's in between, which counts once.
        """
        return self.wait(of, since or self.acted(), within_s, timer_s, must=False)

    def restored(self, *, within_s: float) -> Receipt:
        """Watch until as many fresh copies serve as were lost."""
        return self.watch(Restored(), within_s=within_s)

    def left_out(self, *, within_s: float) -> Receipt:
        """Watch until what was acted upon gets no requests any more, while others do."""
        return self.watch(LeftOut(), within_s=within_s)

    # -- what each of the three does in its own way

    @abstractmethod
    def do(self, how: Act, victims: tuple[Victim, ...], *, tried: bool) -> Receipt: ...

    @abstractmethod
    def wait(self, of: Question[Any], since: Receipt, within_s: float, timer_s: float, *, must: bool) -> Receipt: ...

    @abstractmethod
    def look(self, fact: Fact[Any]) -> None:
        """Ask for it, and write down the answer."""

    @abstractmethod
    def hold(self, seconds: float) -> None:
        """Do nothing but look, for so long."""

    def room(self) -> None:  # noqa: B027  (only the recorder shares a machine)
        """Wait until what is measured may begin."""

    # -- what they share

    def copies(self, until_s: float = inf) -> tuple[Copy, ...]:
        """Those that serve, by name."""
        return tuple(sorted(Seen(self.entries, self.acted()).serving(until_s).values(), key=lambda c: c.name))

    def hit(self, victims: tuple[Victim, ...], until_s: float = inf) -> tuple[Copy, ...]:
        """The victims themselves, or the copies that are on them."""
        there = self.copies(until_s) if any(isinstance(v, str) for v in victims) else ()
        return tuple(c for v in victims for c in ([v] if isinstance(v, Copy) else there) if v in (c, c.where))

    def acted(self) -> Receipt:
        if self.last is None:
            raise TypeError("nothing was done yet since which something could be waited for")
        return self.last


def _counts(receipt: Receipt) -> Receipt:
    if receipt.proved:
        return receipt
    reason = "no-receipt" if isinstance(receipt, Acted) else "did-not-come"
    why = receipt.no or getattr(receipt, "missing", "") or "nothing shows that it came to pass"
    raise NotShown(reason, f"{receipt.name}: {why}")
