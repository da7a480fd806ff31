"""Carries a scenario out on an open site, and writes down all that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.lab import manifests
from harness.lab.acts import Act, up
from harness.lab.open_site import Answer, No, TrialSite
from harness.lab.question import Fact, Question, needed
from harness.lab.timeline import COVERAGE
from harness.lab.trial import EVERY_S, Trial, Victim
from harness.model.clock import Clock
from harness.model.entries import STEADY_S, Acted, Copy, Entry, Held, Looked, Receipt, Window
from harness.model.seen import Seen
from harness.model.verdict import NotShown
from harness.running.beside import Beside, Sent
from harness.running.facts import Facts
from harness.running.observer import Observer

SOON_S = 0.1
"""Between two looks where an answer is due; where nothing is due, the platform's events and EVERY_S lead."""

PROOF_S = 30.0
"""An act's effect must be seen within so long."""

SLOWER_S = 0.5
"""By how much later successes may be slower than those so far, without a window having been too short."""

STALLED = 2.5
"""So many times longer a window lasts at most to make good for looks that were missed."""

UNHEARD_S = 60.0
"""Hard limit of a window: ten times its declared time plus this."""


@dataclass(kw_only=True)
class Recorder(Trial):
    site: TrialSite
    clock: Clock
    beside: Beside
    put: Callable[[Entry], None]
    entries: Sequence[Entry]
    began: float
    folder: Path
    """The lab's manifests."""

    steady_s: float = STEADY_S
    receipts: int = 0

    @cached_property
    def observer(self) -> Observer:
        return Observer(self.site, self.now, self.put)

    @cached_property
    def facts(self) -> Facts:
        return Facts(self.site, self.clock, self.now)

    def now(self) -> float:
        return round(self.clock.now() - self.began, 6)

    # -- the verbs

    def do(self, how: Act, victims: tuple[Victim, ...], *, tried: bool) -> Receipt:
        hit = self.hit(victims)
        if victims and not hit and how.leaves:
            raise NotShown("not-steady", f"no copy on {victims[0]}")
        if how is not up:
            self.beside.before(how.name)

        def send() -> Sent:
            return self.clock.now(), how.send(self.site, victims or (None,))

        at, answer = self.beside.strike(send) if how.wide else send()
        ids, sent_s, done_s = tuple(v.id for v in hit), round(at - self.began, 6), self.now()
        acted = Acted(
            id=self._id(), name=how.name, sent_s=sent_s, done_s=done_s, proved=False, victims=ids, tried=tried,
            leaves=how.leaves, said=answer.said[-2000:], code=answer.code, by=answer.by, no=answer.no,
            typed=answer.typed, files=answer.files, **self._size(answer),
        )  # fmt: skip
        missing = answer.no or self._unproved(how, acted, hit)
        return self._put(replace(acted, proved=not missing, at_s=self.now()))

    def wait(self, of: Question[Any], since: Receipt, within_s: float, timer_s: float, *, must: bool) -> Receipt:
        began, missing, no = self.now(), "", ""
        came = [] if must else self.beside.came(f"{of.label} since {since.name}")
        self.facts.begin(of.looks)
        for looks in self._looks():
            self._look_at(of.looks, since)
            seen = Seen(self.entries, since)
            missing = of.missing(seen)
            no = of.hopeless(seen) if missing else ""
            if not missing or no:
                break
            least = within_s if must else needed(within_s, timer_s, came, slower_s=SLOWER_S) + of.quiet_s
            waited_s = self.now() - (began if must else since.sent_s)
            self.beside.tell(missing, waited_s, least)
            stalled = looks.missed() and waited_s < STALLED * least
            if (waited_s >= least and (must or not stalled)) or waited_s >= 10 * within_s + UNHEARD_S:
                break
        if not missing and not must:
            came.append(of.took_s(Seen(self.entries, since)))
        now = self.now()
        return self._put(Window(
            at_s=now, id=self._id(), name=of.label, sent_s=now, proved=not missing, must=must,
            no=no, missing=missing, victims=since.victims, since=since.id, began_s=began, within_s=within_s,
            timer_s=timer_s,
        ))  # fmt: skip

    def look(self, fact: Fact[Any]) -> None:
        self.put(self.facts.ask(fact))

    def hold(self, seconds: float) -> None:
        end = self.now() + seconds
        for _ in self._looks():
            if self.now() >= end:
                break
            self.beside.tell("the end of a pause", seconds - (end - self.now()), seconds)
        self.put(Held(at_s=self.now(), seconds=seconds))

    def room(self) -> None:
        self.beside.room()

    # -- what they share

    def _looks(self) -> Iterator[Ticks]:
        """Looks on a fixed schedule, and in between where something is due; one that was missed stays missing."""
        ticks = Ticks(self.now)
        while True:
            with suppress(No):
                self.observer.look()
                if ticks.due():
                    self.put(Looked(at_s=self.now(), serving=len(self.observer.serving)))
            yield ticks
            soon = self.observer.due or self.facts.pending
            self.clock.sleep(SOON_S if soon else min(EVERY_S, ticks.left()))

    def _look_at(self, facts: Sequence[Fact[Any]], since: Receipt) -> None:
        """Written down once since the receipt, and when the answer is another one."""
        for told in self.facts.look(facts):
            before = Seen(self.entries, since).told(told.fact)
            fresh = before is not None and before.at_s > since.sent_s
            if not fresh or before is None or (before.said, before.no) != (told.said, told.no):
                self.put(told)

    def _unproved(self, how: Act, acted: Acted, victims: Sequence[Copy]) -> str:
        self.observer.due = True
        missing = ""
        for _ in self._looks():
            if how.leaves not in ("", "ended"):
                self._see_manners(how.leaves, victims)
            missing = Seen(self.entries, acted).unproved(how.leaves, acted.by) if how.leaves else ""
            if not missing or self.now() - acted.done_s >= PROOF_S:
                break
            self.beside.tell(missing, self.now() - acted.done_s, PROOF_S)
            self.observer.due = True
        return missing

    def _see_manners(self, leaves: str, victims: Sequence[Copy]) -> None:
        for victim in victims:
            if (manner := self.observer.manner(victim)) == leaves:
                self.put(replace(victim, at_s=self.now(), what=manner))

    def _size(self, answer: Answer) -> dict[str, int]:
        """Of the files that were applied."""
        declared = [manifests.size(self.folder / f) for f in answer.files if not f.endswith(".sh")]
        program = [manifests.size(self.folder / f)[0] for f in answer.files if f.endswith(".sh")]
        return {"lines": sum(n for n, _ in declared), "objects": sum(n for _, n in declared), "program": sum(program)}

    def _id(self) -> str:
        self.receipts += 1
        return f"r{self.receipts}"

    def _put(self, receipt: Receipt) -> Receipt:
        self.put(receipt)
        return receipt


class Ticks:
    """A fixed schedule of looks."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._began = now, now()
        self._last = self._taken = 0

    def due(self) -> bool:
        number = int((self._now() - self._began) / EVERY_S + 0.01)
        if number <= self._last:
            return False
        self._last, self._taken = number, self._taken + 1
        return True

    def missed(self) -> bool:
        """Whether so few were taken that a "no" would not count."""
        return self._taken < COVERAGE * int((self._now() - self._began) / EVERY_S)

    def left(self) -> float:
        """Until the next one is due; one that was not answered is tried again, but not at once."""
        return max(SOON_S, self._began + (self._last + 1) * EVERY_S - self._now())
