"""Recordings with one fact changed, in every way in which a changed fact has to matter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.model.timeline import Entry, Kind, Timeline, written
from harness.model.verdict import Grade, Verdict

if TYPE_CHECKING:
    from harness.model.claim import Claim


def has(timeline: Timeline, *, returned: bool) -> bool:
    window = timeline.last(Kind.MARK, "window")
    return (window.facts["met"] == "yes") is returned


def leaving_out(timeline: Timeline, *gone: Entry) -> Timeline:
    return replace(timeline, entries=tuple(e for e in timeline.entries if not any(e is g for g in gone)))


def changed(timeline: Timeline, old: Entry, new: Entry) -> Timeline:
    return written([new if e is old else e for e in timeline.entries], timeline.run)


def acts(timeline: Timeline) -> list[Entry]:
    return list(timeline.of(Kind.ACT))


def fresh(timeline: Timeline) -> list[Entry]:
    steady = timeline.first(Kind.MARK, "steady")
    return [e for e in timeline.of(Kind.EVENT, "serving") if e.at_s > steady.at_s]


def no_act_at_all(timeline):
    if done := acts(timeline):
        yield leaving_out(timeline, *done)


def each_act_dropped(timeline):
    yield from (leaving_out(timeline, act) for act in acts(timeline))


def each_act_without_proof(timeline):
    for act in acts(timeline):
        yield changed(timeline, act, replace(act, facts=dict(act.facts) | {"ok": "no"}))


def each_return_dropped(timeline):
    yield from (leaving_out(timeline, e) for e in fresh(timeline))


def each_return_before_the_act(timeline):
    sent = min(a.number("sent_s") for a in acts(timeline))
    for entry in fresh(timeline):
        yield changed(timeline, entry, replace(entry, at_s=sent - 0.001))


def each_copy_never_served_before(timeline):
    steady = timeline.first(Kind.MARK, "steady")
    yield from (leaving_out(timeline, e) for e in timeline.of(Kind.EVENT, "serving") if e.at_s <= steady.at_s)


def each_end_of_a_victim_dropped(timeline):
    yield from (leaving_out(timeline, e) for e in timeline.of(Kind.EVENT) if e.what in ("died", "gone"))


def each_end_of_a_victim_before_the_act(timeline):
    sent = {a.facts["id"]: a.number("sent_s") for a in acts(timeline)}
    for entry in timeline.of(Kind.EVENT):
        if entry.what in ("died", "gone"):
            yield changed(timeline, entry, replace(entry, at_s=sent[entry.facts["id"]] - 0.001))


def no_samples(timeline):
    if samples := list(timeline.of(Kind.SAMPLE)):
        yield leaving_out(timeline, *samples)


def a_gap_in_the_samples(timeline):
    samples = list(timeline.of(Kind.SAMPLE))
    if gap := samples[5 : 5 + len(samples) // 10 + 1]:
        yield leaving_out(timeline, *gap)


def a_shorter_window(timeline):
    window = timeline.last(Kind.MARK, "window")
    yield changed(timeline, window, replace(window, facts=dict(window.facts) | {"waited_s": "1.000"}))


def the_opposite_window(timeline):
    window = timeline.last(Kind.MARK, "window")
    other = {"yes": "no", "no": "yes"}[window.facts["met"]]
    yield changed(timeline, window, replace(window, facts=dict(window.facts) | {"met": other}))


def no_window(timeline):
    yield leaving_out(timeline, *timeline.of(Kind.MARK, "window"))


def stream_lost(timeline):
    last = timeline.last(Kind.MARK, "stream")
    yield changed(timeline, last, replace(last, facts={"state": "lost"}))


def stream_not_told(timeline):
    yield leaving_out(timeline, *timeline.of(Kind.MARK, "stream"))


def end_cut_off(timeline):
    yield leaving_out(timeline, timeline.last(Kind.MARK, "end"))


def everything_after_the_act_cut_off(timeline):
    """Or, where nothing was done to the copies, after they were started, or steady."""
    done = acts(timeline) or list(timeline.of(Kind.TRY, "start")) or [timeline.last(Kind.MARK, "steady")]
    yield replace(timeline, entries=timeline.entries[: timeline.entries.index(done[-1]) + 1])


def each_look_at_the_sites_health_dropped(timeline):
    yield from (leaving_out(timeline, e) for e in timeline.of(Kind.MARK, "health"))


def a_sick_site(timeline):
    for look in timeline.of(Kind.MARK, "health"):
        yield changed(timeline, look, replace(look, facts=dict(look.facts) | {"ok": "no", "why": "x"}))


def no_steady_state(timeline):
    yield leaving_out(timeline, *timeline.of(Kind.MARK, "steady"))


def nothing_at_all(timeline):
    yield replace(timeline, entries=())


# Whether it was seen to return or to stay away: what was not asked of such a trial cannot matter.
OF_ANY_TRIAL = (
    no_act_at_all,
    each_act_dropped,
    each_act_without_proof,
    each_copy_never_served_before,
    each_end_of_a_victim_dropped,
    each_end_of_a_victim_before_the_act,
    the_opposite_window,
    no_window,
    stream_lost,
    stream_not_told,
    end_cut_off,
    everything_after_the_act_cut_off,
    each_look_at_the_sites_health_dropped,
    a_sick_site,
    no_steady_state,
    nothing_at_all,
)
OF_A_RETURN = (each_return_dropped, each_return_before_the_act)
OF_STAYING_AWAY = (no_samples, a_gap_in_the_samples, a_shorter_window)
TAMPERINGS = (*OF_ANY_TRIAL, *OF_A_RETURN, *OF_STAYING_AWAY)


OF_ANY_LAB = (
    no_act_at_all,
    each_act_without_proof,
    stream_lost,
    stream_not_told,
    end_cut_off,
    everything_after_the_act_cut_off,
    each_look_at_the_sites_health_dropped,
    a_sick_site,
    no_steady_state,
    nothing_at_all,
)


def rests_on(claim: Claim, verdict: Verdict) -> set[str]:
    """The cells without which there is no such verdict."""
    tested = {t.cell for t in claim.cells.values()}
    if verdict.grade is Grade.REFUTED:
        return tested | ({claim.standard.cell} if claim.standard else set())
    return tested | {claim.blank.cell} | {t.cell for t in claim.given.values()}
