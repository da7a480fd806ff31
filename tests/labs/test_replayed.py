"""The recorded runs that come with the labs, replayed: each verdict is told on the way, when it could be."""

from __future__ import annotations

import pytest

from harness import catalog, journal, outcome
from harness.model.timeline import Kind
from tests.unit.replaying import KNOWN, labs_of, lines_of, replayed

RECORDED = sorted(path.parent for path in (catalog.FOLDER / "recorded").glob(f"*/{journal.FILE}"))
SELFHEALING = catalog.FOLDER / "recorded" / "selfhealing"


@pytest.mark.parametrize("folder", RECORDED, ids=lambda f: f.name)
def test_recorded_runs_give_the_verdicts_that_they_give_when_they_are_judged(folder):
    labs, read = labs_of(folder), journal.read(folder)
    judged = outcome.judge(labs, {lab.name: read.of_lab(lab.name) for lab in labs}, KNOWN)
    told, _ = replayed(lines_of(folder), labs)

    assert {id_: found for id_, (_, found) in told.findings.items()} == {f.id: f for f in judged}


def test_a_verdict_is_told_when_a_trial_ends_that_it_rests_on_and_not_at_the_end_of_the_run():
    (lab,) = labs_of(SELFHEALING)
    told, _ = replayed(lines_of(SELFHEALING), [lab])
    cells = {line["trial"]: line["cell"] for _, line in told.lines if line["type"] == "trial"}
    ended = [line["trial"] for _, line in told.lines if is_end(line)]
    for id_, (line, _) in told.findings.items():
        rests_on = {t.cell for claim in lab.claims if claim.id == id_ for t in claim.trials}
        assert is_end(line)
        assert cells[line["trial"]] in rests_on
        assert ended.index(line["trial"]) <= max(n for n, t in enumerate(ended) if cells[t] in rests_on)

    assert min(ended.index(line["trial"]) for line, _ in told.findings.values()) < len(ended) / 2


def is_end(line) -> bool:
    return line["type"] == "entry" and (line["kind"], line["what"]) == (Kind.MARK, "end")
