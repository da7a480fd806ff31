"""What a trial writes down on a site in memory: sound where it ran well, and never better than what was so."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness import acts
from harness.acts.door import Door
from harness.model.reading import check
from harness.model.timeline import Kind
from harness.model.verdict import NotShown
from harness.sites.place import Unanswered
from harness.trial import NotSteady, Trial
from harness.watch import EVERY_S, SOON_S, Pace
from tests.contract.fake import FakePlace, Policy
from tests.unit.recording import Recorded, record, resolution
from tests.unit.recording import reason as open_question

if TYPE_CHECKING:
    from harness.model.scenario import Trials


def crashed(t: Trial, *, within_s: float = 10.0):
    first, *_ = t.steady(replicas=1)
    t.act(acts.crash, first)
    return t.restored(within_s=within_s)


def one_removed(t: Trial, *, of: int = 3):
    first, *_ = t.steady(replicas=of)
    t.act(acts.remove, first)
    return t.restored(within_s=10.0)


def all_removed(t: Trial):
    t.act(acts.remove, *t.steady(replicas=3))
    return t.restored(within_s=10.0)


def outage(made: Recorded) -> float:
    """How long it really was away."""
    return max(end for _, end in made.place.outages) - min(begin for begin, _ in made.place.outages)


# -- it comes back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after_s", [0.1, 0.5, 1.0, 3.7])
@pytest.mark.parametrize("lag_s", [0.0, 0.3, 2.0])
def test_a_crashed_copy_that_is_restarted_is_restored_as_late_as_it_was_seen(after_s, lag_s):
    made = record(crashed, policy=Policy(restarts_after_s=after_s), lag_s=lag_s)
    (took,) = made.trials.restored().each_s

    check(made.timeline, "x")
    assert made.answer is True
    assert made.trials.in_place()
    assert outage(made) - 0.001 <= took <= outage(made) + resolution(lag_s)


def test_a_removed_copy_that_is_replaced_is_restored_in_another_place():
    made = record(one_removed, copies=3, policy=Policy(replaces_after_s=1.0), lag_s=0.3)
    (took,) = made.trials.restored().each_s

    assert made.answer is True
    assert not made.trials.in_place()
    assert outage(made) - 0.001 <= took <= outage(made) + resolution(0.3)


def test_all_of_several_are_restored_when_the_last_of_them_is():
    made = record(all_removed, copies=3, policy=Policy(replaces_after_s=2.0), lag_s=0.3)
    (took,) = made.trials.restored().each_s

    assert len(list(made.timeline.of(Kind.ACT))) == 3
    assert outage(made) - 0.001 <= took <= outage(made) + resolution(0.3)


def test_a_restart_between_two_looks_is_seen_as_the_end_of_one_process_and_another_that_served():
    made = record(crashed, policy=Policy(restarts_after_s=0.0), boots_s=0.0)
    ids = [(e.what, e.facts["id"]) for e in made.timeline.of(Kind.EVENT) if e.what in ("died", "serving")]

    assert ids == [("serving", "thing-1/1"), ("died", "thing-1/1"), ("serving", "thing-1/2")]
    assert made.trials.restored() is not None


def test_what_is_restored_teaches_the_pace():
    made = record(crashed, policy=Policy(restarts_after_s=2.0))
    (took,) = made.trials.restored().each_s

    assert made.pace.slowest_s == pytest.approx(took, abs=0.01)


# -- it stays away -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lag_s", [0.0, 0.3, 2.0])
def test_what_is_never_restarted_was_watched_for_as_long_as_was_declared(lag_s):
    made = record(crashed, lag_s=lag_s)
    waited = made.window.number("waited_s")

    check(made.timeline, "x")
    assert made.answer is False
    assert made.trials.restored() is None
    assert made.window.facts["met"] == "no"
    assert 10.0 <= waited <= 10.0 + 0.5
    assert len(list(made.timeline.of(Kind.SAMPLE, "serving"))) >= math.floor(waited / 0.5) * 0.9


def test_what_is_not_replaced_stays_away_though_the_others_serve():
    made = record(one_removed, copies=3)

    assert made.answer is False
    assert made.trials.restored() is None


def test_a_window_is_as_long_as_slower_successes_ask_for():
    made = record(crashed, pace=Pace(slowest_s=3.0))

    assert made.answer is False
    assert made.window.number("waited_s") >= 5 * 3.0
    assert made.trials.restored() is None


def test_a_window_grows_while_it_is_watched():
    pace = Pace()

    class Learning(FakePlace):
        def look(self, scope):
            if self.clock.now() > 1006:
                pace.took(4.0)
            return super().look(scope)

    assert record(crashed, place=Learning, pace=pace).window.number("waited_s") >= 5 * 4.0


def test_a_return_after_the_declared_window_is_not_seen_as_one():
    made = record(crashed, policy=Policy(restarts_after_s=15.0))

    assert made.answer is False
    assert made.trials.restored() is None


def test_a_failure_teaches_no_pace():
    assert record(crashed).pace.slowest_s == 0.0


# -- what must not be taken for a return ---------------------------------------------------------------------------


@pytest.mark.parametrize("lag_s", [0.5, 1.0, 3.0])
def test_a_status_that_still_shows_the_old_copy_restores_nothing(lag_s):
    never = record(crashed, lag_s=lag_s)
    late = record(crashed, policy=Policy(restarts_after_s=1.0), lag_s=lag_s)

    assert never.answer is False
    assert never.trials.restored() is None
    assert late.trials.restored().each_s[0] >= outage(late) - 0.001


def test_a_status_that_lags_beyond_patience_gives_no_receipt():
    made = record(crashed, lag_s=40.0)

    with pytest.raises(NotShown) as caught:
        made.trials.restored()
    assert caught.value.reason == "no-receipt"


def test_a_new_container_from_which_the_old_process_answers_does_not_serve():
    class Stale(FakePlace):
        """As with an address that still leads to the old process."""

        def ask(self, scope, replica, method, path, *, within_s=1.0):
            return replace(super().ask(scope, replica, method, path), instance="process-1")

    made = record(crashed, place=Stale, policy=Policy(restarts_after_s=0.5))

    assert made.answer is False
    assert [e.facts["id"] for e in made.timeline.of(Kind.EVENT, "serving")] == ["thing-1/1"]


def test_a_new_container_that_runs_and_does_not_answer_does_not_serve():
    class Mute(FakePlace):
        def ask(self, scope, replica, method, path, *, within_s=1.0):
            if replica.id != "thing-1/1":
                raise Unanswered("timeout")
            return super().ask(scope, replica, method, path)

    assert record(crashed, place=Mute, policy=Policy(restarts_after_s=0.5)).trials.restored() is None


def test_a_new_copy_that_answers_with_errors_does_not_serve():
    class Failing(FakePlace):
        def ask(self, scope, replica, method, path, *, within_s=1.0):
            answer = super().ask(scope, replica, method, path)
            return answer if replica.id == "thing-1/1" else replace(answer, status=500)

    assert record(crashed, place=Failing, policy=Policy(restarts_after_s=0.5)).answer is False


def test_the_restart_of_another_copy_does_not_restore_the_one_that_was_removed():
    def do(t: Trial):
        first, second, *_ = t.steady(replicas=3)
        t.act(acts.remove, first)
        acts.crash(Door(t.place, t.scope), second)  # of itself: the trial knows nothing of it
        return t.restored(within_s=10.0)

    made = record(do, copies=3, policy=Policy(restarts_after_s=0.5))

    assert made.answer is False or _is_open(made.trials)


def _is_open(trials: Trials) -> bool:
    try:
        trials.restored()
    except NotShown:
        return True
    return False


# -- what makes a recording unsound --------------------------------------------------------------------------------


def reason(made: Recorded) -> str:
    return open_question(made.trials.restored)


def test_an_act_that_met_nobody_has_no_receipt():
    def do(t: Trial):
        (first,) = t.steady(replicas=1)
        t.place.signal(t.scope, first, "remove")
        t.act(acts.remove, first)
        return t.restored(within_s=10.0)

    made = record(do)

    assert [e.facts["ok"] for e in made.timeline.of(Kind.ACT)] == ["no"]
    assert reason(made) == "no-receipt"


def test_an_act_that_ends_nobody_is_waited_for_only_so_long_and_has_no_receipt():
    def feigned(door, victim):
        return "said and not done"

    def do(t: Trial):
        t.act(feigned, *t.steady(replicas=1))
        return t.restored(within_s=10.0)

    made = record(do)

    assert any("still missing" in e.facts.get("text", "") for e in made.timeline.of(Kind.NOTE))
    assert reason(made) == "no-receipt"


# -- acts that end nobody, acts that are done again and again, what is asked of the platform -----------------------


def lasting(how):
    def do(t: Trial):
        first, *_ = t.steady(replicas=1)
        t.act(how, first)
        return t.restored(within_s=10.0)

    return do


@pytest.mark.parametrize(
    ("how", "word"), [(acts.hang, "silent"), (acts.unready, "refuses"), (acts.nothing, "answers")]
)
def test_an_act_that_ends_nobody_has_a_receipt_once_it_shows(how, word):
    made = record(lasting(how))

    assert made.timeline.first(Kind.EVENT, word) is not None
    assert made.answer is False
    assert made.trials.restored() is None


@pytest.mark.parametrize("how", [acts.hang, acts.unready])
def test_a_copy_that_goes_on_as_before_was_not_acted_upon(how):
    class Deaf(FakePlace):
        def ask(self, scope, replica, method, path, *, within_s=1.0):
            return super().ask(scope, replica, "GET", "/")

    assert reason(record(lasting(how), place=Deaf)) == "no-receipt"


def test_what_hangs_and_is_started_anew_is_restored():
    class Probed(FakePlace):
        """It looks whether they answer, as a platform with a probe does."""

        def look(self, scope):
            for copy in self._worlds[scope.trial].copies.values():
                if copy.hung and copy.running:
                    self._ends(scope, copy, 137, meant=False)
            return super().look(scope)

    made = record(lasting(acts.hang), place=Probed, policy=Policy(restarts_after_s=2.0))

    assert made.answer is True
    assert made.trials.restored().median_s == pytest.approx(2.0, abs=0.5)
    assert made.trials.in_place()


def test_a_loop_of_crashes_tells_each_gap():
    class Ladder(FakePlace):
        """Each restart takes twice as long as the one before."""

        def _ends(self, scope, copy, code, *, meant):
            self.policy = Policy(restarts_after_s=2.0**copy.incarnation)
            super()._ends(scope, copy, code, meant=meant)

    def loop(t: Trial):
        t.steady(replicas=1)
        t.each_time(acts.crash, for_s=40.0)

    made = record(loop, place=Ladder)
    gaps = [gap.median_s for gap in made.trials.gaps()]

    assert made.trials.watched_for == "each time"
    assert gaps == [pytest.approx(expected, abs=0.5) for expected in (2.0, 4.0, 8.0, 16.0)]


def test_what_is_asked_of_the_platform_is_a_receipt_with_the_command_and_no_victim(tmp_path):
    (tmp_path / "more.yaml").write_text("# one more\nkind: Pod\nmetadata: {name: more}\n")

    def more(t: Trial):
        t.steady(replicas=1)
        t.scale(3)
        t.apply("more.yaml")
        found = t.steady(replicas=4)
        t.restored(within_s=1.0)
        return found

    made = record(more, folder=tmp_path)
    told = {e.what: e.facts["said"] for e in made.timeline.of(Kind.ACT)}
    typed = [e.facts["command"] for e in made.timeline.of(Kind.MARK, "by-hand")]
    (file,) = made.timeline.of(Kind.MARK, "file")

    assert len(made.answer) == 4
    assert told == {"scale": "scaled to 3", "apply": "added more.yaml"}
    assert typed == ["fake run 1", *told.values()]
    assert (file.who, file.facts) == ("more.yaml", {"lines": "2", "objects": "1"})
    assert reason(made) == "no-receipt"  # there is nobody whose return could be told


def test_what_the_platform_refuses_is_told_and_is_no_receipt():
    class Refusing(FakePlace):
        def scale(self, scope, copies):
            raise OSError("quota")

    def more(t: Trial):
        t.steady(replicas=1)
        t.scale(3)

    assert reason(record(more, place=Refusing)) == "no-receipt"


def test_a_duration_tells_how_long_nobody_had_looked_and_what_is_closer_is_equal():
    one = record(crashed, policy=Policy(restarts_after_s=1.0)).trials.restored()
    same = record(crashed, policy=Policy(restarts_after_s=1.05)).trials.restored()
    later = record(crashed, policy=Policy(restarts_after_s=2.0)).trials.restored()

    assert 0.0 < one.resolution_s <= EVERY_S + SOON_S
    assert not one.shorter(same)
    assert one.shorter(later)
    assert not later.shorter(one)


# -- gaps ----------------------------------------------------------------------------------------------------------


def busy(*, for_s: float) -> type[FakePlace]:
    class Busy(FakePlace):
        def look(self, scope):
            if 1003 < self.clock.now() < 1003 + for_s:
                raise OSError("timed out")
            return super().look(scope)

    return Busy


def test_looks_that_fail_leave_a_gap_that_shows():
    assert reason(record(crashed, place=busy(for_s=17))) == "too-few-samples"


def test_a_stall_is_made_good_by_watching_longer():
    sound, stalled = record(crashed), record(crashed, place=busy(for_s=1.5))

    assert stalled.trials.restored() is None
    assert sound.window.number("waited_s") < stalled.window.number("waited_s") < 20


def test_no_window_is_watched_for_more_than_two_and_a_half_times_its_length_to_make_good_for_a_stall():
    sound, stalled = record(crashed), record(crashed, place=busy(for_s=17))

    assert stalled.window.number("waited_s") == pytest.approx(2.5 * sound.window.number("waited_s"), abs=1)


def test_an_error_that_is_not_expected_of_a_busy_site_ends_the_trial():
    class Broken(FakePlace):
        def look(self, scope):
            raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError, match="mistake"):
        record(crashed, place=Broken)


@pytest.mark.parametrize(("kinds", "expected"), [({"stream": "lost"}, "stream-lost"), ({"sick": "x"}, "sick-site")])
def test_a_site_that_is_not_well_shows(kinds, expected):
    assert reason(record(crashed, **kinds)) == expected


# -- the steady state ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [{"copies": 1}, {"copies": 3}, {"copies": 2, "boots_s": 1e9}])
def test_a_steady_state_that_never_comes_is_told_with_what_was_missing(kinds):
    with pytest.raises(NotSteady, match=r"2 copies that serve, [013] do"):
        record(lambda t: t.steady(replicas=2), **kinds)


def test_the_steady_state_names_each_copy_that_served_and_is_told_of_once():
    settled = []

    def do(t: Trial):
        t.settled = lambda: settled.append(1)
        return t.steady(replicas=3)

    made = record(do, copies=3, lag_s=0.5)
    ids = made.timeline.first(Kind.MARK, "steady").facts["ids"].split()

    assert sorted(ids) == sorted(r.id for r in made.answer)
    assert len(set(ids)) == 3
    assert settled == [1]


def test_a_copy_serves_when_it_has_answered_and_not_when_it_runs():
    made = record(lambda t: t.steady(replicas=1), starts_s=0.5, boots_s=2.0)

    assert made.timeline.first(Kind.EVENT, "running").at_s == pytest.approx(0.5, abs=SOON_S)
    assert made.timeline.first(Kind.EVENT, "serving").at_s >= 2.5


# -- the other verbs -----------------------------------------------------------------------------------------------


def test_holding_lasts_as_long_as_was_said_and_looks_all_the_while():
    made = record(lambda t: (t.steady(replicas=1), t.hold(5.0)))
    steady, end = made.timeline.first(Kind.MARK, "steady"), made.timeline.last(Kind.MARK, "end")

    assert 5.0 <= end.at_s - steady.at_s <= 5.5
    assert [e.facts["value"] for e in made.timeline.of(Kind.SAMPLE)] == ["1"] * 10


def test_a_try_that_fails_is_a_finding():
    def do(t: Trial):
        (first,) = t.steady(replicas=1)
        return t.tries("remove", lambda door: door.signal(first, "remove")), t.tries(
            "again", lambda door: door.signal(first, "remove")
        )

    made = record(do)

    assert made.answer == (True, False)
    assert [e.facts["ok"] for e in made.timeline.of(Kind.TRY)] == ["yes", "no"]


def test_who_waits_is_told_what_is_missing_for_how_long_and_of_how_much():
    made = record(crashed)
    missing, waited, allowed = made.told[-1]

    assert missing == "1 of 1 back"
    assert waited == pytest.approx(10.0, abs=0.5)
    assert allowed == 10.0


def test_what_was_typed_and_noted_is_written_down():
    made = record(lambda t: (t.by_hand("docker start web"), t.note("a thought")))

    assert made.timeline.last(Kind.MARK, "by-hand").facts == {"command": "docker start web"}
    assert made.timeline.first(Kind.NOTE, "note").facts == {"text": "a thought"}
