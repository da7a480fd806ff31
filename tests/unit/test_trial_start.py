"""An arm that a trial starts itself: how many came, how soon, and what the platform had against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import acts
from harness.acts.door import Door
from harness.model.reading import check
from harness.model.scenario import Cost
from harness.model.timeline import Entry, Kind
from harness.trial import NotSteady, Trial
from harness.watch import EVERY_S, Pace
from tests.contract.fake import FakePlace
from tests.unit.recording import Recorded, but, reason, record, resolution, without


def started(wanted: int, *, within_s: float = 10.0, **kinds) -> Recorded:
    def do(t: Trial):
        t.start()
        return t.copies(wanted, within_s=within_s)

    return record(do, empty=True, copies=wanted, **kinds)


class OneByOne(FakePlace):
    """A copy a second is made."""

    def apply(self, scope):
        for n in range(self.count):
            self._at(self.clock.now() + n, lambda at: self._create(scope, at))
        return ["fake run"]


class OneStuck(FakePlace):
    """One of those that were taken on never runs."""

    def _starts(self, scope, copy, when):
        if copy.name != "web-1":
            super()._starts(scope, copy, when)


def waited(made: Recorded) -> float:
    return made.window.number("waited_s")


def died(made: Recorded, at_s: float) -> Entry:
    """The end of a copy that had served."""
    one = made.timeline.last(Kind.EVENT, "serving")
    return Entry(at_s, Kind.EVENT, one.who, "died", {"id": one.facts["id"]})


# -- all of them ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lag_s", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("starts_s", [0.3, 4.0])
def test_an_arm_that_comes_up_serves_as_late_after_the_start_as_was_seen(starts_s, lag_s):
    made = started(3, starts_s=starts_s, lag_s=lag_s, boots_s=0.5)
    (took,) = made.trials.served().each_s

    check(made.timeline, "x")
    assert made.answer is True
    assert starts_s + 0.5 <= took <= starts_s + 0.5 + resolution(lag_s)
    assert made.trials.most() == 3
    assert made.trials.refusal() == ""
    assert made.trials.watched_for == "copies"


def test_an_arm_serves_when_the_last_of_its_copies_does():
    made = started(5, place=OneByOne)
    (took,) = made.trials.served().each_s

    assert 4.3 <= took <= 4.3 + resolution(0.0) + 0.02
    assert made.pace.slowest_s == pytest.approx(took, abs=0.1)


def test_what_comes_when_there_are_enough_does_not_count():
    made = started(3)
    one_more = Entry(made.window.at_s, Kind.EVENT, "web-9", "serving", {"id": "thing-9/1", "within_s": "0.1"})

    assert made.falsified(one_more).served() == made.trials.served()


def test_it_is_counted_from_when_the_start_was_sent_however_long_the_platform_took_for_it():
    class Slow(FakePlace):
        """It answers when its copies run."""

        def apply(self, scope):
            super().apply(scope)
            self.clock.time += 3.0
            return ["fake run"]

    def do(t: Trial):
        t.hold(2.0)
        t.start()
        t.copies(3, within_s=10.0)

    made = record(do, empty=True, copies=3, place=Slow)
    start = made.timeline.first(Kind.TRY, "start")

    assert start.number("sent_s") >= 2.0
    assert start.number("waited_s") == pytest.approx(3.0, abs=0.01)
    assert made.trials.served().median_s == pytest.approx(3.0, abs=0.1)
    assert waited(made) < 0.5


def test_a_start_begins_with_nothing_and_only_when_it_is_its_turn():
    there = []

    def do(t: Trial):
        t.settled = lambda: there.append(len(t.place.look(t.scope)))
        t.start()
        return t.copies(3, within_s=10.0)

    made = record(do, empty=True, copies=3)
    steady, start = made.timeline.first(Kind.MARK, "steady"), made.timeline.first(Kind.TRY, "start")

    assert there == [0]
    assert steady.facts == {"replicas": "0", "ids": ""}
    assert steady.at_s <= start.number("sent_s")
    assert {name: start.facts[name] for name in ("ok", "refused")} == {"ok": "yes", "refused": "0"}
    assert [e.facts["command"] for e in made.timeline.of(Kind.MARK, "by-hand")] == ["fake run 3"]


def just_made(t: Trial) -> None:
    pass


def that_serves(t: Trial) -> None:
    t.steady(replicas=1)


def that_has_ended(t: Trial) -> None:
    (one,) = t.steady(replicas=1)
    acts.crash(Door(t.place, t.scope), one)


@pytest.mark.parametrize("before", [just_made, that_serves, that_has_ended])
def test_nothing_is_started_where_something_is_there_already(before):
    places = []

    def do(t: Trial):
        before(t)
        places.append(t.place)
        t.start()

    with pytest.raises(NotSteady, match="there already"):
        record(do)
    (place,) = places
    assert len(place._worlds["t001"].copies) == 1


def test_what_it_took_to_start_is_counted_where_all_came():
    never, made = started(3, place=OneStuck), started(3)

    assert made.trials.cost() == Cost(commands=1, files=0, lines=0, objects=0)
    assert reason(never.trials.cost) == "no-goal"
    assert reason(never.falsified(but(Kind.MARK, "window", {"met": "yes"})).cost) == "contradiction"


# -- not all of them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", [1, 4, 5])
def test_what_the_platform_refuses_is_told_and_not_waited_for(refused):
    made = started(5, refuses=refused)
    start = made.timeline.first(Kind.TRY, "start")

    check(made.timeline, "x")
    assert made.answer is False
    assert start.facts["ok"] == "no"
    assert start.facts["refused"] == str(refused)
    assert made.trials.served() is None
    assert made.trials.most() == 5 - refused
    assert made.trials.refusal() == "no more room"
    assert waited(made) < 1.0


def test_what_was_refused_teaches_no_pace():
    assert started(5, refuses=2).pace.slowest_s == 0.0


@pytest.mark.parametrize("lag_s", [0.0, 2.0])
def test_copies_that_never_come_were_watched_for_as_long_as_was_declared(lag_s):
    made = started(3, place=OneStuck, lag_s=lag_s)

    check(made.timeline, "x")
    assert made.answer is False
    assert made.trials.served() is None
    assert made.trials.most() == 2
    assert made.trials.refusal() == ""
    assert 10.0 <= waited(made) <= 10.0 + EVERY_S


def test_copies_that_come_too_late_did_not_come():
    made = started(3, starts_s=15.0)

    assert made.answer is False
    assert made.trials.served() is None
    assert made.trials.most() == 0
    assert waited(made) >= 10.0


def test_a_window_is_as_long_as_slower_starts_ask_for():
    made = started(3, place=OneStuck, pace=Pace(slowest_s=3.0))

    assert waited(made) >= 5 * 3.0
    assert made.trials.served() is None


def test_a_start_elsewhere_that_took_longer_asks_for_a_longer_window():
    never, slow, quick = started(3, place=OneStuck), started(4, place=OneByOne), started(2, place=OneByOne)

    assert reason(never.beside(slow).served) == "window-too-short"
    assert never.beside(quick).served() is None


def test_a_refusal_is_no_excuse_for_copies_that_were_taken_on_and_never_came():
    made = started(5, refuses=2, place=OneStuck)

    assert waited(made) >= 10.0
    assert made.trials.served() is None
    assert made.trials.most() == 2
    assert made.trials.refusal() == ""


# -- what makes a recording unsound --------------------------------------------------------------------------------


FLIPPED = {"yes": but(Kind.MARK, "window", {"met": "no"}), "no": but(Kind.MARK, "window", {"met": "yes"})}


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_each_copy_that_served_counts(nth):
    made = started(3)

    assert reason(made.falsified(without(Kind.EVENT, "serving", nth=nth)).served) == "contradiction"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (FLIPPED["yes"], "contradiction"),
        (without(Kind.TRY, "start"), "not-tried"),
        (without(Kind.MARK, "window"), "no-window"),
        (but(Kind.MARK, "window", {"of": "restored"}), "no-window"),
        (without(Kind.MARK, "steady"), "not-steady"),
        (without(Kind.MARK, "end"), "broke-off"),
    ],
)
def test_one_falsified_fact_opens_whether_all_served(change, expected):
    assert reason(started(3).falsified(change).served) == expected


def test_a_copy_that_ended_before_the_window_did_does_not_serve():
    made = started(3)
    before = made.falsified(died(made, made.window.at_s))
    after = made.falsified(died(made, made.window.at_s + 0.0001))

    assert reason(before.served) == "contradiction"
    assert before.most() == 2
    assert after.served() is not None
    assert after.most() == 3


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (FLIPPED["no"], "contradiction"),
        (without(Kind.SAMPLE, "serving"), "too-few-samples"),
        (but(Kind.MARK, "window", {"waited_s": "9.9"}), "window-too-short"),
        (without(Kind.TRY, "start"), "not-tried"),
    ],
)
def test_one_falsified_fact_opens_whether_some_never_came(change, expected):
    assert reason(started(3, place=OneStuck).falsified(change).served) == expected


@pytest.mark.parametrize(
    "change",
    [
        but(Kind.TRY, "start", {"ok": "yes"}),
        but(Kind.TRY, "start", {"refused": "1"}),
        without(Kind.EVENT, "serving", nth=1),
    ],
)
def test_without_a_refusal_of_all_the_others_a_short_window_shows_nothing(change):
    falsified = started(5, refuses=2).falsified(change)

    assert falsified.refusal() == ""
    assert reason(falsified.served) == "window-too-short"


def test_a_copy_that_was_taken_on_and_ended_is_not_among_the_refused():
    made = started(5, refuses=2)
    falsified = made.falsified(died(made, made.window.at_s))

    assert falsified.most() == 2
    assert reason(falsified.served) == "window-too-short"


def test_trials_of_which_some_came_up_answer_nothing():
    made, other = started(3), started(3, place=OneStuck)
    both = replace(made.trials, timelines=(made.timeline, other.timeline))

    assert reason(both.served) == "trials-differ"
    assert both.most() == 3
