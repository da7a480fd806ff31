"""One line of plain English for each entry of a recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.lab.timeline import Cost
from harness.model.entries import (
    Acted,
    Asked,
    Asking,
    Began,
    Checked,
    Copy,
    Ended,
    Entry,
    Heard,
    Held,
    Looked,
    Receipt,
    Request,
    Said,
    Told,
    Window,
)  # fmt: skip
from harness.views.words import act_in_words, one_line, waits_for

QUIET: Mapping[type[Entry], str] = {Looked: "look", Request: "request"}
"""Kinds of which there are hundreds, and what they are called; their number is told instead."""

OF_COPIES = {
    "created": "was created",
    "serving": "serves",
    "unready": "is no longer ready",
    "refused": "was refused",
    "died": "died",
    "gone": "is gone",
    "answers": "answers",
    "refuses": "refuses requests",
    "silent": "does not answer",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the copies and receipts of one trial are called."""

    copies: Mapping[str, str]
    """By incarnation."""

    receipts: Mapping[str, Receipt]

    @staticmethod
    def of(entries: Sequence[Entry]) -> Names:
        return Names(
            {e.id: e.name for e in entries if isinstance(e, Copy)},
            {e.id: e for e in entries if isinstance(e, Receipt)},
        )

    def victims(self, receipt: Receipt) -> str:
        return ", ".join(self.copies.get(v, v) for v in receipt.victims)

    def act(self, acted: Acted) -> str:
        victims = self.victims(acted)
        return act_in_words(acted.name) + (f" on {victims}" if victims else "")

    def receipt(self, id_: str) -> str:
        """As somebody refers to it."""
        found = self.receipts.get(id_)
        return act_in_words(found.name) if found else f"{id_ or 'something'}, which was not written down"


def lines(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str]]:
    """All but the quiet ones."""
    names = Names.of(entries)
    return ((e, f"{e.at_s:9.3f} s  {one_line(_told(e, names))}") for e in entries if type(e) not in QUIET)


def not_shown(entries: Sequence[Entry]) -> str:
    counted = {name: sum(type(e) is kind for e in entries) for kind, name in QUIET.items()}
    told = [f"{n} {name}{'' if n == 1 else 's'}" for name, n in counted.items() if n]
    return f"({' and '.join(told)} not shown)" if told else ""


def _told(one: Entry, names: Names) -> str:
    match one:
        case Acted():
            return f"{one.id}  {'; '.join(_acted(one, names))}"
        case Window():
            return f"{one.id}  {_window(one, names)}"
        case Copy():
            return f"{copy_in_words(one)} ({', '.join(_identity(one))})"
        case Told():
            return f"{fact_in_words(one)}{_by(one, names)}"
        case Asking() | Asked():
            return _client(one)
    return _around(one)


def _around(one: Entry) -> str:
    """What others said, and how the trial itself went."""
    match one:
        case Heard() | Said():
            return _others(one)
        case Began():
            return f"the trial begins, {one.began_s:.1f} s into the run"
        case Checked():
            return f"check of {one.what}: {f'failed: {one.wrong}' if one.wrong else 'passed'}"
        case Held():
            return f"left alone for {one.seconds:g} s"
        case Ended():
            return f"the trial ends after {one.entries} entries{f': {one.wrong}' if one.wrong else ''}"
    return type(one).__name__.lower()


def _others(one: Heard | Said) -> str:
    if isinstance(one, Heard):
        return f"platform: {one.who} {one.what}{f', {one.text}' if one.text else ''}"
    return f"{one.name}{'' if one.container in one.name else f', {one.container}'} writes: {one.line}"


# -- what was done


def outcome(acted: Acted) -> str:
    if acted.no:
        return f"refused: {acted.no}"
    return "done" if acted.proved else "no effect was seen"


def typed(commands: Sequence[str]) -> list[str]:
    """Each command with how often it was typed in a row."""
    counted = [(command, len(list(same))) for command, same in groupby(commands)]
    return [command if n == 1 else f"{command} ({n} times)" for command, n in counted]


def _acted(one: Acted, names: Names) -> Iterator[str]:
    yield f"{names.act(one)}: {outcome(one)}"
    by = f" by {', '.join(one.by)}" if one.by else ""
    yield f"sent at {one.sent_s:.3f} s, answered at {one.done_s:.3f} s{by}"
    if one.typed:
        yield f"typed: {'; '.join(typed(one.typed))}"
    if one.files:
        yield f"applied {Cost(0, len(one.files), one.lines, one.objects, one.program)}: {', '.join(one.files)}"
    if one.code:
        yield f"{'exit code' if one.typed else 'status'} {one.code}"
    if one.said:
        yield f"said: {one.said}"


# -- what was waited for


def window_in_words(one: Window, names: Names) -> str:
    return f"{'waited' if one.must else 'watched'} for {one.name!r} since {names.receipt(one.since)}: {_came(one)}"


def _came(one: Window) -> str:
    if one.proved:
        return "it came"
    told = f"it did not come, {waits_for(one.missing)}" if one.missing else "it did not come"
    return f"{told}; given up: {one.no}" if one.no else told


def _window(one: Window, names: Names) -> str:
    timer = f", {one.timer_s:g} s of them a known pause" if one.timer_s else ""
    since = f"{one.since} at {found.sent_s:.3f} s" if (found := names.receipts.get(one.since)) else one.since
    return f"{window_in_words(one, names)} ({since}; from {one.began_s:.3f} s on, {one.within_s:g} s planned{timer})"


# -- what was seen


def copy_in_words(one: Copy, *, again: bool = False) -> str:
    more = ""
    if one.what == "died" and one.code >= 0:
        more = f" with exit code {one.code}"
    elif one.what == "refused":
        more = f": {one.no}"
    return f"{one.name} {OF_COPIES.get(one.what, one.what)}{' again' if again else ''}{more}"


def fact_in_words(one: Told) -> str:
    return f"asked for {one.fact!r}: {f'failed: {one.no}' if one.no else one.said or 'nothing'}"


def _by(one: Told, names: Names) -> str:
    asked = names.copies.get(one.of, one.of)
    told = [f"of {asked}" if asked else "", f"answered by {one.by}" if one.by else ""]
    return f" ({', '.join(filter(None, told))})" if any(told) else ""


def _identity(one: Copy) -> Iterator[str]:
    yield f"incarnation {one.id}" if one.id else "not started yet"
    said = {
        "answers as": one.instance,
        "at": one.address,
        "on": one.where,
        "version": one.version,
        "state": one.state,
    }
    yield from (f"{name} {value}" for name, value in said.items() if value)
    if one.unseen_s:
        yield f"last look {one.unseen_s:.3f} s before"


def _client(one: Asking | Asked) -> str:
    if isinstance(one, Asking):
        return f"client {one.client!r} begins: {one.per_s:g} requests a second, resolution {one.resolution_s:.3f} s"
    wrong = f"; it broke off: {one.wrong}" if one.wrong else ""
    return (
        f"client {one.client!r} ends: {one.sent} requests sent, {one.failed} failed, "
        f"at most {one.late_max_s:.3f} s late{wrong}"
    )
