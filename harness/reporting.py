"""Recorded runs as one page: also those that cannot be judged any more, as far as they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import catalog, journal, outcome, register
from harness.model.errors import Problem
from harness.views.report import page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.journal import Run
    from harness.model.claim import Lab
    from harness.outcome import Finding
    from harness.register import Register


def html(folders: Sequence[Path]) -> tuple[str, list[str]]:
    """The page, and what of these runs could not be read."""
    runs = {run.id: run for run in map(journal.salvage, folders)}
    known = register.load(catalog.REGISTER)
    together = journal.merged(list(runs.values()))
    names = dict.fromkeys(name for run in runs.values() for name in run.labs)
    labs = [catalog.lab(name) for name in names if name in catalog.names()]
    text = page.html(
        page.Shown(
            runs=list(runs.values()),
            labs=labs,
            recorded={name: journal.of_lab(together, name) for name in names},
            findings=findings(labs, list(runs.values()), known),
            known=known,
            lacking=lacking_in(list(runs.values())),
        )
    )
    return text, [f"{run.id}: {run.trouble}" for run in runs.values() if run.trouble]


def findings(labs: Sequence[Lab], runs: Sequence[Run], known: Register) -> list[Finding]:
    """As far as they can be judged: of a lab with a damaged recording nothing is."""
    together, lacking = journal.merged(list(runs)), lacking_in(runs)
    found: list[Finding] = []
    for lab in labs:
        trouble = next((run.trouble for run in runs if run.trouble and lab.name in run.labs), "")
        if trouble:
            found += outcome.unjudged(lab, known, trouble)
        else:
            found += outcome.judge([lab], {lab.name: journal.of_lab(together, lab.name)}, known, lacking)
    return found


def lacking_in(runs: Sequence[Run]) -> frozenset[str]:
    """What none of the hosts could do; a damaged run does not tell."""
    told = [frozenset(run.facts.get("lacking", ())) for run in runs if not run.trouble]
    return frozenset.intersection(*told) if told else frozenset()


def newest(runs: Path) -> Path:
    """The run that was begun last; their names begin with the time."""
    folders = sorted((f.parent for f in runs.glob(f"*/{journal.FILE}")), reverse=True)
    if not folders:
        raise Problem("Reporting the newest run", f"there is none in {runs}/", "labs report labs/recorded/*")
    return folders[0]
