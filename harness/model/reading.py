"""What one recording says, and whether it may say anything: pure questions to a timeline."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.model.timeline import Kind
from harness.model.verdict import NotShown

if TYPE_CHECKING:
    from harness.model.timeline import Entry, Timeline

COVERAGE = 0.9
LASTING = {"hang": "silent", "unready": "refuses", "nothing": "answers"}
"""Acts that end nobody, and how their victims are seen to have been acted upon; of any other, that it ended."""

PATIENCE = 5
"""How many times longer than the slowest success one must have looked before "it does not happen" may be said."""

PRINTED_S = 0.001
"""The text notation has no more digits."""

QUIET_S = 3.0
ENOUGH = 30
"""So long, and while so many others were answered, must one have had no request to count as left out.

With thousands of requests in turn or at random, one of three still in would have had its share a hundred times over.
"""

SILENT_S = 1.0
"""A client that sent nothing for so long has seen nothing of what was then."""


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


def restored_after(timeline: Timeline, cell: str) -> tuple[float, float] | None:
    """From the sending of the first act to the moment when all that was lost had been made good, and stayed so.

    With it, for how long before that moment nobody had looked.
    """
    victims = victims_of(timeline, cell)
    window = window_of(timeline, cell)
    fresh = [e for e in fresh_copies(timeline, cell) if not has_ended(timeline, e)]
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


def gaps_of(timeline: Timeline, cell: str) -> tuple[float, ...]:
    found, fresh = [], fresh_copies(timeline, cell)
    acts = [a for a in timeline.of(Kind.ACT) if "id" in a.facts]
    for act, after in zip(acts, [*(a.number("sent_s") for a in acts[1:]), float("inf")], strict=True):
        sent = act.number("sent_s")
        back = next((e.at_s for e in fresh if sent <= e.at_s <= after), None)
        if back is not None:
            found.append(back - sent)
    return tuple(found)


def last_asked_after(timeline: Timeline, cell: str) -> float | None:
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
    return max(0.0, last - sent) if out else None


def bytes_kept(timeline: Timeline, cell: str) -> int | None:
    """By checksum, by copies that are not the same, and with the writer's end in between."""
    victim = victims_of(timeline, cell)[0]
    written, read = timeline.first(Kind.TRY, "written"), timeline.last(Kind.TRY, "read")
    if written is None or written.facts.get("ok") != "yes" or not written.facts.get("data"):
        raise NotShown("not-written", f"{cell}: nothing was written before the act")
    if read is None or read.facts.get("ok") != "yes" or not read.facts.get("data"):
        raise NotShown("not-read", f"{cell}: nobody answered what is there afterwards")
    if written.facts.get("id") != victim.facts["id"] or written.at_s > victim.number("sent_s") + PRINTED_S:
        raise NotShown("contradiction", f"{cell}: another copy wrote than was acted upon")
    fresh = {e.facts.get("instance") for e in fresh_copies(timeline, cell)}
    if read.facts.get("by") not in fresh or read.facts.get("by") == written.facts.get("by"):
        raise NotShown("contradiction", f"{cell}: what was read was not read by a copy that came later")
    if read.facts["data"] == written.facts["data"]:
        return int(read.facts["data"].partition(":")[0])
    if read.facts["data"] == "none":
        return None
    raise NotShown("changed", f"{cell}: {read.facts['data']} was read where {written.facts['data']} was written")


def reach_of(timeline: Timeline, service: str, cell: str) -> Entry:
    found = [e for e in timeline.of(Kind.TRY, "reach") if e.who == service]
    if not found:
        raise NotShown("not-tried", f"{cell}: nobody asked {service}")
    if not any(True for _ in timeline.of(Kind.ACT)):
        raise NotShown("no-receipt", f"{cell}: nothing was done")
    return found[-1]


def out_after(timeline: Timeline) -> float | None:
    try:
        check(timeline, "")
        return last_asked_after(timeline, "")
    except (NotShown, KeyError, ValueError):
        return None


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
    for request in sorted(requests_of(timeline, cell), key=lambda r: r.at_s):
        if not answered(request):
            since = request.at_s if since is None else since
        elif since is not None:
            longest, since = max(longest, request.at_s - since), None
    if since is not None:
        raise NotShown("still-away", f"{cell}: the last requests failed, so that nobody knows how long it was away")
    begins = next(m for m in timeline.of(Kind.MARK, "begins") if m.who == "client")
    return longest, begins.number("resolution_s")


def shares_of(timeline: Timeline, cell: str) -> tuple[float, ...]:
    by = Counter(r.facts.get("by", "") for r in requests_of(timeline, cell) if answered(r))
    if not by:
        raise NotShown("nobody-answered", f"{cell}: the client got no answer")
    return tuple(count / by.total() for _, count in by.most_common())


def success_after(timeline: Timeline) -> tuple[float, float] | None:
    try:
        check(timeline, "")
        return restored_after(timeline, "")
    except (NotShown, KeyError, ValueError):
        return None


def victims_of(timeline: Timeline, cell: str) -> list[Entry]:
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


def fresh_copies(timeline: Timeline, cell: str) -> list[Entry]:
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


def has_ended(timeline: Timeline, served: Entry) -> bool:
    return any(
        e.what in ("died", "gone") and e.facts.get("id") == served.facts.get("id") and e.at_s >= served.at_s
        for e in timeline.of(Kind.EVENT)
    )


def window_of(timeline: Timeline, cell: str) -> Entry:
    window = timeline.last(Kind.MARK, "window")
    if window is None:
        raise NotShown("no-window", f"{cell}: nobody watched what came after the act")
    return window


def check_samples(timeline: Timeline, window: Entry, cell: str) -> None:
    """Counted by the places in the schedule that were met: a gap is not made good by a bunch."""
    waited, every = window.number("waited_s"), window.number("every_s")
    began, planned = window.at_s - waited, int(waited / every)
    places = {
        int((e.at_s - began) / every + 0.01) for e in timeline.of(Kind.SAMPLE, "serving") if e.at_s <= window.at_s
    }
    taken = len([place for place in places if place >= 1])
    if taken < COVERAGE * planned:
        raise NotShown("too-few-samples", f"{cell}: {taken} of {planned} looks in the window were taken")
