"""What differs between two runs, with what they were made on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.text import Text

from harness.journal import Recording
from harness.judging.compare import Difference
from harness.views.words import clean, one_line


def lines(first: Recording, second: Recording, found: Sequence[Difference]) -> Iterable[Text]:
    for run in (first, second):
        yield Text(f"{clean(run.id)}: {_made_on(run)}", style="dim")
    for one in found:
        what = f"{one.claim}, {one.number}" if one.number else f"{one.claim}, the verdict"
        yield Text.assemble((clean(what), "bold"), f": {clean(one.first)}, then ", (clean(one.second), "yellow"))
    if not found:
        yield Text("No verdict differs, and no number by more than it varies within a run.", style="green")


def _made_on(run: Recording) -> str:
    said = [
        str(run.facts.get("began", "")),
        f"{_fact(run, 'host', 'cores')} cores",
        f"Docker {_fact(run, 'engine', 'version')}",
        f"Kubernetes {_fact(run, 'kubernetes', 'version')}",
    ]
    return one_line(", ".join(filter(None, said)))


def _fact(run: Recording, of: str, name: str) -> Any:
    """A run may say of itself whatever it likes."""
    said = run.facts.get(of)
    return said.get(name, "?") if isinstance(said, dict) else "?"
