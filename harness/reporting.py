"""Recorded runs as one page: also those that cannot be judged any more, as far as they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import catalog, journal, outcome, register
from harness.views.report import page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.court import Recorded
    from harness.journal import Run
    from harness.model.claim import Lab
    from harness.outcome import Finding
    from harness.register import Register


def html(folders: Sequence[Path]) -> tuple[str, list[str]]:
    """The page, and what of these runs could not be read."""
    runs = list({run.id: run for run in map(journal.salvage, folders)}.values())
    known = register.load(catalog.REGISTER)
    together = journal.merged(runs)
    names = dict.fromkeys(name for run in runs for name in run.labs)
    recorded = {name: journal.of_lab(together, name) for name in names}
    labs = [catalog.lab(name) for name in names if name in catalog.names()]
    text = page.html(
        page.Shown(
            runs=runs,
            labs=labs,
            recorded=recorded,
            findings=findings(labs, runs, recorded, known),
            known=known,
            lacking=lacking_in(runs),
        )
    )
    return text, [f"{run.id}: {run.trouble}" for run in runs if run.trouble]


def findings(
    labs: Sequence[Lab], runs: Sequence[Run], recorded: Mapping[str, Recorded], known: Register
) -> list[Finding]:
    """As far as they can be judged: of a lab with a damaged recording nothing is."""
    lacking = lacking_in(runs)
    found: list[Finding] = []
    for lab in labs:
        trouble = next((run.trouble for run in runs if run.trouble and lab.name in run.labs), "")
        if trouble:
            found += outcome.unjudged(lab, known, trouble)
        else:
            found += outcome.judge([lab], recorded, known, lacking)
    return found


def lacking_in(runs: Sequence[Run]) -> frozenset[str]:
    """What none of the hosts could do; a damaged run does not tell."""
    told = [run.lacking for run in runs if not run.trouble]
    return frozenset.intersection(*told) if told else frozenset()
