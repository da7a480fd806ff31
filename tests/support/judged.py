"""Recordings judged anew, after something was done to their lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from harness.judging.docket import Docket
from harness.lab.claim import Lab
from harness.model.entries import Acted, Copy, Entry, Request, Said, Told, Window
from harness.model.lines import PASSING, read, written
from harness.model.verdict import Grade, Verdict

Line = tuple[str, Entry]
TELLING = (Acted, Window, Copy, Told, Said)
"""Lines whose fields a verdict rests on."""

LABELS = {
    "where", "address", "said", "state", "typed", "text", "name", "thing", "version", "missing", "done_s", "files",
    "lines", "objects", "program", "code", "unseen_s", "took_s",
}  # fmt: skip
"""Fields that say how something is called or looks, not what came of it."""


def verdicts(labs: Sequence[Lab], lines: Sequence[Line]) -> dict[str, Verdict]:
    docket = Docket(labs, reruns=0)
    for trial, one in lines:
        docket.hear(*read(written(trial, one)))
    docket.settle(over=True)
    if docket.trouble:
        return {}
    return docket.verdicts


def falsehoods(true: dict[str, Verdict], found: dict[str, Verdict]) -> dict[str, str]:
    """What is decided, and otherwise than it was: a verdict that is open is no lie."""
    return {
        id_: f"{v.grade} {v.given} instead of {true[id_].grade} {true[id_].given}: {v.sentence}"
        for id_, v in found.items()
        if v.decided and (v.grade, v.given) != (true[id_].grade, true[id_].given)
    }


def dropped(lines: Sequence[Line], seed: int, many: int) -> Iterator[tuple[str, list[Line]]]:
    """The lines without one of them, which the verdict may rest on."""
    places = [n for n, (trial, one) in enumerate(lines) if trial and not isinstance(one, (*PASSING, Request))]
    for n in sorted(random.Random(seed).sample(places, min(many, len(places)))):
        trial, one = lines[n]
        yield f"{trial} without {type(one).__name__} at {one.at_s}", [*lines[:n], *lines[n + 1 :]]


def changed(lines: Sequence[Line], seed: int, many: int) -> Iterator[tuple[str, list[Line]]]:
    """The lines with one field of one of them changed."""
    order = random.Random(seed)
    places = [n for n, (trial, one) in enumerate(lines) if trial and isinstance(one, TELLING)]
    for n in sorted(order.sample(places, min(many, len(places)))):
        trial, one = lines[n]
        names = [f.name for f in fields(one) if f.name not in LABELS]
        name = order.choice(names)
        other = replace(one, **{name: _other(getattr(one, name))})
        yield f"{trial}: {type(one).__name__}.{name} at {one.at_s}", [*lines[:n], (trial, other), *lines[n + 1 :]]


def _other(value: Any) -> Any:
    change: dict[type, Callable[[Any], Any]] = {
        bool: lambda v: not v, int: lambda v: v + 1, float: lambda v: v + 37.5, str: lambda v: f"{v}x",
        tuple: lambda v: (*v, "another"),
    }  # fmt: skip
    return change[type(value)](value)


OPEN = Grade.INCONCLUSIVE
