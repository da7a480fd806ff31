"""The verbs of a scenario: what has to be ends the trial where it is not, what may be is a finding."""

from __future__ import annotations

import pytest

from harness import Ask, Number, Restored, acts, asks
from harness.lab.questions import LeftOut
from harness.lab.trial import Trial
from harness.model.entries import Acted, Window
from harness.model.verdict import NotShown
from tests.support.lines import copy, serving
from tests.support.trials import one


class Hand(Trial):
    """It does what it is told, as far as a test lets it; `said` is what that was."""

    def __init__(self, *lines, no="", proved=True, missing=""):
        self.entries = [one(line) for line in lines]
        self._no, self._proved, self._missing = no, proved, missing
        self.said = []

    def do(self, how, victims, *, tried):
        self.said.append(f"{'tries' if tried else 'does'} {how.name}")
        ids = tuple(v.id for v in self.hit(victims)) if victims else ()
        proved = self._proved and not self._no
        return Acted(
            id=f"r{len(self.said)}", name=how.name, sent_s=1.0, proved=proved, tried=tried, no=self._no, victims=ids
        )

    def wait(self, of, since, within_s, timer_s, *, must):
        self.said.append(f"{'waits' if must else 'watches'} {of.label} since {since.name} {within_s:g} {timer_s:g}")
        return Window(
            id=f"r{len(self.said)}", name=of.label, sent_s=2.0, proved=not self._missing, since=since.id, must=must,
            began_s=1.0, within_s=within_s, missing=self._missing,
        )  # fmt: skip

    def look(self, fact):
        self.said.append(f"looks at {fact.name}")

    def hold(self, seconds):
        self.said.append(f"holds {seconds:g}")

    def room(self):
        self.said.append("room")


COPIES = [
    serving("b", 0.4, where="w2"), serving("a", 0.5, where="w1"), serving("c", 0.7, where="w1"), copy("died", "c"),
]  # fmt: skip


def reason(do):
    with pytest.raises(NotShown) as open_:
        do()
    return open_.value.reason


def test_it_is_brought_up_steady_gets_room_and_has_to_be_steady_still():
    t = Hand(*COPIES)
    assert [c.id for c in t.steady(replicas=2)] == ["a", "b"]
    assert t.said == [
        "does up", "waits 2 copies that serve since up 60 0", "room", "waits 2 copies that serve since up 60 0",
    ]  # fmt: skip


def test_later_it_is_only_waited_for():
    t = Hand(*COPIES)
    t.act(acts.crash)
    t.steady(replicas=2)
    assert t.said == ["does crash", "waits 2 copies that serve since crash 60 0"]


# -- what has to be


def test_an_act_that_has_no_effect_ends_the_trial():
    assert Hand().act(acts.crash).proved
    assert reason(lambda: Hand(proved=False).act(acts.crash)) == "no-receipt"
    with pytest.raises(NotShown, match="crash: permission denied"):
        Hand(no="permission denied").act(acts.crash)
    with pytest.raises(NotShown, match="crash: nothing shows that it came to pass"):
        Hand(proved=False).act(acts.crash)


def test_what_has_to_come_and_does_not_ends_the_trial():
    t = Hand(missing="2 copies that serve; 1 does")
    up = t.act(acts.up)
    with pytest.raises(NotShown, match="2 copies that serve; 1 does") as open_:
        t.until(Number(2), within_s=5)
    assert open_.value.reason == "did-not-come"
    assert t.last is up


# -- what may be


def test_that_something_is_refused_is_a_finding_where_it_was_tried():
    t = Hand(no="125: no address left")
    assert t.tries(acts.up).no == "125: no address left"
    assert t.last.no
    assert reason(lambda: Hand(proved=False).tries(acts.crash)) == "no-receipt"  # taken, and nothing came of it


def test_that_something_does_not_come_is_a_finding_where_it_was_watched_for():
    t = Hand(missing="1 of 1 still missing")
    t.act(acts.up)
    assert not t.watch(Restored(), within_s=5).proved
    assert not t.restored(within_s=5).proved
    assert not t.left_out(within_s=5).proved
    assert [s.split(" since")[0] for s in t.said[1:]] == [
        "watches restored",
        "watches restored",
        f"watches {LeftOut().label}",
    ]


# -- since when


def test_a_window_is_since_the_last_act_or_any_receipt_that_is_named():
    t = Hand()
    first = t.act(acts.up)
    t.act(acts.crash)
    t.watch(Restored(), within_s=5, timer_s=30)
    came = t.until(Number(1), since=first, within_s=6)
    t.watch(Number(1), since=came, within_s=7)
    assert t.said[2:] == [
        "watches restored since crash 5 30", "waits 1 copy that serves since up 6 0",
        "watches 1 copy that serves since 1 copy that serves 7 0",
    ]  # fmt: skip


def test_before_anything_was_done_nothing_can_be_waited_for():
    with pytest.raises(TypeError, match="nothing was done yet"):
        Hand().watch(Restored(), within_s=5)
    with pytest.raises(TypeError, match="nothing was done yet"):
        Hand().copies()


# -- whom


def test_copies_are_those_that_serve_by_name():
    t = Hand(*COPIES)
    t.act(acts.up)
    assert [c.id for c in t.copies()] == ["a", "b"]
    assert [c.id for c in t.copies(0.45)] == ["b"]


def test_a_node_stands_for_the_copies_that_serve_on_it():
    t = Hand(*COPIES)
    t.act(acts.up)
    assert [c.id for c in t.hit(("w1",))] == ["a"]
    assert t.hit(("w3",)) == ()
    first, second = t.copies()
    assert t.hit((second, first)) == (second, first)
    assert t.hit((second, "w1")) == (second, first)
    assert t.act(acts.stop_node, "w1").victims == ("a",)


def test_a_client_asks_inside_unless_it_is_to_ask_from_outside():
    t = Hand()
    t.act(acts.up)
    t.client(per_s=20)
    t.client(outside=True)
    assert t.said[1:] == [f"does {asks(Ask(20)).name}", f"does {asks(Ask(at='outside')).name}"]
