"""Have all copies made way for fresh ones?"""

from __future__ import annotations

import pytest

from harness.lab.questions import Renewed
from tests.support.lines import acted, copy, serving
from tests.support.trials import seen

OLD = [serving("a", 0.5), serving("b", 0.6)]
HIT = acted("update to 2", 1.1, sent_s=1.0, typed=("docker rm a", "docker run a", "docker run b"))
ASK = Renewed(2)


@pytest.mark.parametrize(
    ("then", "missing"),
    [
        ([], "2 fresh copies that serve; none do"),
        ([serving("c", 2.0)], "2 fresh copies that serve; 1 does"),
        ([serving("c", 2.0), serving("d", 2.0)], "the end of 2 old copies"),
        ([serving("c", 2.0), serving("d", 2.0), copy("gone", "a", 3.0), copy("unready", "b", 3.0)],
         "the end of 1 old copy"),
        ([copy("gone", "a", 3.0), copy("died", "b", 3.0), serving("a", 4.0), serving("d", 5.0)],
         "2 fresh copies that serve; 1 does"),
        ([*(serving(x, 2.0) for x in "cde"), copy("gone", "a", 3.0), copy("gone", "b", 3.0)],
         "2 fresh copies that serve; 3 do"),
    ],
)  # fmt: skip
def test_by_identity_all_are_fresh_and_none_of_the_others_is_left(then, missing):
    story = seen(*OLD, HIT, *then)
    assert (ASK.missing(story), ASK.answer(story)) == (missing, None)


def renewed(*then):
    return ASK.answer(seen(*OLD, HIT, *then))


def test_it_answers_how_many_commands_it_took_and_how_long():
    found = renewed(copy("gone", "a", 2.0), serving("c", 3.0), copy("gone", "b", 4.0), serving("d", 5.5))
    assert (found.commands, found.took.each_s) == (3, (4.5,))


@pytest.mark.parametrize(
    ("then", "fewest"),
    [
        ([copy("gone", "a", 2.0), serving("c", 3.0), copy("gone", "b", 4.0), serving("d", 5.0)], 1),
        ([copy("gone", "a", 2.0), copy("gone", "b", 2.0), serving("c", 3.0), serving("d", 3.0)], 0),
        ([serving("c", 2.0), serving("d", 2.1), copy("gone", "a", 3.0), copy("gone", "b", 3.1)], 2),
        # one look sees both: it is written down in some order, and nothing was away
        ([copy("gone", "a", 2.0), serving("c", 2.02), copy("gone", "b", 4.0), serving("d", 4.03)], 2),
    ],
)
def test_a_number_counts_that_was_seen_for_longer_than_one_look(then, fewest):
    assert renewed(*then).fewest == fewest
