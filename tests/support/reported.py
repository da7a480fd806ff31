"""Pages of recorded runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.journal import Recording
from harness.judging import catalog, register, reporting
from harness.judging.register import Register
from harness.lab.claim import Lab
from harness.views.report import page
from tests.support import folders

KNOWN = register.load(catalog.REGISTER)
LABS = catalog.judged()


def of(to: Path, change: Callable[[str], str], lab: str = "storage") -> tuple[str, list[str]]:
    """The page of a recorded run whose journal was changed, as text, and what of it could not be read."""
    return page.of([folders.changed(to / "r", change, lab)])


def judged(runs: Sequence[Recording], labs: Sequence[Lab], known: Register = KNOWN) -> page.Shown:
    found, docket = reporting.findings(labs, runs, known)
    return page.Shown(runs, labs, docket, found, known, reporting.lacking_in(runs))
