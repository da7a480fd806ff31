"""One site of a run: how it feels, who is told, and what is left of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import Arm, engine
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.running.site_life import PAUSE_S, SOUND_S, SPACED_S, WATCH_S, SiteLife
from tests.support.fake import VirtualClock

ARM = Arm("a", engine, "compose.yaml", {"next": "next.yaml"})


class Site:
    name = "engine"

    def __init__(self, clock):
        self.clock = clock
        self.ill, self.looks, self.answers_s = (lambda at_s: ""), [], 0.0
        self.checked, self.refuses, self.left = [], None, ["network dkl-1"]

    def open(self, deadline):
        if self.refuses:
            raise self.refuses

    def check(self, arm, manifests):
        self.checked.append(arm.recipe)

    def health(self):
        self.looks.append(self.clock.now() - 1000)
        self.clock.sleep(self.answers_s)
        return self.ill(self.looks[-1])

    def streams(self):
        return {"events": ""}

    def close(self, deadline):
        if self.refuses:
            raise self.refuses
        return self.left


@pytest.fixture
def life():
    clock = VirtualClock()
    return SiteLife(engine, Site(clock), clock)


# -- opened and closed


def test_it_reads_the_files_of_its_arms_and_of_their_later_versions(life):
    life.open([(ARM, Path())])
    assert life.site.checked == ["compose.yaml", "next.yaml"]
    assert life.problem is None


@pytest.mark.parametrize("error", [Problem("Opening", "no space", "docker system prune"), ValueError("odd")])
def test_that_it_cannot_be_opened_is_told_where_it_is_waited_for(life, error):
    life.site.refuses = error
    life.open([])
    assert life.problem is error
    assert life.health() == str(error)
    assert life.site.looks == []


def test_what_could_not_be_removed_is_kept_and_so_is_that_nobody_could_try(life):
    life.close(Deadline.after(1, life.clock))
    life.site.refuses = ValueError("odd")
    life.close(Deadline.after(1, life.clock))
    assert life.left == ["network dkl-1", "engine: ValueError: odd"]


# -- health


def test_one_look_serves_all_that_ask_within_a_second(life):
    for _ in range(5):
        assert life.health() == ""
        life.clock.sleep(SPACED_S / 5 - 0.01)
    assert len(life.site.looks) == 1
    life.clock.sleep(0.2)
    life.health()
    assert len(life.site.looks) == 2


def sound(life):
    told = []
    return life.sound(lambda *what: told.append(what)), told


def test_what_passes_soon_is_waited_for_and_told_before_a_trial_begins(life):
    life.site.ill = lambda at_s: "a node is away" if at_s < 2.5 else ""
    wrong, told = sound(life)
    assert wrong == ""
    assert {what for what, _, _ in told} == {"engine: a node is away"}
    assert all(allowed == SOUND_S for _, _, allowed in told)
    assert 2.5 <= life.clock.now() - 1000 <= 2.5 + PAUSE_S + SPACED_S


def test_a_site_that_stays_sick_is_waited_for_once(life):
    life.site.ill = lambda _: "a node is away"
    assert sound(life)[0] == "a node is away"
    took_s = life.clock.now() - 1000
    assert SOUND_S - 1 <= took_s <= SOUND_S + 0.1
    life.clock.sleep(3)
    wrong, told = sound(life)
    assert (wrong, told) == ("a node is away", [])
    assert life.clock.now() - 1003 - took_s < 0.1


def test_where_it_took_long_to_find_out_it_is_not_asked_again(life):
    life.site.ill, life.site.answers_s = (lambda _: "a node is away"), SOUND_S + 1
    assert sound(life) == ("a node is away", [])
    assert len(life.site.looks) == 1


def test_a_site_that_was_sick_and_is_sound_may_be_waited_for_once_more(life):
    life.site.ill = lambda at_s: "x" if at_s < 2 or 30 < at_s < 32 else ""
    assert sound(life)[0] == ""
    life.clock.sleep(30.1 + 1000 - life.clock.now())
    assert sound(life)[0] == ""


# -- while trials are on it


def watched(life, ill, for_s):
    told = []
    life.site.ill = ill
    life.watch("t001", told.append)
    life.clock.sleep(for_s)
    life.unwatch("t001")
    return told


def test_what_two_looks_in_a_row_find_is_told_to_the_trials(life):
    sick = watched(life, lambda at_s: "coredns is away" if at_s > 4 else "", 3.5 * WATCH_S)
    assert sick == ["coredns is away"]  # seen at 6 s and again at 9 s


def test_what_one_look_alone_finds_is_not(life):
    assert watched(life, lambda at_s: "coredns is away" if 4 < at_s < 8 else "", 5 * WATCH_S) == []


def test_each_trial_that_is_on_it_is_told(life):
    both = []
    life.watch("t002", lambda wrong: both.append(("t002", wrong)))
    assert watched(life, lambda _: "ill", 2.5 * WATCH_S) == ["ill"]
    assert both == [("t002", "ill")]


def test_once_nobody_is_on_it_nobody_looks(life):
    watched(life, lambda _: "", 2.5 * WATCH_S)
    life.clock.sleep(10 * WATCH_S)
    assert len(life.site.looks) == 2
    assert watched(life, lambda _: "ill", 2.5 * WATCH_S) == ["ill"]  # and then again


def test_a_site_that_is_closed_tells_nobody_any_more(life):
    told = []
    life.site.ill = lambda _: "ill"
    life.watch("t001", told.append)
    life.close(Deadline.after(1, life.clock))
    life.clock.sleep(10 * WATCH_S)
    assert told == []
