"""How many copies serve, and since when without a break?"""

from __future__ import annotations

import pytest

from harness.lab.questions import Number, Numbers
from harness.model.seen import Span
from tests.support.lines import acted, copy, serving
from tests.support.trials import seen

UP = acted("up", 0.6, sent_s=0.5)
TWO = [UP, serving("a", 1.0), serving("b", 2.0, unseen_s=0.1)]


@pytest.mark.parametrize(
    ("ask", "label", "missing"),
    [
        (Number(1), "1 copy that serves", "1 copy that serves; 2 do"),
        (Number(2), "2 copies that serve", ""),
        (Number(3), "3 copies that serve", "3 copies that serve; 2 do"),
        (Number(1, or_more=True), "1 or more copies that serve", ""),
        (Number(2, or_more=True), "2 or more copies that serve", ""),
        (Number(3, or_more=True), "3 or more copies that serve", "3 or more copies that serve; 2 do"),
        (Number(2, version="2"), "2 copies that serve in version 2", "2 copies that serve in version 2; none do"),
    ],
)
def test_it_is_called_and_misses_what_it_asks_for(ask, label, missing):
    assert ask.label == label
    assert ask.missing(seen(*TWO)) == missing
    assert (ask.answer(seen(*TWO)) is None) is bool(missing)


def test_one_that_serves_does():
    assert Number(2).missing(seen(*TWO[:2])) == "2 copies that serve; 1 does"


def test_its_answer_is_since_when_there_are_so_many_without_a_break():
    assert Number(2).answer(seen(*TWO)) == Span((1.5,), 0.1)
    broken = [*TWO, copy("died", "b", 3.0), serving("c", 4.0)]
    assert Number(2).answer(seen(*broken)).each_s == (3.5,)
    assert Number(1, or_more=True).answer(seen(*broken)).each_s == (0.5,)


def test_who_was_there_already_was_there_after_no_time():
    assert Number(1).answer(seen(serving("a", 0.1), UP)) == Span((0.0,), 0.0)


def test_only_copies_of_the_version_count():
    update = acted("update to 2", 3.1, sent_s=3.0, id_="r2")
    new = [*TWO, update, serving("c", 4.0, version="2"), serving("d", 5.0, version="2")]
    assert Number(2, version="2").answer(seen(*new)).each_s == (2.0,)
    assert Number(2, version="1").answer(seen(*new)) is None


def test_it_says_what_came_of_it():
    assert Number(3).sentence(Span((1.5,))) == "3 served after 1.5 s (once)"
    assert Number(3).sentence(None) == "3 never served"


def test_for_judges_there_is_always_an_answer():
    story = [
        serving("a", 0.1),
        UP,
        serving("b", 1.0),
        copy("died", "a", 2.0),
        copy("died", "b", 3.0),
        serving("c", 4.0),
    ]
    counts = Numbers().answer(seen(*story))
    assert (counts.least, counts.most, counts.last) == (0, 2, 1)
    assert counts.became(0) == 2.5
    assert counts.became(1) == 0.0
    assert counts.became(3) is None
    assert Numbers().missing(seen(UP)) == ""
    assert Numbers().answer(seen(UP)).most == 0
