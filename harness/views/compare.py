"""What differs between two runs, with what they were made on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from harness.views.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.compare import Difference
    from harness.journal import Run


def lines(first: Run, second: Run, found: Sequence[Difference]) -> Iterable[Text]:
    for run in (first, second):
        yield Text(f"{run.id}: {_made_on(run)}", style="dim")
    for one in found:
        what = f"{one.claim}, {one.number}" if one.number else f"{one.claim}, the verdict"
        yield Text.assemble((clean(what), "bold"), f": {clean(one.first)}, then ", (clean(one.second), "yellow"))
    if not found:
        yield Text("No verdict differs, and no number by more than it varies within a run.", style="green")


def _made_on(run: Run) -> str:
    host, engine = run.facts.get("host", {}), run.facts.get("engine", {})
    said = [
        str(run.facts.get("began", "")),
        f"{host.get('cores', '?')} cores",
        f"Docker {engine.get('version', '?')}",
        f"Kubernetes {run.facts.get('kubernetes', {}).get('version', '?')}",
    ]
    return clean(", ".join(said))
