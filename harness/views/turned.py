"""Who served in which version over time, and which requests were lost meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.lab.questions import Losses, Lost
from harness.lab.timeline import Timeline
from harness.model.entries import Copy, Entry, Receipt, Request
from harness.model.seen import AWAY, Seen

Numbers = tuple[tuple[float, int], ...]
"""From when on how many."""


@dataclass(frozen=True, slots=True)
class Turned:
    """In seconds from what was done."""

    zero: str
    versions: tuple[tuple[str, Numbers], ...]
    lost: tuple[tuple[str, tuple[float, ...]], ...]
    """By how they failed, when they were sent."""

    ends_s: float
    losses: Losses


def turned(timeline: Timeline) -> Turned | None:
    """Of trials that wait for a number of requests, in which who serves may change."""
    steps = [(s.receipt, s.question) for s in timeline.steps.values()]
    asked = [(receipt, of) for receipt, of in steps if isinstance(of, Lost)]
    if not asked:
        return None
    window, question = asked[-1]
    since = timeline.seen(question.label, "").since
    seen = Seen(timeline.entries, since)
    losses = question.answer(seen)
    if losses is None:
        return None
    failed = [r for r in seen.of(Request) if r.error and r.at_s + r.took_s >= since.sent_s]
    kinds = ((kind, tuple(r.at_s - since.sent_s for r in failed if r.error == kind)) for kind, _ in losses.kinds)
    return Turned(since.name, tuple(_numbers(seen, since)), tuple(kinds), window.at_s - since.sent_s, losses)


def _numbers(seen: Seen, since: Receipt) -> Iterator[tuple[str, Numbers]]:
    for version in versions(seen.entries):
        yield version, tuple((c.at_s - since.sent_s, c.n) for c in seen.numbers(version))


def versions(entries: Sequence[Entry]) -> list[str]:
    """Those that served, in the order in which they came."""
    served = (e for e in entries if isinstance(e, Copy) and e.what == "serving")
    return [v for v in dict.fromkeys(c.version for c in served) if v]


def stretches(entries: Sequence[Entry]) -> Iterator[tuple[str, float, float]]:
    """From the first of a version that served to the last one's end, where several did."""
    every = versions(entries)
    for version in every if len(every) > 1 else ():
        own = [e for e in entries if isinstance(e, Copy) and e.version == version]
        begins = min(c.at_s for c in own if c.what == "serving")
        last = {c.id: c for c in own if c.what in ("serving", *AWAY)}.values()
        still = any(c.what == "serving" for c in last)
        yield version, begins, entries[-1].at_s if still else max(c.at_s for c in last)
