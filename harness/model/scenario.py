"""Scenarios, their trials on an arm, and the questions that a judge may ask of the recordings."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from harness.model.timeline import Kind
from harness.model.verdict import NotShown

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harness.model.arm import Arm
    from harness.model.timeline import Entry, Timeline

COVERAGE = 0.9
LASTING = {"hang": "silent", "unready": "refuses", "nothing": "answers"}
"""Acts that end nobody, and how their victims are seen to have been acted upon; of any other, that it ended."""

PATIENCE = 5
"""How many times longer than the slowest success one must have looked before "it does not happen" may be said."""


QUIET_S = 3.0
ENOUGH = 30
"""So long, and while so many others were answered, must one have had no request to count as left out.

With thousands of requests in turn or at random, one of three still in would have had its share a hundred times over.
"""

SILENT_S = 1.0
"""A client that sent nothing for so long has seen nothing of what was then."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done, in order, the same on every arm; the docstring is its plan."""

    name: str
    plan: str
    act: Callable[[Any], None]

    def __matmul__(self, arm: Arm) -> Trials:
        return Trials(self, arm)


def scenario(act: Callable[[Any], None]) -> Scenario:
    plan = inspect.getdoc(act)
    if not plan:
        raise TypeError(f"scenario {act.__name__} has no docstring, which is its plan")
    return Scenario(act.__name__.replace("_", " "), plan, act)


@dataclass(frozen=True, slots=True)
class Span:
    """One duration, measured in several trials."""

    each_s: tuple[float, ...]
    resolution_s: float = 0.0
    """How much later than it was its end may have been seen: spans that differ by less are equal."""

    @property
    def median_s(self) -> float:
        return median(self.each_s)

    @property
    def slowest_s(self) -> float:
        return max(self.each_s)

    def shorter(self, other: Span) -> bool:
        """By more than the looks can tell apart."""
        return self.median_s + max(self.resolution_s, other.resolution_s) < other.median_s

    def __str__(self) -> str:
        if len(self.each_s) == 1:
            return f"{self.each_s[0]:.1f} s (once)"
        return f"{self.median_s:.1f} s ({min(self.each_s):.1f} to {self.slowest_s:.1f}, {len(self.each_s)} times)"


@dataclass(frozen=True, slots=True)
class Trials:
    """The trials of one scenario on one arm. Declared, it is empty; judged, it holds the recordings.

    `beside` are the claim's recordings that are alike: by their successes the windows of failures are judged.
    """

    scenario: Scenario
    arm: Arm
    timelines: tuple[Timeline, ...] = ()
    beside: tuple[Timeline, ...] = ()

    @property
    def cell(self) -> str:
        return f"{self.scenario.name} @ {self.arm.name}"

    @property
    def alike(self) -> str:
        """Trials whose times can be compared: of one scenario on one site."""
        return f"{self.scenario.name} on {self.arm.site.name}"

    def restored(self) -> Span | None:
        """How long until as many fresh copies served as had been lost; None where that never came, in any trial."""
        answers = [_restored(t, self.cell) for t in self._sound()]
        back = [a for a in answers if a is not None]
        if not back:
            self._waited_long_enough()
            return None
        if len(back) < len(answers):
            raise NotShown("trials-differ", f"{self.cell}: restored in {len(back)} of {len(answers)} trials")
        return Span(tuple(took for took, _ in back), max(within for _, within in back))

    def left_out(self) -> Span | None:
        """From the act on a copy to the last request that it got while others were asked on; None if it was not."""
        answers = [_left_out(t, self.cell) for t in self._sound()]
        out = [a for a in answers if a is not None]
        if not out:
            self._watched_long_enough()
            return None
        if len(out) < len(answers):
            raise NotShown("trials-differ", f"{self.cell}: left out in {len(out)} of {len(answers)} trials")
        return Span(tuple(out))

    def _watched_long_enough(self) -> None:
        for timeline in self.timelines:
            of_run = (_out(t) for t in self.beside if t.run == timeline.run)
            slowest = max((took for took in of_run if took is not None), default=0.0)
            window = _window(timeline, self.cell)
            waited, least = window.number("waited_s"), max(window.number("allowed_s"), PATIENCE * slowest)
            if waited < least:
                raise NotShown("window-too-short", f"{self.cell}: watched for {waited:.1f} of {least:.1f} s")

    def reached(self, service: str) -> Span | None:
        """How long until a Service answered from the arm's node; None where it did not, in any trial."""
        tries = [_try(t, service, self.cell) for t in self._sound()]
        answered = [e for e in tries if e.facts.get("ok") == "yes"]
        if not answered:
            for timeline, entry in zip(self.timelines, tries, strict=True):
                self._tried_long_enough(timeline, entry)
            return None
        if len(answered) < len(tries):
            raise NotShown(
                "trials-differ", f"{self.cell}: {service} answered in {len(answered)} of {len(tries)} trials"
            )
        return Span(tuple(e.number("waited_s") for e in answered))

    def _tried_long_enough(self, timeline: Timeline, entry: Entry) -> None:
        of_run = [e for t in self.beside if t.run == timeline.run for e in t.of(Kind.TRY, "reach")]
        slowest = max((e.number("waited_s") for e in of_run if e.facts.get("ok") == "yes"), default=0.0)
        waited, least = entry.number("waited_s"), max(entry.number("allowed_s"), PATIENCE * slowest)
        if waited < least:
            raise NotShown(
                "window-too-short", f"{self.cell}: {entry.who} was asked for {waited:.1f} of {least:.1f} s"
            )

    def kept(self) -> int | None:
        """How many bytes another copy read that were the ones written before the act; None if there were none."""
        answers = [_kept(t, self.cell) for t in self._sound()]
        if len(set(answers)) > 1:
            some = sum(a is not None for a in answers)
            raise NotShown("trials-differ", f"{self.cell}: kept in {some} of {len(answers)} trials")
        return answers[0]

    @property
    def watched_for(self) -> str:
        """What its windows waited for: restored, left out, each time."""
        return next((w.facts.get("of", "") for t in self.timelines for w in t.of(Kind.MARK, "window")), "")

    def gaps(self) -> tuple[Span, ...]:
        """Of a copy that was acted upon again and again: how long until one served, the first time, the second..."""
        each = [_gaps(t, self.cell) for t in self._sound()]
        return tuple(Span(nth) for nth in zip(*each, strict=False))

    def in_place(self) -> bool:
        """Whether what came back are the same containers or Pods, restarted."""
        fresh = [e for t in self._sound() for e in _fresh(t, self.cell)]
        return bool(fresh) and all(e.facts.get("again") == "yes" for e in fresh)

    def _sound(self) -> tuple[Timeline, ...]:
        if not self.timelines:
            raise NotShown("no-trial", f"{self.cell} was not run")
        for timeline in self.timelines:
            check(timeline, self.cell)
        return self.timelines

    def _waited_long_enough(self) -> None:
        """As long as PATIENCE says, by the successes of the same run: another machine's may be slower."""
        for timeline in self.timelines:
            of_run = (_success(t) for t in self.beside if t.run == timeline.run)
            slowest = max((found[0] for found in of_run if found is not None), default=0.0)
            window = _window(timeline, self.cell)
            waited, least = window.number("waited_s"), max(window.number("allowed_s"), PATIENCE * slowest)
            if waited < least:
                why = f"where it happens it took up to {slowest:.1f} s"
                raise NotShown("window-too-short", f"{self.cell}: watched for {waited:.1f} of {least:.1f} s; {why}")
            _check_samples(timeline, window, self.cell)


def check(timeline: Timeline, cell: str) -> None:
    """Whatever is asked of it, a recording must be whole, of a healthy site, and begin in a steady state."""
    end = timeline.last(Kind.MARK, "end")
    if end is None or end.facts.get("how") != "done":
        why = end.facts.get("why", "") if end else "it was cut off"
        raise NotShown("broke-off", f"{cell}: {why}")
    for when in ("before", "after"):
        looks = [e for e in timeline.of(Kind.MARK, "health") if e.facts.get("when") == when]
        if not looks or any(e.facts.get("ok") != "yes" for e in looks):
            why = looks[-1].facts.get("why", "") if looks else "nobody looked"
            raise NotShown("sick-site", f"{cell}: the site {when} the trial: {why}")
    streams = {e.who: e.facts.get("state") for e in timeline.of(Kind.MARK, "stream")}
    if not streams:
        raise NotShown("stream-lost", f"{cell}: nothing says that the platform's events were heard")
    if lost := [who for who, state in streams.items() if state != "open"]:
        raise NotShown("stream-lost", f"{cell}: {', '.join(lost)} ended and did not come back")
    if timeline.first(Kind.MARK, "steady") is None:
        raise NotShown("not-steady", f"{cell}: no steady state was seen before the act")
    for act in timeline.of(Kind.ACT):
        if act.facts.get("ok") != "yes":
            raise NotShown("no-receipt", f"{cell}: {act.what} of {act.who}: {act.facts.get('why', 'no proof')}")


def _restored(timeline: Timeline, cell: str) -> tuple[float, float] | None:
    """From the sending of the first act to the moment when all that was lost had been made good, and stayed so.

    With it, for how long before that moment nobody had looked.
    """
    victims = _victims(timeline, cell)
    window = _window(timeline, cell)
    fresh = [e for e in _fresh(timeline, cell) if not _ended(timeline, e)]
    met = len(fresh) >= len(victims)
    if met != (window.facts.get("met") == "yes"):
        raise NotShown("contradiction", f"{cell}: the trial and its own events differ over what came back")
    if not met:
        return None
    last = fresh[len(victims) - 1]
    took = last.at_s - min(v.number("sent_s") for v in victims)
    if took < 0:
        raise NotShown("contradiction", f"{cell}: back {-took:.3f} s before the act")
    return took, float(last.facts.get("within_s", 0.0))


def _gaps(timeline: Timeline, cell: str) -> tuple[float, ...]:
    found, fresh = [], _fresh(timeline, cell)
    acts = [a for a in timeline.of(Kind.ACT) if "id" in a.facts]
    for act, after in zip(acts, [*(a.number("sent_s") for a in acts[1:]), float("inf")], strict=True):
        sent = act.number("sent_s")
        back = next((e.at_s for e in fresh if sent <= e.at_s <= after), None)
        if back is not None:
            found.append(back - sent)
    return tuple(found)


def _left_out(timeline: Timeline, cell: str) -> float | None:
    act, requests = _victims(timeline, cell)[0], _requests(timeline, cell)
    sent = act.number("sent_s")
    serving = (e for e in timeline.of(Kind.EVENT, "serving") if e.facts.get("id") == act.facts["id"])
    instance = next((e.facts.get("instance") for e in serving), None)
    if instance is None:
        raise NotShown("not-steady", f"{cell}: nobody knows as whom the victim answers")
    if not any(r.facts.get("by") == instance for r in requests if r.at_s < sent):
        raise NotShown("not-steady", f"{cell}: the victim got no request before the act")
    window = _window(timeline, cell)
    watched = [r for r in requests if r.at_s <= window.at_s]
    last = max((r.at_s for r in watched if r.facts.get("by") == instance), default=sent)
    others = [r for r in watched if r.at_s > last and r.facts.get("by", instance) != instance]
    out = window.at_s - last >= QUIET_S and len(others) >= ENOUGH
    if out != (window.facts.get("met") == "yes"):
        raise NotShown("contradiction", f"{cell}: the trial and its own requests differ over who was asked")
    return max(0.0, last - sent) if out else None


def _kept(timeline: Timeline, cell: str) -> int | None:
    """By checksum, by copies that are not the same, and with the writer's end in between."""
    victim = _victims(timeline, cell)[0]
    written, read = timeline.first(Kind.TRY, "written"), timeline.last(Kind.TRY, "read")
    if written is None or written.facts.get("ok") != "yes" or not written.facts.get("data"):
        raise NotShown("not-written", f"{cell}: nothing was written before the act")
    if read is None or read.facts.get("ok") != "yes" or not read.facts.get("data"):
        raise NotShown("not-read", f"{cell}: nobody answered what is there afterwards")
    if written.facts.get("id") != victim.facts["id"] or written.at_s > victim.number("sent_s"):
        raise NotShown("contradiction", f"{cell}: another copy wrote than was acted upon")
    fresh = {e.facts.get("instance") for e in _fresh(timeline, cell)}
    if read.facts.get("by") not in fresh or read.facts.get("by") == written.facts.get("by"):
        raise NotShown("contradiction", f"{cell}: what was read was not read by a copy that came later")
    if read.facts["data"] == written.facts["data"]:
        return int(read.facts["data"].partition(":")[0])
    if read.facts["data"] == "none":
        return None
    raise NotShown("changed", f"{cell}: {read.facts['data']} was read where {written.facts['data']} was written")


def _try(timeline: Timeline, service: str, cell: str) -> Entry:
    found = [e for e in timeline.of(Kind.TRY, "reach") if e.who == service]
    if not found:
        raise NotShown("not-tried", f"{cell}: nobody asked {service}")
    if not any(True for _ in timeline.of(Kind.ACT)):
        raise NotShown("no-receipt", f"{cell}: nothing was done")
    return found[-1]


def _out(timeline: Timeline) -> float | None:
    try:
        check(timeline, "")
        return _left_out(timeline, "")
    except (NotShown, KeyError, ValueError):
        return None


def _requests(timeline: Timeline, cell: str) -> list[Entry]:
    """What the client sent, provided that it kept to its schedule and came to its own end."""
    end = next((m for m in timeline.of(Kind.MARK, "ends") if m.who == "client"), None)
    if end is None or "sent" not in end.facts:
        raise NotShown("client-broke-off", f"{cell}: the client did not come to its end")
    found = list(timeline.of(Kind.REQUEST))
    if len(found) != int(end.facts["sent"]):
        raise NotShown("client-broke-off", f"{cell}: {len(found)} of {end.facts['sent']} requests were written down")
    sent = sorted(r.at_s for r in found)
    if (silent := max((b - a for a, b in pairwise(sent)), default=0.0)) > SILENT_S:
        raise NotShown("client-silent", f"{cell}: the client sent nothing for {silent:.1f} s")
    return found


def _success(timeline: Timeline) -> tuple[float, float] | None:
    try:
        check(timeline, "")
        return _restored(timeline, "")
    except (NotShown, KeyError, ValueError):
        return None


def _victims(timeline: Timeline, cell: str) -> list[Entry]:
    """The acts upon copies, each with the account, by its id, that its victim ended or is as the act leaves it."""
    acts = [a for a in timeline.of(Kind.ACT) if "id" in a.facts]
    if not acts:
        raise NotShown("no-receipt", f"{cell}: nothing was done")
    for act in acts:
        proofs = ("died", "gone", LASTING.get(act.what, ""))
        of_victim = (e for e in timeline.of(Kind.EVENT) if e.facts.get("id") == act.facts["id"] and e.what in proofs)
        if not any(e.at_s >= act.number("sent_s") for e in of_victim):
            raise NotShown("no-receipt", f"{cell}: nothing says that {act.what} reached {act.who}")
    ended = {e.facts.get("id") for e in timeline.of(Kind.EVENT) if e.what in ("died", "gone")}
    steady = timeline.first(Kind.MARK, "steady")
    untouched = set(steady.facts.get("ids", "").split() if steady else ()) - {a.facts.get("id") for a in acts}
    if also := untouched & ended:
        raise NotShown("no-receipt", f"{cell}: {len(also)} ended that nobody acted upon")
    return acts


def _fresh(timeline: Timeline, cell: str) -> list[Entry]:
    """The copies that served after the act and were not there in the steady state, each once, in order of time."""
    steady = timeline.first(Kind.MARK, "steady")
    if steady is None:
        raise NotShown("not-steady", f"{cell}: no steady state")
    known = set(steady.facts.get("ids", "").split())
    served = {e.facts.get("id") for e in timeline.of(Kind.EVENT, "serving") if e.at_s <= steady.at_s}
    if not known or known - served:
        raise NotShown("not-steady", f"{cell}: not every copy had served before the act")
    fresh = {e.facts.get("id"): e for e in timeline.of(Kind.EVENT, "serving") if e.facts.get("id") not in known}
    acts = [e.number("sent_s") for e in timeline.of(Kind.ACT)]
    if acts and any(e.at_s < min(acts) for e in fresh.values()):
        raise NotShown("contradiction", f"{cell}: a copy counts as fresh that served before the act")
    return list(fresh.values())


def _ended(timeline: Timeline, served: Entry) -> bool:
    return any(
        e.what in ("died", "gone") and e.facts.get("id") == served.facts.get("id") and e.at_s >= served.at_s
        for e in timeline.of(Kind.EVENT)
    )


def _window(timeline: Timeline, cell: str) -> Entry:
    window = timeline.last(Kind.MARK, "window")
    if window is None:
        raise NotShown("no-window", f"{cell}: nobody watched what came after the act")
    return window


def _check_samples(timeline: Timeline, window: Entry, cell: str) -> None:
    """Counted by the places in the schedule that were met: a gap is not made good by a bunch."""
    waited, every = window.number("waited_s"), window.number("every_s")
    began, planned = window.at_s - waited, int(waited / every)
    places = {
        int((e.at_s - began) / every + 0.01) for e in timeline.of(Kind.SAMPLE, "serving") if e.at_s <= window.at_s
    }
    taken = len([place for place in places if place >= 1])
    if taken < COVERAGE * planned:
        raise NotShown("too-few-samples", f"{cell}: {taken} of {planned} looks in the window were taken")
