"""What hits everybody on a site is done once for all of its round; reruns take the whole round along."""

from __future__ import annotations

from dataclasses import replace

from harness import (
    Arm,
    Lab,
    Number,
    Trials,
    Verdict,
    cluster,
    fails,
    holds,
    own_cluster,
    scenario,
    take_away,
    up,
)  # fmt: skip
from harness.lab.acts import Act
from harness.lab.open_site import No
from harness.model.entries import Acted, Began, Ended, Planned
from harness.model.lines import Opened, Over, Trouble, Waits
from tests.support.one_trial import Changed
from tests.support.started import SELFHEALING, Otherwise, lab_of, start

NODES = own_cluster(2)
ROUND = "kube-proxy is taken away"
STRIKE = take_away("kube-proxy", of="worker")
MORE = Number(3, or_more=True)


def arm(name, recipe="pod.yaml"):
    return Arm(name, NODES, recipe)


ONE, TWO, THREE = arm("one"), arm("two"), arm("three", "deployment-three.yaml")


@scenario(round=ROUND)
def strike(t):
    """It is struck."""
    t.act(up)
    t.until(Number(1, or_more=True), within_s=60)
    t.room()
    t.act(STRIKE)
    t.watch(MORE, within_s=10)


@scenario(round=ROUND)
def strike_one(t):
    """It is struck where there is one copy."""
    t.steady(replicas=1)
    t.act(STRIKE)
    t.hold(2)


@scenario
def calm(t):
    """Nothing happens."""
    t.steady(replicas=1)
    t.hold(2)


def struck(run):
    """When each trial was struck, on the run's clock."""
    began = {id_: b.began_s for id_, b in run.kinds(Began)}
    found = {}
    for id_, a in run.kinds(Acted):
        if a.name == STRIKE.name:
            found[run.trials[id_]] = began[id_] + a.sent_s
    return found


def at_once(moments):
    """When a trial began is written down in thousandths."""
    return max(moments) - min(moments) < 0.002


def test_a_round_strikes_once_for_all_and_each_gets_the_same_moment_and_answer():
    taken = []

    def change(_, here):
        return Changed(here, take_away=lambda take, *what: (taken.append(what), take(*what))[1])

    run = start(
        lab_of(strike @ ONE, strike @ TWO, strike @ THREE), change=lambda _, site: Otherwise(site, change)
    ).go()
    assert taken == [("kube-proxy", "worker")]
    assert run.ends == dict.fromkeys(run.trials.values(), "")
    assert len(struck(run)) == 3
    assert at_once(struck(run).values())
    assert len({a.said for a in run.of(Acted) if a.name == STRIKE.name}) == 1
    assert all(t.wrong is None for cell in (strike @ ONE, strike @ THREE) for t in run.timelines(cell))


def test_scenarios_of_one_round_are_struck_together():
    run = start(lab_of(strike @ ONE, strike_one @ TWO)).go()
    assert at_once(struck(run).values())
    assert "the others of its round" in {w.missing for w in run.of(Waits)}


@scenario(round=ROUND)
def strike_five(t):
    """It is struck where there are five copies."""
    t.steady(replicas=5)
    t.act(STRIKE)


def test_a_trial_that_broke_off_before_its_round_does_not_hold_it_up():
    run = start(lab_of(strike_one @ ONE, strike_five @ THREE), steady_s=20.0).go()  # three are not five
    assert run.ends["strike five @ three #1"].startswith("did-not-come: ")
    assert run.ends["strike one @ one #1"] == ""
    assert list(struck(run)) == ["strike one @ one #1"]
    assert min(struck(run).values()) >= 20.0


def test_what_a_round_broke_is_mended_before_the_next_one():
    run = start(lab_of(strike @ ONE, strike @ TWO), trials=2).go()
    assert run.sites[NODES.name].opened == 2
    assert [o.wrong for o in run.of(Opened)] == ["", ""]
    rounds = [[at for name, at in struck(run).items() if name.endswith(f"#{n}")] for n in (1, 2)]
    assert all(at_once(moments) for moments in rounds)
    assert min(rounds[1]) > max(rounds[0]) + 10


@scenario(round=ROUND, at_once=True)
def strike_at_once(t):
    """All of them are struck together."""
    t.steady(replicas=1)
    t.act(STRIKE)
    t.watch(MORE, within_s=10)


def test_all_repetitions_of_a_round_may_be_struck_at_once():
    taken = []

    def change(_, here):
        return Changed(here, take_away=lambda take, *what: (taken.append(what), take(*what))[1])

    cells = strike_at_once @ ONE, strike_at_once @ TWO
    run = start(lab_of(*cells), trials=3, change=lambda _, site: Otherwise(site, change)).go()
    assert taken == [("kube-proxy", "worker")]
    assert run.ends == {f"{cell.cell} #{n}": "" for cell in cells for n in (1, 2, 3)}
    assert at_once(struck(run).values())
    assert run.sites[NODES.name].opened == 1


def test_nothing_else_goes_on_where_a_round_is_on():
    run = start(lab_of(strike @ ONE, calm @ TWO, strike @ THREE)).go()
    began = {id_: b.began_s for id_, b in run.kinds(Began)}
    spans = {run.trials[id_]: (began[id_], began[id_] + e.at_s) for id_, e in run.kinds(Ended)}
    calm_s, *round_s = spans.pop("calm @ two #1"), *spans.values()
    assert all(calm_s[1] <= begins + 0.01 or calm_s[0] >= ends - 0.01 for begins, ends in round_s)
    assert round_s[0][0] < round_s[1][1]  # these go on beside one another
    assert round_s[1][0] < round_s[0][1]
    assert run.ends == dict.fromkeys(run.trials.values(), "")


def test_other_sites_go_on_meanwhile():
    run = start(lab_of(strike @ ONE, calm @ Arm("pod", cluster, "pod.yaml"))).go()
    assert run.ends == dict.fromkeys(run.trials.values(), "")


def test_a_strike_that_fails_is_told_to_all():
    def odd(to, _):
        raise ValueError("odd")

    fails_ = Act("fail", odd, wide=True)

    @scenario(round=ROUND)
    def fall(t):
        """It fails."""
        t.steady(replicas=1)
        t.act(fails_)

    run = start(lab_of(fall @ ONE, fall @ TWO)).go()
    assert set(run.ends.values()) == {"no-receipt: fail: ValueError: odd"}
    assert run.of(Over)[0].how == "done"


def test_two_strikes_in_a_row_are_both_done_together():
    @scenario(round=ROUND)
    def twice(t):
        """It is struck twice."""
        t.steady(replicas=1)
        t.act(STRIKE)
        t.hold(1)
        t.act(take_away("coredns"))

    run = start(lab_of(twice @ ONE, twice @ TWO)).go()
    assert run.ends == dict.fromkeys(run.trials.values(), "")
    began = {id_: b.began_s for id_, b in run.kinds(Began)}
    second = [began[id_] + a.sent_s for id_, a in run.kinds(Acted) if "coredns" in a.name]
    assert len(second) == 2
    assert at_once(second)
    assert run.sites[NODES.name].opened == 1


# -- run once more


@scenario(round=ROUND)
def strike_and_watch(t):
    """It is struck, and nothing comes of it."""
    t.act(up)
    t.until(Number(1, or_more=True), within_s=60)
    t.room()
    t.act(STRIKE)
    t.watch(MORE, within_s=10)


def claimed(how=strike_and_watch):
    lab = Lab("Do more come?", SELFHEALING)

    @lab.claim("none-come", blank=how @ THREE, standard=how @ TWO)
    def none(asked: Trials = how @ ONE) -> Verdict:
        return fails("some came") if asked.answer(MORE) else holds("none came")

    return lab


def deaf_at_first(run_of, *arms):
    """From its strike on, the first trial on these arms is not answered for so long that it can't be made good."""
    seen = []

    def change(scope, here):
        if scope.arm.name not in arms or scope.arm.name in seen:
            return here
        seen.append(scope.arm.name)

        def look(real):
            run = run_of()
            if any(a.name == STRIKE.name for a in run.of(Acted)):
                raise No("timeout")
            return real()

        return Changed(here, look=look)

    return lambda _, site: Otherwise(site, change)


def test_a_trial_that_watched_too_little_is_run_once_more_with_all_of_its_round():
    run = start(claimed(), change=deaf_at_first(lambda: run, "one"))
    run.go()
    again = [p.cell for p in run.of(Planned) if p.rerun]
    assert sorted(again) == sorted(f"strike and watch @ {n}" for n in ("one", "two", "three"))
    assert "is run once more: " in run.of(Trouble)[0].text
    assert "looks were taken" in run.of(Trouble)[0].text
    assert run.told[-1][1] == "none-come CONFIRMED"
    assert run.sites[NODES.name].opened == 2


def test_where_several_of_a_round_did_it_is_run_once_more_all_the_same():
    run = start(claimed(), change=deaf_at_first(lambda: run, "one", "two"))
    run.go()
    assert len([p for p in run.of(Planned) if p.rerun]) == 3
    assert run.told[-1][1] == "none-come CONFIRMED"


def test_what_was_run_again_is_struck_together_again():
    run = start(claimed(), change=deaf_at_first(lambda: run, "one"))
    run.go()
    ids = [id_ for id_, p in run.kinds(Planned) if p.rerun]
    began = {id_: b.began_s for id_, b in run.kinds(Began)}
    moments = [began[id_] + a.sent_s for id_, a in run.kinds(Acted) if id_ in ids and a.name == STRIKE.name]
    assert len(moments) == 3
    assert at_once(moments)


def test_where_all_repetitions_are_struck_at_once_all_of_them_are_run_once_more():
    run = start(claimed(replace(strike_and_watch, at_once=True)), change=deaf_at_first(lambda: run, "one"), trials=2)
    run.go()
    again = sorted((p.cell, p.number) for p in run.of(Planned) if p.rerun)
    assert again == [(f"strike and watch @ {name}", n) for name in ("one", "three", "two") for n in (1, 2)]
    assert run.told[-1][1] == "none-come CONFIRMED"
    assert run.sites[NODES.name].opened == 2
