"""Verdicts are told while the run goes on, and what was watched for too short a time is run once more before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import Arm, Lab, Trials, Verdict, acts, cluster, engine, fails, holds, scenario, verdict_of
from harness.lab.open_site import No
from harness.model.entries import Ended, Planned
from harness.model.lines import Fewer, Trouble
from tests.support.one_trial import Changed
from tests.support.started import SELFHEALING, Otherwise, start

C, D = verdict_of("c"), verdict_of("d")


def arm(name, policy="no", site=engine):
    return Arm(name, site, f"docker run --detach --restart {policy} --cpus 0.1 dk-labs/web:1")


@scenario
def crash(t):
    """It crashes."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


@scenario
def crash_elsewhere(t):
    """It crashes, as the only one of its kind."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


POD = Arm("pod", cluster, "pod.yaml")


def lab(*, tested=None, blank=None, standard=None, id_="c", module=SELFHEALING):
    made, tested = Lab("Does it come back?", module), tested or crash @ arm("always", "always")

    @made.claim(
        id_, blank=blank or crash_elsewhere @ arm("never"), standard=standard or crash @ arm("other", "always")
    )
    def returns(crashed: Trials = tested) -> Verdict:
        span = crashed.restored()
        return holds(f"back after {span}") if span else fails("it stayed away")

    return made


def test_a_verdict_is_told_as_soon_as_nothing_can_change_it():
    made = lab()
    made.show(crash_elsewhere @ POD, crash_elsewhere @ arm("never again"))
    run = start(made, trials=2, room=0.1).go()
    ((at_s, word),) = run.told
    assert word == "c CONFIRMED"
    assert at_s < run.clock.now() - run.run.began - 10


def test_it_is_not_told_while_a_trial_alike_may_still_lengthen_its_window():
    """The blank's window is judged by how long it took where it came, on the same site."""
    alike = lab(blank=crash @ arm("never"))
    run = start(alike, trials=2).go()
    ends = max(e.at_s for e in run.of(Ended))
    assert [word for _, word in run.told] == ["c CONFIRMED"]
    assert run.told[0][0] >= ends


def test_trials_that_take_long_are_fewer_and_that_is_enough():
    run = start(lab(), trials=5).go()
    assert {f.cell: f.of for f in run.of(Fewer)} == {"crash elsewhere @ never": 3}
    assert [word for _, word in run.told] == ["c CONFIRMED"]


# -- once more


def deaf(times):
    """The first trials on the arm that never comes back: they can't be looked at for long."""
    seen = []

    def change(scope, here):
        if scope.arm.name != "never" or len(seen) >= times:
            return here
        seen.append(scope.trial)
        begun = []

        def look(real):
            begun.append(real.__self__.clock.now())
            if 4 < begun[-1] - begun[0] < 34:
                raise No("timeout")
            return real()

        return Changed(here, look=look)

    return lambda _, site: Otherwise(site, change)


def test_what_was_watched_too_little_is_run_once_more_and_then_judged():
    run = start(lab(), trials=1, change=deaf(1)).go()
    (again,) = [p for p in run.of(Planned) if p.rerun]
    assert (again.cell, again.number, again.of) == ("crash elsewhere @ never", 1, 1)
    (why,) = run.of(Trouble)
    assert why.text.startswith("crash elsewhere @ never #1 is run once more: ")
    assert why.text.endswith("looks were taken")
    assert [word for _, word in run.told] == ["c CONFIRMED"]
    assert len(run.timelines(crash_elsewhere @ arm("never"))) == 2


def test_it_takes_the_place_of_none_where_the_host_lacks_what_some_trials_need():
    made = lab()
    made.show(crash_elsewhere @ replace(arm("virtual"), lacks="IPVS"), crash_elsewhere @ arm("last"))
    run = start(made, trials=1, change=deaf(1), lacking=frozenset({"IPVS"})).go()
    ids = [id_ for id_, one in run.lines if isinstance(one, Planned)]
    assert len(ids) == len(set(ids))


def test_of_several_only_those_that_were():
    run = start(lab(), trials=2, change=deaf(1)).go()
    assert len([p for p in run.of(Planned) if p.rerun]) == 1
    assert [word for _, word in run.told] == ["c CONFIRMED"]


def test_what_stays_too_little_is_run_twice_more_and_left_open():
    run = start(lab(), trials=1, change=deaf(99)).go()
    assert len([p for p in run.of(Planned) if p.rerun]) == 2
    assert [word for _, word in run.told] == ["c INCONCLUSIVE"]
    assert run.docket.verdicts["c"].reason == "blank-failed"
    assert "looks were taken" in run.docket.verdicts["c"].sentence


def test_each_has_a_name_of_its_own():
    run = start(lab(), trials=2, change=deaf(99)).go()
    ids = [id_ for id_, _ in run.kinds(Planned)]
    assert len(ids) == len(set(ids))


# -- over several labs


def both(one: Verdict = C, other: Verdict = D) -> Verdict:
    return holds("both") if one.grade is other.grade else fails("one alone")


@pytest.mark.parametrize(("policy", "word"), [("always", "s CONFIRMED"), ("no", "s REFUTED")])
def test_a_claim_that_follows_from_two_labs_is_told_with_the_last_of_them(policy, word):
    summary = Lab("And both?", "labs.summary")
    summary.claim("s")(both)
    tested = crash @ Arm("tested", engine, f"docker run --detach --restart {policy} --cpus 0.1 dk-labs/web:1")
    run = start([summary, lab(), lab(tested=tested, id_="d", module="labs.healthchecks")]).go()
    assert [told for _, told in run.told][-1] == word
    assert {told.split()[0] for _, told in run.told} == {"c", "d", "s"}


def test_what_cannot_be_run_here_is_told_at_the_end():
    lacking = Lab("And with more?", SELFHEALING)
    rare = Arm("rare", engine, "docker run --detach --cpus 0.1 dk-labs/web:1", lacks="swap accounting")
    lacking.claim("e", tested=crash @ rare, blank=crash @ arm("never"), standard=crash @ arm("other", "always"))(
        lambda crashed: holds("x")
    )
    run = start(lacking, lacking=frozenset({"swap accounting"})).go()
    assert "crash @ rare" not in {p.cell for p in run.of(Planned)}
    assert [word for _, word in run.told] == ["e UNAVAILABLE"]
    assert run.docket.verdicts["e"].sentence == "this host lacks swap accounting"
