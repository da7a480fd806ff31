"""One recording as a chart draws it: moments, stretches, how many copies served, on a clock that the act starts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.model import requests
from harness.model.timeline import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.model.timeline import Entry, Timeline

ENDS = ("died", "gone")
SILENCES = ("silent", "refuses")
NEAR = 1 / 150
"""Moments of one kind nearer to each other than this part of the chart are drawn as one."""

JOINED = 1 / 300
"""Failures nearer to each other than this part of the chart cannot be told apart on it."""

LEAD_S, LEAD = 0.5, 0.06
"""What is drawn of the time before: so many seconds, or such a part of what comes after."""

SAID_AT_MOST = 8
"""So many moments of a trial are told one by one in words."""


@dataclass(frozen=True, slots=True)
class Moment:
    kind: str
    at_s: float
    told: str
    more: int = 0
    """How many others of its kind are so near that they are drawn with it."""

    def __str__(self) -> str:
        return f"{self.told}{f' and {self.more} more' if self.more else ''}, {told_s(self.at_s)} s"


@dataclass(frozen=True, slots=True)
class Stretch:
    kind: str
    from_s: float
    to_s: float
    told: str

    def __str__(self) -> str:
        return f"{self.told}, {told_s(self.from_s)} to {told_s(self.to_s)} s"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What led to the steady state is left out; 0 is when the first act was sent."""

    from_s: float
    to_s: float
    zero: str
    serving: tuple[tuple[float, int], ...]
    moments: tuple[Moment, ...]
    stretches: tuple[Stretch, ...]

    @property
    def last_s(self) -> float:
        """When the last thing happened; a window may go on for long after it."""
        failed = (s.to_s for s in self.stretches if s.kind == "failed")
        return max([m.at_s for m in self.moments] + list(failed), default=self.to_s)

    @property
    def words(self) -> str:
        said = [str(m) for m in self.moments[:SAID_AT_MOST]]
        if len(self.moments) > SAID_AT_MOST:
            said.append(f"{len(self.moments) - SAID_AT_MOST} more")
        failed = [s for s in self.stretches if s.kind == "failed"]
        said += [str(s) for s in self.stretches if s.kind != "failed"]
        if failed:
            said.append(f"the longest failure: {max(failed, key=lambda s: s.to_s - s.from_s)}")
        return "; ".join(said) or "nothing was recorded"


def drawn(timeline: Timeline) -> Drawn:
    zero_s, zero = _zero(timeline)
    steady = timeline.first(Kind.MARK, "steady")
    ends = max((e.at_s for e in timeline.entries), default=0.0)
    stood = min(zero_s, steady.at_s) if steady else 0.0
    begins = max(0.0, stood - max(LEAD_S, LEAD * (ends - stood)))
    moments = [m for e in _telling(timeline) if (m := _moment(e)) and m.at_s >= begins]
    stretches = [*_windows(timeline, begins), *_requests(timeline, (ends - begins) * JOINED)]
    return Drawn(
        from_s=begins - zero_s,
        to_s=ends - zero_s,
        zero=zero,
        serving=tuple((at - zero_s, count) for at, count in _serving(timeline, begins)),
        moments=tuple(_bundled((replace(m, at_s=m.at_s - zero_s) for m in moments), (ends - begins) * NEAR)),
        stretches=tuple(replace(s, from_s=s.from_s - zero_s, to_s=s.to_s - zero_s) for s in stretches),
    )


def number(entry: Entry, name: str, default: float) -> float:
    """A recording that is damaged or of another version is drawn as far as it goes."""
    try:
        value = entry.number(name)
    except (KeyError, ValueError):
        return default
    return value if math.isfinite(value) else default


def _zero(timeline: Timeline) -> tuple[float, str]:
    acts = list(timeline.of(Kind.ACT))
    act = next((a for a in acts if a.what != "load"), next(iter(acts), None))
    if act is not None:
        return number(act, "sent_s", act.at_s), "the act"
    if (start := timeline.first(Kind.TRY, "start")) is not None:
        return number(start, "sent_s", start.at_s), "the start"
    if (steady := timeline.first(Kind.MARK, "steady")) is not None:
        return steady.at_s, "the steady state"
    return 0.0, "the beginning"


def told_s(seconds: float) -> str:
    return f"{round(seconds, 1) + 0.0:.1f}"  # no -0.0


def _telling(timeline: Timeline) -> Iterator[Entry]:
    """All but that a Pod which has never been ready is not: each begins so."""
    ready: set[str] = set()
    for entry in timeline.entries:
        if entry.kind is Kind.NOTE and entry.what == "ready":
            pod = entry.facts.get("pod", entry.who)
            if entry.facts.get("value") == "yes":
                ready.add(pod)
            elif pod not in ready:
                continue
        yield entry


def _moment(entry: Entry) -> Moment | None:
    ok = entry.facts.get("ok") == "yes"
    match entry.kind, entry.what:
        case Kind.EVENT, what:
            return _of_copy(entry, what)
        case Kind.ACT, what:
            return Moment("act", number(entry, "sent_s", entry.at_s), f"{what} of {entry.who}")
        case Kind.TRY, what:
            came = "succeeded" if ok else "failed"
            return Moment("ok" if ok else "no", entry.at_s, f"{what} of {entry.who} {came}")
        case Kind.NOTE, "ready":
            ready = entry.facts.get("value") == "yes"
            return Moment("ready" if ready else "unready", entry.at_s, f"{entry.who} {'' if ready else 'not '}ready")
    return None


def _of_copy(entry: Entry, what: str) -> Moment | None:
    if what == "serving":
        again = " again" if entry.facts.get("again") == "yes" else ""
        return Moment("served", entry.at_s, f"{entry.who} serves{again}")
    if what in ENDS:
        code = f" with code {entry.facts['code']}" if "code" in entry.facts else ""
        return Moment("ended", entry.at_s, f"{entry.who} {'died' if what == 'died' else 'is gone'}{code}")
    if what in SILENCES:
        return Moment("silent", entry.at_s, f"{entry.who} {'is silent' if what == 'silent' else what}")
    return None


def _bundled(moments: Iterable[Moment], near_s: float) -> Iterator[Moment]:
    """In order of time; of each kind the first one stands for those just after it."""
    bundles: dict[str, Moment] = {}
    found: list[Moment] = []
    for moment in sorted(moments, key=lambda m: m.at_s):
        first = bundles.get(moment.kind)
        if first is not None and moment.at_s - first.at_s < near_s:
            bundles[moment.kind] = replace(first, more=first.more + 1)
            continue
        if first is not None:
            found.append(first)
        bundles[moment.kind] = moment
    return iter(sorted([*found, *bundles.values()], key=lambda m: m.at_s))


def _serving(timeline: Timeline, begins: float) -> Iterator[tuple[float, int]]:
    """How many copies served from when on; a copy that is silent does not."""
    there: set[str] = set()
    before: int | None = None
    for entry in timeline.of(Kind.EVENT):
        id_ = entry.facts.get("id", "")
        if entry.what == "serving":
            there.add(id_)
        elif entry.what in (*ENDS, *SILENCES):
            there.discard(id_)
        else:
            continue
        if entry.at_s < begins:
            before = len(there)
            continue
        if before is not None:
            yield begins, before
            before = None
        yield entry.at_s, len(there)
    if before is not None:
        yield begins, before


def _windows(timeline: Timeline, begins: float) -> Iterator[Stretch]:
    for window in timeline.of(Kind.MARK, "window"):
        of, met = window.facts.get("of", "something"), window.facts.get("met") == "yes"
        waited = max(0.0, number(window, "waited_s", 0.0))
        told = f"window for {of!r} {'met' if met else 'not met'}"
        yield Stretch("met" if met else "unmet", max(begins, window.at_s - waited), window.at_s, told)


def _requests(timeline: Timeline, near_s: float) -> Iterator[Stretch]:
    """When the client asked, and from which failed sending to which next answer nobody answered."""
    sent = sorted(timeline.of(Kind.REQUEST), key=lambda r: r.at_s)
    if not sent:
        return
    failed = sum(not requests.answered(r) for r in sent)
    yield Stretch("asked", sent[0].at_s, sent[-1].at_s, f"{len(sent)} requests, {failed} failed")
    for from_s, to_s, those in _joined(_failures(sent), near_s):
        kinds = ", ".join(sorted({r.what for r in those}))
        yield Stretch("failed", from_s, to_s, f"{len(those)} failed ({kinds})")


Failure = tuple[float, float, list["Entry"]]


def _failures(sent: list[Entry]) -> Iterator[Failure]:
    failed: list[Entry] = []
    for request in sent:
        if not requests.answered(request):
            failed.append(request)
        elif failed:
            yield failed[0].at_s, request.at_s, failed
            failed = []
    if failed:
        yield failed[0].at_s, sent[-1].at_s, failed


def _joined(failures: Iterable[Failure], near_s: float) -> list[Failure]:
    found: list[Failure] = []
    for from_s, to_s, those in failures:
        if found and from_s - found[-1][1] < near_s:
            before = found.pop()
            found.append((before[0], to_s, before[2] + those))
        else:
            found.append((from_s, to_s, those))
    return found
