"""What a run writes down beside its trials' entries, and the text notation of every line."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from functools import cache
from typing import Any

from harness.model.entries import KINDS, Entry, entry

SCHEMA = "labs.journal/2"
JSON: dict[str, Any] = {
    "str": str, "int": int, "float": (float, int), "bool": bool, "tuple[str, ...]": list, "dict[str, Any]": dict,
}  # fmt: skip


@entry
class Run(Entry):
    """The first line: what was run, where and with what."""

    schema: str
    run: str
    facts: dict[str, Any]


@entry
class Fewer(Entry):
    """A cell whose trials take long is repeated less often than was planned."""

    lab: str
    cell: str
    of: int


@entry
class Opening(Entry):
    site: str


@entry
class Opened(Entry):
    site: str
    took_s: float
    wrong: str = ""


@entry
class Waits(Entry):
    """What a trial waits for, so that somebody who looks on knows; it is no part of the trial's recording."""

    missing: str
    waited_s: float = 0.0
    allowed_s: float = 0.0


@entry
class Trouble(Entry):
    """What went wrong beside the trials, for whoever mends it."""

    text: str


@entry
class Removed(Entry):
    took_s: float
    left: tuple[str, ...] = ()


@entry
class Over(Entry):
    """The last line."""

    how: str
    wall_s: float
    left: tuple[str, ...] = ()
    kept: bool = False


PASSING = (Waits, Trouble)
"""Lines that name a trial and are no part of its recording."""


def written(trial: str, one: Entry) -> str:
    said = {f.name: value for f in fields(one) if (value := getattr(one, f.name)) != f.default}
    named = {"trial": trial} if trial else {}
    return json.dumps({"kind": type(one).__name__, **named, **said}, ensure_ascii=False)


def read(line: str) -> tuple[str, Entry]:
    """The line as it was written; ValueError, TypeError or OverflowError says what it is not."""
    said = json.loads(line)
    if not isinstance(said, dict) or "kind" not in said:
        raise ValueError("it does not say of which kind it is")
    trial, kind = said.pop("trial", ""), KINDS.get(said.pop("kind"))
    if kind is None or not isinstance(trial, str):
        raise ValueError("no line of a journal is of that kind")
    types = _types(kind.__name__)
    for name, value in said.items():
        if name not in types:
            raise ValueError(f"{kind.__name__} has no {name}")
        wanted = JSON[types[name]]
        if not isinstance(value, wanted) or (types[name] != "bool" and isinstance(value, bool)):
            raise TypeError(f"{kind.__name__}.{name} is {value!r}")
        if types[name] == "float" and not math.isfinite(value):
            raise ValueError(f"{kind.__name__}.{name} is {value}")
        if isinstance(value, list):
            if not all(isinstance(v, str) for v in value):
                raise TypeError(f"{kind.__name__}.{name} is {value!r}")
            said[name] = tuple(value)
    return trial, kind(**said)


@cache
def _types(kind: str) -> dict[str, str]:
    return {f.name: str(f.type) for f in fields(KINDS[kind])}
