"""Windows: when they end, how long they last where nothing comes, and what may count as having come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pytest

from harness import Arm, Number, Question, Restored, acts, cluster, engine, swarm
from harness.lab.trial import EVERY_S
from harness.model.entries import Acted, Copy, Looked, Window
from harness.running.beside import Beside
from harness.running.recorder import SLOWER_S, SOON_S
from tests.support.one_trial import ALWAYS, NEVER, THREE, Changed, recorded

POD = Arm("Pod", cluster, "pod.yaml")
STATEFUL = Arm("StatefulSet", cluster, "statefulset-three.yaml")


def crashed(t):
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


def one_removed(t):
    first, *_ = t.steady(replicas=3)
    t.act(acts.remove, first)
    t.restored(within_s=10)


def waited_s(made):
    since = next(a.sent_s for a in made.of(Acted) if a.id == made.window.since)
    return made.window.at_s - since


# -- it comes


@pytest.mark.parametrize("arm", [ALWAYS, POD, Arm("Swarm service", swarm(3), "service.yaml")], ids=lambda a: a.name)
@pytest.mark.parametrize("lag_s", [0.0, 0.3, 2.0])
def test_a_copy_that_comes_back_is_restored_as_soon_as_it_is_seen(arm, lag_s):
    made = recorded(crashed, arm, lag_s=lag_s)
    (took_s,) = made.trials.restored().each_s
    serves = [c for c in made.of(Copy) if c.what == "serving"][-1]
    assert made.reason == ""
    assert made.window.proved
    assert took_s == pytest.approx(serves.at_s - made.of(Acted)[-1].sent_s)
    assert 0 <= made.window.at_s - serves.at_s < SOON_S
    assert made.trials.in_place() is (arm.site.name != "swarm of 3")


def test_a_status_that_lags_makes_it_later_and_never_sooner():
    (soon,) = recorded(crashed, ALWAYS).trials.restored().each_s
    (late,) = recorded(crashed, ALWAYS, lag_s=2.0).trials.restored().each_s
    assert soon + 1.0 < late < soon + 2.0 + EVERY_S + 2 * SOON_S


def test_how_long_it_took_is_known_to_those_that_are_like_it():
    came = defaultdict(list)
    made = recorded(crashed, ALWAYS, beside=Beside(came=came.__getitem__))
    assert came == {"restored since crash": list(made.trials.restored().each_s)}


# -- it does not


@pytest.mark.parametrize("lag_s", [0.0, 0.3, 2.0])
def test_what_never_comes_was_watched_for_as_long_as_was_declared(lag_s):
    made = recorded(crashed, NEVER, lag_s=lag_s)
    assert made.reason == ""
    assert made.trials.restored() is None
    assert (made.window.proved, made.window.missing) == (False, "1 of 1 still missing")
    assert 10.0 <= waited_s(made) <= 10.0 + EVERY_S
    looks = [e for e in made.of(Looked) if made.window.began_s < e.at_s]
    assert len(looks) >= 0.9 * (made.window.at_s - made.window.began_s) / EVERY_S


def test_that_others_serve_restores_nothing():
    made = recorded(one_removed, THREE)
    assert made.trials.restored() is None


@pytest.mark.parametrize("came_s", [2.0, 3.0])
def test_a_window_is_five_times_as_long_as_it_took_elsewhere(came_s):
    made = recorded(crashed, NEVER, beside=Beside(came=lambda _: [1.0, came_s]))
    assert waited_s(made) == pytest.approx(5 * (came_s + SLOWER_S), abs=EVERY_S)


def test_a_window_grows_while_it_is_watched():
    came = []
    made = recorded(crashed, NEVER, beside=Beside(came=lambda _: came), change=_learning(came, 6.0, 4.0))
    assert waited_s(made) == pytest.approx(5 * (4.0 + SLOWER_S), abs=EVERY_S)


def _learning(came, after_s, took_s):
    """Elsewhere it comes, while this one is watched."""

    def look(inner, *_):
        if inner.__self__.clock.now() > 1000 + after_s and not came:
            came.append(took_s)
        return inner()

    return lambda here: Changed(here, look=look)


def test_a_known_timer_counts_once():
    def patient(t):
        t.act(acts.crash, *t.steady(replicas=1))
        t.watch(Restored(), within_s=10, timer_s=30)

    assert waited_s(recorded(patient, NEVER)) == pytest.approx(30.0, abs=EVERY_S)
    longer = recorded(patient, NEVER, beside=Beside(came=lambda _: [32.0]))
    assert waited_s(longer) == pytest.approx(30 + 5 * (2 + SLOWER_S), abs=EVERY_S)
    assert longer.reason == ""


@dataclass(frozen=True)
class Quiet(Restored):
    @property
    def quiet_s(self):
        return 3.0


def test_what_has_to_be_seen_for_a_while_is_watched_for_longer_by_that():
    def plays(t):
        t.act(acts.crash, *t.steady(replicas=1))
        t.watch(Quiet(), within_s=10)

    assert waited_s(recorded(plays, NEVER)) == pytest.approx(13.0, abs=EVERY_S)


def test_what_failed_teaches_nobody_how_long_it_takes():
    came = defaultdict(list)
    recorded(crashed, NEVER, beside=Beside(came=came.__getitem__))
    assert came == {"restored since crash": []}


def test_who_waits_says_what_is_missing_for_how_long_and_of_how_much():
    made = recorded(crashed, NEVER)
    missing, waited, allowed = made.told[-1]
    assert (missing, allowed) == ("1 of 1 still missing", 10)
    assert waited == pytest.approx(10.0, abs=EVERY_S)


# -- what has to come


@pytest.mark.parametrize("copies", [2, 4])
def test_a_steady_state_that_never_comes_ends_the_trial(copies):
    made = recorded(lambda t: t.steady(replicas=copies), THREE, steady_s=5.0)
    assert made.reason == "did-not-come"
    assert str(made.timeline.wrong) == f"did-not-come: {copies} copies that serve: {copies} copies that serve; 3 do"
    assert made.window.must
    assert made.window.at_s - made.window.began_s == pytest.approx(5.0, abs=EVERY_S)


def test_what_has_to_come_is_waited_for_no_longer_however_long_it_took_elsewhere():
    made = recorded(lambda t: t.steady(replicas=4), THREE, steady_s=5.0, beside=Beside(came=lambda _: [9.0]))
    assert made.window.at_s - made.window.began_s == pytest.approx(5.0, abs=EVERY_S)


# -- since which receipt


def test_a_window_is_counted_since_the_receipt_that_it_names():
    def later(t):
        crash = t.act(acts.crash, *t.steady(replicas=1))
        t.hold(4)
        t.watch(Restored(), since=crash, within_s=10)

    made = recorded(later, NEVER)
    assert waited_s(made) == pytest.approx(10.0, abs=EVERY_S)
    assert made.window.at_s - made.window.began_s == pytest.approx(6.0, abs=EVERY_S)
    assert made.trials.restored() is None


def test_a_window_may_begin_at_what_came():
    def two(t):
        t.act(acts.crash, *t.steady(replicas=1))
        back = t.until(Number(1), within_s=10)
        t.watch(Number(2), since=back, within_s=5)

    made = recorded(two, ALWAYS)
    first, second = made.of(Window)[-2:]
    assert made.reason == ""
    assert second.since == first.id
    assert second.at_s - first.sent_s == pytest.approx(5.0, abs=EVERY_S)
    assert made.trials.answer(Number(2), since=Number(1)) is None


def test_in_a_loop_of_crashes_each_window_is_its_own():
    def loop(t):
        t.steady(replicas=1)
        for _ in range(4):
            t.act(acts.crash, *t.copies())
            t.restored(within_s=60)

    made = recorded(loop, POD)
    windows = [w for w in made.of(Window) if w.name == "restored"]
    took = [w.at_s - a.sent_s for w, a in zip(windows, made.of(Acted)[1:], strict=True)]
    assert made.reason == ""
    assert all(w.proved for w in windows)
    assert took == sorted(took)
    assert took[-1] > 20  # the pause doubles


# -- hopeless


def test_a_platform_s_no_ends_a_window_once_all_that_it_took_on_has_come():
    def begin(t):
        t.tries(acts.up)
        t.watch(Number(5), within_s=60)

    few = "docker network create --subnet 198.18.0.0/29 web"
    arm = Arm("few", engine, f"{few}; docker run --detach --cpus 0.1 --network web dk-labs/web:1 x 8")
    made = recorded(begin, arm)
    assert made.reason == ""
    assert waited_s(made) < 30.0
    assert not made.window.proved
    assert made.trials.answer(Number(5)) is None
    assert made.trials.refusal()


@dataclass(frozen=True)
class Odd(Question[int]):
    def missing(self, seen):
        raise KeyError("x")

    def answer(self, seen):
        return None


def test_a_question_that_stumbles_breaks_its_trial():
    def plays(t):
        t.steady(replicas=1)
        t.watch(Odd(), within_s=5)

    assert str(recorded(plays, POD).timeline.wrong) == "broke-off: KeyError: 'x'"


def test_a_statefulset_brings_back_the_name_and_not_the_copy():
    made = recorded(one_removed, STATEFUL)
    victim, back = made.of(Acted)[-1].victims[0], [c for c in made.of(Copy) if c.what == "serving"][-1]
    assert made.trials.restored() is not None
    assert back.id != victim
