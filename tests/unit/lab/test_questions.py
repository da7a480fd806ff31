"""What all questions have in common, and what a lab's own one brings by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.lab.acts import fact
from harness.lab.question import Question, again
from harness.lab.questions import (
    Answers,
    Ends,
    InOrder,
    InPlace,
    LeftOut,
    Lost,
    Number,
    Outage,
    Renewed,
    Restored,
    Shared,
)  # fmt: skip
from harness.model.seen import Seen, Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, copy, looked, request, serving, told, wrote
from tests.support.trials import seen

HIT = acted(at_s=1.1, sent_s=1.0, victims=("a",), leaves="ended")
TURNS = [request(0.5 + n / 50, by="i-a" if n % 2 and n < 60 else "i-b") for n in range(500)]
STORIES = {
    "nothing": [HIT],
    "one ends": [serving("a", 0.5), HIT, copy("died", "a", 1.05)],
    "one comes back": [serving("a", 0.5), HIT, copy("died", "a", 1.05), serving("b", 2.0)],
    "it is asked": [serving("a", 0.5), serving("b", 0.5), HIT, *TURNS],
    "all are asked": [HIT, *(request(1.1 + n / 50, by=f"i-{'ab'[n % 2]}") for n in range(300))],
    "nobody answers for a while": [
        HIT,
        request(1.5),
        request(2.0, "refused"),
        *(request(3.0 + n / 10) for n in range(20)),
    ],
    "it ends well": [serving("a", 0.5), HIT, copy("died", "a", 1.05, code=0)],
    "it writes": [HIT, wrote("begins", 2.0), wrote("ends", 2.5)],
    "it writes the other way round": [HIT, wrote("ends", 2.0), wrote("begins", 2.5)],
    "it is told": [HIT, told("rows", "3", 2.0)],
}
ASKED = [
    Restored(), InPlace(), Number(1), Number(2, or_more=True), LeftOut(), Shared(300, 2), Outage(), Lost(20),
    Renewed(1),
    Ends(), Ends(0), InOrder((("begins",), ("ends",))),
    Answers(fact("rows", "kubectl get rows")), fact("rows", "kubectl get rows").becomes("3"),
]  # fmt: skip


@pytest.mark.parametrize("ask", ASKED, ids=lambda q: q.label)
@pytest.mark.parametrize("story", STORIES)
def test_there_is_an_answer_exactly_when_nothing_is_missing(ask, story):
    now = seen(*STORIES[story])
    try:
        answer = ask.answer(now)
    except NotShown:
        return
    assert (answer is None) is bool(ask.missing(now))


@pytest.mark.parametrize("ask", ASKED, ids=lambda q: q.label)
def test_each_has_a_story_that_answers_it_and_one_that_does_not(ask):
    missing = [ask.missing(seen(*story)) for story in STORIES.values()]
    assert "" in missing
    assert any(missing)


@pytest.mark.parametrize("ask", ASKED, ids=lambda q: q.label)
def test_what_is_missing_is_one_line(ask):
    for story in STORIES.values():
        assert "\n" not in ask.missing(seen(*story))


@dataclass(frozen=True)
class Quiet(Question[float]):
    """A lab's own: nothing was looked at for a while."""

    for_s: float = 2.0

    def missing(self, seen: Seen) -> str:
        return "" if self.answer(seen) else "quiet"

    def answer(self, seen: Seen) -> float | None:
        quiet = seen.entries[-1].at_s - seen.since.sent_s
        return quiet if quiet >= self.for_s else None


def test_a_labs_own_question_is_called_and_told_by_itself():
    assert Quiet().label == "quiet"
    assert Quiet(for_s=3.0).label == "quiet (for_s=3.0)"
    assert Quiet().sentence(None) == "quiet: it did not come"
    assert Quiet().sentence(2.5) == "quiet: 2.5"
    assert (Quiet().quiet_s, Quiet().looks) == (0.0, ())


def test_how_long_it_took_is_the_duration_that_it_answers_or_else_the_newest_line():
    assert Restored().took_s(seen(*STORIES["one comes back"], looked(5.0))) == 1.0
    assert Quiet().took_s(seen(HIT, looked(5.0))) == 4.0
    assert Restored().answer(seen(*STORIES["one comes back"])) == Span((1.0,))


def test_it_is_hopeless_when_the_platform_takes_on_no_more():
    assert Quiet().hopeless(seen(HIT)) == ""
    assert Quiet().hopeless(seen(HIT, copy("refused", "b", 2.0, no="no room"))) == "no room"


@pytest.mark.parametrize("ask", [*ASKED, Quiet()], ids=lambda q: q.label)
def test_a_person_who_waits_for_it_is_told_what_for_and_how_to_look(ask):
    comment, *lines = ask.by_hand("docker ps", 7.5)
    assert comment.startswith("# ")
    assert lines
    assert all("\n" not in line for line in lines)


@pytest.mark.parametrize(
    ("line", "bash"),
    [
        (again("docker ps", 7.5), "for _ in $(seq 4); do sleep 2; docker ps; done"),
        (again("docker ps", 7.5, "true"), "for _ in $(seq 8); do docker ps; true && break; sleep 1; done"),
    ],
)
def test_in_bash_it_is_looked_again_for_as_long(line, bash):
    assert line == bash
