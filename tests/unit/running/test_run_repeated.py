"""How often a trial is repeated depends on how long the first of its cell takes."""

from __future__ import annotations

import pytest

from harness import Arm, acts, engine, scenario
from harness.model.entries import Began, Ended
from harness.model.lines import Fewer
from tests.support.recorded import judged
from tests.support.started import lab_of, start

RUN = "docker run --detach --restart no --cpus 0.1 dk-labs/web:1"
ALWAYS = Arm("always", engine, RUN.replace("no", "always"))
ONE, TWO = Arm("one", engine, RUN), Arm("two", engine, RUN)


@scenario
def crash(t):
    """It crashes, and is watched for long."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


@scenario
def crash_for_long(t):
    """It crashes, and is watched for very long."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=25)


@scenario
def look(t):
    """It is looked at."""
    t.steady(replicas=1)
    t.hold(1)


def test_trials_that_take_long_are_repeated_less_often():
    run = start(lab_of(crash @ ONE, look @ TWO), trials=5).go()
    assert [(f.cell, f.of) for f in run.of(Fewer)] == [("crash @ one", 3)]
    assert sorted(run.ends) == [
        *(f"crash @ one #{n}" for n in (1, 2, 3)),
        *(f"look @ two #{n}" for n in (1, 2, 3, 4, 5)),
    ]
    assert run.docket.wanted["selfhealing"] == {"crash @ one": 3, "look @ two": 5}


def test_those_that_take_very_long_are_run_twice_however_long_that_took_to_show():
    """After 6 s it is known that there are three at most, after 20 s that there are two."""
    lab = lab_of(crash_for_long @ ONE)
    run = start(lab, trials=5).go()
    assert [(f.cell, f.of) for f in run.of(Fewer)] == [("crash for long @ one", 3), ("crash for long @ one", 2)]
    assert sorted(run.ends) == ["crash for long @ one #1", "crash for long @ one #2"]
    assert run.docket.wanted["selfhealing"] == {"crash for long @ one": 2}
    assert judged([lab], run.lines).wanted == run.docket.wanted


@pytest.mark.parametrize(("how", "waits"), [(crash, False), (crash_for_long, True)])
def test_a_third_one_waits_for_the_first_where_that_may_take_very_long(how, waits):
    run = start(lab_of(how @ ALWAYS), trials=5).go()
    began, ended = ({run.trials[id_]: one for id_, one in run.kinds(kind)} for kind in (Began, Ended))
    first_s = began[f"{how.name} @ always #1"].began_s + ended[f"{how.name} @ always #1"].at_s
    assert (first_s <= began[f"{how.name} @ always #3"].began_s + 0.01) == waits
    assert first_s <= began[f"{how.name} @ always #4"].began_s + 0.01


@pytest.mark.parametrize("seed", range(3))
def test_and_come_after_the_short_ones(seed):
    run = start(lab_of(crash @ ONE, look @ TWO), trials=3, room=0.1, seed=seed).go()
    began = {run.trials[id_]: b.began_s for id_, b in run.kinds(Began)}
    assert began["crash @ one #3"] > max(began[f"look @ two #{n}"] for n in (1, 2, 3))


def test_in_a_full_run_they_are_not():
    run = start(lab_of(crash @ ONE), trials=5, full=True).go()
    assert (run.of(Fewer), len(run.ends)) == ([], 5)
