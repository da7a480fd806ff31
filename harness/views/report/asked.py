"""A trial's clients as stretches: from when to when each asked, and when nobody answered it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.model.entries import Entry, Request
from harness.views.report.drawn import Stretch

JOINED = 1 / 300
"""Failures nearer to each other than this part of the chart cannot be told apart on it."""

Failure = tuple[float, float, list[Request]]
"""From the first request that failed to the next one that was answered, and those that failed."""


def stretches(entries: Sequence[Entry], lasts_s: float) -> Iterator[Stretch]:
    """By the moments of sending; `lasts_s` is how much time the chart shows."""
    sent = sorted((e for e in entries if isinstance(e, Request)), key=lambda r: r.at_s)
    clients = dict.fromkeys(r.client for r in sent)
    for client in clients:
        own = [r for r in sent if r.client == client]
        by = f" by {client}" if len(clients) > 1 else ""
        yield Stretch("asked", own[0].at_s, own[-1].at_s, f"{len(own)} requests{by}, {_failed(own)} failed")
        for from_s, to_s, those in _joined(_failures(own), lasts_s * JOINED):
            kinds = ", ".join(sorted({r.error for r in those}))
            yield Stretch("failed", from_s, to_s, f"{len(those)} failed{by} ({kinds})")


def _failed(sent: Iterable[Request]) -> int:
    return sum(bool(r.error) for r in sent)


def _failures(sent: Sequence[Request]) -> Iterator[Failure]:
    failed: list[Request] = []
    for request in sent:
        if request.error:
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
