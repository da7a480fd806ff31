"""What is new about each copy is written down: by identity, once, with how long nobody had looked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.lab.open_site import Answer, No
from harness.model.entries import Copy
from harness.running.observer import Observer

WEB = Copy(name="web", thing="c1", id="c1/1", ready=True, state="running", address="10.0.0.2")


class Site:
    """It shows what a test puts there, and each copy answers as an instance of its own."""

    def __init__(self):
        self.shown, self.silent, self.instances, self.asked = [], set(), {}, []
        self.codes = {}

    def look(self):
        if isinstance(self.shown, No):
            raise self.shown
        return self.shown

    def ask(self, copy, method, path, *, within_s=1.0):
        self.asked.append(f"{path} of {copy.id}")
        if copy.id in self.silent:
            raise No("timeout")
        return Answer("", self.codes.get(path, 200), (self.instances.get(copy.id, f"i-{copy.id}"),))


class Watching:
    def __init__(self):
        self.site, self.time, self.written = Site(), 0.0, []
        self.observer = Observer(self.site, lambda: self.time, self.written.append)

    def sees(self, *copies, after_s=1.0):
        """What is written of that look."""
        self.time += after_s
        self.site.shown = list(copies)
        before = len(self.written)
        self.observer.look()
        return [(c.id, c.what) for c in self.written[before:]]


@pytest.fixture
def watching():
    return Watching()


def test_a_copy_serves_when_it_has_answered_and_not_when_it_runs(watching):
    starting = replace(WEB, id="", ready=False, state="created")
    assert watching.sees(starting) == [("", "created")]
    assert watching.sees(replace(WEB, ready=False)) == []
    watching.site.silent = {"c1/1"}
    assert watching.sees(WEB) == []
    assert watching.observer.due
    watching.site.silent = set()
    assert watching.sees(WEB) == [("c1/1", "serving")]
    assert watching.written[-1].instance == "i-c1/1"
    assert not watching.observer.due
    assert watching.sees(WEB) == []


def test_what_is_written_says_when_and_for_how_long_nobody_had_looked(watching):
    watching.sees(after_s=1.0)
    watching.sees(WEB, after_s=2.5)
    assert [(c.at_s, c.unseen_s) for c in watching.written] == [(3.5, 2.5), (3.5, 2.5)]
    assert watching.written[0].address == "10.0.0.2"


def test_a_restart_between_two_looks_is_one_end_and_one_that_serves(watching):
    watching.sees(WEB)
    again = replace(WEB, id="c1/2")
    assert watching.sees(again) == [("c1/1", "died"), ("c1/2", "serving")]
    assert watching.observer.serving == {"c1/2"}


def test_an_end_is_written_once_whoever_tells_of_it(watching):
    watching.sees(WEB)
    ended = replace(WEB, ready=False, state="exited", code=1)
    assert watching.sees(ended) == [("c1/1", "died")]
    assert watching.sees(ended) == []
    assert watching.sees(replace(WEB, id="c1/2")) == [("c1/2", "serving")]
    assert watching.observer.serving == {"c1/2"}


def test_a_copy_that_lived_and_died_unseen_has_died(watching):
    ended = replace(WEB, ready=False, code=1)
    assert watching.sees(ended) == [("c1/1", "created"), ("c1/1", "died")]


def test_one_that_never_began_cannot_have_died(watching):
    never = replace(WEB, id="", ready=False, code=1)
    assert watching.sees(never) == [("", "created")]


def test_a_copy_that_is_not_shown_any_more_is_gone(watching):
    watching.sees(WEB)
    assert watching.sees() == [("c1/1", "gone")]
    assert watching.observer.serving == set()
    assert watching.sees() == []


def test_one_whose_name_another_copy_bears_now_is_gone(watching):
    watching.sees(WEB)
    other = replace(WEB, thing="c2", id="c2/1")
    assert watching.sees(other) == [("c1/1", "gone"), ("c2/1", "created"), ("c2/1", "serving")]


def test_a_copy_that_becomes_unready_and_ready_again_is_the_same_one(watching):
    watching.sees(WEB)
    assert watching.sees(replace(WEB, ready=False)) == [("c1/1", "unready")]
    assert watching.sees(replace(WEB, ready=False)) == []
    assert watching.sees(WEB) == [("c1/1", "serving")]


def test_a_refusal_is_written_once(watching):
    refused = replace(WEB, id="", ready=False, no="no such image")
    assert watching.sees(refused) == [("", "created"), ("", "refused")]
    assert watching.sees(refused) == []
    assert watching.written[-1].no == "no such image"


def test_an_instance_belongs_to_the_copy_that_answered_first_as_it(watching):
    """A status that lags may still name the address of the one before."""
    watching.sees(WEB)
    watching.site.instances["c1/2"] = "i-c1/1"
    assert watching.sees(replace(WEB, id="c1/2")) == [("c1/1", "died")]
    assert watching.observer.due
    del watching.site.instances["c1/2"]
    assert watching.sees(replace(WEB, id="c1/2")) == [("c1/2", "serving")]


@pytest.mark.parametrize("code", [503, 404])
def test_a_copy_that_is_not_ready_to_be_asked_does_not_serve(watching, code):
    watching.site.codes = {"/readyz": code}
    assert watching.sees(WEB) == [("c1/1", "created")]


def test_what_serves_is_not_asked_again(watching):
    watching.sees(WEB)
    watching.sees(WEB)
    assert watching.site.asked == ["/readyz of c1/1"]


def test_a_look_that_nobody_answers_changes_nothing(watching):
    watching.sees(WEB)
    watching.site.shown = No("timeout")
    with pytest.raises(No):
        watching.observer.look()
    assert watching.observer.serving == {"c1/1"}
    assert watching.sees(WEB, after_s=5.0) == []
    assert watching.sees() == [("c1/1", "gone")]


def test_how_a_copy_meets_a_request(watching):
    assert watching.observer.manner(WEB) == "answers"
    watching.site.codes = {"/": 503}
    assert watching.observer.manner(WEB) == "refuses"
    watching.site.silent = {"c1/1"}
    assert watching.observer.manner(WEB) == "silent"
