"""What one recording says, and whether it may say anything: pure questions to a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model.timeline import Kind
from harness.model.verdict import NotShown

if TYPE_CHECKING:
    from harness.model.timeline import Entry, Timeline

LASTING = {
    "hang": "silent",
    "unready": "refuses",
    "nothing": "answers",
    "stop-node": "silent",
    "pause-node": "silent",
    "stop-engine": "silent",
}
"""Acts that end nobody, and how their victims are seen to have been acted upon; of any other, that it ended."""

PRINTED_S = 0.001
"""The text notation has no more digits."""


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
    acted = min((a.at_s for a in timeline.of(Kind.ACT)), default=None)
    if acted is None:
        raise NotShown("no-receipt", f"{cell}: nothing was done")
    if any(e.at_s < acted and e.facts.get("ok") != "yes" for e in found):
        raise NotShown("not-steady", f"{cell}: {service} did not answer before anything was done")
    return found[-1]


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


def served_after(timeline: Timeline, cell: str) -> tuple[float, float] | None:
    """From the start of the arm to the moment when as many copies served at once as the window waited for."""
    window, count, reached = window_of(timeline, cell), 0, None
    wanted, start = int(window.facts["wanted"]), start_of(timeline, cell)
    for entry in coming_and_going(timeline, window.at_s):
        count += 1 if entry.what == "serving" else -1
        if count >= wanted and reached is None:
            reached = entry
    if (count >= wanted) != (window.facts.get("met") == "yes"):
        raise NotShown("contradiction", f"{cell}: the trial and its own events differ over how many served")
    if reached is None or count < wanted:
        return None
    return reached.at_s - start.number("sent_s"), float(reached.facts.get("within_s", 0.0))


def coming_and_going(timeline: Timeline, until_s: float) -> list[Entry]:
    """Each copy's first answer and its end, once each, in order of time."""
    served: dict[str, Entry] = {}
    ended: dict[str, Entry] = {}
    for entry in timeline.of(Kind.EVENT):
        of = {"serving": served, "died": ended, "gone": ended}.get(entry.what)
        if of is not None and entry.at_s <= until_s:
            of.setdefault(entry.facts["id"], entry)
    both = [*served.values(), *(e for id_, e in ended.items() if id_ in served)]
    return sorted(both, key=lambda e: e.at_s)


def serving_at_end(timeline: Timeline, cell: str) -> int:
    both = coming_and_going(timeline, window_of(timeline, cell).at_s)
    return sum(1 if e.what == "serving" else -1 for e in both)


def start_of(timeline: Timeline, cell: str) -> Entry:
    start = timeline.first(Kind.TRY, "start")
    if start is None:
        raise NotShown("not-tried", f"{cell}: nobody tried to start it")
    return start


def replaced_after(timeline: Timeline, cell: str) -> tuple[float, float] | None:
    """From the order for a new version to when no old copy was there any more and as many new ones served."""
    act, steady = timeline.first(Kind.ACT, "update"), timeline.first(Kind.MARK, "steady")
    if act is None or steady is None:
        raise NotShown("no-receipt", f"{cell}: nobody asked for another version")
    old = set(steady.facts["ids"].split())
    ends = {e.facts["id"]: e for e in timeline.of(Kind.EVENT) if e.what in ("died", "gone") and e.facts["id"] in old}
    fresh = [e for e in fresh_copies(timeline, cell) if not has_ended(timeline, e)]
    met = len(ends) == len(old) and len(fresh) >= len(old)
    if met != (window_of(timeline, cell).facts.get("met") == "yes"):
        raise NotShown("contradiction", f"{cell}: the trial and its own events differ over what was replaced")
    if not met:
        return None
    last = max([*ends.values(), fresh[len(old) - 1]], key=lambda e: e.at_s)
    return last.at_s - act.number("sent_s"), float(fresh[len(old) - 1].facts.get("within_s", 0.0))


def cost_of(timeline: Timeline, cell: str) -> tuple[int, int, int, int]:
    """Commands, files, lines and objects, of what reached what it was for."""
    if window_of(timeline, cell).facts.get("met") != "yes":
        raise NotShown("no-goal", f"{cell}: what it was for was not reached, so that it has no cost")
    commands = len(list(timeline.of(Kind.MARK, "by-hand")))
    files = {e.who: e for e in timeline.of(Kind.MARK, "file")}
    lines, objects = (sum(int(e.facts[name]) for e in files.values()) for name in ("lines", "objects"))
    if not commands:
        raise NotShown("no-commands", f"{cell}: nothing says how it was brought up")
    return commands, len(files), lines, objects
