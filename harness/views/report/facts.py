"""What a run says of itself: on what it was made, and what a reader has to be warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.journal import Run

DEEPEST = 4
NOT_TOLD = ("began_unix_s", "schema")


def warnings(run: Run) -> Iterator[str]:
    if run.trouble:
        yield f"Run {run.id} is damaged: {run.trouble}. What could be read is shown; nothing is judged."
    elif not run.end:
        yield f"Run {run.id} was cut short, it has no end: what it had recorded until then is shown."
    elif run.end.get("how") == "interrupted":
        yield f"Run {run.id} was interrupted: what it had recorded until then is shown."
    if left := run.end.get("leftovers"):
        yield f"Run {run.id} could not remove everything: {_said(left)}."


def rows(run: Run) -> list[tuple[str, str]]:
    """Everything in its facts, whatever a later version writes there."""
    found = [row for name, value in run.facts.items() for row in _rows(name, value, 0)]
    ended = {"took": "wall_s", "of which necessary": "necessary_s"}
    return [*found, *((said, f"{_said(run.end[name])} s") for said, name in ended.items() if name in run.end)]


def _rows(name: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    if name in NOT_TOLD:
        return
    name = name.replace("_", " ")
    if isinstance(value, dict) and depth < DEEPEST:
        flat = {key: one for key, one in value.items() if not isinstance(one, (dict, list)) and key not in NOT_TOLD}
        if flat:
            yield name, ", ".join(f"{key.replace('_', ' ')} {_said(one)}" for key, one in flat.items())
        for key in (key for key, one in value.items() if isinstance(one, (dict, list))):
            yield from _rows(key if depth else f"{name}, {key}", value[key], depth + 1)
    elif isinstance(value, list) and depth < DEEPEST and any(isinstance(one, dict) for one in value):
        for number, one in enumerate(value, 1):
            called = one.get("name", number) if isinstance(one, dict) else number
            rest = {k: v for k, v in one.items() if k != "name"} if isinstance(one, dict) else one
            yield from _rows(f"{name}: {called}", rest, depth + 1)
    else:
        yield name, _said(value)


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}"
        case list():
            return ", ".join(_said(one) for one in value if not isinstance(one, (dict, list))) or "none"
        case dict():
            return "…"
        case _:
            return str(value)
