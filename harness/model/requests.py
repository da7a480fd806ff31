"""What the client's requests of one recording say: who was asked, who answered, and when nobody did."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.model.reading import victims_of, window_of
from harness.model.timeline import Kind
from harness.model.verdict import NotShown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model.timeline import Entry, Timeline

QUIET_S = 3.0
ENOUGH = 30
"""So long, and while so many others were answered, must one have had no request to count as left out.

With thousands of requests in turn or at random, one of three still in would have had its share a hundred times over.
"""

MANY = 300
"""So many tell whether they are shared: of three copies each gets a third, and a sixth is six deviations off."""

SILENT_S = 1.0
"""A client that sent nothing for so long has seen nothing of what was then."""


def requests_of(timeline: Timeline, cell: str) -> list[Entry]:
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


def answered(request: Entry) -> bool:
    return request.what.isdigit() and 200 <= int(request.what) < 300


def outage_of(timeline: Timeline, cell: str) -> tuple[float, float]:
    """The longest outage, by moments of sending; and how closely the client looked: its pace and its clock."""
    longest, since = 0.0, None
    for request in _in_order(timeline, cell):
        if not answered(request):
            since = request.at_s if since is None else since
        elif since is not None:
            longest, since = max(longest, request.at_s - since), None
    if since is not None:
        raise NotShown("still-away", f"{cell}: the last requests failed, so that nobody knows how long it was away")
    begins = next(m for m in timeline.of(Kind.MARK, "begins") if m.who == "client")
    return longest, begins.number("resolution_s")


def first_failure(timeline: Timeline, cell: str) -> float | None:
    """From the first act to the first sending after it that failed."""
    acted = _acted(timeline, cell)
    failed = (r.at_s for r in _in_order(timeline, cell) if r.at_s >= acted and not answered(r))
    first = next(failed, None)
    return None if first is None else first - acted


def first_success(timeline: Timeline, cell: str) -> float | None:
    """From the first act to the first sending that succeeded after one had failed."""
    acted, after = _acted(timeline, cell), first_failure(timeline, cell)
    if after is None:
        return None
    back = (r.at_s for r in _in_order(timeline, cell) if r.at_s > acted + after and answered(r))
    first = next(back, None)
    return None if first is None else first - acted


def _acted(timeline: Timeline, cell: str) -> float:
    act = next((a for a in timeline.of(Kind.ACT) if a.what != "load"), None)
    if act is None:
        raise NotShown("no-receipt", f"{cell}: nothing was done")
    return act.number("sent_s")


def _in_order(timeline: Timeline, cell: str) -> list[Entry]:
    return sorted(requests_of(timeline, cell), key=lambda r: r.at_s)


def shares_of(timeline: Timeline, cell: str) -> tuple[float, ...]:
    by = Counter(r.facts.get("by", "") for r in requests_of(timeline, cell) if answered(r))
    if not by:
        raise NotShown("nobody-answered", f"{cell}: the client got no answer")
    return tuple(count / by.total() for _, count in by.most_common())


def last_asked_after(timeline: Timeline, cell: str) -> tuple[float, float] | None:
    """From the act on a copy to the last request that it got, while others were asked on."""
    act, requests = victims_of(timeline, cell)[0], requests_of(timeline, cell)
    sent = act.number("sent_s")
    serving = (e for e in timeline.of(Kind.EVENT, "serving") if e.facts.get("id") == act.facts["id"])
    instance = next((e.facts.get("instance") for e in serving), None)
    if instance is None:
        raise NotShown("not-steady", f"{cell}: nobody knows as whom the victim answers")
    if not any(r.facts.get("by") == instance for r in requests if r.at_s < sent):
        raise NotShown("not-steady", f"{cell}: the victim got no request before the act")
    window = window_of(timeline, cell)
    watched = [r for r in requests if r.at_s <= window.at_s]
    last = max((r.at_s for r in watched if r.facts.get("by") == instance), default=sent)
    others = [r for r in watched if r.at_s > last and r.facts.get("by", instance) != instance]
    out = window.at_s - last >= QUIET_S and len(others) >= ENOUGH
    if out != (window.facts.get("met") == "yes"):
        raise NotShown("contradiction", f"{cell}: the trial and its own requests differ over who was asked")
    return (max(0.0, last - sent), 0.0) if out else None


def sharing_of(timeline: Timeline, cell: str) -> int:
    """How many copies got a fair part; 0 where the name led to nobody."""
    window, requests = window_of(timeline, cell), requests_of(timeline, cell)
    if len(requests) < MANY:
        raise NotShown("too-few-requests", f"{cell}: {len(requests)} of {MANY} requests were sent")
    copies = int(window.facts["copies"])
    if not any(answered(r) for r in requests) and {r.what for r in requests} != {"resolve"}:
        raise NotShown("nobody-answered", f"{cell}: the client got no answer")
    found = fair((r.facts.get("by", "") for r in requests if answered(r)), copies, len(requests))
    if (found >= copies) != (window.facts.get("met") == "yes"):
        raise NotShown("contradiction", f"{cell}: the trial and its own requests differ over who was asked")
    return found


def fair(by: Iterable[str], copies: int, requests: int) -> int:
    """How many got at least half of an even share."""
    return sum(count >= requests / copies / 2 for who, count in Counter(by).items() if who)
