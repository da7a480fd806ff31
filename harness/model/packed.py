"""Requests that were answered, many to a line: clients send thousands. Each that failed has a line of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite

from harness.model.entries import Entry, Request, entry

MOST = 100
DIGITS = 4
"""Decimals of a second: a client's schedule and its clock are coarser than that."""


@entry
class Requests(Entry):
    """Of one client, in order. `each`: to whom and by whom, by their places; when it was sent; how long it took."""

    client: str
    to: tuple[str, ...]
    by: tuple[str, ...]
    each: tuple[str, ...]


def rounded(one: Entry) -> Entry:
    """As exactly as it is read back."""
    if isinstance(one, Request):
        return replace(one, at_s=round(one.at_s, DIGITS), took_s=round(one.took_s, DIGITS))
    return replace(one, at_s=round(one.at_s, 6))


def packs(before: Sequence[Request], one: Entry) -> bool:
    """Whether it goes on the same line as those before."""
    alike = not before or (len(before) < MOST and before[0].client == getattr(one, "client", None))
    return isinstance(one, Request) and not one.error and alike


def packed(every: Sequence[Request]) -> Entry:
    """One alone is written as it is."""
    if len(every) == 1:
        return every[0]
    to, by = (tuple(dict.fromkeys(getattr(r, name) for r in every)) for name in ("to", "by"))
    each = (f"{to.index(r.to)} {by.index(r.by)} {r.at_s:.{DIGITS}f} {r.took_s:.{DIGITS}f}" for r in every)
    return Requests(at_s=every[-1].at_s, client=every[0].client, to=to, by=by, each=tuple(each))


def unpacked(one: Entry) -> Iterator[Entry]:
    """What was packed; ValueError or LookupError says that it was not so."""
    if not isinstance(one, Requests):
        yield one
        return
    for text in one.each:
        target, answers, *times = text.split(" ")
        at_s, took_s = map(float, times)
        if not (isfinite(at_s) and isfinite(took_s)):
            raise ValueError(f"{text!r} is no request")
        yield Request(client=one.client, to=one.to[int(target)], by=one.by[int(answers)], at_s=at_s, took_s=took_s)
