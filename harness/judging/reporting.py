"""Recorded runs judged together: also those that cannot be judged any more, as far as they can be read."""

from __future__ import annotations

from collections.abc import Sequence

from harness.journal import Recording
from harness.judging import findings as found
from harness.judging.docket import Docket
from harness.judging.findings import Finding
from harness.judging.register import Register
from harness.lab.claim import Lab


def findings(labs: Sequence[Lab], runs: Sequence[Recording], known: Register) -> tuple[list[Finding], Docket]:
    """Of a lab with a damaged recording nothing is judged."""
    every, docket = found.judge(labs, [line for run in runs for line in run.lines], known, lacking_in(runs))
    damaged = {lab.name: run.trouble for lab in labs for run in runs if run.trouble and lab.name in run.labs}
    kept = [f for f in every if f.lab not in damaged]
    kept += [f for lab in labs if lab.name in damaged for f in found.unjudged(lab, known, damaged[lab.name])]
    return kept, docket


def lacking_in(runs: Sequence[Recording]) -> frozenset[str]:
    """What none of the hosts could do; a damaged run does not tell."""
    told = [run.lacking for run in runs if not run.trouble]
    return frozenset.intersection(*told) if told else frozenset()
