"""A run on a platform in memory: which sites are opened, in which order trials go on, what is left behind."""

from __future__ import annotations

import pytest

from harness import Arm, acts, cluster, docker_host, engine, own_cluster, scenario, take_away
from harness.judging import catalog
from harness.lab.cell import Scenario
from harness.model.entries import Began, Checked, Copy, Ended, Heard, Planned
from harness.model.lines import Fewer, Opened, Opening, Over, Removed, Waits
from tests.support.one_trial import Changed
from tests.support.recorded import judged
from tests.support.recorded import run as run_lab
from tests.support.started import Otherwise, lab_of, start

RUN = "docker run --detach --restart no --cpus 0.1 dk-labs/web:1"


def arm(name, site=engine):
    return Arm(name, site, RUN if site.program == "docker" else "pod-never.yaml")


ONE, TWO, POD = arm("one"), arm("two"), arm("pod", cluster)


@scenario
def crash(t):
    """It crashes, and is watched for long."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


@scenario
def look(t):
    """It is looked at."""
    t.steady(replicas=1)
    t.hold(1)


# -- sites


def test_a_site_is_opened_once_for_all_its_trials_and_closed_when_none_is_left():
    run = start(lab_of(look @ ONE, look @ TWO, look @ POD), trials=2).go()
    assert run.left == []
    assert sorted(o.site for o in run.of(Opening)) == ["cluster", "engine"]
    assert {o.site: o.wrong for o in run.of(Opened)} == {"cluster": "", "engine": ""}
    assert {name: site.opened for name, site in run.sites.items()} == {"cluster": 1, "engine": 1}
    assert not any(site.estates for site in run.sites.values())


def test_all_that_was_planned_is_recorded_and_sound():
    run = start(lab_of(look @ ONE, look @ POD), trials=2).go()
    assert run.ends == {f"look @ {name} #{n}": "" for name in ("one", "pod") for n in (1, 2)}
    assert all(t.wrong is None for t in run.timelines(look @ ONE))
    assert [p.of for p in run.of(Planned)] == [2] * 4
    assert all(0 < b.began_s < run.of(Over)[0].wall_s for b in run.of(Began))


def test_the_last_line_says_how_it_ended_and_how_long_it_took():
    run = start(lab_of(look @ ONE)).go()
    over = run.lines[-1][1]
    assert isinstance(over, Over)
    assert (over.how, over.left, over.kept) == ("done", (), False)
    assert over.wall_s == pytest.approx(run.clock.now() - run.run.began, abs=0.01)


def test_what_could_not_be_removed_is_told():
    run = start(lab_of(look @ ONE), "left behind").go()
    assert run.left == ["network dkl-1"]
    assert run.of(Over)[0].left == ("network dkl-1",)
    assert run.of(Removed)[0].left == ("network dkl-1",)


def test_what_is_kept_is_left_as_it_is():
    run = start(lab_of(look @ ONE)).go(keep=True)
    assert run.of(Over)[0].kept
    assert run.run.states == {"engine": "open"}


def test_nobody_waits_for_a_clean_up_that_does_not_end():
    def hangs(_deadline):
        run.clock.sleep(10_000)
        return []

    change = lambda declared, site: Otherwise(site, close=hangs)  # noqa: E731
    run = start(lab_of(look @ ONE), change=change)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(run).go()
    assert run.of(Over)[0].left == ("engine: its clean-up did not end in time",)


def _interrupted(run):
    def stop():
        if run.clock.now() > run.run.began + 1:
            raise KeyboardInterrupt

    run.run.check = stop
    return run


# -- what is left of trials


def logged():
    """Says when each trial begins on its site, and when it is left."""
    said = []

    def change(scope, here):
        said.append(f"begins {scope.trial}")
        return Changed(here, leave=lambda leave: (said.append(f"leaves {scope.trial}"), leave()))

    return said, lambda declared, site: Otherwise(site, change)


def test_on_a_shared_site_each_trial_is_left_as_soon_as_it_is_over():
    said, change = logged()
    start(lab_of(look @ ONE), trials=2, change=change, room=0.1).go()
    assert said.index("leaves t001") > said.index("begins t001")
    assert sorted(said) == ["begins t001", "begins t002", "leaves t001", "leaves t002"]


@pytest.mark.parametrize("site", [docker_host(), own_cluster(2)], ids=lambda s: s.name)
def test_on_a_site_of_ones_own_the_last_one_goes_with_its_site(site):
    said, change = logged()
    start(lab_of(look @ arm("one", site)), trials=1, change=change).go()
    assert said == ["begins t001"]


@pytest.mark.parametrize("site", [docker_host(), own_cluster(2)], ids=lambda s: s.name)
def test_those_before_it_are_left_before_they_are_over(site):
    """What was broken is mended, and the next may begin."""
    said, change = logged()
    start(lab_of(look @ arm("one", site)), trials=3, change=change, room=0.1).go()
    assert sorted(word for word in said if word.startswith("leaves")) == ["leaves t001", "leaves t002"]


def test_what_cannot_be_left_is_told_and_ends_nothing():
    def change(_, here):
        def leave(_leave):
            raise ValueError("odd")

        return Changed(here, leave=leave)

    run = start(lab_of(look @ ONE), change=lambda _, site: Otherwise(site, change))
    run.go()
    assert run.left == []  # it was tried again when the site was closed
    assert "leaving: ValueError: odd" in [one.text for _, one in run.lines if hasattr(one, "text")]
    assert run.ends == {"look @ one #1": ""}


# -- room


def test_trials_are_measured_beside_one_another_as_far_as_there_is_room():
    run = start(lab_of(look @ ONE), trials=4, room=0.2).go()
    at = {id_: b.began_s for id_, b in run.kinds(Began)}
    spans = sorted((at[id_] + e.at_s - 1, at[id_] + e.at_s) for id_, e in run.kinds(Ended))
    assert max(sum(a <= t < b for a, b in spans) for t, _ in spans) == 2


def test_who_waits_for_room_says_so():
    run = start(lab_of(look @ ONE), trials=3, room=0.1).go()
    assert "room beside the others" in {w.missing for w in run.of(Waits)}


# -- what a trial may do


def test_what_hits_everybody_needs_a_round():
    strikes = Scenario("strike", "It strikes.", lambda t: (t.steady(replicas=1), t.act(take_away("kube-proxy"))))
    run = start(lab_of(strikes @ arm("one", own_cluster(2)))).go()
    (wrong,) = run.ends.values()
    assert wrong == "broke-off: TypeError: this hits every trial on own cluster of 2: say @scenario(round=...)"


def test_a_scenario_that_stumbles_breaks_its_own_trials_alone():
    def stumbles(t):
        t.steady(replicas=1)
        raise KeyError("x")

    run = start(lab_of(Scenario("stumble", "It stumbles.", stumbles) @ ONE, look @ TWO)).go()
    assert run.ends == {"stumble @ one #1": "broke-off: KeyError: 'x'", "look @ two #1": ""}
    assert run.of(Over)[0].how == "done"


def test_what_the_platform_tells_after_a_trials_end_does_not_spoil_it():
    """While what is left is removed it tells of each end."""

    def change(scope, here):
        def leave(real):
            scope.heard(Heard(at_s=run.clock.now(), who="web", what="died"))
            real()

        return Changed(here, leave=leave)

    run = start(lab_of(look @ ONE, look @ TWO), change=lambda _, site: Otherwise(site, change))
    run.go()
    assert run.docket.trouble == []
    assert all(t.wrong is None for t in run.timelines(look @ ONE))


# -- its health


def test_a_site_that_is_sick_for_two_looks_during_a_trial_makes_it_not_count():
    def sick():
        return "coredns is away" if 6 < run.clock.now() - run.run.began < 11 else ""

    run = start(lab_of(crash @ POD), change=lambda _, site: Otherwise(site, health=sick))
    run.go()
    (t,) = run.timelines(crash @ POD)
    assert str(t.wrong) == "sick-site: site during: coredns is away"
    assert [c.wrong for c in t.of(Checked) if c.what in ("site before", "site after")] == ["", ""]


def test_one_look_that_finds_something_does_not():
    def sick():
        return "coredns is away" if 6 < run.clock.now() - run.run.began < 8.5 else ""

    run = start(lab_of(crash @ POD), change=lambda _, site: Otherwise(site, health=sick))
    run.go()
    assert [t.wrong for t in run.timelines(crash @ POD)] == [None]


def test_a_site_that_passes_over_it_soon_costs_nothing_before_a_trial():
    def sick():
        return "coredns is away" if run.clock.now() - run.run.began < 2.5 else ""

    run = start(lab_of(look @ POD), change=lambda _, site: Otherwise(site, health=sick))
    run.go()
    assert run.ends == {"look @ pod #1": ""}
    assert "cluster: coredns is away" in {w.missing for w in run.of(Waits)}


# -- read back


def test_what_is_read_back_is_what_was_lived():
    lab = lab_of(crash @ POD, look @ ONE)
    run = start(lab, trials=2).go()
    again = judged([lab], run.lines)
    for cell in (crash @ POD, look @ ONE):
        lived, read = run.timelines(cell), again.timelines["selfhealing"][cell.cell]
        assert sorted(t.number for t in read) == sorted(t.number for t in lived)
        assert all(t.wrong is None and t.of(Copy) for t in read)


def test_a_steady_state_that_is_waited_for_otherwise_than_usual_counts():
    run = start(lab_of(look @ ONE), steady_s=20.0).go()
    assert [t.wrong for t in run.timelines(look @ ONE)] == [None]


def test_no_two_trials_have_the_same_name_though_some_were_not_needed_and_some_are_run_again():
    lines = run_lab(catalog.lab("healthchecks"), "looks fail for 8 s", trials=5).lines
    names = [trial for trial, one in lines if isinstance(one, Planned)]
    assert any(one.rerun for _, one in lines if isinstance(one, Planned))
    assert len(set(names)) == len(names)


def test_what_is_run_again_is_wanted_no_more_often_than_was_decided():
    lines = run_lab(catalog.lab("healthchecks"), "looks fail for 8 s", trials=5).lines
    fewer, again = {}, {}
    for _, one in lines:
        if isinstance(one, Fewer):
            fewer[one.cell] = one.of
        elif isinstance(one, Planned) and one.rerun and one.cell in fewer:
            again[one.cell] = one.of == fewer[one.cell]
    assert again
    assert all(again.values())
