"""The recordings that come with the labs say what is expected; what is falsified says no other thing."""

import pytest

from harness.journal import recorded
from harness.judging import catalog, findings, register
from harness.model.entries import Planned
from tests.support.judged import changed, dropped, falsehoods, verdicts

LABS = catalog.judged()
REGISTER = register.load(catalog.REGISTER)


def recording(name):
    return recorded(catalog.FOLDER / "recorded" / name)


def first_trials(name):
    """Of each cell one trial, so that judging is quick."""
    kept, lines = set(), recording(name).lines
    for trial, one in lines:
        if isinstance(one, Planned) and one.number == 1 and not one.rerun:
            kept.add(trial)
    found = [(trial, one) for trial, one in lines if not trial or trial in kept]
    return [
        (trial, Planned(lab=one.lab, cell=one.cell, number=1, of=1) if isinstance(one, Planned) else one)
        for trial, one in found
        if type(one).__name__ != "Fewer"
    ]


@pytest.mark.parametrize("name", LABS)
def test_its_verdicts_are_as_expected(name):
    run = recording(name)
    found, docket = findings.judge([catalog.lab(name)], run.lines, REGISTER, run.lacking)
    assert not docket.trouble
    assert {f.id for f in found} == {c.id for c in catalog.lab(name).claims}
    assert not [
        (f.id, str(f.verdict.grade), f.verdict.sentence) for f in found if f.open or not (f.as_expected or f.excused)
    ]


@pytest.mark.parametrize("name", LABS)
def test_it_left_nothing_behind(name):
    over = recording(name).over
    assert over is not None
    assert (over.how, over.left) == ("done", ())


@pytest.mark.parametrize("name", LABS)
@pytest.mark.parametrize("falsified", [dropped, changed])
def test_what_is_falsified_makes_it_no_liar(name, falsified):
    labs, lines = [catalog.lab(name)], first_trials(name)
    true = verdicts(labs, lines)
    lies = {}
    for what, told in falsified(lines, seed=3, many=15):
        lies |= {f"{what}: {id_}": lie for id_, lie in falsehoods(true, verdicts(labs, told)).items()}
    assert not lies
