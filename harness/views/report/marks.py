"""One recording as a chart draws it: moments, stretches, how many copies served, on a clock that the act starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness.lab.acts import up
from harness.model.entries import Acted, Copy, Entry, Receipt, Told, Window
from harness.model.seen import AWAY, ENDED
from harness.views.entry import Names, copy_in_words, fact_in_words, outcome, window_in_words
from harness.views.report.asked import stretches as asked
from harness.views.report.drawn import Drawn, Moment, Stretch
from harness.views.turned import stretches

NEAR = 1 / 150
"""Moments of one kind nearer to each other than this part of the chart are drawn as one."""

LEAD_S, LEAD = 0.5, 0.06
"""What is drawn of the time before: so many seconds, or such a part of what comes after."""

LONGEST = 80
"""Characters of an answer at most; the entries have all of it."""

ILL = ("silent", "refuses")
HARMLESS = ("", "answers")
"""What acts leave that strike nobody."""


def drawn(entries: Sequence[Entry]) -> Drawn:
    zero, ends = _zero(entries), max((e.at_s for e in entries), default=0.0)
    zero_s = zero.sent_s if zero else 0.0
    stood = _stood(entries, zero_s)
    begins = max(0.0, stood - max(LEAD_S, LEAD * (ends - stood)))
    moments = [m for m in _moments(entries) if m.at_s >= begins and (m.told != up.name or m.at_s == zero_s)]
    those = [*_windows(entries, stood), *asked(entries, ends - begins), *_versions(entries, begins)]
    return Drawn(
        from_s=begins - zero_s,
        to_s=ends - zero_s,
        zero="the beginning" if zero is None else "the start" if zero.name == up.name else "the act",
        zero_s=zero_s,
        serving=tuple((at - zero_s, count) for at, count in _serving(entries, begins)),
        moments=tuple(m.since(zero_s) for m in _bundled(moments, (ends - begins) * NEAR)),
        stretches=tuple(s.since(zero_s) for s in those),
    )


def _zero(entries: Sequence[Entry]) -> Receipt | None:
    """The first act that strikes a copy, else the one since which something was watched for, else any."""
    acts = [e for e in entries if isinstance(e, Acted)]
    since = [w.since for w in entries if isinstance(w, Window) and not w.must]
    strikes = [a for a in acts if a.victims and a.leaves not in HARMLESS]
    watched = [a for a in acts if a.id in since]
    others = [a for a in acts if a.name != up.name]
    return next(iter([*strikes, *watched, *others, *acts]), None)


def _stood(entries: Sequence[Entry], zero_s: float) -> float:
    """When all was up that the first act needed: what came before is not drawn."""
    first = next((e for e in entries if isinstance(e, Acted) and e.name != up.name), None)
    before = [w.at_s for w in entries if isinstance(w, Window) and w.must and first and w.at_s <= first.sent_s]
    return min(zero_s, max(before, default=0.0))


def _moments(entries: Sequence[Entry]) -> Iterator[Moment]:
    names, served = Names.of(entries), set[str]()
    for one in entries:
        match one:
            case Acted():
                failed = "" if one.proved else f" ({outcome(one)})"
                yield Moment("act", one.sent_s, f"{names.act(one)}{failed}")
            case Told():
                yield Moment("no" if one.no else "ok", one.at_s, _short(fact_in_words(one)))
            case Copy() if kind := _kind(one):
                yield Moment(kind, one.at_s, copy_in_words(one, again=one.thing in served and kind == "served"))
                if kind == "served":
                    served.add(one.thing)


def _short(told: str) -> str:
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"


def _kind(copy: Copy) -> str:
    """How a change of a copy is drawn; that it answers is no change."""
    if copy.what in ENDED:
        return "ended"
    if copy.what in ILL:
        return "silent"
    return {"serving": "served", "created": "created", "unready": "unready", "refused": "no"}.get(copy.what, "")


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


def _serving(entries: Iterable[Entry], begins: float) -> Iterator[tuple[float, int]]:
    """How many copies served from when on, by identity; one that is silent does not."""
    there, ill = set[str](), set[str]()
    before: int | None = None
    for copy in (e for e in entries if isinstance(e, Copy)):
        _file(copy, there, ill)
        if copy.at_s < begins:
            before = len(there)
            continue
        if before is not None:
            yield begins, before
            before = None
        yield copy.at_s, len(there)
    if before is not None:
        yield begins, before


def _file(copy: Copy, there: set[str], ill: set[str]) -> None:
    if copy.what == "serving" or (copy.what == "answers" and copy.id in ill):
        there.add(copy.id)
        ill.discard(copy.id)
    elif copy.what in (*AWAY, *ILL):
        there.discard(copy.id)
        if copy.what in ILL:
            ill.add(copy.id)


def _versions(entries: Sequence[Entry], begins: float) -> Iterator[Stretch]:
    """Where several served, each has its stretch: that of the first is drawn above the others."""
    for place, (version, from_s, to_s) in enumerate(stretches(entries)):
        yield Stretch("newer" if place else "older", max(begins, from_s), to_s, f"version {version} served")


def _windows(entries: Sequence[Entry], stood: float) -> Iterator[Stretch]:
    """What had to come counts from when it was waited for, what was watched for from its receipt."""
    names = Names.of(entries)
    for window in (e for e in entries if isinstance(e, Window) and e.at_s > stood):
        since = names.receipts.get(window.since)
        from_s = window.began_s if window.must or since is None else since.sent_s
        kind = "met" if window.proved else "unmet"
        yield Stretch(kind, max(stood, min(from_s, window.at_s)), window.at_s, window_in_words(window, names))
