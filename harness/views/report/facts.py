"""What a run says of itself: what it was made on, and what a reader has to be warned of."""

from __future__ import annotations

from collections.abc import Iterator

from harness.journal import Recording

DEEPEST = 4
NOT_TOLD = ("began_unix_s", "schema")


def warnings(run: Recording) -> Iterator[str]:
    if run.trouble:
        yield f"Run {run.id} is damaged: {run.trouble}. What could be read is shown; nothing is judged."
    elif run.over is None:
        yield f"Run {run.id} was cut short: what it had recorded until then is shown."
    elif run.over.how == "interrupted":
        yield f"Run {run.id} was interrupted: what it had recorded until then is shown."
    if run.over and run.over.left:
        yield f"Run {run.id} could not remove everything: {', '.join(run.over.left)}."


def rows(run: Recording) -> list[tuple[str, str]]:
    """Everything in its facts, whatever a later version writes there."""
    found = [row for name, value in run.facts.items() for row in _rows(name, value, 0)]
    return [*found, ("took", f"{_said(run.over.wall_s)} s")] if run.over else found


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
