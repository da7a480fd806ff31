"""A new version in the place of the first one: when every copy is another one, and serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.model.arm import Arm, Run
from harness.model.reading import check
from harness.model.scenario import Cost
from harness.model.site import engine
from harness.model.timeline import Entry, Kind
from harness.watch import EVERY_S, SOON_S, Pace
from tests.contract.fake import FakePlace
from tests.unit.recording import Recorded, but, reason, record, resolution, without

if TYPE_CHECKING:
    from harness.trial import Trial

ARM = Arm("here", engine, "compose.yaml", update="next.yaml")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "compose.yaml").write_text("services:\n  web: {image: dk-labs/web:1}\n")
    (tmp_path / "next.yaml").write_text("# the next one\nservices:\n  web:\n    image: dk-labs/web:1\n")
    return tmp_path


def updated(folder, **kinds) -> Recorded:
    def do(t: Trial):
        t.steady(replicas=3)
        t.hold(1.0)
        t.update()
        return t.replaced(within_s=10.0)

    return record(do, arm=ARM, folder=folder, copies=3, **kinds)


class OneStays(FakePlace):
    """The first copy is left as it is."""

    def _make_anew(self, scope, name, when):
        if name != "web-1":
            super()._make_anew(scope, name, when)


class OneFewer(FakePlace):
    """The first copy goes, and nobody comes for it."""

    def _make_anew(self, scope, name, when):
        super()._make_anew(scope, name, when)
        if name == "web-1":
            self._worlds[scope.trial].copies.popitem()


class Refusing(FakePlace):
    def change(self, scope, names):
        raise OSError("quota")


def waited(made: Recorded) -> float:
    return made.window.number("waited_s")


@pytest.mark.parametrize("lag_s", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("starts_s", [0.3, 2.0])
def test_an_arm_is_replaced_when_the_last_of_its_copies_is_another_one_that_serves(folder, starts_s, lag_s):
    """The fake begins each copy anew when the one before it runs."""
    made = updated(folder, starts_s=starts_s, lag_s=lag_s)
    (took,) = made.trials.replaced().each_s
    truth = 3 * starts_s + 0.02

    check(made.timeline, "x")
    assert made.answer is True
    assert truth <= took <= truth + resolution(lag_s)
    assert made.pace.slowest_s == pytest.approx(took, abs=0.1)
    assert made.trials.watched_for == "replaced"
    assert not made.trials.in_place()


def test_old_copies_that_stay_longer_than_new_ones_take_to_come_are_waited_for(folder):
    class Late(FakePlace):
        """The new ones first, and after three seconds the old ones go."""

        def change(self, scope, names):
            world, now = self._worlds[scope.trial], self.clock.now()
            old = list(world.copies)
            for _ in old:
                self._create(scope, now)
            for name in old:
                self._at(now + 3.0, lambda at, name=name: self._goes(scope, name, at))
            return "changed"

        def _goes(self, scope, name, when):
            del self._worlds[scope.trial].copies[name]
            self._changed(scope, when, name, "destroyed")

    made = updated(folder, place=Late)

    assert made.answer is True
    assert made.trials.replaced().median_s == pytest.approx(3.0, abs=2 * SOON_S)


def test_the_order_is_the_receipt_and_names_the_next_versions_files(folder):
    made = updated(folder)
    (act,) = made.timeline.of(Kind.ACT)
    typed = [e.facts["command"] for e in made.timeline.of(Kind.MARK, "by-hand")]
    files = {e.who: dict(e.facts) for e in made.timeline.of(Kind.MARK, "file")}

    assert (act.what, act.facts["ok"], act.facts["said"]) == ("update", "yes", "changed to next.yaml")
    assert typed == ["fake run 3", "changed to next.yaml"]
    assert files == {"compose.yaml": {"lines": "2", "objects": "1"}, "next.yaml": {"lines": "3", "objects": "1"}}
    assert made.trials.cost() == Cost(commands=2, files=2, lines=5, objects=2)


# -- not all of them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [OneStays, OneFewer])
@pytest.mark.parametrize("lag_s", [0.0, 2.0])
def test_an_arm_of_which_one_is_not_replaced_was_watched_for_as_long_as_was_declared(folder, place, lag_s):
    made = updated(folder, place=place, lag_s=lag_s)

    check(made.timeline, "x")
    assert made.answer is False
    assert made.trials.replaced() is None
    assert 10.0 <= waited(made) <= 10.0 + EVERY_S
    assert made.pace.slowest_s == 0.0


def test_a_window_is_as_long_as_slower_updates_ask_for(folder):
    made = updated(folder, place=OneStays, pace=Pace(slowest_s=3.0))

    assert waited(made) >= 5 * 3.0
    assert made.trials.replaced() is None


def test_an_update_elsewhere_that_took_longer_asks_for_a_longer_window(folder):
    never, slow, quick = updated(folder, place=OneStays), updated(folder, starts_s=0.8), updated(folder)

    assert reason(never.beside(slow).replaced) == "window-too-short"
    assert never.beside(quick).replaced() is None


def test_nobody_is_replaced_who_was_never_told_to(folder):
    def do(t: Trial):
        t.steady(replicas=3)
        return t.replaced(within_s=1.0)

    made = record(do, arm=ARM, folder=folder, copies=3)

    assert made.answer is False
    assert reason(made.trials.replaced) == "no-receipt"


def test_what_the_platform_refuses_is_no_receipt(folder):
    made = updated(folder, place=Refusing)
    (act,) = made.timeline.of(Kind.ACT)

    assert (act.facts["ok"], act.facts["why"]) == ("no", "OSError: quota")
    assert len(list(made.timeline.of(Kind.MARK, "by-hand"))) == 1
    assert reason(made.trials.replaced) == "no-receipt"


@pytest.mark.parametrize("arm", [Arm("here", engine, Run()), Arm("here", engine, "compose.yaml")])
def test_an_arm_without_a_next_version_cannot_be_updated(folder, arm):
    changed = []

    class Watched(FakePlace):
        def change(self, scope, names):
            changed.append(names)

    with pytest.raises(TypeError, match="no update= to apply"):
        record(lambda t: (t.steady(replicas=3), t.update()), arm=arm, folder=folder, copies=3, place=Watched)
    assert changed == []


# -- what makes a recording unsound --------------------------------------------------------------------------------


def first_fresh(made: Recorded) -> Entry:
    return list(made.timeline.of(Kind.EVENT, "serving"))[3]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (but(Kind.MARK, "window", {"met": "no"}), "contradiction"),
        (without(Kind.EVENT, "gone", nth=0), "contradiction"),
        (without(Kind.EVENT, "gone", nth=2), "contradiction"),
        (without(Kind.EVENT, "serving", nth=3), "contradiction"),
        (without(Kind.EVENT, "serving", nth=5), "contradiction"),
        (without(Kind.EVENT, "serving", nth=0), "not-steady"),
        (without(Kind.ACT, "update"), "no-receipt"),
        (but(Kind.ACT, "update", {"ok": "no"}), "no-receipt"),
        (without(Kind.MARK, "window"), "no-window"),
        (but(Kind.MARK, "window", {"of": "restored"}), "no-window"),
        (without(Kind.MARK, "steady"), "not-steady"),
        (without(Kind.MARK, "end"), "broke-off"),
        (
            lambda e: replace(e, at_s=0.9) if (e.what, e.facts.get("id")) == ("serving", "thing-4/1") else e,
            "contradiction",
        ),
    ],
)
def test_one_falsified_fact_opens_whether_all_were_replaced(folder, change, expected):
    assert reason(updated(folder).falsified(change).replaced) == expected


def test_a_new_copy_that_ended_again_has_replaced_nobody(folder):
    made = updated(folder)
    one = first_fresh(made)
    ended = Entry(made.window.at_s - 0.0001, Kind.EVENT, one.who, "died", {"id": one.facts["id"]})

    assert reason(made.falsified(ended).replaced) == "contradiction"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (but(Kind.MARK, "window", {"met": "yes"}), "contradiction"),
        (but(Kind.MARK, "window", {"waited_s": "9.9"}), "window-too-short"),
        (without(Kind.SAMPLE, "serving"), "too-few-samples"),
        (without(Kind.ACT, "update"), "no-receipt"),
    ],
)
def test_one_falsified_fact_opens_whether_one_stayed(folder, change, expected):
    assert reason(updated(folder, place=OneStays).falsified(change).replaced) == expected
