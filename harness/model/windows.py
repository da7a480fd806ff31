"""Whether a window was watched long enough, and closely enough, for "it did not happen" to be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model import reading, requests
from harness.model.timeline import Kind
from harness.model.verdict import NotShown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.timeline import Entry, Timeline

PATIENCE = 5
"""How many times longer than the slowest success one must have looked before "it does not happen" may be said."""

COVERAGE = 0.9
TOO_SHORT, TOO_FEW = "window-too-short", "too-few-samples"
AFTER = {
    "restored": reading.restored_after,
    "replaced": reading.replaced_after,
    "copies": reading.served_after,
    "left out": requests.last_asked_after,
}
"""By what it waited for: how long that took in a recording, and for how long before nobody had looked."""


def after(window: str, timeline: Timeline, cell: str) -> tuple[float, float] | None:
    was = reading.window_of(timeline, cell).facts.get("of")
    if was != window:
        raise NotShown("no-window", f"{cell}: the window was for {was}, not for {window}")
    return AFTER[window](timeline, cell)


def agree(timeline: Timeline, cell: str) -> None:
    """How its window ended is what its own events or requests say, too; whatever the window was for."""
    of = reading.window_of(timeline, cell).facts.get("of", "")
    if of == "shared":
        requests.sharing_of(timeline, cell)
    elif of in AFTER:
        AFTER[of](timeline, cell)


def check(timeline: Timeline, beside: Sequence[Timeline], cell: str) -> None:
    """As long as PATIENCE says, by the successes of the same run: another machine's may be slower.

    Where the platform said itself that no more will come, nobody has to wait for it.
    """
    window = reading.window_of(timeline, cell)
    if window.facts["of"] == "copies" and refusal(timeline):
        return
    slowest = max((_success(t) for t in beside if t.run == timeline.run), default=0.0)
    waited, least = window.number("waited_s"), max(window.number("allowed_s"), PATIENCE * slowest)
    if waited < least:
        why = f"where it happens it took up to {slowest:.1f} s"
        raise NotShown(TOO_SHORT, f"{cell}: watched for {waited:.1f} of {least:.1f} s; {why}")
    check_samples(timeline, window, cell)


def check_try(timeline: Timeline, tried: Entry, beside: Sequence[Timeline], cell: str) -> None:
    """The same of a Service that was asked until it answers."""
    of_run = [e for t in beside if t.run == timeline.run for e in t.of(Kind.TRY, "reach")]
    slowest = max((e.number("waited_s") for e in of_run if e.facts.get("ok") == "yes"), default=0.0)
    waited, least = tried.number("waited_s"), max(tried.number("allowed_s"), PATIENCE * slowest)
    if waited < least:
        raise NotShown(TOO_SHORT, f"{cell}: {tried.who} was asked for {waited:.1f} of {least:.1f} s")


def came(timeline: Timeline) -> bool | None:
    """Whether what was waited for last came; None where nothing was waited for."""
    if (tried := timeline.last(Kind.TRY, "reach")) is not None:
        return tried.facts.get("ok") == "yes"
    window = timeline.last(Kind.MARK, "window")
    return None if window is None else window.facts.get("met") == "yes"


def check_nothing(timeline: Timeline, beside: Sequence[Timeline], cell: str) -> None:
    """Where it did not come: that it was watched for long enough, and closely enough, to say so."""
    if (tried := timeline.last(Kind.TRY, "reach")) is not None:
        check_try(timeline, tried, beside, cell)
    else:
        check(timeline, beside, cell)


def refusal(timeline: Timeline) -> str:
    """Why the platform said no, where all that it did take on was there in the end."""
    start, window = timeline.first(Kind.TRY, "start"), timeline.last(Kind.MARK, "window")
    if start is None or window is None or start.facts.get("ok") == "yes":
        return ""
    refused, there = int(start.facts["refused"]), reading.serving_at_end(timeline, "")
    return start.facts["why"] if there + refused >= int(window.facts["wanted"]) else ""


def _success(timeline: Timeline) -> float:
    try:
        reading.check(timeline, "")
        window = reading.window_of(timeline, "")
        took = AFTER[window.facts["of"]](timeline, "")
    except (NotShown, KeyError, ValueError):
        return 0.0
    return took[0] if took else 0.0


def check_samples(timeline: Timeline, window: Entry, cell: str) -> None:
    """Counted by the places in the schedule that were met: a gap is not made good by a bunch."""
    waited, every = window.number("waited_s"), window.number("every_s")
    began, planned = window.at_s - waited, int(waited / every)
    places = {
        int((e.at_s - began) / every + 0.01) for e in timeline.of(Kind.SAMPLE, "serving") if e.at_s <= window.at_s
    }
    taken = len([place for place in places if place >= 1])
    if taken < COVERAGE * planned:
        raise NotShown(TOO_FEW, f"{cell}: {taken} of {planned} looks in the window were taken")
