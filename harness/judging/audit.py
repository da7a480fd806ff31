"""Plays a scenario to its recording: every step is there, in its place, and ended as its question says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf
from typing import Any, TypeVar

from harness.lab.acts import Act, calm, listen
from harness.lab.question import Fact, Question
from harness.lab.timeline import Step, Timeline
from harness.lab.trial import Trial, Victim
from harness.model.entries import (
    Acted,
    Asked,
    Asking,
    Began,
    Checked,
    Copy,
    Ended,
    Entry,
    Held,
    Looked,
    Receipt,
    Request,
    Said,
    Told,
    Window,
)
from harness.model.seen import Seen
from harness.model.verdict import NotShown

E = TypeVar("E", bound=Entry)
R = TypeVar("R", Acted, Window)
ANSWERED = 0.8
"""Of the requests of a load so many must be answered; else it was none, or hit those who were not to bear it."""

UNSURE_S = 0.5
"""By so much the clock of what containers write may be ahead of ours."""

SILENT_S = 1.0
"""A client that sent nothing for so long has seen nothing of what was then."""


def audited(number: int, entries: Sequence[Entry], play: Callable[[Trial], None], run: str = "") -> Timeline:
    auditor, wrong = Auditor(entries), None
    try:
        whole(entries)
        play(auditor)
        auditor.at_end()
    except NotShown as why:
        wrong = why
    except Exception as error:  # the scenario stumbles over what is not there
        wrong = NotShown("another-plan", f"{type(error).__name__}: {error}")
    return Timeline(tuple(entries), number, auditor.steps, wrong, run)


def whole(entries: Sequence[Entry]) -> None:
    """Whatever is asked of it, a recording must be whole, of a healthy site, with clients that kept to their pace."""
    end = entries[-1] if entries else None
    if not isinstance(end, Ended):
        raise NotShown("lines-lost", "the recording was cut off")
    if end.wrong:
        reason, _, why = end.wrong.partition(": ")
        raise NotShown(reason, why)
    if end.entries != len(entries):
        raise NotShown("lines-lost", f"it has {len(entries)} of {end.entries} lines")
    checked = [e for e in entries if type(e) is Checked]
    if wrong := [f"{e.what}: {e.wrong}" for e in checked if e.wrong]:
        raise NotShown("altered" if wrong[0].startswith("files") else "sick-site", "; ".join(dict.fromkeys(wrong)))
    listened = any(type(e) is Acted and e.name == listen.name for e in entries)
    lacks = {"site before", "site after", "files", *(["stream logs"] if listened else [])} - {e.what for e in checked}
    if lacks or not any(e.what.startswith("stream ") for e in checked):
        raise NotShown("not-checked", f"nobody looked at: {', '.join(sorted(lacks)) or 'the streams of events'}")
    _none_of_later(entries)
    for asking in (e for e in entries if type(e) is Asking):
        _kept_pace(asking, entries)


def _none_of_later(entries: Sequence[Entry]) -> None:
    """Whatever clock it has, nothing was seen or read before it came to pass."""
    by_then_s = inf
    for e in reversed(entries):
        if isinstance(e, Looked | Ended):
            by_then_s = min(by_then_s, e.at_s)
        elif isinstance(e, Copy | Said) and e.at_s > by_then_s + UNSURE_S:
            raise NotShown(
                "contradiction", f"a line of {e.name} at {e.at_s:.3f} s stands before one at {by_then_s:.3f} s"
            )


def _kept_pace(asking: Asking, entries: Sequence[Entry]) -> None:
    end = next((e for e in entries if type(e) is Asked and e.client == asking.client), None)
    if end is None or end.wrong:
        raise NotShown("client-broke-off", end.wrong if end else "the client did not come to its end")
    if not asking.judged:
        _loaded(asking, end, entries)
        return
    sent = sorted(e.at_s for e in entries if type(e) is Request and e.client == asking.client)
    if len(sent) != end.sent:
        raise NotShown("client-broke-off", f"{len(sent)} of {end.sent} requests were written down")
    if (silent := max((b - a for a, b in pairwise(sent)), default=0.0)) > SILENT_S + 1 / asking.per_s:
        raise NotShown("client-silent", f"the client sent nothing for {silent:.1f} s")


def _loaded(asking: Asking, end: Asked, entries: Sequence[Entry]) -> None:
    """Of a load no request is written down, but it has to have been one."""
    calmed = (e.sent_s for e in entries if type(e) is Acted and e.name == calm.name and e.sent_s > asking.at_s)
    planned = int(asking.per_s * (next(calmed, end.at_s) - asking.at_s))
    answered = end.sent - end.failed
    if answered < ANSWERED * planned:
        raise NotShown("no-load", f"{answered} of {planned} requests of the load were answered")


class Auditor(Trial):
    def __init__(self, entries: Sequence[Entry]) -> None:
        self.every, self.entries, self.steps, self.at = entries, entries[:0], dict[str, Step](), 0
        self.steady_s = next((e.steady_s for e in entries if type(e) is Began), self.steady_s)

    def do(self, how: Act, victims: tuple[Victim, ...], *, tried: bool) -> Receipt:
        acted = self._next(Acted, how.name)
        if (acted.tried, acted.leaves, acted.victims) != (tried, how.leaves, self._ids(victims, acted.sent_s)):
            raise NotShown("another-plan", f"{how.name} was done otherwise than is planned")
        missing = acted.no or Seen(self.entries, acted).unproved(how.leaves, acted.by)
        return self._agreed(acted, missing, None)

    def wait(self, of: Question[Any], since: Receipt, within_s: float, timer_s: float, *, must: bool) -> Receipt:
        window = self._next(Window, of.label)
        planned = since.id, since.victims, within_s, timer_s, must
        if (window.since, window.victims, window.within_s, window.timer_s, window.must) != planned:
            raise NotShown("another-plan", f"{of.label} was waited for otherwise than is planned")
        seen = Seen(self.entries, since)
        if window.no and window.no != of.hopeless(seen):
            raise NotShown("contradiction", f"{of.label}: nothing says that it was hopeless")
        return self._agreed(window, of.missing(seen), of)

    def look(self, fact: Fact[Any]) -> None:
        self._pass(Told, f"nobody asked for {fact.name}", lambda told: told.fact == fact.name)

    def hold(self, seconds: float) -> None:
        self._pass(Held, f"it was not left alone for {seconds:g} s", lambda held: held.seconds == seconds)

    def at_end(self) -> None:
        if any(isinstance(e, Receipt) for e in self.every[self.at :]):
            raise NotShown("another-plan", "more was done than is planned")

    def _ids(self, victims: tuple[Victim, ...], until_s: float) -> tuple[str, ...]:
        return tuple(c.id for c in self.hit(victims, until_s))

    def _pass(self, kind: type[E], missing: str, fits: Callable[[E], bool]) -> None:
        """What is no receipt lies before the next one."""
        for n in range(self.at, len(self.every)):
            e = self.every[n]
            if isinstance(e, Receipt):
                break
            if type(e) is kind and fits(e):
                self.at, self.entries = n + 1, self.every[: n + 1]
                return
        raise NotShown("another-plan", missing)

    def _next(self, kind: type[R], name: str) -> R:
        """The next receipt; what had been seen when it was written is seen from now on."""
        place = next((n for n in range(self.at, len(self.every)) if isinstance(self.every[n], Receipt)), None)
        found = self.every[place] if place is not None else None
        if place is None or not isinstance(found, kind) or found.name != name or found.id in self.steps:
            raise NotShown("another-plan", f"{name} does not come where it is planned")
        self.at, self.entries = place + 1, self.every[:place]
        return found

    def _agreed(self, receipt: R, missing: str, question: Question[Any] | None) -> R:
        if receipt.proved == bool(missing) or receipt.sent_s > receipt.at_s:
            raise NotShown("contradiction", f"{receipt.name}: {missing or 'nothing is missing'}")
        self.steps[receipt.id] = Step(receipt, len(self.entries), question)
        return receipt
