"""One recording, audited: which part of it answers a question, and whether it watched well enough for a "no"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from harness.lab.question import Question, needed
from harness.lab.trial import EVERY_S
from harness.model.entries import Acted, Entry, Looked, Receipt, Window
from harness.model.seen import Seen
from harness.model.verdict import NotShown

E = TypeVar("E", bound=Entry)
COVERAGE = 0.9
TOO_SHORT, TOO_FEW = "window-too-short", "too-few-looks"
ROUNDED_S = 0.001
STALLED, SICK, BEFORE = "client-silent", "sick-site", "site before"

Which = tuple[str, int]
"""A run, and the number of the trial in its cell."""


class Step(NamedTuple):
    receipt: Receipt
    seen: int
    """How many lines there were when it was written."""

    question: Question[Any] | None
    """What was watched for."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What somebody had to do and to write until it worked, counted in the recording."""

    commands: int
    files: int
    lines: int
    objects: int
    program: int = 0
    """Lines of what does not declare but run."""

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.commands - other.commands, self.files - other.files, self.lines - other.lines,
            self.objects - other.objects, self.program - other.program,
        )  # fmt: skip

    def __str__(self) -> str:
        counted = (
            (self.commands, "command"), (self.files, "file"), (self.lines, "line"), (self.objects, "object"),
            (self.program, "line of program"),
        )  # fmt: skip
        told = [f"{n} {what if n == 1 else what.replace('line', 'lines', 1) if ' ' in what else what + 's'}"
                for n, what in counted if n]  # fmt: skip
        return " and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]])) or "nothing"


@dataclass(frozen=True, eq=False)
class Timeline:
    entries: tuple[Entry, ...]
    number: int
    steps: Mapping[str, Step]
    """By the receipts' ids."""

    wrong: NotShown | None
    """Why nothing of it counts."""

    run: str = ""

    @property
    def which(self) -> Which:
        return self.run, self.number

    def of(self, kind: type[E]) -> list[E]:
        return [e for e in self.entries if type(e) is kind]

    def seen(self, question: str, since: str) -> Seen:
        """What had been seen when the window for it ended, since what it waited for; without a window, all."""
        for receipt, place, _ in reversed(list(self.steps.values())):
            if isinstance(receipt, Window) and receipt.name == question and since in ("", self.since(receipt).name):
                return Seen(self.entries[:place], self.since(receipt))
        every = [r for r, *_ in self.steps.values() if since == r.name or (not since and isinstance(r, Acted))]
        if not every:
            raise NotShown("no-receipt", f"{since or 'anything'} was not done")
        for gap in (gap for w in self.of(Window) if w.at_s > every[-1].sent_s and (gap := self._in_vain(w))):
            raise gap
        return Seen(self.entries, every[-1])

    def refusal(self, act: str) -> str:
        found = [r.no for r, *_ in self.steps.values() if act in ("", r.name)]
        if not found:
            raise NotShown("no-receipt", f"{act} was not done")
        return next(filter(None, found), "")

    def cost(self) -> Cost:
        if not all(w.proved for w in self.of(Window)):
            raise NotShown("no-goal", "not all came that was waited for, and what does not work has no price")
        acts = self.of(Acted)
        if not any(a.typed for a in acts):
            raise NotShown("no-commands", "nothing says how it was brought up")
        files = {f for a in acts for f in a.files}
        return Cost(
            sum(len(a.typed) for a in acts), len(files), sum(a.lines for a in acts), sum(a.objects for a in acts),
            sum(a.program for a in acts),
        )  # fmt: skip

    def short(self, of: str, alike: Sequence[Timeline], came: Collection[str] = ()) -> NotShown | None:
        """Why it cannot be said that what was waited for did not come; `came`: what did in another trial, by id."""
        named = [w for w in self.of(Window) if of in ("", w.name) and w.id not in came]
        nothing = [w for w in named if not (w.must or w.proved or w.no)]
        return next((why for w in nothing if (why := self._impatience(w, alike) or self._gaps(w))), None)

    def came_s(self, window: str, since: str) -> list[float]:
        """How long it took, where it came."""
        found = []
        for receipt, place, question in self.steps.values():
            if isinstance(receipt, Window) and receipt.proved and question and receipt.name == window:
                begun = self.since(receipt)
                if begun.name == since:
                    found.append(question.took_s(Seen(self.entries[:place], begun)))
        return found

    def since(self, w: Window) -> Receipt:
        return self.steps[w.since].receipt

    def quiet_s(self, w: Window) -> float:
        question = self.steps[w.id].question
        return question.quiet_s if question else 0.0

    def _impatience(self, w: Window, alike: Sequence[Timeline]) -> NotShown | None:
        since = self.since(w)
        came_s = [s for t in alike if not t.wrong and t.run == self.run for s in t.came_s(w.name, since.name)]
        watched_s, least_s = w.at_s - since.sent_s, needed(w.within_s, w.timer_s, came_s) + self.quiet_s(w)
        told = f"{w.name} was watched for {watched_s:.1f} of {least_s:.1f} s"
        return NotShown(TOO_SHORT, told) if watched_s + ROUNDED_S < least_s else None

    def _in_vain(self, w: Window) -> NotShown | None:
        """Looks that were missed count only where nothing came."""
        return None if w.proved or w.must or w.no else self._gaps(w)

    def _gaps(self, w: Window) -> NotShown | None:
        """Counted by the places in the schedule that were met: a gap is not made good by a bunch."""
        planned = int((w.at_s - w.began_s) / EVERY_S)
        places = {int((e.at_s - w.began_s) / EVERY_S + 0.01) for e in self.of(Looked) if w.began_s < e.at_s <= w.at_s}
        told = f"{len(places)} of {planned} looks were taken"
        return NotShown(TOO_FEW, told) if len(places) < COVERAGE * planned else None


def disturbed(t: Timeline) -> bool:
    """Whether it does not count for what the machine did, whatever would have come of it: then it is run once more.

    Its client was not given a processor, or its site did not answer before anything was done.
    """
    why = t.wrong
    return why is not None and (why.reason == STALLED or (why.reason == SICK and why.detail.startswith(BEFORE)))


def counted(timelines: Sequence[Timeline]) -> tuple[Timeline, ...]:
    """Of a trial that was disturbed and run again, the one that was not."""
    sound = {t.which for t in timelines if not t.wrong}
    return tuple(t for t in timelines if not (disturbed(t) and t.which in sound))


def short(timelines: Sequence[Timeline], of: str, alike: Sequence[Timeline]) -> dict[Which, NotShown]:
    """Of a trial that was run again, one that watched well is enough."""
    every = counted(timelines)
    found: dict[Which, NotShown | None] = {t.which: t.wrong for t in every if disturbed(t)}
    sound = [t for t in every if not t.wrong]
    came = {w.id for t in sound for w in t.of(Window) if w.proved}
    for t in sound:
        why = t.short(of, alike, came)
        found[t.which] = found.get(t.which, why) and why
    return {which: why for which, why in found.items() if why}
